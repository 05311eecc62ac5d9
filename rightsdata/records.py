"""The record files: strict YAML and CSV to rows by table, every row knowing its file and line, and back.

One event is one YAML file, `events/<CC>/<event_id>.yaml`; the small reference tables are CSV. Every plain
value is read as the text that stands there (so `NO` is Norway and 2025-08 is a month) and the schema says
what it means. Files have one canonical form, which `write_event` and `write_table` give; written that way
they read the same in any YAML or CSV reader.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import dataframely as dy

from rightsdata import schema
from rightsdata.errors import MissingExtra, Problem
from rightsdata.vocabulary import RestrictionType

try:
    import yaml
except ModuleNotFoundError as error:
    raise MissingExtra("Reading records", "PyYAML", "make") from error

LARGEST_FILE = 1_000_000
"""Bytes; the largest record so far has under 20 kB."""

DEEPEST = 6
"""Levels of nesting; a record needs three."""

REFERENCE = ("platforms", "publishers", "countries", "retired")
"""The tables that are kept as `reference/<name>.csv`."""

LIST_SEPARATOR = ";"
"""Between the entries of a list in a CSV cell."""

TO_DO = "To do:"
"""What a text of a skeleton begins with; no finished record may hold it."""

Value = str | None | list[Any] | dict[str, Any]


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

    `bad` holds the cells that could not be read: they are null in the rows and need no second complaint.
    `loose` holds the files that are readable but not in canonical form.
    """

    root: Path
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in schema.CODED})
    places: dict[str, list[Place]] = field(default_factory=lambda: {name: [] for name in schema.CODED})
    problems: list[Problem] = field(default_factory=list)
    bad: set[tuple[str, int, str]] = field(default_factory=set)
    loose: list[str] = field(default_factory=list)


class Record(NamedTuple):
    """A YAML file as read: its value, the line of each path, and what is wrong with its form."""

    value: dict[str, Value] | None
    lines: dict[tuple[str | int, ...], int]
    problems: list[Problem]
    comments: list[int]


def read(root: Path) -> Rows:
    """Read `root/events/**.yaml` and `root/reference/*.csv`.

    Nothing is raised for what the files say: every problem of form is in the result, next to the rows of all
    files that could be read.
    """
    rows = Rows(root)
    for path in event_files(root, rows.problems):
        file = path.relative_to(root).as_posix()
        content = _content(path, root, rows.problems)
        if content is None:
            continue
        record = parse(content, file)
        rows.problems += record.problems
        if record.value is not None:
            _add_event(rows, record, file)
            _check_name(rows, record, file)
            if not record.problems and (record.comments or write_event(record.value) != content):
                rows.loose.append(file)
    for name in REFERENCE:
        path = root / "reference" / f"{name}.csv"
        file = path.relative_to(root).as_posix()
        if not path.exists():
            _problem(rows.problems, file, 0, "file", "no such file", f"the table {name}", "Restore it from the repository.", "missing_file")
            continue
        content = _content(path, root, rows.problems)
        if content is not None:
            _add_table(rows, name, content, file)
    return rows


def event_files(root: Path, problems: list[Problem]) -> Iterator[Path]:
    """The record files of a data folder in order of their names; what should not be there becomes a problem."""
    top = root / "events"
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in [*folders]:
            if (Path(folder) / name).is_symlink():
                folders.remove(name)
                _refuse_link(Path(folder) / name, root, problems)
        for name in sorted(names):
            path = Path(folder) / name
            file = path.relative_to(root).as_posix()
            if name.startswith("."):
                continue
            if path.is_symlink():
                _refuse_link(path, root, problems)
            elif not path.is_file():
                _problem(problems, file, 0, "file", "not a regular file", "a record file", "Remove it.", "file_kind")
            elif path.suffix != ".yaml":
                _problem(problems, file, 0, "file name", repr(name), "a name that ends in .yaml", "Rename or remove it.", "file_name")
            else:
                yield path


