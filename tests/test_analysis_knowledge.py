"""analysis.sourcing: by whose word, how exactly and how long ago, against hand-written SQL and small records."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest
from conftest import PUBLISHERS, Folder

from rightsdata import analysis, build, reading, records
from rightsdata.dataset import Dataset

COUNTED = "took_effect and family = 'access' and population = 'public'"
TABLE = {
    name: f"read_parquet('{reading.folder()}/{name}.parquet')"
    for name in ("events", "citations", "sources", "publishers")
}
WORDS = ("independent", "state_controlled_only", "unknown_control", "uncounted")
DATES = ("day_precise", "month_precise", "year_precise", "no_start")

QUERY = """
with pages as (
  select event_id, coalesce(syndicated_from, sources.publisher) as origin, party, coalesce(own.aggregator, false) as aggregator,
    coalesce(own.control, 'unknown') as own, coalesce(origin.control, 'unknown') as other
  from {citations} join {sources} as sources using (source_id)
  left join {publishers} as own on own.publisher = sources.publisher
  left join {publishers} as origin on origin.publisher = coalesce(syndicated_from, sources.publisher)),
told as (
  select event_id, count(distinct origin) = 1 as single,
    bool_or(own = 'independent' and other = 'independent' and not aggregator and not party) as independent,
    bool_and(own = 'state_controlled' or other = 'state_controlled') as state,
    bool_or(own <> 'state_controlled' and other <> 'state_controlled' and (own = 'unknown' or other = 'unknown')) as hidden
  from pages group by 1),
known as (
  select *, start_latest - start_earliest + 1 as span, (select max(as_of) from {events}) - last_confirmed as age
  from {events} join told using (event_id) where {counted})
select {by} count(*), count(*) filter (independent), count(*) filter (not independent and state),
  count(*) filter (not independent and not state and hidden), count(*) filter (not independent and not state and not hidden),
  count(*) filter (single), count(*) filter (span = 1 and not start_approximate),
  count(*) filter (case when start_approximate then span = 1 else span between 2 and 31 end),
  count(*) filter (case when start_approximate then span between 2 and 366 else span between 32 and 366 end),
  count(*) filter (span is null or span > 366), median(age)
from known {group}
"""


def expected(by: str = "", group: str = "") -> list[tuple[object, ...]]:
    return duckdb.sql(QUERY.format(**TABLE, counted=COUNTED, by=by, group=group)).fetchall()


def told(folder: Folder, publishers: str = PUBLISHERS) -> dict[str, Any]:
    """The one row for the folder's event, with these publishers."""
    folder.write()
    (folder.root / "reference/publishers.csv").write_text(publishers, encoding="utf-8")
    return analysis.sourcing(build.build(records.read(folder.root))).row(0, named=True)


def words(row: dict[str, Any]) -> list[str]:
    return [name for name in WORDS if row[name]]


def test_sourcing_equals_hand_written_sql_that_derives_independence_itself(released: Dataset) -> None:
    assert analysis.sourcing(released).drop("review").rows() == expected()


def test_sourcing_by_country_equals_hand_written_sql(released: Dataset) -> None:
    found = analysis.sourcing(released, "country").drop("review").rows()
    assert found == expected("country,", "group by country order by country")


def test_every_event_stands_once_by_word_and_once_by_date(released: Dataset) -> None:
    frame = analysis.sourcing(released, "country")
    for names in (WORDS, DATES):
        assert frame.select(pl.sum_horizontal(names)).to_series().to_list() == frame["events"].to_list()


def test_independence_is_the_one_of_confidence(released: Dataset) -> None:
    counted = analysis.effective(released).events
    assert analysis.sourcing(released)["independent"].item() == (counted["confidence"].cast(pl.String) != "low").sum()


def test_one_independent_page_is_enough(folder: Folder) -> None:
    assert words(told(folder)) == ["independent"]


@pytest.mark.parametrize(
    ("control", "aggregator", "word"),
    [
        ("state_controlled", "false", "state_controlled_only"),
        ("unknown", "false", "unknown_control"),
        ("independent", "true", "uncounted"),
    ],
)
def test_a_state_agency_beside_another_publisher(folder: Folder, control: str, aggregator: str, word: str) -> None:
    changed = PUBLISHERS.replace("The Paper,RU,independent,false", f"The Paper,RU,{control},{aggregator}")
    assert words(told(folder, changed)) == [word]


def test_a_party_to_the_event_is_not_independent(folder: Folder) -> None:
    folder.event["sources"][1]["party"] = True
    assert words(told(folder)) == ["uncounted"]


def test_a_copy_of_a_state_agency_is_its_word_and_no_second_source(folder: Folder) -> None:
    folder.event["sources"][1]["syndicated_from"] = "State Agency"
    row = told(folder)
    assert (words(row), row["single_source"]) == (["state_controlled_only"], 1)


def test_a_state_agency_copied_by_somebody_unknown_is_still_its_word(folder: Folder) -> None:
    folder.event["sources"][0].update(publisher="A Blog", syndicated_from="State Agency")
    folder.event["sources"][1]["party"] = True
    assert words(told(folder, PUBLISHERS + "A Blog,RU,unknown,false\n")) == ["uncounted"]


def test_two_publishers_are_no_single_source(folder: Folder) -> None:
    assert told(folder)["single_source"] == 0


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("2025-08-13", "day_precise"),
        ("2025-08-13~", "month_precise"),
        ("[2024-12-30..2025-01-02]", "month_precise"),
        ("2025-08", "month_precise"),
        ("2025-08~", "year_precise"),
        ("[2025-06-01..2025-08-13]", "year_precise"),
        ("2024", "year_precise"),
        ("2024~", "year_precise"),
        ("[2022-01-01..2025-08-13]", "no_start"),
        ("../2025-08-13", "no_start"),
    ],
)
def test_starts_are_told_apart_by_how_exact_they_are(folder: Folder, start: str, name: str) -> None:
    folder.event["start"] = start
    row = analysis.sourcing(folder.dataset()).row(0, named=True)
    assert [other for other in DATES if row[other]] == [name]


def test_age_runs_to_the_newest_word_on_anything_plans_too(folder: Folder) -> None:
    assert analysis.sourcing(folder.dataset())["median_age_days"].item() == 0
    folder.plan["sources"][0]["published"] = "2025-10-31"
    assert analysis.sourcing(folder.dataset())["median_age_days"].item() == 10


def test_the_state_of_review_is_told(folder: Folder) -> None:
    assert analysis.sourcing(folder.dataset())["review"].item() == "Machine-coded, unreviewed preview"
    folder.event["review"] = "human_reviewed"
    assert analysis.sourcing(folder.dataset(), "country").select("country", "review").row(0) == (
        "RU",
        "1 of 1 records coded or checked by people, the rest machine-coded and unreviewed",
    )


def test_a_country_without_events_is_absent_and_never_zero(released: Dataset) -> None:
    empty = released.where(country="AQ")
    assert analysis.sourcing(empty, "country").is_empty()
    assert analysis.sourcing(empty, "country").schema == analysis.sourcing(released, "country").schema
    assert analysis.sourcing(empty).select("events", "median_age_days").row(0) == (0, None)


def test_sourcing_is_not_told_by_just_any_column(released: Dataset) -> None:
    with pytest.raises(ValueError, match="choose None or 'country'"):
        analysis.sourcing(released, "status")
