"""The notation of the records: strict YAML to plain values and their lines, and back in one layout.

Every scalar is read as the text that stands there, or null; what it means is the schema's business. So `NO` is
Norway, 2025-08 is a month, and no value depends on the version of YAML that a reader follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from rightsdata.errors import MissingExtra, Problem

try:
    import yaml
except ModuleNotFoundError as error:
    raise MissingExtra("Reading records", "PyYAML", "make") from error

DEEPEST = 6
"""Levels of nesting; a record needs three."""

Value = str | None | list[Any] | dict[str, Any]
Path = tuple[str | int, ...]
"""Where a value stands in a record: keys, and numbers in lists from 0."""

EXAMPLE = "See CONTRIBUTING.md for an example."


class Record(NamedTuple):
    """A YAML file as read: its value, the line of each path, what is wrong with its form, the lines of comments.

    `broken` holds the paths at which something stands that cannot be read; their values are null.
    """

    value: dict[str, Any] | None
    lines: dict[Path, int]
    problems: list[Problem]
    comments: list[int]
    broken: set[Path]


# ------------------------------------------------------------------- bytes to text

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


def decode(data: bytes, file: str, problems: list[Problem]) -> str | None:
    """The text of a file in UTF-8 with LF line ends; None, with the problem noted, for anything else."""

    def refuse(line: int, found: str, expected: str, remedy: str, rule: str) -> str | None:
        problems.append(Problem(file, line, "file", found, expected, remedy, rule))
        return None

    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return refuse(1, "a byte-order mark", "UTF-8 without one", "Save it as 'UTF-8 without BOM'.", "encoding")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return refuse(line, f"the byte 0x{data[error.start]:02x}", "UTF-8", "Save the file as UTF-8.", "encoding")
    if not text.strip():
        return refuse(0, "an empty file", "a record or a table", "Fill it in, or restore or remove it.", "empty_file")
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        return refuse(line, "a carriage return", "LF line ends", "Set the editor to Unix line ends (LF).", "line_ends")
    if unseen := _UNSEEN.search(text):
        line = text[: unseen.start()].count("\n") + 1
        name = f"the control character U+{ord(unseen[0]):04X}"
        return refuse(line, name, "plain text", "Remove it.", "control_character")
    return text


# ------------------------------------------------------------------- text to values


def parse(text: str, file: str) -> Record:
    """Read one YAML document strictly: no anchors, merge keys, tags or doubled keys; every scalar is text or null."""
    composer = _Composer(file)
    value: Value = None
    try:
        value = composer.document(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or error)
        composer.complain_of_syntax(mark.line + 1 if mark else 0, text, reason)
    except RecursionError:
        pass  # noted where it is too deep
    if not isinstance(value, dict):
        if not composer.problems:
            composer.complain(1, (), "no mapping", "keys with values, such as event_id: …", EXAMPLE, "yaml_shape")
        return Record(None, {}, composer.problems, [], set())
    return Record(value, composer.lines, composer.problems, composer.comments(text), composer.broken)


class _Composer:
    """YAML events to plain values; refuses by name what a record must not use."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.broken: set[Path] = set()
        self.spans: list[tuple[int, int, int, int]] = []
        self.hashed = False
        """Whether the text holds a # at all, so that it matters which scalars stand where."""

    def complain(self, line: int, path: Path, found: str, expected: str, remedy: str, rule: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), found, expected, remedy, rule))

    def complain_of_syntax(self, line: int, text: str, reason: str) -> None:
        written = [*text.split("\n"), ""][line - 1] if line else ""
        if "\\t" in reason or "\t" in written[: len(written) - len(written.lstrip(" \t-"))]:
            self.complain(line, (), "a tab", "spaces", "Indent with two spaces.", "yaml_tab")
        else:
            remedy = "Put texts that hold ': ' or ' #', or begin with one of [ { ! & * % @ ` ' \", in quotes."
            self.complain(line, (), f"YAML that cannot be read ({reason})", "valid YAML", remedy, "yaml_syntax")

    def document(self, text: str) -> Value:
        events: Iterator[Any] = iter(yaml.CSafeLoader(text).get_event, None)
        self.hashed = "#" in text
        value: Value = None
        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    remedy = "Give it its own file."
                    self.complain(line, (), "a second document", "one record", remedy, "yaml_documents")
                    return None
            elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                value = self.node(event, events, ())
        return value

    def node(self, event: Any, events: Iterator[Any], path: Path) -> Value:
        line = event.start_mark.line + 1
        self.lines[path] = line
        if isinstance(event, yaml.AliasEvent):
            self.broken.add(path)
            self.complain(line, path, f"the alias *{event.anchor}", "the value", "Write the value out.", "yaml_alias")
            return None
        if event.anchor:
            remedy = "Remove the anchor and write values out."
            self.complain(line, path, f"the anchor &{event.anchor}", "a plain value", remedy, "yaml_anchor")
        if event.tag and event.tag != "!":
            self.broken.add(path)
            remedy = "Remove it; the schema says what a value means."
            self.complain(line, path, f"the tag {event.tag}", "no tag", remedy, "yaml_tag")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(path) > DEEPEST:
            self.complain(line, path[:3], "values nested deeper", f"at most {DEEPEST} levels", EXAMPLE, "yaml_depth")
            raise RecursionError
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(child := next(events), yaml.SequenceEndEvent):
                items.append(self.node(child, events, (*path, len(items))))
            return items
        return self.mapping(events, path)

    def scalar(self, event: Any) -> str | None:
        start, end = event.start_mark, event.end_mark
        if not self.hashed:
            pass
        elif event.style in ("|", ">"):  # its header line may end in a comment, which is no part of the text
            self.spans.append((start.line + 1, 0, end.line, end.column))
        else:
            self.spans.append((start.line, start.column, end.line, end.column))
        plain = event.implicit[0]
        return None if plain and event.value in ("", "~", "null", "Null", "NULL") else event.value

    def mapping(self, events: Iterator[Any], path: Path) -> Value:
        found: dict[str, Any] = {}
        while not isinstance(child := next(events), yaml.MappingEndEvent):
            line = child.start_mark.line + 1
            plain_key = isinstance(child, yaml.ScalarEvent) and not child.anchor and not child.tag
            key = self.scalar(child) if plain_key else self.node(child, events, (*path, "\0key"))
            if not isinstance(key, str):
                self.complain(line, path, "a key that is no text", "a field name", "Write a field name.", "yaml_key")
            elif key == "<<":
                remedy = "Write the values out."
                self.complain(line, (*path, key), "a merge key", "the values themselves", remedy, "yaml_merge")
            elif key in found:
                remedy = f"It stands in line {self.lines[(*path, key)]} too; keep one of the two."
                self.complain(line, (*path, key), "the same key again", "each key once", remedy, "yaml_duplicate_key")
            else:
                found[key] = self.node(next(events), events, (*path, key))
                self.lines[(*path, key)] = line
                continue
            self.node(next(events), events, (*path, "\0unread"))
        return found

    def comments(self, text: str) -> list[int]:
        """Lines that hold a comment: a # at the start or after a space, outside every scalar."""
        found = []
        for number, written in enumerate(text.split("\n") if self.hashed else ()):
            for match in re.finditer(r"(?:^|(?<=\s))#", written):
                at = (number, match.start())
                if not any((a, b) <= at < (c, d) for a, b, c, d in self.spans):
                    found.append(number + 1)
                    break
        return found


