"""The matcher: its times on made events, and its precision and recall on the labelled pairs: `python -m tests.benchmarks.matching`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

import rightsdata as rd
from rightsdata import matching
from rightsdata.dataset import Dataset
from tests import labelled
from tests.benchmarks.timing import Line, best, call

CROWD = 0.2
"""The share of the events that lie in one country and month."""

AREAS = [f"{one}{two}" for one in ("Kal", "Lam", "Man", "Nar", "Pat", "Ram", "Sor", "Tal", "Var", "Zor") for two in ("abad", "dar", "gol", "hir", "jas", "kun", "mor", "pod", "shi", "tan", "vel", "win", "yar", "bel", "cor")]  # fmt: skip
"""Made-up names of areas; each event has one."""


def synthetic(rows: int, seed: int) -> tuple[Dataset, pl.DataFrame]:
    """The released events over and over on other days of ten years, a fifth of them in one month, and the area of each."""
    one, chance = rd.load(), random.Random(seed)
    pool = one.events.filter(pl.col("start_latest").is_not_null())
    crowded = pl.Series([chance.random() < CROWD for _ in range(rows)])
    days = pl.DataFrame(
        {
            "crowd": crowded,
            "any": [chance.randrange(3650) for _ in range(rows)],
            "busy": [chance.randrange(1800, 1830) for _ in range(rows)],
            "width": [30 if chance.random() < 0.1 else 0 for _ in range(rows)],
        }
    ).select(
        first=pl.date(2010, 1, 1) + pl.duration(days=pl.when("crowd").then("busy").otherwise("any")), width="width"
    )
    events = pool[[chance.randrange(pool.height) for _ in range(rows)]].with_columns(
        old="event_id",
        event_id=pl.format(
            "{}-2020-s{}-{}", pl.col("country").str.to_lowercase(), pl.lit(seed), pl.int_range(pl.len())
        ),
        country=pl.when(crowded).then(pl.lit("IN")).otherwise("country"),
        start_earliest=days["first"],
        start_latest=days.select(pl.col("first") + pl.duration(days="width")).to_series(),
        end_earliest=days.select(pl.col("first") + pl.duration(days=2)).to_series(),
        end_latest=days.select(pl.col("first") + pl.duration(days=2)).to_series(),
    )
    link = events.select("event_id", "old")

    def again(frame: pl.DataFrame) -> pl.DataFrame:
        return link.join(frame, left_on="old", right_on="event_id").drop("old")

    places = events.select("event_id", name=pl.Series([chance.choice(AREAS) for _ in range(rows)]))
    tables: dict[str, Any] = {
        name: again(getattr(one, name)) for name in ("targets", "stages", "authorities", "citations")
    }
    return replace(one, events=events.drop("old"), **tables), places


def lines(scale: int) -> Iterator[Line]:
    """Made events against ten thousand others."""
    theirs, their_places = synthetic(10_000 // scale, 2)
    for rows, aim in ((10_000 // scale, 5), (1_000_000 // scale, 60)):
        ours, our_places = synthetic(rows, 1)
        for told, places in (("named areas", pl.concat([our_places, their_places])), ("no areas", None)):
            match = partial(matching.match, ours, theirs, places=places)
            (took,) = best(call(match), times=1)
            what = f"match {rows:,} against {len(theirs):,} events, {told}"
            yield Line(what, "", took, aim=aim, measure="seconds")


def main() -> None:
    """Print the quality, if the workbook is at hand."""
    if not labelled.WORKBOOK.is_file():
        print(f"no quality: {labelled.WORKBOOK} is not there")
        return
    found = labelled.judged()
    for half in ("tuning", "held_out"):
        for name, pairs in found.items():
            print(f"{half} {name}: {labelled.quality(pairs, half)}")
        print(f"{half} both: {labelled.quality([one for pairs in found.values() for one in pairs], half)}")


if __name__ == "__main__":
    main()
