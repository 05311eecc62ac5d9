"""analysis.exposure: denominators with their year and origin, refused where there is none."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from conftest import Folder

from rightsdata import analysis, reading
from rightsdata.dataset import Dataset

EVENTS = f"read_parquet('{reading.folder()}/events.parquet')"
COUNTRIES = f"read_parquet('{reading.folder()}/countries.parquet')"


def users(*rows: tuple[str, int, int, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=["country", "year", "users", "origin"], orient="row")


def regions(*rows: tuple[str, str, int, int, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=["country", "admin1", "people", "year", "origin"], orient="row")


ITU = users(("RU", 2020, 10, "ITU"), ("RU", 2022, 20, "ITU"), ("RU", 2030, 30, "ITU"), ("IR", 2020, 5, "ITU"))


def test_people_equal_hand_written_sql(released: Dataset) -> None:
    found = analysis.exposure(released).select("event_id", "country", "people", "people_year", "people_origin").rows()
    assert (
        found
        == duckdb.sql(f"""
        select event_id, country, population, population_year, population_origin
        from (select event_id, country, admin1 from {EVENTS}
          where took_effect and family = 'access' and population = 'public')
        left join {COUNTRIES} as countries on code = country and len(admin1) = 0
        order by country, event_id""").fetchall()
    )


def test_a_nationwide_measure_has_the_population_of_its_country(folder: Folder) -> None:
    assert analysis.exposure(folder.dataset()).rows(named=True) == [
        {
            "event_id": "ru-2025-08-calls",
            "country": "RU",
            "scope": "nationwide",
            "people": 2000,
            "people_year": 2024,
            "people_origin": "World Bank",
            "internet_users_min": None,
            "internet_users_max": None,
            "users_year": None,
            "users_origin": None,
            "refused": None,
        }
    ]


def test_a_country_without_a_population_is_refused_with_the_reason(folder: Folder) -> None:
    folder.event.update(event_id="no-2025-08-calls", country="NO")
    row = analysis.exposure(folder.dataset()).row(0, named=True)
    assert (row["people"], row["refused"]) == (None, "the dataset has no population of NO")


def test_a_subnational_measure_is_refused_unless_every_subdivision_has_a_figure(folder: Folder) -> None:
    folder.event["admin1"] = ["RU-IN", "RU-DA"]
    built = folder.dataset()

    def people(*rows: tuple[str, str, int, int, str]) -> tuple[object, ...]:
        frame = analysis.exposure(built, ITU, subdivisions=regions(*rows))
        return frame.select("scope", "people", "people_year", "people_origin", "refused", "users_year").row(0)

    one = ("RU", "RU-DA", 7, 2021, "Census")
    alone = analysis.exposure(built).row(0, named=True)
    assert alone["people"] is None
    assert alone["refused"] == "subnational, and no population is given for RU-DA, RU-IN"
    assert people(one)[-2] == "subnational, and no population is given for RU-IN"
    assert people(one, ("RU", "RU-IN", 5, 2021, "Office")) == ("subnational", 12, 2021, "Census; Office", None, None)
    assert people(one, ("RU", "RU-IN", 5, 2010, "Census")) == (
        *("subnational", None, None, None),
        "subnational, and the populations given are of different years",
        None,
    )


@pytest.mark.parametrize(
    ("start", "fewest", "most", "year"),
    [
        ("2025-08-13", 20, 20, 2022),  # the nearest year before, never the later one
        ("2022-08-13", 20, 20, 2022),
        ("2021-08", 10, 10, 2020),
        ("[2021-01-01..2022-08-13]", 10, 20, 2022),  # the start is within bounds, and so are its users
        ("[2019-01-01..2020-08-13]", 10, 10, 2020),
        ("../2022-08-13", 10, 20, 2022),
        ("2019", None, None, None),
    ],
)
def test_internet_users_are_of_the_nearest_year_at_or_before_the_start(
    folder: Folder, start: str, fewest: int | None, most: int | None, year: int | None
) -> None:
    folder.event["start"] = start
    found = analysis.exposure(folder.dataset(), ITU)
    assert found.select("internet_users_min", "internet_users_max", "users_year").row(0) == (fewest, most, year)


def test_two_origins_for_one_year_are_bounds(folder: Folder) -> None:
    both = users(("RU", 2025, 12, "World Bank"), ("RU", 2025, 11, "ITU"), ("RU", 2024, 1, "Old"))
    found = analysis.exposure(folder.dataset(), both).select(pl.col("^.*users_.*$")).row(0)
    assert found == (11, 12, 2025, "ITU; World Bank")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (ITU.drop("origin"), "users has no column origin; expected country, year, users, origin"),
        (ITU.with_columns(users=pl.lit("many")), "users holds values of another type"),
        (ITU.with_columns(users=pl.lit(None, pl.Int64)), "users has an empty users"),
        (ITU.with_columns(users=pl.lit(-1)), "users has a negative users"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(folder: Folder, frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        analysis.exposure(folder.dataset(), frame)


def test_one_subdivision_twice_is_refused(folder: Folder) -> None:
    twice = regions(("RU", "RU-DA", 7, 2021, "Census"), ("RU", "RU-DA", 6, 2010, "Census"))
    with pytest.raises(ValueError, match="more than one row for RU-DA"):
        analysis.exposure(folder.dataset(), subdivisions=twice)


def test_an_empty_dataset_exposes_nobody(released: Dataset) -> None:
    empty = analysis.exposure(released.where(country="AQ"), ITU)
    assert empty.is_empty()
    assert empty.schema == analysis.exposure(released).schema
