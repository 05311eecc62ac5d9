"""The commands about coding sheets: new, check and import."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rightsdata import home, terminal

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The data folder to judge beside.  [default: the one here, or else the newest release]",
)
_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True))


@click.group()
def sheet() -> None:
    """Code events in a spreadsheet: a workbook (.xlsx), or a folder of CSV files, one a table."""


@sheet.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True),
    help="Fill in these records: a data folder, one of its folders, or one file.",
)
@_DATA
def new(file: Path, source: Path | None, data: Path | None) -> None:
    """Make FILE.xlsx, or a folder of CSV files, to code events in.

    The workbook has a sheet for every table of a record, drop-down lists and a help page.
    """
    from rightsdata import sheets

    folder = _folder(data or source)
    if source is not None and folder is None:
        raise ValueError(f"{source} lies in no data folder; name records in a folder that holds events/ and reference/")
    with terminal.Spinner("making the sheet"):
        values = sheets.values_of(*found) if source is not None and (found := home.find(source)) else []
        path = sheets.new(file, folder, values)
    click.echo(path.resolve())


@sheet.command()
@_FILE
@click.option(
    "--marked",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this copy of the workbook, in which every wrong cell is coloured and says why in a comment.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
@_DATA
def check(file: Path, marked: Path | None, form: str, data: Path | None) -> None:
    """List every mistake in FILE by sheet and cell, as `rightsdata check` does for records.

    Exits with 1 if there is an error.
    """
    from rightsdata import sheets

    with terminal.Spinner("checking the sheet"):
        coding = sheets.check(file, _folder(data))
        if marked is not None:
            sheets.marked(file, coding.problems, marked)
    terminal.print_problems(list(coding.problems), form, len(coding.records), file.name, [])
    if coding.errors:
        sys.exit(1)


@sheet.command("import")
@_FILE
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder, or a new one: records go into its folder events/.",
)
@_DATA
def import_(file: Path, output: Path, data: Path | None) -> None:
    """Make the records of FILE, all or none: OUTPUT/events/COUNTRY/EVENT_ID.yaml.

    A file that is there is never overwritten; where it says the same, nothing needs to be done.
    """
    from rightsdata import sheets

    with terminal.Spinner("importing the sheet"):
        coding = sheets.check(file, _folder(data or (output if output.exists() else None)))
        written = sheets.write_records(coding, output)
    for path in written:
        click.echo(path)
    same, warnings = len(coding.records) - len(written), len(coding.problems)
    said = f"{len(written)} written, {same} there already"
    click.echo(f"{said}; {warnings} warnings, which sheet check lists" if warnings else said, err=True)


def _folder(path: Path | None) -> Path | None:
    """The data folder of a path, or of where this runs; None for the newest release."""
    found = home.find(path) or home.find(None)
    return found[0] if found else None
