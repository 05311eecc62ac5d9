"""evidence: what may be said when measurements are held against an event, and how often it is wrong."""

from __future__ import annotations

import math
import random
import re
import runpy
import sys
from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import hypothesis.strategies as st
import narwhals as nw
import polars as pl
import pytest
from benchmarks import power
from click.testing import CliRunner
from conftest import ROOT, Folder
from hypothesis import given, settings

from rightsdata import cli, evidence, reading, series
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, MissingExtra
from rightsdata.evidence import coverage, rates, streaming, verdicts, windows

# ------------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("hits", "size", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_figures_of_newcombes_paper(hits: int, size: int, low: float, high: float) -> None:
    found = rates.wilson(hits / size, size)  # Newcombe (1998), Statistics in Medicine 17: 857-872, table I, method 3
    assert found == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("during", "before", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_newcombe_gives_the_figures_of_his_paper(
    during: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    (a1, n1), (a0, n0) = during, before  # Newcombe (1998), Statistics in Medicine 17: 873-890, table II, method 10
    found = rates.newcombe(a0 / n0, n0, a1 / n1, n1)
    assert found == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(0, 40), st.integers(0, 40))
def test_an_interval_holds_its_rate_and_stays_between_0_and_1(hits: int, more: int) -> None:
    size = hits + more
    low, high = rates.wilson(hits / size if size else 0.0, size)
    assert 0 <= low < high <= 1
    assert not size or low - 1e-12 <= hits / size <= high + 1e-12


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_shuffled_days_give_the_share_of_all_choices(before: list[int], during: list[int]) -> None:
    scores = [*before, *during]
    if len(set(scores)) == 1:
        assert rates.shuffled(before, during) == 1
        return
    span, least = max(scores) - min(scores), min(scores)
    whole = [round((score - least) / span * 100) for score in scores]
    chosen = [sum(whole[place] for place in places) for places in combinations(range(len(scores)), len(during))]
    expected = sum(one >= sum(whole[len(before) :]) for one in chosen) / len(chosen)
    assert math.isclose(rates.shuffled(before, during), expected)


def test_four_weeks_against_four_are_counted_without_drawing_lots() -> None:
    assert rates.shuffled([0.0] * 28, [1.0] * 28) == 1 / math.comb(56, 28)


def test_holm_gives_the_adjusted_values_of_a_worked_example() -> None:
    assert rates.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert rates.holm([]) == []


def test_tests_that_cannot_be_significant_are_left_out_of_their_family() -> None:
    assert rates.able([0.002, 0.002, 0.04, 0.2, 0.3]) == [True, True, False, False, False]  # 0.04 is above 0.05 / 2
    assert rates.able([0.04]) == [True]
    assert rates.able([0.2, 0.3]) == [False, False]
    assert rates.able([]) == []


# ------------------------------------------------------------------- windows and coverage


def signal(folder: Folder, **changes: Any) -> Dataset:
    """WhatsApp blocked in Russia from 2025-08-10, with one month of confirmation."""
    return folder.measure("service_block", "whatsapp", "2025-09-20", **changes)


def windows_of(dataset: Dataset) -> dict[str, Any]:
    return windows.targets(dataset).row(0, named=True)


def test_windows_lie_on_their_side_of_the_event(folder: Folder) -> None:
    found = windows_of(signal(folder))
    assert (found["before_from"], found["before_to"]) == (date(2025, 7, 13), date(2025, 8, 9))
    assert (found["during_from"], found["during_to"]) == (date(2025, 8, 10), date(2025, 9, 6))
    assert (found["after_from"], found["after_to"]) == (date(2025, 9, 21), date(2025, 10, 18))


def test_an_imprecise_start_leaves_a_gap_as_wide_as_its_bounds(folder: Folder) -> None:
    signal(folder)
    folder.event["start"] = "[2025-08-01..2025-08-13]"
    found = windows_of(folder.dataset())
    assert (found["before_to"], found["during_from"]) == (date(2025, 7, 31), date(2025, 8, 13))


def test_an_approximate_start_leaves_a_week_more_on_both_sides(folder: Folder) -> None:
    signal(folder)
    folder.event["start"] = "2025-08-10~"
    found = windows_of(folder.dataset())
    assert (found["before_to"], found["during_from"]) == (date(2025, 8, 2), date(2025, 8, 17))


def test_an_event_that_began_on_or_before_a_day_has_nothing_before_it(folder: Folder) -> None:
    signal(folder)
    folder.event["start"] = "../2025-08-10"
    found = windows_of(folder.dataset())
    assert found["before_from"] is None
    assert found["during_from"] == date(2025, 8, 10)


@pytest.mark.parametrize(
    ("start", "to"),
    [
        ("2025-08-12", date(2025, 9, 8)),  # four weeks
        ("2025-10-10", date(2025, 10, 21)),  # the source that says it goes on
        ("2025-10-18", date(2025, 10, 24)),  # a week
    ],
)
def test_an_open_event_is_followed_as_far_as_a_source_vouches_but_a_week(folder: Folder, start: str, to: date) -> None:
    signal(folder)
    folder.event.update(start=start, end=None, ongoing="true")
    found = windows_of(folder.dataset())
    assert (found["vouched"], found["during_to"], found["after_from"]) == (date(2025, 10, 21), to, None)


def test_calls_in_messengers_are_covered_by_no_test() -> None:
    table = coverage.table()
    assert table.filter(feature="calls").is_empty()
    assert set(table.filter(feature="all", platform_id="whatsapp")["test"]) == {"whatsapp"}
    assert table["reason"].str.len_chars().min() > 25


# ------------------------------------------------------------------- verdicts


def measured(*, before: int, during: int, of: int = 10, networks: int = 4, **fixed: Any) -> pl.DataFrame:
    """A series of WhatsApp's test in Russia, July to September 2025: `before` and `during` of `of` are anomalous each day."""
    days = [date(2025, 7, 1) + timedelta(day) for day in range(100)]
    rows = [
        {
            "country": "RU",
            "network": network + 1,
            "test": "whatsapp",
            "domain": None,
            "platform_id": "whatsapp",
            "feature": "messaging",
            "day": day,
            "ok": of - (hits := during if day >= date(2025, 8, 10) else before),
            "anomaly": hits,
            "confirmed": 0,
            "failure": 1,
            "provider": "ooni",
            "license": "CC-BY-4.0",
            **fixed,
        }
        for network in range(networks)
        for day in days
    ]
    return pl.DataFrame(rows, schema=series.TYPES)


def verdict(dataset: Dataset, frame: pl.DataFrame, platform: str = "whatsapp") -> dict[str, Any]:
    return evidence.corroborate(dataset, frame).filter(platform_id=platform).row(0, named=True)


def test_a_rise_in_every_network_corroborates_with_its_numbers(folder: Folder) -> None:
    found = verdict(signal(folder), measured(before=1, during=8))
    assert found["verdict"] == "corroborated"
    assert (found["before_measured"], found["before_anomalous"], found["before_failed"]) == (1120, 112, 112)
    assert (found["networks_compared"], found["networks_rising"], found["during_networks"]) == (4, 4, 4)
    assert found["rise"] == pytest.approx(0.7)
    assert found["rise_low"] < 0.7 < found["rise_high"]
    assert found["reason"].startswith("112 of 1120 measurements anomalous before, 896 of 1120")
    assert "a change of +70 points" in found["reason"]


def test_measurements_that_go_on_succeeding_contradict(folder: Folder) -> None:
    found = verdict(signal(folder), measured(before=0, during=0))
    assert found["verdict"] == "contradicted", found["reason"]
    assert (found["during_rate"], found["during_low"]) == (0, 0)
    assert 0 < found["during_high"] < 0.01


def test_calls_are_not_measured_and_never_called_reachable(folder: Folder) -> None:
    found = evidence.corroborate(folder.dataset(), measured(before=0, during=0))
    assert found["verdict"].unique().to_list() == ["not_measured"]
    assert "No test covers calls of whatsapp" in found["reason"][1]
    assert not found["reason"].str.contains("reachable").any()
    assert found["p"].null_count() == found.height


def test_a_rise_in_one_network_of_many_is_that_networks_fault(folder: Folder) -> None:
    quiet, faulty = measured(before=0, during=0), measured(before=0, during=10, of=200, networks=1)
    faulty = faulty.with_columns(
        network=pl.lit(99, pl.Int64), ok=200 - pl.col("anomaly") * 20, anomaly=pl.col("anomaly") * 20
    )
    found = verdict(signal(folder), pl.concat([quiet, faulty]))
    assert found["rise"] > 0.5
    assert (found["verdict"], found["networks_rising"]) == ("inconclusive", 1)
    assert found["rise_without_strongest"] == 0
    assert "Without one of the networks no such rise is shown" in found["reason"]


def test_one_network_alone_is_not_enough(folder: Folder) -> None:
    found = verdict(signal(folder), measured(before=0, during=9, networks=1))
    assert (found["verdict"], found["networks_compared"]) == ("inconclusive", 1)


def of_country(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows as rows of the whole country."""
    return frame.with_columns(network=pl.lit(None, pl.Int64))


def test_rows_of_the_whole_country_count_only_where_few_are_told_by_network(folder: Folder) -> None:
    dataset, whole = signal(folder), of_country(measured(before=1, during=8, networks=1))
    found = verdict(dataset, whole)
    assert found["networks_compared"] == found["networks_rising"] == 0
    assert "in the country as a whole" in found["reason"]
    both = verdict(dataset, pl.concat([whole, measured(before=0, during=0)]))
    assert (both["during_anomalous"], both["networks_compared"]) == (0, 4)
    failed = (
        measured(before=0, during=0, networks=1)
        .head(1)
        .with_columns(ok=pl.lit(0, pl.Int64), failure=pl.lit(9, pl.Int64))
    )
    for few in (failed, measured(before=0, during=0, networks=1).head(20)):
        assert verdict(dataset, pl.concat([whole, few]))["during_anomalous"] == found["during_anomalous"] == 224


def test_rows_of_the_whole_country_are_one_network_or_many_and_decide_nothing(folder: Folder) -> None:
    for during, words in ((8, "How many networks were measured is not told"), (0, "how many networks were measured")):
        found = verdict(signal(folder), of_country(measured(before=0, during=during, of=20, networks=1)))
        assert (found["verdict"], words in found["reason"]) == ("inconclusive", True), found["reason"]


def shutdown(folder: Folder) -> Dataset:
    """All access to the internet cut in Russia from 2025-08-10 to 2025-09-20."""
    return folder.measure("network_shutdown", "internet", "2025-09-20")


def watched(*, during: int, tests: tuple[str, ...] = ("bgp",), provider: str = "ioda") -> pl.DataFrame:
    """One row a day of tests that look at countries: alerts from 2025-08-10 on in the first `during` of the tests."""
    return pl.concat(
        of_country(
            measured(
                before=0,
                during=int(place < during),
                of=1,
                networks=1,
                test=test,
                platform_id="internet",
                feature="all",
                provider=provider,
            )
        )
        for place, test in enumerate(tests)
    )


def test_an_alert_for_a_country_corroborates_and_silence_does_not_contradict(folder: Folder) -> None:
    dataset = shutdown(folder)
    found = verdict(dataset, watched(during=2, tests=("bgp", "ping-slash24")), "internet")
    assert (found["verdict"], found["networks_compared"]) == ("corroborated", 0)
    silent = verdict(dataset, watched(during=0, tests=("bgp", "gtr", "gtr-norm", "ping-slash24")), "internet")
    assert (silent["verdict"], silent["networks_rising"]) == ("inconclusive", 0)
    assert "no alert was raised, which does not say that all was well" in silent["reason"]


def test_one_detector_of_several_that_is_stuck_does_not_corroborate(folder: Folder) -> None:
    tests = ("gtr", "bgp", "gtr-norm", "gtr-sarima", "merit-nt", "ping-slash24")
    found = verdict(shutdown(folder), watched(during=1, tests=tests), "internet")
    assert (found["verdict"], found["rise_without_strongest"]) == ("inconclusive", 0)
    assert found["rise"] > verdicts.RISE
    assert verdict(folder.dataset(), watched(during=2, tests=tests), "internet")["verdict"] == "corroborated"


@pytest.mark.parametrize(
    "tests", [("gtr",), ("gtr", "gtr-norm", "gtr-sarima"), ("gtr", "gtr-norm", "gtr-sarima", "bgp")]
)
def test_tests_that_look_at_the_same_signal_are_one(folder: Folder, tests: tuple[str, ...]) -> None:
    found = verdict(shutdown(folder), watched(during=min(3, len(tests)), tests=tests), "internet")
    assert found["verdict"] == "inconclusive"
    assert ("One signal alone" in found["reason"]) == ("bgp" not in tests)


@pytest.mark.parametrize("during", [0, 1])
def test_annotations_that_people_made_decide_nothing(folder: Folder, during: int) -> None:
    made = watched(during=during, tests=("radar-outage-annotation",), provider="cloudflare-radar")
    found = verdict(shutdown(folder), made, "internet")
    assert found["verdict"] == "inconclusive"
    assert ("noted by people" in found["reason"]) == bool(during)


def test_one_network_does_not_decide_beside_another_measured_once(folder: Folder) -> None:
    dataset, once = signal(folder), measured(before=0, during=1, of=1, networks=1)
    twice = once.filter(pl.col("day").is_in([date(2025, 8, 1), date(2025, 8, 20)])).with_columns(
        network=pl.lit(9, pl.Int64)
    )
    risen = verdict(dataset, pl.concat([measured(before=0, during=80, of=100, networks=1), twice]))
    assert (risen["verdict"], risen["networks_compared"]) == ("inconclusive", 2)
    assert "Without one of the networks no such rise is shown" in risen["reason"]
    quiet = twice.with_columns(ok=pl.lit(1, pl.Int64), anomaly=pl.lit(0, pl.Int64))
    assert (
        verdict(dataset, pl.concat([measured(before=0, during=0, of=100, networks=1), quiet]))["verdict"]
        == "inconclusive"
    )


def test_the_rest_must_show_the_rise_whichever_network_is_left_out(folder: Folder) -> None:
    shares = ((140, 14), (30, 14), (30, 0))
    frame = pl.concat(
        measured(before=0, during=during, of=of, networks=1).with_columns(network=pl.lit(number, pl.Int64))
        for number, (of, during) in enumerate(shares, 1)
    )
    found = verdict(signal(folder), frame)
    assert found["rise"] == pytest.approx(0.14)
    assert found["rise_without_strongest"] == pytest.approx(14 / 170)
    assert (found["verdict"], found["networks_rising"]) == ("inconclusive", 2)


def test_a_rest_of_one_bad_day_is_none(folder: Folder) -> None:
    days = [date(2025, 8, 1), date(2025, 8, 20)]
    few = measured(before=0, during=3, of=3, networks=1).filter(pl.col("day").is_in(days))
    frame = pl.concat(
        [measured(before=0, during=80, of=100, networks=1), few.with_columns(network=pl.lit(2, pl.Int64))]
    )
    assert verdict(signal(folder), frame)["verdict"] == "inconclusive"


def test_tests_whose_silence_says_nothing_lend_others_neither_networks_nor_days(folder: Folder) -> None:
    site = measured(before=0, during=0, of=20, test="web_connectivity", domain="web.whatsapp.com", feature="web")
    app = measured(before=0, during=0, of=200, networks=1)
    for once in (app, app.filter(pl.col("day").is_in([date(2025, 8, 1), date(2025, 8, 20)]))):
        assert verdict(signal(folder), pl.concat([site, once]))["verdict"] == "inconclusive"
    both = pl.concat([site, measured(before=0, during=0, of=20)])
    assert verdict(folder.dataset(), both)["verdict"] == "contradicted"


@pytest.mark.parametrize("anomalies", [0, 1])
def test_one_anomaly_more_does_not_make_measurements_count_for_more(folder: Folder, anomalies: int) -> None:
    rows = [
        measured(before=anomalies * (network == 1), during=anomalies * (network == 1), of=200, networks=1)
        .filter(pl.col("day").is_in([date(2025, 7, 13) + timedelta(network), date(2025, 8, 10) + timedelta(network)]))
        .with_columns(network=pl.lit(network, pl.Int64))
        for network in range(1, 15)
    ]
    assert verdict(signal(folder), pl.concat(rows))["verdict"] == "inconclusive"


def test_networks_measured_once_do_not_take_back_what_many_measurements_rule_out(folder: Folder) -> None:
    days = [date(2025, 8, 1), date(2025, 8, 20)]
    few = measured(before=0, during=0, of=1, networks=2).filter(pl.col("day").is_in(days))
    frame = pl.concat([measured(before=0, during=0, of=100, networks=3), few.with_columns(pl.col("network") + 50)])
    assert verdict(signal(folder), frame)["verdict"] == "contradicted"


def test_rows_of_the_country_count_where_networks_are_told_on_one_side_alone(folder: Folder) -> None:
    during = pl.col("day") >= date(2025, 8, 10)
    frame = pl.concat(
        [measured(before=0, during=0).filter(~during), of_country(measured(before=0, during=9, networks=1))]
    )
    dataset = signal(folder)
    found = verdict(dataset, frame)
    assert (found["during_measured"], found["during_anomalous"], found["verdict"]) == (280, 252, "inconclusive")
    assert evidence.by_day(dataset, frame).filter(period="during")["anomalous"].sum() == 252


def test_many_networks_that_were_blocked_are_not_drowned_by_one(folder: Folder) -> None:
    once = measured(before=0, during=1, of=1, networks=20).filter(
        pl.col("day").is_in([date(2025, 8, 1), date(2025, 8, 20)])
    )
    frame = pl.concat([measured(before=0, during=0, of=100, networks=1), once.with_columns(pl.col("network") + 10)])
    found = verdict(signal(folder), frame)
    assert (found["verdict"], found["networks_compared"]) == ("inconclusive", 21)
    assert found["rise_high"] < verdicts.RISE


def test_a_test_that_rose_is_not_drowned_by_one_that_measured_more(folder: Folder) -> None:
    site = measured(before=0, during=0, of=40, test="web_connectivity", domain="web.whatsapp.com", feature="web")
    app = measured(before=0, during=1, of=1).filter(pl.col("day").dt.day() % 7 == 0)
    found = verdict(signal(folder), pl.concat([site, app]))
    assert found["rise"] < verdicts.RISE
    assert found["verdict"] == "inconclusive", found["reason"]


def test_a_site_that_goes_on_contradicts_no_block_of_the_app(folder: Folder) -> None:
    site = measured(before=0, during=0, test="web_connectivity", domain="web.whatsapp.com", feature="web")
    found = verdict(signal(folder), site)
    assert found["verdict"] == "inconclusive"
    assert "only its web site was tested" in found["reason"]
    folder.event["targets"] = [{"platform_id": "whatsapp", "feature": "web", "role": "intended"}]
    assert verdict(folder.dataset(), site)["verdict"] == "contradicted"


def test_a_block_of_content_that_shows_is_corroborated_and_one_that_does_not_is_not_contradicted(
    folder: Folder,
) -> None:
    dataset = folder.measure("content_block", "whatsapp", "2025-09-20")
    shown = verdict(dataset, measured(before=0, during=8))
    assert (shown["verdict"], "not at single pages" in shown["reason"]) == ("corroborated", True)
    assert verdict(dataset, measured(before=0, during=0))["verdict"] == "inconclusive"


def test_few_days_contradict_nothing(folder: Folder) -> None:
    frame = measured(before=0, during=0, of=200)
    for last in (date(2025, 8, 11), date(2025, 8, 20)):
        found = verdict(signal(folder), frame.filter(pl.col("day") <= last))
        assert found["verdict"] == "inconclusive", found["reason"]
    assert "only 28 days before it and 11 of 28 during it were measured" in found["reason"]
    assert found["during_days"] == 11


def test_one_bad_day_of_many_corroborates_nothing(folder: Folder) -> None:
    frame = measured(before=0, during=9, of=20).filter(pl.col("day") <= date(2025, 8, 10))
    found = verdict(signal(folder), frame)
    assert found["p"] < 0.05
    assert (found["verdict"], "One day alone" in found["reason"]) == ("inconclusive", True)


def test_failures_that_begin_with_the_event_are_no_sign_that_all_was_well(folder: Folder) -> None:
    during = pl.col("day") >= date(2025, 8, 10)
    frame = measured(before=0, during=0).with_columns(failure=pl.when(during).then(50).otherwise(0))
    found = verdict(signal(folder), frame)
    assert found["verdict"] == "inconclusive"
    assert "5600 of 6720 attempts failed by themselves during it, more than before" in found["reason"]


def test_an_event_before_another_leaves_no_free_time_to_compare_with(folder: Folder) -> None:
    assert windows_of(signal(folder))["earlier"] is None
    other = "ru-2025-07-before"
    folder.event["relations"] = []
    folder.plan = folder.event | {"event_id": other, "start": "2025-07-20", "end": "2025-07-25"}
    folder.plan["stages"] = [folder.event["stages"][1] | {"date": "2025-07-20"}]
    found = verdict(folder.dataset().where(event_id=folder.event["event_id"]), measured(before=0, during=0))
    assert found["verdict"] == "contradicted", "of a selection nobody knows what else there was"
    stages = folder.plan["stages"]
    folder.plan.update(end=None, ongoing=None, start="2024-07-20", stages=[stages[0] | {"date": "2024-07-20"}])
    long_ago = windows.targets(folder.dataset()).filter(event_id=folder.event["event_id"])["earlier"]
    assert long_ago.to_list() == [None], "nobody says that it went on for a year"
    folder.plan.update(start="2025-07-20", end="2025-07-25", ongoing="false", stages=stages)
    both = evidence.corroborate(folder.dataset(), measured(before=0, during=0))
    found = both.filter(event_id=folder.event["event_id"]).row(0, named=True)
    assert found["verdict"] == "inconclusive"
    assert f"{other} may have hit it in the days before" in found["reason"]


def test_anomalies_that_go_when_the_event_is_over_are_no_sign_that_there_was_none(folder: Folder) -> None:
    after = pl.col("day") > date(2025, 9, 20)
    frame = measured(before=8, during=7, of=100).with_columns(anomaly=pl.when(after).then(0).otherwise("anomaly"))
    found = verdict(signal(folder), frame)
    assert (found["verdict"], "fewer anomalies once it was over" in found["reason"]) == ("inconclusive", True)


def test_a_rise_of_the_whole_country_for_an_event_of_a_part_says_so(folder: Folder) -> None:
    found = verdict(signal(folder, admin1=["RU-DA"]), measured(before=1, during=8))
    assert found["verdict"] == "corroborated"
    assert found["reason"].endswith("the counts are not of that part alone.")


def test_a_rise_below_the_least_is_called_one(folder: Folder) -> None:
    found = verdict(signal(folder), measured(before=0, during=8, of=100))
    assert (found["verdict"], "A rise is shown, but not one of 10 points" in found["reason"]) == ("inconclusive", True)


def test_a_network_that_began_to_measure_meanwhile_changes_no_rate(folder: Folder) -> None:
    late = measured(before=0, during=10).filter(pl.col("day") >= date(2025, 8, 10)).with_columns(pl.col("network") + 50)
    found = verdict(signal(folder), pl.concat([measured(before=0, during=0), late]))
    assert (found["rise"], found["networks_compared"], found["during_networks"]) == (0, 4, 8)
    assert found["during_rate"] == 0.5


def test_nobody_measured_is_said_and_nothing_else(folder: Folder) -> None:
    found = verdict(signal(folder), measured(before=0, during=0).filter(pl.col("day") < date(2025, 8, 10)))
    assert found["verdict"] == "not_measured"
    assert found["reason"] == "ooni did not measure from 2025-08-10 to 2025-09-06."
    empty = verdict(signal(folder), measured(before=0, during=0).clear())
    assert (empty["verdict"], empty["provider"]) == ("not_measured", None)
    assert empty["reason"] == "Nobody measured from 2025-08-10 to 2025-09-06."


def test_failures_are_no_measurements(folder: Folder) -> None:
    failed = measured(before=0, during=0).with_columns(ok=0, failure=10)
    found = verdict(signal(folder), failed)
    assert found["verdict"] == "not_measured"
    assert found["reason"] == "All 1120 measurements from 2025-08-10 to 2025-09-06 failed by themselves."


def test_what_failed_already_before_is_inconclusive(folder: Folder) -> None:
    found = verdict(signal(folder), measured(before=9, during=9))
    assert found["verdict"] == "inconclusive"
    assert "anomalous already before" in found["reason"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"admin1": ["RU-DA"]}, "a part of the country"),
        ({"pattern": "intermittent"}, "the measure is intermittent"),
    ],
)
def test_a_block_that_tests_may_miss_is_not_contradicted(folder: Folder, changes: dict[str, Any], words: str) -> None:
    found = verdict(signal(folder, **changes), measured(before=0, during=0))
    assert found["verdict"] == "inconclusive"
    assert words in found["reason"]


def test_imprecise_dates_are_inconclusive(folder: Folder) -> None:
    signal(folder)
    folder.event.update(start="2025", end="2025")
    found = verdict(folder.dataset(), measured(before=0, during=9))
    assert (found["verdict"], found["during_from"]) == ("inconclusive", None)
    folder.event.update(start="../2025-08-10", end="2025-09-20")
    assert "no day is sure to lie before" in verdict(folder.dataset(), measured(before=0, during=9))["reason"]


def test_providers_are_judged_apart(folder: Folder) -> None:
    other = measured(before=0, during=0, provider="censored-planet")
    found = evidence.corroborate(signal(folder), pl.concat([measured(before=1, during=8), other]))
    assert dict(found.select("provider", pl.col("verdict").cast(pl.String)).iter_rows()) == {
        "ooni": "corroborated",
        "censored-planet": "contradicted",
    }


def test_no_event_gives_no_row(folder: Folder) -> None:
    found = evidence.corroborate(folder.dataset().where(country="IR"), measured(before=0, during=0))
    assert (found.height, found.schema) == (0, evidence.RESULT)


# ------------------------------------------------------------------- frames of others

TYPED: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "narrow": lambda frame: frame.with_columns(pl.col(series.COUNTS).cast(pl.UInt8), pl.col("network").cast(pl.UInt32)),
    "terms": lambda frame: frame.with_columns(pl.col("country", "test", "platform_id").cast(pl.Categorical)),
    "declared": lambda frame: series.Measurement.validate(frame, cast=True),
    "times": lambda frame: frame.with_columns(pl.col("day").cast(pl.Datetime("us")) + pl.duration(hours=12)),
    "zone": lambda frame: frame.with_columns(
        (pl.col("day").cast(pl.Datetime("us")) + pl.duration(hours=22)).dt.replace_time_zone("UTC")
    ),
    "more": lambda frame: frame.with_columns(
        target=pl.lit(7), window=pl.lit(2), measured=pl.lit("x"), faulty=pl.lit(1)
    ),
    "fewer": lambda frame: frame.drop("domain", "license"),
}


@pytest.mark.parametrize("kind", TYPED)
def test_frames_of_other_types_give_the_same_verdicts_or_say_what_is_wrong(folder: Folder, kind: str) -> None:
    dataset, frame = signal(folder), measured(before=60, during=160, of=200)
    right, other = evidence.corroborate(dataset, frame), TYPED[kind](frame)
    assert right["verdict"].to_list().count("corroborated") == 1
    assert evidence.corroborate(dataset, other).equals(right)
    assert evidence.corroborate(dataset, other.lazy()).equals(right)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("create table wanted (country varchar)")
        assert evidence.corroborate(dataset, connection.from_arrow(other.to_arrow())).equals(right)
    assert evidence.onset(other) == evidence.onset(frame)


def test_days_in_the_zone_of_a_session_are_refused(folder: Folder) -> None:
    zoned = TYPED["zone"](measured(before=1, during=8))
    dataset = signal(folder)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        with pytest.raises(InvalidData, match=r"day: found type Datetime.*Tokyo.*; expected type Date in UTC"):
            evidence.corroborate(dataset, connection.from_arrow(zoned.to_arrow()))
    moscow = zoned.with_columns(pl.col("day").dt.convert_time_zone("Europe/Moscow"))
    assert evidence.corroborate(dataset, moscow).equals(evidence.corroborate(dataset, measured(before=1, during=8)))


def test_columns_that_cannot_stand_for_those_of_a_series_are_named_together(folder: Folder) -> None:
    frame = measured(before=1, during=8).with_columns(pl.col("ok") + 0.7, day=pl.lit("13.08.2025")).drop("test")
    with pytest.raises(InvalidData) as caught:
        evidence.corroborate(signal(folder), frame)
    assert [(one.field, one.found) for one in caught.value.problems] == [
        ("test", "no such column"),
        ("day", "type String"),
        ("ok", "type Float64"),
    ]


@pytest.mark.parametrize("count", [None, -1])
@pytest.mark.parametrize("name", series.COUNTS)
def test_counts_that_are_none_stop_the_sums(folder: Folder, name: str, count: int | None) -> None:
    frame = measured(before=1, during=8).with_columns(
        pl.when(pl.col("network") == 1).then(pl.lit(count, pl.Int64)).otherwise(name).alias(name)
    )
    dataset = signal(folder)
    with pytest.raises(InvalidData, match="found nothing or less than nothing in 74 rows"):
        evidence.corroborate(dataset, frame)
    with duckdb.connect() as connection, pytest.raises(InvalidData, match="in 74 rows"):
        evidence.corroborate(dataset, connection.from_arrow(frame.to_arrow()))


def test_a_row_that_names_no_provider_is_refused(folder: Folder) -> None:
    frame = measured(before=1, during=8).with_columns(provider=pl.lit(None, pl.String))
    with pytest.raises(InvalidData, match="and their provider"):
        evidence.corroborate(signal(folder), frame)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_windows_of_no_length_are_refused(folder: Folder, days: int) -> None:
    with pytest.raises(ValueError, match=f"found days={days}; expected 1 to 366"):
        evidence.corroborate(signal(folder), measured(before=1, during=8), days=days)


# ------------------------------------------------------------------- day by day


def test_every_day_around_an_event_has_its_rate_and_its_period(folder: Folder) -> None:
    signal(folder)
    folder.event["start"] = "[2025-08-10..2025-08-13]"
    found = evidence.by_day(folder.dataset(), measured(before=1, during=8))
    assert found.schema == evidence.BY_DAY
    days = {str(period): (part["day"].min(), part["day"].max()) for (period,), part in found.group_by("period")}
    assert days == {
        "before": (date(2025, 7, 13), date(2025, 8, 9)),
        "between": (date(2025, 8, 10), date(2025, 9, 20)),
        "during": (date(2025, 8, 13), date(2025, 9, 9)),
        "after": (date(2025, 9, 21), date(2025, 10, 8)),
    }
    first = found.row(0, named=True)
    assert (first["measured"], first["anomalous"], first["failed"], first["networks"]) == (40, 4, 4, 4)
    assert (first["rate"], first["low"], first["high"]) == (0.1, *rates.wilson(0.1, 40))
    assert found.filter(period="during")["rate"].unique().to_list() == [0.8]


def test_days_after_the_last_that_a_source_vouches_for_are_left_open(folder: Folder) -> None:
    signal(folder)
    folder.event.update(start="2025-10-10", end=None, ongoing="true")
    later = measured(before=1, during=8).with_columns(pl.col("day") + timedelta(31))
    found = evidence.by_day(folder.dataset(), later)
    assert found.filter(period="during")["day"].max() == date(2025, 10, 21)
    left = found.filter(period="between")["day"]
    assert (left.min(), left.max()) == (date(2025, 10, 22), date(2025, 11, 6))


def test_days_add_up_to_the_verdicts_windows(folder: Folder) -> None:
    whole = measured(before=0, during=9, networks=1).with_columns(network=pl.lit(None, pl.Int64))
    frame = pl.concat([measured(before=1, during=8), measured(before=2, during=2, provider="other"), whole])
    dataset = signal(folder)
    found, judged = evidence.by_day(dataset, frame), evidence.corroborate(dataset, frame)
    for window in windows.WINDOWS:
        sums = found.filter(period=window).group_by("provider").agg(pl.col("measured", "anomalous", "failed").sum())
        assert (
            sums.sort("provider").rows()
            == judged.select("provider", *(f"{window}_{name}" for name in ("measured", "anomalous", "failed")))
            .sort("provider")
            .rows()
        )


def test_a_day_of_the_whole_country_counts_no_network(folder: Folder) -> None:
    whole = measured(before=1, during=8, networks=1).with_columns(network=pl.lit(None, pl.Int64))
    assert evidence.by_day(signal(folder), whole)["networks"].unique().to_list() == [0]


def test_a_day_on_which_every_measurement_failed_has_no_rate(folder: Folder) -> None:
    failed = measured(before=0, during=0).with_columns(ok=0, failure=10)
    found = evidence.by_day(signal(folder), failed)
    assert found["rate"].null_count() == found["low"].null_count() == found.height > 0
    assert evidence.by_day(folder.dataset().where(country="IR"), failed).schema == evidence.BY_DAY


def test_duckdb_gives_the_same_days(folder: Folder) -> None:
    frame, dataset = measured(before=1, during=8), signal(folder)
    with duckdb.connect() as connection:
        assert evidence.by_day(dataset, connection.from_arrow(frame.to_arrow())).equals(evidence.by_day(dataset, frame))


# ------------------------------------------------------------------- how often it is wrong

WORLDS = 400

NULLS: dict[str, dict[str, float]] = {
    "independent": {},
    "many": {"days": 28, "each": 20},
    "between": {"days": 28, "each": 10, "base": 0.3, "between": 0.3},
    "alike": {"days": 28, "each": 20, "base": 0.3, "between": 0.2, "alike": 0.4},
    "alike_few": {"networks": 3, "days": 5, "each": 20, "base": 0.3, "between": 0.2, "alike": 0.4},
    "daily": {"days": 28, "each": 20, "base": 0.4, "daily": 0.15},
    "daily_short": {"days": 28, "during": 3, "each": 20, "base": 0.4, "daily": 0.15},
    "lasting": {"days": 28, "each": 20, "base": 0.2, "daily": 0.1, "lasting": 0.5},
    "drift": {"days": 28, "each": 20, "base": 0.3, "drift": 0.05},
    "surge": {"days": 28, "during": 3, "each": 5, "more": 20, "base": 0.3, "alike": 0.1},
    "faulty": {"days": 28, "each": 10, "faulty": 0.8},
}


@pytest.mark.parametrize("name", NULLS)
def test_at_most_five_in_a_hundred_are_corroborated_where_nothing_happened(name: str) -> None:
    found = verdicts.judge(power.targets(WORLDS), power.sums(WORLDS, **NULLS[name]))  # type: ignore[arg-type]
    alone = (
        (pl.col("p") <= 0.05) & (pl.col("rise") >= verdicts.RISE) & (pl.col("rise_without_strongest") >= verdicts.RISE)
    )
    allowed = WORLDS * 0.05 + 2.33 * math.sqrt(
        WORLDS * 0.05 * 0.95
    )  # where the true share is 5 %, one run in a hundred has more
    assert found.filter(alone).height <= allowed
    if name not in (
        "faulty",
        "drift",
        "lasting",
    ):  # there RISE and the network left out keep the verdict from being wrong
        assert found.filter(pl.col("p") <= 0.05).height <= allowed
    assert found.filter(verdict="corroborated").height <= 1  # the whole family of four hundred


def test_the_design_effect_is_that_of_the_world() -> None:
    world: dict[str, Any] = {"days": 28, "each": 20, "base": 0.3, "alike": 0.4}
    found = verdicts.judge(power.targets(100), power.sums(100, **world))["design_effect"]
    assert found.median() == pytest.approx(1 + 19 * 0.4, rel=0.25)  # the larger of two windows' estimates
    assert verdicts.judge(power.targets(100), power.sums(100, days=28, each=20))["design_effect"].median() < 1.6


@pytest.mark.parametrize("rise", [0.0, 0.5])
@pytest.mark.parametrize("name", ["independent", "many", "between", "alike", "daily"])
def test_intervals_hold_the_true_rise_in_ninety_five_of_a_hundred_worlds(name: str, rise: float) -> None:
    world = NULLS[name] | {
        "base": 0.3,
        "between": 0.0 if rise else NULLS[name].get("between", 0.0),
    }  # rates stay below 1
    found = verdicts.judge(power.targets(WORLDS), power.sums(WORLDS, **world, rise=rise))  # type: ignore[arg-type]
    truth = 0.0 if not rise else found["rise"].mean()
    held = found.filter(pl.col("rise_low") <= truth, pl.col("rise_high") >= truth).height / WORLDS
    assert held >= 0.95 - 2.33 * math.sqrt(0.95 * 0.05 / WORLDS)


@pytest.mark.parametrize("name", power.WORLDS)
def test_at_least_ninety_in_a_hundred_rises_of_fifty_points_are_found(name: str) -> None:
    found = power.alone(100, **power.WORLDS[name], rise=0.5)
    assert found["corroborated"] >= 0.9
    assert found["contradicted"] == 0


def test_events_without_a_block_are_contradicted_when_much_was_measured() -> None:
    assert power.alone(50, days=28, each=10, base=0.05)["contradicted"] >= 0.9


def test_a_family_in_which_all_rose_by_ten_points_contradicts_none() -> None:
    made = power.sums(200, days=28, each=10, base=0.0, rise=verdicts.RISE)
    assert verdicts.judge(power.targets(200), made).filter(verdict="contradicted").is_empty()


def test_too_few_days_among_many_tests_are_named_and_cost_the_others_nothing() -> None:
    short, long = power.sums(50, days=2, each=20, rise=0.6), power.sums(1, days=28, each=20, rise=0.6, seed=2)
    made = pl.concat([short, long.with_columns(target=pl.lit(50, pl.Int32))])
    found = verdicts.judge(power.targets(51), made)
    assert found["verdict"].to_list() == ["inconclusive"] * 50 + ["corroborated"]
    assert found["p_adjusted"].null_count() == 50
    assert "too few to tell any rise from chance among 51 tests" in found["reason"][0]
    assert "adjusted for 1 test." in found["reason"][50]
    quiet = power.sums(1, days=28, each=20, base=0.0).with_columns(target=pl.lit(50, pl.Int32))
    alone = verdicts.judge(power.targets(51), pl.concat([short, quiet]))["reason"][50]
    assert "ruled out" in alone and "tests" not in alone, "those left out share in no level"


# ------------------------------------------------------------------- onsets


def test_an_onset_has_its_day_its_bounds_and_both_rates() -> None:
    found = evidence.onset(measured(before=1, during=8).lazy())
    assert found is not None
    assert found.day == found.earliest == found.latest == date(2025, 8, 10)
    assert (found.rate_before, found.rate_after, found.measured_before) == (0.1, 0.8, 1600)


def test_few_measurements_give_wide_bounds_that_hold_the_day() -> None:
    held = wide = 0
    for seed in range(100):
        chance = random.Random(seed)
        frame = measured(before=0, during=0, of=2, networks=1).filter(pl.col("day") < date(2025, 9, 19))
        hits = [
            sum(chance.random() < (0.6 if day >= date(2025, 8, 10) else 0.2) for _ in range(2)) for day in frame["day"]
        ]
        found = evidence.onset(frame.with_columns(anomaly=pl.Series(hits), ok=2 - pl.Series(hits)))
        if found:
            held += found.earliest <= date(2025, 8, 10) <= found.latest
            wide += found.earliest < found.latest
    assert held >= 90
    assert wide >= 85


def test_no_change_gives_no_onset_even_where_days_scatter() -> None:
    found = 0
    for seed in range(100):
        chance = random.Random(seed)
        frame = measured(before=0, during=0, of=100, networks=1)
        hits = [round(100 * chance.betavariate(3, 7)) for _ in range(frame.height)]
        found += evidence.onset(frame.with_columns(anomaly=pl.Series(hits), ok=100 - pl.Series(hits))) is not None
    assert found <= 5
    assert evidence.onset(measured(before=0, during=0)) is None
    assert evidence.onset(measured(before=0, during=0).clear()) is None


def test_days_without_a_measurement_lie_within_the_bounds() -> None:
    frame = measured(before=1, during=8).filter(~pl.col("day").is_between(date(2025, 8, 5), date(2025, 8, 14)))
    found = evidence.onset(frame)
    assert found is not None
    assert (found.earliest, found.day, found.latest) == (date(2025, 8, 5), date(2025, 8, 15), date(2025, 8, 15))


@pytest.mark.parametrize(
    ("first", "last"), [(date(2025, 8, 9), date(2025, 9, 1)), (date(2025, 7, 15), date(2025, 8, 10))]
)
def test_a_change_at_the_edge_lies_within_the_bounds(first: date, last: date) -> None:
    found = evidence.onset(measured(before=0, during=9).filter(pl.col("day").is_between(first, last)))
    assert found is None or found.earliest <= date(2025, 8, 10) <= found.latest


def test_an_onset_is_of_one_provider() -> None:
    both = pl.concat([measured(before=0, during=0), measured(before=0, during=0, provider="other")])
    with pytest.raises(ValueError, match="the series holds provider ooni, other"):
        evidence.onset(both)


def test_an_onset_is_of_one_country_and_platform() -> None:
    both = pl.concat([measured(before=0, during=0), measured(before=0, during=0, country="IR")])
    with pytest.raises(ValueError, match=r"the series holds country IR, RU; give one with \.filter"):
        evidence.onset(both)


def test_duckdb_gives_the_same_onset() -> None:
    frame = measured(before=1, during=8)
    with duckdb.connect() as connection:
        assert evidence.onset(connection.from_arrow(frame.to_arrow())) == evidence.onset(frame)


def test_without_ruptures_an_onset_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ruptures", None)
    with pytest.raises(MissingExtra, match=r"pip install 'rightsdata\[evidence\]'"):
        evidence.onset(measured(before=0, during=0))


# ------------------------------------------------------------------- streams


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A series in four files: three of Parquet by month, one of CSV."""
    place = tmp_path / "country=RU"
    place.mkdir()
    frame = measured(before=1, during=8).drop("country")
    for month in (7, 8, 9):
        frame.filter(pl.col("day").dt.month() == month).write_parquet(place / f"{month}.parquet")
    frame.filter(pl.col("day").dt.month() == 10).write_csv(place / "10.csv")
    return tmp_path


class Stopped(Exception):
    pass


def stop_after(parts: int) -> Callable[[int, int], None]:
    seen: list[int] = []

    def progress(done: int, _: int) -> None:
        seen.append(done)
        if len(seen) == parts:
            raise Stopped

    return progress


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "ROWS", 50)
    monkeypatch.setattr(streaming, "SECONDS", 0.0)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_streaming_gives_the_answer_of_the_whole(folder: Folder, stored: Path, tmp_path: Path, name: str) -> None:
    dataset = signal(folder)
    seen: list[tuple[int, int]] = []
    found = evidence.run(dataset, stored / "country=RU", tmp_path / name, progress=lambda *one: seen.append(one))
    assert found.equals(evidence.corroborate(dataset, measured(before=1, during=8)))
    read = pl.read_parquet(tmp_path / name) if name.endswith("parquet") else pl.read_csv(tmp_path / name)
    assert read.height == found.height
    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)
    assert not (tmp_path / f"{name}.state").exists()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("parts", range(1, 10))
