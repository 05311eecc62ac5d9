"""Imports of large files against plain reads of the same bytes."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

import rightsdata as rd
from tests.benchmarks.timing import Line, alone, best, call, repeats

ROWS = 1_000_000

AGENCIES = ("Роскомнадзор", "Генпрокуратура", "суд", "Мосгорсуд", "ФНС", "Роспотребнадзор", "МВД")


IMPORT = """
import sys, time
begun = time.perf_counter()
import rightsdata as rd
from tests.benchmarks.timing import tell
rd.importers.rkn(sys.argv[1])
tell(time.perf_counter() - begun)
"""


def registry(path: Path, rows: int, seed: int = 7) -> None:
    """Write a dump of invented orders, nearly every one with a page and a number of its own, one in a thousand on a platform."""
    chance = random.Random(seed)
    with path.open("w", encoding="cp1251") as file:
        file.write("Updated: 2024-03-01 10:00:00 +0000\n")
        for row in range(rows):
            ips = " | ".join(f"192.0.2.{chance.randrange(256)}" for _ in range(chance.choice((1, 1, 1, 2, 5))))
            site = f"site{chance.randrange(rows)}.example" if row % 1000 else "telegram.org"
            page = f"http://{site}/page/{row}/" if row % 10 else ""
            day = f"20{chance.randint(12, 23)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            order = f"{chance.randrange(99)}-{chance.randrange(9999)}/2020-Ид{row % 3000}"
            file.write(f"{ips};{site};{page};{chance.choice(AGENCIES)};{order};{day}\n")


def lines(scale: int) -> Iterator[Line]:
    """The registry from a file to an Import; the yardsticks read its six columns, the second without getting the Cyrillic letters right."""
    known, rows = rd.load(), ROWS // scale
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "dump.csv"
        registry(path, rows)
        plain = partial(
            pl.read_csv, path, separator=";", has_header=False, skip_lines=1, quote_char=None, infer_schema=False
        )
        found = rd.importers.rkn(path, reference=known)
        assert found.report["rows"] == plain(encoding="windows-1251").height == rows
        assert found.found is not None
        assert found.found["agency"].equals(plain(encoding="windows-1251").to_series(3).alias("agency"))
        del found
        right, lossy, ours = best(
            call(partial(plain, encoding="windows-1251")),
            call(partial(plain, encoding="utf8-lossy")),
            call(lambda: rd.importers.rkn(path, reference=known)),
            times=repeats(5, scale),
        )
        own, most = alone("-c", IMPORT, str(path))
    yield Line(f"registry of {rows:,} rows", "pl.read_csv, windows-1251", ours, right, 2)
    yield Line("the same", "pl.read_csv, utf8-lossy", ours, lossy)
    yield Line(
        "the same in a process of its own, with its start", "", own, aim=1.5, measure="gigabytes", gigabytes=most
    )
