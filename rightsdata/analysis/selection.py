"""Which measures a question takes: by default those of the access family that took effect and bind the public."""

from __future__ import annotations

import difflib

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm
from rightsdata.vocabulary import Family, Population


def effective(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> Dataset:
    """The measures that count by default: those that took effect, of one family, on one population.

    Args:
        dataset: any Dataset.
        family: `access` or `rules`; None takes both.
        population: whom the measure binds; None takes all.
    """
    chosen = dataset.where(took_effect=True)
    if family is not None:
        chosen = chosen.where(family=family)
    return chosen if population is None else chosen.where(population=population)


def counted(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public", plans: bool = False
) -> pl.LazyFrame:
    """The rows of `events` that `effective` keeps, lazily: for questions that need no other table filtered.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.
        plans: also what never took effect.

    Raises:
        UnknownTerm: for a family or population that the vocabularies do not have.
    """
    events = dataset.events.lazy() if plans else dataset.events.lazy().filter("took_effect")
    for name, wanted, terms in (("family", family, Family), ("population", population, Population)):
        if wanted is None:
            continue
        if wanted not in list(terms):
            raise UnknownTerm(f"{name} has no {wanted!r}; choose one of {', '.join(terms)}, or None for all")
        events = events.filter(pl.col(name) == wanted)
    return events


def only(dataset: Dataset, event_id: str) -> Dataset:
    """The dataset of one event.

    Raises:
        UnknownTerm: if the dataset has no such event, with the nearest id.
    """
    ids = dataset.events["event_id"].to_list()
    if event_id not in ids:
        close = difflib.get_close_matches(event_id, ids, n=1)
        raise UnknownTerm(f"the dataset has no event {event_id!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return dataset.where(event_id=event_id)
