"""How often the matcher is right on pairs that were judged before it was written, in the half that did not tune it."""

from __future__ import annotations

import csv
import hashlib
import re

import pytest
from labelled import LABELS, WORKBOOK, judged, quality


@pytest.mark.parametrize("name", ["records_and_stop", "stop_rows"])
def test_the_halves_are_drawn_by_a_hash_and_no_pair_is_judged_twice(name: str) -> None:
    with (LABELS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        even = hashlib.sha256(f"{row['left']}|{row['right']}".encode()).digest()[0] % 2 == 0
        assert row["half"] == ("tuning" if even else "held_out")
        assert row["verdict"] in ("same", "different", "unclear")
        assert re.fullmatch(r"[^!]+![0-9]+#[0-9a-f]{8}", row["right"])
    assert len({frozenset((row["left"], row["right"])) for row in rows}) == len(rows)


@pytest.mark.skipif(not WORKBOOK.is_file(), reason="the STOP workbook is not at ../shared/samples")
def test_the_held_out_half_is_matched_as_well_as_the_documentation_says() -> None:
    pytest.importorskip("python_calamine")
    pytest.importorskip("pycountry")
    found = judged()
    between = quality(found["records_and_stop"], "held_out")
    assert between.precision >= 0.95, between
    assert between.recall >= 0.90, between
    every = quality([one for pairs in found.values() for one in pairs], "held_out")
    assert every.precision >= 0.95, every
    assert every.recall >= 0.89, every
