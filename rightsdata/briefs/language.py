"""The language of a brief: its fixed words, labels of codes, days in words, and texts of records made safe to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from rightsdata import dates
from rightsdata.briefs.pieces import Mark, Said
from rightsdata.dataset import Dataset
from rightsdata.errors import printable
from rightsdata.figures import wording

LONGEST = 4_000
"""Characters of one text of a record; a longer one is cut in its middle."""

CIRCUMVENTION = re.compile(
    r"\bvpns?\b|virtual private network|\bprox(?:y|ies)\b|\bmtproto\b|circumvent|bypass|get(?:ting)? (?:a)?round"
    r"|\btor\b|\bpsiphon\b|\blantern\b|\bmirror (?:site|domain)s?\b|unblock(?:ing tool|er)|впн|обход|прокси|зеркал"
    r"|فیلترشکن|كاسر|تجاوز الحجب|翻墙",
    re.IGNORECASE,
)
"""Words that tell of tools or ways around a block, in texts of records; more is caught than needed, by intention."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


class Tongue:
    """How a brief speaks: one language, the vocabularies and country names of one dataset, all texts or the safe ones.

    Args:
        dataset: whose `terms` and `countries` give the labels.
        language: one of `vocabulary.LANGUAGES`.
        safe: leave out texts about ways around a block, and addresses inside texts.

    Raises:
        ValueError: for a language that is not spoken.
    """

    def __init__(self, dataset: Dataset, language: str = "en", *, safe: bool = False) -> None:
        wording.words("nothing", language)  # raises for a language that is not spoken
        self.language, self.safe = language, safe
        self._labels: dict[tuple[str, str], str] = {
            (vocabulary, code): label or code
            for vocabulary, code, label in dataset.terms.select("vocabulary", "code", f"label_{language}").iter_rows()
        }
        self._countries: dict[str, str] = {
            code: name or code for code, name in dataset.countries.select("code", f"name_{language}").iter_rows()
        }

    def words(self, key: str, **values: object) -> str:
        """A fixed phrase of `words.csv`, by its key without `brief_`."""
        return wording.words(f"brief_{key}", self.language, **values)

    def field(self, name: str) -> str:
        """The name of a field of a record."""
        return wording.words(f"field_{name}", self.language)

    def label(self, vocabulary: str, code: str | None) -> str:
        """The label of a code; the code itself where the dataset has no such term, "none found" without one."""
        if code is None or code == "not_found":
            return wording.words("not_found", self.language)
        return printable(self._labels.get((vocabulary, code), code), 200)

    def labels(self, vocabulary: str, codes: Iterable[str] | None) -> str:
        """Labels of several codes, with commas; "none found" without any."""
        return self.joined([self.label(vocabulary, code) for code in codes or ()]) or self.label(vocabulary, None)

    def joined(self, names: Sequence[str]) -> str:
        """Names with the commas of the language."""
        return self.comma.join(names)

    def country(self, code: str) -> str:
        """The name of a country; the code itself where the dataset has none."""
        return printable(self._countries.get(code, code), 100)

    def place(self, codes: Sequence[str]) -> str:
        """Where events are: one country or two by name, more by their number."""
        names = [self.country(code) for code in codes]
        if len(names) > 2:
            return self.words("places", n=len(names))
        return self.words("and", first=names[0], last=names[1]) if len(names) == 2 else names[0]

    @property
    def comma(self) -> str:
        """A comma of the language and a space."""
        return f"{self.words('comma')} "

    def day(self, day: date) -> str:
        """A day in words: "13 August 2025"."""
        return self.words("date_day", day=day.day, month=self.words(f"month_{day.month}"), year=day.year)

    def spell(self, text: str | None, nothing: str | None = None) -> str:
        """A date as coded, in words: "about August 2025", "between 1 August 2025 and 13 August 2025", "on or before …".

        Args:
            text: of the EDTF profile; None gives `nothing`, by default "not known".
            nothing: what to say without a date.
        """
        if text is None:
            return self.words("not_known") if nothing is None else nothing
        bound = dates.parse(text)
        first, last = bound.earliest, bound.latest
        if first is None:
            return self.words("date_before", day=self.day(last))
        if first == last:
            said = self.day(first)
        elif text.startswith("["):
            said = self.words("date_between", first=self.day(first), last=self.day(last))
        elif len(text.rstrip("~")) == 7:
            said = self.words("date_month", month=self.words(f"month_alone_{first.month}"), year=first.year)
        else:
            said = f"{first.year}"
        return self.words("date_about", day=said) if bound.approximate else said

    def span(self, first: date | None, last: date | None) -> str:
        """Bounds of one day, in words."""
        if last is None:
            return self.words("not_known")
        if first is None:
            return self.words("date_before", day=self.day(last))
        return (
            self.day(first) if first == last else self.words("date_between", first=self.day(first), last=self.day(last))
        )

    def said(self, text: str | None, language: str = "en", longest: int = LONGEST) -> Said | Mark:
        """Text of a record, only what is printable; in a safe brief a mark in place of what tells of circumvention."""
        text = text or ""
        if self.safe:
            if CIRCUMVENTION.search(text):
                return Mark(self.words("withheld"), "none")
            text = _ADDRESS.sub("…", text)
        return Said(wording.shown(text, longest), language)
