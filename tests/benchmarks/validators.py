"""Validators: the checks of the events table once more, by hand and for pandera, pointblank and Great Expectations."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandera.polars as pa
import pointblank as pb
import polars as pl

import rightsdata as rd
from rightsdata import columns, dates, expectations
from rightsdata import vocabulary as v
from rightsdata.errors import InvalidData

c = pl.col

Kind = Literal["filled", "matches", "lacks", "among", "length", "between", "once", "other"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one column; `value` is what its kind needs, an expression that is true where it is broken for "other"."""

    name: str
    column: str
    kind: Kind
    value: Any = None

    @property
    def broken(self) -> pl.Expr:
        """True for rows that break it; null where nothing is known."""
        column = c(self.column)
        match self.kind:
            case "filled":
                return column.is_null()
            case "matches":
                return ~column.str.contains(self.value)
            case "lacks":
                return column.str.contains(self.value)
            case "among":
                return ~column.cast(pl.String).is_in(self.value)
            case "length":
                return ~column.str.len_chars().is_between(*self.value)
            case "between":
                return ~column.is_between(*self.value)
            case "once":
                return column.is_duplicated()
            case "other":
                found: pl.Expr = self.value
                return found


TERMS = {
    "restriction_type": v.RestrictionType,
    "initiator": v.Initiator,
    "attribution": v.Attribution,
    "population": v.Population,
    "pattern": v.Pattern,
    "acknowledgement": v.Acknowledgement,
    "review": v.Review,
}
LISTS = {"methods": v.Method, "stated_reasons": v.StatedReason, "contexts": v.Context}

MAY_LACK = ("age_threshold", "start", "end", "ongoing")

TEXTS = {
    "tidy": r"[\p{Cc}\u{2028}\u{2029}]|\s\s|^\s|\s$",
    "in order": r"[\u{202A}-\u{202E}\u{2066}-\u{2069}]",
    "filled in": f"^{columns.TO_DO}",
    "without address": columns.E_MAIL,
    "without number": columns.TELEPHONE,
}
"""What no text holds."""

