"""Strata: what was measured of one test and domain in one network on both sides of an event's start, and what they tell together.

Only strata measured both before and during the event are compared, each with itself. Their **share** is their weight by Mantel
and Haenszel; groups of them (networks, tests, tests with their domains) are made by adding shares up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from rightsdata.evidence import rates

FEWEST = 5
"""The fewest days, or network-days, on which a strong verdict may rest."""

MOST_LASTING = 0.7
"""The highest correlation of a day with the next that is reckoned with: an outage that ends within the window has one, too."""

Place = tuple[int, str | None]
PLACES = ("target", "provider")
STRATUM = (*PLACES, "test", "domain", "network")


def compared(cells: pl.DataFrame) -> dict[Place, dict[str, Any]]:
    """What the tests need of each target and provider, from the strata measured in both windows; cells hold measurements."""
    c = pl.col

    def side(name: str, number: int) -> pl.Expr:
        return c(name).filter(c("window") == number).sum()

    strata = (
        cells.group_by(STRATUM, maintain_order=True)
        .agg(
            n0=side("measured", 0),
            a0=side("anomalous", 0),
            n1=side("measured", 1),
            a1=side("anomalous", 1),
            days0=(c("window") == 0).sum(),
            days1=(c("window") == 1).sum(),
            hit0=((c("window") == 0) & (c("anomalous") > 0)).sum(),
            hit1=((c("window") == 1) & (c("anomalous") > 0)).sum(),
        )
        .filter((c("n0") > 0) & (c("n1") > 0))
        .with_columns(weight=c("n0") * c("n1") / (c("n0") + c("n1")), p0=c("a0") / c("n0"), p1=c("a1") / c("n1"))
        .with_columns(
            share=c("weight") / c("weight").sum().over(PLACES), pooled=(c("a0") + c("a1")) / (c("n0") + c("n1"))
        )
    )
    whole = strata.group_by(PLACES, maintain_order=True).agg(
        before=(c("share") * c("p0")).sum(),
        during=(c("share") * c("p1")).sum(),
        size_before=1 / (c("share") ** 2 / c("n0")).sum(),
        size_during=1 / (c("share") ** 2 / c("n1")).sum(),
        networks_compared=c("network").drop_nulls().n_unique(),
        tests=c("test").unique().sort(),
        compared_before=c("n0").sum(),
        anomalous_before=c("a0").sum(),
        compared_during=c("n1").sum(),
        anomalous_during=c("a1").sum(),
        cells_before=c("days0").sum(),
        cells_during=c("days1").sum(),
        hit_before=c("hit0").sum(),
        hit_during=c("hit1").sum(),
    )
    # clusters: residuals of network-days against their stratum's rate in the window
    inside = cells.join(strata, on=STRATUM, nulls_equal=True, maintain_order="left").with_columns(
        n=pl.when(c("window") == 0).then("n0").otherwise("n1"),
        rate=pl.when(c("window") == 0).then("p0").otherwise("p1"),
    )
    residual = c("share") * (c("anomalous") - c("measured") * c("rate")) / c("n")
    by_day = (
        inside.group_by(*PLACES, "window", "day", maintain_order=True)
        .agg(residual.sum().alias("sum"), (residual**2).sum().alias("squares"), pl.len().alias("cells"))
        .sort(*PLACES, "window", "day")
        .with_columns(
            follows=pl.when(c("day").diff().over(*PLACES, "window") == pl.duration(days=1)).then(
                c("sum") * c("sum").shift().over(*PLACES, "window")
            )
        )
        .group_by(*PLACES, "window", maintain_order=True)
        .agg(
            c("sum").pow(2).sum().alias("days_squared"),
            c("follows").sum(),
            c("squares").sum(),
            c("cells").sum(),
            pl.len().alias("days"),
        )
        .with_columns(
            lasting=(c("follows").sum().over(PLACES) / c("days_squared").sum().over(PLACES))
            .fill_nan(0.0)
            .clip(0.0, MOST_LASTING)
        )
        .join(
            inside.group_by(*PLACES, "window", maintain_order=True).agg(pl.struct(STRATUM).n_unique().alias("strata")),
            on=(*PLACES, "window"),
        )
        .join(whole, on=PLACES)
        .with_columns(
            rate=pl.when(c("window") == 0).then("before").otherwise("during"),
            size=pl.when(c("window") == 0).then("size_before").otherwise("size_during"),
            free=pl.when(c("cells") > c("strata")).then(c("cells") / (c("cells") - c("strata"))),
        )
        .with_columns(
            spread=pl.when(c("free").is_not_null()).then(
                pl.max_horizontal(
                    c("squares") * c("free"),
                    c("days_squared")
                    * pl.max_horizontal("free", pl.when(c("days") > 1).then(c("days") / (c("days") - 1)))
                    * (1 + c("lasting"))
                    / (1 - c("lasting")),
                )
            ),
            binomial=c("rate") * (1 - c("rate")) / c("size"),
        )
        .group_by(PLACES, maintain_order=True)
        .agg(
            design_effect=pl.when(c("spread").is_not_null().any()).then(
                pl.max_horizontal(1.0, (c("spread") / c("binomial")).filter(c("binomial") > 0).max())
            ),
            days_compared_before=c("days").filter(c("window") == 0).sum(),
            days_compared_during=c("days").filter(c("window") == 1).sum(),
        )
    )
    cluster = strata.join(by_day, on=PLACES).select(*STRATUM, "design_effect")
    inside = inside.join(cluster, on=STRATUM, nulls_equal=True, maintain_order="left").with_columns(
        alike=(
            (c("design_effect").fill_null(1.0) - 1)
            / ((c("measured") ** 2).sum() / c("measured").sum() - 1).over(PLACES).clip(lower_bound=0.5)
        ).clip(0, 1)
    )
    scores = (
        inside.group_by(*PLACES, "window", "day", maintain_order=True)
        .agg(
            score=(c("anomalous") - c("measured") * c("pooled")).sum(),
            variance=(c("measured") * c("pooled") * (1 - c("pooled")) * (1 + (c("measured") - 1) * c("alike"))).sum(),
        )
        .with_columns(score=pl.when(c("variance") > 0).then(c("score") / c("variance").sqrt()).otherwise(0.0))
        .sort(*PLACES, "window", "day")
        .group_by(PLACES, maintain_order=True)
        .agg(
            days_before=c("score").filter(c("window") == 0),
            days_during=c("score").filter(c("window") == 1),
        )
    )
    found = {
        (row["target"], row["provider"]): row
        for row in whole.join(by_day, on=PLACES).join(scores, on=PLACES).iter_rows(named=True)
    }
    for name, of in (("networks", ["network"]), ("parts", ["test", "domain"]), ("by_test", ["test"])):
        groups = (
            strata.group_by(*PLACES, *of, maintain_order=True)
            .agg(
                *(c(count).sum() for count in ("n0", "a0", "n1", "a1", "days0", "days1", "share")),
                before=(c("share") * c("p0")).sum(),
                during=(c("share") * c("p1")).sum(),
                spread_before=(c("share") ** 2 / c("n0")).sum(),
                spread_during=(c("share") ** 2 / c("n1")).sum(),
            )
            .sort(*PLACES, *of)
        )
        for place, rows in grouped(groups).items():
            found[place][name] = rows
    return found


def grouped(frame: pl.DataFrame) -> dict[Place, list[dict[str, Any]]]:
    """The rows of each target and provider."""
    found: dict[Place, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault((row["target"], row["provider"]), []).append(row)
    return found


def effect_of(compared: Mapping[str, Any] | None) -> float:
    """What sizes are divided by; where nothing was compared 1, where nothing tells how alike they are a network-day counts as one."""
    if compared is None:
        return 1.0
    if compared["design_effect"] is not None:
        return float(compared["design_effect"])
    counts = compared["compared_before"] + compared["compared_during"]
    return max(1.0, float(counts / (compared["cells_before"] + compared["cells_during"])))


_SUMS = ("n0", "a0", "n1", "a1", "days0", "days1", "share", "before", "during", "spread_before", "spread_during")


def together(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several groups of strata as one."""
    return {name: sum(one[name] for one in groups) for name in _SUMS}


