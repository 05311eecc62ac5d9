"""Verdicts: whether the counts of a series bear an event out, contradict it, or cannot say.

Compared are only networks, tests and domains measured both before and during the event, each with itself: where a
network began to measure or a domain was added meanwhile, the mix changes and no rate. Rows of the whole country are used only
where a provider gives none by network, else they would count twice.

The **rise** is the mean of the differences (during less before), weighted as by Mantel and Haenszel. Measurements of
one network on one day are alike, and a bad day hits many networks: the sizes behind every interval and test are divided
by a **design effect** (Rao and Scott 1992, Biometrics 48: 577-585) estimated from network-days and from days. The p-value
is the larger of two, so both must speak for a rise: the score test on these sizes, and the exact test that shuffles days
(`rates.shuffled`). All events asked for at once are one family, adjusted by Holm's method.

- **corroborated**: adjusted p at most 5 %, a rise of at least RISE with its interval above zero, and one of at least RISE still
  if the network that rose most is left out.
- **contradicted**: the most that the rise can be, at a level that holds for the whole family, is below RISE; at most FEW
  failed during the event, by its interval; no network rose by itself; at least two networks, or rows of the whole country, were
  compared; and nothing about the event hides a block from the tests (a part of a country, an intermittent measure, a
  slowdown, or days for which no source vouches).
- **inconclusive**: measured, and neither.
- **not_measured**: no test covers that function, or nobody measured during the event. It never means "reachable".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.evidence import coverage, rates, windows

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

RISE = 0.1
"""The least rise that counts as one: ten points. Anomaly rates of tests wander by a few points without any block."""
FEW = 0.2
"""The highest share of anomalies during an event that contradicts a block."""

VERDICTS = ("corroborated", "contradicted", "inconclusive", "not_measured")

_Place = tuple[int, str | None]
_PLACES = ("target", "provider")
_STRATUM = (*_PLACES, "test", "domain", "network")

RESULT = pl.Schema(
    {
        "event_id": pl.String(),
        "country": pl.String(),
        "platform_id": pl.String(),
        "feature": pl.String(),
        "provider": pl.String(),
        "verdict": pl.Enum(VERDICTS),
        "reason": pl.String(),
        **{
            f"{window}_{name}": dtype()
            for window in windows.WINDOWS
            for name, dtype in (
                ("from", pl.Date),
                ("to", pl.Date),
                ("measured", pl.Int64),
                ("anomalous", pl.Int64),
                ("failed", pl.Int64),
                ("networks", pl.Int64),
                ("rate", pl.Float64),
                ("low", pl.Float64),
                ("high", pl.Float64),
            )
        },
        "networks_compared": pl.Int64(),
        "networks_rising": pl.Int64(),
        "rise": pl.Float64(),
        "rise_low": pl.Float64(),
        "rise_high": pl.Float64(),
        "rise_without_strongest": pl.Float64(),
        "design_effect": pl.Float64(),
        "p": pl.Float64(),
        "p_adjusted": pl.Float64(),
    }
)
"""Columns of what `corroborate` returns."""


def corroborate(
    events: Dataset,
    series: IntoFrame,
    *,
    days: int = windows.DAYS,
    covers: Sequence[coverage.Cover] = coverage.COVERAGE,
) -> pl.DataFrame:
    """Whether measurements bear out what was reported: one verdict a target of an event and provider.

    Asked are measures on access that took effect and bind the public.

    Args:
        events: any Dataset; all its events are one family of tests, so ask for those that you mean to report.
        series: the columns of `series.Measurement` as a Polars frame, lazy or not, a DuckDB relation or a Spark frame.
        days: the longest that a window may be.
        covers: which tests show which blocks.

    Returns:
        The columns of RESULT by event, platform, feature and provider (null where no provider measured). Counts and rates
        of each window are of all networks; networks counts AS numbers, 0 where rows are of the whole country. Rates lie
        between 0 and 1, rises between -1 and 1, low and high are the ends of 95 % intervals (Wilson for rates, Newcombe for
        the rise). networks_rising counts those whose own rise is above zero, at a level shared by all of them. What could
        not be computed is null. `reason` says the verdict in a sentence.
    """
    targets = windows.targets(events, days=days)
    return judge(targets, windows.sums(series, windows.days_wanted(targets, covers)), covers)


def judge(
    targets: pl.DataFrame, sums: pl.DataFrame, covers: Sequence[coverage.Cover] = coverage.COVERAGE
) -> pl.DataFrame:
    """The verdicts for `windows.targets` from the counts in their windows (`windows.sums`), as `corroborate` returns them."""
    key = [name for name in sums.columns if name not in ("measured", "anomalous", "failed")]
    cells = windows.told(sums.sort(key))  # sums of fractions depend on their order
    totals = cells.group_by(*_PLACES, "window").agg(
        pl.col("measured", "anomalous", "failed").sum(),
        pl.col("network").filter(pl.col("measured") > 0).drop_nulls().n_unique().alias("networks"),
    )
    measured = dict(_grouped(totals))
    compared = _compared(cells.filter((pl.col("window") < 2) & (pl.col("measured") > 0)))
    providers: dict[int, list[str | None]] = {}
    for number, provider in sorted(measured):
        providers.setdefault(number, []).append(provider)
    rows: list[dict[str, Any]] = []
    for target in targets.iter_rows(named=True):
        for measurer in providers.get(target["target"], [None]):
            place = target["target"], measurer
            rows.append(_numbers(target, measurer, measured.get(place, []), compared.get(place)))
    tested = [row for row in rows if row["p"] is not None]
    for row, p in zip(tested, rates.holm([row["p"] for row in tested]), strict=True):
        row["p_adjusted"] = p
    covered = set(coverage.table(covers).select("platform_id", "feature").iter_rows())
    for row in rows:
        row["verdict"], row["reason"] = _verdict(row, covered, len(tested))
    return pl.DataFrame([{name: row[name] for name in RESULT} for row in rows], schema=RESULT)


def _grouped(frame: pl.DataFrame) -> list[tuple[_Place, list[dict[str, Any]]]]:
    return [((key[0], key[1]), part.to_dicts()) for key, part in frame.partition_by(*_PLACES, as_dict=True).items()]


def _compared(cells: pl.DataFrame) -> dict[_Place, dict[str, Any]]:
    """What the tests need of each target and provider, from the strata measured in both windows; cells hold measurements."""
    c = pl.col

    def side(name: str, number: int) -> pl.Expr:
        return c(name).filter(c("window") == number).sum()

    strata = (
        cells.group_by(_STRATUM, maintain_order=True)
        .agg(n0=side("measured", 0), a0=side("anomalous", 0), n1=side("measured", 1), a1=side("anomalous", 1))
        .filter((c("n0") > 0) & (c("n1") > 0))
        .with_columns(weight=c("n0") * c("n1") / (c("n0") + c("n1")), p0=c("a0") / c("n0"), p1=c("a1") / c("n1"))
        .with_columns(
            share=c("weight") / c("weight").sum().over(_PLACES), pooled=(c("a0") + c("a1")) / (c("n0") + c("n1"))
        )
    )
    whole = strata.group_by(_PLACES, maintain_order=True).agg(
        before=(c("share") * c("p0")).sum(),
        during=(c("share") * c("p1")).sum(),
        size_before=1 / (c("share") ** 2 / c("n0")).sum(),
        size_during=1 / (c("share") ** 2 / c("n1")).sum(),
        networks_compared=c("network").drop_nulls().n_unique(),
    )
    # clusters: residuals of network-days against their stratum's rate in the window
    inside = cells.join(strata, on=_STRATUM, nulls_equal=True, maintain_order="left").with_columns(
        n=pl.when(c("window") == 0).then("n0").otherwise("n1"),
        rate=pl.when(c("window") == 0).then("p0").otherwise("p1"),
    )
    residual = c("share") * (c("anomalous") - c("measured") * c("rate")) / c("n")
    by_day = (
        inside.group_by(*_PLACES, "window", "day", maintain_order=True)
        .agg(residual.sum().alias("sum"), (residual**2).sum().alias("squares"), pl.len().alias("cells"))
        .group_by(*_PLACES, "window", maintain_order=True)
        .agg(c("sum").pow(2).sum().alias("days_squared"), c("squares").sum(), c("cells").sum(), pl.len().alias("days"))
        .join(
            inside.group_by(*_PLACES, "window", maintain_order=True).agg(
                pl.struct(_STRATUM).n_unique().alias("strata")
            ),
            on=(*_PLACES, "window"),
        )
        .join(whole, on=_PLACES)
        .with_columns(
            rate=pl.when(c("window") == 0).then("before").otherwise("during"),
            size=pl.when(c("window") == 0).then("size_before").otherwise("size_during"),
            free=pl.when(c("cells") > c("strata")).then(c("cells") / (c("cells") - c("strata"))),
        )
        .with_columns(
            spread=pl.max_horizontal(
                c("squares") * c("free"),
                c("days_squared") * pl.max_horizontal("free", pl.when(c("days") > 1).then(c("days") / (c("days") - 1))),
            ),
            binomial=c("rate") * (1 - c("rate")) / c("size"),
        )
        .group_by(_PLACES, maintain_order=True)
        .agg(
            design_effect=pl.when(c("spread").is_not_null().any()).then(
                pl.max_horizontal(1.0, (c("spread") / c("binomial")).filter(c("binomial") > 0).max())
            )
        )
    )
    cluster = strata.join(by_day, on=_PLACES).select(*_STRATUM, "design_effect")
    inside = inside.join(cluster, on=_STRATUM, nulls_equal=True, maintain_order="left").with_columns(
        alike=(
            (c("design_effect").fill_null(1.0) - 1)
            / ((c("measured") ** 2).sum() / c("measured").sum() - 1).over(_PLACES).clip(lower_bound=0.5)
        ).clip(0, 1)
    )
    scores = (
        inside.group_by(*_PLACES, "window", "day", maintain_order=True)
        .agg(
            score=(c("anomalous") - c("measured") * c("pooled")).sum(),
            variance=(c("measured") * c("pooled") * (1 - c("pooled")) * (1 + (c("measured") - 1) * c("alike"))).sum(),
        )
        .with_columns(score=pl.when(c("variance") > 0).then(c("score") / c("variance").sqrt()).otherwise(0.0))
        .sort(*_PLACES, "window", "day")
        .group_by(_PLACES, maintain_order=True)
        .agg(
            days_before=c("score").filter(c("window") == 0),
            days_during=c("score").filter(c("window") == 1),
        )
    )
    networks = (
        strata.group_by(*_PLACES, "network", maintain_order=True)
        .agg(c("n0", "a0", "n1", "a1", "share").sum(), gain=(c("share") * (c("p1") - c("p0"))).sum())
        .sort(*_PLACES, "network")
    )
    found = {
        (row["target"], row["provider"]): row
        for row in whole.join(by_day, on=_PLACES).join(scores, on=_PLACES).iter_rows(named=True)
    }
    for place, rows in _grouped(networks):
        found[place]["networks"] = rows
    return found


def _numbers(
    target: Mapping[str, Any],
    provider: str | None,
    totals: Sequence[Mapping[str, Any]],
    compared: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The row of a target and provider, still without its adjusted p-value and verdict."""
    row: dict[str, Any] = {**dict.fromkeys(RESULT), **target, "provider": provider, "networks_compared": 0}
    effect = (compared["design_effect"] if compared else None) or 1.0
    by_window = {total["window"]: total for total in totals}
    for number, window in enumerate(windows.WINDOWS):
        total = by_window.get(number, dict.fromkeys(("measured", "anomalous", "failed", "networks"), 0))
        row |= {f"{window}_{name}": total[name] for name in ("measured", "anomalous", "failed", "networks")}
        if size := total["measured"]:
            rate = total["anomalous"] / size
            row[f"{window}_rate"] = rate
            row[f"{window}_low"], row[f"{window}_high"] = rates.wilson(rate, size / effect)
    if compared is None:
        return row
    before, during = compared["before"], compared["during"]
    sizes = compared["size_before"] / effect, compared["size_during"] / effect
    row |= {name: compared[name] for name in ("networks_compared", "design_effect")}
    row["rise"], (row["rise_low"], row["rise_high"]) = (
        during - before,
        rates.newcombe(before, sizes[0], during, sizes[1]),
    )
    row["compared"] = before, sizes[0], during, sizes[1]
    shared = 1 - (1 - rates.LEVEL) / len(compared["networks"])
    row["networks_rising"] = sum(
        rates.newcombe(one["a0"] / one["n0"], one["n0"] / effect, one["a1"] / one["n1"], one["n1"] / effect, shared)[0]
        > 0
        for one in compared["networks"]
    )
    if len(compared["networks"]) > 1:
        strongest = max(compared["networks"], key=lambda one: one["gain"])
        row["rise_without_strongest"] = (row["rise"] - strongest["gain"]) / (1 - strongest["share"])
    row["p"] = max(
        rates.higher(before, sizes[0], during, sizes[1]),
        rates.shuffled(compared["days_before"], compared["days_during"]),
    )
    return row


