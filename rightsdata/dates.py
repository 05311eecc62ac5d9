"""The EDTF profile: dates as exact as the source is, their bounds, and back.

Five forms of ISO 8601-2 (EDTF) are allowed, and each date has exactly one spelling:

    2025            some day of the year          2025~        approximately
    2025-08         some day of the month         2025-08~
    2025-08-13      that day                      2025-08-13~
    [2025-08-10..2025-08-13]                      one day of these
    ../2025-08-13                                 on that day or before

An imprecise date is never padded to a day: it has an earliest and a latest bound, and whoever computes
with it works with both. The approximate mark says that the bounds themselves are not sharp.
`typed` turns what people type into this profile, where it can mean one thing.
Source: Library of Congress, Extended Date/Time Format (EDTF) Specification, levels 0 to 2.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterator, Mapping
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


MONTHS: Mapping[str, int] = {
    "sept": 9,
    **{calendar.month_name[number].lower(): number for number in range(1, 13)},
    **{calendar.month_abbr[number].lower(): number for number in range(1, 13)},
}
"""The names of months that `typed` knows, in lower case; any language's may be given to it instead."""

_ABOUT = re.compile(r"(?:about|around|approximately|approx\.?|circa|ca\.|c\.|~)\s*(.+)|(.+?)\s*~")
_SOONER = re.compile(r"(before|on or before|by|not later than|no later than) (.+)")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?")
_YEAR_LAST = re.compile(r"(?:(\d{1,2})([-/.]) ?)?(\d{1,2})(?(2)\2|[-/.]) ?(\d{4})")
_WORDS = re.compile(r"[^\W_]+(?:[ ,./-]+[^\W_]+)*\.?")
_FOUR_DIGITS = "two digits can be a day or a year; write the year in four, such as 3 Aug 2025 or Aug 2025"
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b|\b(?:of|the)\b")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")


def typed(text: str, months: Mapping[str, int] = MONTHS) -> str:
    """The date of the profile that a person's spelling of a date means, if it can mean only one.

    Read are the profile's own forms; 2025-8-3 and 2025/8; 3 Aug 2025, August 3rd, 2025, 3-Aug-2025, Aug 2025 and
    2025 August; 13/08/2025, 08/2025; each after "about", "around", "circa" or ~ (approximate) or "before" (the days
    before the first that is meant). "by", "on or before" and "not later than" want a day, and count it in. A date
    written with dots, 03.08.2025, has its day first, as everywhere where dots are used. One written with slashes
    or hyphens has its day or its month first, and is refused where both exist and differ. Digits of any script
    count; years are those of the Gregorian calendar, from 1900 to 2099, in four digits.

    Args:
        text: what was typed.
        months: names of months in lower case, and their numbers.

    Raises:
        ValueError: with every reading where there are several, or with what to write instead.
    """
    said = text.strip()
    if _SIMPLE.fullmatch(said):
        parse(said)
        return said
    said = unicodedata.normalize("NFKC", said).translate(_DASHES).lower()
    said = " ".join("".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in said).split())
    if said.startswith(("[", "..")):
        parse(said.replace(" ", ""))
        return said.replace(" ", "")
    about = _ABOUT.fullmatch(said)
    said = (about[1] or about[2]) if about else said
    sooner = None if about else _SOONER.fullmatch(said)
    said = sooner[2] if sooner else said
    found = dict.fromkeys(
        reading
        for year, month, day in _readings(said, months)
        for reading in _qualified(*_span(year, month, day, _iso(year, month, day)), about, sooner)
    )
    if not found:
        raise ValueError(f"write one of {FORMS}, or a day with its month in letters, such as 3 Aug 2025")
    if len(found) > 1:
        raise ValueError(f"it can mean {' or '.join(found)}; write the one that is meant")
    return next(iter(found))


def _qualified(first: date, last: date, about: re.Match[str] | None, sooner: re.Match[str] | None) -> Iterator[str]:
    """The dates of the profile that a day, month or year means with the words before it."""
    if sooner is None:
        yield write(Bounds(first, last, about is not None))
    elif sooner[1] == "before":
        yield write(Bounds(None, first - timedelta(days=1)))
    else:
        yield from (write(Bounds(None, day)) for day in (first, last))


def _readings(said: str, months: Mapping[str, int]) -> list[tuple[int, int | None, int | None]]:
    """Year, month and day in every order that convention allows and the calendar has."""
    if re.fullmatch(r"\d{4}", said):
        return [(_gregorian(said), None, None)]
    if match := _YEAR_FIRST.fullmatch(said):
        return [(_gregorian(match[1]), int(match[3]), int(match[4]) if match[4] else None)]
    if match := _YEAR_LAST.fullmatch(said):
        year, last = _gregorian(match[4]), int(match[3])
        if match[1] is None:
            return [(year, last, None)]
        first = int(match[1])
        if match[2] == "." and last > 12:
            raise ValueError(
                f"a date with dots has its day first, and there is no month {last}; write it as 2025-08-13"
            )
        if match[2] == "." or last <= 12 < first or min(first, last) > 12:
            return [(year, last, first)]
        return [(year, last, first), (year, first, last)] if last <= 12 else [(year, first, last)]
    if re.fullmatch(r"\d{1,2}([-/.]) ?\d{1,2}\1 ?\d{2}", said):
        raise ValueError(_FOUR_DIGITS)
    if not _WORDS.fullmatch(said):
        return []
    parts = re.findall(r"[^\W_]+", _ORDINAL.sub(" ", said))
    named = [months[part] for part in parts if part in months]
    numbers = [part for part in parts if part.isdecimal()]
    if len(named) != 1 or len(named) + len(numbers) != len(parts):
        return []
    years = [number for number in numbers if len(number) == 4]
    days = [int(number) for number in numbers if len(number) <= 2]
    if len(years) == 1 and len(days) == len(numbers) - 1 <= 1:
        return [(_gregorian(years[0]), named[0], days[0] if days else None)]
    if not years and 1 <= len(days) == len(numbers) <= 2:
        raise ValueError(_FOUR_DIGITS)
    return []


def _gregorian(year: str) -> int:
    if not 1900 <= int(year) <= 2099:
        raise ValueError(f"the year {year} is no year from 1900 to 2099; write that of the Gregorian calendar")
    return int(year)


def _iso(year: int, month: int | None, day: int | None) -> str:
    return f"{year}" + ("" if month is None else f"-{month:02}") + ("" if day is None else f"-{day:02}")


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
