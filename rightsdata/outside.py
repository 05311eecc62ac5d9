"""The commands on what others know, beside those of `cli`: import, match and evidence."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rightsdata import terminal
from rightsdata.errors import printable

if TYPE_CHECKING:
    import polars as pl

    from rightsdata.dataset import Dataset

_TAKEN = ("country", "test", "domain", "network", "grain", "asked")
"""What the command line may tell an importer beside its files."""


@click.command("import")
@click.argument("provider")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The folder to write.  [default: PROVIDER-drafts]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts of rows as JSON.")
@click.option(
    "--given",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the files do not say, such as country=RU; may be given several times.",
)
@click.option(
    "--asked",
    nargs=2,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="FIRST LAST",
    help="The days that the files were asked for, where they do not say it.",
)
@click.option(
    "--version", "release", help="The release whose platforms and countries are looked up.  [default: the newest]"
)
def import_(
    provider: str,
    files: tuple[Path, ...],
    output: Path | None,
    as_json: bool,
    given: tuple[str, ...],
    asked: tuple[datetime, datetime] | None,
    release: str | None,
) -> None:
    """Make drafts of records, or a measurement series, from the FILEs of PROVIDER, with an account of every row.

    The folder holds events/, new rows of reference/, rows.parquet (every row, verbatim, and what became of it), review.csv (what a person
    must look at), report.json and, from providers that measure, series.parquet for `rightsdata evidence`. Drafts are no data yet: check
    them, and move what you have checked.
    """
    from rightsdata import importers, reading

    if provider not in importers.PROVIDERS:
        raise click.UsageError(f"no importer {provider!r}; there are {', '.join(sorted(importers.PROVIDERS))}")
    importer = importers.PROVIDERS[provider]
    said: dict[str, Any] = {name: value for name, _, value in (one.partition("=") for one in given)}
    if "asked" in said:
        raise click.UsageError("the days asked for are two: give them as --asked FIRST LAST")
    if asked:
        said["asked"] = tuple(day.date() for day in asked)
    takes = [name for name in inspect.signature(importer).parameters if name in _TAKEN]
    if odd := [name for name in said if name not in takes]:
        raise click.UsageError(f"{provider} takes no {odd[0]!r}; it takes {', '.join(takes) or 'files alone'}")
    with terminal.Spinner(f"reading {files[0].name}"):
        found = importer(*files, reference=reading.load(release), **said)
        folder = found.write(output or Path(f"{provider}-drafts"))
    for note in found.notes:
        click.echo(printable(note), err=True)
    if as_json:
        click.echo(json.dumps(found.report))
        return
    counts = found.report
    measured = "" if found.series is None else f", series.parquet with {found.series.height:,} rows"
    click.echo(f"{folder.resolve()}: {len(found.records):,} drafts{measured} under {found.license}")
    click.echo(
        f"{counts['rows']:,} rows: "
        + ", ".join(f"{count:,} {name}" for name, count in counts.items() if name != "rows")
    )


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("review.csv"),
    show_default=True,
    help="The review list to write.",
)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A review list with decisions in it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts of answers as JSON.")
def match(a: str, b: str | None, output: Path, decisions: Path | None, as_json: bool) -> None:
    """Find the events of A that B tells of too, or without B those that A tells of twice.

    Each is a version, a version folder, or a folder of records or drafts. Writes a list of the pairs that a person should look at: put
    `same` or `different` into its first column and give it back with --decisions. Decisions win over the score and are
    written into the new list, so that -o may name the same file.
    """
    import polars as pl

    from rightsdata import matching

    with terminal.Spinner("reading"):
        told = [_told(one) for one in (a, b) if one is not None]
    (ours, *theirs), named = [one for one, _ in told], [areas for _, areas in told if areas is not None]
    places = pl.concat(named) if named else None
    other = theirs[0] if theirs else None
    with terminal.Spinner("matching"):
        pairs = matching.match(ours, other, decisions, places=places)
        matching.write_review(pairs, ours, other, output, places=places)
    counts = {answer: int((pairs["answer"] == answer).sum()) for answer in ("same", "review", "different")}
    counts |= {"decided": int(pairs["decided"].sum())}
    if as_json:
        click.echo(json.dumps(counts))
        return
    click.echo(
        f"{counts['same']:,} pairs are the same, {counts['review']:,} are for review, {counts['decided']:,} were decided by a person"
    )
    click.echo(output.resolve())


@click.command()
@click.argument("events")
@click.argument("series", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .parquet or .csv to write.")
@click.option("--country", multiple=True, help="Only events of this country; may be given several times.")
@click.option("--platform", multiple=True, help="Only events that hit this platform id; may be given several times.")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="The longest window.")
def evidence(events: str, series: tuple[Path, ...], output: Path, days: int, **chosen: tuple[str, ...]) -> None:
    """Hold events against measurement series, and write a verdict for each with its reason.

    EVENTS is a version such as 2026.11.1 or a version folder, SERIES are Parquet or CSV files or folders of them. Series of any
    size stream; an interrupted run goes on where it stopped when it is started again in the same words.
    """
    from rightsdata import evidence as held
    from rightsdata import reading

    conditions: dict[str, Any] = {name: list(values) for name, values in chosen.items() if values}
    asked = reading.load(events).where(**conditions)
    try:
        with terminal.Bar("reading series") as progress:
            found = held.run(asked, series, output, days=days, progress=progress)
    except KeyboardInterrupt:
        state = held.state_of(output)
        if state.is_dir():
            click.echo(
                f"stopped; what was added up is kept in {state}, and the same command goes on from there", err=True
            )
        raise
    for verdict in held.VERDICTS:
        click.echo(f"{verdict}: {(found['verdict'] == verdict).sum()}")
    click.echo(output)


def _told(name: str) -> tuple[Dataset, pl.DataFrame | None]:
    """The Dataset of a version or a folder, and the areas that the rows of drafts name."""
    import polars as pl

    from rightsdata import build, reading, records

    folder = Path(name)
    if not (folder / "events").is_dir():
        return reading.load(name), None
    areas = folder / "places.parquet"
    return build.build(records.read(folder)), pl.read_parquet(areas) if areas.is_file() else None
