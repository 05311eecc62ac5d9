"""changes: what one version has that the one before it has not, and why."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from conftest import Folder
from test_cli import run

from rightsdata import changes, reading, release
from rightsdata.dataset import Dataset
from rightsdata.errors import ReleaseError, UnknownTerm

WHY = {"date": "2026-12-01", "fields": ["title", "stages", "start"], "reason": "The court's ruling was read"}


@pytest.fixture
def first(folder: Folder) -> Dataset:
    return folder.dataset("2026.11.0")


def found(first: Dataset, folder: Folder) -> list[tuple[str | None, ...]]:
    """kind, key, field, reason of what changed."""
    rows = changes.between(first.tables, folder.dataset("2026.12.0").tables)
    return rows.select("kind", "key", "field", "reason").rows()


def test_nothing_changes_by_itself(first: Dataset, folder: Folder) -> None:
    assert found(first, folder) == []


def test_a_corrected_field_carries_old_new_and_reason(first: Dataset, folder: Folder) -> None:
    folder.event.update(title="Another title", methods=["dpi", "protocol_block"], revisions=[WHY])
    rows = changes.between(first.tables, folder.dataset().tables).rows(named=True)
    assert [(row["field"], row["old"], row["new"], row["reason"]) for row in rows] == [
        ("methods", '["dpi"]', '["dpi", "protocol_block"]', None),
        ("title", "Calls restricted in two messengers", "Another title", "The court's ruling was read"),
    ]
    assert changes.unexplained(pl.DataFrame(rows, schema=changes.SCHEMA))["field"].to_list() == ["methods"]


def test_rows_of_a_list_are_compared_whatever_their_order(first: Dataset, folder: Folder) -> None:
    folder.event["targets"].reverse()
    folder.event["authorities"].insert(0, {"name": "Ministry", "role": "ministry"})
    rows = changes.between(first.tables, folder.dataset().tables).rows(named=True)
    assert [(row["field"], row["old"], json.loads(row["new"])) for row in rows] == [
        ("authorities", None, {"name": "Ministry", "role": "ministry"})
    ]


def test_added_retired_and_removed_events_are_told_apart(first: Dataset, folder: Folder) -> None:
    (folder.root / "events/IR/ir-2024-plan.yaml").unlink()
    folder.plan["event_id"] = "ir-2024-another"
    assert found(first, folder) == [("added", "ir-2024-another", None, None), ("removed", "ir-2024-plan", None, None)]


def retire(folder: Folder, new_id: str) -> Dataset:
    from rightsdata import build, records

    old = folder.root / "events/IR/ir-2024-plan.yaml"
    folder.plan["event_id"] = "ir-2024-another"
    folder.write()
    old.unlink()
    path = folder.root / "reference/retired.csv"
    path.write_text(path.read_text() + f"ir-2024-plan,{new_id},Two records of one plan,2026.12.0\n", encoding="utf-8")
    return build.build(records.read(folder.root), "2026.12.0")


def test_a_retired_id_has_a_reason_and_resolves(first: Dataset, folder: Folder) -> None:
    second = retire(folder, "ir-2024-another")
    rows = changes.between(first.tables, second.tables).rows(named=True)
    assert [(row["kind"], row["key"], row["new"], row["reason"]) for row in rows if row["kind"] == "retired"] == [
        ("retired", "ir-2024-plan", "ir-2024-another", "Two records of one plan")
    ]
    assert second.resolve("ir-2024-plan") == "ir-2024-another"
    assert second.resolve("ru-2025-08-calls") == "ru-2025-08-calls"
    with pytest.raises(UnknownTerm, match="did you mean"):
        second.resolve("ru-2025-08-call")


def test_a_withdrawn_id_resolves_to_nothing(first: Dataset, folder: Folder) -> None:
    assert retire(folder, "").resolve("ir-2024-plan") is None


def test_a_release_whose_changes_lack_reasons_is_refused(first: Dataset, folder: Folder, tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    release.file(first, releases)
    folder.event["title"] = "Another title"
    with pytest.raises(
        ReleaseError, match=r"1 released events differ from 2026\.11\.0 without a reason:\n  ru-2025-08-calls: title"
    ):
        release.file(folder.dataset("2026.12.0"), releases)
    assert [path.name for path in releases.iterdir()] == ["2026.11.0"]
    folder.event["revisions"] = [WHY]
    second = release.file(folder.dataset("2026.12.0"), releases)
    loaded = reading.load(second)
    assert loaded.changes().select("key", "field", "reason").rows() == [("ru-2025-08-calls", "title", WHY["reason"])]
    assert loaded.where(country="IR").changes().is_empty()
    assert "title: Calls restricted in two messengers → Another title. Reason: The court's ruling was read" in (
        second / "CHANGES.md"
    ).read_text(encoding="utf-8")
    folder.event["title"] = "A third title"  # the old reason does not cover a new change
    with pytest.raises(ReleaseError, match="without a reason"):
        release.file(folder.dataset("2027.01.0"), releases)


def test_a_vanished_id_is_refused_and_a_retired_one_is_not(first: Dataset, folder: Folder, tmp_path: Path) -> None:
    release.file(first, tmp_path)
    second = retire(folder, "ir-2024-another")
    lost = Dataset(**{**second.tables, "retired": second.retired.clear()}, version="2026.12.0")
    with pytest.raises(ReleaseError, match="ir-2024-plan: removed"):
        release.file(lost, tmp_path)
    assert release.file(second, tmp_path).is_dir()


def test_a_first_version_has_no_changes(first: Dataset, tmp_path: Path) -> None:
    place = release.write(first, tmp_path / "2026.11.0")
    assert reading.load(place).changes().is_empty()
    assert "The first version" in (place / "CHANGES.md").read_text(encoding="utf-8")
    with pytest.raises(ReleaseError, match="unreleased"):
        first.changes()


def test_a_hostile_value_stays_text_in_markdown(first: Dataset, folder: Folder) -> None:
    folder.event["title"] = "<script>x</script> [a](http://evil.example) `*b*`"
    text = changes.text(changes.between(first.tables, folder.dataset().tables), "2026.12.0", "2026.11.0")
    assert "<script>" not in text
    assert "[a](http" not in text


def test_the_command_compares_two_folders(first: Dataset, folder: Folder, tmp_path: Path) -> None:
    release.write(first, tmp_path / "a")
    folder.event["title"] = "Another title"
    release.write(folder.dataset("2026.12.0"), tmp_path / "b")
    done = run("diff", "a", "b", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# Changes in 2026.12.0")
    (line,) = run("diff", "a", "b", "--json", cwd=tmp_path).stdout.splitlines()
    assert json.loads(line)["new"] == "Another title"
    assert run("diff", "a", "nowhere", cwd=tmp_path).returncode == 3
