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
from datetime import date
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


def synthetic(rows: int, seed: int = 7, columns: tuple[str, ...] | None = None) -> Dataset:
    """The released events over and over, each moved and prolonged by some days, with its own id, targets and relations.

    The lists and texts that analyses of counts and periods do not read keep the released ones.
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
    return replace(
        dataset,
        events=kept,
        targets=many(dataset.targets, ("event_id",)).join(ids, on="event_id", how="semi"),
        relations=many(dataset.relations, ("event_id", "related_id")).join(ids, on="event_id", how="semi"),
        stages=many(dataset.stages.drop("note", "attributed_to", "source_ids"), ("event_id",)).join(
            ids, on="event_id", how="semi"
        ),
    )


def main() -> None:
    """Measure, then print the table."""
    dataset = synthetic(ROWS)
    connection = queries.connected(dataset)
    lines: list[tuple[str, str, float, float, str]] = []
    near = {"RU": date(2024, 3, 15), "IN": date(2019, 8, 5), "UG": date(2021, 1, 14)}
    for name, ask, query in (
        ("count_targets", partial(analysis.count_targets, dataset), queries.COUNT_TARGETS),
        ("count_country_years", partial(analysis.count_country_years, dataset), queries.COUNTRY_YEARS),
        ("platforms_by_country", partial(by_country, dataset), queries.PLATFORMS_BY_COUNTRY),
        ("carried_over", partial(analysis.carried_over, dataset, 2022), queries.CARRIED_OVER),
        ("active_by_day", partial(analysis.active_by_day, dataset), queries.ACTIVE_BY_DAY),
        ("restriction_days", partial(analysis.restriction_days, dataset), queries.RESTRICTION_DAYS),
        ("around", partial(analysis.around, dataset, near, 30), queries.AROUND),
        ("durations", partial(analysis.durations, dataset), queries.DURATIONS),
        ("lifecycle", partial(analysis.lifecycle, dataset), queries.LIFECYCLE),
        ("acknowledgement", partial(acknowledged, dataset), queries.ACKNOWLEDGEMENT),
        ("last_confirmed", partial(analysis.last_confirmed, dataset), queries.LAST_CONFIRMED),
    ):
        answer = partial(query_frame, connection, query)
        queries.same(ask(), answer())
        ours, theirs = best(call(ask), call(answer), times=5)
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


def by_country(dataset: Dataset) -> pl.DataFrame:
    """The matrix without its lists, which DuckDB would order by their letters."""
    return analysis.platforms_by_country(dataset).drop("restriction_types")


def acknowledged(dataset: Dataset) -> pl.DataFrame:
    """The answers by their numbers: the order of the vocabularies is ours alone."""
    return analysis.acknowledgement(dataset).sort("events")


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
