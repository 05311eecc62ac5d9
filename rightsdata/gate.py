"""The release gate: Great Expectations on the written Parquet files, an independent look at what readers get.

The suites come from the schema; the judgements, which no column can know, stand in one table with their thresholds.
Great Expectations looks neither into a list nor across tables; `companions` turns such questions into frames. An expectation that raises is an error, a third state:
what could not be checked has neither passed nor failed. A report holds no clock time, path or tool version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import dataframely as dy
import polars as pl

from rightsdata import ahead, columns, companions, expectations, pages, schema
from rightsdata.errors import printable
from rightsdata.expectations import gxe, meta

SHOWN = 20
"""Offending rows that a result shows of those it counts."""

PIECE = 1_000_000
"""Texts that are looked at together."""

State: TypeAlias = Literal["pass", "fail", "error"]
Suites: TypeAlias = dict[str, list[gxe.Expectation]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule found in a table, in the entries of a list column of it, or in a companion."""

    table: str
    rule: str
    columns: tuple[str, ...]
    state: State
    rows: int
    """Rows or entries that were looked at."""
    count: int
    """Those that do not meet the rule; where the rule is a share, it may pass with some."""
    found: tuple[str, ...]
    """Up to SHOWN of them by key and value, or why nothing could be checked."""
    meaning: str

    def __str__(self) -> str:
        place = f"{self.table}: {', '.join(self.columns)}"
        if self.state == "error":
            return f"{place}: not checked, {'; '.join(self.found)} [{self.rule}]"
        some = "; ".join(self.found[:3]) + (" …" if self.count > 3 else "")
        return f"{place}: {self.count} of {self.rows} rows: {some}; expected {self.meaning} [{self.rule}]"


