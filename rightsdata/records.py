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
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import dataframely as dy

from rightsdata import notation, schema
from rightsdata.errors import Problem
from rightsdata.notation import Record, dotted
from rightsdata.vocabulary import RestrictionType

LARGEST_FILE = 1_000_000
"""Bytes; the largest record so far has under 20 kB."""

REFERENCE = ("platforms", "publishers", "countries", "retired")
"""The tables that are kept as `reference/<name>.csv`."""

LIST_SEPARATOR = ";"
"""Between the entries of a list in a CSV cell."""

TO_DO = "To do:"
"""What a text of a skeleton begins with; no finished record may hold it."""

LOCAL_ID = r"[A-Za-z0-9_-]{1,20}"
"""What a source's id inside its record looks like, such as s1."""


@dataclass(slots=True)
class Place:
    """Where a row stands: the file relative to the data folder, its line, and the lines of its fields."""

    file: str
    line: int
    lines: Mapping[str, int]

    def of(self, key: str, item: int | None = None) -> int:
        """The line of a field, or of an entry of its list; the row's own line where the field is not written."""
        if item is not None and f"{key}.{item}" in self.lines:
            return self.lines[f"{key}.{item}"]
        return self.lines.get(key, self.line)


@dataclass(slots=True)
class Rows:
    """Rows by table as they stand in the files, with their places and the problems of form found on the way.

    `sources` holds a row for every event that cites a page. `bad` holds the cells that could not be read: they are
    null in the rows and need no second complaint. `unread` names the tables of which something could not be read at
    all, so that nothing can be said about what they lack. `loose` maps each file that is readable but not in
    canonical form to the lines of its comments.
    """

    root: Path
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in schema.CODED})
    places: dict[str, list[Place]] = field(default_factory=lambda: {name: [] for name in schema.CODED})
    problems: list[Problem] = field(default_factory=list)
    bad: set[tuple[str, int, str]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    loose: dict[str, list[int]] = field(default_factory=dict)

    def problem(self, file: str, line: int, key: str, found: str, expected: str, remedy: str, rule: str) -> None:
        """Note one problem of form."""
        self.problems.append(Problem(file, line, key, found, expected, remedy, rule))


def read(root: Path) -> Rows:
    """Read `root/events/**.yaml` and `root/reference/*.csv`.

    Nothing is raised for what the files say: every problem of form is in the result, next to the rows of all
    files that could be read.
    """
    rows = Rows(root)
    paths = list(_event_files(rows))
    for path in paths:
        file = path.relative_to(root).as_posix()
        content = _content(path, rows)
        record = notation.parse(content, file) if content is not None else None
        if record is not None:
            rows.problems += record.problems
        if content is None or record is None or record.value is None:
            rows.unread |= {"events", "targets", "sources"}
            continue
        known = len(rows.problems)
        _Event(rows, record, file).add()
        if not record.problems and len(rows.problems) == known:
            _check_name(rows, record, file)
            if record.comments or write_event(record.value) != content:
                rows.loose[file] = record.comments
    if not paths and not rows.problems:
        rows.problem("events", 0, "folder", "no record", "record files", "Restore the folder events/.", "no_records")
    for name in REFERENCE:
        file = f"reference/{name}.csv"
        content = _content(root / file, rows)
        if content is None or not _add_table(rows, name, content, file):
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


def start(
    root: Path, *, country: str, restriction_type: str, date: str, slug: str, platforms: Sequence[str] = ()
) -> Path:
    """Write the skeleton of a new record at its place in a data folder.

    Args:
        root: the data folder.
        country: ISO code; where people are affected.
        restriction_type: a term of the vocabulary.
        date: `2025` or `2025-08`, the year or month that goes into the id.
        slug: the last part of the id.
        platforms: platform ids to target.

    Returns:
        The file. It holds every field that a coder fills in, texts to be replaced beginning with "To do:", which
        `check` reports.

    Raises:
        ValueError: for a value that no record may hold, with the remedy.
        FileExistsError: if there is such a record already; it is left alone.
    """
    rows = Rows(root)
    for name in ("countries", "platforms"):
        _add_table(rows, name, _content(root / f"reference/{name}.csv", rows) or "", f"reference/{name}.csv")
    if rows.problems:
        raise ValueError(str(rows.problems[0]))
    _choose("country", country, (row["code"] for row in rows.tables["countries"]))
    _choose("restriction type", restriction_type, RestrictionType)
    for platform in platforms:
        _choose("platform", platform, (row["platform_id"] for row in rows.tables["platforms"]))
    if not re.fullmatch(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?", date):
        raise ValueError(f"{date!r} is no year or month; write one such as 2025 or 2025-08")
    if not re.fullmatch(r"(?![0-9]{2}-)[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise ValueError(
            f"{slug!r} is no slug; write lower-case letters and digits joined by hyphens, such as whatsapp-calls"
        )
    event_id = f"{country.lower()}-{date}-{slug}"
    network: dict[str, str] = {
        RestrictionType.NETWORK_SHUTDOWN: "internet",
        RestrictionType.MOBILE_SHUTDOWN: "mobile_internet",
    }
    unnamed = network.get(restriction_type, f"{TO_DO} a platform_id of reference/platforms.csv")
    feature = f"{TO_DO} calls, messaging …" if restriction_type == RestrictionType.FEATURE_BLOCK else "all"
    page = {
        "id": "s1",
        "url": f"{TO_DO} https://…",
        "publisher": f"{TO_DO} a publisher of reference/publishers.csv",
        "title": f"{TO_DO} the page's title",
        "language": "en",
        "type": "news",
        "supports": ["stages", "targets"],
    }
    record = {
        "event_id": event_id,
        "country": country,
        "title": f"{TO_DO} what happened, in at most 100 characters",
        "summary": f"{TO_DO} the event in a few sentences, in your own words",
        "restriction_type": restriction_type,
        "initiator": "state",
        "attribution": "unknown",
        "population": "public",
        "pattern": "continuous",
        "acknowledgement": "unknown",
        "review": "human_coded",
        "targets": [
            {"platform_id": one, "feature": feature, "role": "intended"}
            for one in dict.fromkeys(platforms) or [unnamed]
        ],
        "stages": [
            {
                "date": date,
                "stage": "reported",
                "note": f"{TO_DO} the first step that a source reports",
                "sources": ["s1"],
            }
        ],
        "sources": [page],
    }
    folder = root / "events" / country
    if folder.is_symlink() or folder.parent.is_symlink():
        raise ValueError(f"{folder} is a symbolic link; records are written into the data folder itself")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{event_id}.yaml"
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(write_event(record))
    return path


def _choose(what: str, value: str, allowed: Iterable[str]) -> None:
    names = [str(name) for name in allowed]
    if value not in names:
        close = difflib.get_close_matches(value, names, n=1)
        hint = (
            f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names[:20])}{' …' * (len(names) > 20)}"
        )
        raise ValueError(f"no {what} {value!r}; {hint}")


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


