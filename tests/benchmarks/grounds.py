"""Grounds and knowledge: these analyses against plain DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import duckdb
import polars as pl

from rightsdata import analysis
from tests.benchmarks.made import repeated
from tests.benchmarks.timing import Line, best, call, repeats
from tests.queries import COUNTED

ROWS = 1_000_000

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


def lines(scale: int) -> Iterator[Line]:
    """Ours and plain DuckDB on events with sources of their own."""
    whole = repeated(ROWS // scale, own_sources=True)
    base = duckdb.connect()
    for name in ("events", "legal_bases", "citations", "sources", "publishers"):
        plain = whole.tables[name].select(pl.exclude("source_ids"))
        base.register("frame", plain.to_arrow())
        base.execute(f"create table {name} as select * from frame")
        base.unregister("frame")
    for name, query in QUERIES.items():
        ours_of, theirs_of = partial(getattr(analysis, name), whole), partial(answered, base, query)
        answer = ours_of().select(pl.exclude("review")).rows()
        assert sorted(map(str, answer)) == sorted(map(str, theirs_of())), name
        yardstick, ours = best(call(theirs_of), call(ours_of), times=repeats(5, scale))
        yield Line(f"{name}, {len(whole):,} events", "plain DuckDB", ours, yardstick, 1.2)
