"""dataset: all tables filtered together, cited and shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import polars as pl
import pytest
from conftest import Folder

from rightsdata import schema
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm


def keys_are_whole(dataset: Dataset) -> None:
    for name, frame in dataset.tables.items():
        for column, declared in schema.TABLES[name].columns().items():
            target = schema.metadata(declared).get("references")
            if target:
                table, key = target.split(".")
                values = (
                    frame.select(column).explode(column)
                    if isinstance(frame.schema[column], pl.List)
                    else frame.select(column)
                )
                lost = values.drop_nulls().join(
                    dataset.tables[table].select(key), left_on=column, right_on=key, how="anti"
                )
                assert lost.is_empty(), (name, column, lost)


def test_the_release_is_whole(released: Dataset) -> None:
    keys_are_whole(released)


@pytest.mark.parametrize(
    "conditions",
    [
        {"country": "RU"},
        {"country": ["RU", "IR"], "platform": "telegram"},
        {"platform": ["whatsapp", "telegram"], "feature": "calls"},
        {"since": "2024", "until": "2024-06"},
        {"restriction_type": "throttling"},
        {"methods": ["dpi", "dns"]},
        {"family": "rules", "confidence": "high"},
        {"ongoing": None},
        {"country": "RU", "initiator": "platform", "population": "military"},
    ],
)
def test_a_selection_filters_every_table_and_keeps_keys_whole(released: Dataset, conditions: dict[str, object]) -> None:
    chosen = released.where(**conditions)  # type: ignore[arg-type]
    assert len(chosen) < len(released)
    keys_are_whole(chosen)
    for name in ("targets", "stages", "citations", "responses", "legal_bases", "authorities"):
        assert set(chosen.tables[name]["event_id"]) <= set(chosen.events["event_id"])
    lost = set(
        released.targets.filter(pl.col("event_id").is_in(chosen.events["event_id"].implode()))["platform_id"]
    ) - set(chosen.platforms["platform_id"])
    assert not lost


def test_nothing_changes_in_place(released: Dataset) -> None:
    before = {name: frame.height for name, frame in released.tables.items()}
    released.where(country="RU").where(status="ended")
    assert {name: frame.height for name, frame in released.tables.items()} == before


def test_conditions_add_up_and_are_told_in_the_citation(released: Dataset) -> None:
    chosen = released.where(country="RU").where(platform="telegram", since="2025")
    assert chosen.events.equals(released.where(country="RU", platform="telegram", since="2025").events)
    assert "selection: country RU, platform telegram, since 2025" in chosen.cite()
    assert "machine-coded, unreviewed preview" in chosen.cite()
    assert f"version {released.version}" in chosen.cite()


def test_an_open_end_still_counts_and_an_unknown_end_stops_at_as_of(folder: Folder) -> None:
    dataset = folder.dataset()  # calls: from August 2025, ongoing, last confirmed on 2025-10-21; plan: March 2024
    assert dataset.where(since="2030").events["event_id"].to_list() == ["ru-2025-08-calls"]
    folder.event["ongoing"] = None
    dataset = folder.dataset()
    assert len(dataset.where(since="2030")) == 0
    assert dataset.where(since="2025-10-21").events["event_id"].to_list() == ["ru-2025-08-calls"]
    assert len(dataset.where(since="2025-10-22")) == 0


def test_platform_feature_and_period_are_of_one_target(folder: Folder) -> None:
    folder.event["targets"] = [
        {"platform_id": "whatsapp", "feature": "calls", "role": "intended", "end": "2025-09-01"},
        {"platform_id": "telegram", "feature": "media", "role": "intended"},
    ]
    dataset = folder.dataset()
    assert len(dataset.where(platform="whatsapp", feature="calls")) == 1
    assert len(dataset.where(platform="whatsapp", feature="media")) == 0
    assert len(dataset.where(platform="whatsapp", since="2025-09-02")) == 0
    assert len(dataset.where(platform="telegram", since="2025-09-02")) == 1


def test_a_start_on_or_before_a_day_may_lie_before_any_day(folder: Folder) -> None:
    folder.event["start"] = "../2025-08-13"
    assert folder.dataset().where(until="2001").events["event_id"].to_list() == ["ru-2025-08-calls"]


def test_until_takes_what_may_have_begun_by_then(folder: Folder) -> None:
    dataset = folder.dataset()
    assert dataset.where(until="2025-07-31").events["event_id"].to_list() == ["ir-2024-plan"]
    assert len(dataset.where(until=date(2025, 8, 1))) == 2  # the bounds begin on 1 August
    assert len(dataset.where(until="2024-02")) == 0


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"country": "UK"}, "country has no 'UK'"),
        ({"country": "UK"}, "did you mean 'GB'"),
        ({"country": "ru"}, "did you mean 'RU'"),
        ({"country": "RUS"}, "did you mean 'RU'"),
        ({"country": "russia"}, "did you mean 'RU'"),
        ({"country": "EN"}, "write an ISO 3166-1"),
        ({"platform": "watsapp"}, "did you mean 'whatsapp'"),
        ({"restriction_type": "shutdown"}, "did you mean"),
        ({"feature": "call"}, "did you mean 'calls'"),
        ({"methods": ["dpi", "magic"]}, "methods has no 'magic'"),
    ],
)
def test_an_unknown_value_raises_with_the_nearest_one(
    released: Dataset, conditions: dict[str, object], said: str
) -> None:
    with pytest.raises(UnknownTerm, match=said):
        released.where(**conditions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "conditions", [{"ongoing": "true"}, {"age_threshold": "18"}, {"title": 5}, {"took_effect": 1}, {"min_days": True}]
)
def test_a_value_of_another_type_raises(released: Dataset, conditions: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="found"):
        released.where(**conditions)  # type: ignore[arg-type]


def test_days_are_compared_as_days(released: Dataset) -> None:
    day = released.events["as_of"][0]
    assert released.where(as_of=str(day)).events.equals(released.where(as_of=day).events)


def test_an_unknown_column_raises_with_the_nearest_one(released: Dataset) -> None:
    with pytest.raises(TypeError, match="did you mean 'status'"):
        released.where(statu="ended")


def test_a_date_that_is_none_raises(released: Dataset) -> None:
    with pytest.raises(ValueError, match="write one of"):
        released.where(since="last year")


def test_an_empty_selection_is_a_dataset_too(released: Dataset) -> None:
    empty = released.where(country="AQ")
    assert len(empty) == 0
    assert empty.sources.is_empty()
    assert "0 events" in repr(empty)
    assert "AQ" in empty._repr_html_()


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_its_look_in_a_notebook_says_what_it_is(released: Dataset) -> None:
    reader = Balanced()
    reader.feed(released._repr_html_())
    assert reader.open == []
    for said in (
        released.version,
        "Machine-coded, unreviewed preview",
        "not a census",
        "CC-BY-4.0",
        "countries and territories",
        "events",
    ):
        assert said in reader.text


def test_a_selection_keeps_the_order_of_every_table(released: Dataset) -> None:
    chosen = released.where(country=["RU", "IR"], platform="telegram")
    for name in ("events", "targets", "stages", "sources", "citations", "publishers"):
        rows = [str(row) for row in chosen.tables[name].iter_rows()]
        kept = set(rows)
        assert rows == [str(row) for row in released.tables[name].iter_rows() if str(row) in kept], name


def test_a_selection_keeps_the_publishers_whose_texts_are_copied(released: Dataset) -> None:
    known = set(released.publishers["publisher"])
    copied = released.sources.filter(pl.col("syndicated_from").is_in(list(known)))
    event = released.citations.join(copied, on="source_id", how="semi")["event_id"][0]
    chosen = released.where(event_id=event)
    origins = set(chosen.sources["syndicated_from"].drop_nulls()) & known
    assert origins
    assert origins <= set(chosen.publishers["publisher"])


def test_its_look_in_a_notebook_escapes_what_it_shows(released: Dataset) -> None:
    shown = replace(released, selection=("<script>1</script>",))._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_state_of_review_counts_people(folder: Folder) -> None:
    assert folder.dataset().review_note == "Machine-coded, unreviewed preview"
    folder.event["review"] = "human_reviewed"
    assert (
        folder.dataset().review_note
        == "1 of 2 records coded or checked by people, the rest machine-coded and unreviewed"
    )
