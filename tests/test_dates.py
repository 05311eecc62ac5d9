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


# ------------------------------------------------------------------- what people type

TYPED = {
    "2025": "2025",
    " 2025-08 ": "2025-08",
    "2025-8-3": "2025-08-03",
    "2025/8": "2025-08",
    "2025–08–13": "2025-08-13",
    "3 Aug 2025": "2025-08-03",
    "3rd of August, 2025": "2025-08-03",
    "August 3, 2025": "2025-08-03",
    "3-aug-2025": "2025-08-03",
    "Sept. 2025": "2025-09",
    "2025 August": "2025-08",
    "03.08.2025": "2025-08-03",
    "3. 8. 2025": "2025-08-03",
    "13/08/2025": "2025-08-13",
    "08/13/2025": "2025-08-13",
    "08/08/2025": "2025-08-08",
    "8/2025": "2025-08",
    "about Aug 2025": "2025-08~",
    "c. 2025": "2025~",
    "~13.08.2025": "2025-08-13~",
    "before 13 Aug 2025": "../2025-08-12",
    "before Aug 2025": "../2025-07-31",
    "by 13 Aug 2025": "../2025-08-13",
    "on or before 13/08/2025": "../2025-08-13",
    "[2025-08-10 .. 2025-08-13]": "[2025-08-10..2025-08-13]",
    "٢٠٢٥-٠٨-١٣": "2025-08-13",
    "3\u00a0Aug\u00a02025": "2025-08-03",
}


@pytest.mark.parametrize("text", TYPED)
def test_a_date_typed_by_a_person_is_read_where_it_can_mean_one_thing(text: str) -> None:
    assert dates.typed(text) == TYPED[text]


REFUSED = {
    "03/08/2025": "2025-08-03 or 2025-03-08",
    "3-8-2025": "2025-08-03 or 2025-03-08",
    "before 03/08/2025": r"\.\./2025-08-02 or \.\./2025-03-07",
    "by Aug 2025": r"\.\./2025-08-01 or \.\./2025-08-31",
    "08.13.2025": "day first",
    "13/13/2025": "no month 13",
    "30/02/2025": "no day 2025-02-30",
    "31 Jun 2025": "no day 2025-06-31",
    "2025-13": "no month 13",
    "13/08/25": "year in four",
    "Aug-25": "year in four",
    "25 Aug": "year in four",
    "۱۴۰۴/۰۵/۱۲": "year 1404",
    "2568/08": "year 2568",
    "10-13 Aug 2025": "write one of",
    "Aug-Sep 2025": "write one of",
    "Aug 2025?": "write one of",
    "mid 2025": "write one of",
    "20250813": "write one of",
    "about before 2025": "write one of",
    "": "write one of",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_date_that_can_mean_two_things_or_none_is_refused_with_the_readings(text: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[text]):
        dates.typed(text)


@given(texts())
def test_what_is_coded_already_stays_as_it_is(text: str) -> None:
    assert dates.typed(text) == text
    assert dates.typed(f"  {text}\n") == text


SPELLINGS = (
    "{d:%Y}-{d.month}-{d.day}",
    "{d.year}/{d.month}/{d.day}",
    "{d.day}.{d.month}.{d.year}",
    "{d:%d.%m.%Y}",
    "{d.day} {d:%B} {d.year}",
    "{d:%b} {d.day}, {d.year}",
    "{d.day}-{d:%b}-{d.year}",
    "{d.year} {d:%B} {d.day}",
)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from(SPELLINGS))
def test_a_day_is_read_from_every_spelling_of_it(day: date, spelling: str) -> None:
    assert dates.typed(spelling.format(d=day)) == str(day)
    assert dates.typed("about " + spelling.format(d=day)) == f"{day}~"
    assert dates.parse(dates.typed("before " + spelling.format(d=day))).latest == day - timedelta(days=1)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from("/-"), st.booleans())
def test_a_date_with_slashes_is_refused_exactly_where_day_and_month_can_change_places(
    day: date, sign: str, month_first: bool
) -> None:
    text = sign.join(map(str, (day.month, day.day, day.year) if month_first else (day.day, day.month, day.year)))
    if day.day <= 12 and day.day != day.month:
        with pytest.raises(ValueError, match=f"{day}") as refused:
            dates.typed(text)
        assert f"{day.year}-{day.day:02}-{day.month:02}" in str(refused.value)
    else:
        assert dates.typed(text) == str(day)


@given(
    st.text(st.sampled_from("0123456789 -/.,~[]abceghijlmnoprstuvyAFJ٢０\u00a0"), max_size=24) | st.text(max_size=12)
)
def test_whatever_is_typed_becomes_a_date_of_the_profile_or_a_reason(text: str) -> None:
    try:
        coded = dates.typed(text)
    except ValueError:
        return
    assert dates.write(dates.parse(coded)) == coded


def test_months_can_have_the_names_of_any_language() -> None:
    assert dates.typed("3 août 2025", {"août": 8}) == "2025-08-03"
    assert dates.typed("3 августа 2025", {"августа": 8}) == "2025-08-03"
