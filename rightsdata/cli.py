"""The command line: each command parses its words and calls one function.

Exit codes: 0 done; 1 the data or a release has problems; 2 the command was used wrongly; 3 something that is needed
is not installed or not there.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from rightsdata import home, outside, sheet_commands, terminal
from rightsdata.errors import (
    FetchError,
    IntegrityError,
    InvalidData,
    MissingExtra,
    Problem,
    ReleaseError,
    ReleaseWarning,
    RightsdataError,
    SettingsError,
    SheetError,
    SignatureError,
    UnknownTerm,
    UnknownVersion,
    UnreadableFile,
)

if TYPE_CHECKING:
    from rightsdata.records import Rows
    from rightsdata.signature import SecretKey

EXIT_PROBLEMS, EXIT_USAGE, EXIT_MISSING = 1, 2, 3

_CODES: dict[type[RightsdataError], int] = {
    InvalidData: EXIT_PROBLEMS,
    IntegrityError: EXIT_PROBLEMS,
    ReleaseError: EXIT_PROBLEMS,
    SheetError: EXIT_PROBLEMS,
    SignatureError: EXIT_PROBLEMS,
    UnknownTerm: EXIT_USAGE,
    UnreadableFile: EXIT_PROBLEMS,
    UnknownVersion: EXIT_MISSING,
    FetchError: EXIT_MISSING,
    SettingsError: EXIT_USAGE,
    MissingExtra: EXIT_MISSING,
}


class _Group(click.Group):
    """Turns the package's own errors into one message and the documented exit code, and its warnings into a line each."""

    def invoke(self, ctx: click.Context) -> object:
        warnings.simplefilter("always", ReleaseWarning)
        warnings.showwarning = _warn
        try:
            return super().invoke(ctx)
        except RightsdataError as error:
            _fail(str(error), _CODES.get(type(error), EXIT_PROBLEMS))
        except ValueError as error:
            _fail(str(error), EXIT_USAGE)
        except click.Abort:
            _fail(
                "stopped; nothing was written. Without a terminal, give every value as an option: see --help",
                EXIT_USAGE,
            )
        except FileExistsError as error:
            _fail(f"{error.filename} exists already and was left alone; edit it, or choose another name", EXIT_PROBLEMS)
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(EXIT_PROBLEMS)
        except OSError as error:
            _fail(f"{error.filename or 'file'}: {error.strerror}", EXIT_MISSING)


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    click.secho(f"rightsdata: {message}", err=True, fg="yellow")


