"""Citizen Lab's test lists: addresses that measurement networks test, by country. They are targets, not events."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from rightsdata import crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.importers import names, tables

PROVIDER = "citizenlab-test-lists"
LICENSE = "CC-BY-NC-SA-4.0"

HEADER = ["url", "category_code", "category_description", "date_added", "source", "notes"]

TARGETS = pl.Schema(
    {
        "list": pl.String(),
        "country": pl.String(),
        "url": pl.String(),
        "domain": pl.String(),
        "category": pl.String(),
        "date_added": pl.String(),
        "platform_id": pl.String(),
    }
)
"""A row a tested address: its list, the country of that list (null for `global` and `cis`), category code, and our platform."""


def test_lists(*paths: str | Path, reference: Dataset | None = None) -> Import:  # noqa: PT028  # no test
    """The targets of test lists, with our platforms where a domain is one of theirs.

    Args:
        paths: CSV files named as in the repository, `ru.csv` or `global.csv`.
        reference: the dataset whose platforms are looked up; by default the newest release at hand.

    Returns:
        An Import without drafts; `found` holds the addresses as TARGETS. An address that does not parse is refused, a
        category that the crosswalk does not know goes to review.

    Raises:
        UnreadableFile: for another header or a file that is named after no country.
    """
    known = reference or reading.load()
    categories = {value for field, value in crosswalk.of(PROVIDER) if field == "category_code"}
    sites = names.sites(known)
    countries = set(known.countries["code"])
    rows: list[Row] = []
    found: list[tuple[str | None, ...]] = []
    for path in paths:
        (sheet,) = tables.read(path)
        name = Path(path).stem.lower()
        if name not in ("global", "cis") and name.upper() not in countries:
            raise UnreadableFile(
                sheet.file, f"the name {name!r}", "a country's code, global or cis", "Rename the file."
            )
        if list(sheet.header) != HEADER:
            raise UnreadableFile(sheet.file, f"the header {','.join(sheet.header)}", ",".join(HEADER))
        for number, cells in sheet.rows:
            row = Row(sheet.file, None, number, tables.named(sheet, cells))
            rows.append(row)
            url, category = str(cells[0]).strip(), str(cells[1]).strip()
            domain = host(url)
            if domain is None:
                row.send("refused", "no http or https address")
                continue
            if category.casefold() not in categories:
                row.send("review", f"a category that the crosswalk does not know: {category}")
            site = names.site(domain, sites)
            platform = sites[site] if site else None
            country = None if name in ("global", "cis") else name.upper()
            found.append((name, country, url, domain, category, str(cells[3]) or None, platform))
    targets = pl.DataFrame(found, schema=TARGETS, orient="row")
    return Import(PROVIDER, LICENSE, [], drafts.account(rows), known, {}, targets)


test_lists.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test by its name


def host(url: str) -> str | None:
    """The host of an address in small letters without `www.`; None for what is no http or https address."""
    name = names.hostname(url)
    if not name or urlsplit(url).scheme not in ("http", "https") or not re.fullmatch(r"[^\s/]+", name):
        return None
    return name.removeprefix("www.").rstrip(".")
