"""The section of a brief on measurements: what networks that measure saw of its events, or that none was asked."""

from __future__ import annotations

import polars as pl

from rightsdata import analysis, figures
from rightsdata.briefs import evidence
from rightsdata.briefs.evidence import Matter
from rightsdata.briefs.pieces import Block, Items, Line, Mark, Picture, Table, Words

COLUMNS = ("event_id", "country", "platform_id", "feature", "provider", "verdict", "reason")
"""Columns of verdicts that a brief reads."""


def known(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The verdicts with the columns that a brief reads.

    Raises:
        ValueError: if they are none.
    """
    missing = [name for name in COLUMNS if name not in verdicts.columns]
    if missing:
        raise ValueError(
            f"found verdicts without {', '.join(missing)}; expected what `rightsdata evidence` writes or "
            "evidence.corroborate returns"
        )
    texts = verdicts.select(pl.col(COLUMNS).cast(pl.String))
    other = texts.filter(~pl.col("verdict").is_in(list(figures.VERDICTS)))["verdict"].unique().sort().head(3).to_list()
    if other:
        raise ValueError(f"found the verdicts {', '.join(map(str, other))}; expected {', '.join(figures.VERDICTS)}")
    return texts


def measured(matter: Matter, verdicts: pl.DataFrame | None) -> list[Block]:
    """Who measured what and what it says of each target; without verdicts, that the data hold none.

    Args:
        matter: of the brief.
        verdicts: what `known` gives, of any events; None where none were given.
    """
    tongue, counted = matter.tongue, analysis.effective(matter.basis)
    pages = counted.sources.filter(pl.col("type").cast(pl.String) == "measurement")["source_id"]
    citing = counted.citations.filter(pl.col("source_id").is_in(pages.implode()))["event_id"].n_unique()
    calls = counted.targets.filter(pl.col("feature").cast(pl.String) == "calls").height
    told: list[Block] = (
        [
            Words(
                [
                    Mark(figures.words("not_measured", tongue.language), "unknown"),
                    " ",
                    tongue.words("measured", n=len(counted)),
                ]
            )
        ]
        if verdicts is None
        else _verdicts(matter, counted.events.select("event_id", "title"), verdicts)
    )
    return [
        *told,
        Words([f"{tongue.words('measured_pages', n=citing)} ", *matter.refs(pages)])
        if citing
        else Words([tongue.words("measured_no_pages")]),
        *([Words([tongue.words("measured_calls")])] if calls else []),
    ]


def _verdicts(matter: Matter, counted: pl.DataFrame, verdicts: pl.DataFrame) -> list[Block]:
    tongue = matter.tongue
    found = verdicts.join(counted, on="event_id")
    asked = found["event_id"].n_unique()
    words = evidence.rule(tongue, "verdicts", n=asked, of=counted.height)
    if found.is_empty():
        return [words]
    counts = dict(found["verdict"].value_counts().iter_rows())
    lines: list[Line] = [[f"{figures.words(one, tongue.language)}: {counts.get(one, 0)}"] for one in figures.VERDICTS]
    providers = found["provider"].drop_nulls().unique().sort().to_list()
    who: list[Block] = (
        [Words([f"{tongue.words('measured_by')} ", tongue.said(", ".join(providers), longest=300)])]
        if providers
        else []
    )
    looked = found.filter(pl.col("verdict") != "not_measured")
    if looked.is_empty():
        return [words, *who, Items(lines)]
    rank = pl.col("verdict").replace_strict({one: at for at, one in enumerate(figures.VERDICTS)}, return_dtype=pl.Int8)
    looked = looked.sort(rank, "event_id", "platform_id", "provider", nulls_last=True)
    figure = figures.bare(figures.evidence_matrix(looked, footer=matter.basis.cite(), language=tongue.language))
    rows: list[list[Line]] = [
        [
            matter.event(row["event_id"], row["title"]),
            [tongue.said(row["platform_id"]), f" ({tongue.label('feature', row['feature'])})"],
            [tongue.said(row["provider"] or "–")],
            [figures.words(row["verdict"], tongue.language)],
            [tongue.said(row["reason"])],
        ]
        for row in looked.iter_rows(named=True)
    ]
    head = [
        tongue.words("measure"),
        tongue.field("targets"),
        tongue.words("measured_who"),
        tongue.words("measured_verdict"),
        tongue.words("reason"),
    ]
    return [
        words,
        *who,
        Items(lines),
        Picture("evidence", figure, figures.alt_text(figure), tongue.words("measured_caption")),
        Table(tongue.words("s_measured"), head, rows),
    ]