def _content(path: Path, rows: Rows) -> str | None:
    """The text of a file, or None, with the problem noted."""
    if path.parent.is_symlink():
        _refuse(rows, path.parent, "a symbolic link")
        return None
    if not path.exists() and not path.is_symlink():
        _refuse(rows, path, "no such file")
        return None
    if (kind := _kind(path)) != "file":
        _refuse(rows, path, kind)
        return None
    file = path.relative_to(rows.root).as_posix()
    try:
        if (size := path.stat().st_size) > LARGEST_FILE:
            remedy = "One file holds one event."
            rows.problem(file, 0, "file", f"{size:,} bytes", f"at most {LARGEST_FILE:,}", remedy, "file_size")
            return None
        data = path.read_bytes()
    except OSError as error:
        _refuse(rows, path, f"a file that cannot be read ({error.strerror})")
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

_COLUMNS_OF: Mapping[str, Mapping[str, dy.Column]] = {
    name: {**(schema.COLUMNS["citations"] if name == "sources" else {}), **schema.COLUMNS[name]}
    for name in ("events", *schema.CHILDREN)
}
"""The columns behind the keys of FIELDS; a source's own keys and those of its citation stand together in a record."""


class _Event:
    """One record on its way into the rows."""

    def __init__(self, rows: Rows, record: Record, file: str) -> None:
        self.rows, self.record, self.file = rows, record, file
        self.value: dict[str, Any] = record.value or {}
        self.row = len(rows.tables["events"])
        self.places = _places(record, file)
        self.event_id: str | None = None
        self.local: dict[str, str | None] = {}
        self.all_named = True
        """Whether every source has an id, so that an unknown one is the citing row's fault."""

    def complain(self, path: notation.Path, found: str, expected: str, remedy: str, rule: str) -> None:
        line = next((self.record.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.record.lines), 1)
        self.rows.problem(self.file, line, dotted(path), found, expected, remedy, rule)

    def add(self) -> None:
        """Put the event and its lists into the rows."""
        event = self.take("events", self.row, self.value, FIELDS["events"] + schema.CHILDREN, ())
        self.rows.tables["events"].append({key: event.get(key) for key in FIELDS["events"]})
        self.rows.places["events"].append(self.places[()])
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
        self.append(name, row, self.places[name, index])

    def append(self, name: str, row: dict[str, Any], place: Place) -> None:
        if self.event_id is None and "event_id" in row:
            self.rows.bad.add((name, len(self.rows.tables[name]), "event_id"))
        self.rows.tables[name].append(row)
        self.rows.places[name].append(place)

    def take(
        self, table: str, row: int, value: Mapping[str, Any], fields: tuple[str, ...], path: notation.Path
    ) -> dict[str, Any]:
        """The known keys of a mapping, each in the shape that its column has; the rest becomes problems."""
        columns = _COLUMNS_OF[table]
        taken: dict[str, Any] = {}
        for key, found in value.items():
            if key not in fields:
                self.refuse_key(table, row, key, [one for one in fields if one not in value], (*path, key))
            elif (*path, key) in self.record.broken:
                self.rows.bad.add((table, row, key))
            elif not (table == "events" and key in schema.CHILDREN):
                wants_list = key == _CITED_BY or isinstance(columns.get(key), dy.List)
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
        key = str(path[-1])
        if found is None or (isinstance(found, str) and not wants_list):
            return found
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
            self.rows.bad |= {
                ("citations", citation, key) for table, at, key in self.rows.bad if (table, at) == ("sources", source)
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
            self.append("sources", row, self.places[path])
            self.append("citations", citing, self.places[path])

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


def _places(record: Record, file: str) -> dict[notation.Path, Place]:
    """The place of the event, under (), and of every entry of its lists, under (list, number)."""
    lines: dict[notation.Path, dict[str, int]] = defaultdict(dict)
    for path, line in record.lines.items():
        depth = 2 if len(path) > 2 else 0
        if len(path) - depth == 1:
            lines[path[:depth]][str(path[depth])] = line
        elif len(path) - depth == 2:
            lines[path[:depth]][f"{path[depth]}.{path[depth + 1]}"] = line
    starts = [(), *(path for path in record.lines if len(path) == 2 and isinstance(path[1], int))]
    return {path: Place(file, record.lines.get(path, 1), lines.get(path, {})) for path in starts}


def _check_name(rows: Rows, record: Record, file: str) -> None:
    event_id = (record.value or {}).get("event_id")
    if not isinstance(event_id, str) or not re.fullmatch(schema.EVENT_ID.strip("^$"), event_id):
        return
    wanted = f"events/{event_id[:2].upper()}/{event_id}.yaml"
    if file != wanted:
        line = record.lines.get(("event_id",), 1)
        remedy = "Rename or move the file, or correct event_id."
        rows.problem(file, line, "file name", repr(file), repr(wanted), remedy, "file_name")


# ------------------------------------------------------------------- the reference tables


def _add_table(rows: Rows, name: str, text: str, file: str) -> bool:
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
                rows.places[name].append(Place(file, line, {}))
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


def write_event(record: Mapping[str, Any]) -> str:
    """The canonical text of one event's record: known keys in order, nulls and empty lists left out."""
    whole: dict[str, Any] = {}
    for key in FIELDS["events"]:
        column = _COLUMNS_OF["events"][key]
        value = _scalar(column, record.get(key))
        if key in _ALWAYS or not _omitted(key, column, value):
            whole[key] = value
    for name in schema.CHILDREN:
        items = record.get(name) or []
        columns = _COLUMNS_OF[name]
        written = [
            {
                key: value
                for key in FIELDS[name]
                if not _omitted(key, columns.get(key), value := _scalar(columns.get(key), item.get(key)))
            }
            for item in items
        ]
        if written:
            whole[name] = written
    return notation.write(whole)


_OMITTED_DEFAULTS = frozenset({"provider", "license", "party"})
"""Fields whose default is left out; the defaults of all others are written, since they are statements."""


def _omitted(key: str, column: dy.Column | None, value: Any) -> bool:
    if value is None or value == []:
        return True
    return key in _OMITTED_DEFAULTS and column is not None and value == schema.metadata(column).get("default")


def _scalar(column: dy.Column | None, value: Any) -> Any:
    """True, false and numbers as such where the column holds them; everything else as text."""
    if isinstance(column, dy.Bool) and value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and hasattr(column, "min") and re.fullmatch(r"-?[1-9][0-9]{0,8}|0", value):
        return int(value)
    return value


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
