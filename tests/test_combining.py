"""Combining: every account kept, an event counted once, contradictions named by field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT
from test_matching import make  # noqa: F401  # the maker of small datasets

import rightsdata as rd
from rightsdata.combining import combine
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData


@pytest.fixture
def two(make: Any) -> tuple[Dataset, Dataset]:  # noqa: F811
    ours = make({"ongoing": False}, {"country": "GH"})
    theirs = make({"end": "2025-03-20", "start": "2025-03-10"}, {"country": "KE"}, provider="theirs")
    return ours, theirs


def test_an_event_that_both_tell_of_is_counted_once_and_both_accounts_are_kept(two: tuple[Dataset, Dataset]) -> None:
    both = combine(*two)
    assert both.events["event_id"].to_list() == ["xx-2025-ours-0", "xx-2025-ours-1", "xx-2025-theirs-1"]
    assert len(both.told) == 4
    assert rd.analysis.count_events(both)["events"].sum() == 3
    assert both.accounts.filter(pl.col("event_id") == "xx-2025-ours-0")["account_id"].to_list() == [
        "xx-2025-ours-0",
        "xx-2025-theirs-0",
    ]
    for dataset in two:  # nothing overwritten
        kept = both.told.events.filter(pl.col("event_id").is_in(dataset.events["event_id"].implode()))
        assert kept.equals(dataset.events)


def test_a_selection_by_provider_gives_all_that_it_tells(two: tuple[Dataset, Dataset]) -> None:
    both = combine(*two)
    assert both.where(provider="theirs").events["event_id"].to_list() == ["xx-2025-theirs-0", "xx-2025-theirs-1"]
    assert len(both.where(provider=["ours", "theirs"])) == 3
    nigeria = both.where(country="NG")
    assert len(nigeria) == 1
    assert len(nigeria.where(provider="theirs")) == 1
    assert nigeria.targets["event_id"].to_list() == ["xx-2025-ours-0"]
    assert nigeria.selection[-1] == "country NG"


def test_what_two_accounts_contradict_each_other_in_is_listed_by_field(two: tuple[Dataset, Dataset]) -> None:
    both = combine(*two)
    assert both.conflicts.rows() == [
        ("xx-2025-ours-0", "xx-2025-theirs-0", "theirs", "end", "2025-03-12", "2025-03-20")
    ]
    assert both.where(country="GH").conflicts.is_empty()


def test_what_one_account_leaves_open_contradicts_nothing(make: Any) -> None:  # noqa: F811
    vague = make({"start": "2025-03", "end": None, "admin1": []}, provider="theirs")
    assert combine(make({"admin1": ["NG-LA"]}), vague).conflicts.is_empty()
    about = make({"start": "2025-03-12~", "end": None}, provider="theirs")
    assert "start" not in combine(make({}), about).conflicts["field"]


def test_a_decision_decides_what_is_counted_once(two: tuple[Dataset, Dataset]) -> None:
    apart = pl.DataFrame({"left_id": ["xx-2025-ours-0"], "right_id": ["xx-2025-theirs-0"], "answer": ["different"]})
    both = combine(*two, apart)
    assert len(both) == 4
    assert both.conflicts.is_empty()


def test_one_account_of_theirs_may_be_two_events_of_ours(make: Any) -> None:  # noqa: F811
    ours = make({"platforms": ["telegram"]}, {"platforms": ["whatsapp"]})
    both = combine(ours, make({"platforms": ["telegram", "whatsapp"]}, provider="theirs"))
    assert len(both) == 2


def test_an_id_of_both_is_an_error(make: Any) -> None:  # noqa: F811
    with pytest.raises(InvalidData, match="found xx-2025-ours-0; expected an id that only one of the two has"):
        combine(make({}), make({}))


def test_the_licences_and_the_making_are_cited(two: tuple[Dataset, Dataset]) -> None:
    ours, theirs = two
    theirs = Dataset(**{**theirs.__dict__, "events": theirs.events.with_columns(license=pl.lit("NOASSERTION"))})
    cited = combine(ours, theirs).cite()
    assert "licence CC-BY-4.0 AND NOASSERTION" in cited
    assert "combined with theirs" in cited


def test_the_match_command_writes_a_list_and_reads_it_back(tmp_path: Path, folder: Any) -> None:
    from click.testing import CliRunner

    from rightsdata.cli import main

    place = folder.write()
    path = tmp_path / "review.csv"
    run = CliRunner().invoke(main, ["match", str(place), rd.load().version, "-o", str(path), "--json"])
    assert run.exit_code == 0, run.output
    assert '"same": ' in run.output
    again = CliRunner().invoke(main, ["match", str(place), "-o", str(path), "--decisions", str(path)])
    assert again.exit_code == 0, again.output
    assert "0 were decided by a person" in again.output
    path.write_text("decision,left_id,right_id\nsame,gone,also-gone\n", encoding="utf-8")
    wrong = CliRunner().invoke(main, ["match", str(place), "-o", str(path), "--decisions", str(path)])
    assert wrong.exit_code == 1
    assert "review.csv:2" in wrong.output


@pytest.mark.skipif(
    not (ROOT.parent / "shared" / "samples").is_dir(), reason="the sample of STOP is not at ../shared/samples"
)
def test_the_release_and_the_stop_workbook_combine() -> None:
    pytest.importorskip("python_calamine")
    pytest.importorskip("pycountry")
    stop = rd.importers.stop(ROOT.parent / "shared" / "samples" / "stop_workbook_2016-2022.xlsx")
    ours = rd.load()
    both = combine(ours, stop)
    assert len(both.told) == len(ours) + len(stop.dataset())
    assert len(ours) < len(both) < len(both.told)
    assert len(both.where(provider=stop.provider)) == len(stop.dataset())
    assert both.conflicts.height > 10
    assert rd.figures.timeline(rd.analysis.timeline(both.where(country="ET")), footer=both.cite())
