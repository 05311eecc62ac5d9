"""Frames against the schema: cast, every rule, and each finding by table, row and field.

Cells are cast one by one before the rules run, so that one bad value neither hides the other problems
of its record nor makes rules that read it complain: only root causes are reported.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import dataframely as dy
import polars as pl

from rightsdata import columns, dates, schema
from rightsdata.errors import InvalidData, Problem, Severity
from rightsdata.rules import TABLE_RULES

Cell = tuple[str, int, str]
"""Table, row number from 0, column."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem by table, row (from 0; -1 for the whole table) and field; `item` counts in a list from 0.

    `twin` is the row of the same table that this one clashes with, if any.
    """

    table: str
    row: int
    field: str
    found: str
    expected: str
    remedy: str
    rule: str
    severity: Severity = "error"
    item: int | None = None
    twin: int | None = None

    @property
    def cell(self) -> Cell:
        """The cell that the finding is about."""
        return self.table, self.row, self.field


@dataclass(slots=True)
class Report:
    """The typed frames and everything found on the way."""

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def inspect(frames: Mapping[str, pl.DataFrame], known: Collection[Cell] = (), repeated: Collection[str] = ()) -> Report:
    """Cast frames to the coded columns of the schema and run every rule that these frames allow.

    Causes come first: a cell that cannot be cast or breaks its column's own rule is not blamed again by the rules
    that read it, nor are the rows that belong to it.

    Args:
        frames: coded tables by name; texts may stand for dates, terms, numbers and true/false.
        known: cells that are already known to be bad and hold null; nothing more is said about them.
        repeated: tables in which a key may stand more than once, provided that its rows agree.

    Returns:
        Typed frames, each with a `row` column, and the findings. Bad cells are null in the frames.
    """
    report = Report()
    told: set[Cell] = set(known)  # what something has been said about already

    def tell(findings: list[Finding]) -> None:
        report.findings += findings
        told.update(finding.cell for finding in findings)

    broken: dict[str, pl.DataFrame] = {}
    for name in schema.CODED:
        if name in frames:
            report.frames[name], findings = _cast(name, frames[name])
            tell(findings)
    for name, frame in report.frames.items():
        broken[name] = _broken_rows(name, frame)
        tell(_column_rules(name, broken[name], told))
    tell(_references(report.frames, told))
    for name, frame in report.frames.items():
        if name in repeated:
            tell(_disagreements(name, frame, told))
        tell(_row_rules(name, frame, broken[name], told, keyed=name not in repeated))
        if name == "events":
            told |= _rows_of_twins(report)
    tell(_table_rules(report.frames, told))
    return report


def validate(**frames: pl.DataFrame) -> list[Problem]:
    """Check frames made in code with the rules and messages that `rightsdata check` uses.

    Args:
        **frames: tables of the schema by name, such as `events=`, `targets=`; derived columns are ignored.
            Rules between tables run where all their tables are given.

    Returns:
        The warnings, in the order of tables and rows; `file` is the table and `line` the row, from 1.

    Raises:
        InvalidData: if anything is wrong, with every problem at once.
        TypeError: for a table that the schema does not know, or an argument that is not a Polars frame.
    """
    for name, frame in frames.items():
        if name not in schema.TABLES:
            raise TypeError(f"no table {name!r}; the tables are {', '.join(schema.TABLES)}")
        if not isinstance(frame, pl.DataFrame):
            raise TypeError(
                f"{name} must be a polars DataFrame, not {type(frame).__name__}; pl.from_pandas or .collect() makes one"
            )
    problems = [
        Problem(
            file=finding.table,
            line=finding.row + 1,
            field=finding.field,
            found=finding.found + (f", the same as row {finding.twin + 1}" if finding.twin is not None else ""),
            expected=finding.expected,
            remedy=finding.remedy,
            rule=finding.rule,
            severity=finding.severity,
        )
        for finding in inspect(frames).findings
        if finding.rule not in _OF_A_WHOLE_FOLDER
    ]
    order = list(schema.TABLES)
    problems.sort(key=lambda problem: (order.index(problem.file), problem.line))
    if any(problem.severity == "error" for problem in problems):
        raise InvalidData(problems)
    return problems


_OF_A_WHOLE_FOLDER = ("a_platform_is_targeted", "a_publisher_is_cited")
"""Warnings about rows that nothing uses: of no interest where some frames are checked against whole reference tables."""


def suggest(found: str, allowed: Iterable[str]) -> str:
    """The likely remedy for a value that is not among the allowed ones."""
    names = list(allowed)
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(found.lower().replace(" ", "_"), lowered, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {lowered[close[0]]!r}?"
    return f"Use one of: {', '.join(names)}." if len(names) <= 30 else "See the codebook, data/README.md."


def shown(value: object) -> str:
    """A found value in words, for a message."""
    if value is None:
        return "nothing"
    return repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


# ------------------------------------------------------------------- casting, cell by cell


def _cast(name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    table = schema.COLUMNS[name]
    findings: list[Finding] = []
    cast: dict[str, pl.Series] = {}
    known = {*table, *schema.derived(name)}
    for extra in frame.columns:
        if extra not in known:
            remedy = suggest(extra, table)
            findings.append(
                Finding(name, -1, extra, "an unknown column", "a column of the schema", remedy, "unknown_column")
            )
    for key, column in table.items():
        if key in frame.columns:
            series, found = _cast_column(name, key, column, frame[key])
            findings += found
        else:
            series = _nothing(key, column, frame.height)
            if not column.nullable and not isinstance(column, dy.List) and _default(column) is None:
                expected = column.description or "a column"
                findings.append(Finding(name, -1, key, "no such column", expected, "Add the column.", "missing_column"))
        if isinstance(column, dy.List):
            series = series.fill_null(pl.Series([[]], dtype=column.dtype).first())
        elif (default := _default(column)) is not None:
            series = series.fill_null(default)
        cast[key] = series
    return pl.DataFrame(cast).with_row_index("row"), findings


def _nothing(key: str, column: dy.Column, height: int) -> pl.Series:
    return pl.Series(key, [None] * height, dtype=column.dtype)


def _default(column: dy.Column) -> Any:
    default = schema.metadata(column).get("default")
    return str(default) if isinstance(default, str) else default


def _cast_column(table: str, key: str, column: dy.Column, series: pl.Series) -> tuple[pl.Series, list[Finding]]:
    if series.dtype == pl.Null:
        return _nothing(key, column, len(series)), []
    if wanted := _wrong_kind(column, series.dtype):
        found = Finding(table, -1, key, f"a column of {series.dtype}", wanted, "Cast it, as coded.", "column_type")
        return _nothing(key, column, len(series)), [found]
    if isinstance(column, dy.List):
        return _cast_list(table, key, column, series)
    if schema.metadata(column).get("edtf"):
        return _cast_dates(table, key, series.cast(pl.String))
    if series.dtype == column.dtype:
        return series, []
    texts = series.cast(pl.String)
    if isinstance(column, dy.Bool):
        cast = texts.replace_strict(["true", "false"], [True, False], default=None, return_dtype=pl.Boolean)
    elif isinstance(column, dy.String | dy.Enum):
        cast = texts.cast(column.dtype, strict=False)
    else:
        cast = texts.set(~texts.str.contains(_WHOLE_NUMBER), None).cast(column.dtype, strict=False)
    expected, allowed = _expected(column)
    findings = [
        Finding(
            table, row, key, shown(texts[row]), expected, suggest(texts[row], allowed) if allowed else "", "wrong_value"
        )
        for row in (cast.is_null() & texts.is_not_null()).arg_true()
    ]
    return cast, findings


_WHOLE_NUMBER = r"^-?(0|[1-9][0-9]*)$"


def _wrong_kind(column: dy.Column, found: pl.DataType) -> str:
    """What kind of column is wanted, if not even texts of this one could be meant; empty if they could."""
    textual = found == pl.String or isinstance(found, pl.Categorical | pl.Enum)
    if isinstance(column, dy.List):
        plain = isinstance(found, pl.List) and (
            found.inner in (pl.String, pl.Null) or isinstance(found.inner, pl.Enum | pl.Categorical)
        )
        return "" if plain else "a column of lists of texts"
    if isinstance(column, dy.String | dy.Enum):
        return "" if textual else "a column of texts"
    if isinstance(column, dy.Bool):
        return "" if textual or found == pl.Boolean else "a column of true and false"
    return "" if textual or found.is_integer() else "a column of whole numbers"


def _expected(column: dy.Column) -> tuple[str, list[str]]:
    """What a value of the column must be, in words, and the allowed values where they are few."""
    if isinstance(column, dy.List) and isinstance(column.inner, dy.Enum):
        vocabulary = schema.metadata(column).get("vocabulary")
        expected = f"a term of {vocabulary}" if vocabulary else "a field of the event or one of its lists"
        return expected, list(column.inner.categories)
    if isinstance(column, dy.Enum):
        return f"a term of {schema.metadata(column)['vocabulary']}", list(column.categories)
    if isinstance(column, dy.Bool):
        return "true or false", []
    if isinstance(column, dy.String | dy.List):
        return str(schema.metadata(column).get("expects") or "text"), []
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    if high is not None:
        return f"a whole number from {low} to {high}", []
    return "a whole number" if low is None else f"a whole number of at least {low}", []


def _cast_dates(table: str, key: str, series: pl.Series) -> tuple[pl.Series, list[Finding]]:
    wrong: dict[str, str] = {}
    for text in series.unique().drop_nulls():
        try:
            dates.parse(text)
        except ValueError as error:
            wrong[text] = str(error)
    if not wrong:
        return series, []
    bad = series.is_in(list(wrong)).fill_null(False)
    findings = []
    for row in bad.arg_true():
        remedy = wrong[series[row]]
        remedy = f"{remedy[0].upper()}{remedy[1:]}."
        findings.append(
            Finding(table, row, key, shown(series[row]), "a date of the EDTF profile", remedy, "wrong_date")
        )
    return series.set(bad, None), findings


def _cast_list(table: str, key: str, column: dy.List, series: pl.Series) -> tuple[pl.Series, list[Finding]]:
    texts = series.cast(pl.List(pl.String))
    expected, allowed = _expected(column)
    if not allowed:
        return texts, []
    elements = texts.explode().drop_nulls()
    wrong = set(elements.filter(~elements.is_in(allowed)).unique())
    if not wrong:
        return texts.cast(column.dtype), []
    findings = [
        Finding(table, row, key, shown(item), expected, suggest(item, allowed), "wrong_value", item=index)
        for row, items in enumerate(texts)
        for index, item in enumerate(items if items is not None else ())
        if item in wrong
    ]
    kept = texts.list.eval(pl.element().filter(pl.element().is_in(allowed) | pl.element().is_null()))
    return kept.cast(column.dtype), findings


# ------------------------------------------------------------------- rules inside one table


@cache
def _numbered(name: str) -> type[dy.Schema]:
    """The table's coded schema with a `row` column, so that a failure knows its row."""
    table = schema.CODED[name]
    return type(f"{table.__name__}Numbered", (table,), {"row": dy.UInt32()})


