"""Fetching a release from mirrors into the cache: proven file by file, resumed where it stopped, whole or not at all.

The cache holds `releases/` (fetched versions and `yanked.json`), `drafts/` (what is not complete yet), `seen.json` (which
versions mirrors have shown, so that an older index is noticed) and `lock`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rightsdata import files, manifest, mirror, settings, shelf, signature, verification
from rightsdata.errors import (
    FetchError,
    IntegrityError,
    MirrorError,
    ReleaseError,
    ReleaseWarning,
    SignatureError,
    UnknownVersion,
    printable,
)

Progress = Callable[[int, int], None]
"""Told the bytes that are there and the bytes of the whole release."""

LARGEST = 8 << 30
"""Most bytes of a release: a thousand times the largest that is thought of; more is an attempt to fill the disk."""

_lied: dict[str, str] = {}
"""Mirrors that lied to this process, with the reason: they are not asked again."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What is fetched, and what a mirror's answers are held against."""

    version: str
    cache: Path
    key: str | None
    progress: Progress | None

    @property
    def draft(self) -> Path:
        return self.cache / "drafts" / self.version

    @property
    def place(self) -> Path:
        return shelf.cached(self.cache) / self.version

    @property
    def lineage(self) -> str:
        """Whose versions are remembered together: those that one key signs, or those that nothing proves."""
        return signature.read_public(self.key).id if self.key else "unsigned"


