"""Grids: the cells of a workbook, or of a folder of CSV files, as they stand there.

A workbook is hostile input. It is unpacked in memory within bounds, its XML may declare no entities, links in it
are not followed, and no formula is computed. Its XML is read here and not by openpyxl, which takes eight times as
long for sheets that hold a hundred thousand rows of formatted nothing, and does not tell hidden rows, merged cells
and the formats of dates in one pass.
Source: ECMA-376, Office Open XML File Formats, part 1, SpreadsheetML.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from xml.parsers import expat  # declarations of entities are refused below

from rightsdata.errors import SheetError

LARGEST_PART = 80_000_000
"""Bytes of one unpacked file of a workbook, or of a CSV; 100,000 formatted rows of 20 empty cells have 52 million."""

LARGEST_BOOK = 3 * LARGEST_PART
"""Bytes of all unpacked files of a workbook together."""

MOST_CELLS = 2_000_000
"""Filled cells of one workbook; 10,000 events have some 900,000."""

MOST_TEXT = 200_000_000
"""Characters in all filled cells of one workbook."""

LONGEST_TEXT = 32_767
"""Characters that a cell can hold in any spreadsheet program."""

Kind = Literal["text", "number", "flag", "date", "formula", "error"]


class Cell(NamedTuple):
    """What stands in a cell: a number without needless zeros, true or false, a date as a day, a formula with its =.

    `shows` holds the letters of year, month and day (y, m, d) that the format of a date shows.
    """

    text: str
    kind: Kind = "text"
    shows: str = ""


@dataclass(slots=True)
class Grid:
    """One sheet: the filled cells by row and column, both from 1."""

    name: str
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    """Rows that are not shown."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column of each merged cell."""


@dataclass(slots=True)
class Book:
    """All sheets in their order, and whether the workbook counts days from 1904."""

    grids: list[Grid] = field(default_factory=list)
    since_1904: bool = False


def read(path: Path) -> Book:
    """The cells of an .xlsx workbook, or of the .csv files of a folder, each a sheet.

    Raises:
        SheetError: for anything that is neither, is broken, protected by a password, or larger than the bounds.
        OSError: if it cannot be opened.
    """
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() == ".csv":
        raise SheetError(path.name, "one CSV file", "Name the folder that holds events.csv and the other tables.")
    return _workbook(path)


@dataclass(slots=True)
class _Tally:
    """The filled cells of a file, within bounds."""

    file: str
    filled: int = 0
    length: int = 0

    def add(self, text: str) -> None:
        self.filled += 1
        self.length += len(text)
        if self.filled > MOST_CELLS or self.length > MOST_TEXT:
            remedy = f"There may be {MOST_CELLS:,} with {MOST_TEXT:,} characters; split it."
            raise SheetError(self.file, "too many filled cells", remedy)
        if len(text) > LONGEST_TEXT:
            found = f"a cell with {len(text):,} characters"
            raise SheetError(self.file, found, f"A cell may hold {LONGEST_TEXT:,}.")


@lru_cache(maxsize=1024)
def letters(column: int) -> str:
    """The letters of a column, counted from 1: 27 is AA."""
    rest, last = divmod(column - 1, 26)
    return (letters(rest) if rest else "") + chr(65 + last)


_EPOCH = date(1899, 12, 30)
"""The day 0 of spreadsheets, right from 1 March 1900 on; Excel counts a 29 February 1900 before."""


def day(number: int) -> str:
    """The day that a spreadsheet means by a number."""
    return (_EPOCH + timedelta(days=number)).isoformat()


def serial(text: str) -> int:
    """The number by which a spreadsheet means a day."""
    return (date.fromisoformat(text) - _EPOCH).days


# ------------------------------------------------------------------- CSV


def _folder(folder: Path) -> Book:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.name[0] not in ".~")
    if not files:
        raise SheetError(folder.name, "a folder without CSV files", "Name one that holds events.csv and other tables.")
    tally = _Tally(folder.name)
    return Book([_table(path, tally) for path in files])


