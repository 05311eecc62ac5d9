"""What a brief says, section by section: all of it computed from the data, none of it in a format yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from rightsdata import analysis, figures
from rightsdata.briefs import evidence, grounds, measurements
from rightsdata.briefs.evidence import Matter
from rightsdata.briefs.language import Tongue
from rightsdata.briefs.pieces import (
    Block,
    Brief,
    Card,
    Cards,
    Entries,
    Heading,
    Items,
    Line,
    Mark,
    Notes,
    Picture,
    Piece,
    Section,
    Step,
    Steps,
    Table,
    To,
    Words,
)
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm
from rightsdata.vocabulary import Status

MOST_PLATFORMS = 20
"""Rows of the timeline figure; more cannot be read on one page, and the list of events holds the rest."""

MOST_PLATFORMS_LIGHT = 10
"""The same where every kilobyte counts."""

MOST_LADDERS = 6
"""Platforms whose ladder is told, those with the most steps; the timeline and the list of events hold the rest."""


def brief(
    dataset: Dataset,
    *,
    language: str = "en",
    focus: str | None = None,
    compare: Dataset | None = None,
    verdicts: pl.DataFrame | None = None,
    safe_share: bool = False,
    all_sources: bool = False,
    compact: bool = False,
    most: int | None = None,
) -> Brief:
    """What a brief on these events says; see `outputs.write` for the arguments and errors, `evidence` for `compact` and `most`."""
    if not len(dataset):
        raise UnknownTerm(
            "no event meets these conditions; that means not searched or nothing found, never that nothing happened"
        )
    if focus is not None:
        analysis.only(dataset, focus)  # raises for what is not there
    seen = None if verdicts is None else measurements.known(verdicts)
    tongue = Tongue(dataset, language, safe=safe_share)
    told = evidence.without_circumvention(dataset) if safe_share else dataset
    if not len(told):
        raise UnknownTerm("every event of this selection is about ways around a block, which --safe-share leaves out")
    basis = told if all_sources else told.where(confidence=["high", "medium"])
    matter = evidence.matter(told, basis, tongue, most)
    chosen = focus if focus and focus in told.events["event_id"].to_list() else _focus(basis if len(basis) else told)
    place = tongue.place(told.events["country"].unique(maintain_order=True).to_list())
    review = dict(told.events["review"].cast(pl.String).value_counts().iter_rows())
    note = (
        told.review_note
        if language == "en"
        else tongue.words("unreviewed")
        if not review.get("human_reviewed")
        else told.review_note
    )
    sections = [
        section
        for section in _sections(matter, chosen, compare, seen, len(dataset) - len(told), compact)
        if section.blocks
    ]
    return Brief(
        language=language,
        title=tongue.words("title", place=place),
        note=note,
        intro=_intro(matter),
        sections=sections,
        citation=basis.cite() if len(basis) else told.cite(),
        safe=safe_share,
    )


def _sections(
    matter: Matter, focus: str, compare: Dataset | None, verdicts: pl.DataFrame | None, left_out: int, compact: bool
) -> Iterator[Section]:
    tongue = matter.tongue

    def section(key: str, blocks: list[Block], *more: Piece) -> Section:
        title = tongue.words(f"s_{key}")
        return Section(key, title, [f"{title}: ", *more] if more else [title], blocks)

    basis = matter.basis
    yield section("key", _key(matter))
    yield section("ladders", _ladders(matter))
    yield section("time", _time(matter, MOST_PLATFORMS_LIGHT if compact else MOST_PLATFORMS))
    yield section("standing", _standing(matter))
    yield section("regions", _regions(matter))
    yield section("how", _how(matter))
    yield section("basis", grounds.law(matter))
    yield section("road", *_road(matter, focus))
    yield section("who", grounds.answers(matter, focus))
    yield section("penalties", grounds.penalties(matter))
    yield section("reasons", grounds.reasons(matter))
    yield section("responses", grounds.responses(matter))
    yield section("measured", measurements.measured(matter, verdicts))
    yield section("compare", grounds.beside(matter, compare) if compare is not None else [])
    yield section("events", _events(matter))
    yield section("leads", _leads(matter))
    yield section("changes", _changes(matter))
    yield section("limits", _limits(matter, left_out))
    yield section("method", [Items([[tongue.words(f"method_{n}")] for n in range(1, 5)])])
    cited = basis.cite() if len(basis) else matter.dataset.cite()
    yield section("cite", [Words([tongue.said(cited)], "quote"), *_pin(matter)])
    yield section(
        "sources",
        [
            evidence.rule(tongue, "sources_safe" if tongue.safe else "sources"),
            Notes(evidence.notes(matter, compact=compact)),
        ],
    )


def _intro(matter: Matter) -> list[Line]:
    tongue, dataset = matter.tongue, matter.dataset
    chosen = tongue.said(", ".join(dataset.selection), longest=300) if dataset.selection else tongue.words("everything")
    return [
        [tongue.words("intro")],
        [
            f"{tongue.words('selection')}: ",
            chosen,
            f" · {tongue.words('coded')}: {len(dataset)} · rightsdata {dataset.version}",
        ],
        [tongue.words("no_census")],
        *([[tongue.words("safe_note")]] if tongue.safe else []),
    ]


def _focus(dataset: Dataset) -> str:
    counted = analysis.effective(dataset)
    pool = counted if len(counted) else dataset
    longest = pool.stages.group_by("event_id").len().sort(["len", "event_id"], descending=[True, False])
    return str(longest["event_id"][0])


def _key(matter: Matter) -> list[Block]:
    """The paragraph to cite, its counting rule, and the same figures apart."""
    tongue, basis = matter.tongue, matter.basis
    counted = analysis.effective(basis)
    on = counted.where(status="in_force")
    bases = dict(analysis.legal_bases(basis).select("type", "events").iter_rows())
    answers = dict(analysis.acknowledgement(basis).group_by("acknowledgement").agg(pl.col("events").sum()).iter_rows())
    days = on.events["last_confirmed"].drop_nulls().sort()
    confirmed = tongue.span(days[0], days[-1]) if len(days) else tongue.words("not_known")
    figures = {
        "place": tongue.place(matter.dataset.events["country"].unique(maintain_order=True).to_list()),
        "version": matter.dataset.version,
        "n": len(counted),
        "on": len(on),
        "confirmed": confirmed,
        "targets": counted.targets["platform_id"].n_unique(),
        "none": bases.get("none_stated", 0),
        "missing": bases.get("not_found", 0),
        "denied": answers.get("denied", 0),
        "silent": answers.get("silent", 0),
        "leads": len(matter.dataset) - len(basis),
    }
    several = counted.events.filter(pl.col("confidence").cast(pl.String) == "high").height
    values = {
        "measures": len(counted),
        "on": len(on),
        "targets": figures["targets"],
        "none": figures["none"],
        "two": several,
        "other": len(basis) - len(counted),
    }
    apart = [tongue.words("paragraph_leads", **figures)] if figures["leads"] else []
    return [
        Words([" ".join([tongue.words("paragraph", **figures), *apart])], "quote"),
        evidence.rule(tongue, "key"),
        Cards(
            [
                Card(int(str(value)), tongue.words(f"card_{name}"), tongue.words(f"card_{name}_rule", **figures))
                for name, value in values.items()
            ]
        ),
    ]


def _ladders(matter: Matter) -> list[Block]:
    """The steps against each platform that more than one measure or plan hit, the platforms with the most first."""
    tongue, basis = matter.tongue, matter.basis
    access = basis.where(family="access", population="public")
    named = access.platforms.filter(~pl.col("group")).select("platform_id", "name")
    most = (
        access.targets.join(access.events.select("event_id", "country"), on="event_id")
        .join(named, on="platform_id")
        .group_by("country", "platform_id", "name")
        .agg(steps=pl.col("event_id").n_unique())
        .filter(pl.col("steps") > 1)
        .sort(["steps", "country", "platform_id"], descending=[True, False, False])
    )
    if most.is_empty():
        return []
    blocks: list[Block] = [evidence.rule(tongue, "ladders", shown=min(most.height, MOST_LADDERS), n=most.height)]
    for at, (country, platform, name, _) in enumerate(most.head(MOST_LADDERS).iter_rows()):
        rows = analysis.ladder(basis, platform, country)
        where = [f" ({tongue.country(country)})"] if matter.several_countries else []
        blocks.append(Heading([tongue.said(name, longest=200), *where]))
        figure = figures.bare(figures.ladder(rows, footer=basis.cite(), language=tongue.language))
        blocks.append(Picture(f"ladder{at}", figure, figures.alt_text(figure), ""))
        steps = []
        for row in rows.iter_rows(named=True):
            line: list[Piece] = [*matter.event(row["event_id"], row["title"])]
            if row["relation"]:
                line.append(
                    f" ({tongue.label('relation', row['relation'])}: {tongue.words('step')} {_place(rows, row['follows'])})"
                )
            ends = _ends(tongue, row)
            when = (
                tongue.span(row["start_earliest"], row["start_latest"])
                if row["start_latest"]
                else tongue.words("plan", day=tongue.span(row["known_since"], row["known_since"]))
            )
            kind = tongue.label("restriction_type", row["restriction_type"])
            steps.append(Step(f"{row['position']}. {when}", kind, row["start_latest"] is not None, [line, [ends]]))
        blocks.append(Steps(steps))
    return blocks


def _place(rows: pl.DataFrame, event_id: str) -> int:
    return int(rows.filter(pl.col("event_id") == event_id)["position"][0])


def _ends(tongue: Tongue, row: dict[str, Any]) -> str:
    """How far the period of a row of `timeline` or `ladder` is known."""
    if row["ending"] == "known":
        return tongue.words("ended", day=tongue.span(row["end_earliest"], row["end_latest"]))
    if row["ending"] is None:
        return tongue.label("status", str(row["status"]))
    how = {"open": "went_on", "past": "over_by", "unknown": "goes_on_unknown"}[str(row["ending"])]
    said = tongue.words(how, day=tongue.day(row["as_of"]))
    if row["last_confirmed"] is None:
        return said
    return f"{tongue.words('confirmed', day=tongue.day(row['last_confirmed']))}; {said}"


def _time(matter: Matter, most: int) -> list[Block]:
    tongue, basis = matter.tongue, matter.basis
    shown = analysis.timeline(basis, most=most)
    if shown.is_empty():
        return [Words([Mark(tongue.words("none_timed"), "none")])]
    every = analysis.timeline(basis).select("country", "platform_id").unique().height
    drawn = shown.select("country", "platform_id").unique().height
    figure = figures.bare(figures.timeline(shown, footer=basis.cite(), language=tongue.language))
    rows: list[list[Line]] = []
    for row in shown.iter_rows(named=True):
        name: list[Piece] = [tongue.said(row["platform"], longest=200)]
        name += [f" ({tongue.country(row['country'])})"] if matter.several_countries else []
        start = tongue.span(row["start_earliest"], row["start_latest"])
        kind = tongue.label("restriction_type", row["restriction_type"])
        rows.append([name, matter.event(row["event_id"], row["title"]), [kind], [start], [_ends(tongue, row)]])
    head = [
        tongue.field("targets"),
        tongue.words("measure"),
        tongue.field("restriction_type"),
        tongue.field("start"),
        tongue.field("end"),
    ]
    return [
        evidence.rule(tongue, "time", shown=drawn, n=every),
        Picture("timeline", figure, figures.alt_text(figure), tongue.words("time_caption")),
        Table(tongue.words("s_time"), head, rows, folded=tongue.words("time_data")),
    ]


def _standing(matter: Matter) -> list[Block]:
    """What was in force when last confirmed, the newest confirmation first."""
    tongue, counted = matter.tongue, analysis.effective(matter.basis)
    rule = evidence.rule(tongue, "standing", n=len(counted.where(status="unknown")))
    on = counted.where(status="in_force").events.sort(
        "last_confirmed", "event_id", descending=[True, False], nulls_last=True
    )
    if on.is_empty():
        return [rule, Words([Mark(tongue.words("none_standing"), "none")])]
    head = [
        tongue.words("last_confirmed"),
        tongue.words("measure"),
        tongue.field("restriction_type"),
        tongue.field("targets"),
        tongue.field("start"),
    ]
    rows: list[list[Line]] = [
        [
            [tongue.day(row["last_confirmed"]) if row["last_confirmed"] else tongue.words("not_known")],
            matter.event(row["event_id"], row["title"]),
            [tongue.label("restriction_type", row["restriction_type"])],
            matter.targets(row["event_id"]),
            [tongue.spell(row["start"])],
        ]
        for row in on.iter_rows(named=True)
    ]
    return [rule, Table(tongue.words("s_standing"), head, rows)]


def _regions(matter: Matter) -> list[Block]:
    """Measures on a part of a country, by subdivision."""
    tongue, counted = matter.tongue, analysis.effective(matter.basis)
    parts = counted.events.explode("admin1").drop_nulls("admin1")
    if parts.is_empty():
        return [Words([Mark(tongue.words("none_regions"), "none")])]
    kind = pl.col("restriction_type").cast(pl.String)
    rows = (
        parts.group_by("admin1")
        .agg(
            events=pl.len(),
            cut=kind.is_in(["network_shutdown", "mobile_shutdown"]).sum(),
            first=pl.coalesce("start_earliest", "start_latest").min(),
            last=pl.col("last_confirmed").max(),
            ids=pl.col("event_id").sort_by("start_latest"),
            titles=pl.col("title").sort_by("start_latest"),
        )
        .sort(["events", "admin1"], descending=[True, False])
    )
    head = [
        tongue.field("admin1"),
        tongue.words("measures"),
        tongue.words("cuts"),
        tongue.words("first"),
        tongue.words("last_confirmed"),
        tongue.words("which"),
    ]
    table: list[list[Line]] = []
    for row in rows.iter_rows(named=True):
        which: list[Piece] = []
        for event, title in zip(row["ids"], row["titles"], strict=True):
            which += [*(["; "] if which else []), *matter.event(event, title)]
        days = [tongue.day(row[one]) if row[one] else tongue.words("not_known") for one in ("first", "last")]
        table.append([[row["admin1"]], [str(row["events"])], [str(row["cut"])], [days[0]], [days[1]], which])
    return [evidence.rule(tongue, "regions"), Table(tongue.words("s_regions"), head, table, frozenset({1, 2}))]


def _how(matter: Matter) -> list[Block]:
    tongue = matter.tongue
    rows: list[list[Line]] = []
    for row in analysis.methods(matter.basis).iter_rows(named=True):
        most = [tongue.said(name, longest=200) for name in row["platforms"][:8]]
        names: list[Piece] = []
        names += [piece for one in most for piece in (tongue.comma, one)][1:]
        names += [f" (+{len(row['platforms']) - 8})"] if len(row["platforms"]) > 8 else []
        rows.append(
            [
                [tongue.label("restriction_type", row["restriction_type"])],
                [str(row["events"])],
                [tongue.labels("method", row["methods"])],
                [str(row["methods_unknown"])],
                names,
            ]
        )
    if not rows:
        return [Words([Mark(tongue.words("none_measures"), "none")])]
    head = [
        tongue.field("restriction_type"),
        tongue.words("measures"),
        tongue.field("methods"),
        tongue.words("method_unknown"),
        tongue.words("frequent_targets"),
    ]
    return [evidence.rule(tongue, "how"), Table(tongue.words("s_how"), head, rows, frozenset({1, 3}))]


def _road(matter: Matter, focus: str) -> tuple[list[Block], Piece]:
    tongue = matter.tongue
    (entry,) = evidence.entries(matter, [focus])
    lines = [Words(line, kind) for kind, line in entry.lines[:2]]
    return [
        Words([To(tongue.words("record"), focus), " ", entry.title[-1]], "meta"),
        *lines,
        Steps(evidence.road(matter, focus)),
    ], entry.title[0]


def _events(matter: Matter) -> list[Block]:
    """The events that the brief rests on."""
    if not len(matter.basis):
        return [Words([Mark(matter.tongue.words("none_independent"), "none")])]
    shortened = (
        [evidence.rule(matter.tongue, "shortened", n=len(matter.full))] if len(matter.full) < len(matter.basis) else []
    )
    return [evidence.rule(matter.tongue, "events"), *shortened, *_grouped(matter, matter.basis)]


def _leads(matter: Matter) -> list[Block]:
    """The events without an independent source, in brief."""
    ids = matter.basis.events["event_id"].implode()
    rest = replace(matter.dataset, events=matter.dataset.events.filter(~pl.col("event_id").is_in(ids)))
    return [evidence.rule(matter.tongue, "leads"), *_grouped(matter, rest, brief=True)] if len(rest) else []


def _grouped(matter: Matter, dataset: Dataset, *, brief: bool = False) -> list[Block]:
    """Events under three headings that are never added up, the newest first."""
    counted = set(analysis.effective(dataset).events["event_id"])
    applied = set(dataset.events.filter("took_effect")["event_id"])
    groups = {
        "group_measures": counted,
        "group_rules": applied - counted,
        "group_plans": {*dataset.events["event_id"]} - applied,
    }
    blocks: list[Block] = []
    for name, ids in groups.items():
        if ids:
            heading = Heading([f"{matter.tongue.words(name)} ({len(ids)})"])
            blocks += [heading, Entries(evidence.entries(matter, ids, brief=brief))]
    return blocks


def _changes(matter: Matter) -> list[Block]:
    """What the dataset's version changed in these events."""
    tongue = matter.tongue
    if matter.dataset.history is None:
        return [Words([tongue.words("changes_unreleased")])]
    changes = matter.dataset.changes()
    changes = changes.filter(pl.col("table") == "events")
    if changes.is_empty():
        return [Words([tongue.words("changes_none", version=matter.dataset.version)])]
    titles = dict(matter.dataset.events.select("event_id", "title").iter_rows())
    rows: list[list[Line]] = [
        [
            [tongue.words(f"change_{kind}")],
            matter.event(key, titles[key]) if key in titles else [tongue.said(key)],
            [tongue.field(field) if field in analysis.FIELDS_ATTRIBUTED else tongue.said(field)],
            [tongue.said(reason)],
        ]
        for kind, key, field, reason in changes.select("kind", "key", "field", "reason").iter_rows()
    ]
    head = [tongue.words("change"), tongue.words("event"), tongue.words("field"), tongue.words("reason")]
    return [
        evidence.rule(tongue, "changes", version=matter.dataset.version),
        Table(tongue.words("s_changes"), head, rows),
    ]


