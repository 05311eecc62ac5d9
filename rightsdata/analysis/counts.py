"""How many: events, targets and countries, each with its counting rule."""

from __future__ import annotations

from datetime import date

import polars as pl

from rightsdata.analysis import selection, spans
from rightsdata.dataset import Dataset
from rightsdata.vocabulary import Status

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
    events = selection.counted(dataset, family=family, population=population)
    if by is None:
        return events.select(events=pl.len().cast(pl.Int64)).collect()
    counted = events.group_by(pl.col(by).cast(pl.String)).agg(events=pl.len())
    return counted.sort(["events", by], descending=[True, False]).collect()


def count_targets(
    dataset: Dataset, by: str = "platform_id", *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """How many events hit each platform, kind of platform or function.

    Counting rule: an event counts once for each value, however many of its targets have it.

    Args:
        dataset: any Dataset.
        by: `platform_id`, `kind` (of platform) or `feature`.
        family: see `effective`.
        population: see `effective`.

    Returns:
        The column named in `by` (with `platform`, its name, after platform_id), events, countries (counts); most
        events first, then by the first column.

    Raises:
        ValueError: for another `by`.

    >>> import rightsdata as rd
    >>> rd.analysis.count_targets(rd.load(), by="feature").columns
    ['feature', 'events', 'countries']
    """
    if by not in ("platform_id", "kind", "feature"):
        raise ValueError(f"targets cannot be counted by {by!r}; choose one of platform_id, kind, feature")
    names = dataset.platforms.lazy().select("platform_id", "kind", platform="name")
    hit = dataset.targets.lazy().join(
        selection.counted(dataset, family=family, population=population).select("event_id", "country"), on="event_id"
    )
    if by == "kind":
        hit = hit.join(names, on="platform_id")
    counted = hit.group_by(pl.col(by).cast(pl.String)).agg(
        events=pl.col("event_id").n_unique(), countries=pl.col("country").n_unique()
    )
    if by == "platform_id":
        counted = counted.join(names, on="platform_id").select("platform_id", "platform", "events", "countries")
    return counted.sort(["events", by], descending=[True, False]).collect()


def count_country_years(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """How many measures touched each calendar year in each country.

    Counting rule: an event counts in every year that its period may touch, and surely in those that it touches
    whatever its dates mean. Where the end is open or unknown, the period is followed to `as_of`, not further. A step
    of an escalation that another superseded (see `spans`) counts to the year in which that began. So one event counts
    in several years, and the column does not add up to a number of events.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        country (ISO code), year (Int32), events, surely (counts), by country and year. A country or year without a row
        was not searched, or nothing was found: never zero.

    >>> import rightsdata as rd
    >>> rd.analysis.count_country_years(rd.load().where(event_id="ru-2025-08-calls-tg-wa")).columns
    ['country', 'year', 'events', 'surely']
    """

    def year(name: str) -> pl.Expr:
        return pl.col(name).dt.year()

    followed = pl.coalesce("possible_to", pl.max_horizontal("as_of", "last_confirmed", "start_latest")).dt.year()
    periods = (
        spans.measures(dataset, family=family, population=population)
        .select(
            "country",
            first=year("possible_from"),
            last=pl.min_horizontal(followed, year("ceases_latest")),
            sure_first=year("sure_from"),
            sure_last=pl.when(pl.col("sure_to").is_not_null()).then(
                pl.min_horizontal(year("sure_to"), year("ceases_earliest"))
            ),
        )
        .group_by(pl.all())
        .len()
    )
    return (
        periods.with_columns(year=pl.int_ranges("first", pl.col("last") + 1, dtype=pl.Int32))
        .explode("year")
        .group_by("country", "year")
        .agg(
            events=pl.col("len").sum(),
            surely=pl.col("len").filter(pl.col("year").is_between("sure_first", "sure_last")).sum(),
        )
        .sort("country", "year")
        .collect()
    )


def platforms_by_country(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """Which platforms measures hit in which country: the matrix of platforms and countries.

    Counting rule: an event counts once for each of its platforms.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        country (ISO code), platform_id, platform (name), kind, events (count), restriction_types (list, in the
        vocabulary's order), first (date by which the first had begun), last_confirmed (the newest day for which
        something vouches that one of them applied), in_force (whether one of them was in force when last confirmed);
        by country and platform.
    """
    names = dataset.platforms.lazy().select("platform_id", pl.col("kind").cast(pl.String), platform="name")
    events = selection.counted(dataset, family=family, population=population)
    return (
        dataset.targets.lazy()
        .select("event_id", "platform_id", "start_latest")
        .join(events.select("event_id", "country", "restriction_type", "last_confirmed", "status"), on="event_id")
        .group_by("country", "platform_id")
        .agg(
            events=pl.col("event_id").n_unique(),
            restriction_types=pl.col("restriction_type").unique().sort().cast(pl.String),
            first=pl.col("start_latest").min(),
            last_confirmed=pl.col("last_confirmed").max(),
            in_force=(pl.col("status").cast(pl.String) == Status.IN_FORCE).any(),
        )
        .join(names, on="platform_id")
        .select(
            "country",
            "platform_id",
            "platform",
            "kind",
            "events",
            "restriction_types",
            "first",
            "last_confirmed",
            "in_force",
        )
        .sort("country", "platform", "platform_id")
        .collect()
    )


def carried_over(
    dataset: Dataset, year: int, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """Measures that began before a year and went on into it.

    Counting rule: the start lies before 1 January whatever its date means. A step of an escalation that another
    superseded before that day (see `spans`) is not listed beside it.

    Args:
        dataset: any Dataset.
        year: the calendar year.
        family: see `effective`.
        population: see `effective`.

    Returns:
        event_id, country, title, restriction_type, start_latest, last_confirmed, and standing: `surely` if it is
        confirmed, or did not end before, 1 January; `possibly` if its end, open, unknown or imprecise, leaves room for
        it. By country, start and event_id.

    >>> import rightsdata as rd
    >>> rd.analysis.carried_over(rd.load().where(country="IR"), 2019).columns[-1]
    'standing'
    """
    new_year = date(year, 1, 1)
    sure_to, possible_to = spans.live()
    return (
        spans.measures(dataset, family=family, population=population)
        .filter(pl.col("start_latest") < new_year, possible_to.is_null() | (possible_to >= new_year))
        .select(
            "event_id",
            "country",
            "title",
            pl.col("restriction_type").cast(pl.String),
            "start_latest",
            "last_confirmed",
            standing=pl.when(sure_to >= new_year).then(pl.lit("surely")).otherwise(pl.lit("possibly")),
        )
        .sort("country", "start_latest", "event_id")
        .collect()
    )
