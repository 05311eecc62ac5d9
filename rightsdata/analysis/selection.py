"""Which measures a question takes: by default those of the access family that took effect and bind the public."""

from __future__ import annotations

import difflib

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm
from rightsdata.vocabulary import VOCABULARIES


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


def counted(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> pl.LazyFrame:
    """The events of `effective` alone, lazily: for questions that need no other table, however many events there are.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Raises:
        UnknownTerm: for a family or population that the vocabularies do not hold.
    """
    events = dataset.events.lazy().filter("took_effect")
    for name, wanted in (("family", family), ("population", population)):
        if wanted is None:
            continue
        known = [str(term) for term in VOCABULARIES[name]]
        if wanted not in known:
            raise UnknownTerm(f"{name} has no {wanted!r}; known are {', '.join(known)}")
        events = events.filter(pl.col(name) == pl.lit(wanted))
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
