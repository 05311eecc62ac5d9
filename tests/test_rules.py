"""rules, schema and validation: each rule broken once, reported once, at its file and line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Folder

import rightsdata as rd
from rightsdata import columns, records, schema
from rightsdata.errors import InvalidData
from rightsdata.rules import TABLE_RULES

Change = Callable[[Folder], None]


def event(**changes: Any) -> Change:
    return lambda folder: folder.event.update(changes)


def plan(**changes: Any) -> Change:
    return lambda folder: folder.plan.update(changes)


def part(name: str, number: int, **changes: Any) -> Change:
    return lambda folder: folder.event[name][number].update(changes)


def without(name: str, *, of_plan: bool = False) -> Change:
    def change(folder: Folder) -> None:
        del (folder.plan if of_plan else folder.event)[name]

    return change


def appended(file: str, line: str) -> Change:
    """A line more in a reference table, written after the folder is."""

    def change(folder: Folder) -> None:
        folder.write()
        path = folder.root / "reference" / file
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")

    return change


def twice(folder: Folder) -> None:
    """The plan becomes a second record of the event's measure."""
    folder.plan = {**folder.event, "event_id": "ru-2025-08-the-same"}


def same_page_other_title(folder: Folder) -> None:
    folder.plan["sources"][0].update(
        url="https://www.paper.example/b?id=1#top", title="Another title", published="2025-10-21", language="en"
    )
    folder.plan["stages"][1]["date"] = "2025-10-21"


def only_end(folder: Folder) -> None:
    folder.event.update(end="2025-09", ongoing="false")
    folder.event["stages"].append({"date": "2025-09", "stage": "lifted", "sources": ["s2"]})


