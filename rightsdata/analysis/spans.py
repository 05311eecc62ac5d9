"""The span of a measure: which days of it are sure and which are possible, read in one way by every count.

A date of the dataset is a pair of bounds, so a period from `start` to `end` (both days counted) has two readings:

- **sure**: from `start_latest` to `end_earliest`, or to `last_confirmed` where no day of the end is known. A measure
  that is said to go on is sure only as far as something vouches for it. Where imprecise dates leave no such day, the
  last stands before the first.
- **possible**: from `start_earliest` to `end_latest`. "On or before" a day has no earliest bound: the span then begins
  on that day, for how much earlier is not known. Where the measure is over and the day not known, it ends with the
  last day that the newest source or stage may mean. Where it goes on, or nobody says, it has no end (null): each
  question says how far it follows such a span.

A measure whose pattern is intermittent or recurring did not apply on all days of its span, and its hours are not
coded: none of its days is sure by itself.

A step of an escalation is **superseded** on a platform from the day on which another measure in the same country
begins there that `escalates`, `replaces` or `extends` it and does not begin before it: for counts of live measures
it ends the day before. As that start has bounds too, it ends surely no later than `ceases_latest` and possibly as
early as `ceases_earliest`. A measure on several platforms ceases when it is superseded on the last of them.
"""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset
from rightsdata.vocabulary import Pattern, Relation

SUPERSEDING = (Relation.ESCALATES, Relation.REPLACES, Relation.EXTENDS)
"""Relations by which a later measure takes the place of the related one on a platform that both hit."""

_YEAR_ONE = 719_163
"""Days from 0001-01-01 to 1970-01-01, and one: the day 0001-01-01 is 1."""
_GROUP = 1 << 22
"""More than the days of the years 1 to 9999: spans of different groups never touch on the common axis."""


def ending() -> pl.Expr:
    """How a period ends: `known` (it has bounds), `open` (it went on), `past` (over, the day not known), `unknown`."""
    return (
        pl.when(pl.col("end_latest").is_not_null())
        .then(pl.lit("known"))
        .when(pl.col("ongoing").is_null())
        .then(pl.lit("unknown"))
        .when("ongoing")
        .then(pl.lit("open"))
        .otherwise(pl.lit("past"))
        .alias("ending")
    )


def hull() -> list[pl.Expr]:
    """The bounds of several targets' periods together: unknown as soon as one of them is."""
    picks = {
        "start_earliest": pl.Expr.min,
        "start_latest": pl.Expr.min,
        "end_earliest": pl.Expr.max,
        "end_latest": pl.Expr.max,
    }
    return [
        pl.when(pl.col(name).is_not_null().all()).then(pick(pl.col(name))).alias(name) for name, pick in picks.items()
    ]