def source_id(url: str) -> str:
    """The id of a page: 16 hexadecimal digits of the SHA-256 of its normalised address.

    Scheme and `www.` do not count, host names are lower case, a trailing slash and the fragment are dropped;
    the query stays, since many pages are told apart by it alone.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    host = parts.netloc.lower().removeprefix("www.")
    normal = urlunsplit(("", host, parts.path.rstrip("/"), parts.query, ""))
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def start(root: Path, *, country: str, restriction_type: str, date: str, slug: str, platforms: Sequence[str] = ()) -> Path:
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
    event_id = f"{country.lower()}-{date}-{slug}"
    if not re.fullmatch(schema.EVENT_ID.strip("^$"), event_id):
        raise ValueError(f"{event_id!r} is no event id; expected cc-yyyy-slug or cc-yyyy-mm-slug, in lower-case letters, digits and hyphens")
    if restriction_type not in set(RestrictionType):
        close = difflib.get_close_matches(restriction_type, list(RestrictionType), n=1)
        raise ValueError(f"no restriction type {restriction_type!r}; " + (f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(RestrictionType)}"))
    network = {RestrictionType.NETWORK_SHUTDOWN: "internet", RestrictionType.MOBILE_SHUTDOWN: "mobile_internet"}
    hit = list(platforms) or [network.get(RestrictionType(restriction_type), f"{TO_DO} a platform_id of reference/platforms.csv")]
    feature = f"{TO_DO} calls, messaging …" if restriction_type == RestrictionType.FEATURE_BLOCK else "all"
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
        "targets": [{"platform_id": one, "feature": feature, "role": "intended"} for one in hit],
        "stages": [{"date": date, "stage": "reported", "note": f"{TO_DO} the first step that a source reports", "sources": ["s1"]}],
        "sources": [
            {
                "id": "s1",
                "url": f"{TO_DO} https://…",
                "publisher": f"{TO_DO} a publisher of reference/publishers.csv",
                "title": f"{TO_DO} the page's title",
                "language": "en",
                "type": "news",
                "supports": ["stages", "targets"],
            }
        ],
    }
    path = root / "events" / country / f"{event_id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(write_event(record))
    return path


# ------------------------------------------------------------------- bytes to values


def _problem(problems: list[Problem], file: str, line: int, key: str, found: str, expected: str, remedy: str, rule: str) -> None:
    problems.append(Problem(file, line, key, found, expected, remedy, rule))


def _refuse_link(path: Path, root: Path, problems: list[Problem]) -> None:
    file = path.relative_to(root).as_posix()
    remedy = "Put the file itself there; links are not followed, so that nothing outside the folder is read."
    _problem(problems, file, 0, "file", "a symbolic link", "a regular file", remedy, "symbolic_link")


def _content(path: Path, root: Path, problems: list[Problem]) -> str | None:
    file = path.relative_to(root).as_posix()
    try:
        if path.is_symlink():
            _refuse_link(path, root, problems)
            return None
        if (size := path.stat().st_size) > LARGEST_FILE:
            _problem(problems, file, 0, "file", f"{size:,} bytes", f"at most {LARGEST_FILE:,}", "One file holds one event.", "file_size")
            return None
        data = path.read_bytes()
    except OSError as error:
        _problem(problems, file, 0, "file", f"unreadable ({error.strerror})", "a readable file", "Check its permissions.", "file_kind")
        return None
    return decode(data, file, problems)


def decode(data: bytes, file: str, problems: list[Problem]) -> str | None:
    """The text of a file in UTF-8 with LF line ends; None, with the problem noted, for anything else."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        _problem(problems, file, 1, "file", "a byte-order mark", "UTF-8 without one", "Save it as 'UTF-8 without BOM'.", "encoding")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        _problem(problems, file, line, "file", f"the byte 0x{data[error.start]:02x}", "UTF-8", "Save the file as UTF-8.", "encoding")
        return None
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        _problem(problems, file, line, "file", "a carriage return", "LF line ends", "Set the editor to Unix line ends (LF).", "line_ends")
        return None
    if not text.strip():
        _problem(problems, file, 0, "file", "an empty file", "a record", "Run `rightsdata new`, or remove the file.", "empty_file")
        return None
    return text


