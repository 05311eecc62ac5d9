"""Growth: what ten times as many rows cost, in tens from ten thousand to ten million."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import rightsdata as rd
from rightsdata import analysis
from rightsdata.evidence import windows
from tests.benchmarks import evidence
from tests.benchmarks.made import USED, events, moved
from tests.benchmarks.timing import Line, best, call, repeats

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)

STEADY = 100_000
"""From here on ten times as many rows may cost at most LIMIT times as much; below, what every call costs weighs in."""
LIMIT = 15.0


@contextmanager
def _validate(rows: int) -> Iterator[Callable[[], object]]:
    yield partial(rd.validate, events=events(rows))


@contextmanager
def _where(rows: int) -> Iterator[Callable[[], object]]:
    """Events with the columns that analyses read, their targets and relations; the other tables as released."""
    yield partial(moved(rows, columns=USED).where, country="RU", platform="whatsapp", since="2022", until="2023-06")


@contextmanager
def _active_by_day(rows: int) -> Iterator[Callable[[], object]]:
    yield partial(analysis.active_by_day, moved(rows, columns=USED))


@contextmanager
def _evidence(rows: int) -> Iterator[Callable[[], object]]:
    wanted = windows.days_wanted(windows.targets(rd.load()))
    with tempfile.TemporaryDirectory() as name:
        evidence.write_series(Path(name), rows)
        yield partial(evidence.by_file, Path(name), wanted)


READY = {
    "validate": _validate,
    "where by country, platform and dates": _where,
    "active_by_day": _active_by_day,
    "join of measurements, by file": _evidence,
}


def lines(scale: int) -> Iterator[Line]:
    """Seconds at each size, with the factor to the size before in the place of the ratio."""
    for name, ready in READY.items():
        before, smaller = 0.0, 0
        for rows in (size // scale for size in SIZES):
            with ready(rows) as ask:
                ask()
                (took,) = best(call(ask), times=repeats(5 if rows <= STEADY else 2, scale))
            limit = LIMIT if smaller >= STEADY else None
            yield Line(f"{name}, {rows:,}", f"the same, {smaller:,}" if smaller else "", took, before, limit)
            before, smaller = took, rows
            gc.collect()
