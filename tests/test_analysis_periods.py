"""Counts and periods against hand-written SQL on the release, and against counting day by day on small tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
import queries
from conftest import Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightsdata import analysis
from rightsdata.analysis import spans
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

FIRST = date(2020, 1, 1)
LAST = date(2020, 3, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]

SQL: list[tuple[Callable[[Dataset], pl.DataFrame], str]] = [
    (analysis.count_country_years, queries.COUNTRY_YEARS),
    (analysis.active_by_day, queries.ACTIVE_BY_DAY),
    (analysis.restriction_days, queries.RESTRICTION_DAYS),
    (analysis.durations, queries.DURATIONS),
]


@pytest.mark.parametrize(("question", "query"), SQL)
def test_answers_on_the_release_equal_hand_written_sql(
    released: Dataset, question: Callable[[Dataset], pl.DataFrame], query: str
) -> None:
    queries.same(question(released), queries.connected(released).sql(query).pl())


@st.composite
def small(draw: st.DrawFn, template: Dataset) -> Dataset:
    """Up to six measures in two countries on three platforms, with dates as loose as the schema allows."""
    days = st.integers(0, 80)
    events, targets, relations = [], [], []
    for n in range(draw(st.integers(1, 6))):
        start = FIRST + timedelta(days=draw(days))
        start_latest = start + timedelta(days=draw(st.sampled_from([0, 0, 3, 20])))
        ongoing = draw(st.sampled_from([True, False, None]))
        end = end_latest = None
        if ongoing is False and draw(st.booleans()):
            end = start + timedelta(days=draw(st.integers(0, 40)))
            end_latest = max(end + timedelta(days=draw(st.sampled_from([0, 5]))), start_latest)
        confirmed = min(start + timedelta(days=draw(st.integers(0, 30))), end or LAST)
        as_of = confirmed + timedelta(days=draw(st.integers(0, 10)))
        known = draw(st.integers(0, 4)) > 0
        last = end_latest or (max(as_of, start_latest) if ongoing is False else None)
        least = max(1, ((end or confirmed) - start_latest).days + 1)
        most = max(1, (last - start).days + 1) if last and known else None
        platforms = sorted(draw(st.sets(st.sampled_from(["internet", "telegram", "whatsapp"]), min_size=1)))
        bounds = {
            "start_earliest": start if known else None,
            "start_latest": start_latest,
            "end_earliest": end,
            "end_latest": end_latest,
        }
        pattern = draw(st.sampled_from(["continuous", "continuous", "recurring"]))
        one = {"event_id": f"e{n}", "country": draw(st.sampled_from(["IR", "RU"])), "pattern": pattern}
        one |= {"took_effect": draw(st.integers(0, 5)) > 0, "ongoing": ongoing, "as_of": as_of, "platforms": platforms}
        events.append({**one, **bounds, "last_confirmed": confirmed, "min_days": least, "max_days": most})
        targets += [{"event_id": f"e{n}", "platform_id": name, "feature": "all", **bounds} for name in platforms]
        for m in range(n):
            if draw(st.integers(0, 2)) == 0:
                relation = draw(st.sampled_from(["escalates", "extends", "repeats"]))
                relations.append({"event_id": f"e{n}", "related_id": f"e{m}", "relation": relation})
    fixed = {"family": "access", "population": "public", "restriction_type": "service_block", "status": "unknown"}

    def frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
        model = template.tables[name].schema
        return pl.DataFrame(
            [{key: row.get(key, fixed.get(key)) for key in model} for row in rows], schema=model, orient="row"
        )

    return replace(
        template,
        events=frame("events", events),
        targets=frame("targets", targets),
        relations=frame("relations", relations),
    )


class Plain:
    """The same dataset as dictionaries, asked day by day."""

    def __init__(self, dataset: Dataset) -> None:
        self.events = {row["event_id"]: row for row in dataset.events.to_dicts() if row["took_effect"]}
        self.until: date = dataset.events["as_of"].max()  # type: ignore[assignment]
        self.steps: dict[tuple[str, str], list[dict[str, date]]] = {}
        for link in dataset.relations.to_dicts():
            later, earlier = self.events.get(link["event_id"]), self.events.get(link["related_id"])
            if link["relation"] == "repeats" or not later or not earlier or later["country"] != earlier["country"]:
                continue
            if later["start_latest"] >= earlier["start_latest"]:
                for platform in {*later["platforms"]} & {*earlier["platforms"]}:
                    self.steps.setdefault((earlier["event_id"], platform), []).append(later)

    def surely(self, event: dict, day: date, platform: str | None = None) -> bool:  # type: ignore[type-arg]
        to = event["end_earliest"] or event["last_confirmed"]
        if event["pattern"] != "continuous" or not event["start_latest"] <= day <= to:
            return False
        gone = [
            max(other["start_earliest"] or event["start_latest"], event["start_latest"]) <= day
            for other in self.steps.get((event["event_id"], platform), [])
        ]
        return not any(gone)

    def possibly(self, event: dict, day: date, platform: str | None = None) -> bool:  # type: ignore[type-arg]
        over = None
        if event["ongoing"] is False:
            over = max(event["as_of"], event["last_confirmed"], event["start_latest"])
        to = event["end_latest"] or over or date.max
        gone = any(other["start_latest"] <= day for other in self.steps.get((event["event_id"], platform), []))
        return (event["start_earliest"] or event["start_latest"]) <= day <= to and not gone


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_measures_by_day_equal_counting_day_by_day(released: Dataset, data: st.DataObject) -> None:
    dataset = data.draw(small(released))
    plain = Plain(dataset)
    found = {row[0]: row[1:] for row in analysis.active_by_day(dataset).iter_rows()}
    by_platform = {row[:2]: row[2:] for row in analysis.active_by_day(dataset, "platform_id").iter_rows()}
    pairs = {row[0]: row[1:] for row in analysis.active_by_day(dataset, unit="platforms").iter_rows()}
    for day in (day for day in DAYS if day <= plain.until):
        rows = [
            (
                event["country"],
                name,
                event["event_id"],
                plain.surely(event, day, name),
                plain.possibly(event, day, name),
            )
            for event in plain.events.values()
            for name in event["platforms"]
        ]
        expected = (len({row[2] for row in rows if row[3]}), len({row[2] for row in rows if row[4]}))
        assert found.get(day, (0, 0)) == expected
        for name in ("internet", "telegram", "whatsapp"):
            counts = tuple(sum(row[n] for row in rows if row[1] == name) for n in (3, 4))
            assert by_platform.get((name, day), (0, 0)) == counts
        any_step = [
            {
                (event["country"], name)
                for event in plain.events.values()
                for name in event["platforms"]
                if applies(event, day)
            }
            for applies in (plain.surely, plain.possibly)
        ]
        assert pairs.get(day, (0, 0)) == tuple(map(len, any_step))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_days_of_restriction_count_each_day_once(released: Dataset, data: st.DataObject) -> None:
    dataset = data.draw(small(released))
    plain = Plain(dataset)
    horizon = [FIRST + timedelta(days=n) for n in range(200)]
    for row in analysis.restriction_days(dataset).to_dicts():
        hit = [
            event
            for event in plain.events.values()
            if event["country"] == row["country"] and row["platform_id"] in event["platforms"]
        ]
        assert row["events"] == len(hit)
        assert row["open"] == any(plain.possibly(event, date.max) for event in hit)
        assert row["min_days"] == max(1, sum(any(plain.surely(event, day) for event in hit) for day in horizon))
        if row["max_days"] is None:
            assert row["open"] or any(event["start_earliest"] is None for event in hit)
        else:
            assert row["max_days"] == sum(any(plain.possibly(event, day) for event in hit) for day in horizon)
    countries = analysis.restriction_days(dataset, "country")
    assert countries["country"].to_list() == sorted({event["country"] for event in plain.events.values()})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(-2, 12)), max_size=12))
def test_islands_cover_the_same_days_and_never_touch(rows: list[tuple[int, int, int]]) -> None:
    frame = pl.DataFrame(
        [(group, FIRST + timedelta(days=a), FIRST + timedelta(days=a + length)) for group, a, length in rows],
        schema={"group": pl.UInt32, "first": pl.Date, "last": pl.Date},
        orient="row",
    )

    def covered(spans_of: pl.DataFrame) -> set[tuple[int, date]]:
        return {
            (group, first + timedelta(days=n))
            for group, first, last in spans_of.iter_rows()
            for n in range((last - first).days + 1)
        }

    united = spans.islands(frame)
    assert covered(united) == covered(frame)
    for (group, _, last), (next_group, first, _) in zip(united.rows(), united.rows()[1:], strict=False):
        assert next_group > group or (first - last).days > 1


def test_the_lower_line_ends_where_knowledge_does_and_the_upper_runs_on(folder: Folder) -> None:
    rows = {row[0]: row[1:] for row in analysis.active_by_day(folder.dataset(), until=date(2025, 12, 31)).iter_rows()}
    assert min(rows) == date(2025, 8, 1)
    assert rows[date(2025, 8, 12)] == (0, 1)
    assert rows[date(2025, 8, 13)] == rows[date(2025, 10, 21)] == (1, 1)
    assert rows[date(2025, 10, 22)] == rows[date(2025, 12, 31)] == (0, 1)


def test_a_recurring_measure_is_sure_on_no_day(folder: Folder) -> None:
    folder.event["pattern"] = "recurring"
    dataset = folder.dataset()
    assert analysis.active_by_day(dataset)["lower"].max() == 0
    assert analysis.restriction_days(dataset)["min_days"].to_list() == [1, 1]


def test_a_start_on_or_before_a_day_has_no_length(folder: Folder) -> None:
    folder.event.update(start="../2025-08-13", ongoing="false", end="2025-09-01")
    dataset = folder.dataset()
    assert analysis.durations(dataset).is_empty()
    assert analysis.survival(dataset).is_empty()
    assert analysis.restriction_days(dataset).select("min_days", "max_days", "open").rows() == [(20, None, False)] * 2
    assert analysis.active_by_day(dataset)["day"].min() == date(2025, 8, 13)


def test_an_imprecise_period_is_no_day_surely_and_one_at_least(folder: Folder) -> None:
    folder.event.update(start="2025-08", ongoing="false", end="2025-08")
    dataset = folder.dataset()
    assert analysis.active_by_day(dataset)["lower"].max() == 0
    assert analysis.restriction_days(dataset)["min_days"].to_list() == [1, 1]
    assert analysis.durations(dataset).select("at_least", "at_most", "ending").rows() == [(1, 31, "known")]


def test_a_year_is_sure_although_no_day_of_it_is(folder: Folder) -> None:
    folder.event.update(start="2025-08", ongoing="false", end="2025-08")
    assert analysis.count_country_years(folder.dataset()).rows() == [("RU", 2025, 1, 1)]


@pytest.mark.parametrize(
    "question",
    [
        lambda ds: analysis.active_by_day(ds, "title"),
        lambda ds: analysis.active_by_day(ds, unit="hours"),
        lambda ds: analysis.active_by_day(ds, "restriction_type", unit="platforms"),
        lambda ds: analysis.restriction_days(ds, "title"),
        lambda ds: analysis.around(ds, {}, days=-1),
        lambda ds: analysis.around(ds, pl.DataFrame({"day": [FIRST]})),
        lambda ds: analysis.survival(ds, method="cox"),
        lambda ds: analysis.survival(ds, "title"),
        lambda ds: analysis.count_targets(ds, "country"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    released: Dataset, question: Callable[[Dataset], pl.DataFrame]
) -> None:
    with pytest.raises(ValueError, match=r"choose|expected|lacks"):
        question(released)


def test_measures_around_a_date_are_certain_only_if_the_whole_start_is(folder: Folder) -> None:
    dataset = folder.dataset()
    near = analysis.around(dataset, {"RU": [date(2025, 8, 13), date(2025, 7, 30)], "IR": date(2025, 8, 1)}, days=12)
    assert near.select("date", "offset_min", "offset_max", "certain").rows() == [
        (date(2025, 7, 30), 2, 14, False),
        (date(2025, 8, 13), -12, 0, True),
    ]
    frame = pl.DataFrame({"country": ["RU"], "date": [date(2025, 8, 20)], "label": ["a vote"]})
    assert analysis.around(dataset, frame)["label"].to_list() == ["a vote"]
    assert analysis.around(dataset, frame, days=6).is_empty()


def test_an_empty_dataset_has_empty_answers(released: Dataset) -> None:
    empty = released.where(country="AQ")
    for question in (
        analysis.active_by_day,
        analysis.restriction_days,
        analysis.durations,
        analysis.count_country_years,
        analysis.count_targets,
        analysis.platforms_by_country,
        analysis.survival,
        analysis.lifecycle,
        analysis.escalations,
    ):
        assert question(empty).is_empty()
    assert analysis.survival(empty, method="kaplan_meier").is_empty()
    assert analysis.active_by_day(empty, "country").is_empty()
    assert analysis.active_by_day(empty, unit="platforms").is_empty()
    assert analysis.carried_over(empty, 2025).is_empty()
    assert analysis.around(empty, {"RU": FIRST}).is_empty()
    assert analysis.ladder(empty, "telegram", "RU").is_empty()


@pytest.mark.parametrize("by", ["platform_id", "kind", "feature"])
def test_targets_are_counted_once_an_event(released: Dataset, by: str) -> None:
    query = f"""select {by}, count(distinct event_id) as events, count(distinct country) as countries
        from targets join events using (event_id) join platforms using (platform_id)
        where {queries.COUNTED} group by {by} order by events desc, {by}::varchar"""
    found = analysis.count_targets(released, by).drop("platform", strict=False)
    queries.same(found, queries.connected(released).sql(query).pl())


def test_what_went_on_into_a_year_is_told_from_what_may_have(folder: Folder) -> None:
    folder.event.update(start="2024-08-13", ongoing="true")
    for stage in folder.event["stages"]:
        stage["date"] = "2024-08-13"
    dataset = folder.dataset()
    assert analysis.carried_over(dataset, 2025)["standing"].to_list() == ["surely"]
    assert analysis.carried_over(dataset, 2026)["standing"].to_list() == ["possibly"]
    assert analysis.carried_over(dataset, 2024).is_empty()


def test_plans_and_rules_are_asked_for_by_name(released: Dataset) -> None:
    rules = analysis.count_country_years(released, family="rules", population=None)
    assert not rules.equals(analysis.count_country_years(released))
    with pytest.raises(UnknownTerm, match="choose one of access, rules"):
        analysis.durations(released, family="acces")


def test_a_step_is_not_surely_live_once_its_successor_may_have_begun(folder: Folder) -> None:
    folder.event.update(start="2025-08-01")
    later = {"start_earliest": None, "start_latest": date(2025, 9, 1)}
    dataset = folder.dataset()

    def twin(frame: pl.DataFrame) -> pl.DataFrame:
        own = frame.filter(pl.col("event_id") == "ru-2025-08-calls")
        bounds = [pl.lit(day, dtype=pl.Date).alias(name) for name, day in later.items()]
        return pl.concat([frame, own.with_columns(pl.lit("ru-2025-09-all").alias("event_id"), *bounds)])

    link = [("ru-2025-09-all", "ru-2025-08-calls", "escalates")]
    relations = pl.DataFrame(link, schema=dataset.relations.schema, orient="row")
    linked = replace(dataset, events=twin(dataset.events), targets=twin(dataset.targets), relations=relations)
    rows = {row[0]: row[1:] for row in analysis.active_by_day(linked).iter_rows()}
    assert rows[date(2025, 8, 20)] == (0, 1)
    assert rows[date(2025, 9, 1)] == (1, 1)
    unlinked = {row[0]: row[1:] for row in analysis.active_by_day(replace(linked, relations=relations[:0])).iter_rows()}
    assert unlinked[date(2025, 9, 1)] == (2, 2)
