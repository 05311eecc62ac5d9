"""Measurements against events: rates day by day, and what each provider's counts say of each event."""

from __future__ import annotations

import textwrap
from datetime import date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words

MOST_PANELS, MOST_ROWS = 6, 60
"""Targets that `evidence` and `evidence_matrix` draw; the rest is counted in their rules."""

VERDICTS = {
    "corroborated": ("✓", "#0072B2"),
    "contradicted": ("✗", "#D55E00"),
    "inconclusive": ("?", "#F0E442"),
    "not_measured": ("–", None),
}
"""Verdicts with the sign and the colour of their cells; a sign tells them apart without colour."""

STAGES = ("announced", "adopted", "in_force", "lifted")
"""Stages that `evidence` marks above a panel, where they are known to the day."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
"""Marks of providers' days, in order."""

FEWEST = 4
"""Columns of `evidence_matrix` that fill its width; fewer leave some of it free."""

_TARGET = ("event_id", "platform_id", "feature")
_HALF = timedelta(hours=12)
_ABOVE = 1.07
"""Where the marks of stages stand, in shares; the axis ends a little higher."""


def evidence(
    frame: pl.DataFrame,
    *,
    footer: str,
    language: str = "en",
    dark: bool = False,
    stages: pl.DataFrame | None = None,
) -> go.Figure:
    """The share of measurements with signs of interference, day by day, a panel for each target of an event.

    A line is a provider's, with the interval of each day. Shaded days are those on which the measure surely applied; a
    dotted frame stands around days that its dates or sources leave open.

    Args:
        frame: what `evidence.by_day` returns; at most MOST_PANELS targets are drawn, the first of the frame.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
        stages: what `analysis.lifecycle` returns, for a mark on the day of each stage that is known to the day.

    Raises:
        ValueError: if a column is missing.
    """
    theme.columns(frame, *_TARGET, "country", "provider", "day", "period", "measured", "rate", "low", "high")
    settings = theme.settings("evidence", footer, language, dark)
    shown, drawn, rest = _first(frame, MOST_PANELS)
    rated = drawn.drop_nulls("rate")
    if rated.is_empty():
        return theme.nothing("nothing_measured", drawn=drawn, **settings)
    theme.say_rest(settings, rest)
    look = theme.look(dark)
    names = [_name(row, language) for row in shown.iter_rows(named=True)]
    figure = make_subplots(
        rows=len(names), cols=1, subplot_titles=[safe(theme.cut(name, 70)) for name in names],
        vertical_spacing=min(0.5, 62 / (190 * len(names))),
    )  # fmt: skip
    providers = rated["provider"].unique().sort().to_list()
    said = []
    for at, (name, key) in enumerate(zip(names, shown.select(_TARGET).rows(), strict=True), 1):
        part = rated.filter(pl.all_horizontal(pl.col(one) == value for one, value in zip(_TARGET, key, strict=True)))
        _bands(figure, part, look, at)
        for place, provider in enumerate(providers):
            _rates(figure, part.filter(pl.col("provider") == provider), provider, place, look, language, at)
        if stages is not None:
            _stages(figure, stages.filter(pl.col("event_id") == key[0]), part, look, language, at)
        said += [_told(name, own, language) for own in part.partition_by("provider", maintain_order=True)]
    _legend(figure, sorted(set(rated["period"].cast(pl.String))), look, language)
    figure.update_annotations(font_size=12)
    figure.update_xaxes(type="date", tickformatstops=theme.DAYS, showgrid=False, nticks=6, tickangle=0)
    figure.update_yaxes(tickformat=".0%", tickvals=[0, 0.5, 1], range=[-0.03, _ABOVE + 0.08])
    height = 190 * len(names) + 10
    return theme.finish(figure, alt=" ".join(said), drawn=drawn, height=height, left=48, head=26, **settings)


