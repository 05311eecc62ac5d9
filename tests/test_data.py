"""The repository's own records: valid, canonical, and the case that started the project told in full."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

from rightsdata import build, records
from rightsdata.dataset import Dataset

CALLS = "ru-2025-08-whatsapp-telegram-calls"


def test_no_record_has_an_error_and_every_file_is_in_canonical_form(own_records: records.Rows) -> None:
    problems = build.check(own_records)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    assert own_records.loose == {}


@pytest.fixture(scope="module")
def russia(own_records: records.Rows) -> Dataset:
    return build.build(own_records).where(country="RU")


def rows(dataset: Dataset, table: str, event_id: str) -> list[dict[str, object]]:
    return list(dataset.tables[table].filter(pl.col("event_id") == event_id).iter_rows(named=True))


def test_the_call_block_is_a_feature_block_on_calls_and_nothing_else(russia: Dataset) -> None:
    assert {(row["platform_id"], row["feature"]) for row in rows(russia, "targets", CALLS)} == {
        ("whatsapp", "calls"),
        ("telegram", "calls"),
    }


def test_a_plan_is_attributed_to_whoever_reported_it(russia: Dataset) -> None:
    steps = rows(russia, "stages", CALLS)
    said = {str(row["attributed_to"]) for row in steps}
    assert "Ostorozhno Media" in said
    assert any("highest level" in str(row["note"]) for row in steps)
    assert any(
        "foreign SIM" in str(row["note"]).replace("Foreign", "foreign") and "TSPU" in str(row["note"]) for row in steps
    )
    assert any("early August" in str(row["note"]) and "The Moscow Times" in str(row["attributed_to"]) for row in steps)


def test_reason_method_and_missing_legal_basis_are_told(russia: Dataset) -> None:
    event = rows(russia, "events", CALLS)[0]
    assert "counter_terrorism" in event["stated_reasons"]  # type: ignore[operator]
    assert "dpi" in event["methods"]  # type: ignore[operator]
    assert [row["type"] for row in rows(russia, "legal_bases", CALLS)] == ["none_stated"]


@pytest.mark.parametrize("actor", ["Human Rights Watch", "Roskomsvoboda"])
def test_responses_are_told(russia: Dataset, actor: str) -> None:
    assert actor in {row["actor"] for row in rows(russia, "responses", CALLS)}


@pytest.mark.parametrize(
    ("event_id", "kind"),
    [
        ("ru-2019-11-sovereign-internet", "enabling_powers"),
        ("ru-2016-07-yarovaya-law", "data_access_mandate"),
        ("ru-1992-sorm", "data_access_mandate"),
        ("ru-2015-09-data-localisation", "data_access_mandate"),
        ("ru-2025-09-extremist-search-fines", "user_liability"),
        ("ru-2025-09-max-preinstall", "mandated_alternative"),
    ],
)
def test_what_the_call_block_stands_on_has_its_own_record(russia: Dataset, event_id: str, kind: str) -> None:
    assert rows(russia, "events", event_id)[0]["restriction_type"] == kind


def test_the_relations_that_the_case_names_are_there(russia: Dataset) -> None:
    found = set(russia.relations.select("event_id", "related_id", pl.col("relation").cast(pl.String)).iter_rows())
    assert (CALLS, "ru-2019-11-sovereign-internet", "implements") in found
    assert ("ru-2016-07-yarovaya-law", "ru-1992-sorm", "extends") in found
    assert ("ru-2025-09-max-preinstall", "ru-2019-11-sovereign-internet", "extends") in found


def test_the_law_on_searching_goes_from_draft_to_force(russia: Dataset) -> None:
    steps = [row["stage"] for row in rows(russia, "stages", "ru-2025-09-extremist-search-fines")]
    assert steps[0] == "proposed"
    assert "adopted" in steps
    assert steps[-1] == "in_force"


def test_the_worked_example_of_the_guide_is_a_good_record(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example
    text = example[1].replace("event_id: ru-2025-08-whatsapp-telegram-calls", "event_id: ru-2025-08-an-example")
    shutil.copytree(ROOT / "data/reference", tmp_path / "reference")
    path = tmp_path / "events/RU/ru-2025-08-an-example.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    problems = build.check(records.read(tmp_path))
    assert [str(problem) for problem in problems if problem.file.startswith("events/")] == []


def test_no_record_claims_that_a_person_checked_it(russia: Dataset) -> None:
    assert set(russia.events["review"].cast(pl.String)) <= {"machine_coded", "machine_double_coded"}
