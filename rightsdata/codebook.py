"""Forms of the schema for others to read: the codebook, the JSON Schema for editors, the Arrow schema of the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import dataframely as dy
import polars as pl

from rightsdata import crosswalk, records, schema
from rightsdata import vocabulary as v
from rightsdata.errors import MissingExtra
from rightsdata.rules import TABLE_RULES

if TYPE_CHECKING:
    import pyarrow as pa

LANGUAGE_NAMES = {
    "en": "English",
    "ru": "Russian",
    "uk": "Ukrainian",
    "es": "Spanish",
    "fr": "French",
    "ar": "Arabic",
    "fa": "Persian",
    "tr": "Turkish",
}


def codebook() -> str:
    """The codebook in Markdown: every table, column, rule and term, as they are declared."""
    return "\n".join(_codebook()) + "\n"


def data_readme() -> str:
    """The text of data/README.md: what lies there, how to add an event, the codebook and the crosswalk."""
    return _DATA_INTRO + "\n" + codebook() + "\n" + "\n".join(_crosswalk()) + "\n"


def _crosswalk() -> Iterator[str]:
    yield "# Crosswalk"
    yield ""
    yield (
        "How the importers tell each value of a provider's field in ours, from `reference/crosswalk.csv`; what it loses stands in the "
        "account of every row that has it. A dash says nothing; `*` is any other value, or none."
    )
    yield ""
    yield from (f"- `{loss}`: {meaning}." for loss, meaning in crosswalk.LOSSES.items())
    for (provider, field), rows in groupby(crosswalk.rows(), lambda row: (row["provider"], row["field"])):
        yield ""
        yield f"## {provider}: {field}"
        yield ""
        yield "| theirs | ours | loss | note |"
        yield "|---|---|---|---|"
        for row in rows:
            ours = f"`{row['our_field']}` `{row['our_value']}`" if row["our_value"] else "–"
            yield f"| {row['value'].replace('*', '`*`')} | {ours} | {row['loss']} | {row['note']} |"


def _codebook() -> Iterator[str]:
    yield f"# Codebook, schema {schema.SCHEMA_VERSION}"
    yield ""
    yield (
        "One Parquet file a table. Vocabularies are plain strings in the files. *Derived* columns are computed when a "
        "release is made; nobody writes them. Dates as coded follow the EDTF profile below and always have bounds "
        "beside them; an imprecise date is never padded to a day."
    )
    yield ""
    yield "## How to read it"
    yield ""
    yield from (f"- {line}" for line in _READING)
    for name, table in schema.TABLES.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield (table.__doc__ or "").strip()
        yield ""
        yield f"Key: {', '.join(f'`{key}`' for key in table.primary_key())}."
        yield ""
        yield "| column | type | null | meaning |"
        yield "|---|---|---|---|"
        derived = schema.derived(name)
        for key, column in table.columns().items():
            mark = "*derived* " if key in derived else ""
            yield f"| `{key}` | {_type(column)} | {'yes' if column.nullable else 'no'} | {mark}{column.description}{_refers(column)} |"
        rules = schema.row_rules(table)
        between = [rule for rule in TABLE_RULES.values() if rule.table == name]
        if rules or between:
            yield ""
            yield "Rules:"
            yield ""
            yield from (f"- {_sentence(rule)}." for rule in rules)
            yield from (
                f"- {_sentence(rule.name)}{' (a warning)' if rule.severity == 'warning' else ''}." for rule in between
            )
    yield ""
    yield "## changes"
    yield ""
    yield "What a version changed against the one before it, each change of an event with its reason; empty in a first version. All texts."
    yield ""
    yield "| column | meaning |"
    yield "|---|---|"
    yield from (f"| `{key}` | {note} |" for key, note in _CHANGES.items())
    yield ""
    yield "# Vocabularies"
    for name, kind in v.VOCABULARIES.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield (kind.__doc__ or "").strip()
        yield ""
        extra = kind in (v.RestrictionType, v.Stage)
        yield f"| term | label | definition |{' implies |' if extra else ''}"
        yield f"|---|---|---|{'---|' if extra else ''}"
        for term in kind:
            yield f"| `{term}` | {term.label()} | {term.definition} |{f' `{term.implies}` |' if extra else ''}"
    yield ""
    yield "## Languages of the labels"
    yield ""
    names = ", ".join(f"{LANGUAGE_NAMES[code]} (`{code}`)" for code in v.LANGUAGES)
    drafts = ", ".join(LANGUAGE_NAMES[code] for code in v.LANGUAGES if code not in v.LABELS_CHECKED)
    yield f"{names}. No speaker has checked the labels in {drafts} yet; the table `terms` marks them so."


_READING = (
    "**Unit.** One event is one kind of restriction, imposed or formally planned by one initiator, on the same targets, in one "
    "territory, over one period. A second block after a lift is a second event; a plan that was later enforced is one event "
    "whose stages show the road.",
    "**A selection, not a census.** No count over this dataset estimates the world's total; a country without events is "
    "'not searched or nothing found', never zero.",
    "**Three kinds of nothing.** `none_stated` means that a source says none was given; an empty list or a null means that "
    "nothing was found; what no measurement covers is not measured, which is not the same as reachable.",
    "**Never 'blocked now'.** `status` holds on the day `as_of`, the date of the newest source or stage; `last_confirmed` is the last "
    "day for which something vouches that the measure applied: say 'last confirmed on'.",
    "**Two families.** `access` (shutdowns, blocks, throttling, removals) and `rules` (duties, bans on use, liability) are never "
    "added up by default.",
    "**Dates.** `2025`, `2025-08`, `2025-08-13`, each with an optional `~` (approximate); `[2025-08-10..2025-08-13]` (one day of "
    "these); `../2025-08-13` (on or before). Columns that end in `_earliest` and `_latest` hold the bounds.",
    "**Days.** `min_days` runs from the latest start to the earliest end, or else to `last_confirmed`; `max_days` from the earliest start to the latest end, or, where it is over and the day not "
    "known, to the last day that its newest source or stage may mean (the latest of their upper bounds). First and last day count. Recurring measures count their whole period.",
    "**Confidence.** Counts texts whose publisher is known to be independent and no party to the event; an agency story counts "
    "once however many outlets print it, and publishers of unknown control do not count.",
)


def _type(column: dy.Column) -> str:
    note = schema.metadata(column)
    if vocabulary := note.get("vocabulary"):
        return f"{'list of ' if isinstance(column, dy.List) else ''}[{vocabulary}](#{vocabulary})"
    if note.get("edtf"):
        return "date as coded"
    names = {pl.String: "text", pl.Boolean: "true/false", pl.Date: "date"}
    dtype = column.dtype
    if isinstance(dtype, pl.List):
        return "list of text"
    return names.get(type(dtype), str(dtype).lower())


def _refers(column: dy.Column) -> str:
    target = schema.metadata(column).get("references")
    return f" → `{target}`" if target else ""


def _sentence(name: str) -> str:
    words = name.replace("_", " ").replace("e mail", "e-mail")
    return words[0].upper() + words[1:]


_DATA_INTRO = """# The data

