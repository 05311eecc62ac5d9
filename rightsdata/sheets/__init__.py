"""Coding sheets: workbooks and CSV folders in which coders write events, made, checked and turned into records.

    sheets.new(Path("coding.xlsx"), sheets.reference(None))
    coding = sheets.check(Path("coding.xlsx"), None)
    coding.problems                       # every mistake by cell, as `rightsdata check` words it
    sheets.write_records(coding, Path("data"))

The columns, drop-down lists and help page come from the schema; what is written in a sheet goes through the checks of
`build`, beside all records that are there already.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from rightsdata import build, files, home, notation, reading, records, schema
from rightsdata.errors import InvalidData, Problem, SheetError
from rightsdata.sheets import coding, grids, layout


@dataclass(frozen=True, slots=True)
class Coding:
    """What a sheet holds: events' records as nested values, the cell of each, and every problem.

    The `file` of a problem is its cell, such as events!C5, and its line is 0.
    """

    records: Sequence[dict[str, Any]]
    cells: Sequence[str]
    problems: Sequence[Problem]

    @property
    def errors(self) -> list[Problem]:
        """The problems that stand in the way of an import."""
        return [problem for problem in self.problems if problem.severity == "error"]


# ------------------------------------------------------------------- making


def new(path: Path, data: Path | None, values: Iterable[dict[str, Any]] = ()) -> Path:
    """Write a workbook (.xlsx) or a folder of CSV files to code events in.

    Args:
        path: the workbook, or the folder, which must not be there.
        data: the data folder whose platforms, publishers and countries the lists offer; None for the newest release.
        values: records of events to fill in, as `values_of` gives them.

    Raises:
        FileExistsError: if something is there already; it is left alone.
        SheetError: if the name ends in anything else, or a record cannot be put into cells.
        MissingExtra: if openpyxl is not installed and a workbook is asked for.
    """
    if path.suffix.lower() not in ("", ".xlsx"):
        remedy = "Name a workbook that ends in .xlsx, or a folder for CSV files, without an ending."
        raise SheetError(path.name, f"the ending {path.suffix}", remedy)
    if path.exists():
        raise FileExistsError(17, "exists already", str(path))
    try:
        tables = layout.tables(values)
    except ValueError as error:
        raise SheetError(path.name, "a record that no sheet can hold", str(error)) from error
    if path.suffix:
        from rightsdata.sheets import workbooks

        example = notation.parse((Path(__file__).parent / "example.yaml").read_text(encoding="utf-8"), "example").value
        files.write_bytes(path, workbooks.make(tables, layout.lists(known(data)), example))
    else:
        with files.folder(path) as draft:
            grids.write(draft, tables)
    return path


def values_of(data: Path, part: str = ".") -> list[dict[str, Any]]:
    """The records of a data folder, or of a folder or file in it, as nested values.

    Raises:
        InvalidData: if one cannot be read, with every problem of form.
    """
    rows = records.read(data)
    chosen = [place.file for place in rows.places["events"] if home.inside(place.file, part)]
    if bad := [problem for problem in rows.problems if home.inside(problem.file, part)]:
        raise InvalidData(bad)
    return [notation.parse((data / file).read_text(encoding="utf-8"), file).value or {} for file in chosen]


# ------------------------------------------------------------------- checking


def check(path: Path, data: Path | None) -> Coding:
    """The records of a workbook or of a folder of CSV files, and everything that is wrong, by cell.

    Rules between records are judged together with the records of `data`; an event that is there too is taken from
    the sheet.

    Args:
        path: the workbook or the folder.
        data: a data folder; None for the newest release.

    Raises:
        SheetError: if it cannot be read at all.
    """
    coded = coding.decode(grids.read(path), path.name)
    values = [record.value or {} for record in coded.records]
    rows = known(data, {value["event_id"] for value in values if value.get("event_id")})
    rows.cells[coded.file] = coded.cells
    for record in coded.records:
        records.add_event(rows, record, coded.file)
    rows.problems += coded.problems
    if not values and not any(problem.severity == "error" for problem in coded.problems):
        coded.cells.append("events")
        remedy = "Fill in a row for every event."
        line = len(coded.cells) - 1
        rows.problem(coded.file, line, "sheet", "no event", "rows below the header", remedy, "no_records")
    problems, _ = build.examine(rows)
    order = {name: place for place, name in enumerate(coded.cells)}
    found = [
        replace(problem, file=coded.cells[problem.line], line=0, also="")
        for problem in problems
        if problem.file == coded.file
    ]
    found.sort(key=lambda problem: order[problem.file])
    return Coding(values, [coded.cells[record.lines[()]] for record in coded.records], found)


def marked(path: Path, problems: Sequence[Problem], copy: Path) -> Path:
    """Write a copy of a workbook in which each cell with a problem is coloured and says in a comment what is wrong.

    Raises:
        SheetError: for CSV files, which hold no colours, and where the copy would take the place of the workbook.
    """
    if path.is_dir() or copy.suffix.lower() != ".xlsx":
        raise SheetError(copy.name, "no workbook to mark", "Only an .xlsx workbook can hold colours and comments.")
    if copy.exists() and copy.samefile(path):
        raise SheetError(copy.name, "the workbook itself", "Name another file for the marked copy.")
    from rightsdata.sheets import workbooks

    files.write_bytes(copy, workbooks.marked(path.read_bytes(), problems))
    return copy


def known(data: Path | None, without: Container[str] = ()) -> records.Rows:
    """The reference tables and records beside which a sheet is judged, but for the events in `without`."""
    if data is not None:
        return records.read(data, without)
    release = reading.load()
    events = [event for event in release.events["event_id"] if event not in without]
    rows = records.Rows(Path())
    place = records.Place(f"release {release.version}", 0)
    for name in schema.CODED:
        frame = release.tables[name]
        if name == "sources":  # once for every event that cites it, as in records
            frame = release.citations.select("event_id", "source_id").join(frame, on="source_id", maintain_order="left")
        if "event_id" in frame.columns:
            frame = frame.filter(pl.col("event_id").is_in(events))
        rows.tables[name] = build.coded(name, frame)
        rows.places[name] = [place] * frame.height
    return rows


# ------------------------------------------------------------------- importing


def write_records(coded: Coding, out: Path) -> list[Path]:
    """Write the records as `out`/events/<CC>/<event_id>.yaml, all or none.

    A file that says the same is left as it is; one that says something else is never overwritten.

    Returns:
        The files that were written.

    Raises:
        InvalidData: if the sheet has errors, or a file of another content is in the way, with all of them.
    """
    problems = list(coded.errors)
    texts: dict[Path, str] = {}
    if not problems:
        for value, cell in zip(coded.records, coded.cells, strict=True):
            event_id = value["event_id"]
            path = out / "events" / event_id[:2].upper() / f"{event_id}.yaml"
            text = records.write_event(value)
            if not os.path.lexists(path):
                texts[path] = text
            elif path.is_symlink() or not path.is_file() or path.read_bytes() != text.encode():
                found = f"{path.relative_to(out).as_posix()}, which says something else"
                remedy = "Remove the row, give the event its own id, or move the file away."
                problems.append(Problem(cell, 0, "event_id", found, "no such file", remedy, "record_exists"))
    if problems:
        raise InvalidData(problems)
    _place(texts, out)
    return list(texts)


def _place(texts: dict[Path, str], out: Path) -> None:
    """Write new files under `out`: first all as drafts, then each under its name; what was placed goes if one fails."""
    if linked := [one for one in {path.parent for path in texts} | {out / "events"} if one.is_symlink()]:
        raise SheetError(
            str(linked[0]), "a symbolic link", "Records are written into the folder itself: put one there."
        )
    out.mkdir(parents=True, exist_ok=True)
    placed: list[Path] = []
    made: list[Path] = []
    with tempfile.TemporaryDirectory(prefix=".events.draft-", dir=out) as name:
        drafts = [Path(name) / f"{number}.yaml" for number in range(len(texts))]
        for draft, text in zip(drafts, texts.values(), strict=True):
            draft.write_text(text, encoding="utf-8", newline="")
        try:
            for draft, path in zip(drafts, texts, strict=True):
                for folder in (path.parent.parent, path.parent):
                    if not folder.exists():
                        folder.mkdir()
                        made.append(folder)
                if os.path.lexists(path):
                    raise FileExistsError(17, "exists already", str(path))
                draft.rename(path)
                placed.append(path)
        except BaseException:
            for path in placed:
                path.unlink()
            for folder in reversed(made):
                folder.rmdir()
            raise
