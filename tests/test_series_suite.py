"""series_suite: the rules of a series as Great Expectations finds them broken, on pandas and on Spark as on Polars."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

import pandas as pd
import polars as pl
import pytest
from test_series import frame

from rightsdata import expectations, series, series_suite
from rightsdata.errors import Problem

OTHER: dict[str, object] = {"day": date(2025, 8, 12)}

SOUND: tuple[dict[str, object], ...] = (
    {},
    {"network": None},
    {"domain": "web.whatsapp.com"},
    {"platform_id": None},
)

FAULTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    *((name, "is_never_null", {name: None}) for name, one in series.Measurement.columns().items() if not one.nullable),
    ("country", "has_its_form", {"country": "ru"}),
    ("country", "has_its_form", {"country": "RU\n"}),
    ("test", "has_its_form", {"test": "Web Connectivity"}),
    ("domain", "has_its_form", {"domain": "https://t.me/"}),
    ("platform_id", "has_its_form", {"platform_id": "WhatsApp"}),
    ("provider", "has_its_form", {"provider": "OONI\x1b[2J"}),
    ("license", "has_its_form", {"license": ""}),
    ("feature", "is_a_known_term", {"feature": "phone"}),
    ("network", "is_within_its_bounds", {"network": -1}),
    ("network", "is_within_its_bounds", {"network": 2**32}),
    *((name, "is_within_its_bounds", {name: -5}) for name in series.COUNTS),
    ("key", "key_stands_once", {"ok": 6, "day": date(2025, 8, 13)}),
    ("key", "key_stands_once", {"network": None, "ok": 6, "day": date(2025, 8, 13)}),
)
"""The field and the rule that must be named, and a row that breaks it beside those of SOUND."""

KEPT_BY = {"nullable": "is_never_null", "regex": "has_its_form", "categories": "is_a_known_term"} | dict.fromkeys(
    ("min", "max"), "is_within_its_bounds"
)
"""What may be declared of a column, and the rule of the suite that holds it."""

SAYS_NOTHING = {"description", "metadata", "min_length", "sqlalchemy_use_enum", "_schema", "_name"}
"""What is declared beside: names and words, and that texts are not empty, as every pattern has it."""


def planted(*faults: dict[str, object]) -> pl.DataFrame:
    return frame(*SOUND, *(OTHER | fault for fault in faults))


def found(problems: Iterable[Problem]) -> set[tuple[str, str]]:
    return {(one.field, one.rule) for one in problems}


def test_every_declared_rule_has_its_expectation_and_a_planted_fault() -> None:
    wanted = {("key", "key_stands_once"), ("day", "has_its_form")}
    for name, column in series.Measurement.columns().items():
        wanted.add((name, "is_of_its_type"))
        said = vars(column) | {"nullable": not column.nullable or None}
        declared = {key for key, value in said.items() if value is not None and value is not False}
        wanted |= {(name, KEPT_BY[key]) for key in declared - SAYS_NOTHING}
    asked = set()
    for one in series_suite.suite().expectations:
        looked = expectations.looked_at(one.configuration)
        asked.add(("key" if looked == series.KEY else looked[0], one.configuration.meta["rule"]))
    assert asked == wanted
    types = {("day", "has_its_form"), *((name, "is_of_its_type") for name in series.TYPES)}  # planted further down
    assert {(field, rule) for field, rule, _ in FAULTS} == wanted - types
    assert all(
        not pl.Series([""]).str.contains(one.regex).item()
        for one in series.Measurement.columns().values()
        if getattr(one, "regex", None)
    )


def test_a_sound_series_has_no_problems_whatever_types_hold_it() -> None:
    good = planted()
    for held in (
        good.to_pandas(),
        good.to_pandas(use_pyarrow_extension_array=True),
        good.to_arrow().to_pandas(),
        good.to_arrow().to_pandas().convert_dtypes(),
        good.cast({"test": pl.Categorical, "ok": pl.UInt16}).with_columns(more=1).to_pandas(),
        pd.read_csv(io.StringIO(frame({}, OTHER).write_csv()), parse_dates=["day"]),  # no domain: floats, all NaN
    ):
        assert series_suite.check(held) == [], held.dtypes


def rounds() -> list[list[tuple[str, str, dict[str, object]]]]:
    """The faults, those of one rule of one field apart, so that none is found for another."""
    made: list[list[tuple[str, str, dict[str, object]]]] = []
    for fault in FAULTS:
        free = [one for one in made if fault[:2] not in {(field, rule) for field, rule, _ in one}]
        if not free:
            made.append([])
        (free or made)[0 if free else -1].append(fault)
    return made


@pytest.mark.parametrize("faults", rounds(), ids=len)
def test_the_faults_are_found_on_pandas_as_on_polars(faults: list[tuple[str, str, dict[str, object]]]) -> None:
    bad = planted(*(fault for _, _, fault in faults))
    assert {one.field for one in series.check(bad.lazy())} == {field for field, _, _ in faults}
    wanted = {(field, rule) for field, rule, _ in faults}
    assert found(series_suite.check(bad.to_pandas())) == wanted
    assert found(series_suite.check(bad.to_pandas(use_pyarrow_extension_array=True))) == wanted


@pytest.mark.parametrize(
    ("field", "change", "says"),
    [
        ("ok", lambda good: good.assign(ok=good["ok"].astype(str)), "found '5'"),
        ("ok", lambda good: good.assign(ok=good["ok"] / 2), "found type float64; expected type Int64"),
        ("day", lambda good: good.assign(day=good["day"].astype(str)), "found '2025-08-13'"),
        ("day", lambda good: good.assign(day=datetime(2025, 8, 13, 7)), "expected a day without a time"),
        ("test", lambda good: good.assign(test=1), "found type int64; expected type String"),
        ("confirmed", lambda good: good.drop(columns="confirmed"), "found no such column"),
    ],
)
def test_a_column_that_is_missing_or_of_another_type_is_named_once(
    field: str, change: Callable[[pd.DataFrame], pd.DataFrame], says: str
) -> None:
    (problem,) = series_suite.check(change(planted().to_pandas()), "a.parquet")
    assert problem.field == field
    assert says in str(problem)
    assert str(problem).startswith(f"a.parquet: error: {field}: ")


def test_values_that_break_a_rule_are_shown_and_counted() -> None:
    bad = planted(*({"country": "ru", "network": number} for number in range(5)), {"ok": 6, "day": date(2025, 8, 13)})
    country, key = series_suite.check(bad.to_pandas())
    assert country.found == "'ru', 'ru', 'ru' and others, in all 5 rows"
    assert key.found.startswith("country=RU, network=12389, test=whatsapp, domain=None")
    assert key.found.endswith("and others, in all 2 rows")
    assert [one.field for one in series_suite.check(bad.to_pandas(), repeated=False)] == ["country"]


def test_the_suite_runs_in_a_context_of_ones_own() -> None:
    with expectations.quiet():
        batch = expectations.whole_frames().get_batch({"dataframe": planted({"country": "ru"}).to_pandas()})
        assert batch.validate(series_suite.suite()).success is False


def test_reading_a_series_loads_no_great_expectations() -> None:
    code = "import sys; from rightsdata import evidence, series; print('great_expectations' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "False\n"


@pytest.mark.slow
def test_the_faults_are_found_on_spark_as_on_pandas(spark: Any) -> None:
    types = {pl.Int64(): "bigint", pl.String(): "string", pl.Date(): "date"}
    columns = ", ".join(f"{name} {types[dtype]}" for name, dtype in series.TYPES.items())

    def held(made: pl.DataFrame) -> Any:
        return spark.createDataFrame(made.rows(), columns)

    assert series_suite.check(held(planted())) == []
    for faults in rounds():
        bad = planted(*(fault for _, _, fault in faults))
        assert found(series_suite.check(held(bad))) == {(field, rule) for field, rule, _ in faults}
    texts = held(planted()).selectExpr("* except (ok, day, confirmed)", "string(ok) ok", "timestamp(day) day")
    assert found(series_suite.check(texts)) == {
        ("confirmed", "has_its_column"),
        ("ok", "is_of_its_type"),
        ("day", "is_of_its_type"),
    }
