"""The rules between tables: each a named sentence, a query for its breaches, and what to do about them.

A rule looks at the coded columns of several tables, every frame with a `row` column that numbers its
rows, and returns the rows that break it: `row`, `found` in words and, where two rows clash, the other's as `twin`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from rightsdata import dates
from rightsdata import vocabulary as v
from rightsdata.errors import Severity

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class TableRule:
    """A rule between tables; `uses` names the columns it reads, so that a bad value there is not blamed twice."""

    name: str
    table: str
    field: str
    uses: Mapping[str, tuple[str, ...]]
    expected: str
    remedy: str
    severity: Severity
    find: Callable[[Tables], pl.DataFrame]


TABLE_RULES: dict[str, TableRule] = {}
"""Every rule between tables by its name."""


def _between(
    table: str,
    field: str,
    *,
    uses: Mapping[str, tuple[str, ...]],
    expected: str,
    remedy: str,
    severity: Severity = "error",
) -> Callable[[Callable[[Tables], pl.DataFrame]], Callable[[Tables], pl.DataFrame]]:
    def decorate(find: Callable[[Tables], pl.DataFrame]) -> Callable[[Tables], pl.DataFrame]:
        TABLE_RULES[find.__name__] = TableRule(find.__name__, table, field, uses, expected, remedy, severity, find)
        return find

    return decorate


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _effective(tables: Tables) -> pl.DataFrame:
    """The events with a stage that shows effect."""
    return (
        tables["stages"].filter(_text("stage").is_in([s.value for s in v.EFFECTIVE_STAGES])).select("event_id").unique()
    )


def _last_stage(tables: Tables) -> pl.DataFrame:
    """One row an event: its last stage."""
    return (
        tables["stages"]
        .sort("event_id", "position")
        .group_by("event_id", maintain_order=True)
        .agg(_text("stage").last())
    )


@_between(
    "events",
    "targets",
    uses={"targets": ()},
    expected="at least one target",
    remedy="Name what is hit; `internet` if all of it.",
)
def every_event_has_a_target(tables: Tables) -> pl.DataFrame:
    return tables["events"].join(tables["targets"], on="event_id", how="anti").select("row", found=pl.lit("none"))


@_between(
    "events",
    "stages",
    uses={"stages": ()},
    expected="at least one stage",
    remedy="Add the first step that a source reports.",
)
def every_event_has_a_stage(tables: Tables) -> pl.DataFrame:
    return tables["events"].join(tables["stages"], on="event_id", how="anti").select("row", found=pl.lit("none"))


@_between(
    "events", "sources", uses={"citations": ()}, expected="at least one source", remedy="Add the page that you read."
)
def every_event_has_a_citation(tables: Tables) -> pl.DataFrame:
    return tables["events"].join(tables["citations"], on="event_id", how="anti").select("row", found=pl.lit("none"))


@_between(
    "events",
    "start",
    uses={"events": ("start",), "stages": ("stage",)},
    expected="a start, since a stage shows that it took effect",
    remedy="Give the start with its bounds, such as ../2025-08-13.",
)
def an_event_that_took_effect_has_a_start(tables: Tables) -> pl.DataFrame:
    applied = tables["events"].join(_effective(tables), on="event_id", how="semi")
    return applied.filter(pl.col("start").is_null()).select("row", found=pl.lit("none"))


@_between(
    "events",
    "start",
    uses={"events": ("start", "end"), "stages": ("stage",)},
    expected="neither start nor end, since no stage shows that it took effect",
    remedy="Add the stage that shows effect (in_force, expanded, eased), or keep the dates as stages.",
)
def an_event_that_never_took_effect_has_no_period(tables: Tables) -> pl.DataFrame:
    planned = (
        tables["events"]
        .join(_effective(tables), on="event_id", how="anti")
        .join(tables["stages"], on="event_id", how="semi")
    )
    return planned.filter(pl.col("start").is_not_null() | pl.col("end").is_not_null()).select(
        "row", found=pl.format("start {}, end {}", pl.col("start").fill_null("null"), pl.col("end").fill_null("null"))
    )


@_between(
    "stages",
    "date",
    uses={"stages": ("date",)},
    expected="stages in the order of their dates",
    remedy="Move the stage up, or correct its date.",
)
def stages_stand_in_the_order_of_their_dates(tables: Tables) -> pl.DataFrame:
    bound = dates.bounds("date")
    before = bound.earliest.cum_max().forward_fill().shift(1).over("event_id", order_by="position")
    return (
        tables["stages"]
        .with_columns(before=before, latest=bound.latest)
        .filter(pl.col("latest") < pl.col("before"))
        .select("row", found=pl.format("{} after {}", "date", "before"))
    )


@_between(
    "events",
    "targets",
    uses={"events": ("restriction_type",), "targets": ("feature",)},
    expected="a feature other than all",
    remedy="Name the function that is blocked, or use service_block.",
)
def a_feature_block_names_a_feature(tables: Tables) -> pl.DataFrame:
    blocks = tables["events"].filter(_text("restriction_type") == v.RestrictionType.FEATURE_BLOCK.value)
    named = tables["targets"].filter(_text("feature") != v.Feature.ALL.value)
    return (
        blocks.join(tables["targets"], on="event_id", how="semi")
        .join(named, on="event_id", how="anti")
        .select("row", found=pl.lit("only all"))
    )


@_between(
    "events",
    "targets",
    uses={"events": ("restriction_type",), "targets": ("platform_id",)},
    expected="internet or mobile_internet among the targets",
    remedy="Add the target, or choose service_block.",
)
def a_shutdown_targets_the_network(tables: Tables) -> pl.DataFrame:
    kinds = [v.RestrictionType.NETWORK_SHUTDOWN.value, v.RestrictionType.MOBILE_SHUTDOWN.value]
    networks = tables["targets"].filter(pl.col("platform_id").is_in(["internet", "mobile_internet"]))
    shutdowns = (
        tables["events"]
        .filter(_text("restriction_type").is_in(kinds))
        .join(tables["targets"], on="event_id", how="semi")
    )
    missed = shutdowns.join(networks, on="event_id", how="anti")
    named = tables["targets"].group_by("event_id").agg(found=pl.col("platform_id").sort().str.join(", "))
    return missed.join(named, on="event_id", how="left").select("row", "found")


@_between(
    "stages",
    "date",
    uses={"stages": ("date", "stage", "source_ids"), "sources": ("published",)},
    expected="a source that is not older than what it vouches for",
    remedy="Cite a later source, or say that it was planned.",
    severity="warning",
)
def a_source_is_not_older_than_what_it_vouches_for(tables: Tables) -> pl.DataFrame:
    vouched = (
        tables["stages"]
        .filter(~_text("stage").is_in([s.value for s in v.PLAN_STAGES]))
        .with_columns(stage_earliest=dates.bounds("date").earliest)
        .explode("source_ids")
        .join(
            tables["sources"]
            .select("source_id", published_latest=dates.bounds("published").latest)
            .unique("source_id"),
            left_on="source_ids",
            right_on="source_id",
        )
        .group_by("row", maintain_order=True)
        .agg(
            pl.col("date").first(),
            pl.col("stage_earliest").first(),
            pl.col("published_latest").max(),
            dated=pl.col("published_latest").is_not_null().all(),
        )
    )
    return vouched.filter(pl.col("dated") & (pl.col("published_latest") < pl.col("stage_earliest"))).select(
        "row", found=pl.format("{}, though the newest source is of {}", "date", "published_latest")
    )


@_between(
    "events",
    "ongoing",
    uses={"events": ("ongoing",), "stages": ("stage",)},
    expected="ongoing: false after a last stage that ends the measure",
    remedy="Set ongoing: false, or add the stage that followed.",
    severity="warning",
)
def a_closing_stage_closes_the_event(tables: Tables) -> pl.DataFrame:
    closing = [s.value for s in v.Stage if s.implies in (v.Status.ENDED, v.Status.ABANDONED)]
    return (
        tables["events"]
        .join(_last_stage(tables), on="event_id")
        .filter(pl.col("stage").is_in(closing) & pl.col("ongoing").ne_missing(pl.lit(False)))
        .select(
            "row", found=pl.format("ongoing {} after {}", pl.col("ongoing").cast(pl.String).fill_null("null"), "stage")
        )
    )


@_between(
    "events",
    "stages",
    uses={"events": ("ongoing",), "stages": ("stage",)},
    expected="a closing stage (abandoned, struck_down, repealed, lifted), since the plan is over",
    remedy="Add the stage that ended it.",
    severity="warning",
)
def a_plan_that_is_over_has_a_closing_stage(tables: Tables) -> pl.DataFrame:
    closing = [s.value for s in v.Stage if s.implies in (v.Status.ENDED, v.Status.ABANDONED)]
    return (
        tables["events"]
        .join(_effective(tables), on="event_id", how="anti")
        .join(_last_stage(tables), on="event_id")
        .filter(pl.col("ongoing").eq_missing(pl.lit(False)) & ~pl.col("stage").is_in(closing))
        .select("row", found=pl.format("last stage {}", "stage"))
    )


@_between(
    "events",
    "ongoing",
    uses={"events": ("ongoing",), "stages": ("stage",)},
    expected="a stage that shows effect, since the event goes on",
    remedy="Add the stage that shows effect, or set ongoing: null.",
)
def an_ongoing_event_took_effect(tables: Tables) -> pl.DataFrame:
    return (
        tables["events"]
        .join(_effective(tables), on="event_id", how="anti")
        .join(tables["stages"], on="event_id", how="semi")
        .filter(pl.col("ongoing"))
        .select("row", found=pl.lit("ongoing: true"))
    )


@_between(
    "citations",
    "supports",
    uses={"citations": ("supports",)},
    expected="at least one field that the source backs",
    remedy="List the fields, or remove the source.",
)
def a_source_backs_something(tables: Tables) -> pl.DataFrame:
    return tables["citations"].filter(pl.col("supports").list.len() == 0).select("row", found=pl.lit("none"))


@_between(
    "events",
    "event_id",
    uses={"events": ("event_id",), "retired": ("old_id",)},
    expected="an id that was never retired",
    remedy="Choose a new id: retired ids are never used again.",
)
def a_retired_id_is_not_used_again(tables: Tables) -> pl.DataFrame:
    return (
        tables["events"]
        .join(tables["retired"], left_on="event_id", right_on="old_id", how="semi")
        .select("row", found=pl.col("event_id"))
    )


@_between(
    "platforms",
    "platform_id",
    uses={"platforms": ("platform_id",), "targets": ("platform_id",)},
    expected="a platform that some event targets",
    remedy="A release leaves it out; remove the row if it is not needed.",
    severity="warning",
)
def a_platform_is_targeted(tables: Tables) -> pl.DataFrame:
    return (
        tables["platforms"]
        .join(tables["targets"], on="platform_id", how="anti")
        .select("row", found=pl.col("platform_id"))
    )


@_between(
    "publishers",
    "publisher",
    uses={"publishers": ("publisher",), "sources": ("publisher", "syndicated_from")},
    expected="a publisher of some cited page",
    remedy="A release leaves it out; remove the row if it is not needed.",
    severity="warning",
)
def a_publisher_is_cited(tables: Tables) -> pl.DataFrame:
    sources = tables["sources"]
    named = pl.concat([sources["publisher"], sources["syndicated_from"]]).drop_nulls().unique().to_frame("publisher")
    return tables["publishers"].join(named, on="publisher", how="anti").select("row", found=pl.col("publisher"))


@_between(
    "events",
    "event_id",
    uses={
        "events": ("country", "restriction_type", "start", "end", "admin1", "population"),
        "targets": ("platform_id", "feature"),
        "relations": ("related_id",),
    },
    expected="one event for one measure",
    remedy="If it is the same measure, merge the two; if it is not, relate them.",
    severity="warning",
)
def an_event_is_recorded_once(tables: Tables) -> pl.DataFrame:
    """Events of one country, type and area whose starts can be the same day and that share a target.

    Each is compared with the one that starts before it, which names one twin of every duplicate in linear time.
    """
    bound = dates.bounds("start")
    dated = (
        tables["events"]
        .filter(pl.col("start").is_not_null())
        .select(
            "row",
            "event_id",
            "country",
            _text("restriction_type"),
            _text("population"),
            area=pl.col("admin1").list.sort().list.join(" "),
            earliest=bound.earliest.fill_null(date.min),
            latest=bound.latest,
        )
        .join(tables["targets"].select("event_id", "platform_id", _text("feature")), on="event_id")
        .sort("earliest", "latest", "row")
    )
    keys = ["country", "restriction_type", "population", "area", "platform_id", "feature"]
    pairs = dated.with_columns(
        before=pl.col("latest").shift(1).over(keys),
        twin=pl.col("event_id").shift(1).over(keys),
        twin_row=pl.col("row").shift(1).over(keys),
    ).filter((pl.col("earliest") <= pl.col("before")) & (pl.col("twin") != pl.col("event_id")))
    related = tables["relations"].select("event_id", twin="related_id")
    reverse = related.select(event_id="twin", twin="event_id")
    loose = pairs.join(pl.concat([related, reverse]).unique(), on=["event_id", "twin"], how="anti")
    return (
        loose.sort("row")
        .unique("row", keep="first", maintain_order=True)
        .select("row", found=pl.format("a likely duplicate of {}", "twin"), twin="twin_row")
    )


@_between(
    "targets",
    "start",
    uses={"events": ("start", "end"), "targets": ("start", "end")},
    expected="a period within the event's own",
    remedy="Correct the target's dates or the event's.",
)
def a_target_is_hit_within_the_events_period(tables: Tables) -> pl.DataFrame:
    own_start, own_end = dates.bounds("start"), dates.bounds("end")
    start, end = dates.bounds("event_start"), dates.bounds("event_end")
    periods = tables["events"].select("event_id", event_start="start", event_end="end")
    late = (own_start.earliest > end.latest) | (own_end.earliest > end.latest)
    early = (own_end.latest < start.earliest) | (own_start.latest < start.earliest)
    return (
        tables["targets"]
        .join(periods, on="event_id")
        .filter((late | early).fill_null(False))
        .select("row", found=pl.format("{} to {}", pl.col("start").fill_null("null"), pl.col("end").fill_null("null")))
    )


@_between(
    "stages",
    "date",
    uses={"events": ("start",), "stages": ("date", "stage")},
    expected="no effect before the event's start",
    remedy="Correct the start, or say that the stage was an announcement.",
    severity="warning",
)
def a_measure_does_not_apply_before_its_start(tables: Tables) -> pl.DataFrame:
    starts = tables["events"].select("event_id", "start").with_columns(first=dates.bounds("start").earliest)
    return (
        tables["stages"]
        .filter(_text("stage").is_in([s.value for s in v.EFFECTIVE_STAGES]))
        .with_columns(latest=dates.bounds("date").latest)
        .join(starts.select("event_id", "start", "first"), on="event_id")
        .filter(pl.col("latest") < pl.col("first"))
        .select("row", found=pl.format("{} though the start is {}", "date", "start"))
    )


@_between(
    "stages",
    "stage",
    uses={"stages": ("stage",)},
    expected="a stage that shows effect before a lift",
    remedy="Add the stage that shows effect, or write abandoned, repealed or struck_down.",
    severity="warning",
)
def only_what_applied_is_lifted(tables: Tables) -> pl.DataFrame:
    return (
        tables["stages"]
        .filter(_text("stage") == v.Stage.LIFTED.value)
        .join(_effective(tables), on="event_id", how="anti")
        .select("row", found=pl.lit("lifted"))
    )


@_between(
    "sources",
    "source_id",
    uses={"sources": ("source_id",), "citations": ("source_id",)},
    expected="a source that some event cites",
    remedy="Cite it or remove it.",
)
def a_source_is_cited(tables: Tables) -> pl.DataFrame:
    return (
        tables["sources"].join(tables["citations"], on="source_id", how="anti").select("row", found=pl.col("source_id"))
    )


@_between(
    "sources",
    "published",
    uses={"sources": ("published",)},
    expected="a day that has come",
    remedy="Correct the year.",
)
def no_source_is_from_the_future(tables: Tables) -> pl.DataFrame:
    future = tables["sources"].filter(dates.bounds("published").earliest > date.today())
    return future.select("row", found=pl.col("published"))


@_between(
    "stages",
    "date",
    uses={"stages": ("date", "stage")},
    expected="a day that has come, for a stage that is no plan",
    remedy="Correct the year, or say in the note of the plan for when it is meant.",
)
def only_plans_lie_in_the_future(tables: Tables) -> pl.DataFrame:
    done = tables["stages"].filter(~_text("stage").is_in([s.value for s in v.PLAN_STAGES]))
    return done.filter(dates.bounds("date").earliest > date.today()).select("row", found=pl.col("date"))