def _verdict(row: Mapping[str, Any], covered: set[tuple[str | None, str]], family: int) -> tuple[str, str]:
    """The verdict of a row, and why in words."""
    kind, feature = row["restriction_type"], row["feature"]
    if kind in coverage.BLIND:
        return "not_measured", f"No test shows it: {coverage.BLIND[kind]}."
    if not covered & {(None, feature), (row["platform_id"], feature)}:
        return (
            "not_measured",
            f"No test covers {feature} of {row['platform_id']}; that says nothing about whether it worked.",
        )
    if row["during_from"] is None:
        return "inconclusive", "The dates of the event are too imprecise: on no day is it sure to have applied."
    if not row["during_measured"]:
        return "not_measured", f"Nobody measured from {row['during_from']} to {row['during_to']}."
    if row["before_from"] is None:
        return "inconclusive", "The event began on or before a day, so no day is sure to lie before it."
    if row["rise"] is None:
        who = "no network was" if row["during_networks"] else "the country as a whole was not"
        return (
            "inconclusive",
            f"{_share(row, 'during')} during the event; {who} measured both before and during it.",
        )
    single, country = row["networks_compared"] == 1, row["networks_compared"] == 0
    where = "in the country as a whole" if country else f"in {row['networks_compared']} network{'s' * (not single)}"
    numbers = (
        f"{_share(row, 'before')} before, {_share(row, 'during')} during the event; compared {where}, a change of "
        f"{round(row['rise'] * 100):+d} points (95 % interval {round(row['rise_low'] * 100):+d} to {round(row['rise_high'] * 100):+d}), "
        f"p = {row['p_adjusted']:.2g} adjusted for {family} test{'s' * (family != 1)}"
    )
    if row["p_adjusted"] <= 1 - rates.LEVEL and row["rise"] >= RISE and row["rise_low"] > 0:
        if single:
            return "inconclusive", f"{numbers}. One network alone may have had a fault of its own."
        if not country and row["rise_without_strongest"] < RISE:
            return "inconclusive", f"{numbers}. Without the network that rose most the change is not there."
        return "corroborated", f"{numbers}."
    before, size_before, during, size_during = row["compared"]
    shared = min(
        rates.LEVEL, 1 - 2 * (1 - rates.LEVEL) / family
    )  # one-sided, shared by the family as Bonferroni has it
    most = rates.newcombe(before, size_before, during, size_during, shared)[1]
    if most < RISE and row["during_high"] <= FEW and not row["networks_rising"]:
        if hidden := _hidden(row, single=single):
            return "inconclusive", f"{numbers}. No rise is seen, yet {hidden}."
        return "contradicted", f"{numbers}. A rise of {RISE * 100:.0f} points or more is ruled out."
    if row["before_low"] > FEW:
        return "inconclusive", f"{numbers}. Measurements failed already before."
    return "inconclusive", f"{numbers}. Neither a rise nor its absence is shown."


def _hidden(row: Mapping[str, Any], *, single: bool) -> str:
    """Why a block may hide from the tests although no rise is seen; empty if nothing hides it."""
    if row["restriction_type"] in coverage.UNDECIDABLE:
        return coverage.UNDECIDABLE[row["restriction_type"]]
    if row["admin1"]:
        return "it concerned a part of the country, and counts are of networks or of the whole"
    if row["pattern"] != "continuous":
        return f"the measure is {row['pattern']}"
    if row["during_to"] > row["vouched"]:
        return f"no source vouches for it after {row['vouched']}"
    return "only one network was measured" if single else ""


def _share(row: Mapping[str, Any], window: str) -> str:
    return f"{row[f'{window}_anomalous']} of {row[f'{window}_measured']} measurements anomalous"
