"""Combining: two providers' events as one Dataset, each account kept as it is, an event that both tell of counted once.

How counts avoid counting twice: nothing is merged and nothing overwritten. `told` holds every account of every provider.
The Combined itself is the view that analyses and figures take: of two accounts that are the same event it holds the one
whose provider comes first, so that each event is one row. A selection is made among all accounts, and an event is then
shown by its first account that meets it: `where(provider="theirs")` gives all that they tell, not only what we lack.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from rightsdata import dataset as datasets
from rightsdata import schema
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, Problem
from rightsdata.matching import match

if TYPE_CHECKING:
    from rightsdata.drafts import Import

SAYS_NOTHING = ("unknown", "unattributed")
"""Terms by which an account leaves a field open; they contradict nothing."""

SHARED = ("sources", "publishers", "platforms", "countries", "terms")
"""Tables of which a row may stand on both sides."""

TERMS = ("restriction_type", "initiator", "population", "pattern", "acknowledgement", "ongoing")
"""Fields that contradict each other if both accounts know them and they differ."""

LISTS = ("admin1", "platforms", "stated_reasons", "contexts", "methods")
"""Fields that contradict each other if both accounts name something and neither names all that the other does."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Combined(Dataset):
    """A Dataset in which each event is one row however many providers tell of it; see the module for how that is counted."""

    told: Dataset
    """Every account of every provider, as a Dataset; counting over it counts accounts, not events."""
    pairs: pl.DataFrame
    """What `matching.match` found between the providers, with the reasons."""
    conflicts: pl.DataFrame
    """Where two accounts of one event contradict each other: event_id, related_id, provider (of related_id), field, ours, theirs."""

    @property
    def accounts(self) -> pl.DataFrame:
        """Who tells of each event: event_id (as counted), provider, account_id, license; a row an account."""
        told = self.told.events.select("provider", "license", account_id="event_id")
        same = _same(self.pairs).select(event_id="left_id", account_id="right_id")
        own = self.events.select("event_id", account_id="event_id")
        also = same.join(self.events.select("event_id"), on="event_id", how="semi")
        return (
            pl.concat([own, also])
            .unique()
            .join(told, on="account_id")
            .select("event_id", "provider", "account_id", "license")
            .sort("event_id", "provider", "account_id")
        )

    def where(self, **conditions: Any) -> Combined:
        """The events of which some account meets every condition, each by its first account that does; see `Dataset.where`."""
        told = self.told.where(**conditions)
        ids = told.events["event_id"].implode()
        return replace(
            _view(self, told),
            conflicts=self.conflicts.filter(pl.col("event_id").is_in(ids) & pl.col("related_id").is_in(ids)),
        )


def combine(
    ours: Dataset,
    drafts: Dataset | Import,
    decisions: pl.DataFrame | str | Path | None = None,
    *,
    places: pl.DataFrame | None = None,
) -> Combined:
    """One Dataset of both, each account under its provider and licence, matched accounts counted once.

    Two accounts are one event if `match` answers `same`, by score or by decision; what is under review counts as two. Pages,
    publishers and platforms that both know are taken as `ours` has them. The result is never released: the gate refuses
    rows whose licence does not allow it.

    Args:
        ours: the dataset whose account of an event is the one counted.
        drafts: another's events: a Dataset, or an Import with the areas that its rows name.
        decisions: see `matching.match`.
        places: see `matching.match`; by default those of the Import.

    Returns:
        A Combined: a Dataset for every analysis and figure, with `told`, `pairs`, `conflicts` and `accounts`.

    Raises:
        InvalidData: if both have an id, or a decision is wrong; with each.
    """
    theirs = drafts if isinstance(drafts, Dataset) else drafts.dataset()
    if places is None and not isinstance(drafts, Dataset):
        places = drafts.places
    if both := sorted(set(ours.events["event_id"]) & set(theirs.events["event_id"])):
        remedy = "Give the drafts ids of their own, or leave out the events that are there already."
        expected = "an id that only one of the two has"
        raise InvalidData(
            [Problem("events", 0, "event_id", one, expected, remedy, "an_id_is_of_one_provider") for one in both]
        )
    tables = {}
    for name in datasets.TABLES:
        mine = getattr(ours, name)
        other = getattr(theirs, name)
        added = other.select(
            pl.col(column).cast(dtype) for column, dtype in mine.schema.items() if column in other.columns
        )
        if name in SHARED:
            added = added.join(mine, on=schema.TABLES[name].primary_key(), how="anti")
        tables[name] = pl.concat([mine, added], how="diagonal")
    told = datasets.from_tables(tables, version=datasets.UNRELEASED, license=_licenses(tables["events"]))
    names = ", ".join(theirs.events["provider"].unique().sort())
    told = replace(told, selection=(*ours.selection, f"version {ours.version} combined with {names or 'no events'}"))
    pairs = match(ours, theirs, decisions, places=places)
    parts = {field.name: getattr(told, field.name) for field in fields(Dataset)}
    whole = Combined(**parts, told=told, pairs=pairs, conflicts=_conflicts(told, _same(pairs)))
    return _view(whole, told)


