"""The record files: strict YAML and CSV to rows by table, every row knowing its file and line, and back.

One event is one YAML file, `events/<CC>/<event_id>.yaml`; the small reference tables are CSV. Every value is read as
the text that stands there and the schema says what it means. Files have one canonical form, which `write_event` and
`write_table` give; written that way they read the same in any YAML or CSV reader.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import dataframely as dy

from rightsdata import columns, notation, schema
from rightsdata.errors import Problem
from rightsdata.notation import Record, dotted

LARGEST_FILE = 1_000_000
"""Bytes; the largest record so far has under 20 kB."""

REFERENCE = ("platforms", "publishers", "countries", "retired")
"""The tables that are kept as `reference/<name>.csv`."""

LIST_SEPARATOR = ";"
"""Between the entries of a list in a CSV cell."""

LOCAL_ID = r"[A-Za-z0-9_-]{1,20}"
"""What a source's id inside its record looks like, such as s1."""


class Place(NamedTuple):
    """Where a row stands: the file relative to the data folder, its line, and the lines of what lies below `path`."""

    file: str
    line: int
    lines: Mapping[notation.Path, int] = {}
    path: notation.Path = ()

    def of(self, key: str, item: int | None = None) -> int:
        """The line of a field, or of an entry of its list; the row's own line where the field is not written."""
        field_line = self.lines.get((*self.path, key), self.line)
        return field_line if item is None else self.lines.get((*self.path, key, item), field_line)


@dataclass(slots=True)
class Rows:
    """Rows by table as they stand in the files, with their places and the problems of form found on the way.

    `sources` holds a row for every event that cites a page. `bad` holds the cells that could not be read: they are
    null in the rows and need no second complaint. `unread` names the tables of which something could not be read at
    all, so that nothing can be said about what they lack. `loose` maps each file that is readable but not in
    canonical form to the lines of its comments. `cells` holds the names of the cells of each workbook: what comes
    from one has the number of its cell for a line.
    """

    root: Path
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in schema.CODED})
    places: dict[str, list[Place]] = field(default_factory=lambda: {name: [] for name in schema.CODED})
    problems: list[Problem] = field(default_factory=list)
    bad: set[tuple[str, int, str]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    loose: dict[str, list[int]] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)

    def named(self, file: str, line: int) -> str:
        """A place in words: the file and line, or the cell."""
        return self.cells[file][line] if file in self.cells else f"{file}:{line}" if line else file

    def problem(self, file: str, line: int, key: str, found: str, expected: str, remedy: str, rule: str) -> None:
        """Note one problem of form."""
        self.problems.append(Problem(file, line, key, found, expected, remedy, rule))


def read(root: Path, without: Container[str] = ()) -> Rows:
    """Read `root/events/**.yaml` and `root/reference/*.csv`, but for the records of the events in `without`.

    Nothing is raised for what the files say: every problem of form is in the result, next to the rows of all
    files that could be read.
    """
    rows = Rows(root)
    paths = list(_event_files(rows))
    for path in paths:
        if path.stem in without:
            continue
        file = path.relative_to(root).as_posix()
        content = content_of(path, rows)
        record = notation.parse(content, file) if content is not None else None
        if record is not None:
            rows.problems += record.problems
        if content is None or record is None or record.value is None:
            rows.unread |= {"events", "targets", "sources"}
            continue
        known = len(rows.problems)
        add_event(rows, record, file)
        if not record.problems and len(rows.problems) == known:
            _check_name(rows, record, file)
            if record.comments or write_event(record.value) != content:
                rows.loose[file] = record.comments
    if not paths and not rows.problems:
        rows.problem("events", 0, "folder", "no record", "record files", "Restore the folder events/.", "no_records")
    linked = (root / "reference").is_symlink()
    if linked:
        _refuse(rows, root / "reference", "a symbolic link")
        rows.unread |= set(REFERENCE)
    for name in () if linked else REFERENCE:
        file = f"reference/{name}.csv"
        content = content_of(root / file, rows)
        if content is None or not add_table(rows, name, content, file):
            rows.unread.add(name)
    return rows


