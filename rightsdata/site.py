"""A static folder of releases that any web server, object store or stick can serve: index, files, one bundle each."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightsdata import files, manifest, pages, verification
from rightsdata.errors import ReleaseError
from rightsdata.vocabulary import review_note

INDEX = "index.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a bundle: zip files must have one, and bundles are the same bytes whenever they are made."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A version on the site, as index.json lists it."""

    version: str
    manifest_sha256: str
    schema_version: str
    license: str
    note: str
    signed: bool
    yanked: str | None
    bundle: str
    bundle_bytes: int
    bundle_sha256: str
    files: tuple[Mapping[str, Any], ...]


def publish(releases: Path, site: Path) -> list[Path]:
    """Bring a site up to date with a folder of releases.

    A version that the site has already is never touched: it must be the same, byte for byte, or nothing is published.
    Running it again changes nothing.

    Args:
        releases: version folders, and manifest.YANKED if some version should no longer be used.
        site: the folder to serve; it is made if it is not there.

    Returns:
        What was written, in order.

    Raises:
        ReleaseError: if there is no release, one is not what its checksums say, or the site holds another folder
            under the same version.
    """
    folders = list(manifest.folders(releases).values()) if releases.is_dir() else []
    if not folders:
        raise ReleaseError(f"{releases} holds no release; make one with `rightsdata release VERSION`")
    yanked = _yanked(releases, {place.name for place in folders})
    _refuse(folders, site)
    written: list[Path] = []
    entries = []
    for place in folders:
        copy = site / "releases" / place.name
        if not copy.exists():
            with files.folder(copy) as draft:
                for path in sorted(place.iterdir()):
                    shutil.copyfile(path, draft / path.name)
            written.append(copy)
        bundle = site / "bundles" / f"rightsdata-{place.name}.zip"
        if not bundle.exists():
            bundle.parent.mkdir(parents=True, exist_ok=True)
            files.write_bytes(bundle, _bundle(place))
            written.append(bundle)
        entries.append(_entry(place, bundle, yanked.get(place.name)))
    entries.reverse()
    index = {"dataset": "rightsdata", "format": 1, "versions": [_as_json(entry) for entry in entries]}
    for name, text in ((INDEX, json.dumps(index, ensure_ascii=False, indent=1) + "\n"), ("index.html", _page(entries))):
        path = site / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            files.write(path, text)
            written.append(path)
    return written


def _yanked(releases: Path, versions: set[str]) -> dict[str, str]:
    found = manifest.yanked(releases)
    if unknown := found.keys() - versions:
        raise ReleaseError(f"{releases / manifest.YANKED} names {', '.join(sorted(unknown))}, which is no release here")
    return found


def _refuse(folders: list[Path], site: Path) -> None:
    """Raise if any release is not what its checksums say, or differs from what the site serves under its version."""
    for before, place in zip([None, *folders], folders, strict=False):
        verdict = verification.verify(place, previous=before)
        if not verdict.ok:
            raise ReleaseError(f"nothing was published: {verdict}")
        copy = site / "releases" / place.name
        if copy.exists() and _contents(copy) != _contents(place):
            raise ReleaseError(
                f"nothing was published: {copy} differs from {place}, and a published version never changes; "
                "make a new version instead"
            )
    served = {place.name for place in (site / "releases").glob("*") if manifest.is_version(place.name)}
    if lost := served - {place.name for place in folders}:
        raise ReleaseError(
            f"nothing was published: the site serves {', '.join(sorted(lost))}, which is missing here; yank it instead"
        )


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: manifest.sha256(path.read_bytes()) for path in folder.iterdir()}


def _bundle(folder: Path) -> bytes:
    """A zip of a version folder: sorted, dated 1980, the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:  # Parquet is compressed already
        for path in sorted(folder.iterdir()):
            info = zipfile.ZipInfo(f"rightsdata-{folder.name}/{path.name}", _EPOCH)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            bundle.writestr(info, path.read_bytes())
    return buffer.getvalue()


def _entry(folder: Path, bundle: Path, yanked: str | None) -> Entry:
    about, digest = manifest.read(folder)
    data = bundle.read_bytes()
    listed = [
        {"name": path.name, "bytes": path.stat().st_size, "sha256": manifest.sha256(path.read_bytes())}
        for path in sorted(folder.iterdir())
    ]
    return Entry(
        version=about.version,
        manifest_sha256=digest,
        schema_version=about.schema_version,
        license=about.license,
        note=review_note(about.review),
        signed=(folder / manifest.SIGNATURE).exists(),
        yanked=yanked,
        bundle=f"bundles/{bundle.name}",
        bundle_bytes=len(data),
        bundle_sha256=manifest.sha256(data),
        files=tuple(listed),
    )


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "version": entry.version,
        "path": f"releases/{entry.version}/",
        "manifest_sha256": entry.manifest_sha256,
        "schema_version": entry.schema_version,
        "license": entry.license,
        "review": entry.note,
        "signed": entry.signed,
        "yanked": entry.yanked,
        "bundle": {"path": entry.bundle, "bytes": entry.bundle_bytes, "sha256": entry.bundle_sha256},
        "files": list(entry.files),
    }


def _page(entries: list[Entry]) -> str:
    good = next((entry for entry in entries if not entry.yanked), entries[0])
    return pages.render("site.html", entries=entries, newest=good, markup=_markup(good))


def _markup(entry: Entry) -> dict[str, Any]:
    """schema.org's description of the newest version, for search engines of data."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": f"rightsdata: restriction events on the internet ({entry.note.lower()})",
        "description": "Restriction events on the internet, typed and sourced: what was planned, ordered and enforced, by whom, on what "
        "legal basis, and who says so. A coded selection, not a census.",
        "version": entry.version,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "creator": {"@type": "Organization", "name": "rightsdata contributors"},
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": "application/zip",
                "contentUrl": entry.bundle,
                "sha256": entry.bundle_sha256,
            }
        ],
    }
