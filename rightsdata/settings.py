"""Settings: the mirrors that a reader named, the key that they trust, and the folder for what is fetched.

The environment variables RIGHTSDATA_MIRRORS, RIGHTSDATA_KEY and RIGHTSDATA_CACHE come before the config file, which is
`rightsdata/config.toml` in the user's config folder or the file that RIGHTSDATA_CONFIG names. An empty variable counts
as not set. There is no default mirror: without one nothing is ever fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightsdata.errors import SettingsError

MIRRORS, KEY, CACHE, CONFIG = "RIGHTSDATA_MIRRORS", "RIGHTSDATA_KEY", "RIGHTSDATA_CACHE", "RIGHTSDATA_CONFIG"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a reader set.

    `mirrors` are addresses, folders and zips in the order in which they are tried; `key` is a minisign public key, its
    one line or its file's path; `cache` the folder for fetched releases.
    """

    mirrors: tuple[str, ...]
    key: str | None
    cache: Path


def read() -> Settings:
    """The settings as they are now.

    Raises:
        SettingsError: if the config file cannot be read, holds a key that is not known or a value of another type.
    """
    said = _config(config_file())
    mirrors = os.environ.get(MIRRORS, "")
    listed = mirrors.splitlines() if "\n" in mirrors.strip() else mirrors.split()
    cache = os.environ.get(CACHE) or said.get("cache")
    return Settings(
        mirrors=tuple(one.strip() for one in listed if one.strip()) or tuple(said.get("mirrors", ())),
        key=os.environ.get(KEY) or said.get("key"),
        cache=Path(cache).expanduser() if cache else _own("user_cache_path"),
    )


def config_file() -> Path:
    """The config file that is read if it is there."""
    named = os.environ.get(CONFIG)
    return Path(named).expanduser() if named else _own("user_config_path") / "config.toml"


def public_key(key: str) -> str:
    """The text of a public key that was given as its one line or as its file's path.

    Raises:
        SettingsError: if it looks like a path and there is no such file.
    """
    path = Path(key).expanduser()
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        if path.suffix or path.is_dir():
            raise SettingsError(
                f"the key file {key} cannot be read ({error.strerror}); name a minisign .pub file or its line"
            ) from None
        return key


def _own(kind: str) -> Path:
    import platformdirs  # 10 ms, which are saved where the variables name the places

    place: Path = getattr(platformdirs, kind)("rightsdata", appauthor=False)
    return place


_TYPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "mirrors": (
        lambda value: isinstance(value, list) and all(isinstance(one, str) and one for one in value),
        "a list of texts",
    ),
    "key": (lambda value: isinstance(value, str), "a text"),
    "cache": (lambda value: isinstance(value, str), "a text"),
}


def _config(path: Path) -> dict[str, Any]:
    if not os.environ.get(CONFIG) and not os.access(path, os.F_OK):
        return {}
    import tomllib

    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the config file {path} cannot be read ({error.strerror}); correct {CONFIG} or the file"
        ) from None
    except ValueError as error:
        raise SettingsError(f"the config file {path} is not TOML ({error}); correct it") from None
    for name, given in value.items():
        if name not in _TYPES:
            raise SettingsError(f"{path} sets {name!r}, which is not known; known are {', '.join(_TYPES)}")
        fits, expected = _TYPES[name]
        if not fits(given):
            raise SettingsError(f"{path} sets {name} to {given!r}; expected {expected}")
    return value