@dataclass(frozen=True, slots=True)
class Report:
    """Every result, in the order of the tables and their columns."""

    version: str
    previous: str | None
    results: tuple[Result, ...]
    left_out: Mapping[str, str]
    """Judgements that do not apply to this release, with the reason."""

    @property
    def ok(self) -> bool:
        """Whether every rule passes."""
        return all(result.state == "pass" for result in self.results)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is wrong, a line a rule, with tables, rows and fields."""
        return tuple(str(result) for result in self.results if result.state != "pass")

    def counts(self) -> dict[State, int]:
        """Rules by state."""
        states: tuple[State, ...] = ("pass", "fail", "error")
        return {state: sum(result.state == state for result in self.results) for state in states}


# ------------------------------------------------------------------- the judgements


@dataclass(frozen=True, slots=True)
class Judgement:
    """A rule that no column can know; a threshold that is a number is the least share of rows that meet it.

    It applies from `fewest` events on: of fifty, one more or less moves a share by two points, of five by twenty.
    """

    name: str
    frame: str
    expect: Callable[..., gxe.Expectation]
    meaning: str
    threshold: float | str
    reason: str
    fewest: int = 0


_Filled = gxe.ExpectColumnValuesToNotBeNull
_Among = gxe.ExpectColumnValuesToBeInSet
_Same = gxe.ExpectColumnPairValuesToBeEqual
_Without = gxe.ExpectColumnValuesToNotMatchRegex
_NotLess = gxe.ExpectColumnPairValuesAToBeGreaterThanB

JUDGEMENTS = (
    Judgement("most_events_tell_when_they_began", "shares", partial(_Filled, column="start"),
        "a start", 0.90, "92 % in 2026.11.0; only what never took effect has none.", fewest=50),
    Judgement("most_events_tell_whether_they_go_on", "shares", partial(_Filled, column="ongoing"),
        "ongoing, true or false", 0.63, "66 % in 2026.11.0; of the rest no source says.", fewest=50),
    Judgement("most_events_name_an_authority", "shares", partial(_Filled, column="authorities"),
        "an authority", 0.92, "95 % in 2026.11.0; who did it is what readers ask first.", fewest=50),
    Judgement("most_events_name_a_legal_basis", "shares", partial(_Filled, column="legal_bases"),
        "a legal basis, or that none was stated", 0.71, "74 % in 2026.11.0; by what law is what courts ask first.", fewest=50),
    Judgement("most_events_tell_the_stated_reason", "shares", partial(_Filled, column="stated_reasons"),
        "a reason, or that none was stated", 0.75, "78 % in 2026.11.0; hasty coding leaves it out.", fewest=50),
    Judgement("most_events_tell_the_context", "shares", partial(_Filled, column="contexts"),
        "a context", 0.75, "78 % in 2026.11.0; hasty coding leaves it out.", fewest=50),
    Judgement("many_events_tell_the_method", "shares", partial(_Filled, column="methods"),
        "a method", 0.40, "43 % in 2026.11.0; few rules have one, and few sources measure.", fewest=50),
    Judgement("many_events_have_two_publishers", "shares", partial(_Filled, column="two_publishers"),
        "two independent publishers", 0.43, "46 % in 2026.11.0; a single voice may be wrong, and these are the events to lean on.", fewest=50),
    Judgement("nothing_comes_from_the_future", "days", partial(_NotLess, column_A="last_day", column_B="day", or_equal=True),
        "no day after the last of the version's month", "no exception", "A release cannot know what happens after it."),
    Judgement("no_source_goes_uncited", "sources", partial(_Same, column_A="source_id", column_B=companions.looked_up("source_id")),
        "a source that some event cites", "no exception", "A page that nobody cites vouches for nothing."),
    Judgement("every_licence_allows_redistribution", "events", partial(_Among, column="license", value_set=sorted(schema.REDISTRIBUTABLE)),
        f"one of {', '.join(sorted(schema.REDISTRIBUTABLE))}", "no exception", "One barred row makes the whole release unlawful."),
    Judgement("no_text_holds_an_e_mail_address", "texts", partial(_Without, column="text", regex=columns.E_MAIL),
        "no e-mail address", "no exception", "Nobody private is reachable through this dataset."),
    Judgement("no_text_holds_a_telephone_number", "texts", partial(_Without, column="text", regex=columns.TELEPHONE),
        "no telephone number", "no exception", "Nobody private is reachable through this dataset."),
    Judgement("no_released_event_vanishes", "released", partial(_Filled, column="now"),
        "every released event_id, in events or in retired", "no exception", "Whoever cited an id must be able to resolve it."),
    Judgement("no_released_field_changes_in_silence", "changes", partial(_Filled, column="reason"),
        "a new revision of the event that names the field", "no exception", "The past is corrected in the open or not at all."),
    Judgement("no_country_loses_events_of_a_year", "counts", partial(_NotLess, column_A="now", column_B="least", or_equal=True),
        "as many events of the country and year as before, less those retired or moved with a reason", "no exception", "A count that falls reads as a lift."),
)  # fmt: skip
"""Each with its threshold and the reason for it; the numbers lie two to three points under the release that set them."""


# ------------------------------------------------------------------- the suites


def suites() -> Suites:
    """The expectations by frame: the tables, their list columns (`events.methods`) and the companions."""
    found: Suites = {"columns": [_as_declared()], "between": [_unbroken()]}
    for table, declared in schema.TABLES.items():
        keys = declared.primary_key()
        found[table] = [expectations.once(keys, "key_stands_once", "each key once")]
        for name, column in declared.columns().items():
            note = schema.metadata(column)
            if not column.nullable:
                found[table].append(expectations.filled(name, "is_never_null"))
            if isinstance(column, dy.List):
                entries = [
                    expectations.filled(name, "holds_no_null"),
                    *_values(name, _entry(table, name, column), note),
                ]
                found[f"{table}.{name}"] = [
                    *entries,
                    expectations.once([*keys, name], "names_nothing_twice", "each entry once"),
                ]
            else:
                found[table] += _values(name, column, note)
        found[table] += [_in_order(*pair) for pair in _pairs(declared.column_names())]
        found[table] += [_holds(name, rule) for name, rule in schema.row_rules(declared).items()]
    for one in JUDGEMENTS:
        if isinstance(one.threshold, float):
            told = meta(one.name, f"{one.meaning}, in at least {one.threshold:.0%} of the rows")
            expectation = one.expect(mostly=one.threshold, meta=told)
        else:
            expectation = one.expect(meta=meta(one.name, one.meaning))
        found.setdefault(one.frame, []).append(expectation)
    return found


def _as_declared() -> gxe.Expectation:
    told = meta("has_its_place_and_type", "the columns of the schema in their order, each of its type")
    return gxe.ExpectColumnPairValuesToBeEqual(column_A="found", column_B="declared", meta=told)


def _unbroken() -> gxe.Expectation:
    told = meta("is_broken_nowhere", "no breach of a rule between tables")
    return gxe.ExpectColumnValuesToBeNull(column="breach", meta=told)


def _holds(name: str, rule: schema.RowRule) -> gxe.Expectation:
    """A rule across the columns of a row: Polars says by row whether it holds, in a column of the rule's name."""
    told = meta(name, rule.expected) | {"fields": rule.fields}
    return gxe.ExpectColumnValuesToBeInSet(column=name, value_set=[True], meta=told)


