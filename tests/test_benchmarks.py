"""The benchmarks, at small sizes: every line is told, and every yardstick gives the same answer. Times are not judged."""

from __future__ import annotations

import importlib
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.timing import Line
from conftest import ROOT

sys.path.append(str(ROOT))  # the benchmarks call one another by whole names; what is installed goes before
table = importlib.import_module("tests.benchmarks.__main__")


def measured(*groups: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "tests.benchmarks", "--small", "--json", *(f"--only={group}" for group in groups)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.slow
def test_every_line_of_a_group_is_told_and_its_answers_are_equal() -> None:
    lines = measured("where", "grounds", "evidence")
    assert [str(line["what"]).split(",")[0] for line in lines] == [
        "where by country",
        "where by platform",
        "where by dates",
        "where by country",
        "legal_bases",
        "reasons_by_context",
        "sourcing",
        *["join of 100"] * 3,
        "evidence.run",
    ]
    assert all(line["ours"] for line in lines)


def test_a_group_that_fails_says_why_and_keeps_its_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "python"
    line = '{"what": "one", "against": "", "ours": 1.0}'
    script.write_text(f"#!/bin/sh\necho '{line}'\necho '{{\"failure\": \"AssertionError: 1 != 2\"}}'\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    found = table.measured("where", 1)
    assert [line.what for line in found.lines] == ["one"]
    assert found.failure == "AssertionError: 1 != 2"
    assert "**Failed:** AssertionError" in table.written([found], [], 1)


@pytest.mark.parametrize(
    ("line", "aims"),
    [
        (Line("a", "b", 2.0, 1.0, 1.5), "1.5 missed"),
        (Line("a", "b", 1.2, 1.0, 1.5), "1.5"),
        (Line("a", "b", 1.2, 1.0, 0.1, "seconds more"), "+0.1 s missed"),
        (Line("a", "", 1.0, aim=2, measure="gigabytes", gigabytes=2.5), "2 GB missed"),
        (Line("a", "", 1.0), ""),
    ],
)
def test_an_aim_that_is_missed_says_so(line: Line, aims: str) -> None:
    assert table.cells(line, 1)[5] == aims
    assert "missed" not in table.cells(line, 100)[5]


def test_the_machine_is_told_without_its_name() -> None:
    told = " ".join(table.machine(1))
    assert "cores" in told
    assert platform.node() not in told and str(Path.home()) not in told
