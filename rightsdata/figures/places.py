"""Countries on a map and in a grid of equal squares: where measures are on record, never how many.

The shapes are package data (`world.json.gz`, made by `data/reference/world.py`, which names their origin), drawn as
plain polygons: no map service, no topology and no tile is ever fetched.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl

from rightsdata.errors import printable
from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words

STATES = ("in_force_last", "not_in_force", "not_searched")
"""What a country can be: a measure of it was in force when last confirmed; there were measures; nothing on record."""


def map(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:  # noqa: A001
    """Countries with measures on record as shapes; states too small to be seen are circles besides.

    Args:
        frame: what `analysis.platforms_by_country` returns, or any frame with a column `country` of codes; without a
            column `in_force` no country is marked as such.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    states = _states(frame)
    settings = theme.settings("map", footer, language, dark)
    settings["rule"] += " " + words("borders", language)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=states, **settings)
    look = theme.look(dark)
    world = _world()
    state = dict(states.select("country", "state").iter_rows())
    figure = go.Figure()
    for key in STATES[::-1]:
        fill, line = _look(key, look)
        codes = [code for code in world["outlines"] if state.get(code, "not_searched") == key]
        groups = [codes] if key == "not_searched" else [[code] for code in codes]
        for at, group in enumerate(groups):
            x, y = _paths([ring for code in group for ring in world["outlines"][code]])
            figure.add_scatter(
                x=x,
                y=y,
                mode="lines",
                fill="toself",
                line={"color": line, "width": 0.6},
                name=safe(words(key, language)),
                legendgroup=key,
                legendrank=1000 + STATES.index(key),
                showlegend=at == 0,
                hoveron="fills",
                hoverinfo="skip" if key == "not_searched" else "text",
                text=None if key == "not_searched" else _said(states, group[0], language),
                **fill,
            )
        dots = [code for code in world["points"] if state.get(code, "not_searched") == key]
        figure.add_scatter(
            x=[world["points"][code][0] for code in dots],
            y=[world["points"][code][1] for code in dots],
            mode="markers",
            marker={
                "size": 4 if key == "not_searched" else 8,
                "color": fill["fillcolor"],
                "line": {"color": line if key == "not_searched" else look.ink, "width": 0.8},
            },
            name=safe(words(key, language)),
            legendgroup=key,
            legendrank=1000 + STATES.index(key),
            showlegend=not groups and bool(dots),
            hovertext=[_said(states, code, language) for code in dots],
            hoverinfo="text",
        )
    figure.update_xaxes(visible=False, range=[-1010, 1010], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-425, 495], scaleanchor="x", fixedrange=True)
    return theme.finish(
        figure, alt=_told(states, language), drawn=states, height=450, bottom=8, aspect=0.455, **settings
    )


