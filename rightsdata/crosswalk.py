"""The crosswalk: how each value of a provider's field is told in ours, and what is lost on the way.

The table is data/reference/crosswalk.csv; the importers use it and the codebook shows it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import dataframely as dy

from rightsdata import schema, vocabulary

COLUMNS = ("provider", "field", "value", "our_field", "our_value", "loss", "note")

LOSSES = {
    "exact": "ours says the same",
    "narrower": "ours says more than theirs",
    "broader": "ours says less than theirs",
    "partial": "ours holds a part of it",
    "inferred": "ours was concluded from it",
}
"""How a value of ours stands to the provider's."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """How one value of a provider's field is told in a field of ours; `value` is empty where ours then says nothing."""

    field: str
    value: str
    loss: str


@lru_cache
def of(provider: str) -> Mapping[tuple[str, str], Sequence[Crossing]]:
    """The crossings of a provider by its field and value; the value in small letters, `*` for any other."""
    found: dict[tuple[str, str], list[Crossing]] = {}
    for row in rows():
        if row["provider"] == provider:
            key = (row["field"], row["value"].casefold())
            found.setdefault(key, []).append(Crossing(row["our_field"], row["our_value"], row["loss"]))
    return found


def rows() -> list[dict[str, str]]:
    """The table's rows by COLUMNS."""
    here = Path(__file__).parent
    path = here / "crosswalk.csv"
    path = path if path.is_file() else here.parent / "data" / "reference" / "crosswalk.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes(our_field: str) -> list[str] | None:
    """The codes that a field of ours, `events.…` or `table.column`, may hold by its vocabulary; None where it has none.

    Raises:
        KeyError: if there is no such field.
    """
    table, _, name = our_field.rpartition(".")
    column = schema.COLUMNS[table or "events"][name]
    inner = column.inner if isinstance(column, dy.List) else column
    kind = schema.metadata(inner).get("vocabulary") or schema.metadata(column).get("vocabulary")
    return [str(term) for term in vocabulary.VOCABULARIES[kind]] if kind else None