def source_id(url: str) -> str:
    """The id of a page: 16 hexadecimal digits of the SHA-256 of its normalised address.

    Scheme and `www.` do not count, host names are lower case, a trailing slash and the fragment are dropped;
    the query stays, since many pages are told apart by it alone.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.lower().removeprefix("www.")
        url = urlunsplit(("", host, parts.path.rstrip("/"), parts.query, ""))
    except ValueError:
        pass  # no address at all: its own text is as good a name
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# ------------------------------------------------------------------- the folder


def _event_files(rows: Rows) -> Iterator[Path]:
    """The record files in order of their names; what should not be there becomes a problem."""
    pending = [rows.root / "events"]
    while pending:
        folder = pending.pop(0)
        if folder.is_symlink():
            _refuse(rows, folder, "a symbolic link")
            continue
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            _refuse(rows, folder, f"a folder that cannot be read ({error.strerror})")
            continue
        for path in entries:
            kind = _kind(path)
            if path.name.startswith(".") and ".yaml" not in path.name:
                continue
            if path.name.startswith("."):
                _refuse(rows, path, "a left-over of an interrupted --fix, or a hidden record")
            elif kind == "folder" and path.suffix != ".yaml":
                pending.append(path)
            elif kind != "file":
                _refuse(rows, path, kind)
            elif path.suffix != ".yaml":
                _refuse(rows, path, "a name that does not end in .yaml")
            else:
                yield path


def _kind(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return f"something that cannot be read ({error.strerror})"
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "no regular file"


_REMEDY = {
    "a symbolic link": "Put the file itself there; links are not followed, so that nothing outside the folder is read.",
    "no such file": "Restore it from the repository.",
}


def _refuse(rows: Rows, path: Path, found: str) -> None:
    file = path.relative_to(rows.root).as_posix()
    rule = "symbolic_link" if found == "a symbolic link" else "file_kind"
    rows.problem(
        file, 0, "file", found, "a record or table in a regular file", _REMEDY.get(found, "Rename or remove it."), rule
    )
    rows.unread |= {"events", "targets", "sources"}


def content_of(path: Path, rows: Rows) -> str | None:
    """The text of a file, or None, with the problem noted."""
    if (kind := _kind(path)) != "file":
        _refuse(rows, path, kind)
        return None
    file = path.relative_to(rows.root).as_posix()
    try:
        with path.open("rb") as handle:
            size = os.fstat(handle.fileno()).st_size
            data = handle.read() if size <= LARGEST_FILE else None
    except OSError as error:
        _refuse(rows, path, f"a file that cannot be read ({error.strerror})")
        return None
    if data is None:
        remedy = "One file holds one event."
        rows.problem(file, 0, "file", f"{size:,} bytes", f"at most {LARGEST_FILE:,}", remedy, "file_size")
        return None
    return notation.decode(data, file, rows.problems)


# ------------------------------------------------------------------- one event

_CITED_BY = "sources"
"""The key under which a stage, a legal basis or a response names its sources by their local ids."""


def _fields(name: str) -> tuple[str, ...]:
    """The keys that a child of an event may have in its record."""
    if name == "sources":
        return ("id", *(c for c in schema.COLUMNS["sources"] if c != "source_id"), "supports", "party")
    skipped = {"event_id", "position", "source_ids"}
    columns = schema.COLUMNS[name]
    return (*(c for c in columns if c not in skipped), *((_CITED_BY,) if "source_ids" in columns else ()))


FIELDS: Mapping[str, tuple[str, ...]] = {
    "events": tuple(schema.COLUMNS["events"]),
    **{n: _fields(n) for n in schema.CHILDREN},
}
"""The keys of an event's record and of each list in it, in the order in which they are written."""

COLUMNS_OF: Mapping[str, Mapping[str, dy.Column]] = {
    name: {**(schema.COLUMNS["citations"] if name == "sources" else {}), **schema.COLUMNS[name]}
    for name in ("events", *schema.CHILDREN)
}
"""The columns behind the keys of FIELDS; a source's own keys and those of its citation stand together in a record."""


LISTS: Mapping[str, set[str]] = {
    name: {_CITED_BY, *(key for key, column in columns.items() if isinstance(column, dy.List))}
    for name, columns in COLUMNS_OF.items()
}
"""The keys that hold a list of texts, by table."""

LOCAL_KEYS: Mapping[str, str] = {
    "id": "Short id inside this record, such as s1.",
    _CITED_BY: "Ids of the record's sources that vouch for this row.",
}
"""The keys of a record that no table has a column for, and what they mean."""


