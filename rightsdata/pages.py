"""The HTML pages that we write, from the templates in the package: every value escaped, a missing one an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2


def render(template: str, filters: dict[str, Callable[..., Any]] | None = None, **values: Any) -> str:
    """The text of a page.

    Args:
        template: its file in `templates/`.
        filters: functions that the template calls on values, by name.
        **values: what the template shows.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rightsdata"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(filters or {})
    return environment.get_template(template).render(**values)
