"""analysis.compare: two groups side by side, against hand-written SQL, and what it refuses."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from conftest import Folder

from rightsdata import analysis, reading
from rightsdata.dataset import Dataset

EVENTS = f"read_parquet('{reading.folder()}/events.parquet')"


@pytest.mark.parametrize("by", ["restriction_type", "acknowledgement", "status", "country"])
def test_shares_and_coverage_equal_hand_written_sql(released: Dataset, by: str) -> None:
    side = """
        (select {by}, count(*) as n, round(count(*) / sum(count(*)) over (), 9) as share, count(*) filter (confidence <> 'low') as sure,
          count(*) filter (start_earliest = start_latest and not start_approximate) as exact
        from {events} where took_effect and family = 'access' and population = 'public' and country in ({codes})
        group by 1)"""
    a, b = (side.format(by=by, events=EVENTS, codes=codes) for codes in ("'RU', 'BY'", "'TR', 'IN'"))
    found = analysis.compare(released.where(country=["RU", "BY"]), released.where(country=["TR", "IN"]), by)
    assert (
        found.with_columns(pl.col(pl.Float64).round(9)).rows()
        == duckdb.sql(
            f"select {by}, a.n, a.share, b.n, b.share, a.sure, b.sure, a.exact, b.exact "
            f"from {a} as a full join {b} as b using ({by}) order by 1"
        ).fetchall()
    )
    assert found.columns == [
        *(by, "events_a", "share_a", "events_b", "share_b"),
        *("independent_a", "independent_b", "day_precise_a", "day_precise_b"),
    ]
    assert (found["share_a"].sum(), found["share_b"].sum()) == (pytest.approx(1), pytest.approx(1))


def test_what_a_group_does_not_hold_is_null_and_not_zero(released: Dataset) -> None:
    frame = analysis.compare(released.where(country="RU"), released.where(country="TR"), "country")
    assert frame.select("country", "events_b", "share_b", "independent_b").row(0) == ("RU", None, None, None)
    assert frame.select("country", "events_a", "day_precise_a").row(1) == ("TR", None, None)


def test_groups_that_overlap_are_refused_with_an_example(released: Dataset) -> None:
    with pytest.raises(ValueError, match=r"overlap in \d+ events \(ru-.* …\); choose groups that share none"):
        analysis.compare(released.where(country="RU"), released)


def test_a_group_without_an_event_that_counts_is_refused(folder: Folder) -> None:
    built = folder.dataset()
    russia, plan = built.where(country="RU"), built.where(country="IR")
    with pytest.raises(ValueError, match="group b has no event that counts, of 1 in all"):
        analysis.compare(russia, plan)
    with pytest.raises(ValueError, match="group a has no event that counts, of 1 in all"):
        analysis.compare(plan, russia)
    with pytest.raises(ValueError, match="group b has no event that counts, of 0 in all"):
        analysis.compare(russia, built.where(country="NO"))


def test_other_families_are_compared_by_name(released: Dataset) -> None:
    frame = analysis.compare(
        released.where(country="RU"), released.where(country="CN"), family="rules", population=None
    )
    rules = analysis.count_events(released.where(country="RU"), family="rules", population=None).item()
    assert frame["events_a"].sum() == rules


def test_groups_are_not_compared_by_just_any_column(released: Dataset) -> None:
    with pytest.raises(ValueError, match="by 'title'; choose one of restriction_type"):
        analysis.compare(released.where(country="RU"), released.where(country="TR"), "title")
