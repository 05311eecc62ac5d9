"""The one look of all figures, light and dark: colours, patterns, fonts, and where title, rule and footer stand."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from rightsdata.errors import printable
from rightsdata.figures import wording

if TYPE_CHECKING:
    import polars as pl

COLOURS = {
    "network_shutdown": "#000000",
    "mobile_shutdown": "#56B4E9",
    "service_block": "#0072B2",
    "feature_block": "#D55E00",
    "throttling": "#E69F00",
    "content_block": "#009E73",
    "app_removal": "#CC79A7",
}
"""One colour a restriction type of the access family (Okabe and Ito, Color Universal Design, 2008)."""

MARKINGS = {"mobile_shutdown": ".", "feature_block": "|", "throttling": "-", "content_block": "x", "app_removal": "+"}
"""Patterns that tell the types apart without colour; a slash is kept for what is not sure."""

OTHER = "#7a7a7a"
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999", "#000000")
"""Colours of segments in order, for values without a colour of their own."""

SHAPES = ("", "/", ".", "x", "-", "|", "\\", "+")
"""Patterns of segments in order; with SERIES, whose length shares no factor with theirs, 72 looks before one recurs."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,2px,8px,2px")
"""Lines that are told apart without colour, and so the most of one figure."""

STAGES = {
    "reported": "circle-open",
    "announced": "diamond",
    "adopted": "square",
    "in_force": "circle",
    "lifted": "x",
}
"""The stages of a measure that figures draw, in their order, each with its mark."""

FONT = "'Noto Sans', 'Noto Sans Arabic', 'DejaVu Sans', 'Segoe UI', Tahoma, Helvetica, Arial, sans-serif"
CONFIG = {"showSendToCloud": False, "displaylogo": False, "responsive": True}
"""Plotly's own settings for every figure: no button that sends a chart to a cloud, no logo, no remote address."""

NAME = 18
"""Letters of a name on a line of an axis; two lines at most, the hover text holds the whole."""

DAYS = [
    {"dtickrange": [None, "M1"], "value": "%Y-%m-%d"},
    {"dtickrange": ["M1", "M11"], "value": "%Y-%m"},
    {"dtickrange": ["M12", None], "value": "%Y"},
]
"""Dates on an axis in numbers, which are the same in every language."""

WIDTH = 760
"""Pixels for which a figure's headings are broken into lines until `lay` is told another width."""

_RIGHT = 14
"""Pixels free at the right of a plot."""

_AROUND = ("rule", "footer")
"""Names of the annotations that stand around a plot."""

_TITLE, _RULE, _FOOT, _LETTER = 18, 12.5, 10.5, 0.56
"""Font sizes in pixels, and the mean width of a letter in parts of its size (Noto Sans, all our scripts)."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one look, as CSS."""

    paper: str
    ink: str
    soft: str
    grid: str
    pale: str
    strong: str
    ramp: tuple[str, str]

    def colour(self, one: str) -> str:
        """A colour of ours as this look shows it: black is lost on a dark ground."""
        return self.ink if one == "#000000" else one


LIGHT = Theme("#ffffff", "#222222", "#5a5a5a", "#e4e4e4", "#f1f1ef", "#0072B2", ("#e3eff7", "#0072B2"))
DARK = Theme("#15181c", "#ececec", "#b4b8bd", "#363c43", "#23282e", "#56B4E9", ("#1f3442", "#56B4E9"))


def look(dark: bool) -> Theme:
    """The dark theme or the light one."""
    return DARK if dark else LIGHT


def safe(text: str, longest: int = 400) -> str:
    """Text of a record for a figure: escaped, as Plotly reads a subset of HTML in every label, and shown as it is."""
    return html.escape(wording.shown(text, longest), quote=False)


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def tick(text: str, letters: int = NAME) -> str:
    """A name on an axis: escaped, on two lines at most."""
    lines = textwrap.wrap(wording.shown(text), letters, break_on_hyphens=False, max_lines=2, placeholder="…") or [""]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def segment(at: int, theme: Theme) -> dict[str, Any]:
    """Colour and pattern of the segment at this place in a row."""
    colour, shape = theme.colour(SERIES[at % len(SERIES)]), SHAPES[at % len(SHAPES)]
    return {
        "color": colour,
        "line": {"color": theme.paper, "width": 1},
        "pattern": {"shape": shape, "size": 6, "solidity": 0.25, "bgcolor": colour, "fgcolor": theme.paper},
    }


