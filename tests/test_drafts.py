"""drafts: nothing of a provider's file is lost, and nothing is written by halves."""

from __future__ import annotations

import csv
import io
import json
import string
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightsdata import build, crosswalk, drafts, records, release, series
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, ReleaseError

RECORD = {
    "event_id": "ru-2025-08-example-12345678",
    "country": "RU",
    "title": "Service block in Russia from 2025-08-13",
    "summary": "Service block as coded by Example: Telegram.",
    "restriction_type": "service_block",
    "initiator": "state",
    "attribution": "unknown",
    "population": "public",
    "pattern": "continuous",
    "start": "2025-08-13",
    "end": None,
    "ongoing": None,
    "acknowledgement": "unknown",
    "review": "machine_coded",
    "provider": "example",
    "license": "NOASSERTION",
    "targets": [{"platform_id": "telegram", "feature": "all", "role": "intended"}],
    "stages": [{"date": "2025-08-13", "stage": "in_force", "sources": ["s1"]}],
    "sources": [
        {
            "id": "s1",
            "url": "https://example.org/tracker",
            "publisher": "Example Tracker",
            "title": "The tracker",
            "language": "en",
            "type": "ngo",
            "supports": ["stages"],
        }
    ],
}
PUBLISHERS = {"publishers": [{"publisher": "Example Tracker", "control": "unknown", "aggregator": "true"}]}


def imported(known: Dataset, *rows: drafts.Row, record: dict[str, object] | None = None) -> drafts.Import:
    given_rows = rows or (drafts.Row("x.csv", None, 2, {"where": "Russia"}, event_ids=[str(RECORD["event_id"])]),)
    return drafts.Import("example", "NOASSERTION", [record or RECORD], drafts.account(given_rows), known, PUBLISHERS)


def test_a_draft_becomes_a_dataset_of_its_own(released: Dataset) -> None:
    made = imported(released).dataset()
    assert made.events["event_id"].to_list() == [RECORD["event_id"]]
    assert made.events["provider"].to_list() == ["example"]
    assert made.license == "NOASSERTION"
    assert made.platforms["platform_id"].to_list() == ["telegram"]
    assert made.events["confidence"].cast(pl.String).to_list() == ["low"]


def test_a_draft_that_breaks_a_rule_is_told(released: Dataset) -> None:
    with pytest.raises(InvalidData, match="initiator: found 'nobody'"):
        imported(released, record={**RECORD, "initiator": "nobody"}).dataset()


def test_the_folder_holds_what_check_and_build_take(released: Dataset, tmp_path: Path) -> None:
    folder = imported(released).write(tmp_path / "out")
    rows = records.read(folder)
    assert [one for one in build.check(rows) if one.severity == "error"] == []
    assert build.build(rows).events["event_id"].to_list() == [RECORD["event_id"]]
    assert json.loads((folder / "report.json").read_text()) == {
        "provider": "example", "license": "NOASSERTION", "drafts": 1, "rows": 1, "mapped": 1, "merged": 0, "review": 0, "refused": 0,
    }  # fmt: skip
    assert pl.read_parquet(folder / "rows.parquet")["original"].to_list() == ['{"where": "Russia"}']


def test_a_folder_that_is_there_is_left_alone(released: Dataset, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "work.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="is there already"):
        imported(released).write(tmp_path / "out")
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["work.txt"]


def test_nothing_half_written_stays(released: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "review", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        imported(released).write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_review_list_runs_nothing_in_a_spreadsheet(released: Dataset) -> None:
    row = drafts.Row("=cmd.csv", None, 2, {"a": "b"})
    row.send("review", "=HYPERLINK(1)")
    (head, cells) = csv.reader(io.StringIO(drafts.review(imported(released, row).rows)))
    assert cells[:1] == ["'=cmd.csv"]
    assert dict(zip(head, cells, strict=True))["why"] == "'=HYPERLINK(1)"


def test_a_refusal_outlives_a_review_and_a_review_a_mapping() -> None:
    row = drafts.Row("x", None, 1, {})
    for outcome in ("review", "refused", "merged"):
        row.send(outcome, outcome)
    assert (row.outcome, row.why) == ("refused", ["review", "refused", "merged"])


@given(st.lists(st.sampled_from(drafts.OUTCOMES), max_size=30))
def test_the_counts_of_a_report_add_up(outcomes: list[str]) -> None:
    rows = [drafts.Row("x", None, at, {"n": at}, outcome=outcome) for at, outcome in enumerate(outcomes)]
    report = drafts.Import("x", "CC0-1.0", [], drafts.account(rows), None).report  # type: ignore[arg-type]
    assert report.pop("rows") == len(rows) == sum(report.values())


@given(st.text(string.printable, max_size=20), st.text(max_size=20))
def test_the_id_of_a_draft_depends_on_its_key_alone(one: str, other: str) -> None:
    first = drafts.event_id("RU", "2025-08-13", "a_b", one)
    assert first == drafts.event_id("RU", "2025-08-13", "a_b", one)
    assert (first == drafts.event_id("RU", "2025-08-13", "a_b", other)) == (one == other)
    assert first.startswith("ru-2025-08-a-b-")


def test_no_release_takes_drafts_under_a_licence_that_forbids_it(released: Dataset, tmp_path: Path) -> None:
    made = replace(imported(released).dataset(), version="2026.11.9")
    with pytest.raises(ReleaseError, match="may not be published under NOASSERTION"):
        release.write(made, tmp_path / "2026.11.9")
    assert list(tmp_path.iterdir()) == []


def test_every_crossing_is_well_formed() -> None:
    rows = crosswalk.rows()
    assert list(rows[0]) == list(crosswalk.COLUMNS)
    seen = set()
    for row in rows:
        key = tuple(row[name] for name in ("provider", "field", "value", "our_field", "our_value"))
        assert key not in seen, key
        seen.add(key)
        assert row["loss"] in crosswalk.LOSSES, row
        if row["our_field"]:
            codes = crosswalk.codes(row["our_field"])
            assert codes is None or not row["our_value"] or row["our_value"] in codes, row
        if row["our_field"] == "country":
            assert len(row["our_value"]) == 2


def test_a_crossing_names_a_field_that_is_there() -> None:
    assert crosswalk.codes("restriction_type")
    assert crosswalk.codes("title") is None
    with pytest.raises(KeyError):
        crosswalk.codes("nothing")


def test_a_series_and_notes_are_written_and_counted_in_the_report(tmp_path: Path, released: Dataset) -> None:
    rows = drafts.account([drafts.Row("a.json", None, 1, {})])
    empty = pl.DataFrame(schema=series.TYPES)
    made = drafts.Import("ooni", "CC-BY-NC-SA-4.0", [], rows, released, series=empty, notes=["One page is absent."])
    written = made.write(tmp_path / "out")
    assert series.read(written / "series.parquet").collect().equals(empty)
    report = json.loads((written / "report.json").read_text())
    assert (report["series"], report["notes"]) == (0, ["One page is absent."])
    drafts.Import("stop", "NOASSERTION", [], rows, released).write(tmp_path / "none")
    assert not (tmp_path / "none" / "series.parquet").exists()