def parse(text: str, file: str) -> Record:
    """Read one YAML document strictly: no anchors, merge keys, tags or doubled keys; every scalar is text or null."""
    composer = _Composer(file)
    try:
        value = composer.document(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        composer.problems.append(_yaml_problem(file, line, text, str(getattr(error, "problem", None) or error)))
        return Record(None, {}, composer.problems, [])
    if value is not None and not isinstance(value, dict):
        composer.complain(1, "record", "no mapping", "keys with values, such as event_id: …", "See CONTRIBUTING.md for an example.", "yaml_shape")
        value = None
    return Record(value, composer.lines, composer.problems, composer.comments(text))


def _yaml_problem(file: str, line: int, text: str, message: str) -> Problem:
    written = text.splitlines()[line - 1] if 0 < line <= text.count("\n") + 1 and text.splitlines()[line - 1 : line] else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in message:
        return Problem(file, line, "file", "a tab", "spaces", "Indent with two spaces.", "yaml_tab")
    if "control characters" in message:
        return Problem(file, line, "file", "a control character", "plain text", "Remove it.", "yaml_syntax")
    hint = "Put texts that hold ': ' or ' #', or begin with one of [ { ! & * % @ ` ' \", in quotes."
    return Problem(file, line, "file", f"YAML that cannot be read ({message})", "valid YAML", hint, "yaml_syntax")


class _Composer:
    """YAML events to plain values; refuses by name what a record must not use."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.problems: list[Problem] = []
        self.spans: list[tuple[int, int, int, int]] = []

    def complain(self, line: int, key: str, found: str, expected: str, remedy: str, rule: str) -> None:
        _problem(self.problems, self.file, line, key, found, expected, remedy, rule)

    def document(self, text: str) -> Value:
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        value: Value = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.complain(event.start_mark.line + 1, "file", "a second document", "one record", "Give it its own file.", "yaml_documents")
                    return None
            elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                value = self.node(event, events, ())
        return value

    def node(self, event: Any, events: Iterator[Any], path: tuple[str | int, ...]) -> Value:
        line = event.start_mark.line + 1
        self.lines[path] = line
        if isinstance(event, yaml.ScalarEvent) and not event.anchor and not event.tag:
            return self.scalar(event)
        key = _dotted(path)
        if isinstance(event, yaml.AliasEvent):
            self.complain(line, key, f"the alias *{event.anchor}", "the value itself", "Write the value out.", "yaml_alias")
            return None
        if event.anchor:
            self.complain(line, key, f"the anchor &{event.anchor}", "a plain value", "Remove the anchor and write values out.", "yaml_anchor")
        if event.tag and event.tag != "!":
            self.complain(line, key, f"the tag {event.tag}", "no tag", "Remove it; the schema says what a value means.", "yaml_tag")
        if len(path) > DEEPEST:
            raise yaml.YAMLError(f"nested more than {DEEPEST} levels deep at line {line}")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(child := next(events), yaml.SequenceEndEvent):
                items.append(self.node(child, events, (*path, len(items))))
            return items
        return self.mapping(events, path)

    def scalar(self, event: Any) -> str | None:
        start, end = event.start_mark, event.end_mark
        self.spans.append((start.line, start.column, end.line, end.column))
        plain = event.implicit[0]
        return None if plain and event.value in ("", "~", "null", "Null", "NULL") else str(event.value)

    def mapping(self, events: Iterator[Any], path: tuple[str | int, ...]) -> Value:
        found: dict[str, Any] = {}
        while not isinstance(child := next(events), yaml.MappingEndEvent):
            line = child.start_mark.line + 1
            name = self.node(child, events, (*path, "\0key"))
            key = name if isinstance(name, str) else "null"
            if not isinstance(name, str):
                self.complain(line, _dotted(path), "a key that is no text", "a field name", "Write a field name.", "yaml_key")
            if key == "<<":
                self.complain(line, _dotted((*path, key)), "a merge key", "the values themselves", "Write the values out.", "yaml_merge")
            elif key in found:
                first = self.lines[(*path, key)]
                remedy = f"It stands in line {first} too; keep one of the two."
                self.complain(line, _dotted((*path, key)), "the same key again", "each key once", remedy, "yaml_duplicate_key")
                self.node(next(events), events, (*path, "\0again"))
                continue
            value = self.node(next(events), events, (*path, key))
            self.lines[(*path, key)] = line
            if key != "<<":
                found[key] = value
        return found

    def comments(self, text: str) -> list[int]:
        """Lines that hold a comment: a # at the start or after a space, outside every scalar."""
        if "#" not in text:
            return []
        spans = sorted(self.spans)
        found = []
        for number, written in enumerate(text.split("\n")):
            for match in re.finditer(r"(?:^|(?<=\s))#", written):
                at = (number, match.start())
                if not any((a, b) <= at < (c, d) for a, b, c, d in spans):
                    found.append(number + 1)
                    break
        return found


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path if part not in ("\0key", "\0again")) or "record"


