"""The records behind a brief: events with the sources of each field, reactions, footnotes, and what may be a link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from rightsdata import analysis
from rightsdata.analysis import knowledge
from rightsdata.briefs.language import CIRCUMVENTION, Tongue
from rightsdata.briefs.pieces import Entry, Line, Link, Mark, Piece, Said, Step, To, Words
from rightsdata.dataset import Dataset
from rightsdata.figures import wording

_LINK = re.compile(r"https?://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\.?(?::[0-9]{1,5})?(?:[/?#][^\s\"'<>\\]*)?")
"""What may be a live link, whatever a hostile release holds: a plain host name, no user name, no backslash."""

ARCHIVES = ("web.archive.org", "archive.org", "archive.today", "archive.ph", "perma.cc")
"""Hosts of web archives, whose pages may be live links."""

OFFICIAL = ("legal_text", "court", "government")
"""Types of sources that hold the text of a law, an order or a judgment, or its publication by the state."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a brief rests on: all events told of, those that it counts, those told in full, and the number of each source."""

    dataset: Dataset
    basis: Dataset
    tongue: Tongue
    full: frozenset[str]
    numbers: dict[str, int]
    hit: dict[str, dict[str, list[str]]]

    @property
    def several_countries(self) -> bool:
        """Whether events have to say where they are."""
        return self.dataset.events["country"].n_unique() > 1

    def refs(self, source_ids: Iterable[str]) -> list[Piece]:
        """Links to the numbered sources, in their order; three or more in a row are told by the first and the last."""
        found: list[Piece] = []
        numbers = sorted({self.numbers[one] for one in source_ids if one in self.numbers})
        runs: list[list[int]] = []
        for number in numbers:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        for run in runs:
            found += [" "] if found else []
            ends = [To(str(number), f"s{number}") for number in ([run[0], run[-1]] if len(run) > 1 else run)]
            found += ends if len(run) == 1 else [ends[0], "–" if len(run) > 2 else " ", ends[1]]
        return found

    def event(self, event_id: str, title: str) -> Line:
        """A link to an event of the brief."""
        said = self.tongue.said(title)
        return [To(said, event_id) if isinstance(said, Said) else said]

    def targets(self, event_id: str) -> list[Piece]:
        """The targets of an event, with the features that are hit where not all are."""
        found: list[Piece] = []
        for name, features in self.hit.get(event_id, {}).items():
            found += [self.tongue.comma] if found else []
            found.append(self.tongue.said(name, longest=200))
            if features != ["all"]:
                found.append(f" ({self.tongue.labels('feature', features)})")
        return found


def matter(dataset: Dataset, basis: Dataset, tongue: Tongue, most: int | None = None) -> Matter:
    """Number the sources in the order in which the list of events, the newest first, cites them.

    Args:
        dataset: all events told of.
        basis: those that the brief counts.
        tongue: how it speaks.
        most: the newest events of the basis that are told in full; the sources of others have no number. None tells all.
    """
    newest = dataset.events.select("event_id", newest=pl.coalesce("start_latest", "as_of"))
    full = newest
    if most is not None:
        counted = newest.join(basis.events, on="event_id", how="semi")
        full = counted.sort(["newest", "event_id"], descending=[True, False]).head(most)
    cited = dataset.citations.join(full, on="event_id").sort(
        ["newest", "event_id", "position"], descending=[True, False, False]
    )
    ordered = cited["source_id"].unique(maintain_order=True).to_list()
    hit: dict[str, dict[str, list[str]]] = {}
    targets = dataset.targets.join(dataset.platforms, on="platform_id", maintain_order="left")
    for event, name, feature in targets.select("event_id", "name", pl.col("feature").cast(pl.String)).iter_rows():
        hit.setdefault(event, {}).setdefault(name, []).append(feature)
    numbers = {source: number for number, source in enumerate(ordered, 1)}
    return Matter(dataset, basis, tongue, frozenset(full["event_id"]), numbers, hit)


def without_circumvention(dataset: Dataset) -> Dataset:
    """The events that do not tell of tools or ways around a block.

    Left out are events that hit a platform of kind `vpn_or_circumvention`, name `anti_circumvention` as a reason, or
    tell of such tools in their title or summary.
    """
    tools = dataset.platforms.filter(pl.col("kind").cast(pl.String) == "vpn_or_circumvention").select("platform_id")
    hit = dataset.targets.join(tools, on="platform_id", how="semi")["event_id"].to_list()
    kept = [
        event
        for event, title, summary, reasons in dataset.events.select(
            "event_id", "title", "summary", pl.col("stated_reasons").cast(pl.List(pl.String))
        ).iter_rows()
        if event not in set(hit)
        and "anti_circumvention" not in reasons
        and not CIRCUMVENTION.search(f"{title} {summary}")
    ]
    return replace(dataset.where(event_id=kept), selection=(*dataset.selection, "safe to share"))


