"""dates: text to bounds and back."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightsdata import dates

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))


@st.composite
def texts(draw: st.DrawFn) -> str:
    day = draw(DAYS)
    form = draw(st.sampled_from(["day", "month", "year", "set", "before"]))
    if form == "set":
        return dates.write(dates.Bounds(day, day + timedelta(days=draw(st.integers(1, 800)))))
    if form == "before":
        return f"../{day}"
    text = {"day": f"{day}", "month": f"{day:%Y-%m}", "year": f"{day:%Y}"}[form]
    return text + draw(st.sampled_from(["", "~"]))


@given(texts())
def test_text_to_bounds_to_text_gives_the_same_text(text: str) -> None:
    assert dates.write(dates.parse(text)) == text


@given(DAYS, st.integers(0, 800))
def test_bounds_to_text_to_bounds_gives_the_same_bounds(first: date, days: int) -> None:
    bounds = dates.Bounds(first, first + timedelta(days=days))
    assert dates.parse(dates.write(bounds)) == bounds


@given(st.lists(st.none() | texts(), min_size=1, max_size=30))
def test_the_expression_and_the_parser_agree(found: list[str | None]) -> None:
    bounds = dates.bounds("text")
    frame = pl.DataFrame({"text": found}, schema={"text": pl.String}).select(
        earliest=bounds.earliest, latest=bounds.latest, approximate=bounds.approximate
    )
    for text, row in zip(found, frame.iter_rows(), strict=True):
        if text is None:
            assert row == (None, None, None)
        else:
            parsed = dates.parse(text)
            assert row == (parsed.earliest, parsed.latest, parsed.approximate)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-08-13", date(2025, 8, 13), date(2025, 8, 13)),
        ("[2025-08-10..2025-08-13]", date(2025, 8, 10), date(2025, 8, 13)),
        ("../2025-08-13", None, date(2025, 8, 13)),
        ("2025-12~", date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_an_imprecise_date_has_bounds_and_is_never_padded(text: str, first: date | None, last: date) -> None:
    bounds = dates.parse(text)
    assert (bounds.earliest, bounds.latest) == (first, last)
    assert bounds.approximate == text.endswith("~")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("2025-13", "no month 13"),
        ("2025-02-30", "no day 2025-02-30"),
        ("0000", "no year 0000"),
        ("[2025-08-01..2025-08-31]", "write 2025-08"),
        ("[2025-08-13..2025-08-13]", "write 2025-08-13"),
        ("[2025-01-01..2025-12-31]", "write 2025"),
        ("[2025-08-13..2025-08-10]", r"write \[2025-08-10..2025-08-13\]"),
        ("13.08.2025", "write one of"),
        ("2025-8-3", "write one of"),
        ("", "write one of"),
        ("2025-08-13\n", "write one of"),
        ("٢٠٢٥", "write one of"),
        ("2025/..", "write one of"),
        ("2025?", "write one of"),
    ],
)
def test_anything_else_is_refused_with_its_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        dates.parse(text)


@pytest.mark.parametrize("first", [None, date(2025, 8, 2)])
def test_what_the_profile_cannot_say_is_not_written(first: date | None) -> None:
    with pytest.raises(ValueError, match="approximate"):
        dates.write(dates.Bounds(first, date(2025, 8, 10), approximate=True))


def test_bounds_in_the_wrong_order_are_not_written() -> None:
    with pytest.raises(ValueError, match="after the latest"):
        dates.write(dates.Bounds(date(2025, 8, 10), date(2025, 8, 2)))
