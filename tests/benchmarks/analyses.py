"""Analyses against plain queries of the same questions: in DuckDB, some in Polars too."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import duckdb
import numpy as np
import polars as pl
from lifelines import KaplanMeierFitter

from rightsdata import analysis
from rightsdata.dataset import Dataset
from tests import queries
from tests.benchmarks.made import USED, moved
from tests.benchmarks.timing import Line, alone, best, call, repeats

SOME = 10_000
ROWS = 1_000_000
MANY = 10_000_000

NEAR, FAIR = 1.2, 1.5
"""What a question may cost, as a multiple of plain DuckDB's time and of that of Polars by hand or lifelines."""

OF_MANY = ("count_targets", "platforms_by_country", "acknowledgement", "last_confirmed")
"""Questions that read events, targets and platforms alone: those tables of ten million events fit 24 GB, twice."""

ORDERED: dict[str, tuple[Callable[[Dataset], pl.DataFrame], str]] = {
    "count_country_years": (analysis.count_country_years, queries.COUNTRY_YEARS),
    "active_by_day": (analysis.active_by_day, queries.ACTIVE_BY_DAY),
    "restriction_days": (analysis.restriction_days, queries.RESTRICTION_DAYS),
    "durations": (analysis.durations, queries.DURATIONS),
}
"""Questions whose answers have an order, with their queries."""


# ------------------------------------------------------------------- in Polars by hand


def counted(dataset: Dataset) -> pl.LazyFrame:
    """Measures on access that took effect and bind the public."""
    c = pl.col
    return dataset.events.lazy().filter(c("took_effect"), c("family") == "access", c("population") == "public")


def targets_by_hand(dataset: Dataset) -> pl.DataFrame:
    hit = dataset.targets.lazy().select("event_id", "platform_id").unique()
    return (
        hit.join(counted(dataset).select("event_id", "country"), on="event_id")
        .group_by("platform_id")
        .agg(events=pl.len(), countries=pl.col("country").n_unique())
        .join(dataset.platforms.lazy().select("platform_id", platform="name"), on="platform_id")
        .select("platform_id", "platform", "events", "countries")
        .collect()
    )


def acknowledgement_by_hand(dataset: Dataset) -> pl.DataFrame:
    return counted(dataset).group_by("acknowledgement", "attribution").agg(events=pl.len()).collect()


def durations_by_hand(dataset: Dataset) -> pl.DataFrame:
    ending = (
        pl.when(pl.col("end_latest").is_not_null())
        .then(pl.lit("known"))
        .when(pl.col("ongoing").is_null())
        .then(pl.lit("unknown"))
        .when("ongoing")
        .then(pl.lit("open"))
        .otherwise(pl.lit("past"))
    )
    kind, starts = pl.col("restriction_type").cast(pl.String), ("start_earliest", "start_latest")
    return (
        counted(dataset)
        .filter(pl.col("start_earliest").is_not_null())
        .select("event_id", "country", kind, *starts, ending=ending, at_least="min_days", at_most="max_days")
        .collect()
    )


IN_POLARS = {
    "count_targets": targets_by_hand,
    "acknowledgement": acknowledgement_by_hand,
    "durations": durations_by_hand,
}


# ------------------------------------------------------------------- lines


def _ordered(dataset: Dataset, connection: duckdb.DuckDBPyConnection, times: int) -> Iterator[Line]:
    for name, (question, query) in ORDERED.items():
        ask, answer = partial(question, dataset), partial(_frame, connection, query)
        queries.same(ask(), answer())
        ours, theirs = best(call(ask), call(answer), times=times)
        yield Line(f"{name}, {len(dataset):,} events", "DuckDB, the same question", ours, theirs, NEAR)


def _unordered(
    dataset: Dataset, connection: duckdb.DuckDBPyConnection, names: Iterable[str], times: int
) -> Iterator[Line]:
    for name in names:
        asked, query = queries.QUESTIONS[name]
        ask, text = partial(asked, dataset), query(dataset) if callable(query) else query
        if name == "compare":  # its groups are chosen beforehand
            ask = partial(analysis.compare, dataset.where(country="RU"), dataset.where(country="IN"))
        answer = partial(_frame, connection, text)
        queries.same_rows(ask(), answer())
        ours, theirs = best(call(ask), call(answer), times=times)
        yield Line(f"{name}, {len(dataset):,} events", "DuckDB, the same question", ours, theirs, NEAR)


