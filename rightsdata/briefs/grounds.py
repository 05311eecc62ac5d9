"""The sections of a brief on grounds and answers: law, acknowledgement, penalties, reasons, responses, comparison."""

from __future__ import annotations

import polars as pl

from rightsdata import analysis
from rightsdata.briefs import evidence
from rightsdata.briefs.evidence import Matter
from rightsdata.briefs.pieces import Block, Heading, Items, Line, Mark, Table, Words
from rightsdata.dataset import Dataset


def law(matter: Matter) -> list[Block]:
    """Types of legal basis counted, then every instrument with its article, standing and official text."""
    tongue, basis = matter.tongue, matter.basis
    counted: list[list[Line]] = [
        [
            [tongue.label("legal_basis_type", row["type"])],
            [str(row["events"])],
            [tongue.said(row["example"])] if row["example"] else [],
        ]
        for row in analysis.legal_bases(basis).iter_rows(named=True)
    ]
    blocks: list[Block] = [
        evidence.rule(tongue, "basis"),
        Table(
            tongue.words("s_basis"),
            [tongue.words("ground"), tongue.words("measures"), tongue.words("example")],
            counted,
            frozenset({1}),
        ),
    ]
    official = basis.sources.filter(pl.col("type").cast(pl.String).is_in(evidence.OFFICIAL))["source_id"].to_list()
    acts = (
        basis.legal_bases.filter(
            pl.col("type").cast(pl.String) != "none_stated",
            pl.any_horizontal(pl.col("title", "citation").is_not_null()),
        )
        .with_columns(pl.col("type", "status").cast(pl.String))
        .group_by("type", "title", "citation", maintain_order=True)
        .agg(
            pl.col("event_id").unique(maintain_order=True),
            pl.col("status").unique(maintain_order=True),
            pl.col("source_ids").explode().drop_nulls().unique(maintain_order=True),
        )
        .sort(pl.col("event_id").list.len(), pl.coalesce("title", "citation"), descending=[True, False])
    )
    if acts.is_empty():
        return blocks
    rows: list[list[Line]] = []
    for row in acts.iter_rows(named=True):
        named = [tongue.said(row[one]) for one in ("title", "citation") if row[one]]
        act: Line = [named[0], *([tongue.comma, named[1]] if len(named) > 1 else [])]
        texts = [one for one in row["source_ids"] if one in official]
        others = [one for one in row["source_ids"] if one not in official]
        text: Line = [f"{tongue.words('official')} ", *matter.refs(texts)] if texts else matter.refs(others)
        state = tongue.labels("legal_basis_status", row["status"])
        rows.append([act, [tongue.label("legal_basis_type", row["type"])], [state], [str(len(row["event_id"]))], text])
    head = [
        tongue.words("act"),
        tongue.words("ground"),
        tongue.words("act_status"),
        tongue.words("cited_for"),
        tongue.words("sources"),
    ]
    return [
        *blocks,
        Heading([tongue.words("acts")]),
        evidence.rule(tongue, "acts"),
        Table(tongue.words("acts"), head, rows, frozenset({3})),
    ]


def answers(matter: Matter, focus: str) -> list[Block]:
    """Who owns up, denies or is silent, and who backs what of the one event that is told in full."""
    tongue = matter.tongue
    rows: list[list[Line]] = [
        [
            [tongue.label("acknowledgement", row["acknowledgement"])],
            [tongue.label("attribution", row["attribution"])],
            [str(row["events"])],
        ]
        for row in analysis.acknowledgement(matter.basis).iter_rows(named=True)
    ]
    head = [tongue.field("acknowledgement"), tongue.field("attribution"), tongue.words("measures")]
    blocks: list[Block] = (
        [evidence.rule(tongue, "answers"), Table(tongue.words("answers"), head, rows, frozenset({2}))] if rows else []
    )
    named = analysis.effective(matter.basis).events.filter(
        pl.col("acknowledgement").cast(pl.String).is_in(["denied", "silent"])
    )
    lines: list[Line] = [
        [f"{tongue.label('acknowledgement', answer)}: ", *matter.event(event, title)]
        for answer, event, title in named.sort(pl.col("acknowledgement").cast(pl.String), "start_latest")
        .select(pl.col("acknowledgement").cast(pl.String), "event_id", "title")
        .iter_rows()
    ]
    blocks += [Items(lines)] if lines else []
    fields: list[list[Line]] = [
        [[tongue.field(row["field"])], evidence.said_by(tongue, row["publishers"], row["controls"])]
        for row in analysis.who_says(matter.dataset, focus).iter_rows(named=True)
    ]
    title = matter.dataset.events.filter(pl.col("event_id") == focus)["title"][0]
    return [
        *blocks,
        Heading([f"{tongue.words('who_field')}: ", tongue.said(title)]),
        evidence.rule(tongue, "who"),
        Table(tongue.words("who_field"), [tongue.words("field"), tongue.words("backed")], fields),
    ]


