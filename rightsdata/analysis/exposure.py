"""How many people live where a measure applies: denominators, never a count of people cut off."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset
from rightsdata.errors import printable

USERS = pl.Schema({"country": pl.String(), "year": pl.Int32(), "users": pl.Int64(), "origin": pl.String()})
"""Columns of the frame of internet users that `exposure` takes."""

SUBDIVISIONS = pl.Schema(
    {"country": pl.String(), "admin1": pl.String(), "people": pl.Int64(), "year": pl.Int32(), "origin": pl.String()}
)
"""Columns of the frame of subnational populations that `exposure` takes."""

PEOPLE = ("people", "people_year", "people_origin")
ONLINE = ("internet_users_min", "internet_users_max", "users_year", "users_origin")


def exposure(
    dataset: Dataset, users: pl.DataFrame | None = None, *, subdivisions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """How many people and internet users live where each effective access measure on the public applies.

    These are denominators: the people of a territory, not those who were cut off, did use the service, or noticed.
    One row stands for one event. Nothing may be added up: several measures hit the same people, the figure of the EU
    holds its members', and the events are a selection; there is no sum for a country or the world.

    Counting rule, people: a measure is taken as nationwide where no subdivision is coded (`admin1` empty); it has the
    population of its country, of the one year that the table `countries` holds, whatever the year of the measure. A
    subnational one is refused unless `subdivisions` has a figure for each of its subdivisions, all of one year; these
    are then added, so the frame must not hold a subdivision beside one that contains it.

    Counting rule, internet users: only from `users`, only for nationwide measures, and always of the nearest year
    at or before the start of the measure, never a later one. Where the start is known within bounds, every figure from
    the nearest year at or before the earliest start to that at or before the latest start counts, and the
    fewest and the most of them are given; so it is with several origins for one year. Where the earliest start is
    open ("on or before"), every year up to the latest start counts.

    Args:
        dataset: any Dataset.
        users: internet users by country and year, with the columns of USERS; None leaves them null, for the
            dataset ships none.
        subdivisions: people by subdivision (ISO 3166-2), one row each, with the columns of SUBDIVISIONS.

    Returns:
        event_id, country, scope (`nationwide` or `subnational`), people (null where refused), people_year,
        people_origin, internet_users_min, internet_users_max, users_year (of the latest figure used), users_origin
        (all origins used, joined by "; "), refused (why `people` is null, else null); in the order of `events`, which
        is by country and id.

    Raises:
        ValueError: for a frame without these columns, with values of another type, with nulls or negative figures,
            or with one subdivision twice.

    >>> import rightsdata as rd
    >>> calls = rd.load().where(event_id="ru-2025-08-whatsapp-telegram-calls")
    >>> rd.analysis.exposure(calls).select("scope", "people_year", "internet_users_max", "refused").row(0)
    ('nationwide', 2024, None, None)
    """
    events = (
        selection.counted(dataset)
        .select(
            "event_id",
            "country",
            "admin1",
            subnational=pl.col("admin1").list.len() > 0,
            first=pl.col("start_earliest").dt.year(),
            last=pl.col("start_latest").dt.year(),
        )
        .with_row_index("event")
        .collect()
    )
    parts = _checked("subdivisions", SUBDIVISIONS.to_frame() if subdivisions is None else subdivisions, SUBDIVISIONS)
    online = _checked("users", USERS.to_frame() if users is None else users, USERS)
    local = _of_subdivisions(events.filter("subnational"), parts)
    return (
        _with_online(events, online)
        .join(_of_countries(dataset), on="country", how="left", maintain_order="left")
        .join(local, on="event", how="left", suffix="_local", maintain_order="left")
        .select(
            "event_id",
            "country",
            pl.when("subnational").then(pl.lit("subnational")).otherwise(pl.lit("nationwide")).alias("scope"),
            *(pl.when("subnational").then(f"{name}_local").otherwise(name).alias(name) for name in PEOPLE),
            *(pl.when(~pl.col("subnational")).then(name).alias(name) for name in ONLINE),
            pl.when("subnational").then("refused_local").otherwise("refused").alias("refused"),
        )
    )


def _of_countries(dataset: Dataset) -> pl.DataFrame:
    """country, people, people_year, people_origin and refused."""
    return dataset.countries.select(
        country="code",
        people="population",
        people_year=pl.col("population_year").cast(pl.Int32),
        people_origin="population_origin",
        refused=pl.when(pl.col("population").is_null()).then(
            pl.format("the dataset has no population of {}", pl.col("code"))
        ),
    )


def _of_subdivisions(events: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """event, people, people_year, people_origin and refused, of events with subdivisions."""
    twice = given.filter(pl.struct("country", "admin1").is_duplicated())
    if not twice.is_empty():
        raise ValueError(
            f"subdivisions has more than one row for {printable(twice['admin1'][0])}; "
            "expected one a subdivision; keep the year that is meant"
        )
    parts = (
        events.select("event", "country", "admin1")
        .explode("admin1")
        .join(given, on=["country", "admin1"], how="left", maintain_order="left")
    )
    lacking = (
        parts.filter(pl.col("people").is_null())
        .sort("admin1")
        .group_by("event")
        .agg("admin1")  # joined below: as a list it takes a third of the time
        .select(
            "event", refused=pl.lit("subnational, and no population is given for ") + pl.col("admin1").list.join(", ")
        )
    )
    mixed = pl.col("years") > 1
    summed = (
        parts.join(lacking, on="event", how="anti")
        .group_by("event")
        .agg(
            pl.col("people").sum(),
            pl.col("year").n_unique().alias("years"),
            pl.col("year").max().alias("people_year"),
            pl.col("origin").unique().sort().str.join("; ").alias("people_origin"),
        )
        .select(
            "event",
            *(pl.when(~mixed).then(name).alias(name) for name in PEOPLE),
            refused=pl.when(mixed).then(pl.lit("subnational, and the populations given are of different years")),
        )
    )
    return pl.concat([summed, lacking], how="diagonal")


def _with_online(events: pl.DataFrame, users: pl.DataFrame) -> pl.DataFrame:
    """Events with the bounds of internet users of their country and the pair of years (first, last) in which they may begin."""
    keys = ["country", "first", "last"]
    if users.is_empty():  # the join would find nothing, at the price of all the rest
        types = {"internet_users_min": pl.Int64, "internet_users_max": pl.Int64, "users_year": pl.Int32}
        return events.with_columns(pl.lit(None, types.get(name, pl.String)).alias(name) for name in ONLINE)
    nearest = pl.col("year").filter(pl.col("year") <= pl.col("first")).max().over(keys)
    bounds = (
        events.select(keys)
        .unique()
        .join(users, on="country")
        .with_columns(since=nearest)
        .filter((pl.col("year") <= pl.col("last")) & (pl.col("since").is_null() | (pl.col("year") >= pl.col("since"))))
        .group_by(keys)
        .agg(
            internet_users_min=pl.col("users").min(),
            internet_users_max=pl.col("users").max(),
            users_year=pl.col("year").max(),
            users_origin=pl.col("origin").unique().sort().str.join("; "),
        )
    )
    return events.join(bounds, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _checked(name: str, frame: pl.DataFrame, expected: pl.Schema) -> pl.DataFrame:
    """The columns of the caller's frame, typed."""
    if missing := [column for column in expected if column not in frame.columns]:
        raise ValueError(f"{name} has no column {', '.join(missing)}; expected {', '.join(expected)}")
    try:
        typed = frame.select(pl.col(column).cast(dtype) for column, dtype in expected.items())
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{name} holds values of another type; expected {dict(expected)}: {error}") from error
    for column, dtype in expected.items():
        if typed[column].has_nulls():
            raise ValueError(f"{name} has an empty {column}; leave out the rows that say nothing")
        if dtype.is_integer() and (typed[column] < 0).any():
            raise ValueError(f"{name} has a negative {column}; leave out the rows that say nothing")
    return typed