def tile_map(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """Countries with measures on record as squares of one size, so that Bahrain is seen as well as Russia.

    Args:
        frame: what `analysis.platforms_by_country` returns, or any frame with a column `country` of codes; without a
            column `in_force` no country is marked as such.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    states = _states(frame)
    settings = theme.settings("tile_map", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=states, **settings)
    look = theme.look(dark)
    state = dict(states.select("country", "state").iter_rows())
    figure = go.Figure()
    for key in STATES:
        fill, line = _look(key, look)
        if key == "not_in_force":  # dots, and dark lines, would stand behind the letters
            fill = {"fillcolor": look.ramp[0]}
        elif key == "not_searched":
            fill = {**fill, "fillpattern": {**fill["fillpattern"], "fgcolor": look.grid, "solidity": 0.25}}
        codes = [code for code in wording.places() if state.get(code, "not_searched") == key]
        x: list[float | None] = []
        y: list[float | None] = []
        for code in codes:
            column, row = _tile(code)
            x += [column - 0.46, column + 0.46, column + 0.46, column - 0.46, column - 0.46, None]
            y += [row - 0.46, row - 0.46, row + 0.46, row + 0.46, row - 0.46, None]
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            fill="toself",
            line={"color": line, "width": 0.8},
            name=safe(words(key, language)),
            legendgroup=key,
            showlegend=bool(codes),
            hoverinfo="skip",
            **fill,
        )
        figure.add_scatter(
            x=[_tile(code)[0] for code in codes],
            y=[_tile(code)[1] for code in codes],
            mode="text",
            text=codes,
            textfont={
                "color": look.paper if key == "in_force_last" else look.ink if key == "not_in_force" else look.soft,
            },
            hovertext=[_said(states, code, language) for code in codes],
            hoverinfo="text",
            showlegend=False,
            legendgroup=key,
        )
    figure.update_xaxes(visible=False, range=[-0.6, 19.6], fixedrange=True)
    figure.update_yaxes(visible=False, range=[20.6, -0.6], scaleanchor="x", fixedrange=True)
    return theme.finish(
        figure,
        alt=_told(states, language),
        drawn=states,
        height=640,
        bottom=8,
        aspect=21.2 / 20.2,
        letters=0.55 / 20.2,
        **settings,
    )


def _states(frame: pl.DataFrame) -> pl.DataFrame:
    """country, state, platforms, last_confirmed of every country of the frame, by code; unknown codes are refused."""
    theme.columns(frame, "country")
    unknown = sorted({*frame["country"].drop_nulls().to_list()} - wording.places().keys())
    if unknown:
        raise ValueError(
            f"found the countries {printable(', '.join(unknown[:5]), 80)}, expected codes as in the dataset's table"
        )
    named = frame.columns
    in_force = pl.col("in_force").fill_null(value=False).any() if "in_force" in named else pl.lit(value=False)
    return (
        frame.drop_nulls("country")
        .group_by("country")
        .agg(
            in_force.alias("any"),
            (pl.col("platform_id").n_unique() if "platform_id" in named else pl.lit(None, pl.UInt32)).alias(
                "platforms"
            ),
            (pl.col("last_confirmed").max() if "last_confirmed" in named else pl.lit(None, pl.Date)).alias(
                "last_confirmed"
            ),
        )
        .with_columns(state=pl.when("any").then(pl.lit("in_force_last")).otherwise(pl.lit("not_in_force")))
        .select("country", "state", "platforms", "last_confirmed")
        .sort("country")
    )


def _look(key: str, look: theme.Theme) -> tuple[dict[str, Any], str]:
    if key == "in_force_last":
        return {"fillcolor": look.strong}, look.paper
    if key == "not_in_force":
        pattern = {"shape": ".", "size": 5, "solidity": 0.25, "fgcolor": look.strong, "bgcolor": look.ramp[0]}
        return {"fillcolor": look.ramp[0], "fillpattern": pattern}, look.soft
    pattern = {"shape": "/", "size": 7, "solidity": 0.1, "fgcolor": look.soft, "bgcolor": look.pale}
    return {"fillcolor": look.pale, "fillpattern": pattern}, look.grid


def _said(states: pl.DataFrame, code: str, language: str) -> str:
    name = f"<b>{safe(wording.country(code, language))}</b>"
    found = states.filter(pl.col("country") == code)
    if found.is_empty():
        return f"{name}<br>{safe(words('not_searched', language))}"
    row = found.row(0, named=True)
    lines = [name, safe(words(row["state"], language))]
    if row["platforms"] is not None:
        lines.append(f"{safe(words('platforms', language))}: {row['platforms']:,}")
    if row["last_confirmed"] is not None:
        lines.append(safe(words("confirmed", language, day=row["last_confirmed"])))
    return "<br>".join(lines)


def _told(states: pl.DataFrame, language: str) -> str:
    said = [f"{words('countries', language)}: {states.height}"]
    for key in STATES[:2]:
        names = sorted(wording.country(code, language) for code in states.filter(pl.col("state") == key)["country"])
        if names:
            said.append(f"{words(key, language)}: {len(names)} ({', '.join(names)})")
    return "; ".join(said) + "."


def _paths(rings: list[list[int]]) -> tuple[list[int | None], list[int | None]]:
    x: list[int | None] = []
    y: list[int | None] = []
    for ring in rings:
        x += [*ring[::2], None]
        y += [*ring[1::2], None]
    return x, y


def _tile(code: str) -> tuple[int, int]:
    place = wording.places()[code]
    return int(place["column"]), int(place["row"])


@cache
def _world() -> dict[str, Any]:
    """`outlines`, rings by country as x, y, x, y …, and `points` of small states; units of 1/1000 of half the width."""
    world: dict[str, Any] = json.loads(gzip.decompress((Path(__file__).parent / "world.json.gz").read_bytes()))
    return world