# rule: (what breaks it, where it is reported, part of what is said)
BROKEN: dict[str, tuple[Change, str, str]] = {
    "an_event_id_begins_with_its_country": (event(country="IR"), "event_id", "'IR'"),
    "subdivisions_belong_to_their_country": (event(admin1=["RU-DA", "IR-07"]), "admin1", "RU-DA"),
    "no_event_ends_before_its_start": (event(end="2025-07", ongoing="false"), "end", "'2025-07'"),
    "an_event_with_an_end_is_not_ongoing": (event(end="2025-09"), "ongoing", "'2025-09'"),
    "none_stated_stands_alone_among_reasons": (
        event(stated_reasons=["none_stated", "extremism"]),
        "stated_reasons",
        "none_stated",
    ),
    "names_nothing_twice": (event(methods=["dpi", "dpi"]), "methods", "'dpi' twice"),
    "no_target_ends_before_its_start": (part("targets", 0, start="2025-09", end="2025-08"), "targets.end", "2025-08"),
    "no_event_is_related_to_itself": (
        event(relations=[{"related_id": "ru-2025-08-calls", "relation": "extends"}]),
        "relations.related_id",
        "calls",
    ),
    "is_one_tidy_line": (event(title="Two  spaces"), "title", "Two  spaces"),
    "reads_in_the_order_written": (event(title="Turned \u202e round"), "title", "u202e"),
    "is_filled_in": (event(title="To do: what happened"), "title", "To do:"),
    "names_no_e_mail_address": (event(summary="Write to someone@mail.example today."), "summary", "@"),
    "names_no_telephone_number": (part("stages", 0, note="Call +7 495 123-45-67"), "stages.note", "+7"),
    "every_event_has_a_target": (without("targets"), "targets", "none"),
    "every_event_has_a_stage": (without("stages", of_plan=True), "stages", "none"),
    "every_event_has_a_citation": (
        lambda folder: folder.plan.update(sources=[], stages=[{"date": "2024-03", "stage": "abandoned"}]),
        "sources",
        "none",
    ),
    "an_event_that_took_effect_has_a_start": (event(start=None), "start", "none"),
    "an_event_that_never_took_effect_has_no_period": (plan(start="2024-03"), "start", "2024-03"),
    "an_ongoing_event_took_effect": (
        plan(ongoing="true", stages=[{"date": "2024-03-01", "stage": "announced", "sources": ["s1"]}]),
        "ongoing",
        "true",
    ),
    "stages_stand_in_the_order_of_their_dates": (part("stages", 1, date="2025-04"), "stages.date", "2025-04"),
    "a_target_is_hit_within_the_events_period": (
        lambda folder: (
            folder.event.update(end="2025-09-01", ongoing="false"),
            folder.event["targets"][0].update(start="2026-01"),
        ),
        "targets.start",
        "2026-01",
    ),
    "a_measure_does_not_apply_before_its_start": (event(start="2025-09"), "stages.date", "2025-08-13 though"),
    "only_what_applied_is_lifted": (
        lambda folder: folder.plan["stages"][1].update(stage="lifted"),
        "stages.stage",
        "lifted",
    ),
    "no_source_is_from_the_future": (part("sources", 1, published="2099-10-21"), "sources.published", "2099-10-21"),
    "only_plans_lie_in_the_future": (part("stages", 1, date="2099-08-13"), "stages.date", "2099-08-13"),
    "a_feature_block_names_a_feature": (
        event(targets=[{"platform_id": "telegram", "feature": "all", "role": "intended"}]),
        "targets",
        "only all",
    ),
    "a_shutdown_targets_the_network": (plan(restriction_type="network_shutdown"), "targets", "telegram"),
    "a_source_is_not_older_than_what_it_vouches_for": (
        part("stages", 1, date="2025-09-01"),
        "stages.date",
        "2025-09-01",
    ),
    "a_closing_stage_closes_the_event": (plan(ongoing=None), "ongoing", "null"),
    "a_plan_that_is_over_has_a_closing_stage": (
        plan(stages=[{"date": "2024-03-01", "stage": "announced", "sources": ["s1"]}]),
        "stages",
        "announced",
    ),
    "a_source_backs_something": (part("sources", 0, supports=[]), "sources.supports", "none"),
    "a_retired_id_is_not_used_again": (
        appended("retired.csv", "ir-2024-plan,,withdrawn,2026.11.0"),
        "event_id",
        "ir-2024-plan",
    ),
    "a_publisher_is_cited": (appended("publishers.csv", "Zeitung,RU,unknown,false"), "publisher", "Zeitung"),
    "an_event_is_recorded_once": (twice, "event_id", "ru-2025-08-calls"),
    "source_details_agree": (same_page_other_title, "sources.title", "'Calls do not work'"),
    "required": (event(title=None), "title", "nothing"),
    "too_long": (event(title="x" * 101), "title", "101 characters"),
    "wrong_value": (event(restriction_type="feature_blok"), "restriction_type", "'feature_block'"),
    "wrong_date": (event(start="2025-02-30"), "start", "no day 2025-02-30"),
    "wrong_form": (part("sources", 0, url="ftp://agency.example"), "sources.url", "ftp"),
    "wrong_entry": (event(admin1=["Dagestan"]), "admin1", "Dagestan"),
    "unknown_reference": (part("targets", 0, platform_id="watsapp"), "targets.platform_id", "'whatsapp'"),
    "duplicate_key": (
        lambda folder: folder.event["targets"].append(dict(folder.event["targets"][0])),
        "targets.feature",
        "again",
    ),
}

ELSEWHERE = {"a_platform_is_targeted", "a_source_is_cited"}
"""Reported by the untouched folder already, see below; only possible in frames made in code."""


