"""importers.test_lists: every address of a list is a target, and none an event."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rightsdata
from rightsdata import importers
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import UnreadableFile

HEADER = "url,category_code,category_description,date_added,source,notes"
KNOWN = rightsdata.load()


def imported(rows: list[tuple[str, ...]], name: str = "ru.csv") -> Import:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([HEADER.split(","), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
        return importers.test_lists(path, reference=KNOWN)


@pytest.mark.parametrize(("name", "country"), [("ru.csv", "RU"), ("global.csv", None), ("cis.csv", None)])
def test_the_country_is_the_files_name(name: str, country: str | None) -> None:
    found = imported(
        [("https://www.telegram.org/x", "GRP", "Social Networking", "2019-08-30", "example", "")], name
    ).found
    assert found is not None
    assert found.row(0) == (
        name[:-4],
        country,
        "https://www.telegram.org/x",
        "telegram.org",
        "GRP",
        "2019-08-30",
        "telegram",
    )


def test_all_codes_of_the_legend_are_known_and_no_other() -> None:
    codes = ["ALDR", "REL", "PORN", "PROV", "POLR", "HUMR", "ENV", "MILX", "HATE", "NEWS", "XED", "PUBH", "GMB", "ANON", "DATE", "GRP", "LGBT", "FILE", "HACK", "COMT", "MMED", "HOST", "SRCH", "GAME", "CULTR", "ECON", "GOVT", "COMM", "CTRL", "IGO", "MISC"]  # fmt: skip
    found = imported([("https://a.example/", code, "", "", "", "") for code in [*codes, "P2P"]])
    assert found.report == {"rows": 32, "mapped": 31, "merged": 0, "review": 1, "refused": 0}
    assert found.rows["why"].to_list()[-1] == "a category that the crosswalk does not know: P2P"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!doctype html>", "a web page"),
        (b"", "an empty file"),
        (f"{HEADER}\nhttps://a.example/,GRP,\xe9,,,\n".encode("latin-1"), "not UTF-8"),
        (f"{HEADER}\nhttps://a.example/,GRP".encode(), "2 cells in row 2"),
        (b"domain,category_code\na.example,GRP\n", "the header domain,category_code"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, released: Dataset, data: bytes, said: str) -> None:
    (tmp_path / "ru.csv").write_bytes(data)
    with pytest.raises(UnreadableFile, match=said):
        importers.test_lists(tmp_path / "ru.csv", reference=released)


ADDRESS = st.sampled_from(
    ["https://t.me/x", "http://[", "ftp://a.example", "https://", "not one", "https://a b/"]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)


@given(
    st.lists(st.tuples(ADDRESS, st.sampled_from(["GRP", "grp", "X", ""]), *[st.just("x")] * 4), min_size=1, max_size=8)
)
def test_the_counts_add_up_for_any_addresses(rows: list[tuple[str, ...]]) -> None:
    found = imported(rows)
    report = found.report
    assert report.pop("rows") == sum(report.values()) == len(rows)
    assert found.records == []
    assert found.found is not None and found.found.height == len(rows) - report["refused"]
