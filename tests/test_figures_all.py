"""figures: every figure with every frame that it may get, in every language, and what it says of its numbers."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from rightsdata import evidence, figures
from rightsdata.figures import theme, wording
from rightsdata.vocabulary import LANGUAGES

FOOTER = "A citation; version 2026.11.0 (machine-coded, unreviewed preview)."
EVIL = '<a href="https://evil.example">x</a><script>1</script>\u202e{{7*7}}%{x}'
LONG = "A very long title " * 17


def bounds(n: int, **more: Any) -> dict[str, Any]:
    """Columns of dates of n measures, one after another and over one another."""
    starts = [date(2020, 1, 1) + timedelta(days=37 * at % 1900) for at in range(n)]
    return {
        "start_earliest": [None if at % 7 == 3 else day for at, day in enumerate(starts)],
        "start_latest": [day + timedelta(days=at % 3) for at, day in enumerate(starts)],
        "end_earliest": [day + timedelta(days=40) if at % 2 else None for at, day in enumerate(starts)],
        "end_latest": [day + timedelta(days=60) if at % 2 else None for at, day in enumerate(starts)],
        "last_confirmed": [day + timedelta(days=20) for day in starts],
        "as_of": [day + timedelta(days=90) for day in starts],
        "ending": [("open", "known", "unknown", "known", "past", "known")[at % 6] for at in range(n)],
        **more,
    }


DATES = dict.fromkeys(
    ("start_earliest", "start_latest", "end_earliest", "end_latest", "last_confirmed", "as_of"), pl.Date
)
STAGES = [
    f"{stage}_{side}"
    for stage in ("reported", "announced", "adopted", "in_force", "lifted")
    for side in ("earliest", "latest")
]
KINDS = list(theme.COLOURS)
CODES = [code for code in wording.places() if code != "AQ"]


def timeline(n: int, text: str = "A title") -> pl.DataFrame:
    rows = bounds(
        n,
        country=[("RU", "IR", "TR")[at % 3] for at in range(n)],
        platform_id=[f"p{at % 97}" for at in range(n)],
        platform=[text if at == 0 else f"Platform {at % 97}" for at in range(n)],
        event_id=[f"e{at}" for at in range(n)],
        title=[text] * n,
        restriction_type=[KINDS[at % 7] for at in range(n)],
        features=[["all"] if at % 2 else ["calls", text[:60]] for at in range(n)],
    )
    return pl.DataFrame(rows, schema_overrides={**DATES, "features": pl.List(pl.String)})


def ladder(n: int, text: str = "A title") -> pl.DataFrame:
    return timeline(n, text).with_columns(
        position=pl.int_range(1, n + 1, dtype=pl.Int32),
        status=pl.Series([("in_force", "planned")[at % 5 == 4] for at in range(n)], dtype=pl.String),
        relation=pl.Series([None if at % 2 == 0 else "escalates" for at in range(n)], dtype=pl.String),
        follows=pl.Series([None if at % 2 == 0 else f"e{at - 1}" for at in range(n)], dtype=pl.String),
    )


def lifecycle(n: int, text: str = "A title") -> pl.DataFrame:
    days = {
        name: [
            date(2021, 1, 1) + timedelta(days=30 * (at % 60) + 50 * order) if (at + order) % 3 else None
            for at in range(n)
        ]
        for order, name in enumerate(STAGES)
    }
    frame = {
        "event_id": [f"e{at}" for at in range(n)],
        "country": ["RU"] * n,
        "title": [text] * n,
        "path": [("applied", "plan", "abandoned")[at % 3] for at in range(n)],
    }
    return pl.DataFrame({**frame, **days}, schema_overrides=dict.fromkeys(STAGES, pl.Date))


def days(n: int, text: str = "") -> pl.DataFrame:
    start = date(2025, 1, 1)
    return pl.DataFrame(
        {
            "day": [start + timedelta(days=at) for at in range(n)],
            "lower": [at // 10 % 4 for at in range(n)],
            "upper": [at // 10 % 4 + at // 30 for at in range(n)],
        },
        schema={"day": pl.Date, "lower": pl.Int64, "upper": pl.Int64},
    )


def panels(n: int, text: str = "IR") -> pl.DataFrame:
    names = [text, "b", "c", "d"][: max(1, min(n, 4))]
    return pl.concat(
        [days(n // len(names)).select(pl.lit(name).alias("platform_id"), "day", "lower", "upper") for name in names]
    )


def counted(n: int, text: str = "statute") -> pl.DataFrame:
    kinds = [
        *(text if at == 0 else f"type {at}" for at in range(max(0, n - 2))),
        *["none_stated", "not_found"][: min(n, 2)],
    ]
    return pl.DataFrame(
        {"type": kinds, "events": list(range(n, 0, -1)), "example": [text] * n},
        schema={"type": pl.String, "events": pl.UInt32, "example": pl.String},
    )


def coverage(n: int, text: str = "start") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "field": [text if at == 0 else f"field {at}" for at in range(n)],
            "filled": [10] * n,
            "attributed": [at % 11 for at in range(n)],
            "share": [at % 11 / 10 for at in range(n)],
        },
        schema={"field": pl.String, "filled": pl.UInt32, "attributed": pl.UInt32, "share": pl.Float64},
    )


def years(n: int, text: str = "") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": [None if at == n - 1 and n > 1 else 2026 - at for at in range(n)],
            "events": [at + 2 for at in range(n)],
            "in_force": [at % 2 for at in range(n)],
        },
        schema={"year": pl.Int32, "events": pl.UInt32, "in_force": pl.UInt32},
    )


def pairs(n: int, text: str = "denied", columns: tuple[str, str] = ("acknowledgement", "attribution")) -> pl.DataFrame:
    down, across = columns
    return pl.DataFrame(
        {
            down: [text if at == 0 else f"d{at // 9}" for at in range(n)],
            across: [f"a{at % 9}" for at in range(n)],
            "events": [at % 50 + 1 for at in range(n)],
            "of": [60] * n,
        },
        schema={down: pl.String, across: pl.String, "events": pl.UInt32, "of": pl.UInt32},
    )


def reasons(n: int, text: str = "protest") -> pl.DataFrame:
    return pairs(n, text, ("context", "reason"))


def places(n: int, text: str = "Telegram") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "country": [CODES[at % len(CODES)] for at in range(n)],
            "platform_id": [f"p{at // len(CODES)}" for at in range(n)],
            "platform": [text if at < len(CODES) else f"Platform {at // len(CODES)}" for at in range(n)],
            "events": [at % 5 + 1 for at in range(n)],
            "last_confirmed": [date(2025, 1, 1)] * n,
            "in_force": [at % 4 == 0 for at in range(n)],
        },
        schema={
            "country": pl.String,
            "platform_id": pl.String,
            "platform": pl.String,
            "events": pl.UInt32,
            "last_confirmed": pl.Date,
            "in_force": pl.Boolean,
        },
    )


def survival(n: int, text: str = "") -> pl.DataFrame:
    shares = [1 - (at + 1) / (n + 1) for at in range(n)]
    return pl.DataFrame(
        {
            "days_from": list(range(1, n + 1)),
            "days": list(range(1, n + 1)),
            "share": shares,
            "lower": [s / 2 for s in shares],
            "upper": [min(1.0, s * 1.2) for s in shares],
            "measures": [n] * n,
            "method": ["kaplan_meier"] * n,
        },
        schema={
            "days_from": pl.Int32,
            "days": pl.Int32,
            "share": pl.Float64,
            "lower": pl.Float64,
            "upper": pl.Float64,
            "measures": pl.UInt32,
            "method": pl.String,
        },
    )


def sourcing(n: int, text: str = "") -> pl.DataFrame:
    counts = ("independent", "state_controlled_only", "unknown_control", "uncounted", "single_source")
    precisions = ("day_precise", "month_precise", "year_precise", "no_start")
    frame = {
        "country": [CODES[at % len(CODES)] for at in range(min(n, len(CODES)))],
        "events": [at + 4 for at in range(min(n, len(CODES)))],
    }
    whole = pl.DataFrame(frame, schema={"country": pl.String, "events": pl.UInt32})
    return whole.with_columns(
        *(pl.lit(1, pl.UInt32).alias(name) for name in (*counts, *precisions)),
        median_age_days=pl.lit(100.0),
        review=pl.lit("Machine-coded"),
    )


def acts(n: int, text: str = "A law") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "type": ["statute" if at % 3 else "decree" for at in range(n)],
            "basis": [None if at % 5 == 4 else text for at in range(n)],
            "reason": [text if at == 0 else f"reason {at}" for at in range(n)],
            "events": [1] * n,
            "of": [3] * n,
        },
        schema={"type": pl.String, "basis": pl.String, "reason": pl.String, "events": pl.UInt32, "of": pl.UInt32},
    )


def measured(n: int, text: str = "ooni") -> pl.DataFrame:
    start = date(2025, 1, 1)
    return pl.DataFrame(
        {
            "event_id": [f"ru-2025-01-e{at // 60}" for at in range(n)],
            "country": ["RU"] * n,
            "platform_id": ["signal"] * n,
            "feature": ["all"] * n,
            "provider": [(text, "other")[at % 2] for at in range(n)],
            "day": [start + timedelta(days=at % 60 // 2) for at in range(n)],
            "period": [evidence.PERIODS[at % 60 // 15] for at in range(n)],
            "measured": [at % 9 for at in range(n)],
            "anomalous": [0] * n,
            "failed": [0] * n,
            "networks": [1] * n,
            "rate": [None if at % 9 == 0 else at % 5 / 5 for at in range(n)],
            "low": [None if at % 9 == 0 else at % 5 / 10 for at in range(n)],
            "high": [None if at % 9 == 0 else 0.9 for at in range(n)],
        },
        schema=evidence.BY_DAY,
    )


def verdicts(n: int, text: str = "ooni") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": [f"ir-20{at % 90 + 10}-{at % 12 + 1:02}-e{at}" for at in range(n)],
            "country": ["IR"] * n,
            "platform_id": [text if at == 0 else "signal" for at in range(n)],
            "feature": ["all" if at % 2 else "calls" for at in range(n)],
            "provider": [text if at % 3 == 0 else "other" if at % 3 == 1 else None for at in range(n)],
            "verdict": [evidence.VERDICTS[at % 4] for at in range(n)],
            "reason": [text] * n,
        },
        schema=dict.fromkeys(
            ("event_id", "country", "platform_id", "feature", "provider", "verdict", "reason"), pl.String
        ),
    )


FRAMES: dict[str, Callable[..., pl.DataFrame]] = {
    "timeline": timeline,
    "ladder": ladder,
    "lifecycle": lifecycle,
    "active_by_day": days,
    "small_multiples": panels,
    "calendar": days,
    "legal_bases": counted,
    "coverage": coverage,
    "sourcing": sourcing,
    "legal_table": acts,
    "last_confirmed": years,
    "acknowledgement": pairs,
    "reasons_by_context": reasons,
    "map": places,
    "tile_map": places,
    "matrix": places,
    "survival": survival,
    "evidence": measured,
    "evidence_matrix": verdicts,
}
"""For each figure a function from a number of rows, and a text to stand in them, to such a frame."""


def draw(name: str, frame: pl.DataFrame, **more: Any) -> go.Figure:
    return getattr(figures, name)(frame, footer=FOOTER, **more)


def said(figure: go.Figure) -> str:
    """All text of a figure, as a browser reads it: Plotly's own JSON hides every `<`."""
    return json.dumps(json.loads(figure.to_json()), ensure_ascii=False)


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("rows", [0, 1, 2, 200, 10_000])
@pytest.mark.parametrize("dark", [False, True])
def test_a_figure_takes_any_number_of_rows_and_carries_what_it_must(name: str, rows: int, dark: bool) -> None:
    figure = draw(name, FRAMES[name](rows), dark=dark)
    meta = figure.layout.meta
    assert meta["title"] in re.sub("<.*?>", "", figure.layout.title.text.replace("<br>", " "))
    around = {one.name: one.text.replace("<br>", " ") for one in figure.layout.annotations}
    assert "machine-coded, unreviewed preview" in around["footer"]
    assert around["rule"].startswith(meta["rule"][:20])
    assert figures.alt_text(figure).startswith(meta["title"])
    assert figure.layout.height < 5_000
    assert figure.layout.paper_bgcolor == theme.look(dark).paper


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_speaks_every_language(name: str, language: str) -> None:
    figure = draw(name, FRAMES[name](30), language=language)
    assert figure.layout.title.xanchor == ("right" if language in wording.RIGHT_TO_LEFT else "left")
    assert "\\u200c" not in " ".join(trace.name or "" for trace in figure.data)
    if language in ("ru", "uk", "ar", "fa"):
        assert not re.search("[A-Za-z]{3}", figure.layout.meta["title"].replace("A title", ""))  # a platform's name


