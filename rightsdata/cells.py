"""Cells of CSV files that people open in a spreadsheet program: none that it would run as a formula."""

from __future__ import annotations

import re

import polars as pl

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of texts that spreadsheet programs take for formulas."""

_BEGINS = f"^[{re.escape(''.join(FORMULA))}]"


def text(frame: pl.DataFrame, *, line_end: str = "\n") -> str:
    """A frame as CSV: lists joined by "; ", nothing as an empty cell, an apostrophe before FORMULA.

    Args:
        frame: columns of single values, and of lists of texts or terms.
        line_end: what ends a line.
    """
    return frame.select(_cell(name, kind) for name, kind in frame.schema.items()).write_csv(line_terminator=line_end)


def _cell(name: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(kind, pl.List):
        value = pl.when(value.list.len() > 0).then(value.cast(pl.List(pl.String)).list.join("; "))
    elif isinstance(kind, pl.String | pl.Enum | pl.Categorical):
        value = value.cast(pl.String)
    else:
        return value
    return pl.when(value.str.contains(_BEGINS)).then("'" + value).otherwise(value).alias(name)
