"""Scores: how far the two sides of a pair agree, in points by component, each with its reason in words.

Points are judgements, set by looking at the tuning half of the labelled pairs (tests/data/matching), and add up; the sum
is cut to 0 to 100. What one side does not say gives no points and takes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rightsdata.matching.traits import Traits, words_of

PARTS = ("dates", "ends", "order", "kind", "targets", "places", "sources", "bodies")
"""The components, in the order in which an explanation names them."""

STARTS = {0: 40, 1: 34, 2: 25, 3: 18, 7: 8, 14: 2}
"""Points for first days at most so many days apart, by their nearest possible days."""

SHARPNESS = {1: 40, 7: 34, 31: 26, 92: 16, 400: 8}
"""Most points for first days of which the less exact one may be any of so many days."""

ENDS = {0: 12, 1: 10, 3: 6, 7: 2, 30: -3, 100_000: -5}
"""Points for last days at most so many days apart, where both are known."""

KINDS = {
    ("mobile_shutdown", "network_shutdown"): 4,
    ("feature_block", "service_block"): 2,
    ("service_block", "throttling"): -2,
    ("feature_block", "throttling"): 0,
    ("content_block", "service_block"): -4,
    ("network_shutdown", "throttling"): -8,
    ("mobile_shutdown", "throttling"): -6,
}
"""Points for two kinds that sources confuse or that go together, in alphabetical order; the same kind has 10, others -20."""

OVER_BEFORE, TAKES_OVER, TOLD_APART, ONE_PROVIDER = -35, -15, -20, -15
"""Points where one was over before the other began; where it ended on that day; where one provider gives
two exact days; and for two events of one provider at all, since most list an event once."""

SAME_KIND, OTHER_KIND = 10, -20
SAME_TARGETS, GROUP, NO_TARGET = 25, 10, -25
NETWORK = 14
BOTH_WHOLE, WHOLE_AND_PART, PART_AND_UNSTATED, UNTOLD = 8, -18, -10, -8
SAME_PLACE, PART_OF_PLACE, OTHER_PLACE, HINTED = 24, -6, -55, 14
SHARED_PAGE = {3: 20, 10: 12, 50: 5}
"""Points for a page that both cite, by how many events of the busier side cite it; a page cited by more says nothing."""
SAME_BODY = 6

HALF, QUARTER = 0.5, 0.25
"""Shares of the names of two areas, rare names weighing more: from when on one lies within the other, and until when it is a part."""

MOST_LATER = SAME_TARGETS + SAME_PLACE + 20 + SAME_BODY
"""Most points that the components scored after the first can give."""


@dataclass(frozen=True)
class Evidence:
    """What both sides together say of places and pages, computed once for all pairs."""

    weights: pl.DataFrame
    """country, place, weight: one by the number of events that name it, so that a rare name says more."""
    pages: pl.DataFrame
    """i, j, page_points, page: the rarest page that both cite."""


def evidence(a: Traits, b: Traits) -> Evidence:
    """The weight of each place, and the pairs that share a page."""
    named = [one.places.join(one.events.select("n", "country"), on="n") for one in (a, b)]
    weights = pl.concat(named).group_by("country", "place").agg(weight=1 / pl.len())
    sides = [one.sources.with_columns(cited=pl.len().over("page")) for one in (a, b)]
    left, right = [one.filter(pl.col("cited") <= max(SHARED_PAGE)) for one in sides]
    shared = left.rename({"n": "i"}).join(right.rename({"n": "j"}), on="page")
    pages = (
        shared.with_columns(busier=pl.max_horizontal("cited", "cited_right"))
        .sort("i", "j", "busier", "page")
        .unique(["i", "j"], keep="first", maintain_order=True)
        .select("i", "j", "page", page_points=_step(pl.col("busier"), SHARED_PAGE))
    )
    return Evidence(weights, pages)


def scored(pairs: pl.DataFrame, a: Traits, b: Traits, known: Evidence, floor: int) -> pl.DataFrame:
    """The pairs that reach the floor, once each, with points by component.

    Args:
        pairs: i and j, row numbers of a and b.
        a: one side.
        b: the other side.
        known: what `evidence` found for these sides.
        floor: fewest points of a pair that is kept.

    Returns:
        i, j, the facts of both, a column of points by component (Int16, `<part>_points`), score (Int16, 0 to 100).
    """
    left = a.events[pairs["i"]].drop("n", "event_id", "country", "family")
    right = b.events[pairs["j"]].drop("n", "event_id", "country", "family").rename(lambda name: f"{name}_right")
    both = pl.concat([pairs, left, right], how="horizontal")
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
    both = _targets(both, a, b).filter(
        pl.sum_horizontal("dates_points", "ends_points", "order_points", "kind_points", "targets_points")
        >= floor - (MOST_LATER - SAME_TARGETS)
    )
    both = _places(both, a, b, known.weights)
    both = both.join(known.pages, on=["i", "j"], how="left").rename({"page_points": "sources_points"})
    both = _bodies(both, a, b)
    points = [f"{part}_points" for part in PARTS]
    both = both.with_columns(pl.col(points).fill_null(0).cast(pl.Int16))
    return both.with_columns(score=pl.sum_horizontal(points).clip(0, 100).cast(pl.Int16)).filter(
        pl.col("score") >= floor
    )


def _shared(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, on: str) -> pl.DataFrame:
    """i, j and a value that both have, one row each."""
    some = pairs.select("i", "j")
    return some.join(left, left_on="i", right_on="n").join(right, left_on=["j", on], right_on=["n", on])


def _targets(both: pl.DataFrame, a: Traits, b: Traits) -> pl.DataFrame:
    """Points for the targets: the network on both sides, or the services that both hit, as a share of either side."""
    some = both.filter((pl.col("services") > 0) & (pl.col("services_right") > 0))
    shared = (
        _shared(some, a.services, b.services, "platform")
        .group_by("i", "j")
        .agg(same=pl.col("platform").n_unique(), platforms=pl.col("platform").sort())
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
    found = both.join(shared, on=["i", "j"], how="left")
    return found.with_columns(
        targets_points=pl.max_horizontal(network, services).fill_null(NO_TARGET).round().cast(pl.Int16)
    )


def _places(both: pl.DataFrame, a: Traits, b: Traits, weights: pl.DataFrame) -> pl.DataFrame:
    """Points for the places: codes with codes, named areas with named areas, else an area with the words of a title."""
    coded = (pl.col("codes") > 0) & (pl.col("codes_right") > 0)
    worded = (pl.col("words") > 0) & (pl.col("words_right") > 0)
    codes = _shared(both.filter(coded), a.codes, b.codes, "place").select("i", "j", code="place").unique(["i", "j"])
    left, right = [
        one.places.join(one.events.select("n", "country"), on="n")
        .join(weights, on=["country", "place"])
        .select("n", "place", "weight")
        for one in (a, b)
    ]
    words = (
        _shared(both.filter(worded), left, right.drop("weight"), "place")
        .group_by("i", "j")
        .agg(common=pl.col("weight").sum(), named=pl.col("place").sort())
    )
    half = both.filter((pl.col("words") > 0) ^ (pl.col("words_right") > 0))
    hints = (
        pl.concat(
            [
                _shared(half, left, _hints(half["j"], b, left), "place"),
                _shared(half, _hints(half["i"], a, right), right, "place").select("i", "j", "place", "weight"),
            ]
        )
        .group_by("i", "j")
        .agg(hinted=pl.col("weight").sum(), hints=pl.col("place").sort())
    )
    totals = [one.group_by("n").agg(total=pl.col("weight").sum()) for one in (left, right)]
    common, union = (
        pl.col("common").fill_null(0),
        pl.col("total") + pl.col("total_right") - pl.col("common").fill_null(0),
    )
    found = (
        both.join(codes, on=["i", "j"], how="left")
        .join(words, on=["i", "j"], how="left")
        .join(hints, on=["i", "j"], how="left")
        .join(totals[0], left_on="i", right_on="n", how="left")
        .join(totals[1], left_on="j", right_on="n", how="left")
        .with_columns(
            inside=(common / pl.min_horizontal("total", "total_right")).clip(0, 1),
            alike=(common / union).clip(0, 1),
            told=(pl.col("hinted") / pl.coalesce("total", "total_right")).clip(0, 1),
        )
    )
    placed = [(pl.col(f"codes{side}") > 0) | (pl.col(f"words{side}") > 0) for side in ("", "_right")]
    points = (
        pl.when(worded & (pl.col("inside") >= HALF) & (pl.col("alike") < QUARTER))
        .then(PART_OF_PLACE)
        .when(worded & (pl.col("inside") >= HALF))
        .then(SAME_PLACE * pl.col("alike").sqrt())
        .when(worded)
        .then(OTHER_PLACE * (1 - pl.col("inside")))
        .when(coded & pl.col("code").is_not_null())
        .then(SAME_PLACE)
        .when(coded)
        .then(OTHER_PLACE)
        .when(pl.col("told") >= HALF)
        .then(HINTED * pl.col("told"))
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
    texts = side.texts.join(numbers.unique().to_frame("n"), on="n", how="semi")
    words = texts.select("n", place=words_of(pl.col("text"))).explode("place", empty_as_null=False).unique()
    return words.join(named.select("place").unique(), on="place", how="semi")


def _bodies(both: pl.DataFrame, a: Traits, b: Traits) -> pl.DataFrame:
    """Points for a body that both name."""
    shared = _shared(both, a.bodies, b.bodies, "body").group_by("i", "j").agg(body=pl.col("body").min())
    found = both.join(shared, on=["i", "j"], how="left")
    return found.with_columns(bodies_points=pl.when(pl.col("body").is_not_null()).then(SAME_BODY).otherwise(0))


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
        .then(TAKES_OVER)
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
