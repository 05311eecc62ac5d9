"""A small program that uses the package, type-checked as its author would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GOOD = """
from datetime import date
from pathlib import Path

import polars as pl
import rightsdata as rd

ds: rd.Dataset = rd.load()
ru = ds.where(country="RU", platform=["whatsapp"], since="2022", until=date(2025, 1, 1), status="ended")
events: pl.DataFrame = ru.events
counts: pl.DataFrame = rd.analysis.count_events(ru, by="restriction_type")
figure = rd.figures.timeline(rd.analysis.timeline(ru), footer=ru.cite())
page: Path = rd.brief(ru, "russia.html")
lazy: pl.LazyFrame = rd.scan("events")
problems: list[rd.errors.Problem] = rd.validate(events=events)
label: str = rd.vocabulary.RestrictionType.FEATURE_BLOCK.label("ru")
known: list[str] = rd.versions()
bounds: rd.dates.Bounds = rd.dates.parse("2025-08")
"""

BAD = """
import rightsdata as rd

ds = rd.load(2026)
ds.where(country=3)
rd.brief(ds)
ds.event
"""


def mypy(tmp_path: Path, program: str) -> str:
    path = tmp_path / "program.py"
    path.write_text(program)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        str(tmp_path / "cache"),
        str(path),
    ]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout


def test_a_downstream_program_type_checks_strictly(tmp_path: Path) -> None:
    assert mypy(tmp_path, GOOD) == ""


def test_wrong_use_is_found_by_the_type_checker(tmp_path: Path) -> None:
    found = mypy(tmp_path, BAD)
    assert [line.split(":")[1] for line in found.splitlines() if ": error:" in line] == ["4", "5", "6", "7"]
