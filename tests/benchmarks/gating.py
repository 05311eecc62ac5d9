"""The release gate against Great Expectations' own validate call on the same frames."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rightsdata import companions, expectations, gate, schema
from tests.benchmarks.made import repeated
from tests.benchmarks.timing import Line

ROWS = 100_000
"""A million takes ten minutes and 8.4 GB."""


def written(place: Path, rows: int) -> int:
    """Write the tables of a made release: how many events."""
    made = repeated(rows)
    for name, frame in made.tables.items():
        plain = frame.cast(dict(schema.release_schema(name)))  # type: ignore[arg-type]  # names to types
        plain.write_parquet(place / f"{name}.parquet", metadata={"version": made.version})
    return len(made)


def lines(scale: int) -> Iterator[Line]:
    """Ours, the whole check of the files; theirs, its own work alone on pandas frames that are ready: get_batch and validate."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        events = written(place, ROWS // scale)
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
    yield Line(f"gate, {events:,} events", "Great Expectations, from ready frames", ours, taken + fetched, 1.1)
    yield Line("the same", "less the checksum that it takes of them", ours, taken)