IN_PYTHON = {"tidy": r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|\s\s|^\s|\s$", "in order": "[\u202a-\u202e\u2066-\u2069]"}
"""The same where Python's regular expressions have other words for it."""


def _prose(name: str, longest: int) -> list[Check]:
    return [
        *(Check(f"{name} {rule}", name, "lacks", pattern) for rule, pattern in TEXTS.items()),
        Check(f"{name} length", name, "length", (1, longest)),
    ]


def _entries(name: str, element: pl.Expr) -> pl.Expr:
    """Where an entry of a list is not what it must be."""
    return ~c(name).list.eval(element).list.all()


def checks(names: list[str]) -> list[Check]:
    """Every check of the events table, of frames with these columns."""
    area = pl.element().str.contains("^[A-Z]{2}-[A-Z0-9]{1,3}$")
    own = c("admin1").list.eval(pl.element().str.head(2)).list.set_difference(pl.concat_list("country"))
    reasons = c("stated_reasons").cast(pl.List(pl.String))
    found = [
        *_prose("title", 100),
        *_prose("summary", 2000),
        Check("event_id form", "event_id", "matches", columns.EVENT_ID),
        Check("event_id once", "event_id", "once"),
        Check("country form", "country", "matches", "^[A-Z]{2}$"),
        Check("age_threshold range", "age_threshold", "between", (1, 99)),
        Check("start form", "start", "matches", dates.PATTERN),
        Check("end form", "end", "matches", dates.PATTERN),
        Check("provider form", "provider", "matches", columns.SLUG),
        Check("license form", "license", "matches", "^[A-Za-z0-9.+-]+$"),
        Check("admin1 form", "admin1", "other", _entries("admin1", area)),
        Check("admin1 own", "admin1", "other", own.list.len() != 0),
        Check("event_id of country", "event_id", "other", c("event_id").str.head(2) != c("country").str.to_lowercase()),
        Check("end after start", "end", "other", dates.bounds("end").latest < dates.bounds("start").earliest),
        Check("end closes", "ongoing", "other", c("end").is_not_null() & c("ongoing").ne_missing(pl.lit(False))),
        Check("none_stated alone", "stated_reasons", "other", reasons.list.contains("none_stated") & (reasons.list.len() > 1)),
        *(Check(f"{name} terms", name, "among", [str(one) for one in kind]) for name, kind in TERMS.items()),
        *(Check(f"{name} filled", name, "filled") for name in names if name not in MAY_LACK),
    ]  # fmt: skip
    for name, kind in LISTS.items():
        known = pl.element().cast(pl.String).is_in([str(one) for one in kind])
        found.append(Check(f"{name} terms", name, "other", _entries(name, known)))
    for name in (*LISTS, "admin1"):
        null = c(name).list.eval(pl.element().is_null()).list.any()
        found.append(Check(f"{name} once", name, "other", c(name).list.n_unique() != c(name).list.len()))
        found.append(Check(f"{name} without null", name, "other", null))
    return found


def days_are_real(events: pl.DataFrame) -> None:
    """Raise for a coded date that no calendar has: what no pattern tells, asked once for each text."""
    for name in ("start", "end"):
        for text in events[name].unique().drop_nulls():
            dates.parse(text)


# ------------------------------------------------------------------- faults


EVERY = 1_000
"""One row in this many has a fault of each kind."""


def planted(events: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Events with faults, each in rows of its own, and how many of each there are by the name of the check."""
    place = pl.int_range(pl.len()) % EVERY
    context = events.schema["contexts"]
    twice = pl.lit(pl.Series([["election", "election"]], dtype=context).first(), dtype=context)

    def at(number: int, name: str, value: pl.Expr) -> pl.Expr:
        return pl.when(place == number).then(value).otherwise(name).alias(name)

    spoilt = events.with_columns(at(1, "title", pl.lit("Two  spaces")))
    spoilt = spoilt.with_columns(
        at(2, "title", pl.lit(None)),
        at(3, "license", pl.lit("CC BY")),
        at(4, "age_threshold", pl.lit(0)).cast(pl.Int8),
        *(at(5, name, c(name).shift(1)) for name in ("event_id", "country", "admin1")),
        at(6, "start", pl.lit("2024-05-02")),
        at(6, "end", pl.lit("2024-05-01")),
        at(6, "ongoing", pl.lit(False)),
        at(8, "contexts", twice),
        at(9, "summary", pl.lit("Write to someone@example.org.")),
    ).with_columns(
        at(7, "start", pl.lit("2024-05-01")), at(7, "end", pl.lit("2024-05-02")), at(7, "ongoing", pl.lit(True))
    )
    names = {
        1: "title tidy",
        2: "title filled",
        3: "license form",
        4: "age_threshold range",
        5: "event_id once",
        6: "end after start",
        7: "end closes",
        8: "contexts once",
        9: "summary without address",
    }
    rows = {name: len(range(number, events.height, EVERY)) for number, name in names.items()}
    return spoilt, rows | {"event_id once": 2 * rows["event_id once"]}


# ------------------------------------------------------------------- ours


OUR_NAMES = {
    ("title", "is_one_tidy_line"): "title tidy",
    ("title", "required"): "title filled",
    ("license", "wrong_form"): "license form",
    ("age_threshold", "wrong_form"): "age_threshold range",
    ("event_id", "duplicate_key"): "event_id once",
    ("end", "no_event_ends_before_its_start"): "end after start",
    ("ongoing", "an_event_with_an_end_is_not_ongoing"): "end closes",
    ("contexts", "names_nothing_twice"): "contexts once",
    ("summary", "names_no_e_mail_address"): "summary without address",
}
"""What `validate` calls the faults."""


def ours(events: pl.DataFrame) -> dict[str, int]:
    """Rows by what is wrong with them; of two rows with one id `validate` names the second, which counts for both."""
    try:
        problems = rd.validate(events=events)
    except InvalidData as error:
        problems = list(error.problems)
    found = Counter(OUR_NAMES.get((one.field, one.rule), f"{one.field} {one.rule}") for one in problems)
    return {name: count * (2 if name == "event_id once" else 1) for name, count in found.items()}


# ------------------------------------------------------------------- the yardsticks


@dataclass(frozen=True, slots=True)
class Validator:
    """A yardstick: how it makes itself ready, what it finds then, and which checks it can make."""

    name: str
    ready: Callable[[pl.DataFrame], Callable[[], dict[str, int]]]
    """What is done beforehand and not timed; gives what finds the faults."""
    able: Callable[[Check], bool]


def _by_hand(events: pl.DataFrame) -> Callable[[], dict[str, int]]:
    todo = {one.name: one.broken for one in checks(events.columns)}

    def find() -> dict[str, int]:
        counted = events.lazy().select(**{name: broken.fill_null(False).sum() for name, broken in todo.items()})
        days_are_real(events)
        return {name: count for name, count in counted.collect().row(0, named=True).items() if count}

    return find


def _of_row(data: pa.PolarsData, broken: pl.Expr) -> pl.LazyFrame:
    rows: pl.LazyFrame = data.lazyframe
    return rows.select(~broken.fill_null(False))


def _pandera(events: pl.DataFrame) -> Callable[[], dict[str, int]]:
    todo = checks(events.columns)
    made: dict[str, list[pa.Check]] = {name: [] for name in events.columns}
    rows: list[pa.Check] = []
    for one in todo:
        match one.kind:
            case "matches":
                made[one.column].append(pa.Check.str_matches(one.value, error=one.name))
            case "length":
                made[one.column].append(pa.Check.str_length(*one.value, error=one.name))
            case "between":
                made[one.column].append(pa.Check.in_range(*one.value, error=one.name))
            case "among":
                made[one.column].append(pa.Check.isin(one.value, error=one.name))
            case "lacks" | "other":
                rows.append(pa.Check(partial(_of_row, broken=one.broken), name=one.name))
    named: dict[tuple[str, str], str] = {
        (one.column, one.kind): one.name for one in todo if one.kind in ("filled", "once")
    }
    schema = pa.DataFrameSchema(
        {
            name: pa.Column(
                checks=own,
                nullable=(name, "filled") not in named,
                unique=(name, "once") in named,
            )
            for name, own in made.items()
        },
        checks=rows,
    )

    def find() -> dict[str, int]:
        days_are_real(events)
        try:
            schema.validate(events, lazy=True)
        except pa.errors.SchemaErrors as error:
            return _told(error.failure_cases, named)
        return {}

    return find


def _told(cases: pl.DataFrame, named: dict[tuple[str, str], str]) -> dict[str, int]:
    own = {"not_nullable": "filled", "field_uniqueness": "once"}
    counted = cases.group_by("check", "column").agg(pl.col("index").n_unique()).iter_rows()
    return {named.get((column, own.get(check, "")), check): count for check, column, count in counted}


def _pointblank(events: pl.DataFrame) -> Callable[[], dict[str, int]]:
    todo = checks(events.columns)

    def find() -> dict[str, int]:
        days_are_real(events)
        plan = pb.Validate(events)
        for one in todo:
            match one.kind:
                case "filled":
                    plan = plan.col_vals_not_null(one.column)
                case "matches":
                    plan = plan.col_vals_regex(one.column, one.value, na_pass=True)
                case "between":
                    plan = plan.col_vals_between(one.column, *one.value, na_pass=True)
                case "once":
                    plan = plan.rows_distinct([one.column])
                case "among" | "lacks" | "length" | "other":
                    plan = plan.col_vals_expr(~one.broken.fill_null(False))
        failed = plan.interrogate(collect_extracts=False).n_failed()
        return {one.name: failed[number] for number, one in enumerate(todo, 1) if failed[number]}

    return find


def _expectations(events: pl.DataFrame) -> Callable[[], dict[str, int]]:
    import great_expectations.expectations as gxe

    todo = [one for one in checks(events.columns) if _asked_of_gx(one)]
    suite = []
    for one in todo:
        pattern = next((own for rule, own in IN_PYTHON.items() if one.name.endswith(f" {rule}")), one.value)
        expect: gxe.Expectation
        match one.kind:
            case "filled":
                expect = gxe.ExpectColumnValuesToNotBeNull(column=one.column)
            case "matches":
                expect = gxe.ExpectColumnValuesToMatchRegex(column=one.column, regex=one.value)
            case "lacks":
                expect = gxe.ExpectColumnValuesToNotMatchRegex(column=one.column, regex=pattern)
            case "among":
                expect = gxe.ExpectColumnValuesToBeInSet(column=one.column, value_set=one.value)
            case "length":
                least, longest = one.value
                expect = gxe.ExpectColumnValueLengthsToBeBetween(column=one.column, min_value=least, max_value=longest)
            case "between":
                least, longest = one.value
                expect = gxe.ExpectColumnValuesToBeBetween(column=one.column, min_value=least, max_value=longest)
            case _:
                expect = gxe.ExpectColumnValuesToBeUnique(column=one.column)
        expect.meta = {"rule": one.name}
        suite.append(expect)
    names = [name for name, kind in events.schema.items() if not kind.is_nested()]
    frame = events.select(names).with_columns(pl.col(pl.Enum).cast(pl.String)).to_pandas()

    def find() -> dict[str, int]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.WARNING)
            batch = expectations.whole_frames().get_batch({"dataframe": frame})
            said = batch.validate(_suite(suite), result_format="BASIC")
            logging.disable(logging.NOTSET)
        found = {one.expectation_config.meta["rule"]: one.result["unexpected_count"] for one in said.results}
        return {name: count for name, count in found.items() if count}

    return find


def _suite(expectations: list[Any]) -> Any:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name="events", expectations=expectations)


def _asked_of_gx(one: Check) -> bool:
    """It looks into no list and knows no bounds of coded dates."""
    return one.kind != "other" and one.column not in (*LISTS, "admin1")


BY_HAND = Validator("the same checks in Polars", _by_hand, lambda _: True)
YARDSTICKS = (
    Validator("pandera", _pandera, lambda _: True),
    Validator("pointblank", _pointblank, lambda _: True),
    Validator("Great Expectations", _expectations, _asked_of_gx),
)
