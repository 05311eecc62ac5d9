"""The kinds of column that the tables are made of: texts, keys, dates as coded, terms, lists; and what texts must not hold.

Each returns a dataframely column with its description; what dataframely has no word for stands in the column's
metadata: `expects` (what a value must be, in words), `vocabulary`, `references` (table.column), `default`, `edtf`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import dataframely as dy

from rightsdata import dates
from rightsdata import vocabulary as v

if TYPE_CHECKING:
    import polars as pl

TO_DO = "To do:"
"""What a text of a skeleton begins with; no finished record may hold it."""

EVENT_ID = r"^[a-z]{2}-[0-9]{4}(-(0[1-9]|1[0-2]))?(-[a-z0-9]+)+$"
HTTP_URL = (
    r"^https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\.?(:[0-9]{1,5})?"
    r"([/?#][^\s<>\"{}|\\^`" + "\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff" + "]*)?$"
)
"""A plain host name, no user name, nothing invisible; written so that every dialect of regular expressions reads it."""
SOURCE_ID = "^[0-9a-f]{16}$"
SLUG = r"^[a-z0-9]+([-_][a-z0-9]+)*$"

E_MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
TELEPHONE = (
    r"(^|[^0-9A-Za-z_./-])(\+|00|8[ (-]|0|\()[0-9][0-9 ().-]{7,}[0-9]"
    r"|(^|[^0-9])[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}([^0-9]|$)"
)
"""What an e-mail address and a telephone number look like; no \\w, so that Polars and the gate read them alike."""

PROSE: dict[str, tuple[Callable[[pl.Expr], pl.Expr], str, str]] = {
    "is_one_tidy_line": (
        lambda text: ~text.str.contains(r"[\p{Cc}\u{2028}\u{2029}]|\s\s|^\s|\s$"),
        "one line without control characters, double spaces or spaces at its ends",
        "Tidy the white space.",
    ),
    "reads_in_the_order_written": (
        lambda text: ~text.str.contains(r"[\u{202A}-\u{202E}\u{2066}-\u{2069}]"),
        "no characters that turn the direction of writing",
        "Remove the direction marks; browsers order Arabic, Persian and Hebrew by themselves.",
    ),
    "is_filled_in": (
        lambda text: ~text.str.starts_with(TO_DO),
        "what the coder knows",
        "Replace the skeleton's text.",
    ),
    "names_no_e_mail_address": (
        lambda text: ~text.str.contains(E_MAIL),
        "no e-mail address",
        "Name the office instead: nobody private is reachable through this dataset.",
    ),
    "names_no_telephone_number": (
        lambda text: ~text.str.contains(TELEPHONE),
        "no telephone number",
        "Name the office instead: nobody private is reachable through this dataset.",
    ),
}
"""Rules for every text that people write: name to (check, what was expected, remedy)."""

ONCE: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "names_nothing_twice": lambda entries: entries.list.n_unique() == entries.list.len()
}

NOTHING_TWICE = ("each entry of a list once", "Remove the repeated entry.")
"""What is told of a list that names something twice."""


_PROSE = {name: rule[0] for name, rule in PROSE.items()}


def text(
    description: str,
    *,
    pattern: str | None = None,
    expects: str = "",
    longest: int | None = None,
    null: bool = False,
    **metadata: Any,
) -> dy.String:
    """A text column; prose is held to PROSE, an identifier or address to its pattern."""
    return dy.String(
        nullable=null,
        regex=pattern,
        min_length=1,
        max_length=longest,
        check=None if pattern else _PROSE,
        description=description,
        metadata={"expects": expects, **metadata},
    )


def key(description: str, pattern: str | None, expects: str, **metadata: Any) -> dy.String:
    """A text that is part of the table's key."""
    return dy.String(
        primary_key=True,
        regex=pattern,
        min_length=1,
        check=None if pattern else _PROSE,
        description=description,
        metadata={"expects": expects, **metadata},
    )


def date(description: str, *, null: bool = False) -> dy.String:
    """A date as coded, in the EDTF profile of `dates`."""
    metadata = {"expects": f"a date: {dates.FORMS}", "edtf": True}
    return dy.String(nullable=null, regex=dates.PATTERN, description=description, metadata=metadata)


def term(kind: type[v.Term], description: str, *, default: v.Term | None = None, **metadata: Any) -> dy.Enum:
    """One term of a vocabulary; null stands for the default, if there is one."""
    return dy.Enum(
        kind, description=description, metadata={"vocabulary": kind.vocabulary(), "default": default, **metadata}
    )


def terms(kind: type[v.Term], description: str) -> dy.List:
    """A list of terms of a vocabulary."""
    return dy.List(dy.Enum(kind), check=ONCE, description=description, metadata={"vocabulary": kind.vocabulary()})


def texts(description: str, *, pattern: str | None = None, expects: str = "", **metadata: Any) -> dy.List:
    """A list of texts, each held to the pattern, or to PROSE without one."""
    entry = dy.String(regex=pattern, min_length=1, check=None if pattern else _PROSE)
    return dy.List(
        entry, check=ONCE, description=description, metadata={"expects": expects or "tidy texts", **metadata}
    )


def day(description: str) -> dy.Date:
    """A derived day, such as a bound; null where there is none."""
    return dy.Date(nullable=True, description=description)


def position() -> dy.Int16:
    """The place of a row in its event's list, part of the key."""
    return dy.Int16(primary_key=True, min=1, description="Place in the event's own list, from 1.")


def event_id() -> dy.String:
    """The event that a row belongs to; its form is judged once, at the event."""
    return dy.String(
        primary_key=True,
        description="The event.",
        metadata={"expects": "an event_id of events", "references": "events.event_id"},
    )


def source_ids() -> dy.List:
    """The sources of a row."""
    return texts("The sources that vouch for this row.", pattern=SOURCE_ID, references="sources.source_id")