def test_a_language_that_no_figure_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"figures speak en, ru.*found 'xx'"):
        draw("coverage", coverage(3), language="xx")


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_of_another_analysis_is_refused_with_the_columns_that_lack(name: str) -> None:
    with pytest.raises(ValueError, match=r"lacks .*found the columns nonsense"):
        draw(name, pl.DataFrame({"nonsense": [1]}))


@pytest.mark.parametrize(
    "name", [name for name, make in FRAMES.items() if make not in (days, years, survival, sourcing)]
)
@pytest.mark.parametrize("text", [EVIL, LONG, "x" * 200])
def test_texts_of_records_stay_texts_and_do_not_burst_the_figure(name: str, text: str) -> None:
    figure = draw(name, FRAMES[name](5, text))
    drawn = go.Figure(figure)
    drawn.layout.meta = None  # meta is escaped where it is put on a page
    assert not re.search(r"<(a|script)\b", said(drawn))
    assert "\u202e" not in said(drawn)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert all(
            len(line) <= 40 for label in axis.ticktext or () for line in re.sub(r"&\w+;", "_", label).split("<br>")
        )
    page = figures.page(figure)
    body = page.split("<main>")[1].split("<script>")[0]
    assert not re.search(r"<(a|script)\b", body)


@pytest.mark.parametrize("name", FRAMES)
def test_the_csv_holds_the_rows_that_are_drawn(name: str) -> None:
    frame = FRAMES[name](12)
    rows = list(csv.DictReader(io.StringIO(figures.to_csv(draw(name, frame)))))
    if name in ("map", "tile_map"):
        assert [row["country"] for row in rows] == sorted(frame["country"].unique())
        return
    if name in ("active_by_day", "small_multiples"):  # a line of steps needs the days of its changes
        assert 0 < len(rows) < 12
        known = {(str(row["day"]), str(row["lower"]), str(row["upper"])) for row in frame.iter_rows(named=True)}
        assert {(row["day"], row["lower"], row["upper"]) for row in rows} <= known
        return
    assert len(rows) == frame.height
    assert list(rows[0]) == frame.columns
    key = frame.columns[0]
    assert sorted(row[key] for row in rows) == sorted("" if value is None else str(value) for value in frame[key])