def test_every_rule_is_broken_once_below() -> None:
    names = (
        {name for table in schema.CODED.values() for name in schema.row_rules(table)}
        | set(columns.PROSE)
        | set(TABLE_RULES)
    )
    assert names - ELSEWHERE <= set(BROKEN)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_reported_once_and_alone(folder: Folder, rule: str) -> None:
    change, field, said = BROKEN[rule]
    change(folder)
    problems = folder.check() if folder.root.exists() else folder.broken()
    problems = [problem for problem in problems if problem.rule != "file_name"]
    assert [problem.rule for problem in problems] == [rule], "\n".join(map(str, problems))
    (problem,) = problems
    assert problem.field == field
    assert said in str(problem)
    assert problem.expected
    written = (folder.root / problem.file).read_text(encoding="utf-8").splitlines()
    assert 0 < problem.line <= len(written)
    if problem.found not in ("none", "nothing") and rule != "every_event_has_a_citation":
        key = field.split(".")[-1]
        assert (
            key in written[problem.line - 1]
            or problem.file.endswith(".csv")
            or written[problem.line - 1].startswith("- ")
        )


def test_the_untouched_folder_has_no_problem_but_an_unused_platform(folder: Folder) -> None:
    folder.write()
    from rightsdata import build

    (problem,) = build.check(records.read(folder.root))
    assert (problem.rule, problem.severity, problem.file, problem.line) == (
        "a_platform_is_targeted",
        "warning",
        "reference/platforms.csv",
        2,
    )
    assert problem.found == "internet"


def test_a_bad_value_hides_nothing_and_blames_no_child(folder: Folder) -> None:
    folder.event.update(restriction_type="blok", start="13.08.2025", title="x" * 120, country="Russia")
    folder.event["stages"][1].update(stage="enforced", sources=["s9"])
    folder.event["targets"][1].update(platform_id="telegramm", feature="cals")
    problems = folder.broken()
    found = sorted((problem.field, problem.rule) for problem in problems)
    assert found == [
        ("country", "wrong_form"),
        ("restriction_type", "wrong_value"),
        ("stages.2.sources", "unknown_reference"),
        ("stages.stage", "wrong_value"),
        ("start", "wrong_date"),
        ("targets.feature", "wrong_value"),
        ("targets.platform_id", "unknown_reference"),
        ("title", "too_long"),
    ], "\n".join(map(str, problems))


ECHOES: dict[str, tuple[Change, list[str]]] = {
    # what is wrong: the one or two things that are said about it
    "a malformed id": (event(event_id="RU-2025"), ["wrong_form"]),
    "a missing id": (event(event_id=None), ["required"]),
    "an empty stage": (part("stages", 1, stage=None), ["required"]),
    "a misspelt network": (
        event(
            restriction_type="network_shutdown",
            targets=[{"platform_id": "internett", "feature": "calls", "role": "intended"}],
        ),
        ["unknown_reference"],
    ),
    "a misspelt publisher": (part("sources", 1, publisher="The Papr"), ["unknown_reference"]),
    "a source without an id": (part("sources", 0, id=None), ["required"]),
    "an unknown country": (event(country="ZZ"), ["unknown_reference"]),
    "nothing in supports": (part("sources", 0, supports=["start", "strat"]), ["wrong_value"]),
    "one page, wrong in one of two records": (
        lambda folder: folder.plan["sources"][0].update(
            url="https://paper.example/b?id=1", title="Calls do not work", language="en", published="2025-02-30"
        ),
        ["wrong_date"],
    ),
}


@pytest.mark.parametrize("name", ECHOES)
def test_one_mistake_is_told_once(folder: Folder, name: str) -> None:
    change, rules = ECHOES[name]
    place = folder.file
    change(folder)
    folder.write()
    written = folder.root / "events" / folder.event["country"] / f"{folder.event['event_id']}.yaml"
    if written != place:
        place.parent.mkdir(exist_ok=True)
        written.rename(place)
    problems = folder.check()
    assert [problem.rule for problem in problems] == rules, "\n".join(map(str, problems))


def test_an_id_that_stands_twice_is_told_once(folder: Folder) -> None:
    root = folder.write()
    again = root / "events/RU/ru-2025-08-again.yaml"
    again.write_text(folder.file.read_text(encoding="utf-8"), encoding="utf-8")
    assert sorted((problem.file.split("/")[-1], problem.rule) for problem in folder.check()) == [
        ("ru-2025-08-again.yaml", "file_name"),
        ("ru-2025-08-calls.yaml", "duplicate_key"),
    ]


