"""settings: variables before the config file, nothing by default, and every mistake said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rightsdata import settings
from rightsdata.errors import SettingsError


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without settings; gives the place of its config file."""
    for name in (settings.MIRRORS, settings.KEY, settings.CACHE, settings.CONFIG):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "config/rightsdata/config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_nothing_is_set_by_default(tmp_path: Path, bare: Path) -> None:
    assert settings.read() == settings.Settings((), None, tmp_path / "cache/rightsdata")
    assert settings.config_file() == bare


def test_the_config_file_is_read_and_variables_come_before_it(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare.write_text('mirrors = ["https://a.example", "/media/my stick"]\nkey = "RWx"\ncache = "/c"\n')
    assert settings.read() == settings.Settings(("https://a.example", "/media/my stick"), "RWx", Path("/c"))
    monkeypatch.setenv(settings.MIRRORS, " https://b.example  /d ")
    monkeypatch.setenv(settings.KEY, "RWy")
    monkeypatch.setenv(settings.CACHE, "~/e")
    assert settings.read() == settings.Settings(("https://b.example", "/d"), "RWy", Path("~/e").expanduser())
    monkeypatch.setenv(settings.CACHE, "")  # empty counts as not set
    assert settings.read().cache == Path("/c")


def test_mirrors_one_a_line_may_hold_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.MIRRORS, "\n/media/my stick\n https://a.example\n")
    assert settings.read().mirrors == ("/media/my stick", "https://a.example")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mirror = []", "sets 'mirror', which is not known; known are mirrors, key, cache"),
        ("mirrors = 'https://a.example'", "expected a list of texts"),
        ("mirrors = [1]", "expected a list of texts"),
        ("key = 1", "sets key to 1; expected a text"),
        ("cache = []", "sets cache"),
        ("=", "is not TOML"),
        ("key = '\udcff'", "is not TOML"),
    ],
)
def test_a_mistake_in_the_config_file_is_told(bare: Path, text: str, said: str) -> None:
    bare.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=said):
        settings.read()


def test_a_config_file_that_was_named_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(settings.CONFIG, str(tmp_path / "none.toml"))
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read .*RIGHTSDATA_CONFIG"):
        settings.read()
    monkeypatch.setenv(settings.CONFIG, os.devnull)
    assert settings.read().mirrors == ()


def test_a_key_is_a_line_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "k.pub").write_text("untrusted comment: x\nRWx\n")
    assert settings.public_key(str(tmp_path / "k.pub")) == "untrusted comment: x\nRWx\n"
    assert settings.public_key("RWx/+=") == "RWx/+="
    with pytest.raises(SettingsError, match=r"key file .*none\.pub cannot be read"):
        settings.public_key(str(tmp_path / "none.pub"))