| what | where |
|---|---|
| the records, one event a file | `events/<country>/<event_id>.yaml` |
| platforms, publishers, countries, retired ids | `reference/*.csv`, their origins in `reference/README.md` |
| a JSON Schema for completion in editors | `event.schema.json` |
| published versions, Parquet and checksums | `releases/<version>/` |

All records were coded by machine from page excerpts, and no person has checked them yet; `review` in each record says so.
How to add or correct an event, with a worked example, is in [CONTRIBUTING.md](../CONTRIBUTING.md); in short:

1. `rightsdata new` writes a skeleton at the right place;
2. fill it in from pages that you have read, each fact with its source;
3. `rightsdata check` lists every mistake by file and line.

What follows is written from the schema by `rightsdata codebook --write`; do not edit it by hand.
"""


# ------------------------------------------------------------------- JSON Schema


def json_schema() -> str:
    """A JSON Schema (2020-12) of one event's record, for completion and hints in editors."""
    event = {key: _property(schema.COLUMNS["events"][key]) for key in records.FIELDS["events"]}
    for name in schema.CHILDREN:
        event[name] = {
            "type": "array",
            "description": (schema.TABLES[name].__doc__ or "").strip(),
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {key: _child_property(name, key) for key in records.FIELDS[name]},
                "required": [key for key in records.FIELDS[name] if records.required(name, key)],
            },
        }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A restriction event of rightsdata",
        "type": "object",
        "additionalProperties": False,
        "properties": event,
        "required": [
            *(key for key in records.FIELDS["events"] if records.required("events", key)),
            "targets",
            "stages",
            "sources",
        ],
    }
    return json.dumps(whole, indent=1) + "\n"


