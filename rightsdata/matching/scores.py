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

FIRST = ("dates", "ends", "order", "kind", "occasion")
"""The components that are scored first, from what an event says by itself."""


@dataclass(frozen=True)
class Evidence:
    """What both sides together say of places and pages, computed once for all pairs."""

    places: tuple[pl.DataFrame, pl.DataFrame]
    """n, place, weight of either side: a million by the number of the country's events that name it; a rare name says more."""
    totals: tuple[pl.Series, pl.Series]
    """The weights of an event's places together, in the order of `n`; 0 for none."""
    pages: pl.DataFrame
    """i, j, page_points, page: the rarest page that both cite."""
    paged: tuple[pl.Series, pl.Series]
    """Whether an event of either side shares a page with any of the other, in the order of `n`."""
    hits: tuple[pl.DataFrame, pl.DataFrame]
    """The services of an event as bits of whole numbers, in the order of `n`; one service is one bit on both sides."""


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
    paged = [side.events["n"].is_in(pages[which].unique().implode()) for side, which in ((a, "i"), (b, "j"))]
    platforms = pl.concat([one.services["platform"].cast(pl.String).unique() for one in (a, b)]).unique().sort()
    hits = [_hits(one, platforms) for one in (a, b)]
    return Evidence((left, right), (totals[0], totals[1]), pages, (paged[0], paged[1]), (hits[0], hits[1]))


def _hits(side: Traits, platforms: pl.Series) -> pl.DataFrame:
    """A column for every 64 platforms, with a bit for each that an event hits."""
    numbered = (
        side.services.select("n", pl.col("platform").cast(pl.String))
        .join(platforms.to_frame("platform").with_row_index("at"), on="platform")
        .with_columns(word=pl.col("at") // 64, bit=pl.lit(2, pl.UInt64).pow(pl.col("at") % 64).cast(pl.UInt64))
    )
    found = side.events.select("n")
    for word in range(len(platforms) // 64 + 1):
        own = numbered.filter(pl.col("word") == word).group_by("n").agg(pl.col("bit").sum().alias(f"hits{word}"))
        found = found.join(own, on="n", how="left", maintain_order="left")
    return found.drop("n").fill_null(0)


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
    pairs = pairs.unique()
    both = _facts(pairs, a, b).with_columns(paged=known.paged[0].gather(pairs["i"]) & known.paged[1].gather(pairs["j"]))
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
            occasions=pl.when(pl.col("provider") != pl.col("provider_right"))
            .then(pl.col("occasions") & pl.col("occasions_right"))
            .otherwise(0),
        )
        .with_columns(occasion_points=pl.when(pl.col("occasions") > 0).then(SAME_OCCASION).otherwise(0))
        .filter(_sum(*FIRST) + _most_later() >= floor)
        .with_row_index("r")
        .collect()
    )
    both = _targets(both, known).filter(_sum(*FIRST, "targets") + _most_later(targets=False) >= floor)
    both = _places(both, a, b, known)
    both = _beside(both, both.select("r", "i", "j").join(known.pages, on=["i", "j"]).drop("i", "j")).with_columns(
        sources_points=pl.col("page_points").fill_null(0)
    )
    both = both.filter(_sum(*FIRST, "targets", "places", "sources") + SAME_BODY >= floor)
    both = _bodies(both, a, b)
    both = both.with_columns(score=_sum(*(part for part in PARTS if part != "rivals")).clip(0, 100)).filter(
        pl.col("score") >= floor
    )
    shared = _shared(both, a.services, b.services, "platform").group_by("r")
    both = _beside(both, shared.agg(platforms=pl.col("platform").cast(pl.String).sort()))
    return both.filter(a.events["event_id"].gather(both["i"]) != b.events["event_id"].gather(both["j"]))


def _sum(*parts: str) -> pl.Expr:
    """The points of these components together."""
    return pl.sum_horizontal(pl.col(f"{part}_points").cast(pl.Int16) for part in parts).cast(pl.Int16)


def _facts(pairs: pl.DataFrame, a: Traits, b: Traits) -> pl.DataFrame:
    """The pairs with what both events say by themselves, that of b with `_right` behind the names."""
    left, right = (
        side.events.drop("n", "event_id", "country", "family")[pairs[at]] for side, at in ((a, "i"), (b, "j"))
    )
    right.columns = [f"{name}_right" for name in right.columns]
    return pl.concat([pairs, left, right], how="horizontal")


def _most_later(*, targets: bool = True) -> pl.Expr:
    """Most points that components can still give a pair, by what its events have at all; `targets` is one of them or not."""
    placed = pl.any_horizontal(pl.col("codes", "words", "codes_right", "words_right") > 0)
    later = (
        pl.when(placed).then(SAME_PLACE).otherwise(BOTH_WHOLE)
        + pl.when("paged").then(max(SHARED_PAGE.values())).otherwise(0)
        + pl.when(pl.col("embodied") & pl.col("embodied_right")).then(SAME_BODY).otherwise(0)
    )
    if not targets:
        return later
    return later + (
        pl.when((pl.col("services") > 0) & (pl.col("services_right") > 0))
        .then(SAME_TARGETS)
        .when(pl.col("network") & pl.col("network_right"))
        .then(NETWORK)
        .otherwise(max(NETWORK_AND_SERVICES, NO_TARGET))
    )


def _beside(both: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what was found of some of them, by `r`, null for the others."""
    aligned = both.select("r").join(found, on="r", how="left", maintain_order="left").drop("r")
    return pl.concat([both, aligned], how="horizontal")


def _shared(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, on: str) -> pl.DataFrame:
    """The pairs by `r` with each value that both have."""
    some = pairs.select("r", "i", "j").join(left, left_on="i", right_on="n")
    return some.join(right, left_on=["j", on], right_on=["n", on]).drop("i", "j")


def _targets(both: pl.DataFrame, known: Evidence) -> pl.DataFrame:
    """Points for the targets: the network on both sides, or the services that both hit, as a share of either side."""
    left, right = (hits[both[at]] for hits, at in zip(known.hits, ("i", "j"), strict=True))
    words = [(left[name] & right[name]).bitwise_count_ones() for name in left.columns]
    same = pl.sum_horizontal(words).cast(pl.Int32)
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
    return both.with_columns(same=same).with_columns(
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


def _bodies(both: pl.DataFrame, a: Traits, b: Traits) -> pl.DataFrame:
    """Points for a body that both name."""
    shared = _shared(both, a.bodies, b.bodies, "body").group_by("r").agg(body=pl.col("body").min())
    return _beside(both, shared).with_columns(
        bodies_points=pl.when(pl.col("body").is_not_null()).then(SAME_BODY).otherwise(0)
    )


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
