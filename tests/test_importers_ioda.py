"""importers.ioda: a day with an outage, a day shown to have none, and nothing claimed beyond what an answer shows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ODD, ROOT, Folder
from hypothesis import given
from hypothesis import strategies as st

import rightsdata
from rightsdata import evidence, importers, schema, series
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import UnreadableFile

SAMPLES = ROOT.parent / "shared" / "samples"

Read = Callable[..., Import]


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def outage(begins: str, hours: float = 6, /, **changes: Any) -> dict[str, Any]:
    return {
        "location": "country/RU",
        "start": seconds(begins),
        "duration": int(hours * 3600),
        "uncertainty": None,
        "method": "median",
        "datasource": "bgp",
        "status": 0,
        "fraction": None,
        "score": 69.5,
        "location_name": "Russia",
        "overlaps_window": False,
        **changes,
    }


def asking(first: str = "2025-08-10", last: str = "2025-08-15", /, **changes: Any) -> dict[str, Any]:
    return {
        "from": str(seconds(first)),
        "until": str(seconds(last)),
        "datasource": None,
        "format": "codf",
        "limit": 500,
        "page": None,
        "relatedTo": None,
        "entityType": None,
        "entityCode": None,
        "overall": False,
        "ignoreMethods": None,
        "extendWindow": 1209600,
        **changes,
    }


@pytest.fixture
def read(tmp_path: Path, released: Dataset) -> Read:
    """An answer from its events and what was asked."""

    def answered(events: Any, request: dict[str, Any] | None, /, **given: Any) -> Import:
        path = tmp_path / "ioda.json"
        told = {"type": "outages.events", "metadata": {}, "requestParameters": request, "error": None, "perf": None}
        path.write_text(json.dumps({**told, "data": events, "copyright": "…"}))
        return importers.ioda(path, reference=released, **given)

    return answered


def days(found: Import, source: str = "bgp") -> dict[int, str]:
    """The days of August and how each ended, of one place."""
    assert found.series is not None
    assert series.check(found.series.lazy()) == []
    return {
        row["day"].day: next(name for name in series.COUNTS if row[name])
        for row in found.series.filter(test=source).iter_rows(named=True)
    }


def why(found: Import) -> list[str]:
    return [f"{outcome}: {reason}" for outcome, reason in found.rows.select("outcome", "why").iter_rows()]


def test_each_day_touched_is_anomalous_and_the_other_days_asked_are_ok(read: Read) -> None:
    found = read([outage("2025-08-11T22:00")], asking())
    assert days(found) == {10: "ok", 11: "anomaly", 12: "anomaly", 13: "ok", 14: "ok"}
    assert found.series is not None
    assert found.series.drop("day", *series.COUNTS).unique().rows() == [
        ("RU", None, "bgp", None, "internet", "all", "ioda", "LicenseRef-IODA"),
    ]
    assert found.series.select(series.COUNTS).sum_horizontal().to_list() == [1] * 5
    assert (found.notes, found.license in schema.REDISTRIBUTABLE) == ([], False)


def test_both_formats_give_the_same(read: Read) -> None:
    codf = outage("2025-08-11T22:00")
    entity = {"code": "RU", "name": "Russia", "type": "country", "subnames": [], "attrs": {}}
    times = {"from": codf["start"], "until": codf["start"] + codf["duration"]}
    ioda = {"entity": entity, **times, "score": 69.5, "datasource": "bgp", "method": "median"}
    one, two = read([codf], asking()).series, read([ioda], asking(format="ioda")).series
    assert one is not None and two is not None and one.equals(two)
    without = {name: value for name, value in ioda.items() if name != "until"}
    assert days(read([without], asking())) == {10: "ok", 11: "anomaly"}


def test_an_end_at_midnight_does_not_touch_the_next_day(read: Read) -> None:
    assert days(read([outage("2025-08-11", 24)], asking()))[12] == "ok"
    assert days(read([outage("2025-08-11", 0)], asking()))[11] == "anomaly"


def test_a_day_counts_once_however_many_events_it_has(read: Read) -> None:
    found = read(
        [outage("2025-08-11"), outage("2025-08-11T12:00", method="sarima"), outage("2025-08-11T20:00", 8)], asking()
    )
    assert days(found) == {10: "ok", 11: "anomaly", 12: "anomaly", 13: "ok", 14: "ok"}
    assert found.report == {"rows": 3, "mapped": 2, "merged": 1, "review": 0, "refused": 0}
    assert (
        why(found)[1]
        == "merged: its days are counted already, the first in the row of RU, the whole country, bgp, 2025-08-11"
    )


@pytest.mark.parametrize(
    ("event", "asked"),
    [
        (outage("2025-08-12", overlaps_window=True), {}),
        (outage("2025-08-12", overlaps_window="true"), {}),
        (outage("2025-08-12", 6, duration=1_209_600), {"until": str(seconds("2025-09-10"))}),
        (outage("2025-08-12", 6), {"extendWindow": 6 * 3600}),
        (outage("2025-08-12", 20_000), {}),
        (outage("2025-08-12", duration=None), {}),
    ],
)
def test_after_an_event_without_a_known_end_no_day_is_ok(
    read: Read, event: dict[str, Any], asked: dict[str, Any]
) -> None:
    found = read([event, outage("2025-08-12", 5, datasource="gtr")], asking(**asked))
    assert days(found)[10] == days(found)[11] == "ok"
    assert days(found)[12] == "anomaly"
    assert {how for day, how in days(found).items() if day > 12} <= {"anomaly"}
    assert days(found, "gtr")[13] == "ok"


def test_a_later_event_shows_that_an_earlier_one_was_over(read: Read) -> None:
    found = read([outage("2025-08-09T20:00", overlaps_window=True), outage("2025-08-13")], asking())
    assert days(found) == {10: "anomaly", 13: "anomaly", 14: "ok"}


def test_an_event_that_reaches_the_end_of_one_window_leaves_none_of_the_next_ok(
    tmp_path: Path, released: Dataset
) -> None:
    entity, times = {"type": "country", "code": "RU"}, {"from": seconds("2025-08-11"), "until": seconds("2025-08-13")}
    still = {"entity": entity, **times, "datasource": "bgp", "method": "median"}
    named = {"entityType": "country", "entityCode": "RU", "datasource": "bgp"}
    first, second = asking("2025-08-10", "2025-08-13", **named), asking("2025-08-13", "2025-08-15", **named)
    (tmp_path / "a.json").write_text(json.dumps({"requestParameters": first, "data": [still]}))
    (tmp_path / "b.json").write_text(json.dumps({"requestParameters": second, "data": []}))
    both = importers.ioda(tmp_path / "a.json", tmp_path / "b.json", reference=released)
    assert days(both) == {10: "ok", 11: "anomaly", 12: "anomaly"}
    assert days(importers.ioda(tmp_path / "b.json", reference=released)) == {13: "ok", 14: "ok"}


@pytest.mark.parametrize(
    ("asked", "events", "said"),
    [
        ({"limit": 1}, 1, "as many events as its limit, 1"),
        ({"page": 1}, 1, "page 1 of several"),
        ({"ignoreMethods": "bgp.median"}, 1, "ignores methods"),
        ({"overall": True}, 1, "merges datasources"),
        ({"from": None}, 1, "window is not known"),
    ],
)
def test_an_answer_that_is_cut_or_filtered_shows_no_ok_day(
    read: Read, asked: dict[str, Any], events: int, said: str
) -> None:
    found = read([outage("2025-08-11")] * events, asking(**asked))
    assert days(found) == {11: "anomaly"}
    assert said in found.notes[0]


def test_an_event_that_cannot_be_read_leaves_no_day_ok(read: Read) -> None:
    found = read([outage("2025-08-11"), outage("2025-08-13", start="soon")], asking())
    assert days(found) == {11: "anomaly"}
    assert "event 2 cannot be read" in found.notes[0]


def test_the_window_may_be_said_and_the_answers_own_stands_first(read: Read) -> None:
    said = (date(2025, 8, 11), date(2025, 8, 12))
    assert days(read([outage("2025-08-11")], None, asked=said)) == {11: "anomaly", 12: "ok"}
    assert len(days(read([outage("2025-08-11")], asking(), asked=said))) == 5
    with pytest.raises(ValueError, match="expected the first day first"):
        read([], None, asked=said[::-1])


def test_only_whole_days_that_are_over_are_taken(read: Read) -> None:
    found = read([outage("2025-08-11")], asking("2025-08-10T10:00", "2025-08-12T23:59:59"))
    assert days(found) == {11: "anomaly", 12: "ok"}
    today = datetime.now(UTC).date()
    found = read([outage("2025-08-11")], asking("2025-08-10", str(today + timedelta(30))))
    assert found.series is not None and found.series["day"].max() == today - timedelta(1)
    outside = read([outage("2025-08-01")], asking("2025-08-10T10:00", "2025-08-10T16:00"))
    assert why(outside) == ["refused: touches no whole day of the asked window"]


def test_what_was_asked_for_by_name_is_ok_without_any_event(read: Read) -> None:
    found = read([], asking(entityType="country", entityCode="RU,IR,XX", datasource="bgp"))
    assert found.series is not None
    assert found.series.group_by("country").len().sort("country").rows() == [("IR", 5), ("RU", 5)]
    nothing = read([], asking(entityType="country", entityCode="RU")).series
    assert nothing is not None and nothing.is_empty()  # which datasources watch it is not said


def test_a_network_needs_its_country(read: Read) -> None:
    event = outage("2025-08-11", location="asn/12389")
    found = read([event], asking())
    assert "ask with relatedTo=country/" in why(found)[0]
    for found in (
        read([event], asking(relatedTo="country/RU", entityType="asn")),
        read([event], asking(), country="RU"),
    ):
        assert found.series is not None
        assert found.series.select("country", "network").unique().rows() == [("RU", 12389)]
    quiet = read([], asking(entityType="asn", entityCode="12389", datasource="bgp"), country="RU").series
    assert quiet is not None and quiet["network"].to_list() == [12389] * 5
    with pytest.raises(ValueError, match="found country 'ZZ'"):
        read([], asking(), country="ZZ")


@pytest.mark.parametrize(
    "change",
    [
        {"location": "region/4416"},
        {"location": "geoasn/3307-4416"},
        {"location": "continent/EU"},
        {"location": "country/ZZ"},
        {"location": "asn/0"},
        {"location": None},
        {"location": 5},
        {"datasource": "overall", "method": "multiple"},
        {"datasource": "unknown"},
        {"datasource": None},
        {"datasource": "B G P"},
        {"start": "soon"},
        {"start": True},
        {"start": -5},
        {"start": 10**15},
        {"start": seconds("2999-01-01")},
        {"duration": -5},
        {"duration": "long"},
        {"duration": True},
    ],
)
def test_what_has_no_place_in_a_series_is_refused(read: Read, change: dict[str, Any]) -> None:
    found = read([outage("2025-08-11", **change)], asking(), country="RU")
    assert found.series is not None and found.series.is_empty()
    assert found.report["refused"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>busy</html>", "a web page"),
        ('{"error": "from timestamp must be set", "data": null}', "from timestamp must be set"),
        ('{"error": null, "data": null}', "no list of events in data"),
        ("[]", "no list of events in data"),
        ('{"data": [5]}', "event 1 that is a int"),
        ('{"data": [{"location": "country/RU"', "JSON that cannot be read"),
        ('{"data": [], "requestParameters": {"from": 0, "until": 999999999999}}', "at most 3,660 days"),
        ('{"data": [], "requestParameters": {"from": 5, "until": 4}}', "a window from 5 until 4"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, released: Dataset, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFile, match=said):
        importers.ioda(tmp_path / "a.json", reference=released)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real sample files are not at ../shared/samples")
def test_the_real_event_is_read_and_its_end_is_not_believed(released: Dataset) -> None:
    window = date(2024, 1, 25), date(2024, 2, 25)
    found = importers.ioda(SAMPLES / "ioda_outages_events.json", reference=released, asked=window)
    assert found.series is not None
    assert found.series.filter(ok=1)["day"].to_list() == [date(2024, 1, 25) + timedelta(at) for at in range(6)]
    assert found.series.filter(anomaly=1)["day"].max() == date(2024, 2, 14)


def test_a_hundred_thousand_events_take_seconds(read: Read) -> None:
    began = time.process_time()
    places = ("RU", "IR", "IQ", "SY", "UA", "TR")
    events = [
        outage("2025-01-01", start=seconds("2025-01-01") + at * 60, location=f"country/{places[at % 6]}")
        for at in range(100_000)
    ]
    found = read(events, asking("2025-01-01", "2025-11-01", limit=1_000_000))
    assert found.report["rows"] == found.report["mapped"] + found.report["merged"] == 100_000
    assert time.process_time() - began < 60


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "location": st.sampled_from(["country/RU", "asn/5", "region/1"]) | ODD,
        "start": st.integers(seconds("2025-08-01"), seconds("2025-08-20")) | ODD,
        "duration": st.integers(0, 900_000) | ODD,
        "datasource": st.sampled_from(["bgp", "gtr"]) | ODD,
        "overlaps_window": st.booleans() | ODD,
        "until": ODD,
        "entity": ODD,
    },
)
KNOWN = rightsdata.load()


@given(
    st.lists(FIELDS, max_size=5),
    st.dictionaries(st.sampled_from([one for one in asking() if one not in ("from", "until")]), ODD),
)
def test_every_event_is_accounted_for_and_the_series_is_sound(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("odd") / "a.json"
    path.write_text(json.dumps({"data": events, "requestParameters": {**asking(), **asked}}))
    found = importers.ioda(path, reference=KNOWN, country="RU")
    report = found.report
    assert report.pop("rows") == sum(report.values()) == len(events)
    assert found.series is not None
    assert series.check(found.series.lazy()) == []
    assert found.series.height >= report["mapped"]


# ------------------------------------------------------------------- to a verdict


def event(folder: Folder, **changes: Any) -> Dataset:
    return folder.measure("network_shutdown", "internet", "2025-09-06", **changes)


SOURCES = ("bgp", "ping-slash24", "gtr")
AUGUST = [f"2025-08-{day:02}" for day in range(10, 32)]
ASKED = asking("2025-07-01", "2025-10-01", limit=1000)


@pytest.mark.parametrize(
    ("outages", "asked", "verdict", "words"),
    [
        (AUGUST, ASKED, "corroborated", "in the country as a whole"),
        (["2025-07-02"], ASKED, "inconclusive", "no alert was raised"),
        (["2025-07-20", "2025-08-15"], ASKED, "inconclusive", "Neither a rise nor its absence"),
        (AUGUST, {**ASKED, "limit": 60}, "inconclusive", "no row of the whole country was measured by the same test"),
        (["2025-07-02"], asking("2025-07-01", "2025-08-10"), "not_measured", "ioda did not measure"),
    ],
)
def test_an_answer_leads_to_a_verdict(
    read: Read, folder: Folder, outages: list[str], asked: dict[str, Any], verdict: str, words: str
) -> None:
    found = read([outage(day, datasource=source) for day in outages for source in SOURCES], asked)
    assert found.series is not None
    judged = evidence.corroborate(event(folder), found.series).filter(platform_id="internet")
    assert judged["verdict"].to_list() == [verdict], judged["reason"][0]
    assert words in judged["reason"][0]


def test_an_outage_of_the_whole_does_not_contradict_a_shutdown_of_a_part(read: Read, folder: Folder) -> None:
    found = read([outage("2025-07-02", datasource=source) for source in SOURCES], ASKED)
    assert found.series is not None
    judged = evidence.corroborate(event(folder, admin1=["RU-DA"]), found.series).row(0, named=True)
    assert judged["verdict"] == "inconclusive"
    assert "counts are of networks or of the whole" in judged["reason"]


def test_loss_and_latency_are_in_the_series_and_covered_by_no_test(read: Read, folder: Folder) -> None:
    found = read([outage("2025-07-02", datasource="ping-slash24-loss")], ASKED)
    assert found.series is not None and found.series.height == 92
    judged = evidence.corroborate(event(folder), found.series)
    assert judged["verdict"].unique().to_list() == ["not_measured"]
