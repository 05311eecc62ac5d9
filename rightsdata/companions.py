"""The files of a version folder as they were written, and the frames beside the tables that the gate looks at.

A check of one column at a time sees neither into a list, nor across tables, nor what was published before. A companion
frame turns such a question into columns: a row an entry, a day, a text, a released event or a changed field.
"""

from __future__ import annotations

import calendar
import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl

from rightsdata import columns, manifest, schema
from rightsdata.errors import printable
from rightsdata.rules import TABLE_RULES


@dataclass(frozen=True, slots=True)
class Written:
    """The tables as they lie in a version folder, and what people wrote of the events in the version before it."""

    version: str
    tables: Mapping[str, pl.DataFrame]
    previous: str | None
    before: Mapping[str, pl.DataFrame]

    @property
    def last_day(self) -> date | None:
        """The last day of the version's month; None without a calendar version."""
        if not manifest.is_version(self.version):
            return None
        year, month, _ = manifest.order(self.version)
        return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True, slots=True)
class Companion:
    """A frame beside the tables; `key` names the columns by which a message names a row."""

    name: str
    what: str
    key: tuple[str, ...]
    build: Callable[[Written], pl.DataFrame]


def _columns(written: Written) -> pl.DataFrame:
    """A row for every column that is declared or found: types go by Polars, whose names for them are ours."""
    rows = []
    for table in schema.TABLES:
        declared = _places(schema.release_schema(table))
        found = _places(written.tables[table].schema) if table in written.tables else {}
        rows += [(table, name, found.get(name, "none"), declared.get(name, "none")) for name in declared | found]
    return pl.DataFrame(rows, ["table", "column", "found", "declared"], orient="row")


def _places(types: pl.Schema) -> dict[str, str]:
    return {name: f"{place}, {dtype}" for place, (name, dtype) in enumerate(types.items(), start=1)}


def _shares(written: Written) -> pl.DataFrame:
    """A row an event: true where something is known of it, else null."""
    tables = written.tables
    known = {name: pl.col(name).list.len() > 0 for name in ("stated_reasons", "contexts", "methods")}
    known |= {name: pl.col(name).is_not_null() for name in ("start", "ongoing")}
    for name in ("authorities", "legal_bases"):
        known[name] = pl.col("event_id").is_in(tables[name]["event_id"].unique().implode())
    known["two_publishers"] = pl.col("publisher_count") >= 2
    return tables["events"].select("event_id", **{name: pl.when(test).then(True) for name, test in known.items()})


def _days(written: Written) -> pl.DataFrame:
    """Every day of which the data say that something happened, imprecise dates at their first day."""
    places = (
        ("events", "as_of", pl.col("as_of")),
        ("stages", "date", pl.coalesce("date_earliest", "date_latest")),
        ("responses", "date", pl.coalesce("date_earliest", "date_latest")),
        ("sources", "published", pl.coalesce("published_earliest", "published_latest")),
    )
    days = pl.concat(_cells(written, table, column, day=day) for table, column, day in places)
    return days.drop_nulls("day").with_columns(last_day=pl.lit(written.last_day, dtype=pl.Date))


def _texts(written: Written) -> pl.DataFrame:
    """Every text that is held to PROSE, whichever column it stands in."""
    parts = []
    for table, declared in schema.TABLES.items():
        for name, column in declared.columns().items():
            one = column.inner if isinstance(column, dy.List) else column
            if isinstance(one.check, Mapping) and columns.PROSE.keys() <= one.check.keys():
                part = _cells(written, table, name, text=pl.col(name))
                parts.append(part.explode("text") if isinstance(column, dy.List) else part)
    return pl.concat(parts).drop_nulls("text")


def _cells(written: Written, table: str, column: str, **value: pl.Expr) -> pl.DataFrame:
    """A value of every row of a table with the names of its table and column, and of the event or whatever it belongs to."""
    first = schema.TABLES[table].primary_key()[0]
    return written.tables[table].select(table=pl.lit(table), row=first, column=pl.lit(column), **value)


def _released(written: Written) -> pl.DataFrame:
    """Every event of the version before, and its id where that still resolves."""
    now = pl.concat([written.tables["events"]["event_id"], written.tables["retired"]["old_id"]]).implode()
    ids = written.before["events"].select("event_id")
    return ids.with_columns(now=pl.when(pl.col("event_id").is_in(now)).then("event_id"))


