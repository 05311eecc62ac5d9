"""importers.cloudflare_radar: a restriction is drafted, all else is evidence, and no odd answer spoils the rest."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rightsdata
from rightsdata import crosswalk, importers
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import UnreadableFile

Read = Callable[..., Import]

PLAIN: dict[str, Any] = {
    "id": "1",
    "asns": [64500],
    "asnsDetails": [{"asn": "64500", "name": "Example", "locations": {"code": "IQ", "name": "Iraq"}}],
    "description": "All networks",
    "startDate": "2022-09-06T10:00:28Z",
    "endDate": "2022-09-08T10:00:28Z",
    "locations": ["SY"],
    "outage": {"outageCause": "GOVERNMENT_DIRECTED", "outageType": "NATIONWIDE"},
}


def imported(annotations: list[Any], known: Dataset) -> Import:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "radar.json"
        path.write_text(json.dumps({"success": True, "errors": [], "result": {"annotations": annotations}}))
        return importers.cloudflare_radar(path, reference=known)


@pytest.fixture
def read(released: Dataset) -> Read:
    """One annotation, changed in some fields, to an Import."""
    return lambda **fields: imported([{**PLAIN, **fields}], released)


def test_a_directed_shutdown_is_drafted_with_its_losses(read: Read) -> None:
    found = read()
    assert found.rows.select("outcome", "losses").row(0) == ("mapped", ["restriction_type: inferred", "start: broader"])
    made = found.dataset()
    assert made.events.select("country", "start", "end", "license").row(0) == (
        "SY", "2022-09-06", "2022-09-08", "CC-BY-NC-4.0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "codes"),
    [
        ({"locations": {"code": "IQ"}}, ["IQ"]),
        ({"location": {"code": "IQ"}}, ["IQ"]),
        ({"locations": [{"code": "IQ"}, {"code": "SY"}]}, ["IQ", "SY"]),
        ({"location": None}, []),
        ({"locations": ["IQ"]}, []),
    ],
)
def test_the_place_of_a_network_stands_in_either_field(read: Read, place: dict[str, Any], codes: list[str]) -> None:
    found = read(locations=[], asnsDetails=[{"asn": "64500", **place}, "odd"])
    assert [one["country"] for one in found.records] == codes
    assert found.rows["outcome"][0] == ("mapped" if codes else "review")


@pytest.mark.parametrize("start", ["2022-13-45T00:00:00Z", "2999-01-01T00:00:00Z", 5, "yesterday"])
def test_a_start_that_is_no_day_makes_no_draft(read: Read, start: object) -> None:
    found = read(startDate=start)
    assert found.report["refused"] == 1
    assert found.records == []
    assert found.found is not None and found.found.height == 1


@pytest.mark.parametrize("end", ["2021-09-08T10:00:28Z", 5, "2022-09-31T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_an_end_that_cannot_be_is_left_out_and_for_review(read: Read, end: object) -> None:
    found = read(endDate=end)
    assert found.report["review"] == 1
    assert found.dataset().events.select("end", "ongoing").row(0) == (None, None)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("mobile only", "mobile_shutdown"),
        ("mobile and fixed lines", "network_shutdown"),
        ("immobile", "network_shutdown"),
    ],
)
def test_only_mobile_alone_is_a_mobile_shutdown(read: Read, words: str, kind: str) -> None:
    assert [one["restriction_type"] for one in read(description=words).records] == [kind]


def test_what_is_no_restriction_is_evidence(read: Read) -> None:
    for cause, outcome in (("CABLE_CUT", "refused"), ("MILITARY_ACTION", "review"), ("SOLAR_STORM", "review")):
        found = read(outage={"outageCause": cause, "outageType": "NATIONWIDE"})
        assert found.rows["outcome"].to_list() == [outcome]
        assert found.records == []
        assert found.found is not None
        assert found.found.select("countries", "networks", "cause").row(0) == (["SY"], [64500], cause)


def test_every_crossing_is_used(read: Read) -> None:
    for row in crosswalk.rows():
        if row["provider"] == "cloudflare-radar":
            found = read(outage={"outageCause": row["value"].upper(), "outageType": "NATIONWIDE"})
            kinds = [record["restriction_type"] for record in found.records]
            if row["loss"] == "partial":  # a service, but which?
                assert (kinds, outcome(found)) == ([], "review"), row
            elif row["our_value"]:
                assert (kinds, outcome(found)) == ([row["our_value"]], "mapped"), row
                assert f"restriction_type: {row['loss']}" in found.rows["losses"][0]
            else:
                assert (kinds, outcome(found)) == ([], "refused" if row["loss"] == "exact" else "review"), row


def outcome(found: Import) -> str:
    return found.rows["outcome"].item()


def test_a_page_that_no_record_may_cite_is_left_out(read: Read) -> None:
    found = read(linkedUrl="https://user:pw@paper.example/a https://paper.example/b")
    assert found.dataset().sources["url"].str.contains("user").sum() == 0
    assert "https://paper.example/b" in found.dataset().sources["url"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"success": true, "errors": [{"message": "rate limit"}], "result": {"annotations": []}}', "rate limit"),
        ('{"success": true, "result": null}', "no result.annotations"),
        ('{"success": true, "result": {"annotations": ["\\ud800"]}}', "surrogate"),
    ],
)
def test_a_failure_is_told_whatever_the_status(tmp_path: Path, released: Dataset, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFile, match=said):
        importers.cloudflare_radar(tmp_path / "a.json", reference=released)


KNOWN = rightsdata.load()
ODD = (
    st.none()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.lists(st.integers(), max_size=2)
)
ANNOTATION = st.fixed_dictionaries(
    {
        "startDate": st.sampled_from(["2022-09-06T10:00:28Z", "2022-02-30", "2999-01-01"]),
        "outage": st.fixed_dictionaries(
            {
                "outageCause": st.sampled_from(
                    ["GOVERNMENT_DIRECTED", "BLOCKING", "CABLE_CUT", "MILITARY_ACTION", "X", None]
                ),
                "outageType": st.sampled_from(["NATIONWIDE", "REGIONAL", "NETWORK", "PLATFORM", None]),
            }
        ),
    },
    optional={
        "id": st.sampled_from(["1", "2"]),
        "locations": st.lists(st.sampled_from(["SY", "IQ", "ZZ"]), max_size=3) | ODD,
        **dict.fromkeys(("endDate", "asns", "asnsDetails", "scope", "description", "linkedUrl"), ODD),
    },
)


@given(st.lists(ANNOTATION, max_size=6))
def test_the_counts_add_up_and_the_drafts_are_valid_for_any_annotations(annotations: list[Any]) -> None:
    found = imported(annotations, KNOWN)
    report = found.report
    assert report.pop("rows") == sum(report.values()) == len(annotations)
    assert found.found is not None and found.found.height == len(annotations)
    assert {one for ids in found.rows["event_ids"] for one in ids} == {one["event_id"] for one in found.records}
    if found.records:
        assert len(found.dataset()) == len(found.records)
