"""analysis: each question with its counting rule, against small records and hand-written SQL."""

from __future__ import annotations

import doctest
import pkgutil
from datetime import date
from importlib import import_module

import duckdb
import polars as pl
import pytest
import queries
from conftest import Folder

from rightsdata import analysis, reading
from rightsdata.analysis import selection
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

EVENTS = f"read_parquet('{reading.folder()}/events.parquet')"
COUNTED = "took_effect and family = 'access' and population = 'public'"


def sql(query: str) -> list[tuple[object, ...]]:
    return duckdb.sql(query).fetchall()


def test_docstring_examples_hold() -> None:
    modules = [import_module(f"rightsdata.analysis.{one.name}") for one in pkgutil.iter_modules(analysis.__path__)]
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0


@pytest.mark.parametrize("by", analysis.COUNTABLE)
def test_counts_equal_hand_written_sql(released: Dataset, by: str) -> None:
    found = analysis.count_events(released, by=by).rows()
    assert found == sql(f"select {by}, count(*) from {EVENTS} where {COUNTED} group by 1 order by 2 desc, 1")


@pytest.mark.parametrize("question", queries.QUESTIONS)
def test_every_question_equals_hand_written_sql(released: Dataset, question: str) -> None:
    ask, query = queries.QUESTIONS[question]
    found = ask(released)
    assert found.height > 0
    queries.same_rows(found, queries.connected(released).sql(query(released) if callable(query) else query).pl())


def test_one_number_without_a_column(released: Dataset) -> None:
    assert analysis.count_events(released).rows() == sql(f"select count(*) from {EVENTS} where {COUNTED}")
    everything = analysis.count_events(released, family=None, population=None).rows()
    assert everything == sql(f"select count(*) from {EVENTS} where took_effect")


def test_events_are_not_counted_by_just_any_column(released: Dataset) -> None:
    with pytest.raises(ValueError, match="choose one of"):
        analysis.count_events(released, by="title")


def test_plans_rules_and_bans_on_some_people_are_never_added(released: Dataset) -> None:
    chosen = analysis.effective(released)
    assert chosen.events["took_effect"].all()
    assert chosen.events["family"].cast(pl.String).unique().to_list() == ["access"]
    assert chosen.events["population"].cast(pl.String).unique().to_list() == ["public"]


def test_the_timeline_keeps_bounds_and_says_how_it_ends(folder: Folder) -> None:
    row = analysis.timeline(folder.dataset()).row(0, named=True)
    assert (row["platform"], row["features"], row["ending"]) == ("Telegram", ["calls"], "open")
    assert (row["start_earliest"], row["start_latest"], row["as_of"]) == (
        date(2025, 8, 1),
        date(2025, 8, 13),
        date(2025, 10, 21),
    )


@pytest.mark.parametrize(
    ("ongoing", "end", "ending"),
    [("true", None, "open"), (None, None, "unknown"), ("false", None, "past"), ("false", "2025-09", "known")],
)
def test_endings_are_told_apart(folder: Folder, ongoing: str | None, end: str | None, ending: str) -> None:
    folder.event.update(ongoing=ongoing, end=end)
    assert set(analysis.timeline(folder.dataset())["ending"]) == {ending}


def test_the_timeline_has_one_row_an_event_and_target(released: Dataset) -> None:
    frame = analysis.timeline(released)
    assert frame.select("event_id", "platform_id").is_duplicated().sum() == 0
    counts = frame.group_by("country", "platform_id", maintain_order=True).len()["len"]
    assert counts.to_list() == sorted(counts, reverse=True)
    assert analysis.timeline(released, most=3).select("country", "platform_id").unique().height == 3


def test_periods_of_several_features_together_are_open_if_one_of_them_is(folder: Folder) -> None:
    folder.event["targets"].append(
        {"platform_id": "whatsapp", "feature": "media", "role": "intended", "end": "2025-09-10"}
    )
    rows = {row["platform"]: row for row in analysis.timeline(folder.dataset()).to_dicts()}
    assert (rows["WhatsApp"]["ending"], rows["WhatsApp"]["features"]) == ("open", ["calls", "media"])