def _limits(matter: Matter, left_out: int) -> list[Block]:
    tongue, basis = matter.tongue, matter.basis
    reviews = matter.dataset.events.group_by(pl.col("review").cast(pl.String)).len().sort("review")
    lines: list[Line] = [
        [
            tongue.words(
                "limit_review",
                counts=tongue.joined([f"{tongue.label('review', one)} {n}" for one, n in reviews.iter_rows()]),
            )
        ],
        *([tongue.words(f"limit_{n}")] for n in range(1, 6)),
        *([[tongue.words("limit_safe", n=left_out)]] if tongue.safe else []),
    ]
    told: list[list[Line]] = []
    for row in analysis.coverage(basis).iter_rows(named=True):
        share = "–" if row["share"] is None else f"{100 * row['share']:.0f} %"
        told.append([[tongue.field(row["field"])], [str(row["filled"])], [str(row["attributed"])], [share]])
    blocks: list[Block] = [
        Items(lines),
        Heading([tongue.words("coverage")]),
        evidence.rule(tongue, "coverage", n=len(basis)),
        Table(
            tongue.words("coverage"),
            [tongue.words("field"), tongue.words("filled"), tongue.words("own_source"), tongue.words("share")],
            told,
            frozenset({1, 2, 3}),
        ),
    ]
    ages: list[list[Line]] = [
        [[str(row["year"] or tongue.words("not_known"))], [str(row["events"])], [str(row["in_force"])]]
        for row in analysis.last_confirmed(basis).iter_rows(named=True)
    ]
    if ages:
        head = [tongue.words("confirmation_year"), tongue.words("measures"), tongue.label("status", Status.IN_FORCE)]
        blocks += [
            Heading([tongue.words("age")]),
            evidence.rule(tongue, "age"),
            Table(tongue.words("age"), head, ages, frozenset({1, 2})),
        ]
    return blocks


def _pin(matter: Matter) -> list[Block]:
    """What version this is, so that anybody can check it."""
    digest = matter.dataset.digest
    pin = f"{matter.tongue.words('version')}: {matter.dataset.version}" + (
        f" · manifest sha256 {digest}" if digest else ""
    )
    return [Words([pin, f" · {matter.tongue.words('licence')}: {matter.dataset.license}"], "meta")]