def bar(figure: go.Figure, values: Sequence[object], names: Sequence[str], marker: dict[str, Any], **more: Any) -> None:
    """Add lying bars, one a name."""
    figure.add_bar(orientation="h", x=list(values), y=list(range(len(names))), marker=marker, width=0.68, **more)


def rows(figure: go.Figure, names: Sequence[str], *, single: bool = False) -> None:
    """Write names on the y axis, the first on top, for traces whose y are places in the list; on one line if `single`."""
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[safe(cut(name, NAME + 8)) if single else tick(name) for name in names],
        showgrid=False,
        range=[len(names) - 0.4, -0.6],
    )


def left(names: Iterable[str], *, single: bool = False) -> int:
    """Pixels that names on the y axis take, written as `rows` does."""
    letters = NAME + 8 if single else NAME
    lines = (line for name in names for line in ([name] if single else textwrap.wrap(name, letters, max_lines=2)))
    return 22 + int((6.4 if single else 6.9) * min(max(map(len, lines), default=0), letters))


def columns(frame: pl.DataFrame, *needed: str) -> None:
    """Check that a frame is what the analysis of the same name returns.

    Raises:
        ValueError: if it lacks a column.
    """
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        found = ", ".join(printable(name, 40) for name in frame.columns[:12]) or "none"
        raise ValueError(
            f"the frame lacks {', '.join(missing)}; found the columns {found}. "
            "Give the frame that the analysis function of the same name returns"
        )


def settings(name: str, footer: str, language: str, dark: bool, **values: object) -> dict[str, Any]:
    """What `finish` takes in every figure: title and rule of the figure of this name, and what its caller asked for."""
    return {
        "title": wording.words(f"{name}_title", language, **values),
        "rule": wording.words(f"{name}_rule", language, **values),
        "footer": footer,
        "language": language,
        "dark": dark,
    }


def say_rest(settings: dict[str, Any], rest: int) -> None:
    """Say in the rule how many rows are left out, if any are."""
    if rest > 0:
        settings["rule"] += " " + wording.words("more", settings["language"], n=f"{rest:,}")