def rule(tongue: Tongue, name: str, **values: object) -> Words:
    """How a section counts, in words."""
    return Words([tongue.words(f"r_{name}", **values)], "rule")


def badge(tongue: Tongue, review: str) -> Mark:
    """How far people have checked a record."""
    return Mark(tongue.label("review", review), "badge")


def control(tongue: Tongue, kind: str) -> list[Piece]:
    """A mark on publishers that a state controls, or of which it is not known who does."""
    marks = {"state_controlled": "state", "unknown": "unknown"}
    return [" ", Mark(tongue.words(f"control_{marks[kind]}"), marks[kind])] if kind in marks else []


def said_by(tongue: Tongue, publishers: Iterable[str], controls: Iterable[str]) -> list[Piece]:
    """Publishers with their marks, or that nobody is named."""
    found: list[Piece] = []
    for publisher, kind in zip(publishers, controls, strict=True):
        found += [tongue.comma] if found else []
        found += [tongue.said(publisher, longest=200), *control(tongue, kind)]
    return found or [Mark(tongue.words("not_attributed"), "none")]


def period(tongue: Tongue, event: dict[str, Any]) -> str:
    """When an event took effect and ceased to, in words."""
    if not event["start"]:
        return tongue.words("never_applied")
    start = tongue.spell(event["start"])
    if event["end"] == event["start"]:
        return start
    if event["end"]:
        return tongue.words("period", start=start, end=tongue.spell(event["end"]))
    return tongue.words("over" if event["ongoing"] is False else "no_end", start=start)


def standing(tongue: Tongue, event: dict[str, Any]) -> str:
    """What is last known of an event: never that it is so today."""
    status = tongue.label("status", event["status"])
    if event["status"] in ("in_force", "unknown") and event["last_confirmed"]:
        return tongue.words("standing_confirmed", status=status, day=tongue.day(event["last_confirmed"]))
    return (
        status
        if event["status"] == "ended"
        else tongue.words("standing", status=status, day=tongue.day(event["as_of"]))
    )


def entries(matter: Matter, ids: Iterable[str], *, brief: bool = False) -> list[Entry]:
    """Events, the newest first, in full with the sources of each field, or in brief."""
    chosen = set(ids)
    fields: dict[str, dict[str, list[str]]] = {}
    for event, field, source in knowledge.backed(matter.dataset).unique(maintain_order=True).iter_rows():
        fields.setdefault(event, {}).setdefault(field, []).append(source)
    cited: dict[str, list[str]] = {}
    for event, source in matter.dataset.citations.select("event_id", "source_id").iter_rows():
        cited.setdefault(event, []).append(source)
    newest = pl.coalesce("start_latest", "as_of")
    rows = matter.dataset.events.sort(newest, "event_id", descending=[True, False]).iter_rows(named=True)
    return [
        _entry(matter, row, cited.get(row["event_id"], []), fields.get(row["event_id"], {}), brief)
        for row in rows
        if row["event_id"] in chosen
    ]


def _entry(matter: Matter, row: dict[str, Any], cited: list[str], fields: dict[str, list[str]], brief: bool) -> Entry:
    tongue = matter.tongue
    title = [tongue.said(row["title"], longest=300), " ", badge(tongue, row["review"])]
    place = tongue.country(row["country"]) + (f" ({', '.join(row['admin1'])})" if row["admin1"] else "")
    facts: list[Piece] = [f"{place} · {tongue.label('restriction_type', row['restriction_type'])} · "]
    if row["population"] != "public":
        facts.append(f"{tongue.words('binds')}: {tongue.label('population', row['population'])} · ")
    facts += [*matter.targets(row["event_id"]), f" · {period(tongue, row)} · {standing(tongue, row)}"]
    if row["event_id"] not in matter.full:
        return Entry(row["event_id"], title, [("meta", facts)])
    sources: list[Piece] = [f"{tongue.words('sources')}: ", *matter.refs(cited)]
    if brief:
        return Entry(row["event_id"], title, [("meta", [*facts, " · ", *sources])])
    facts += [
        f" · {tongue.field('initiator')}: {tongue.label('initiator', row['initiator'])}",
        f" · {tongue.field('legal_bases')}: {tongue.labels('legal_basis_type', row['legal_basis_types'])}",
        f" · {tongue.words('confidence')}: {tongue.label('confidence', row['confidence'])} ({row['publisher_count']})",
    ]
    backing: list[Piece] = []
    for field in analysis.FIELDS_ATTRIBUTED:
        numbers = matter.refs(fields.get(field, ()))
        if numbers:
            backing += [f"{'; ' if backing else ''}{tongue.field(field)} ", *numbers]
    rest = matter.refs(set(cited).difference(*fields.values()))
    if backing:
        backing = [f"{tongue.words('by_field')}: ", *backing, *(["; ", *sources[:1], *rest] if rest else [])]
    return Entry(
        row["event_id"], title, [("", [tongue.said(row["summary"])]), ("meta", facts), ("meta", backing or sources)]
    )


