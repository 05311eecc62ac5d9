"""Each analysis against a plain query of the same question on a million synthetic events: `python -m tests.benchmarks.analyses`."""

from __future__ import annotations

import math
import os
import platform
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial

import duckdb
import numpy as np
import polars as pl
from lifelines import KaplanMeierFitter
from rich.console import Console
from rich.table import Table

import rightsdata as rd
from rightsdata import analysis
from rightsdata.dataset import Dataset
from tests import queries
from tests.benchmarks.timing import ROOT, best, call

SOME = 10_000
ROWS = 1_000_000
MANY = 10_000_000

USED = (
    "event_id",
    "country",
    "restriction_type",
    "family",
    "population",
    "pattern",
    "took_effect",
    "ongoing",
    "start_earliest",
    "start_latest",
    "end_earliest",
    "end_latest",
    "last_confirmed",
    "as_of",
    "min_days",
    "max_days",
    "platforms",
)
"""Columns of events that counts and periods read."""


OF_EVENTS = {
    "targets": pl.all(),
    "relations": pl.all(),
    "stages": pl.col("event_id", "position", "stage", "date_earliest", "date_latest", "source_ids"),
    "authorities": pl.col("event_id"),
    "legal_bases": pl.col("event_id", "source_ids"),
    "responses": pl.col("event_id", "source_ids"),
    "citations": pl.col("event_id", "source_id", "supports"),
}
"""Tables that name an event, and their columns that analyses read."""


def synthetic(rows: int, seed: int = 7, columns: tuple[str, ...] | None = None) -> Dataset:
    """The released events over and over, each moved and prolonged by some days, with its own id in every table.

    With `columns` the events have these alone, and the other tables but targets and relations stay as released.
    """
    dataset = rd.load()
    events = dataset.events.select(columns or dataset.events.columns)
    times = rows // events.height + 1
    moved = pl.Series([random.Random(seed + n).randint(-1500, 0) for n in range(times)], dtype=pl.Int32)
    copies = pl.DataFrame({"copy": pl.int_range(times, eager=True, dtype=pl.Int32), "moved": moved})

    later = pl.col("moved") + pl.col("longer")

    def many(frame: pl.DataFrame, ids: tuple[str, ...]) -> pl.DataFrame:
        dates = [name for name, kind in frame.schema.items() if kind == pl.Date]
        return (
            copies.lazy()
            .join(frame.lazy(), how="cross")
            .with_columns(
                *(pl.format("{}-{}", name, "copy").alias(name) for name in ids),
            )
            .with_columns(longer=pl.col("event_id").hash(seed).mod(300).cast(pl.Int32))
            .with_columns(
                *(
                    (pl.col(name) + pl.duration(days="moved" if name.startswith("start") else later)).alias(name)
                    for name in dates
                ),
                *(
                    (pl.col(name) + pl.col("longer")).alias(name)
                    for name in ("min_days", "max_days")
                    if name in frame.columns
                ),
            )
            .drop("copy", "moved", "longer")
            .collect(engine="streaming")
        )

    kept = many(events, ("event_id",)).head(rows)
    ids = kept.select("event_id")
    further = {
        name: many(dataset.tables[name].select(kept_columns), ("event_id", "related_id")[: 1 + (name == "relations")])
        for name, kept_columns in OF_EVENTS.items()
        if columns is None or name in ("targets", "relations")
    }
    return replace(
        dataset,
        events=kept,
        **{name: frame.join(ids, on="event_id", how="semi") for name, frame in further.items()},
    )


