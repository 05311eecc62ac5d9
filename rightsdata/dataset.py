"""Dataset: all tables of one version together, filtered together, with its citation and its look in a notebook."""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from rightsdata import dates
from rightsdata.errors import ReleaseError, UnknownTerm
from rightsdata.vocabulary import review_note

UNRELEASED = "unreleased"
"""The version of a dataset that was built and not released."""

TABLES = (
    "events",
    "targets",
    "stages",
    "authorities",
    "legal_bases",
    "responses",
    "relations",
    "citations",
    "sources",
    "publishers",
    "revisions",
    "retired",
    "platforms",
    "countries",
    "terms",
)
"""Every table, in the order in which they are shown."""

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
    history: pl.DataFrame | None = None
    """What changed against the version before, as the release says; see `changes`."""
    selection: tuple[str, ...] = ()
    """What `where` kept, in words, oldest first; empty for the whole dataset."""

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames by table name."""
        return {name: getattr(self, name) for name in TABLES}

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
            feature: features; events with a target of that feature, of one of the platforms if these are given too.
            since: events that may still have applied on that day or after it. An open end counts as still on,
                an end that is not known stops at `as_of`; plans count by `as_of`. "2022" means from 1 January.
                With platform or feature, the target's own period counts.
            until: events that may have begun by that day; plans count by their first stage. "2022" means to
                31 December. With platform or feature, the target's own period counts.
            **columns: any other column of `events` with a value or a list of values; for list columns such as
                methods or contexts one common entry is enough; None asks for nulls.

        Returns:
            A Dataset in which every key still has its row: sources and publishers that only other events use are
            gone, and so are relations to events outside the selection. Platforms, countries and terms stay whole.

        Raises:
            UnknownTerm: for a country, platform or term that the dataset does not know, with the nearest one.
            TypeError: for a name that is no column of `events`, or a value of another type than the column's.
            ValueError: for a date that is not of the EDTF profile.
        """
        events = self.events
        notes: list[str] = []
        conditions: dict[str, Any] = {} if country is None else {"country": country}
        for name, wanted in (conditions | columns).items():
            values = _values(wanted)
            events = events.filter(self._matches(name, values))
            notes.append(f"{name} {_words(values)}")
        periods = self._periods(events, planned=until is not None)
        if platform is not None or feature is not None:
            own = self.targets.lazy().select(
                "event_id", "platform_id", "feature", from_="start_earliest", first="start_latest", to_="end_latest"
            )
            periods = own.join(periods.drop("from_", "first", "to_"), on="event_id")
        for name, column, wanted in (("platform", "platform_id", platform), ("feature", "feature", feature)):
            if wanted is not None:
                values = _values(wanted)
                _check(values, self.platforms["platform_id"] if name == "platform" else self._terms("feature"), name)
                periods = periods.filter(pl.col(column).cast(pl.String).is_in(values))
                notes.append(f"{name} {_words(values)}")
        if since is not None:
            bound = _bounds(since)
            day = bound.earliest or bound.latest
            open_ended = pl.col("ongoing").fill_null(False) & pl.col("to_").is_null()
            periods = periods.filter(open_ended | (pl.coalesce("to_", "as_of") >= day))
            notes.append(f"since {since}")
        if until is not None:
            before = pl.col("first").is_not_null() & pl.col("from_").is_null()  # began on or before a day
            begun = pl.coalesce("from_", "first", "planned") <= _bounds(until).latest
            periods = periods.filter(before | begun)
            notes.append(f"until {until}")
        if any(asked is not None for asked in (platform, feature, since, until)):
            met = periods.select("event_id").collect()
            events = events.join(met, on="event_id", how="semi", maintain_order="left")
        return self._restricted(events, (*self.selection, *notes))

    def _periods(self, events: pl.DataFrame, *, planned: bool) -> pl.LazyFrame:
        """Bounds of each event's period and, if asked for, the first day of its first stage."""
        periods = events.lazy().select(
            "event_id", "ongoing", "as_of", from_="start_earliest", first="start_latest", to_="end_latest"
        )
        if not planned:
            return periods
        first = self.stages.lazy().group_by("event_id").agg(planned=pl.coalesce("date_earliest", "date_latest").min())
        return periods.join(first, on="event_id", how="left")

    def changes(self) -> pl.DataFrame:
        """What this version changed against the one before it.

        Returns:
            kind (added, corrected, retired, removed), table, key (of an event and its lists the event_id), field, old,
            new, reason; empty for a first version. Of a selection, the changes of its events.

        Raises:
            ReleaseError: for a dataset that was not released.
        """
        if self.history is None:
            raise ReleaseError("an unreleased dataset has no version before it; `rightsdata diff` compares two folders")
        if not self.selection:
            return self.history
        ids = self.events["event_id"].implode()
        return self.history.filter((pl.col("table") == "events") & pl.col("key").is_in(ids))

    def resolve(self, event_id: str) -> str | None:
        """The id under which an event stands today: itself, the one that replaced it, or None if it was withdrawn.

        Raises:
            UnknownTerm: if no version ever had it, as far as this one knows.
        """
        current, seen = set(self.events["event_id"]), set()
        successors = dict(self.retired.select("old_id", "new_id").iter_rows())
        found: str | None = event_id
        while found is not None and found not in current and found not in seen:
            seen.add(found)
            if found not in successors:
                _check([found], self.events["event_id"], "event_id")
            found = successors[found]
        return found if found in current else None

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
        return review_note(dict(self.events["review"].cast(pl.String).value_counts().iter_rows()))

    def __repr__(self) -> str:
        chosen = f", where {', '.join(self.selection)}" if self.selection else ""
        return f"<Dataset {self.version}: {len(self):,} events in {self._where()}{chosen}; {self.review_note}>"

    def _repr_html_(self) -> str:
        begun, vouched = self.events.select(pl.col("start_earliest").min(), pl.col("as_of").max()).row(0)
        facts = [
            ("Version", self.version),
            ("State of review", self.review_note),
            ("Selection", ", ".join(self.selection) or "everything"),
            ("Events", f"{len(self):,} in {self._where()}"),
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

    def _where(self) -> str:
        count = self.events["country"].n_unique()
        return "1 country or territory" if count == 1 else f"{count} countries and territories"

    def _terms(self, vocabulary: str) -> pl.Series:
        return self.terms.filter(pl.col("vocabulary") == vocabulary)["code"]

    def _check_countries(self, codes: list[str]) -> None:
        """Raise for what is no country code, with the code that a longer code or a name stands for."""
        for code in codes:
            if code in self.countries["code"]:
                continue
            named = {"uk": "GB"}
            for names in self.countries.select("code", "alpha3", "name_en").iter_rows():
                named |= {name.lower(): names[0] for name in names if name}
            meant = named.get(str(code).lower())
            hint = f"did you mean {meant!r}?" if meant else "write an ISO 3166-1 alpha-2 code, such as RU"
            raise UnknownTerm(f"country has no {code!r}; {hint}")

    def _matches(self, name: str, values: list[Any]) -> pl.Expr:
        if name not in self.events.columns:
            close = difflib.get_close_matches(
                name, [*self.events.columns, "platform", "feature", "since", "until"], n=1
            )
            raise TypeError(f"events has no column {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
        dtype = self.events.schema[name]
        inner = dtype.inner if isinstance(dtype, pl.List) else dtype
        texts = [value for value in values if value is not None]
        if isinstance(inner, pl.Enum):
            _check(texts, inner.categories, name)
        elif name == "country":
            self._check_countries(texts)
        column = pl.col(name)
        if isinstance(dtype, pl.List):
            found = (
                column.cast(pl.List(pl.String))
                .list.set_intersection(pl.lit(texts, dtype=pl.List(pl.String)))
                .list.len()
                > 0
            )
            return found | (column.list.len() == 0) if None in values else found
        if isinstance(inner, pl.Enum):
            column = column.cast(pl.String)
        elif isinstance(inner, pl.Date):
            texts = [_bounds(value).latest for value in texts]
        else:
            kind = str if isinstance(inner, pl.String) else bool if isinstance(inner, pl.Boolean) else int
            for value in texts:
                if type(value) is not kind:
                    raise TypeError(f"{name} holds {inner}, such as {kind('1')!r}; found {value!r}")
        found = column.is_in(texts) if texts else pl.lit(False)
        return (found.fill_null(False) | column.is_null()) if None in values else found.fill_null(False)

    def _restricted(self, events: pl.DataFrame, selection: tuple[str, ...]) -> Dataset:
        ids = events.lazy().select("event_id")
        kept = {
            name: getattr(self, name).lazy().join(ids, on="event_id", how="semi", maintain_order="left")
            for name in BY_EVENT
        }
        kept["sources"] = self.sources.lazy().join(
            kept["citations"].select("source_id"), on="source_id", how="semi", maintain_order="left"
        )
        names = pl.concat(kept["sources"].select(publisher=name) for name in ("publisher", "syndicated_from"))
        kept["publishers"] = self.publishers.lazy().join(names, on="publisher", how="semi", maintain_order="left")
        kept["relations"] = (
            self.relations.lazy()
            .join(ids, on="event_id", how="semi", maintain_order="left")
            .join(ids, left_on="related_id", right_on="event_id", how="semi", maintain_order="left")
        )
        frames: dict[str, Any] = dict(zip(kept, pl.collect_all(list(kept.values())), strict=True))
        retired = self.retired.filter(pl.col("new_id").is_null() | pl.col("new_id").is_in(events["event_id"].implode()))
        return replace(self, events=events, **frames, retired=retired, selection=selection)


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
        hint = (
            f"did you mean {names[close[0]]!r}?"
            if close
            else f"known are {', '.join(map(str, known[:30]))}" + (" …" if len(known) > 30 else "")
        )
        raise UnknownTerm(f"{name} has no {value!r}; {hint}")


def _bounds(day: str | date) -> dates.Bounds:
    return dates.Bounds(day, day) if isinstance(day, date) else dates.parse(str(day))


def from_tables(
    tables: Mapping[str, pl.DataFrame],
    *,
    version: str,
    license: str = "CC-BY-4.0",
    digest: str = "",
    history: pl.DataFrame | None = None,
) -> Dataset:
    """A Dataset of these frames; every table must be there, and frames that are no table are left out."""
    values: dict[str, Any] = {name: tables[name] for name in TABLES}
    return Dataset(**values, version=version, license=license, digest=digest, history=history)