def _fail(message: str, code: int) -> NoReturn:
    click.secho(f"rightsdata: {message}", err=True, fg="red")
    sys.exit(code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rightsdata")
def main() -> None:
    """Restriction events on the internet: typed, sourced and citable.

    Works offline from what is installed. Only `fetch`, `versions --remote` and a version that is not at hand use the network, and only
    the mirrors that you set. Exit codes: 0 done, 1 the data or a release has
    problems, 2 wrong usage, 3 something needed is not installed or not there.
    """


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which a command takes a part of a release."""
    for option in (
        click.option(
            "--version", "release", help="A version such as 2026.11.0, or a version folder.  [default: the newest]"
        ),
        click.option("--until", help="Only events that may have begun by this day."),
        click.option(
            "--since", help="Only events that may have applied on this day or later, such as 2022 or 2025-08-13."
        ),
        click.option("--type", "kind", multiple=True, help="Only this restriction type; may be given several times."),
        click.option(
            "--platform", multiple=True, help="Only events that hit this platform id; may be given several times."
        ),
    ):
        command = option(command)
    return command


def _selection(
    countries: tuple[str, ...], platform: tuple[str, ...], kind: tuple[str, ...], since: str | None, until: str | None
) -> dict[str, Any]:
    """What `Dataset.where` is asked for, without what was not given."""
    asked = {
        "country": list(dict.fromkeys(country.upper() for country in countries)),
        "platform": list(platform),
        "restriction_type": list(kind),
        "since": since,
        "until": until,
    }
    return {key: value for key, value in asked.items() if value not in (None, [])}


def _verdicts(path: Path | None) -> Any:
    """The verdicts of a file; a brief without any is spared what it takes to make them."""
    if path is None:
        return None
    from rightsdata import evidence

    return evidence.read(path)


@main.command()
@click.argument("countries", nargs=-1, metavar="[COUNTRY...]")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The file to write.  [default: brief-SELECTION.html]"
)
@click.option("--compare", multiple=True, metavar="COUNTRY", help="Set this country beside the selection.")
@click.option("--language", default="en", show_default=True, help="Of the brief's own words: en ru uk es fr ar fa tr.")
@click.option(
    "--format", "form", type=click.Choice(["html", "pdf", "md"]), help="What to write.  [default: by the file's ending]"
)
@click.option("--light", is_flag=True, help="HTML without JavaScript and with small pictures, for throttled lines.")
@click.option(
    "--safe-share",
    is_flag=True,
    help="Leave out addresses and everything about circumvention tools, where passing these on is an offence.",
)
@click.option("--all-sources", is_flag=True, help="Count events without an independent source too.")
@click.option(
    "--template",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder whose brief.html goes before ours.",
)
@click.option(
    "--logo", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A picture for the head of the page."
)
@click.option(
    "--evidence",
    "verdicts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The verdicts that `rightsdata evidence` wrote for this version.",
)
@click.option("--focus", metavar="EVENT_ID", help="The event whose road is told in full.")
@_selecting
def brief(
    countries: tuple[str, ...],
    output: Path | None,
    compare: tuple[str, ...],
    form: str | None,
    light: bool,
    verdicts: Path | None,
    platform: tuple[str, ...],
    kind: tuple[str, ...],
    since: str | None,
    until: str | None,
    release: str | None,
    **choices: Any,
) -> None:
    """Write a brief about countries (ISO codes), platforms, types or all, as one file.

    It rests on events that an independent publisher reports, and lists the others apart. --light and PDF need Chrome or Chromium.
    """
    from rightsdata import briefs, reading

    if light and form not in (None, "html"):
        raise click.UsageError(f"--light is HTML; leave it out for {form}")
    whole = reading.load(release)
    selection = _selection(countries, platform, kind, since, until)
    days = [day.replace("-", "") for day in (since, until) if day]
    name = "-".join([*selection.get("country", ()), *platform, *kind, *days]) or "all"
    other = [country.upper() for country in compare]
    with terminal.Spinner("writing the brief"):
        path = briefs.write(
            whole.where(**selection),
            output or Path(f"brief-{name}.{form or 'html'}"),
            kind="light" if light else form,
            compare=whole.where(**selection | {"country": other}) if other else None,
            verdicts=_verdicts(verdicts),
            **choices,
        )
    click.echo(path.resolve())


@main.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("countries", nargs=-1, metavar="[COUNTRY...]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file: .html, .png, .svg or .pdf.")
@click.option("--language", default="en", show_default=True, help="en, ru, uk, es, fr, ar, fa or tr.")
@click.option("--dark", is_flag=True, help="Light on dark.")
@click.option("--width", type=click.IntRange(300, 4000), default=1000, show_default=True, help="Pixels of a picture.")
@click.option(
    "--gallery", type=click.Path(path_type=Path, file_okay=False), help="Write DIR/index.html with every figure."
)
@_selecting
def figure(
    name: str | None,
    countries: tuple[str, ...],
    output: Path | None,
    platform: tuple[str, ...],
    kind: tuple[str, ...],
    since: str | None,
    until: str | None,
    language: str,
    dark: bool,
    width: int,
    gallery: Path | None,
    release: str | None,
) -> None:
    """Draw figure NAME of some countries (ISO codes) or of all, or every figure with --gallery DIR.

    Without NAME and --gallery, lists the names. A ladder takes one country and one --platform. Pictures need Chrome or Chromium; HTML needs nothing, and asks no address for anything.
    """
    from rightsdata import figures, reading
    from rightsdata import gallery as galleries

    if gallery is not None and name is not None:  # then the first word is a country, too
        countries = (name, *countries)
    if gallery is None and name is None:
        click.echo("\n".join(galleries.NAMES))
        return
    if gallery is None and name not in galleries.NAMES:
        raise ValueError(f"there is no figure {name!r}; choose one of {', '.join(galleries.NAMES)}")
    selection = _selection(countries, platform, kind, since, until)
    dataset = reading.load(release).where(**selection)
    if gallery is not None:
        with terminal.Spinner("drawing every figure"):
            path = galleries.write(dataset, gallery, selection=selection, language=language, dark=dark)
    else:
        with terminal.Spinner(f"drawing {name}"):
            drawing = galleries.named(str(name), dataset, selection)
            path = figures.save(
                drawing.draw(dataset, language=language, dark=dark), output or Path(f"{name}.html"), width=width
            )
    click.echo(path.resolve())


@main.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print problems.",
)
@click.option("--fix", is_flag=True, help="Rewrite files that are not in canonical form; nothing else changes.")
@click.option("--errors-only", is_flag=True, help="Leave warnings out.")
def check(path: Path | None, form: str, fix: bool, errors_only: bool) -> None:
    """Check records: every problem at once, by file and line.

    PATH is the data folder, one of its folders, or one file; by default the data folder here. Rules between records need all of them, so
    the whole folder is read, and the problems of PATH are shown. Exits with 1 if there is an error.
    """
    from rightsdata import build

    rows, part = _records(path)
    fixed: list[str] = []
    refused: list[Problem] = []
    if fix:
        rows.loose = {file: lines for file, lines in rows.loose.items() if home.inside(file, part)}
        fixed, refused = build.fix(rows)
        rows, part = _records(path)
    told = {problem.file for problem in refused}
    found = [one for one in build.check(rows) if not (one.rule == "canonical_form" and one.file in told)]
    problems = [
        one
        for one in sorted([*found, *refused], key=lambda one: (one.file, one.line))
        if home.inside(one.file, part) or (one.also and home.inside(one.also, part))
    ]
    if errors_only:
        problems = [problem for problem in problems if problem.severity == "error"]
    events = sum(home.inside(place.file, part) for place in rows.places["events"])
    terminal.print_problems(problems, form, events, rows.root.name, fixed)
    if any(problem.severity == "error" for problem in problems):
        sys.exit(EXIT_PROBLEMS)


@main.command()
@click.option("--country", prompt="Country (ISO code)", help="Where people are affected, such as RU.")
@click.option("--type", "kind", prompt="Restriction type", help="A term of restriction_type, such as feature_block.")
@click.option(
    "--date", prompt="Year or month of the first step (2025 or 2025-08)", help="Goes into the id: 2025 or 2025-08."
)
@click.option("--slug", prompt="Slug (such as whatsapp-calls)", help="The last part of the id.")
@click.option("--platform", multiple=True, help="A platform id; may be given several times.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The data folder.  [default: the one here]",
)
def new(country: str, kind: str, date: str, slug: str, platform: tuple[str, ...], data: Path | None) -> None:
    """Write the skeleton of a new record at its place, to be filled in.

    The skeleton passes `rightsdata check` but for what only a coder can know; check says what that is.
    """
    from rightsdata import skeleton

    root, _ = _data_folder(data)
    path = skeleton.write(
        root, country=country.upper(), restriction_type=kind, date=date, slug=slug, platforms=platform
    )
    click.echo(path)


@main.command()
@click.argument("data", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The version folder to make; it must not exist.",
)
@click.option("--version", "number", default="unreleased", show_default=True, help="The version to write into it.")
def build(data: Path | None, output: Path, number: str) -> None:
    """Build the version folder from the records, for inspection."""
    from rightsdata import release
    from rightsdata.build import build as build_dataset

    rows, _ = _records(data)
    with terminal.Spinner("building"):
        folder = release.write(build_dataset(rows, number), output)
    click.echo(folder.resolve())


@main.command()
@click.argument("version")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The data folder.  [default: the one here]",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Sign with this secret key, a file of minisign's format.",
)
def release(version: str, data: Path | None, key: Path | None) -> None:
    """Build version VERSION (such as 2026.11.0) and file it under data/releases/.

    The password of a protected key is asked for, or taken from the environment variable RIGHTSDATA_KEY_PASSWORD.
    """
    from rightsdata import release as releases
    from rightsdata.build import build as build_dataset

    secret = _secret(key) if key else None
    rows, _ = _records(data)
    with terminal.Spinner("releasing"):
        folder = releases.file(build_dataset(rows, version), rows.root / "releases", secret)
    click.echo(folder.resolve())


@main.command()
@click.argument("what", default="", metavar="[VERSION|FOLDER]")
@click.option("--key", help="A minisign public key that you trust: its one line, or its file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify(what: str, key: str | None, as_json: bool) -> None:
    """Check a release: every byte, no file too many, the schema, the chain, the signature.

    Takes an installed version or a version folder, by default the newest installed release, and says in one sentence what this proves and
    what it does not. Exits with 1 if anything is wrong.
    """
    from rightsdata import reading, settings, shelf, verification

    folder = reading.folder(what or None)
    verdict = verification.verify(folder, settings.public_key(key) if key else None, shelf.before(folder))
    click.echo(
        json.dumps({**asdict(verdict), "ok": verdict.ok, "says": str(verdict)}, indent=1) if as_json else str(verdict)
    )
    if not verdict.ok:
        sys.exit(EXIT_PROBLEMS)


@main.command()
@click.argument("site", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--releases",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of releases.  [default: releases/ of the data folder here]",
)
def publish(site: Path, releases: Path | None) -> None:
    """Bring SITE, a static folder, up to date with the releases.

    Any web server, object store or stick can serve it. A published version is never touched; running it again changes nothing. To yank
    a version, name it with the reason in releases/yanked.json.
    """
    from rightsdata import site as sites

    with terminal.Spinner("publishing"):
        written = sites.publish(releases or _data_folder(None)[0] / "releases", site)
    click.echo("\n".join(map(str, written)) if written else "nothing to do: the site is up to date")


@main.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a change.")
def diff(old: str, new: str, as_json: bool) -> None:
    """Show what changed from version A to version B, each an installed version or a version folder."""
    from rightsdata import changes, reading

    one, other = reading.load(old), reading.load(new)
    found = changes.between(one.tables, other.tables)
    if as_json:
        click.echo(found.write_ndjson(), nl=False)
    else:
        click.echo(changes.text(found, other.version, one.version), nl=False)


@main.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option(
    "--no-password", is_flag=True, help="Leave the secret key unprotected, for a machine that signs by itself."
)
def keygen(place: Path, no_password: bool) -> None:
    """Make a key pair, PLACE.key (secret) and PLACE.pub, outside of any git work tree.

    The files are of minisign's format; the stock `minisign` signs and verifies with them too.
    """
    from rightsdata import signature

    password = "" if no_password else _password(confirm=True)
    with terminal.Spinner("protecting the key"):
        secret, public = signature.write_pair(signature.generate(), place, password)
    click.echo(f"{secret}: the secret key; keep it off shared machines, and a copy in a safe place")
    click.echo(f"{public}: the public key; publish it where people trust you, in more than one place")


@main.command()
@click.argument("version")
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    help="An address, a folder or a zip to fetch from, instead of those that are set; may be given several times.",
)
@click.option("--key", help="A minisign public key that must have signed it: its one line, or its file.")
@click.option(
    "--cache", type=click.Path(path_type=Path), help="The folder to fetch into, instead of the one that is set."
)
def fetch(version: str, mirrors: tuple[str, ...], key: str | None, cache: Path | None) -> None:
    """Fetch release VERSION from the mirrors into the cache, verify it, and print its folder.

    Mirrors are tried in turn; one that lies is named and passed over. What was received before a stop is kept and resumed.
    """
    from rightsdata import download

    with terminal.Bar(f"fetching {version}") as progress:
        folder = download.fetch(version, mirrors=mirrors or None, key=key, cache=cache, progress=progress)
    click.echo(folder.resolve())


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, or with --remote a list for each mirror.")
@click.option("--remote", is_flag=True, help="List what the mirrors that are set offer instead; uses the network.")
def versions(as_json: bool, remote: bool) -> None:
    """List the releases at hand, installed or fetched, oldest first."""
    from rightsdata import download, shelf
    from rightsdata.errors import printable

    if not remote:
        places, yanked = shelf.folders(), shelf.yanked()
        lines = [
            f"{one}  {place.parent.resolve()}" + (f"  yanked: {printable(yanked[one])}" if one in yanked else "")
            for one, place in places.items()
        ]
        click.echo(json.dumps(list(places)) if as_json else "\n".join(lines))
        return
    found = download.offered()
    if as_json:
        click.echo(
            json.dumps({one: [*said] if isinstance(said, dict) else said for one, said in found.items()}, indent=1)
        )
        return
    for one, said in found.items():
        click.echo(f"{one}:" + (f" {said}" if isinstance(said, str) else ""))
        for version, offer in said.items() if isinstance(said, dict) else ():
            click.echo(f"  {version}" + (f"  yanked: {printable(offer.yanked)}" if offer.yanked else ""))
    if not found:
        click.echo("no mirror is set; the README tells how to name one", err=True)


@main.command()
@click.option("--write", is_flag=True, help="Write data/README.md and data/event.schema.json instead of printing.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of a record instead.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The data folder for --write.  [default: the one here]",
)
def codebook(write: bool, json_schema: bool, data: Path | None) -> None:
    """Print the codebook: every table, column, rule and term, from the schema."""
    from rightsdata import codebook as book

    if not write:
        click.echo(book.json_schema() if json_schema else book.codebook(), nl=False)
        return
    root, _ = _data_folder(data)
    for name, text in (("README.md", book.data_readme()), ("event.schema.json", book.json_schema())):
        (root / name).write_text(text, encoding="utf-8")
        click.echo(root / name)


main.add_command(outside.import_)
main.add_command(outside.match)
main.add_command(outside.evidence)
main.add_command(sheet_commands.sheet)


# ------------------------------------------------------------------- what several commands need


def _data_folder(path: Path | None) -> tuple[Path, str]:
    """The data folder that holds the path, and the path relative to it; the one here without a path."""
    if (found := home.find(path)) is not None:
        return found
    start = (path or Path.cwd()).resolve()
    _fail(
        f"no data folder at {start} or above it: expected folders events/ and reference/; run this in a checkout, or name the folder",
        EXIT_MISSING,
    )


def _records(path: Path | None) -> tuple[Rows, str]:
    from rightsdata import records

    root, part = _data_folder(path)
    gc.freeze()  # a tenth of the time would go into looking for cycles among rows that hold none
    gc.disable()
    with terminal.Spinner("reading records"):
        return records.read(root), part


def _password(*, confirm: bool = False) -> str:
    """The password of a secret key: from the environment, or asked for without being shown."""
    given = os.environ.get("RIGHTSDATA_KEY_PASSWORD")
    return (
        given
        if given is not None
        else str(click.prompt("Password of the key", hide_input=True, confirmation_prompt=confirm, err=True))
    )


def _secret(path: Path) -> SecretKey:
    from rightsdata import signature

    text = path.read_text(encoding="utf-8", errors="replace")
    return signature.read_secret(text, _password() if signature.is_protected(text) else "")
