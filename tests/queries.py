"""The questions of the analysis once more, written by hand in SQL for DuckDB: tests and benchmarks compare the answers."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import polars as pl

from rightsdata import analysis
from rightsdata.dataset import Dataset
from rightsdata.vocabulary import Attribution

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
    select *, max(b) over (partition by country, platform_id, kind order by a, b rows between unbounded preceding and 1 preceding) as before
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


BY_PLATFORM = f"""
with {CEASES.replace("ceases as (", "ceases as materialized (")}, span as (
    select event_id, t.platform_id, pattern, t.start_latest as sure_from, coalesce(t.end_earliest, a.last_confirmed) as sure_to,
        coalesce(t.start_earliest, t.start_latest) as possible_from, coalesce(t.end_latest, over_by) as possible_to,
        s.ceases_earliest, s.ceases_latest
    from targets t join chosen a using (event_id) left join step s using (event_id, platform_id)
), reading as (
    select event_id, platform_id, 0 as kind, sure_from as a, least(sure_to, (ceases_earliest - 1)) as b from span
        where pattern = 'continuous' and sure_to is not null and least(sure_to, (ceases_earliest - 1)) >= sure_from
    union all select event_id, platform_id, 1, possible_from, coalesce(least(possible_to, (ceases_latest - 1)), date '9999-12-30') from span
        where coalesce(least(possible_to, (ceases_latest - 1)) >= possible_from, true)
), reach as (
    select *, max(b) over (partition by event_id, platform_id, kind order by a, b rows between unbounded preceding and 1 preceding) as before
    from (select distinct * from reading)
), island as (
    select *, sum(case when before is null or a > before + 1 then 1 else 0 end)
        over (partition by event_id, platform_id, kind order by a, b rows unbounded preceding) as island from reach
), united as (select platform_id, kind, min(a) as a, max(b) as b from island group by event_id, platform_id, kind, island
), changes as (
    select platform_id, a as day, (kind = 0)::int as lower, kind as upper from united
    union all select platform_id, b + 1, -(kind = 0)::int, -kind from united
), summed as (
    select platform_id, day, sum(lower) as lower, sum(upper) as upper from changes
    where day <= (select max(as_of) from events) group by all
), days as (
    select platform_id, unnest(generate_series(min(day), (select max(as_of) from events), interval 1 day))::date as day
    from summed group by platform_id
)
select platform_id, day, sum(coalesce(lower, 0)) over w::int as lower, sum(coalesce(upper, 0)) over w::int as upper
from days left join summed using (platform_id, day) window w as (partition by platform_id order by day)
"""

YEAR = 2024
ELECTIONS = pl.DataFrame(
    {
        "country": ["RU", "RU", "TR", "UG", "IR"],
        "date": [date(2021, 9, 17), date(2024, 3, 15), date(2023, 5, 14), date(2021, 1, 14), date(2024, 6, 28)],
    }
)

CARRIED_OVER = f"""
with {CEASES}, live as (
    select *, case when sure_to is not null then least(sure_to, (ceases_earliest - 1)) end as sure,
        least(possible_to, (ceases_latest - 1)) as possible from spans)
select event_id, country, title, restriction_type::varchar as restriction_type, start_latest, last_confirmed,
    case when sure >= sure_from and sure >= date '{YEAR}-01-01' then 'surely' else 'possibly' end as standing
from (select *, start_latest as sure_from from live)
where start_latest < date '{YEAR}-01-01' and (possible is null or possible >= date '{YEAR}-01-01')
"""

AROUND = f"""
select country, date, null::varchar as label, event_id, title, restriction_type::varchar as restriction_type, start_earliest, start_latest,
    (start_earliest - date)::int as offset_min, (start_latest - date)::int as offset_max,
    coalesce(start_earliest - date >= -7, false) and start_latest - date <= 7 as certain
