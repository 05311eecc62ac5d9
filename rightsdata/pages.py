"""The HTML pages that we write, from the templates in the package: every value escaped, a missing one an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2


def render(
    template: str,
    filters: dict[str, Callable[..., Any]] | None = None,
    *,
    folder: Path | None = None,
    **values: Any,
) -> str:
    """The text of a page.

    Args:
        template: its file in `templates/`.
        filters: functions that the template calls on values, by name.
        folder: a user's own templates, which go before ours of the same name; one of them can build on ours, as in
            `{% extends "rightsdata/brief.html" %}`.
        **values: what the template shows.
    """
    ours = jinja2.PackageLoader("rightsdata")
    own: list[jinja2.BaseLoader] = [jinja2.FileSystemLoader(folder)] if folder else []
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*own, ours, jinja2.PrefixLoader({"rightsdata": ours})]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(filters or {})
    return environment.get_template(template).render(**values)