def evidence_matrix(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """What each provider's measurements say of each event: four verdicts, a sign and a colour each.

    A provider without a row for a target did not measure it.

    Args:
        frame: what `evidence.corroborate` returns; at most MOST_ROWS targets are drawn, the first of the frame.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.

    Raises:
        ValueError: if a column is missing.
    """
    theme.columns(frame, *_TARGET, "country", "provider", "verdict", "reason")
    settings = theme.settings("evidence_matrix", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    shown, drawn, rest = _first(frame, MOST_ROWS)
    theme.say_rest(settings, rest)
    names = [_name(row, language) for row in shown.iter_rows(named=True)]
    providers = drawn["provider"].drop_nulls().unique().sort().to_list() or [None]
    across = [safe(theme.cut(one, 22)) if one else safe(words("no_provider", language)) for one in providers]
    look = theme.look(dark)
    kinds = list(VERDICTS)
    colours = [colour or look.pale for _, colour in VERDICTS.values()]
    found = {
        (*key, provider): (str(verdict), reason)
        for *key, provider, verdict, reason in drawn.select(*_TARGET, "provider", "verdict", "reason").iter_rows()
    }
    cells: list[list[int]] = []
    hovers: list[list[str]] = []
    for name, key in zip(names, shown.select(_TARGET).rows(), strict=True):
        line = [found.get((*key, one)) or found.get((*key, None)) or ("not_measured", "") for one in providers]
        cells.append([kinds.index(verdict) for verdict, _ in line])
        hovers.append([_hover(name, key[0], verdict, reason, language) for verdict, reason in line])
    figure = go.Figure(
        go.Heatmap(
            z=cells, x=list(range(len(providers))), y=list(range(len(names))), zmin=0, zmax=3, showscale=False,
            xgap=2, ygap=2, colorscale=[[at / 3, colour] for at, colour in enumerate(colours)],
            hovertext=hovers, hoverinfo="text",
        )
    )  # fmt: skip
    counts = {kind: sum(line.count(at) for line in cells) for at, kind in enumerate(kinds)}
    for at, kind in enumerate(kinds):
        sign, colour = VERDICTS[kind]
        ink = look.ink if colour is None else "#000000" if kind == "inconclusive" else "#ffffff"
        spots = [(x, y) for y, line in enumerate(cells) for x, one in enumerate(line) if one == at]
        figure.add_scatter(
            x=[x for x, _ in spots], y=[y for _, y in spots], mode="text", text=[sign] * len(spots),
            textfont={"size": 13, "color": ink}, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=safe(f"{sign} {words(kind, language)} ({counts[kind]})"),
            marker={"symbol": "square", "size": 11, "color": colours[at], "line": {"color": look.soft, "width": 1}},
        )  # fmt: skip
    theme.rows(figure, names)
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(len(providers))), ticktext=across, range=[-0.6, max(len(providers), FEWEST) - 0.4],
        showgrid=False, side="top",
    )  # fmt: skip
    alt = "; ".join(f"{words(kind, language)}: {counts[kind]}" for kind in kinds) + "."
    return theme.finish(
        figure, alt=alt, drawn=drawn,
        height=16 + 34 * len(names), left=theme.left(names), bottom=14, head=22, **settings,
    )  # fmt: skip


def _first(frame: pl.DataFrame, most: int) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """The first targets of a frame, with their countries; their rows; and how many targets are left."""
    keys = frame.select(*_TARGET, "country").unique(maintain_order=True)
    shown = keys.head(most)
    return (
        shown,
        frame.join(shown, on=list(_TARGET), how="semi", maintain_order="left"),
        keys.height - shown.height,
    )


def _name(row: dict[str, Any], language: str) -> str:
    """A target in words: country, the month or year in the event's id, platform, and its function if not all."""
    year, _, month = row["event_id"][3:10].partition("-")
    when = f"{year}-{month}" if month.isdigit() else year
    what = [row["platform_id"]]
    what += [] if row["feature"] == "all" else [wording.label("feature", row["feature"], language).lower()]
    return f"{wording.country(row['country'], language)} {when}: {', '.join(what)}"


def _hover(name: str, event_id: str, verdict: str, reason: str, language: str) -> str:
    told = "<br>".join(safe(line) for line in textwrap.wrap(reason, 60))
    return f"{safe(name)}<br>{safe(event_id)}<br><b>{safe(words(verdict, language))}</b><br>{told}"