def fetch(
    version: str,
    *,
    mirrors: Sequence[str] | None = None,
    key: str | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch a release into the cache, and verify it; if it is at hand and whole already, nothing is asked of anybody.

    Mirrors are tried in turn. One that lies (a wrong checksum, signature, size or kind of answer) is named in a warning
    and not asked again by this process; so is one that shows fewer versions than were seen before; one that is down is
    only passed over. What was received is kept, and the next call resumes there.

    Args:
        version: a version such as "2026.11.0".
        mirrors: addresses, folders or zips, instead of those that are set; see `rightsdata.mirror`.
        key: a minisign public key, its one line or its file's path, instead of the one that is set. With a key, only what
            it signed is taken; without one, nothing proves who made the release.
        cache: the folder to fetch into, instead of the one that is set.
        progress: called with the bytes that are there and the bytes of the whole release.

    Returns:
        The version folder.

    Raises:
        UnknownVersion: if the text is no calendar version.
        FetchError: if no mirror is known, none could give the version, or the cache cannot be written.
        SignatureError: if the key is no public key.
        SettingsError: if a setting cannot be used.

    Warns:
        ReleaseWarning: for each mirror that was passed over, and if the version was yanked.
    """
    if not manifest.is_version(version):
        raise UnknownVersion(f"{version!r} is no version; write one such as 2026.11.0")
    said = settings.read()
    named = key or said.key
    trusted = str(signature.read_public(settings.public_key(named))) if named else None
    job = _Job(version, Path(cache).expanduser() if cache else said.cache, trusted, progress)
    if place := _at_hand(job):
        return place
    places = tuple(said.mirrors if mirrors is None else [mirrors] if isinstance(mirrors, str) else mirrors)
    if not places:
        raise FetchError(
            f"version {version} is not at hand and no mirror is set; name one in {settings.MIRRORS}, as `mirrors` in "
            f"{settings.config_file()}, or with --mirror"
        )
    try:
        with _alone(job.cache):
            return _at_hand(job) or _from_any(places, job)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            shutil.rmtree(job.draft, ignore_errors=True)
            raise FetchError(
                f"the disk of the cache {job.cache} is full; free some space, or name another folder in {settings.CACHE}"
            ) from None
        raise FetchError(
            f"the cache {job.cache} cannot be written ({error.strerror}); name another folder in {settings.CACHE}"
        ) from None


def offered(mirrors: Sequence[str] | None = None) -> dict[str, dict[str, mirror.Offer] | str]:
    """What mirrors offer now: by mirror the versions, newest first, or the reason why it cannot be told.

    Args:
        mirrors: instead of those that are set.
    """
    found: dict[str, dict[str, mirror.Offer] | str] = {}
    for place in settings.read().mirrors if mirrors is None else mirrors:
        try:
            offers = mirror.of(place).offers()
            found[place] = {one: offers[one] for one in sorted(offers, key=manifest.order, reverse=True)}
        except MirrorError as error:
            found[place] = str(error)
    return found


def _at_hand(job: _Job) -> Path | None:
    """The folder of the version if it is installed or fetched already, and everything that is asked for holds."""
    place = shelf.folders(job.cache).get(job.version)
    if place is None or not verification.verify(place, job.key, shelf.before(place)).ok:
        return None
    if reason := shelf.yanked(job.cache).get(job.version):
        _warn(f"version {job.version} was yanked: {reason}")
    return place


def _from_any(places: Sequence[str], job: _Job) -> Path:
    reasons: dict[str, str] = {}
    for place in places:
        try:
            if place in _lied:
                raise MirrorError(f"not asked, because it lied before: {_lied[place]}")
            return _from(mirror.of(place), job)
        except MirrorError as error:
            reasons[place] = str(error)
            if error.kind == "lying":
                _lied[place] = str(error)
                _warn(f"the mirror {place} cannot be trusted and is not asked again: {error}")
            elif place not in _lied:
                _warn(f"the mirror {place} was passed over: {error}")
    raise FetchError(f"version {job.version} could not be fetched; every mirror failed:", reasons)


def _warn(text: str) -> None:
    warnings.warn(printable(text, 1000), ReleaseWarning, stacklevel=3)


# ------------------------------------------------------------------- one mirror


def _from(source: mirror.Mirror, job: _Job) -> Path:
    """The version from one mirror; MirrorError tells what is wrong with that one."""
    offers = source.offers()
    seen = _seen(job)
    if source.whole:
        _refuse_older(offers, seen)
    if job.version not in offers:
        some = ", ".join(sorted(offers, key=manifest.order, reverse=True)[:10])
        raise MirrorError(f"does not offer version {job.version}; it has {some or 'none'}", "lacking")
    offer = offers[job.version]
    _refuse_another(offer, seen, job)
    about = _described(source, job.version, offer, job)
    _fill(source, about, job)
    verdict = verification.verify(job.draft, job.key, shelf.before(job.draft))
    if not verdict.ok:
        raise MirrorError(f"what it sent does not hold: {verdict.problems[0]}", "lying")
    if offer.yanked:
        _warn(f"version {job.version} was yanked, says {source.name}: {offer.yanked}")
        _remember_yanked(job, f"{printable(offer.yanked)} (says {source.name})")
    _remember(source, offers, seen, job)  # first: once the folder is there, no later run comes to it
    if job.place.exists():  # what lies there was looked at and does not hold
        shutil.rmtree(job.place)
    files.settle(job.draft, job.place)
    return job.place


def _refuse_older(offers: Mapping[str, mirror.Offer], seen: Mapping[str, Mapping[str, str]]) -> None:
    for version in sorted(seen.keys() - offers.keys(), key=manifest.order, reverse=True):
        raise MirrorError(
            f"shows an older index than this machine has seen: it lacks version {version}, "
            f"which {seen[version]['mirror']} had"
        )


def _refuse_another(offer: mirror.Offer, seen: Mapping[str, Mapping[str, str]], job: _Job) -> None:
    """Raise if the version is known with another manifest than the one that is offered."""
    known = {seen[job.version]["mirror"]: seen[job.version]["manifest_sha256"]} if job.version in seen else {}
    place = shelf.folders(job.cache).get(job.version)
    if place and (verdict := verification.verify(place)).ok:
        known[str(place)] = verdict.digest
    for origin, digest in known.items():
        if digest != offer.manifest_sha256:
            raise MirrorError(
                f"offers version {job.version} with another manifest, {offer.manifest_sha256[:16]}, than {origin} "
                f"({digest[:16]}); a version never changes",
                "lying",
            )


def _described(source: mirror.Mirror, version: str, offer: mirror.Offer, job: _Job) -> _Description:
    """The list of checksums, its signature and the manifest, if they fit one another, the offer and the key."""
    sums = _needed(source, version, manifest.SUMS)
    signed = source.read(version, manifest.SIGNATURE, 4096)
    data = _needed(source, version, manifest.NAME)
    try:
        if job.key:
            if signed is None:
                raise MirrorError(f"has version {version} unsigned, and a key was named", "lying")
            signature.check(sums, signature.read(signed.decode("utf-8", "replace")), signature.read_public(job.key))
        listed = verification.listed(sums)
        about = manifest.parse(data)
    except (IntegrityError, SignatureError) as error:
        raise MirrorError(str(error), "lying") from None
    except ReleaseError as error:
        raise MirrorError(str(error)) from None
    found = manifest.sha256(data)
    if found != offer.manifest_sha256 or listed.get(manifest.NAME) != found:
        raise MirrorError(
            f"has another {manifest.NAME} for version {version} than its index and checksums name", "lying"
        )
    if about.version != version:
        raise MirrorError(f"passes version {printable(str(about.version), 40)} off as {version}", "lying")
    named = {file.name: file.sha256 for file in about.files}
    if {**named, manifest.NAME: found} != listed or len(named) != len(about.files):
        raise MirrorError(f"names other files in {manifest.NAME} than in {manifest.SUMS}", "lying")
    for file in about.files:
        if not mirror.is_plain(file.name) or file.name == manifest.SIGNATURE:
            raise MirrorError(f"names a file {file.name!r}, which no release holds", "lying")
        if type(file.bytes) is not int or not 0 <= file.bytes <= LARGEST:
            raise MirrorError(f"names {file.bytes!r} bytes for {file.name}", "lying")
    if sum(file.bytes for file in about.files) > LARGEST:
        raise MirrorError(f"names more than {LARGEST} bytes, which no release has", "lying")
    small = {manifest.SUMS: sums, manifest.NAME: data}
    return _Description(about, {**small, manifest.SIGNATURE: signed} if signed is not None else small)


@dataclass(frozen=True, slots=True)
class _Description:
    """What a mirror says a version holds: the manifest, and the files that prove it."""

    about: manifest.Manifest
    small: Mapping[str, bytes]


def _needed(source: mirror.Mirror, version: str, name: str) -> bytes:
    data = source.read(version, name)
    if data is None:
        raise MirrorError(f"lacks {name} of version {version}", "lacking")
    return data


# ------------------------------------------------------------------- files


def _fill(source: mirror.Mirror, described: _Description, job: _Job) -> None:
    """Bring the draft folder to exactly the files of the version."""
    job.draft.mkdir(parents=True, exist_ok=True)
    job.place.parent.mkdir(parents=True, exist_ok=True)
    listed = described.about.files
    wanted = {*described.small, *(file.name for file in listed), *(f"{file.name}.part" for file in listed)}
    for path in job.draft.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, data in described.small.items():
        (job.draft / name).write_bytes(data)
    done, whole = 0, sum(file.bytes for file in listed)
    for file in listed:
        for at in _file(source, file, job):
            if job.progress:
                job.progress(done + at, whole)
        done += file.bytes


def _file(source: mirror.Mirror, file: manifest.File, job: _Job) -> Iterator[int]:
    """Bring one file into the draft; yields how much of it is there."""
    path, part = job.draft / file.name, job.draft / f"{file.name}.part"
    if path.exists():
        path.replace(part)  # from a run before: looked at like any part
    while True:
        with part.open("a+b") as draft:
            found = hashlib.sha256()
            draft.seek(0)
            while piece := draft.read(mirror.PIECE):
                found.update(piece)
            resumed = at = draft.tell()
            if at <= file.bytes:
                for piece in source.stream(job.version, file.name, file.bytes, at):
                    draft.write(piece)
                    found.update(piece)
                    at += len(piece)
                    yield at
        if at == file.bytes and found.hexdigest() == file.sha256:
            part.replace(path)
            return
        part.unlink()
        if not resumed:  # what was resumed may have come from another mirror: only a whole file convicts
            raise MirrorError(f"sends another {file.name} than {manifest.SUMS} names", "lying")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Wait until no other process fetches into the cache; the lock of one that was killed is gone with it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # it gives up after ten seconds
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ------------------------------------------------------------------- memory


def _memory(job: _Job) -> dict[str, dict[str, dict[str, str]]]:
    """seen.json: lineage to version to the SHA-256 of its manifest and the mirror that had it."""
    try:
        value = json.loads((job.cache / "seen.json").read_bytes())
        for versions in value.values():
            for version, entry in versions.items():
                if not manifest.is_version(version) or not re.fullmatch("[0-9a-f]{64}", entry["manifest_sha256"]):
                    raise ValueError(version)
                entry["mirror"] += ""
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        _warn(f"{job.cache / 'seen.json'} cannot be read and is begun anew: older indexes may go unnoticed once")
        return {}
    found: dict[str, dict[str, dict[str, str]]] = value
    return found


def _seen(job: _Job) -> dict[str, dict[str, str]]:
    return _memory(job).get(job.lineage, {})


def _remember(
    source: mirror.Mirror, offers: Mapping[str, mirror.Offer], seen: Mapping[str, Mapping[str, str]], job: _Job
) -> None:
    """Keep which versions the mirror has shown: the fetched one, and the newest if that can be proven as well.

    An index itself is not signed. Were a version remembered that nobody proved, a mirror could invent one, and all honest
    mirrors would look outdated for ever.
    """
    proven = {job.version}
    newest = max(offers, key=manifest.order)
    if newest not in seen and newest not in proven:
        try:
            _described(source, newest, offers[newest], job)
            proven.add(newest)
        except MirrorError as error:
            _warn(f"the newest version {newest} of the mirror {source.name} was not noted: {error}")
    new = {one: {"manifest_sha256": offers[one].manifest_sha256, "mirror": source.name} for one in proven}
    _write(job.cache / "seen.json", {**_memory(job), job.lineage: {**new, **seen}})


def _remember_yanked(job: _Job, reason: str) -> None:
    folder = shelf.cached(job.cache)
    _write(folder / manifest.YANKED, {**manifest.yanked(folder), job.version: reason})


def _write(path: Path, value: object) -> None:
    files.write(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
