"""importers.stop: running events meet whatever the order of the sheets, and every crossing is used."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pycountry
import pytest
from click.testing import CliRunner
from test_importers import ROW_2020, SAMPLES, needs_samples, outcome, stop, workbook

from rightsdata import cli, crosswalk, drafts, importers
from rightsdata.dataset import Dataset
from rightsdata.errors import UnreadableFile
from rightsdata.importers import names, tables

OPEN = {"shutdown_status": "Ongoing", "end_date": None}
ONE_CITY = "It only affected one city, county, or village"


def running(tmp_path: Path, known: Dataset, newer: dict[str, Any], older: dict[str, Any]) -> drafts.Import:
    """Two rows of an event that runs over a year's end; the workbook holds the newest sheet first."""
    return stop(tmp_path, newer, known=known, **{"2020_Data": [{**ROW_2020, **older}]})


# ------------------------------------------------------------------- running events


@pytest.mark.parametrize(
    ("newer", "older", "state", "told"),
    [
        ({}, OPEN, ("2021-03-09", "false"), None),
        (OPEN, OPEN, (None, "true"), None),
        ({"shutdown_status": "Unknown", "end_date": None}, OPEN, (None, None), None),
        ({"shutdown_status": None, "end_date": None}, OPEN, (None, "true"), None),
        (OPEN, {}, (None, "true"), "another end, none, as ongoing, than an earlier row's 2021-03-09"),
        ({"end_date": date(2021, 4, 1)}, {}, ("2021-04-01", "false"), "another end, 2021-04-01"),
        ({"shutdown_status": "Ended", "end_date": None}, {}, ("2021-03-09", "false"), None),
    ],
)
def test_the_newest_year_says_how_it_stands_and_a_conflict_is_told(
    tmp_path: Path,
    released: Dataset,
    newer: dict[str, Any],
    older: dict[str, Any],
    state: tuple[str | None, str | None],
    told: str | None,
) -> None:
    found = running(tmp_path, released, newer, older)
    (record,) = found.records
    assert (record["end"], record["ongoing"]) == state
    assert [one["stage"] for one in record["stages"]] == ["in_force", "lifted"][: 2 if state[0] else 1]
    ((what, why), first) = outcome(found)
    assert first == ("mapped", "")
    assert what == ("review" if told else "merged")
    assert (told or "the running event") in why
    assert found.dataset()


@pytest.mark.parametrize("name", ["National", "Entire country", "NATION WIDE ", "Nationwde", "Countrywide shutdown"])
def test_names_of_the_whole_country_are_one(tmp_path: Path, released: Dataset, name: str) -> None:
    found = running(tmp_path, released, {"area_name": name}, {})
    assert [one["admin1"] for one in found.records] == [[]]
    assert outcome(found)[0][0] == "merged"


def test_another_area_is_only_suggested_as_the_same(tmp_path: Path, released: Dataset) -> None:
    found = running(tmp_path, released, {"area_name": "Moscow"}, {})
    assert len(found.records) == 2
    ((what, why), other) = outcome(found)
    assert (what, other) == ("review", ("mapped", ""))
    assert "may be the running event ru-2021-03" in why
    assert outcome(stop(tmp_path, {"area_name": "Moscow", "geo_scope": ONE_CITY}, {}, known=released)) == 2 * [
        ("mapped", "")
    ]


def test_a_running_event_holds_what_each_of_its_rows_says(tmp_path: Path, released: Dataset) -> None:
    newer = {
        "twitter_affected": "Yes",
        "actual_cause": "Conflict",
        "info_source_link": "https://paper.example/b https://paper.example/c",
    }
    older = {"ordered_by": "Unknown", "decision_maker": None}
    (record,) = running(tmp_path, released, newer, older).records
    assert [one["platform_id"] for one in record["targets"]] == ["facebook", "telegram", "signal", "youtube", "x"]
    assert record["contexts"] == ["protest", "election", "armed_conflict"]
    assert record["initiator"] == "state"
    assert [one["url"][-1] for one in record["sources"][1:]] == ["a", "b", "c"]
    assert [one["id"] for one in record["sources"]] == ["s1", "s2", "s3", "s4"]
    assert " X" in record["summary"]