def dotted(path: Path) -> str:
    """A path into a record in words, its list entries counted from 1: stages.2.date."""
    parts = (str(part + 1) if isinstance(part, int) else part for part in path if part not in ("\0key", "\0unread"))
    return ".".join(parts) or "record"


# ------------------------------------------------------------------- and back

_RESOLVER = yaml.SafeLoader("")


@lru_cache(maxsize=65536)
def _plain(text: str) -> bool:
    """Whether any YAML reader takes the unquoted text for text, and not for a date, a number, NO or null."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # PyYAML's is untyped
    return bool(tag == "tag:yaml.org,2002:str")


@lru_cache(maxsize=65536, typed=True)  # 1 is not true
def _scalar_event(value: str | bool | int | None) -> yaml.Event:
    """Texts folded when long and quoted when they must be; null, true, false and numbers plain."""
    if not isinstance(value, str):
        word = "null" if value is None else str(value).lower()
        return yaml.ScalarEvent(None, None, (True, False), word)
    style = ">" if len(value) > 80 and " " in value else None
    return yaml.ScalarEvent(None, None, (_plain(value), True), value, style=style)


def _emit(value: dict[str, Any] | list[Any], append: Callable[[yaml.Event], None]) -> None:
    """Append the events of a value: mappings in block style, lists of texts in flow style."""
    if isinstance(value, dict):
        append(yaml.MappingStartEvent(None, None, True, flow_style=False))
        for key, item in value.items():
            append(_scalar_event(key))
            if isinstance(item, dict | list):
                _emit(item, append)
            else:
                append(_scalar_event(item))
        append(yaml.MappingEndEvent())
        return
    flow = all(isinstance(item, str) for item in value)
    append(yaml.SequenceStartEvent(None, None, True, flow_style=flow))
    for item in value:
        if flow:
            append(_scalar_event(item))
        else:
            _emit(item, append)
    append(yaml.SequenceEndEvent())


def write(value: dict[str, Any]) -> str:
    """The canonical YAML of a mapping: block style, lists of texts in flow style, long texts folded at 100 characters."""
    events: list[yaml.Event] = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
    _emit(value, events.append)
    events += [yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
    return str(yaml.emit(events, Dumper=yaml.CSafeDumper, allow_unicode=True, width=100))
