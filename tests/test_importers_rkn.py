"""importers.rkn: every line of a registry dump is accounted for, an order proves no block, and no address is ever shown."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rightsdata.importers.rkn  # the name in the package is the function's
from rightsdata import crosswalk, importers
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import UnreadableFile

registry = sys.modules["rightsdata.importers.rkn"]

FIRST = "Updated: 2024-03-01 10:00:00 +0000"
ORDER = "192.0.2.1;a.example;http://a.example/vile;суд;2-1/2020;2020-01-01"

Read = Callable[..., Import]


@pytest.fixture
def read(tmp_path: Path, released: Dataset) -> Read:
    """Lines after the first to an Import."""

    def reads(*lines: str, end: str = "\n", **options: Any) -> Import:
        path = tmp_path / "dump.csv"
        path.write_bytes(("\n".join([FIRST, *lines]) + end).encode("cp1251"))
        return importers.rkn(path, reference=released, **options)

    return reads


def told(found: Import) -> list[tuple[int, str, str]]:
    """Line, outcome and reason."""
    return [(row, outcome, why or "") for row, outcome, why in found.rows.select("row", "outcome", "why").iter_rows()]


def everything(found: Import, folder: Path) -> str:
    """All that an Import holds, prints and writes."""
    texts = [repr(found), str(found.rows.to_dicts()), str(found.found.to_dicts()), str(found.records)]  # type: ignore[union-attr]
    for path in sorted(found.write(folder).rglob("*")):
        if path.is_file() and path.suffix != ".parquet":
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


# ------------------------------------------------------------------- lines that are cut


@pytest.mark.parametrize(
    "cut",
    [ORDER[:at] for at in range(1, len(ORDER)) if ORDER[:at].count(";") < 5]
    + ["192.0.2.1;telegram.org;;суд;1;2018-04-1", "192.0.2.1;telegram.org;;суд;1;2018-02-30", ORDER + ";", ";" + ORDER],
)
def test_a_cut_line_is_refused_by_its_number_and_nothing_of_it_is_shown(read: Read, cut: str, tmp_path: Path) -> None:
    found = read(ORDER, ORDER, cut, ORDER)
    (row, outcome, why) = told(found)[2]
    assert (row, outcome) == (4, "refused")
    assert "line 4 of dump.csv" in why
    assert found.report["mapped"] == 3
    assert found.found is not None and found.found["row"].to_list() == [2, 3, 5]
    assert json.loads(found.rows["original"][2]) == {"line": "not shown"}
    assert "vile" not in everything(found, tmp_path / "out")


def test_a_last_line_without_an_end_may_be_a_cut_domain(read: Read) -> None:
    found = read("192.0.2.1;a.example", "192.0.2.1;teleg", end="")
    assert [outcome for _, outcome, _ in told(found)] == ["mapped", "refused"]
    assert [outcome for _, outcome, _ in told(read("192.0.2.1;a.example", "192.0.2.1;teleg"))] == ["mapped", "mapped"]
    odd = read("192.0.2.1;a.example", "192.0.2.1;a.example", "192.0.2.1", end="")
    assert [outcome for _, outcome, _ in told(odd)] == ["mapped", "mapped", "refused"]
    assert read(ORDER, ORDER, end="").report["mapped"] == 2  # a day at the end shows that nothing is cut


def test_a_cut_first_line_does_not_decide_the_layout(read: Read) -> None:
    assert [outcome for _, outcome, _ in told(read("192.0.2.1;a", ORDER, ORDER))] == ["refused", "mapped", "mapped"]


def test_empty_lines_are_no_rows_and_keep_the_numbers_of_the_others(read: Read) -> None:
    assert [row for row, _, _ in told(read("", "", ORDER, "", ORDER))] == [4, 6]


def test_ends_of_lines_may_be_those_of_windows(tmp_path: Path, released: Dataset) -> None:
    (tmp_path / "dump.csv").write_bytes(f"{FIRST}\r\n{ORDER}\r\n{ORDER}\r\n".encode("cp1251"))
    found = importers.rkn(tmp_path / "dump.csv", reference=released)
    assert found.report["mapped"] == 2
    assert found.found is not None and found.found["date"].unique().to_list() == ["2020-01-01"]


# ------------------------------------------------------------------- what is an order on a platform


def kinds(found: Import) -> list[tuple[str, str, str]]:
    return [
        (one["restriction_type"], one["targets"][0]["platform_id"], one["targets"][0]["feature"])
        for one in found.records
    ]


def test_a_site_below_a_platforms_domain_is_not_the_platform(read: Read) -> None:
    found = read("192.0.2.1;somebody.livejournal.com;;суд;1;2018-02-03")
    assert told(found) == [(2, "review", "names a part of livejournal: one site on it, or a part of the service")]
    assert found.records == []
    found = read("192.0.2.1;somebody.livejournal.com;http://somebody.livejournal.com/1.html;суд;1;2018-02-03")
    assert kinds(found) == [("content_block", "livejournal", "content")]


@pytest.mark.parametrize(
    "domain", ["telegram.org", "*.telegram.org", "www.telegram.org", "TELEGRAM.ORG", "a.example | t.me"]
)
def test_a_platforms_own_domain_is_known_however_it_is_written(read: Read, domain: str) -> None:
    assert kinds(read(f"192.0.2.1;{domain};;суд;1;2018-02-03")) == [("service_block", "telegram", "all")]


@pytest.mark.parametrize("domain", ["nottelegram.org", "telegram.org.example", "t.message.example", "livejournal", ""])
def test_what_only_looks_like_a_platforms_domain_is_none(read: Read, domain: str) -> None:
    assert read(f"192.0.2.1;{domain};;суд;1;2018-02-03").report["mapped"] == 1
    assert read(f"192.0.2.1;{domain};;суд;1;2018-02-03").records == []


def test_a_page_without_a_domain_is_known_by_its_address(read: Read) -> None:
    assert kinds(read("192.0.2.1;;https://telegram.org/x;суд;1;2018-02-03")) == [
        ("content_block", "telegram", "content")
    ]
    assert read("192.0.2.1;;https://[telegram.org/x;суд;1;2018-02-03").report["mapped"] == 1


def test_lines_of_one_decision_on_one_platform_are_one_draft(read: Read) -> None:
    page, whole = "t.me;https://t.me/x;суд;1;2018-02-03", "telegram.org;;суд;1;2018-02-03"
    other = [
        "t.me;;суд;2;2018-02-03",
        "t.me;;суд;1;2018-02-04",
        "t.me;;ФНС;1;2018-02-03",
        "youtube.com;;суд;1;2018-02-03",
    ]
    found = read(*(f"192.0.2.1;{line}" for line in (page, whole, page, *other)))
    assert [outcome for _, outcome, _ in told(found)] == ["mapped", "merged", "merged", *["mapped"] * 4]
    assert found.rows["event_ids"].to_list()[1] == [found.records[0]["event_id"]]
    assert kinds(found)[0] == ("service_block", "telegram", "all")
    assert kinds(read(f"192.0.2.1;{whole}", f"192.0.2.1;{page}")) == [kinds(found)[0]]
    assert len(found.dataset()) == 5


def test_lines_without_a_number_are_no_one_decision(read: Read) -> None:
    assert len(read("1.1.1.1;telegram.org;;;;2018-02-03", "1.1.1.1;t.me;;;;2018-02-03").records) == 2


def test_a_draft_is_an_order_that_may_not_have_taken_effect(read: Read) -> None:
    made = read("192.0.2.1;telegram.org;;Генпрокуратура;27-31-2018/Ид1-18;2018-04-16").dataset()
    assert made.events.select("start", "took_effect", "license").row(0) == (None, False, "NOASSERTION")
    assert made.events["status"].cast(pl.String).to_list() == ["planned"]
    assert made.stages.select("date", pl.col("stage").cast(pl.String)).row(0) == ("2018-04-16", "adopted")
    assert made.authorities["name"].to_list() == ["Prosecutor General's Office"]
    assert made.legal_bases["citation"].to_list() == ["27-31-2018/Ид1-18"]


@pytest.mark.parametrize("number", ["123-456-2014", "2-1/2018  от", "1" * 301, "a@b.example"])
def test_a_number_that_no_record_may_hold_stays_in_the_row_alone(read: Read, number: str) -> None:
    found = read(f"192.0.2.1;telegram.org;;суд;{number};2018-02-03")
    assert found.dataset().legal_bases["citation"].to_list() == [None]
    assert "legal_bases.citation: partial" in found.rows["losses"][0]
    assert number in found.rows["original"][0]


def test_an_unknown_agency_is_for_review_and_gives_the_draft_no_authority(read: Read) -> None:
    found = read("192.0.2.1;telegram.org;;Неизвестное \x1b[2J;1;2018-02-03")
    (_, outcome, why) = told(found)[0]
    assert outcome == "review" and "\x1b" not in why
    assert found.records[0]["authorities"] == found.records[0]["legal_bases"] == []
    assert found.dataset()


def test_every_crossing_is_used(read: Read) -> None:
    rows = [row for row in crosswalk.rows() if row["provider"] == "zapret-info"]
    for row in rows:
        agency = row["value"].upper() if row["field"] == "agency" else "суд"
        page = "http://telegram.org/a" if row["value"] == "url" else ""
        found = read(f"192.0.2.1;telegram.org;{page};{agency};1;2018-02-03")
        table, _, column = row["our_field"].rpartition(".")
        (record,) = found.records
        assert [one[column] for one in (record[table] if table else [record])] == [row["our_value"]], row
        assert row["loss"] == "exact" or f"{row['our_field']}: {row['loss']}" in found.rows["losses"][0], row
        assert found.report["mapped"] == len(found.dataset()) == 1
        if row["our_field"] == "authorities.name":
            assert found.found is not None
            assert found.found["authority"].to_list() == [row["our_value"]]


def test_a_decision_later_than_the_dump_is_for_review(read: Read) -> None:
    assert told(read("192.0.2.1;telegram.org;;суд;1;2030-01-01"))[0][1] == "review"


# ------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "line",
    [
        "192.0.2.1;a.example;http://a.example/vile;суд;1;2020-01-01",
        "192.0.2.1;http://a.example/vile;;суд;1;2020-01-01",
        "192.0.2.1;a.example/vile;;суд;1;2020-01-01",
        "http://a.example/vile;a.example;;суд;1;2020-01-01",
        "192.0.2.1;a.example;;http://a.example/vile;1;2020-01-01",
        "192.0.2.1;a.example;;суд;http://a.example/vile;2020-01-01",
        "192.0.2.1;a.example;;суд;1;http://a.example/vile",
        "192.0.2.1;a.example;http://a.example/vile;x;суд;1;2020-01-01",
        "192.0.2.1;telegram.org;http://telegram.org/vile;суд;1;2020-01-01",
        "192.0.2.1;;http://telegram.org/vile;суд;1;2020-01-01",
    ],
)
def test_an_address_is_shown_nowhere_wherever_it_stands(read: Read, line: str, tmp_path: Path) -> None:
    assert "vile" not in everything(read(ORDER, line, ORDER), tmp_path / "out")
    assert line in json.loads(read(ORDER, line, ORDER, keep_urls=True).rows["original"][1])["line"]


@pytest.mark.parametrize("data", [ORDER, "http://a.example/vile;суд", "Updated\nhttp://a.example/vile"])
def test_no_message_holds_an_address(tmp_path: Path, released: Dataset, data: str) -> None:
    (tmp_path / "dump.csv").write_bytes(data.encode("cp1251"))
    with pytest.raises(UnreadableFile) as error:
        importers.rkn(tmp_path / "dump.csv", reference=released)
    assert "vile" not in str(error.value)


def test_one_address_has_one_hash_in_every_dump(read: Read) -> None:
    found = read("192.0.2.1;a.example;http://a.example/ё;суд;1;2020-01-01").found
    assert found is not None
    assert found["url"].to_list() == [hashlib.sha256("http://a.example/ё".encode()).hexdigest()]


@given(st.text(st.characters(codec="cp1251", exclude_characters=";\r\n\x01\x00"), min_size=1, max_size=60))
def test_a_line_is_kept_word_for_word(text: str) -> None:
    line = f"192.0.2.1;a.example;;суд{text.replace('://', '')};{text.replace('://', '')};2020-01-01"
    data = f"{FIRST}\n{line}\n".encode("cp1251")
    found = importers.rkn(io.BytesIO(data), reference=KNOWN)
    assert json.loads(found.rows["original"][0])["line"] == line


# ------------------------------------------------------------------- files, streams and parts


def test_a_dump_comes_from_any_stream(released: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    data = f"{FIRST}\n{ORDER}\n".encode("cp1251")
    for stream in (data, gzip.compress(data)):
        assert importers.rkn(io.BytesIO(stream), reference=released).report["mapped"] == 1
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stream)))
        assert importers.rkn("-", reference=released).rows["file"].to_list() == ["standard input"]


def parts(tmp_path: Path, *numbers: int, first: str = FIRST) -> list[Path]:
    paths = [tmp_path / f"dump-{number:02}.csv" for number in numbers]
    for path in paths:
        path.write_bytes(f"{first if path is paths[0] else FIRST}\n{ORDER}\n".encode("cp1251"))
    return paths


def test_parts_are_read_together_and_a_gap_between_them_is_told(tmp_path: Path, released: Dataset) -> None:
    found = importers.rkn(*parts(tmp_path, 0, 1, 2), reference=released)
    assert found.rows.select("file", "row").rows() == [(f"dump-0{number}.csv", 2) for number in range(3)]
    with pytest.raises(UnreadableFile, match=r"found no dump-01\.csv"):
        importers.rkn(*parts(tmp_path, 0, 2), reference=released)
    assert importers.rkn(*parts(tmp_path, 2), reference=released).report["mapped"] == 1


def test_parts_of_different_days_are_not_mixed(tmp_path: Path, released: Dataset) -> None:
    with pytest.raises(UnreadableFile, match="found a dump of 2024-03-01; expected one of 2024-02-01"):
        importers.rkn(*parts(tmp_path, 0, 1, first="Updated: 2024-02-01 10:00:00 +0000"), reference=released)


def test_a_later_part_may_begin_with_a_row(tmp_path: Path, released: Dataset) -> None:
    first, second = parts(tmp_path, 0, 1)
    second.write_bytes(f"{ORDER}\n{ORDER}\n".encode("cp1251"))
    found = importers.rkn(first, second, reference=released)
    assert found.rows.select("file", "row").rows()[1:] == [("dump-01.csv", 1), ("dump-01.csv", 2)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (f"{FIRST}\n{ORDER}\n".encode(), "found text in UTF-8; expected Windows-1251"),
        (f"{FIRST}\n{ORDER}\n".encode("utf-16"), "another line first"),
        (f"{FIRST}\n1,2,3\n".encode(), "1 fields in most lines"),
        (f"{FIRST}\n\n\n".encode() + b"\n" * 1_000_000, "no line after the first"),
        (b"<!doctype html>", "a web page"),
        (b"", "an empty file"),
        (gzip.compress(f"{FIRST}\n{ORDER}\n".encode("cp1251"), mtime=0)[:-12], "ends in its middle"),
        (gzip.compress(FIRST.encode(), mtime=0)[:10] + zlib.compress(b"x") * 9, "damaged"),
    ],
)
def test_what_is_no_whole_dump_is_refused(tmp_path: Path, released: Dataset, data: bytes, said: str) -> None:
    (tmp_path / "dump.csv").write_bytes(data)
    with pytest.raises(UnreadableFile, match=said):
        importers.rkn(tmp_path / "dump.csv", reference=released)


# ------------------------------------------------------------------- every line is accounted for

KNOWN = rightsdata.load()
FIELDS = st.sampled_from(
    [
        "",
        "telegram.org",
        "*.x.livejournal.com",
        "суд",
        "2020-01-01",
        "2020-02-31",
        '"',
        "\\",
        "\x01",
        "http://t.me/x",
        "t.me",
    ]
)


@given(st.lists(st.lists(FIELDS, min_size=1, max_size=8).map(";".join), max_size=12), st.integers(60, 200))
def test_the_counts_add_up_for_any_lines_in_any_pieces(lines: list[str], piece: int) -> None:
    lines = [*[ORDER] * 13, *lines]
    data = ("\n".join([FIRST, *lines]) + "\n").encode("cp1251")
    whole = importers.rkn(io.BytesIO(data), reference=KNOWN)
    report = dict(whole.report)
    assert report.pop("rows") == sum(report.values()) == sum(line != "" for line in lines)
    assert whole.rows["row"].to_list() == [at for at, line in enumerate(lines, 2) if line]
    assert whole.found is not None and whole.found.height == whole.report["rows"] - whole.report["refused"]
    assert {one for ids in whole.rows["event_ids"] for one in ids} == {one["event_id"] for one in whole.records}
    assert len(whole.dataset()) == len(whole.records) if whole.records else True
    before, registry.PIECE = registry.PIECE, piece
    try:
        pieces = importers.rkn(io.BytesIO(data), reference=KNOWN)
    finally:
        registry.PIECE = before
    assert pieces.rows.equals(whole.rows)
    assert pieces.found is not None and pieces.found.equals(whole.found)
    assert pieces.records == whole.records
    for outcome in whole.report:
        assert pieces.rows.filter(pl.col("outcome").cast(pl.String) == outcome).height in (0, whole.report[outcome])