def test_what_is_said_once_and_differs_goes_to_review(tmp_path: Path, released: Dataset) -> None:
    found = running(tmp_path, released, {"start_date_type": "Estimated", "ordered_by": "Non-government"}, {})
    assert outcome(found)[0][0] == "review"
    assert "which is kept, in start" in outcome(found)[0][1]
    assert found.records[0]["initiator"] == "state"


def test_two_rows_of_one_year_are_told_apart_by_a_person(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {}, {}, {"decision_maker": "Another"}, known=released)
    assert [what for what, _ in outcome(found)] == ["mapped", "merged", "review"]
    assert "one event or two?" in outcome(found)[2][1]


def test_the_year_is_that_of_the_row_then_of_the_sheet_then_of_the_file(tmp_path: Path, released: Dataset) -> None:
    texts = {key: "" if value is None else str(value) for key, value in ROW_2020.items()}
    newer, older = tmp_path / "stop-2021.csv", tmp_path / "stop-2020.csv"
    pl.DataFrame([texts]).write_csv(newer)
    pl.DataFrame([texts]).write_csv(older)
    found = importers.stop(newer, older, reference=released)
    assert found.rows["file"].to_list() == [newer.name, older.name]
    assert [what for what, _ in outcome(found)] == ["merged", "mapped"]
    assert "Counted by the provider in 2020, 2021." in found.records[0]["summary"]
    both = pl.DataFrame([{**texts, "count_year": "2022"}, {**texts, "count_year": "2019"}])
    both.write_csv(tmp_path / "all-2016-2022.csv")
    found = importers.stop(tmp_path / "all-2016-2022.csv", reference=released)
    assert "Counted by the provider in 2019, 2022." in found.records[0]["summary"]


# ------------------------------------------------------------------- what a row says


@pytest.mark.parametrize(
    ("area", "parts", "told"),
    [
        ("Nationwide (except Moscow)", [], "has no code here"),
        ("National territory near Moscow and Ingushetia", ["RU-IN", "RU-MOW"], None),
        ("Moscow and a town", ["RU-MOW"], "of which only RU-MOW is found here"),
        ("Moscowville", [], "has no code here"),
    ],
)
def test_a_part_never_reads_as_another(
    tmp_path: Path, released: Dataset, area: str, parts: list[str], told: str | None
) -> None:
    found = stop(tmp_path, {"area_name": area}, known=released)
    assert found.records[0]["admin1"] == parts
    ((what, why),) = outcome(found)
    assert what == ("review" if told else "mapped")
    assert (told or "") in why


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"end_date": "after the vote"}, "an end that is no day, left out: after the vote"),
        ({"shutdown_status": "Ongoing"}, "ongoing, and ended on 2021-03-09; the end is taken"),
        ({"shutdown_status": "Paused"}, "no crossing for shutdown_status: Paused"),
        ({"shutdown_type": "Shutdown, Throttle", "shutdown_extent": "Full network, Service-based"}, "which of which"),
        ({"other_affected": "Facebook Livestream"}, "may be a feature block, by the words 'Livestream'"),
        ({"other_affected": "Voice over IP calls to social networks"}, "may be a feature block, by the words 'Voice"),
        ({"legal_just": "Perhaps"}, "no crossing for legal_just: Perhaps"),
    ],
)
def test_what_cannot_be_decided_goes_to_review(
    tmp_path: Path, released: Dataset, cells: dict[str, Any], told: str
) -> None:
    found = stop(tmp_path, cells, known=released)
    ((what, why),) = outcome(found)
    assert (what, told in why) == ("review", True), why


def test_a_page_of_a_row_without_a_draft_adds_no_publisher(tmp_path: Path, released: Dataset) -> None:
    none = {"facebook_affected": "No", "telegram_affected": "No", "other_affected": ""}
    found = stop(tmp_path, {**none, "info_source_link": "https://elsewhere.example/a"}, {}, known=released)
    folder = found.write(tmp_path / "out")
    assert "elsewhere.example" not in (folder / "reference" / "publishers.csv").read_text()
    assert "paper.example" in (folder / "reference" / "publishers.csv").read_text()


def test_a_list_in_brackets_is_a_list(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {"other_affected": "social media (Signal, YouTube)"}, known=released)
    assert outcome(found) == [("mapped", "")]
    assert [one["platform_id"] for one in found.records[0]["targets"]][2:] == ["social-media", "signal", "youtube"]