def measures(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> pl.LazyFrame:
    """One row a measure that counts.

    Returns:
        The columns of `events`, and sure_from, sure_to (before sure_from where no day is sure), possible_from, possible_to (null
        where it may go on), ceases_earliest and ceases_latest (null where nothing superseded it).
    """
    events = selection.counted(dataset, family=family, population=population).with_columns(_over_by())
    superseded = (
        _superseded(dataset, events)
        .group_by("event_id")
        .agg(pl.len(), pl.col("platforms").first(), pl.col("ceases_earliest", "ceases_latest").max())
        .filter(pl.col("len") == pl.col("platforms").list.len())
        .drop("len", "platforms")
    )
    return events.join(superseded.lazy(), on="event_id", how="left").with_columns(_bounds())


def targets(
    dataset: Dataset, *columns: str, family: str | None = "access", population: str | None = "public"
) -> pl.LazyFrame:
    """One row a measure that counts and target, over the target's own period.

    Args:
        dataset: any Dataset.
        *columns: further columns of `events`.
        family: see `selection.effective`.
        population: see `selection.effective`.

    Returns:
        event_id, event (a number for it, for quick grouping), platform_id, feature, the bounds of the target's start and end, pattern, ongoing, as_of,
        last_confirmed, and the columns that `measures` adds, of which the last two are the platform's own.
    """
    events = selection.counted(dataset, family=family, population=population).with_columns(_over_by())
    needed = dict.fromkeys(("event", "event_id", "pattern", "ongoing", "as_of", "last_confirmed", "over_by", *columns))
    return (
        dataset.targets.lazy()
        .select("event_id", "platform_id", "feature", "start_earliest", "start_latest", "end_earliest", "end_latest")
        .join(events.with_row_index("event").select(*needed), on="event_id")
        .join(_superseded(dataset, events).drop("platforms").lazy(), on=["event_id", "platform_id"], how="left")
        .with_columns(_bounds())
    )


def live() -> tuple[pl.Expr, pl.Expr]:
    """The last sure (null if none is) and the last possible day of a live measure: it ends before its successor begins."""
    day = pl.duration(days=1)
    sure_to = pl.when(pl.col("sure_to").is_not_null()).then(
        pl.min_horizontal("sure_to", pl.col("ceases_earliest") - day)
    )
    return (
        pl.when(sure_to >= pl.col("sure_from")).then(sure_to),
        pl.min_horizontal("possible_to", pl.col("ceases_latest") - day),
    )


def continuous() -> pl.Expr:
    """Whether the measure applied on all days of its span."""
    return pl.col("pattern").cast(pl.String) == Pattern.CONTINUOUS


def place(group: str, day: str | pl.Expr) -> pl.Expr:
    """A place on one axis for all groups (integers from 0): by group, then by day."""
    days = pl.col(day) if isinstance(day, str) else day
    return pl.col(group).cast(pl.Int64) * _GROUP + _YEAR_ONE + days.to_physical()


def group(at: str) -> pl.Expr:
    """The group of a place on the axis."""
    return pl.col(at) // _GROUP


def day(at: str) -> pl.Expr:
    """The day of a place on the axis."""
    return (pl.col(at) % _GROUP - _YEAR_ONE).cast(pl.Int32).cast(pl.Date)


def islands(frame: pl.DataFrame) -> pl.DataFrame:
    """The union of spans within each group: spans that overlap or follow day on day become one.

    Args:
        frame: group (an integer from 0), first and last (dates, both counted; a null `last` has no end). Rows whose
            last day is before their first are left out.

    Returns:
        group, first, last, sorted; two spans of one group have a day between them.
    """
    far = pl.date(9999, 12, 31)
    placed = (
        frame.lazy()
        .filter(pl.col("last").is_null() | (pl.col("last") >= pl.col("first")))
        .select(first=place("group", "first"), last=place("group", pl.coalesce("last", far)))
        .sort("first")
        .with_columns(reach=pl.col("last").cum_max())
        .with_columns(new=(pl.col("first") > pl.col("reach").shift(1) + 1).fill_null(True))
        .with_columns(done=pl.col("new").shift(-1, fill_value=True))
        .collect()
    )
    united = pl.DataFrame([placed.filter("new")["first"], placed.filter("done")["reach"].alias("last")])
    return united.select(group=group("first"), first=day("first"), last=day("last"))


def _over_by() -> pl.Expr:
    """The last day that the end may mean where a measure is over and the day not known, else null."""
    most = pl.col("start_earliest") + pl.duration(days=pl.col("max_days") - 1)
    return (
        pl.when(~pl.col("ongoing") & pl.col("end_latest").is_null())
        .then(pl.max_horizontal("as_of", "last_confirmed", "start_latest", most))
        .alias("over_by")
    )


def _bounds() -> list[pl.Expr]:
    return [
        pl.col("start_latest").alias("sure_from"),
        pl.coalesce("end_earliest", "last_confirmed").alias("sure_to"),
        pl.coalesce("start_earliest", "start_latest").alias("possible_from"),
        pl.coalesce("end_latest", "over_by").alias("possible_to"),
    ]


def _superseded(dataset: Dataset, events: pl.LazyFrame) -> pl.DataFrame:
    """event_id, platform_id, platforms (all of the event), ceases_earliest, ceases_latest: steps that others superseded.

    Frames, not lazily, and of the linked events alone: these are few, and Polars would pair all events of a country.
    """
    kinds = [str(relation) for relation in SUPERSEDING]
    links = dataset.relations.filter(pl.col("relation").cast(pl.String).is_in(kinds))
    linked = pl.concat([links["event_id"], links["related_id"]]).unique().to_frame("event_id").lazy()
    chosen = (
        events.join(linked, on="event_id", how="semi")
        .select("event_id", "country", "start_latest", "platforms")
        .collect(engine="streaming")
    )
    hit = (
        dataset.targets.lazy()
        .join(linked, on="event_id", how="semi")
        .select("event_id", "platform_id", "start_earliest", "start_latest")
        .collect(engine="streaming")
    )
    begun = chosen.select("country", "platforms", related_id="event_id", begun="start_latest")
    return (
        links.join(chosen.select("event_id", "country"), on="event_id")
        .join(begun, on=["related_id", "country"])
        .join(hit, on="event_id")
        .filter(pl.col("start_latest") >= pl.col("begun"), pl.col("platform_id").is_in("platforms"))
        .group_by(event_id="related_id", platform_id="platform_id")
        .agg(
            pl.col("platforms").first(),
            ceases_earliest=pl.max_horizontal("start_earliest", "begun").min(),
            ceases_latest=pl.col("start_latest").min(),
        )
    )