def nothing(key: str, **settings: Any) -> go.Figure:
    """A figure that says in words that there is nothing to draw."""
    figure = go.Figure()
    language = settings["language"]
    said = wording.words(key, language)
    lines = "<br>".join(wording.isolated(line, language) for line in textwrap.wrap(said, 48))
    figure.add_annotation(text=lines, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return finish(figure, alt=said, height=110, **settings)


def table(
    heads: Sequence[str], columns: Sequence[Sequence[str]], *, widths: Sequence[int], **settings: Any
) -> go.Figure:
    """A table whose cells break into lines; what is left of `settings` goes to `finish`.

    Args:
        heads: names of the columns.
        columns: the texts of each; they are escaped here.
        widths: of the columns, in parts of their sum.
        **settings: title, rule, footer, words and rows, see there.
    """
    theme = look(settings["dark"])
    side = "left"
    if settings["language"] in wording.RIGHT_TO_LEFT:
        heads, columns, widths, side = heads[::-1], columns[::-1], widths[::-1], "right"
    broken = [[" ".join(textwrap.wrap(cut(text, 160), 18)) for text in column] for column in columns]
    cell = {"align": side, "line": {"color": theme.grid, "width": 1}, "height": 20}
    figure = go.Figure(
        go.Table(
            columnwidth=list(widths),
            header={
                **cell,
                "values": [f"<b>{safe(head)}</b>" for head in heads],
                "fill": {"color": theme.pale},
                "font": {"size": 11, "color": theme.ink},
            },
            cells={
                **cell,
                "values": [[safe(text) for text in column] for column in broken],
                "fill": {"color": theme.paper},
                "font": {"size": 11, "color": theme.ink},
            },
        )
    )
    full = [[head, *column] for head, column in zip(heads, broken, strict=True)]
    rows = [list(map(len, row)) for row in zip(*full, strict=True)]
    cells = {"rows": rows, "widths": [width / sum(widths) for width in widths]}
    return finish(figure, height=_table_height(cells, WIDTH - 26), cells=cells, left=12, bottom=4, **settings)


def _table_height(cells: dict[str, Any], width: int) -> int:
    """Pixels that the rows of a table take; `saving.plot_script` holds the same for the width of a page."""
    room: list[float] = [max(2, (width * share - 18) / 7.6) for share in cells["widths"]]
    lines: list[int] = [max(math.ceil(n / fit) for n, fit in zip(row, room, strict=True)) for row in cells["rows"]]
    return 8 + sum(8 + 15 * n for n in lines)


def finish(
    figure: go.Figure,
    *,
    title: str,
    rule: str,
    footer: str,
    alt: str,
    drawn: pl.DataFrame,
    height: int,
    language: str = "en",
    dark: bool = False,
    left: int = 12,
    bottom: int = 34,
    head: int = 0,
    aspect: float | None = None,
    letters: float | None = None,
    cells: dict[str, Any] | None = None,
    names: Sequence[str] = (),
    shorten: bool = False,
) -> go.Figure:
    """Give a figure its look, and keep in `layout.meta` what `saving` needs.

    Args:
        figure: with its traces, whose texts are escaped.
        title: what it shows.
        rule: how it was counted, one line.
        footer: the citation of the dataset, with version and state of review.
        alt: what it shows in numbers, for those who do not see it; the title goes before it.
        drawn: the rows that are drawn.
        height: pixels of the plot itself, without headings.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
        left: pixels that names on the left take.
        bottom: pixels that names below take.
        head: pixels that names of panels take between the legend and the plot.
        aspect: height in parts of the width that the plot keeps where it is narrow.
        letters: size of the texts in the plot, in parts of the width that its proportions leave it, where they must fit
            into a drawn shape; needs `aspect`.
        names: what the annotations named "row" say, which are cut to the width.
        shorten: whether names on the left, each on one line, are cut further where a page is narrow.
        cells: of a table: letters in each cell by row, and shares of the width by column.
    """
    theme = look(dark)
    lists = [name for name, kind in drawn.schema.items() if kind.is_nested()]
    flat = drawn.with_columns(*(drawn[name].list.join("; ") for name in lists)) if lists else drawn
    figure.update_layout(
        template="none",
        meta={
            "title": title,
            "rule": rule,
            "footer": printable(footer, 1000),
            "letters": letters,
            "cells": cells,
            "names": [wording.shown(name) for name in names],
            "shorten": shorten,
            "alt": f"{title}. {alt}",
            "csv": flat.write_csv(),
            "language": language,
            "dark": dark,
            "height": height,
            "left": left,
            "bottom": bottom,
            "head": head,
            "aspect": aspect,
        },
        font={"family": FONT, "size": 12, "color": theme.ink},
        hoverlabel={"bgcolor": theme.paper, "font": {"color": theme.ink, "family": FONT}, "align": "left"},
        plot_bgcolor=theme.paper,
        paper_bgcolor=theme.paper,
        modebar={
            "color": theme.soft,
            "activecolor": theme.ink,
            "bgcolor": "rgba(0,0,0,0)",
            "remove": ["sendChartToCloud"],  # CONFIG does not reach a notebook, where Plotly 7 offers it by default
        },
        barmode="overlay" if figure.layout.barmode is None else figure.layout.barmode,
    )
    figure.update_xaxes(
        gridcolor=theme.grid,
        linecolor=theme.grid,
        zeroline=False,
        tickfont_color=theme.soft,
        ticks="",
        ticklabelstandoff=4,
    )
    figure.update_yaxes(gridcolor=theme.grid, linecolor=theme.grid, zeroline=False, ticks="", ticklabelstandoff=4)
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        if axis.ticktext:
            axis.ticktext = [
                "<br>".join(wording.isolated(line, language) for line in str(text).split("<br>"))
                for text in axis.ticktext
            ]
    return lay(figure, WIDTH)


def lay(figure: go.Figure, width: int) -> go.Figure:
    """Break title, rule and footer into lines for a width in pixels, and make room for them; changes the figure."""
    meta, theme = figure.layout.meta, look(figure.layout.meta["dark"])
    language = meta["language"]
    right = language in wording.RIGHT_TO_LEFT
    heads = _lines(meta["title"], _TITLE * 1.06, width, language)
    rules = _lines(meta["rule"], _RULE, width, language)
    feet = _lines(meta["footer"], _FOOT, width, "en")
    plot = max(80, width - meta["left"] - _RIGHT)
    if meta["cells"]:
        figure.layout.meta = meta = {**meta, "height": _table_height(meta["cells"], plot)}
    tall = min(meta["height"], int(plot * meta["aspect"])) if meta["aspect"] else meta["height"]
    room = width - _RIGHT if meta["left"] > 12 and not right else plot  # what Plotly gives to a legend there
    under = 22 + 24 * len(heads)  # pixels from the upper edge to the rule
    top = under + 17 * len(rules) + 21 * _legend_rows(figure, room) + meta["head"] + 16
    foot = 14 * len(feet) + 12
    height = top + tall + meta["bottom"] + foot
    small = {"showarrow": False, "xref": "paper", "yref": "paper", "yanchor": "top"}
    start = {"x": 0, "xanchor": "left", "align": "left", "xshift": 12 - meta["left"]}
    end = {"x": 1, "xanchor": "right", "align": "right", "xshift": _RIGHT - 12}
    figure.update_layout(
        height=height,
        margin={"l": meta["left"], "r": _RIGHT, "t": top, "b": meta["bottom"] + foot, "pad": 0},
        title={
            "text": "<br>".join(f"<b>{one}</b>" for one in heads),
            "x": 1 if right else 0,
            "xref": "container",
            "xanchor": "right" if right else "left",
            "pad": {"l": 12, "r": 12},
            "y": 1 - (14 + 12 * len(heads)) / height,  # the middle of its lines
            "yref": "container",
            "yanchor": "auto",
            "font": {"size": _TITLE, "color": theme.ink},
        },
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1 + (6 + meta["head"]) / tall,
            "x": 1 if right else max(-2, (12 - meta["left"]) / plot),
            "xanchor": "right" if right else "left",
            "title": None,
            "traceorder": "normal",
            "bgcolor": "rgba(0,0,0,0)",
        },
    )
    for one, name in zip(figure.select_annotations({"name": "row"}), meta["names"], strict=False):
        one.text = safe(cut(name, max(20, int(plot / 6.3))))
    if meta["letters"]:
        wide = min(plot, tall / meta["aspect"])
        figure.update_traces(selector={"mode": "text"}, textfont_size=wide * meta["letters"])
    figure.layout.annotations = [one for one in figure.layout.annotations if one.name not in _AROUND]
    figure.add_annotation(
        name="rule",
        text="<br>".join(rules),
        y=1,
        yshift=top - under,
        font={"size": _RULE, "color": theme.soft},
        **small,
        **(end if right else start),
    )
    return figure.add_annotation(
        name="footer",
        text="<br>".join(feet),
        y=0,
        yshift=-meta["bottom"] - 4,
        font={"size": _FOOT, "color": theme.soft},
        **small,
        **start,
    )


