"""Made worlds of measurements, and how often the verdict is right: `python -m tests.benchmarks.power` prints the curve.

A world is one event with a window before and one during it. Networks may differ (`between`), measurements of a network-day may
be alike (`alike`, the correlation inside it), and days may be bad for all networks at once (`daily`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from rightsdata.evidence import verdicts, windows

START = date(2025, 6, 29)


def targets(count: int) -> pl.DataFrame:
    """One target a world, each with 28 days before and during."""
    one = {
        "country": "RU",
        "platform_id": "signal",
        "kind": "messaging",
        "feature": "all",
        "restriction_type": "service_block",
        "pattern": "continuous",
        "admin1": [],
        "vouched": START + timedelta(60),
        "earlier": None,
        "before_from": START - timedelta(28),
        "before_to": START - timedelta(1),
        "during_from": START,
        "during_to": START + timedelta(27),
        "after_from": None,
        "after_to": None,
    }
    types: dict[str, Any] = {
        "target": pl.Int32,
        "admin1": pl.List(pl.String),
        "earlier": pl.String,
        "after_from": pl.Date,
        "after_to": pl.Date,
    }
    rows = [{"target": world, "event_id": f"ru-2025-world-{world}", **one} for world in range(count)]
    return pl.DataFrame(rows, schema_overrides=types)


def sums(
    count: int,
    *,
    networks: int = 5,
    days: int = 10,
    during: int | None = None,
    each: int = 2,
    more: int = 1,
    base: float = 0.1,
    rise: float = 0.0,
    between: float = 0.0,
    alike: float = 0.0,
    daily: float = 0.0,
    lasting: float = 0.0,
    drift: float = 0.0,
    faulty: float = 0.0,
    seed: int = 1,
) -> pl.DataFrame:
    """The counts in the windows of made worlds, as `windows.sums` gives them.

    Args:
        count: worlds.
        networks: networks of each.
        days: days measured in each window; `during` for another number in the second.
        during: see `days`.
        each: measurements of a network on a day; `more` times as many during the event.
        more: see `each`.
        base: the anomaly rate before; `rise` is added during the event.
        rise: see `base`.
        between: the correlation of measurements inside a network, between 0 and 1.
        alike: the correlation of measurements inside a network-day.
        daily: the standard deviation of a shift of the rate that all networks share on a day.
        lasting: the correlation of this shift on one day with that on the next.
        drift: the standard deviation of a shift of each network's own rate from before to during.
        faulty: a rise in the first network alone.
        seed: of the random numbers.
    """
    chance = np.random.default_rng(seed)

    def beta(mean: np.ndarray, correlation: float) -> np.ndarray:
        if not correlation:
            return mean
        mean, size = np.clip(mean, 1e-9, 1 - 1e-9), 1 / correlation - 1
        return chance.beta(mean * size, (1 - mean) * size)

    rates = beta(np.full((count, 1, networks), base), between)
    drifts = chance.normal(0, drift, (count, 1, networks)) if drift else 0.0
    frames, shift = [], None
    for window, length in enumerate((days, during or days)):
        shifts = chance.normal(0, daily, (count, length, 1))
        for at in range(length if lasting else 0):
            if shift is not None:
                shifts[:, at] = lasting * shift + (1 - lasting**2) ** 0.5 * shifts[:, at]
            shift = shifts[:, at]
        rate = rates + (rise + drifts) * window + shifts
        rate = np.repeat(rate, length, axis=1) if rate.shape[1] != length else rate
        rate[:, :, 0] += faulty * window
        measured = each * (more if window else 1)
        found = chance.binomial(measured, beta(np.clip(rate, 0, 1), alike))
        world, day, network = (axis.ravel() for axis in np.indices(found.shape))
        first = START if window else START - timedelta(28)
        frames.append(
            pl.DataFrame(
                {"target": world, "network": network + 1, "day": day, "anomalous": found.ravel()}
            ).with_columns(
                window=pl.lit(window),
                provider=pl.lit("ooni"),
                test=pl.lit("signal"),
                domain=pl.lit(None, pl.String),
                day=pl.lit(first) + pl.duration(days="day"),
                measured=pl.lit(measured),
                failed=pl.lit(0),
            )
        )
    return pl.concat(frames).select(pl.col(name).cast(dtype) for name, dtype in windows.SUMS.items())


def alone(count: int, **world: float) -> dict[str, float]:
    """The share of each verdict over worlds of which each is judged by itself."""
    made, all_targets = sums(count, **world), targets(count)  # type: ignore[arg-type]
    found = [
        verdicts.judge(target, part)["verdict"].item()
        for target, part in zip(
            all_targets.partition_by("target"), made.partition_by("target", maintain_order=True), strict=True
        )
    ]
    return {verdict: found.count(verdict) / count for verdict in verdicts.VERDICTS}


WORLDS: dict[str, dict[str, float]] = {
    "5 networks, 10 days, 2 each": {"networks": 5, "days": 10, "each": 2},
    "2 networks, 10 days, 5 each": {"networks": 2, "days": 10, "each": 5},
    "10 networks, 5 days, 2 each": {"networks": 10, "days": 5, "each": 2},
    "5 networks, 10 days, 2 each, networks and days over-dispersed": {
        "networks": 5,
        "days": 10,
        "each": 2,
        "between": 0.1,
        "alike": 0.2,
        "daily": 0.05,
    },
}
"""All have 100 measurements on each side."""


def main() -> None:
    """Print how often each rise is corroborated, each event alone and as one of a hundred."""
    rises = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    table = Table(
        "100 measurements on each side, 10 % anomalous before",
        *(f"+{rise:.0%}" for rise in rises),
        title="corroborated",
    )
    for name, world in WORLDS.items():
        found = [alone(100, **world, rise=rise)["corroborated"] for rise in rises]
        table.add_row(f"{name}; alone", *(f"{share:.0%}" for share in found))
        judged = [verdicts.judge(targets(100), sums(100, **world, rise=rise))["verdict"] for rise in rises]  # type: ignore[arg-type]
        table.add_row(f"{name}; of a hundred", *(f"{(one == 'corroborated').sum() / len(one):.0%}" for one in judged))
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
