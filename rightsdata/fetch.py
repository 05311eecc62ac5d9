"""Installed releases: which there are, and one of them as a Dataset, verified, offline and with Polars alone."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from rightsdata import dataset, manifest
from rightsdata.errors import IntegrityError, ReleaseError, UnknownTerm, UnknownVersion


def _places() -> list[Path]:
    """Where releases lie: inside an installed package, or beside the package in a checkout."""
    package = Path(__file__).parent
    return [place for place in (package / "releases", package.parent / "data" / "releases") if place.is_dir()]


def _installed() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for place in _places():
        for folder in place.iterdir():
            if manifest.is_version(folder.name) and (folder / manifest.NAME).is_file():
                found.setdefault(folder.name, folder)
    return found


def versions() -> list[str]:
    """The installed releases, oldest first."""
    return sorted(_installed(), key=manifest.order)


def folder(version: str | Path | None = None) -> Path:
    """The folder of a version: the newest installed one, an installed one by number, or a folder by its path.

    Raises:
        UnknownVersion: with the list of those there are.
    """
    installed = _installed()
    if version is None:
        if not installed:
            raise UnknownVersion("no release is installed; reinstall with: pip install --force-reinstall rightsdata")
        return installed[max(installed, key=manifest.order)]
    if str(version) in installed:
        return installed[str(version)]
    if (Path(version) / manifest.NAME).is_file():
        return Path(version)
    known = ", ".join(sorted(installed, key=manifest.order)) or "none"
    raise UnknownVersion(f"version {str(version)!r} is not installed, nor is it a version folder; installed: {known}")


def before(place: Path) -> Path | None:
    """The folder of the version that a version folder follows, beside it or installed; None if it is not at hand."""
    try:
        named = (manifest.read(place)[0].previous or {}).get("version", "")
    except (IntegrityError, ReleaseError):
        return None
    found = [
        one
        for one in (place.parent / named, _installed().get(named))
        if one and named and (one / manifest.NAME).is_file()
    ]
    return found[0] if found else None


def load(version: str | Path | None = None) -> dataset.Dataset:
    """A release as a Dataset: the newest installed one, or the one asked for. Never uses the network.

    Args:
        version: a version such as "2026.11.0", or the path of a version folder.

    Returns:
        The Dataset. Vocabulary columns are Enums of the release's own terms, in the vocabulary's order.

    Raises:
        UnknownVersion: if it is not installed; the message lists those that are.
        IntegrityError: if any byte differs from the manifest.
        ReleaseError: if the release needs a newer library.
    """
    place = folder(version)
    about, digest = manifest.read(place)
    tables = {}
    for file in about.files:
        if file.name.endswith(".parquet"):
            tables[file.name.removesuffix(".parquet")] = pl.read_parquet(io.BytesIO(manifest.checked(place, file)))
    if lost := {*dataset.TABLES, "terms"} - tables.keys():
        raise IntegrityError(f"{place} lacks the tables {', '.join(sorted(lost))}; restore the folder from a copy")
    kinds = {
        name: pl.Enum(codes)
        for name, codes in tables["terms"]
        .sort("vocabulary", "position")
        .group_by("vocabulary", maintain_order=True)
        .agg("code")
        .iter_rows()
    }
    for table, columns in about.vocabularies.items():
        frame = tables[table]
        tables[table] = frame.with_columns(
            pl.col(column).cast(pl.List(kinds[name]) if isinstance(frame.schema[column], pl.List) else kinds[name])
            for column, name in columns.items()
        )
    return dataset.from_tables(
        tables, version=about.version, license=about.license, digest=digest, history=tables.get("changes")
    )


def scan(table: str, version: str | Path | None = None) -> pl.LazyFrame:
    """A table of a release as it lies on disk, lazily and with plain strings; its bytes are not verified.

    Raises:
        UnknownTerm: for a table that the release does not hold.
        UnknownVersion: if the version is not installed.
    """
    place = folder(version)
    about, _ = manifest.read(place)
    names = [file.name.removesuffix(".parquet") for file in about.files if file.name.endswith(".parquet")]
    if table not in names:
        raise UnknownTerm(f"version {about.version} has no table {table!r}; it has {', '.join(names)}")
    return pl.scan_parquet(place / f"{table}.parquet")
