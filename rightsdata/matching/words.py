"""Words: what the points of a pair are for, the same from either side."""

from __future__ import annotations

import polars as pl

from rightsdata.matching import scores
from rightsdata.matching.traits import OCCASIONS, Traits

LONGEST = 90
"""Most characters of a page's address that are shown."""


def explained(scored: pl.DataFrame, a: Traits, b: Traits) -> pl.DataFrame:
    """The scored pairs by id, with their points by component and the reasons in one sentence.

    Returns:
        left_id, right_id, score, the points by component, explanation.
    """
    points = {part: pl.col(f"{part}_points") for part in scores.PARTS}
    reasons = {
        "dates": _dates(),
        "ends": _ends(),
        "order": _order(),
        "kind": _kind(),
        "targets": _targets(),
        "places": _places(),
        "occasion": pl.format("both tell of {}", _occasion()),
        "sources": pl.format("both cite {}", pl.col("page").str.head(LONGEST)),
        "bodies": pl.format("both name {}", "body"),
        "rivals": pl.when(points["rivals"] > 0)
        .then(pl.lit("neither has another candidate"))
        .otherwise(pl.lit("another candidate agrees better")),
    }
    said = [
        pl.when(points[part] != 0).then(
            pl.format(
                "{} {}{}: {}",
                pl.lit(part),
                pl.when(points[part] > 0).then(pl.lit("+")).otherwise(pl.lit("")),
                points[part],
                reason,
            )
        )
        for part, reason in reasons.items()
    ]
    return scored.select(
        left_id=a.events["event_id"].gather(scored["i"]),
        right_id=b.events["event_id"].gather(scored["j"]),
        score="score",
        **points,
        explanation=pl.concat_str(said, separator="; ", ignore_nulls=True),
    )


def _dates() -> pl.Expr:
    one_day = pl.when(pl.col("width") == 1).then(pl.format("both began on {}", pl.col("first").cast(pl.Date)))
    overlap = pl.format("first days overlap, one known to within {} days", "width")
    apart = pl.format("began {} or more days apart", "gap")
    exactly = pl.when(pl.col("width") == 1).then(pl.format("began {} days apart", "gap")).otherwise(apart)
    told = pl.when(pl.col("gap") > 0).then(exactly).otherwise(one_day.otherwise(overlap))
    return pl.when("soft").then(pl.format("{}, approximately", told)).otherwise(told)


def _ends() -> pl.Expr:
    return (
        pl.when(pl.col("ends_last").is_null() | pl.col("ends_last_right").is_null())
        .then(pl.lit("both went on"))
        .when(pl.col("end_gap") == 0)
        .then(pl.lit("last days agree"))
        .otherwise(pl.format("ended {} days apart", "end_gap"))
    )


def _order() -> pl.Expr:
    one_provider = pl.col("provider") == pl.col("provider_right")
    over = (pl.col("ends_last") < pl.col("first_right")) | (pl.col("ends_last_right") < pl.col("first"))
    takes_over = (pl.col("ends_last") == pl.col("first_right")) | (pl.col("ends_last_right") == pl.col("first"))
    apart = pl.col("gap") > 0
    told = [
        pl.when(apart & over).then(pl.lit("one was over before the other began")),
        pl.when(apart & takes_over & ~over.fill_null(value=False)).then(pl.lit("one ended on the day the other began")),
        pl.when(apart & one_provider & (pl.col("width") == 1) & ~pl.col("soft")).then(
            pl.lit("one provider gives two days")
        ),
        pl.when(one_provider).then(pl.lit("one provider lists both")),
    ]
    return pl.concat_str(told, separator=", ", ignore_nulls=True)


def _kind() -> pl.Expr:
    both = [pl.col(name).cast(pl.String) for name in ("kind", "kind_right")]
    two = pl.format("{} and {}", pl.min_horizontal(both), pl.max_horizontal(both))
    return pl.when(both[0] == both[1]).then(pl.format("both {}", both[0])).otherwise(two)


def _targets() -> pl.Expr:
    counts = [pl.min_horizontal("services", "services_right"), pl.max_horizontal("services", "services_right")]
    return (
        pl.when(pl.col("same") > 0)
        .then(pl.format("both hit {} (of {} and {})", pl.col("platforms").list.head(6).list.join(", "), *counts))
        .when(pl.col("network") & pl.col("network_right"))
        .then(pl.lit("both hit the network"))
        .when(pl.col("targets_points") == scores.GROUP)
        .then(pl.lit("one names services together"))
        .when(pl.col("targets_points") == scores.NETWORK_AND_SERVICES)
        .then(pl.lit("the network and services"))
        .otherwise(pl.lit("no target in common"))
    )


def _occasion() -> pl.Expr:
    """The first occasion that both tell of."""
    named = [
        pl.when((pl.col("occasions") & (1 << at)) > 0).then(pl.lit(one.replace("_", " ")))
        for at, one in enumerate(OCCASIONS)
    ]
    return pl.coalesce(named)


def _places() -> pl.Expr:
    points = pl.col("places_points")
    named = pl.col("named").list.head(6).list.join(", ")
    told = pl.col("hints").list.head(6).list.join(", ")
    return (
        pl.when((points == scores.PART_OF_PLACE) & pl.col("named").is_not_null())
        .then(pl.format("one names a part of the other's area; both name {}", named))
        .when((points > 0) & pl.col("named").is_not_null())
        .then(pl.format("both name {}", named))
        .when((points > 0) & pl.col("hints").is_not_null() & (pl.col("told") >= scores.HALF))
        .then(pl.format("the text of one tells of {}", told))
        .when((points > 0) & pl.col("code").is_not_null())
        .then(pl.format("both in {}", "code"))
        .when(points > 0)
        .then(pl.lit("both the whole country"))
        .when(points == scores.WHOLE_AND_PART)
        .then(pl.lit("the whole country and a part"))
        .when(points == scores.PART_AND_UNSTATED)
        .then(pl.lit("only one names an area"))
        .when(points == scores.UNTOLD)
        .then(pl.lit("areas named in ways that cannot be compared"))
        .otherwise(pl.lit("other areas"))
    )
