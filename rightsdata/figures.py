"""Analysis frames to Plotly figures, in one theme; a figure draws and never computes.

Every function takes what the analysis of the same name returns, and a footer: the citation of the dataset, so that
no picture travels without its version and its state of review. Colours are those of Okabe and Ito, told apart by
people with the common colour-vision deficiencies, and never carry a meaning alone: patterns and marks repeat it.
"""

from __future__ import annotations

import html
import textwrap
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

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

OTHER = "#7a7a7a"
FONT = "'Noto Sans', 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"
CONFIG = {"showSendToCloud": False, "displaylogo": False, "responsive": True}
"""Plotly's own settings for every figure: no button that sends a chart to a cloud, no logo, no remote address."""

_SHORTEST = timedelta(days=12)
"""Shortest bar that can be seen over a decade; the hover text holds the real dates."""

_MARK = timedelta(days=150)
"""Room that the mark of an open end takes on its lane, as wide as it gets on a telephone."""

_NAME = 28
"""Longest name of a platform on the axis; the hover text holds the whole."""

MARKS = {"open": "▸", "unknown": "?", "past": "]"}
"""What stands at the end of a bar: it went on, nobody says, over on a day that is not known."""


def timeline(
    frame: pl.DataFrame, *, footer: str, labels: dict[str, str] | None = None, countries: dict[str, str] | None = None
) -> go.Figure:
    """Platforms by time: one row a platform and country, one bar a measure.

    Solid where something vouches that the measure applied, hatched where the bounds of its dates or the silence of
    the sources leave it open; the end of a bar carries one of MARKS, a start "on or before" a day a `◂`.

    Args:
        frame: what `analysis.timeline` returns; no row at all gives an empty figure that says so.
        footer: the dataset's citation.
        labels: names of the restriction types for the legend; the codes where absent.
        countries: names of the countries, told where the frame has several; the codes where absent.
    """
    figure = go.Figure()
    if frame.is_empty():
        words = "No measure that cut access, took effect and has a known start."
        figure.add_annotation(text=words, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        return _finish(figure, footer, height=200)
    several = frame["country"].n_unique() > 1
    rows, lanes = _lanes(frame)
    for row in rows:
        country = (countries or {}).get(row["country"], row["country"])
        row["name"] = f"{row['platform']} · {country}" if several else row["platform"]
    for kind in frame["restriction_type"].unique(maintain_order=True):
        _bars(figure, [row for row in rows if row["restriction_type"] == kind], kind, (labels or {}).get(kind, kind))
    _marks(figure, rows)
    names = {(row["country"], row["platform_id"]): row["name"] for row in rows}
    figure.update_yaxes(
        tickmode="array",
        tickvals=[sum(lanes[key]) / 2 for key in names],
        ticktext=[_safe(name if len(name) <= _NAME else name[: _NAME - 1] + "…") for name in names.values()],
        range=[max(last for _, last in lanes.values()) + 0.8, -0.8],
    )
    for first, _ in list(lanes.values())[1:]:
        figure.add_hline(y=first - 0.5, line={"color": "#e3e3e3", "width": 1})
    drawn = [part for row in rows for part in _parts(row)]
    oldest, newest = min(first for _, first, _ in drawn), max(last for _, _, last in drawn)
    figure.update_xaxes(type="date", range=[oldest - timedelta(days=120), newest + timedelta(days=240)])
    return _finish(figure, footer, height=170 + 17 * (max(last for _, last in lanes.values()) + 1) + 6 * len(lanes))


def _parts(row: dict[str, Any]) -> list[tuple[str, date, date]]:
    """What is drawn of a measure: ("sure" or "open", first day, last day), in order of time.

    Sure from the latest start to the earliest end, or to the last confirmation where the end is not known; open
    before it back to the earliest start, and after it to the latest end or to the newest source.
    """
    begin, sure_from = row["start_earliest"] or row["start_latest"], row["start_latest"]
    known = row["ending"] == "known"
    sure_to = row["end_earliest"] if known else row["last_confirmed"]
    final = max(row["end_latest"] if known else row["as_of"], sure_from)
    parts = []
    if sure_to is None or sure_to < sure_from:  # no day is sure
        parts.append(("open", begin, final))
    else:
        if begin < sure_from:
            parts.append(("open", begin, sure_from))
        parts.append(("sure", sure_from, min(sure_to, final)))
        if sure_to < final:
            parts.append(("open", sure_to, final))
    kind, first, last = parts[-1]
    parts[-1] = (kind, first, max(last, parts[0][1] + _SHORTEST))
    return parts


def _lanes(frame: pl.DataFrame) -> tuple[list[dict[str, Any]], dict[tuple[str, str], tuple[int, int]]]:
    """The rows with the lane on which each is drawn, and the first and last lane of every platform in a country."""
    rows: list[dict[str, Any]] = []
    lanes: dict[tuple[str, str], tuple[int, int]] = {}
    next_lane = 0
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        grouped[row["country"], row["platform_id"]].append(row)
    for key, group in grouped.items():
        free: list[date] = []
        for row in sorted(group, key=lambda row: _parts(row)[0][1]):
            parts = _parts(row)
            room = _MARK if row["ending"] in MARKS else timedelta(days=45)
            lane = next((at for at, until in enumerate(free) if until < parts[0][1]), len(free))
            free[lane : lane + 1] = [parts[-1][2] + room]
            rows.append({**row, "lane": next_lane + lane})
        lanes[key] = (next_lane, next_lane + len(free) - 1)
        next_lane += len(free)
    return rows, lanes


def _bars(figure: go.Figure, rows: list[dict[str, Any]], kind: str, name: str) -> None:
    colour = COLOURS.get(kind, OTHER)
    named = False
    for wanted in ("sure", "open"):
        bars = [(first, last, row) for row in rows for part, first, last in _parts(row) if part == wanted]
        if not bars:
            continue
        figure.add_bar(
            orientation="h",
            name=_safe(name),
            legendgroup=kind,
            showlegend=not named,
            y=[row["lane"] for _, _, row in bars],
            base=[_stamp(first) for first, _, _ in bars],
            x=[(last - first).total_seconds() * 1000 for first, last, _ in bars],
            width=0.66,
            marker={
                "color": colour,
                "line": {"color": colour, "width": 1},
                "pattern": {
                    "shape": "/" if wanted == "open" else "",
                    "size": 5,
                    "solidity": 0.35,
                    "fgcolor": colour,
                    "bgcolor": "white",
                },
            },
            hovertext=[_hover(row, name) for _, _, row in bars],
            hoverinfo="text",
        )
        named = True


def _marks(figure: go.Figure, rows: list[dict[str, Any]]) -> None:
    ends = [(_parts(row)[-1][2], row["lane"], MARKS[row["ending"]]) for row in rows if row["ending"] in MARKS]
    starts = [(_parts(row)[0][1], row["lane"], "◂") for row in rows if row["start_earliest"] is None]
    for side, marks in (("right", ends), ("left", starts)):
        figure.add_scatter(
            mode="text",
            x=[_stamp(day) for day, _, _ in marks],
            y=[lane for _, lane, _ in marks],
            text=[f" {mark} " for _, _, mark in marks],
            textposition=f"middle {side}",
            textfont={"size": 12, "color": "#222222"},
            hoverinfo="skip",
            showlegend=False,
        )


def _hover(row: dict[str, Any], kind: str) -> str:
    begin = _period(row["start_earliest"], row["start_latest"])
    confirmed = f"last confirmed on {row['last_confirmed']}" if row["last_confirmed"] else "no day of it is confirmed"
    ends = {
        "known": lambda: f"to {_period(row['end_earliest'], row['end_latest'])}",
        "open": lambda: f"{confirmed}; newest source or stage of {row['as_of']}",
        "unknown": lambda: f"{confirmed}; not known whether it still goes on",
        "past": lambda: f"{confirmed}; over by {row['as_of']}, the day not known",
    }
    features = "" if row["features"] == ["all"] else f" ({_safe(', '.join(row['features']))})"
    title = "<br>".join(_safe(line) for line in textwrap.wrap(row["title"], 60))
    return (
        f"<b>{_safe(row['name'])}</b>{features}<br>{title}<br>{_safe(kind)}<br>from {begin}<br>{ends[row['ending']]()}"
    )


def _period(first: date | None, last: date) -> str:
    if first is None:
        return f"{last} or before"
    return f"{first}" if first == last else f"between {first} and {last}"


def _stamp(day: date) -> str:
    return datetime(day.year, day.month, day.day).isoformat()


def _safe(text: str) -> str:
    """Text of a record for a figure: Plotly reads a subset of HTML, links too, in every label."""
    return html.escape(text, quote=False)


def _finish(figure: go.Figure, footer: str, *, height: int) -> go.Figure:
    lines = textwrap.wrap(footer, 58, break_on_hyphens=False)
    foot = 13 * len(lines)
    height += foot
    figure.update_layout(
        template="none",
        height=height,
        barmode="overlay",
        font={"family": FONT, "size": 12, "color": "#222222"},
        margin={"l": 10, "r": 10, "t": 84, "b": 52 + foot},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None},
        hoverlabel={"bgcolor": "white", "font": {"color": "#222222"}, "align": "left"},
        plot_bgcolor="white",
        title={  # the one text that Plotly anchors to the whole picture, so that a narrow one cuts nothing off
            "text": "<br>".join(_safe(line) for line in lines),
            "x": 0.01,
            "xref": "container",
            "xanchor": "left",
            "y": (foot + 6) / height,
            "yref": "container",
            "yanchor": "top",
            "font": {"size": 10, "color": "#555555"},
        },
    )
    figure.update_xaxes(showgrid=True, gridcolor="#ececec", zeroline=False, side="bottom")
    figure.update_yaxes(showgrid=False, zeroline=False, automargin=True)
    return figure