def required(name: str, key: str) -> bool:
    """Whether every row of a table must have the key in its record."""
    column = COLUMNS_OF[name].get(key)
    if column is None:
        return key == "id"
    return not column.nullable and not isinstance(column, dy.List) and schema.metadata(column).get("default") is None


class _Event:
    """One record on its way into the rows."""

    def __init__(self, rows: Rows, record: Record, file: str) -> None:
        self.rows, self.record, self.file = rows, record, file
        self.value: dict[str, Any] = record.value or {}
        self.row = len(rows.tables["events"])
        self.event_id: str | None = None
        self.local: dict[str, str | None] = {}
        self.all_named = True
        """Whether every source has an id, so that an unknown one is the citing row's fault."""

    def place(self, path: notation.Path) -> Place:
        lines = self.record.lines
        return Place(self.file, lines.get(path, 1), lines, path)

    def complain(self, path: notation.Path, found: str, expected: str, remedy: str, rule: str) -> None:
        line = next((self.record.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.record.lines), 1)
        self.rows.problem(self.file, line, dotted(path), found, expected, remedy, rule)

    def add(self) -> None:
        """Put the event and its lists into the rows."""
        event = self.take("events", self.row, self.value, FIELDS["events"] + schema.CHILDREN, ())
        self.rows.tables["events"].append({key: event.get(key) for key in FIELDS["events"]})
        self.rows.places["events"].append(self.place(()))
        self.event_id = event.get("event_id")
        children = {name: self.items(name) for name in schema.CHILDREN}
        self.add_sources(children.pop("sources"))
        for name, items in children.items():
            for index, item in items:
                self.add_child(name, index, item)

    def add_child(self, name: str, index: int, item: Mapping[str, Any]) -> None:
        child = len(self.rows.tables[name])
        taken = self.take(name, child, item, FIELDS[name], (name, index))
        row: dict[str, Any] = {"event_id": self.event_id}
        if "position" in schema.COLUMNS[name]:
            row["position"] = index + 1
        row |= {key: taken.get(key) for key in FIELDS[name] if key != _CITED_BY}
        if _CITED_BY in FIELDS[name]:
            row["source_ids"] = self.resolve(name, child, index, taken.get(_CITED_BY) or [])
        self.append(name, row, self.place((name, index)))

    def append(self, name: str, row: dict[str, Any], place: Place) -> None:
        if self.event_id is None and "event_id" in row:
            self.rows.bad.add((name, len(self.rows.tables[name]), "event_id"))
        self.rows.tables[name].append(row)
        self.rows.places[name].append(place)

    def take(
        self, table: str, row: int, value: Mapping[str, Any], fields: tuple[str, ...], path: notation.Path
    ) -> dict[str, Any]:
        """The known keys of a mapping, each in the shape that its column has; the rest becomes problems."""
        lists = LISTS[table]
        broken = self.record.broken
        taken: dict[str, Any] = {}
        for key, found in value.items():
            if key not in fields:
                self.refuse_key(table, row, key, [one for one in fields if one not in value], (*path, key))
            elif broken and (*path, key) in broken:
                self.rows.bad.add((table, row, key))
            elif not (table == "events" and key in schema.CHILDREN):
                wants_list = key in lists
                if found is None or (isinstance(found, str) and not wants_list):
                    taken[key] = found
                else:
                    taken[key] = self.shaped(table, row, found, (*path, key), wants_list=wants_list)
        return taken

    def refuse_key(self, table: str, row: int, key: str, free: list[str], path: notation.Path) -> None:
        close = difflib.get_close_matches(key, free, n=1, cutoff=0.6)
        if table in schema.TABLES and key in schema.derived(table):
            remedy = "Remove it: it is derived from the rest."
        elif close:
            remedy = f"Did you mean {close[0]!r}?"
            self.rows.bad.add((table, row, close[0]))
            self.all_named = self.all_named and (table, close[0]) not in (("sources", "id"), ("events", "sources"))
        else:
            remedy = f"Known keys: {', '.join(FIELDS[table])}."
        self.complain(path, "an unknown key", "a key of the schema", remedy, "unknown_key")

    def shaped(self, table: str, row: int, found: notation.Value, path: notation.Path, *, wants_list: bool) -> Any:
        """A list where the column holds one, as it stands; None, with the problem noted, for another shape."""
        key = str(path[-1])
        if wants_list and isinstance(found, list):
            wrong = [index for index, item in enumerate(found) if not isinstance(item, str)]
            for index in wrong:
                shape = "nothing" if found[index] is None else "a nested value"
                if (*path, index) not in self.record.broken:
                    self.complain((*path, index), shape, "a text", "Correct or remove the entry.", "wrong_shape")
            if wrong:
                self.rows.bad.add((table, row, key))
                return None
            return found
        shape = "a text" if isinstance(found, str) else "a list" if isinstance(found, list) else "keys with values"
        remedy = f"Write [{found}]." if isinstance(found, str) else "Write a single value." if not wants_list else ""
        self.complain(path, shape, "a list" if wants_list else "one value", remedy, "wrong_shape")
        self.rows.bad.add((table, row, key))
        return None

    def items(self, name: str) -> list[tuple[int, dict[str, Any]]]:
        """The mappings of one list of the event, each with its place in the list."""
        found = self.value.get(name)
        items = []
        if (name,) in self.record.broken:
            self.rows.bad.add(("events", self.row, name))
        elif found is not None and not isinstance(found, list):
            self.complain((name,), "no list", "a list, each entry beginning with '- '", notation.EXAMPLE, "wrong_shape")
            self.rows.bad.add(("events", self.row, name))
        else:
            for index, item in enumerate(found or []):
                if isinstance(item, dict):
                    items.append((index, item))
                    continue
                self.rows.bad.add(("events", self.row, name))
                if (name, index) not in self.record.broken:
                    expected = f"keys with values: {', '.join(FIELDS[name])}"
                    self.complain((name, index), "a single value", expected, notation.EXAMPLE, "wrong_shape")
        if name == "sources" and ("events", self.row, name) in self.rows.bad:
            self.all_named = False
            self.rows.bad.add(("events", self.row, "citations"))
        return items

    def add_sources(self, items: list[tuple[int, dict[str, Any]]]) -> None:
        """Add the sources and citations of the event, and learn the source_id of each local id."""
        for index, item in items:
            source, citation = len(self.rows.tables["sources"]), len(self.rows.tables["citations"])
            path: notation.Path = ("sources", index)
            taken = self.take("sources", source, item, FIELDS["sources"], path)
            known = ("supports", "party", "id")
            self.rows.bad |= {
                ("citations", citation, key) for key in known if ("sources", source, key) in self.rows.bad
            }
            name, url = taken.get("id"), taken.get("url")
            identity = source_id(url) if url else None
            if not name or not re.fullmatch(LOCAL_ID, name):
                if ("sources", source, "id") not in self.rows.bad:
                    found = repr(name) if name else "nothing"
                    self.complain((*path, "id"), found, "a short id such as s1", "Give it one.", "required")
                self.all_named = False
            elif name in self.local:
                self.complain((*path, "id"), repr(name), "each id once", "Give it another id.", "duplicate_key")
            else:
                self.local[name] = identity
            if identity is None:
                self.rows.bad |= {("sources", source, "source_id"), ("citations", citation, "source_id")}
            row = {key: taken.get(key) for key in schema.COLUMNS["sources"]} | {"source_id": identity}
            cited = {key: taken.get(key) for key in ("supports", "party")}
            citing = {"event_id": self.event_id, "source_id": identity, "position": index + 1, **cited}
            self.append("sources", row, self.place(path))
            self.append("citations", citing, self.place(path))

    def resolve(self, table: str, row: int, index: int, names: list[str]) -> list[str]:
        """The source_ids of the local ids that a row names."""
        found = []
        for number, name in enumerate(names):
            path: notation.Path = (table, index, _CITED_BY, number)
            if names.index(name) != number:
                self.complain(
                    path, f"{name!r} twice", "each source once", "Remove the repeated entry.", "names_nothing_twice"
                )
            elif name in self.local:
                if (identity := self.local[name]) is not None and identity not in found:
                    found.append(identity)
            else:
                self.rows.bad.add((table, row, "source_ids"))
                if self.all_named:
                    expected = f"one of {', '.join(self.local)}" if self.local else "a source of this record"
                    remedy = "Add the source, or correct the id."
                    self.complain(path[:3], repr(name), expected, remedy, "unknown_reference")
        return found