def test_a_run_stopped_at_any_part_goes_on_without_loss(
    folder: Folder, stored: Path, tmp_path: Path, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, out = signal(folder), tmp_path / "out.parquet"
    with pytest.raises(Stopped):
        evidence.run(dataset, stored / "country=RU", out, progress=stop_after(parts))
    assert not out.exists()
    counted: list[int] = []
    real = windows.sums
    monkeypatch.setattr(windows, "sums", lambda *given: (counted.append(1), real(*given))[1])
    found = evidence.run(dataset, stored / "country=RU", out)
    assert len(counted) == 10 - parts  # 400 rows: one CSV, and 124, 124 and 120 rows by 50
    assert found.equals(evidence.corroborate(dataset, measured(before=1, during=8)))


def test_an_output_that_is_a_file_of_the_series_is_refused(folder: Folder, stored: Path) -> None:
    inside = stored / "country=RU" / "9.parquet"
    before = inside.read_bytes()
    for paths in (stored, inside):
        with pytest.raises(InvalidData, match="found a file of the series, which would be replaced"):
            evidence.run(signal(folder), paths, inside)
    assert inside.read_bytes() == before


@pytest.mark.parametrize("name", [".", "none/a.parquet"])
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(
    folder: Folder, stored: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out.parquet"
    out.mkdir()
    with pytest.raises(InvalidData, match="expected a file in a folder that is there"):
        evidence.run(signal(folder), stored / "missing", out if name == "." else tmp_path / name)


def test_the_columns_of_all_files_are_looked_at_first(folder: Folder, stored: Path, tmp_path: Path) -> None:
    for name in ("8.parquet", "9.parquet"):
        bad = stored / "country=RU" / name
        pl.read_parquet(bad).drop("ok").write_parquet(bad)
    with pytest.raises(InvalidData) as caught:
        evidence.run(signal(folder), stored / "country=RU", tmp_path / "out.csv", progress=stop_after(1))
    assert [Path(one.file).name for one in caught.value.problems] == ["8.parquet", "9.parquet"]


def test_small_files_are_read_together_and_faults_named_by_file(
    folder: Folder, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, place = signal(folder), stored / "country=RU"
    expected, seen = evidence.corroborate(dataset, series.read(place)), []
    for rows, parts in ((10_000, 2), (260, 3), (100, 7)):  # of 368 rows in three files, and a CSV file
        monkeypatch.setattr(streaming, "ROWS", rows)
        seen.clear()
        found = evidence.run(dataset, place, tmp_path / "out.parquet", progress=lambda *told: seen.append(told))
        assert found.equals(expected)
        assert (len(seen), seen[-1][0]) == (parts, seen[-1][1])
    for name in ("7.parquet", "9.parquet"):
        pl.read_parquet(place / name).with_columns(provider=pl.lit("O O")).write_parquet(place / name)
    monkeypatch.setattr(streaming, "ROWS", 10_000)
    with pytest.raises(InvalidData) as caught:
        evidence.run(dataset, place, tmp_path / "out.parquet")
    assert [(Path(one.file).name, one.field) for one in caught.value.problems] == [
        ("7.parquet", "provider"),
        ("9.parquet", "provider"),
    ]


@pytest.mark.usefixtures("small")
def test_verdicts_among_the_series_are_passed_over_and_their_run_resumes(folder: Folder, stored: Path) -> None:
    dataset, place = signal(folder), stored / "country=RU"
    out = place / "verdicts.parquet"
    first = evidence.run(dataset, place, out)
    assert evidence.run(dataset, place, out).equals(first)
    with pytest.raises(Stopped):
        evidence.run(dataset, place, out, progress=stop_after(5))
    assert (place / "verdicts.parquet.state").is_dir()
    assert evidence.run(dataset, place, out).equals(first)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("spoilt", ["{}", "[]", "null", "{", '{"inputs": [{"path": "x"}]}', "cut", "gone"])
def test_a_state_that_cannot_be_used_is_named(folder: Folder, stored: Path, tmp_path: Path, spoilt: str) -> None:
    dataset, out = signal(folder), tmp_path / "out.parquet"
    with pytest.raises(Stopped):
        evidence.run(dataset, stored / "country=RU", out, progress=stop_after(5))
    state = tmp_path / "out.parquet.state"
    (sums,) = state.glob("sums-*.parquet")
    if spoilt == "gone":
        sums.unlink()
    elif spoilt == "cut":
        sums.write_bytes(sums.read_bytes()[:99])
    else:
        (state / "state.json").write_text(spoilt)
    with pytest.raises(InvalidData, match=r"out\.parquet\.state: error: .*Delete the folder to begin anew"):
        evidence.run(dataset, stored / "country=RU", out)


@pytest.mark.usefixtures("small")
def test_a_changed_input_is_named_and_not_added_to(folder: Folder, stored: Path, tmp_path: Path) -> None:
    dataset, out = signal(folder), tmp_path / "out.parquet"
    with pytest.raises(Stopped):
        evidence.run(dataset, stored / "country=RU", out, progress=stop_after(3))
    changed = stored / "country=RU" / "9.parquet"
    before = changed.read_bytes()
    measured(before=9, during=9).drop("country").write_parquet(changed)
    with pytest.raises(InvalidData, match=r"9\.parquet: error: input: found other content than when the run began"):
        evidence.run(dataset, stored / "country=RU", out)
    changed.unlink()
    with pytest.raises(
        InvalidData, match=r"9\.parquet: error: input: found a file that only one of the two runs names"
    ):
        evidence.run(dataset, stored / "country=RU", out)
    changed.write_bytes(before)
    with pytest.raises(InvalidData, match="sums for other events or settings"):
        evidence.run(dataset, stored / "country=RU", out, days=7)
    assert not out.exists()


def test_an_unsound_part_stops_the_run_and_names_the_file(folder: Folder, stored: Path, tmp_path: Path) -> None:
    bad = stored / "country=RU" / "9.parquet"
    pl.read_parquet(bad).with_columns(ok=-pl.col("ok")).write_parquet(bad)
    with pytest.raises(InvalidData, match=r"9\.parquet: error: ok: found -\d+; expected a count from 0 to"):
        evidence.run(signal(folder), stored / "country=RU", tmp_path / "out.parquet")
    with pytest.raises(ValueError, match=r"ends in \.parquet or \.csv"):
        evidence.run(signal(folder), stored / "country=RU", tmp_path / "out.json")


def test_the_command_writes_verdicts_and_counts_them(stored: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    words = ["evidence", "2026.11.1", str(stored), "-o", str(out), "--country", "RU", "--platform", "whatsapp"]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 0, done.output
    assert re.match(r"corroborated: \d+\ncontradicted: \d+\ninconclusive: \d+\nnot_measured: \d+\n", done.output)
    calls = pl.read_csv(out).filter(event_id="ru-2025-08-whatsapp-telegram-calls")
    assert calls["verdict"].unique().to_list() == ["not_measured"]


# ------------------------------------------------------------------- one answer on every engine


def rows_of_series() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows around the dates of `signal`, some outside every window, of another test, or without a platform."""
    count = st.integers(0, 30)
    return st.lists(
        st.fixed_dictionaries(
            {
                "country": st.sampled_from(["RU", "RU", "RU", "IR"]),
                "network": st.sampled_from([None, 1, 2, 3]),
                "test": st.sampled_from(["whatsapp", "whatsapp", "web_connectivity"]),
                "domain": st.sampled_from([None, "web.whatsapp.com"]),
                "platform_id": st.sampled_from(["whatsapp", "whatsapp", None]),
                "feature": st.sampled_from(["messaging", "web"]),
                "day": st.dates(date(2025, 7, 1), date(2025, 10, 30)),
                "ok": count,
                "anomaly": count,
                "confirmed": count,
                "failure": count,
                "provider": st.sampled_from(["ooni", "other"]),
                "license": st.just("CC-BY-4.0"),
            }
        ),
        max_size=60,
    )


@pytest.fixture(scope="module")
def whatsapp(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return signal(Folder(tmp_path_factory.mktemp("whatsapp") / "data"))


@given(rows_of_series())
@settings(max_examples=60)
def test_polars_and_duckdb_give_equal_answers(whatsapp: Dataset, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=series.TYPES)
    with duckdb.connect() as connection:
        relation = connection.from_arrow(frame.to_arrow())
        assert evidence.corroborate(whatsapp, relation).equals(evidence.corroborate(whatsapp, frame.lazy()))


@given(rows_of_series(), st.integers(0, 60))
@settings(max_examples=30)
def test_sums_of_parts_add_up(whatsapp: Dataset, rows: list[dict[str, Any]], cut: int) -> None:
    frame = pl.DataFrame(rows, schema=series.TYPES)
    wanted = windows.days_wanted(windows.targets(whatsapp))
    parts = windows.added([windows.sums(frame[:cut], wanted), windows.sums(frame[cut:], wanted)])
    key = list(windows.SUMS)
    assert parts.sort(key).equals(windows.sums(frame, wanted).select(parts.columns).sort(key))


@pytest.mark.slow
def test_spark_gives_the_same_answer(whatsapp: Dataset, spark: Any) -> None:
    chance = random.Random(1)
    frame = measured(before=1, during=7).with_columns(
        pl.Series("domain", [chance.choice([None, "web.whatsapp.com"]) for _ in range(400)], pl.String)
    )
    types = {pl.Int64(): "bigint", pl.String(): "string", pl.Date(): "date"}
    columns = ", ".join(f"{name} {types[dtype]}" for name, dtype in series.TYPES.items())
    held = spark.createDataFrame(frame.rows(), columns)
    assert evidence.corroborate(whatsapp, held).equals(evidence.corroborate(whatsapp, frame))


@pytest.fixture
def partitioned(tmp_path: Path) -> Path:
    """A series in folders by country and year; some of the countries' codes read like no, or like nothing."""
    made = pl.concat(
        [measured(before=1, during=8), measured(before=1, during=8).with_columns(day=pl.col("day").dt.offset_by("1y"))]
        + [measured(before=0, during=0, country=country) for country in ("NA", "NO")]
    )
    parts = made.with_columns(year=pl.col("day").dt.year()).partition_by("country", "year", as_dict=True)
    for (country, year), part in parts.items():
        place = tmp_path / "series" / f"country={country}" / f"year={year}"
        place.mkdir(parents=True)
        part.drop("country", "year").write_parquet(place / "part.parquet")
    return tmp_path / "series"


def test_polars_and_duckdb_give_the_same_answer_from_hive_partitions(whatsapp: Dataset, partitioned: Path) -> None:
    whole = evidence.corroborate(whatsapp, measured(before=1, during=8))
    assert evidence.corroborate(whatsapp, series.read(partitioned)).equals(whole)
    with duckdb.connect() as connection:
        relation = connection.read_parquet(f"{partitioned}/**/*.parquet", hive_partitioning=True)
        assert evidence.corroborate(whatsapp, relation).equals(whole)


def test_only_the_folders_of_the_events_countries_are_read(whatsapp: Dataset, partitioned: Path) -> None:
    wanted = windows.days_wanted(windows.targets(whatsapp))
    with duckdb.connect() as connection:
        relation = connection.read_parquet(f"{partitioned}/**/*.parquet", hive_partitioning=True)
        near = windows._near(nw.from_native(relation).lazy(), wanted).to_native()
        assert "Scanning Files: 2/4" in near.explain()


@pytest.mark.slow
def test_the_example_on_spark_gives_the_answer_of_polars(
    partitioned: Path, tmp_path: Path, spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = runpy.run_path(str(ROOT / "examples" / "evidence_on_spark.py"))
    out = tmp_path / "verdicts.parquet"
    monkeypatch.setattr(type(spark), "stop", lambda _: None)  # the session goes on to other tests
    monkeypatch.setattr(sys, "argv", ["", "2026.11.1", str(partitioned), str(out), "--country", "RU"])
    example["main"]()
    asked = reading.load("2026.11.1").where(country="RU")
    assert pl.read_parquet(out).equals(evidence.corroborate(asked, series.read(partitioned)))
    frame = nw.from_native(example["read"](spark, str(partitioned))).lazy()
    wanted = windows.days_wanted(windows.targets(asked))
    joined = windows._near(frame, wanted).join(nw.from_native(windows._beside(frame, wanted)), on=["country", "day"])
    plan = joined.to_native()._jdf.queryExecution().toString()
    assert re.search(r"PartitionFilters: \[.*country.*RU", plan)
    assert re.search(r"PushedFilters: \[.*GreaterThanOrEqual\(day", plan)
    assert "BroadcastHashJoin" in plan