def test_the_words_for_the_ear_are_the_numbers_of_the_frame() -> None:
    assert "Statute: 4 (40%); type 1: 3 (30%); None stated: 2 (20%); None found: 1 (10%)." in figures.alt_text(
        draw("legal_bases", counted(4))
    )
    assert "Start: 0 of 10 (0%); field 1: 1 of 10 (10%)." in figures.alt_text(draw("coverage", coverage(2)))
    assert "2025: 3; 2026: 2; no day: 4; in force when last confirmed: 1 / 9." in figures.alt_text(
        draw("last_confirmed", years(3))
    )
    assert "Denied: 1 (a0 1)" in figures.alt_text(draw("acknowledgement", pairs(2)))
    told = figures.alt_text(draw("active_by_day", days(100)))
    assert (
        "2025-01-01 – 2025-04-10; surely in force: highest 3 (2025-01-31), last day 1; possibly in force: highest 5 (2025-03-12), last day 4."
        in told
    )
    assert (
        "surely in force: 70 days; possibly in force: 20 days; not searched or nothing found: 10 days"
        in figures.alt_text(draw("calendar", days(100)))
    )
    assert "half have ended by 2 days; 25% (3 days)" in figures.alt_text(draw("survival", survival(3)))
    assert (
        "countries: 2; in force when last confirmed: 1 (Andorra); ended, suspended or not known: 1 (United Arab Emirates)."
        in figures.alt_text(draw("map", places(2)))
    )
    assert "platforms: 3; events: 3" in figures.alt_text(draw("timeline", timeline(3)))
    assert (
        "2. Escalates: Mobile internet shutdown, In force, from between 2020-02-07 and 2020-02-08"
        in figures.alt_text(draw("ladder", ladder(2)))
    )
    assert "applied: 1; plan, never applied: 1; abandoned: 1" in figures.alt_text(draw("lifecycle", lifecycle(3)))


