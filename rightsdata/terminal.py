"""What commands show on a terminal: a bar, a spinner, the problems of records."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rightsdata.errors import Problem

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """A progress bar on the terminal's error stream; nothing where that is no terminal."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.bar: Progress | None = None

    def __enter__(self) -> Callable[[int, int], None] | None:
        if not sys.stderr.isatty():
            return None
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        self.bar = bar = Progress(*columns, console=Console(stderr=True))
        bar.start()
        task = bar.add_task(self.what, total=None)
        return lambda done, whole: bar.update(task, completed=done, total=whole)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()


class Spinner:
    """A spinner on the terminal's error stream; nothing where that is no terminal."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.status: object = None

    def __enter__(self) -> None:
        if sys.stderr.isatty():
            from rich.console import Console

            status = Console(stderr=True).status(self.what)
            status.start()
            self.status = status

    def __exit__(self, *_: object) -> None:
        if self.status is not None:
            self.status.stop()  # type: ignore[attr-defined]  # rich's Status, imported only on a terminal


def print_problems(problems: list[Problem], form: str, events: int, folder: str, fixed: list[str]) -> None:
    """Print what `check` found: as text, as JSON, or as annotations of a GitHub run."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    if form == "json":
        counts = {"events": events, "errors": errors, "warnings": warnings, "fixed": fixed}
        click.echo(
            json.dumps({**counts, "problems": [asdict(problem) for problem in problems]}, ensure_ascii=False, indent=1)
        )
        return
    for file in fixed:
        click.echo(f"{file}: rewritten in canonical form")
    for problem in problems:
        if form == "github":
            message = str(problem).split(f"{problem.severity}: ", 1)[1].replace("%", "%25")
            file = f"{folder}/{problem.file}".replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
            click.echo(f"::{problem.severity} file={file},line={max(problem.line, 1)}::{message}")
        else:
            click.secho(str(problem), fg="red" if problem.severity == "error" else None)
    summary = (
        f"{events} event{'s' * (events != 1)} checked: {errors} error{'s' * (errors != 1)}, "
        f"{warnings} warning{'s' * (warnings != 1)}"
    )
    click.secho(summary, err=form == "github", bold=True, fg="red" if errors else "green")