def _changes(written: Written) -> pl.DataFrame:
    """Every coded field of a released event that differs, its lists too, with the reason that a revision since then gives."""
    ids = written.before["events"].select("event_id").join(written.tables["events"], on="event_id", how="semi")
    changed = []
    for table, name in _FIELDS:
        old, new = (_values(tables[table], name) for tables in (written.before, written.tables))
        both = ids.join(old, on="event_id", how="left").join(new, on="event_id", how="left", suffix=" now")
        differs = both.filter(pl.col("value").ne_missing(pl.col("value now")))
        shown = pl.col("value", "value now").fill_null("nothing")
        field = "sources" if name == "citations" else name
        changed.append(
            differs.with_columns(shown).select(
                "event_id",
                field=pl.lit(field),
                change=pl.format(f"{field} from {{}} to {{}}", "value", "value now"),
            )
        )
    return (
        pl.concat(changed)
        .join(_reasons(written), on=["event_id", "field"], how="left")
        .sort("event_id", "field", maintain_order=True)
    )


_FIELDS = [("events", name) for name in schema.COLUMNS["events"] if name != "event_id"] + [
    (name, name) for name in schema.CHILDREN if name in schema.TABLES and name not in ("sources", "revisions")
] + [("citations", "citations")]  # fmt: skip
"""Where the fields of an event lie: table, and column of `events` or the list that the table is."""


