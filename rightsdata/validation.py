"""Frames against the schema: cast, every rule, and each finding by table, row and field.

Cells are cast one by one before the rules run, so that one bad value neither hides the other problems
of its record nor makes rules that read it complain: only root causes are reported.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import dataframely as dy
import polars as pl

from rightsdata import dates, schema
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


def inspect(frames: Mapping[str, pl.DataFrame], known: Collection[Cell] = ()) -> Report:
    """Cast frames to the coded columns of the schema and run every rule that these frames allow.

    Args:
        frames: coded tables by name; texts may stand for dates, terms, numbers and true/false.
        known: cells that are already known to be bad and hold null; nothing more is said about them.

    Returns:
        Typed frames, each with a `row` column, and the findings. Bad cells are null in the frames.
    """
    report = Report()
    bad: set[Cell] = set(known)
    for name in schema.CODED:
        if name in frames:
            typed, findings = _cast(name, frames[name])
            report.frames[name] = typed
            report.findings += findings
            bad.update(finding.cell for finding in findings)
    for name, frame in report.frames.items():
        report.findings += _row_rules(name, frame, bad)
    told = bad | {finding.cell for finding in report.findings}
    report.findings += _references(report.frames, told)
    report.findings += _table_rules(report.frames, bad)
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
            raise TypeError(f"{name} must be a polars DataFrame, not {type(frame).__name__}; pl.from_pandas or .collect() makes one")
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
    ]
    order = list(schema.TABLES)
    problems.sort(key=lambda problem: (order.index(problem.file), problem.line))
    if any(problem.severity == "error" for problem in problems):
        raise InvalidData(problems)
    return problems


def suggest(found: str, allowed: Iterable[str]) -> str:
    """The likely remedy for a value that is not among the allowed ones."""
    names = list(allowed)
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(found.lower().replace(" ", "_"), lowered, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {lowered[close[0]]!r}?"
    return f"Use one of: {', '.join(names)}." if len(names) <= 30 else "See the codebook, data/README.md."


def shown(value: object) -> str:
    """A found value for a message: short, and with nothing that could disturb a terminal."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return repr(text if len(text) <= 80 else text[:77] + "…") if isinstance(value, str) else text[:80]


# ------------------------------------------------------------------- casting, cell by cell