def test_rows_that_are_not_drawn_are_counted() -> None:
    frame = timeline(1_000)
    figure = draw("timeline", frame)
    drawn = len(figures.to_csv(figure).splitlines()) - 1
    assert drawn < 1_000
    assert f"… and {1_000 - drawn:,} more, not drawn" in figure.layout.meta["rule"]


def test_a_hundred_thousand_rows_are_drawn_in_a_second() -> None:
    for name in ("timeline", "active_by_day", "map", "matrix", "lifecycle", "acknowledgement"):
        frame = FRAMES[name](100_000) if name != "active_by_day" else days(3_000)
        begun = time.process_time()
        draw(name, frame)
        assert time.process_time() - begun < 1, name


def test_every_country_has_a_tile_of_its_own_and_all_but_the_ice_a_place_on_the_map() -> None:
    from rightsdata.figures import places as module

    tiles = [module._tile(code) for code in wording.places()]
    assert len(set(tiles)) == len(tiles) == 251
    world = module._world()
    assert {*world["outlines"], *world["points"], "AQ", "EU"} == set(wording.places())


@pytest.mark.parametrize(("width", "least"), [(390, 9), (760, 14)])
def test_letters_in_tiles_can_be_read_on_a_phone_and_stay_inside(width: int, least: float) -> None:
    figure = theme.lay(draw("tile_map", places(40)), width)
    sizes = {trace.textfont.size for trace in figure.data if trace.mode == "text"}
    columns = max(int(place["column"]) for place in wording.places().values()) + 1
    rows = max(int(place["row"]) for place in wording.places().values()) + 1
    margin = figure.layout.margin
    assert len(sizes) == 1
    size = sizes.pop()
    assert size >= least
    two_letters = 1.35 * size
    assert two_letters <= (width - 26) / columns
    assert two_letters <= (figure.layout.height - margin.t - margin.b) / rows
    low, high = figure.layout.xaxis.range
    assert low <= -0.5
    assert high >= columns - 0.5


