"""Counts and shares as lying bars: legal bases, coverage, last confirmation, who admits."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words

MOST_ROWS = 40
"""Bars of one figure; the rest is counted in its rule."""


def legal_bases(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """On what legal basis measures rest: one bar a type, or stacked shares where the frame is divided further.

    Where a source says that none was stated and where none was found stand apart, pale and hatched.

    Args:
        frame: what `analysis.legal_bases` returns; with a column `status` a bar a type is divided by it, with a
            column `year` a bar a year is divided by type.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "type", "events")
    settings = theme.settings("legal_bases", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)

    def basis(code: str | None) -> str:
        return wording.label("legal_basis_type", code, language)

    if "year" in frame.columns:
        return _stacked(frame, "year", "type", lambda year: _year(year, language), basis, settings)
    if "status" in frame.columns:
        return _stacked(
            frame, "type", "status", basis, lambda code: wording.label("legal_basis_status", code, language), settings
        )
    look = theme.look(dark)
    drawn = frame.head(MOST_ROWS)
    total = drawn["events"].sum()
    names = [basis(code) for code in drawn["type"]]
    counts = drawn["events"].to_list()
    nothing = [code in ("none_stated", "not_found") for code in drawn["type"]]
    shares = [count / total if total else 0 for count in counts]
    figure = go.Figure()
    for none, marker in ((False, {"color": look.strong}), (True, _pale(look))):
        theme.bar(
            figure,
            [share if one == none else None for share, one in zip(shares, nothing, strict=True)],
            names,
            marker,
            text=[f" {count:,} ({share:.0%})" for count, share in zip(counts, shares, strict=True)],
            textposition="outside",
            cliponaxis=False,
            hovertext=[
                _example(name, row.get("example")) for name, row in zip(names, drawn.iter_rows(named=True), strict=True)
            ],
            hoverinfo="text",
            showlegend=False,
        )
    theme.rows(figure, names)
    figure.update_xaxes(tickformat=".0%", range=[0, max([*shares, 0.01]) * 1.3], nticks=5)
    said = [f"{name}: {count:,} ({share:.0%})" for name, count, share in zip(names, counts, shares, strict=True)]
    return _finished(figure, drawn, names, said, settings)