def bare(figure: go.Figure) -> go.Figure:
    """A copy without title, rule and footer, for a page that tells them in its own words from `layout.meta`."""
    meta = figure.layout.meta
    copy = go.Figure(figure)
    narrow = _legend_rows(figure, 360 - meta["left"])
    copy.update_layout(
        title=None,
        legend={"x": 1 if meta["language"] in wording.RIGHT_TO_LEFT else 0},
        height=meta["height"] + meta["bottom"] + meta["head"] + 16 + 21 * min(narrow, 4),
        margin={"t": 12 + meta["head"], "b": meta["bottom"]},
    )
    copy.layout.annotations = [one for one in figure.layout.annotations if one.name not in _AROUND]
    return copy


def _lines(text: str, size: float, width: int, language: str) -> list[str]:
    letters = max(20, int((width - 26) / (size * _LETTER)))
    broken = textwrap.wrap(text, letters, break_on_hyphens=False)
    return [wording.isolated(html.escape(line, quote=False), language) for line in broken]


def _legend_rows(figure: go.Figure, width: int) -> int:
    """How many lines the legend takes: names side by side, in columns as wide as the longest if one line is too short."""
    if figure.layout.showlegend is False:
        return 0
    shown = [trace for trace in figure.data if trace.type != "table" and trace.showlegend is not False and trace.name]
    if len(shown) < 2 and not any(trace.showlegend for trace in shown):
        return 0
    widths = [46 + 12 * _LETTER * 1.05 * len(html.unescape(trace.name)) for trace in shown]
    if sum(widths) <= width:
        return 1
    return math.ceil(len(shown) / max(1, int(width // max(widths))))