def test_names_of_countries_are_those_of_the_dataset(released: Any) -> None:
    for row in released.countries.iter_rows(named=True):
        assert all(wording.country(row["code"], one) == row[f"name_{one}"] for one in LANGUAGES)


def crosses(ring: list[int], x: float, y: float) -> bool:
    points = list(zip(ring[::2], ring[1::2], strict=True))
    inside = False
    for (x1, y1), (x2, y2) in pairwise(points):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def test_the_map_shows_crimea_with_ukraine_and_western_sahara_apart() -> None:
    from rightsdata.figures import places as module

    outlines = module._world()["outlines"]
    for (x, y), country in {
        (162, 318): "UA",
        (-69, 199): "EH",
        (164, 380): "RU",
    }.items():  # Simferopol, Laayoune, Moscow
        found = [code for code, rings in outlines.items() if sum(crosses(ring, x, y) for ring in rings) % 2]
        assert found == [country]


@pytest.mark.parametrize(
    ("place", "x", "y", "holder"),
    [
        ("Hargeisa", 242.8, 71.7, "SO"),
        ("the north of Cyprus", 169.1, 255.0, "CY"),
        ("the Golan", 183.4, 239.7, "IL"),
        ("the Siachen glacier", 390.0, 255.9, None),
        ("Srinagar", 381.0, 247.1, "IN"),
        ("Gilgit", 374.8, 259.2, "PK"),
        ("Aksai Chin", 402.6, 254.5, "CN"),
        ("Iturup", 704.2, 318.4, "RU"),
        ("Halaib", 194.4, 165.4, "EG"),
        ("Taipei", 644.3, 176.9, "TW"),
    ],
)
def test_the_map_draws_what_its_note_says(place: str, x: float, y: float, holder: str | None) -> None:
    from rightsdata.figures import places as module

    outlines = module._world()["outlines"]
    found = [code for code, rings in outlines.items() if sum(crosses(ring, x, y) for ring in rings) % 2]
    assert found == ([holder] if holder else []), place


