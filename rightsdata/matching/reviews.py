"""Reviews: the list of pairs that a person works through, and the decisions read back from it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from rightsdata import cells, files
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData, Problem

ANSWERS = ("same", "different")
"""What may stand in the column `decision`; an empty cell is not decided yet."""

FACTS = (
    "provider",
    "country",
    "start",
    "end",
    "ongoing",
    "restriction_type",
    "targets",
    "areas",
    "title",
    "authorities",
    "pages",
)
"""What is shown of each side, in the columns `left <fact>` and `right <fact>`, side by side."""

COLUMNS = (
    "decision",
    "answer",
    "score",
    *(f"{side} {fact}" for fact in FACTS for side in ("left", "right")),
    "explanation",
    "left_id",
    "right_id",
)
"""Columns of the review list."""


def write_review(
    pairs: pl.DataFrame, a: Dataset, b: Dataset | None, path: str | Path, *, places: pl.DataFrame | None = None
) -> Path:
    """Write the pairs that a person should look at as a CSV, both sides' facts side by side, an empty column to decide in.

    A row for each pair whose answer is review, by score; then a row for each that was decided, with the decision, so
    that the file, given back as `decisions`, is the whole memory of the work. Write `same` or `different` into `decision`
    and leave the ids as they are. Cells that a spreadsheet would take for a formula begin with an apostrophe.

    Args:
        pairs: what `match` gave.
        a: its first dataset.
        b: its second, or None.
        path: the file; one that is there is replaced.
        places: what `match` was given.

    Returns:
        The path.
    """
    shown = pairs.filter((pl.col("answer") == "review") | pl.col("decided")).sort("decided", maintain_order=True)
    table = shown.with_columns(decision=pl.when("decided").then(pl.col("answer").cast(pl.String)).otherwise(pl.lit("")))
    for side, dataset in (("left", a), ("right", a if b is None else b)):
        facts = _facts(dataset, places)
        facts.columns = [f"{side}_id", *(f"{side} {fact}" for fact in FACTS)]
        table = table.join(facts, on=f"{side}_id", how="left", maintain_order="left")
    place = Path(path)
    files.write(place, cells.text(table.select(COLUMNS)))
    return place


def read_decisions(path: str | Path) -> pl.DataFrame:
    """The decisions of a review list: row (as a spreadsheet counts, the header is 1), left_id, right_id, answer.

    Only the columns decision, left_id and right_id are read, in any order, so a person may add others.

    Raises:
        InvalidData: for a file that is no review list, or a decision that is neither same nor different; with the row.
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        remedy = "Save it from the spreadsheet as CSV UTF-8."
        raise InvalidData(
            [
                Problem(
                    place.name, 0, "file", "bytes that are no UTF-8", "a CSV in UTF-8", remedy, "a_review_list_is_utf_8"
                )
            ]
        ) from None
    first = text.splitlines()[0] if text else ""
    separator = ";" if first.count(";") > first.count(",") else ","  # as some spreadsheets save it
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    header = [cell.strip() for cell in rows[0]] if rows else []
    wanted = ("decision", "left_id", "right_id")
    if lost := [name for name in wanted if name not in header]:
        remedy = "Give the file that `rightsdata match -o` wrote, with its header."
        raise InvalidData(
            [
                Problem(
                    place.name,
                    1,
                    ", ".join(lost),
                    "no such column",
                    "a review list",
                    remedy,
                    "a_review_list_has_its_columns",
                )
            ]
        )
    found, problems = [], []
    for number, values in enumerate(rows[1:], start=2):
        row = dict(zip(header, (cell.strip() for cell in values), strict=False))
        said = row.get("decision", "").lower()
        if said in ANSWERS:
            found.append((number, row.get("left_id", ""), row.get("right_id", ""), said))
        elif said:
            problems.append(
                Problem(
                    place.name,
                    number,
                    "decision",
                    said,
                    "same, different or nothing",
                    "Write one of the two words.",
                    "a_decision_is_same_or_different",
                )
            )
    if problems:
        raise InvalidData(problems)
    return pl.DataFrame(
        found, schema={"row": pl.Int64, "left_id": pl.String, "right_id": pl.String, "answer": pl.String}, orient="row"
    )


