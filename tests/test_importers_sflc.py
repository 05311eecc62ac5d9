"""importers.sflc: the tracker's records as drafts for one's own machine, which no release takes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

import rightsdata
from rightsdata import crosswalk, importers, release
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import ReleaseError

Read = Callable[..., Import]

PLAIN = {
    "state:name": "Rajasthan",
    "date": "2017-01-02",
    "description": "Suspended",
    "source": "https://paper.example/a",
}


def imported(found: list[Any], known: Dataset) -> Import:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tracker.json"
        path.write_text(json.dumps(found))
        return importers.sflc(path, reference=known)


@pytest.fixture
def read(released: Dataset) -> Read:
    """One record, changed in some fields, to an Import."""
    return lambda **fields: imported([{**PLAIN, **fields}], released)


NETWORKS: dict[str, dict[str, str]] = {
    "mobile": {"networksAffected": "mobile"},
    "mobile in the text": {"description": "<p>Mobile&nbsp;Internet cut</p>"},
    "both in the text": {"description": "Mobile and broadband services cut"},
    "broadband in the text": {"description": "Broadband cut"},
    "both": {"networksAffected": "both", "description": "mobile"},
    "broadband": {"networksAffected": "broadband"},
    "not said": {"description": "Internet cut"},
}
"""A record for each value of the crosswalk."""


def test_every_crossing_is_used(read: Read) -> None:
    rows = [row for row in crosswalk.rows() if row["provider"] == "sflc-in"]
    assert {row["value"] for row in rows} == NETWORKS.keys()
    for row in rows:
        found = read(**NETWORKS[row["value"]])
        assert found.records[0]["restriction_type"] == row["our_value"], row
        expected = [] if row["loss"] == "exact" else [f"restriction_type: {row['loss']}"]
        assert [one for one in found.rows["losses"][0] if one.startswith("restriction")] == expected, row


@pytest.mark.parametrize(
    ("given", "named"), [(["Alwar", "Sikar"], ["Alwar", "Sikar"]), ("Alwar", ["Alwar"]), (None, []), ([], [])]
)
def test_districts_are_areas_to_match_by(read: Read, given: object, named: list[str]) -> None:
    found = read(districts=given)
    assert found.places is not None
    assert found.places["name"].to_list() == named
    assert set(found.places["event_id"]) <= {record["event_id"] for record in found.records}


@pytest.mark.parametrize("date", ["2017-02-30", "2999-01-01", "2 Jan 2017", ""])
def test_what_is_no_day_that_has_come_is_refused(read: Read, date: str) -> None:
    assert read(date=date).report["refused"] == 1


@pytest.mark.parametrize(
    "state", ["Call +1 202 555 0100", "Rajasthan, call +1 202 555 0100", "x\n  y", None, "Atlantis\u202e"]
)
def test_a_state_that_a_title_may_not_hold_is_not_in_it(read: Read, state: object) -> None:
    found = read(**{"state:name": state})
    assert [one["title"] for one in found.records] == ["Network shutdown in India on 2017-01-02"]
    assert found.dataset()


def test_no_release_takes_the_trackers_rows_by_their_licence(read: Read, tmp_path: Path) -> None:
    made = read().dataset()
    assert made.events["license"].to_list() == ["ODbL-1.0"]
    with pytest.raises(ReleaseError, match=r"may not be published under ODbL-1\.0"):
        release.write(replace(made, version="2026.11.9"), tmp_path / "2026.11.9")
    assert list(tmp_path.iterdir()) == []


def test_the_trackers_sample_imports_whole(released: Dataset) -> None:
    path = ROOT.parent / "shared" / "samples" / "sflc_shutdowns.json"
    if not path.is_file():
        pytest.skip("the tracker's file is not beside the repository")
    found = importers.sflc(path, reference=released)
    assert found.report == {"rows": 114, "mapped": 114, "merged": 0, "review": 0, "refused": 0}
    made = found.dataset()
    assert len(made) == 114
    assert made.events["admin1"].list.len().min() == 1
    kinds = dict(made.events["restriction_type"].cast(pl.String).value_counts().iter_rows())
    assert kinds == {"mobile_shutdown": 73, "network_shutdown": 41}


KNOWN = rightsdata.load()
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
RECORD = st.fixed_dictionaries(
    {
        "state:name": st.sampled_from(["Rajasthan", "Jammu and Kashmir"]) | WORDS,
        "date": st.sampled_from(["2017-01-02", "2017-02-30", "2999-01-01"]) | WORDS,
        "description": WORDS,
        "source": st.sampled_from(["https://paper.example/a", "https://u:p@x.example", "http://[::1", "www.x.example"])
        | WORDS,
    },
    optional={
        "networksAffected": st.sampled_from(["mobile", "both", "fax", None]),
        "active": st.booleans(),
        "districts": st.lists(WORDS, max_size=2),
    },
)


@given(st.lists(RECORD, max_size=6))
def test_the_counts_add_up_and_the_drafts_are_valid_for_any_records(found: list[Any]) -> None:
    whole = imported(found, KNOWN)
    report = whole.report
    assert report.pop("rows") == sum(report.values()) == len(found)
    assert {one for ids in whole.rows["event_ids"] for one in ids} == {one["event_id"] for one in whole.records}
    if whole.records:
        assert len(whole.dataset()) == len(whole.records)
