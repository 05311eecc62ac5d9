"""Scores: how far the two sides of a pair agree, in points by component, each with its reason in words.

Points are judgements, set by looking at the tuning half of the labelled pairs (tests/data/matching), and add up; the sum
is cut to 0 to 100. What one side does not say gives no points and takes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rightsdata.matching.traits import Traits, words_of

PARTS = ("dates", "ends", "order", "kind", "targets", "places", "occasion", "sources", "bodies", "rivals")
"""The components, in the order in which an explanation names them."""

STARTS = {0: 40, 1: 34, 2: 25, 3: 18, 7: 8, 14: 2}
"""Points for first days at most so many days apart, by their nearest possible days."""

SHARPNESS = {1: 40, 7: 34, 31: 26, 92: 16, 400: 8}
"""Most points for first days of which the less exact one may be any of so many days."""

ENDS = {0: 12, 1: 10, 3: 6, 7: 2, 30: -3, 180: -5, 100_000: -16}
"""Points for last days at most so many days apart, where both are known."""

KINDS = {
    ("mobile_shutdown", "network_shutdown"): 4,
    ("feature_block", "service_block"): 2,
    ("service_block", "throttling"): -2,
    ("feature_block", "throttling"): 0,
    ("content_block", "service_block"): -4,
    ("network_shutdown", "throttling"): -12,
    ("mobile_shutdown", "throttling"): -8,
    ("network_shutdown", "service_block"): -4,
    ("mobile_shutdown", "service_block"): -4,
}
"""Points for two kinds that sources confuse or that go together, in alphabetical order; the same kind has 10, others -20."""

OVER_BEFORE, TAKES_OVER, FOLLOWS, TOLD_APART, ONE_PROVIDER = -35, -15, -25, -20, -35
"""Points where one was over before the other began; where it ended on that day, by two providers or one; where one provider gives
two exact days; and for two events of one provider at all, since most list an event once."""

SAME_KIND, OTHER_KIND = 10, -20
SAME_TARGETS, GROUP, NO_TARGET = 25, 10, -45
NETWORK, NETWORK_AND_SERVICES = 14, -6
BOTH_WHOLE, WHOLE_AND_PART, PART_AND_UNSTATED, UNTOLD = 8, -18, -10, -8
SAME_PLACE, PART_OF_PLACE, OTHER_PLACE, HINTED = 24, -6, -65, 14
SHARED_PAGE = {3: 20, 10: 12, 50: 5}
"""Points for a page that both cite, by how many events of the busier side cite it; a page cited by more says nothing."""
SAME_BODY = 6
SAME_OCCASION = 8

HALF, QUARTER = 0.5, 0.25
"""Shares of the names of two areas, rare names weighing more: from when on one lies within the other, and until when it is a part."""

ALONE, OUTDONE, MARGIN = 10, -17, 12
"""Points where neither event has another candidate and they began within a week, and where another pair of one of them has at least MARGIN points more."""

MOST_LATER = SAME_TARGETS + SAME_PLACE + SAME_OCCASION + max(SHARED_PAGE.values()) + SAME_BODY
"""Most points that the components scored after the first can give."""


@dataclass(frozen=True)
class Evidence:
    """What both sides together say of places and pages, computed once for all pairs."""

    places: tuple[pl.DataFrame, pl.DataFrame]
    """n, place, weight of either side: a million by the number of the country's events that name it; a rare name says more."""
    totals: tuple[pl.Series, pl.Series]
    """The weights of an event's places together, in the order of `n`; 0 for none."""
    pages: pl.DataFrame
    """i, j, page_points, page: the rarest page that both cite."""


