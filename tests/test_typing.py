"""A small program that uses the package, type-checked as its author would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.slow
def test_programs_that_use_it_are_type_checked_strictly_and_wrong_use_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    words = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), "good.py", "bad.py"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    found = [line.split(":")[:2] for line in done.stdout.splitlines() if ": error:" in line]
    assert found == [["bad.py", line] for line in ("4", "5", "6", "7")], done.stdout
    assert "good.py" not in done.stdout