def _in_polars(dataset: Dataset, times: int) -> Iterator[Line]:
    for name, by_hand in IN_POLARS.items():
        ask, answer = partial(getattr(analysis, name), dataset), partial(by_hand, dataset)
        queries.same_rows(ask(), answer())
        ours, theirs = best(call(ask), call(answer), times=times)
        yield Line(f"{name}, {len(dataset):,} events", "Polars, the same question", ours, theirs, FAIR)


def lines(scale: int) -> Iterator[Line]:
    """Every question that `tests.queries` asks."""
    dataset = moved(ROWS // scale)
    connection = queries.connected(dataset)
    yield from _ordered(dataset, connection, times=repeats(5, scale))
    yield from _unordered(dataset, connection, queries.QUESTIONS, times=repeats(3, scale))
    yield from _in_polars(dataset, times=repeats(3, scale))
    yield from _survival(dataset, scale)


def _survival(dataset: Dataset, scale: int) -> Iterator[Line]:
    lengths = analysis.durations(dataset)
    fitting = lengths.filter(pl.col("at_most").is_null() | (pl.col("at_most") == pl.col("at_least")))
    curve = analysis.survival(dataset, method="kaplan_meier")

    def lifelines_curve() -> np.ndarray:
        ended = fitting["at_most"].is_not_null().to_numpy()
        fitted = KaplanMeierFitter().fit(fitting["at_least"].to_numpy(), ended)
        fitted.confidence_interval_  # noqa: B018  # computed when asked for
        return np.asarray(fitted.survival_function_["KM_estimate"])

    assert np.allclose(lifelines_curve(), curve["share"].to_numpy(), atol=1e-6)
    ours, theirs = best(
        call(lambda: analysis.survival(dataset, method="kaplan_meier")), call(lifelines_curve), times=repeats(5, scale)
    )
    yield Line(f"survival, Kaplan-Meier, {len(dataset):,} events", "lifelines", ours, theirs, FAIR)

    small = moved(SOME // scale)
    censored = analysis.durations(small).select(pl.col("at_least", "at_most").cast(pl.Float64))
    low, high = censored["at_least"].to_numpy(), censored["at_most"].fill_null(math.inf).to_numpy()

    def lifelines_turnbull() -> KaplanMeierFitter:
        return KaplanMeierFitter().fit_interval_censoring(low, high)

    queries.same_turnbull(analysis.survival(small), lifelines_turnbull(), 1e-3)
    ours, theirs = best(call(lambda: analysis.survival(small)), call(lifelines_turnbull), times=repeats(3, scale))
    yield Line(f"survival, Turnbull, {len(small):,} events", "lifelines", ours, theirs, FAIR)
    (large,) = best(call(lambda: analysis.survival(dataset)), times=1)
    yield Line(f"survival, Turnbull, {len(dataset):,} events", "", large)


def large(scale: int) -> Iterator[Line]:
    """Counts and periods of ten million events, whose tables and those of DuckDB fit 24 GB together."""
    dataset = moved(MANY // scale, columns=(*USED, "status", "acknowledgement", "attribution"))
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        dataset.events.write_parquet(file.name, row_group_size=250_000)
        seconds, peak = alone("-c", BY_DAY, file.name)
    what = f"active_by_day, {len(dataset):,} events, in a process of its own"
    yield Line(what, "", seconds, aim=2, measure="gigabytes", gigabytes=peak)
    connection = queries.connected(dataset)
    yield from _ordered(dataset, connection, times=repeats(2, scale))
    yield from _unordered(dataset, connection, OF_MANY, times=repeats(2, scale))
    yield from _in_polars(dataset, times=repeats(2, scale))


BY_DAY = """
import sys, time
from dataclasses import replace
import polars as pl
import rightsdata as rd
from tests.benchmarks.timing import tell

names = list(pl.read_parquet_schema(sys.argv[1]))
events = pl.concat([pl.read_parquet(sys.argv[1], columns=[name]) for name in names], how="horizontal")
dataset = replace(rd.load(), events=events)
begun = time.perf_counter()
assert rd.analysis.active_by_day(dataset)["upper"].max() > 0
tell(time.perf_counter() - begun)
"""
"""Read events column by column, count them by day and tell what the count took."""


def _frame(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    found: pl.DataFrame = connection.sql(query).pl()
    return found