def checked(decisions: pl.DataFrame | str | Path, a: Dataset, b: Dataset | None) -> pl.DataFrame:
    """The decisions as pairs of this comparison: left_id of a, right_id of b (within one dataset in alphabetical order).

    Raises:
        InvalidData: for an id that neither dataset has, a pair of one side, or decisions that contradict each other.
    """
    name = "decisions" if isinstance(decisions, pl.DataFrame) else Path(decisions).name
    given = decisions if isinstance(decisions, pl.DataFrame) else read_decisions(decisions)
    if "row" not in given.columns:
        given = given.with_row_index("row", offset=1)
    left, right = set(a.events["event_id"]), set((a if b is None else b).events["event_id"])
    problems: list[Problem] = []
    kept: dict[tuple[str, str], tuple[int, str]] = {}
    for row, one, other, said in given.select("row", "left_id", "right_id", "answer").iter_rows():
        for field, identity in (("left_id", one), ("right_id", other)):
            if identity not in left and identity not in right:
                remedy = "Correct the id, or remove the row if the event is gone."
                problems.append(
                    Problem(
                        name,
                        row,
                        field,
                        str(identity),
                        "an event of the datasets compared",
                        remedy,
                        "a_decided_event_exists",
                    )
                )
        if problems and problems[-1].line == row:
            continue
        pair = (one, other) if one in left and other in right else (other, one)
        if b is None:
            pair = (min(pair), max(pair))
        if pair[0] not in left or pair[1] not in right or pair[0] == pair[1]:
            expected = "one event of each dataset" if b is not None else "two events"
            problems.append(
                Problem(
                    name,
                    row,
                    "right_id",
                    f"{one} and {other}",
                    expected,
                    "Remove the row.",
                    "a_decision_is_about_both_sides",
                )
            )
            continue
        before = kept.setdefault(pair, (row, said))
        if before[1] != said:
            problems.append(
                Problem(
                    name,
                    row,
                    "decision",
                    said,
                    f"{before[1]}, as in row {before[0]}",
                    "Keep one of the two rows.",
                    "decisions_agree",
                )
            )
    if problems:
        raise InvalidData(problems)
    rows = [(*pair, said) for pair, (_, said) in kept.items()]
    return pl.DataFrame(rows, schema={"left_id": pl.String, "right_id": pl.String, "answer": pl.String}, orient="row")


def _facts(dataset: Dataset, places: pl.DataFrame | None) -> pl.DataFrame:
    """event_id and FACTS as texts."""
    full = pl.format(
        "{}{}",
        "platform_id",
        pl.when(pl.col("feature").cast(pl.String) == "all")
        .then(pl.lit(""))
        .otherwise(pl.format(" ({})", pl.col("feature").cast(pl.String))),
    )
    targets = dataset.targets.group_by("event_id").agg(targets=full.unique().sort().str.join(", "))
    bodies = dataset.authorities.group_by("event_id").agg(authorities=pl.col("name").unique().sort().str.join(", "))
    pages = (
        dataset.citations.sort("event_id", "position")
        .join(dataset.sources.select("source_id", "url"), on="source_id", maintain_order="left")
        .group_by("event_id", maintain_order=True)
        .agg(pages=pl.col("url").head(3).str.join(" "))
    )
    areas = (
        pl.DataFrame(schema={"event_id": pl.String, "name": pl.String})
        if places is None
        else places.select("event_id", "name")
    )
    named = areas.group_by("event_id").agg(named=pl.col("name").unique().sort().str.join("; "))
    shown = dataset.events.select(
        "event_id",
        "provider",
        "country",
        "start",
        "end",
        "restriction_type",
        "title",
        ongoing=pl.col("ongoing").cast(pl.String),
        codes=pl.col("admin1").list.join(", "),
    )
    for part in (targets, bodies, pages, named):
        shown = shown.join(part, on="event_id", how="left")
    areas_told = pl.concat_str(pl.when(pl.col("codes") != "").then("codes"), "named", separator="; ", ignore_nulls=True)
    return shown.with_columns(areas=areas_told).select("event_id", *FACTS)
