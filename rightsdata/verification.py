"""What can be proven of a version folder: its bytes, its signature, its schema and its place in the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rightsdata import manifest, schema, signature
from rightsdata.errors import IntegrityError, RightsdataError


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: `problems` is empty if everything that was looked at holds."""

    version: str
    files: int
    digest: str
    signed_by: str | None
    named_key: bool
    previous: str
    problems: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; an unsigned folder is right unless a key was named."""
        return not self.problems

    def __str__(self) -> str:
        if self.problems:
            return "\n".join(
                [f"rightsdata {self.version} is NOT what was published:", *(f"  {one}" for one in self.problems)]
            )
        if self.named_key:
            who = f"signed by {self.signed_by}, a key that you named"
            proof = (
                "This proves that whoever holds that key published these very bytes; "
                "it does not prove that what they say is true, nor whose key it is."
            )
        else:
            claim = (
                f"signed, as it claims, by {self.signed_by}, which was not checked" if self.signed_by else "unsigned"
            )
            who = claim
            proof = (
                "This proves that no file changed since the list was written, not who wrote it: "
                f"compare the SHA-256 of manifest.json, {self.digest}, with one that you have from elsewhere, "
                "or name a key that you trust with --key."
            )
        return f"rightsdata {self.version}: {self.files} files are the ones that SHA256SUMS lists, and no other; {who}. {self.previous} {proof}"


def verify(folder: Path, key: str | None = None, previous: Path | None = None) -> Verdict:
    """Check a version folder.

    Args:
        folder: the version folder.
        key: a minisign public key, as its one line or the text of its file; None checks no signature.
        previous: the version folder before this one, to check the chain; None says that it was not checked.

    Returns:
        The verdict, with every problem. Nothing is raised for what is wrong with the folder.

    Raises:
        SignatureError: if `key` is no public key.
    """
    public = signature.read_public(key) if key is not None else None
    problems: list[str] = []
    version, digest, files = folder.name, "", 0
    chain = "It is the first version."
    try:
        sums = listed(_sums(folder))
        files = len(sums)
        problems += _wrong_files(folder, sums)
        about, digest = manifest.read(folder)
        version = about.version
        problems += _wrong_manifest(about, sums)
        if about.previous is not None:
            chain, wrong = _chain(about.previous, previous)
            problems += wrong
    except RightsdataError as error:
        problems.append(str(error))
    signed_by, wrong = _signer(folder, public)
    problems += wrong
    return Verdict(version, files, digest, signed_by, public is not None, chain, tuple(problems))


def listed(data: bytes) -> dict[str, str]:
    """Names and SHA-256 of what SHA256SUMS holds; IntegrityError if a line is no checksum of a file."""
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise IntegrityError(f"{manifest.SUMS} is no list of checksums; restore the folder from a copy") from None
    listed = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or Path(name).name != name or name in listed or name == manifest.SUMS:
            raise IntegrityError(f"{manifest.SUMS} holds a line that is no checksum of a file: {line[:100]!r}")
        listed[name] = digest
    return listed


def _sums(folder: Path) -> bytes:
    try:
        return (folder / manifest.SUMS).read_bytes()
    except OSError:
        raise IntegrityError(f"{manifest.SUMS} is missing or cannot be read; restore the folder from a copy") from None


def _wrong_files(folder: Path, listed: dict[str, str]) -> list[str]:
    problems = []
    there = {path.name for path in folder.iterdir()} - {manifest.SUMS, manifest.SIGNATURE}
    for name in sorted(there - listed.keys()):
        problems.append(f"{name} is not listed in {manifest.SUMS}: it was added later; remove it")
    for name, digest in sorted(listed.items()):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            problems.append(f"{name} is listed and not there as a file; restore it from a copy")
        elif (found := _sha256(path)) != digest:
            problems.append(f"{name} was changed: its SHA-256 is {found}, listed is {digest}; restore it from a copy")
    return problems


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wrong_manifest(about: manifest.Manifest, listed: dict[str, str]) -> list[str]:
    problems = [
        f"{file.name} has another SHA-256 in {manifest.NAME} than in {manifest.SUMS}"
        for file in about.files
        if listed.get(file.name) != file.sha256
    ]
    if about.schema_version == schema.SCHEMA_VERSION and about.schema_fingerprint != schema.fingerprint():
        problems.append(
            f"it was made with another schema {about.schema_version} than this library's: its fingerprint is "
            f"{about.schema_fingerprint[:16]}, ours {schema.fingerprint()[:16]}"
        )
    return problems


def _chain(named: Mapping[str, str], previous: Path | None) -> tuple[str, list[str]]:
    """What can be said of the version before, and what is wrong with it."""
    name, digest = named.get("version", "?"), named.get("manifest_sha256", "")
    if previous is None:
        return f"It follows {name}, which is not at hand: the chain was not checked.", []
    try:
        about, found = manifest.read(previous)
    except RightsdataError as error:
        return "", [f"the version before it cannot be read: {error}"]
    if (about.version, found) != (name, digest):
        return "", [
            f"it follows {name} with manifest {digest[:16]}, and {previous} is {about.version} with {found[:16]}"
        ]
    return f"It follows {name}, whose manifest is the one that it names.", []


def _signer(folder: Path, public: signature.PublicKey | None) -> tuple[str | None, list[str]]:
    """The number of the key that claims to have signed, and what is wrong with that if a key was named."""
    path = folder / manifest.SIGNATURE
    if not path.exists():
        return None, [f"it is unsigned: there is no {manifest.SIGNATURE}"] if public else []
    try:
        found = signature.read(path.read_text(encoding="utf-8", errors="replace"))
        if public is not None:
            signature.check((folder / manifest.SUMS).read_bytes(), found, public)
    except (RightsdataError, OSError) as error:
        return None, [str(error)]
    return found.key_id, []
