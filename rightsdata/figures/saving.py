"""Figures as files: HTML that asks the network for nothing, pictures, the numbers as CSV, the words for a reader's ear.

Pictures are drawn by Chromium through kaleido. Its own network is off: names do not resolve, and what would go to an
address goes to a proxy that is not there. Chromium by itself would look up its maker's servers at every start.
"""

from __future__ import annotations

import asyncio
import base64
import csv
import hashlib
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly import offline

from rightsdata import files, pages
from rightsdata.errors import MissingBrowser, MissingExtra
from rightsdata.figures import theme, wording

PICTURES = (".png", ".svg", ".pdf")
"""Endings of files that `save` draws with a browser."""

MOST_ROWS = 2_000
"""Rows of the table below a figure in HTML; the CSV holds them all."""

NARROW, SHORT = 520, 13
"""On pages of fewer pixels than this, names beside a grid of cells are cut to so many letters, and its numbers are smaller."""

OFFLINE = ("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking", "--disable-domain-reliability", "--no-pings")  # fmt: skip
NO_PROXY = "127.0.0.1:9"
"""The discard port of this machine, where nothing answers."""


def save(figure: go.Figure, path: str | Path, *, width: int = 1000) -> Path:
    """Write a figure to a file; its ending says how: .html, .png, .svg or .pdf.

    Args:
        figure: what a function of this package returned.
        path: the file to write; it is replaced whole or not at all.
        width: pixels of a picture (a PNG holds twice as many); HTML takes the width of its window.

    Returns:
        The path.

    Raises:
        ValueError: for another ending.
        MissingExtra: if a picture is asked for and kaleido is not installed.
        MissingBrowser: if there is no Chrome or Chromium.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".html":
        files.write(path, page(figure))
    elif kind in PICTURES:
        files.write_bytes(path, picture(figure, kind.removeprefix("."), width=width))
    else:
        raise ValueError(f"a figure is saved as .html, {', '.join(PICTURES)}, found {path.name!r}")
    return path


def alt_text(figure: go.Figure) -> str:
    """What the figure shows, in words and from the numbers drawn, for those who do not see it."""
    return str(figure.layout.meta["alt"])


def to_csv(figure: go.Figure) -> str:
    """The rows that are drawn, no more and no fewer, as CSV with a header.

    The header holds the columns of the analysis that the figure draws, by their names there; its docstring says what
    each means. Lists are joined by "; ", dates are written as YYYY-MM-DD, and an empty cell is a null. Two figures have
    fewer rows than their frame: `active_by_day` and `small_multiples` keep the days on which a number changes, and the
    last. `map` and `tile_map` have a row a country: country, state (`in_force_last` or `not_in_force`), platforms,
    last_confirmed.
    """
    return str(figure.layout.meta["csv"])


def page(figure: go.Figure) -> str:
    """The figure as one HTML page with everything in it: Plotly, data, table; no address is asked for anything."""
    meta = figure.layout.meta
    head, *rows = csv.reader(io.StringIO(meta["csv"]))
    return pages.render(
        "figure.html",
        meta=meta,
        language=meta["language"],
        title=meta["title"],
        right=meta["language"] in wording.RIGHT_TO_LEFT,
        look=theme.look(meta["dark"]),
        font=theme.FONT,
        head=head,
        rows=rows[:MOST_ROWS],
        table=wording.words("table", meta["language"]),
        more=wording.words("more", meta["language"], n=len(rows) - MOST_ROWS) if len(rows) > MOST_ROWS else "",
        **program(plot_script("figure", theme.bare(figure))),
    )


def plot_script(element: str, figure: go.Figure, **config: Any) -> str:
    """JavaScript that draws the figure in the element of this id; nothing in it can end the script or the line."""
    drawn = go.Figure(figure)
    drawn.layout.meta = {key: figure.layout.meta[key] for key in _KEPT}
    data = drawn.to_json().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    settings = json.dumps({**CONFIG_ON_PAGE, **config})
    shrink = (  # a figure that keeps its proportions is lower on a narrow page
        f'var m=f.layout.meta,w=document.getElementById("{element}").clientWidth;'
        f"if(m.shorten&&w&&w<{NARROW}){{var y=f.layout.yaxis;m.left=f.layout.margin.l=Math.min(m.left,{SHORT * 6 + 22});"
        f"y.ticktext=y.ticktext.map(t=>t.length>{SHORT}?t.slice(0,{SHORT - 1}).trimEnd()+'…':t);"
        "f.data.forEach(t=>{if(t.mode==='text')t.textfont.size=9;});}"
        "if(m.letters&&w)f.data.forEach(t=>{if(t.mode==='text')t.textfont.size=Math.min(w-m.left-14,m.height/m.aspect)*m.letters;});"
        "if(w&&m.names.length)f.layout.annotations.filter(a=>a.name==='row').forEach((a,i)=>{var n=Math.max(20,Math.floor((w-m.left-14)/6.3)),"
        "t=m.names[i];if(t.length>n)t=t.slice(0,n-1).trimEnd()+'…';"
        "a.text=t.replace(/&/g,'&amp;').replace(/\u003c/g,'&lt;').replace(/>/g,'&gt;');});"
        "if(m.cells&&w)f.layout.height+=m.cells.rows.reduce((h,r)=>h+8+15*Math.max(...r.map((n,i)=>"
        "Math.ceil(n/Math.max(2,((w-m.left-14)*m.cells.widths[i]-18)/7.6)))),8)-m.height;"
        "if(m.aspect&&w)f.layout.height-=Math.max(0,m.height-Math.round((w-m.left-14)*m.aspect));"
    )
    return f'(function(){{var f={data};{shrink}Plotly.newPlot("{element}",f.data,f.layout,{settings});}})();'


_KEPT = ("shorten", "letters", "left", "names", "cells", "height", "aspect", "footer")
"""What of `layout.meta` goes into a page: what fits the figure to it, and its origin; the rest would only make it long."""

CONFIG_ON_PAGE = {**theme.CONFIG, "displayModeBar": False}
"""On a page a bar of buttons would lie on the figure."""


def program(*plots: str) -> dict[str, Any]:
    """Plotly and what `plot_script` gave for the figures of a page, and the policy that allows these alone: `scripts`, `policy`."""
    scripts = [offline.get_plotlyjs(), *plots]
    safe = [Markup(script) for script in scripts]  # noqa: S704  # Plotly itself, and JSON with every < escaped
    return {"policy": policy(scripts), "scripts": safe}


def policy(scripts: list[str]) -> str:
    """A Content-Security-Policy that allows these very scripts, inline styles and pictures inside the page, and no address."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    script = f"script-src {hashes}; " if hashes else ""
    return f"default-src 'none'; {script}style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"


