"""Print one table: each line our time, the yardstick's, the ratio and the aim.

Processes are started alternately, ours and the yardstick's, and the best of several runs is taken of each, so that a
machine that is busy for a moment spoils neither. Yardsticks do the same work, and their answers are compared.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table

import rightsdata as rd
from rightsdata import analysis, columns, dates, fetch, schema
from rightsdata import vocabulary as v
from rightsdata.dataset import Dataset

ROOT = Path(__file__).parents[2]
ROWS = 1_000_000


def process(code: str) -> Callable[[], float]:
    """Seconds that a new Python process takes for the code."""

    def run() -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        return time.perf_counter() - begun

    return run


def call(function: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        begun = time.perf_counter()
        function()
        return time.perf_counter() - begun

    return run


def best(*runs: Callable[[], float], times: int) -> list[float]:
    """The best time of each, run in turn."""
    return [min(found) for found in zip(*([run() for run in runs] for _ in range(times)), strict=True)]


BARE = "pass"
POLARS = "import polars"
LOAD = "import rightsdata as rd; rd.load()"
READ = f"""
import polars as pl
from pathlib import Path
for path in Path({str(fetch.folder())!r}).glob("*.parquet"):
    pl.read_parquet(path)
"""
CHECK = (
    f"import sys; sys.argv = ['rightsdata', 'check', {str(ROOT / 'data')!r}]; from rightsdata.cli import main; main()"
)
PARSE = f"""
import yaml
from pathlib import Path
for path in Path({str(ROOT / "data/events")!r}).rglob("*.yaml"):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""


