"""Counts of a provider's measurements, added up to the rows of a series; numbers and networks as answers write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import polars as pl

from rightsdata import series

LARGEST = 10**12
"""No test was ever run so often on one day; beyond it, sums would leave 64 bits."""

DAYS = 3_660
"""Days of an asked window at the most: ten years."""


class Key(NamedTuple):
    """What the rows of a series are told apart by, beside their provider."""

    country: str
    network: int | None
    test: str
    domain: str | None
    platform_id: str | None
    feature: str
    day: date

    def __str__(self) -> str:
        network = "the whole country" if self.network is None else f"AS{self.network}"
        return ", ".join(filter(None, (self.country, network, self.test, self.domain, str(self.day))))


def days(first: date, last: date) -> list[date]:
    """The days from the first to the last, both with them."""
    return [first + timedelta(at) for at in range((last - first).days + 1)]


def frame(counts: Mapping[Key, Sequence[int]], provider: str, license: str) -> pl.DataFrame:
    """The counts as a series.

    Args:
        counts: for each key, how many measurements ended in each of the ways of `series.COUNTS`, in its order.
        provider: the provider of every row.
        license: SPDX id of every row.

    Returns:
        The columns of `series.TYPES`, in the order of `series.KEY`.
    """
    rows = [(*key, *said, provider, license) for key, said in counts.items()]
    return pl.DataFrame(rows, series.TYPES, orient="row").sort(series.KEY)


def count(said: object, *, text: bool = False) -> int | None:
    """A count from 0 to LARGEST; None for anything else, such as true, -1, 1.0, or "1" unless counts are texts, as in CSV."""
    if text and isinstance(said, str) and re.fullmatch(r"\d{1,15}", said, re.ASCII):
        said = int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= LARGEST else None


def network(said: Any) -> int | None:
    """The AS number that 64500, "64500" or "AS64500" names; None for anything else, and 0 where the network is unknown (AS0)."""
    if isinstance(said, str) and (told := re.fullmatch(r"(?:AS)?(\d{1,10})", said, re.ASCII | re.IGNORECASE)):
        said = int(told[1])
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 2**32 else None


def window(asked: tuple[date, date]) -> tuple[date, date]:
    """The first and the last day of an asked window, none of them to come.

    Raises:
        ValueError: for a last day before the first, and for more than DAYS days.
    """
    first, last = asked
    if last < first or (last - first).days >= DAYS:
        raise ValueError(
            f"found days asked from {first} to {last}; expected the first day first, at most {DAYS:,} days"
        )
    return first, min(last, date.today())
