"""Dataset: all tables of one version together, filtered together, with its citation and its look in a notebook."""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import polars as pl

from rightsdata import dates
from rightsdata.errors import UnknownTerm

UNRELEASED = "unreleased"
"""The version of a dataset that was built and not released."""

BY_EVENT = ("targets", "stages", "authorities", "legal_bases", "responses", "citations", "revisions")
"""Tables whose rows belong to one event."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """All tables of one version. Frames are Polars DataFrames; the codebook (data/README.md) tells their columns.

    Filter with `where`, which filters every table together and returns a new Dataset; nothing changes in place.
    """

    events: pl.DataFrame
    targets: pl.DataFrame
    stages: pl.DataFrame
    authorities: pl.DataFrame
    legal_bases: pl.DataFrame
    responses: pl.DataFrame
    relations: pl.DataFrame
    citations: pl.DataFrame
    sources: pl.DataFrame
    publishers: pl.DataFrame
    revisions: pl.DataFrame
    retired: pl.DataFrame
    platforms: pl.DataFrame
    countries: pl.DataFrame
    terms: pl.DataFrame
    version: str = UNRELEASED
    license: str = "CC-BY-4.0"
    digest: str = ""
    """SHA-256 of the release's manifest, which pins every byte; empty for an unreleased dataset."""
    selection: tuple[str, ...] = ()
    """What `where` kept, in words, oldest first; empty for the whole dataset."""

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames by table name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.type == "pl.DataFrame"}

    def __len__(self) -> int:
        return self.events.height

    def where(
        self,
        *,
        country: str | Iterable[str] | None = None,
        platform: str | Iterable[str] | None = None,
        feature: str | Iterable[str] | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        **columns: Any,
    ) -> Dataset:
        """The events that meet every condition, with all that belongs to them, as a new Dataset.

        Args:
            country: ISO codes; where people are affected.
            platform: platform ids; events that hit at least one of them, with all their targets.
            feature: features; events with at least one target of that feature.
            since: events that may still have applied on that day or after it. An open end counts as still on,
                an end that is not known stops at `as_of`; plans count by `as_of`. "2022" means from 1 January.
            until: events that may have begun by that day; plans count by their first stage. "2022" means to
                31 December.
            **columns: any other column of `events` with a value or a list of values; for list columns such as
                methods or contexts one common entry is enough; None asks for nulls.

        Returns:
            A Dataset in which every key still has its row: sources, publishers and platforms that only other
            events use are gone, and so are relations to events outside the selection.

        Raises:
            UnknownTerm: for a value that the dataset does not know, with the nearest one.
            TypeError: for a name that is no column of `events`.
            ValueError: for a date that is not of the EDTF profile.
        """
        events = self.events
        notes: list[str] = []
        conditions: dict[str, Any] = {} if country is None else {"country": country}
        for name, wanted in (conditions | columns).items():
            values = _values(wanted)
            events = events.filter(self._matches(name, values))
            notes.append(f"{name} {_words(values)}")
        for name, column, wanted in (("platform", "platform_id", platform), ("feature", "feature", feature)):
            if wanted is None:
                continue
            values = _values(wanted)
            allowed = self.platforms["platform_id"] if name == "platform" else self._terms("feature")
            _check(values, allowed, name)
            hit = self.targets.filter(pl.col(column).cast(pl.String).is_in(values)).select("event_id").unique()
            events = events.join(hit, on="event_id", how="semi")
            notes.append(f"{name} {_words(values)}")
        if since is not None:
            first = _bounds(since).earliest or _bounds(since).latest
            events = events.filter(_still_on() >= first)
            notes.append(f"since {since}")
        if until is not None:
            last = _bounds(until).latest
            begun = self.stages.group_by("event_id").agg(pl.coalesce("date_earliest", "date_latest").min().alias("first"))
            kept = events.join(begun, on="event_id", how="left").filter(pl.coalesce("start_earliest", "start_latest", "first") <= last)
            events = events.join(kept.select("event_id"), on="event_id", how="semi")
            notes.append(f"until {until}")
        return self._restricted(events, (*self.selection, *notes))

    def cite(self) -> str:
        """How to cite exactly these rows: authors, title, version, state of review, licence, selection, pin."""
        year = self.version[:4] if self.version != UNRELEASED else "n.d."
        parts = [
            f"rightsdata contributors ({year}). rightsdata: restriction events on the internet",
            f"version {self.version} ({self.review_note.lower()})",
            f"licence {self.license}",
        ]
        if self.selection:
            parts.append(f"selection: {', '.join(self.selection)}")
        if self.digest:
            parts.append(f"manifest sha256 {self.digest[:16]}")
        return "; ".join(parts) + "."

    @property
    def review_note(self) -> str:
        """How far people have checked these records, in a few words that belong beside every figure."""
        checked = int(self.events["review"].cast(pl.String).str.starts_with("human").sum())
        if not checked:
            return "Machine-coded, unreviewed preview"
        return f"{checked} of {len(self)} records checked by people, the rest machine-coded and unreviewed"

    def __repr__(self) -> str:
        chosen = f", where {', '.join(self.selection)}" if self.selection else ""
        return f"<Dataset {self.version}: {len(self):,} events in {self.events['country'].n_unique()} countries and territories{chosen}; {self.review_note}>"

    def _repr_html_(self) -> str:
        begun = self.events["start_earliest"].min()
        vouched = self.events["as_of"].max()
        facts = [
            ("Version", self.version),
            ("State of review", self.review_note),
            ("Selection", ", ".join(self.selection) or "everything"),
            ("Events", f"{len(self):,} in {self.events['country'].n_unique()} countries and territories"),
            ("Period", f"first start {begun or 'not known'}, last confirmation {vouched or 'not known'}"),
            ("Tables", ", ".join(f"{name} {frame.height:,}" for name, frame in self.tables.items())),
            ("Licence", self.license),
            ("Cite as", self.cite()),
        ]
        body = "".join(
            f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>"
            for name, value in facts
        )
        return f"<table><caption style='text-align:left'><b>rightsdata</b>: a coded selection, not a census</caption>{body}</table>"

    def _terms(self, vocabulary: str) -> pl.Series:
        return self.terms.filter(pl.col("vocabulary") == vocabulary)["code"]

    def _matches(self, name: str, values: list[Any]) -> pl.Expr:
        if name not in self.events.columns:
            close = difflib.get_close_matches(name, [*self.events.columns, "platform", "feature", "since", "until"], n=1)
            raise TypeError(f"events has no column {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        dtype = self.events.schema[name]
        inner = dtype.inner if isinstance(dtype, pl.List) else dtype
        texts = [value for value in values if value is not None]
        if isinstance(inner, pl.Enum):
            _check(texts, inner.categories, name)
        elif name == "country":
            _check(texts, self.countries["code"], name)
        column = pl.col(name)
        if isinstance(dtype, pl.List):
            found = column.cast(pl.List(pl.String)).list.set_intersection(pl.lit(texts, dtype=pl.List(pl.String))).list.len() > 0
            return found | (column.list.len() == 0) if None in values else found
        if isinstance(inner, pl.Enum):
            column = column.cast(pl.String)
        found = column.is_in(texts) if texts else pl.lit(False)
        return (found.fill_null(False) | column.is_null()) if None in values else found.fill_null(False)

    def _restricted(self, events: pl.DataFrame, selection: tuple[str, ...]) -> Dataset:
        ids = events.select("event_id")
        kept = {name: getattr(self, name).join(ids, on="event_id", how="semi", maintain_order="left") for name in BY_EVENT}
        sources = self.sources.join(kept["citations"].select("source_id"), on="source_id", how="semi", maintain_order="left")
        names = pl.concat([sources["publisher"], sources["syndicated_from"]]).to_frame("publisher")
        both = self.relations.join(ids, on="event_id", how="semi", maintain_order="left").join(
            ids, left_on="related_id", right_on="event_id", how="semi", maintain_order="left"
        )
        return replace(
            self,
            events=events,
            **kept,
            sources=sources,
            publishers=self.publishers.join(names, on="publisher", how="semi", maintain_order="left"),
            relations=both,
            retired=self.retired.filter(pl.col("new_id").is_null() | pl.col("new_id").is_in(ids["event_id"].implode())),
            platforms=self.platforms.join(kept["targets"].select("platform_id"), on="platform_id", how="semi", maintain_order="left"),
            selection=selection,
        )


def _values(wanted: Any) -> list[Any]:
    return list(wanted) if isinstance(wanted, Iterable) and not isinstance(wanted, str) else [wanted]


def _words(values: list[Any]) -> str:
    return " or ".join("unknown" if value is None else str(value) for value in values)


def _check(values: list[Any], allowed: pl.Series, name: str) -> None:
    known = allowed.to_list()
    for value in values:
        if value in known:
            continue
        names = {str(one).lower(): one for one in known}
        close = difflib.get_close_matches(str(value).lower(), names, n=1, cutoff=0.5)
        hint = f"did you mean {names[close[0]]!r}?" if close else f"known are {', '.join(map(str, known[:30]))}" + (" …" if len(known) > 30 else "")
        raise UnknownTerm(f"{name} has no {value!r}; {hint}")


def _bounds(day: str | date) -> dates.Bounds:
    return dates.Bounds(day, day) if isinstance(day, date) else dates.parse(day)


def _still_on() -> pl.Expr:
    """The last day on which an event may have applied; an open end is the end of time."""
    forever = pl.lit(date.max)
    return pl.when(pl.col("ongoing") & pl.col("end_latest").is_null()).then(forever).otherwise(pl.coalesce("end_latest", "as_of"))


def from_tables(tables: Mapping[str, pl.DataFrame], **about: Any) -> Dataset:
    """A Dataset of these frames; the tables must be all there."""
    return Dataset(**tables, **about)
