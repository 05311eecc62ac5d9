"""The release gate against Great Expectations' own validate call on the same frames: `python -m tests.benchmarks.gating 1000000`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import rightsdata as rd
from rightsdata import companions, expectations, gate, schema
from tests.benchmarks.timing import Line

ROWS = 100_000
"""A million takes ten minutes and 8.4 GB."""


def written(place: Path, rows: int) -> int:
    """Write the tables of the newest release over and over, each time with its own events: how many events."""
    one = rd.load()
    copies = pl.DataFrame({"copy": pl.int_range(rows // len(one) + 1, eager=True)})
    for name, frame in one.tables.items():
        many = frame.cast(dict(schema.release_schema(name)))  # type: ignore[arg-type]  # names to types
        if "event_id" in frame.columns:
            again = [
                pl.when(pl.col("copy") == 0).then(key).otherwise(pl.format("{}-c{}", key, "copy")).alias(key)
                for key in ("event_id", "related_id")
                if key in frame.columns
            ]
            many = many.join(copies, how="cross").with_columns(again).drop("copy")
        many.write_parquet(place / f"{name}.parquet", metadata={"version": one.version})
    return len(one) * copies.height


def lines(rows: int = ROWS) -> list[Line]:
    """Ours, the whole check of the files; theirs, its own work alone on pandas frames that are ready: get_batch and validate."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        events = written(place, rows)
        begun = time.perf_counter()
        report = gate.check(place)
        ours = time.perf_counter() - begun
        assert report.ok, report.lines
        taken, fetched = 0.0, 0.0
        tables, whole = companions.read(place), expectations.whole_frames()
        suites = {name: suite for name, suite in gate.suites().items() if name not in companions.AGAINST_PREVIOUS}
        answers: dict[tuple[str, str], bool] = {}
        for part in gate._parts(tables, suites):
            assert not part.why
            begun = time.perf_counter()
            with expectations.quiet():
                batch = whole.get_batch({"dataframe": part.pandas})
            between = time.perf_counter()
            with expectations.quiet():
                said = expectations.outcomes(batch, part.suite, {"result_format": "BOOLEAN_ONLY"})
            fetched += between - begun
            taken += time.perf_counter() - between
            for name, one in said.items():
                answers[part.name, name] = answers.get((part.name, name), True) and expectations.passes(one)
        passed = sum(answers.values())
        assert passed == report.counts()["pass"]
    return [
        (f"gate, {events:,} events", "Great Expectations, from ready frames", ours, taken + fetched, "aim 1.1"),
        ("the same", "less the checksum that it takes of them", ours, taken, ""),
    ]


if __name__ == "__main__":
    for what, against, mine, theirs, _ in lines(int(sys.argv[1]) if sys.argv[1:] else ROWS):
        sys.stdout.write(f"{what}: {mine:.1f} s; {against}: {theirs:.1f} s; ratio {mine / theirs:.2f}\n")
