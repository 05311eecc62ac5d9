"""gallery: every figure with the frames that its analysis really returns, one by one and on a page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from browser import Page, asked, browse, needs_browser
from click.testing import CliRunner

import rightsdata as rd
from rightsdata import analysis, cli, figures, gallery
from rightsdata.dataset import Dataset
from rightsdata.vocabulary import LANGUAGES

SETS: dict[str, Callable[[Dataset], Dataset]] = {
    "everything": lambda whole: whole,
    "Russia": lambda whole: whole.where(country="RU"),
    "one event": lambda whole: whole.where(event_id=whole.where(platform="whatsapp").events["event_id"][0]),
    "no event": lambda whole: whole.where(country="AQ"),
}


@pytest.mark.parametrize("chosen", SETS)
@pytest.mark.parametrize("name", gallery.DRAWINGS)
@pytest.mark.parametrize(("language", "dark"), [("ar", True), pytest.param("en", False, marks=pytest.mark.slow)])
def test_a_figure_draws_what_its_analysis_returns(
    name: str, chosen: str, language: str, dark: bool, released: Dataset
) -> None:
    dataset = SETS[chosen](released)
    drawing = gallery.DRAWINGS[name]
    figure = drawing.draw(dataset, language=language, dark=dark)
    assert figures.alt_text(figure).startswith(figure.layout.meta["title"])
    figure.to_json()
    frame = getattr(analysis, drawing.analysis)(dataset, **drawing.arguments)
    rows = list(csv.DictReader(io.StringIO(figures.to_csv(figure))))
    assert len(rows) <= max(frame.height, 1)
    assert bool(rows) == (chosen != "no event" and not frame.is_empty())
    if chosen == "no event":
        assert re.search("nothing to draw|No measure", figures.alt_text(drawing.draw(dataset)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ladder_names_platform_and_country(language: str, released: Dataset) -> None:
    figure = figures.ladder(analysis.ladder(released, "whatsapp", "RU"), footer="x", language=language)
    title = figure.layout.meta["title"]
    assert "WhatsApp" in title
    assert figures.country("RU", language) in title


def test_a_ladder_without_a_step_is_drawn_as_such(released: Dataset) -> None:
    figure = figures.ladder(analysis.ladder(released, "whatsapp", "AQ"), footer="x")
    assert "nothing to draw" in figures.alt_text(figure)


@pytest.mark.parametrize("name", ["legal_bases", "coverage", "last_confirmed", "sourcing_by_country", "legal_table"])
def test_rows_that_find_no_room_are_counted_in_the_rule(
    name: str, released: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rightsdata.figures import shares

    monkeypatch.setattr(shares, "MOST_ROWS", 3)
    monkeypatch.setattr(shares, "MOST_LINES", 3)
    drawing = gallery.DRAWINGS[name]
    frame = getattr(analysis, drawing.analysis)(released, **drawing.arguments)
    figure = drawing.draw(released)
    assert f"… and {frame.height - 3:,} more, not drawn" in figure.layout.meta["rule"]
    assert len(figures.to_csv(figure).splitlines()) == 4


def test_last_confirmed_keeps_the_newest_years(released: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from rightsdata.figures import shares

    monkeypatch.setattr(shares, "MOST_ROWS", 3)
    frame = analysis.last_confirmed(released)
    figure = figures.last_confirmed(frame, footer="x")
    drawn = pl.read_csv(io.StringIO(figures.to_csv(figure)))["year"].to_list()
    assert drawn == [*frame["year"].drop_nulls().sort().to_list(), *[None] * frame["year"].null_count()][-3:]


def test_lines_of_groups_are_those_with_the_most_measures(released: Dataset) -> None:
    frame = analysis.survival(released, by="country")
    figure = figures.survival(frame, footer="x")
    lines = [trace.name for trace in figure.data if trace.showlegend]
    assert len(lines) == 7
    most = frame.group_by("country").agg(pl.col("measures").max()).sort("measures", descending=True)
    assert lines[0] == f"{figures.country(most['country'][0])} ({most['measures'][0]})"
    assert f"… and {most.height - 7} more, not drawn" in figure.layout.meta["rule"]
    by_type = figures.survival(analysis.survival(released, by="restriction_type"), footer="x")
    assert "not drawn" not in by_type.layout.meta["rule"]


def test_stages_and_links_are_marks_and_arrows_on_the_bars(released: Dataset) -> None:
    russia = released.where(country="RU", platform=["whatsapp", "telegram"])
    frame, links = analysis.timeline(russia), analysis.escalations(russia)
    figure = figures.timeline(frame, footer="x", stages=analysis.lifecycle(russia), links=links)
    arrows = [one for one in figure.layout.annotations if one.showarrow]
    hit = frame.select("platform_id", "event_id")
    pairs = (
        links.drop_nulls("follows")
        .select("event_id", "follows")
        .join(hit, on="event_id")
        .join(hit, left_on=["follows", "platform_id"], right_on=["event_id", "platform_id"])
    )
    assert 0 < len(arrows) <= pairs.height
    assert "an arrow: goes further" in figure.layout.meta["rule"]
    plain = figures.timeline(frame, footer="x")
    assert not [one for one in plain.layout.annotations if one.showarrow]
    assert "arrow" not in plain.layout.meta["rule"]
    marks = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"]
    announced = [day for trace in marks if trace.marker.symbol == "diamond" for day in trace.x]
    known = analysis.lifecycle(russia).filter(
        (pl.col("announced_earliest") == pl.col("announced_latest"))
        & pl.col("event_id").is_in(frame["event_id"].implode())
    )
    assert {day[:10] for day in announced} == {str(day) for day in known["announced_latest"]}


def test_a_table_is_higher_where_it_is_narrow(released: Dataset) -> None:
    from rightsdata.figures import theme

    figure = gallery.DRAWINGS["legal_table"].draw(released)
    wide, narrow = (theme.lay(figure, width).layout.meta["height"] for width in (1000, 390))
    assert narrow > 1.2 * wide


def test_the_code_under_a_figure_draws_that_very_figure(released: Dataset, tmp_path: Path) -> None:
    selection = {"country": ["RU"], "since": "2022"}
    dataset = released.where(**selection)
    ladder = gallery.longest_ladder(dataset)
    assert ladder is not None
    for name, drawing in {**gallery.DRAWINGS, "ladder": ladder}.items():
        code = drawing.code(selection)
        space = {"rd": rd}
        exec(re.sub(r"\nrd.figures.save.*", "", code), space)  # noqa: S102  # our own code is what is tested
        theirs, ours = space["figure"].layout.meta, drawing.draw(dataset).layout.meta
        assert all(theirs[key] == ours[key] for key in ("title", "rule", "alt", "footer")), name


@needs_browser
def test_the_gallery_shows_every_figure_and_asks_nobody(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.main, ["figure", "--gallery", str(tmp_path / "out"), "RU"])
    assert done.exit_code == 0, done.output
    path = tmp_path / "out" / "index.html"
    assert [one.name for one in path.parent.iterdir()] == ["index.html"]
    log = tmp_path / "net.json"
    document, messages = browse(path, tmp_path / "profile", f"--log-net-log={log}", "--virtual-time-budget=20000")
    assert "CONSOLE" not in messages
    for name in gallery.NAMES:
        assert re.search(f'<div id="{name}"[^>]*>.*?class="main-svg"', document, re.DOTALL), name
    assert not asked(log), asked(log)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.tags.count("h2") == page.tags.count("figure") == page.tags.count("pre") == len(gallery.NAMES)
    assert "unreviewed preview" in page.text
    assert all(link["href"].startswith("#") for link in page.links)
    assert "default-src 'none'" in unescape(path.read_text(encoding="utf-8"))


def test_one_figure_is_drawn_from_the_shell(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    done = CliRunner().invoke(
        cli.main, ["figure", "ladder", "ru", "--platform", "whatsapp", "--language", "ru", "-o", str(path)]
    )
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(path.resolve())
    assert "<title>WhatsApp, Россия" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["figure", "pie"], "no figure 'pie'; choose one of ladder, timeline"),
        (["figure", "ladder", "RU"], "one platform in one country, found 1 countries and 0 platforms"),
        (["figure", "map", "-o", "x.gif"], "saved as .html"),
        (["figure", "map", "--language", "xx"], "figures speak en"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == cli.EXIT_USAGE
    assert says in done.output


def test_without_a_name_the_names_are_listed() -> None:
    assert CliRunner().invoke(cli.main, ["figure"]).output.split() == list(gallery.NAMES)
