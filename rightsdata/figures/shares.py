"""Counts and shares as bars and a table: legal bases, coverage, sourcing, last confirmation, who admits."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from rightsdata.figures import theme, wording
from rightsdata.figures.theme import safe
from rightsdata.figures.wording import words

MOST_ROWS = 40
"""Bars of one figure; the rest is counted in its rule."""

_NOTHING = {"none_stated": "\\", "not_found": "/", "unknown": "."}
"""What is no value: pale, each with a pattern of its own."""


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
    if not frame["events"].sum():  # without events, too, there is a row for "none found"
        return theme.nothing("nothing", drawn=frame.clear(), **settings)

    def basis(code: str | None) -> str:
        return wording.label("legal_basis_type", code, language)

    if "year" in frame.columns:
        return _stacked(frame, "year", "type", lambda year: _year(year, language), basis, settings)
    if "status" in frame.columns:

        def status(code: str | None) -> str:
            kind = "legal_basis_type" if code == "none_stated" else "legal_basis_status"
            return wording.label(kind, code, language)

        return _stacked(frame, "type", "status", basis, status, settings)
    look = theme.look(dark)
    drawn = _first(frame, settings)
    total = frame["events"].sum()
    names = [basis(code) for code in drawn["type"]]
    counts = drawn["events"].to_list()
    kinds = [code if code in _NOTHING else None for code in drawn["type"]]
    shares = [count / total if total else 0 for count in counts]
    figure = go.Figure()
    for kind in (None, *_NOTHING):
        theme.bar(
            figure,
            [share if one == kind else None for share, one in zip(shares, kinds, strict=True)],
            names,
            _pale(look, kind) if kind else {"color": look.strong},
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
    drawn = _first(frame.filter(pl.col("filled") > 0), settings)
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
    _ends(
        figure,
        [1.01] * len(names),
        [f"{n:,} / {total:,}" for n, total in drawn.select("attributed", "filled").iter_rows()],
        look,
    )
    theme.rows(figure, names)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%", range=[0, 1.25], tickvals=[0, 0.25, 0.5, 0.75, 1])
    said = [f"{name}: {ratio} ({share:.0%})" for name, ratio, share in zip(names, ratios, shares, strict=True)]
    return _finished(figure, drawn, names, said, settings)


CONTROL = ("independent", "state_controlled_only", "unknown_control", "uncounted")
"""Columns of `analysis.sourcing` that add up to its events, by whose word they are known."""

PRECISION = ("day_precise", "month_precise", "year_precise", "no_start")
"""Columns that add up to its events, by how exactly the start is known."""


def sourcing(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """By whose word measures are known, and how exactly in time; by country where the frame has countries.

    Args:
        frame: what `analysis.sourcing` returns; of more than MOST_ROWS countries those with the most events are
            drawn, in the order of their names.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "events", *CONTROL, "single_source", *PRECISION, "median_age_days", "review")
    if "country" in frame.columns:
        return _by_country(frame, theme.settings("sourcing", footer, language, dark))
    settings = theme.settings("sourcing", footer, language, dark)
    if not frame["events"].sum():
        return theme.nothing("nothing", drawn=frame.clear(), **settings)
    look = theme.look(dark)
    row = frame.row(0, named=True)
    keys = (*CONTROL, "single_source", *PRECISION)
    names = [words(key, language) for key in keys]
    counts = [f"{row[key]:,} ({row[key] / row['events']:.0%})" for key in keys]
    if row["median_age_days"] is not None:
        settings["rule"] += f" {words('median_age', language, n=format(round(row['median_age_days']), ','))}."
    figure = go.Figure()
    theme.bar(
        figure,
        [row[key] / row["events"] for key in keys],
        names,
        {
            "color": [look.strong if key in ("independent", "day_precise") else look.soft for key in keys],
            "pattern": {
                "shape": ["" if key in ("independent", "day_precise") else "/" for key in keys],
                "size": 6,
                "solidity": 0.3,
                "fgcolor": look.paper,
            },
        },
        text=[f" {count}" for count in counts],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    theme.rows(figure, names)
    figure.update_layout(
        shapes=[
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": {"color": look.grid}}
            for y in (len(CONTROL) - 0.5, len(CONTROL) + 0.5)
        ]
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1.22], tickvals=[0, 0.25, 0.5, 0.75, 1])
    said = [f"{words('measures', language)}: {row['events']:,}"]
    said += [f"{name}: {count}" for name, count in zip(names, counts, strict=True)]
    return _finished(figure, frame, names, said, settings)


