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
from typing import Any

import plotly.graph_objects as go
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
CONFIG = {"showSendToCloud": False, "displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}
"""Plotly's own settings for every figure: no button that sends a chart to a cloud, no logo, no remote address."""

_SHORTEST = timedelta(days=12)
"""Shortest bar that can be seen over a decade; the hover text holds the real dates."""


def timeline(frame: pl.DataFrame, *, footer: str, labels: dict[str, str] | None = None) -> go.Figure:
    """Platforms by time: one row a platform, one bar a measure.

    Solid where the measure certainly applied, hatched where bounds leave it open; an arrow where it went on when
    last confirmed, a question mark where nothing says whether it still does.

    Args:
        frame: what `analysis.timeline` returns; no row at all gives an empty figure that says so.
        footer: the dataset's citation.
        labels: names of the restriction types for the legend; the codes where absent.
    """
    figure = go.Figure()
    if frame.is_empty():
        figure.add_annotation(text="No measure with a known start in this selection.", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
        return _finish(figure, footer, height=240)
    rows, lanes = _lanes(frame)
    for kind in frame["restriction_type"].unique(maintain_order=True):
        name = (labels or {}).get(kind, kind)
        _bars(figure, [row for row in rows if row["restriction_type"] == kind], kind, name)
    _ends(figure, rows)
    ticks = {row["platform"]: lanes[row["platform_id"]] for row in rows}
    figure.update_yaxes(
        tickmode="array",
        tickvals=[sum(span) / 2 for span in ticks.values()],
        ticktext=[_safe(name) for name in ticks],
        range=[max(last for _, last in lanes.values()) + 0.8, -0.8],
    )
    for first, _ in list(lanes.values())[1:]:
        figure.add_hline(y=first - 0.5, line={"color": "#e3e3e3", "width": 1})
    newest = max(row["as_of"] for row in rows)
    oldest = min(row["start_earliest"] or row["start_latest"] for row in rows)
    figure.update_xaxes(type="date", range=[oldest - timedelta(days=90), newest + timedelta(days=240)])
    height = 190 + 17 * (max(last for _, last in lanes.values()) + 1) + 6 * len(lanes)
    return _finish(figure, footer, height=int(height))


def _lanes(frame: pl.DataFrame) -> tuple[list[dict[str, Any]], dict[str, tuple[int, int]]]:
    """The rows with the lane on which each is drawn, and the first and last lane of every platform."""
    rows: list[dict[str, Any]] = []
    lanes: dict[str, tuple[int, int]] = {}
    next_lane = 0
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        grouped[row["platform_id"]].append(row)
    for platform_id, group in grouped.items():
        free: list[date] = []
        for row in group:
            begin = row["start_earliest"] or row["start_latest"]
            finish = max(row["end_latest"] or row["as_of"], begin + _SHORTEST) + timedelta(days=45)
            lane = next((at for at, until in enumerate(free) if until < begin), len(free))
            free[lane : lane + 1] = [finish]
            rows.append({**row, "lane": next_lane + lane})
        lanes[platform_id] = (next_lane, next_lane + len(free) - 1)
        next_lane += len(free)
    return rows, lanes


def _bars(figure: go.Figure, rows: list[dict[str, Any]], kind: str, name: str) -> None:
    parts: dict[str, list[tuple[date, date, dict[str, Any]]]] = {"sure": [], "open": []}
    for row in rows:
        begin, sure = row["start_earliest"] or row["start_latest"], row["start_latest"]
        certain = row["end_earliest"] or row["end_latest"] or row["as_of"]
        final = row["end_latest"] or row["as_of"]
        certain, final = max(certain, sure), max(final, sure)
        if begin < sure:
            parts["open"].append((begin, sure, row))
        parts["sure"].append((sure, max(certain, sure + _SHORTEST) if final - sure <= _SHORTEST else certain, row))
        if certain < final:
            parts["open"].append((certain, final, row))
    for part, bars in parts.items():
        if not bars:
            continue
        colour = COLOURS.get(kind, OTHER)
        figure.add_bar(
            orientation="h",
            name=_safe(name),
            legendgroup=kind,
            showlegend=part == "sure",
            y=[row["lane"] for _, _, row in bars],
            base=[_stamp(begin) for begin, _, _ in bars],
            x=[(finish - begin).total_seconds() * 1000 for begin, finish, _ in bars],
            width=0.66,
            marker={
                "color": colour,
                "line": {"color": colour, "width": 1},
                "pattern": {"shape": "/" if part == "open" else "", "size": 5, "fgcolor": colour, "bgcolor": "white"},
            },
            hovertext=[_hover(row, name) for _, _, row in bars],
            hoverinfo="text",
        )


def _ends(figure: go.Figure, rows: list[dict[str, Any]]) -> None:
    marks = {
        "open": ("▸", "goes on when last confirmed"),
        "unknown": ("?", "whether it still goes on is not known"),
        "past": ("⁚", "over, the day not known"),
    }
    for ending, (mark, name) in marks.items():
        found = [row for row in rows if row["ending"] == ending]
        if not found:
            continue
        figure.add_scatter(
            mode="text",
            name=f"{mark}  {name}",
            x=[_stamp(max(row["as_of"], row["start_latest"] + _SHORTEST)) for row in found],
            y=[row["lane"] for row in found],
            text=[f" {mark}" for _ in found],
            textposition="middle right",
            textfont={"size": 12, "color": "#222222"},
            hoverinfo="skip",
            showlegend=False,
        )


def _hover(row: dict[str, Any], kind: str) -> str:
    begin = _period(row["start_earliest"], row["start_latest"])
    ends = {
        "known": f"to {_period(row['end_earliest'], row['end_latest'])}",
        "open": f"last confirmed on {row['as_of']}",
        "unknown": f"not known whether it still goes on; last source of {row['as_of']}",
        "past": f"over by {row['as_of']}, the day not known",
    }
    features = "" if row["features"] == ["all"] else f" ({_safe(', '.join(row['features']))})"
    title = "<br>".join(_safe(line) for line in textwrap.wrap(row["title"], 60))
    return f"<b>{_safe(row['platform'])}</b>{features}<br>{title}<br>{_safe(kind)}<br>from {begin}<br>{ends[row['ending']]}"


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
    lines = textwrap.wrap(footer, 110)
    figure.update_layout(
        template="none",
        height=height,
        barmode="overlay",
        font={"family": FONT, "size": 12, "color": "#222222"},
        margin={"l": 10, "r": 10, "t": 84, "b": 60 + 14 * len(lines)},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None},
        hoverlabel={"bgcolor": "white", "font": {"color": "#222222"}, "align": "left"},
        plot_bgcolor="white",
    )
    figure.update_xaxes(showgrid=True, gridcolor="#ececec", zeroline=False, side="bottom")
    figure.update_yaxes(showgrid=False, zeroline=False, automargin=True)
    figure.add_annotation(
        text="<br>".join(_safe(line) for line in lines),
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        yshift=-34,
        yanchor="top",
        xanchor="left",
        showarrow=False,
        align="left",
        font={"size": 10, "color": "#555555"},
    )
    return figure
