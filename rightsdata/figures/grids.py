"""Counts in cells: reasons against contexts, platforms against countries, countries against years, days of a year."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words

MOST_ROWS, MOST_COLUMNS = 150, 20
"""Rows and columns of a grid; the rest is counted in its rule."""


def reasons_by_context(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """What officials say against what was happening: counts in cells, the three kinds of nothing last.

    Args:
        frame: what `analysis.reasons_by_context` returns.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "context", "reason", "events", "of")
    settings = theme.settings("reasons_by_context", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    counted = frame.with_columns(pl.col("context", "reason").cast(pl.String))
    last = ["other", "none_stated", "not_found"]
    reasons, contexts = (
        [one for one in _most(counted, name) if one not in last]
        + [one for one in last if one in counted[name].to_list()]
        for name in ("reason", "context")
    )
    return _grid(
        counted,
        ("reason", reasons, [wording.label("stated_reason", one, language) for one in reasons]),
        ("context", contexts, [wording.label("context", one, language) for one in contexts]),
        settings,
    )


def matrix(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """Counts in cells: platforms by country, or countries by year, as the frame has them.

    Args:
        frame: what `analysis.platforms_by_country` or `analysis.count_country_years` returns. Countries stand in the
            order of their names; of platforms those in the most countries are drawn.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.

    Raises:
        ValueError: if the frame is neither.
    """
    theme.columns(frame, "country", "events")
    if "year" in frame.columns:
        settings = theme.settings("matrix_years", footer, language, dark)
        if frame.is_empty():
            return theme.nothing("nothing", drawn=frame, **settings)
        years = frame["year"].drop_nulls().unique().sort().to_list()
        rows = _by_name(frame, language)
        named = [wording.country(code, language) for code in rows]
        return _grid(
            frame,
            ("country", rows, named),
            ("year", years[::-1], [str(year) for year in years[::-1]]),
            settings,
            newest=True,
        )
    theme.columns(frame, "platform_id", "platform")
    settings = theme.settings("matrix_platforms", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    platforms = _most(frame, "platform_id")
    names = dict(frame.select("platform_id", "platform").unique().iter_rows())
    chosen = frame.filter(pl.col("platform_id").is_in(platforms[:MOST_COLUMNS]))
    rows = _by_name(chosen, language)
    named = [wording.country(code, language) for code in rows]
    return _grid(
        frame, ("country", rows, named), ("platform_id", platforms, [names[one] for one in platforms]), settings
    )


def calendar(
    frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False, year: int | None = None
) -> go.Figure:
    """The days of a year: those on which a measure was surely in force, those on which one may have been.

    Args:
        frame: what `analysis.active_by_day` returns without groups.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
        year: which year; the last of the frame by default.

    Raises:
        ValueError: if the frame has no day in the year.
    """
    theme.columns(frame, "day", "lower", "upper")
    if frame.is_empty():
        return theme.nothing(
            "nothing", drawn=frame, **theme.settings("calendar", footer, language, dark, year=year or "–")
        )
    ordered = frame.sort("day")
    first, last = ordered["day"][0], ordered["day"][-1]
    chosen = year or last.year
    drawn = ordered.filter(pl.col("day").dt.year() == chosen)
    if drawn.is_empty():
        raise ValueError(f"found no day of {chosen} in the frame, which runs from {first} to {last}")
    if drawn["day"].n_unique() < drawn.height:
        raise ValueError("found several rows a day, expected one; give the frame without groups")
    look = theme.look(dark)
    settings = theme.settings("calendar", footer, language, dark, year=chosen)
    states = {
        "surely": (pl.col("lower") > 0, look.strong),
        "possibly": ((pl.col("lower") == 0) & (pl.col("upper") > 0), look.ramp[0]),
        "not_searched": (pl.col("upper") == 0, look.pale),
    }
    counts = {key: drawn.filter(condition).height for key, (condition, _) in states.items()}
    cells: list[list[int | None]] = [[None] * 31 for _ in range(12)]
    hovers = [[""] * 31 for _ in range(12)]
    for at, (condition, _) in enumerate(states.values()):
        for day, lower, upper in drawn.filter(condition).select("day", "lower", "upper").iter_rows():
            cells[day.month - 1][day.day - 1] = at
            hovers[day.month - 1][day.day - 1] = (
                f"{day}<br>{safe(words('surely', language))}: {lower:,}<br>{safe(words('possibly', language))}: {upper:,}"
            )
    colours = [colour for _, colour in states.values()]
    figure = go.Figure(
        go.Heatmap(
            z=cells, x=list(range(1, 32)), y=list(range(12)), zmin=0, zmax=2, showscale=False, xgap=2, ygap=2,
            colorscale=[[0, colours[0]], [0.5, colours[1]], [1, colours[2]]],
            hovertext=hovers, hoverinfo="text", hoverongaps=False,
        )
    )  # fmt: skip
    for key, (_, colour) in states.items():
        name = f"{words(key, language)} ({counts[key]} {words('days', language)})"
        marker = {
            "symbol": "square-dot" if key == "possibly" else "square",
            "size": 11,
            "color": colour,
            "line": {"color": look.soft, "width": 1},
        }
        figure.add_scatter(x=[None], y=[None], mode="markers", name=safe(name), marker=marker, showlegend=True)
    dots = drawn.filter(states["possibly"][0])["day"]
    figure.add_scatter(  # a mark that is seen in grey too
        x=[day.day for day in dots],
        y=[day.month - 1 for day in dots],
        mode="markers",
        marker={"symbol": "circle", "size": 4, "color": look.strong},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(12)),
        ticktext=[f"{month:02d}" for month in range(1, 13)],
        range=[11.6, -0.6],
        showgrid=False,
    )
    figure.update_xaxes(tickmode="array", tickvals=[1, 8, 15, 22, 29], range=[0.3, 31.7], showgrid=False)
    said = [
        f"{words(key, language)}: {counts[key]} {words('days', language)}"
        for key in ("surely", "possibly", "not_searched")
    ]
    spans = f"{drawn['day'][0]} – {drawn['day'][-1]}"
    return theme.finish(figure, alt=f"{spans}; " + "; ".join(said) + ".", drawn=drawn, height=300, left=44, **settings)


def _most(frame: pl.DataFrame, name: str) -> list[str]:
    """Values by the number of cells that they fill, then by their events, then by name."""
    counted = frame.group_by(name).agg(cells=pl.len(), events=pl.col("events").sum())
    ordered = counted.sort(["cells", "events", name], descending=[True, True, False])
    return ordered[name].to_list()


def _by_name(frame: pl.DataFrame, language: str) -> list[str]:
    return sorted(frame["country"].unique().to_list(), key=lambda code: wording.country(code, language))


def _grid(
    frame: pl.DataFrame,
    rows: tuple[str, list[Any], list[str]],
    columns: tuple[str, list[Any], list[str]],
    settings: dict[str, Any],
    *,
    newest: bool = False,
) -> go.Figure:
    """A heat map with its counts in the cells; an empty cell is no zero.

    Args:
        frame: with `events` a cell.
        rows: column of the frame, its values in order, and their names.
        columns: the same across; `newest` keeps the first of them, and draws them from the last to the first.
        settings: for `theme.finish`.
        newest: see `columns`.
    """
    language = settings["language"]
    look = theme.look(settings["dark"])
    down, down_values, down_names = rows[0], rows[1][:MOST_ROWS], rows[2][:MOST_ROWS]
    across, across_values, across_names = columns[0], columns[1][:MOST_COLUMNS], columns[2][:MOST_COLUMNS]
    if newest:
        across_values, across_names = across_values[::-1], across_names[::-1]
    drawn = frame.filter(pl.col(down).is_in(down_values) & pl.col(across).is_in(across_values))
    theme.say_rest(settings, frame.height - drawn.height)
    cells = {(a, b): n for a, b, n in drawn.select(down, across, "events").iter_rows()}
    values = [[cells.get((a, b)) for b in across_values] for a in down_values]
    top = max(cells.values())
    wide = max(len(name) for name in across_names) > 4
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(across_values))),
            y=list(range(len(down_values))),
            colorscale=[[0, look.ramp[0]], [1, look.ramp[1]]],
            zmin=0,
            zmax=top,
            xgap=1.5,
            ygap=1.5,
            showscale=False,
            hovertext=[
                [
                    f"{safe(a)}<br>{safe(b)}: {'' if n is None else f'{n:,}'}"
                    for b, n in zip(across_names, line, strict=True)
                ]
                for a, line in zip(down_names, values, strict=True)
            ],
            hoverinfo="text",
            hoverongaps=False,
        )
    )
    for light in (True, False):  # ink that can be read on the cell's colour
        texts = [
            (x, y, f"{n:,}")
            for y, line in enumerate(values)
            for x, n in enumerate(line)
            if n is not None and (n <= 0.55 * top) == light
        ]
        figure.add_scatter(
            mode="text",
            x=[x for x, _, _ in texts],
            y=[y for _, y, _ in texts],
            text=[text for _, _, text in texts],
            textfont={"size": 11, "color": (look.ink if light else look.paper)},
            showlegend=False,
            hoverinfo="skip",
        )
    theme.rows(figure, down_names, single=True)
    tall = len(down_values) > 30  # names of columns where reading begins
    figure.update_yaxes(tickfont_size=11)
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(across_values))),
        ticktext=[safe(theme.cut(name, 22)) for name in across_names],
        tickfont_size=11 if len(across_names) <= 12 else 9.5,
        tickangle=-90 if wide or len(across_names) > 12 else 0,
        range=[-0.6, len(across_values) - 0.4],
        showgrid=False,
        side="top" if tall else "bottom",
    )
    names_take = (
        20 + int(6.6 * min(22, max(len(name) for name in across_names))) if wide or len(across_names) > 12 else 34
    )
    strongest = sorted(cells.items(), key=lambda one: -one[1])[:3]
    naming = dict(zip(down_values, down_names, strict=True)), dict(zip(across_values, across_names, strict=True))
    said = [f"{len(down_values)} × {len(across_values)}", f"{words('events', language)}: {sum(cells.values()):,}"]
    if down != "country":
        said += [f"{naming[0][a]} / {naming[1][b]}: {n:,}" for (a, b), n in strongest]
    else:
        said += [
            f"{naming[1][b]}: {sum(n for (_, other), n in cells.items() if other == b):,}" for b in across_values[:12]
        ]
    return theme.finish(
        figure,
        alt="; ".join(said) + ".",
        drawn=drawn,
        height=24 + (24 if len(down_values) <= 40 else 18) * len(down_values),
        left=theme.left(down_names, single=True),
        shorten=True,
        bottom=14 if tall else names_take,
        head=names_take - 14 if tall else 0,
        **settings,
    )
