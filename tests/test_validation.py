"""validation: frames made in code, checked with the same rules and messages."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest
from conftest import Folder

import rightsdata as rd
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, Problem


def problems(**frames: pl.DataFrame) -> list[Problem]:
    with pytest.raises(InvalidData) as caught:
        rd.validate(**frames)
    return list(caught.value.problems)


def test_a_whole_release_is_valid(released: Dataset) -> None:
    warnings = rd.validate(**released.tables)
    assert {problem.severity for problem in warnings} <= {"warning"}


def test_a_released_table_alone_is_valid_though_it_holds_derived_columns(released: Dataset) -> None:
    assert rd.validate(events=released.events) == []


def test_the_messages_are_those_of_check(folder: Folder) -> None:
    events = folder.dataset().events.with_columns(
        pl.col("restriction_type").cast(pl.String).replace({"feature_block": "feature_blok"})
    )
    (problem,) = problems(events=events)
    assert str(problem) == (
        "events:2: error: restriction_type: found 'feature_blok'; expected a term of restriction_type. Did you mean 'feature_block'? [wrong_value]"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.lit(5).alias("title"), "title: found a column of Int32"),
        (pl.lit("x").alias("methods"), "methods: found a column of String"),
        (pl.lit(["dpi", "magic"]).alias("methods"), "found 'magic'"),
        (pl.lit("maybe").alias("ongoing"), "expected true or false"),
        (pl.lit("abc").alias("age_threshold"), "a whole number from 1 to 99"),
        (pl.lit("016").alias("age_threshold"), "a whole number from 1 to 99"),
        (pl.lit(15.7).alias("age_threshold"), "a column of Float64"),
        (pl.lit([1]).alias("age_threshold"), "a column of whole numbers"),
        (pl.lit(1).alias("restriction_type"), "a column of texts"),
        (pl.lit([["dpi"]]).alias("methods"), "a column of lists of texts"),
        (pl.lit("x").alias("row"), "an unknown column"),
        (pl.lit(100).alias("age_threshold"), "found 100"),
        (pl.lit("2025-13").alias("start"), "no month 13"),
        (pl.lit(None).alias("title"), "title: found nothing"),
        (pl.lit("x").alias("colour"), "an unknown column"),
        (pl.lit("RU-2025-X").alias("event_id"), "event_id"),
        (pl.lit("ru-2025-x").alias("event_id"), "the same as row 1"),
    ],
)
def test_a_bad_frame_is_explained(folder: Folder, change: pl.Expr, said: str) -> None:
    assert said in "\n".join(map(str, problems(events=folder.dataset().events.with_columns(change))))


def test_a_missing_column_is_named_once(folder: Folder) -> None:
    (problem,) = problems(events=folder.dataset().events.drop("review"))
    assert (problem.field, problem.rule) == ("review", "missing_column")


def test_optional_columns_may_be_absent_and_texts_stand_for_terms() -> None:
    frame = pl.DataFrame(
        {
            "event_id": ["no-2025-a"],
            "country": ["NO"],
            "title": ["A title"],
            "summary": ["A summary."],
            "restriction_type": ["throttling"],
            "initiator": ["state"],
            "review": ["human_coded"],
            "ongoing": ["true"],
            "start": ["2025-08"],
            "age_threshold": ["16"],
        }
    )
    assert rd.validate(events=frame) == []


def test_tables_given_together_are_checked_against_each_other(folder: Folder) -> None:
    dataset = folder.dataset()
    assert rd.validate(events=dataset.events, targets=dataset.targets) == []
    found = problems(events=dataset.events, targets=dataset.targets.filter(pl.col("event_id") != "ir-2024-plan"))
    assert [(problem.file, problem.rule) for problem in found] == [("events", "every_event_has_a_target")]
    stray = dataset.targets.with_columns(event_id=pl.lit("ru-2025-08-call"))
    assert {problem.rule for problem in problems(events=dataset.events, targets=stray)} >= {"unknown_reference"}


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ({"event": pl.DataFrame()}, "no table 'event'"),
        ({"events": pd.DataFrame()}, "must be a polars DataFrame"),
        ({"events": pl.LazyFrame()}, "must be a polars DataFrame"),
    ],
)
def test_what_is_no_table_raises_a_type_error(frames: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        rd.validate(**frames)


def test_an_empty_frame_with_columns_is_valid(released: Dataset) -> None:
    assert rd.validate(events=released.events.clear()) == []


def test_a_frame_without_columns_misses_them_all() -> None:
    assert {problem.rule for problem in problems(events=pl.DataFrame())} == {"missing_column"}


def test_arguments_are_not_changed(folder: Folder) -> None:
    frame = folder.dataset().events
    before = frame.clone()
    rd.validate(events=frame)
    assert frame.equals(before)


def test_found_values_cannot_disturb_a_terminal(folder: Folder) -> None:
    (problem,) = problems(
        events=folder.dataset().events.with_columns(pl.lit("\x1b[2J\x07").alias("restriction_type")).head(1)
    )
    assert "\x1b" not in str(problem)
    assert "x1b" in problem.found
