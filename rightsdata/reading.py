"""A release as a Dataset: verified byte by byte, read with Polars alone, offline if it is at hand."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from rightsdata import dataset, manifest, settings, shelf
from rightsdata.errors import IntegrityError, UnknownTerm, UnknownVersion


def folder(version: str | Path | None = None, *, mirrors: Sequence[str] | None = None) -> Path:
    """The folder of a version: the newest at hand, one at hand by number, a folder by its path, or one fetched now.

    The network is used only for a version by number that is not at hand, and only if mirrors are set or given.

    Raises:
        UnknownVersion: if it is not at hand and no mirror is known; with the list of those there are.
        FetchError: if no mirror could give it.
    """
    if version is None:
        if (newest := shelf.newest()) is None:
            raise UnknownVersion("no release is installed; reinstall with: pip install --force-reinstall rightsdata")
        return newest
    there = shelf.folders()
    if str(version) in there:
        return there[str(version)]
    if (Path(version) / manifest.NAME).is_file():
        return Path(version)
    if manifest.is_version(str(version)) and (mirrors or settings.read().mirrors):
        from rightsdata import download

        return download.fetch(str(version), mirrors=mirrors)
    known = ", ".join(there) or "none"
    raise UnknownVersion(
        f"version {str(version)!r} is not installed, nor is it a version folder; installed: {known}. "
        f"To fetch others, name a mirror in {settings.MIRRORS} or as `mirrors` in {settings.config_file()}"
    )


def load(version: str | Path | None = None, *, mirrors: Sequence[str] | None = None) -> dataset.Dataset:
    """A release as a Dataset: the newest at hand, or the one asked for.

    Without a version the network is never used, and a yanked release is passed over unless there is no other. A version
    by number that is neither installed nor fetched before is fetched, if mirrors are set or given.

    Args:
        version: a version such as "2026.11.0", or the path of a version folder.
        mirrors: where to fetch from, instead of those that are set; see `fetch`.

    Returns:
        The Dataset. Vocabulary columns are Enums of the release's own terms, in the vocabulary's order. Columns and
        tables that the release's older schema had not yet are null and empty.

    Raises:
        UnknownVersion: if it is not at hand and no mirror is known; the message lists those that are.
        FetchError: if no mirror could give it.
        IntegrityError: if any byte differs from the manifest.
        ReleaseError: if the release needs a newer library.

    Warns:
        ReleaseWarning: if the version was yanked, with the reason.
    """
    place = folder(version, mirrors=mirrors)
    shelf.warn_if_yanked(place)
    about, digest = manifest.read(place)
    tables = {}
    for file in about.files:
        if file.name.endswith(".parquet"):
            tables[file.name.removesuffix(".parquet")] = pl.read_parquet(io.BytesIO(manifest.checked(place, file)))
    older = manifest.is_older_minor(about.schema_version)
    if lost := {*(() if older else dataset.TABLES), "terms"} - tables.keys():
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
    if older:
        tables = _completed(tables)
    return dataset.from_tables(
        tables, version=about.version, license=about.license, digest=digest, history=tables.get("changes")
    )


def _completed(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables of an older minor version with what this library's schema has beyond it: null columns, empty tables."""
    from rightsdata import schema  # half a second, for old releases only

    found = dict(tables)
    for name, table in schema.TABLES.items():
        types = {column: declared.dtype for column, declared in table.columns().items()}
        frame = found.get(name, pl.DataFrame(schema=types))
        lacking = [pl.lit(None, dtype).alias(column) for column, dtype in types.items() if column not in frame.columns]
        found[name] = frame.with_columns(lacking).select(*types, pl.exclude(*types))
    return found


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
