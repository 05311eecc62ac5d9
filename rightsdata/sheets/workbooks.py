"""Workbooks for coders: made from the layout, and marked where something is wrong."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rightsdata.errors import MissingExtra, Problem, SheetError
from rightsdata.sheets import grids, layout

try:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.workbook.defined_name import DefinedName
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.properties import PageSetupProperties
except ModuleNotFoundError as error:
    raise MissingExtra("Writing a workbook", "openpyxl", "sheet") from error

LAST_ROW = 1_048_576
"""The last row of a sheet in every spreadsheet program."""

_WIDTHS = {"date": 24, "flag": 11, "number": 11, "code": 22, "prose": 36}
_WIDE = {"summary": 70, "title": 48, "note": 60, "url": 48, "event_id": 38, "related_id": 38}
_BOLD = Font(name="Calibri", size=11, bold=True)
_HEADER = PatternFill("solid", start_color="DDE6F0")
_BAD = {"error": PatternFill("solid", start_color="FFC7CE"), "warning": PatternFill("solid", start_color="FFEB9C")}


def make(tables: Mapping[str, Sequence[Sequence[str]]], lists: Mapping[str, Sequence[str]], example: Any) -> bytes:
    """The bytes of a workbook with these cells, drop-down lists and a help page; equal ones for equal arguments.

    Every cell is a text, whatever it looks like: nothing written here is computed, and 2025-08 stays 2025-08.
    """
    book = openpyxl.Workbook(write_only=True)
    for name, columns in layout.SHEETS.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "B2"
        for place, column in enumerate(columns, start=1):
            letter = grids.letters(place)
            sheet.column_dimensions[letter].width = _WIDE.get(column.key, _WIDTHS[column.kind])
            sheet.column_dimensions[letter].number_format = "@"
            validation = _validation(column)
            validation.add(f"{letter}2:{letter}{LAST_ROW}")
            sheet.data_validations.append(validation)
        header, *rows = tables[name]
        cells = [_text(sheet, key) for key in header]
        for cell, column in zip(cells, columns, strict=True):
            cell.font = Font(name="Calibri", size=11, bold=True, italic=not column.required)
            cell.fill = _HEADER
        sheet.append(cells)
        for row in rows:
            sheet.append([_text(sheet, text) if text else None for text in row])
    _add_help(book, example)
    sheet = book.create_sheet(layout.LISTS)
    sheet.sheet_state = "hidden"
    height = max(map(len, lists.values()))
    sheet.append([_text(sheet, name) for name in lists])
    for place in range(height):
        sheet.append([_text(sheet, entries[place]) if place < len(entries) else None for entries in lists.values()])
    for place, (name, entries) in enumerate(lists.items(), start=1):
        letter = grids.letters(place)
        where = f"{layout.LISTS}!${letter}$2:${letter}${len(entries) + 1}"
        book.defined_names[f"list_{name}"] = DefinedName(f"list_{name}", attr_text=where)
    book.properties.creator = "rightsdata"
    return _saved(book)


def _validation(column: layout.Column) -> Any:
    """A drop-down where the column has choices, and what the column says as a hint beside its cells."""
    formula = None
    if column.choices == "events":
        formula = f"events!$A$2:$A${LAST_ROW}"
    elif column.choices:
        formula = f"list_{column.choices}"
    validation = DataValidation(type="list" if formula else None, formula1=formula, allow_blank=True)
    validation.showInputMessage = True
    validation.promptTitle = column.key[:32]
    several = " Several are joined by ;" if column.many else ""
    validation.prompt = _cut(column.about + several)
    validation.showErrorMessage = column.closed
    if column.closed:
        validation.errorTitle = column.key[:32]
        validation.error = "Choose one of the list; the sheet help says what each means."
    return validation


def _cut(text: str) -> str:
    """At most the 255 characters that a hint may have."""
    return text if len(text) <= 255 else f"{text[:253]} …"


def _text(sheet: Any, text: str, number_format: str = "@") -> Any:
    """A cell that holds a text and nothing else; what a workbook would read as an escape is escaped."""
    cell = WriteOnlyCell(sheet)
    cell.number_format = number_format
    cell._value = _escaped(text)  # past openpyxl's own guess, which takes =x for a formula and refuses \x1b
    cell.data_type = "s"
    return cell


def _escaped(text: str) -> str:
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda match: f"_x{ord(match[0]):04X}_", text)


_HELP_WIDTHS = (26, 24, 80, 34, 70)


def _add_help(book: Any, example: Any) -> None:
    sheet = book.create_sheet(layout.HELP)
    for place, width in enumerate(_HELP_WIDTHS, start=1):
        sheet.column_dimensions[grids.letters(place)].width = width
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    number = 0
    heading = False
    for row in layout.help_rows(example):
        cells = [_text(sheet, text) for text in row]
        if len(row) == 2:
            sheet.append([])
            number += 1
            cells[0].font = Font(name="Calibri", size=13, bold=True)
        elif len(row) > 2:
            lines = max(-(-len(text) // width) for text, width in zip(row, _HELP_WIDTHS, strict=False))
            sheet.row_dimensions[number + 1].height = 15 * max(lines, 1)
        for cell in cells if len(row) > 2 else ():
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if heading:
                cell.font, cell.fill = _BOLD, _HEADER
        heading = len(row) == 2
        sheet.append(cells)
        number += 1


_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a workbook made here, the first that an archive can hold."""


def _saved(book: Any) -> bytes:
    """The bytes of a workbook without the time at which it was made."""
    book.properties.created = book.properties.modified = datetime(1980, 1, 1)
    draft, final = io.BytesIO(), io.BytesIO()
    book.save(draft)
    with zipfile.ZipFile(draft) as old, zipfile.ZipFile(final, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", data)
            new.writestr(zipfile.ZipInfo(name, _DAY), data, zipfile.ZIP_DEFLATED)
    return final.getvalue()


# ------------------------------------------------------------------- marking


def marked(data: bytes, problems: Iterable[Problem]) -> bytes:
    """The workbook with every cell that a problem names coloured, and what is wrong in a comment.

    Values, formats, lists and everything else that openpyxl knows stay; it knows no charts, drawings and pictures.
    A comment that stands there stays, above the new one. Problems of sheets that are missing have no cell.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl leaves out
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
        except Exception as error:  # openpyxl raises whatever its reading stumbles over
            found = f"a workbook that cannot be marked ({error})"
            raise SheetError("workbook", found, "Save it once more in a spreadsheet program, as .xlsx.") from error
    found_at: dict[str, list[Problem]] = {}
    for problem in problems:
        found_at.setdefault(problem.file, []).append(problem)
    for place, here in found_at.items():
        name, _, reference = place.rpartition("!")
        if name not in book.sheetnames:
            continue
        cell = book[name][reference]
        worst = "error" if any(problem.severity == "error" for problem in here) else "warning"
        lines = [f"{one.severity}: found {one.found}; expected {one.expected}. {one.remedy}".rstrip() for one in here]
        before = [cell.comment.text] if cell.comment else []
        cell.fill = _BAD[worst]
        cell.comment = Comment(_escaped("\n\n".join([*before, *lines])), "rightsdata", height=160, width=340)
    final = io.BytesIO()
    book.save(final)
    return final.getvalue()
