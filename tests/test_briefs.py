"""briefs: what a page says, and what it must never do, looked at in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from conftest import Folder

from rightsdata import analysis, briefs, statements
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=8000",
]  # fmt: skip


class Page(HTMLParser):
    """Texts, links, ids and tags of a page; scripts and styles are not text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.ids = "", [], []  # type: ignore[var-annotated]
        self.links: list[dict[str, str | None]] = []
        self.title = ""
        self._in: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values)
        if tag in ("script", "style", "title"):
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if self._in == ["title"]:
            self.title += data
        elif not self._in:
            self.text += " " + " ".join(data.split())


def asked(log: Path) -> set[str]:
    """The addresses that a page asked for, from the browser's own log; the look-ups of Chromium itself are left out."""
    urls = set(re.findall(r'"url":"([a-z]+:[^"]*)"', log.read_text(encoding="utf-8")))
    own = {url for url in urls if not re.match(r"(file|data|blob|chrome|devtools|about):", url)}
    return {url for url in own if not re.search(r"google|gvt1|duckduckgo", url)}


def browse(path: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """The page's document after its scripts ran, and the browser's log."""
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            *flags,
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout, done.stderr


needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def russia(released: Dataset) -> Dataset:
    return released.where(country="RU")


@pytest.fixture(scope="module")
def html(russia: Dataset) -> str:
    return briefs.render(russia)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_says_what_it_is_in_title_citation_and_figure(page: Page, html: str) -> None:
    assert page.title == "Internet restrictions in Russia (machine-coded, unreviewed preview)"
    assert page.text.count("Machine-coded, unreviewed preview") >= 3
    assert "(machine-coded, unreviewed preview)" in page.text
    figure = re.search(r"var f=(\{.*?\});var m=", html)
    assert figure
    assert "machine-coded, unreviewed preview" in json.loads(figure[1])["layout"]["meta"]["footer"]


@pytest.mark.parametrize(
    "heading",
    [
        "Key figures",
        "Platforms by time",
        "What was restricted, and how",
        "On what legal basis",
        "From plan to enforcement: Voice and video calls restricted in WhatsApp and Telegram",
        "Who said what",
        "Limits of the data",
        "How to cite",
        "Sources",
    ],
)
def test_it_has_the_sections_of_a_brief(page: Page, heading: str) -> None:
    assert heading in page.text


def test_its_figures_are_those_of_the_analysis(page: Page, russia: Dataset) -> None:
    counted = analysis.effective(statements.independent(russia)).events
    assert counted.height < analysis.count_events(russia).item()
    assert f" {counted.height} measures that cut or hindered access" in page.text
    every = Page(briefs.render(russia, all_sources=True))
    assert f" {analysis.count_events(russia).item()} measures that cut or hindered access" in every.text
    assert "Not found" in page.text
    assert "None stated" in page.text


def test_it_rests_on_independent_sources_and_lists_the_others_apart(page: Page, html: str, russia: Dataset) -> None:
    leads = russia.events.filter(pl.col("publisher_count") == 0)
    assert leads.height
    assert f"{leads.height} others stand apart as leads" in page.text
    apart = html.split("Leads: no independent publisher seen")[1]
    assert set(leads["event_id"]) == set(re.findall(r'<div class="event" id="([^"]+)">', apart))


def test_where_nobody_independent_reports_all_are_shown_as_they_are(released: Dataset) -> None:
    alone = released.where(event_id=released.events.filter(pl.col("publisher_count") == 0)["event_id"][0])
    assert statements.independent(alone) is alone
    assert "Leads:" not in briefs.render(alone)


def test_one_paragraph_can_be_cited_with_its_counting_rule(page: Page, russia: Dataset) -> None:
    text = statements.paragraph(statements.independent(russia), "Russia")
    assert text in " ".join(page.text.split())
    assert text.startswith(f"rightsdata {russia.version} (machine-coded, unreviewed preview) holds ")
    assert "One measure is one kind of restriction" in text
    rules = russia.where(family="rules")
    assert "holds no measure that cut or hindered access" in statements.paragraph(rules, "Russia")


def test_steps_are_told_in_order_with_what_they_follow(page: Page) -> None:
    steps = page.text.split("Step by step")[-1]
    first = steps.index("Voice and video calls restricted in WhatsApp and Telegram")
    assert first < steps.index("WhatsApp and Telegram messaging degraded, first in southern regions")
    assert "escalates an earlier step" in " ".join(steps.split())


def test_what_was_in_force_carries_the_day_of_its_confirmation(russia: Dataset) -> None:
    frame = statements.in_force(russia)
    assert frame.height == analysis.effective(russia).where(status="in_force").events.height
    assert frame["last_confirmed"].is_sorted(descending=True, nulls_last=True)


def test_parts_of_a_country_and_acts_equal_plain_counts(russia: Dataset) -> None:
    events = analysis.effective(russia).events
    parts = statements.regional(russia)
    assert parts["events"].sum() == events["admin1"].list.len().sum()
    acts = statements.instruments(russia)
    named = russia.legal_bases.filter(pl.col("title").is_not_null() | pl.col("citation").is_not_null())
    assert acts["ids"].explode().n_unique() == named["event_id"].n_unique()


@pytest.fixture(scope="module")
def safe(russia: Dataset) -> str:
    return briefs.render(russia, safe_share=True)


def test_a_page_to_share_safely_holds_no_address_and_nothing_of_tools(safe: str, russia: Dataset) -> None:
    page = Page(safe)
    assert {(link["href"] or "")[0] for link in page.links} == {"#"}
    body = page.text
    for url in russia.sources["url"]:
        assert url not in body
    assert not re.search(r"\bVPN\b|circumvent(?!ion tools)|Psiphon|\bTor\b", body)
    assert "no address of any source is on this page" in body


@needs_browser
def test_a_light_page_is_small_and_runs_nothing(russia: Dataset, tmp_path: Path) -> None:
    path = briefs.write(russia, tmp_path / "light.html", light=True)
    assert path.stat().st_size < 300_000
    html = path.read_text(encoding="utf-8")
    assert "<script" not in html
    document, messages = browse(path, tmp_path / "profile")
    assert 'src="data:image/webp;base64,' in document
    assert "Content Security Policy" not in messages


def test_every_event_is_listed_with_its_review(html: str, russia: Dataset) -> None:
    listed = re.findall(r'<div class="event" id="([^"]+)">\s*<h3>.*?<span class="badge">([^<]+)</span>', html)
    assert {event for event, _ in listed} == set(russia.events["event_id"])
    assert {badge for _, badge in listed} <= {"Machine-coded", "Machine double-coded", "Machine-coded twice"}


def test_who_said_what_marks_state_media_and_what_nobody_backs(page: Page) -> None:
    assert re.search(r"TASS\s+state-controlled", page.text)
    assert "not attributed" in page.text
    assert "So says: Ostorozhno Media ." in page.text


def test_references_lead_somewhere_and_links_are_safe(page: Page) -> None:
    for link in page.links:
        target = link["href"] or ""
        if target.startswith("#"):
            assert target[1:] in page.ids
        else:
            assert re.match(r"https?://", target)
            assert "noreferrer" in (link["rel"] or "")
    assert any((link["href"] or "").startswith("http") for link in page.links)


def test_pages_of_unknown_publishers_are_no_live_links(page: Page, russia: Dataset) -> None:
    unknown = russia.sources.join(russia.publishers, on="publisher").filter(
        pl.col("control").cast(pl.String) == "unknown"
    )
    live = {link["href"] for link in page.links}
    assert not live & set(unknown["url"])
    assert unknown["url"][0] in page.text


def test_no_words_of_the_machine_room_are_shown(page: Page) -> None:
    shown = re.sub(r"None (stated|known)|none known", "", page.text)
    assert not re.findall(r"\bNone\b|\bnull\b|\bnan\b|\bNaT\b|\{\{|Enum\(", shown)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2025", "2025"),
        ("2025-08", "August 2025"),
        ("2025-08~", "about August 2025"),
        ("2025-08-13", "13 August 2025"),
        ("[2025-08-01..2025-08-13]", "between 1 and 13 August 2025"),
        ("[2025-07-30..2025-08-13]", "between 30 July 2025 and 13 August 2025"),
        ("../2025-08-13", "on or before 13 August 2025"),
        (None, "not known"),
    ],
)
def test_dates_are_spelled_as_exactly_as_they_are_coded(text: str | None, words: str) -> None:
    assert briefs.spell(text) == words


EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\"></script>\"'><svg/onload=alert(1)>{{7*7}}&lt;\u2028\u202ex"


@pytest.fixture
def hostile(folder: Folder) -> Dataset:
    dataset = folder.dataset()
    evil = pl.lit(EVIL)
    return replace(
        dataset,
        events=dataset.events.with_columns(title=evil, summary=evil),
        stages=dataset.stages.with_columns(note=evil, attributed_to=evil),
        responses=dataset.responses.with_columns(actor=evil, note=evil),
        legal_bases=dataset.legal_bases.with_columns(title=evil),
        platforms=dataset.platforms.with_columns(name=evil),
        sources=dataset.sources.with_columns(title=evil, url=pl.lit("javascript:alert(1)")),
    )


def test_hostile_texts_stay_texts(hostile: Dataset) -> None:
    html = briefs.render(hostile)
    page = Page(html)
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    assert "svg" not in page.tags
    assert "{{7*7}}" in page.text
    figure = re.search(r"var f=(\{\"data\".*?);var m=", html, re.DOTALL)
    assert figure
    assert "<" not in figure[1]
    assert not [link for link in page.links if not (link["href"] or "").startswith("#")]


def test_a_page_is_written_whole_or_not_at_all(
    russia: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "brief.html"
    path.write_text("old")
    monkeypatch.setattr(briefs, "render", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("no")))
    with pytest.raises(RuntimeError):
        briefs.write(russia, path)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("brief.html", "old")]


