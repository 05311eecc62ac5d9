"""metadata: what catalogues read of a release, checked by their own tools."""

from __future__ import annotations

import itertools
import json
import logging
import warnings
from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import Folder

from rightsdata import manifest, release, schema


@pytest.fixture
def place(folder: Folder, tmp_path: Path) -> Path:
    return release.write(folder.dataset("2026.01.0"), tmp_path / "2026.01.0")


def test_the_data_package_is_valid_and_the_flat_tables_fit_it(place: Path) -> None:
    from frictionless import Package

    described = json.loads((place / "datapackage.json").read_text(encoding="utf-8"))
    assert not list(Package.metadata_validate(described))
    flat = [
        {key: value for key, value in one.items() if key != "bytes"}  # frictionless finds no size in a Parquet file
        for one in described["resources"]
        if all(field["type"] != "array" for field in one["schema"]["fields"])
    ]
    names = {one["name"] for one in flat}
    assert {"targets", "authorities", "relations", "sources", "publishers", "countries", "retired"} <= names
    for one in flat:
        table = (
            place / one["path"]
        )  # frictionless reads Parquet through pandas, and pandas 2 makes a float of an absent integer
        pl.read_parquet(table).write_csv(table.with_suffix(".csv"))
        one |= {"path": table.with_suffix(".csv").name, "format": "csv", "mediatype": "text/csv"}
        one.pop("hash", None)
        keys = one["schema"]["foreignKeys"]
        one["schema"]["foreignKeys"] = [key for key in keys if key["reference"].get("resource", one["name"]) in names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = Package({"name": "flat", "resources": flat}, basepath=str(place)).validate()
    assert report.valid, report.flatten(["type", "message"])


def test_the_data_package_tells_keys_references_and_terms() -> None:
    from rightsdata import metadata

    files = [manifest.File(f"{name}.parquet", 1, "0" * 64, 1, "0" * 64) for name in schema.TABLES]
    described = json.loads(metadata.data_package(files, "2026.01.0", "Machine-coded"))
    resources = {one["name"]: one for one in described["resources"]}
    assert set(resources) == set(schema.TABLES)
    targets = resources["targets"]["schema"]
    assert targets["primaryKey"] == ["event_id", "platform_id", "feature"]
    assert {"fields": ["platform_id"], "reference": {"fields": ["platform_id"], "resource": "platforms"}} in targets[
        "foreignKeys"
    ]
    (feature,) = [field for field in targets["fields"] if field["name"] == "feature"]
    assert "calls" in feature["constraints"]["enum"]
    for name, table in schema.TABLES.items():
        assert [field["name"] for field in resources[name]["schema"]["fields"]] == table.column_names()


def test_the_croissant_loads_and_gives_the_rows(
    place: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("ignore")
        import mlcroissant

        dataset = mlcroissant.Dataset(jsonld="croissant.json")
        rows = list(itertools.islice(dataset.records("events"), 5))
    assert not dataset.metadata.issues.errors
    assert not dataset.metadata.issues.warnings
    assert not [record for record in caplog.records if "context" in record.getMessage()]
    assert {row["events/event_id"].decode() for row in rows} == {"ir-2024-plan", "ru-2025-08-calls"}
    assert str(dataset.metadata.version) == "2026.1.0"


def test_every_description_says_that_nobody_checked_the_records(place: Path) -> None:
    for name in ("datapackage.json", "croissant.json", "CITATION.cff", "README.md"):
        assert "unreviewed preview" in (place / name).read_text(encoding="utf-8"), name


def test_the_citation_file_names_this_version(place: Path) -> None:
    value = yaml.safe_load((place / "CITATION.cff").read_text(encoding="utf-8"))
    assert (value["version"], value["license"]) == ("2026.01.0", "CC-BY-4.0")
    assert "date-released" not in value  # the version names its month and no day
