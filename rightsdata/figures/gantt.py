"""Periods along a time axis: measures against platforms, the steps of one, the stages of many."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from rightsdata.errors import printable
from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words

MOST_PLATFORMS = 40
"""Platforms in a country that the timeline draws; the rest is counted in its rule."""

MOST_MEASURES = 600
"""Bars of the timeline."""

MOST_STEPS = 40
"""Rows of ladder and lifecycle."""

MARKS = {"open": "▸", "unknown": "?", "past": "]"}
"""What stands at the end of a bar: it went on, nobody says, over on a day that is not known."""

_SMALL = ("announced", "adopted")
"""Stages that `timeline` marks on a bar."""

_SHORTEST = timedelta(days=12)
"""Shortest bar that can be seen over a decade; the hover text holds the real dates."""

_MARK = timedelta(days=150)
"""Room that the mark of an open end takes on its lane, as wide as it gets on a telephone."""

_BOUNDS = ("start_earliest", "start_latest", "end_earliest", "end_latest", "last_confirmed", "as_of", "ending")


def timeline(
    frame: pl.DataFrame,
    *,
    footer: str,
    language: str = "en",
    dark: bool = False,
    stages: pl.DataFrame | None = None,
    links: pl.DataFrame | None = None,
) -> go.Figure:
    """Platforms by time: one row a platform and country, one bar a measure.

    Solid where something vouches that the measure applied, hatched where the bounds of its dates or the silence of
    the sources leave it open; the end of a bar carries one of MARKS, a start "on or before" a day a `◂`. At most
    MOST_PLATFORMS rows and MOST_MEASURES bars are drawn, the first of the frame.

    Args:
        frame: what `analysis.timeline` returns; no row at all gives a figure that says so.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
        stages: what `analysis.lifecycle` returns, for a small mark on the day of each announcement and adoption that
            is known to the day.
        links: what `analysis.escalations` returns, for an arrow to each step from the one that it follows.
    """
    theme.columns(frame, "country", "platform_id", "platform", "event_id", "title", "restriction_type", *_BOUNDS)
    settings = theme.settings("timeline", footer, language, dark)
    keys = frame.select("country", "platform_id").unique(maintain_order=True)
    drawn = frame.join(keys.head(MOST_PLATFORMS), on=["country", "platform_id"], how="semi").head(MOST_MEASURES)
    if frame.is_empty():
        return theme.nothing("no_measure", drawn=frame, **settings)
    if stages is not None or links is not None:
        settings["rule"] += " " + words("timeline_layers", language)
    theme.say_rest(settings, frame.height - drawn.height)
    figure = go.Figure()
    several = drawn["country"].n_unique() > 1
    places = {code: wording.country(code, language) for code in drawn["country"].unique()}
    named = [
        f"{row['platform']} · {places[row['country']]}" if several else row["platform"]
        for row in drawn.iter_rows(named=True)
    ]
    rows, lanes = _lanes(drawn.with_columns(name=pl.Series(named, dtype=pl.String)))
    kinds = drawn["restriction_type"].unique(maintain_order=True).to_list()
    for kind in kinds:
        name = wording.label("restriction_type", kind, language)
        _bars(figure, [row for row in rows if row["restriction_type"] == kind], kind, name, language, dark)
    _marks(figure, rows, dark)
    if stages is not None:
        theme.columns(stages, "event_id", *(f"{name}_{side}" for name in _SMALL for side in ("earliest", "latest")))
        _stages(figure, rows, stages, language, dark)
    arrows: list[dict[str, Any]] = []
    if links is not None:
        theme.columns(links, "event_id", "follows")
        arrows = _arrows(rows, dict(links.select("event_id", "follows").iter_rows()), dark)
    names = {(row["country"], row["platform_id"]): row["name"] for row in rows}
    figure.update_yaxes(
        tickmode="array",
        tickvals=[sum(lanes[key]) / 2 for key in names],
        ticktext=[theme.tick(name) for name in names.values()],
        range=[max(last for _, last in lanes.values()) + 0.8, -0.8],
        showgrid=False,
    )
    line = {"color": theme.look(dark).grid, "width": 1}
    figure.update_layout(  # all at once, as Plotly checks every shape again for each that is added
        shapes=[
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": first - 0.5, "y1": first - 0.5, "line": line}
            for first, _ in list(lanes.values())[1:]
        ],
        annotations=arrows,
    )
    _time_axis(figure, rows)
    counted = drawn.group_by("restriction_type").len().sort("len", "restriction_type", descending=[True, False])
    return theme.finish(
        figure,
        alt="; ".join(
            [
                f"{words('platforms', language)}: {len(lanes)}",
                f"{words('events', language)}: {drawn['event_id'].n_unique()}",
                *(f"{wording.label('restriction_type', kind, language)}: {n}" for kind, n in counted.iter_rows()),
            ]
        )
        + ".",
        drawn=drawn,
        height=40 + 17 * (max(last for _, last in lanes.values()) + 1) + 14 * len(lanes),
        left=theme.left(names.values()),
        **settings,
    )


def ladder(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """The steps against one platform in one country, one row a step; plans that never applied are outlined.

    Args:
        frame: what `analysis.ladder` returns, at most MOST_STEPS rows of it; no row gives a figure that says so.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    needed = "country", "platform", "position", "event_id", "title", "restriction_type", "features", "status"
    theme.columns(frame, *needed, "relation", "follows", *_BOUNDS)
    settings = theme.settings("ladder", footer, language, dark)
    drawn = frame.head(MOST_STEPS)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    place = wording.country(frame["country"][0], language)
    name = theme.cut(wording.shown(frame["platform"][0]), 80)
    settings["title"] = words("ladder_of", language, platform=name, country=place)
    theme.say_rest(settings, frame.height - drawn.height)
    figure = go.Figure()
    rows, names, spoken = [], [], []
    for lane, row in enumerate(drawn.iter_rows(named=True)):
        kind = wording.label("restriction_type", row["restriction_type"], language)
        features = [wording.label("feature", one, language) for one in row["features"] or [] if one != "all"]
        relation = f"{wording.label('relation', row['relation'], language)}: " if row["relation"] else ""
        names.append(f"{lane + 1}. {kind}" + (f" ({', '.join(features)})" if features else ""))
        planned = row["status"] in ("planned", "abandoned")
        state = wording.label("status", row["status"], language)
        spoken.append(f"{lane + 1}. {relation}{kind}, {state}" + _since(row, language))
        if row["start_latest"] is not None:
            rows.append({**row, "lane": lane, "name": row["title"], "planned": planned})
    for kind in dict.fromkeys(row["restriction_type"] for row in rows):
        name = wording.label("restriction_type", kind, language)
        mine = [row for row in rows if row["restriction_type"] == kind]
        _bars(figure, [row for row in mine if not row["planned"]], kind, name, language, dark)
        _outlines(figure, [row for row in mine if row["planned"]], kind, language, dark)
    _marks(figure, [row for row in rows if not row["planned"]], dark)
    lanes = {row["event_id"]: row for row in rows}
    for row in rows:
        before = lanes.get(row.get("follows"))
        if before:
            _link(figure, before, row, dark)
    theme.rows(figure, names)
    figure.update_yaxes(showgrid=False)
    if rows:
        _time_axis(figure, rows)
    return theme.finish(
        figure,
        alt="; ".join(spoken) + ".",
        drawn=drawn,
        height=50 + 38 * len(names),
        left=theme.left(names),
        **settings,
    )