def test_the_note_on_borders_stands_under_every_map_in_every_language() -> None:
    assert {"XK", "PS", "TW", "EH"} <= set(wording.places())
    for language in LANGUAGES:
        rule = draw("map", places(3), language=language).layout.meta["rule"]
        assert wording.words("borders", language) in rule
        assert "Natural Earth" in rule


def test_a_country_that_no_table_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="found the countries Narnia"):
        draw("map", pl.DataFrame({"country": ["Narnia"]}))


def test_a_country_without_measures_is_said_to_be_not_searched() -> None:
    figure = draw("tile_map", places(1))
    (hover,) = (text for trace in figure.data for text in trace.hovertext or () if "France" in text)
    assert "not searched or nothing found" in hover


def test_a_frame_with_groups_is_drawn_in_panels_only() -> None:
    with pytest.raises(ValueError, match="small_multiples"):
        draw("active_by_day", panels(20))
    with pytest.raises(ValueError, match="no groups"):
        draw("small_multiples", days(20))


def test_each_panel_has_its_own_scale_its_whole_name_and_years_below_the_last() -> None:
    names = ["service_block", "mobile_shutdown", "throttling"]
    parts = [days(60).with_columns(pl.col("upper") + 100 * at).select(pl.lit(one).alias("restriction_type"), "day", "lower", "upper") for at, one in enumerate(names)]  # fmt: skip
    figure = draw("small_multiples", pl.concat(parts), language="ru")
    titles = [one.text.replace("<br>", " ") for one in figure.layout.annotations if one.name is None]
    assert titles == sorted(wording.label("restriction_type", one, "ru") for one in names)
    tops = [figure.layout[f"yaxis{at or ''}"].range[1] for at in ("", 2, 3)]
    assert max(tops) > 10 * min(tops)
    assert [figure.layout[f"xaxis{at}"].showticklabels for at in ("", 2, 3)] == [False, True, True]


def test_names_at_an_axis_are_read_from_right_to_left_where_the_language_is() -> None:
    for line in "<br>".join(draw("ladder", ladder(5), language="ar").layout.yaxis.ticktext).split("<br>"):
        assert line == f"\u2067{line.strip(chr(0x2067) + chr(0x2069))}\u2069"
    assert "\u2067" not in "".join(draw("ladder", ladder(5), language="ru").layout.yaxis.ticktext)


def test_a_year_that_the_frame_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="no day of 1999"):
        draw("calendar", days(20), year=1999)


