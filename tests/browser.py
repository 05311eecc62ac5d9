"""A real browser: what a page holds, draws and asks the network for."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=8000",
]  # fmt: skip


needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"
)


class Page(HTMLParser):
    """Texts, links, ids and tags of a page; scripts and styles are not text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.ids = "", [], []  # type: ignore[var-annotated]
        self.links: list[dict[str, str | None]] = []
        self.title = ""
        self._in: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values)
        if tag in ("script", "style", "title"):
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if self._in == ["title"]:
            self.title += data
        elif not self._in:
            self.text += " " + " ".join(data.split())


def browse(path: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """The page's document after its scripts ran, and the browser's log."""
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            *flags,
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout, done.stderr


def asked(log: Path) -> set[str]:
    """Addresses that a page asked for, by the browser's own log of its network; the browser's own look-ups aside."""
    found = set(re.findall(r'"url":"([a-z]+:[^"]*)"', log.read_text(encoding="utf-8")))
    own = {url for url in found if not re.match(r"(file|data|blob|chrome|devtools|about):", url)}
    return {url for url in own if not re.search(r"google|gvt1|duckduckgo", url)}