def main() -> None:
    """Measure, then print the table."""
    dataset = synthetic(ROWS)
    connection = queries.connected(dataset)
    lines: list[tuple[str, str, float, float, str]] = []
    for question, query in (
        (analysis.count_country_years, queries.COUNTRY_YEARS),
        (analysis.active_by_day, queries.ACTIVE_BY_DAY),
        (analysis.restriction_days, queries.RESTRICTION_DAYS),
        (analysis.durations, queries.DURATIONS),
    ):
        ask = partial(question, dataset)
        answer = partial(query_frame, connection, query)
        queries.same(ask(), answer())
        ours, theirs = best(call(ask), call(answer), times=5)
        lines.append((question.__name__, "DuckDB, the same question", ours, theirs, "aim 1.5"))
    for name, (asked, query) in queries.QUESTIONS.items():
        ask, text = partial(asked, dataset), query(dataset) if callable(query) else query
        if name == "compare":  # its groups are chosen beforehand
            ask = partial(analysis.compare, dataset.where(country="RU"), dataset.where(country="IN"))
        answer = partial(query_frame, connection, text)
        queries.same_rows(ask(), answer())
        ours, theirs = best(call(ask), call(answer), times=3)
        lines.append((name, "DuckDB, the same question", ours, theirs, "aim 1.5"))

    lengths = analysis.durations(dataset)
    fitting = lengths.filter(pl.col("at_most").is_null() | (pl.col("at_most") == pl.col("at_least")))
    curve = analysis.survival(dataset, method="kaplan_meier")

    def lifelines_curve() -> np.ndarray:
        ended = fitting["at_most"].is_not_null().to_numpy()
        fitted = KaplanMeierFitter().fit(fitting["at_least"].to_numpy(), ended)
        fitted.confidence_interval_  # noqa: B018  # computed when asked for
        return fitted.survival_function_["KM_estimate"].to_numpy()

    assert np.allclose(lifelines_curve(), curve["share"].to_numpy(), atol=1e-6)
    ours, theirs = best(call(lambda: analysis.survival(dataset, method="kaplan_meier")), call(lifelines_curve), times=5)
    lines.append(("survival, Kaplan-Meier", "lifelines", ours, theirs, "aim 1.5"))

    small = synthetic(SOME)
    censored = analysis.durations(small).select(pl.col("at_least", "at_most").cast(pl.Float64))
    low, high = censored["at_least"].to_numpy(), censored["at_most"].fill_null(math.inf).to_numpy()

    def lifelines_turnbull() -> KaplanMeierFitter:
        return KaplanMeierFitter().fit_interval_censoring(low, high)

    queries.same_turnbull(analysis.survival(small), lifelines_turnbull(), 1e-3)
    ours, theirs = best(call(lambda: analysis.survival(small)), call(lifelines_turnbull), times=3)
    (large,) = best(call(lambda: analysis.survival(dataset)), times=1)
    lines.append((f"survival, Turnbull, {SOME:,} events", "lifelines", ours, theirs, f"{large:.2f} s at {ROWS:,}"))

    with tempfile.TemporaryDirectory() as place:
        many = synthetic(MANY, columns=USED)
        many.events.write_parquet(f"{place}/events.parquet", row_group_size=250_000)
        del many
        counted = subprocess.run(
            [sys.executable, "-c", BY_DAY, f"{place}/events.parquet"],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
    read, most, seconds = map(float, counted.stdout.split())
    note = f"peak {most:.0f} MB, of which {read:.0f} MB the events themselves; aim < 2000 MB"
    lines.append((f"active_by_day, {MANY:,} events", "", seconds, 0.0, note))

    title = f"{ROWS:,} events; Python {platform.python_version()}, Polars {pl.__version__}, {os.cpu_count()} cores"
    table = Table("ours", "yardstick", "s", "yardstick s", "ratio", "", title=title)
    for name, against, mine, theirs, note in lines:
        ratio = f"{mine / theirs:.2f}" if theirs else ""
        table.add_row(name, against, f"{mine:.3f}", f"{theirs:.3f}" if theirs else "", ratio, note)
    Console(width=150).print(table)


BY_DAY = """
import sys, time
from dataclasses import replace
from pathlib import Path
import polars as pl
import rightsdata as rd

def megabytes(name):
    found = Path("/proc/self/status").read_text().split(name + ":")[1].split()[0]
    return int(found) / 1000

dataset = rd.load()
names = list(pl.read_parquet_schema(sys.argv[1]))
events = pl.concat([pl.read_parquet(sys.argv[1], columns=[name]) for name in names], how="horizontal")
dataset = replace(dataset, events=events)
read = megabytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
begun = time.perf_counter()
assert rd.analysis.active_by_day(dataset)["upper"].max() > 0
print(read, megabytes("VmHWM"), time.perf_counter() - begun)
"""
"""Count ten million events by day in a process of its own: megabytes of the events, megabytes at most, seconds."""


def query_frame(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    return connection.sql(query).pl()


if __name__ == "__main__":
    main()