def test_legal_bases_can_be_divided_by_status_and_by_year() -> None:
    by_status = pl.DataFrame(
        {"status": ["in_force", "struck_down", None], "type": ["statute", "statute", "not_found"], "events": [3, 1, 5]}
    )
    assert "Statute: 4 (In force 3, Struck down 1); None found: 5" in figures.alt_text(draw("legal_bases", by_status))
    by_year = pl.DataFrame(
        {"year": [2024, 2025, None], "type": ["statute", "decree", "not_found"], "events": [3, 1, 5]}
    )
    assert "2024: 3 (Statute 3); 2025: 1 (Decree 1); no day: 5" in figures.alt_text(draw("legal_bases", by_year))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_basis_that_none_stated_is_not_called_not_found(language: str) -> None:
    frame = pl.DataFrame(
        {"status": [None, "in_force", None], "type": ["none_stated", "statute", "not_found"], "events": [2, 3, 5]}
    )
    figure = draw("legal_bases", frame, language=language)
    bars = {trace.name: (sum(trace.x), trace.marker.pattern.shape) for trace in figure.data if trace.type == "bar"}
    stated, found = wording.label("legal_basis_type", "none_stated", language), wording.words("not_found", language)
    assert bars[stated][0] == bars[found][0] == 1
    assert bars[stated][1] != bars[found][1]
    assert f"{stated}: 2 ({stated} 2); {found}: 5 ({found} 5)" in figures.alt_text(figure)
    assert figures.to_csv(figure) == frame.write_csv()


def test_a_matrix_of_years_keeps_the_newest_in_order() -> None:
    frame = pl.DataFrame({"country": ["RU"] * 40, "year": list(range(1987, 2027)), "events": [1] * 40})
    labels = draw("matrix", frame).layout.xaxis.ticktext
    assert labels[0] == "2007"
    assert labels[-1] == "2026"


def test_every_phrase_is_there_in_every_language_with_the_same_values() -> None:
    rows = wording._phrases()
    for key, row in rows.items():
        for language in LANGUAGES:
            assert row[language].strip() == row[language] != "", (key, language)
            assert set(re.findall(r"\{\w+\}", row[language])) == set(re.findall(r"\{\w+\}", row["en"])), (key, language)


def test_a_length_of_a_day_has_room_beside_one_of_ten_years() -> None:
    frame = pl.DataFrame(
        {
            "days_from": [0, 1, 20, 3650],
            "days": [0, 1, 40, 3650],
            "share": [1.0, 0.8, 0.5, 0.2],
            "lower": [None] * 4,
            "upper": [None] * 4,
            "measures": [9] * 4,
            "method": ["turnbull"] * 4,
        },
        schema_overrides={"lower": pl.Float64, "upper": pl.Float64},
    )
    figure = draw("survival", frame)
    whole = figure.layout.xaxis.range[1]
    places = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert places["1<br>day"] > 0.08 * whole
    assert places["10<br>years"] < whole
    assert list(figure.data[-1].customdata) == [0, 0, 1, 40, 3650]
    early, late = figure.data[0], figure.data[1]
    assert late.name == "may have fallen earlier"
    assert [a < b for a, b in zip(early.x, late.x, strict=True)] == [False, False, False, True, False]
    assert list(early.y) == list(late.y) == list(figure.data[-1].y)
    sure = draw("survival", frame.with_columns(days_from="days"))
    assert [trace.name for trace in sure.data] == ["share still in force"]


def test_a_look_that_prints_in_grey_has_a_pattern_a_type() -> None:
    looks = {(theme.MARKINGS.get(kind, ""), colour) for kind, colour in theme.COLOURS.items()}
    assert len(looks) == len(theme.COLOURS)
    assert [kind for kind in theme.COLOURS if kind not in theme.MARKINGS] == [
        "network_shutdown",
        "service_block",
    ]  # black and blue


def test_segments_are_told_apart_by_colour_or_pattern() -> None:
    looks = [theme.segment(at, theme.LIGHT) for at in range(72)]
    assert len({(one["color"], one["pattern"]["shape"]) for one in looks}) == 72
