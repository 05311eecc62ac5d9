"""build: derived columns, each from a small record."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from conftest import Folder

from rightsdata import build, records, schema
from rightsdata.errors import InvalidData


def derived(folder: Folder) -> dict[str, Any]:
    """The event's row in the dataset."""
    return folder.dataset().events.row(by_predicate=pl.col("event_id") == folder.event["event_id"], named=True)


def stages(*steps: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"date": day, "stage": stage, "sources": ["s2"]} for day, stage in steps]


def test_every_problem_is_raised_at_once(folder: Folder) -> None:
    folder.event["title"] = None
    folder.plan["review"] = "checked"
    with pytest.raises(InvalidData) as caught:
        folder.dataset()
    assert {problem.rule for problem in caught.value.problems} == {"required", "wrong_value", "a_platform_is_targeted"}
    assert "2 errors in the data" in str(caught.value)


def test_as_of_is_the_latest_source_or_stage_at_its_first_day(folder: Folder) -> None:
    assert derived(folder)["as_of"] == date(2025, 10, 21)
    folder.event["stages"] += stages(("2025-11", "expanded"))
    folder.event["sources"][1]["published"] = "2025"
    assert derived(folder)["as_of"] == date(2025, 11, 1)


def test_what_is_last_confirmed_is_a_stage_of_effect_or_a_source_that_says_it_goes_on(folder: Folder) -> None:
    assert derived(folder)["last_confirmed"] == date(2025, 10, 21)  # s2 backs ongoing
    folder.event["sources"][1]["supports"] = ["stages"]
    assert derived(folder)["last_confirmed"] == date(2025, 8, 13)
    folder.event["stages"] += stages(("2025-09-02", "upheld"))
    assert derived(folder)["last_confirmed"] == date(2025, 8, 13)
    folder.event.update(start=None, ongoing=None, stages=stages(("2025-05", "proposed")))
    assert derived(folder)["last_confirmed"] is None


def test_an_imprecise_last_source_bounds_the_days_from_above(folder: Folder) -> None:
    folder.event.update(start="2025-08-13", ongoing="false", stages=stages(("2025-08-13", "in_force")))
    folder.event["sources"][1]["published"] = "2025-09"
    row = derived(folder)
    assert (row["as_of"], row["min_days"], row["max_days"]) == (date(2025, 9, 1), 1, 49)


def test_a_date_on_or_before_a_day_still_gives_an_as_of(folder: Folder) -> None:
    folder.plan["stages"] = [{"date": "../2024-03-09", "stage": "abandoned", "sources": ["s1"]}]
    folder.plan["sources"][0]["published"] = None
    events = folder.dataset().events
    assert events.filter(pl.col("country") == "IR")["as_of"].to_list() == [date(2024, 3, 9)]


@pytest.mark.parametrize(
    ("steps", "ongoing", "end", "status"),
    [
        ([("2025-08-13", "in_force")], "true", None, "in_force"),
        ([("2025-08-13", "in_force")], None, None, "unknown"),
        ([("2025-08-13", "in_force")], "false", None, "ended"),
        ([("2025-08-13", "in_force"), ("2025-09-01", "lifted")], "false", "2025-09-01", "ended"),
        ([("2025-08-13", "in_force"), ("2025-09-01", "suspended")], "true", None, "suspended"),
        ([("2025-08-13", "in_force"), ("2025-09-01", "suspended")], None, None, "suspended"),
        ([("2025-08-13", "in_force"), ("2025-09-01", "upheld")], "true", None, "in_force"),
        ([("2025-08-13", "in_force"), ("2025-09-01", "eased")], "true", None, "in_force"),
    ],
)
def test_status_of_a_measure_that_took_effect(
    folder: Folder, steps: list[tuple[str, str]], ongoing: str | None, end: str | None, status: str
) -> None:
    folder.event.update(stages=stages(*steps), ongoing=ongoing, end=end)
    row = derived(folder)
    assert (row["took_effect"], row["status"]) == (True, status)


@pytest.mark.parametrize(
    ("steps", "ongoing", "status"),
    [
        ([("2025-08-01", "reported")], None, "planned"),
        ([("2025-08-01", "adopted")], None, "planned"),
        ([("2025-08-01", "adopted"), ("2025-08-02", "postponed")], None, "planned"),
        ([("2025-08-01", "adopted"), ("2025-08-02", "upheld")], None, "planned"),
        ([("2025-08-01", "adopted"), ("2025-08-02", "suspended")], None, "suspended"),
        ([("2025-08-01", "adopted"), ("2025-08-02", "struck_down")], "false", "abandoned"),
        ([("2025-08-01", "announced"), ("2025-08-02", "abandoned")], "false", "abandoned"),
        ([("2025-08-01", "announced")], "false", "abandoned"),
    ],
)
def test_status_of_a_measure_that_never_took_effect(
    folder: Folder, steps: list[tuple[str, str]], ongoing: str | None, status: str
) -> None:
    folder.event.update(stages=stages(*steps), ongoing=ongoing, start=None)
    row = derived(folder)
    assert (row["took_effect"], row["status"]) == (False, status)
    assert (row["min_days"], row["max_days"], row["start_earliest"]) == (None, None, None)


