"""The EDTF profile: dates as exact as the source is, their bounds, and back.

Five forms of ISO 8601-2 (EDTF) are allowed, and each date has exactly one spelling:

    2025            some day of the year          2025~        approximately
    2025-08         some day of the month         2025-08~
    2025-08-13      that day                      2025-08-13~
    [2025-08-10..2025-08-13]                      one day of these
    ../2025-08-13                                 on that day or before

An imprecise date is never padded to a day: it has an earliest and a latest bound, and whoever computes
with it works with both. The approximate mark says that the bounds themselves are not sharp.
Source: Library of Congress, Extended Date/Time Format (EDTF) Specification, levels 0 to 2.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars as pl

FORMS = "2025, 2025-08, 2025-08-13 (each may end in ~), [2025-08-10..2025-08-13] or ../2025-08-13"
"""The allowed forms, for messages."""

PATTERN = (
    r"^(?:[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?~?"
    r"|\[[0-9]{4}-[0-9]{2}-[0-9]{2}\.\.[0-9]{4}-[0-9]{2}-[0-9]{2}\]"
    r"|\.\./[0-9]{4}-[0-9]{2}-[0-9]{2})$"
)
"""The shape of the profile as a regular expression; `parse` also checks that the days exist."""

_SIMPLE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(~?)", re.ASCII)
_SET = re.compile(r"\[(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})\]", re.ASCII)
_BEFORE = re.compile(r"\.\./(\d{4}-\d{2}-\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first and last day that a date may mean; `earliest` is None for "on or before"."""

    earliest: date | None
    latest: date
    approximate: bool = False

    def __str__(self) -> str:
        return write(self)


@lru_cache(maxsize=65536)
def parse(text: str) -> Bounds:
    """The bounds of a date of the profile; ValueError, with the remedy, for anything else."""
    if match := _SIMPLE.fullmatch(text):
        year, month, day, mark = match.groups()
        first, last = _span(int(year), int(month) if month else None, int(day) if day else None, text)
        return Bounds(first, last, mark == "~")
    if match := _BEFORE.fullmatch(text):
        return Bounds(None, _day(match[1]))
    if match := _SET.fullmatch(text):
        first, last = _day(match[1]), _day(match[2])
        if first > last:
            raise ValueError(f"the first day is after the last; write [{last}..{first}]")
        bounds = Bounds(first, last)
        if (spelling := write(bounds)) != text:
            raise ValueError(f"the same days have a shorter spelling; write {spelling}")
        return bounds
    raise ValueError(f"write one of {FORMS}")


def write(bounds: Bounds) -> str:
    """The one spelling of these bounds; ValueError where the profile has none.

    The profile has no approximate sets, so an approximate span must be a day, a month or a year.
    """
    first, last, mark = bounds.earliest, bounds.latest, "~" * bounds.approximate
    if first is None:
        if mark:
            raise ValueError("a date with no earliest bound cannot be approximate in this profile")
        return f"../{last}"
    if first > last:
        raise ValueError(f"the earliest bound {first} is after the latest {last}")
    if first == last:
        return f"{first}{mark}"
    if first.day == 1 and last == _month_end(first.year, first.month):
        return f"{first.isoformat()[:7]}{mark}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first.isoformat()[:4]}{mark}"
    if mark:
        raise ValueError(f"{first} to {last} cannot be approximate: only a day, a month or a year can")
    return f"[{first}..{last}]"


class BoundColumns(NamedTuple):
    """The bounds of a column of dates, as Polars expressions: Date, Date, Boolean."""

    earliest: pl.Expr
    latest: pl.Expr
    approximate: pl.Expr


def bounds(column: str) -> BoundColumns:
    """Bounds of a text column that holds dates of the profile; nulls stay null.

    Gives the same as `parse` for every date that `parse` accepts; a property test holds it.
    """
    import polars as pl

    text = pl.col(column)
    core = text.str.strip_chars_end("~]").str.strip_chars_start("[./")
    first, last = core.str.head(10), core.str.tail(10)

    def day(part: pl.Expr, *, end: bool) -> pl.Expr:
        opened = pl.when(part.str.len_chars() == 4).then(part + ("-12" if end else "-01")).otherwise(part)
        padded = pl.when(opened.str.len_chars() == 7).then(opened + "-01").otherwise(opened)
        parsed = padded.str.to_date("%Y-%m-%d", strict=False)
        return pl.when(part.str.len_chars() < 10).then(parsed.dt.month_end()).otherwise(parsed) if end else parsed

    return BoundColumns(
        earliest=pl.when(~text.str.starts_with("../")).then(day(first, end=False)),
        latest=day(last, end=True),
        approximate=text.str.ends_with("~"),
    )


def _span(year: int, month: int | None, day: int | None, text: str) -> tuple[date, date]:
    if year == 0:
        raise ValueError("there is no year 0000")
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month:02} in {text}")
    if day is None:
        return date(year, month, 1), _month_end(year, month)
    exact = _day(text.rstrip("~"))
    return exact, exact


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None


def _month_end(year: int, month: int) -> date:
    return date(year, month, 1) + timedelta(days=calendar.monthrange(year, month)[1] - 1)