def evidence(a: Traits, b: Traits) -> Evidence:
    """The weight of each place, and the pairs that share a page."""
    named = [one.places.join(one.events.select("n", "country"), on="n") for one in (a, b)]
    weights = (
        pl.concat(named).group_by("country", "place").agg(weight=1_000_000 // pl.len().cast(pl.Int64))
    )  # whole numbers, so that no order of adding matters
    left, right = [
        one.join(weights, on=["country", "place"]).select("n", "place", "weight").sort("n", "place") for one in named
    ]
    totals = [
        side.events.select("n")
        .join(one.group_by("n").agg(total=pl.col("weight").sum()), on="n", how="left", maintain_order="left")["total"]
        .fill_null(0)
        for side, one in ((a, left), (b, right))
    ]
    sides = [one.sources.with_columns(cited=pl.len().over("page")) for one in (a, b)]
    here, there = [one.filter(pl.col("cited") <= max(SHARED_PAGE)) for one in sides]
    shared = here.rename({"n": "i"}).join(there.rename({"n": "j"}), on="page")
    pages = (
        shared.with_columns(busier=pl.max_horizontal("cited", "cited_right"))
        .with_columns(pl.col("page").cast(pl.String))
        .sort("i", "j", "busier", "page")
        .unique(["i", "j"], keep="first", maintain_order=True)
        .select("i", "j", "page", page_points=_step(pl.col("busier"), SHARED_PAGE))
    )
    return Evidence((left, right), (totals[0], totals[1]), pages)


def scored(pairs: pl.DataFrame, a: Traits, b: Traits, known: Evidence, floor: int) -> pl.DataFrame:
    """The pairs that reach the floor, once each, with points by component; an id that both sides have makes no pair.

    Args:
        pairs: i and j, row numbers of a and b.
        a: one side.
        b: the other side.
        known: what `evidence` found for these sides.
        floor: fewest points of a pair that is kept.

    Returns:
        i, j, the facts of both, a column of points by component (Int16, `<part>_points`), score (Int16, 0 to 100).
    """
    dated = ["kind", "first", "last", "ends_first", "ends_last", "ongoing", "approximate", "provider"]
    both = _facts(pairs, a, b, dated)
    both = (
        both.lazy()
        .with_columns(
            gap=pl.max_horizontal(
                pl.lit(0, pl.Int32), pl.max_horizontal("first", "first_right") - pl.min_horizontal("last", "last_right")
            ),
            width=pl.max_horizontal(pl.col("last") - pl.col("first"), pl.col("last_right") - pl.col("first_right")) + 1,
            end_gap=pl.max_horizontal(
                pl.lit(0, pl.Int32),
                pl.max_horizontal("ends_first", "ends_first_right") - pl.min_horizontal("ends_last", "ends_last_right"),
            ),
            soft=pl.col("approximate") | pl.col("approximate_right"),
        )
        .with_columns(
            dates_points=pl.min_horizontal(
                _step(
                    pl.max_horizontal(
                        pl.lit(0), pl.col("gap") - (pl.col("soft") & (pl.col("width") == 1)).cast(pl.Int32) * 2
                    ),
                    STARTS,
                ),
                _step(pl.col("width"), SHARPNESS),
                pl.when("soft").then(pl.lit(30, pl.Int16)),
            ),
            ends_points=pl.when(pl.col("ends_last").is_not_null() & pl.col("ends_last_right").is_not_null())
            .then(_step(pl.col("end_gap"), ENDS))
            .when(pl.col("ongoing") & pl.col("ongoing_right"))
            .then(pl.lit(4, pl.Int16))
            .otherwise(pl.lit(0, pl.Int16)),
            order_points=_order_points(),
            kind_points=_kind_points(),
        )
        .filter(pl.sum_horizontal("dates_points", "ends_points", "order_points", "kind_points") + MOST_LATER >= floor)
        .unique(["i", "j"])
        .collect()
    )
    both = _facts(both, a, b, ["network", "services", "grouped", "codes", "words", "whole"]).with_row_index("r")
    both = _targets(both, a, b)
    both = _places(both, a, b, known)
    told_twice = both.filter(pl.col("provider") != pl.col("provider_right"))
    both = _named(both, told_twice, a.occasions, b.occasions, "occasion", SAME_OCCASION)
    both = _beside(both, both.select("r", "i", "j").join(known.pages, on=["i", "j"]).drop("i", "j"))
    both = _named(both, both, a.bodies, b.bodies, "body", SAME_BODY)
    both = both.rename({"page_points": "sources_points", "body_points": "bodies_points"})
    points = [f"{part}_points" for part in PARTS if part != "rivals"]
    both = both.with_columns(pl.col(points).fill_null(0).cast(pl.Int16))
    both = both.with_columns(score=pl.sum_horizontal(points).clip(0, 100).cast(pl.Int16)).filter(
        pl.col("score") >= floor
    )
    return both.filter(a.events["event_id"].gather(both["i"]) != b.events["event_id"].gather(both["j"]))


def _facts(pairs: pl.DataFrame, a: Traits, b: Traits, names: list[str]) -> pl.DataFrame:
    """The pairs with these columns of both events, those of b with `_right` behind their names."""
    left, right = a.events.select(names)[pairs["i"]], b.events.select(names)[pairs["j"]]
    right.columns = [f"{name}_right" for name in names]
    return pl.concat([pairs, left, right], how="horizontal")


def _beside(both: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what was found of some of them, by `r`, null for the others."""
    aligned = both.select("r").join(found, on="r", how="left", maintain_order="left").drop("r")
    return pl.concat([both, aligned], how="horizontal")


def _shared(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, on: str) -> pl.DataFrame:
    """The pairs by `r` with each value that both have."""
    some = pairs.select("r", "i", "j").join(left, left_on="i", right_on="n")
    return some.join(right, left_on=["j", on], right_on=["n", on]).drop("i", "j")


def _targets(both: pl.DataFrame, a: Traits, b: Traits) -> pl.DataFrame:
    """Points for the targets: the network on both sides, or the services that both hit, as a share of either side."""
    some = both.filter((pl.col("services") > 0) & (pl.col("services_right") > 0))
    shared = (
        _shared(some, a.services, b.services, "platform")
        .group_by("r")
        .agg(same=pl.col("platform").n_unique(), platforms=pl.col("platform").cast(pl.String).sort())
    )
    fewest = pl.min_horizontal("services", "services_right")
    union = pl.col("services") + pl.col("services_right") - pl.col("same")
    network = pl.when(pl.col("network") & pl.col("network_right")).then(NETWORK)
    services = (
        pl.when(pl.col("same") > 0)
        .then(SAME_TARGETS * (pl.col("same") / fewest + pl.col("same") / union) / 2)
        .when((fewest > 0) & (pl.col("grouped") | pl.col("grouped_right")))
        .then(GROUP)
    )
    apart = pl.when(
        (pl.col("network") & (pl.col("services_right") > 0)) | (pl.col("network_right") & (pl.col("services") > 0))
    ).then(NETWORK_AND_SERVICES)
    return _beside(both, shared).with_columns(
        targets_points=pl.max_horizontal(network, services, apart).fill_null(NO_TARGET).round().cast(pl.Int16)
    )


def _places(both: pl.DataFrame, a: Traits, b: Traits, known: Evidence) -> pl.DataFrame:
    """Points for the places: named areas with named areas or the words of a text, else codes with codes."""
    coded = (pl.col("codes") > 0) & (pl.col("codes_right") > 0)
    worded = (pl.col("words") > 0) & (pl.col("words_right") > 0)
    codes = _shared(both.filter(coded), a.codes, b.codes, "place").group_by("r").agg(code=pl.col("place").min())
    left, right = known.places
    words = (
        _shared(both.filter(worded), left, right.drop("weight"), "place")
        .group_by("r")
        .agg(common=pl.col("weight").sum(), named=pl.col("place").sort())
    )
    half = both.filter((pl.col("words") > 0) ^ (pl.col("words_right") > 0))
    told = [
        _shared(half, left, _hints(half["j"], b, left), "place"),
        _shared(half, _hints(half["i"], a, right), right, "place"),
    ]
    hints = (
        pl.concat([one.select("r", "place", "weight") for one in told])
        .group_by("r")
        .agg(hinted=pl.col("weight").sum(), hints=pl.col("place").sort())
    )
    found = _beside(_beside(_beside(both, codes), words), hints).with_columns(
        total=known.totals[0].gather(both["i"]), total_right=known.totals[1].gather(both["j"])
    )
    common = pl.col("common").fill_null(0)
    found = found.with_columns(
        inside=(common / pl.min_horizontal("total", "total_right")).clip(0, 1),
        alike=(common / (pl.col("total") + pl.col("total_right") - common)).clip(0, 1),
        told=(pl.col("hinted") / pl.max_horizontal("total", "total_right")).clip(0, 1),
    )
    placed = [(pl.col(f"codes{side}") > 0) | (pl.col(f"words{side}") > 0) for side in ("", "_right")]
    points = (
        pl.when(worded & (pl.col("inside") >= HALF) & (pl.col("alike") < QUARTER))
        .then(PART_OF_PLACE)
        .when(worded & (pl.col("inside") >= HALF))
        .then(SAME_PLACE * pl.col("alike").sqrt())
        .when(worded)
        .then(OTHER_PLACE * (1 - pl.col("inside")))
        .when((pl.col("told") >= HALF) & pl.col("code").is_not_null())
        .then(SAME_PLACE * pl.col("told"))
        .when(pl.col("told") >= HALF)
        .then(HINTED * pl.col("told"))
        .when(coded & pl.col("code").is_not_null() & (pl.col("words") == pl.col("words_right")))
        .then(SAME_PLACE)
        .when(coded & pl.col("code").is_not_null())
        .then(0)  # one names an area within the subdivision of which the other does not tell
        .when(coded)
        .then(OTHER_PLACE)
        .when(placed[0] & placed[1])
        .then(UNTOLD)
        .when(pl.col("whole") & pl.col("whole_right"))
        .then(BOTH_WHOLE)
        .when((placed[0] & pl.col("whole_right")) | (pl.col("whole") & placed[1]))
        .then(WHOLE_AND_PART)
        .when(placed[0] ^ placed[1])
        .then(PART_AND_UNSTATED)
        .otherwise(0)
    )
    return found.with_columns(places_points=points.round().cast(pl.Int16))


def _hints(numbers: pl.Series, side: Traits, named: pl.DataFrame) -> pl.DataFrame:
    """The words (n, place) of the texts of these events that the other side's areas use."""
    texts = side.texts[numbers.unique()]
    words = (
        texts.select("n", place=words_of(pl.concat_str("title", "summary", separator=" ")))
        .explode("place", empty_as_null=False)
        .unique()
    )
    return words.join(named.select("place").unique(), on="place", how="semi")


def _named(
    both: pl.DataFrame, some: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, name: str, points: int
) -> pl.DataFrame:
    """Points for a name, such as a body, that both events of these pairs have; the first one stays in the column."""
    shared = _shared(some, left, right, name).group_by("r").agg(pl.col(name).min())
    return _beside(both, shared.with_columns(pl.lit(points).alias(f"{name}_points")))


def against_rivals(scored: pl.DataFrame) -> pl.DataFrame:
    """The pairs with the points for how they stand to the other pairs of their events, and the score with them.

    Between two events of one provider there are none: that no third is like them says nothing.
    """
    best = []
    for side in ("i", "j"):
        mine = pl.col("score").sort(descending=True).over(side, mapping_strategy="join").list
        best.append(pl.when(pl.col("score") < mine.get(0)).then(mine.get(0)).otherwise(mine.get(1, null_on_oob=True)))
    outdone = pl.any_horizontal((one >= pl.col("score") + MARGIN).fill_null(value=False) for one in best)
    points = (
        pl.when(pl.col("provider") == pl.col("provider_right"))
        .then(0)
        .when(best[0].is_null() & best[1].is_null() & (pl.col("gap") <= 7))
        .then(ALONE)
        .when(outdone)
        .then(OUTDONE)
        .otherwise(0)
    )
    told = scored.with_columns(rivals_points=points.cast(pl.Int16))
    return told.with_columns(score=(pl.col("score") + pl.col("rivals_points")).clip(0, 100))


def _step(value: pl.Expr, steps: Mapping[int, int]) -> pl.Expr:
    """The points of the first step that the value does not pass; none of them, the last."""
    found = pl.lit(list(steps.values())[-1], pl.Int16)
    for most, points in reversed([*steps.items()]):
        found = pl.when(value <= most).then(pl.lit(points, pl.Int16)).otherwise(found)
    return found


def _order_points() -> pl.Expr:
    """Points for what speaks for two events one after the other."""
    one_provider = pl.col("provider") == pl.col("provider_right")
    apart = pl.col("gap") > 0
    over = (pl.col("ends_last") < pl.col("first_right")) | (pl.col("ends_last_right") < pl.col("first"))
    takes_over = (pl.col("ends_last") == pl.col("first_right")) | (pl.col("ends_last_right") == pl.col("first"))
    exact = (pl.col("width") == 1) & ~pl.col("soft")
    order = (
        pl.when(over & ((pl.col("gap") > 1) | (apart & one_provider)))
        .then(OVER_BEFORE)
        .when(apart & takes_over)
        .then(pl.when(one_provider).then(FOLLOWS).otherwise(TAKES_OVER))
        .otherwise(0)
    )
    told_apart = pl.when(apart & exact & one_provider).then(TOLD_APART).otherwise(0)
    return (order + told_apart + pl.when(one_provider).then(ONE_PROVIDER).otherwise(0)).cast(pl.Int16)


def _kind_points() -> pl.Expr:
    found = pl.lit(OTHER_KIND, pl.Int16)
    for (one, other), points in KINDS.items():
        for first, second in ((one, other), (other, one)):
            these = (pl.col("kind") == first) & (pl.col("kind_right") == second)
            found = pl.when(these).then(pl.lit(points, pl.Int16)).otherwise(found)
    return pl.when(pl.col("kind") == pl.col("kind_right")).then(pl.lit(SAME_KIND, pl.Int16)).otherwise(found)