def test_a_cut_of_the_network_says_that_it_leaves_out_the_services(tmp_path: Path, released: Dataset) -> None:
    found = stop(tmp_path, {"shutdown_extent": "Full network"}, known=released)
    assert [one["platform_id"] for one in found.records[0]["targets"]] == ["internet"]
    assert "targets: broader" in found.rows["losses"][0].to_list()


@pytest.mark.parametrize(
    ("services", "target"),
    [
        ("Broadband Internet, Mobile Internet", "internet"),
        ("Mobile Internet, Throttled", "mobile_internet"),
        ("WhatsApp", "whatsapp"),
    ],
)
def test_throttling_of_the_oldest_sheets_hits_what_the_row_names(
    tmp_path: Path, released: Dataset, services: str, target: str
) -> None:
    row = {
        "year": 2017, "start_date": date(2017, 5, 1), "end_date": "ongoing", "country": "India", "geo_scope": "National", "area_name": "India",
        "ordered_by": "Unknown", "shutdown_type_group": "Throttling", "shutdown_type": "Throttling", "service_details": services,
    }  # fmt: skip
    found = importers.stop(workbook(tmp_path / "old.xlsx", Sheet=[row]), reference=released)
    assert outcome(found) == [("mapped", "")]
    assert [one["platform_id"] for one in found.records[0]["targets"]] == [target]
    assert found.records[0]["restriction_type"] == "throttling"


# ------------------------------------------------------------------- every crossing


def _cells(row: dict[str, str], known: Dataset) -> dict[str, Any]:
    """A row of the workbook that holds the value of a crossing."""
    field, value = row["field"], row["value"]
    if field == "kind":
        kind, extent, network = value.split("/")
        return {
            "shutdown_type": kind.capitalize(),
            "shutdown_extent": {"full": "Full network", "service": "Service-based"}[extent],
            "affected_network": network.replace("+", ", "),
        }
    if field == "area":
        code, _, words = value.partition("/")
        name = dict(known.countries.select("code", "name_en").iter_rows())[code.upper()]
        return {"country": name, "area_name": f"near {words}", "geo_scope": ONE_CITY}
    if field == "shutdown_status":
        return {field: value, "end_date": None}
    columns = {"other": "other_affected"}
    return {columns.get(field, field): {"*": "", "yes": " Yes "}.get(value, value)}


def test_areas_are_parts_of_their_countries() -> None:
    parts = {one.code for one in pycountry.subdivisions}
    areas = [row for row in crosswalk.rows() if row["field"] == "area"]
    assert [row for row in areas if row["our_value"] not in parts] == []
    assert [row for row in areas if row["our_value"][:2].lower() != row["value"].partition("/")[0]] == []


def test_every_crossing_is_used(tmp_path: Path, released: Dataset) -> None:
    rows = [row for row in crosswalk.rows() if row["provider"] == "access-now-stop"]
    plain = {
        **ROW_2020,
        "sms_affected": "",
        "phonecall_affected": "",
        "sms_and_phone_call_affected": "",
        "other_affected": "",
    }
    plain |= {
        "gov_ack": "",
        "legal_just": "",
        "election": "",
        "gov_justification": "",
        "actual_cause": "",
        "ordered_by": "Judiciary",
    }
    days = [date(2015, 1, 1) + timedelta(days=at) for at in range(len(rows))]
    book = [
        {**plain, "start_date": day, "end_date": None, "shutdown_status": "", **_cells(row, released)}
        for row, day in zip(rows, days, strict=True)
    ]
    found = importers.stop(workbook(tmp_path / "all.xlsx", Data=book), reference=released)
    drafted = {record["start"].rstrip("~"): record for record in found.records}
    assert len(drafted) == len(rows)
    accounts = zip(found.rows["why"].fill_null(""), found.rows["losses"].to_list(), strict=True)
    for row, day, (why, losses) in zip(rows, days, accounts, strict=True):
        record = drafted[day.isoformat()]
        table, _, column = row["our_field"].rpartition(".")
        said = [one[column] for one in record[table]] if table else record[column]
        if column == "start":
            assert said == day.isoformat() + row["our_value"], row
        elif row["our_value"]:
            assert row["our_value"] in (said if isinstance(said, list) else [said]), row
        else:
            assert said in (None, [], ["facebook", "telegram"]), row
        label = "targets" if table == "targets" else row["our_field"]
        assert row["loss"] == "exact" or f"{label}: {row['loss']}" in losses, (row, losses)
        assert "no crossing" not in why, row
        assert "no platform" not in why, row
        assert "no country" not in why, row
    assert found.dataset()