def add_event(rows: Rows, record: Record, file: str) -> None:
    """Put one event's record and its lists into the rows."""
    _Event(rows, record, file).add()


def _check_name(rows: Rows, record: Record, file: str) -> None:
    event_id = (record.value or {}).get("event_id")
    if not isinstance(event_id, str) or not re.fullmatch(columns.EVENT_ID.strip("^$"), event_id):
        return
    wanted = f"events/{event_id[:2].upper()}/{event_id}.yaml"
    if file != wanted:
        line = record.lines.get(("event_id",), 1)
        remedy = "Rename or move the file, or correct event_id."
        rows.problem(file, line, "file name", repr(file), repr(wanted), remedy, "file_name")


# ------------------------------------------------------------------- the reference tables


def add_table(rows: Rows, name: str, text: str, file: str) -> bool:
    """Add the rows of a CSV; whether all of it could be read."""
    columns = schema.COLUMNS[name]
    known = len(rows.problems)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = next(reader, [])
        if header != list(columns):
            rows.problem(file, 1, "header", ",".join(header), ",".join(columns), "Restore the header.", "csv_header")
            return False
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) != len(columns):
                remedy = "Quote cells that hold a comma." if cells else "Remove the empty line."
                rows.problem(file, line, "row", f"{len(cells)} cells", f"{len(columns)}", remedy, "csv_cells")
            else:
                row: dict[str, Any] = {}
                for (key, column), cell in zip(columns.items(), cells, strict=True):
                    entries = [part for part in cell.split(LIST_SEPARATOR) if part]
                    row[key] = entries if isinstance(column, dy.List) else cell or None
                rows.tables[name].append(row)
                rows.places[name].append(Place(file, line))
            line = reader.line_num + 1
    except csv.Error as error:
        rows.problem(
            file, line, "row", f"CSV that cannot be read ({error})", "valid CSV", "Close every quote.", "csv_syntax"
        )
    if len(rows.problems) > known:
        return False
    if write_table(name, rows.tables[name]) != text:
        rows.loose[file] = []
    return True