def _cast(name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    table = schema.COLUMNS[name]
    findings: list[Finding] = []
    columns: dict[str, pl.Series] = {}
    known = {*table, *schema.derived(name), "row"}
    for extra in frame.columns:
        if extra not in known:
            findings.append(
                Finding(name, -1, extra, "an unknown column", "a column of the schema", suggest(extra, table), "unknown_column")
            )
    for key, column in table.items():
        if key in frame.columns:
            series, found = _cast_column(name, key, column, frame[key])
            findings += found
        else:
            series = pl.Series(key, [None] * frame.height, dtype=column.dtype)
            if not column.nullable and not isinstance(column, dy.List) and _default(column) is None:
                findings.append(Finding(name, -1, key, "no such column", column.description or "a column", "Add the column.", "missing_column"))
        if isinstance(column, dy.List):
            series = series.fill_null(pl.Series([[]], dtype=column.dtype).first())
        elif (default := _default(column)) is not None:
            series = series.fill_null(default)
        columns[key] = series
    typed = pl.DataFrame(columns).with_row_index("row") if columns else frame
    return typed, findings


def _default(column: dy.Column) -> Any:
    default = schema.metadata(column).get("default")
    return str(default) if isinstance(default, str) else default


def _cast_column(table: str, key: str, column: dy.Column, series: pl.Series) -> tuple[pl.Series, list[Finding]]:
    dtype = column.dtype
    if series.dtype == dtype and not schema.metadata(column).get("edtf"):
        return series, []
    if series.dtype == pl.Null:
        return pl.Series(key, [None] * len(series), dtype=dtype), []
    if isinstance(column, dy.List):
        return _cast_list(table, key, column, series)
    if isinstance(column, dy.String) and series.dtype not in (pl.String, pl.Categorical) and not isinstance(series.dtype, pl.Enum):
        expected = "a text column"
        found = Finding(table, -1, key, f"a column of {series.dtype}", expected, "Cast it to text, as coded.", "column_type")
        return pl.Series(key, [None] * len(series), dtype=dtype), [found]
    if schema.metadata(column).get("edtf"):
        return _cast_dates(table, key, series.cast(pl.String))
    cast = _words_to_bool(series) if isinstance(column, dy.Bool) else series.cast(dtype, strict=False)
    lost = (cast.is_null() & series.is_not_null()).arg_true().to_list()
    expected, allowed = _expected(column)
    findings = [
        Finding(table, row, key, shown(series[row]), expected, suggest(str(series[row]), allowed) if allowed else "", "wrong_value") for row in lost
    ]
    return cast, findings


def _words_to_bool(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Boolean:
        return series
    words = series.cast(pl.String, strict=False)
    return words.replace_strict(["true", "false"], [True, False], default=None, return_dtype=pl.Boolean)


def _expected(column: dy.Column) -> tuple[str, list[str]]:
    if isinstance(column, dy.Enum):
        vocabulary = schema.metadata(column).get("vocabulary")
        return (f"a term of {vocabulary}" if vocabulary else "one of the allowed names"), list(column.categories)
    if isinstance(column, dy.Bool):
        return "true or false", []
    if isinstance(column, dy.String | dy.List):
        return str(schema.metadata(column).get("expects") or "text"), []
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    return "a whole number" + (f" from {low} to {high}" if low is not None and high is not None else f" of at least {low}" if low is not None else ""), []


def _cast_dates(table: str, key: str, series: pl.Series) -> tuple[pl.Series, list[Finding]]:
    wrong: dict[str, str] = {}
    for text in series.unique().drop_nulls():
        try:
            dates.parse(text)
        except ValueError as error:
            wrong[text] = str(error)
    if not wrong:
        return series, []
    rows = series.is_in(list(wrong)).arg_true().to_list()
    findings = [
        Finding(table, row, key, shown(series[row]), "a date of the EDTF profile", _sentence(wrong[series[row]]), "wrong_date") for row in rows
    ]
    return series.set(series.is_in(list(wrong)), None), findings


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _cast_list(table: str, key: str, column: dy.List, series: pl.Series) -> tuple[pl.Series, list[Finding]]:
    if not isinstance(series.dtype, pl.List):
        found = Finding(table, -1, key, f"a column of {series.dtype}", "a column of lists", "Make it a list, empty where nothing is known.", "column_type")
        return pl.Series(key, [None] * len(series), dtype=column.dtype), [found]
    inner = column.inner
    if series.dtype.inner == inner.dtype or series.dtype.inner == pl.Null:
        return series.cast(column.dtype), []
    texts = series.cast(pl.List(pl.String), strict=False)
    if not isinstance(inner, dy.Enum):
        return texts, []
    allowed = list(inner.categories)
    elements = texts.explode().drop_nulls()
    wrong = set(elements.filter(~elements.is_in(allowed)).unique())
    findings: list[Finding] = []
    if wrong:
        vocabulary = schema.metadata(column).get("vocabulary")
        expected = f"a term of {vocabulary}" if vocabulary else "a field of the event or one of its lists"
        for row, items in enumerate(texts):
            for index, item in enumerate(items if items is not None else ()):
                if item in wrong:
                    findings.append(Finding(table, row, key, shown(item), expected, suggest(item, allowed), "wrong_value", item=index))
    kept = texts.list.eval(pl.element().filter(pl.element().is_in(allowed) | pl.element().is_null())) if wrong else texts
    return kept.cast(column.dtype), findings


# ------------------------------------------------------------------- rules inside one table


@cache
def _numbered(name: str) -> type[dy.Schema]:
    """The table's coded schema with a `row` column, so that a failure knows its row."""
    table = schema.CODED[name]
    return type(f"{table.__name__}Numbered", (table,), {"row": dy.UInt32()})


def _row_rules(name: str, frame: pl.DataFrame, bad: set[Cell]) -> list[Finding]:
    table = _numbered(name)
    _, failure = table.filter(frame.select(table.column_names()))
    if not len(failure):
        return []
    details = failure.details()
    rules = [column for column in details.columns if column not in frame.columns]
    findings: list[Finding] = []
    for rule in rules:
        for record in details.filter(pl.col(rule) == "invalid").iter_rows(named=True):
            finding = _explain(name, rule, record)
            fields = _fields(name, rule)
            if not any((name, record["row"], one) in bad or (name, -1, one) in bad for one in fields):
                findings.append(finding)
    return _without_echoes(_with_twins(name, frame, findings))


def _fields(name: str, rule: str) -> tuple[str, ...]:
    if rule == "primary_key":
        return tuple(schema.CODED[name].primary_key())
    if "|" in rule:
        return (rule.split("|")[0],)
    return _rule_text(name, rule).fields


def _rule_text(name: str, rule: str) -> schema.RuleText:
    return next(schema.ROW_RULES[base.__name__, rule] for base in schema.CODED[name].__mro__ if (base.__name__, rule) in schema.ROW_RULES)


def _explain(name: str, rule: str, record: Mapping[str, Any]) -> Finding:
    row = record["row"]
    if rule == "primary_key":
        keys = schema.CODED[name].primary_key()
        found = ", ".join(str(record[key]) for key in keys)
        return Finding(name, row, keys[-1], found, "each key once", "Remove one of the two, or give it its own key.", "duplicate_key")
    if "|" not in rule:
        text = _rule_text(name, rule)
        found = ", ".join(f"{key} {shown(record[key])}" for key in text.fields)
        return Finding(name, row, text.fields[0], found, text.expected, text.remedy, rule, text.severity)
    key, check = rule.split("|")
    column = schema.COLUMNS[name][key]
    value = record[key]
    expected, _ = _expected(column)
    if check == "nullability":
        return Finding(name, row, key, "nothing", column.description or expected, "Fill it in.", "required")
    if check.startswith("check__"):
        prose = check.removeprefix("check__")
        return Finding(name, row, key, shown(value), schema.PROSE[prose][1], schema.PROSE[prose][2], prose)
    if check == "max_length":
        longest = getattr(column, "max_length", 0)
        return Finding(name, row, key, f"{len(value)} characters", f"at most {longest}", "Shorten it.", "too_long")
    if check.startswith("inner_"):
        inner = getattr(column, "inner", None)
        pattern = getattr(inner, "regex", None)
        items = [item for item in value if item is None or not item or (pattern and not pl.Series([item]).str.contains(pattern)[0])]
        found = ", ".join(shown(item) for item in items)
        return Finding(name, row, key, found, expected, "Correct or remove the entry.", "wrong_entry", item=value.index(items[0]) if items else None)
    return Finding(name, row, key, shown(value), expected, "", "wrong_form")


def _with_twins(name: str, frame: pl.DataFrame, findings: list[Finding]) -> list[Finding]:
    """A key that stands twice is reported at the later rows, which name the first."""
    keys = schema.CODED[name].primary_key()
    first: dict[tuple[Any, ...], int] = {}
    if any(finding.rule == "duplicate_key" for finding in findings):
        for *values, row in frame.select(*keys, "row").iter_rows():
            first.setdefault(tuple(values), row)
    result = []
    for finding in findings:
        if finding.rule == "duplicate_key":
            twin = first[tuple(frame.row(finding.row, named=True)[key] for key in keys)]
            if twin == finding.row:
                continue
            finding = replace(finding, twin=twin)
        result.append(finding)
    return result


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Of several findings of form about one cell (empty, wrong pattern) the first is the cause."""
    seen: set[Cell] = set()
    result = []
    for finding in findings:
        if finding.rule in ("wrong_form", "wrong_entry"):
            if finding.cell in seen:
                continue
            seen.add(finding.cell)
        result.append(finding)
    return result


# ------------------------------------------------------------------- rules between tables


def _references(frames: Mapping[str, pl.DataFrame], told: set[Cell]) -> list[Finding]:
    findings: list[Finding] = []
    for name, frame in frames.items():
        for key, column in schema.COLUMNS[name].items():
            target = schema.metadata(column).get("references")
            if not target or target.split(".")[0] not in frames or target == f"{name}.{key}":
                continue
            other, other_key = target.split(".")
            keys = frames[other][other_key]
            values = frame.select("row", key).explode(key) if isinstance(column, dy.List) else frame.select("row", key)
            orphans = values.filter(pl.col(key).is_not_null() & ~pl.col(key).is_in(keys.drop_nulls().implode()))
            for row, value in orphans.iter_rows():
                if (name, row, key) not in told:
                    remedy = _suggest_reference(value, keys, other)
                    findings.append(Finding(name, row, key, shown(value), f"a {other_key} of {other}", remedy, "unknown_reference"))
    return findings


def _suggest_reference(value: str, keys: pl.Series, table: str) -> str:
    names = keys.drop_nulls().to_list()
    close = difflib.get_close_matches(value, names, n=1, cutoff=0.75)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Add it to {table} first, or correct the name."


def _table_rules(frames: Mapping[str, pl.DataFrame], bad: set[Cell]) -> list[Finding]:
    findings: list[Finding] = []
    for rule in TABLE_RULES.values():
        if not {rule.table, *rule.uses} <= frames.keys():
            continue
        broken = rule.find(frames)
        if broken.is_empty():
            continue
        spoilt = _spoilt_events(frames, bad, rule.uses)
        subject = frames[rule.table]
        for row, found in broken.select("row", "found").iter_rows():
            event = subject["event_id"][row] if "event_id" in subject.columns else None
            if event in spoilt or (rule.table, row, rule.field) in bad:
                continue
            findings.append(Finding(rule.table, row, rule.field, str(found), rule.expected, rule.remedy, rule.name, rule.severity))
    return findings


def _spoilt_events(frames: Mapping[str, pl.DataFrame], bad: set[Cell], uses: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Events with a bad cell in a column that a rule reads, or with a list of rows that could not be read."""
    spoilt: set[str] = set()
    for table, row, key in bad:
        if row < 0 or table not in frames or "event_id" not in frames[table].columns:
            continue
        if key in uses.get(table, ()) or (table == "events" and key in uses):
            spoilt.add(frames[table]["event_id"][row])
    return spoilt