def _table(path: Path, tally: _Tally) -> Grid:
    if (size := path.stat().st_size) > LARGEST_PART:
        raise SheetError(path.name, f"{size:,} bytes", f"A table may have {LARGEST_PART:,}; split it.")
    text = _decoded(path.name, path.read_bytes())
    hint = re.match(r"sep=([,;|\t])\r?\n", text)  # Excel's own first line, which it does not show
    text = text[hint.end() :] if hint else text
    sign = hint[1] if hint else _separator(text)
    grid = Grid(path.stem)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            for column, text in enumerate(row, start=1):
                if text:
                    tally.add(text)
                    grid.cells.setdefault(number, {})[column] = Cell(_armed(text))
    except csv.Error as error:
        found = f"CSV that cannot be read ({error}) in line {reader.line_num}"
        raise SheetError(path.name, found, "Close every quote, and save it as CSV UTF-8.") from None
    return grid


def _decoded(file: str, data: bytes) -> str:
    """The text, in UTF-8 with or without a mark, or in UTF-16 with one; no other encoding can be told from its bytes."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"the byte 0x{data[error.start]:02x} in line {line}, which is no {encoding[:6].rstrip('-').upper()}"
        raise SheetError(
            file, found, "Save it as 'CSV UTF-8'; in Windows-1252 and the like letters get lost."
        ) from None


def _separator(text: str) -> str:
    """The sign that splits the first line into most cells: a comma, a semicolon or a tab."""
    first = text.lstrip("\r\n").splitlines()[:1]
    return max(",;\t", key=lambda sign: len(next(csv.reader(first, delimiter=sign), [])))


_DANGEROUS = "=+@\t\r＝＋－＠-"


def defused(text: str) -> str:
    """A text for a CSV cell that no spreadsheet program takes for a formula: an apostrophe comes before = + - and @.

    Reading such a file takes it away again, and so does any person who knows the sign.
    """
    return f"'{text}" if re.match(f"'*[{_DANGEROUS}]", text) else text


def _armed(text: str) -> str:
    return text[1:] if re.match(f"'+[{_DANGEROUS}]", text) else text


def write(folder: Path, tables: Mapping[str, Iterable[Iterable[str]]]) -> None:
    """Write each table as `<name>.csv` in UTF-8 with a mark, so that Excel knows the encoding."""
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows([defused(cell) for cell in row] for row in rows)


# ------------------------------------------------------------------- workbooks


def _workbook(path: Path) -> Book:
    with path.open("rb") as file:
        data = file.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise SheetError(path.name, f"more than {LARGEST_PART:,} bytes", "Split it into several workbooks.")
    return _Unpacked(path.name, data).book()


class _Unpacked:
    """A workbook's archive on its way into a Book."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self.tally = _Tally(file)
        self.archive = self.opened(data)
        self.strings: list[str] = []
        self.formats: list[str] = []
        """What the format of each style shows of a date; empty for numbers."""

    def refuse(self, found: str, remedy: str = "Save it as .xlsx, without a password.") -> SheetError:
        return SheetError(self.file, found, remedy)

    def opened(self, data: bytes) -> zipfile.ZipFile:
        if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            locked = "EncryptedPackage".encode("utf-16-le") in data
            raise self.refuse("a workbook protected by a password" if locked else "a workbook of the old format .xls")
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            cut = data.startswith(b"PK")
            kind = "a broken or cut workbook" if cut else "an empty file" if not data else "a file that is no workbook"
            raise self.refuse(kind) from None
        parts = {info.filename: info for info in archive.infolist()}
        for name, info in parts.items():
            if info.file_size > LARGEST_PART:
                found = f"{name}, which unpacks to {info.file_size:,} bytes"
                raise self.refuse(found, f"A part may have {LARGEST_PART:,}; delete empty rows, or split the workbook.")
            if info.flag_bits & 1:
                raise self.refuse("an archive protected by a password")
        if sum(info.file_size for info in parts.values()) > LARGEST_BOOK:
            raise self.refuse(f"an archive that unpacks to more than {LARGEST_BOOK:,} bytes", "Split the workbook.")
        if "mimetype" in parts:
            raise self.refuse("an OpenDocument file")
        if "xl/workbook.bin" in parts:
            raise self.refuse("a binary workbook (.xlsb)")
        return archive

    def part(self, name: str) -> bytes:
        try:
            return self.archive.read(name)
        except KeyError:
            raise self.refuse(f"a workbook without {name}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError):
            raise self.refuse(f"a broken workbook: {name} cannot be unpacked") from None

    def walk(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], object],
        end: Callable[[str], object] | None = None,
        text: Callable[[str], object] | None = None,
    ) -> None:
        """Read the XML of a part; names come without their namespaces' prefixes."""
        data = self.part(name)
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def refuse(*_: object) -> None:
            raise self.refuse(f"{name}, which declares XML entities")

        parser.StartDoctypeDeclHandler = refuse
        if re.search(
            rb"<[A-Za-z0-9_]+:[A-Za-z]", data[:2000]
        ):  # few programs write prefixes; taking them off takes time
            parser.StartElementHandler = lambda tag, found: start(tag.rpartition(":")[2], found)
            parser.EndElementHandler = end and (lambda tag: end(tag.rpartition(":")[2]))
        else:
            parser.StartElementHandler = start
            parser.EndElementHandler = end
        if text is not None:
            parser.CharacterDataHandler = text
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, IndexError, OverflowError) as error:
            raise self.refuse(f"a broken workbook: {name} cannot be read ({error})") from None

    def book(self) -> Book:
        workbook = next((t for kind, t in self.targets("") if kind == "officeDocument"), "xl/workbook.xml")
        named: list[tuple[str, str]] = []
        book = Book()

        def start(tag: str, found: dict[str, str]) -> None:
            if tag == "sheet":
                key = next((value for name, value in found.items() if name.rpartition(":")[2] == "id"), "")
                named.append((found.get("name", ""), key))
            elif tag == "workbookPr":
                book.since_1904 = found.get("date1904") in ("1", "true")

        self.walk(workbook, start)
        relations = dict(self.targets(workbook, by_id=True))
        if not named or len({relations.get(key, key) for _, key in named}) < len(named):
            raise self.refuse("a file without sheets" if not named else "a workbook that shows one sheet twice")
        for kind, target in self.targets(workbook):
            if kind == "sharedStrings":
                self.read_strings(target)
            elif kind == "styles":
                self.read_formats(target)
        first = date(1904, 1, 1) if book.since_1904 else _EPOCH
        book.grids = [self.grid(name, relations[key], first) for name, key in named if key in relations]
        return book

    def targets(self, part: str, *, by_id: bool = False) -> list[tuple[str, str]]:
        """The parts that a part names, by kind or by id; what lies outside of the workbook is left out."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        found: list[tuple[str, str]] = []

        def start(tag: str, at: dict[str, str]) -> None:
            if tag == "Relationship" and at.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, at.get("Target", ""))).lstrip("/")
                found.append((at.get("Id", "") if by_id else at.get("Type", "").rpartition("/")[2], target))

        if listed in self.archive.namelist():
            self.walk(listed, start)
        elif not part:
            raise self.refuse("an archive that is no workbook")
        return found

    def read_strings(self, part: str) -> None:
        pieces: list[str] = []
        inside = [False, 0]  # in a text; depth of phonetic hints, which repeat what is written

        def start(tag: str, _: dict[str, str]) -> None:
            if tag == "si":
                pieces.clear()
            elif tag == "rPh":
                inside[1] += 1
            inside[0] = tag == "t" and not inside[1]

        def end(tag: str) -> None:
            inside[0] = False
            if tag == "rPh":
                inside[1] -= 1
            elif tag == "si":
                self.strings.append(_unescaped("".join(pieces)))

        self.walk(part, start, end, lambda text: pieces.append(text) if inside[0] else None)

    def read_formats(self, part: str) -> None:
        codes: dict[int, str] = {}
        place = [""]

        def start(tag: str, at: dict[str, str]) -> None:
            if tag in ("cellXfs", "cellStyleXfs", "dxfs", "numFmts"):
                place[0] = tag
            elif tag == "numFmt" and place[0] == "numFmts":
                codes[int(at.get("numFmtId", 0))] = at.get("formatCode", "")
            elif tag == "xf" and place[0] == "cellXfs":
                number = int(at.get("numFmtId", 0))
                self.formats.append(_shows(codes[number]) if number in codes else _BUILT_IN.get(number, ""))

        self.walk(part, start)

    def grid(self, name: str, part: str, first: date) -> Grid:
        """The filled cells of a sheet; `first` is the day from which it counts days."""
        grid = Grid(name)
        row = column = 0
        kind = style = ""
        reading = ""  # the element whose text is being read
        phonetic = False
        value: list[str] = []
        formula: list[str] | None = None

        def start(tag: str, at: dict[str, str]) -> None:
            nonlocal row, column, kind, style, reading, phonetic, formula
            if tag == "c":
                column = _column(at["r"]) if "r" in at else column + 1
                kind, style = at.get("t", "n"), at.get("s", "0")
                if value:
                    value.clear()
                formula = None
            elif tag in ("v", "t") and not phonetic:
                reading = tag
            elif tag == "f":
                reading, formula = tag, []
            elif tag == "rPh":
                phonetic = True
            elif tag == "row":
                row = int(at.get("r", row + 1))
                column = 0
                if at.get("hidden") in ("1", "true"):
                    grid.hidden.add(row)
            elif tag == "mergeCell" and (match := _RANGE.fullmatch(at.get("ref", ""))):
                grid.merged.append((int(match[2]), _column(match[1]), int(match[4]), _column(match[3])))

        def end(tag: str) -> None:
            nonlocal reading, phonetic
            reading = ""
            if tag == "rPh":
                phonetic = False
            if tag == "c" and (value or formula is not None):
                text = "".join(value)
                if formula is not None:
                    found = Cell("=" + "".join(formula), "formula")
                else:
                    found = self.cell(kind, text, int(style), first)
                if found.text:
                    self.tally.add(found.text)
                    grid.cells.setdefault(row, {})[column] = found

        def read(text: str) -> None:
            if reading == "f" and formula is not None:
                formula.append(text)
            elif reading:
                value.append(text)

        self.walk(part, start, end, read)
        return grid

    def cell(self, kind: str, text: str, style: int, first: date) -> Cell:
        if kind == "s":
            return Cell(self.strings[int(text)])
        if kind in ("str", "inlineStr"):
            return Cell(_unescaped(text))
        if kind == "b":
            return Cell("true" if text.strip() == "1" else "false", "flag")
        if kind == "e":
            return Cell(text, "error")
        if kind == "d":
            return Cell(date.fromisoformat(text[:10]).isoformat(), "date", "ymd")
        number = float(text)
        if (shows := self.formats[style] if style < len(self.formats) else "") and text:
            try:
                return Cell((first + timedelta(days=int(number))).isoformat(), "date", shows)
            except OverflowError:
                return Cell(text, "error")
        return Cell(str(int(number)) if number.is_integer() else repr(number), "number")


_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")


@lru_cache(maxsize=1024)
def _number_of(name: str) -> int:
    if not re.fullmatch("[A-Z]{1,3}", name):
        raise ValueError(f"no column {name}")
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def _column(reference: str) -> int:
    """The column of a reference such as AB12, from 1."""
    return _number_of(reference.rstrip("0123456789"))


def _unescaped(text: str) -> str:
    """The text with what a workbook writes as _x000D_ turned back into its sign."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


_BUILT_IN = {
    **dict.fromkeys((14, 15, 22, *range(27, 37), *range(50, 59)), "ymd"),
    16: "md",
    17: "ym",
    **dict.fromkeys((18, 19, 20, 21, 45, 46, 47), "t"),
}
"""What the formats that every workbook knows show of a date: t for a time without one."""


def _shows(code: str) -> str:
    """What a format shows of a date: some of y, m, d; t for a time alone; empty for numbers."""
    code = re.sub(r'"[^"]*"|\\.|_.|\*.', "", code.split(";")[0].lower())
    code = re.sub(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", "", code)
    if "general" in code or not re.search("[ymdhs]", code):
        return ""
    code = re.sub(r"h[^ymd]*m+|m+[^ymdh]*s|am/pm|a/p", "h", code)  # minutes, not months
    return "".join(letter for letter in "ymd" if letter in code) or "t"