def lifecycle(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """From the first report to the lifting: one row a measure, one mark a stage; plans stand at the foot.

    Args:
        frame: what `analysis.lifecycle` returns, at most MOST_STEPS rows of it; no row gives a figure that says so.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    bounds = [f"{stage}_{side}" for stage in theme.STAGES for side in ("earliest", "latest")]
    theme.columns(frame, "event_id", "country", "title", "path", *bounds)
    settings = theme.settings("lifecycle", footer, language, dark)
    order = pl.col("path").cast(pl.String).replace_strict({"applied": 0, "plan": 1, "abandoned": 2}, default=3)
    drawn = frame.sort(order, maintain_order=True).head(MOST_STEPS)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    theme.say_rest(settings, frame.height - drawn.height)
    look = theme.look(dark)
    figure = go.Figure()
    names: list[str] = []
    roads: list[dict[str, Any]] = []
    for lane, row in enumerate(drawn.iter_rows(named=True)):
        path = "" if row["path"] == "applied" else f" [{words(row['path'], language)}]"
        names.append(f"{row['country']}{path} · {row['title']}")
        days = [row[name] for name in bounds if row[name] is not None]
        if days:
            dash = "solid" if row["path"] == "applied" else "dot"
            line = {"color": look.grid, "width": 3, "dash": dash}
            roads.append({"type": "line", "x0": min(days), "x1": max(days), "y0": lane, "y1": lane, "line": line})
    for at, (stage, symbol) in enumerate(theme.STAGES.items()):
        found = [
            (lane, row[f"{stage}_earliest"], row[f"{stage}_latest"])
            for lane, row in enumerate(drawn.iter_rows(named=True))
            if row[f"{stage}_latest"] is not None
        ]
        if not found:
            continue
        figure.add_scatter(
            mode="markers",
            name=safe(wording.label("stage", stage, language)),
            x=[_stamp(last) for _, _, last in found],
            y=[lane for lane, _, _ in found],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [0] * len(found),
                "arrayminus": [(last - (first or last)).total_seconds() * 1000 for _, first, last in found],
                "color": look.soft,
                "thickness": 1.5,
                "width": 3,
            },
            marker={
                "symbol": symbol,
                "size": 10,
                "color": look.colour(theme.SERIES[at]) if at else look.ink,  # a ring is thin
                "line": {"color": look.ink, "width": 1},
            },
            hovertext=[
                f"<b>{theme.tick(names[lane], 60)}</b><br>{safe(wording.label('stage', stage, language))}: {_period(first, last, language)}"
                for lane, first, last in found
            ],
            hoverinfo="text",
        )
    above = {"x": 0, "xref": "paper", "xanchor": "left", "yref": "y", "yanchor": "bottom", "showarrow": False}
    figure.update_layout(
        shapes=roads,
        annotations=[  # titles are longer than the room beside a plot
            {
                **above,
                "name": "row",
                "text": safe(theme.cut(name, 54)),
                "y": lane - 0.2,
                "font": {"size": 11, "color": look.ink},
            }
            for lane, name in enumerate(names)
        ],
    )
    figure.update_yaxes(visible=False, range=[len(names) - 0.3, -0.9])
    figure.update_xaxes(type="date", tickformatstops=theme.DAYS)
    counted = [
        f"{wording.label('stage', stage, language)}: {drawn[f'{stage}_latest'].count()}" for stage in theme.STAGES
    ]
    paths = [
        f"{words(name, language)}: {(drawn['path'].cast(pl.String) == name).sum()}"
        for name in ("applied", "plan", "abandoned")
    ]
    return theme.finish(
        figure,
        alt="; ".join([*paths, *counted]) + ".",
        drawn=drawn,
        height=30 + 44 * len(names),
        left=14,
        names=names,
        **settings,
    )


def _time_axis(figure: go.Figure, rows: list[dict[str, Any]]) -> None:
    drawn = [part for row in rows for part in _parts(row)]
    oldest, newest = min(first for _, first, _ in drawn), max(last for _, _, last in drawn)
    room = max(timedelta(days=20), (newest - oldest) * 0.04)
    figure.update_xaxes(
        type="date", range=[oldest - room / 2, newest + room], tickformatstops=theme.DAYS, showgrid=True, side="bottom"
    )


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
        last = max(len(free), 2 if len(group[0].get("name", "")) > theme.NAME else 1)  # a name may need two lines
        lanes[key] = (next_lane, next_lane + last - 1)
        next_lane += last
    return rows, lanes


def _bars(figure: go.Figure, rows: list[dict[str, Any]], kind: str, name: str, language: str, dark: bool) -> None:
    look = theme.look(dark)
    colour = look.colour(theme.COLOURS.get(kind, theme.OTHER))
    named = False
    for wanted in ("sure", "open"):
        bars = [(first, last, row) for row in rows for part, first, last in _parts(row) if part == wanted]
        if not bars:
            continue
        sure = wanted == "sure"
        figure.add_bar(
            orientation="h",
            name=safe(name),
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
                    "shape": theme.MARKINGS.get(kind, "") if sure else "/",
                    "size": 5,
                    "solidity": 0.2 if sure else 0.35,
                    "fgcolor": look.paper if sure else colour,
                    "bgcolor": colour if sure else look.paper,
                },
            },
            hovertext=[_hover(row, name, language) for _, _, row in bars],
            hoverinfo="text",
        )
        named = True


def _outlines(figure: go.Figure, rows: list[dict[str, Any]], kind: str, language: str, dark: bool) -> None:
    if not rows:
        return
    look = theme.look(dark)
    figure.add_scatter(
        mode="markers",
        name=safe(words("plan", language)),
        legendgroup="plan",
        showlegend=not any(trace.legendgroup == "plan" for trace in figure.data),
        x=[_stamp(row["start_latest"]) for row in rows],
        y=[row["lane"] for row in rows],
        marker={
            "symbol": "diamond-open",
            "size": 12,
            "color": look.colour(theme.COLOURS.get(kind, theme.OTHER)),
            "line": {"width": 2},
        },
        hovertext=[_hover(row, words("plan", language), language) for row in rows],
        hoverinfo="text",
    )


def _link(figure: go.Figure, before: dict[str, Any], row: dict[str, Any], dark: bool) -> None:
    """A dotted line from a step down to the one that follows from it, at the start of the latter."""
    at = _stamp(row["start_latest"])
    figure.add_shape(
        type="line", x0=at, x1=at, y0=before["lane"], y1=row["lane"], layer="below",
        line={"color": theme.look(dark).soft, "width": 1.5, "dash": "dot"},
    )  # fmt: skip


def _marks(figure: go.Figure, rows: list[dict[str, Any]], dark: bool) -> None:
    ends = [(_parts(row)[-1][2], row["lane"], MARKS[row["ending"]]) for row in rows if row["ending"] in MARKS]
    starts = [(_parts(row)[0][1], row["lane"], "◂") for row in rows if row["start_earliest"] is None]
    for side, marks in (("right", ends), ("left", starts)):
        figure.add_scatter(
            mode="text",
            x=[_stamp(day) for day, _, _ in marks],
            y=[lane for _, lane, _ in marks],
            text=[f" {mark} " for _, _, mark in marks],
            textposition=f"middle {side}",
            textfont={"size": 12, "color": theme.look(dark).ink},
            hoverinfo="skip",
            showlegend=False,
        )


def _stages(figure: go.Figure, rows: list[dict[str, Any]], stages: pl.DataFrame, language: str, dark: bool) -> None:
    look = theme.look(dark)
    known = {row["event_id"]: row for row in stages.iter_rows(named=True)}
    for name in _SMALL:
        found = [
            (known[row["event_id"]][f"{name}_latest"], row)
            for row in rows
            if row["event_id"] in known
            and known[row["event_id"]][f"{name}_latest"] is not None
            and known[row["event_id"]][f"{name}_earliest"] == known[row["event_id"]][f"{name}_latest"]
        ]
        said = safe(wording.label("stage", name, language))
        figure.add_scatter(
            mode="markers",
            x=[_stamp(day) for day, _ in found],
            y=[row["lane"] for _, row in found],
            marker={
                "symbol": theme.STAGES[name],
                "size": 6,
                "color": look.paper,
                "line": {"color": look.ink, "width": 1.2},
            },
            hovertext=[f"<b>{safe(row['name'], 120)}</b><br>{said}: {day}" for day, row in found],
            hoverinfo="text",
            showlegend=False,
        )


def _arrows(rows: list[dict[str, Any]], follows: dict[str, str | None], dark: bool) -> list[dict[str, Any]]:
    """From the lane of a step to that of the one that follows from it, on the same platform, where it begins."""
    lanes = {(row["country"], row["platform_id"], row["event_id"]): row["lane"] for row in rows}
    arrow = {
        "text": "", "showarrow": True, "axref": "x", "ayref": "y", "xref": "x", "yref": "y",
        "arrowhead": 2, "arrowsize": 0.8, "arrowwidth": 1.2, "arrowcolor": theme.look(dark).ink,
    }  # fmt: skip
    found = []
    for row in rows:
        before = lanes.get((row["country"], row["platform_id"], follows.get(row["event_id"])))
        if before is not None and before != row["lane"]:
            at, step = _stamp(row["start_latest"]), 0.33 if before < row["lane"] else -0.33
            found.append({**arrow, "x": at, "ax": at, "ay": before + step, "y": row["lane"] - step})
    return found


def _hover(row: dict[str, Any], kind: str, language: str) -> str:
    confirmed = (
        words("confirmed", language, day=row["last_confirmed"])
        if row["last_confirmed"]
        else words("unconfirmed", language)
    )
    ends = {
        "known": lambda: f"{words('to', language)} {_period(row['end_earliest'], row['end_latest'], language)}",
        "open": lambda: f"{confirmed}; {words('newest', language, day=row['as_of'])}",
        "unknown": lambda: f"{confirmed}; {words('end_unknown', language)}",
        "past": lambda: f"{confirmed}; {words('over_by', language, day=row['as_of'])}",
    }
    features = [wording.label("feature", one, language) for one in row.get("features") or [] if one != "all"]
    hit = f" ({safe(', '.join(features))})" if features else ""
    title = "<br>".join(safe(line) for line in textwrap.wrap(printable(row["title"]), 60))
    begin = f"{words('from', language)} {_period(row['start_earliest'], row['start_latest'], language)}"
    return f"<b>{safe(row['name'], 120)}</b>{hit}<br>{title}<br>{safe(kind)}<br>{begin}<br>{ends[row['ending']]()}"


def _since(row: dict[str, Any], language: str) -> str:
    if row["start_latest"] is None:
        return ""
    return f", {words('from', language)} {_period(row['start_earliest'], row['start_latest'], language)}"


def _period(first: date | None, last: date, language: str) -> str:
    if first is None:
        return words("or_before", language, day=last)
    return f"{first}" if first == last else words("between", language, first=first, last=last)


def _stamp(day: date) -> str:
    return datetime(day.year, day.month, day.day).isoformat()
