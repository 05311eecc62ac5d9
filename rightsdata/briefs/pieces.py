"""What a brief is made of: sections, blocks and the pieces of a line, in no format yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class Said:
    """Text of a record, in the language that it is written in; printable characters only."""

    text: str
    language: str = "en"
    form: ClassVar[str] = "said"


@dataclass(frozen=True, slots=True)
class To:
    """A link to another place of the brief."""

    text: str | Said
    anchor: str
    form: ClassVar[str] = "to"


@dataclass(frozen=True, slots=True)
class Link:
    """A live link to an address that `content.live` let through."""

    text: str | Said
    url: str
    form: ClassVar[str] = "link"


@dataclass(frozen=True, slots=True)
class Mark:
    """A small badge: `badge` (state of review), `state`, `unknown`, or `none` for what is missing."""

    text: str
    kind: str
    form: ClassVar[str] = "mark"


Piece = str | Said | To | Link | Mark
"""A string is of the brief's own words, in its language."""

Line = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `kind` is empty, `rule` (how it was counted), `quote` (to be cited) or `meta`."""

    line: Line
    kind: str = ""
    form: ClassVar[str] = "words"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    line: Line
    form: ClassVar[str] = "heading"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of lines."""

    lines: Sequence[Line]
    form: ClassVar[str] = "items"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; `numbers` are the places of columns that hold counts, `folded` the words that open it."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Line]]
    numbers: frozenset[int] = frozenset()
    folded: str = ""
    form: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a road: its day in words, what it is, whether it took effect, and what is said of it."""

    when: str
    kind: str
    effect: bool
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Steps:
    """A road, step by step."""

    steps: Sequence[Step]
    form: ClassVar[str] = "steps"


@dataclass(frozen=True, slots=True)
class Card:
    """A figure, what it counts, and how."""

    value: int
    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class Cards:
    """The key figures."""

    cards: Sequence[Card]
    form: ClassVar[str] = "cards"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: its id, its title with badges, and what is known of it."""

    id: str
    title: Line
    lines: Sequence[tuple[str, Line]]


@dataclass(frozen=True, slots=True)
class Entries:
    """Events in full."""

    entries: Sequence[Entry]
    form: ClassVar[str] = "entries"


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its caption; its alternative text travels with it."""

    name: str
    figure: go.Figure
    alt: str
    caption: str
    form: ClassVar[str] = "picture"


@dataclass(frozen=True, slots=True)
class Notes:
    """The numbered sources, each a footnote that can be copied whole."""

    notes: Sequence[tuple[int, Line]]
    form: ClassVar[str] = "notes"


Block = Words | Heading | Items | Table | Steps | Cards | Entries | Picture | Notes


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the brief under its own heading; `key` is its anchor, `short` its name in the contents."""

    key: str
    short: str
    title: Line
    blocks: Sequence[Block] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief before it is written down."""

    language: str
    title: str
    note: str
    intro: Sequence[Line]
    sections: Sequence[Section]
    citation: str
    safe: bool
