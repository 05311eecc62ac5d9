"""Verdicts: whether the counts of a series bear an event out, contradict it, or cannot say.

Compared are only networks, tests and domains measured both before and during the event, each with itself: where a
network began to measure or a domain was added meanwhile, the mix changes and no rate. Rows of the whole country are used only
where a provider tells little by network, else they would count twice.

The **rise** is the mean of the differences (during less before), weighted as by Mantel and Haenszel. Measurements of
one network on one day are alike, and a bad day hits many networks and is often followed by another: the sizes behind every
interval and test are divided by a **design effect** (Rao and Scott 1992, Biometrics 48: 577-585) estimated from network-days
and from days, the latter times (1 + r) / (1 - r) for the correlation r of a day with the next. The p-value is the larger of
two, so both must speak for a rise: the score test on these sizes, and the exact test that shuffles days (`rates.shuffled`).
All events asked for at once are one family, adjusted by Holm's method; tests of so few days that no outcome could be told
from chance are left out of it beforehand (`rates.able`).

The two strong verdicts are claims on many networks, and one network, test or day must not carry them:

- **corroborated**: adjusted p at most 5 %, a rise of at least RISE with its interval above zero, and both still so of the rest
  whichever network is left out (of tests of whole countries: whichever signal), which must hold strata.FEWEST network-days on each side; at
  least one of the tests measures by itself (`Cover.independent`), and rows of a whole country come from tests that look at
  countries (`Cover.national`).
- **contradicted**: no sign of a rise, and enough measurements to rule one out, by tests whose silence says something
  (`Cover.silence`); others lend them neither networks nor days. The most that the rise can be, at a level that holds for the
  whole family, is below RISE, whether measurements, networks, or tests with their domains weigh the same (those of less than
  strata.FEWEST network-days together as one); where fewer than strata.FEWEST network-days had an anomaly, nothing tells how alike they are, and
  each counts as one. No network and no test rose by itself, p is above 5 %, at most FEW were anomalous during the event and
  before it; half of the days were measured, and at least strata.FEWEST on each side; at least two networks were compared; and nothing
  hides a block from the tests (`_hidden`).
- **inconclusive**: measured, and neither.
- **not_measured**: no test covers that function, or nobody measured during the event. It never means "reachable".

What this does not allow for: a network whose own rate drifts from one month to the next, for reasons of its own; RISE and the
network left out are the guard against it, and where two or three networks are all, they may not be enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.evidence import coverage, rates, strata, windows

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

RISE = 0.1
"""The least rise that counts as one: ten points. Anomaly rates of tests wander by a few points without any block."""
FEW = 0.1
"""The highest share of anomalies before and during an event that contradicts a block."""
VERDICTS = ("corroborated", "contradicted", "inconclusive", "not_measured")

_TOTALS = ("measured", "anomalous", "failed", "days", "networks")
"""What is counted of each window, whatever may be compared."""

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
                *((total, pl.Int64) for total in _TOTALS),
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
        of each window are of all networks; days are those with a measurement; networks counts AS numbers, 0 where rows are of
        the whole country. Rates lie between 0 and 1, rises between -1 and 1, low and high are the ends of 95 % intervals
        (Wilson for rates, Newcombe for the rise). networks_rising counts those whose own rise is above zero, at a level
        shared by all of them; rise_without_strongest is the least that is left of the rise when a network is left out, or of tests of
        whole countries a signal. What could not be computed is null, and p_adjusted too where the days are too few to tell any outcome from chance among so many
        tests. `reason` says the verdict in a sentence.
    """
    targets = windows.targets(events, days=days)
    return judge(targets, windows.sums(series, windows.days_wanted(targets, covers)), covers)