# ------------------------------------------------------------------- rows to text, one canonical form


_ALWAYS = frozenset({"start", "end", "ongoing"})
"""Fields of an event that are written even when null, since null says something."""

_OMITTED_DEFAULTS = frozenset({"provider", "license", "party"})
"""Fields whose default is left out; the defaults of all others are written, since they are statements."""


def _plainly(column: dy.Column | None) -> Callable[[Any], Any] | None:
    """How a text is turned into what is written without quotes, for the columns that hold no texts."""
    if isinstance(column, dy.Bool):
        return lambda text: {"true": True, "false": False}.get(text, text)
    if hasattr(column, "min"):
        return lambda text: int(text) if re.fullmatch(r"-?[1-9][0-9]{0,8}|0", text) else text
    return None


def _default(key: str, column: dy.Column | None) -> Any:
    return schema.metadata(column).get("default") if column is not None and key in _OMITTED_DEFAULTS else None


_WRITTEN = {
    name: [(key, _plainly(columns.get(key)), _default(key, columns.get(key))) for key in FIELDS[name]]
    for name, columns in COLUMNS_OF.items()
}
"""The keys of an event and of its lists in order, each with what turns its text into a plain value and its default."""


def write_event(record: Mapping[str, Any]) -> str:
    """The canonical text of one event's record: known keys in order, nulls and empty lists left out."""
    whole = _canonical("events", record)
    for name in schema.CHILDREN:
        if written := [_canonical(name, item) for item in record.get(name) or []]:
            whole[name] = written
    return notation.write(whole)


def _canonical(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, plainly, default in _WRITTEN[name]:
        value = row.get(key)
        if plainly is not None and isinstance(value, str):
            value = plainly(value)
        if (value is not None and value != [] and (default is None or value != default)) or (
            name == "events" and key in _ALWAYS
        ):
            found[key] = value
    return found


def write_table(name: str, rows: list[dict[str, Any]]) -> str:
    """The canonical text of a reference table: sorted by key, lists joined by semicolons, nulls empty."""
    columns = schema.COLUMNS[name]
    keys = schema.CODED[name].primary_key()
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in sorted(rows, key=lambda row: [str(row[key]) for key in keys]):
        writer.writerow(
            [
                LIST_SEPARATOR.join(row[key]) if isinstance(row[key], list) else "" if row[key] is None else row[key]
                for key in columns
            ]
        )
    return buffer.getvalue()
