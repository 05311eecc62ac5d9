"""The shelf: the releases at hand, installed or fetched before, and what is known against them. Never the network."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from rightsdata import manifest, settings
from rightsdata.errors import IntegrityError, ReleaseError, ReleaseWarning


def cached(cache: Path) -> Path:
    """The folder of fetched releases inside a cache."""
    return cache / "releases"


def places(cache: Path | None = None) -> list[Path]:
    """Where releases lie: in an installed package, beside the package in a checkout, in the cache."""
    package = Path(__file__).parent
    fetched = cached(cache or settings.read().cache)
    every = (package / "releases", package.parent / "data" / "releases", fetched)
    return [place for place in every if os.access(place, os.R_OK | os.X_OK) and place.is_dir()]


def folders(cache: Path | None = None) -> dict[str, Path]:
    """The releases at hand, oldest first: version to folder; an installed one comes before a fetched one."""
    found: dict[str, Path] = {}
    for place in places(cache):
        for version, folder in manifest.folders(place).items():
            found.setdefault(version, folder)
    return {version: found[version] for version in sorted(found, key=manifest.order)}


def versions() -> list[str]:
    """The releases at hand, installed or fetched before, oldest first."""
    return list(folders())


def newest() -> Path | None:
    """The folder of the newest release at hand that was not yanked; of the newest one if all were, None if none is there."""
    found, bad = folders(), yanked()
    good = [version for version in found if version not in bad] or list(found)
    return found[good[-1]] if good else None


def yanked(cache: Path | None = None) -> dict[str, str]:
    """Versions that should no longer be used, with the reason, as their publisher or a mirror said."""
    found: dict[str, str] = {}
    for place in places(cache):
        for version, reason in manifest.yanked(place).items():
            found.setdefault(version, reason)
    return found


def warn_if_yanked(folder: Path) -> None:
    """Warn with the reason if a release at hand was yanked."""
    version = folder.name
    if folder.parent in places() and (reason := yanked().get(version)):
        newer = newest()
        instead = f"; {newer.name} is at hand" if newer and newer != folder else ""
        warnings.warn(f"version {version} was yanked: {reason}{instead}", ReleaseWarning, stacklevel=3)


def before(place: Path) -> Path | None:
    """The folder of the version that a version folder follows, beside it or at hand; None if it is not there."""
    try:
        named = (manifest.read(place)[0].previous or {}).get("version", "")
    except (IntegrityError, ReleaseError):
        return None
    found = [
        one for one in (place.parent / named, folders().get(named)) if one and named and (one / manifest.NAME).is_file()
    ]
    return found[0] if found else None
