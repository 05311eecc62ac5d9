"""Names as providers write them: folded for comparison, platforms, parts of countries, and pages that a row names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from rightsdata import columns, records
from rightsdata.dataset import Dataset
from rightsdata.errors import MissingExtra

_URL = re.compile(r"https?://[^\s,;<>\"']+")


def folded(text: str) -> str:
    """Small letters and digits without marks, single spaces between; `&` is "and"."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and "))
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)).casefold()))


def past_day(text: str) -> date | None:
    """The day that a text such as 2025-08-13 names; None for any other text and for a day to come."""
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None
    return day if day and day <= date.today() else None


def platforms(known: Dataset) -> dict[str, str]:
    """Platforms of a dataset by their ids, names and aliases, folded; a name of two platforms is none."""
    found: dict[str, set[str]] = {}
    for platform, name, aliases in known.platforms.select("platform_id", "name", "aliases").iter_rows():
        for one in (platform, name, *aliases):
            found.setdefault(folded(one), set()).add(platform)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def sites(known: Dataset) -> dict[str, str]:
    """The platforms of a dataset by their domains."""
    listed = known.platforms.select("domains", "platform_id").explode("domains").drop_nulls()
    return dict(listed.iter_rows())


def site(host: str, sites: Mapping[str, str]) -> str | None:
    """The platform's domain that a host is or lies below; None for no such host."""
    labels = host.split(".")
    return next((one for at in range(len(labels) - 1) if (one := ".".join(labels[at:])) in sites), None)


def hostname(url: str) -> str | None:
    """The host of an address in small letters; None where none can be told."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def subdivisions(country: str, text: str) -> list[str]:
    """The ISO 3166-2 codes of a country's parts whose names stand in a text as whole words, folded, by pycountry; a name of two parts is none.

    Raises:
        MissingExtra: if pycountry is not installed.
    """
    padded = f" {folded(text)} "
    return sorted({code for name, code in _parts(country).items() if f" {name} " in padded})


@lru_cache
def _parts(country: str) -> Mapping[str, str]:
    try:
        import pycountry
    except ModuleNotFoundError as error:
        raise MissingExtra("Looking up parts of countries", "pycountry", "import") from error
    parts = [one for one in pycountry.subdivisions if one.country_code == country]
    found: dict[str, set[str]] = {}
    for one in parts:
        found.setdefault(folded(one.name), set()).add(one.code)
    inside = {
        one.code for one in parts if one.parent_code in found[folded(one.name)]
    }  # a district called as its division
    return {name: min(left) for name, codes in found.items() if len(left := codes - inside) == 1}


class Pages:
    """The sources of one draft: the provider's own, then the pages that its row names, each once.

    Args:
        known: the dataset whose publishers are not noted again.
    """

    def __init__(self, known: Dataset) -> None:
        self.known = set(known.publishers["publisher"])
        self.publishers: dict[str, dict[str, Any]] = {}

    def of(self, own: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
        """The provider's page, which backs what it says, and the addresses in a text, of which nothing more is known."""
        self._note(own["publisher"], "independent", "true")
        found = [{"id": "s1", **own}]
        seen = {records.source_id(own["url"])}
        for url in _URL.findall(text):
            address = url.rstrip(").")
            host = hostname(address)
            if (
                not host
                or "." not in host
                or not re.match(columns.HTTP_URL, address)
                or records.source_id(address) in seen
            ):
                continue
            seen.add(records.source_id(address))
            name = host.removeprefix("www.")
            self._note(name, "unknown", "false")
            page = {"publisher": name, "title": "Page that the tracker names", "language": "und", "type": "other"}
            found.append({"id": f"s{len(found) + 1}", "url": address, **page, "supports": ["stages"]})
        return found

    def _note(self, name: str, control: str, aggregator: str) -> None:
        if name not in self.known:
            self.publishers.setdefault(name, {"publisher": name, "control": control, "aggregator": aggregator})

    def new(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The publishers that the dataset lacks, as a table of `drafts.Import`."""
        return {"publishers": sorted(self.publishers.values(), key=lambda row: str(row["publisher"]))}
