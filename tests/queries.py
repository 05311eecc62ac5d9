"""The questions of the analysis once more, written by hand in SQL for DuckDB: tests and benchmarks compare the answers."""

from __future__ import annotations

import bisect
from typing import Any

import duckdb
import polars as pl

from rightsdata.dataset import Dataset

COUNTED = "took_effect and family = 'access' and population = 'public'"

CEASES = f"""
chosen as (select *, case when not ongoing and end_latest is null then greatest(as_of, last_confirmed, start_latest,
        start_earliest + (max_days - 1)::int) end as over_by from events where {COUNTED}),
step as (
    select l.related_id as event_id, t.platform_id,
        min(greatest(t.start_earliest, b.start_latest)) as ceases_earliest, min(t.start_latest) as ceases_latest
    from relations l join chosen a on a.event_id = l.event_id
    join chosen b on b.event_id = l.related_id and a.country = b.country
    join targets t on t.event_id = l.event_id and t.start_latest >= b.start_latest
    where l.relation in ('escalates', 'replaces', 'extends')
        and exists (select 1 from targets s where s.event_id = l.related_id and s.platform_id = t.platform_id)
    group by all
),
ceases as (
    select event_id, max(ceases_earliest) as ceases_earliest, max(ceases_latest) as ceases_latest
    from step join chosen using (event_id) group by event_id, len(platforms) having count(*) = len(platforms)
),
spans as (
    select chosen.*, coalesce(start_earliest, start_latest) as possible_from,
        coalesce(end_latest, over_by) as possible_to, coalesce(end_earliest, last_confirmed) as sure_to,
        ceases_earliest, ceases_latest
    from chosen left join ceases using (event_id)
)
"""

COUNTRY_YEARS = f"""
with {CEASES}, years as (
    select country, year(start_latest) as sure_first,
        case when sure_to is not null then least(year(sure_to), year(ceases_earliest)) end as sure_last,
        unnest(range(year(possible_from), 1 + least(
            year(coalesce(possible_to, greatest(as_of, last_confirmed, start_latest))), year(ceases_latest)))) as year
    from spans)
select country, year::int as year, count(*) as events,
    count(*) filter (where year between sure_first and sure_last) as surely
from years group by all order by all
"""

ACTIVE_BY_DAY = f"""
with {CEASES}, live as (
    select start_latest as sure_from, case when pattern = 'continuous' and sure_to is not null
            then least(sure_to, (ceases_earliest - 1)) end as sure_to,
        possible_from, least(possible_to, (ceases_latest - 1)) as possible_to from spans
), changes as (
    select sure_from as day, 1 as lower, 0 as upper from live where sure_to >= sure_from
    union all select sure_to + 1, -1, 0 from live where sure_to >= sure_from
    union all select possible_from, 0, 1 from live where possible_to is null or possible_to >= possible_from
    union all select possible_to + 1, 0, -1 from live where possible_to >= possible_from
), summed as (select day, sum(lower) as lower, sum(upper) as upper from changes group by day),
days as (select unnest(generate_series(min(day), (select max(as_of) from events), interval 1 day))::date as day from summed)
select day, sum(coalesce(lower, 0)) over (order by day)::int as lower, sum(coalesce(upper, 0)) over (order by day)::int as upper
from days left join summed using (day) order by day
"""

RESTRICTION_DAYS = f"""
with chosen as (select *, case when not ongoing and end_latest is null then greatest(as_of, last_confirmed, start_latest,
        start_earliest + (max_days - 1)::int) end as over_by from events where {COUNTED}),
spans as (
    select event_id, country, platform_id, pattern, t.start_latest as sure_from,
        coalesce(t.end_earliest, last_confirmed) as sure_to, t.start_earliest,
        coalesce(t.start_earliest, t.start_latest) as possible_from, coalesce(t.end_latest, over_by) as possible_to
    from targets t join chosen using (event_id)
),
reading as (
    select country, platform_id, 0 as kind, sure_from as a, sure_to as b from spans where pattern = 'continuous' and sure_to >= sure_from
    union all select country, platform_id, 1, possible_from, coalesce(possible_to, date '9999-12-31') from spans
        where possible_to is null or possible_to >= possible_from
),
reach as (
    select *, max(b) over (partition by country, platform_id, kind order by a rows between unbounded preceding and 1 preceding) as before
    from reading
),
days as (
    select country, platform_id, sum(greatest(0, b - greatest(a - 1, coalesce(before, a - 1)))) filter (where kind = 0) as sure,
        sum(greatest(0, b - greatest(a - 1, coalesce(before, a - 1)))) filter (where kind = 1) as possible
    from reach group by all
)
select country, platform_id, name as platform, count(distinct event_id) as events,
    greatest(1, coalesce(any_value(sure), 1))::int as min_days,
    case when bool_and(possible_to is not null and start_earliest is not null) then any_value(possible)::int end as max_days,
    bool_or(possible_to is null) as open
from spans join days using (country, platform_id) join platforms using (platform_id)
group by country, platform_id, name order by country, platform, platform_id
"""

DURATIONS = f"""
select event_id, country, restriction_type::varchar as restriction_type, start_earliest, start_latest,
    case when end_latest is not null then 'known' when ongoing is null then 'unknown' when ongoing then 'open' else 'past' end as ending,
    min_days as at_least, max_days as at_most
from events where {COUNTED} and start_earliest is not null order by n
"""

COUNT_TARGETS = f"""
select platform_id, name as platform, count(distinct event_id) as events, count(distinct country) as countries
from targets join (select event_id, country from events where {COUNTED}) using (event_id) join platforms using (platform_id)
group by all order by events desc, platform_id
"""

