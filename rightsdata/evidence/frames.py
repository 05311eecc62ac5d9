"""Frames of any engine as the declared columns of a measurement series: what can stand for them is taken, the rest is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from rightsdata import series
from rightsdata.errors import InvalidData, Problem

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_TYPES = {pl.String(): nw.String(), pl.Int64(): nw.Int64(), pl.Date(): nw.Date()}
_UTC = ("UTC", "Etc/UTC", "GMT")


def declared(given: IntoFrame) -> Any:
    """The columns of `series.Measurement` but the licence, in their types and no others, as a narwhals frame.

    `network` and `domain` may be left out; whole numbers of any width, terms and categories for texts, and time stamps for
    days are taken, those with a zone as days in UTC.

    Args:
        given: a Polars frame, lazy or not, a DuckDB relation or a Spark frame.

    Raises:
        InvalidData: for columns that are missing or of a type that cannot stand for theirs, all at once.
    """
    frame: Any = nw.from_native(given)
    there, problems, columns = frame.collect_schema(), [], []
    for name, wanted in series.TYPES.items():
        if name == "license":
            continue
        found = there.get(name)
        if found is None and name in ("network", "domain"):
            columns.append(nw.lit(None, dtype=_TYPES[wanted]).alias(name))
        elif found is None:
            problems.append(
                series.problem("series", name, "no such column", "a column of measurements", "Add the column.")
            )
        elif (column := _column(name, found, wanted, polars=frame.implementation.is_polars())) is None:
            remedy = "Convert the column; `series.read` does so for files."
            problems.append(
                series.problem(
                    "series", name, f"type {found}", f"type {wanted}{' in UTC' * (wanted == pl.Date())}", remedy
                )
            )
        else:
            columns.append(column)
    if problems:
        raise InvalidData(problems)
    return frame.select(*columns)


def _column(name: str, found: Any, wanted: pl.DataType, *, polars: bool) -> Any:
    """The column in its type, or None where its type cannot stand for it."""
    column = nw.col(name)
    if found == _TYPES[wanted]:
        return column
    if found == nw.Unknown or (wanted == pl.Int64() and found.is_integer()):
        return column.cast(_TYPES[wanted])
    if wanted == pl.String() and found in (nw.Categorical, nw.Enum):
        return column.cast(nw.String())
    if wanted == pl.Date() and found == nw.Datetime:
        if found.time_zone and found.time_zone not in _UTC:  # DuckDB and Spark know the zone of the session alone
            return column.dt.convert_time_zone("UTC").cast(nw.Date()) if polars else None
        return column.cast(nw.Date())
    return None


def faulty(rows: int) -> Problem:
    """That some of the rows that were to be added name no provider, or hold what is no count."""
    return series.problem(
        "series",
        "counts",
        f"nothing or less than nothing in {rows} rows",
        "counts of 0 or more, and their provider",
        "`series.check` says what is wrong with them.",
    )