def test_problems_stand_in_the_order_of_files_and_lines(folder: Folder) -> None:
    folder.event.update(title=None, review="checked")
    folder.plan.update(initiator="me", title="x" * 101)
    places = [(problem.file, problem.line) for problem in folder.broken()]
    assert len(places) == 4
    assert places == sorted(places)


def test_a_source_that_nothing_cites_is_told_in_frames(folder: Folder) -> None:
    dataset = folder.dataset()
    with pytest.raises(InvalidData) as caught:
        rd.validate(sources=dataset.sources, citations=dataset.citations.head(1))
    assert {problem.rule for problem in caught.value.problems} == {"a_source_is_cited"}


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ({"start": "2025-10"}, ["a_target_is_hit_within_the_events_period"]),  # begins after the end
        ({"end": "2025-10"}, ["a_target_is_hit_within_the_events_period"]),  # ends after it
        ({"end": "2025-07"}, ["a_target_is_hit_within_the_events_period"]),  # ends before the start
        ({"start": "2025-07"}, ["a_target_is_hit_within_the_events_period"]),  # begins before it
        ({"start": "2025-08-13", "end": "2025-09-01"}, []),
        ({"start": "2025-08", "end": "2025-09"}, []),  # may lie within
    ],
)
def test_a_target_lies_within_its_event_as_far_as_bounds_tell(
    folder: Folder, target: dict[str, str], rules: list[str]
) -> None:
    folder.event.update(end="2025-09-01", ongoing="false")
    folder.event["targets"][0].update(target)
    assert [problem.rule for problem in folder.broken()] == rules


def test_effect_on_the_day_of_the_start_is_no_problem(folder: Folder) -> None:
    folder.event["start"] = "2025-08-13"
    assert folder.broken() == []


@pytest.mark.parametrize("related", ["earlier", "later"])
def test_two_related_measures_on_one_day_are_no_duplicates_whichever_names_the_other(
    folder: Folder, related: str
) -> None:
    twice(folder)
    one, other = (folder.event, folder.plan) if related == "earlier" else (folder.plan, folder.event)
    one["relations"] = [{"related_id": other["event_id"], "relation": "extends"}]
    assert folder.broken() == []


def test_two_measures_on_exactly_one_day_are_likely_duplicates(folder: Folder) -> None:
    folder.event["start"] = "2025-08-13"
    twice(folder)
    assert [problem.rule for problem in folder.broken()] == ["an_event_is_recorded_once"]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("Call +7 495 123-45-67 now", True),
        ("Call 8 (495) 123-45-67 now", True),
        ("Call 0049 30 1234567 now", True),
        ("Call (030) 123 456 78 now", True),
        ("Call 555-123-4567 now", True),
        ("Law No. 149-FZ of 27.07.2006, Art. 15.3", False),
        ("Between 10 000 000 and 20 000 000 people in 2024-2025", False),
        ("Order 01-2024/5 of 13 August 2025", False),
    ],
)
def test_a_telephone_number_is_told_from_other_numbers(folder: Folder, text: str, bad: bool) -> None:
    folder.event["summary"] = text
    assert [problem.rule for problem in folder.broken()] == (["names_no_telephone_number"] if bad else [])


def test_an_order_that_is_possible_is_no_problem(folder: Folder) -> None:
    folder.event["stages"][0]["date"] = "../2025-08-20"
    assert folder.broken() == []


def test_a_likely_duplicate_is_not_named_when_the_two_are_related(folder: Folder) -> None:
    twice(folder)
    folder.plan["relations"] = [{"related_id": "ru-2025-08-calls", "relation": "repeats"}]
    assert folder.broken() == []


def test_a_missing_term_comes_with_the_nearest_one(folder: Folder) -> None:
    folder.event["methods"] = ["DPI", "sni filtering"]
    remedies = [problem.remedy for problem in folder.broken()]
    assert remedies == ["Did you mean 'dpi'?", "Did you mean 'sni_filtering'?"]