def judge(
    targets: pl.DataFrame, sums: pl.DataFrame, covers: Sequence[coverage.Cover] = coverage.COVERAGE
) -> pl.DataFrame:
    """The verdicts for `windows.targets` from the counts in their windows (`windows.sums`), as `corroborate` returns them."""
    key = [name for name in sums.columns if name not in ("measured", "anomalous", "failed")]
    cells = windows.told(sums.sort(key))  # sums of fractions depend on their order
    totals = cells.group_by(*strata.PLACES, "window").agg(
        pl.col("measured", "anomalous", "failed").sum(),
        pl.col("day").filter(pl.col("measured") > 0).n_unique().alias("days"),
        pl.col("network").filter(pl.col("measured") > 0).drop_nulls().n_unique().alias("networks"),
    )
    measured = strata.grouped(totals)
    covering = coverage.covering(targets.select("target", "platform_id", "feature", "kind"), covers)
    fitting: dict[int, list[dict[str, Any]]] = {}
    for one in covering.iter_rows(named=True):
        fitting.setdefault(one["target"], []).append(one)
    cells = cells.filter((pl.col("window") < 2) & (pl.col("measured") > 0))
    compared, speaking = strata.compared(cells), strata.compared(_speaking(cells, covering))
    providers: dict[int, list[str | None]] = {}
    for number, provider in sorted(measured):
        providers.setdefault(number, []).append(provider)
    rows: list[dict[str, Any]] = []
    for target in targets.iter_rows(named=True):
        for measurer in providers.get(target["target"], [None]):
            place = target["target"], measurer
            row = _numbers(target, measurer, measured.get(place, []), compared.get(place))
            row |= {"covers": fitting.get(target["target"], []), "speaking": speaking.get(place)}
            rows.append(row | _without_one(row))
    tested = [row for row in rows if row["p"] is not None]
    able = rates.able([row["p_least"] for row in tested])
    family = [row for row, one in zip(tested, able, strict=True) if one]
    for row, p in zip(family, rates.holm([row["p"] for row in family]), strict=True):
        row["p_adjusted"] = p
    for row in rows:
        row["verdict"], row["reason"] = _verdict(row, len(family), len(tested))
    return pl.DataFrame([{name: row[name] for name in RESULT} for row in rows], schema=RESULT)


def _speaking(cells: pl.DataFrame, covering: pl.DataFrame) -> pl.DataFrame:
    """The cells of tests whose silence says something of the target; see `Cover.silence`."""
    c, sites = pl.col, [str(kind) for kind in coverage.SITES]
    tests = covering.filter((c("silence") == "") | (c("sites") & c("kind").is_in(sites).fill_null(False)))
    return cells.join(tests.select("target", "test").unique(), on=["target", "test"], how="semi", maintain_order="left")


