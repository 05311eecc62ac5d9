"""importers.cloudflare_radar: a restriction is drafted, all else is evidence, and no odd answer spoils the rest."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Folder
from hypothesis import given
from hypothesis import strategies as st

import rightsdata
from rightsdata import crosswalk, evidence, importers, series
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


def imported(annotations: list[Any], known: Dataset, **given: Any) -> Import:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "radar.json"
        path.write_text(json.dumps({"success": True, "errors": [], "result": {"annotations": annotations}}))
        return importers.cloudflare_radar(path, reference=known, **given)


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


def test_a_number_that_no_network_has_is_left_out(read: Read) -> None:
    found = read(asns=[64500, -(2**63) - 1, 2**32, 0, True, "AS64501"]).found
    assert found is not None
    assert found["networks"].to_list() == [[64500, 64501]]


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


# ------------------------------------------------------------------- the series


def days(found: Import) -> dict[tuple[str, int | None, int], str]:
    """How each day of September 2022 ended, by country and network."""
    assert found.series is not None
    assert series.check(found.series.lazy()) == []
    return {
        (row["country"], row["network"], row["day"].day): next(name for name in series.COUNTS if row[name])
        for row in found.series.iter_rows(named=True)
    }


def caused(cause: str, kind: str = "NATIONWIDE") -> dict[str, str]:
    return {"outageCause": cause, "outageType": kind}


def test_the_days_of_a_nationwide_annotation_are_of_the_whole_country(read: Read) -> None:
    found = read()
    assert days(found) == {("SY", None, day): "confirmed" for day in (6, 7, 8)}
    assert found.series is not None
    assert found.series.select("test", "platform_id", "feature", "provider", "license").unique().rows() == [
        ("radar-outage-annotation", "internet", "all", "cloudflare-radar", "CC-BY-NC-4.0"),
    ]


@pytest.mark.parametrize(
    ("cause", "how"),
    [
        ("CABLE_CUT", "failure"),
        ("POWER_OUTAGE", "failure"),
        ("MILITARY_ACTION", "anomaly"),
        ("UNKNOWN", "anomaly"),
        ("SOLAR_STORM", "anomaly"),
    ],
)
def test_the_cause_says_how_a_day_counts(read: Read, cause: str, how: str) -> None:
    assert set(days(read(outage=caused(cause))).values()) == {how}


def test_an_end_at_midnight_does_not_touch_the_next_day(read: Read) -> None:
    assert [day for _, _, day in days(read(endDate="2022-09-08T00:00:00Z"))] == [6, 7]


@pytest.mark.parametrize("end", [None, "2021-09-08T10:00:28Z", "2999-01-01T00:00:00Z", 5])
def test_without_an_end_that_can_be_no_day_after_the_start_is_claimed(released: Dataset, end: object) -> None:
    found = imported([{**PLAIN, "endDate": end}], released, asked=(date(2022, 9, 4), date(2022, 9, 10)))
    assert days(found) == {("SY", None, 4): "ok", ("SY", None, 5): "ok", ("SY", None, 6): "confirmed"}


def test_other_annotations_are_of_the_networks_they_name(read: Read) -> None:
    found = read(outage=caused("GOVERNMENT_DIRECTED", "NETWORK"), asns=[64500, 64501], endDate="2022-09-06T12:00:00Z")
    assert days(found) == {("SY", 64500, 6): "confirmed", ("SY", 64501, 6): "confirmed"}
    homes = [{"asn": "64500", "location": {"code": "IQ"}}, {"asn": "64501", "location": {"code": "SY"}}]
    found = read(
        outage=caused("CABLE_CUT", "NETWORK"), asns=[64500, 64501], asnsDetails=homes, locations=[], endDate=None
    )
    assert days(found) == {("IQ", 64500, 6): "failure", ("SY", 64501, 6): "failure"}


@pytest.mark.parametrize(
    "fields",
    [
        {"outage": caused("GOVERNMENT_DIRECTED", "REGIONAL"), "asns": []},
        {"outage": caused("GOVERNMENT_DIRECTED", "PLATFORM")},
        {"outage": caused("BLOCKING")},
        {"startDate": "2999-01-01T00:00:00Z"},
        {"locations": ["ZZ"]},
    ],
)
def test_what_has_no_place_in_the_series_says_so(read: Read, fields: dict[str, Any]) -> None:
    found = read(**fields)
    assert days(found) == {}
    assert "not in the series" in found.rows["why"][0]


def test_a_day_with_an_annotation_that_has_no_place_is_not_ok(released: Dataset) -> None:
    part = {**PLAIN, "id": "2", "startDate": "2022-09-10T05:00:00Z", "endDate": "2022-09-10T08:00:00Z", "asns": []}
    part["outage"] = caused("GOVERNMENT_DIRECTED", "REGIONAL")
    found = imported([PLAIN, part], released, asked=(date(2022, 9, 5), date(2022, 9, 11)))
    assert days(found) == {
        ("SY", None, 5): "ok",
        **{("SY", None, day): "confirmed" for day in (6, 7, 8)},
        ("SY", None, 9): "ok",
        ("SY", None, 11): "ok",
    }


def test_a_day_counts_once_by_what_says_most_and_the_whole_before_its_networks(released: Dataset) -> None:
    cut = {**PLAIN, "id": "2", "outage": caused("CABLE_CUT"), "endDate": "2022-09-09T01:00:00Z"}
    network = {**PLAIN, "id": "3", "outage": caused("CABLE_CUT", "NETWORK")}
    found = imported([cut, PLAIN, network], released)
    assert days(found) == {
        **{("SY", None, day): "confirmed" for day in (6, 7, 8)},
        ("SY", None, 9): "failure",
    }
    assert "SY is, as a whole" in found.rows["why"][2]


def test_days_that_were_not_asked_for_are_left_out(released: Dataset) -> None:
    found = imported([PLAIN], released, asked=(date(2022, 9, 8), date(2022, 9, 9)))
    assert days(found) == {("SY", None, 8): "confirmed", ("SY", None, 9): "ok"}
    outside = imported([PLAIN], released, asked=(date(2022, 9, 9), date(2022, 9, 9)))
    assert "outside the days asked for" in outside.rows["why"][0]


@pytest.mark.parametrize(
    ("cause", "start", "words"),
    [
        ("GOVERNMENT_DIRECTED", "2025-08-10", "noted by people, often from the news"),
        ("UNKNOWN", "2025-08-10", "noted by people, often from the news"),
        ("CABLE_CUT", "2025-08-10", "failed by themselves"),
        ("GOVERNMENT_DIRECTED", "2025-07-01", "Neither a rise nor its absence"),
    ],
)
def test_annotations_alone_decide_nothing(
    folder: Folder, released: Dataset, cause: str, start: str, words: str
) -> None:
    event = folder.measure("network_shutdown", "internet", "2025-08-23")
    told = {**PLAIN, "locations": ["RU"], "outage": caused(cause), "startDate": f"{start}T00:00:00Z"}
    told["endDate"] = f"{date.fromisoformat(start) + timedelta(14)}T00:00:00Z"
    found = imported([told], released, asked=(date(2025, 6, 1), date(2025, 10, 1)))
    assert found.series is not None
    judged = evidence.corroborate(event, found.series).filter(platform_id="internet")
    assert judged["verdict"].item() in ("inconclusive", "not_measured")
    assert words in judged["reason"].item()


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
    assert found.series is not None and series.check(found.series.lazy()) == []
    assert {one for ids in found.rows["event_ids"] for one in ids} == {one["event_id"] for one in found.records}
    if found.records:
        assert len(found.dataset()) == len(found.records)