@pytest.mark.parametrize(
    ("start", "end", "ongoing", "fewest", "most"),
    [
        ("2025-08-13", "2025-08-13", "false", 1, 1),
        ("2025-08-13", "2025-08-15", "false", 3, 3),
        ("2025-08", "2025-08", "false", 1, 31),
        ("[2025-08-01..2025-08-13]", "2025-09", "false", 20, 61),
        ("../2025-08-13", "2025-08-20", "false", 8, None),
        ("2025-08-13", None, "true", 70, None),  # to the source of 21 October that says it goes on
        ("2025-08-13", None, None, 1, None),  # to the last stage that shows effect
        ("2025-08-13", None, "false", 1, 70),  # over by the newest source
    ],
)
def test_days_have_a_fewest_and_a_most(
    folder: Folder, start: str, end: str | None, ongoing: str | None, fewest: int, most: int | None
) -> None:
    folder.event.update(start=start, end=end, ongoing=ongoing, stages=stages(("2025-08-13", "in_force")))
    row = derived(folder)
    assert (row["min_days"], row["max_days"]) == (fewest, most)


def test_a_target_has_its_own_period_or_the_events(folder: Folder) -> None:
    folder.event["targets"][0].update(start="2025-08-05", end="2025-08-20")
    rows = {
        row["platform_id"]: row
        for row in folder.dataset().targets.filter(pl.col("event_id") == "ru-2025-08-calls").to_dicts()
    }
    assert (rows["whatsapp"]["start_earliest"], rows["whatsapp"]["end_latest"]) == (date(2025, 8, 5), date(2025, 8, 20))
    assert (rows["telegram"]["start_earliest"], rows["telegram"]["end_latest"]) == (date(2025, 8, 1), None)


def independent(folder: Folder, *sources: dict[str, Any]) -> tuple[str, int]:
    base = folder.event["sources"][1]
    more = [
        {**base, "id": f"t{number}", "url": f"https://paper.example/{number}", **source}
        for number, source in enumerate(sources)
    ]
    folder.event["sources"] += more
    publishers = (folder.write() / "reference/publishers.csv").read_text(encoding="utf-8").splitlines()
    lines = [
        publishers[0],
        *sorted([*publishers[1:], "Agency,RU,independent,false", "Mirror,RU,independent,true", "Who,RU,unknown,false"]),
    ]
    (folder.root / "reference/publishers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    row = build.build(records.read(folder.root)).events.row(
        by_predicate=pl.col("event_id") == folder.event["event_id"], named=True
    )
    return row["confidence"], row["publisher_count"]


@pytest.mark.parametrize(
    ("sources", "confidence", "count"),
    [
        ([], ("medium"), 1),
        ([{"publisher": "Agency"}], "high", 2),
        ([{"publisher": "The Paper"}], "medium", 1),  # the same publisher again
        ([{"publisher": "Who"}], "medium", 1),  # unknown control
        ([{"publisher": "Mirror"}], "medium", 1),  # an aggregator
        ([{"publisher": "Agency", "syndicated_from": "The Paper"}], "medium", 1),  # a copy counts as what it copies
        ([{"publisher": "Agency", "party": "true"}], "medium", 1),  # a party to the event
        ([{"publisher": "Agency", "syndicated_from": "State Agency"}], "medium", 1),  # a state agency's text
        ([{"publisher": "Agency", "syndicated_from": "Nobody knows"}], "medium", 1),
    ],
)
def test_confidence_counts_independent_texts(
    folder: Folder, sources: list[dict[str, Any]], confidence: str, count: int
) -> None:
    assert independent(folder, *sources) == (confidence, count)


def test_an_event_with_no_independent_source_has_low_confidence(folder: Folder) -> None:
    folder.event["sources"][1]["publisher"] = "State Agency"
    assert derived(folder)["confidence"] == "low"


def test_lists_for_convenience_are_sorted_and_counted(folder: Folder) -> None:
    row = derived(folder)
    assert (row["platforms"], row["legal_basis_types"]) == (["telegram", "whatsapp"], ["none_stated"])
    assert (row["family"], row["source_count"], row["publisher_count"]) == ("access", 2, 1)


def test_no_confirmation_lies_before_the_start(folder: Folder) -> None:
    folder.event.update(start="2025-08-01", ongoing=None, stages=stages(("2025~", "in_force")))
    assert derived(folder)["last_confirmed"] == date(2025, 8, 1)


def test_an_imprecise_confirmation_counts_from_its_first_day(folder: Folder) -> None:
    folder.event.update(ongoing=None, stages=stages(("2025-08", "in_force")))
    assert derived(folder)["last_confirmed"] == date(2025, 8, 1)


def test_every_table_is_sorted_by_its_key(folder: Folder) -> None:
    folder.event["targets"].sort(key=lambda target: target["platform_id"], reverse=True)
    dataset = folder.dataset()
    assert dataset.targets["platform_id"].to_list() == ["telegram", "telegram", "whatsapp"]
    for name, frame in dataset.tables.items():
        keys = {"citations": ["event_id", "position"], "terms": ["vocabulary", "position"]}.get(
            name, schema.TABLES[name].primary_key()
        )
        plain = frame.select(pl.col(keys).cast(pl.String) if name == "targets" else pl.col(keys))
        if name != "targets":  # features are in the vocabulary's order
            assert plain.equals(plain.sort(keys)), name


def test_what_one_record_does_not_know_of_a_page_another_fills_in(folder: Folder) -> None:
    folder.plan["sources"][0].update(
        url="https://paper.example/b?id=1", title="Calls do not work", language="en", published=None
    )
    rows = folder.dataset().sources.filter(pl.col("url") == "https://paper.example/b?id=1")
    assert rows["published"].to_list() == ["2025-10-21"]


def test_what_nothing_uses_is_left_out(folder: Folder) -> None:
    dataset = folder.dataset()
    assert dataset.platforms["platform_id"].to_list() == ["telegram", "whatsapp"]
    assert "internet" in folder.root.joinpath("reference/platforms.csv").read_text(encoding="utf-8")
    assert dataset.countries.height == 3
