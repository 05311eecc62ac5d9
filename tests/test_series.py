"""series: one typed shape, from files, folders and Hive partitions; what is wrong is told by value."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from rightsdata import series
from rightsdata.errors import InvalidData

ROW = {
    "country": "RU",
    "network": 12389,
    "test": "whatsapp",
    "domain": None,
    "platform_id": "whatsapp",
    "feature": "messaging",
    "day": date(2025, 8, 13),
    "ok": 5,
    "anomaly": 3,
    "confirmed": 1,
    "failure": 2,
    "provider": "ooni",
    "license": "CC-BY-4.0",
}


def frame(*changes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([ROW | change for change in changes or ({},)], schema=series.TYPES, strict=False)


def problems(*changes: dict[str, object]) -> list[tuple[str, str]]:
    return [(one.field, one.found) for one in series.check(frame(*changes).lazy())]


def test_parquet_and_csv_give_the_same(tmp_path: Path) -> None:
    made = frame({}, {"network": None, "domain": "web.whatsapp.com", "test": "web_connectivity", "feature": "web"})
    made.write_parquet(tmp_path / "a.parquet")
    made.write_csv(tmp_path / "a.csv")
    assert series.read(tmp_path / "a.parquet").collect().equals(made)
    assert series.read(tmp_path / "a.csv").collect().equals(made)
    assert series.read(tmp_path).collect().equals(pl.concat([made, made]))  # a.csv, then a.parquet


def test_hive_partitions_hold_columns(tmp_path: Path) -> None:
    for country in ("IR", "RU"):
        place = tmp_path / f"country={country}" / "year=2025"
        place.mkdir(parents=True)
        frame({"country": country}).drop("country").write_parquet(place / "part.parquet")
    assert series.read(tmp_path).collect().equals(frame({"country": "IR"}, {}))


def test_country_codes_that_read_like_missing_or_false_stay_texts(tmp_path: Path) -> None:
    frame({"country": "NA"}, {"country": "NO"}).write_csv(tmp_path / "a.csv")
    assert series.read(tmp_path).collect()["country"].to_list() == ["NA", "NO"]


def test_what_other_tools_write_is_taken(tmp_path: Path) -> None:
    made = frame().with_columns(
        pl.lit(datetime(2025, 8, 13, 7)).alias("day"),
        pl.col("ok").cast(pl.UInt8),
        pl.col("test").cast(pl.Categorical),
        pl.lit(1).alias("more"),
    )
    made.drop("network", "domain").write_parquet(tmp_path / "a.parquet")
    assert series.read(tmp_path).collect().equals(frame({"network": None}))


def test_missing_columns_and_wrong_types_are_named_together(tmp_path: Path) -> None:
    made = frame().drop("confirmed").with_columns(pl.lit("many").alias("ok"))
    made.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(InvalidData) as caught:
        series.read(tmp_path)
    assert [(one.field, one.found) for one in caught.value.problems] == [
        ("ok", "type String"),
        ("confirmed", "no such column"),
    ]


def test_paths_that_hold_no_series_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="expected Parquet or CSV files"):
        series.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        series.read(tmp_path / "none.parquet")
    (tmp_path / "a.xlsx").write_bytes(b"")
    with pytest.raises(InvalidData, match=r"found \.xlsx"):
        series.read(tmp_path / "a.xlsx")


def test_a_good_series_has_no_problems() -> None:
    assert problems({}, {"network": None}, {"domain": "t.me"}, {"platform_id": None}) == []


@pytest.mark.parametrize(
    ("change", "field", "found"),
    [
        ({"country": "ru"}, "country", "'ru'"),
        ({"country": None}, "country", "nothing in 1 rows"),
        ({"network": -1}, "network", "-1"),
        ({"network": 2**32}, "network", "4294967296"),
        ({"domain": "https://t.me/"}, "domain", "'https://t.me/'"),
        ({"feature": "phone"}, "feature", "'phone'"),
        ({"day": None}, "day", "nothing in 1 rows"),
        ({"ok": -5}, "ok", "-5"),
        ({"failure": None}, "failure", "nothing in 1 rows"),
        ({"provider": "OONI\x1b[2J"}, "provider", "'OONI\\x1b[2J'"),
        ({"license": ""}, "license", "''"),
    ],
)
def test_a_bad_value_is_named_with_its_field(change: dict[str, object], field: str, found: str) -> None:
    assert problems({"day": date(2025, 8, 12)}, change) == [(field, found)]


def test_a_key_that_stands_twice_would_count_twice() -> None:
    assert problems({}, {"ok": 6})[0][0] == "key"
    assert "country=RU, network=12389" in problems({}, {"ok": 6})[0][1]
    assert series.check(frame({}, {"ok": 6}).lazy(), repeated=False) == []


def test_of_a_folder_that_an_import_wrote_the_series_alone_is_read(tmp_path: Path) -> None:
    frame().write_parquet(tmp_path / "series.parquet")
    pl.DataFrame({"row": [1]}).write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "review.csv").write_text("row\n1\n", encoding="utf-8")
    assert series.files(tmp_path) == [tmp_path / "series.parquet"]
    assert series.read(tmp_path).collect().height == frame().height