def _broken_rows(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that break a rule, with a column a rule that says "valid" or "invalid"."""
    if frame.is_empty():
        return frame
    table = _numbered(name)
    _, failure = table.filter(frame.select(table.column_names()))
    return failure.details() if len(failure) else frame.clear()


def _breaches(broken: pl.DataFrame, rule: str) -> Iterator[dict[str, Any]]:
    return broken.filter(pl.col(rule) == "invalid").iter_rows(named=True)


def _column_rules(name: str, broken: pl.DataFrame, told: set[Cell]) -> list[Finding]:
    """Breaches of the columns' own rules; of several about the form of one cell the first is the cause."""
    findings: list[Finding] = []
    formed: set[Cell] = set()
    for rule in (column for column in broken.columns if "|" in column):
        key, check = rule.split("|")
        for record in _breaches(broken, rule):
            cell = (name, record["row"], key)
            if cell in told or (name, -1, key) in told or cell in formed:
                continue
            if not check.startswith("check__"):
                formed.add(cell)
            findings.append(_explain(name, key, check, record))
    return findings


def _explain(name: str, key: str, check: str, record: Mapping[str, Any]) -> Finding:
    row, value = record["row"], record[key]
    column = schema.COLUMNS[name][key]
    expected, _ = _expected(column)
    if check == "nullability":
        wanted = f"a value: {(column.description or expected).rstrip('.')}"
        return Finding(name, row, key, "nothing", wanted, "Fill it in.", "required")
    if check == "max_length":
        longest = getattr(column, "max_length", 0)
        return Finding(name, row, key, f"{len(value)} characters", f"at most {longest}", "Shorten it.", "too_long")
    if check == "check__names_nothing_twice":
        item = next(index for index, one in enumerate(value) if one in value[:index])
        wanted, remedy = columns.NOTHING_TWICE
        return Finding(
            name, row, key, f"{shown(str(value[item]))} twice", wanted, remedy, "names_nothing_twice", item=item
        )
    if isinstance(column, dy.List):
        entries = pl.Series(key, value, dtype=pl.String)
        rules = column.inner.validation_rules(pl.col(key))
        good = entries.to_frame().select(pl.all_horizontal(rule.fill_null(True) for rule in rules.values())).to_series()
        wrong = good.not_().arg_true().to_list()
        found = ", ".join(shown(value[item]) for item in wrong)
        remedy = "Correct or remove the entry."
        return Finding(name, row, key, found, expected, remedy, "wrong_entry", item=wrong[0] if wrong else None)
    if check.startswith("check__"):
        rule = check.removeprefix("check__")
        return Finding(name, row, key, shown(value), columns.PROSE[rule][1], columns.PROSE[rule][2], rule)
    return Finding(name, row, key, shown(value), expected, "", "wrong_form")


def _row_rules(name: str, frame: pl.DataFrame, broken: pl.DataFrame, told: set[Cell], *, keyed: bool) -> list[Finding]:
    """Breaches of the rules across the columns of a row, and keys that stand twice."""
    findings: list[Finding] = []
    for rule in (column for column in broken.columns if "|" not in column and column not in frame.columns):
        if rule == "primary_key":
            if keyed:
                findings += _twins(name, frame, broken, told)
            continue
        text = schema.row_rules(schema.CODED[name])[rule]
        for record in _breaches(broken, rule):
            if not _blamed(name, record["row"], text.fields, told):
                found = ", ".join(f"{key} {shown(record[key])}" for key in text.fields)
                findings.append(
                    Finding(name, record["row"], text.fields[0], found, text.expected, text.remedy, rule, text.severity)
                )
    return findings


def _blamed(name: str, row: int, keys: Iterable[str], told: set[Cell]) -> bool:
    return any((name, row, key) in told or (name, -1, key) in told for key in keys)


def _twins(name: str, frame: pl.DataFrame, broken: pl.DataFrame, told: set[Cell]) -> list[Finding]:
    """A key that stands twice is reported at the later rows, which name the first."""
    keys = schema.CODED[name].primary_key()
    twice = set(broken.filter(pl.col("primary_key") == "invalid")["row"])
    first: dict[tuple[Any, ...], int] = {}
    findings = []
    for *values, row in frame.filter(pl.col("row").is_in(twice)).select(*keys, "row").iter_rows():
        twin = first.setdefault(tuple(values), row)
        if twin != row and not _blamed(name, row, keys, told):
            remedy = "Remove one of the two, or give it its own key."
            found = ", ".join(map(str, values))
            findings.append(Finding(name, row, keys[-1], found, "each key once", remedy, "duplicate_key", twin=twin))
    return findings


def _rows_of_twins(report: Report) -> set[Cell]:
    """The rows that belong to events whose id stands twice: whose they are cannot be said."""
    events = report.frames["events"]["event_id"]
    twins = {events[one.row] for one in report.findings if (one.table, one.rule) == ("events", "duplicate_key")}
    return {
        (name, row, "event_id")
        for name, frame in report.frames.items()
        if twins and "event_id" in frame.columns
        for row in frame.filter(pl.col("event_id").is_in(twins))["row"]
    }


def _disagreements(name: str, frame: pl.DataFrame, told: set[Cell]) -> list[Finding]:
    """Rows of one key that say different things; nulls agree with everything, and so do spellings of an address."""
    (key,) = schema.CODED[name].primary_key()
    first: dict[tuple[str, str], tuple[Any, int]] = {}
    findings = []
    repeated = frame.filter(pl.col(key).is_not_null() & pl.col(key).is_duplicated())
    for record in repeated.iter_rows(named=True):
        row = record["row"]
        for column, value in record.items():
            if column in (key, "row", "url") or value is None or (name, row, column) in told:
                continue
            kept, twin = first.setdefault((record[key], column), (value, row))
            if kept != value:
                remedy = "One page has one set of details: correct one of the two."
                findings.append(
                    Finding(name, row, column, shown(value), shown(kept), remedy, "source_details_agree", twin=twin)
                )
    return findings


# ------------------------------------------------------------------- rules between tables


def _references(frames: Mapping[str, pl.DataFrame], told: set[Cell]) -> list[Finding]:
    findings: list[Finding] = []
    for name, frame in frames.items():
        for key, column in schema.COLUMNS[name].items():
            target = schema.metadata(column).get("references")
            if not target or target.split(".")[0] not in frames or target == f"{name}.{key}":
                continue
            other, other_key = target.split(".")
            if (name, -1, key) in told or (other, -1, other_key) in told:
                continue
            keys = frames[other][other_key].drop_nulls()
            values = frame.select("row", key)
            values = values.explode(key) if isinstance(column, dy.List) else values
            orphans = values.filter(pl.col(key).is_not_null() & ~pl.col(key).is_in(keys.implode()))
            for row, value in orphans.iter_rows():
                if (name, row, key) not in told:
                    remedy = _nearest(value, keys, other)
                    expected = f"a {other_key} of {other}"
                    findings.append(Finding(name, row, key, shown(value), expected, remedy, "unknown_reference"))
    return findings


def _nearest(value: str, keys: pl.Series, table: str) -> str:
    close = difflib.get_close_matches(value, keys.to_list(), n=1, cutoff=0.75)
    return f"Did you mean {close[0]!r}?" if close else f"Add it to {table} first, or correct the name."


def _table_rules(frames: Mapping[str, pl.DataFrame], told: set[Cell]) -> list[Finding]:
    findings: list[Finding] = []
    told = set(told)
    for rule in sorted(TABLE_RULES.values(), key=lambda rule: rule.severity):  # errors before warnings
        if not {rule.table, *rule.uses} <= frames.keys():
            continue
        spoilt = _spoilt(frames, told, rule.uses)
        subject = frames[rule.table]
        if spoilt is None or (spoilt and "event_id" not in subject.columns):
            continue
        for broken in rule.find(frames).iter_rows(named=True):
            row = broken["row"]
            event = subject["event_id"][row] if "event_id" in subject.columns else ""
            if event is not None and event not in spoilt and (rule.table, row, rule.field) not in told:
                findings.append(
                    Finding(
                        rule.table,
                        row,
                        rule.field,
                        str(broken["found"]),
                        rule.expected,
                        rule.remedy,
                        rule.name,
                        rule.severity,
                        twin=broken.get("twin"),
                    )
                )
        told.update(finding.cell for finding in findings)
    return findings


def _spoilt(
    frames: Mapping[str, pl.DataFrame], told: set[Cell], uses: Mapping[str, tuple[str, ...]]
) -> set[str] | None:
    """Events that a rule cannot judge, since a value that it reads is bad; None if it can judge nothing at all."""
    spoilt: set[str] = set()
    for table, row, key in told:
        read = key in uses.get(table, ()) or (table in uses and key == "event_id")
        if table == "events" and key in uses:  # a list of rows that could not be read
            read = True
        if not read or table not in frames:
            continue
        if row < 0 or "event_id" not in frames[table].columns:
            return None
        if (event := frames[table]["event_id"][row]) is not None:
            spoilt.add(event)
    return spoilt