def _numbers(
    target: Mapping[str, Any],
    provider: str | None,
    totals: Sequence[Mapping[str, Any]],
    compared: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The row of a target and provider, still without its adjusted p-value and verdict."""
    row: dict[str, Any] = {**dict.fromkeys(RESULT), **target, "provider": provider, "networks_compared": 0}
    effect = strata.effect_of(compared)
    by_window = {total["window"]: total for total in totals}
    for number, window in enumerate(windows.WINDOWS):
        total = by_window.get(number, dict.fromkeys(_TOTALS, 0))
        row |= {f"{window}_{name}": total[name] for name in _TOTALS}
        if size := total["measured"]:
            rate = total["anomalous"] / size
            row[f"{window}_rate"] = rate
            row[f"{window}_low"], row[f"{window}_high"] = rates.wilson(rate, size / effect)
    if compared is None:
        return row
    sides = compared["before"], compared["size_before"] / effect, compared["during"], compared["size_during"] / effect
    row |= {name: compared[name] for name in ("networks_compared", "design_effect")}
    row |= {"compared": compared, "effect": effect}
    row["rise"] = compared["during"] - compared["before"]
    row["rise_low"], row["rise_high"] = rates.newcombe(*sides)
    of_networks = [one for one in compared["networks"] if one["network"] is not None]
    row["networks_rising"] = strata.rising(of_networks, effect) if of_networks else 0
    days = compared["days_before"], compared["days_during"]
    row["p"] = max(rates.higher(*sides), rates.shuffled(*days))
    row["p_least"] = 1 / math.comb(len(days[0]) + len(days[1]), len(days[1]))
    return row


def _without_one(row: Mapping[str, Any]) -> dict[str, Any]:
    """The least that is left of a rise without one of the networks, or of the signals of tests that look at countries."""
    if row["rise"] is None:
        return {}
    groups = [one for one in row["compared"]["networks"] if one["network"] is not None]
    if not groups:
        signal = {one["test"]: one["signal"] or one["test"] for one in row["covers"]}
        by_signal: dict[str, list[Mapping[str, Any]]] = {}
        for one in row["compared"]["by_test"]:
            by_signal.setdefault(signal[one["test"]], []).append(one)
        groups = [strata.together(several) for several in by_signal.values()]
    if len(groups) < 2:
        return {}
    whole = strata.together(groups)
    rests = [strata.without(whole, one) for one in groups]
    sides = [strata.sides_of(rest, row["effect"]) for rest in rests]
    return {
        "rise_without_strongest": min(one[2] - one[0] for one in sides),
        "rest_low": min(rates.newcombe(*one)[0] for one in sides),
        "rest_days": min(min(rest["days0"], rest["days1"]) for rest in rests),
    }


def _verdict(row: Mapping[str, Any], family: int, tested: int) -> tuple[str, str]:
    """The verdict of a row, and why in words."""
    kind, feature = row["restriction_type"], row["feature"]
    if kind in coverage.BLIND:
        return "not_measured", f"No test shows it: {coverage.BLIND[kind]}."
    if not row["covers"]:
        return (
            "not_measured",
            f"No test covers {feature} of {row['platform_id']}; that says nothing about whether it worked.",
        )
    if row["during_from"] is None:
        return "inconclusive", "The dates of the event are too imprecise: on no day is it sure to have applied."
    if not row["during_measured"]:
        span = f"from {row['during_from']} to {row['during_to']}"
        if row["during_failed"]:
            return "not_measured", f"All {row['during_failed']} measurements {span} failed by themselves."
        who = "Nobody measured" if row["provider"] is None else f"{row['provider']} did not measure"
        return "not_measured", f"{who} {span}."
    if row["before_from"] is None:
        return "inconclusive", "The event began on or before a day, so no day is sure to lie before it."
    if row["rise"] is None:
        who = "no network" if row["during_networks"] else "no row of the whole country"
        return "inconclusive", (
            f"{row['during_anomalous']} of {row['during_measured']} measurements anomalous during the event; {who} was "
            "measured by the same test, at the same domain, both before and during it."
        )
    numbers = _compared_in_words(row, family)
    if row["p_adjusted"] is None:
        days = [row["compared"][f"days_compared_{side}"] for side in ("before", "during")]
        among = f" among {tested} tests" if tested > 1 else ""
        return "inconclusive", (
            f"{numbers}. Measured on {days[0]} of the days before and {days[1]} during it, which are too few to tell any rise "
            f"from chance{among}."
        )
    if row["p_adjusted"] <= 1 - rates.LEVEL and row["rise"] >= RISE and row["rise_low"] > 0:
        return _risen(row, numbers)
    if row["p_adjusted"] <= 1 - rates.LEVEL and 0 < row["rise"] < RISE:
        return "inconclusive", f"{numbers}. A rise is shown, but not one of {RISE * 100:.0f} points or more."
    return _not_risen(row, numbers, family)


def _risen(row: Mapping[str, Any], numbers: str) -> tuple[str, str]:
    """Whether a rise that is shown bears the event out."""
    used = [one for one in row["covers"] if one["test"] in row["compared"]["tests"]]
    country = not row["networks_compared"]
    if not any(one["independent"] for one in used):
        return "inconclusive", f"{numbers}. It is noted by people, often from the news, and not measured by itself."
    if country and not all(one["national"] for one in used):
        return (
            "inconclusive",
            f"{numbers}. How many networks were measured is not told; one alone may have had a fault.",
        )
    if row["networks_compared"] == 1:
        return "inconclusive", f"{numbers}. One network alone may have had a fault of its own."
    if row["compared"]["days_compared_during"] == 1 and row["during_to"] > row["during_from"]:
        return "inconclusive", f"{numbers}. One day alone may have been a bad one."
    if row["rise_without_strongest"] is None:
        return "inconclusive", f"{numbers}. One signal alone may have had a fault of its own."
    if row["rise_without_strongest"] < RISE or row["rest_low"] <= 0 or row["rest_days"] < strata.FEWEST:
        return (
            "inconclusive",
            f"{numbers}. Without one of the {'signals' if country else 'networks'} no such rise is shown.",
        )
    if row["admin1"]:
        return "corroborated", f"{numbers}. It concerned a part of the country; the counts are not of that part alone."
    if row["restriction_type"] in coverage.UNDECIDABLE:
        return (
            "corroborated",
            f"{numbers}. Of what kind it was they do not tell: {coverage.UNDECIDABLE[row['restriction_type']]}.",
        )
    return "corroborated", f"{numbers}."


def _not_risen(row: Mapping[str, Any], numbers: str, family: int) -> tuple[str, str]:
    """Whether the lack of a rise contradicts the event."""
    if row["before_low"] > FEW:
        return "inconclusive", f"{numbers}. Many measurements were anomalous already before."
    sign = (
        row["networks_rising"] or strata.rising(row["compared"]["parts"], row["effect"]) or row["p"] <= 1 - rates.LEVEL
    )
    compared = row["speaking"] or row["compared"]
    most = strata.most_of(
        compared, 1 - 2 * (1 - rates.LEVEL) / family
    )  # one-sided, shared by the family as Bonferroni has it
    if sign or most >= RISE or row["during_high"] > FEW:
        return "inconclusive", f"{numbers}. Neither a rise nor its absence is shown."
    if hidden := _hidden(row, compared):
        return "inconclusive", f"{numbers}. No rise is seen, yet {hidden}."
    together = f", at a level that holds for {family} tests" if family > 1 else ""
    bound = f"{math.ceil(most * 10_000) / 100:+.2f} points" if most > 0.9 * RISE else _points(most)
    return (
        "contradicted",
        f"{numbers}. A rise of {RISE * 100:.0f} points or more is ruled out: it is at most {bound}{together}.",
    )


def _hidden(row: Mapping[str, Any], compared: Mapping[str, Any]) -> str:
    """Why a block may hide from the tests although no rise is seen; empty if nothing hides it."""
    days = compared["days_compared_before"], compared["days_compared_during"]
    length = (row["during_to"] - row["during_from"]).days + 1
    attempts = [row[f"{side}_measured"] + row[f"{side}_failed"] for side in ("before", "during")]
    failing = row["during_failed"] / attempts[1] - row["before_failed"] / attempts[0]
    if row["restriction_type"] in coverage.UNDECIDABLE:
        return coverage.UNDECIDABLE[row["restriction_type"]]
    if row["admin1"]:
        return "it concerned a part of the country, and counts are of networks or of the whole"
    if row["pattern"] != "continuous":
        return f"the measure is {row['pattern']}"
    if row["during_to"] > row["vouched"]:
        return f"no source vouches for it after {row['vouched']}"
    if row["earlier"] is not None:
        return f"{row['earlier']} may have hit it in the days before, so that these tell of no free time"
    if row["speaking"] is None:
        return next(str(one["silence"]) for one in row["covers"] if one["test"] in compared["tests"])
    if not compared["networks_compared"]:
        return "how many networks were measured is not told"
    if compared["networks_compared"] == 1:
        return "only one network was measured"
    if min(days) < strata.FEWEST or 2 * days[1] < length:
        return f"only {days[0]} days before it and {days[1]} of {length} during it were measured"
    if failing >= RISE:
        return f"{row['during_failed']} of {attempts[1]} attempts failed by themselves during it, more than before"
    if row["after_measured"] and row["after_high"] < row["during_low"]:
        return "there were fewer anomalies once it was over"
    return ""


def _compared_in_words(row: Mapping[str, Any], family: int) -> str:
    """What was compared, and what came of it."""
    compared = row["compared"]
    if row["networks_compared"]:
        where = f"in {row['networks_compared']} network{'s' * (row['networks_compared'] != 1)}"
    else:
        where = "in the country as a whole"
    numbers = (
        f"{compared['anomalous_before']} of {compared['compared_before']} measurements anomalous before, "
        f"{compared['anomalous_during']} of {compared['compared_during']} during the event; compared {where}, a change of "
        f"{_points(row['rise'])} (95 % interval {_points(row['rise_low'], '')} to {_points(row['rise_high'], '')})"
    )
    if row["p_adjusted"] is None:
        return numbers
    return f"{numbers}, p = {row['p_adjusted']:.2g} adjusted for {family} test{'s' * (family != 1)}"


def _points(share: float, unit: str = " points") -> str:
    """A difference of shares in points, with a decimal where it is small."""
    points = round(share * 100, 0 if abs(share) >= 2 * RISE else 1) + 0.0  # no -0
    return f"{points:+.0f}{unit}" if points == round(points) else f"{points:+.1f}{unit}"
