"""Quantities along days: measures in force day by day, in one panel or many, and how long measures last."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words
from rightsdata.vocabulary import VOCABULARIES

MOST_PANELS = 24
"""Panels of small_multiples; the rest is counted in its rule."""

LENGTHS = (1, 7, 30, 90, 365, 1096, 3652)
"""Days that the axis of survival names, by the phrases `length_<days>`."""

METHODS = {"turnbull": "Turnbull", "kaplan_meier": "Kaplan–Meier"}
"""The fits of `analysis.survival` by their names in print."""


def active_by_day(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """How many measures were in force day by day: a band between those that surely and those that may have been.

    Args:
        frame: what `analysis.active_by_day` returns without groups; `small_multiples` draws groups.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.

    Raises:
        ValueError: if the frame has groups or lacks a column.
    """
    theme.columns(frame, "day", "lower", "upper")
    if _group(frame):
        raise ValueError(f"the frame has groups ({_group(frame)}), found by the column; draw it with small_multiples")
    settings = theme.settings("active_by_day", footer, language, dark)
    drawn = _changes(frame.sort("day"))
    if drawn.is_empty():
        return theme.nothing("nothing", drawn=drawn, **settings)
    figure = go.Figure()
    _band(figure, drawn, language, dark)
    figure.update_xaxes(type="date", tickformatstops=theme.DAYS, showgrid=False)
    figure.update_yaxes(title={"text": safe(words("measures", language)), "font": {"size": 11}}, **_whole(drawn))
    return theme.finish(figure, alt=_told(drawn, language), drawn=drawn, height=300, left=54, **settings)


def small_multiples(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """`active_by_day` for each group in a panel of its own, in the order of their names.

    Each has its own scale, which starts at zero: it shows when measures came and went in the group, and on the scale of
    the largest the others would be flat. Numbers stand at its axis.

    Args:
        frame: what `analysis.active_by_day` returns with `by`; at most MOST_PANELS groups are drawn.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.

    Raises:
        ValueError: if the frame has no column of groups or lacks another.
    """
    theme.columns(frame, "day", "lower", "upper")
    by = _group(frame)
    if not by:
        raise ValueError("the frame has no groups; ask analysis.active_by_day for them with by=, or draw active_by_day")
    settings = theme.settings("small_multiples", footer, language, dark)
    named = {code: _named(by, code, language) for code in frame[by].cast(pl.String).unique().to_list()}
    codes = sorted(named, key=lambda code: named[code])
    shown = codes[:MOST_PANELS]
    theme.say_rest(settings, len(codes) - len(shown))
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    titles = [theme.tick(named[code], 22) for code in shown]
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, shared_xaxes="all",
        vertical_spacing=min(0.5, 44 / (130 * rows)), horizontal_spacing=0.1,
    )  # fmt: skip
    parts = frame.with_columns(pl.col(by).cast(pl.String)).sort(by, "day").partition_by(by, as_dict=True)
    drawn = []
    for at, code in enumerate(shown):
        part = _changes(parts[code,])
        drawn.append(part)
        place = {"row": at // columns + 1, "col": at % columns + 1}
        _band(figure, part, language, dark, **place)
        figure.update_yaxes(**_whole(part), **place)
        figure.update_xaxes(showticklabels=at + columns >= len(shown), **place)  # the last of each column
    everything = pl.concat(drawn)
    figure.update_annotations(font_size=12)
    figure.update_xaxes(type="date", tickformatstops=theme.DAYS, nticks=3, tickangle=0, showgrid=False)
    figure.update_yaxes(nticks=4)
    said = [f"{named[code]}: {_told(part, language)}" for code, part in zip(shown, drawn, strict=True)]
    return theme.finish(
        figure, alt=" ".join(said), drawn=everything, height=130 * rows + 30, left=34, head=34, **settings
    )


def survival(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """How long measures last: the share still in force after so many days, with its interval where there is one.

    The axis is logarithmic (of days + 1), for measures of a day and of ten years stand beside each other. Where the
    fit knows of ends only that they lie in a stretch of days, the line falls at its end, and without groups a band
    shows from where on it may have fallen.

    Args:
        frame: what `analysis.survival` returns; its column of groups gives a line each. Of more groups than there are `theme.DASHES`,
            those with the most measures are drawn.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.

    Raises:
        ValueError: if a column is missing.
    """
    theme.columns(frame, "days_from", "days", "share", "lower", "upper", "measures", "method")
    methods = [METHODS.get(one, one) for one in frame["method"].cast(pl.String).unique().sort().to_list()]
    settings = theme.settings("survival", footer, language, dark, method=", ".join(methods) or "–")
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    by = frame.columns[0] if frame.columns[0] not in ("days", "days_from") else None
    if by:
        groups = frame.group_by(by, maintain_order=True).agg(pl.col("measures").max())
        kept = groups.sort("measures", descending=True, maintain_order=True).head(len(theme.DASHES))
        frame = kept.select(by).join(frame, on=by, nulls_equal=True, maintain_order="left_right")
        theme.say_rest(settings, groups.height - kept.height)
    look = theme.look(dark)
    parts = frame.partition_by(by, as_dict=True, maintain_order=True) if by else {("",): frame}
    figure = go.Figure()
    said = []
    for at, ((code, *_), part) in enumerate(parts.items()):
        own = theme.COLOURS.get(str(code), theme.SERIES[at])
        colour = look.strong if not by else look.colour(own if by == "restriction_type" else theme.SERIES[at])
        ordered = part.sort("days")
        name = words("still_in_force", language)
        if by:
            name = f"{_named(by, None if code is None else str(code), language)} ({part['measures'][0]:,})"
        bounds = ordered.drop_nulls(["lower", "upper"])
        days, shares = [0, *ordered["days"].to_list()], [1.0, *ordered["share"].to_list()]
        if bounds.height and not by:
            at_days, low, high = bounds["days"].to_list(), bounds["lower"].to_list(), bounds["upper"].to_list()
            _fill(figure, _stretched(at_days), low, high, look, words("interval", language), named=at_days)
        elif not by and (ordered["days_from"] < ordered["days"]).any():
            before = _stretched([0, *ordered["days_from"].to_list()])
            named = words("stretch", language)
            _fill(figure, _stretched(days), shares, shares, look, named, lower_x=before, named=days)
        figure.add_scatter(
            x=_stretched(days),
            y=shares,
            customdata=days,
            mode="lines",
            line={
                "color": colour,
                "width": 2.2,
                "dash": theme.DASHES[at],
            },
            name=safe(name, 60),
            showlegend=bool(by) or len(figure.data) > 0,
            hovertemplate="%{customdata:,} "
            + safe(words("days", language))
            + " · %{y:.0%}<extra>"
            + safe(name, 60)
            + "</extra>",
        )
        halved = ordered.filter(pl.col("share") <= 0.5)["days"].to_list()
        last = ordered.row(-1, named=True)
        middle = f"{halved[0]:,} {words('days', language)}" if halved else "–"
        said.append(
            f"{name}: {words('half', language)} {middle}; {last['share']:.0%} ({last['days']:,} {words('days', language)})"
        )
    figure.add_hline(y=0.5, line={"color": look.soft, "width": 1, "dash": "dot"})
    figure.update_xaxes(
        title={"text": safe(words("after_effect", language)), "font": {"size": 11}},
        range=[0, 1.02 * _stretched([max(2, *frame["days"].to_list())])[0]],
        tickvals=_stretched(LENGTHS),
        ticktext=[safe(words(f"length_{day}", language)).replace(" ", "<br>") for day in LENGTHS],
        tickangle=0,
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03])
    return theme.finish(figure, alt=". ".join(said) + ".", drawn=frame, height=320, left=54, bottom=66, **settings)


def _stretched(days: Iterable[float]) -> list[float]:
    """Places on an axis that holds days and decades, from 0 on."""
    return [math.log1p(day) for day in days]


def _group(frame: pl.DataFrame) -> str | None:
    return next((name for name in frame.columns if name not in ("day", "lower", "upper")), None)


def _named(by: str, code: str | None, language: str) -> str:
    if by == "country":
        return wording.country(code or "", language)
    if by in VOCABULARIES:
        return wording.label(by, code, language)
    return code or words("not_found", language)


def _changes(frame: pl.DataFrame) -> pl.DataFrame:
    """The days on which a number changes, and the last: all that a line of steps needs."""
    changed = pl.any_horizontal(pl.col("lower", "upper") != pl.col("lower", "upper").shift(1)).fill_null(value=True)
    last = pl.int_range(pl.len()) == pl.len() - 1
    return frame.filter(changed | last)


def _band(figure: go.Figure, drawn: pl.DataFrame, language: str, dark: bool, **place: Any) -> None:
    look = theme.look(dark)
    days = [day.isoformat() for day in drawn["day"]]
    first = not figure.data
    _fill(
        figure,
        days,
        drawn["lower"].to_list(),
        drawn["upper"].to_list(),
        look,
        words("possibly", language),
        first,
        **place,
    )
    figure.add_scatter(
        x=days,
        y=drawn["lower"].to_list(),
        mode="lines",
        line={"shape": "hv", "color": look.strong, "width": 2},
        fill="tozeroy",
        fillcolor=_clear(look.strong, 0.55),
        name=safe(words("surely", language)),
        legendgroup="surely",
        showlegend=first,
        hovertemplate="%{x|%Y-%m-%d}: %{y:,}<extra>" + safe(words("surely", language)) + "</extra>",
        **place,
    )


def _fill(
    figure: go.Figure,
    x: list[Any],
    lower: list[float],
    upper: list[float],
    look: theme.Theme,
    name: str,
    legend: bool = True,
    lower_x: list[Any] | None = None,
    named: list[Any] | None = None,
    **place: int,
) -> None:
    """A hatched band of steps between two lines, the lower at places of its own, and places called by names, if given."""
    line = {"shape": "hv", "color": look.soft, "width": 1}
    figure.add_scatter(
        x=lower_x or x,
        y=lower,
        mode="lines",
        line={**line, "width": 0},
        showlegend=False,
        hoverinfo="skip",
        **place,
    )
    figure.add_scatter(
        x=x,
        y=upper,
        mode="lines",
        line=line,
        fill="tonexty",
        fillpattern={"shape": "/", "size": 6, "solidity": 0.2, "fgcolor": look.soft, "bgcolor": look.pale},
        name=safe(name),
        legendgroup="possibly",
        showlegend=legend,
        customdata=named or x,
        hovertemplate="%{customdata}: %{y}<extra>" + safe(name) + "</extra>",
        **place,
    )


def _clear(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _whole(drawn: pl.DataFrame) -> dict[str, Any]:
    """An axis from zero in whole numbers."""
    top = max(drawn["upper"].to_list())
    return {"range": [0, max(1, top) * 1.08], "tickformat": ",d", **({"dtick": 1} if top <= 5 else {})}


def _told(drawn: pl.DataFrame, language: str) -> str:
    told = [f"{drawn['day'][0]} – {drawn['day'][-1]}"]
    for key, column in (("surely", "lower"), ("possibly", "upper")):
        peak = drawn.filter(pl.col(column) == drawn[column].max()).row(0, named=True)
        told.append(
            f"{words(key, language)}: {words('highest', language)} {peak[column]:,} ({peak['day']}), "
            f"{words('last_day', language)} {drawn[column][-1]:,}"
        )
    return "; ".join(told) + "."
