"""What changed from one version to the next, row by row, each change with its reason.

Changes are of what people wrote; derived columns follow from it. An event's own fields are compared one by one, its
lists (stages, sources …) row by row whatever their order. Reasons are the ones that the event's new `revisions` give
for the field; a retired id has the reason of the `retired` table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from rightsdata import schema

Tables = Mapping[str, pl.DataFrame]

SCHEMA = pl.Schema(
    {
        "kind": pl.String,
        "table": pl.String,
        "key": pl.String,
        "field": pl.String,
        "old": pl.String,
        "new": pl.String,
        "reason": pl.String,
    }
)
"""Columns of a table of changes.

kind: added, corrected, retired or removed (gone without being retired). table and key: where; for an event and its
lists `events` and the event_id. field: the column, or the list; null for whole rows. old and new: the values as text,
lists and rows as JSON; for a retired event the title and the id that replaces it. reason: null where none is given.
"""

_REFERENCE = ("sources", "publishers", "platforms", "countries")
"""Tables that stand for themselves: no revisions explain them, and none are asked for."""


def between(old: Tables, new: Tables) -> pl.DataFrame:
    """The changes from one version's tables to another's.

    Args:
        old: the earlier version's tables by name; vocabularies may be strings or Enums.
        new: the later version's tables.

    Returns:
        A frame of SCHEMA, sorted by kind, table, key, field.
    """
    rows = [*_events(old, new)]
    for name in _REFERENCE:
        rows += _reference(name, old[name], new[name])
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("kind", "table", "key", "field", "old", "new")


def unexplained(changes: pl.DataFrame) -> pl.DataFrame:
    """The changes that need a reason and have none: corrected, retired or removed events."""
    return changes.filter((pl.col("table") == "events") & (pl.col("kind") != "added") & pl.col("reason").is_null())


def text(changes: pl.DataFrame, version: str, previous: str | None) -> str:
    """The changes in Markdown, for people: CHANGES.md."""
    return "\n".join(_lines(changes, version, previous)) + "\n"


def _events(old: Tables, new: Tables) -> Iterator[tuple[str | None, ...]]:
    before, after = _by_key("events", old["events"]), _by_key("events", new["events"])
    retired = {row["old_id"]: row for row in new["retired"].iter_rows(named=True)}
    for event in sorted(after.keys() - before.keys()):
        yield "added", "events", event, None, None, after[event]["title"], None
    for event in sorted(before.keys() - after.keys()):
        gone = retired.get(event)
        kind, replaced, reason = ("retired", gone["new_id"], gone["reason"]) if gone else ("removed", None, None)
        yield kind, "events", event, None, before[event]["title"], replaced, reason
    both = before.keys() & after.keys()
    reasons = _reasons(old["revisions"], new["revisions"])
    for event in sorted(both):
        for field in schema.COLUMNS["events"]:
            one, other = before[event][field], after[event][field]
            if one != other:
                yield "corrected", "events", event, field, _shown(one), _shown(other), reasons.get((event, field))
    for name in ("targets", "stages", "authorities", "legal_bases", "responses", "relations", "citations"):
        field = "sources" if name == "citations" else name
        earlier, later = _lists(name, old[name]), _lists(name, new[name])
        for event in sorted(both):
            lost, gained = _difference(earlier.get(event, []), later.get(event, []))
            reason = reasons.get((event, field))
            for row in lost:
                yield "corrected", "events", event, field, row, None, reason
            for row in gained:
                yield "corrected", "events", event, field, None, row, reason


def _reference(name: str, old: pl.DataFrame, new: pl.DataFrame) -> Iterator[tuple[str | None, ...]]:
    before, after = _by_key(name, old), _by_key(name, new)
    for key in after.keys() - before.keys():
        yield "added", name, key, None, None, _shown(after[key]), None
    for key in before.keys() - after.keys():
        yield "removed", name, key, None, _shown(before[key]), None, None
    for key in before.keys() & after.keys():
        for field, other in after[key].items():
            if before[key].get(field) != other:
                yield "corrected", name, key, field, _shown(before[key].get(field)), _shown(other), None


def _by_key(name: str, frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The coded columns of a table's rows by their key; a column that an older version lacks is null."""
    (key,) = schema.CODED[name].primary_key()
    return {
        row[key]: {column: row.get(column) for column in schema.COLUMNS[name]} for row in frame.iter_rows(named=True)
    }


def _lists(name: str, frame: pl.DataFrame) -> dict[str, list[str]]:
    """The coded rows of a list by event, as JSON without their place, so that moving a row is no change."""
    columns = [column for column in schema.COLUMNS[name] if column not in ("event_id", "position")]
    found: dict[str, list[str]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row["event_id"], []).append(_shown({column: row.get(column) for column in columns}) or "")
    return found


def _difference(earlier: list[str], later: list[str]) -> tuple[list[str], list[str]]:
    lost, gained = [*earlier], []
    for row in later:
        if row in lost:
            lost.remove(row)
        else:
            gained.append(row)
    return lost, gained


def _reasons(old: pl.DataFrame, new: pl.DataFrame) -> dict[tuple[str, str], str]:
    """What the revisions that are new say of each event's field."""
    known = {(row["event_id"], row["date"], row["reason"]) for row in old.iter_rows(named=True)}
    found: dict[tuple[str, str], str] = {}
    for row in new.iter_rows(named=True):
        if (row["event_id"], row["date"], row["reason"]) not in known:
            for field in row["fields"]:
                earlier = found.get((row["event_id"], field))
                found[row["event_id"], field] = f"{earlier}; {row['reason']}" if earlier else row["reason"]
    return found


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        value = {key: item for key, item in value.items() if item not in (None, [])}
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _lines(changes: pl.DataFrame, version: str, previous: str | None) -> Iterator[str]:
    yield f"# Changes in {version}"
    yield ""
    if previous is None:
        yield "The first version: there is none before it to compare with."
        return
    yield f"Against {previous}. Changes are of what people wrote; derived columns follow from it."
    events = changes.filter(pl.col("table") == "events")
    if changes.is_empty():
        yield ""
        yield "Nothing changed."
    for kind, heading in (("retired", "Retired"), ("removed", "Removed"), ("added", "Added")):
        rows = events.filter(pl.col("kind") == kind)
        if rows.height:
            yield from ("", f"## {heading} ({rows.height})", "")
        for row in rows.iter_rows(named=True):
            if kind == "added":
                yield f"- `{row['key']}`: {_plain(row['new'])}"
            else:
                instead = f"; see `{row['new']}`" if row["new"] else ""
                yield f"- `{row['key']}`: {_plain(row['old'])}{instead}. Reason: {_plain(row['reason'])}"
    corrected = events.filter(pl.col("kind") == "corrected")
    if corrected.height:
        yield from ("", f"## Corrected ({corrected['key'].n_unique()} events)")
    for (event,), rows in corrected.group_by("key", maintain_order=True):
        yield from ("", f"`{event}`", "")
        for row in rows.iter_rows(named=True):
            yield f"- {row['field']}: {_plain(row['old'])} → {_plain(row['new'])}. Reason: {_plain(row['reason'])}"
    others = changes.filter(pl.col("table") != "events")
    if others.height:
        yield from ("", "## Reference tables", "")
        for table, kind, count in others.group_by("table", "kind", maintain_order=True).len().iter_rows():
            yield f"- {table}: {count} {kind}"


def _plain(value: str | None) -> str:
    """A value on one line of Markdown, with nothing in it that Markdown or HTML would act on."""
    if value is None:
        return "none"
    safe = "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in value)
    return safe if len(safe) <= 400 else f"{safe[:397]}…"