def _rates(
    figure: go.Figure, part: pl.DataFrame, provider: str, at: int, look: theme.Theme, language: str, row: int
) -> None:
    colour = look.colour(theme.SERIES[at % len(theme.SERIES)])
    shares, low, high = (part[name].to_list() for name in ("rate", "low", "high"))
    figure.add_scatter(
        x=[day.isoformat() for day in part["day"]],
        y=shares,
        error_y={
            "type": "data",
            "array": [most - share for share, most in zip(shares, high, strict=True)],
            "arrayminus": [share - least for share, least in zip(shares, low, strict=True)],
            "thickness": 1,
            "width": 0,
            "color": colour,
        },
        mode="lines+markers",
        line={"color": colour, "width": 1.4, "dash": theme.DASHES[at % len(theme.DASHES)]},
        marker={"size": 5, "color": colour, "symbol": SYMBOLS[at % len(SYMBOLS)]},
        name=safe(provider, 60),
        legendgroup=f"provider{at}",
        showlegend=row == 1,
        customdata=part["measured"].to_list(),
        hovertemplate="%{x|%Y-%m-%d}: %{y:.0%} (%{customdata:,} "
        + safe(words("measurements", language))
        + ")<extra>"
        + safe(provider, 60)
        + "</extra>",
        row=row,
        col=1,
    )


def _bands(figure: go.Figure, part: pl.DataFrame, look: theme.Theme, row: int) -> None:
    """Shade the days on which the measure surely applied, and frame those that are left open."""
    for period in ("during", "between"):
        for first, last in _runs(part.filter(pl.col("period") == period)["day"].unique().sort().to_list()):
            line = {"color": look.soft, "width": 1, "dash": "dot"} if period == "between" else {"width": 0}
            figure.add_vrect(
                x0=(datetime.combine(first, datetime.min.time()) - _HALF).isoformat(),
                x1=(datetime.combine(last, datetime.min.time()) + _HALF).isoformat(),
                fillcolor=look.ramp[0] if period == "during" else "rgba(0,0,0,0)",
                line=line,
                layer="below",
                exclude_empty_subplots=False,  # it leaves out panels whose traces are still to come
                row=row,
                col=1,
            )


def _runs(days: list[date]) -> list[tuple[date, date]]:
    """Days without a week's gap between them, as first and last."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] <= timedelta(days=7):
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def _stages(
    figure: go.Figure, own: pl.DataFrame, part: pl.DataFrame, look: theme.Theme, language: str, row: int
) -> None:
    first, last = part["day"].min(), part["day"].max()
    for stage in STAGES:
        theme.columns(own, f"{stage}_earliest", f"{stage}_latest")
        known = own.filter(
            pl.col(f"{stage}_earliest") == pl.col(f"{stage}_latest"), pl.col(f"{stage}_latest").is_between(first, last)
        )
        name = wording.label("stage", stage, language)
        for day in known[f"{stage}_latest"]:
            figure.add_vline(x=day.isoformat(), line={"color": look.soft, "width": 1}, row=row, col=1)
            figure.add_scatter(
                x=[day.isoformat()], y=[_ABOVE], mode="markers", name=safe(name), legendgroup=stage,
                showlegend=not any(trace.legendgroup == stage for trace in figure.data),
                marker={"symbol": theme.STAGES[stage], "size": 9, "color": look.paper, "line": {"color": look.ink, "width": 1.4}},
                hovertemplate="%{x|%Y-%m-%d}<extra>" + safe(name) + "</extra>", row=row, col=1,
            )  # fmt: skip


def _legend(figure: go.Figure, periods: list[str], look: theme.Theme, language: str) -> None:
    marks: dict[str, dict[str, Any]] = {
        "during": {"symbol": "square", "color": look.ramp[0], "line": {"color": look.soft, "width": 0.5}},
        "between": {"symbol": "square-open-dot", "color": look.soft},
    }
    for period, marker in marks.items():
        if period in periods:
            name = words(f"period_{period}", language)
            figure.add_scatter(
                x=[None], y=[None], mode="markers", name=safe(name), marker={"size": 11, **marker}, row=1, col=1
            )


def _told(name: str, part: pl.DataFrame, language: str) -> str:
    """The shares before, during and after, with how many measurements they rest on."""
    told = []
    for period in ("before", "during", "between", "after"):
        own = part.filter(pl.col("period") == period)
        if size := int(own["measured"].sum()):
            share = (own["rate"] * own["measured"]).sum() / size
            told.append(
                f"{words(f'period_{period}', language)} {share:.0%} ({size:,} {words('measurements', language)})"
            )
    return f"{name}, {part['provider'][0]}: " + "; ".join(told) + "."