def test_the_events_that_count_are_those_of_the_effective_dataset(released: Dataset) -> None:
    for chosen in ({}, {"family": None}, {"family": "rules", "population": "minors"}):
        assert selection.counted(released, **chosen).collect().equals(analysis.effective(released, **chosen).events)


def test_no_basis_stated_and_none_found_are_apart(folder: Folder) -> None:
    assert analysis.legal_bases(folder.dataset()).select("type", "events").rows() == [
        ("none_stated", 1),
        ("not_found", 0),
    ]
    del folder.event["legal_bases"]
    assert analysis.legal_bases(folder.dataset()).select("type", "events").rows() == [("not_found", 1)]


def test_legal_bases_of_the_release_add_up(released: Dataset) -> None:
    counted = dict(analysis.legal_bases(released).select("type", "events").iter_rows())
    bases = f"read_parquet('{reading.folder()}/legal_bases.parquet')"
    for kind, events in sql(
        f"select type, count(distinct event_id) from {bases} as basis join {EVENTS} using (event_id) where {COUNTED} group by 1"
    ):
        assert counted[str(kind)] == events
    assert (
        counted["not_found"]
        == sql(f"select count(*) from {EVENTS} where {COUNTED} and event_id not in (select event_id from {bases})")[0][
            0
        ]
    )


def test_methods_say_for_how_many_none_is_known(folder: Folder) -> None:
    folder.event["methods"] = []
    assert analysis.methods(folder.dataset()).rows() == [("feature_block", 1, [], 1, ["Telegram", "WhatsApp"])]


def test_a_lifecycle_runs_from_the_first_report_and_names_who_vouches(folder: Folder) -> None:
    rows = analysis.road(folder.dataset(), "ru-2025-08-calls").rows(named=True)
    assert [(row["date"], row["stage"], row["attributed_to"]) for row in rows] == [
        ("2025-05", "proposed", "A newspaper"),
        ("2025-08-13", "in_force", None),
    ]
    assert [(row["publishers"], row["controls"]) for row in rows] == [
        (["The Paper"], ["independent"]),
        (["State Agency"], ["state_controlled"]),
    ]


def test_a_field_that_no_source_backs_is_not_attributed(folder: Folder) -> None:
    rows = {row["field"]: row for row in analysis.who_says(folder.dataset(), "ru-2025-08-calls").to_dicts()}
    assert rows["start"]["publishers"] == ["State Agency"]
    assert rows["restriction_type"]["publishers"] == []
    assert rows["responses"]["publishers"] == ["The Paper"]  # the response names its own source
    assert "end" not in rows  # nothing is filled in
    assert rows["ongoing"]["publishers"] == ["The Paper"]


def test_coverage_counts_filled_and_attributed_fields(folder: Folder) -> None:
    rows = {
        row["field"]: (row["filled"], row["attributed"], row["share"])
        for row in analysis.coverage(folder.dataset()).to_dicts()
    }
    assert rows["stages"] == (2, 2, 1.0)
    assert rows["methods"] == (1, 0, 0.0)
    assert rows["end"] == (0, 0, None)


def test_last_confirmed_counts_by_year(folder: Folder) -> None:
    assert analysis.last_confirmed(folder.dataset()).rows() == [(2025, 1, 1)]


@pytest.mark.parametrize("question", [analysis.road, analysis.who_says])
def test_an_unknown_event_raises_with_the_nearest_one(folder: Folder, question: object) -> None:
    with pytest.raises(UnknownTerm, match="did you mean 'ru-2025-08-calls'"):
        question(folder.dataset(), "ru-2025-08-call")  # type: ignore[operator]


def test_an_empty_dataset_has_empty_answers(released: Dataset) -> None:
    empty = released.where(country="AQ")
    assert analysis.count_events(empty).item() == 0
    assert analysis.legal_bases(empty).rows() == [("not_found", 0, None)]
    for question in (analysis.timeline, analysis.methods, analysis.last_confirmed):
        assert question(empty).is_empty()
    assert analysis.coverage(empty)["filled"].sum() == 0
