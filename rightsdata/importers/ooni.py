"""OONI's answers as measurement series: its aggregation, and its list of measurements counted by day."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dataframely as dy

from rightsdata import drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.evidence import coverage
from rightsdata.importers import counts, names, tables
from rightsdata.series import COUNTS, Measurement

PROVIDER = "ooni"
LICENSE = "CC-BY-NC-SA-4.0"

_COLUMNS = (*(f"{name}_count" for name in COUNTS), "measurement_count")
_COUNTED = frozenset(_COLUMNS)
_DAY = "measurement_start_day"
_AXES = {"country": "probe_cc", "test": "test_name", "network": "probe_asn"}
"""The axes of an aggregation that say where and what it is of; what is no axis must be given."""

_TESTS = {one.test: one for one in coverage.OONI}


def ooni(
    *paths: str | Path,
    reference: Dataset | None = None,
    country: str | None = None,
    test: str | None = None,
    domain: str | None = None,
    network: str | int | None = None,
    grain: str | None = None,
) -> Import:
    """A measurement series from answers of OONI's API.

    An answer of `/api/v1/aggregation` (JSON or CSV) gives a row for each of its results that is of one day or one hour; hours
    add up to days in UTC; a result that two answers tell counts once. One of `/api/v1/measurements` is counted by day: a failure is a failure whatever else it says, a
    confirmed block is no anomaly again, and a measurement that stands twice counts once.

    Args:
        paths: answers of either kind.
        reference: the dataset whose platforms and countries are looked up; by default the newest release at hand.
        country: where an aggregation is of, unless `probe_cc` is one of its axes.
        test: the test that it is of, unless `test_name` is an axis.
        domain: the domain that it is of, unless `domain` or `input` is an axis; needed for web_connectivity.
        network: the AS number that it is of, unless `probe_asn` is an axis; without both, it is of the whole country.
        grain: `day` to take dates as days although they lie whole weeks or months apart.

    Returns:
        An Import without drafts; `series` holds the measurements. `platform_id` follows from the test or, for
        web_connectivity, from the domain; `feature` is what `evidence.COVERAGE` says that the test looks at. Refused, each with
        its reason: results whose four counts do not sum to measurement_count; weeks and months, which are told by dates that lie
        whole weeks or months apart, as no answer names its grain; AS0, since measurements of an unknown network cannot be held
        against themselves, and to count them for the whole country would hide or double the known networks; tests
        of which nothing is known. `notes` name the pages of a list that are not among the files.

    Raises:
        UnreadableFile: for what is no such answer, one that tells of a failure, one that lacks a country, test or domain that is
            not given, and a list asked for by its results (anomaly or confirmed), whose shares mean nothing.
        ValueError: for a given country, network, domain or grain that is none.
    """
    known = reference or reading.load()
    given = {"country": country, "test": test, "domain": domain and domain.lower(), "network": network}
    _check(given, grain, known)
    reader = _Reader(known)
    pages: list[_Page] = []
    for path in map(Path, paths):
        begins = tables.head(path).lstrip(b"\xef\xbb\xbf \t\r\n")
        quoted = begins[:1] == b'"' and b'",' in begins.splitlines()[0]  # the header of a table, and no text in JSON
        if quoted or begins[:1] not in (b"{", b"[", b'"'):
            for sheet in tables.read(path):
                if missing := set(_COLUMNS).difference(sheet.header):
                    raise UnreadableFile(
                        sheet.file,
                        f"the header {','.join(sheet.header)}, without {', '.join(sorted(missing))}",
                        "an aggregation as CSV, or an answer as JSON",
                    )
                results = [(number, tables.named(sheet, cells)) for number, cells in sheet.rows]
                reader.aggregation(sheet.file, results, given, grain, text=True)
            continue
        answer = tables.answer(path)
        if isinstance(answer, dict) and isinstance(answer.get("results"), list):
            pages.append(_page(path.name, answer))
            reader.measurements(path.name, _numbered(path.name, answer["results"]))
        elif isinstance(answer, dict) and isinstance(answer.get("result"), list | dict):
            result = answer["result"]
            listed = result if isinstance(result, list) else [result] if result else []
            reader.aggregation(path.name, _numbered(path.name, listed), given, grain)
        else:
            told = answer if isinstance(answer, dict) else {"": answer}
            said = next((told[name] for name in ("msg", "message", "detail", "") if told.get(name)), None)
            found = f"an answer that says {said!r}" if said else "neither result nor results"
            raise UnreadableFile(path.name, found, "an answer with result or results", "Ask the API again.")
    made = counts.frame(reader.counts, PROVIDER, LICENSE)
    rows = drafts.account(reader.rows)
    return Import(PROVIDER, LICENSE, [], rows, known, series=made, notes=_absent(pages))


def _check(given: Mapping[str, Any], grain: str | None, known: Dataset) -> None:
    if (code := given["country"]) is not None and code not in known.countries["code"]:
        raise ValueError(f"found country {code!r}; expected a code such as RU")
    if given["network"] is not None and not counts.network(given["network"]):
        raise ValueError(f"found network {given['network']!r}; expected an AS number such as 12389")
    if given["domain"] and not _host(given["domain"]):
        raise ValueError(f"found domain {given['domain']!r}; expected a name such as t.me, without scheme and path")
    if grain not in (None, "day"):
        raise ValueError(f"found grain {grain!r}; expected day, or nothing")


class _Reader:
    """The account of the rows read so far, and their counts by key."""

    def __init__(self, known: Dataset) -> None:
        self.rows: list[Row] = []
        self.counts: dict[counts.Key, list[int]] = {}
        self.uids: dict[str, counts.Key] = {}
        self.results: dict[tuple[counts.Key, tuple[str, ...]], str] = {}
        self.countries = set(known.countries["code"])
        self.sites = names.sites(known)

    def aggregation(
        self,
        file: str,
        results: Sequence[tuple[int, Mapping[str, Any]]],
        given: Mapping[str, Any],
        grain: str | None,
        *,
        text: bool = False,
    ) -> None:
        told = set[str]().union(*(said for _, said in results))
        for name in ("country", "test"):
            if results and _AXES[name] not in told and given[name] is None:
                raise _lacking(file, _AXES[name], name)
        axes = {name: axis in told for name, axis in _AXES.items()}
        coarse = None if grain else _coarse({str(said.get(_DAY)) for _, said in results})
        for number, said in results:
            row = Row(file, None, number, said)
            self.rows.append(row)
            place = {name: said.get(_AXES[name]) if axis else given[name] for name, axis in axes.items()}
            domain: object = given["domain"] or None
            if "domain" in told or "input" in told:
                domain = said.get("domain") or _of(said.get("input"))
            elif domain is None and (one := _cover(place["test"])) and one.platform_id is None:
                raise _lacking(file, "domain or input", "domain")
            day = str(said.get(_DAY))
            if coarse and _day(day):
                row.send("refused", coarse)
                continue
            whole = not axes["network"] and given["network"] is None
            key = self._key(row, place["country"], place["network"], place["test"], domain, day, whole=whole)
            if key is None:
                continue
            numbers = [counts.count(said.get(column), text=text) for column in _COLUMNS]
            sound = [one for one in numbers if one is not None]
            if len(sound) < len(numbers) or sum(sound[:-1]) != sound[-1]:
                shown = " + ".join(repr(said.get(column)) for column in _COLUMNS[:-1])
                row.send(
                    "refused",
                    f"the counts ok + anomaly + confirmed + failure are {shown}, not {said.get(_COLUMNS[-1])!r}",
                )
                continue
            others = tuple(str(value) for name, value in said.items() if name not in _COUNTED)
            if (first := self.results.setdefault((key, others), file)) != file:
                row.send("merged", f"told by {first} too, counted once in the row of {key}")
                continue
            self._add(row, key, sound[:-1])

    def measurements(self, file: str, results: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        for number, said in results:
            row = Row(file, None, number, said)
            self.rows.append(row)
            flags = {name: said.get(name) for name in ("failure", "confirmed", "anomaly")}
            domain, day = _of(said.get("input")), str(said.get("measurement_start_time"))
            key = self._key(row, said.get("probe_cc"), said.get("probe_asn"), said.get("test_name"), domain, day)
            if key is None:
                continue
            if odd := [f"{name} is {flag!r}" for name, flag in flags.items() if not isinstance(flag, bool)]:
                row.send("refused", f"neither true nor false: {', '.join(odd)}")
                continue
            uid = str(
                said.get("measurement_uid") or f"{said.get('report_id') or (file, number)} {said.get('input') or ''}"
            )
            if uid in self.uids:
                row.send("merged", f"the same measurement as in an earlier row, counted once in {self.uids[uid]}")
                continue
            self.uids[uid] = key
            how = next((name for name, flag in flags.items() if flag), "ok")
            self._add(row, key, [int(name == how) for name in COUNTS])

    def _add(self, row: Row, key: counts.Key, said: list[int]) -> None:
        there = self.counts.get(key)
        self.counts[key] = said if there is None else [one + more for one, more in zip(there, said, strict=True)]
        if there is not None:
            row.send("merged", f"added to the row of {key}")

    def _key(
        self,
        row: Row,
        country: object,
        network: object,
        test: object,
        domain: object,
        day: str,
        *,
        whole: bool = False,
    ) -> counts.Key | None:
        """The key that a row counts for; None for a row that is refused."""
        number, when = None if whole else counts.network(network), _day(day)
        one = _cover(test)
        if not isinstance(country, str) or country not in self.countries:
            row.send("refused", f"no country of ours, or an unknown one: {country}")
        if not whole and not number:
            unknown = "AS0, an unknown network, which cannot be compared with itself"
            row.send("refused", unknown if number == 0 else f"no AS number: {network}")
        if one is None:
            row.send("refused", f"a test of which it is not known what it looks at: {test}")
        if when is None:
            row.send("refused", f"no day that has come: {day}")
        site = platform = None
        if one is not None and one.platform_id is None:
            site = _host(domain) if isinstance(domain, str) else None
            if site is None:
                row.send("refused", f"no domain: {domain}")
            elif ours := names.site(site, self.sites):
                platform = self.sites[ours]
        elif one is not None:
            platform = one.platform_id
        if row.outcome == "refused" or one is None or when is None:
            return None
        return counts.Key(str(country), number, one.test, site, platform, str(one.tested), when)


def _cover(test: object) -> coverage.Cover | None:
    """What a test looks at; None for one of which it is not known."""
    return _TESTS.get(test) if isinstance(test, str) else None


def _lacking(file: str, axis: str, name: str) -> UnreadableFile:
    remedy = f"Say it: {name}=… in Python, --given {name}=… on the command line; or ask with that axis."
    return UnreadableFile(file, f"no column {axis}", f"an aggregation that tells its {name}", remedy)


def _numbered(file: str, listed: Sequence[Any]) -> list[tuple[int, Mapping[str, Any]]]:
    for number, one in enumerate(listed, 1):
        if not isinstance(one, dict):
            raise UnreadableFile(file, f"result {number} that is a {type(one).__name__}", "results with named fields")
    return [*enumerate(listed, 1)]


def _of(url: object) -> str | None:
    """The host of a tested address."""
    return names.hostname(url) if isinstance(url, str) else None


_DEVIATING = re.compile("[\u00df\u03c2\u200c\u200d]")
_LONGEST = 253
"""The characters that a name in DNS may have at most (RFC 1035)."""


@lru_cache(maxsize=100_000)
def _host(domain: str) -> str | None:
    """The domain as a series holds it, letters beyond ASCII as DNS has them (xn--); None for what is no domain."""
    column = Measurement.columns()["domain"]
    host = domain.lower().rstrip(".")
    if not host.isascii():
        if _DEVIATING.search(host):  # letters that IDNA 2003, which Python has, and IDNA 2008 take for different names
            return None
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if len(host) > _LONGEST:
        return None
    return host if isinstance(column, dy.String) and re.fullmatch(str(column.regex), host) else None


@lru_cache(maxsize=100_000)
def _day(text: str) -> date | None:
    """The day, in UTC, of a date or an hour such as 2025-08-13T07:00:00Z."""
    said = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[T ]\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?Z?)?", text, re.ASCII)
    return names.past_day(said[1]) if said else None


def _coarse(said: Collection[str]) -> str | None:
    """Why the dates of an aggregation are no days; None if they may be."""
    days = sorted(day for one in said if len(one) == 10 and (day := _day(one)))
    gaps = {(after - day).days % 7 for day, after in pairwise(days)}
    apart = "months" if all(day.day == 1 for day in days) else "weeks" if gaps == {0} else None
    if len(days) < 2 or apart is None:
        return None
    remedy = "ask with time_grain=day, or say grain=day if each is one day"
    return f"dates that lie whole {apart} apart, so perhaps {apart} and no days: {remedy}"


class _Page:
    """A page of a list of measurements: the question it answers, where it begins, and where the next one does."""

    def __init__(self, file: str, offset: object, question: Sequence[tuple[str, str]], following: str | None) -> None:
        self.file, self.offset, self.question, self.following = file, str(offset or 0), question, following


def _page(file: str, answer: Mapping[str, Any]) -> _Page:
    about = answer.get("metadata")
    if not isinstance(about, dict):
        raise UnreadableFile(file, "results without metadata", "an answer of OONI's measurements endpoint")
    url = about.get("next_url")
    asked = parse_qsl(urlsplit(url).query) if isinstance(url, str) and names.hostname(url) else []
    if kept := [f"{name}={value}" for name, value in asked if name in ("anomaly", "confirmed")]:
        remedy = "Ask without anomaly and confirmed: shares need the measurements that found nothing, too."
        raise UnreadableFile(file, f"an answer asked for with {', '.join(kept)}", "all measurements", remedy)
    following = dict(asked).get("offset", "the next one") if url else None
    question = sorted(pair for pair in asked if pair[0] != "offset")
    return _Page(file, about.get("offset"), question, following)


def _absent(pages: Sequence[_Page]) -> list[str]:
    """A sentence for each page whose next one is not among them; a last page does not repeat the question."""
    return [
        f"{one.file} is one page of several, and the next one (offset {one.following}) is not among the files: "
        "its last days are counted in part."
        for one in pages
        if one.following
        and not any(
            other.offset == one.following and (not other.question or other.question == one.question) for other in pages
        )
    ]