# ------------------------------------------------------------------- values to rows

_SOURCE_KEYS = ("id", *(c for c in schema.COLUMNS["sources"] if c != "source_id"), "supports", "party")
_CITED_BY = "sources"
"""The key under which a stage, a legal basis or a response names its sources by their local ids."""


def _fields(name: str) -> tuple[str, ...]:
    """The keys that a child of an event may have in its record."""
    if name == "sources":
        return _SOURCE_KEYS
    skipped = {"event_id", "position", "source_ids"}
    columns = tuple(schema.COLUMNS[name])
    return (*(c for c in columns if c not in skipped), *((_CITED_BY,) if "source_ids" in columns else ()))


FIELDS: Mapping[str, tuple[str, ...]] = {"events": tuple(schema.COLUMNS["events"]), **{n: _fields(n) for n in schema.CHILDREN}}
"""The keys of an event's record and of each list in it, in the order in which they are written."""


_COLUMNS_OF: Mapping[str, Mapping[str, dy.Column]] = {
    name: {**(schema.COLUMNS["citations"] if name == "sources" else {}), **schema.COLUMNS[name]} for name in ("events", *schema.CHILDREN)
}
"""The columns behind the keys of FIELDS; a source's own keys and those of its citation stand together in a record."""


def _add_event(rows: Rows, record: Record, file: str) -> None:
    value = record.value
    assert value is not None
    row = len(rows.tables["events"])
    places = _places(record, file)
    place = places[()]
    event = _take(rows, "events", row, value, FIELDS["events"] + schema.CHILDREN, place, ())
    rows.tables["events"].append({key: event.get(key) for key in FIELDS["events"]})
    rows.places["events"].append(place)
    event_id = event.get("event_id")
    children = {name: _items(rows, row, name, value.get(name), record, file) for name in schema.CHILDREN}
    local = _sources(rows, row, event_id, children["sources"], places)
    for name in schema.CHILDREN:
        if name == "sources":
            continue
        for index, item in children[name]:
            child = len(rows.tables[name])
            place = places[name, index]
            taken = _take(rows, name, child, item, FIELDS[name], place, (name, index))
            line: dict[str, Any] = {"event_id": event_id}
            if "position" in schema.COLUMNS[name]:
                line["position"] = index + 1
            line |= {key: taken.get(key) for key in FIELDS[name] if key != _CITED_BY}
            if _CITED_BY in FIELDS[name]:
                line["source_ids"] = _resolve(rows, name, child, taken.get(_CITED_BY) or [], local, place, (name, index))
            rows.tables[name].append(line)
            rows.places[name].append(place)


def _places(record: Record, file: str) -> dict[tuple[str | int, ...], Place]:
    """The place of the event, under (), and of every entry of its lists, under (list, number)."""
    lines: dict[tuple[str | int, ...], dict[str, int]] = defaultdict(dict)
    for path, line in record.lines.items():
        depth = 2 if len(path) > 2 else 0
        if len(path) - depth == 1:
            lines[path[:depth]][str(path[depth])] = line
        elif len(path) - depth == 2:
            lines[path[:depth]][f"{path[depth]}.{path[depth + 1]}"] = line
    starts = [(), *(path for path in record.lines if len(path) == 2 and isinstance(path[1], int))]
    return {path: Place(file, record.lines.get(path, 1), lines.get(path, {})) for path in starts}