def without(whole: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a group when another is taken out of it."""
    return {name: whole[name] - group[name] for name in _SUMS}


def sides_of(group: Mapping[str, Any], effect: float) -> rates.Sides:
    """Rates and sizes of a group, its strata weighted as all are."""
    share = group["share"]
    before, during = group["before"] / share, group["during"] / share
    return before, share**2 / group["spread_before"] / effect, during, share**2 / group["spread_during"] / effect


def alike(groups: Sequence[Mapping[str, Any]]) -> rates.Sides:
    """Rates and sizes of groups that weigh the same, whatever was measured in each; those of few network-days weigh as one."""
    few = [one for one in groups if min(one["days0"], one["days1"]) < FEWEST]
    sides = [sides_of(one, 1.0) for one in groups if one not in few] + ([sides_of(together(few), 1.0)] if few else [])
    before, during = (sum(one[at] for one in sides) / len(sides) for at in (0, 2))
    sizes = [len(sides) ** 2 / sum(1 / one[at] for one in sides) for at in (1, 3)]
    return before, sizes[0], during, sizes[1]


def rising(groups: Sequence[Mapping[str, Any]], effect: float) -> int:
    """How many groups rose by themselves, at a level shared by all of them."""
    shared = 1 - (1 - rates.LEVEL) / len(groups)
    sides = ((one["a0"] / one["n0"], one["n0"] / effect, one["a1"] / one["n1"], one["n1"] / effect) for one in groups)
    return sum(rates.newcombe(*one, shared)[0] > 0 for one in sides)


def most_of(compared: Mapping[str, Any], level: float) -> float:
    """The most that the rise can be, whether measurements, networks, or tests with their domains weigh the same."""
    effect = effect_of(compared)
    ways = [(compared["before"], compared["size_before"], compared["during"], compared["size_during"])]
    ways += [alike(compared["networks"]), alike(compared["parts"])]
    found = []
    for before, size_before, during, size_during in ways:
        sizes = [size_before / effect, size_during / effect]
        for place, side in enumerate(("before", "during")):
            if compared[f"hit_{side}"] < FEWEST:
                sizes[place] = min(sizes[place], compared[f"cells_{side}"])
        found.append(rates.newcombe(before, sizes[0], during, sizes[1], level)[1])
    return max(found)
