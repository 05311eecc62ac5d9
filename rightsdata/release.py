"""A Dataset to a version folder: Parquet that passed the gate, its report, what describes it, checksums; whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from rightsdata import cells, changes, codebook, files, manifest, metadata, schema
from rightsdata.dataset import TABLES, Dataset
from rightsdata.errors import GateError, ReleaseError

if TYPE_CHECKING:
    from rightsdata.signature import SecretKey

ROW_GROUP = 122_880
"""Rows in a group: DuckDB's own vector of row groups."""

LEVEL = 9
"""zstd level: past 9 the files shrink by a tenth and take four times as long."""


def write(dataset: Dataset, folder: Path, previous: Path | None = None, key: SecretKey | None = None) -> Path:
    """Write the version folder of a dataset; it appears whole and passed by the gate, or not at all.

    The same dataset gives the same bytes with the same Polars and pyarrow: rows are sorted, and nothing reads a clock.

    Args:
        dataset: all of it, with its version; a selection is refused.
        folder: the folder to make; it must not exist.
        previous: the version folder before this one, to chain to; the gate compares with it.
        key: the key to sign the list of checksums with; None leaves the folder unsigned.

    Returns:
        The folder.

    Raises:
        ReleaseError: if the folder exists, the dataset is a selection, a row may not be published, or a released
            event changed without a reason.
        GateError: if the written files do not pass the gate; it holds the report.
        IntegrityError: if the version before is not what its own manifest says.
        MissingExtra: if pyarrow or Great Expectations is not installed.
    """
    _refuse(dataset, folder)
    with files.folder(folder) as draft:
        _fill(dataset, draft, previous)
        if key is not None:
            from rightsdata import signature

            text = signature.sign((draft / manifest.SUMS).read_bytes(), key, f"rightsdata {dataset.version}")
            (draft / manifest.SIGNATURE).write_text(text, encoding="utf-8")
    return folder


def file(dataset: Dataset, releases: Path, key: SecretKey | None = None) -> Path:
    """Write a dataset as the next version under a folder of releases, chained to the newest there.

    Raises:
        ReleaseError: if the version is no calendar version `YYYY.MM.N`, or is not newer than the newest there.
    """
    if not manifest.is_version(dataset.version):
        raise ReleaseError(
            f"{dataset.version!r} is no calendar version; write one such as 2026.11.0 (year, month, number from 0)"
        )
    there = sorted(
        (place for place in releases.glob("*") if manifest.is_version(place.name)),
        key=lambda place: manifest.order(place.name),
    )
    if there and manifest.order(dataset.version) <= manifest.order(there[-1].name):
        raise ReleaseError(
            f"version {dataset.version} is not newer than {there[-1].name}, the newest in {releases}; choose a higher number"
        )
    return write(dataset, releases / dataset.version, there[-1] if there else None, key)


def _refuse(dataset: Dataset, folder: Path) -> None:
    if folder.exists():
        raise ReleaseError(
            f"{folder} exists already; a version is never overwritten: remove it first or choose another folder"
        )
    if dataset.selection:
        raise ReleaseError(
            f"a release holds the whole dataset, and this is a selection ({', '.join(dataset.selection)})"
        )
    barred = dataset.events.filter(~pl.col("license").is_in(list(schema.REDISTRIBUTABLE)))
    if barred.height:
        some = ", ".join(
            f"{event} ({terms})" for event, terms in barred.select("event_id", "license").head(5).iter_rows()
        )
        raise ReleaseError(
            f"{barred.height} events may not be published under {dataset.license}: {some}; leave them out or ask for permission"
        )