PLATFORMS_BY_COUNTRY = f"""
select country, platform_id, name as platform, kind::varchar as kind, count(distinct event_id) as events,
    min(t.start_latest) as first, max(last_confirmed) as last_confirmed, bool_or(status = 'in_force') as in_force
from targets t join events using (event_id) join platforms using (platform_id) where {COUNTED}
group by all order by country, platform, platform_id
"""

CARRIED_OVER = f"""
with {CEASES}, live as (
    select *, case when sure_to is not null then least(sure_to, (ceases_earliest - 1)) end as sure,
        least(possible_to, (ceases_latest - 1)) as possible from spans)
select event_id, country, title, restriction_type::varchar as restriction_type, start_latest, last_confirmed,
    case when sure >= start_latest and sure >= date '2022-01-01' then 'surely' else 'possibly' end as standing
from live where start_latest < date '2022-01-01' and (possible is null or possible >= date '2022-01-01')
order by country, start_latest, event_id
"""

AROUND = f"""
with dates as (select unnest(['RU', 'IN', 'UG']) as country, unnest([date '2024-03-15', date '2019-08-05', date '2021-01-14']) as date)
select country, date, null::varchar as label, event_id, title, restriction_type::varchar as restriction_type, start_earliest,
    start_latest, start_earliest - date as offset_min, start_latest - date as offset_max,
    coalesce(start_earliest - date >= -30, false) and start_latest - date <= 30 as certain
from events join dates using (country)
where {COUNTED} and start_latest - date >= -30 and (start_earliest is null or start_earliest - date <= 30)
order by country, date, start_latest, event_id
"""

ACKNOWLEDGEMENT = f"""
select acknowledgement::varchar as acknowledgement, attribution::varchar as attribution, count(*) as events
from events where {COUNTED} group by all order by events
"""

LAST_CONFIRMED = f"""
select year(last_confirmed)::int as year, count(*) as events, count(*) filter (status = 'in_force') as in_force
from events where {COUNTED} group by all order by year nulls first
"""

_STEPS = {"reported": ("reported", "proposed"), "announced": ("announced",), "adopted": ("adopted",)}

LIFECYCLE = f"""
with {
    ", ".join(
        f'''{step} as (select event_id, first(date_earliest order by position) as {step}_earliest, first(date_latest order by position) as {step}_latest
    from stages where stage in ({", ".join(f"'{kind}'" for kind in kinds)}) group by event_id)'''
        for step, kinds in _STEPS.items()
    )
},
placed as (
    select n, event_id, country, title, case when took_effect then 'applied' when status = 'abandoned' then 'abandoned' else 'plan' end
        as path, reported_earliest, reported_latest, announced_earliest, announced_latest, adopted_earliest, adopted_latest,
        start_earliest as in_force_earliest, start_latest as in_force_latest, end_earliest as lifted_earliest, end_latest as lifted_latest,
        least(reported_latest, announced_latest, adopted_latest) as first_latest,
        case when not ((reported_latest is not null and reported_earliest is null) or (announced_latest is not null and
            announced_earliest is null) or (adopted_latest is not null and adopted_earliest is null))
            then least(reported_earliest, announced_earliest, adopted_earliest) end as first_earliest
    from events left join reported using (event_id) left join announced using (event_id) left join adopted using (event_id)
    where family = 'access' and population = 'public')
select event_id, country, title, path, reported_earliest, reported_latest, announced_earliest, announced_latest, adopted_earliest,
    adopted_latest, in_force_earliest, in_force_latest, lifted_earliest, lifted_latest,
    case when first_latest <= in_force_latest and in_force_earliest is not null then greatest(0, in_force_earliest - first_latest) end
        as days_to_force_min,
    case when first_latest <= in_force_latest then in_force_latest - first_earliest end as days_to_force_max
from placed order by n
"""


def connected(dataset: Dataset) -> duckdb.DuckDBPyConnection:
    """DuckDB with these tables as its own."""
    connection = duckdb.connect()
    for name in ("events", "targets", "relations", "platforms", "stages"):
        frame = dataset.tables[name].with_row_index("n")
        enums = [column for column, kind in frame.schema.items() if isinstance(kind, pl.Enum)]
        plain = frame.with_columns(
            pl.col(enums).cast(pl.String),
            *(pl.col(c).cast(pl.List(pl.String)) for c, k in frame.schema.items() if isinstance(k, pl.List)),
        )
        connection.register("given", plain.to_arrow())
        connection.execute(f"create table {name} as select * from given")
        for column in enums:
            connection.execute(
                f"create type {name}_{column} as enum (select distinct {column} from {name} where {column} is not null)"
            )
            connection.execute(f"alter table {name} alter {column} type {name}_{column}")
        connection.unregister("given")
    return connection


def same(ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    """Fail unless the answers are equal, types of numbers apart."""
    assert ours.columns == theirs.columns, (ours.columns, theirs.columns)
    cast = theirs.cast(dict(ours.schema))  # type: ignore[arg-type]
    assert ours.equals(cast), ours.join(cast, on=ours.columns, how="anti", nulls_equal=True)


def same_turnbull(curve: pl.DataFrame, fitted: Any, within: float) -> None:
    """Fail unless a curve of Turnbull equals that of lifelines, whose bounds stand at the days on which it steps."""
    bounds = fitted.survival_function_
    days = list(bounds.index)
    for day, share in curve.select("days", "share").iter_rows():
        place = bisect.bisect_right(days, day)
        low, high = bounds["NPMLE_estimate_lower"].iloc[place], bounds["NPMLE_estimate_upper"].iloc[place]
        assert low - within <= share <= high + within, (day, low, share, high)
