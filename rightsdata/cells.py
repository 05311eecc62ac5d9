"""Cells of CSV files that people open in a spreadsheet program: none that it would run as a formula."""

from __future__ import annotations

from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of texts that spreadsheet programs take for formulas."""


def cell(value: Any) -> Any:
    """A value as `csv.writer` may write it: lists joined by "; ", nothing as an empty cell, an apostrophe before FORMULA."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
