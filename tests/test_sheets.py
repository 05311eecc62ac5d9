"""sheets: workbooks and CSV folders made, checked by cell, and turned into records."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from conftest import ROOT, Folder
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from test_cli import run
from test_records import WORDS

from rightsdata import build, notation, records, schema, sheets
from rightsdata.errors import InvalidData, SheetError
from rightsdata.sheets import coding, grids, layout, workbooks
from rightsdata.vocabulary import VOCABULARIES


def decoded(path: Path) -> list[dict[str, Any]]:
    return [record.value or {} for record in coding.decode(grids.read(path), path.name).records]


def canonical(values: list[dict[str, Any]]) -> list[str]:
    return [records.write_event(value) for value in values]


@pytest.fixture
def book(folder: Folder) -> Path:
    """A workbook with the two events of the folder."""
    folder.write()
    return sheets.new(folder.root.parent / "coding.xlsx", folder.root, sheets.values_of(folder.root))


def changed(book: Path, change: Callable[[openpyxl.Workbook], object]) -> Path:
    workbook = openpyxl.load_workbook(book)
    change(workbook)
    workbook.save(book)
    return book


def found(book: Path, folder: Folder) -> list[tuple[str, str, str]]:
    """Cell, severity and rule of each problem."""
    return [(one.file, one.severity, one.rule) for one in sheets.check(book, folder.root).problems]


def put(**cells: Any) -> Callable[[openpyxl.Workbook], None]:
    """Set cells, named as stages_B2."""

    def change(workbook: openpyxl.Workbook) -> None:
        for place, value in cells.items():
            sheet, _, cell = place.rpartition("_")
            workbook[sheet][cell] = value

    return change


# ------------------------------------------------------------------- round trips


@pytest.fixture(scope="module")
def own() -> dict[str, str]:
    """The text of every record of the repository by its id."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "data/events").rglob("*.yaml"))}


@pytest.mark.parametrize("name", ["all.xlsx", "all"])
def test_every_record_of_the_repository_comes_back_from_a_sheet_byte_for_byte(
    name: str, own: dict[str, str], tmp_path: Path
) -> None:
    values = [notation.parse(text, one).value or {} for one, text in own.items()]
    path = sheets.new(tmp_path / name, ROOT / "data", values)
    assert {value["event_id"]: records.write_event(value) for value in decoded(path)} == own


def test_all_records_of_the_repository_pass_in_a_sheet_as_they_do_in_files(tmp_path: Path) -> None:
    path = sheets.new(tmp_path / "all.xlsx", ROOT / "data", sheets.values_of(ROOT / "data"))
    checked = sheets.check(path, ROOT / "data")
    own = build.check(records.read(ROOT / "data"))
    assert not checked.errors
    assert sorted(one.rule for one in checked.problems) == sorted(
        one.rule for one in own if one.file.startswith("events/")
    )
    written = sheets.write_records(checked, tmp_path / "out")
    assert len(written) == len(checked.records)
    for path in written:
        assert path.read_bytes() == (ROOT / "data" / path.relative_to(tmp_path / "out")).read_bytes()


DANGEROUS = st.sampled_from(["=1+1", "+1", "-1", "@x", "'=x", "''+", "_x0041_", "_x000D_", '"', ";", ",", "2025-08", "TRUE", "007", "1e5", "NO", "=cmd|' /C calc'!A0"])  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.lists(DANGEROUS | WORDS, min_size=1, max_size=3).map(" ".join), min_size=4, max_size=4))
def test_any_text_comes_back_from_a_workbook_and_from_csv(tmp_path_factory: Any, texts: list[str]) -> None:
    texts = [coding._seen(text) for text in texts]
    value = {
        "event_id": "ru-2025-x",
        "title": texts[0] or "x",
        "stages": [{"note": texts[1] or "x", "date": "2025-08"}],
    }
    value |= {"sources": [{"id": "s1", "title": texts[2] or "x", "publisher": texts[3] or "x"}]}
    folder = tmp_path_factory.mktemp("texts")
    tables = layout.tables([value])
    (folder / "x.xlsx").write_bytes(workbooks.make(tables, {"true_false": ["true"]}, value))
    grids.write(folder, tables)
    assert decoded(folder / "x.xlsx") == [value]
    assert decoded(folder) == [value]


def test_a_sheet_made_twice_has_the_same_bytes(folder: Folder, book: Path) -> None:
    again = sheets.new(book.with_name("again.xlsx"), folder.root, sheets.values_of(folder.root))
    assert again.read_bytes() == book.read_bytes()
    with zipfile.ZipFile(book) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert set(re.findall(r"\d{4}-\d\d-\d\dT", archive.read("docProps/core.xml").decode())) == {"1980-01-01T"}