def picture(figure: go.Figure, kind: str, *, width: int = 1000) -> bytes:
    """The bytes of a picture; see `save`."""
    return pictures([figure], kind, width=width)[0]


def pictures(figures: list[go.Figure], kind: str, *, width: int = 1000) -> list[bytes]:
    """The bytes of several pictures of one kind, with one start of the browser; see `save`."""
    specs = []
    for figure in figures:
        laid = theme.lay(go.Figure(figure), width)
        options = {"format": kind, "width": width, "height": laid.layout.height, "scale": 2 if kind == "png" else 1}
        specs.append({"fig": laid, "opts": options})
    with ThreadPoolExecutor(1) as pool:  # its own thread, as a notebook's has a running event loop
        return pool.submit(asyncio.run, _drawn(specs)).result()


async def _drawn(specs: list[dict[str, Any]]) -> list[bytes]:
    try:
        import kaleido
        from choreographer.browsers.chromium import Chromium
        from choreographer.errors import ChromeNotFoundError
    except ImportError as error:
        raise MissingExtra("Drawing a picture", "kaleido", "figures") from error

    class Offline(Chromium):
        """Chromium without a network of its own."""

        def get_cli(self) -> list[str]:
            return [*super().get_cli(), *OFFLINE]

    log = logging.getLogger("choreographer")
    level = log.level
    log.setLevel(
        logging.CRITICAL
    )  # else it reports the browser's farewell as an unreadable message, with its traceback
    try:
        browser = kaleido.Kaleido(mathjax=False, browser_cls=Offline, proxy_server=NO_PROXY)
        async with browser:
            return [await browser.calc_fig(spec["fig"], opts=spec["opts"]) for spec in specs]
    except ChromeNotFoundError as error:
        raise MissingBrowser("Drawing a picture") from error
    finally:
        log.setLevel(level)
