"""Evidence: the counts of a measurement series in the windows of events, against SQL by hand over the same Parquet files."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

import rightsdata as rd
from rightsdata import evidence, series
from rightsdata.evidence import streaming, windows
from tests.benchmarks.timing import Line, alone, repeats, tell

ROWS = 10_000_000
MANY = 100_000_000

PART = 4_000_000
"""Rows of a file, and of its row group a quarter."""

FIRST, LAST = date(2012, 1, 1), date(2026, 6, 30)


def write_series(place: Path, rows: int, part: int = PART) -> None:
    """Write made measurements, each file of its own stretch of days and sorted by day, as crawls arrive.

    Countries, tests and platforms are those that the released events ask for and as many again that no event asks for; one
    row in ten names no platform.
    """
    wanted = windows.days_wanted(windows.targets(rd.load()))
    asked = wanted.select("country", "platform_id", "test", "feature").unique(maintain_order=True)
    other = asked.with_columns(platform_id=pl.format("{}_other", "platform_id"))
    unnamed = asked.head(asked.height // 5).with_columns(platform_id=pl.lit(None, pl.String))
    kinds = pl.concat([asked, other, unnamed])
    chance, files = np.random.default_rng(7), -(-rows // part)
    days = (LAST - FIRST).days // files
    for number in range(files):
        count = min(part, rows - number * part)
        kind = kinds[chance.integers(0, kinds.height, count)]
        measured = chance.integers(0, 20, (4, count))
        day = (
            FIRST.toordinal() - date(1970, 1, 1).toordinal() + number * days + np.sort(chance.integers(0, days, count))
        )
        frame = kind.with_columns(
            network=pl.Series(64_500 + chance.integers(0, 40, count)),
            domain=pl.when(pl.col("test") == "web_connectivity").then(
                pl.format("{}.example", pl.col("platform_id").fill_null("none").str.replace_all("_", "-"))
            ),
            day=pl.Series(day.astype(np.int32)).cast(pl.Date),
            **{name: pl.Series(counts) for name, counts in zip(series.COUNTS, measured, strict=True)},
            provider=pl.lit("ooni"),
            license=pl.lit("CC-BY-4.0"),
        )
        frame.select(list(series.TYPES)).write_parquet(
            place / f"part-{number:03}.parquet", compression="lz4", row_group_size=PART // 4
        )


# ------------------------------------------------------------------- the ways to the sums


def in_polars(place: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """All files as one lazy frame: what `corroborate` does with `series.read`."""
    return windows.sums(series.read(place), wanted)


def by_file(place: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """Part after part, as `evidence.run` takes them."""
    parts = []
    for file in series.files(place):
        frame = series.read_files([file])
        length = frame.select(pl.len()).collect().item()
        parts += [
            windows.sums(frame.slice(first, streaming.ROWS).collect(), wanted)
            for first in range(0, length, streaming.ROWS)
        ]
    return windows.added(parts)


def in_duckdb(place: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """A DuckDB relation over all files: what `corroborate` does with one."""
    return windows.sums(duckdb.connect().read_parquet(f"{place}/*.parquet"), wanted)


BY_HAND = """
select target, "window", provider, test, domain, network, day, sum(ok + anomaly + confirmed) as measured,
    sum(anomaly + confirmed) as anomalous, sum(failure) as failed
from read_parquet('{place}/*.parquet') join wanted using (country, platform_id, test, feature, day)
where platform_id is not null group by all
"""


def by_hand(place: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """The filter, the join and the sums as somebody would write them in SQL."""
    base = duckdb.connect()
    base.register("wanted", wanted.to_arrow())
    found: pl.DataFrame = base.sql(BY_HAND.format(place=place)).pl()
    return found.select(pl.col(name).cast(dtype) for name, dtype in windows.SUMS.items())


def whole(place: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """`evidence.run`: every part checked, summed, and the verdicts written."""
    return evidence.run(rd.load(), place, place.parent / "verdicts.parquet")


WAYS: dict[str, Callable[[Path, pl.DataFrame], pl.DataFrame]] = {
    one.__name__: one for one in (by_hand, by_file, in_polars, in_duckdb, whole)
}


def _measured(way: str, place: Path, times: int) -> tuple[float, float, pl.DataFrame]:
    """Seconds at best, gigabytes at most, and the answer, each time of a process of its own."""
    answer = place.parent / f"{way}.parquet"
    told = [alone("-m", "tests.benchmarks.evidence", way, str(place), str(answer)) for _ in range(times)]
    return min(seconds for seconds, _ in told), max(peak for _, peak in told), pl.read_parquet(answer)


def _lines(rows: int, part: int, times: int) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "series"
        place.mkdir()
        write_series(place, rows, part)
        theirs, memory, right = _measured("by_hand", place, times)
        right = right.sort(list(windows.SUMS))
        assert right.height > rows // 1000
        against = f"DuckDB by hand, {memory:.2f} GB"
        for way, words in (("by_file", "Polars by file"), ("in_polars", "Polars, lazy"), ("in_duckdb", "on DuckDB")):
            ours, peak, found = _measured(way, place, times)
            assert found.sort(list(windows.SUMS)).equals(right), way
            yield Line(f"join of {rows:,} measurements, {words}", against, ours, theirs, 1.2, gigabytes=peak)
        ours, peak, _ = _measured("whole", place, 1)
        yield Line(
            f"evidence.run, {rows:,} measurements", "", ours, gigabytes=peak, note="with every check and the verdicts"
        )


def lines(scale: int) -> Iterator[Line]:
    """Ten million measurements in three files."""
    yield from _lines(ROWS // scale, PART // scale, times=repeats(3, scale))


def large(scale: int) -> Iterator[Line]:
    """A hundred million in 25 files."""
    yield from _lines(MANY // scale, PART // scale, times=1)


if __name__ == "__main__":
    wanted = windows.days_wanted(windows.targets(rd.load()))
    begun = time.perf_counter()
    found = WAYS[sys.argv[1]](Path(sys.argv[2]), wanted)
    tell(time.perf_counter() - begun)
    found.write_parquet(sys.argv[3])