def _in_order(lower: str, upper: str) -> gxe.Expectation:
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=upper,
        column_B=lower,
        or_equal=True,
        ignore_row_if="either_value_is_missing",  # an open bound is not out of order
        meta=meta("stands_in_order", f"no {upper} below {lower}"),
    )


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    """Columns of a table that bound each other, the lower first."""
    firsts = [name for name in names if name.endswith("_earliest")]
    pairs = [(first, f"{first.removesuffix('_earliest')}_latest") for first in firsts]
    pairs += [("start_earliest", "end_latest"), ("min_days", "max_days")]
    return [pair for pair in pairs if {*pair} <= {*names}]


def _entry(table: str, name: str, column: dy.List) -> dy.Column:
    """What an entry of a list must be: the coded column says more than the released one where that is plain text."""
    coded = schema.COLUMNS[table].get(name, column)
    return coded.inner if isinstance(coded, dy.List) else column.inner


def _values(name: str, column: dy.Column, note: Mapping[str, Any]) -> Iterator[gxe.Expectation]:
    """Expectations on the values of a column, or on the entries of a list, and on what they refer to."""
    yield from expectations.values(name, column, note)
    if target := note.get("references"):
        told = meta("refers_to_a_row", f"a value of {target}")
        yield gxe.ExpectColumnPairValuesToBeEqual(column_A=name, column_B=companions.looked_up(name), meta=told)


# ------------------------------------------------------------------- the check


def check(folder: Path, previous: Path | None = None) -> Report:
    """Run every suite on the Parquet files of a version folder.

    Args:
        folder: holds the tables; whatever else lies there is not looked at.
        previous: the version folder before this one, whose ids, fields and counts must be accounted for.

    Returns:
        The report, the same for the same files; `ok` says whether the release may appear.

    Raises:
        IntegrityError: if the previous version is not what its own manifest says.
    """
    written = companions.read(folder, previous)
    left_out = _left_out(written)
    applying = {
        name: [one for one in suite if one.configuration.meta["rule"] not in left_out]
        for name, suite in suites().items()
    }
    found: dict[str, list[list[Result]]] = {}
    with expectations.quiet():
        whole = expectations.whole_frames()
        for part in ahead.made(_parts(written, {name: suite for name, suite in applying.items() if suite})):
            found.setdefault(part.name, []).append(_results(whole, part))
    results = [_together(pieces) for parts in found.values() for pieces in zip(*parts, strict=True)]
    return Report(written.version, written.previous, tuple(results), left_out)


def _left_out(written: companions.Written) -> dict[str, str]:
    """Judgements that do not apply, with the reason."""
    found: dict[str, str] = {}
    events = written.tables.get("events")
    for one in JUDGEMENTS:
        if events is not None and events.height < one.fewest:
            found[one.name] = f"{events.height} events; a share is judged from {one.fewest} on"
        elif one.frame == "days" and written.last_day is None:
            found[one.name] = f"version {printable(written.version) or 'unknown'} names no month"
        elif one.frame in companions.AGAINST_PREVIOUS and not written.before:
            found[one.name] = "no version before this one"
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """A frame or a piece of one, as Great Expectations is given it; `why` says why there is none."""

    name: str
    suite: list[gxe.Expectation]
    frame: pl.DataFrame
    pandas: Any
    why: str = ""


def _parts(written: companions.Written, suites: Suites) -> Iterator[_Part]:
    """What each suite looks at; texts, of which there are twenty an event, come some at a time to save memory."""
    for name, suite in suites.items():
        frame = companions.frame(written, name)
        if isinstance(frame, str):
            yield _Part(name, suite, pl.DataFrame(), None, frame)
            continue
        asked = {column for one in suite for column in expectations.looked_at(one.configuration)}
        few = [column for column in frame.columns if column in asked]  # what it is given it copies, again and again
        size = PIECE if name == "texts" else frame.height
        for piece in list(frame.iter_slices(size or 1)) or [frame]:
            why, pandas = "", None
            try:
                pandas = _pandas(piece.select(few))
            except Exception as error:  # types that pandas cannot hold
                why = expectations.line(str(error))
            yield _Part(name, suite, piece, pandas, why)


def _together(parts: tuple[Result, ...]) -> Result:
    """The results of one rule on the pieces of a frame as one."""
    state: State = max((part.state for part in parts), key=("pass", "fail", "error").index)
    found = tuple(row for part in parts if part.state == state for row in part.found)[:SHOWN]
    return replace(
        parts[0],
        state=state,
        rows=sum(part.rows for part in parts),
        count=sum(part.count for part in parts),
        found=found,
    )


