"""Coding: what coders wrote into sheets, as records; every slip of writing told by its cell, every judgement left to the checks."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from rightsdata import dates, schema, validation
from rightsdata.errors import Problem, Severity
from rightsdata.notation import Path, Record
from rightsdata.sheets import grids, layout
from rightsdata.sheets.grids import Book, Cell, Grid
from rightsdata.sheets.layout import Column


@dataclass(slots=True)
class Coded:
    """The records of a book; `cells` names the cell for which each number in the place of a line stands."""

    file: str
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    cells: list[str] = field(default_factory=lambda: [""])

    def at(self, sheet: str, row: int, column: int) -> int:
        """The number of a cell."""
        self.cells.append(f"{sheet}!{grids.letters(column)}{row}")
        return len(self.cells) - 1

    def problem(
        self, line: int, name: str, found: str, expected: str, remedy: str, rule: str, *, warn: bool = False
    ) -> None:
        """Note one problem of a cell."""
        severity: Severity = "warning" if warn else "error"
        self.problems.append(Problem(self.file, line, name, found, expected, remedy, rule, severity))


class _Row(NamedTuple):
    """A filled row of a sheet: its values by key, the number of each cell and of the row, and what cannot be read."""

    value: dict[str, Any]
    lines: dict[str, int]
    line: int
    broken: set[str]


def decode(book: Book, file: str) -> Coded:
    """The records that stand in a book, in the order of the sheet `events`, and every problem of form."""
    coded = Coded(file)
    rows: dict[str, list[_Row]] = {name: [] for name in layout.SHEETS}
    for grid in _sheets(coded, book):
        rows[grid.name] = _rows(coded, grid, book)
    named: dict[str, Record] = {}
    unnamed = not rows["events"]
    for row in rows["events"]:
        lines: dict[Path, int] = {(): row.line, **{(key,): line for key, line in row.lines.items()}}
        record = Record(row.value, lines, [], [], {(key,) for key in row.broken})
        coded.records.append(record)
        event_id = row.value.get("event_id")
        if event_id and event_id not in named:
            named[event_id] = record
        unnamed = unnamed or not event_id  # then rows of events that are not there may be its own
    close: dict[str | None, str] = {}
    for name in schema.CHILDREN:
        for row in rows[name]:
            event_id = row.value.pop("event_id", None)
            if event_id in named:
                _attach(named[event_id], name, row)
            elif "event_id" not in row.broken and not (event_id and unnamed):
                if event_id not in close:  # each is compared with every event, so that only some can be
                    near = difflib.get_close_matches(event_id or "", named, n=1, cutoff=0.75) if len(close) < 50 else []
                    close[event_id] = (
                        f"Did you mean {near[0]!r}?" if near else "Add a row to events, or correct the id."
                    )
                line = row.lines.get("event_id", row.line)
                found = validation.shown(event_id)
                coded.problem(
                    line, f"{name}.event_id", found, "an event_id of events", close[event_id], "unknown_reference"
                )
    return coded


def _attach(record: Record, name: str, row: _Row) -> None:
    assert record.value is not None  # noqa: S101  # every record here was made with one
    items = record.value.setdefault(name, [])
    path: Path = (name, len(items))
    items.append(row.value)
    record.lines[path] = row.line
    record.lines.update({(*path, key): line for key, line in row.lines.items()})
    record.broken.update((*path, key) for key in row.broken)


# ------------------------------------------------------------------- sheets and their columns


def _sheets(coded: Coded, book: Book) -> Iterator[Grid]:
    """The sheets that hold records, under their proper names."""
    found: dict[str, Grid] = {}
    others: list[Grid] = []
    for grid in book.grids:
        name = _plain(grid.name)
        if name in layout.SHEETS and name not in found:
            found[name] = grid
        elif name not in (layout.HELP, layout.LISTS) and grid.cells:
            others.append(grid)
    missing = [name for name in layout.SHEETS if name not in found]
    for grid in others:
        name = _plain(grid.name)
        close = difflib.get_close_matches(name, missing, n=1, cutoff=0.7)
        remedy = f"Did you mean {close[0]!r}?" if close else "It is not read; that is right for notes of your own."
        if name in found:
            remedy = "Join the two."
        line = coded.at(grid.name, min(grid.cells), min(grid.cells[min(grid.cells)]))
        expected = f"the sheets {', '.join(layout.SHEETS)}, each once"
        shown = f"a sheet {grid.name!r}"
        coded.problem(line, "sheet", shown, expected, remedy, "unknown_sheet", warn=not close and name not in found)
    if "events" in missing:
        coded.cells.append("events")
        remedy = "Make one with: rightsdata sheet new FILE"
        coded.problem(len(coded.cells) - 1, "sheet", "nothing", "a sheet 'events'", remedy, "missing_sheet")
    for name in layout.SHEETS:
        if name in found:
            found[name].name = name
            yield found[name]


def _plain(name: str) -> str:
    """A heading as the schema spells it: Event ID is event_id."""
    return re.sub(r"[\s-]+", "_", _seen(name).lower())


def _header(coded: Coded, grid: Grid, row: int) -> dict[int, Column]:
    """The columns of a sheet by their place; what is unknown, twice there or missing becomes a problem."""
    known = {column.key: column for column in layout.SHEETS[grid.name]}
    columns: dict[int, Column] = {}
    unknown: list[tuple[int, str]] = []
    for place, cell in sorted(grid.cells[row].items()):
        name = _plain(cell.text)
        if name not in known:
            if name:
                unknown.append((place, cell.text))
        elif known[name] in columns.values():
            line = coded.at(grid.name, row, place)
            coded.problem(line, "header", f"{name} again", "each column once", "Join or remove it.", "duplicate_column")
        else:
            columns[place] = known[name]
    missing = [key for key, column in known.items() if column not in columns.values()]
    derived = schema.derived(grid.name)
    for place, text in unknown:
        close = difflib.get_close_matches(_plain(text), missing, n=1, cutoff=0.6)
        remedy = f"Did you mean {close[0]!r}?" if close else "Remove it, or put notes on a sheet of your own."
        if _plain(text) in derived:
            remedy = "Remove it: it is derived from the rest."
        line = coded.at(grid.name, row, place)
        coded.problem(line, "header", repr(text), "a column of the schema", remedy, "unknown_column")
    for key in missing:
        if known[key].required:
            line = coded.at(grid.name, row, min(grid.cells[row]))
            coded.problem(line, "header", f"no column {key}", known[key].about, "Add the column.", "missing_column")
    return columns


def _rows(coded: Coded, grid: Grid, book: Book) -> list[_Row]:
    """The filled rows below the header."""
    if not grid.cells:
        return []
    numbers = sorted(grid.cells)
    columns = _header(coded, grid, numbers[0])
    lacking = {c.key for c in layout.SHEETS[grid.name] if c.required} - {c.key for c in columns.values()}
    covered = _merged(coded, grid, columns, numbers)
    name = "" if grid.name == "events" else f"{grid.name}."
    found = []
    for number in numbers[1:]:
        cells = {place: cell for place, cell in grid.cells[number].items() if _seen(cell.text)}
        if not cells:
            continue
        first = min(cells)
        if len(cells) > 1 and all(
            place in columns and _plain(cell.text) == columns[place].key for place, cell in cells.items()
        ):
            line = coded.at(grid.name, number, first)
            coded.problem(
                line, "row", "the header again", "one header, in the first row", "Remove it.", "second_header"
            )
            continue
        if number in grid.hidden:
            line = coded.at(grid.name, number, first)
            expected = "rows that can be seen"
            remedy = "It is read like the others: show it, or delete it if it is not meant."
            coded.problem(line, "row", "a hidden row", expected, remedy, "hidden_row", warn=True)
        for place in sorted(set(cells) - set(columns) - set(grid.cells[numbers[0]])):
            line = coded.at(grid.name, number, place)
            found_there = repr(cells[place].text)
            remedy = "Give the column a name, or remove the cell."
            coded.problem(line, "row", found_there, "a header above every filled cell", remedy, "cell_without_column")
        row = _Row({}, {}, coded.at(grid.name, number, first), set())
        for place, column in columns.items():
            line = row.lines[column.key] = coded.at(grid.name, number, place)
            cell = cells.get(place)
            if (number, place) in covered:
                row.broken.add(column.key)
            elif cell is not None:
                read = _read(cell, column, book)
                if isinstance(read, _Slip):
                    coded.problem(line, name + column.key, *read)
                    row.broken.add(column.key)
                else:
                    row.value[column.key] = read
        row.broken.update(lacking)
        row.value.update(dict.fromkeys(row.broken))
        found.append(row)
    return found


def _merged(coded: Coded, grid: Grid, columns: Iterable[int], numbers: list[int]) -> set[tuple[int, int]]:
    """The cells that merged ones cover, each told once where it touches what is read."""
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in grid.merged:
        places = [place for place in columns if left <= place <= right]
        touched = numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]
        if places and touched and (touched[0], places[0]) not in covered:
            line = coded.at(grid.name, top, left)
            found = f"a merged cell down to {grids.letters(right)}{bottom}"
            coded.problem(line, "cell", found, "cells of their own", "Unmerge it, and fill in each.", "merged_cell")
            covered |= {(number, place) for number in touched for place in places}
    return covered


# ------------------------------------------------------------------- one cell


class _Slip(NamedTuple):
    """What is wrong with a cell."""

    found: str
    expected: str
    remedy: str
    rule: str


@lru_cache(maxsize=65536)
def _seen(text: str) -> str:
    """The text without white space and marks of no width at its ends."""
    return re.sub(r"^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$", "", text)


@lru_cache(maxsize=65536)
def _code(text: str) -> str:
    """A code, a date or an address without anything invisible, and with plain spaces."""
    text = re.sub("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", "", text)
    return re.sub(r"[^\S\n]", " ", text).strip()


def _read(cell: Cell, column: Column, book: Book) -> str | list[str] | _Slip:
    """What a cell says in its column, as a record has it."""
    if cell.kind in ("formula", "error"):
        what = f"the formula {cell.text}" if cell.kind == "formula" else f"the error {cell.text}"
        return _Slip(what, "a value", "Copy the cell and paste it back as values only.", "formula")
    if cell.kind == "date":
        return _date(cell, column, book)
    if cell.kind == "number" and not re.fullmatch("-?[0-9]{1,15}", cell.text):
        remedy = "Format the cell as text and write it again: a number may have lost digits."
        return _Slip(f"the number {cell.text}", "a text or a whole number", remedy, "number")
    text = _seen(cell.text) if column.kind == "prose" else _code(cell.text)
    if column.many:
        return layout.entries(text)
    if column.kind == "flag":
        return text.lower() if text.lower() in ("true", "false") else text
    if column.kind == "date":
        return _typed(cell, text)
    return text


def _typed(cell: Cell, text: str) -> str | _Slip:
    if cell.kind == "number" and len(text) == 5:
        day = grids.day(int(text))
        remedy = f"Write {day} if that day is meant: this is how spreadsheets count days."
        return _Slip(f"the number {text}", "a date of the EDTF profile", remedy, "wrong_date")
    try:
        return dates.typed(text)
    except ValueError as error:
        remedy = f"{str(error)[0].upper()}{str(error)[1:]}."
        return _Slip(validation.shown(text), "a date of the EDTF profile", remedy, "wrong_date")


def _date(cell: Cell, column: Column, book: Book) -> str | _Slip:
    """A real date: as exact as it is shown, since 2025-08 typed into a spreadsheet becomes a day shown as Aug-25."""
    if column.kind != "date":
        remedy = "Format the cell as text and write it again."
        return _Slip(f"the date {cell.text}", "a text", remedy, "date_for_text")
    if book.since_1904:
        other = grids.day(grids.serial(cell.text) - 1462)
        remedy = (
            f"The workbook counts days from 1904, so that this can mean {cell.text} or {other}: write it as a text."
        )
        return _Slip(f"the date {cell.text}", "a date of the EDTF profile", remedy, "date_of_two_epochs")
    if 1900 <= grids.serial(cell.text) <= 2099:
        year = grids.serial(cell.text)
        remedy = f"It can mean that day or the year {year}, which is the same number: write it as a text."
        return _Slip(f"the date {cell.text}", "a date of the EDTF profile", remedy, "date_or_year")
    first, length = _EXACT.get(cell.shows, ("", 0))
    if length and cell.text.endswith(first):
        return cell.text[:length]
    remedy = f"It holds {cell.text} and does not show all of that: write what is meant as a text."
    return _Slip(f"the date {cell.text}", "a date of the EDTF profile", remedy, "date_half_shown")


_EXACT = {"ymd": ("", 10), "ym": ("-01", 7), "y": ("-01-01", 4)}
"""By what a format shows: how a day must end so that no more is known than is shown, and what is kept of it."""
