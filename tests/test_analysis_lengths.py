"""How long measures last: curves against lifelines and against their own definition."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import polars as pl
import pytest
import queries
from conftest import Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightsdata import analysis
from rightsdata.dataset import Dataset

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter


def of_lengths(template: Dataset, lengths: list[tuple[int, int | None]]) -> Dataset:
    """A dataset whose measures have these lengths."""
    one = analysis.durations(template).head(1)["event_id"]
    event = template.events.filter(pl.col("event_id").is_in(one.implode()))
    rows = pl.DataFrame(lengths, schema={"min_days": pl.Int32, "max_days": pl.Int32}, orient="row").with_row_index("n")
    events = (
        event.drop("min_days", "max_days")
        .join(rows, how="cross")
        .with_columns(
            event_id=pl.format("xx-{}", "n"),
            confidence=pl.when(pl.col("n") % 2 == 0)
            .then(pl.lit("high"))
            .otherwise(pl.lit("low"))
            .cast(event.schema["confidence"]),
        )
    )
    return replace(template, events=events.select(template.events.columns))


def lifelines_turnbull(lengths: pl.DataFrame, tol: float = 1e-7) -> KaplanMeierFitter:
    low, high = lengths["at_least"].to_list(), [math.inf if one is None else one for one in lengths["at_most"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return KaplanMeierFitter().fit_interval_censoring(list(map(float, low)), list(map(float, high)), tol=tol)


@pytest.mark.parametrize("by", [None, "restriction_type", "confidence"])
def test_kaplan_meier_equals_lifelines(released: Dataset, by: str | None) -> None:
    curves = analysis.survival(released, by, method="kaplan_meier")
    lengths = analysis.durations(released).join(
        released.events.select("event_id", pl.col("confidence").cast(pl.String)), on="event_id"
    )
    for value in [None] if by is None else curves[by].unique():
        curve = curves if by is None else curves.filter(pl.col(by) == value)
        part = lengths if by is None else lengths.filter(pl.col(by) == value)
        fits = part.filter(pl.col("at_most").is_null() | (pl.col("at_most") == pl.col("at_least")))
        fitted = KaplanMeierFitter().fit(fits["at_least"].to_list(), fits["at_most"].is_not_null().to_list())
        table = fitted.event_table
        assert curve["days"].to_list() == [int(day) for day in table.index]
        assert curve["events"].to_list() == table["observed"].to_list()
        assert curve["at_risk"][1:].to_list() == table["at_risk"].to_list()[1:]
        assert curve["share"].to_list() == pytest.approx(fitted.survival_function_["KM_estimate"].to_list(), abs=1e-6)
        for name, theirs in zip(("lower", "upper"), fitted.confidence_interval_.columns, strict=True):
            expected = fitted.confidence_interval_[theirs].tolist()
            assert curve[name].to_list() == pytest.approx(expected, abs=1e-6)
        assert curve["measures"].unique().to_list() == [fits.height]
        assert curve["left_out"].unique().to_list() == [part.height - fits.height]


@pytest.mark.parametrize("by", [None, "restriction_type"])
def test_turnbull_equals_lifelines(released: Dataset, by: str | None) -> None:
    curves = analysis.survival(released, by)
    lengths = analysis.durations(released)
    if by is None:
        queries.same_turnbull(curves, lifelines_turnbull(lengths), 1e-3)
        return
    for value in ("service_block", "network_shutdown"):
        fitted = lifelines_turnbull(lengths.filter(pl.col(by) == value))
        queries.same_turnbull(curves.filter(pl.col(by) == value), fitted, 1e-3)


def test_turnbull_of_many_lengths_equals_lifelines_to_a_millionth(released: Dataset) -> None:
    """Of lengths of which lifelines finds the likeliest placing, too: its steps end early where the likelihood is flat."""
    lengths: list[tuple[int, int | None]] = [
        (1 + at * 7 % 90, None if at % 9 == 0 else 1 + at * 7 % 90 + at * 13 % 8 * (at % 3)) for at in range(900)
    ]
    curve = analysis.survival(of_lengths(released, lengths))
    fitted = lifelines_turnbull(pl.DataFrame(lengths, schema=["at_least", "at_most"], orient="row"), tol=1e-10)
    queries.same_turnbull(curve, fitted, 1e-6)


def test_turnbull_is_kaplan_meier_where_no_length_lies_between_bounds(released: Dataset) -> None:
    lengths: list[tuple[int, int | None]] = [(1, 1), (2, None), (3, 3), (3, 3), (5, None), (8, 8), (9, None)]
    dataset = of_lengths(released, lengths)
    one = dict(analysis.survival(dataset).select("days", "share").iter_rows())
    other = analysis.survival(dataset, method="kaplan_meier").filter((pl.col("events") > 0) | (pl.col("days") == 0))
    assert one == pytest.approx(dict(other.select("days", "share").iter_rows()), abs=1e-6)


length = st.tuples(st.integers(1, 12), st.one_of(st.none(), st.integers(0, 6))).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(length, min_size=1, max_size=14))
def test_no_other_placing_of_the_ends_is_likelier(released: Dataset, lengths: list[tuple[int, int | None]]) -> None:
    """Gentleman & Geyer (1994): at the maximum, no day adds more to the likelihood than the lengths are in number."""
    curve = analysis.survival(of_lengths(released, lengths))
    mass = {row[0]: row[1] / row[2] for row in curve.select("days", "events", "measures").iter_rows()}
    rest = 1 - sum(mass.values())

    def inside(low: int, high: int | None) -> float:
        return sum(share for day, share in mass.items() if low <= day <= (high or math.inf)) + (
            rest if high is None else 0
        )

    days = [*range(1, 20), math.inf]
    for day in days:
        pull = sum(1 / inside(low, high) for low, high in lengths if low <= day <= (high or math.inf))
        assert pull <= len(lengths) * (1 + 1e-6)
    assert curve["share"].is_sorted(descending=True)
    assert curve["share"].is_between(0, 1).all()


def test_each_group_has_the_curve_that_it_has_alone(released: Dataset) -> None:
    together = analysis.survival(released, "confidence")
    for value in together["confidence"].unique():
        alone = analysis.survival(released.where(confidence=value))
        part = together.filter(pl.col("confidence") == value, (pl.col("events") > 0.1) | (pl.col("days") == 0))
        alone = alone.filter((pl.col("events") > 0.1) | (pl.col("days") == 0))
        assert part["days"].to_list() == alone["days"].to_list()
        assert part["share"].to_list() == pytest.approx(alone["share"].to_list(), abs=1e-4)


def test_a_length_between_bounds_is_left_out_by_one_and_used_by_the_other(folder: Folder) -> None:
    folder.event.update(ongoing="false", end="2025-09-01")
    dataset = folder.dataset()
    left_out = analysis.survival(dataset, method="kaplan_meier")
    assert left_out.select("days", "share", "measures", "left_out").rows() == [(0, 1.0, 0, 1)]
    used = analysis.survival(dataset).select("days_from", "days", "share", "measures", "lower")
    assert used.rows() == [(0, 0, 1.0, 1, None), (20, 32, 0.0, 1, None)]


def test_a_measure_that_goes_on_has_not_ended(folder: Folder) -> None:
    curve = analysis.survival(folder.dataset(), method="kaplan_meier")
    assert curve.select("days", "share", "at_risk", "events").rows() == [(0, 1.0, 1.0, 0.0), (70, 1.0, 1.0, 0.0)]
    assert analysis.survival(folder.dataset())["share"].to_list() == [1.0]


def test_lengths_are_those_of_the_release(released: Dataset) -> None:
    found = analysis.durations(released)
    again = found.join(released.events, on="event_id")
    assert found["at_least"].to_list() == again["min_days"].to_list()
    assert found.filter(pl.col("ending").is_in(["open", "unknown"]))["at_most"].is_null().all()
    assert found.filter(pl.col("ending").is_in(["known", "past"]))["at_most"].is_not_null().all()


def test_a_curve_is_the_same_to_the_last_digit_each_time(released: Dataset) -> None:
    one = analysis.survival(released, by="restriction_type")
    assert all(analysis.survival(released, by="restriction_type").equals(one) for _ in range(20))
