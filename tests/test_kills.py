"""Killed at any moment: nothing half-written is ever visible, and the next run succeeds."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Folder

from rightsdata import manifest, release, site, verification

RANDOMLY = int(os.environ.get("KILLS", "10"))
"""Trials at random moments, for each of the jobs."""

STRIDE = 1 if "KILLS" in os.environ else 3
"""Every step is tried with `KILLS=100 pytest tests/test_kills.py`, every third by default."""


@pytest.fixture(scope="module")
def killer() -> Iterator[subprocess.Popen[str]]:
    here = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, "-m", "killed"], cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


class Trials:
    """A job on a place that starts anew each time, what it leaves behind, and what must hold however it ended."""

    def __init__(
        self,
        killer: subprocess.Popen[str],
        job: str,
        start: Path,
        data: Path,
        holds: Callable[[Path], None],
    ) -> None:
        self.killer, self.job, self.start, self.data, self.holds = killer, job, start, data, holds
        self.place = start.parent / "trial"
        self.fresh()
        told = self.ask()
        assert told["status"] == 0
        self.steps: int = told["steps"]
        self.lasts: float = told["lasted"]
        self.whole = contents(self.place)

    def fresh(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.start, self.place)

    def ask(self, at: int = 0, after: float = 0) -> dict[str, Any]:
        assert self.killer.stdin
        assert self.killer.stdout
        trial = {"job": self.job, "place": str(self.place), "data": str(self.data), "at": at, "after": after}
        print(json.dumps(trial), file=self.killer.stdin, flush=True)
        return dict(json.loads(self.killer.stdout.readline()))

    def run(self, *, at: int = 0, after: float = 0) -> bool:
        """Whether the kill came in time."""
        self.fresh()
        told = self.ask(at, after)
        self.holds(self.place)
        assert self.ask()["status"] == 0
        assert contents(self.place) == self.whole
        return bool(told["killed"])


def contents(place: Path) -> dict[str, str]:
    """Every file under a folder, hidden ones too, with its checksum."""
    return {
        str(path.relative_to(place)): manifest.sha256(path.read_bytes()) for path in place.rglob("*") if path.is_file()
    }


def whole_releases(place: Path) -> None:
    for one in place.glob("[!.]*"):
        assert verification.verify(one).ok


def whole_site(place: Path) -> None:
    whole_releases(place / "releases")
    for entry in json.loads((place / site.INDEX).read_bytes())["versions"]:
        assert manifest.sha256((place / entry["bundle"]["path"]).read_bytes()) == entry["bundle"]["sha256"]
        assert (place / entry["path"] / manifest.NAME).is_file()
    assert "</html>" in (place / "index.html").read_text(encoding="utf-8")


def whole_cache(place: Path) -> None:
    whole_releases(place / "releases")
    if (place / "seen.json").exists():
        assert json.loads((place / "seen.json").read_bytes())


@pytest.fixture
def trials(request: pytest.FixtureRequest, killer: subprocess.Popen[str], tmp_path: Path) -> Trials:
    folder, releases = Folder(tmp_path / "data"), tmp_path / "releases"
    release.file(folder.dataset("2030.01.0"), releases)
    if request.param == "release":
        return Trials(killer, "release", releases, tmp_path / "data", whole_releases)
    site.publish(releases, tmp_path / "site")
    release.file(folder.dataset("2030.01.1"), releases)
    if request.param == "publish":
        return Trials(killer, "publish", tmp_path / "site", releases, whole_site)
    site.publish(releases, tmp_path / "site")
    (tmp_path / "cache").mkdir()
    return Trials(killer, "fetch", tmp_path / "cache", tmp_path / "site", whole_cache)


@pytest.mark.slow
@pytest.mark.parametrize("trials", ["release", "publish", "fetch"], indirect=True)
def test_killed_at_its_steps_nothing_half_written_is_seen(trials: Trials) -> None:
    assert trials.steps > 20
    assert all(trials.run(at=step) for step in range(1, trials.steps + 1, STRIDE))


@pytest.mark.slow
@pytest.mark.parametrize("trials", ["release", "publish", "fetch"], indirect=True)
def test_killed_at_random_moments_nothing_half_written_is_seen(trials: Trials) -> None:
    chance = random.Random(20251125)
    in_time = [trials.run(after=chance.uniform(0, trials.lasts)) for _ in range(RANDOMLY)]
    assert sum(in_time) > RANDOMLY / 4
