"""series: one typed shape, from files, folders and Hive partitions; what is wrong is told by value."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("name", ["a[1].parquet", "a*.parquet", "a?.csv"])
def test_a_name_is_taken_as_it_stands(tmp_path: Path, name: str) -> None:
    (tmp_path / "beside").mkdir()
    for place, country in ((tmp_path, "IR"), (tmp_path / "beside", "RU")):
        for one in (name, "a1.parquet", "ab.csv"):
            made = frame({"country": country if one == name else "NO"})
            made.write_parquet(place / one) if one.endswith("t") else made.write_csv(place / one)
    assert series.read(tmp_path / name).collect()["country"].to_list() == ["IR"]
    assert series.read(tmp_path / "beside" / name).collect()["country"].to_list() == ["RU"]


def test_what_programs_hide_in_a_folder_is_passed_over_and_a_file_counts_once(tmp_path: Path) -> None:
    for name in (
        ".a.parquet",
        "_temporary/b.parquet",
        "x/.crc/c.parquet",
        "v.csv.state/sums-1.parquet",
        "d.PARQUET",
        "e.CSV",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        frame().write_csv(tmp_path / name) if name == "e.CSV" else frame().write_parquet(tmp_path / name)
    assert [one.name for one in series.files(tmp_path)] == ["d.PARQUET", "e.CSV"]
    (tmp_path / "link.parquet").symlink_to(tmp_path / "d.PARQUET")
    assert len(series.files([tmp_path, tmp_path / "link.parquet", tmp_path / "x" / ".." / "e.CSV"])) == 2
    assert series.read(tmp_path).collect().height == 2
    (tmp_path / "series.parquet").write_bytes((tmp_path / "d.PARQUET").read_bytes())
    assert len(series.files(tmp_path)) == 3, "the folder is none that an import wrote"


def test_names_of_folders_are_decoded_typed_and_give_way_to_columns(tmp_path: Path) -> None:
    place = tmp_path / "country=R%55" / "day=2025-08-14" / "network=__HIVE_DEFAULT_PARTITION__" / "test=tor"
    place.mkdir(parents=True)
    frame().drop("country", "day", "network").write_parquet(place / "part.parquet")
    expected = frame({"network": None, "day": date(2025, 8, 14)})
    assert series.read(tmp_path).collect().equals(expected), "the test is the file's own"
    odd = tmp_path / "network=AS123"
    odd.mkdir()
    frame().drop("network").write_parquet(odd / "part.parquet")
    with pytest.raises(InvalidData, match="network: found a folder network=AS123; expected a value of type Int64"):
        series.read(odd)


@pytest.mark.parametrize("own", [False, True])
def test_many_files_of_one_form_are_read_as_each_alone(tmp_path: Path, own: bool) -> None:
    expected = []
    for country, day, network in (("IR", 13, 5), ("NO", 14, None), ("R%55", 15, 7), ("RU", 16, 2**32 - 1)):
        asn = "__HIVE_DEFAULT_PARTITION__" if network is None else network
        place = tmp_path / f"country={country}" / f"day=2025-08-{day}" / f"network={asn}" / "year=2025"
        place.mkdir(parents=True)
        row = {"country": country.replace("%55", "U"), "day": date(2025, 8, day), "network": network}
        made = frame(row) if own else frame(row).drop("country", "day", "network")
        made.write_parquet(place / "part.parquet")
        expected.append(frame(row))
    found = series.read(tmp_path).collect()
    assert found.equals(pl.concat(expected))
    assert found.equals(pl.concat([series.read_files([file]).collect() for file in series.files(tmp_path)]))


def test_folders_of_other_countries_are_not_read(tmp_path: Path) -> None:
    for country in ("IR", "RU"):
        place = tmp_path / f"country={country}"
        place.mkdir()
        frame({"country": country}).drop("country").write_parquet(place / "part.parquet")
    spoilt = tmp_path / "country=IR" / "part.parquet"
    content = spoilt.read_bytes()
    spoilt.write_bytes(content[:4] + b"\xff" * 200 + content[204:])
    with pytest.raises(pl.exceptions.PolarsError):
        series.read(tmp_path).collect()
    assert series.read(tmp_path).filter(country="RU").collect().equals(frame())


def test_time_stamps_with_a_zone_are_days_in_utc(tmp_path: Path) -> None:
    late = pl.Series([datetime(2025, 8, 13, 22)]).dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Moscow")
    frame().with_columns(day=late).write_parquet(tmp_path / "a.parquet")
    assert series.read(tmp_path).collect()["day"].item() == date(2025, 8, 13)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty CSV"),
        (b"HEAD\nBYTE\n", "utf-8"),
        (
            b"country;network;test\nRU;1;tor\n",
            "columns: found country;network;test; expected the columns country, network",
        ),
        ("HEAD\nROW\n".encode("utf-16"), "found"),
        (b"HEAD,ok\nROW,5\n", "ok: found two columns of this name"),
        (b"HEAD\nROW,5\n", "more fields"),
        (b"HEAD\n" + b"ROW\n" * 2000 + b"LATE\n", "AS1"),
        (b"HEAD\nTIME\n", "2025-08-13T00:00:00Z"),
        (b"HEAD\nNEVER\n", "2025-02-30"),
        (b"HEAD\nHALF\n", "1.5"),
    ],
)
def test_a_csv_file_that_is_none_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, words: str) -> None:
    head, row = frame().write_csv().encode().splitlines()
    for name, old, new in (
        ("BYTE", b"whatsapp", b"caf\xe9"),
        ("LATE", b",12389,", b",AS1,"),
        ("TIME", b"2025-08-13", b"2025-08-13T00:00:00Z"),
        ("NEVER", b"2025-08-13", b"2025-02-30"),
        ("HALF", b",5,3,", b",1.5,3,"),
    ):
        content = content.replace(name.encode(), row.replace(old, new))
    (tmp_path / "a.csv").write_bytes(content.replace(b"HEAD", head).replace(b"ROW", row))
    with pytest.raises(InvalidData) as caught:
        raise InvalidData(series.check(series.read(tmp_path / "a.csv"), "a.csv"))
    assert words in str(caught.value)


def test_a_parquet_file_that_is_cut_is_named(tmp_path: Path) -> None:
    frame().write_parquet(tmp_path / "a.parquet")
    for end in (0, 20, -5):
        (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:end])
        with pytest.raises(InvalidData, match=r"b\.parquet: error: file: found"):
            series.read(tmp_path / "b.parquet")


def test_a_file_with_a_header_alone_is_a_series_without_rows(tmp_path: Path) -> None:
    frame().clear().write_csv(tmp_path / "a.csv")
    assert series.check(series.read(tmp_path)) == []


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(InvalidData, match="found a pipe or device"):
        series.files(tmp_path / "a.csv")


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
        ({"ok": 2**63 - 1}, "ok", str(2**63 - 1)),
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