def coverage(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """How well each field is sourced: the part of the filled-in values with a source of their own, and the rest.

    Args:
        frame: what `analysis.coverage` returns; fields that no event fills in are left out.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "field", "filled", "attributed", "share")
    settings = theme.settings("coverage", footer, language, dark)
    drawn = frame.filter(pl.col("filled") > 0).head(MOST_ROWS)
    if drawn.is_empty():
        return theme.nothing("nothing", drawn=drawn, **settings)
    look = theme.look(dark)
    names = [_field(field, language) for field in drawn["field"]]
    shares = drawn["share"].to_list()
    ratios = [
        words("of", language, n=f"{n:,}", total=f"{total:,}")
        for n, total in zip(drawn["attributed"], drawn["filled"], strict=True)
    ]
    figure = go.Figure()
    theme.bar(
        figure,
        shares,
        names,
        {"color": look.strong},
        name=safe(words("sourced", language)),
        hovertext=[f"<b>{safe(name)}</b>: {ratio}" for name, ratio in zip(names, ratios, strict=True)],
        hoverinfo="text",
    )
    theme.bar(
        figure,
        [1 - share for share in shares],
        names,
        _pale(look),
        name=safe(words("unsourced", language)),
        hoverinfo="skip",
    )
    figure.add_scatter(
        mode="text",
        x=[1.01] * len(names),
        y=list(range(len(names))),
        text=[f"{n:,} / {total:,}" for n, total in drawn.select("attributed", "filled").iter_rows()],
        textposition="middle right",
        textfont={"color": look.soft, "size": 11},
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )
    theme.rows(figure, names)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1.25], tickvals=[0, 0.25, 0.5, 0.75, 1])
    said = [f"{name}: {ratio} ({share:.0%})" for name, ratio, share in zip(names, ratios, shares, strict=True)]
    return _finished(figure, drawn, names, said, settings)


def last_confirmed(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """How old the knowledge is: measures by the year in which they were last confirmed, those in force then marked.

    Args:
        frame: what `analysis.last_confirmed` returns; measures without a day stand at the right.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "year", "events", "in_force")
    settings = theme.settings("last_confirmed", footer, language, dark)
    drawn = frame.sort("year", nulls_last=True).tail(MOST_ROWS)
    if drawn.is_empty():
        return theme.nothing("nothing", drawn=drawn, **settings)
    look = theme.look(dark)
    known = drawn["year"].drop_nulls()
    at = [year if year is not None else (known.max() or 0) + 2 for year in drawn["year"]]  # type: ignore[operator]
    rest = (drawn["events"].cast(pl.Int64) - drawn["in_force"]).to_list()
    figure = go.Figure()
    for key, values, marker in (
        ("in_force_last", drawn["in_force"].to_list(), {"color": look.strong}),
        ("not_in_force", rest, _pale(look)),
    ):
        name = words(key, language)
        figure.add_bar(
            x=at,
            y=values,
            name=safe(name),
            marker=marker,
            hovertext=[
                f"<b>{_year(y, language)}</b><br>{safe(name)}: {n:,}"
                for y, n in zip(drawn["year"], values, strict=True)
            ],
            hoverinfo="text",
        )
    figure.add_scatter(
        mode="text",
        x=at,
        y=drawn["events"].to_list(),
        text=[f"{n:,}" for n in drawn["events"]],
        textposition="top center",
        textfont={"size": 11, "color": look.soft},
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )
    marks = list(zip(at, drawn["year"], strict=True))
    step = max(1, len(marks) // 7)
    shown = marks[::-1][::step]
    figure.update_layout(barmode="stack", bargap=0.2)
    figure.update_xaxes(
        tickmode="array",
        tickvals=[x for x, _ in shown],
        ticktext=[_year(year, language) for _, year in shown],
        showgrid=False,
    )
    figure.update_yaxes(title={"text": safe(words("measures", language)), "font": {"size": 11}}, rangemode="tozero")
    said = [f"{_year(year, language)}: {events:,}" for year, events in drawn.select("year", "events").iter_rows()]
    said.append(f"{words('in_force_last', language)}: {drawn['in_force'].sum():,} / {drawn['events'].sum():,}")
    return theme.finish(figure, alt="; ".join(said) + ".", drawn=drawn, height=280, left=54, **settings)


def acknowledgement(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """Who admits, denies, is silent, by how it is known who did it.

    Args:
        frame: what `analysis.acknowledgement` returns.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "acknowledgement", "attribution", "events")
    settings = theme.settings("acknowledgement", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    return _stacked(
        frame,
        "acknowledgement",
        "attribution",
        lambda code: wording.label("acknowledgement", code, language),
        lambda code: wording.label("attribution", code, language),
        settings,
        counts=True,
    )


def _stacked(
    frame: pl.DataFrame,
    row: str,
    part: str,
    row_name: Any,
    part_name: Any,
    settings: dict[str, Any],
    *,
    counts: bool = False,
) -> go.Figure:
    """One bar a value of `row`, divided by `part`: into shares of its events, or into their numbers."""
    look = theme.look(settings["dark"])
    language = settings["language"]
    drawn = frame.with_columns(pl.col(row, part).cast(pl.String) if row != "year" else pl.col(part).cast(pl.String))
    totals: dict[Any, int] = dict(drawn.group_by(row).agg(pl.col("events").sum()).iter_rows())
    last = {"none_stated": 1, "not_found": 2, "unknown": 3}
    keys = pl.Series(row, sorted(totals, key=lambda key: (last.get(key, 0), -totals[key], str(key))), drawn.schema[row])
    keys = keys.sort(nulls_last=True).tail(MOST_ROWS) if row == "year" else keys.head(MOST_ROWS)
    drawn = drawn.filter(pl.col(row).is_in(keys.to_list(), nulls_equal=True))
    names = [row_name(key) for key in keys]
    figure = go.Figure()
    said: dict[Any, list[str]] = {key: [] for key in keys}
    for at, code in enumerate(drawn[part].unique(maintain_order=True)):
        found = dict(drawn.filter(pl.col(part).eq_missing(code)).select(row, "events").iter_rows())
        name = part_name(code)
        shares = [found.get(key, 0) / totals[key] if totals[key] else 0 for key in keys]
        values = [found.get(key, 0) for key in keys] if counts else shares
        for key, n in found.items():
            said[key].append(f"{name} {n:,}")
        theme.bar(
            figure,
            values,
            names,
            _pale(look) if code in (None, "unknown", "none_stated", "not_found") else theme.segment(at, look),
            name=safe(name),
            hovertext=[
                f"<b>{safe(title)}</b><br>{safe(name)}: {words('of', language, n=f'{found.get(key, 0):,}', total=f'{totals[key]:,}')} ({share:.0%})"
                for title, key, share in zip(names, keys, shares, strict=True)
            ],
            hoverinfo="text",
        )
    ends = [totals[key] if counts else 1 for key in keys]
    figure.add_scatter(
        mode="text",
        x=ends,
        y=list(range(len(names))),
        text=[f" {totals[key]:,}" for key in keys],
        textposition="middle right",
        textfont={"color": look.soft, "size": 11},
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )
    theme.rows(figure, names)
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    figure.update_xaxes(range=[0, max([*ends, 1]) * 1.12], nticks=5)
    if not counts:
        figure.update_xaxes(tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    told = [f"{name}: {totals[key]:,} ({', '.join(said[key])})" for name, key in zip(names, keys, strict=True)]
    return _finished(figure, drawn, names, told, settings)


def _finished(
    figure: go.Figure, drawn: pl.DataFrame, names: list[str], said: list[str], settings: dict[str, Any]
) -> go.Figure:
    figure.update_yaxes(showgrid=False)
    height = 40 + (32 if any(len(name) > theme.NAME for name in names) else 25) * len(names)
    return theme.finish(
        figure, alt="; ".join(said) + ".", drawn=drawn, height=height, left=theme.left(names), **settings
    )


def _pale(look: theme.Theme) -> dict[str, Any]:
    return {
        "color": look.pale,
        "line": {"color": look.soft, "width": 0.5},
        "pattern": {"shape": "/", "size": 6, "fgcolor": look.soft, "bgcolor": look.pale, "solidity": 0.15},
    }


def _example(name: str, example: str | None) -> str:
    return f"<b>{safe(name)}</b>" + (f"<br>{theme.tick(example, 60)}" if example else "")


def _year(year: int | None, language: str) -> str:
    return words("no_day", language) if year is None else str(year)


def _field(field: str, language: str) -> str:
    return words(f"field_{field}", language) if wording.known(f"field_{field}") else field