def _results(whole: Any, part: _Part) -> list[Result]:
    """The results of a suite in its own order. Rows cost much, and are asked for only where a rule fails or is a share."""
    try:
        batch = None if part.why else whole.get_batch({"dataframe": part.pandas})
    except Exception as error:  # types that it cannot hold
        part = replace(part, why=expectations.line(str(error)))
    if part.why:
        return [_result(part.name, one, "error", found=(part.why,)) for one in part.suite]
    outcomes = expectations.outcomes(batch, part.suite, {"result_format": "BOOLEAN_ONLY"})
    again = [
        one
        for one in part.suite
        if not expectations.passes(outcomes[expectations.name_of(one.configuration)])
        or "mostly" in one.configuration.kwargs
    ]
    if again:
        outcomes |= expectations.outcomes(batch, again, {"result_format": "COMPLETE", "partial_unexpected_count": 0})
    return [_told(part.name, part.frame, one, outcomes[expectations.name_of(one.configuration)]) for one in part.suite]


def _pandas(frame: pl.DataFrame) -> Any:
    """The frame for Great Expectations: dates and lists as Arrow holds them, texts as Python's own.

    It makes Arrow's texts into NumPy's, each as wide as the longest of all: 85 GB for those of a million events.
    """
    found = frame.to_pandas(use_pyarrow_extension_array=True)
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return found.assign(**{name: frame[name].to_arrow().to_pandas() for name in texts}) if texts else found


def _told(name: str, frame: pl.DataFrame, expectation: gxe.Expectation, outcome: Any) -> Result:
    """An outcome as a result, with the offending rows looked up in the frame."""
    looked = expectations.looked_at(expectation.configuration)
    raised = expectations.raised(outcome)
    if raised is not None:
        missing = [column for column in looked if column not in frame.columns]
        if missing and "fields" in expectation.configuration.meta:
            raised = "a column that it reads is missing or of another type"
        elif missing:
            raised = f"there is no column {', '.join(missing)}"
        return _result(name, expectation, "error", rows=frame.height, found=(raised,))
    said = outcome.result or {}
    count = int(said.get("unexpected_count") or 0)
    if outcome.success:
        return _result(name, expectation, "pass", rows=frame.height, count=count)
    places = sorted(said.get("unexpected_index_list") or ())[:SHOWN]
    told = tuple(expectation.configuration.meta.get("fields", looked))
    found = tuple(_row(row, companions.key(name), told) for row in frame[places].iter_rows(named=True))
    return _result(name, expectation, "fail", rows=frame.height, count=count, found=found)


def _result(
    name: str,
    expectation: gxe.Expectation,
    state: State,
    rows: int = 0,
    count: int = 0,
    found: tuple[str, ...] = (),
) -> Result:
    note = expectation.configuration.meta or {}
    table, _, column = name.partition(".")
    looked = tuple(note.get("fields", expectations.looked_at(expectation.configuration)))
    named = (column,) if column else tuple(one for one in looked if one not in map(companions.looked_up, looked))
    return Result(table, str(note["rule"]), named, state, rows, count, found, str(note["meaning"]))


def _row(row: Mapping[str, Any], key: tuple[str, ...], looked: tuple[str, ...]) -> str:
    """An offending row by its key and the values that were looked at."""
    named = " ".join(str(row[name]) for name in key if row.get(name) is not None)
    values = ", ".join(f"{name} {_shown(row[name])}" for name in looked if name not in key)
    return printable(f"{named}: {values}" if values else named)


def _shown(value: object) -> str:
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)


# ------------------------------------------------------------------- the report's files


def write(report: Report, folder: Path) -> None:
    """Write validation.json and validation.html into a folder."""
    for name, text in texts(report).items():
        (folder / name).write_bytes(text.encode())


def texts(report: Report) -> dict[str, str]:
    """The report's files by name; the page is self-contained, without script or outside address."""
    return {"validation.json": _json(report), "validation.html": _html(report)}


def _json(report: Report) -> str:
    told = [
        {"name": one.name, "threshold": one.threshold, "reason": one.reason, "left_out": report.left_out.get(one.name)}
        for one in JUDGEMENTS
    ]
    whole = {
        "version": report.version,
        "previous": report.previous,
        "ok": report.ok,
        "rules": report.counts(),
        "judgements": told,
        "results": [asdict(result) for result in report.results],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _html(report: Report) -> str:
    tables = dict.fromkeys(result.table for result in report.results)
    return pages.render(
        "validation.html",
        {"sentence": lambda name: name.replace("_", " ").replace("e mail", "e-mail").capitalize()},
        report=report,
        counts=report.counts(),
        judgements=JUDGEMENTS,
        states={result.rule: result for result in report.results},
        about={name: companions.about(name) for name in tables},
        results={name: [result for result in report.results if result.table == name] for name in tables},
    )
