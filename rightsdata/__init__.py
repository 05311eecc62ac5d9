"""rightsdata: restriction events on the internet, typed, sourced and citable.

    import rightsdata as rd
    ru = rd.load().where(country="RU")
    rd.figures.timeline(rd.analysis.timeline(ru), footer=ru.cite())
    rd.brief(ru, "russia.html")

Importing this loads no other package; each name loads what it needs when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rightsdata import analysis, dates, errors, figures, matching, vocabulary
    from rightsdata.briefs import write as brief
    from rightsdata.combining import combine
    from rightsdata.dataset import Dataset
    from rightsdata.download import fetch
    from rightsdata.matching import match
    from rightsdata.reading import load, scan
    from rightsdata.shelf import versions
    from rightsdata.validation import validate

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "analysis",
    "brief",
    "combine",
    "dates",
    "errors",
    "fetch",
    "figures",
    "importers",
    "load",
    "match",
    "matching",
    "scan",
    "validate",
    "versions",
    "vocabulary",
]

_HOMES = {
    "Dataset": ("dataset", "Dataset"),
    "brief": ("briefs", "write"),
    "combine": ("combining", "combine"),
    "fetch": ("download", "fetch"),
    "load": ("reading", "load"),
    "match": ("matching", "match"),
    "scan": ("reading", "scan"),
    "validate": ("validation", "validate"),
    "versions": ("shelf", "versions"),
}
"""Public names that live in a module: name to (module, name there)."""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        module, attribute = _HOMES[name]
        value = getattr(import_module(f"rightsdata.{module}"), attribute)
    elif name in __all__:
        value = import_module(f"rightsdata.{name}")
    else:
        raise AttributeError(f"module 'rightsdata' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