from events join elections using (country)
where {COUNTED} and start_latest - date >= -7 and (start_earliest is null or start_earliest - date <= 7)
"""

LIFECYCLE = """
with step as (
    select event_id, case stage when 'announced' then 'announced' when 'adopted' then 'adopted' else 'reported' end as step,
        date_earliest as e, date_latest as l
    from stages where stage in ('reported', 'proposed', 'announced', 'adopted')
    qualify row_number() over (partition by event_id, step order by position) = 1
), wide as (
    select event_id, max(e) filter (step = 'reported') as reported_earliest, max(l) filter (step = 'reported') as reported_latest,
        max(e) filter (step = 'announced') as announced_earliest, max(l) filter (step = 'announced') as announced_latest,
        max(e) filter (step = 'adopted') as adopted_earliest, max(l) filter (step = 'adopted') as adopted_latest,
        min(l) as first_latest, case when not bool_or(l is not null and e is null) then min(e) end as first_earliest
    from step group by event_id)
select event_id, country, title, case when took_effect then 'applied' when status = 'abandoned' then 'abandoned' else 'plan' end as path,
    wide.* exclude (event_id, first_latest, first_earliest), start_earliest as in_force_earliest, start_latest as in_force_latest,
    end_earliest as lifted_earliest, end_latest as lifted_latest,
    case when first_latest <= start_latest and start_earliest is not null then greatest(0, start_earliest - first_latest) end as days_to_force_min,
    case when first_latest <= start_latest then start_latest - first_earliest end as days_to_force_max
from events left join wide using (event_id) where family = 'access' and population = 'public'
"""

PLACED = """placed_all as (
    select event_id, day, 0 as depth from ids
    union select l.event_id, greatest(i.day, p.day), case when i.day > p.day then 0 else p.depth + 1 end
    from placed_all p join links l on l.follows = p.event_id join ids i on i.event_id = l.event_id
), placed as (
    select event_id, row_number() over (order by max((coalesce(day, date '9999-12-31'), depth)), event_id)::int as position from placed_all group by event_id
), nearest as (
    select l.event_id, relation, follows from links l join placed p using (event_id) join placed f on f.event_id = l.follows
    where f.position < p.position qualify row_number() over (partition by l.event_id order by f.position desc, relation desc) = 1)
"""
"""Order by the day and what is followed; needs ids (event_id, day) and links (event_id, follows, relation)."""

LADDER = f"""
with recursive known as (select event_id, min(coalesce(date_earliest, date_latest)) as known_since from stages group by event_id
), hit as (
    select event_id, list(feature::varchar order by n) as features, case when count(*) = count(start_earliest) then min(start_earliest) end as start_earliest,
        case when count(*) = count(start_latest) then min(start_latest) end as start_latest,
        case when count(*) = count(end_earliest) then max(end_earliest) end as end_earliest,
        case when count(*) = count(end_latest) then max(end_latest) end as end_latest
    from targets where platform_id = 'whatsapp' group by event_id
), steps as (
    select e.* exclude (start_earliest, start_latest, end_earliest, end_latest), hit.* exclude (event_id), known_since,
        coalesce(hit.start_earliest, hit.start_latest, known_since) as day
    from events e join hit using (event_id) left join known using (event_id)
    where country = 'RU' and family = 'access' and population = 'public'
), ids as (select event_id, day from steps
), links as (
    select r.event_id, related_id as follows, relation::varchar as relation from relations r
    join ids a on a.event_id = r.event_id join ids b on b.event_id = related_id
), {PLACED}
select country, 'whatsapp' as platform_id, (select name from platforms where platform_id = 'whatsapp') as platform, position, event_id, title,
    restriction_type::varchar as restriction_type, features, start_earliest, start_latest, end_earliest, end_latest, last_confirmed, as_of,
    case when not took_effect then null when end_latest is not null then 'known' when ongoing is null then 'unknown' when ongoing then 'open'
        else 'past' end as ending,
    status::varchar as status, relation, follows, known_since
