"""The words of figures in every language of the vocabularies: fixed phrases, labels of codes, names of countries.

Phrases stand in `words.csv`, one row a phrase and one column a language, for translators to work on in a
spreadsheet; all but the English are drafts, as `vocabulary.LABELS_CHECKED` says of the labels. Names of countries
stand in `countries.csv`, copied from the dataset's reference table with the place of each in the tile map.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from rightsdata.errors import printable
from rightsdata.vocabulary import LANGUAGES, VOCABULARIES

RIGHT_TO_LEFT = frozenset({"ar", "fa"})
"""Languages whose titles and legends stand on the right."""

_JOINERS = ("\u200c", "\u200d")
_PIECES = re.compile("([\u200c\u200d])")

_OPEN, _CLOSE = "\u2067", "\u2069"
"""Right-to-left isolate and its end: a line keeps its order whatever Latin names stand in it."""


def words(key: str, language: str = "en", **values: object) -> str:
    """A phrase of `words.csv` with its values filled in.

    Raises:
        ValueError: for a language that the figures do not speak.
    """
    if language not in LANGUAGES:
        raise ValueError(f"figures speak {', '.join(LANGUAGES)}, found {language!r}")
    return _phrases()[key][language].format(**values)


def known(key: str) -> bool:
    """Whether `words.csv` holds this phrase."""
    return key in _phrases()


def label(vocabulary: str, code: str | None, language: str = "en") -> str:
    """The label of a code; "none found" for `not_found` or null, and the code itself where no vocabulary has it."""
    if code is None or code == "not_found":
        return words("not_found", language)
    return next((term.label(language) for term in VOCABULARIES[vocabulary] if term == code), printable(code, 60))


def country(code: str, language: str = "en") -> str:
    """The name of a country by its code; the code itself where the table has none."""
    row = places().get(code)
    return row[f"name_{language}"] if row else printable(code, 20)


@cache
def places() -> dict[str, dict[str, str]]:
    """Every country by its code: column and row of its tile, and its names by language."""
    with (Path(__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def shown(text: str, longest: int = 400) -> str:
    """The text with all that is not printable escaped, but for the joiners that Persian spelling needs."""
    return "".join(one if one in _JOINERS else printable(one, longest) for one in _PIECES.split(text[: 2 * longest]))


def isolated(line: str, language: str) -> str:
    """A line that is read from right to left where the language is."""
    return f"{_OPEN}{line}{_CLOSE}" if language in RIGHT_TO_LEFT else line


@cache
def _phrases() -> dict[str, dict[str, str]]:
    with (Path(__file__).parents[1] / "words.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}