def _take(rows: Rows, table: str, row: int, value: Mapping[str, Any], fields: tuple[str, ...], place: Place, path: tuple[str | int, ...]) -> dict[str, Any]:
    """The known keys of a mapping, each in the shape that its column has; the rest becomes problems."""
    columns = _COLUMNS_OF[table]
    taken: dict[str, Any] = {}
    for key, found in value.items():
        name = _dotted((*path, key))
        if key not in fields:
            close = difflib.get_close_matches(key, [f for f in fields if f not in value], n=1, cutoff=0.6)
            if key in schema.derived(table) if table in schema.TABLES else False:
                remedy = "Remove it: it is derived from the rest."
            elif close:
                remedy = f"Did you mean {close[0]!r}?"
                rows.bad.add((table, row, close[0]))
            else:
                remedy = f"Known keys: {', '.join(fields)}."
            _problem(rows.problems, place.file, place.of(key), name, "an unknown key", "a key of the schema", remedy, "unknown_key")
            continue
        if table == "events" and key in schema.CHILDREN:
            continue
        wants_list = key == _CITED_BY or isinstance(columns.get(key), dy.List)
        if wants_list and isinstance(found, list):
            wrong = [index for index, item in enumerate(found) if not isinstance(item, str)]
            for index in wrong:
                shape = "nothing" if found[index] is None else "a nested value"
                _problem(rows.problems, place.file, place.of(key, index), name, shape, "a text", "Correct or remove the entry.", "wrong_shape")
            taken[key] = [item for item in found if isinstance(item, str)]
        elif found is None:
            taken[key] = None
        elif wants_list or not isinstance(found, str):
            shape = "a text" if isinstance(found, str) else "a list" if isinstance(found, list) else "keys with values"
            wanted, remedy = ("a list", f"Write [{found}].") if wants_list and isinstance(found, str) else (("a list", "") if wants_list else ("one value", "Write a single value."))
            _problem(rows.problems, place.file, place.of(key), name, shape, wanted, remedy, "wrong_shape")
            rows.bad.add((table, row, key))
        else:
            taken[key] = found
    return taken


def _items(rows: Rows, row: int, name: str, found: Value, record: Record, file: str) -> list[tuple[int, dict[str, Any]]]:
    """The mappings of one list of an event, each with its place in the list."""
    if found is None:
        return []
    if not isinstance(found, list):
        line = record.lines.get((name,), 1)
        _problem(rows.problems, file, line, name, "no list", "a list, each entry beginning with '- '", "See CONTRIBUTING.md.", "wrong_shape")
        rows.bad.add(("events", row, name))
        return []
    items = []
    for index, item in enumerate(found):
        if isinstance(item, dict):
            items.append((index, item))
        else:
            line = record.lines.get((name, index), 1)
            keys = ", ".join(FIELDS[name])
            _problem(rows.problems, file, line, _dotted((name, index)), "a single value", f"keys with values: {keys}", "See CONTRIBUTING.md.", "wrong_shape")
            rows.bad.add(("events", row, name))
    return items


def _sources(
    rows: Rows, row: int, event_id: str | None, items: list[tuple[int, dict[str, Any]]], places: Mapping[tuple[str | int, ...], Place]
) -> dict[str, str | None]:
    """Add the sources and citations of an event; returns the source_id of each local id."""
    local: dict[str, str | None] = {}
    if ("events", row, "sources") in rows.bad:
        rows.bad.add(("events", row, "citations"))
    for index, item in items:
        source, citation = len(rows.tables["sources"]), len(rows.tables["citations"])
        place = places["sources", index]
        taken = _take(rows, "sources", source, item, FIELDS["sources"], place, ("sources", index))
        rows.bad |= {("citations", citation, key) for table, at, key in rows.bad if (table, at) == ("sources", source)}
        name, url = taken.get("id"), taken.get("url")
        identity = source_id(url) if url else None
        if name is None:
            if ("sources", source, "id") not in rows.bad:
                _problem(rows.problems, place.file, place.line, f"sources.{index + 1}.id", "nothing", "a short id such as s1", "Add it.", "required")
        elif name in local:
            _problem(rows.problems, place.file, place.of("id"), f"sources.{index + 1}.id", repr(name), "each id once", "Give it another id.", "duplicate_key")
        else:
            local[name] = identity
        if identity is None:
            rows.bad |= {("sources", source, "source_id"), ("citations", citation, "source_id")}
        columns = [c for c in schema.COLUMNS["sources"] if c != "source_id"]
        rows.tables["sources"].append({"source_id": identity, **{key: taken.get(key) for key in columns}})
        rows.places["sources"].append(place)
        citing = {"event_id": event_id, "source_id": identity, "position": index + 1, "supports": taken.get("supports"), "party": taken.get("party")}
        rows.tables["citations"].append(citing)
        rows.places["citations"].append(place)
    return local


