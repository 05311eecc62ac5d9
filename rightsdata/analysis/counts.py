"""How many: events, targets and countries, each with its counting rule."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset

COUNTABLE = (
    "restriction_type",
    "country",
    "family",
    "status",
    "initiator",
    "confidence",
    "review",
    "acknowledgement",
    "attribution",
)
"""Columns of `events` that `count_events` groups by."""


def count_events(
    dataset: Dataset, by: str | None = None, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """How many events took effect.

    Counting rule: one event is one kind of restriction by one initiator on the same targets in one territory over
    one period, whatever its length and the number of its targets.

    Args:
        dataset: any Dataset.
        by: a column of COUNTABLE to group by, or None for one row.
        family: see `effective`.
        population: see `effective`.

    Returns:
        `events` (count), after the column named in `by`; most first, then by name.

    Raises:
        ValueError: for a column that events cannot be grouped by.

    >>> import rightsdata as rd
    >>> rd.analysis.count_events(rd.load().where(country="RU"), by="family").columns
    ['family', 'events']
    """
    if by is not None and by not in COUNTABLE:
        raise ValueError(f"events cannot be counted by {by!r}; choose one of {', '.join(COUNTABLE)}")
    events = selection.effective(dataset, family=family, population=population).events
    if by is None:
        return pl.DataFrame({"events": [events.height]})
    return (
        events.group_by(pl.col(by).cast(pl.String)).agg(events=pl.len()).sort(["events", by], descending=[True, False])
    )