def _by_country(frame: pl.DataFrame, settings: dict[str, Any]) -> go.Figure:
    language = settings["language"]
    settings["rule"] = words("sourcing_country_rule", language)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    look = theme.look(settings["dark"])
    kept = _first(frame.sort("events", "country", descending=[True, False]), settings)["country"].to_list()
    kept.sort(key=lambda code: wording.country(code, language))
    drawn = pl.DataFrame({"country": kept}, schema_overrides={"country": frame.schema["country"]}).join(
        frame, on="country", maintain_order="left"
    )
    names = [wording.country(code, language) for code in kept]
    totals = drawn["events"].to_list()
    figure = go.Figure()
    for at, key in enumerate(CONTROL):
        theme.bar(
            figure,
            drawn[key].to_list(),
            names,
            _pale(look) if key == "unknown_control" else theme.segment(at, look),
            name=safe(words(key, language)),
            hovertext=[
                f"<b>{safe(name)}</b><br>{safe(words(key, language))}: {words('of', language, n=n, total=total)}"
                for name, n, total in zip(names, drawn[key], totals, strict=True)
            ],
            hoverinfo="text",
        )
    _ends(figure, totals, [f" {total:,}" for total in totals], look)
    theme.rows(figure, names)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(range=[0, max(totals) * 1.12], nticks=5)
    said = [
        f"{name}: {row['events']:,} ({', '.join(f'{words(key, language)} {row[key]:,}' for key in CONTROL if row[key])})"
        for name, row in zip(names, drawn.iter_rows(named=True), strict=True)
    ]
    return _finished(figure, drawn, names, said, settings)


MOST_LINES = 24
"""Rows of the table of legal bases."""


