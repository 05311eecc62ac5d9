"""Release files against plain Parquet of the same tables."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from rightsdata import gate, manifest, release, schema
from tests.benchmarks.made import repeated
from tests.benchmarks.timing import Line

ROWS = 100_000

BESIDES = "besides: a checksum of each table's rows and of each file, events.csv, codebook, catalogue files, manifest"


def lines(scale: int) -> Iterator[Line]:
    """One version folder as `release.write` makes it, less the gate, which has lines of its own; and with it."""
    made = repeated(ROWS // scale)
    checked, in_gate = gate.check, 0.0

    def check(folder: Path, previous: Path | None = None) -> gate.Report:
        nonlocal in_gate
        begun = time.perf_counter()
        report = checked(folder, previous)
        in_gate = time.perf_counter() - begun
        return report

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        begun = time.perf_counter()
        for table, frame in made.tables.items():
            plain = frame.cast(dict(schema.release_schema(table)))  # type: ignore[arg-type]  # names to types
            plain.write_parquet(place / f"{table}.parquet", compression_level=release.LEVEL)
        theirs = time.perf_counter() - begun
        with mock.patch.object(gate, "check", check):
            begun = time.perf_counter()
            folder = release.write(made, place / "version")
            ours = time.perf_counter() - begun
        about, _ = manifest.read(folder)
        for table, frame in made.tables.items():
            assert about.file(f"{table}.parquet").rows == frame.height
    plain_words = f"write_parquet, zstd {release.LEVEL}"
    yield Line(f"release less its gate, {len(made):,} events", plain_words, ours - in_gate, theirs, note=BESIDES)
    yield Line("the same with its gate", plain_words, ours, theirs)
