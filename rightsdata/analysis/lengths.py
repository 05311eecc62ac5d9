"""How long measures stay in force: lengths between bounds, and survival curves that make use of them."""

from __future__ import annotations

from statistics import NormalDist

import polars as pl

from rightsdata.analysis import selection, spans
from rightsdata.analysis.counts import COUNTABLE
from rightsdata.dataset import Dataset

METHODS = ("turnbull", "kaplan_meier")
"""The estimators of `survival`."""

TOLERANCE = 1e-8
"""Turnbull's steps end when no day would add more to the likelihood than this part of what the lengths add."""

MOST_STEPS = 1000
"""Turnbull's steps end here at the latest."""

LEAST_PART = 1e-3
"""A part of a step so small that it is not tried."""

NOTHING = 1e-6
"""Stretches in which Turnbull's estimate expects fewer ends than this are not listed."""

_AXIS = 1 << 32
"""More than any length in days: lengths of different groups never touch on the common axis."""


def durations(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> pl.DataFrame:
    """How long each measure lasted, between bounds: lengths censored by what is not known.

    Counting rule: measures that took effect and whose start has both bounds; both the first and the last day count.
    Each measure has its own length, also a step that another superseded. A length is exact where `at_least` equals
    `at_most`, interval-censored where dates are imprecise or the day of the end is not known, and right-censored
    where `at_most` is null: it went on when last confirmed, or nobody says that it ended. An intermittent or recurring
    measure lasts from its first to its last day.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        event_id, country, restriction_type, start_earliest, start_latest (dates), ending (`known`, `open`, `past` or
        `unknown`, see `timeline`), at_least and at_most (days, Int32), in the order of the dataset.
    """
    return (
        selection.counted(dataset, family=family, population=population)
        .filter(pl.col("start_earliest").is_not_null())
        .select(
            "event_id",
            "country",
            pl.col("restriction_type").cast(pl.String),
            "start_earliest",
            "start_latest",
            spans.ending(),
            at_least="min_days",
            at_most="max_days",
        )
        .collect()
    )


def survival(
    dataset: Dataset,
    by: str | None = None,
    *,
    method: str = "turnbull",
    family: str | None = "access",
    population: str | None = "public",
) -> pl.DataFrame:
    """The share of measures that stayed in force for more than some days, as the lengths of all measures suggest.

    Counting rule: the measures and lengths of `durations`. A measure that was in force when last confirmed, or of
    which nobody says that it ended, is right-censored there, not ended.

    `turnbull` uses every length, those between bounds too: the nonparametric maximum-likelihood estimate of Turnbull
    (1976), found by steps of self-consistency and of the iterative convex minorant (Wellner & Zhan 1997), until the
    conditions of Gentleman & Geyer (1994) show that no other placing of the ends is likelier. It places the ends in certain stretches of days, `days_from` to `days`, and says
    nothing of where within one they lie; the share is the one after the stretch. It has no simple standard error:
    `lower` and `upper` are null.

    `kaplan_meier` (Kaplan & Meier 1958) takes exact and right-censored lengths only. Those between bounds are left out
    and counted in `left_out`; no midpoint is invented for them. As imprecise lengths need not be like the others, the
    estimate is then of the rest. `lower` and `upper` bound the share with 95 % confidence, from Greenwood's variance
    (1926) on the scale of log(-log(share)) (Kalbfleisch & Prentice 1980).

    Both take it that a measure's length and the day to which we know of it are independent. A selection of recorded
    measures lasts longer than all measures: short ones are easily missed.

    Args:
        dataset: any Dataset.
        by: a column of COUNTABLE for one curve for each value, or None for one.
        method: one of METHODS.
        family: see `effective`.
        population: see `effective`.

    Returns:
        The column named in `by`, days_from and days (Int32; 0 is the start), share (0 to 1, of measures that lasted
        longer than `days`), lower, upper, at_risk (measures that lasted at least to the stretch), events (measures that ended in
        it; with turnbull both are expected numbers), measures (used), left_out (not used) and method. By value
        and days. A curve that ends above 0 says nothing of how long the rest lasts.

    Raises:
        ValueError: for another method, or a column that measures cannot be grouped by.

    >>> import rightsdata as rd
    >>> rd.analysis.survival(rd.load(), method="kaplan_meier")["share"][0]
    1.0
    """
    if method not in METHODS:
        raise ValueError(f"there is no method {method!r}; choose one of {', '.join(METHODS)}")
    if by is not None and by not in COUNTABLE:
        raise ValueError(f"measures cannot be grouped by {by!r}; choose one of {', '.join(COUNTABLE)}")
    value = pl.lit("") if by is None else pl.col(by).cast(pl.String)
    lengths = (
        selection.counted(dataset, family=family, population=population)
        .filter(pl.col("start_earliest").is_not_null())
        .group_by(value.alias("value"), least="min_days", most="max_days")
        .agg(weight=pl.len().cast(pl.Float64))
        .collect()
    )
    groups = lengths.select(pl.col("value").unique().sort()).with_row_index("group")
    lengths = lengths.join(groups, on="value").drop("value")
    curve = (_turnbull if method == "turnbull" else _kaplan_meier)(lengths)
    named = groups.select("group", *([pl.col("value").alias(by)] if by else []))
    return (
        named.join(curve, on="group", maintain_order="left_right")
        .drop("group")
        .with_columns(pl.col("days_from", "days").cast(pl.Int32), method=pl.lit(method))
    )


def _kaplan_meier(lengths: pl.DataFrame) -> pl.DataFrame:
    """The product-limit curve of each group: a row for its start and for each length, ended or censored."""
    exact = pl.col("least") == pl.col("most")
    fits = pl.col("most").is_null() | exact
    totals = lengths.group_by("group").agg(
        measures=pl.col("weight").filter(fits).sum(), left_out=pl.col("weight").filter(~fits).sum()
    )
    steps = (
        lengths.filter(fits)
        .group_by("group", days="least")
        .agg(events=pl.col("weight").filter(exact).sum(), leave=pl.col("weight").sum())
    )
    starts = totals.select("group", days=pl.lit(0, dtype=pl.Int32), events=0.0, leave=0.0)
    left = pl.col("at_risk") - pl.col("events")
    greenwood = pl.when(left > 0).then(pl.col("events") / (pl.col("at_risk") * left)).cum_sum().over("group")
    log_share = pl.col("share").log()
    half = NormalDist().inv_cdf(0.975) * pl.col("variance").sqrt() / log_share
    inside = (pl.col("share") > 0) & (pl.col("share") < 1)
    return (
        pl.concat([steps, starts.select(steps.columns)])
        .sort("group", "days")
        .join(totals, on="group", maintain_order="left")
        .with_columns(at_risk=pl.col("measures") - pl.col("leave").cum_sum().over("group") + pl.col("leave"))
        .with_columns(
            share=pl.when(pl.col("at_risk") > 0).then(left / pl.col("at_risk")).otherwise(1.0).cum_prod().over("group"),
            variance=greenwood,
        )
        .select(
            "group",
            "days",
            "share",
            "at_risk",
            "events",
            pl.col("measures", "left_out").cast(pl.UInt32),
            days_from="days",
            lower=pl.when(inside).then((log_share * (-half).exp()).exp()).otherwise("share"),
            upper=pl.when(inside).then((log_share * half.exp()).exp()).otherwise("share"),
        )
        .select("group", *_COLUMNS)
    )


_COLUMNS = ("days_from", "days", "share", "lower", "upper", "at_risk", "events", "measures", "left_out")


def _turnbull(lengths: pl.DataFrame) -> pl.DataFrame:
    """The likeliest curve of each group: a row for its start and for each stretch in which measures ended.

    The groups lie one after the other on one axis, so that each step is a few passes over whole columns: the share
    inside a length is a difference of running sums, and so is what all lengths say of a stretch. A step of
    self-consistency is followed by one of the iterative convex minorant: Newton's for the running sum at the end of
    each stretch, by its second derivative alone, made to rise, and halved until the lengths are likelier by it.
    """
    shift = pl.col("group").cast(pl.Int64) * _AXIS
    placed = lengths.with_columns(
        first=shift + pl.col("least"), last=shift + pl.col("most").cast(pl.Int64).fill_null(_AXIS - 1)
    )
    edges = pl.concat(
        [
            placed.select(at=pl.col("first").unique(), closes=pl.lit(False)),
            placed.select(at=pl.col("last").unique(), closes=pl.lit(True)),
        ]
    ).sort("at", "closes")
    stretches = edges.select("at", until=pl.col("at").shift(-1), open=~pl.col("closes") & pl.col("closes").shift(-1))
    stretches = stretches.filter("open").with_columns(group=(pl.col("at") // _AXIS).cast(pl.UInt32))
    totals = lengths.group_by("group").agg(measures=pl.col("weight").sum())
    size = stretches.join(totals, on="group", maintain_order="left")["measures"]
    shares = _likeliest(placed, stretches["at"], stretches["until"], size)
    curve = (
        stretches.with_columns(shares.alias("mass"), size.alias("measures"))
        .filter(pl.col("until") % _AXIS != _AXIS - 1, pl.col("mass") * pl.col("measures") > NOTHING)
        .select("group", "mass", "measures", days_from=pl.col("at") % _AXIS, days=pl.col("until") % _AXIS)
    )
    zero = pl.lit(0, dtype=pl.Int64)
    starts = totals.sort("group").select("group", "measures", mass=0.0, days_from=zero, days=zero)
    share = (1 - pl.col("mass").cum_sum().over("group")).clip(0, 1)
    return (
        pl.concat([starts.select(curve.columns), curve])
        .sort("group", "days", maintain_order=True)
        .with_columns(share=share)
        .select(
            "group",
            "days_from",
            "days",
            "share",
            lower=pl.lit(None, dtype=pl.Float64),
            upper=pl.lit(None, dtype=pl.Float64),
            at_risk=(pl.col("share") + pl.col("mass")) * pl.col("measures"),
            events=pl.col("mass") * pl.col("measures"),
            measures=pl.col("measures").cast(pl.UInt32),
            left_out=pl.lit(0, dtype=pl.UInt32),
        )
    )


def _likeliest(lengths: pl.DataFrame, begins: pl.Series, ends: pl.Series, size: pl.Series) -> pl.Series:
    """The share of each stretch within its group with which all lengths are the likeliest.

    Args:
        lengths: first, last (on the common axis) and weight.
        begins: first day of each stretch.
        ends: last day of each stretch.
        size: the weight of all lengths in each stretch's group.
    """
    rows = lengths.select(
        "weight",
        low=begins.search_sorted(lengths["first"], side="left"),
        high=ends.search_sorted(lengths["last"], side="right"),
    )  # stretches low to high - 1 lie in a length
    rows = rows.group_by("low", "high").agg(pl.col("weight").sum()).sort("low", "high")  # sums hang on the order
    weight, low, high = rows["weight"], rows["low"], rows["high"]
    by_high = rows.select(pl.arg_sort_by("high", "low")).to_series()
    places = pl.int_range(begins.len(), eager=True)
    opened = low.search_sorted(places, side="right")  # lengths that begin by a stretch
    closed = high.gather(by_high).search_sorted(places, side="right")  # lengths that end before it
    group = (begins // _AXIS).rle_id().cast(pl.Float64)
    last = (group != group.shift(-1)).fill_null(True)

    def running(values: pl.Series) -> pl.Series:
        return pl.concat([pl.Series([0.0]), values.cum_sum()])

    def inside(reach: pl.Series) -> pl.Series:
        return reach.gather(high) - reach.gather(low)

    def told(values: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Sums of what lengths say: of those that begin by each stretch, and of those that end before it."""
        return running(values).gather(opened), running(values.gather(by_high)).gather(closed)

    shares = group.to_frame("group").select(1.0 / pl.len().over("group").cast(pl.Float64)).to_series()
    for _step in range(MOST_STEPS):
        begun, over = told(weight / inside(running(shares)))
        pull = (begun - over) / size
        if not (pull > 1 + TOLERANCE).any():
            break
        reach = running(shares * pull)  # self-consistency
        within = inside(reach)
        begun, over = told(weight / within)
        slope = (over - begun).diff().shift(-1)  # of the likelihood, at the end of each stretch
        begun, over = told(weight / within**2)
        bend = (begun + over).diff().shift(-1).clip(1.0)
        ended = reach.slice(1)
        aim = pl.Series(_rising((ended + slope / bend).zip_with(~last, group + 1), bend.fill_null(1.0), group))
        aim = pl.concat([pl.Series([0.0]), aim.clip(group, group + 1)])
        likelihood, part = (weight * within.log()).sum(), 1.0
        while part > LEAST_PART and not (weight * inside(reach + part * (aim - reach)).log()).sum() > likelihood:
            part /= 2
        shares = (reach + part * (aim - reach) if part > LEAST_PART else reach).diff().slice(1)
    return shares


def _rising(values: pl.Series, weights: pl.Series, groups: pl.Series) -> list[float]:
    """The nearest values (least weighted squares) that never fall within a group: neighbours that fall are pooled."""
    pools: list[tuple[float, float, int, float]] = []
    for value, weight, group in zip(values, weights, groups, strict=True):
        mean, heavy, length = value, weight, 1
        while pools and pools[-1][3] == group and pools[-1][0] >= mean:
            other, more, longer, _ = pools.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, length = heavy + more, length + longer
        pools.append((mean, heavy, length, group))
    return [mean for mean, _, length, _ in pools for _ in range(length)]
