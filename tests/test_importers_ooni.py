"""importers.ooni: answers become a series that adds up, and what cannot be compared is refused by name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from conftest import ODD, ROOT, Folder
from hypothesis import given
from hypothesis import strategies as st

import rightsdata
from rightsdata import cli, evidence, importers, series
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import UnreadableFile

SAMPLES = ROOT.parent / "shared" / "samples"
NAMES = ("ok_count", "anomaly_count", "confirmed_count", "failure_count")

Read = Callable[..., Import]

DAY = date(2025, 8, 13)


def result(day: str = "2025-08-13", counts: tuple[Any, ...] = (5, 3, 1, 2), **axes: Any) -> dict[str, Any]:
    said = dict(zip(NAMES, counts, strict=True))
    whole = sum(one for one in counts if isinstance(one, int))
    return {**said, "measurement_count": whole, "measurement_start_day": day, **axes}


def measurement(uid: str = "u1", **changes: Any) -> dict[str, Any]:
    return {
        "anomaly": False,
        "confirmed": False,
        "failure": False,
        "input": "https://telegram.org/",
        "probe_asn": "AS12389",
        "probe_cc": "RU",
        "report_id": "r1",
        "test_name": "web_connectivity",
        "measurement_start_time": "2025-08-13T17:44:07.000000Z",
        "measurement_uid": uid,
        **changes,
    }


@pytest.fixture
def read(tmp_path: Path, released: Dataset) -> Read:
    """An answer of the aggregation, from its results."""

    def answered(results: Any, **given: Any) -> Import:
        path = tmp_path / "answer.json"
        path.write_text(json.dumps({"v": 0, "dimension_count": 1, "db_stats": {}, "result": results}))
        return importers.ooni(path, reference=released, **{"country": "RU", "test": "whatsapp", **given})

    return answered


@pytest.fixture
def listed(tmp_path: Path, released: Dataset) -> Read:
    """A list of measurements, from its results."""

    def answered(*results: Any, next_url: str | None = None) -> Import:
        path = tmp_path / "answer.json"
        path.write_text(json.dumps({"metadata": {"offset": 0, "next_url": next_url}, "results": results}))
        return importers.ooni(path, reference=released)

    return answered


def rows(found: Import) -> list[tuple[Any, ...]]:
    assert found.series is not None
    assert series.check(found.series.lazy()) == []
    return found.series.select("network", "domain", "platform_id", "feature", "day", *series.COUNTS).rows()


def why(found: Import) -> list[str]:
    return [f"{outcome}: {reason}" for outcome, reason in found.rows.select("outcome", "why").iter_rows()]


def test_a_day_of_an_aggregation_is_a_row_of_the_series(read: Read) -> None:
    found = read([result(probe_asn=12389)])
    assert rows(found) == [(12389, None, "whatsapp", "messaging", DAY, 5, 3, 1, 2)]
    assert found.series is not None
    assert found.series.select("country", "test", "provider", "license").row(0) == (
        "RU", "whatsapp", "ooni", "CC-BY-NC-SA-4.0",
    )  # fmt: skip
    assert found.records == []


def test_without_an_axis_of_networks_a_row_is_of_the_whole_country_or_of_the_network_given(read: Read) -> None:
    assert [one[0] for one in rows(read([result()]))] == [None]
    assert [one[0] for one in rows(read([result()], network="AS12389"))] == [12389]


@pytest.mark.parametrize(("said", "number"), [(12389, 12389), ("12389", 12389), ("AS12389", 12389)])
def test_a_network_is_read_however_it_is_written(read: Read, said: object, number: int) -> None:
    assert [one[0] for one in rows(read([result(probe_asn=said)]))] == [number]


@pytest.mark.parametrize("said", [0, "AS0", None, True, "", -5, 2**32, 1.0, "AS1x"])
def test_an_unknown_network_is_not_the_whole_country(read: Read, said: object) -> None:
    found = read([result(probe_asn=said), result(probe_asn=5)])
    assert [one[0] for one in rows(found)] == [5]
    assert "unknown network" in why(found)[0] or "no AS number" in why(found)[0]


def test_hours_and_other_axes_add_up_to_days(read: Read) -> None:
    found = read([result("2025-08-13T00:00:00Z"), result("2025-08-13T23:00:00Z"), result("2025-08-14T00:00:00Z")])
    assert [one[4:] for one in rows(found)] == [(DAY, 10, 6, 2, 4), (DAY + timedelta(1), 5, 3, 1, 2)]
    assert found.report == {"rows": 3, "mapped": 2, "merged": 1, "review": 0, "refused": 0}
    assert why(found)[1] == "merged: added to the row of RU, the whole country, whatsapp, 2025-08-13"


def test_a_day_that_two_answers_tell_counts_once(tmp_path: Path, released: Dataset) -> None:
    for name, days in (("a", ("2025-08-12", "2025-08-13")), ("b", ("2025-08-13", "2025-08-14"))):
        (tmp_path / f"{name}.json").write_text(json.dumps({"result": [result(day) for day in days]}))
    both = [tmp_path / "a.json", tmp_path / "b.json"]
    found = importers.ooni(*both, reference=released, country="RU", test="whatsapp")
    assert [one[5] for one in rows(found)] == [5, 5, 5]
    assert why(found)[2].startswith("merged: told by a.json too")


@pytest.mark.parametrize("days", [("2025-08-04", "2025-08-11", "2025-09-01"), ("2025-05-01", "2025-06-01")])
def test_weeks_and_months_are_no_days(read: Read, days: tuple[str, ...]) -> None:
    found = read([result(day) for day in days])
    assert (rows(found), found.report["refused"]) == ([], len(days))
    assert "time_grain=day" in why(found)[0]
    assert len(rows(read([result(day) for day in days], grain="day"))) == len(days)


@pytest.mark.parametrize("day", ["2025-08", "2025-W33", "2999-01-01", "2025-02-30", None, 20250813, "2025-08-13x"])
def test_what_is_no_day_is_refused(read: Read, day: Any) -> None:
    found = read([result(day)])
    assert (rows(found), found.report["refused"]) == ([], 1)


@pytest.mark.parametrize(
    "change",
    [
        {"measurement_count": 12},
        {"ok_count": -5, "measurement_count": 1},
        {"ok_count": True, "measurement_count": 7},
        {"ok_count": "5"},
        {"ok_count": 5.0},
        {"ok_count": None, "measurement_count": 6},
        {"ok_count": 10**20, "measurement_count": 10**20 + 6},
        {"measurement_count": True, "ok_count": 1, "anomaly_count": 0, "confirmed_count": 0, "failure_count": 0},
    ],
)
def test_counts_that_do_not_add_up_are_refused_with_their_numbers(read: Read, change: dict[str, Any]) -> None:
    found = read([{**result(), **change}])
    assert (rows(found), found.report["refused"]) == ([], 1)
    assert (
        repr(change.get("ok_count", 5)) in why(found)[0] and repr(change.get("measurement_count", 11)) in why(found)[0]
    )


@pytest.mark.parametrize(
    ("test", "platform"),
    [
        ("telegram", "telegram"),
        ("facebook_messenger", "messenger"),
        ("signal", "signal"),
        ("psiphon", "psiphon"),
        ("tor", "tor"),
        ("vanilla_tor", "tor"),
    ],
)
def test_the_test_names_the_platform(read: Read, test: str, platform: str) -> None:
    assert [one[2] for one in rows(read([result(test_name=test)]))] == [platform]


@pytest.mark.parametrize("test", ["dnscheck", "torsf", "bgp", "", None, 5, ["whatsapp"]])
def test_a_test_of_which_nothing_is_known_has_no_feature(read: Read, test: object) -> None:
    found = read([result(test_name=test)])
    assert (rows(found), found.report["refused"]) == ([], 1)


@pytest.mark.parametrize(
    ("axis", "domain", "platform"),
    [
        ({"domain": "www.facebook.com"}, "www.facebook.com", "facebook"),
        ({"domain": "T.me."}, "t.me", "telegram"),
        ({"input": "https://web.telegram.org/k/?x=1"}, "web.telegram.org", "telegram"),
        ({"input": "http://example.org:8080/"}, "example.org", None),
    ],
)
def test_a_domain_names_the_platform(read: Read, axis: dict[str, str], domain: str, platform: str | None) -> None:
    assert [one[1:4] for one in rows(read([result(**axis)], test="web_connectivity"))] == [(domain, platform, "web")]
    if "domain" in axis:
        given = read([result()], test="web_connectivity", **axis)
        assert [one[1:4] for one in rows(given)] == [(domain, platform, "web")]


@pytest.mark.parametrize(
    "axis", [{"domain": ""}, {"domain": "a b"}, {"input": "//["}, {"input": 5}, {"domain": "ß.fr"}]
)
def test_what_is_no_domain_is_refused(read: Read, axis: dict[str, Any]) -> None:
    assert rows(read([result(**axis)], test="web_connectivity")) == []


@pytest.mark.parametrize("country", ["ZZ", "ru", "", None, 7, ["RU"]])
def test_an_unknown_country_is_refused(read: Read, country: object) -> None:
    found = read([result(probe_cc=country)])
    assert (rows(found), found.report["refused"]) == ([], 1)


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"country": None}, "no column probe_cc; expected an aggregation that tells its country"),
        ({"test": None}, "no column test_name"),
        ({"test": "web_connectivity"}, "no column domain or input.*--given domain="),
    ],
)
def test_what_the_answer_does_not_tell_must_be_given(read: Read, lacking: dict[str, Any], said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read([result()], **lacking)


@pytest.mark.parametrize("given", [{"country": "ZZ"}, {"network": "x"}, {"domain": "https://t.me"}, {"grain": "week"}])
def test_a_given_value_that_is_none_is_refused(read: Read, given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"found .*; expected"):
        read([result()], **given)


@pytest.mark.parametrize("results", [[], {}])
def test_an_empty_answer_is_an_empty_series(read: Read, results: Any) -> None:
    found = read(results)
    assert (rows(found), found.report["rows"]) == ([], 0)


def test_an_answer_without_axes_is_of_no_day(read: Read) -> None:
    found = read({name: count for name, count in result().items() if name != "measurement_start_day"})
    assert (rows(found), found.report) == ([], {"rows": 1, "mapped": 0, "merged": 0, "review": 0, "refused": 1})


def test_csv_gives_the_same(tmp_path: Path, released: Dataset) -> None:
    header = "anomaly_count,confirmed_count,failure_count,measurement_count,ok_count,measurement_start_day,probe_asn"
    lines = [header, "3,1,2,11,5,2025-08-13,12389", "3,1,2,99,5,2025-08-13,12389", "3,1,2,11,5,2025-08-13,"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    found = importers.ooni(tmp_path / "a.csv", reference=released, country="RU", test="whatsapp")
    assert rows(found) == [(12389, None, "whatsapp", "messaging", DAY, 5, 3, 1, 2)]
    assert found.rows.select("row", pl.col("outcome").cast(pl.String)).rows() == [
        (2, "mapped"),
        (3, "refused"),
        (4, "refused"),
    ]
    (tmp_path / "a.csv").write_text(
        "\n".join(f'"{line.replace(",", chr(34) + "," + chr(34))}"' for line in lines) + "\n"
    )
    assert rows(importers.ooni(tmp_path / "a.csv", reference=released, country="RU", test="whatsapp")) == rows(found)


@pytest.mark.parametrize(
    ("said", "domain"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("ПРИМЕР.example", "xn--e1afmkfd.example"),
        ("straße.example", None),
        (f"{'a' * 250}.example", None),
    ],
)
def test_a_domain_stands_as_dns_has_it(read: Read, said: str, domain: str | None) -> None:
    found = read([result(domain=said)], test="web_connectivity")
    if domain is None:
        assert why(found)[0].startswith("refused: no domain: ")
    else:
        assert [one[1] for one in rows(found)] == [domain]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>busy</html>", "a web page"),
        ("", "an empty file"),
        ('{"v": 0, "error": "Unexpected field"}', "Unexpected field"),
        ('{"msg": "rate limit"}', "says 'rate limit'"),
        ('"too many axes"', "says 'too many axes'"),
        ('{"v": 0, "result": [{"ok_count": 5', "JSON that cannot be read"),
        ('{"v": 0, "result": [5]}', "result 1 that is a int"),
        ('{"v": 0, "result": null}', "neither result nor results"),
        ('{"results": []}', "results without metadata"),
        ('[{"ok_count": 5}]', "says"),
        ("ok_count,probe_cc\n5,RU\n", "the header ok_count,probe_cc, without anomaly_count"),
        (",".join([*NAMES, "measurement_count"]) + "\n1,2\n", "2 cells in row 2"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, released: Dataset, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFile, match=said):
        importers.ooni(tmp_path / "a.json", reference=released, country="RU", test="whatsapp")


@pytest.mark.parametrize(
    ("flags", "ends"),
    [
        ({}, (1, 0, 0, 0)),
        ({"anomaly": True}, (0, 1, 0, 0)),
        ({"anomaly": True, "confirmed": True}, (0, 0, 1, 0)),
        ({"anomaly": True, "confirmed": True, "failure": True}, (0, 0, 0, 1)),
    ],
)
def test_a_measurement_ends_in_one_way(listed: Read, flags: dict[str, bool], ends: tuple[int, ...]) -> None:
    assert rows(listed(measurement(**flags))) == [(12389, "telegram.org", "telegram", "web", DAY, *ends)]


def test_measurements_are_counted_by_day_each_once(listed: Read) -> None:
    found = listed(
        measurement("u1"),
        measurement("u2", anomaly=True),
        measurement("u1"),
        measurement("u3", measurement_start_time="2025-08-14T00:00:00Z"),
        measurement("u4", anomaly="false"),
        measurement("u5", failure=1),
        measurement("u6", probe_cc="ZZ"),
        measurement("u7", input=None, test_name="whatsapp"),
    )
    assert rows(found) == [
        (12389, "telegram.org", "telegram", "web", DAY, 1, 1, 0, 0),
        (12389, "telegram.org", "telegram", "web", DAY + timedelta(1), 1, 0, 0, 0),
        (12389, None, "whatsapp", "messaging", DAY, 1, 0, 0, 0),
    ]
    assert found.report == {"rows": 8, "mapped": 3, "merged": 2, "review": 0, "refused": 3}
    assert "the same measurement as in an earlier row" in why(found)[2]
    assert why(found)[4] == "refused: neither true nor false: anomaly is 'false'"


def test_pages_that_are_absent_are_named(tmp_path: Path, released: Dataset) -> None:
    url = "https://api.ooni.io/api/v1/measurements?since=2025-08-01&limit=1&offset="
    for name, offset, following in (("a", 0, f"{url}1"), ("b", 1, f"{url}2"), ("c", 2, None)):
        about = {"offset": offset, "next_url": following}
        (tmp_path / f"{name}.json").write_text(json.dumps({"metadata": about, "results": [measurement(name)]}))
    three = [tmp_path / f"{name}.json" for name in "abc"]
    assert importers.ooni(*three, reference=released).notes == []
    (note,) = importers.ooni(*three[:2], reference=released).notes
    assert note.startswith("b.json is one page of several, and the next one (offset 2)")
    written = importers.ooni(three[0], reference=released).write(tmp_path / "out")
    assert "a.json is one page" in json.loads((written / "report.json").read_text())["notes"][0]


def test_a_list_of_anomalies_alone_gives_no_shares(listed: Read) -> None:
    with pytest.raises(UnreadableFile, match="asked for with anomaly=true"):
        listed(measurement(), next_url="https://api.ooni.io/api/v1/measurements?anomaly=true&offset=50")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real sample files are not at ../shared/samples")
def test_the_real_answers_are_read(released: Dataset) -> None:
    found = importers.ooni(SAMPLES / "ooni_aggregation.json", reference=released, country="RU", test="telegram")
    assert found.series is not None
    assert found.series.select(pl.sum_horizontal(series.COUNTS))["ok"].to_list() == [1113357, 1212215, 1161898]
    found = importers.ooni(SAMPLES / "ooni_measurements_search.json", reference=released)
    assert found.series is not None
    assert found.series.select(pl.sum_horizontal(series.COUNTS)).sum().item() == found.report["mapped"] == 50
    assert "(offset 50)" in found.notes[0]


@pytest.mark.parametrize("many", [60_000, pytest.param(300_000, marks=pytest.mark.slow)])
def test_many_results_take_seconds(read: Read, many: int) -> None:
    began = time.process_time()
    found = read([result(str(date(2022, 1, 1) + timedelta(at % 1000)), probe_asn=1 + at // 1000) for at in range(many)])
    assert (found.report["mapped"], len(rows(found))) == (many, many)
    assert time.process_time() - began < many / 5_000


FIELDS = st.dictionaries(
    st.sampled_from(
        [*NAMES, "measurement_count", "measurement_start_day", "probe_cc", "probe_asn", "test_name", "input"]
    ),
    ODD | st.sampled_from([1, 2, "2025-08-13", "RU", "AS5", "whatsapp"]),
)
KNOWN = rightsdata.load()


@given(st.lists(FIELDS, max_size=5))
def test_every_result_is_accounted_for_and_the_series_is_sound(
    tmp_path_factory: pytest.TempPathFactory, results: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("odd") / "a.json"
    path.write_text(json.dumps({"result": results}))
    found = importers.ooni(path, reference=KNOWN, country="RU", test="whatsapp")
    report = found.report
    assert report.pop("rows") == sum(report.values()) == len(results)
    assert len(rows(found)) == report["mapped"]


# ------------------------------------------------------------------- from the command line


def test_the_command_writes_a_series_that_the_next_command_reads(tmp_path: Path) -> None:
    path, out = tmp_path / "a.json", tmp_path / "out"
    path.write_text(json.dumps({"result": [result()]}))
    words = ["import", "ooni", str(path), "-o", str(out), "--given", "country=RU", "--given", "test=whatsapp"]
    run = CliRunner().invoke(cli.main, words)
    assert run.exit_code == 0, run.output
    assert "0 drafts, series.parquet with 1 rows under CC-BY-NC-SA-4.0" in run.output
    words = ["evidence", KNOWN.version, str(out / "series.parquet"), "-o", str(tmp_path / "v.csv"), "--country", "RU"]
    assert CliRunner().invoke(cli.main, words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ooni", "--asked", "2025-08-01", "2025-08-02"], "ooni takes no 'asked'; it takes country, test, domain"),
        (["ioda", "--asked", "2025-08-02", "2025-08-01"], "expected the first day first"),
        (["sflc", "--given", "country=RU"], "sflc takes no 'country'; it takes files alone"),
        (["ooni", "--given", "reference=x"], "ooni takes no 'reference'"),
        (["ooni", "--given", "country=XX"], "found country 'XX'"),
        (["ooni"], "no column probe_cc"),
    ],
)
def test_the_command_says_what_it_cannot_take(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"result": [result()]}))
    run = CliRunner().invoke(
        cli.main, ["import", words[0], str(tmp_path / "a.json"), *words[1:], "-o", str(tmp_path / "o")]
    )
    assert run.exit_code != 0
    assert said in " ".join(run.output.replace("│", " ").split())
    assert not (tmp_path / "o").exists()


# ------------------------------------------------------------------- to a verdict


def event(folder: Folder) -> Dataset:
    return folder.measure("service_block", "whatsapp", "2025-09-20")


def answered(read: Read, during: tuple[int, ...], until: str = "2025-10-01") -> pl.DataFrame:
    days = pl.date_range(date(2025, 7, 1), date.fromisoformat(until), eager=True)
    found = read(
        [
            result(str(day), during if day >= date(2025, 8, 10) else (10, 0, 0, 1), probe_asn=network)
            for day in days
            for network in (1, 2, 3)
        ]
    )
    assert found.series is not None
    return found.series


@pytest.mark.parametrize(
    ("during", "until", "verdict"),
    [
        ((1, 4, 5, 1), "2025-10-01", "corroborated"),
        ((10, 0, 0, 1), "2025-10-01", "contradicted"),
        ((12, 1, 0, 1), "2025-10-01", "inconclusive"),
        ((0, 0, 0, 9), "2025-10-01", "not_measured"),
        ((10, 0, 0, 1), "2025-08-09", "not_measured"),
    ],
)
def test_an_answer_leads_to_a_verdict(
    read: Read, folder: Folder, during: tuple[int, ...], until: str, verdict: str
) -> None:
    found = evidence.corroborate(event(folder), answered(read, during, until)).filter(platform_id="whatsapp")
    assert found["verdict"].to_list() == [verdict], found["reason"][0]
