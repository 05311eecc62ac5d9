"""The table: every group measured in a process of its own, so that the memory of one is free before the next."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.timing import ROOT, Line

RESULTS = Path(__file__).with_name("RESULTS.md")

SMALL = 100
"""What the sizes are divided by with --small."""

GROUPS = {
    "start": "starting.lines",
    "where": "selecting.lines",
    "validate": "validating.lines",
    "validate-large": "validating.large",
    "analyses": "analyses.lines",
    "grounds": "grounds.lines",
    "analyses-large": "analyses.large",
    "evidence": "evidence.lines",
    "evidence-large": "evidence.large",
    "import": "importing.lines",
    "match": "matching.lines",
    "gate": "gating.lines",
    "release": "releasing.lines",
    "transfer": "transfers.lines",
    "brief": "briefing.lines",
    "growth": "growth.lines",
}
"""Groups by name, each with the function that measures it."""

HEADS = ("ours", "yardstick", "s", "yardstick s", "ratio", "aim", "GB", "")

PACKAGES = ("polars", "duckdb", "great-expectations", "pandera", "pointblank", "lifelines")


@dataclass(slots=True)
class Measured:
    """What a group gave: its lines, and why it stopped, if it did."""

    name: str
    lines: list[Line] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0
    gigabytes: float = 0.0
    """The most memory that the largest of its processes held."""


def measured(name: str, scale: int) -> Measured:
    """Measure a group in a new process; lines that it told before it failed are kept."""
    found, begun = Measured(name), time.monotonic()
    command = [sys.executable, "-m", "tests.benchmarks", "--only", name, "--json", *(["--small"] if scale > 1 else [])]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert running.stdout is not None
    with running.stdout as stream:
        for text in stream:
            told = json.loads(text)
            if "failure" in told:
                found.failure = told["failure"]
            else:
                found.lines.append(Line(**told))
                print(f"{name}: {found.lines[-1].what}: {found.lines[-1].ours:.3f} s", file=sys.stderr)
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode and not found.failure:
        found.failure = f"the process ended with {running.returncode}"
    found.seconds, found.gigabytes = time.monotonic() - begun, usage.ru_maxrss / 1e6  # kilobytes on Linux
    return found


def tell(names: list[str], scale: int) -> int:
    """Measure groups in this process and print each line as JSON; whatever else is printed goes to standard error."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        for name in names:
            for line in _lines(name)(scale):
                print(json.dumps(asdict(line)), file=out, flush=True)
    except Exception as error:
        print(json.dumps({"failure": f"{type(error).__name__}: {error}"[:500]}), file=out, flush=True)
        raise
    return 0


def _lines(name: str) -> Callable[[int], Iterator[Line]]:
    module, function = GROUPS[name].split(".")
    found: Callable[[int], Iterator[Line]] = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)
    return found


def cells(line: Line, scale: int) -> tuple[str, ...]:
    """A line as texts, in the order of HEADS; an aim that is missed at full size says so."""
    missed = " missed" if line.met is False and scale == 1 else ""
    return (
        line.what,
        line.against,
        f"{line.ours:.3f}",
        f"{line.theirs:.3f}" if line.theirs else "",
        "" if line.ratio is None else f"{line.ratio:.2f}",
        line.aims + missed,
        "" if line.gigabytes is None else f"{line.gigabytes:.2f}",
        line.note,
    )


def shown(groups: list[Measured], scale: int) -> Table:
    """The table for a terminal."""
    table = Table(*HEADS)
    for group in groups:
        table.add_section()
        for line in group.lines:
            table.add_row(*cells(line, scale), style="red" if line.met is False and scale == 1 else None)
        if group.failure:
            table.add_row(f"{group.name} FAILED", group.failure.splitlines()[0], style="bold red")
    return table


def machine(scale: int) -> list[str]:
    """What the figures were measured on and with, without a name of a host or a path."""
    import rightsdata as rd

    name = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    tools = ", ".join(f"{package} {_version(package)}" for package in PACKAGES)
    return [
        f"{date.today().isoformat()}; data {rd.load().version}"
        + (f"; sizes {scale} times smaller" if scale > 1 else ""),
        f"{name}, {os.cpu_count()} cores, {memory:.0f} GB of memory",
        f"Python {platform.python_version()}, {tools}",
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def written(groups: list[Measured], about: list[str], scale: int) -> str:
    """The table as Markdown."""
    parts = [
        "# Benchmarks",
        "",
        "Written by `python -m tests.benchmarks --write`. Seconds are the best of several runs, of slow yardsticks of one; those of a "
        "yardstick are of the same run, and its answers were equal. `GB` is the most memory that the process of a line held.",
        "",
        *(f"- {line}" for line in about),
    ]
    for group in groups:
        parts += [
            "",
            f"## {group.name}",
            "",
            f"{group.seconds:.0f} s in all, at most {group.gigabytes:.1f} GB in one process.",
        ]
        if group.lines:
            parts += ["", _row(HEADS), _row(["---"] * len(HEADS)), *(_row(cells(line, scale)) for line in group.lines)]
        if group.failure:
            parts += ["", f"**Failed:** {group.failure.splitlines()[0]}"]
    return "\n".join(parts) + "\n"


def _row(texts: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def main() -> int:
    """Measure what is asked for and print the table; 1 if a group failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=GROUPS, help="a group; may be given again")
    parser.add_argument(
        "--small", action="store_true", help=f"sizes {SMALL} times smaller, each once; aims are not judged"
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--json", action="store_true", help="print lines as JSON, measured in this process")
    asked = parser.parse_args()
    if asked.write and (asked.only or asked.small):
        parser.error("--write keeps every group at full size; leave out --only and --small")
    names, scale = list(asked.only or GROUPS), SMALL if asked.small else 1
    if asked.json:
        return tell(names, scale)
    groups = [measured(name, scale) for name in names]
    about = machine(scale)
    Console(width=200).print(shown(groups, scale), *about, sep="\n")
    if asked.write:
        RESULTS.write_text(written(groups, about, scale), encoding="utf-8")
    return int(any(group.failure for group in groups))


if __name__ == "__main__":
    sys.exit(main())