def road(matter: Matter, event_id: str) -> list[Step]:
    """The stages of one event, with who vouches for each."""
    tongue = matter.tongue
    steps = []
    for row in analysis.road(matter.dataset, event_id).iter_rows(named=True):
        note: list[Piece] = [tongue.said(row["note"]), ". "] if row["note"] else []
        if row["attributed_to"]:
            note += [f"{tongue.words('so_says')}: ", tongue.said(row["attributed_to"], longest=300), "."]
        vouched = [f"{tongue.words('vouched')}: ", *said_by(tongue, row["publishers"], row["controls"])]
        effect = row["stage"] in ("in_force", "expanded", "eased")
        lines = [note, vouched] if note else [vouched]
        steps.append(Step(tongue.spell(row["date"]), tongue.label("stage", row["stage"]), effect, lines))
    return steps


def responses(matter: Matter) -> list[list[Line]]:
    """Rows of reactions to the events of the brief's basis, the newest first: when, who, what, to what, sources."""
    tongue = matter.tongue
    titles = dict(matter.basis.events.select("event_id", "title").iter_rows())
    rows = matter.basis.responses
    if tongue.safe:
        rows = rows.filter(pl.col("kind").cast(pl.String) != "technical_workaround")
    rows = rows.sort(
        pl.coalesce("date_latest", "date_earliest"),
        "event_id",
        "position",
        descending=[True, False, False],
        nulls_last=True,
    )
    return [
        [
            [tongue.spell(row["date"])],
            [tongue.said(row["actor"], longest=300), f" ({tongue.label('response_kind', row['kind'])})"],
            [tongue.said(row["note"])] if row["note"] else [],
            matter.event(row["event_id"], titles[row["event_id"]]),
            matter.refs(row["source_ids"] or ()),
        ]
        for row in rows.iter_rows(named=True)
    ]


def notes(matter: Matter, *, compact: bool = False) -> list[tuple[int, Line]]:
    """The sources as footnotes: publisher, title, day, address, archived copy; in a safe brief an id for the address.

    Args:
        matter: whose sources.
        compact: make publisher and title the link where the address may be live, and leave out an address that may not,
            with the mark that says why.
    """
    tongue = matter.tongue
    controls = dict(matter.dataset.publishers.select("publisher", pl.col("control").cast(pl.String)).iter_rows())
    found: list[tuple[int, Line]] = []
    numbered = (row for row in matter.dataset.sources.iter_rows(named=True) if row["source_id"] in matter.numbers)
    for row in sorted(numbered, key=lambda row: matter.numbers[row["source_id"]]):
        known = controls.get(row["publisher"], "unknown")
        title, line = tongue.said(row["title"], row["language"], 500), list[Piece]()
        after = (
            [f" ({tongue.words('after')} ", tongue.said(row["syndicated_from"], longest=200), ")"]
            if row["syndicated_from"]
            else []
        )
        day = f"{tongue.comma}{tongue.spell(row['published'], tongue.words('no_date'))} ({row['language']})."
        if compact and not tongue.safe:
            named = Said(f"{wording.shown(row['publisher'], 200)}: {wording.shown(row['title'], 500)}", row["language"])
            line = [Link(named, row["url"]) if live(row["url"], known) else named]
            line += control(tongue, known) if known != "unknown" else []
            line += [*after, day]
        else:
            line = [tongue.said(row["publisher"], longest=200), *control(tongue, known), *after, ": ", title, day, " "]
            line.append(row["source_id"] if tongue.safe else address(tongue, row["url"], known))
        if row["archive_url"] and not tongue.safe:
            line += [f" {tongue.words('archived')}: ", address(tongue, row["archive_url"], known)]
        found.append((matter.numbers[row["source_id"]], line))
    return found


def address(tongue: Tongue, url: str, control: str) -> Piece:
    """An address: a live link where it may be one, else text."""
    said = tongue.said(url, longest=1_000)
    return Link(said, url) if isinstance(said, Said) and live(url, control) else said


def live(url: str | None, control: str) -> bool:
    """Whether an address may be a live link: of a publisher whose control is known, or of a web archive."""
    match = _LINK.fullmatch(url or "")
    return bool(match and (control != "unknown" or match[1].lower().removeprefix("www.") in ARCHIVES))