def _same(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.filter(pl.col("answer") == "same").select("left_id", "right_id")


def _view(combined: Combined, told: Dataset) -> Combined:
    """The accounts of a selection, each event once: without those that are the same as one of `ours` that is in it."""
    shown = _same(combined.pairs).join(told.events.select(left_id="event_id"), on="left_id", how="semi")
    kept = told.events.join(shown.select(event_id="right_id"), on="event_id", how="anti", maintain_order="left")
    once = told._restricted(kept, told.selection)
    parts = {field.name: getattr(once, field.name) for field in fields(Dataset)}
    return replace(combined, **parts, told=told)


def _licenses(events: pl.DataFrame) -> str:
    return " AND ".join(events["license"].unique().sort())


def _conflicts(told: Dataset, same: pl.DataFrame) -> pl.DataFrame:
    """Each field of a matched pair that both accounts know and that cannot be true in both."""
    other = told.events.rename(lambda name: f"{name}_right")
    both = same.join(told.events, left_on="left_id", right_on="event_id").join(
        other, left_on="right_id", right_on="event_id_right"
    )
    found = [
        _listed(both, "start", _apart("start")),
        _listed(both, "end", _apart("end")),
    ]
    for name in TERMS:
        one, another = pl.col(name).cast(pl.String), pl.col(f"{name}_right").cast(pl.String)
        known = ~one.is_in(SAYS_NOTHING) & ~another.is_in(SAYS_NOTHING)
        found.append(_listed(both, name, known & (one != another)))
    for name in LISTS:
        one, another = pl.col(name).cast(pl.List(pl.String)), pl.col(f"{name}_right").cast(pl.List(pl.String))
        shared = one.list.set_intersection(another).list.len()
        found.append(_listed(both, name, shared < pl.min_horizontal(one.list.len(), another.list.len())))
    return pl.concat(found).sort("event_id", "related_id", "field")


def _apart(side: str) -> pl.Expr:
    first, last = f"{side}_earliest", f"{side}_latest"
    sharp = ~(pl.col(f"{side}_approximate") | pl.col(f"{side}_approximate_right"))
    return sharp & ((pl.col(last) < pl.col(f"{first}_right")) | (pl.col(f"{last}_right") < pl.col(first)))


def _listed(both: pl.DataFrame, name: str, conflict: pl.Expr) -> pl.DataFrame:
    def told(column: str) -> pl.Expr:
        if isinstance(both.schema[column], pl.List):
            return pl.col(column).cast(pl.List(pl.String)).list.sort().list.join(", ")
        return pl.col(column).cast(pl.String)

    return both.filter(conflict.fill_null(value=False)).select(
        event_id="left_id",
        related_id="right_id",
        provider="provider_right",
        field=pl.lit(name),
        ours=told(name),
        theirs=told(f"{name}_right"),
    )