# ------------------------------------------------------------------- what a coder is given


def test_a_workbook_has_the_columns_of_the_records_and_drop_downs_of_what_may_stand_there(book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    assert workbook.sheetnames == ["events", *schema.CHILDREN, "help", "lists"]
    assert workbook["lists"].sheet_state == "hidden"
    offered = {
        name: [
            cell.value for row in workbook["lists"][defined.attr_text.split("!")[1].replace("$", "")] for cell in row
        ]
        for name, defined in workbook.defined_names.items()
    }
    listed = set()
    for name in ("events", *schema.CHILDREN):
        sheet = workbook[name]
        header = [cell.value for cell in sheet[1]]
        assert header == [*(["event_id"] if name != "events" else []), *records.FIELDS[name]]
        assert sheet.freeze_panes == "B2"
        hints = {str(one.sqref): one for one in sheet.data_validations.dataValidation}
        for place, key in enumerate(header, start=1):
            letter = grids.letters(place)
            column = next(one for one in layout.SHEETS[name] if one.key == key)
            hint = hints[f"{letter}2:{letter}1048576"]
            assert 10 <= sheet.column_dimensions[letter].width <= 80
            assert hint.prompt
            assert len(hint.prompt) <= 255
            if column.choices in VOCABULARIES:
                assert offered[hint.formula1] == [str(term) for term in VOCABULARIES[column.choices]]
                assert bool(hint.showErrorMessage) is not column.many
                listed.add(column.choices)
    assert {"restriction_type", "stage", "source_type", "review", "feature"} <= listed
    assert offered["list_platforms"] == ["internet", "telegram", "whatsapp"]
    assert offered["list_countries"] == ["IR", "NO", "RU"]
    assert offered["list_true_false"] == ["true", "false"]


def test_every_cell_is_a_text_that_no_program_computes_or_turns_into_a_date(folder: Folder) -> None:
    folder.event["title"] = '=HYPERLINK("https://x.example","x")'
    folder.write()
    path = sheets.new(folder.root.parent / "coding.xlsx", folder.root, sheets.values_of(folder.root))
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value is None or (cell.data_type, cell.number_format) == ("s", "@"), cell.coordinate
    rows = python_calamine.load_workbook(path).get_sheet_by_name("events").to_python()
    assert rows[2][3] == folder.event["title"]
    assert rows[1][rows[0].index("country")] == "IR"
    written = sheets.new(folder.root.parent / "csv", None, sheets.values_of(folder.root)) / "events.csv"
    assert "'=HYPERLINK" in written.read_text(encoding="utf-8-sig")


def test_the_help_page_tells_every_column_every_term_and_the_example_of_the_manual(book: Path) -> None:
    rows = [[cell for cell in row if cell] for row in openpyxl.load_workbook(book)["help"].iter_rows(values_only=True)]
    told = {row[0] for row in rows if row}
    assert {column.key for columns in layout.SHEETS.values() for column in columns} <= told
    assert {str(term) for term in VOCABULARIES["stage"]} <= told
    example = (ROOT / "rightsdata/sheets/example.yaml").read_text(encoding="utf-8")
    assert f"```yaml\n{example}```" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert any("ru-2025-08-whatsapp-telegram-calls" in row for row in rows)


def test_an_empty_sheet_is_not_taken_for_a_coded_one(folder: Folder) -> None:
    folder.write()
    path = sheets.new(folder.root.parent / "empty.xlsx", folder.root)
    assert found(path, folder) == [("events", "error", "no_records")]


def test_nothing_is_written_over_a_file_or_under_a_strange_ending(folder: Folder, book: Path) -> None:
    before = book.read_bytes()
    with pytest.raises(FileExistsError):
        sheets.new(book, folder.root)
    assert book.read_bytes() == before
    with pytest.raises(SheetError, match=r"\.xlsx, or a folder"):
        sheets.new(book.with_suffix(".ods"), folder.root)


# ------------------------------------------------------------------- mistakes by cell


SLIPS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # name: (cells to set, cell, rule, part of what is said)
    "a term that is none": ({"events_F3": "blocking"}, "events!F3", "wrong_value", "a term of restriction_type"),
    "a term misspelt": ({"events_F3": "feature block"}, "events!F3", "wrong_value", "Did you mean 'feature_block'?"),
    "an empty title": ({"events_D3": None}, "events!D3", "required", "found nothing"),
    "a title of spaces": ({"events_D3": " \u00a0 "}, "events!D3", "required", "found nothing"),
    "an unknown platform": ({"targets_B3": "whatsap"}, "targets!B3", "unknown_reference", "whatsapp"),
    "an unknown source": ({"stages_F3": "s1; s9"}, "stages!F3", "unknown_reference", "'s9'"),
    "a date with two readings": ({"stages_B3": "03/08/2025"}, "stages!B3", "wrong_date", "2025-08-03 or 2025-03-08"),
    "a day that is none": ({"stages_B3": "31.06.2025"}, "stages!B3", "wrong_date", "no day 2025-06-31"),
    "a spreadsheet's number": ({"stages_B3": 45882}, "stages!B3", "wrong_date", "Write 2025-08-13 if"),
    "half a number": ({"stages_B3": 2025.8}, "stages!B3", "number", "2025.8"),
    "a formula": ({"events_D3": "=1+1"}, "events!D3", "formula", "the formula =1+1"),
    "an error": ({"events_D3": "#REF!"}, "events!D3", "formula", "#REF!"),
    "a date for a text": ({"events_D3": dt.date(2025, 8, 13)}, "events!D3", "date_for_text", "2025-08-13"),
    "a number for true": ({"events_N3": 1}, "events!N3", "wrong_value", "true or false"),
    "an orphan": ({"stages_A3": "ru-2025-08-cals"}, "stages!A3", "unknown_reference", "'ru-2025-08-calls'"),
    "a row of nobody": ({"stages_A3": None}, "stages!A3", "unknown_reference", "found nothing"),
    "an unknown column": ({"events_V1": "colour", "events_V3": "blue"}, "events!V1", "unknown_column", "'colour'"),
    "a renamed column": ({"events_D1": "titel"}, "events!D1", "unknown_column", "Did you mean 'title'?"),
    "a derived column": ({"events_V1": "status"}, "events!V1", "unknown_column", "derived"),
    "a column twice": ({"events_V1": "title"}, "events!V1", "duplicate_column", "title again"),
    "no header": ({"events_V3": "blue"}, "events!V3", "cell_without_column", "'blue'"),
    "an event without an id": ({"events_A3": None}, "events!A3", "required", "found nothing"),
    "a second event of one id": ({"events_A2": "ru-2025-08-calls"}, "events!A3", "duplicate_key", "as in events!A2"),
    "a second header": ({"events_A9": "event_id", "events_B9": "Country"}, "events!A9", "second_header", "again"),
    "an id in use": ({"sources_B4": "s1"}, "sources!B4", "duplicate_key", "'s1'"),
    "an event of another country": ({"events_B3": "IR"}, "events!A3", "an_event_id_begins_with_its_country", "IR"),
    "no country": ({"events_B3": "no"}, "events!B3", "wrong_form", "two capital letters"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_mistake_is_told_by_its_cell_with_what_was_found_and_what_to_do(
    folder: Folder, book: Path, name: str
) -> None:
    cells, place, rule, said = SLIPS[name]
    checked = sheets.check(changed(book, put(**cells)), folder.root)
    matching = [one for one in checked.problems if (one.file, one.rule, one.line) == (place, rule, 0)]
    assert matching, "\n".join(map(str, checked.problems))
    assert said in str(matching[0])
    assert str(matching[0]).startswith(f"{place}: error: ")


@pytest.mark.parametrize(
    "name", ["a formula", "a date with two readings", "an orphan", "an unknown column", "an event without an id"]
)
def test_a_mistake_is_told_once(folder: Folder, book: Path, name: str) -> None:
    cells, place, rule, _ = SLIPS[name]
    changed(book, put(**cells))
    assert [one for one in found(book, folder) if one[1] == "error"] == [(place, "error", rule)]


def test_of_two_events_of_one_id_only_that_is_told(folder: Folder, book: Path) -> None:
    cells = {f"{name}_A2": "ru-2025-08-calls" for name in ("events", "targets", "stages", "sources")}
    changed(book, put(**cells, stages_A3="ru-2025-08-calls", events_B2="RU", sources_B2="s3", targets_C2="messaging"))
    assert [one for one in found(book, folder) if one[1] == "error"] == [("events!A3", "error", "duplicate_key")]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_sheets(folder: Folder, book: Path) -> None:
    changed(book, put(events_D3=None, stages_B3="03/08/2025", targets_C4="call", sources_I3="newspaper"))
    errors = [place for place, severity, _ in found(book, folder) if severity == "error"]
    assert errors == ["events!D3", "targets!C4", "stages!B3", "sources!I3"]


def test_a_renamed_or_missing_column_is_one_mistake_and_not_one_a_row(folder: Folder, book: Path) -> None:
    changed(book, lambda workbook: workbook["events"].delete_cols(4))
    assert found(book, folder) == [("events!A1", "error", "missing_column")]


def test_a_sheet_that_is_missing_misspelt_or_of_the_coder_is_told(folder: Folder, book: Path) -> None:
    def rename(workbook: openpyxl.Workbook) -> None:
        workbook["stages"].title = "stage"
        workbook.create_sheet("My notes")["B2"] = "call them back"

    changed(book, rename)
    assert ("stage!A1", "error", "unknown_sheet") in found(book, folder)
    assert ("My notes!B2", "warning", "unknown_sheet") in found(book, folder)
    changed(book, lambda workbook: workbook.remove(workbook["events"]))
    assert [one for one in found(book, folder) if one[2] != "unknown_sheet"] == [("events", "error", "missing_sheet")]


def test_rows_are_never_passed_over_because_a_sheet_is_there_twice_or_without_events(
    folder: Folder, book: Path
) -> None:
    changed(book, lambda workbook: workbook.copy_worksheet(workbook["stages"]))
    changed(book, lambda workbook: setattr(workbook["stages Copy"], "title", "Stages "))
    assert found(book, folder) == [("Stages !A1", "error", "unknown_sheet")]
    changed(book, lambda workbook: setattr(workbook["Stages "], "title", "my notes"))
    changed(book, lambda workbook: workbook["events"].delete_rows(2, 9))
    assert ("events", "error", "no_records") in found(book, folder)


def test_merged_cells_are_named_and_what_they_cover_is_not_blamed_again(folder: Folder, book: Path) -> None:
    changed(book, lambda workbook: workbook["events"].merge_cells("D2:D3"))
    assert found(book, folder) == [("events!D2", "error", "merged_cell")]


def test_hidden_rows_are_read_and_told(folder: Folder, book: Path) -> None:
    def hide(workbook: openpyxl.Workbook) -> None:
        workbook["stages"].row_dimensions[4].hidden = True

    changed(book, hide)
    assert found(book, folder) == [("stages!A4", "warning", "hidden_row")]
    assert canonical(decoded(book)) == canonical(sheets.values_of(folder.root))


def test_empty_rows_other_orders_and_headings_for_people_change_nothing(folder: Folder, book: Path) -> None:
    def rearrange(workbook: openpyxl.Workbook) -> None:
        sheet = workbook["events"]
        sheet.insert_rows(3, 5)
        sheet.insert_rows(1, 2)
        sheet["A3"], sheet["F3"] = " Event ID ", "Restriction-Type"
        sheet.move_range("D3:D99", cols=40)
        workbook.move_sheet("stages", -2)

    changed(book, rearrange)
    assert found(book, folder) == []
    assert canonical(decoded(book)) == canonical(sheets.values_of(folder.root))


def test_a_hundred_thousand_formatted_empty_rows_are_passed_over_quickly(folder: Folder, book: Path) -> None:
    rows = "".join(
        f'<row r="{row}">{"".join(f"""<c r="{letter}{row}" s="1"/>""" for letter in "ABCDEFGHIJKLMNOPQRST")}</row>'
        for row in range(10, 100_010)
    )
    replaced(book, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", f"{rows}</sheetData>"))
    began = time.process_time()
    assert found(book, folder) == []
    assert time.process_time() - began < 20


# ------------------------------------------------------------------- what cells hold


def replaced(book: Path, part: str, change: Callable[[str], str]) -> Path:
    """Change the XML of one part of a workbook."""
    with zipfile.ZipFile(book) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return book


def test_numbers_truths_and_days_of_a_spreadsheet_are_read_as_what_they_say(folder: Folder, book: Path) -> None:
    changed(book, put(stages_B2=2024, stages_B3=2024.0, events_N3=True, events_M2=dt.datetime(2024, 3, 9, 14, 30)))
    plan, event = decoded(book)
    assert [stage["date"] for stage in plan["stages"]] == ["2024", "2024"]
    assert (event["ongoing"], plan["end"]) == ("true", "2024-03-09")
    changed(book, put(events_N3="TRUE"))
    assert decoded(book)[1]["ongoing"] == "true"


@pytest.mark.parametrize(
    ("day", "shown", "read"),
    [
        (dt.date(2025, 8, 13), "yyyy-mm-dd", "2025-08-13"),
        (dt.date(2025, 8, 1), "dd/mm/yyyy", "2025-08-01"),
        (dt.date(2025, 8, 1), "mmm-yy", "2025-08"),
        (dt.date(2025, 8, 1), "[$-419]mmmm\\ yyyy;@", "2025-08"),
        (dt.date(2025, 1, 1), "yyyy", "2025"),
        (dt.date(2025, 8, 13), "mmm-yy", None),
        (dt.date(2025, 8, 13), "d-mmm", None),
        (dt.date(2025, 8, 13), "h:mm", None),
        (dt.date(1905, 7, 17), "yyyy-mm-dd", None),
    ],
)
def test_a_real_date_is_no_more_exact_than_it_is_shown(
    folder: Folder, book: Path, day: dt.date, shown: str, read: str | None
) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook["stages"]["B4"] = day
        workbook["stages"]["B4"].number_format = shown

    changed(book, change)
    if read is None:
        (problem,) = [one for one in sheets.check(book, folder.root).problems if one.file == "stages!B4"]
        assert problem.rule in ("date_half_shown", "date_or_year")
        assert str(day) in str(problem)
    else:
        assert decoded(book)[1]["stages"][0]["date"] == read


def test_a_real_date_in_a_workbook_that_counts_from_1904_is_refused_with_both_readings(
    folder: Folder, book: Path
) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        workbook["stages"]["B4"] = dt.date(2025, 8, 13)

    changed(book, change)
    (problem,) = sheets.check(book, folder.root).problems
    assert (problem.file, problem.rule) == ("stages!B4", "date_of_two_epochs")
    assert "2025-08-13 or 2021-08-12" in problem.remedy


def test_what_cannot_be_seen_does_not_count_but_what_belongs_to_a_text_stays(folder: Folder, book: Path) -> None:
    changed(
        book,
        put(
            events_B3="\u200bRU\u00a0",
            events_F3="feature_block\u200b",
            events_D3="\u00a0می\u200cخواهم : «\u00a0Ça\u00a0» Київ\ufeff ",
            events_P3="dpi ;\u00a0ip_blocking;",
            stages_B4="\u200f٢٠٢٥-٠٥\u200f",
            stages_F4="s2\n",
        ),
    )
    event = decoded(book)[1]
    assert (event["country"], event["restriction_type"]) == ("RU", "feature_block")
    assert event["title"] == "می\u200cخواهم : «\u00a0Ça\u00a0» Київ"
    assert event["methods"] == ["dpi", "ip_blocking"]
    assert (event["stages"][0]["date"], event["stages"][0]["sources"]) == ("2025-05", ["s2"])


def test_no_is_norway(folder: Folder, book: Path) -> None:
    changed(book, put(events_A2="no-2024-plan", events_B2="NO", **{f"{name}_A2": "no-2024-plan" for name in ("targets", "stages", "sources")}, stages_A3="no-2024-plan"))  # fmt: skip
    assert found(book, folder) == []
    assert decoded(book)[0]["country"] == "NO"


def test_names_with_prefixes_are_the_same_names(folder: Folder, book: Path) -> None:
    def prefixed(xml: str) -> str:
        return re.sub(r"<(/?)(?=[a-z])", r"<\1x:", xml, flags=re.IGNORECASE).replace("xmlns=", "xmlns:x=")

    with zipfile.ZipFile(book) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/") and name.endswith("l")]
    for part in parts:
        replaced(book, part, prefixed)
    assert canonical(decoded(book)) == canonical(sheets.values_of(folder.root))


# ------------------------------------------------------------------- hostile and broken files


def bomb(book: Path) -> None:
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/bomb.xml", b" " * (grids.LARGEST_PART + 1))


def many_bombs(book: Path) -> None:
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"xl/media/{number}.bin", bytes(grids.LARGEST_PART - 1))


def twice(book: Path) -> None:
    sheet = re.compile(r'<sheet [^>]*name="events"[^>]*/>')
    replaced(book, "xl/workbook.xml", lambda xml: sheet.sub(lambda match: match[0] * 2, xml))


def entities(book: Path) -> None:
    replaced(book, "xl/worksheets/sheet1.xml", lambda xml: f'<!DOCTYPE x [<!ENTITY a "aaaa">]>{xml}')


def cut(book: Path) -> None:
    book.write_bytes(book.read_bytes()[:-5000])


def flipped(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        at = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 120
    data = bytearray(book.read_bytes())
    data[at : at + 40] = bytes(40)
    book.write_bytes(data)


def archive_of(**parts: str) -> Callable[[Path], None]:
    def write(book: Path) -> None:
        with zipfile.ZipFile(book, "w") as archive:
            for name, text in parts.items():
                archive.writestr(name.replace("__", "/").replace("_", "."), text)

    return write


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bomb": (bomb, "unpacks to 80,000,001 bytes"),
    "bombs": (many_bombs, "more than 240,000,000 bytes"),
    "one sheet twice": (twice, "one sheet twice"),
    "entities": (entities, "declares XML entities"),
    "cut": (cut, "broken or cut"),
    "damaged": (flipped, "cannot be (unpacked|read)"),
    "a password": (
        lambda book: book.write_bytes(OLE + "EncryptedPackage".encode("utf-16-le")),
        "protected by a password",
    ),
    "old": (lambda book: book.write_bytes(OLE), "old format .xls"),
    "empty": (lambda book: book.write_bytes(b""), "an empty file"),
    "a page": (lambda book: book.write_text("<html><table>"), "no workbook"),
    "OpenDocument": (archive_of(mimetype="x"), "OpenDocument"),
    "binary": (archive_of(xl__workbook_bin="x"), "xlsb"),
    "an archive": (archive_of(a_txt="x"), "no workbook"),
    "no xml": (lambda book: replaced(book, "xl/workbook.xml", lambda _: "<workbook"), "cannot be read"),
    "a wrong number": (
        lambda book: replaced(book, "xl/worksheets/sheet1.xml", lambda xml: xml.replace('r="A2"', 'r="?"')),
        "cannot be read",
    ),
    "an endless text": (
        lambda book: replaced(book, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("RU", "R" * 40_000)),
        "40,000 characters",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_good_workbook_is_refused_with_what_it_is(folder: Folder, book: Path, name: str) -> None:
    spoil, said = UNREADABLE[name]
    spoil(book)
    with pytest.raises(SheetError, match=said):
        sheets.check(book, folder.root)


def test_links_to_the_outside_are_not_followed(folder: Folder, book: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.xml"
    outside.write_text(
        "<worksheet><sheetData><row><c t='inlineStr'><is><t>secret</t></is></c></row></sheetData></worksheet>"
    )
    link = re.compile(r'Target="/?(?:xl/)?worksheets/sheet1.xml"')
    replaced(
        book,
        "xl/_rels/workbook.xml.rels",
        lambda xml: link.sub(f'Target="{outside.as_uri()}" TargetMode="External"', xml),
    )
    assert ("events", "error", "missing_sheet") in found(book, folder)
    assert "secret" not in str(sheets.check(book, folder.root).problems)


def test_a_hostile_cell_does_not_steer_the_terminal(folder: Folder, book: Path) -> None:
    replaced(book, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(">RU<", ">_x001B_]0;PWN_x0007_<"))
    done = run("sheet", "check", book, cwd=folder.root.parent)
    assert done.returncode == 1
    assert "PWN" in done.stdout
    assert "\x1b" not in done.stdout


# ------------------------------------------------------------------- CSV


@pytest.fixture
def tables(folder: Folder) -> Path:
    """A folder of CSV files with the two events of the folder."""
    folder.event["title"] = "Appels bloqués; à nouveau, « ici »"
    folder.write()
    return sheets.new(folder.root.parent / "csv", folder.root, sheets.values_of(folder.root))


@pytest.mark.parametrize("kind", ["as written", "semicolons", "tabs in UTF-16", "sep=", "no mark"])
def test_csv_is_read_as_spreadsheet_programs_save_it(folder: Folder, tables: Path, kind: str) -> None:
    for path in tables.glob("*.csv"):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        buffer = io.StringIO()
        sign = {"semicolons": ";", "tabs in UTF-16": "\t", "sep=": ";"}.get(kind, ",")
        csv.writer(buffer, delimiter=sign).writerows(rows)
        text = ("sep=;\r\n" if kind == "sep=" else "") + buffer.getvalue()
        encoding = {"tabs in UTF-16": "utf-16", "no mark": "utf-8"}.get(kind, "utf-8-sig")
        path.write_bytes(text.encode(encoding))
    assert found(tables, folder) == []
    assert canonical(decoded(tables)) == canonical(sheets.values_of(folder.root))


def test_csv_in_an_encoding_that_bytes_do_not_tell_is_refused(folder: Folder, tables: Path) -> None:
    path = tables / "events.csv"
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("windows-1252"))
    with pytest.raises(SheetError, match=r"events\.csv: found the byte 0xe9 in line 3, which is no UTF-8.*Save it as"):
        sheets.check(tables, folder.root)


def test_csv_mistakes_are_told_by_the_cells_that_a_spreadsheet_shows(folder: Folder, tables: Path) -> None:
    path = tables / "stages.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace("2025-05,", "05/06/2025,"), encoding="utf-8")
    assert found(tables, folder) == [("stages!B4", "error", "wrong_date")]


def test_other_faults_of_csv_are_refused(folder: Folder, tables: Path, tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="one CSV file"):
        sheets.check(tables / "events.csv", folder.root)
    (tables / "events.csv").write_text('event_id,"country\nx,y\n')
    with pytest.raises(SheetError, match=r"events\.csv: found CSV that cannot be read"):
        sheets.check(tables, folder.root)
    with pytest.raises(SheetError, match="without CSV files"):
        sheets.check(folder.root / "events", folder.root)


def test_no_sheet_may_hold_more_cells_than_memory(
    folder: Folder, tables: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "MOST_CELLS", 50)
    for path in (tables, book):
        with pytest.raises(SheetError, match="too many filled cells"):
            sheets.check(path, folder.root)


# ------------------------------------------------------------------- marked copies


def test_a_marked_copy_colours_and_explains_the_wrong_cells_and_changes_nothing_else(
    folder: Folder, book: Path
) -> None:
    changed(book, put(events_D3=None, stages_B3="03/08/2025", stages_B4="=1+1"))

    def note(workbook: openpyxl.Workbook) -> None:
        workbook["stages"]["B3"].comment = Comment("ask Olga", "me")
        workbook["stages"]["B2"].comment = Comment("sure", "me")
        workbook["stages"].row_dimensions[2].height = 33

    changed(book, note)
    checked = sheets.check(book, folder.root)
    before = book.read_bytes()
    copy = sheets.marked(book, checked.problems, book.with_name("marked.xlsx"))
    assert book.read_bytes() == before
    wrong = {one.file for one in checked.problems}
    assert wrong == {"events!D3", "stages!B3", "stages!B4"}
    old, new = openpyxl.load_workbook(book), openpyxl.load_workbook(copy)
    assert old.sheetnames == new.sheetnames
    for sheet in old:
        other = new[sheet.title]
        assert sheet.dimensions == other.dimensions
        assert sheet.freeze_panes == other.freeze_panes
        assert str(sheet.data_validations.dataValidation) == str(other.data_validations.dataValidation)
        assert {key: one.width for key, one in sheet.column_dimensions.items()} == {
            key: one.width for key, one in other.column_dimensions.items()
        }
        for row in sheet.iter_rows():
            for cell in row:
                twin = other[cell.coordinate]
                assert (cell.value, cell.data_type, cell.number_format) == (
                    twin.value,
                    twin.data_type,
                    twin.number_format,
                )
                if f"{sheet.title}!{cell.coordinate}" in wrong:
                    assert twin.fill.start_color.rgb == "00FFC7CE"
                    assert "found" in twin.comment.text
                else:
                    assert repr((cell.font, cell.fill, cell.alignment)) == repr((twin.font, twin.fill, twin.alignment))
                    assert (cell.comment and cell.comment.text) == (twin.comment and twin.comment.text)
    assert new["stages"].row_dimensions[2].height == 33
    assert new["stages"]["B3"].comment.text.startswith("ask Olga\n\nerror: found '03/08/2025'")
    assert [one.rule for one in sheets.check(copy, folder.root).problems] == [one.rule for one in checked.problems]


def test_a_marked_copy_never_takes_the_place_of_the_sheet(folder: Folder, book: Path, tables: Path) -> None:
    with pytest.raises(SheetError, match="the workbook itself"):
        sheets.marked(book, [], book)
    with pytest.raises(SheetError, match="colours and comments"):
        sheets.marked(tables, [], book.with_name("x.xlsx"))


# ------------------------------------------------------------------- beside what is there


def test_an_event_of_the_sheet_takes_the_place_of_its_record_and_knows_the_others(
    folder: Folder, tmp_path: Path
) -> None:
    folder.event["relations"] = [{"related_id": "ir-2024-plan", "relation": "extends"}]
    folder.event["sources"][1] |= {"url": "https://paper.example/plan", "title": "Another title"}
    folder.write()
    values = [value for value in sheets.values_of(folder.root) if value["country"] == "RU"]
    path = sheets.new(tmp_path / "one.xlsx", folder.root, values)
    problems = [one for one in sheets.check(path, folder.root).problems if one.severity == "error"]
    assert {one.rule for one in problems} == {"source_details_agree"}
    assert {one.file for one in problems} == {"sources!F3", "sources!G3", "sources!I3"}
    assert "as in events/IR/ir-2024-plan.yaml:" in problems[0].expected


def test_without_a_data_folder_the_newest_release_is_what_a_sheet_is_judged_beside(tmp_path: Path) -> None:
    one = next(iter((ROOT / "data/events/NO").glob("*.yaml")))
    value = notation.parse(one.read_text(encoding="utf-8"), one.name).value or {}
    path = sheets.new(tmp_path / "one.xlsx", None, [value])
    done = run("sheet", "check", path, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["events"] == 1
    changed(path, put(targets_B2="no-such-platform", sources_F2="Nobody"))
    rules = [(one.file, one.rule) for one in sheets.check(path, None).problems if one.severity == "error"]
    assert ("targets!B2", "unknown_reference") in rules


# ------------------------------------------------------------------- importing


def test_records_are_written_where_they_belong_and_the_folder_passes(folder: Folder, book: Path) -> None:
    want = {path.relative_to(folder.root): path.read_bytes() for path in (folder.root / "events").rglob("*.yaml")}
    shutil.rmtree(folder.root / "events")
    (folder.root / "events").mkdir()
    done = run("sheet", "import", book, "-o", folder.root, cwd=folder.root.parent)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "2 written, 0 there already\n"
    assert {path.relative_to(folder.root): path.read_bytes() for path in (folder.root / "events").rglob("*.*")} == want
    assert folder.check() == []
    again = run("sheet", "import", book, "-o", folder.root, cwd=folder.root.parent)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "0 written, 2 there already\n")


def test_one_wrong_cell_keeps_all_records_out(folder: Folder, book: Path, tmp_path: Path) -> None:
    changed(book, put(events_D3=None))
    done = run("sheet", "import", book, "-o", tmp_path / "out", "--data", folder.root, cwd=tmp_path)
    assert done.returncode == 1
    assert "events!D3: error: title" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_record_that_says_something_else_is_never_overwritten(folder: Folder, book: Path) -> None:
    changed(book, put(events_D2="Another title", events_A3="ru-2025-08-other", **{f"{name}_A{row}": "ru-2025-08-other" for name, rows in {"targets": (3, 4), "stages": (4, 5), "authorities": (2,), "legal_bases": (2,), "responses": (2,), "sources": (3, 4)}.items() for row in rows}))  # fmt: skip
    before = (folder.root / "events/IR/ir-2024-plan.yaml").read_bytes()
    checked = sheets.check(book, folder.root)
    with pytest.raises(
        InvalidData, match=r"events!A2: error: event_id: found events/IR/ir-2024-plan\.yaml, which says"
    ):
        sheets.write_records(checked, folder.root)
    assert (folder.root / "events/IR/ir-2024-plan.yaml").read_bytes() == before
    assert not (folder.root / "events/RU/ru-2025-08-other.yaml").exists()


def test_an_import_that_breaks_off_leaves_nothing(
    folder: Folder, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = sheets.check(book, folder.root)
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target.name.startswith("ru-"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(OSError, match="No space left"):
        sheets.write_records(checked, out)
    assert list(out.iterdir()) == []


def test_nothing_is_written_through_a_link(folder: Folder, book: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/events").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SheetError, match="symbolic link"):
        sheets.write_records(sheets.check(book, folder.root), tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


# ------------------------------------------------------------------- the commands


def test_the_commands_make_check_and_mark(folder: Folder) -> None:
    root = folder.write()
    made = run("sheet", "new", "coding.xlsx", "--from", root / "events/RU", cwd=root.parent)
    assert (made.returncode, made.stdout) == (0, f"{root.parent / 'coding.xlsx'}\n")
    assert run("sheet", "check", "coding.xlsx", cwd=root.parent).stdout == "1 event checked: 0 errors, 0 warnings\n"
    changed(root.parent / "coding.xlsx", put(events_D2=None))
    done = run("sheet", "check", "coding.xlsx", "--marked", "marked.xlsx", cwd=root.parent)
    assert done.returncode == 1
    assert done.stdout.startswith("events!D2: error: title: found nothing; expected a value")
    assert openpyxl.load_workbook(root.parent / "marked.xlsx")["events"]["D2"].comment.text.startswith(
        "error: found nothing"
    )
    assert run("sheet", "new", "coding.xlsx", cwd=root.parent).returncode == 1
    assert run("sheet", "check", "none.xlsx", cwd=root.parent).returncode == 2
    (root.parent / "notes.xlsx").write_text("x")
    broken = run("sheet", "check", "notes.xlsx", cwd=root.parent)
    assert (broken.returncode, "no workbook" in broken.stderr) == (1, True)


def test_a_missing_library_is_named_with_the_command_that_installs_it(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "openpyxl.py").write_text("raise ModuleNotFoundError('openpyxl')")
    done = run("sheet", "new", "coding.xlsx", cwd=folder.write(), PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert done.returncode == 3
    assert "pip install 'rightsdata[sheet]'" in done.stderr


# ------------------------------------------------------------------- the layout


def test_no_entry_of_a_list_can_hold_what_joins_entries() -> None:
    for columns in layout.SHEETS.values():
        assert all(column.kind == "code" for column in columns if column.many)
    with pytest.raises(ValueError, match="semicolon"):
        layout.tables([{"event_id": "ru-2025-x", "methods": ["a;b"]}])
