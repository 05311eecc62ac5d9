"""Two groups of events side by side, with how well each is known."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import counts, knowledge, selection
from rightsdata.dataset import Dataset
from rightsdata.errors import printable


def compare(
    a: Dataset,
    b: Dataset,
    by: str = "restriction_type",
    *,
    family: str | None = "access",
    population: str | None = "public",
) -> pl.DataFrame:
    """What two groups of events are made of, as shares of each, with how well each is known beside them.

    This compares codings, not countries: the groups are what was searched, found and coded. A difference may lie in the
    languages searched, in how much is published or in the coder, and none says that one group restricts more than
    the other. Read the shares with the columns of coverage: where these differ, the shares may differ for that alone.

    Counting rule: events that count (see `effective`), each in one row; the share is of the events of its group
    that count. A value of which a group has no event is null there, not zero: it was not searched for or not found.

    Args:
        a: one group, such as `rd.load().where(country="RU")`.
        b: the other.
        by: a column of COUNTABLE.
        family: see `effective`.
        population: see `effective`.

    Returns:
        <by>, events_a, share_a (0 to 1), events_b, share_b, then how many of these events have an independent source
        (independent_a, independent_b) and a start known to the day (day_precise_a, day_precise_b), as `sourcing`
        takes them. Sorted by the value.

    Raises:
        ValueError: where the groups overlap, or one has no event that counts, or for a column that events cannot be
            grouped by.

    >>> import rightsdata as rd
    >>> whole = rd.load()
    >>> frame = rd.analysis.compare(whole.where(country="RU"), whole.where(country="TR"))
    >>> round(frame["share_a"].sum(), 6), round(frame["share_b"].sum(), 6)
    (1.0, 1.0)
    """
    if by not in counts.COUNTABLE:
        raise ValueError(f"events cannot be compared by {by!r}; choose one of {', '.join(counts.COUNTABLE)}")
    both = a.events.select("event_id").join(b.events, on="event_id", how="semi")["event_id"]
    if len(both):
        shown = ", ".join(printable(one) for one in both.head(3)) + (" …" if len(both) > 3 else "")
        raise ValueError(f"the groups overlap in {len(both)} events ({shown}); choose groups that share none")
    sides = []
    for name, group in (("a", a), ("b", b)):
        side = (
            selection.counted(group, family=family, population=population)
            .group_by(pl.col(by).cast(pl.String))
            .agg(
                events=pl.len(),
                independent=(pl.col("publisher_count") > 0).sum(),
                day_precise=(knowledge.start_precision() == "day_precise").sum(),
            )
            .with_columns(share=pl.col("events") / pl.col("events").sum())
            .select(by, pl.exclude(by).name.suffix(f"_{name}"))
            .collect()
        )
        if side.is_empty():
            raise ValueError(
                f"group {name} has no event that counts, of {len(group)} in all; "
                "choose another group, or name a family or population"
            )
        sides.append(side)
    measures = ("events", "share", "independent", "day_precise")
    return (
        sides[0]
        .join(sides[1], on=by, how="full", coalesce=True)
        .select(
            by,
            *(f"{measure}_{name}" for name in "ab" for measure in measures[:2]),
            *(f"{measure}_{name}" for measure in measures[2:] for name in "ab"),
        )
        .sort(by)
    )
