"""The manifest of a version folder: what it holds, by name, size, SHA-256 and content; written, read, verified."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from rightsdata.errors import IntegrityError, ReleaseError

Kind = TypeVar("Kind", "File", "Manifest")

NAME = "manifest.json"
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.minisig"
YANKED = "yanked.json"
"""In a folder of releases: version to the reason for which it should no longer be used."""

READS = 1
"""Major version of the schema that this library reads."""

MINOR = 0
"""Minor version of this library's schema: what it has beyond an older release's is null there."""

VERSION = r"[0-9]{4}\.(?:0[1-9]|1[0-2])\.(?:0|[1-9][0-9]*)"
"""A calendar version: year, month, number in the month from 0."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the folder; `rows` and `content` (SHA-256 of the rows as NDJSON) for tables only."""

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version folder holds. `previous` names the version before it and the SHA-256 of its manifest."""

    version: str
    schema_version: str
    schema_fingerprint: str
    license: str
    review: Mapping[str, int]
    vocabularies: Mapping[str, Mapping[str, str]]
    tools: Mapping[str, str]
    previous: Mapping[str, str] | None = None
    files: tuple[File, ...] = field(default=())
    dataset: str = "rightsdata"

    def file(self, name: str) -> File:
        """The entry of a file; IntegrityError if there is none."""
        for one in self.files:
            if one.name == name:
                return one
        raise IntegrityError(f"{NAME} of {self.version} lists no {name}")


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_version(text: str) -> bool:
    """Whether the text is a calendar version."""
    return re.fullmatch(VERSION, text) is not None


def order(version: str) -> tuple[int, ...]:
    """What versions are sorted by: 2026.11.10 comes after 2026.11.9."""
    return tuple(int(part) for part in version.split("."))


def write(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json, then SHA256SUMS over every file of the folder, in the form that `sha256sum -c` reads."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n"
    (folder / NAME).write_bytes(text.encode())
    names = sorted(path.name for path in folder.iterdir() if path.name != SUMS)
    lines = [f"{sha256((folder / name).read_bytes())}  {name}\n" for name in names]
    (folder / SUMS).write_bytes("".join(lines).encode())


def read(folder: Path) -> tuple[Manifest, str]:
    """The manifest of a version folder and its own SHA-256.

    Raises:
        IntegrityError: if it cannot be read.
        ReleaseError: if its schema is of a newer major version than this library reads.
    """
    path = folder / NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise IntegrityError(f"{folder} holds no {NAME}; it is no version folder") from None
    return parse(data, str(path)), sha256(data)


def parse(data: bytes, path: str = NAME) -> Manifest:
    """The manifest that these bytes are, as `read` reads it from `path`."""
    try:
        value: dict[str, Any] = json.loads(data)
        value["files"] = tuple(_known(File, one) for one in value["files"])
        manifest = _known(Manifest, value)
        major = int(manifest.schema_version.split(".")[0])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"{path} cannot be read ({error}); restore the folder from a copy") from error
    if major > READS:
        raise ReleaseError(
            f"version {manifest.version} has schema {manifest.schema_version}, and this library reads {READS}.x; "
            "upgrade with: pip install --upgrade rightsdata"
        )
    return manifest


def is_older_minor(schema_version: str) -> bool:
    """Whether a schema is an older minor version of this library's."""
    return [int(part) for part in schema_version.split(".")[:2]] < [READS, MINOR]


def folders(releases: Path) -> dict[str, Path]:
    """The version folders in a folder of releases by version, oldest first."""
    found = [place for place in releases.iterdir() if is_version(place.name) and (place / NAME).is_file()]
    return {place.name: place for place in sorted(found, key=lambda place: order(place.name))}


def yanked(releases: Path) -> dict[str, str]:
    """What YANKED in a folder of releases says; nothing if it is not there.

    Raises:
        ReleaseError: if it is no JSON object of versions and reasons.
    """
    path = releases / YANKED
    try:
        value = json.loads(path.read_bytes())
        good = isinstance(value, dict) and all(isinstance(reason, str) and reason for reason in value.values())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise ReleaseError(f'{path} must be a JSON object of versions and reasons, such as {{"2026.11.0": "why"}}')
    return dict(value)


def _known(kind: type[Kind], value: dict[str, Any]) -> Kind:
    """An entry from what a manifest says of it; keys of a newer minor version are passed over."""
    return kind(**{one.name: value[one.name] for one in fields(kind) if one.name in value})


def checked(folder: Path, file: File) -> bytes:
    """The bytes of a file; IntegrityError if they are not the ones that the manifest names."""
    path = folder / file.name
    if Path(file.name).name != file.name:
        raise IntegrityError(f"{NAME} names {file.name!r}, which is no plain file name")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read ({error.strerror}); restore the folder from a copy") from error
    found = sha256(data)
    if found != file.sha256:
        raise IntegrityError(
            f"{path} was changed: SHA-256 is {found}, {NAME} names {file.sha256}; restore the folder from a copy"
        )
    return data