from steps join placed using (event_id) left join nearest using (event_id)
"""

ESCALATIONS = f"""
with recursive chosen as (select *, coalesce(start_earliest, start_latest) as day from events where {COUNTED}
), links as (
    select r.event_id, related_id as follows, relation::varchar as relation from relations r
    join chosen a on a.event_id = r.event_id join chosen b on b.event_id = related_id where relation in ('escalates', 'replaces', 'extends')
), ids as (select event_id, day from chosen where event_id in (select event_id from links union select follows from links)
), both_ways as (select event_id, follows from links union select follows, event_id from links
), near as (
    select event_id, event_id as root from ids
    union select b.event_id, n.root from near n join both_ways b on b.follows = n.event_id
), roots as (select event_id, min(root) as root from near group by event_id
), {PLACED}, placed_in as (
    select *, first_value(country) over w as first_country, min(day) over (partition by root) as first_day,
        row_number() over w::int as place
    from chosen join placed using (event_id) join roots using (event_id) window w as (partition by root order by position))
select dense_rank() over (order by first_country, first_day, root)::int as chain, place as position, event_id, country, title,
    restriction_type::varchar as restriction_type, relation, follows, start_earliest, start_latest
from placed_in left join nearest using (event_id)
"""

EVIDENCE = f"""
with backed as (select distinct event_id from citations where list_contains(supports, 'methods')),
named as (select *, unnest(case when len(methods) > 0 then methods else ['not_found'] end) as method from events where {COUNTED})
select method, count(*) as events, {", ".join(f"count(*) filter (attribution = '{one}') as {one}" for one in Attribution)},
    count(*) filter (publisher_count > 0) as independent, count(b.event_id) filter (method <> 'not_found') as attributed
from named left join backed b using (event_id) group by method
"""

EXPOSURE = """
select event_id, country, case when len(admin1) > 0 then 'subnational' else 'nationwide' end as scope,
    case when len(admin1) = 0 then c.population end as people, case when len(admin1) = 0 then population_year end as people_year,
    case when len(admin1) = 0 then population_origin end as people_origin, null::bigint as internet_users_min,
    null::bigint as internet_users_max, null::int as users_year, null::varchar as users_origin,
    case when len(admin1) > 0 then 'subnational, and no population is given for ' || array_to_string(list_sort(admin1), ', ')
        when c.population is null then 'the dataset has no population of ' || country end as refused
from events e left join countries c on c.code = e.country where took_effect and family = 'access' and e.population = 'public'
"""


def coverage(dataset: Dataset) -> str:
    """How well each field is sourced, field by field."""
    filled = []
    for field in analysis.FIELDS_ATTRIBUTED:
        if field in dataset.tables:
            filled.append(f"select distinct event_id, '{field}' as field from {field}")
        else:
            kind = dataset.events.schema[field]
            says = (
                f'len("{field}") > 0'
                if isinstance(kind, pl.List)
                else f"coalesce(\"{field}\"::varchar <> 'unknown', false)"
            )
            filled.append(f"select event_id, '{field}' as field from events where {says}")
    own = [
        f"select event_id, '{name}' from {name} where len(source_ids) > 0"
        for name in ("stages", "legal_bases", "responses")
    ]
    fields = ", ".join(f"('{field}')" for field in analysis.FIELDS_ATTRIBUTED)
    return f"""
with filled as ({" union all ".join(filled)}),
backed as (select distinct * from (select event_id, unnest(supports) as field from citations union all {" union all ".join(own)})),
counted as (select field, count(*) as filled, count(b.field) as attributed from filled left join backed b using (event_id, field) group by field)
select field, coalesce(filled, 0) as filled, coalesce(attributed, 0) as attributed, attributed / filled as share
from (values {fields}) as f(field) left join counted using (field)"""


COMPARE = f"""
with counted as (
    select restriction_type::varchar as restriction_type, country, publisher_count > 0 as independent,
        start_latest = start_earliest and not start_approximate as precise from events where {COUNTED}),
sides as (
    select restriction_type, count(*) filter (country = 'RU') as na, count(*) filter (country = 'IN') as nb,
        count(*) filter (country = 'RU' and independent) as ia, count(*) filter (country = 'IN' and independent) as ib,
        count(*) filter (country = 'RU' and precise) as pa, count(*) filter (country = 'IN' and precise) as pb
    from counted where country in ('RU', 'IN') group by all)
