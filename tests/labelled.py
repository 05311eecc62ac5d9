"""The labelled pairs of tests/data/matching against what the matcher says of them; needs the STOP workbook."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import rightsdata as rd
from rightsdata import importers, matching

ROOT = Path(__file__).parents[1]
WORKBOOK = ROOT.parent / "shared" / "samples" / "stop_workbook_2016-2022.xlsx"
LABELS = ROOT / "tests" / "data" / "matching"
RELEASE = "2026.11.1"
"""The version whose events were judged."""


@dataclass(frozen=True)
class Judged:
    """A labelled pair and the best that the pipeline says of any drafts of its two sides."""

    left: str
    right: str
    verdict: str
    half: str
    answer: str
    """same, review, different, merged (the importer made one draft of the two rows) or none (not listed)."""
    drafted: bool
    """Whether either side has a draft at all."""


@dataclass(frozen=True)
class Quality:
    """Precision and recall of `same`, with their counts."""

    hits: int
    false: int
    positives: int
    reachable: int
    """Positives of which either side has a draft, which alone the matcher can find."""
    under_review: int
    """Positives that it sends to review."""
    unclear_to_review: int
    unclear: int

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false)

    @property
    def recall(self) -> float:
        return self.hits / self.positives

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} ({self.hits} of {self.hits + self.false}), recall {self.recall:.3f} ({self.hits} of "
            f"{self.positives}; of {self.reachable} with drafts {self.hits / self.reachable:.3f}; {self.under_review} more under review), "
            f"unclear ones under review {self.unclear_to_review} of {self.unclear}"
        )


def judged() -> dict[str, list[Judged]]:
    """The labelled pairs by file, each with what the importer and the matcher together say."""
    ours, stop = rd.load(RELEASE), importers.stop(WORKBOOK)
    drafts: dict[str, list[str]] = defaultdict(list)
    for sheet, row, events in stop.rows.select("sheet", "row", "event_ids").iter_rows():
        drafts[f"{sheet.strip()}!{row}"] += events
    theirs = stop.dataset()
    found: dict[str, list[Judged]] = {}
    for name, pairs in (
        ("records_and_stop", matching.match(ours, theirs, places=stop.places)),
        ("stop_rows", matching.match(theirs, places=stop.places)),
    ):
        said = {
            (one, other): answer for one, other, answer in pairs.select("left_id", "right_id", "answer").iter_rows()
        }
        found[name] = []
        with (LABELS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for label in csv.DictReader(file):
                left, right = (
                    drafts[label[side].partition("#")[0]] if "!" in label[side] else [label[side]]
                    for side in ("left", "right")
                )
                answers = {said.get((x, y)) or said.get((y, x)) or "none" for x in left for y in right} or {"none"}
                answer = (
                    "merged" if {*left} & {*right} else min(answers, key=["same", "review", "different", "none"].index)
                )
                one, other, verdict, half = (label[key] for key in ("left", "right", "verdict", "half"))
                found[name].append(Judged(one, other, verdict, half, answer, bool(left and right)))
    return found


def quality(pairs: list[Judged], half: str) -> Quality:
    """How often `same` is right and how much of what is the same it finds, in one half."""
    some = [one for one in pairs if one.half == half]
    same = [one for one in some if one.verdict == "same"]
    found = [one for one in some if one.answer in ("same", "merged")]
    unclear = [one for one in some if one.verdict == "unclear"]
    return Quality(
        sum(one.verdict == "same" for one in found),
        sum(one.verdict == "different" for one in found),
        len(same),
        sum(one.drafted for one in same),
        sum(one.answer == "review" for one in same),
        sum(one.answer == "review" for one in unclear),
        len(unclear),
    )
