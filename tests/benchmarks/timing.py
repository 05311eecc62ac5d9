"""Times: the best of several runs, ours and the yardstick's in turn."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]

Line = tuple[str, str, float, float, str]
"""What, against what, our seconds, the yardstick's (0 for none), the aim."""


def process(code: str) -> Callable[[], float]:
    """Seconds that a new Python process takes for the code."""

    def run() -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        return time.perf_counter() - begun

    return run


def call(function: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        begun = time.perf_counter()
        function()
        return time.perf_counter() - begun

    return run


def best(*runs: Callable[[], float], times: int) -> list[float]:
    """The best time of each, run in turn."""
    return [min(found) for found in zip(*([run() for run in runs] for _ in range(times)), strict=True)]
