"""briefs: what a page says, and what it must never do, looked at in a real browser."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from browser import Page, asked, browse, needs_browser
from conftest import ROOT, Folder
from pypdf import PdfReader

from rightsdata import analysis, briefs
from rightsdata.briefs import evidence, outputs
from rightsdata.dataset import Dataset
from rightsdata.errors import MissingBrowser, UnknownTerm
from rightsdata.vocabulary import LANGUAGES


@pytest.fixture(scope="module")
def russia(released: Dataset) -> Dataset:
    return released.where(country="RU")


@pytest.fixture(scope="module")
def basis(russia: Dataset) -> Dataset:
    """What the brief rests on: the events with an independent source."""
    return russia.where(confidence=["high", "medium"])


@pytest.fixture(scope="module")
def html(russia: Dataset) -> str:
    return briefs.render(russia)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_says_what_it_is_in_title_citation_and_figure(page: Page, html: str) -> None:
    assert page.title == "Internet restrictions in Russia (machine-coded, unreviewed preview)"
    assert "Machine-coded, unreviewed preview" in page.text
    assert page.text.count("(machine-coded, unreviewed preview)") >= 2
    figures = re.findall(r"var f=(\{.*?\});var m=", html)
    assert len(figures) > 2
    for figure in figures:
        assert "machine-coded, unreviewed preview" in json.loads(figure)["layout"]["meta"]["footer"]


@pytest.mark.parametrize(
    "heading",
    [
        "In one paragraph",
        "Step by step, platform by platform",
        "Platforms by time",
        "In force when last confirmed",
        "Regional shutdowns and blocks",
        "What was restricted, and how",
        "On what legal basis",
        "From first report to enforcement : Voice and video calls restricted in WhatsApp and Telegram",
        "Who admits, who denies, who is silent",
        "Penalties that users face",
        "Stated reasons against context",
        "Responses of companies, organisations and courts",
        "What was measured",
        "All events, with the sources of each field",
        "Leads without an independent source",
        "What changed since the last version",
        "Limits and coverage of the data",
        "Method",
        "How to cite",
        "Sources",
    ],
)
def test_it_has_the_sections_of_a_brief(page: Page, heading: str) -> None:
    assert heading.replace(" :", ":") in page.text


def test_its_figures_are_those_of_the_analysis(page: Page, russia: Dataset, basis: Dataset) -> None:
    counted = analysis.count_events(basis).item()
    assert f" {counted} measures that cut or hindered access" in page.text
    assert f"records {counted} measures that took effect" in page.text
    assert f"for want of an independent source: {len(russia) - len(basis)} more events" in page.text
    assert f"for all {counted} measures counted, no evidence by instruments is attached" in page.text


def test_events_without_an_independent_source_are_leads_and_count_nowhere(page: Page, russia: Dataset) -> None:
    leads = russia.events.filter(pl.col("publisher_count") == 0)["title"].to_list()
    assert leads
    before, after = page.text.split("No independent publisher vouches for these", 1)
    for title in leads:
        assert title in after
    assert not [title for title in leads if title in before.split("All events, with the sources", 2)[-1]]


def test_all_events_count_when_asked_for(russia: Dataset) -> None:
    page = Page(briefs.render(russia, all_sources=True))
    assert f"records {analysis.count_events(russia).item()} measures" in page.text
    assert "Leads without" not in page.text


def test_every_event_is_listed_with_its_review(html: str, russia: Dataset) -> None:
    listed = re.findall(r'<div class="event" id="([^"]+)">\s*<h4>.*?<span class="badge">([^<]+)</span>', html)
    assert sorted(event for event, _ in listed) == sorted(russia.events["event_id"])
    assert {badge for _, badge in listed} <= {"Machine-coded", "Machine double-coded", "Machine-coded twice"}


def test_a_field_names_its_own_sources(folder: Folder) -> None:
    page = Page(briefs.render(folder.dataset().where(country="RU"), kind="html"))
    assert re.search(
        r"By field: Start 1 ; Ongoing 2 ; Targets 1 ; Stages 1  2 ; Legal bases 1 ; Responses 2", page.text
    )


def test_three_sources_in_a_row_are_told_by_the_first_and_the_last(russia: Dataset) -> None:
    matter = evidence.matter(russia, russia, briefs.Tongue(russia))
    by_number = {number: source for source, number in matter.numbers.items()}

    def told(*numbers: int) -> str:
        pieces = matter.refs([by_number[number] for number in numbers])
        return "".join(one if isinstance(one, str) else str(getattr(one, "text", "")) for one in pieces)

    assert told(3, 1, 2, 9, 5, 6) == "1–3 5 6 9"
    assert told() == ""


def test_who_said_what_marks_state_media_and_what_nobody_backs(page: Page) -> None:
    assert re.search(r"TASS\s+state-controlled", page.text)
    assert "not attributed" in page.text
    assert re.search(r"so says: *Ostorozhno Media *\.", page.text)


def test_what_is_not_there_is_said_where_absence_says_something(folder: Folder) -> None:
    page = Page(briefs.render(folder.dataset().where(country="IR")))
    assert "No measure that took effect." in page.text
    assert "None found that was limited to a region; that is not searched or nothing found, never zero." in page.text
    assert "never that users face none" in page.text
    assert "no source of these measures" in page.text.lower()
    assert "there is no version before it" in page.text
    assert "Stated reasons against context" not in page.text


def test_legal_instruments_have_their_article_and_official_text(folder: Folder) -> None:
    folder.event["legal_bases"] = [
        {
            "type": "statute",
            "title": "Law on communications",
            "citation": "No. 126-FZ, Art. 64",
            "status": "in_force",
            "sources": ["s1"],
        }
    ]
    folder.event["sources"][0]["type"] = "legal_text"
    page = Page(briefs.render(folder.dataset()))
    assert re.search(
        r"Law on communications *, *No. 126-FZ, Art. 64 *Statute *In force *1 *official text: *\d", page.text
    )


def test_references_lead_somewhere_and_links_are_safe(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
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
    shown = re.sub(r"None (stated|found|says)", "", page.text)
    assert not re.findall(r"\bNone\b|\bnull\b|\bnan\b|\bNaT\b|\{\{|Enum\(", shown)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2025", "2025"),
        ("2025-08", "August 2025"),
        ("2025-08~", "about August 2025"),
        ("2025-08-13", "13 August 2025"),
        ("[2025-08-01..2025-08-13]", "between 1 August 2025 and 13 August 2025"),
        ("../2025-08-13", "on or before 13 August 2025"),
        (None, "not known"),
    ],
)
def test_dates_are_spelled_as_exactly_as_they_are_coded(released: Dataset, text: str | None, words: str) -> None:
    assert briefs.Tongue(released).spell(text) == words


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("ru", "13 августа 2025", "август 2025"),
        ("uk", "13 серпня 2025", "серпень 2025"),
        ("es", "13 de agosto de 2025", "agosto de 2025"),
        ("fr", "13 août 2025", "août 2025"),
        ("ar", "13 أغسطس 2025", "أغسطس 2025"),
        ("fa", "13 اوت 2025", "اوت 2025"),
        ("tr", "13 Ağustos 2025", "Ağustos 2025"),
    ],
)
def test_dates_are_spelled_in_the_language(released: Dataset, language: str, day: str, month: str) -> None:
    tongue = briefs.Tongue(released, language)
    assert (tongue.spell("2025-08-13"), tongue.spell("2025-08")) == (day, month)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_brief_speaks_its_language_and_leaves_records_in_theirs(folder: Folder, language: str) -> None:
    html = briefs.render(folder.dataset(), language=language)
    right = "rtl" if language in ("ar", "fa") else "ltr"
    assert f'<html lang="{language}" dir="{right}">' in html
    page = Page(html)
    assert "Calls restricted in two messengers" in page.text
    if language != "en":
        assert '<bdi lang="en">Calls restricted in two messengers</bdi>' in html
        assert "last confirmed" not in page.text
        assert "In one paragraph" not in page.text


def test_every_phrase_of_a_brief_has_every_language_and_the_same_values() -> None:
    with (ROOT / "rightsdata/words.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["key"].startswith("brief_")]
    assert len(rows) > 150
    for row in rows:
        values = set(re.findall(r"\{\w+\}", row["en"]))
        for language in LANGUAGES:
            assert row[language], (row["key"], language)
            assert set(re.findall(r"\{\w+\}", row[language])) == values, (row["key"], language)


EVIL = (
    "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\"></script>\"'><svg/onload=alert(1)>{{7*7}}&lt;\u2028\u202ex"
    + "w" * 100_000
)


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
    assert page.tags.count("script") == 2 + html.count('id="ladder')
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
    monkeypatch.setattr(outputs, "render", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("no")))
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
    assert "No measure that took effect and has a known start." in page.text
    assert "script" not in page.tags


def test_several_countries_are_told_apart(released: Dataset) -> None:
    page = Page(briefs.render(released.where(country=["IR", "TR"], platform="telegram")))
    assert "Telegram (Iran)" in page.text
    assert "Telegram (Türkiye)" in page.text
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
    assert not evidence.live(url, "unknown")


def test_an_archived_copy_may_be_live_where_the_page_may_not() -> None:
    assert evidence.live("https://web.archive.org/web/2025/https://paper.example/a", "unknown")
    assert evidence.live("https://paper.example/a", "independent")
    assert not evidence.live("https://paper.example/a", "unknown")


def test_the_focus_can_be_chosen(russia: Dataset) -> None:
    assert "From first report to enforcement: SORM" in Page(briefs.render(russia, focus="ru-1992-sorm")).text
    with pytest.raises(UnknownTerm):
        briefs.render(russia, focus="ru-1999-none")


def test_a_comparison_shows_how_well_each_side_is_known(released: Dataset, russia: Dataset) -> None:
    page = Page(briefs.render(russia, compare=released.where(country="TR")))
    assert "This compares codings, not countries" in page.text
    assert "How well each side is known" in page.text
    assert "Türkiye: start known to the day" in page.text
    with pytest.raises(ValueError, match="overlap"):
        briefs.render(russia, compare=russia)


CIRCUMVENTION_WORDS = re.compile(r"\bvpn|psiphon|\btor\b|proxy|circumvent|bypass", re.IGNORECASE)


@pytest.mark.parametrize("kind", ["html", "md"])
def test_a_brief_that_is_safe_to_share_has_no_address_and_tells_of_no_way_around(russia: Dataset, kind: str) -> None:
    text = briefs.render(russia, kind=kind, safe_share=True)
    said = Page(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)).text if kind == "html" else text
    assert "Safe-share edition" in said
    assert not re.search(r"https?://|https?\\://|www\.", said)
    if kind == "html":
        assert not [link for link in Page(text).links if not (link["href"] or "").startswith("#")]
    own = ("everything about circumvention tools", '"VPN services"', "they tell of circumvention tools", "VPN services")
    for words in own:
        said = said.replace(words, "")
    assert not CIRCUMVENTION_WORDS.findall(said)
    assert CIRCUMVENTION_WORDS.search(briefs.render(russia, kind="md"))  # there was something to leave out


def test_every_event_about_ways_around_is_left_out_of_a_safe_brief(released: Dataset) -> None:
    kept = evidence.without_circumvention(released)
    tools = released.platforms.filter(pl.col("kind").cast(pl.String) == "vpn_or_circumvention")["platform_id"].implode()
    assert kept.targets.filter(pl.col("platform_id").is_in(tools)).is_empty()
    assert kept.events.filter(
        pl.col("stated_reasons").cast(pl.List(pl.String)).list.contains("anti_circumvention")
    ).is_empty()
    assert 0 < len(kept) < len(released)
    assert "safe to share" in kept.cite()
    with pytest.raises(UnknownTerm, match="ways around"):
        briefs.render(released.where(platform="tor"), safe_share=True)


def test_markdown_has_footnotes_and_no_live_mark_of_a_record(hostile: Dataset) -> None:
    text = briefs.render(hostile, kind="md")
    assert "[^1]: " in text
    assert re.search(r"\[\^1\]", text.split("[^1]: ")[0])
    assert "<script" not in re.sub(r"\\.", "", text)
    assert "javascript:" not in re.sub(r"\\.", "", text) or "](javascript" not in text


@pytest.mark.parametrize(
    "text",
    [
        "# a",
        "1. a",
        "- a",
        "[a](javascript:alert(1))",
        "<b>",
        "a|b",
        "`a`",
        "https://evil.example",
        "www.evil.example",
        "a\n# b",
        "![a](b)",
        "&lt;",
    ],
)
def test_markdown_shows_a_text_as_it_is(text: str) -> None:
    escaped = outputs.escape(text)
    assert "\n" not in escaped
    assert re.sub(r"\\(.)", r"\1", escaped) == " ".join(text.split())
    bare = re.sub(r"\\.", "", escaped)
    assert not re.search(r"[<>|`\[\]&#*_]|https?:|www\.|^[-+=]|^\d+[.]", bare)


def test_the_ending_says_what_is_written(folder: Folder, tmp_path: Path) -> None:
    dataset = folder.dataset()
    assert briefs.write(dataset, tmp_path / "a.md").read_text(encoding="utf-8").startswith("# Internet restrictions")
    assert briefs.write(dataset, tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    for name, kind in (("a.txt", None), ("a.html", "pdf"), ("a.pdf", "light")):
        with pytest.raises(ValueError, match="a brief is one of"):
            briefs.write(dataset, tmp_path / name, kind=kind)


def test_a_users_own_template_and_logo_take_the_place_of_ours(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/brief.html").write_text(
        '{% extends "rightsdata/brief.html" %}{% block footer %}<footer>Our office</footer>{% endblock %}'
    )
    logo = tmp_path / "office.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    html = briefs.render(folder.dataset(), template=tmp_path / "own", logo=logo)
    assert "<footer>Our office</footer>" in html
    assert re.search(r'<img src="data:image/svg\+xml;base64,[^"]+" alt="office">', html)
    assert "alert(1)" not in html
    with pytest.raises(ValueError, match="a logo ends in"):
        briefs.render(folder.dataset(), logo=tmp_path / "office.gif")


def test_without_a_browser_a_pdf_says_how_to_get_one(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "no browser"))
    with pytest.raises(MissingBrowser, match="Writing a PDF needs Chrome or Chromium"):
        outputs.printed("<p>a</p>")


@needs_browser
def test_a_browser_draws_the_figure_and_asks_the_network_for_nothing(russia: Dataset, tmp_path: Path) -> None:
    path = briefs.write(russia, tmp_path / "brief.html")
    log = tmp_path / "net.json"
    document, messages = browse(path, tmp_path / "profile", f"--log-net-log={log}")
    assert 'class="main-svg"' in document
    assert "Telegram" in document
    assert "CONSOLE" not in messages
    assert not asked(log)


@needs_browser
@pytest.mark.parametrize("kind", ["html", pytest.param("light", marks=pytest.mark.slow)])
def test_a_browser_runs_nothing_that_a_record_says(hostile: Dataset, tmp_path: Path, kind: str) -> None:
    path = briefs.write(hostile, tmp_path / "brief.html", kind=kind)
    log = tmp_path / "net.json"
    document, messages = browse(path, tmp_path / "profile", f"--log-net-log={log}")
    assert "<title>Internet restrictions in" in document
    assert "pwned</title>" not in document
    assert ('class="main-svg"' in document) == (kind == "html")
    assert "javascript:" not in "".join(re.findall(r"<[^>]*>", document.split("<script>")[0]))
    assert "w" * 10_000 not in document
    assert "CONSOLE" not in messages
    assert not asked(log)


@needs_browser
@pytest.mark.slow
def test_a_pdf_shows_what_a_record_says_as_text(hostile: Dataset, tmp_path: Path) -> None:
    data = briefs.write(hostile, tmp_path / "brief.pdf").read_bytes()
    assert b"/URI (javascript" not in data
    assert b"/JavaScript" not in data
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "brief.pdf").pages)
    assert "onerror" in text
    assert "{{7*7}}" in text


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


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ru", "ar"])
def test_a_light_brief_is_small_runs_no_script_and_asks_for_nothing(
    russia: Dataset, tmp_path: Path, language: str
) -> None:
    path = briefs.write(russia, tmp_path / "light.html", kind="light", language=language)
    html = path.read_text(encoding="utf-8")
    assert "script" not in Page(html).tags
    assert re.search(r'<img src="data:image/webp;base64,[^"]+" alt="[^"]{40,}">', html)
    assert path.stat().st_size <= 300_000
    assert html.count('class="event"') == len(russia)
    document, messages = browse(path, tmp_path / "profile", f"--log-net-log={tmp_path / 'net.json'}")
    assert "</html>" in document
    assert "CONSOLE" not in messages
    assert not asked(tmp_path / "net.json")


@needs_browser
@pytest.mark.slow
def test_a_pdf_is_tagged_and_its_text_can_be_selected(folder: Folder, tmp_path: Path) -> None:
    path = briefs.write(folder.dataset(), tmp_path / "brief.pdf", language="ar")
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in data
    assert b"/MarkInfo" in data
    assert b"/ToUnicode" in data
    assert b"/Lang (ar)" in data
    assert b"/Outlines" in data


AXE = importlib.util.find_spec("axe_core_python")


@needs_browser
@pytest.mark.slow
@pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed")
@pytest.mark.parametrize(("kind", "language"), [("html", "en"), ("light", "ar")])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious_in_a_real_browser(
    russia: Dataset, tmp_path: Path, kind: str, language: str, dark: bool
) -> None:
    assert AXE and AXE.origin
    axe = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    html = briefs.render(russia.where(since="2024"), kind=kind, language=language)
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html, count=1)  # it would let no axe in
    look = (
        "setTimeout(()=>axe.run(document,{resultTypes:['violations']}).then(r=>{document.title='axe '+"
        "r.violations.map(v=>v.impact+':'+v.id).join(' ')+' end';}),2000)"
    )
    path = tmp_path / "axe.html"
    path.write_text(html.replace("</body>", f"<script>{axe}</script><script>{look}</script></body>"), encoding="utf-8")
    flags = ["--virtual-time-budget=60000", *(["--blink-settings=preferredColorScheme=0"] if dark else [])]
    document, _ = browse(path, tmp_path / "profile", *flags)
    found = re.search(r"<title>axe (.*?) ?end</title>", document)
    assert found, document[-300:]
    assert not [one for one in found[1].split() if one.startswith(("serious", "critical"))], found[1]
