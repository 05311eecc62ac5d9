"""A provider's tables as rows of cells that know their places: workbooks, CSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rightsdata.errors import MissingExtra, UnreadableFile

LARGEST = 500_000_000
"""Bytes of a file, unpacked; a tracker of events is far smaller."""

LARGEST_GRID = 10_000_000
"""Cells between a sheet's first and its farthest one; the reader keeps them all, empty or not, at 32 bytes each."""

LONGEST_CELL = 1_000_000

_CELL = re.compile(rb'[<:]c r="([A-Z]{1,3})([0-9]{1,7})"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its file, its name in a workbook, the number of its header row, the header, and its rows with their numbers as a spreadsheet shows them."""

    file: str
    name: str | None
    first: int
    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[Any]]]


def read(path: str | Path) -> list[Sheet]:
    """The tables of a file, without rows that hold nothing.

    Args:
        path: of a workbook (.xlsx), a CSV in UTF-8 with commas, or a Parquet file.

    Raises:
        UnreadableFile: for anything else, a cut or locked file, one of more than LARGEST bytes or with a sheet of more than LARGEST_GRID cells.
        MissingExtra: if a workbook is read and python-calamine is not installed.
    """
    path = Path(path)
    data = head(path)
    if path.suffix.lower() == ".parquet" or data[:4] == b"PAR1":
        return [_parquet(path)]
    if data[:4] == b"\xd0\xcf\x11\xe0":
        found = "a workbook that is locked by a password, or an old .xls"
        raise UnreadableFile(
            path.name, found, "a workbook (.xlsx), CSV or Parquet", "Save it as .xlsx without password."
        )
    if data[:2] == b"PK":
        return _workbook(path)
    return [_csv(path)]


def head(path: Path) -> bytes:
    """The first bytes of a file that is no page and not too large.

    Raises:
        UnreadableFile: for an empty file, a web page or one of more than LARGEST bytes.
    """
    if not path.is_file():
        raise UnreadableFile(path.name, "a folder" if path.is_dir() else "no such file", "a file")
    if path.stat().st_size > LARGEST:
        raise UnreadableFile(path.name, f"{path.stat().st_size:,} bytes", f"at most {LARGEST:,}")
    with path.open("rb") as file:
        data = file.read(512)
    if not data:
        raise UnreadableFile(path.name, "an empty file", "rows under a header", "Download it again.")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        remedy = "A server answered with a page, perhaps to sign in; download the file itself."
        raise UnreadableFile(path.name, "a web page (HTML or XML)", "the data file", remedy)
    return data


def answer(path: str | Path) -> Any:
    """What a JSON file holds; an answer that tells of a failure is an error, whatever the server's status was.

    Raises:
        UnreadableFile: for a page, a cut file, one that is not UTF-8, or an answer with `success: false`, an `error` or `errors`.
    """
    path = Path(path)
    head(path)
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableFile(path.name, f"text that is not UTF-8, at byte {error.start:,}", "JSON in UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableFile(
            path.name, f"JSON that cannot be read ({error})", "a whole JSON file", "Download it again."
        ) from error
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UnreadableFile(path.name, "half of a surrogate pair in a text", "whole characters") from error
    told = isinstance(found, dict) and (found.get("error") or found.get("errors"))
    if told or (isinstance(found, dict) and found.get("success") is False):
        reason = json.dumps(told or "no reason given")
        raise UnreadableFile(path.name, f"an answer that tells of a failure: {reason}", "data", "Ask again.")
    return found


def _workbook(path: Path) -> list[Sheet]:
    try:
        import python_calamine
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading a workbook", "python-calamine", "import") from error
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(one.file_size for one in packed.infolist())
            if size > LARGEST:
                raise UnreadableFile(path.name, f"{size:,} bytes unpacked", f"at most {LARGEST:,}")
            for part in packed.namelist():
                if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                    _measure(path, part, packed.read(part))
        book = python_calamine.CalamineWorkbook.from_path(path)
        sheets = []
        for name in book.sheet_names:
            grid = book.get_sheet_by_name(name).iter_rows()
            numbered = [(number, row) for number, row in enumerate(grid, 1) if any(map(_holds, row))]
            if numbered:
                sheets.append(_sheet(path, name, numbered))
    except (zipfile.BadZipFile, python_calamine.CalamineError, OSError, ValueError) as error:
        remedy = "Download it again, or open it and save it as .xlsx."
        raise UnreadableFile(path.name, f"a workbook that cannot be read ({error})", "a whole .xlsx", remedy) from error
    return sheets


def _measure(path: Path, part: str, xml: bytes) -> None:
    """Refuse a sheet whose cells lie so far apart that the empty ones between them would fill the memory."""
    rows, columns = 0, b""
    for cell in _CELL.finditer(xml):
        columns = max(columns, cell[1], key=lambda name: (len(name), name))
        rows = max(rows, int(cell[2]))
    width = 0
    for letter in columns:
        width = width * 26 + letter - 64
    if rows * width > LARGEST_GRID:
        raise UnreadableFile(
            path.name,
            f"a cell in column {columns.decode()} and one in row {rows:,} ({part}), so a grid of {rows * width:,} cells",
            f"at most {LARGEST_GRID:,}",
            "Delete the empty rows and columns behind the last ones that hold something, and save it again; or save the sheet as CSV.",
        )


def _holds(cell: object) -> bool:
    """Whether a cell holds more than spaces."""
    return cell != "" and not (isinstance(cell, str) and cell.isspace())


def _csv(path: Path) -> Sheet:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"text that is not UTF-8, at byte {error.start:,}"
        raise UnreadableFile(path.name, found, "CSV in UTF-8", "Save it as CSV UTF-8.") from error
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbered = []
    try:
        for number, row in enumerate(reader, 1):
            if any(cell.strip() for cell in row):
                numbered.append((number, row))
    except csv.Error as error:
        found = f"CSV that cannot be read ({error}), at line {reader.line_num:,}"
        raise UnreadableFile(path.name, found, "whole CSV", "Download it again; the file may be cut.") from error
    if not numbered:
        raise UnreadableFile(path.name, "only empty rows", "rows under a header")
    width = len(numbered[0][1])
    for number, row in numbered:
        if len(row) != width:
            found = f"{len(row)} cells in row {number:,}"
            raise UnreadableFile(
                path.name, found, f"{width} as in the header", "The file may be cut, or not use commas."
            )
    return _sheet(path, None, numbered)


def _parquet(path: Path) -> Sheet:
    try:
        frame = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        found = f"Parquet that cannot be read ({str(error).splitlines()[0]})"
        raise UnreadableFile(path.name, found, "a whole Parquet file", "Download it again.") from error
    rows = [(number, ["" if cell is None else cell for cell in row]) for number, row in enumerate(frame.iter_rows(), 1)]
    return Sheet(path.name, None, 0, frame.columns, rows)


def _sheet(path: Path, name: str | None, numbered: Sequence[tuple[int, Sequence[Any]]]) -> Sheet:
    (number, first), *rows = numbered
    return Sheet(path.name, name, number, [str(cell) for cell in first], rows)


def named(sheet: Sheet, row: Sequence[Any]) -> dict[str, Any]:
    """A row by the header's names as they stand, cells that hold nothing left out; a name that stands twice gets its column's number."""
    found: dict[str, Any] = {}
    for place, (name, cell) in enumerate(zip(sheet.header, row, strict=False), 1):
        if cell not in ("", None):
            found[name if name and name not in found else f"{name} column {place}".strip()] = cell
    return found
