"""importers: every row of a provider's file is accounted for, and what is no such file is refused with a reason."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rightsdata as rd
from rightsdata import crosswalk, drafts, importers
from rightsdata.dataset import Dataset
from rightsdata.errors import UnreadableFile
from rightsdata.importers import names, tables

SAMPLES = ROOT.parent / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the real sample files are not at {SAMPLES}")

ROW_2020: dict[str, Any] = {
    "start_date_type": "Actual",
    "start_date": date(2021, 3, 4),
    "country": "Russian Federation",
    "geo_scope": "It affected locations in more than one state, province, or region",
    "area_name": "Nationwide",
    "shutdown_type": "Shutdown",
    "affected_network": "Broadband, Mobile",
    "shutdown_extent": "Service-based",
    "ordered_by": "Executive government",
    "decision_maker": "An invented regulator",
    "actual_cause": "Protests",
    "info_source": "News media article",
    "info_source_link": "https://paper.example/a, https://paper.example/b;",
    "shutdown_status": "Ended",
    "end_date": date(2021, 3, 9),
    "duration": -44138.0,
    "gov_justification": "School Exams",
    "gov_ack": "Yes",
    "legal_just": "No",
    "facebook_affected": "Yes",
    "twitter_affected": "No",
    "whatsapp_affected": "No",
    "instagram_affected": "No",
    "telegram_affected": "Yes",
    "other_affected": "Signal and YouTube",
    "election": "Yes",
    "event": "",
}


def workbook(path: Path, **sheets: list[dict[str, Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([row.get(key) for key in rows[0]])
    book.save(path)
    return path


def stop(tmp_path: Path, *rows: dict[str, Any], known: Dataset, **more: Any) -> drafts.Import:
    path = workbook(tmp_path / "stop.xlsx", **{"2021_Data": [{**ROW_2020, **row} for row in rows], **more})
    return importers.stop(path, reference=known)


def outcome(found: drafts.Import) -> list[tuple[str, str]]:
    return list(found.rows.select(pl.col("outcome").cast(pl.String), pl.col("why").fill_null("")).iter_rows())


# ------------------------------------------------------------------- stop


def test_a_row_becomes_a_draft_that_says_no_more_than_the_row(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {}, known=released)
    (record,) = found.records
    assert outcome(found) == [("mapped", "")]
    assert record["restriction_type"] == "service_block"
    assert [one["platform_id"] for one in record["targets"]] == ["facebook", "telegram", "signal", "youtube"]
    assert (record["country"], record["admin1"], record["start"], record["end"]) == (
        "RU",
        [],
        "2021-03-04",
        "2021-03-09",
    )
    assert (record["initiator"], record["stated_reasons"], record["contexts"]) == (
        "state",
        ["exam_integrity"],
        ["protest", "election"],
    )
    assert record["legal_bases"] == [{"type": "none_stated", "sources": ["s1"]}]
    assert [one["url"] for one in record["sources"][1:]] == ["https://paper.example/a", "https://paper.example/b"]
    assert "initiator: broader" in found.rows["losses"][0].to_list()
    assert json.loads(found.rows["original"][0])["duration"] == -44138
    assert found.dataset().events["confidence"].cast(pl.String).to_list() == ["medium"]


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        ({"shutdown_extent": "Full network"}, ["network_shutdown"]),
        ({"shutdown_extent": "Full network", "affected_network": "Mobile"}, ["mobile_shutdown"]),
        ({"shutdown_extent": "Full network", "affected_network": "Unknown"}, ["network_shutdown"]),
        ({"shutdown_type": "Throttle"}, ["throttling"]),
        ({"shutdown_type": "Shutdown, Throttle"}, ["service_block", "throttling"]),
        ({"shutdown_extent": "Full network, Service-based"}, ["network_shutdown", "service_block"]),
    ],
)
def test_kinds_follow_the_crosswalk(tmp_path: Path, released: Dataset, cells: dict[str, str], kinds: list[str]) -> None:
    found = stop(tmp_path, cells, known=released)
    assert sorted(one["restriction_type"] for one in found.records) == kinds
    assert found.dataset()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"other_affected": "Signal, Nowhereapp"}, "no platform of ours: Nowhereapp"),
        ({"event": "Voice calls did not work"}, "may be a feature block, by the words 'Voice calls'"),
        ({"country": "Ruritania"}, "no country of ours: Ruritania"),
        ({"area_name": "Some valley"}, "part of a country that has no code here"),
        ({"shutdown_type": "Unknown"}, "no kind of shutdown that is known"),
        ({"end_date": date(2020, 1, 1)}, "lies before the start"),
        ({"ordered_by": "A new word"}, "no crossing for ordered_by: A new word"),
        ({"facebook_affected": "No", "telegram_affected": "No", "other_affected": ""}, "no service is named"),
    ],
)
def test_what_a_person_must_decide_goes_to_review(
    tmp_path: Path, released: Dataset, cells: dict[str, Any], said: str
) -> None:
    found = stop(tmp_path, cells, known=released)
    ((what, why),) = outcome(found)
    assert what == "review"
    assert said in why


def test_a_running_event_is_one_draft_and_its_years_are_kept(tmp_path: Path, released: Dataset) -> None:
    first = {**ROW_2020, "shutdown_status": "Ongoing", "end_date": None}
    found = stop(tmp_path, {}, known=released, **{"2020_Data": [first]})
    assert [what for what, _ in outcome(found)] == ["merged", "mapped"]
    assert "2020, 2021" in found.records[0]["summary"]
    other = stop(tmp_path, {}, {"affected_network": "Mobile", "end_date": date(2021, 3, 10)}, known=released)
    assert outcome(other)[1][0] == "review"
    assert "another end, 2021-03-10" in outcome(other)[1][1]


def test_an_end_that_comes_later_is_taken(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {"shutdown_status": "Ongoing", "end_date": None}, {}, known=released)
    assert found.records[0]["end"] == "2021-03-09"
    assert [one["stage"] for one in found.records[0]["stages"]] == ["in_force", "lifted"]


def test_a_semicolon_parts_countries_and_a_comma_does_not(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {"country": "Tanzania, United Republic of; Turkey"}, known=released)
    assert sorted(one["country"] for one in found.records) == ["TR", "TZ"]
    assert found.rows["event_ids"][0].len() == 2


def test_imprecise_dates_stay_imprecise_and_nothing_known_is_not_ongoing(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {"start_date_type": "Estimated", "end_date": None, "shutdown_status": None}, known=released)
    assert (found.records[0]["start"], found.records[0]["ongoing"]) == ("2021-03-04~", None)
    assert outcome(stop(tmp_path, {"start_date": "spring"}, known=released)) == [
        ("refused", "no start that is a day: spring")
    ]


def test_a_confidential_source_gives_no_link(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {"info_source": "Confidential"}, known=released)
    assert [one["id"] for one in found.records[0]["sources"]] == ["s1"]
    assert "a confidential source" in outcome(found)[0][1]


def test_the_older_generations_are_read(tmp_path: Path, released: Dataset) -> None:
    row_2019 = {
        "ID": 1, "start_date": date(2019, 5, 1), "end_date ": "Ongoing ", "country ": "SriLanka", "geo_scope": "Level  2",
        "area_name ": "Colombo", "ordered_by ": "Law Enforcemnet", "shutdown_type_new": "Shutdown", "affected_network": "Mobile",
        "full or service-based": "Full", "Facebook_affected": True, "official_just": "School Exams", "actual_cause": "Protest",
        "news_link ": "",
    }  # fmt: skip
    row_2016 = {
        "year": 2016, "start_date": "2/22/2016", "end_date": "ongoing", "duration_days": "Curfew Style", "country": "India",
        "geo_scope": "Regional", "area_name": "Bharatpur district, Rajasthan state", "ordered_by": "Local Government",
        "shutdown_type_group": "Full network", "shutdown_type": "Broadband Internet, Mobile Internet", "official_just": "Public Safety",
        "actual_cause": "Protest", "news_link": "https://paper.example/c",
    }  # fmt: skip
    path = workbook(tmp_path / "old.xlsx", **{"2019": [row_2019], "2016+2017+2018_": [row_2016]})
    found = importers.stop(path, reference=released)
    two, one = found.records
    assert (one["country"], one["restriction_type"], one["ongoing"]) == ("LK", "mobile_shutdown", "true")
    assert one["authorities"] == []
    assert (two["start"], two["admin1"], two["pattern"], two["ongoing"]) == (
        "2016-02-22",
        ["IN-RJ"],
        "recurring",
        "true",
    )
    assert found.dataset()


def test_csv_and_parquet_read_like_the_workbook(tmp_path: Path, released: Dataset) -> None:
    texts = {key: "" if value is None else str(value) for key, value in ROW_2020.items()}
    combined = pl.DataFrame([{**texts, "start_date": "3/4/2021", "region": "EECA", "count_year": "2021"}])
    combined.write_csv(tmp_path / "stop.csv")
    combined.write_parquet(tmp_path / "stop.parquet")
    told = [importers.stop(tmp_path / name, reference=released).records for name in ("stop.csv", "stop.parquet")]
    assert told[0] == told[1] == stop(tmp_path, {}, known=released).records


def test_a_sheet_of_something_else_is_refused_row_by_row(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {}, known=released, Notes=[{"a": 1, "b": 2}])
    assert found.report == {"rows": 3, "mapped": 1, "merged": 0, "review": 0, "refused": 2}
    assert found.rows["sheet"].to_list() == ["2021 Data", "Notes", "Notes"]


@needs_samples
def test_the_real_workbook_is_accounted_for_row_by_row(released: Dataset) -> None:
    path = SAMPLES / "stop_workbook_2016-2022.xlsx"
    found = importers.stop(path, reference=released)
    told = {(sheet, row) for sheet, row in found.rows.select("sheet", "row").iter_rows()}
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    held = {
        (sheet.title, number)
        for sheet in book
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1)
        if any(cell not in (None, "") for cell in cells) and (number > 1 or sheet.title.startswith("Need"))
    }
    assert told == held
    assert found.rows.height == 1118 + 3
    assert found.rows.filter(pl.col("outcome") == "refused")["sheet"].unique().to_list() == ["Need more details"]
    assert len(found.dataset()) == len(found.records)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "country": st.sampled_from(["Turkey", "India; Turkey", "", "Nowhere"]),
                "shutdown_type": st.sampled_from(["Shutdown", "Throttle", "Shutdown, Throttle", "Unknown", ""]),
                "shutdown_extent": st.sampled_from(
                    ["Full network", "Service-based", "Full network, Service-based", ""]
                ),
                "start_date": st.sampled_from([date(2021, 3, 4), "2021-03-05", "March", ""]),
                "area_name": st.sampled_from(["Nationwide", "Ankara", "x"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_the_rows_say_they_are_accounted_for(
    tmp_path: Path, released: Dataset, rows: list[dict[str, Any]]
) -> None:
    found = stop(tmp_path, *rows, known=released)
    counts = found.report
    assert counts.pop("rows") == len(rows) == sum(counts.values())
    ids = {one["event_id"] for one in found.records}
    assert ids == {event for events in found.rows["event_ids"] for event in events}


# ------------------------------------------------------------------- files that are not what they should be


def locked(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


def cut(path: Path) -> None:
    whole = workbook(path, **{"2021_Data": [ROW_2020]}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def renamed(path: Path) -> None:
    row = {("Start" if key == "start_date" else key): value for key, value in ROW_2020.items()}
    workbook(path, **{"2021_Data": [row]})


def bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(60):
            part.write(b"\0" * 10_000_000)


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("a.xlsx", locked, "locked by a password"),
        ("a.xlsx", cut, "a workbook that cannot be read"),
        ("a.xlsx", renamed, "without start_date"),
        ("a.xlsx", bomb, "bytes unpacked"),
        ("a.xlsx", lambda path: workbook(path, Other=[{"a": 1}]), "other columns"),
        ("a.csv", lambda path: path.write_text("<!DOCTYPE html><p>Sign in"), "a web page"),
        ("a.csv", lambda path: path.write_bytes("страна,start_date\n".encode("cp1251")), "text that is not UTF-8"),
        ("a.csv", lambda path: path.write_text(""), "an empty file"),
        ("a.csv", lambda path: path.write_text("\n\n , \n"), "only empty rows"),
        ("a.csv", lambda path: path.write_text('a,b\n1,"2'), "CSV that cannot be read"),
        ("a.csv", lambda path: path.write_text("a,b\n1,2\n3\n"), "1 cells in row 3"),
        ("a.parquet", lambda path: path.write_bytes(b"PAR1" + b"\0" * 40), "Parquet that cannot be read"),
        ("nothing.csv", lambda path: None, "no such file"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_reason(
    tmp_path: Path, released: Dataset, name: str, make: Callable[[Path], object], said: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(UnreadableFile) as error:
        importers.stop(tmp_path / name, reference=released)
    assert said in str(error.value)
    assert "expected" in str(error.value)


def test_a_million_empty_rows_are_no_rows(tmp_path: Path, released: Dataset) -> None:
    lines = [",".join(ROW_2020), ",".join(f'"{value}"' for value in ROW_2020.values())]
    (tmp_path / "long.csv").write_text("\n".join(lines) + ("\n" + "," * (len(ROW_2020) - 1)) * 1_000_000)
    assert importers.stop(tmp_path / "long.csv", reference=released).report["rows"] == 1


# ------------------------------------------------------------------- sflc, cloudflare_radar, test_lists


def sflc_row(**more: Any) -> dict[str, Any]:
    row = {
        "state:name": "Rajasthan",
        "date": "2017-05-24",
        "description": "<p>Cut.</p>",
        "source": "https://paper.example/d",
    }
    return {**row, **more}


def test_sflc_rows_become_drafts_under_their_licence(tmp_path: Path, released: Dataset) -> None:
    said = [
        sflc_row(networksAffected="mobile", districts=["Jaipur"], active=False),
        sflc_row(networksAffected="mobile", districts=["Jaipur"]),
        sflc_row(description="Mobile data was cut"),
        sflc_row(**{"state:name": "Nowhere"}),
        sflc_row(date="last week"),
        sflc_row(networksAffected="satellite"),
    ]
    (tmp_path / "sflc.json").write_text(json.dumps(said))
    found = importers.sflc(tmp_path / "sflc.json", reference=released)
    assert [what for what, _ in outcome(found)] == ["mapped", "merged", "mapped", "review", "refused", "review"]
    assert [one["restriction_type"] for one in found.records] == [
        "mobile_shutdown",
        "mobile_shutdown",
        "network_shutdown",
    ]
    assert found.records[0]["admin1"] == ["IN-RJ"]
    assert "restriction_type: inferred" in found.rows["losses"][2].to_list()
    assert found.dataset().license == "ODbL-1.0"


@needs_samples
def test_the_real_file_of_sflc_is_accounted_for(released: Dataset) -> None:
    found = importers.sflc(SAMPLES / "sflc_shutdowns.json", reference=released)
    assert found.report["rows"] == 114
    assert len(found.dataset()) == len(found.records)


def annotation(cause: str, kind: str = "NATIONWIDE", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{cause}{kind}",
        "asns": [64500],
        "asnsDetails": [{"asn": "64500", "name": "X", "locations": {"code": "SY", "name": "Syria"}}],
        "startDate": "2025-06-21T01:00:00Z",
        "endDate": "2025-06-21T05:00:00Z",
        "locations": [],
        "outage": {"outageCause": cause, "outageType": kind},
        **more,
    }


def test_annotations_that_are_restrictions_become_drafts_and_all_are_evidence(
    tmp_path: Path, released: Dataset
) -> None:
    said = [
        annotation("GOVERNMENT_DIRECTED"),
        annotation("GOVERNMENT_DIRECTED", description="Mobile data, for exams", locations=["IQ"]),
        annotation("GOVERNMENT_DIRECTED", "REGIONAL", scope="some place"),
        annotation("GOVERNMENT_DIRECTED", "PLATFORM"),
        annotation("CABLE_CUT"),
        annotation("MILITARY_ACTION"),
        annotation("SOLAR_STORM"),
        annotation("GOVERNMENT_DIRECTED", asnsDetails=[], id="9"),
    ]
    path = tmp_path / "radar.json"
    path.write_text(json.dumps({"success": True, "result": {"annotations": said}}))
    found = importers.cloudflare_radar(path, reference=released)
    assert [what for what, _ in outcome(found)] == [
        "mapped",
        "mapped",
        "review",
        "review",
        "refused",
        "review",
        "review",
        "review",
    ]
    assert [(one["country"], one["restriction_type"]) for one in found.records] == [
        ("SY", "network_shutdown"), ("IQ", "mobile_shutdown"), ("SY", "network_shutdown"),
    ]  # fmt: skip
    assert found.found is not None
    assert found.found["cause"].to_list()[4:7] == ["CABLE_CUT", "MILITARY_ACTION", "SOLAR_STORM"]
    assert found.dataset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"success": false, "errors": [{"code": 10000, "message": "Authentication error"}]}', "Authentication error"),
        ('{"success": true, "result": {"annotations": [', "JSON that cannot be read"),
        ('{"success": true, "result": {}}', "no result.annotations"),
        ("<html>", "a web page"),
        ('{"result": {"annotations": [{"id": 1}]}}', "annotation 1 without outage"),
    ],
)
def test_an_answer_that_is_none_is_refused(tmp_path: Path, released: Dataset, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFile, match=said):
        importers.cloudflare_radar(tmp_path / "a.json", reference=released)


def test_test_lists_are_targets_and_no_events(tmp_path: Path, released: Dataset) -> None:
    lines = [
        "url,category_code,category_description,date_added,source,notes",
        "https://web.telegram.org/,GRP,Social Networking,2019-08-30,example,",
        "https://unknown.example/x,NEWS,News,2014-04-15,example,a note",
        "https://other.example/,WHAT,What,2014-04-15,example,",
        "not an address,NEWS,News,2014-04-15,example,",
    ]
    (tmp_path / "ru.csv").write_text("\n".join(lines) + "\n")
    found = importers.test_lists(tmp_path / "ru.csv", reference=released)
    assert found.report == {"rows": 4, "mapped": 2, "merged": 0, "review": 1, "refused": 1}
    assert found.records == []
    assert found.found is not None
    assert found.found["platform_id"].to_list() == ["telegram", None, None]
    assert found.found["country"].unique().to_list() == ["RU"]
    (tmp_path / "zz.csv").write_text("\n".join(lines))
    with pytest.raises(UnreadableFile, match="the name 'zz'"):
        importers.test_lists(tmp_path / "zz.csv", reference=released)
    (tmp_path / "us.csv").write_text("url,code\nhttps://a.example,NEWS\n")
    with pytest.raises(UnreadableFile, match="the header url,code"):
        importers.test_lists(tmp_path / "us.csv", reference=released)


# ------------------------------------------------------------------- rkn

DUMP = [
    "Updated: 2024-03-01 10:00:00 +0000",
    "192.0.2.1;telegram.org;https://telegram.org/secret;суд;2-1/18;2018-04-13",
    "192.0.2.1 | 192.0.2.2;web.telegram.org;https://web.telegram.org/other;суд;2-1/18;2018-04-13",
    "192.0.2.1;*.telegram.org;;Роскомнадзор;1-РИ;2018-04-16",
    "192.0.2.9;vile.example;http://vile.example/page;ФНС;5;2020-01-01",
    "192.0.2.3;youtube.com;;новое ведомство;6;",
    "192.0.2.4;cut.example;http://cut.exam",
    "192.0.2.5;a.example;http://a.example/x;y;суд;7;2020-01-01",
]


def dump(path: Path, lines: list[str] = DUMP) -> Path:
    path.write_bytes("\n".join(lines).encode("cp1251"))
    return path


def test_a_registry_row_is_an_order_and_no_proof_of_a_block(tmp_path: Path, released: Dataset) -> None:
    found = importers.rkn(dump(tmp_path / "dump.csv"), reference=released)
    assert [what for what, _ in outcome(found)] == [
        "mapped",
        "merged",
        "mapped",
        "mapped",
        "review",
        "refused",
        "refused",
    ]
    assert "7 of dump.csv" in outcome(found)[5][1]
    assert [(one["restriction_type"], one["start"]) for one in found.records] == [
        ("content_block", None),
        ("service_block", None),
    ]
    made = found.dataset()
    assert made.events["status"].cast(pl.String).unique().to_list() == ["planned"]
    assert found.found is not None
    assert found.found["agency"].to_list() == ["суд", "суд", "Роскомнадзор", "ФНС", "новое ведомство"]
    assert found.found["order"].to_list()[2] == "1-РИ"


def test_addresses_of_the_registry_are_hashed_and_never_shown(tmp_path: Path, released: Dataset) -> None:
    found = importers.rkn(dump(tmp_path / "dump.csv"), reference=released)
    folder = found.write(tmp_path / "out")
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data = str(pl.read_parquet(path).to_dicts()).encode()
            assert b"/page" not in data, path
            assert b"/secret" not in data, path
            assert b"cut.exam" not in data, path
    assert "page" not in repr(found)
    kept = importers.rkn(tmp_path / "dump.csv", reference=released, keep_urls=True)
    assert kept.found is not None
    assert kept.found["url"].to_list()[3] == "http://vile.example/page"


def test_the_short_layout_and_packed_parts_are_read(tmp_path: Path, released: Dataset) -> None:
    short = dump(tmp_path / "dump.csv", [DUMP[0], "192.0.2.1;telegram.org", "192.0.2.2;a.example", ""])
    found = importers.rkn(short, reference=released)
    assert outcome(found) == [("review", "names telegram, and has no day"), ("mapped", "")]
    packed = tmp_path / "dump-01.csv.gz"
    packed.write_bytes(gzip.compress("\n".join(DUMP).encode("cp1251")))
    both = importers.rkn(dump(tmp_path / "dump-00.csv"), packed, reference=released)
    assert both.report["rows"] == 14
    assert [what for what, _ in outcome(both)][7:10] == ["merged", "merged", "merged"]
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(UnreadableFile, match="ends in its middle"):
        importers.rkn(packed, reference=released)


def test_pieces_read_like_the_whole(tmp_path: Path, released: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = importers.rkn(dump(tmp_path / "dump.csv"), reference=released)
    monkeypatch.setattr(import_module("rightsdata.importers.rkn"), "PIECE", 150)
    pieces = importers.rkn(tmp_path / "dump.csv", reference=released)
    assert pieces.rows.equals(whole.rows)
    assert pieces.records == whole.records


def test_the_registry_is_read_from_a_stream(tmp_path: Path, released: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        buffer = io.BytesIO("\n".join(DUMP).encode("cp1251"))

    monkeypatch.setattr("sys.stdin", Stream)
    assert importers.rkn("-", reference=released).report["rows"] == 7


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html>", "a web page"),
        (b"1;2;3\n", "first; expected `Updated: `"),
        (b"Updated: now\n1;2;3\n", "3 fields"),
        (b"Updated: now\n", "no line after the first"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path: Path, released: Dataset, data: bytes, said: str) -> None:
    (tmp_path / "dump.csv").write_bytes(data)
    with pytest.raises(UnreadableFile, match=said):
        importers.rkn(tmp_path / "dump.csv", reference=released)


# ------------------------------------------------------------------- names and the crosswalk


def test_names_are_folded_and_parts_of_countries_found() -> None:
    assert names.folded("  Côte d'Ivoire & Zürich ") == "cote d ivoire and zurich"
    assert names.subdivisions("IN", "Anantnag, Jammu & Kashmir; rural Rajasthan") == ["IN-JK", "IN-RJ"]
    assert names.subdivisions("IN", "Rajasthani quarter") == []


def test_each_importer_uses_its_part_of_the_crosswalk() -> None:
    told = {row["provider"] for row in crosswalk.rows()}
    assert told == {"access-now-stop", "sflc-in", "cloudflare-radar", "zapret-info", "citizenlab-test-lists"}
    fields = {row["field"] for row in crosswalk.rows()}
    sources = "".join(path.read_text() for path in (ROOT / "rightsdata" / "importers").glob("*.py"))
    assert [one for one in fields if f'"{one}"' not in sources] == []


def test_importers_are_public() -> None:
    assert rd.importers.stop is importers.stop
    assert sorted(importers.PROVIDERS) == ["cloudflare-radar", "ioda", "ooni", "rkn", "sflc", "stop", "test-lists"]
    assert tables.LARGEST > 100_000_000