select restriction_type, nullif(na, 0) as events_a, nullif(na, 0) / sum(na) over () as share_a, nullif(nb, 0) as events_b,
    nullif(nb, 0) / sum(nb) over () as share_b, case when na > 0 then ia end as independent_a, case when nb > 0 then ib end as independent_b,
    case when na > 0 then pa end as day_precise_a, case when nb > 0 then pb end as day_precise_b
from sides
"""

TABLES = ("events", "targets", "relations", "platforms", "stages", "authorities", "legal_bases", "responses", "citations", "countries")  # fmt: skip

QUESTIONS: dict[str, tuple[Callable[[Dataset], pl.DataFrame], str | Callable[[Dataset], str]]] = {
    "count_targets": (
        analysis.count_targets,
        f"""select platform_id, name as platform, count(distinct event_id) as events, count(distinct country) as countries
        from targets join events using (event_id) join platforms using (platform_id) where {COUNTED} group by all""",
    ),
    "platforms_by_country": (
        analysis.platforms_by_country,
        f"""select country, platform_id, name as platform, kind::varchar as kind, count(distinct event_id) as events,
        list(distinct restriction_type order by restriction_type)::varchar[] as restriction_types, min(t.start_latest) as first,
        max(last_confirmed) as last_confirmed, bool_or(status = 'in_force') as in_force
        from targets t join events using (event_id) join platforms using (platform_id) where {COUNTED} group by all""",
    ),
    "active_by_day, by platform": (lambda dataset: analysis.active_by_day(dataset, "platform_id"), BY_PLATFORM),
    "carried_over": (lambda dataset: analysis.carried_over(dataset, YEAR), CARRIED_OVER),
    "around": (lambda dataset: analysis.around(dataset, ELECTIONS), AROUND),
    "lifecycle": (analysis.lifecycle, LIFECYCLE),
    "ladder": (lambda dataset: analysis.ladder(dataset, "whatsapp", "RU"), LADDER),
    "escalations": (analysis.escalations, ESCALATIONS),
    "acknowledgement": (
        analysis.acknowledgement,
        f"""select acknowledgement::varchar as acknowledgement, attribution::varchar as attribution, count(*) as events
        from events where {COUNTED} group by all""",
    ),
    "last_confirmed": (
        analysis.last_confirmed,
        f"""select year(last_confirmed)::int as year, count(*) as events, count(*) filter (status = 'in_force') as in_force
        from events where {COUNTED} group by all""",
    ),
    "evidence_by_method": (analysis.evidence_by_method, EVIDENCE),
    "exposure": (analysis.exposure, EXPOSURE),
    "coverage": (analysis.coverage, coverage),
    "compare": (
        lambda dataset: analysis.compare(dataset.where(country="RU"), dataset.where(country="IN")),
        COMPARE,
    ),
}
"""Questions with their answers in SQL, or a function that writes it for a dataset; rows stand in any order."""


def connected(dataset: Dataset) -> duckdb.DuckDBPyConnection:
    """DuckDB with these tables as its own."""
    connection = duckdb.connect()
    connection.register("elections", ELECTIONS.to_arrow())
    for name in TABLES:
        frame = dataset.tables[name].with_row_index("n")
        enums = [column for column, kind in frame.schema.items() if isinstance(kind, pl.Enum)]
        plain = frame.with_columns(
            pl.col(enums).cast(pl.String),
            *(pl.col(c).cast(pl.List(pl.String)) for c, k in frame.schema.items() if isinstance(k, pl.List)),
        )
        connection.register("given", plain.to_arrow())
        connection.execute(f"create table {name} as select * from given")
        for column in enums:
            terms = frame.schema[column].categories.to_list()  # type: ignore[attr-defined]  # an Enum, see above
            connection.execute(f"create type {name}_{column} as enum ({str(terms)[1:-1]})")
            connection.execute(f"alter table {name} alter {column} type {name}_{column}")
        connection.unregister("given")
    return connection


def same_rows(ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    """The same of rows in any order."""
    by = [name for name, kind in ours.schema.items() if not kind.is_nested() and not kind.is_float()]
    theirs = theirs.cast(dict(ours.schema))  # type: ignore[arg-type]
    floats = pl.col(pl.Float64).round(12)
    same(ours.sort(by).with_columns(floats), theirs.sort(by).with_columns(floats))


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