def test_an_empty_selection_has_no_brief(released: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UnknownTerm, match="not searched or nothing found"):
        briefs.write(released.where(country="AQ"), tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_a_country_with_rules_only_has_a_brief(released: Dataset) -> None:
    page = Page(briefs.render(released.where(family="rules", country="AU")))
    assert "No measure that took effect." in page.text
    assert " 0 measures that cut" in page.text
    assert "No event of this selection is such a measure" in page.text
    assert "script" not in page.tags


def test_several_countries_are_told_apart(released: Dataset) -> None:
    page = Page(briefs.render(released.where(country=["IR", "TR"], platform="telegram")))
    assert "Telegram Iran" in page.text
    assert "Telegram Türkiye" in page.text
    assert page.title.startswith("Internet restrictions in Iran and Türkiye")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\@web.archive.org/",
        "https://web.archive.org@evil.example/",
        "https://evil.example%00.archive.org/",
        "https://[bad",
        "javascript:alert(1)",
        "https://evil.example／.archive.org/",
        None,
    ],
)
def test_no_address_can_pass_for_an_archive(url: str | None) -> None:
    assert briefs._live({"archive_url": url, "url": url}, "unknown") is None


def test_an_archived_copy_goes_before_the_page_and_may_be_live(released: Dataset) -> None:
    copy = "https://web.archive.org/web/2025/https://paper.example/a"
    assert briefs._live({"archive_url": copy, "url": "https://paper.example/a"}, "unknown") == copy
    assert (
        briefs._live({"archive_url": None, "url": "https://paper.example/a"}, "independent")
        == "https://paper.example/a"
    )


def test_the_focus_can_be_chosen(russia: Dataset) -> None:
    assert "From plan to enforcement: SORM" in Page(briefs.render(russia, focus="ru-1992-sorm")).text
    with pytest.raises(UnknownTerm):
        briefs.render(russia, focus="ru-1999-none")


@needs_browser
def test_a_browser_draws_the_figure_and_asks_the_network_for_nothing(russia: Dataset, tmp_path: Path) -> None:
    path = briefs.write(russia, tmp_path / "brief.html")
    log = tmp_path / "net.json"
    document, messages = browse(path, tmp_path / "profile", f"--log-net-log={log}")
    assert 'class="main-svg"' in document
    assert "Telegram" in document
    assert "Content Security Policy" not in messages
    assert "Uncaught" not in messages
    assert not asked(log), asked(log)


@needs_browser
def test_a_browser_runs_nothing_that_a_record_says(hostile: Dataset, tmp_path: Path) -> None:
    path = briefs.write(hostile, tmp_path / "brief.html")
    document, messages = browse(path, tmp_path / "profile")
    assert "<title>Internet restrictions in" in document
    assert "pwned</title>" not in document
    assert 'class="main-svg"' in document
    assert "javascript:" not in re.sub(r"<code>.*?</code>", "", document.split("<script>")[0])
    assert "Uncaught" not in messages


@needs_browser
def test_a_phone_needs_no_sideways_scrolling(russia: Dataset, tmp_path: Path) -> None:
    """The page reports its own width in a frame as narrow as a phone; wide tables scroll inside their own box."""
    briefs.write(russia, tmp_path / "brief.html")
    frame = tmp_path / "frame.html"
    frame.write_text(
        '<iframe id="f" src="brief.html" width="360" height="800"></iframe><p id="w"></p><script>'
        'document.getElementById("f").onload=function(){setTimeout(function(){'
        'try{document.getElementById("w").textContent="width "+document.getElementById("f").contentDocument.documentElement.scrollWidth;}'
        'catch(e){document.getElementById("w").textContent=e;}},2000)}</script>',
        encoding="utf-8",
    )
    document, _ = browse(frame, tmp_path / "profile", "--allow-file-access-from-files")
    width = re.search(r"width (\d+)", document)
    assert width, document[-300:]
    assert int(width[1]) <= 360
