"""Onsets: on which day the anomaly rate of a series changed, with bounds; a suggestion, which a person judges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from rightsdata.errors import MissingExtra
from rightsdata.evidence import frames

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_CHI_SQUARE = 5.412
"""The 98 % point of the chi-square distribution with one degree of freedom: as days are whole, bounds by the 95 % point hold the true day
in about 90 of 100 made series, these in about 95."""


@dataclass(frozen=True, slots=True)
class Onset:
    """The first day of a new rate. `earliest` and `latest` bound it at about 95 %; days without a measurement lie within them."""

    day: date
    earliest: date
    latest: date
    rate_before: float
    rate_after: float
    measured_before: int
    measured_after: int
    dispersion: float
    """How much more the days scatter around the two rates than measurements that have nothing to do with each other would: at least 1."""


def onset(series: IntoFrame) -> Onset | None:
    """Where the anomaly rate of a series changed most, or None where one rate tells it as well.

    It suggests and decides nothing: a change may be a fault of the test, and its day narrows an imprecise date only if a
    person finds that it is the event's. Give a series of one country, platform and provider, cut to the weeks around one
    start; a rate that went up and down again has two changes, and only the larger one is told. Measurements of all networks and
    tests in it are added up by day, so a network or test that begins to be measured may look like a change: filter to those
    measured throughout. A fault that lasts for some days looks like one too, since days are taken for independent. Rows of the whole
    country count only where none is by network.

    The change is found by ruptures (Truong, Oudre and Vayatis 2020, Signal Processing 167: 107299), by exact search
    (Dynp) with the binomial likelihood as the cost. It counts if it betters one rate for all days by more than
    3 ln(days), in units of the dispersion (twice the log-likelihood; Yao 1988, Statistics and Probability Letters 6: 181-189, with two
    rates and a day). The bounds are the days whose likelihood ratio to the best is within a point of chi-square with one degree of freedom,
    in the same units (as Hinkley 1970, Biometrika 57: 1-17, takes likelihood intervals of a change).

    Args:
        series: the columns of `series.Measurement` as a Polars frame, lazy or not, a DuckDB relation or a Spark frame.

    Raises:
        ValueError: for a series of several countries, platforms or providers.
        InvalidData: for columns that are missing or of another type.
        MissingExtra: without ruptures.
    """
    try:
        import numpy as np
        import ruptures
        from ruptures.base import BaseCost
    except ImportError as error:
        raise MissingExtra("finding an onset", "ruptures", "evidence") from error

    c = nw.col
    frame: Any = frames.declared(series).lazy()
    rows = (
        frame.with_columns(told=~c("network").is_null())
        .group_by("country", "platform_id", "provider", "told", "day")
        .agg(
            (c("ok") + c("anomaly") + c("confirmed")).sum().alias("measured"),
            (c("anomaly") + c("confirmed")).sum().alias("hits"),
        )
    )
    found = pl.DataFrame(rows.collect("polars").to_native()).with_columns(pl.col("measured", "hits").cast(pl.Int64))
    for name in ("country", "platform_id", "provider"):
        if (several := found[name].unique().sort()).len() > 1:
            raise ValueError(
                f"the series holds {name} {', '.join(map(str, several.head(5)))}; give one with .filter(…)"
            )
    by_day = found.filter(pl.col("measured") > 0).filter(pl.col("told") | ~pl.col("told").any()).sort("day")
    days, hits, sizes = (by_day[name].to_list() for name in ("day", "hits", "measured"))
    if len(days) < 4:
        return None
    sums = np.cumsum([[0, 0], *zip(hits, sizes, strict=True)], axis=0)

    def deviance(first: int, last: int) -> float:
        """Twice the negative log-likelihood of one rate for the days from `first` up to before `last`."""
        hit, size = (int(value) for value in sums[last] - sums[first])
        return -2 * sum(count * math.log(count / size) for count in (hit, size - hit) if count)

    class Binomial(BaseCost):  # type: ignore[misc]  # ruptures ships no types
        model, min_size = "binomial", 2

        def fit(self, signal: Any) -> Binomial:
            self.signal = signal
            return self

        def error(self, start: int, end: int) -> float:
            return deviance(start, end)

    signal = np.asarray(hits, dtype=float).reshape(-1, 1)
    best = ruptures.Dynp(custom_cost=Binomial(), min_size=2, jump=1).fit(signal).predict(n_bkps=1)[0]
    costs = {day: deviance(0, day) + deviance(day, len(days)) for day in range(1, len(days))}
    dispersion = _dispersion([(hits[:best], sizes[:best]), (hits[best:], sizes[best:])])
    if deviance(0, len(days)) - costs[best] <= 3 * math.log(len(days)) * dispersion:
        return None
    within = [day for day, cost in costs.items() if cost - costs[best] <= _CHI_SQUARE * dispersion]
    before, after = sums[best], sums[-1] - sums[best]
    return Onset(
        day=days[best],
        earliest=days[min(within) - 1] + timedelta(1),
        latest=days[max(within)],
        rate_before=float(before[0] / before[1]),
        rate_after=float(after[0] / after[1]),
        measured_before=int(before[1]),
        measured_after=int(after[1]),
        dispersion=dispersion,
    )


def _dispersion(segments: Sequence[tuple[Sequence[int], Sequence[int]]]) -> float:
    """Pearson's chi-square of days against the rate of their segment, by degree of freedom; never below 1."""
    total, free = 0.0, 0
    for hits, sizes in segments:
        rate = sum(hits) / sum(sizes)
        free += len(hits) - 1
        if 0 < rate < 1:
            total += sum(
                (hit - size * rate) ** 2 / (size * rate * (1 - rate)) for hit, size in zip(hits, sizes, strict=True)
            )
    return max(1.0, total / free)