# ------------------------------------------------------------------- tables and names


def far(path: Path, row: int, value: str | None) -> Path:
    """A workbook with a cell far behind its only row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(ROW_2020))
    sheet.append(list(ROW_2020.values()))
    cell = sheet.cell(row, 3, value)
    cell.number_format = "0.00"
    book.save(path)
    return path


def test_a_sheet_that_reaches_to_the_last_row_is_refused_at_once(tmp_path: Path, released: Dataset) -> None:
    begun = time.process_time()
    for value in (" ", None):
        with pytest.raises(UnreadableFile, match=r"in row 1,048,576.*Delete the empty rows"):
            importers.stop(far(tmp_path / "far.xlsx", 1_048_576, value), reference=released)
    assert time.process_time() - begun < 3


def test_rows_of_spaces_are_no_rows(tmp_path: Path, released: Dataset) -> None:
    found = importers.stop(far(tmp_path / "near.xlsx", 100_000, "\u00a0"), reference=released)
    assert outcome(found) == [("mapped", "")]


def test_a_header_without_rows_is_an_error(tmp_path: Path, released: Dataset) -> None:
    (tmp_path / "cut.csv").write_text(",".join(ROW_2020) + "\n")
    with pytest.raises(UnreadableFile, match="a header and no row"):
        importers.stop(tmp_path / "cut.csv", reference=released)


def test_a_column_that_stands_twice_is_kept_twice() -> None:
    sheet = tables.Sheet("x", None, 1, ["a", "a", "", "b"], [])
    assert tables.named(sheet, ["1", "2", "3", ""]) == {"a": "1", "a column 2": "2", "column 3": "3"}


def test_a_district_called_as_its_division_is_the_division() -> None:
    assert names.subdivisions("BD", "Barishal") == ["BD-A"]
    assert names.subdivisions("UZ", "Toshkent") == []


@needs_samples
def test_the_real_workbook_is_brought_in_within_three_seconds(tmp_path: Path, released: Dataset) -> None:
    begun = time.process_time()  # of this process, whatever else the machine does
    found = importers.stop(SAMPLES / "stop_workbook_2016-2022.xlsx", reference=released)
    found.write(tmp_path / "out")
    assert time.process_time() - begun < 3
    ended = {one["event_id"]: (one["start"], one["end"], one["ongoing"]) for one in found.records}
    assert len(ended) == len(found.records) > 1000
    assert [one for one in ended.values() if one[1] and one[2] != "false"] == []


# ------------------------------------------------------------------- the command


def test_the_command_writes_the_folder_and_prints_the_counts(tmp_path: Path) -> None:
    path = workbook(tmp_path / "stop.xlsx", Data=[ROW_2020, {**ROW_2020, "country": "Ruritania"}])
    run = CliRunner().invoke(cli.main, ["import", "stop", str(path), "-o", str(tmp_path / "out")])
    assert (run.exit_code, run.output.splitlines()[1]) == (0, "2 rows: 1 mapped, 0 merged, 1 review, 0 refused")
    assert "1 drafts under NOASSERTION" in run.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    run = CliRunner().invoke(cli.main, ["import", "stop", str(path), "-o", str(tmp_path / "two"), "--json"])
    counts = json.loads(run.output)
    assert counts == {"rows": 2, "mapped": 1, "merged": 0, "review": 1, "refused": 0}
    assert {name: report[name] for name in counts} == counts
    assert "Ruritania" in (tmp_path / "out" / "review.csv").read_text()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["stop", "page.csv"], 1, "a web page"),
        (["nobody", "page.csv"], 2, "there are cloudflare-radar, ioda, ooni, rkn, sflc, stop, test-lists"),
        (["stop"], 2, "Missing argument"),
    ],
)
def test_the_command_fails_with_the_reason_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.csv").write_text("<html>")
    run = CliRunner().invoke(cli.main, ["import", *words])
    assert run.exit_code == code
    assert told in run.output
    assert [one.name for one in tmp_path.iterdir()] == ["page.csv"]