def synthetic(rows: int) -> pl.DataFrame:
    """Valid events: the released ones over and over, each with its own id."""
    events = rd.load().events.select(list(schema.COLUMNS["events"]))
    many = pl.concat([events] * (rows // events.height + 1)).head(rows).with_row_index("n")
    return many.with_columns(event_id=pl.format("{}-2025-e{}", pl.col("country").str.to_lowercase(), "n")).drop("n")


def hand_written(events: pl.DataFrame) -> dict[str, int]:
    """The checks of the events table, written in Polars for this table alone; how many rows break each."""
    c = pl.col
    checks: dict[str, pl.Expr] = {}
    for name in ("title", "summary"):
        for rule, (good, *_) in columns.PROSE.items():
            checks[f"{name} {rule}"] = ~good(c(name))
        checks[f"{name} empty"] = c(name).str.len_bytes() == 0
    checks |= {
        "id": ~c("event_id").str.contains(columns.EVENT_ID),
        "id twice": c("event_id").is_duplicated(),
        "country": ~c("country").str.contains("^[A-Z]{2}$"),
        "title length": c("title").str.len_chars() > 100,
        "summary length": c("summary").str.len_chars() > 2000,
        "age": ~c("age_threshold").is_between(1, 99),
        "start form": ~c("start").str.contains(dates.PATTERN),
        "end form": ~c("end").str.contains(dates.PATTERN),
        "provider": ~c("provider").str.contains(columns.SLUG),
        "license": ~c("license").str.contains("^[A-Za-z0-9.+-]+$"),
        "admin1 form": ~c("admin1").list.eval(pl.element().str.contains("^[A-Z]{2}-[A-Z0-9]{1,3}$")).list.all(),
        "id and country": c("event_id").str.head(2) != c("country").str.to_lowercase(),
        "end before start": dates.bounds("end").latest < dates.bounds("start").earliest,
        "end and ongoing": c("end").is_not_null() & c("ongoing").ne_missing(pl.lit(False)),
        "none stated": c("stated_reasons").cast(pl.List(pl.String)).list.contains("none_stated")
        & (c("stated_reasons").list.len() > 1),
        "own subdivisions": ~c("admin1").list.eval(pl.element().str.head(2)).list.set_difference(pl.concat_list("country")).list.len().eq(0),
    }  # fmt: skip
    for name in ("methods", "stated_reasons", "contexts", "admin1"):
        checks[f"{name} twice"] = c(name).list.n_unique() != c(name).list.len()
        checks[f"{name} null inside"] = c(name).list.eval(pl.element().is_null()).list.any()
    for name in events.columns:
        if name not in ("age_threshold", "start", "end", "ongoing"):
            checks[f"{name} null"] = c(name).is_null()
    kinds = {
        "restriction_type": v.RestrictionType,
        "initiator": v.Initiator,
        "attribution": v.Attribution,
        "population": v.Population,
        "pattern": v.Pattern,
        "acknowledgement": v.Acknowledgement,
        "review": v.Review,
    }
    for name, kind in kinds.items():
        checks[f"{name} term"] = ~c(name).cast(pl.String).is_in([str(term) for term in kind])
    for name, terms in (("methods", v.Method), ("stated_reasons", v.StatedReason), ("contexts", v.Context)):
        known = [str(term) for term in terms]
        checks[f"{name} term"] = ~c(name).cast(pl.List(pl.String)).list.eval(pl.element().is_in(known)).list.all()
    counted = events.lazy().select(**{name: check.fill_null(False).sum() for name, check in checks.items()}).collect()
    for name in ("start", "end"):
        for text in events[name].unique().drop_nulls():
            dates.parse(text)
    return {name: count for name, count in counted.row(0, named=True).items() if count}


def many(rows: int) -> Dataset:
    """The release over and over, each time with its own events, legal bases, citations and sources."""
    one = rd.load()

    def repeated(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
        copies = range(rows // len(one) + 1)
        return pl.concat(
            [frame.with_columns(pl.format("{}-" + str(copy), key).alias(key) for key in keys) for copy in copies]
        ).rechunk()

    return replace(
        one,
        events=repeated(one.events, "event_id"),
        legal_bases=repeated(one.legal_bases.drop("source_ids"), "event_id"),
        citations=repeated(one.citations, "event_id", "source_id"),
        sources=repeated(one.sources.select("source_id", "publisher", "syndicated_from"), "source_id"),
    )


COUNTED = "took_effect and family = 'access' and population = 'public'"
QUERIES = {
    "legal_bases": f"""
with counted as (select event_id, as_of from events where {COUNTED}),
named as materialized (select * from legal_bases join counted using (event_id)),
newest as (select type, max(as_of) as as_of from named group by 1),
latest as (
  select type, nullif(concat_ws(', ', title, citation), '') as example from named semi join newest using (type, as_of)
  qualify row_number() over (partition by type order by event_id, position) = 1)
select type::varchar, count(distinct event_id), any_value(example) from named join latest using (type) group by 1
union all select 'not_found', count(*), null from counted anti join legal_bases using (event_id)""",
    "reasons_by_context": f"""
with counted as (
  select case when len(contexts) > 0 then contexts::varchar[] else ['not_found'] end as found,
    case when len(stated_reasons) > 0 then stated_reasons::varchar[] else ['not_found'] end as said
  from events where {COUNTED}),
contexts as (select unnest(found) as context, said from counted),
each as (select context, count(*) as events from contexts group by 1),
pairs as (select context, unnest(said) as reason from contexts)
select context, reason, count(*), any_value(events) from pairs join each using (context) group by 1, 2""",
    "sourcing": f"""
with pages as (
  select source_id, coalesce(syndicated_from, s.publisher) as origin,
    coalesce(p.control::varchar, 'unknown') as own, coalesce(o.control::varchar, 'unknown') as first
  from sources as s left join publishers as p on s.publisher = p.publisher
  left join publishers as o on coalesce(syndicated_from, s.publisher) = o.publisher),
told as (
  select event_id, min(origin) = max(origin) as single, bool_and('state_controlled' in (own, first)) as state,
    bool_or('state_controlled' not in (own, first) and 'unknown' in (own, first)) as hidden
  from citations join pages using (source_id) group by 1),
known as (
  select *, publisher_count = 0 as dependent, start_latest - start_earliest + 1 as span
  from events join told using (event_id) where {COUNTED})
select count(*), count(*) filter (not dependent), count(*) filter (dependent and state),
  count(*) filter (dependent and not state and hidden), count(*) filter (dependent and not state and not hidden),
  count(*) filter (single), count(*) filter (span = 1 and not start_approximate),
  count(*) filter (span <= 31 and (span > 1) <> start_approximate),
  count(*) filter (span <= 366 and (span > 31 or (span > 1 and start_approximate))),
  count(*) filter (span is null or span > 366), median((select max(as_of) from events) - last_confirmed)
from known""",
}
"""Plain DuckDB for functions of `analysis`, rows in any order; all but the state of review, which is words."""


def answered(base: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return base.sql(query).fetchall()


def main() -> None:
    """Measure, then print the table."""
    lines: list[tuple[str, str, float, float, str]] = []

    bare, ours = best(process(BARE), process("import rightsdata"), times=15)
    lines.append(("import rightsdata", "bare Python", ours, bare, f"+{(ours - bare) * 1000:.0f} ms; aim < 50 ms"))

    read, load = best(process(READ), process(LOAD), times=9)
    lines.append(("load() in a new process", "import Polars, read the same files", load, read, "aim 1.3"))

    bare, polars, parse, check = best(process(BARE), process(POLARS), process(PARSE), process(CHECK), times=5)
    lines.append(("check, less start and Polars", "PyYAML's C loader", check - polars, parse - bare, "aim 3"))

    events = synthetic(ROWS)
    assert rd.validate(events=events) == []
    assert hand_written(events) == {}
    broken = events.with_columns(
        title=pl.when(pl.int_range(pl.len()) % 1000 == 0).then(pl.lit("Two  spaces")).otherwise("title")
    )
    assert hand_written(broken) == {"title is_one_tidy_line": 1000}
    yardstick, ours = best(call(lambda: hand_written(events)), call(lambda: rd.validate(events=events)), times=5)
    lines.append((f"validate {ROWS:,} events", "the same checks in Polars", ours, yardstick, "aim 1.3"))

    texts = events.with_columns(pl.col(pl.Enum).cast(pl.String))
    assert rd.validate(events=texts) == []
    yardstick, ours = best(call(lambda: hand_written(texts)), call(lambda: rd.validate(events=texts)), times=3)
    lines.append(("the same, terms as texts", "the same checks in Polars", ours, yardstick, ""))

    whole = many(ROWS)
    base = duckdb.connect()
    for name in ("events", "legal_bases", "citations", "sources", "publishers"):
        base.register("frame", whole.tables[name].to_arrow())
        base.execute(f"create table {name} as select * from frame")
    for name, query in QUERIES.items():
        ours_of, theirs_of = partial(getattr(analysis, name), whole), partial(answered, base, query)
        answer = ours_of().select(pl.exclude("review")).rows()
        assert sorted(map(str, answer)) == sorted(map(str, theirs_of())), name
        yardstick, ours = best(call(theirs_of), call(ours_of), times=5)
        lines.append((f"{name}, {len(whole):,} events", "plain DuckDB", ours, yardstick, "aim 1.5"))

    with tempfile.TemporaryDirectory() as place:
        command = [
            sys.executable,
            "-c",
            "from rightsdata.cli import main; main()",
            "brief",
            "RU",
            "-o",
            f"{place}/x.html",
        ]
        (brief,) = best(call(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)), times=5)
    lines.append(("brief RU from a shell", "", brief, 0.0, "aim < 3 s"))

    title = f"Python {platform.python_version()}, Polars {pl.__version__}, {os.cpu_count()} cores"
    table = Table("ours", "yardstick", "s", "yardstick s", "ratio", "", title=title)
    for name, against, mine, theirs, note in lines:
        ratio = f"{mine / theirs:.2f}" if theirs else ""
        table.add_row(name, against, f"{mine:.3f}", f"{theirs:.3f}" if theirs else "", ratio, note)
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
