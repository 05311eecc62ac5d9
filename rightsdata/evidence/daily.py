"""Measurements day by day around events: the rates that the verdicts add up, for a figure or a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.evidence import coverage, rates, windows

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

PERIODS = (*windows.WINDOWS, "between")
"""Where a day lies: in a window, or where the bounds of the event's dates or the silence of its sources leave it open."""

SCHEMA = pl.Schema(
    {
        "event_id": pl.String(),
        "country": pl.String(),
        "platform_id": pl.String(),
        "feature": pl.String(),
        "provider": pl.String(),
        "day": pl.Date(),
        "period": pl.Enum(PERIODS),
        "measured": pl.Int64(),
        "anomalous": pl.Int64(),
        "failed": pl.Int64(),
        "networks": pl.Int64(),
        "rate": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
    }
)
"""Columns of what `by_day` returns."""


def by_day(
    events: Dataset,
    series: IntoFrame,
    *,
    days: int = windows.DAYS,
    covers: Sequence[coverage.Cover] = coverage.COVERAGE,
) -> pl.DataFrame:
    """How measurements ended on each day from before an event until after it, with the days between the windows.

    Where no end is known, the days run on to the length of a window, whether or not a source vouches for them.

    Asked are the same events and counted the same rows as in `corroborate`; what no test covers has no row. The mix of
    networks and domains changes from day to day, which a verdict allows for and a daily rate does not: a rate may move
    because somebody began to measure.

    Args:
        events: any Dataset.
        series: the columns of `series.Measurement` as a Polars frame, lazy or not, a DuckDB relation or a Spark frame.
        days: the longest that a window may be.
        covers: which tests show which blocks.

    Returns:
        The columns of SCHEMA by event, platform, feature, provider and day, for days with a row in the series: networks
        counts AS numbers, 0 where rows are of the whole country; rate is anomalous by measured, null where every
        measurement failed; low and high are the ends of a 95 % interval (`rates.wilson`) that takes measurements for
        independent, and so is too narrow where those of one network are alike.
    """
    targets = windows.targets(events, days=days)
    ends = [f"{window}_{end}" for window in windows.WINDOWS for end in ("from", "to")]
    none = pl.lit(None, pl.Date)
    whole = targets.with_columns(
        before_from=none, before_to=none, after_from=none, after_to=none,
        during_from=pl.min_horizontal(ends),
        during_to=pl.max_horizontal(*ends, pl.col("during_from") + pl.duration(days=days - 1)),
    )  # fmt: skip
    named = targets.select("target", "event_id", "country", "platform_id", "feature", *ends)
    inside = [
        pl.when(pl.col("day").is_between(f"{window}_from", f"{window}_to")).then(number)
        for number, window in enumerate(windows.WINDOWS)
    ]
    sums = windows.sums(series, windows.days_wanted(whole, covers)).join(named, on="target")
    found = (
        windows.told(sums.with_columns(window=pl.coalesce(inside)))
        .group_by("target", "event_id", "country", "platform_id", "feature", "provider", "day", "window")
        .agg(
            pl.col("measured", "anomalous", "failed").sum(),
            networks=pl.col("network").filter(pl.col("measured") > 0).drop_nulls().n_unique(),
        )
        .with_columns(
            period=pl.col("window").replace_strict(dict(enumerate(windows.WINDOWS)), default="between"),
            rate=pl.when(pl.col("measured") > 0).then(pl.col("anomalous") / pl.col("measured")),
        )
    )
    bounds = [
        (None, None) if rate is None else rates.wilson(rate, size)
        for rate, size in found.select("rate", "measured").iter_rows()
    ]
    low, high = (pl.Series([one[at] for one in bounds], dtype=pl.Float64) for at in (0, 1))
    return (
        found.with_columns(low=low, high=high)
        .select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
        .sort("event_id", "platform_id", "feature", "provider", "day")
    )
