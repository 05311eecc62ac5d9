"""figures as files: looked at in a real browser, in real pixels, and with the network watched."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from datetime import date
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from browser import CHROMIUM, Page, asked, browse, needs_browser
from test_figures_all import EVIL, FRAMES, coverage, draw, timeline

from rightsdata import figures
from rightsdata.errors import MissingBrowser, MissingExtra

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:kaleido", "ignore::DeprecationWarning:choreographer"
)


def ink(png: bytes) -> tuple[int, set[int]]:
    """How many pixels are dark, and in which columns, in the rows of the title."""
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(png)).convert("L")
    upper = image.crop((0, 0, image.width, 90))
    pixels = list(upper.tobytes())
    dark = [at for at, value in enumerate(pixels) if value < 128]
    return len(dark), {at % upper.width for at in dark}


def titled(*texts: str, languages: tuple[str, ...] = ()) -> list[bytes]:
    """Pictures of a figure with these titles."""
    drawn = []
    for text, language in zip(texts, languages or ("en",) * len(texts), strict=True):
        figure = draw("coverage", coverage(2), language=language)
        figure.layout.meta = {**figure.layout.meta, "title": text}
        drawn.append(figure)
    return figures.pictures(drawn, "png", width=600)


@needs_browser
def test_cyrillic_arabic_and_persian_are_drawn_and_joined() -> None:
    """A letter without a glyph is drawn as a box, and all boxes are alike; Arabic letters apart are wider than joined."""
    texts = [
        "Звонки",
        "Дзвінки",
        "المكالمات",
        "تماس‌ها",
        "\U0010fffd" * 6,
        "\U0010fffc" * 6,  # no font has these two
        "ببببببببب",
        "\u200c".join("ببببببببب"),
    ]
    *pictures, joined, apart = titled(*texts)
    counts = [ink(one)[0] for one in pictures]
    assert min(counts) > 100
    assert counts[4] == counts[5]
    assert len({*counts[:4], counts[4]}) == 5
    wide, wider = (max(columns) - min(columns) for _, columns in (ink(joined), ink(apart)))
    assert wide < 0.8 * wider


@needs_browser
def test_a_title_in_arabic_stands_on_the_right() -> None:
    left, right = (ink(one)[1] for one in titled("المكالمات", "المكالمات", languages=("en", "ar")))
    assert max(left) < 600 < min(right)


@needs_browser
@pytest.mark.parametrize(("ending", "begins"), [(".png", b"\x89PNG"), (".svg", b"<svg"), (".pdf", b"%PDF")])
def test_a_figure_is_saved_as_a_picture(tmp_path: Path, ending: str, begins: bytes) -> None:
    path = figures.save(draw("map", FRAMES["map"](9)), tmp_path / f"map{ending}", width=500)
    assert path.read_bytes().startswith(begins)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.html, \.png, \.svg, \.pdf, found 'x\.gif'"):
        figures.save(draw("coverage", coverage(2)), tmp_path / "x.gif")


def test_without_a_browser_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    with pytest.raises(MissingBrowser, match="apt install chromium"):
        figures.save(draw("coverage", coverage(2)), tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def test_without_kaleido_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(MissingExtra, match=r"pip install 'rightsdata\[figures\]'"):
        figures.save(draw("coverage", coverage(2)), tmp_path / "x.png")


@needs_browser
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_picture_is_drawn_without_a_connection_to_anywhere(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    program = "import polars as pl; from rightsdata import figures as f; f.save(f.map(pl.DataFrame({'country': ['RU']}), footer='x'), 'map.png')"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=socket,connect,sendto,sendmsg,sendmmsg", "-o", log, sys.executable, "-c", program],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "Operation not permitted" in done.stderr:
        pytest.skip("this machine lets no process be traced")
    assert (tmp_path / "map.png").is_file(), done.stderr
    calls = log.read_text(errors="replace")
    asked = set(re.findall(r'(\w+)\(.*?sin6?_port=htons\((\d+)\).*?"([0-9a-f.:]+)"', calls))
    probe = (
        "connect",
        "443",
        "2001:4860:4860::8888",
    )  # Chromium asks its own system for a route, by a socket that sends nothing
    assert {one for one in asked if one[2] not in ("127.0.0.1", "::1")} <= {probe}
    assert not re.search(r"socket\(AF_INET6?, SOCK_STREAM", calls)


@needs_browser
@pytest.mark.parametrize(
    "name",
    [  # of those that the gallery's test draws too, one of each make
        name
        if name in ("map", "legal_table", "evidence", "evidence_matrix")
        else pytest.param(name, marks=pytest.mark.slow)
        for name in FRAMES
    ],
)
def test_a_browser_draws_the_page_asks_nobody_and_has_nothing_to_complain_of(name: str, tmp_path: Path) -> None:
    path = figures.save(draw(name, FRAMES[name](9), language="fa"), tmp_path / "figure.html")
    log = tmp_path / "net.json"
    document, messages = browse(path, tmp_path / "profile", f"--log-net-log={log}")
    assert 'class="main-svg"' in document
    assert "CONSOLE" not in messages
    assert not asked(log), asked(log)
    assert "showSendToCloud" in path.read_text(encoding="utf-8")


@needs_browser
def test_a_browser_runs_nothing_that_a_record_says(tmp_path: Path) -> None:
    evil = f"{EVIL}<img src=x onerror=\"document.title='pwned'\"></script><script>document.title='pwned'</script>"
    path = figures.save(draw("timeline", timeline(4, evil)), tmp_path / "figure.html")
    document, messages = browse(path, tmp_path / "profile")
    assert "<title>Measures against platforms over time</title>" in document
    assert 'class="main-svg"' in document
    assert "CONSOLE" not in messages
    assert "<img" not in document.split("<script>")[0]


def test_a_page_names_its_figure_for_the_ear_and_holds_its_numbers() -> None:
    figure = draw("coverage", coverage(3))
    html = unescape(figures.page(figure))
    page = Page(figures.page(figure))
    assert f'<figure role="img" aria-label="{figures.alt_text(figure)}">' in html
    assert "default-src 'none'" in html
    assert "machine-coded, unreviewed preview" in page.text
    assert page.tags.count("tr") == 4
    assert "field 2 10 2 0.2" in page.text
    assert not page.links
    assert '<html lang="fa" dir="rtl">' in figures.page(draw("coverage", coverage(3), language="fa"))


def test_a_long_table_says_how_many_rows_it_leaves_out() -> None:
    days = pl.DataFrame({"day": pl.date_range(date(2015, 1, 1), date(2023, 1, 1), eager=True)})
    frame = days.with_columns(lower=pl.int_range(pl.len()) % 2, upper=pl.lit(2))
    page = Page(figures.page(draw("active_by_day", frame)))
    assert page.tags.count("tr") == 2_001
    assert f"… and {days.height - 2_000} more, not drawn" in page.text


def test_no_chart_can_be_sent_anywhere() -> None:
    assert figures.CONFIG["showSendToCloud"] is False
    assert '"showSendToCloud": false' in figures.page(draw("coverage", coverage(1)))


@needs_browser
def test_a_phone_needs_no_sideways_scrolling(tmp_path: Path) -> None:
    assert CHROMIUM
    for name in ("timeline", "tile_map", "reasons_by_context"):
        figures.save(draw(name, FRAMES[name](60)), tmp_path / "figure.html")
        frame = tmp_path / "frame.html"
        frame.write_text(
            '<iframe id="f" src="figure.html" width="360" height="800"></iframe><p id="w"></p><script>'
            'document.getElementById("f").onload=function(){setTimeout(function(){'
            'document.getElementById("w").textContent="width "+document.getElementById("f").contentDocument.documentElement.scrollWidth;'
            "},2000)}</script>",
            encoding="utf-8",
        )
        document, _ = browse(frame, tmp_path / "profile", "--allow-file-access-from-files")
        width = re.search(r"width (\d+)", document)
        assert width, document[-300:]
        assert int(width[1]) <= 360, name


@needs_browser
def test_names_beside_a_grid_are_cut_on_a_phone_alone(tmp_path: Path) -> None:
    frame = FRAMES["matrix"](60).with_columns(country=pl.lit("CF"))  # the Central African Republic
    figures.save(draw("matrix", frame), tmp_path / "figure.html")
    longest = {}
    for width in (360, 800):
        page = tmp_path / "frame.html"
        page.write_text(
            f'<iframe id="f" src="figure.html" width="{width}" height="800"></iframe><p id="w"></p><script>'
            'document.getElementById("f").onload=function(){setTimeout(function(){'
            'document.getElementById("w").textContent="name "+document.getElementById("f").contentDocument.querySelector(".ytick text").textContent;'
            "},2000)}</script>",
            encoding="utf-8",
        )
        document, _ = browse(page, tmp_path / f"profile{width}", "--allow-file-access-from-files")
        name = re.search(r'<p id="w">name ([^<]+)<', document)
        assert name, document[-300:]
        longest[width] = name[1]
    assert longest == {360: "Central Afri…", 800: "Central African Republic"}
