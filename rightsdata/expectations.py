"""Expectations: what Great Expectations is asked about declared columns, how it is asked in silence, what it answers.

Their wording comes from the declaration; `gate` asks them of a release, `series_suite` of measurement series.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dataframely as dy

from rightsdata.errors import MissingExtra, printable

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports a module that Python deprecates
        import great_expectations as gx
        from great_expectations import expectations as gxe
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )
except ModuleNotFoundError as error:
    raise MissingExtra("Checking with Great Expectations", "great-expectations", "make") from error

__all__ = [
    "TOOL",
    "filled",
    "gx",
    "gxe",
    "line",
    "looked_at",
    "meta",
    "name_of",
    "once",
    "outcomes",
    "passes",
    "quiet",
    "raised",
    "values",
    "whole_frames",
]

TOOL = str(gx.__version__)
"""Version of Great Expectations, for the manifest."""

_END = r"(?![\s\S])"
"""Nothing follows: `$` alone lets a line end follow, in Python and in Java."""


# ------------------------------------------------------------------- what is asked


def meta(rule: str, meaning: str) -> dict[str, Any]:
    """What an expectation carries: the name of its rule and, in words, what was expected."""
    return {"rule": rule, "meaning": meaning}


def filled(name: str, rule: str) -> gxe.Expectation:
    """No null in a column."""
    return gxe.ExpectColumnValuesToNotBeNull(column=name, meta=meta(rule, "a value"))


def once(names: Sequence[str], rule: str, meaning: str) -> gxe.Expectation:
    """No two rows agree in all of these columns; where both hold null, they agree."""
    if len(names) == 1:
        return gxe.ExpectColumnValuesToBeUnique(column=names[0], meta=meta(rule, meaning))
    return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(names), meta=meta(rule, meaning))


def values(name: str, column: dy.Column, note: Mapping[str, Any]) -> Iterator[gxe.Expectation]:
    """Expectations on the values of a column, or on the entries of a list; nulls are not looked at.

    Args:
        name: the column to look at.
        column: its declaration.
        note: the metadata of the declaration.
    """
    if isinstance(column, dy.Enum):
        told = meta("is_a_known_term", f"a term of {note.get('vocabulary', 'the fields of an event')}")
        yield gxe.ExpectColumnValuesToBeInSet(column=name, value_set=list(column.categories), meta=told)
    if isinstance(column, dy.String) and column.regex:
        told = meta("has_its_form", str(note.get("expects") or "the declared form"))
        form = f"{column.regex}{_END}" if column.regex.endswith("$") else column.regex
        yield gxe.ExpectColumnValuesToMatchRegex(column=name, regex=form, meta=told)
    if isinstance(column, dy.String) and (column.max_length or (column.min_length and not column.regex)):
        told = meta("has_a_fitting_length", f"{_span(column.min_length, column.max_length)} characters")
        yield gxe.ExpectColumnValueLengthsToBeBetween(
            column=name, min_value=column.min_length, max_value=column.max_length, meta=told
        )
    least, most = getattr(column, "min", None), getattr(column, "max", None)
    if least is not None or most is not None:
        told = meta("is_within_its_bounds", f"a number of {_span(least, most)}")
        yield gxe.ExpectColumnValuesToBeBetween(column=name, min_value=least, max_value=most, meta=told)


def _span(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"at most {most}" if least is None else f"{least} to {most}"


def looked_at(configuration: Any) -> tuple[str, ...]:
    """The columns that an expectation looks at."""
    told = configuration.kwargs
    return tuple(told.get("column_list") or [told[key] for key in ("column", "column_A", "column_B") if key in told])


def name_of(configuration: Any) -> str:
    """An expectation by its rule and columns, as `outcomes` names it."""
    return f"{configuration.meta['rule']} {looked_at(configuration)}"


# ------------------------------------------------------------------- how it is asked


@contextmanager
def quiet() -> Iterator[None]:
    """Without the log of Great Expectations, and without the warnings that its own code and pandas give about it."""
    log, deaf = logging.getLogger("great_expectations"), logging.NullHandler()
    heard = log.propagate  # its modules set levels of their own, so that only this stops them all
    log.addHandler(deaf)
    log.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.removeHandler(deaf)
        log.propagate = heard


def whole_frames(*, spark: bool = False) -> Any:
    """What hands pandas or Spark frames to Great Expectations, in a context in memory; one serves all, for it is slow to make."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),  # the default one makes a folder for its pages
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    sources = gx.get_context(mode="ephemeral", project_config=config).data_sources
    source: Any = sources.add_spark("frames") if spark else sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def outcomes(batch: Any, suite: Sequence[gxe.Expectation], form: Mapping[str, Any]) -> dict[str, Any]:
    """What Great Expectations says of each expectation, or the exception that it raised instead, by `name_of`.

    Args:
        batch: what `whole_frames` gives of a frame.
        suite: the expectations.
        form: how much is told of each, the `result_format` of Great Expectations.
    """
    try:
        asked = gx.ExpectationSuite(name="asked", expectations=list(suite))
        found = batch.validate(asked, result_format=dict(form))
    except Exception as error:  # one expectation that cannot begin stops its whole suite: find which
        if len(suite) == 1:
            return {name_of(suite[0].configuration): error}
        return {name: said for one in suite for name, said in outcomes(batch, [one], form).items()}
    return {name_of(one.expectation_config): one for one in found.results}


# ------------------------------------------------------------------- what it answers


def raised(outcome: Any) -> str | None:
    """The exception that an outcome holds, if any, in one line; that of a metric lies in a mapping of metrics."""
    if isinstance(outcome, Exception):
        return line(str(outcome))
    info = outcome.exception_info or {}
    for one in (info, *(value for value in info.values() if isinstance(value, Mapping))):
        if one.get("raised_exception"):
            return line(str(one.get("exception_message")))
    return None


def passes(outcome: Any) -> bool:
    """Whether the expectation was looked at and is met."""
    return raised(outcome) is None and bool(outcome.success)


def line(message: str) -> str:
    """The first line of a message, printable."""
    return printable((message.strip() or "no message").splitlines()[0])