def _fill(dataset: Dataset, draft: Path, previous: Path | None) -> None:
    from rightsdata import expectations, gate  # seconds to import, which no other command shall pay

    about = {
        "dataset": "rightsdata",
        "version": dataset.version,
        "schema_version": schema.SCHEMA_VERSION,
        "license": dataset.license,
        "citation": dataset.cite(),
    }
    listed: list[manifest.File] = []
    tables = {name: _plain(name, frame) for name, frame in dataset.tables.items()}
    before = None
    history = pl.DataFrame(schema=changes.SCHEMA)  # none
    if previous is not None:
        older, digest = manifest.read(previous)
        before = {"version": older.version, "manifest_sha256": digest}
        history = changes.between(_tables(previous, older), tables)
        _refuse_unexplained(history, older.version)
    for name, flat in {**tables, "changes": history}.items():
        content = io.BytesIO()
        flat.write_ndjson(content)
        buffer = io.BytesIO()
        flat.write_parquet(
            buffer,
            compression="zstd",
            compression_level=LEVEL,
            row_group_size=ROW_GROUP,
            statistics=True,
            metadata=about,
            arrow_schema=codebook.arrow_schema(name, about),
        )
        listed.append(
            _put(draft, f"{name}.parquet", buffer.getvalue(), flat.height, manifest.sha256(content.getvalue()))
        )
    report = gate.check(draft, previous)
    if not report.ok:
        raise GateError(report, report.lines)
    texts = gate.texts(report) | {
        "events.csv": _events_csv(dataset),
        "CODEBOOK.md": codebook.codebook(),
        "README.md": _readme(dataset),
        "CHANGES.md": changes.text(history, dataset.version, before["version"] if before else None),
        "LICENSE-DATA": _license_text(),
        "CITATION.cff": metadata.citation_file(dataset.version, dataset.review_note),
        "datapackage.json": metadata.data_package(listed, dataset.version, dataset.review_note),
        "croissant.json": metadata.croissant(listed, dataset.version, dataset.review_note, dataset.cite()),
    }
    listed += [_put(draft, name, text.encode()) for name, text in texts.items()]
    manifest.write(
        draft,
        manifest.Manifest(
            version=dataset.version,
            schema_version=schema.SCHEMA_VERSION,
            schema_fingerprint=schema.fingerprint(),
            license=dataset.license,
            review=dict(dataset.events.group_by(pl.col("review").cast(pl.String)).len().sort("review").iter_rows()),
            vocabularies=_vocabularies(),
            tools={"polars": pl.__version__, "pyarrow": _pyarrow_version(), "great_expectations": expectations.TOOL},
            previous=before,
            files=tuple(sorted(listed, key=lambda file: file.name)),
        ),
    )


def _tables(folder: Path, about: manifest.Manifest) -> dict[str, pl.DataFrame]:
    """The tables of a version folder as they stand in its files, verified."""
    return {
        name: pl.read_parquet(io.BytesIO(manifest.checked(folder, about.file(f"{name}.parquet")))) for name in TABLES
    }


def _refuse_unexplained(history: pl.DataFrame, version: str) -> None:
    missing = changes.unexplained(history)
    if missing.is_empty():
        return
    lines = [
        f"  {row['key']}: {row['field'] or row['kind']}"
        for row in missing.unique(["key", "field"], maintain_order=True).head(20).iter_rows(named=True)
    ]
    raise ReleaseError(
        f"{missing['key'].n_unique()} released events differ from {version} without a reason:\n"
        + "\n".join(lines)
        + "\nAdd a `revisions` entry (date, fields, reason) to each record, or retire an id that is gone in reference/retired.csv."
    )


def _license_text() -> str:
    """The data licence: inside an installed package, or beside the package in a checkout."""
    package = Path(__file__).parent
    place = next(place for place in (package, package.parent) if (place / "LICENSE-DATA").is_file())
    return (place / "LICENSE-DATA").read_text(encoding="utf-8")


def _put(draft: Path, name: str, data: bytes, rows: int | None = None, content: str | None = None) -> manifest.File:
    (draft / name).write_bytes(data)
    return manifest.File(name, len(data), manifest.sha256(data), rows, content)


def _plain(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The table as it stands in the file: vocabularies as strings, one chunk, so that equal rows give equal bytes."""
    return frame.cast(dict(schema.release_schema(name))).rechunk()  # type: ignore[arg-type]  # names to types


def _vocabularies() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, table in schema.TABLES.items():
        columns = {
            key: str(note["vocabulary"])
            for key, column in table.columns().items()
            if (note := schema.metadata(column)).get("vocabulary")
        }
        if columns:
            found[name] = columns
    return found


def _pyarrow_version() -> str:
    import pyarrow as pa

    return str(pa.__version__)


def _events_csv(dataset: Dataset) -> str:
    """The events for a spreadsheet: lists joined by '; ', and no cell that a spreadsheet would run as a formula."""
    return "\ufeff" + cells.text(dataset.events, line_end="\r\n")


def _readme(dataset: Dataset) -> str:
    counts = "\n".join(f"| {name}.parquet | {frame.height:,} |" for name, frame in dataset.tables.items())
    return f"""# rightsdata {dataset.version}

Restriction events on the internet: what was planned, ordered and enforced, by whom, on what legal basis, and who says so.

**{dataset.review_note}.** A coded selection, not a census: no count over it estimates the world's total.

| file | rows |
|---|---|
{counts}

`events.csv` holds the events for a spreadsheet: UTF-8 with a byte-order mark; a cell that begins with one of = + - @ has an
apostrophe before it, so that no program runs it as a formula. `CODEBOOK.md` tells every column, rule and term,
`validation.html` what was checked before these files were published.

Check the files with `sha256sum -c SHA256SUMS`. Cite as: {dataset.cite()}
"""
