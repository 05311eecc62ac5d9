"""The layout of a coding sheet: one sheet for every table of an event's record, one column for every key, from the schema.

A row of `events` is an event; a row of the others names its event first. The order of an event's rows in a sheet is
their order in its record. Lists stand in one cell, joined by semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import dataframely as dy

from rightsdata import records, schema
from rightsdata.vocabulary import VOCABULARIES

HELP, LISTS = "help", "lists"
"""The sheets of a workbook that hold no records; nothing is read from them."""

Kind = Literal["date", "flag", "number", "code", "prose"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    `choices` names the list that its drop-down shows, if any; `closed` says that nothing else may stand there.
    """

    sheet: str
    key: str
    about: str
    kind: Kind
    many: bool
    required: bool
    choices: str = ""
    closed: bool = False


def _column(sheet: str, key: str) -> Column:
    found = records.COLUMNS_OF[sheet].get(key)
    if found is None:
        return Column(sheet, key, records.LOCAL_KEYS[key], "code", key in records.LISTS[sheet], key == "id")
    note = schema.metadata(found)
    many = isinstance(found, dy.List)
    inner = found.inner if isinstance(found, dy.List) else found
    kind: Kind
    if note.get("edtf"):
        kind = "date"
    elif isinstance(found, dy.Bool):
        kind = "flag"
    elif hasattr(found, "min"):
        kind = "number"
    else:
        plain = isinstance(inner, dy.String) and not inner.regex and key != "event_id"
        kind = "prose" if plain else "code"
    choices = ""
    if isinstance(found, dy.Bool):
        choices = "true_false"
    elif isinstance(inner, dy.Enum):
        choices = note.get("vocabulary") or f"{sheet}_{key}"
    elif references := note.get("references"):
        choices = references.split(".")[0]
    about = found.description or ""
    if (default := note.get("default")) is not None:
        about += f" Left empty: {str(default).lower() if isinstance(default, bool) else default}."
    closed = isinstance(found, dy.Bool | dy.Enum)
    required = key == "event_id" or records.required(sheet, key)
    return Column(sheet, key, about, kind, many, required, choices, closed)


SHEETS: Mapping[str, tuple[Column, ...]] = {
    name: tuple(
        _column(name, key)
        for key in (records.FIELDS[name] if name == "events" else ("event_id", *records.FIELDS[name]))
    )
    for name in ("events", *schema.CHILDREN)
}
"""The columns of every sheet, in order."""


def lists(reference: records.Rows) -> dict[str, list[str]]:
    """The choices of every drop-down list by name: vocabularies, fields, and the keys of the reference tables."""
    found: dict[str, list[str]] = {"true_false": ["true", "false"]}
    for columns in SHEETS.values():
        for column in columns:
            behind = records.COLUMNS_OF[column.sheet].get(column.key)
            inner = behind.inner if isinstance(behind, dy.List) else behind
            if column.choices in VOCABULARIES or isinstance(inner, dy.Enum):
                found.setdefault(column.choices, list(getattr(inner, "categories", ())))
            elif column.choices in records.REFERENCE:
                (key,) = schema.CODED[column.choices].primary_key()
                found.setdefault(column.choices, [row[key] for row in reference.tables[column.choices] if row[key]])
    return found


def tables(values: Iterable[Mapping[str, Any]]) -> dict[str, list[list[str]]]:
    """The cells of every sheet, headers first, for events' records as nested values.

    Raises:
        ValueError: for an entry of a list that holds a semicolon; no valid record has one.
    """
    found = {name: [[column.key for column in columns]] for name, columns in SHEETS.items()}
    for value in values:
        event_id = value.get("event_id") or ""
        for name, columns in SHEETS.items():
            for row in [value] if name == "events" else value.get(name) or []:
                found[name].append([_cell({"event_id": event_id, **row}.get(column.key)) for column in columns])
    return found


def _cell(value: str | list[str] | None) -> str:
    if isinstance(value, list):
        if bad := [entry for entry in value if records.LIST_SEPARATOR in entry]:
            raise ValueError(f"an entry of a list holds a semicolon, {bad[0]!r}; correct the record first")
        return f"{records.LIST_SEPARATOR} ".join(value)
    return value or ""


def entries(text: str) -> list[str]:
    """The entries of a list in a cell: joined by semicolons, or by commas or line breaks, which no entry holds."""
    return [entry for entry in (part.strip() for part in re.split("[;,\n؛،；，]", text)) if entry]


def help_rows(example: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The rows of the help page: how to fill in, every column with an example, every term with its definition.

    A row of one cell is a sentence, one of two a heading; the others belong to the table that the heading opens.
    """
    yield from ((line,) for line in _INTRODUCTION)
    filled = tables([example])
    for name, columns in SHEETS.items():
        yield f"Sheet {name}", (schema.CODED[name].__doc__ or "").strip()
        yield "column", "needed", "what it says", "choices", "example"
        rows = filled[name][1:]
        for place, column in enumerate(columns):
            shown = next((row[place] for row in rows if row[place]), "")
            choices = f"the list {column.choices}" if column.choices in VOCABULARIES else column.choices
            several = f"several, joined by {records.LIST_SEPARATOR}" if column.many else ""
            needed = "yes" if column.required else "no"
            yield column.key, needed, column.about, "; ".join(filter(None, (choices, several))), shown
    used = {column.choices for columns in SHEETS.values() for column in columns}
    for name, kind in VOCABULARIES.items():
        if name in used:
            yield f"List {name}", (kind.__doc__ or "").strip()
            yield "term", "label", "definition"
            yield from ((str(term), term.label(), term.definition) for term in kind)


_INTRODUCTION = (
    "One row of the sheet events is one event; a row of the other sheets belongs to the event that its event_id names.",
    "An event is one kind of restriction, imposed or formally planned by one initiator, on the same targets, in one "
    "territory, over one period.",
    "Nothing is said that no source says. What is not known stays empty, which is what null means below; an imprecise "
    "date stays imprecise.",
    "Dates: 2025, 2025-08 or 2025-08-13, each with ~ for about; [2025-08-10..2025-08-13] for one day of these; "
    "../2025-08-13 for that day or before. 3 Aug 2025, Aug 2025, 03.08.2025 and the like are understood; 03/08/2025 "
    "is not, since it can mean two days.",
    "Several entries of one cell are joined by semicolons. Sources have short ids, such as s1, which rows cite.",
    "Cells hold texts: no formulas, no merged cells. The order of columns and of sheets does not matter, and further "
    "sheets are not read.",
    "rightsdata sheet check FILE lists every mistake by its cell; --marked COPY writes a copy with the cells coloured.",
)