def legal_table(frame: pl.DataFrame, *, footer: str, language: str = "en", dark: bool = False) -> go.Figure:
    """A table from type of legal basis to the act to the stated reason, with the events of each.

    Args:
        frame: what `analysis.legal_reasons` returns; the first MOST_LINES rows are drawn.
        footer: the dataset's citation.
        language: one of `vocabulary.LANGUAGES`.
        dark: the dark look.
    """
    theme.columns(frame, "type", "basis", "reason", "events", "of")
    settings = theme.settings("legal_table", footer, language, dark)
    if frame.is_empty():
        return theme.nothing("nothing", drawn=frame, **settings)
    drawn = frame.head(MOST_LINES)
    theme.say_rest(settings, frame.height - MOST_LINES)
    texts, said = [], []
    before = None
    for kind, basis, reason, events, of in drawn.select("type", "basis", "reason", "events", "of").iter_rows():
        act = [wording.label("legal_basis_type", kind, language), basis or words("not_found", language)]
        why = wording.label("stated_reason", reason, language)
        texts.append([*(act if (kind, basis) != before else ["", ""]), f"{why} ({events:,})"])
        said.append(f"{', '.join(act)}, {why}: {words('of', language, n=events, total=of)}")
        before = kind, basis
    columns = [list(column) for column in zip(*texts, strict=True)]
    return theme.table(
        [
            *(words(key, language) for key in ("type", "basis")),
            f"{words('reason', language)} ({words('events', language)})",
        ],
        columns,
        widths=(25, 40, 35),
        alt="; ".join(said) + ".",
        drawn=drawn,
        **settings,
    )


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
    drawn = _first(frame.sort("year", descending=True, nulls_last=False), settings).reverse()
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
    step = -(-len(marks) // 7)
    shown = marks[::-1][::step]
    figure.update_layout(barmode="stack", bargap=0.2)
    figure.update_xaxes(
        tickmode="array",
        tickvals=[x for x, _ in shown],
        ticktext=[_year(year, language) for _, year in shown],
        tickangle=0,
        showgrid=False,
    )
    top = drawn["events"].max() or 1
    figure.update_yaxes(
        title={"text": safe(words("measures", language)), "font": {"size": 11}},
        range=[0, 1.12 * top],  # type: ignore[operator]
        tickformat=",d",
        dtick=1 if top <= 5 else None,  # type: ignore[operator]
    )
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
    """One bar a value of `row`, divided by `part`: into shares of its events, or into their numbers.

    A row of nothing has no parts (null): its one segment is called what the row is, `none_stated` or `not_found`.
    """
    look = theme.look(settings["dark"])
    language = settings["language"]
    drawn = frame.with_columns(pl.col(row, part).cast(pl.String) if row != "year" else pl.col(part).cast(pl.String))
    totals: dict[Any, int] = dict(drawn.group_by(row).agg(pl.col("events").sum()).iter_rows())
    last = {kind: at for at, kind in enumerate(_NOTHING, 1)}
    keys = pl.Series(row, sorted(totals, key=lambda key: (last.get(key, 0), -totals[key], str(key))), drawn.schema[row])
    keys = keys.sort(nulls_last=True).tail(MOST_ROWS) if row == "year" else keys.head(MOST_ROWS)
    drawn = drawn.filter(pl.col(row).is_in(keys.to_list(), nulls_equal=True))
    theme.say_rest(settings, len(totals) - len(keys))
    names = [row_name(key) for key in keys]
    figure = go.Figure()
    said: dict[Any, list[str]] = {key: [] for key in keys}
    parts = drawn.select(row, pl.coalesce(part, pl.col(row).cast(pl.String)).alias(part), "events")
    for at, code in enumerate(parts[part].unique(maintain_order=True)):
        found = dict(parts.filter(pl.col(part).eq_missing(code)).select(row, "events").iter_rows())
        name = part_name(code)
        shares = [found.get(key, 0) / totals[key] if totals[key] else 0 for key in keys]
        values = [found.get(key, 0) for key in keys] if counts else shares
        for key, n in found.items():
            said[key].append(f"{name} {n:,}")
        theme.bar(
            figure,
            values,
            names,
            _pale(look, code) if code in _NOTHING else theme.segment(at, look),
            name=safe(name),
            hovertext=[
                f"<b>{safe(title)}</b><br>{safe(name)}: {words('of', language, n=f'{found.get(key, 0):,}', total=f'{totals[key]:,}')} ({share:.0%})"
                for title, key, share in zip(names, keys, shares, strict=True)
            ],
            hoverinfo="text",
        )
    ends = [totals[key] if counts else 1 for key in keys]
    _ends(figure, ends, [f" {totals[key]:,}" for key in keys], look)
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


def _first(frame: pl.DataFrame, settings: dict[str, Any]) -> pl.DataFrame:
    """The rows that there is room for; the rule says how many are left out."""
    theme.say_rest(settings, frame.height - MOST_ROWS)
    return frame.head(MOST_ROWS)


def _ends(figure: go.Figure, at: list[Any], texts: list[str], look: theme.Theme) -> None:
    """Numbers at the ends of bars."""
    figure.add_scatter(
        mode="text",
        x=at,
        y=list(range(len(texts))),
        text=texts,
        textposition="middle right",
        textfont={"color": look.soft, "size": 11},
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )


def _pale(look: theme.Theme, kind: str = "not_found") -> dict[str, Any]:
    return {
        "color": look.pale,
        "line": {"color": look.soft, "width": 0.5},
        "pattern": {"shape": _NOTHING[kind], "size": 6, "fgcolor": look.soft, "bgcolor": look.pale, "solidity": 0.15},
    }


def _example(name: str, example: str | None) -> str:
    return f"<b>{safe(name)}</b>" + (f"<br>{theme.tick(example, 60)}" if example else "")


def _year(year: int | None, language: str) -> str:
    return words("no_day", language) if year is None else str(year)


def _field(field: str, language: str) -> str:
    return words(f"field_{field}", language) if wording.known(f"field_{field}") else field
