"""Blocks: which pairs are worth comparing, found by joins, the same from whichever side one looks.

A pair is compared if both sides lie in one country, share a block (the network, social platforms and messengers, or one
other kind of platform), are of one family, and began at most WINDOW days apart, by their nearest possible days. In a
crowded month, one whose pairs would be more than CROWD, it must also be at most NARROW days and share a named place, or
both name none. What is still more than CROWD pairs of one day and place is not compared, and a warning says so.

Sources that tell of one cut call it a cut of the network or a block of services. So an event of the network alone is
compared with one of social platforms alone too if they began at most NARROW days apart, but for days of a country on
which these would be more than BUSY pairs.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import polars as pl

from rightsdata.errors import MatchWarning
from rightsdata.matching.traits import Traits

WINDOW = 14
"""Most days between the nearest possible first days of a pair."""

NARROW = 1
"""The same in a crowded month."""

CROWD = 2_000_000
"""Most pairs of one country, block and month before it counts as crowded, and of one day and place before they are left out."""

BUSY = 50_000
"""Most pairs of a network and services of one country and day that are compared."""

BATCH = 3_000_000
"""Pairs that are held in memory at once, but for one block that is larger."""

_KEY = ("country", "family", "block")

_Keyed = tuple[pl.DataFrame, pl.DataFrame]
"""The events by the unit in which each began, and by every unit in which another may have begun that is near it."""


def pairs(a: Traits, b: Traits, *, within: bool) -> Iterator[pl.DataFrame]:
    """The pairs to compare, each once, in batches of i and j, row numbers of a and b.

    Args:
        a: one side.
        b: the other side; the same if `within`.
        within: compare the events of one side with each other: i < j.

    Warns:
        MatchWarning: for blocks that are too large to compare.
    """
    sides = [_dated(one) for one in (a, b)]
    months = [_keys(one, "month", WINDOW) for one in sides]
    sizes = _sizes(months, ("month",))
    crowded = sizes.filter(pl.col("pairs") > CROWD)
    wide = sizes.join(crowded, on=[*_KEY, "month"], how="anti")
    yield from _joined(months, wide, (*_KEY, "month"), WINDOW, within)
    yield from _across(sides, within)
    if crowded.is_empty():
        return
    days = []
    for side, traits in zip(sides, (a, b), strict=True):
        busy = side.join(crowded.select(*_KEY).unique(), on=_KEY, how="semi")
        named = pl.concat([traits.codes, traits.places])
        spots = busy.select("n").unique().join(named, on="n", how="left").with_columns(pl.col("place").fill_null(""))
        begins, near = [
            keyed.with_columns(month=_month(pl.col("day")))
            .join(crowded, on=[*_KEY, "month"], how="semi")
            .join(spots, on="n")
            for keyed in _keys(busy, "day", NARROW)
        ]
        days.append((begins, near))
    small = _sizes(days, ("day", "place"))
    if (huge := small.filter(pl.col("pairs") > CROWD).sort("pairs", descending=True)).height:
        largest = [
            f"{pairs:,} of {country}, {block}, {day}, {f'naming {place}' if place else 'without a place'}"
            for country, block, day, place, pairs in huge.head(5)
            .select("country", "block", pl.col("day").cast(pl.Date), "place", "pairs")
            .iter_rows()
        ]
        more = f" and {huge.height - 5:,} more such days" if huge.height > 5 else ""
        warnings.warn(
            f"too many pairs to compare were left out: {'; '.join(largest)}{more}; give places, or match a part at a time",
            MatchWarning,
            stacklevel=4,
        )
    yield from _joined(days, small.filter(pl.col("pairs") <= CROWD), (*_KEY, "day", "place"), NARROW, within)


def _across(sides: list[pl.DataFrame], within: bool) -> Iterator[pl.DataFrame]:
    """The pairs of an event of the network alone and one of social platforms alone."""
    other = {"network": "social", "social": "network"}
    either = [one.filter(pl.col("block").cast(pl.String).is_in([*other])) for one in sides]
    alone = [one.filter(pl.len().over("n") == 1) for one in either]
    turned = alone[0].with_columns(pl.col("block").cast(pl.String).replace_strict(other).cast(pl.Categorical))
    days = [_keys(one, "day", NARROW) for one in (turned, alone[1])]
    some = _sizes(days, ("day",)).filter(pl.col("pairs") <= BUSY)
    yield from _joined(days, some, (*_KEY, "day"), NARROW, within)


def _dated(traits: Traits) -> pl.DataFrame:
    """n, country, family, block, first, last: a row for each block of each event that has a day."""
    events = traits.events.select("n", "country", "family", "first", "last").drop_nulls(["first", "last"])
    return traits.blocks.join(events, on="n")


def _month(day: pl.Expr) -> pl.Expr:
    date = day.cast(pl.Date)
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32)


def _keys(side: pl.DataFrame, unit: str, margin: int) -> _Keyed:
    """The events keyed by months or days.

    A pair meets in the unit in which the later of the two began, by their first possible days, and nowhere else.
    """
    place = _month if unit == "month" else (lambda day: day)
    begins = side.with_columns(place(pl.col("first")).alias(unit))
    near = side.with_columns(
        pl.int_ranges(place(pl.col("first")), place(pl.col("last") + margin) + 1, dtype=pl.Int32).alias(unit)
    ).explode(unit)
    return begins, near


def _sizes(sides: list[_Keyed], unit: tuple[str, ...]) -> pl.DataFrame:
    """Keys with the number of pairs that meet there; the same if the sides are exchanged."""
    key = [*_KEY, *unit]
    a, b = sides
    counts = [
        one.group_by(key).agg(pl.len().cast(pl.Int64).alias(name))
        for one, name in ((a[0], "a_begins"), (a[1], "a_near"), (b[0], "b_begins"), (b[1], "b_near"))
    ]
    left = counts[0].join(counts[3], on=key)
    right = counts[2].join(counts[1], on=key)
    return (
        left.join(right, on=key, how="full", coalesce=True)
        .fill_null(0)
        .select(*key, pairs=pl.col("a_begins") * pl.col("b_near") + pl.col("b_begins") * pl.col("a_near"))
        .sort(key)
    )


def _joined(
    sides: list[_Keyed], sizes: pl.DataFrame, key: tuple[str, ...], gap: int, within: bool
) -> Iterator[pl.DataFrame]:
    batches = sizes.with_columns(batch=pl.col("pairs").cum_sum() // BATCH)
    (a_begins, a_near), (b_begins, b_near) = [
        [one.join(batches.select(*key, "batch"), on=key) for one in side] for side in sides
    ]
    for number in batches["batch"].unique().sort():
        part = pl.col("batch") == number
        near_enough = pl.col("first") <= pl.col("last_right") + gap
        one = a_begins.filter(part).join(b_near.filter(part), on=[*key, "batch"])
        other = b_begins.filter(part).join(a_near.filter(part), on=[*key, "batch"])
        both = pl.concat(
            [
                one.filter(pl.col("first") >= pl.col("first_right"), near_enough).select(i="n", j="n_right"),
                other.filter(pl.col("first") > pl.col("first_right"), near_enough).select(i="n_right", j="n"),
            ]
        )
        yield both.filter(pl.col("i") < pl.col("j")) if within else both
