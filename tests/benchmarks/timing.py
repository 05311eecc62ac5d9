"""Times: the best of several runs, ours and the yardstick's in turn, and the lines in which they are told."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]

Measure = Literal["ratio", "seconds", "seconds more", "gigabytes"]
"""What an aim limits: ours over the yardstick's, our seconds, ours less the yardstick's, or our memory."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was timed, against what, and what we aim at; `against` is empty where there is no yardstick."""

    what: str
    against: str
    ours: float
    theirs: float = 0.0
    aim: float | None = None
    measure: Measure = "ratio"
    gigabytes: float | None = None
    """The most memory that ours held, in a process of its own."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Our seconds over the yardstick's."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def value(self) -> float | None:
        """What the aim limits."""
        values = {
            "ratio": self.ratio,
            "seconds": self.ours,
            "seconds more": self.ours - self.theirs,
            "gigabytes": self.gigabytes,
        }
        return values[self.measure]

    @property
    def met(self) -> bool | None:
        """Whether the aim, which holds for full sizes, is met; None without one."""
        return None if self.aim is None or self.value is None else self.value <= self.aim

    @property
    def aims(self) -> str:
        """The aim in words."""
        if self.aim is None:
            return ""
        words = {"ratio": "{:g}", "seconds": "{:g} s", "seconds more": "{:+g} s", "gigabytes": "{:g} GB"}
        return words[self.measure].format(self.aim)


def process(*arguments: str) -> Callable[[], float]:
    """Seconds that a new Python process takes with these arguments."""
    return call(lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=ROOT))


def call(function: Callable[[], object]) -> Callable[[], float]:
    """Seconds that a call takes."""

    def run() -> float:
        begun = time.perf_counter()
        function()
        return time.perf_counter() - begun

    return run


def best(*runs: Callable[[], float], times: int) -> list[float]:
    """The best time of each, run in turn, so that a machine that is busy for a moment spoils none."""
    return [min(found) for found in zip(*([run() for run in runs] for _ in range(times)), strict=True)]


def repeats(times: int, scale: int) -> int:
    """How often a run is repeated: once where sizes are small, since its times tell little."""
    return 1 if scale > 1 else times


def alone(*arguments: str) -> tuple[float, float]:
    """The seconds and gigabytes that a new Python process tells of itself, as `tell` prints them."""
    said = subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    seconds, gigabytes = json.loads(said)
    return seconds, gigabytes


def tell(seconds: float) -> None:
    """Print the seconds and the most memory that this process held.

    The kernel counts it anew for every program; what `wait4` says of a child holds its parent's memory too.
    """
    status = Path("/proc/self/status").read_text()
    print(json.dumps([seconds, int(status.split("VmHWM:")[1].split()[0]) / 1e6]))