def _resolve(
    rows: Rows, table: str, row: int, names: list[str], local: Mapping[str, str | None], place: Place, path: tuple[str | int, ...]
) -> list[str]:
    found = []
    for index, name in enumerate(names):
        if name in local:
            if (identity := local[name]) is not None:
                found.append(identity)
            continue
        expected = f"one of {', '.join(local)}" if local else "a source of this record"
        _problem(rows.problems, place.file, place.of(_CITED_BY, index), _dotted((*path, _CITED_BY)), repr(name), expected, "Add the source, or correct the id.", "unknown_reference")
        rows.bad.add((table, row, "source_ids"))
    return found


def _check_name(rows: Rows, record: Record, file: str) -> None:
    event_id, country = (record.value or {}).get("event_id"), (record.value or {}).get("country")
    if not isinstance(event_id, str) or not re.match(schema.EVENT_ID, event_id):
        return
    wanted = f"events/{country if isinstance(country, str) else event_id[:2].upper()}/{event_id}.yaml"
    if file != wanted:
        line = record.lines.get(("event_id",), 1)
        _problem(rows.problems, file, line, "file name", repr(file), repr(wanted), "Rename or move the file, or correct event_id and country.", "file_name")


def _add_table(rows: Rows, name: str, text: str, file: str) -> None:
    columns = schema.COLUMNS[name]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != list(columns):
            _problem(rows.problems, file, 1, "header", ",".join(header)[:200], ",".join(columns), "Restore the header.", "csv_header")
            return
        for cells in reader:
            line = reader.line_num
            if len(cells) != len(columns):
                _problem(rows.problems, file, line, "row", f"{len(cells)} cells", f"{len(columns)}", "Quote cells that hold a comma.", "csv_cells")
                continue
            row: dict[str, Any] = {}
            for (key, column), cell in zip(columns.items(), cells, strict=True):
                row[key] = ([part for part in cell.split(LIST_SEPARATOR) if part] if isinstance(column, dy.List) else cell or None)
            rows.tables[name].append(row)
            rows.places[name].append(Place(file, line, {}))
    except csv.Error as error:
        _problem(rows.problems, file, reader.line_num, "row", f"CSV that cannot be read ({error})", "valid CSV", "Close every quote.", "csv_syntax")
        return
    if write_table(name, rows.tables[name]) != text:
        rows.loose.append(file)


# ------------------------------------------------------------------- rows to text, one canonical form


_RESOLVER = yaml.SafeLoader("")


@lru_cache(maxsize=65536)
def _plain(text: str) -> bool:
    """Whether any YAML reader takes the unquoted text for text, and not for a date, a number, NO or null."""
    return bool(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str")


def _scalar_event(value: Any) -> yaml.Event:
    """Texts folded when long and quoted when they must be; null, true, false and numbers plain."""
    if not isinstance(value, str):
        word = "null" if value is None else str(value).lower()
        return yaml.ScalarEvent(None, None, (True, False), word)
    style = ">" if len(value) > 80 and " " in value else None
    return yaml.ScalarEvent(None, None, (_plain(value), True), value, style=style)


def _yaml_events(value: Any) -> Iterator[yaml.Event]:
    """The events of a value: mappings in block style, lists of texts in flow style."""
    if isinstance(value, dict):
        yield yaml.MappingStartEvent(None, None, True, flow_style=False)
        for key, item in value.items():
            yield _scalar_event(key)
            yield from _yaml_events(item)
        yield yaml.MappingEndEvent()
    elif isinstance(value, list):
        yield yaml.SequenceStartEvent(None, None, True, flow_style=all(isinstance(item, str) for item in value))
        for item in value:
            yield from _yaml_events(item)
        yield yaml.SequenceEndEvent()
    else:
        yield _scalar_event(value)


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
            {key: value for key in FIELDS[name] if not _omitted(key, columns.get(key), value := _scalar(columns.get(key), item.get(key)))}
            for item in items
        ]
        if written:
            whole[name] = written
    start, end = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)], [yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
    return str(yaml.emit([*start, *_yaml_events(whole), *end], Dumper=yaml.CSafeDumper, allow_unicode=True, width=100))


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
        writer.writerow([LIST_SEPARATOR.join(row[key]) if isinstance(row[key], list) else "" if row[key] is None else row[key] for key in columns])
    return buffer.getvalue()
