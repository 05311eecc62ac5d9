"""release, manifest and reading: written whole, the same bytes everywhere, verified when loaded."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import Folder

from rightsdata import manifest, reading, release, schema, shelf
from rightsdata.errors import IntegrityError, ReleaseError, UnknownTerm, UnknownVersion

BUILD = "import sys; from pathlib import Path; from rightsdata import build, records, release; release.write(build.build(records.read(Path(sys.argv[1])), '2026.11.0'), Path(sys.argv[2]))"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("original")
    return release.write(Folder(place / "data").dataset("2026.11.0"), place / "2026.11.0")


@pytest.fixture
def written(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil: a release takes seconds, for it passes the gate."""
    return Path(shutil.copytree(original, tmp_path / "2026.11.0"))


def test_sha256sum_accepts_the_folder(written: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=written, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    listed = {line.split("  ")[1] for line in (written / "SHA256SUMS").read_text().splitlines()}
    assert listed == {path.name for path in written.iterdir()} - {"SHA256SUMS"}


def test_the_same_records_give_the_same_bytes_everywhere(folder: Folder, tmp_path: Path) -> None:
    data = folder.write()
    settings: list[dict[str, str]] = [
        {},
        {
            "TZ": "Asia/Kathmandu",
            "LC_ALL": "tr_TR.UTF-8",
            "PYTHONHASHSEED": "7",
            "POLARS_MAX_THREADS": "1",
            "LANG": "C",
        },
    ]
    sums = []
    for number, setting in enumerate(settings):
        copy, out = tmp_path / f"copy{number}" / "elsewhere", tmp_path / f"out{number}"
        shutil.copytree(data, copy)
        subprocess.run(
            [sys.executable, "-c", BUILD, str(copy), str(out)], env={**os.environ, **setting}, cwd=tmp_path, check=True
        )
        sums.append((out / "SHA256SUMS").read_text())
    assert sums[0] == sums[1]


def test_what_is_loaded_is_what_was_built(folder: Folder, written: Path) -> None:
    built, loaded = folder.dataset("2026.11.0"), reading.load(written)
    assert loaded.version == "2026.11.0"
    for name, frame in built.tables.items():
        assert loaded.tables[name].equals(frame), name
        assert loaded.tables[name].schema == frame.schema, name


def test_other_readers_see_the_same(written: Path) -> None:
    query = f"select event_id, methods, start_earliest from '{written}/events.parquet' order by event_id"
    assert duckdb.sql(query).fetchall()[1][:2] == ("ru-2025-08-calls", ["dpi"])
    frame = pd.read_parquet(written / "events.parquet", dtype_backend="pyarrow")
    assert frame["restriction_type"].tolist() == ["service_block", "feature_block"]
    arrow = pq.read_schema(written / "events.parquet")
    assert not arrow.field("event_id").nullable
    assert arrow.field("start").nullable
    assert arrow.field("as_of").metadata[b"description"].startswith(b"The date of the newest source")
    assert arrow.field("status").metadata[b"vocabulary"] == b"status"
    assert pq.read_metadata(written / "events.parquet").metadata[b"version"] == b"2026.11.0"
    assert dict(pl.read_parquet_schema(written / "events.parquet")) == dict(schema.release_schema("events"))


def test_two_versions_concatenate_and_join(written: Path, folder: Folder, tmp_path: Path) -> None:
    again = release.write(folder.dataset("2026.12.0"), tmp_path / "2026.12.0")
    both = pl.concat([pl.scan_parquet(written / "events.parquet"), pl.scan_parquet(again / "events.parquet")]).collect()
    assert both.height == 4


def test_the_csv_for_spreadsheets_defuses_formulas(folder: Folder, tmp_path: Path) -> None:
    folder.event["title"] = "=cmd|'/c calc'!A0"
    out = release.write(folder.dataset("2026.11.0"), tmp_path / "out")
    text = (out / "events.csv").read_bytes().decode("utf-8-sig")
    assert "'=cmd|" in text
    frame = pd.read_csv(out / "events.csv", encoding="utf-8-sig")
    assert frame["platforms"].tolist() == ["telegram", "telegram; whatsapp"]


@pytest.mark.parametrize("first", ["=", *(pytest.param(one, marks=pytest.mark.slow) for one in ("+", "-", "@"))])
def test_no_cell_of_the_csv_begins_as_a_formula(folder: Folder, tmp_path: Path, first: str) -> None:
    folder.event["title"] = f"{first}SUM(A1)"
    out = release.write(folder.dataset("2026.11.0"), tmp_path / "out")
    assert f"'{first}SUM(A1)" in (out / "events.csv").read_bytes().decode("utf-8-sig")


def test_a_version_is_never_overwritten(written: Path, folder: Folder) -> None:
    before = (written / "SHA256SUMS").read_bytes()
    with pytest.raises(ReleaseError, match="never overwritten"):
        release.write(folder.dataset("2026.11.0"), written)
    assert (written / "SHA256SUMS").read_bytes() == before


def test_a_selection_and_a_barred_licence_are_refused(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="selection"):
        release.write(folder.dataset("2026.11.0").where(country="RU"), tmp_path / "out")
    folder.event["license"] = "CC-BY-NC-SA-4.0"
    with pytest.raises(ReleaseError, match=r"ru-2025-08-calls \(CC-BY-NC-SA-4.0\)"):
        release.write(folder.dataset("2026.11.0"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_versions_go_forward_and_chain(folder: Folder, tmp_path: Path) -> None:
    first = release.file(folder.dataset("2026.11.9"), tmp_path)
    second = release.file(folder.dataset("2026.11.10"), tmp_path)
    about, _ = manifest.read(second)
    assert about.previous == {
        "version": "2026.11.9",
        "manifest_sha256": manifest.sha256((first / "manifest.json").read_bytes()),
    }
    for version, said in (
        ("2026.11.10", "not newer"),
        ("2026.11.2", "not newer"),
        ("1.0", "no calendar version"),
        ("2026.13.0", "no calendar"),
    ):
        with pytest.raises(ReleaseError, match=said):
            release.file(folder.dataset(version), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == ["2026.11.10", "2026.11.9"]


def test_a_failure_leaves_nothing_behind(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(manifest, "write", full)
    with pytest.raises(OSError, match="No space"):
        release.write(folder.dataset("2026.11.0"), tmp_path / "releases" / "2026.11.0")
    assert list((tmp_path / "releases").iterdir()) == []


@pytest.mark.slow
def test_a_killed_build_leaves_no_version_behind(folder: Folder, tmp_path: Path) -> None:
    data, out = folder.write(), tmp_path / "releases" / "2026.11.0"
    kill = f"import os, signal; from rightsdata import manifest; manifest.write = lambda *a: os.kill(os.getpid(), signal.SIGKILL); {BUILD}"
    done = subprocess.run([sys.executable, "-c", kill, str(data), str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    subprocess.run([sys.executable, "-c", BUILD, str(data), str(out)], check=True)
    assert reading.load(out).version == "2026.11.0"


TABLES = [f"{name}.parquet" for name in schema.TABLES]


@pytest.mark.parametrize("name", TABLES)
def test_changed_bytes_raise(written: Path, name: str) -> None:
    path = written / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=f"{name} was changed"):
        reading.load(written)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('{"files": []}'),
    ],
)
def test_a_damaged_manifest_raises(written: Path, damage: object) -> None:
    damage(written / "manifest.json")  # type: ignore[operator]
    with pytest.raises((IntegrityError, UnknownVersion)):
        reading.load(written)


def test_a_missing_table_raises(written: Path) -> None:
    (written / "stages.parquet").unlink()
    with pytest.raises(IntegrityError, match=r"stages\.parquet cannot be read"):
        reading.load(written)


def test_a_manifest_cannot_point_outside_its_folder(written: Path) -> None:
    path = written / "manifest.json"
    path.write_text(path.read_text().replace('"stages.parquet"', '"../stages.parquet"'))
    with pytest.raises(IntegrityError, match="no plain file name"):
        reading.load(written)


def test_a_newer_major_schema_is_refused_by_name(written: Path) -> None:
    path = written / "manifest.json"
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "schema_version": "2.0.0"}))
    with pytest.raises(ReleaseError, match=r"schema 2\.0\.0.*pip install --upgrade"):
        reading.load(written)


def test_an_unknown_version_lists_those_there_are() -> None:
    with pytest.raises(UnknownVersion, match=f"installed: {', '.join(shelf.versions())}"):
        reading.load("1999.01.0")


def test_versions_are_in_order_and_the_newest_is_the_default() -> None:
    found = shelf.versions()
    assert found
    assert reading.load().version == found[-1]
    assert found == sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def test_scan_gives_a_lazy_table_with_plain_strings() -> None:
    frame = reading.scan("events").filter(pl.col("country") == "RU").select("event_id", "restriction_type").collect()
    assert frame.schema["restriction_type"] == pl.String
    assert frame.height > 10
    with pytest.raises(UnknownTerm, match="it has authorities"):
        reading.scan("event")


@pytest.mark.parametrize("version", shelf.versions())
def test_the_releases_in_the_repository_are_unchanged(version: str) -> None:
    place = reading.folder(version)
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert reading.load(version).version == version