def penalties(matter: Matter) -> list[Block]:
    """What users risk: liability for posting, reading, searching or using, adopted or planned."""
    tongue = matter.tongue
    rules = matter.basis.where(restriction_type="user_liability").events.sort(
        "as_of", "event_id", descending=[True, False]
    )
    if rules.is_empty():
        return [Words([Mark(tongue.words("none_penalties"), "none")])]
    acts: dict[str, list[str]] = {}
    for event, title, citation in matter.basis.legal_bases.select("event_id", "title", "citation").iter_rows():
        acts.setdefault(event, []).append(", ".join(one for one in (title, citation) if one))
    rows: list[list[Line]] = [
        [
            [*matter.event(row["event_id"], row["title"])],
            [tongue.said(row["summary"])],
            [tongue.said("; ".join(filter(None, acts.get(row["event_id"], []))))],
            [evidence.period(tongue, row), "; ", evidence.standing(tongue, row)],
        ]
        for row in rules.iter_rows(named=True)
    ]
    head = [tongue.words("rule_name"), tongue.field("summary"), tongue.words("act"), tongue.words("state")]
    return [evidence.rule(tongue, "penalties"), Table(tongue.words("s_penalties"), head, rows)]


def reasons(matter: Matter) -> list[Block]:
    """What officials say against what was happening: a row a context, its reasons with their counts."""
    tongue = matter.tongue
    frame = analysis.reasons_by_context(matter.basis)
    rows: list[list[Line]] = []
    for (context,), part in frame.group_by("context", maintain_order=True):
        said = [
            f"{tongue.label('stated_reason', reason)} {n}" for reason, n in part.select("reason", "events").iter_rows()
        ]
        rows.append([[tongue.label("context", str(context))], [str(part["of"][0])], [tongue.joined(said)]])
    head = [tongue.field("contexts"), tongue.words("measures"), tongue.field("stated_reasons")]
    return (
        [evidence.rule(tongue, "reasons"), Table(tongue.words("s_reasons"), head, rows, frozenset({1}))] if rows else []
    )


def responses(matter: Matter) -> list[Block]:
    """How companies, organisations and courts reacted, the newest first."""
    tongue, rows = matter.tongue, evidence.responses(matter)
    if not rows:
        return [Words([Mark(tongue.words("none_responses"), "none")])]
    head = [
        tongue.words("when"),
        tongue.words("who"),
        tongue.words("what"),
        tongue.words("measure"),
        tongue.words("sources"),
    ]
    return [evidence.rule(tongue, "responses"), Table(tongue.words("s_responses"), head, rows)]


def beside(matter: Matter, other: Dataset) -> list[Block]:
    """This selection beside another, with how well each is known."""
    tongue = matter.tongue
    if tongue.safe:
        other = evidence.without_circumvention(other)
    held = other.where(confidence=["high", "medium"]) if matter.basis is not matter.dataset else other
    frame = analysis.compare(matter.basis, held)
    names = [
        tongue.joined([tongue.country(one) for one in side.events["country"].unique(maintain_order=True)])
        for side in (matter.basis, held)
    ]
    rows: list[list[Line]] = []
    for row in frame.iter_rows(named=True):
        line: list[Line] = [[tongue.label("restriction_type", row["restriction_type"])]]
        for side in "ab":
            found = row[f"events_{side}"] is not None
            line += [
                [f"{row[f'events_{side}']} ({100 * row[f'share_{side}']:.0f} %)" if found else "–"],
                [f"{row[f'day_precise_{side}']}" if found else "–"],
            ]
        rows.append(line)
    head = [
        tongue.field("restriction_type"),
        *(text for name in names for text in (name, f"{name}: {tongue.words('day_precise')}")),
    ]
    known: list[list[Line]] = []
    for name, group in zip(names, (matter.dataset, other), strict=True):
        row = analysis.sourcing(group).row(0, named=True)
        columns = ("events", "independent", "state_controlled_only", "unknown_control", "uncounted", "single_source")
        known.append([[name], *([str(row[one])] for one in columns)])
    about = [
        tongue.words("group"),
        *(tongue.words(f"known_{one}") for one in ("events", "independent", "state", "unknown", "uncounted", "single")),
    ]
    return [
        evidence.rule(tongue, "compare"),
        Table(tongue.words("s_compare"), head, rows, frozenset(range(1, 5))),
        Heading([tongue.words("compare_known")]),
        Table(tongue.words("compare_known"), about, known, frozenset(range(1, 7))),
    ]