def _child_property(name: str, key: str) -> dict[str, Any]:
    column = records.COLUMNS_OF[name].get(key)
    if column is not None:
        return _property(column)
    meaning = {"description": records.LOCAL_KEYS[key]}
    return {"type": "string", **meaning} if key == "id" else {"type": "array", "items": {"type": "string"}, **meaning}


def _property(column: dy.Column) -> dict[str, Any]:
    found: dict[str, Any] = {"description": column.description}
    if isinstance(column, dy.List):
        found |= {"type": "array", "items": _value(column.inner)}
    else:
        found |= _value(column)
        if column.nullable:
            found = {"description": column.description, "anyOf": [_value(column), {"type": "null"}]}
    default = schema.metadata(column).get("default")
    if default is not None:
        found["default"] = default
    return found


def _value(column: dy.Column) -> dict[str, Any]:
    if isinstance(column, dy.Enum):
        return {"enum": list(column.categories)}
    if isinstance(column, dy.Bool):
        return {"type": "boolean"}
    if isinstance(column, dy.String):
        found: dict[str, Any] = {"type": "string"}
        if column.regex:
            found["pattern"] = column.regex
        if column.max_length:
            found["maxLength"] = column.max_length
        return found
    return {"type": "integer", "minimum": getattr(column, "min", None), "maximum": getattr(column, "max", None)}


# ------------------------------------------------------------------- Arrow


_CHANGES = {
    "kind": "added, corrected, retired or removed.",
    "table": "The table; an event's lists count as `events`.",
    "key": "The row's key; for an event and its lists the event_id.",
    "field": "The column, or the event's list; null for whole rows.",
    "old": "The value before, lists and rows as JSON; for a retired event its title.",
    "new": "The value after; for a retired event the id that replaces it, for an added one its title.",
    "reason": "Why; always given for a corrected or retired event.",
}
"""The columns of changes.parquet, all texts."""


def arrow_schema(table: str, about: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of a table's file: types, not-null, descriptions and vocabularies of the columns, and `about`.

    Raises:
        MissingExtra: if pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise MissingExtra("Writing a release", "pyarrow", "make") from error
    fields = []
    if table == "changes":
        notes = {
            **about,
            "table": table,
            "description": "What changed against the version before, each with its reason.",
        }
        columns = [
            pa.field(
                key,
                pa.large_string(),
                nullable=key in ("field", "old", "new", "reason"),
                metadata={"description": note},
            )
            for key, note in _CHANGES.items()
        ]
        return pa.schema(columns, metadata=notes)
    for key, column in schema.TABLES[table].columns().items():
        note = {"description": column.description or ""}
        if vocabulary := schema.metadata(column).get("vocabulary"):
            note["vocabulary"] = vocabulary
        if key in schema.derived(table):
            note["derived"] = "true"
        fields.append(
            pa.field(key, _arrow_type(pa, schema.plain(column.dtype)), nullable=column.nullable, metadata=note)
        )
    return pa.schema(
        fields, metadata={**about, "table": table, "description": (schema.TABLES[table].__doc__ or "").strip()}
    )


def _arrow_type(pa: Any, dtype: pl.DataType) -> Any:
    if isinstance(dtype, pl.List):
        return pa.large_list(_arrow_type(pa, dtype.inner))  # type: ignore[arg-type]  # inner is typed as class or instance
    names = {
        pl.String: pa.large_string(),
        pl.Boolean: pa.bool_(),
        pl.Date: pa.date32(),
        pl.Int8: pa.int8(),
        pl.Int16: pa.int16(),
        pl.Int32: pa.int32(),
        pl.Int64: pa.int64(),
    }
    return names[type(dtype)]