def _values(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """A field of every event as text; a list whatever the order of its rows, and null where it is empty."""
    if name in table.columns:
        value = pl.col(name)
        if isinstance(table.schema[name], pl.List):
            value = value.cast(pl.List(pl.String)).list.join(", ")
        return table.select("event_id", value=value.cast(pl.String))
    columns_ = [one for one in schema.COLUMNS[name] if one not in ("event_id", "position") and one in table.columns]
    row = pl.struct(columns_).struct.json_encode()
    return table.group_by("event_id").agg(value=row.sort().str.join("; "))


def _reasons(written: Written) -> pl.DataFrame:
    """What the revisions that are new say: event_id, field, reason."""
    told = written.before["revisions"]
    new = written.tables["revisions"].join(told, on=["event_id", "date", "reason"], how="anti")
    return new.explode("fields").group_by("event_id", field="fields").agg(pl.col("reason").first())


def _counts(written: Written) -> pl.DataFrame:
    """Events by country and year of their start, now and the least that may be: those of before that nothing explains away."""
    moved = _reasons(written).filter(pl.col("field").is_in(["country", "start"]))["event_id"]
    excused = pl.concat([moved, written.tables["retired"]["old_id"]]).implode()
    keys = (pl.col("country"), pl.col("start_latest").dt.year().alias("year"))
    least = written.before["events"].filter(~pl.col("event_id").is_in(excused)).group_by(keys).agg(least=pl.len())
    now = written.tables["events"].group_by(keys).agg(now=pl.len())
    both = least.join(now, on=["country", "year"], how="left", nulls_equal=True)
    return both.with_columns(pl.col("now", "least").fill_null(0).cast(pl.Int64)).sort("country", "year")


def _between(written: Written) -> pl.DataFrame:
    """A row a rule between tables, and in its place a row a breach where there are any."""
    tables = {name: frame.with_row_index("row") for name, frame in written.tables.items()}
    found = [pl.DataFrame({"rule": sorted(BETWEEN), "breach": None}, schema=_BREACHES)]
    for name, rule in BETWEEN.items():
        broken = rule.find(tables)
        if broken.height:
            keys = [one for one in key(rule.table) if one in tables[rule.table].columns]
            rows = tables[rule.table].select(pl.col("row").cast(pl.Int64), at=pl.concat_str(keys, separator=" "))
            breach = broken.select(pl.col("row").cast(pl.Int64), found=pl.col("found").cast(pl.String)).join(
                rows, on="row"
            )
            told = breach.select(
                rule=pl.lit(name), breach=pl.format(f"{rule.table} {{}}, {rule.field}: {{}}", "at", "found")
            )
            found.append(told)
    return pl.concat(found)


_BREACHES = {"rule": pl.String, "breach": pl.String}

BETWEEN = {name: rule for name, rule in TABLE_RULES.items() if rule.severity == "error"}
"""The rules between tables that no release may break; warnings are for those who code."""


REFERENCES: dict[tuple[str, str], str] = {
    (table, name): str(target)
    for table, declared in schema.TABLES.items()
    for name, column in declared.columns().items()
    if (target := schema.metadata(column).get("references"))
} | {("sources", "source_id"): "citations.source_id"}
"""Columns that must name a row of another table, and the column `table.column` that holds it."""


def looked_up(column: str) -> str:
    """The column beside a referring one that repeats its value where the other table holds it, and differs elsewhere.

    A set of all keys inside an expectation would be plainer, and costs Great Expectations 80 µs a key: minutes for a
    million events.
    """
    return f"{column} looked up"


def _with_references(written: Written, table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with what its referring columns find; without where the other table cannot be read."""
    for (referring, column), target in REFERENCES.items():
        other, key_column = target.split(".")
        keys = written.tables.get(other, pl.DataFrame())
        if referring != table or column not in frame.columns or key_column not in keys.columns:
            continue
        if not isinstance(frame.schema[column], pl.List):  # a list column has a frame of its entries
            there = pl.col(column).is_in(keys[key_column].drop_nulls().implode())
            told = pl.when(there).then(column).otherwise(pl.format("no {}", column))  # null stays null
            frame = frame.with_columns(told.alias(looked_up(column)))
    return frame


COMPANIONS = {
    companion.name: companion
    for companion in (
        Companion("columns", "Columns and types of every table", ("table", "column"), _columns),
        Companion("shares", "What is known of the events", ("event_id",), _shares),
        Companion("days", "Days on which something happened", ("table", "row", "column"), _days),
        Companion("texts", "Texts that people wrote", ("table", "row", "column"), _texts),
        Companion("released", "Events of the version before", ("event_id",), _released),
        Companion("changes", "Fields that differ from the version before", ("event_id", "change"), _changes),
        Companion("counts", "Events by country and year of start, now and before", ("country", "year"), _counts),
        Companion("between", "Rules between tables, and their breaches", ("rule",), _between),
    )
}
"""The frames that are neither a table nor a list column of one."""

AGAINST_PREVIOUS = ("released", "changes", "counts")
"""Those that need a version before this one."""


def read(folder: Path, previous: Path | None = None) -> Written:
    """The tables of a folder that can be read, and the version before it.

    Raises:
        IntegrityError: if the version before is not what its own manifest says.
    """
    tables: dict[str, pl.DataFrame] = {}
    version = ""
    for table in schema.TABLES:
        try:
            data = (folder / f"{table}.parquet").read_bytes()
            tables[table] = pl.read_parquet(io.BytesIO(data))
            version = version or pl.read_parquet_metadata(io.BytesIO(data)).get("version", "")
        except (OSError, pl.exceptions.PolarsError):
            continue  # `frame` says so of every rule that needs the table
    if previous is None:
        return Written(version, tables, None, {})
    about, _ = manifest.read(previous)
    before = {
        table: pl.read_parquet(io.BytesIO(manifest.checked(previous, about.file(f"{table}.parquet"))))
        for table in ("events", "revisions", *dict(_FIELDS))
    }
    return Written(version, tables, about.version, before)


def frame(written: Written, name: str) -> pl.DataFrame | str:
    """A table, the entries of a list column of it (`events.methods`) or a companion; or why there is none."""
    table, _, column = name.partition(".")
    try:
        if name in COMPANIONS:
            return COMPANIONS[name].build(written)
        whole = written.tables[table]
        if column:
            whole = whole.filter(pl.col(column).list.len() > 0).select(*key(name), column).explode(column)
        else:
            declared = schema.TABLES[table]
            for rule, text in schema.row_rules(declared).items():
                with suppress(pl.exceptions.PolarsError):  # one that cannot be told is missed by its expectation
                    whole = whole.with_columns(text.holds(declared).alias(rule))
        return _with_references(written, table, whole)
    except KeyError as error:
        return f"{error.args[0]}.parquet cannot be read"
    except pl.exceptions.PolarsError as error:
        return printable(str(error).splitlines()[0])


def key(name: str) -> tuple[str, ...]:
    """The columns by which a message names a row of a frame."""
    return COMPANIONS[name].key if name in COMPANIONS else tuple(schema.TABLES[name.split(".")[0]].primary_key())


def about(name: str) -> str:
    """What a table or a companion holds, in words."""
    return COMPANIONS[name].what if name in COMPANIONS else (schema.TABLES[name].__doc__ or "").strip()
