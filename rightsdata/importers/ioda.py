"""IODA's outage events as a measurement series: days with an outage that a detector raised, and days without one."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from rightsdata import columns, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.importers import counts, names, tables
from rightsdata.vocabulary import Feature

PROVIDER = "ioda"
LICENSE = "LicenseRef-IODA"
"""No licence is granted: answers say "Copyright (c) 2021 Georgia Tech Research Corporation. All Rights Reserved."."""

_EXTEND, _LIMIT = 1_209_600, 500
"""What the API takes for extendWindow (seconds) and limit (events) where it is not asked otherwise."""

_LONGEST = 366
"""Days of an event at the most; a longer one is an alert that nobody ended."""

_EPOCH, _SECONDS = date(1970, 1, 1), 86_400

_OK, _ANOMALOUS = [1, 0, 0, 0], [0, 1, 0, 0]
"""A day as counts, in the order of `series.COUNTS`."""

_Place = tuple[str, int | None]
"""A country, and the AS number of a network in it or None for the whole."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What an answer was asked for: its window, of which `days` are whole, and why it shows no day without an outage."""

    until: int | None
    extend: int
    days: tuple[date, date] | None
    why: str
    country: str | None
    places: Sequence[_Place]
    source: str | None


class _Outage(NamedTuple):
    """An event of one place and datasource: the days that it touches, and whether its end is unknown."""

    place: _Place
    source: str
    first: date
    last: date
    cut: bool


def ioda(
    *paths: str | Path,
    reference: Dataset | None = None,
    country: str | None = None,
    asked: tuple[date, date] | None = None,
) -> Import:
    """A measurement series from answers of IODA's `/v2/outages/events`, in its codf or ioda format.

    A day, in UTC, counts once for each place and datasource: anomalous where an event touches it, ok where the answer shows
    that there was none. Only whole days of the asked window are taken, since outside it nothing but outages could be seen.

    Args:
        paths: answers as JSON files.
        reference: the dataset whose countries are looked up; by default the newest release at hand.
        country: where networks are, unless the request says it (`relatedTo=country/RU`); an answer does not.
        asked: the first and the last day of the window, where the answers do not hold it (`requestParameters`).

    Returns:
        An Import without drafts; `series` holds a row for each place, datasource (as `test`) and day, of platform `internet`.
        ok days are claimed for places and datasources that the answer or its request names together, and only where the answer
        is whole: its first page with fewer events than its limit, and no method ignored; `notes` say which answers are not. An
        event that overlaps the window, has the length of extendWindow or reaches the window's end has no known end: after it
        no day is ok for that place and datasource until a later event shows that it was over. Events of regions, of
        continents and of parts of networks have no place in a series and are refused; so are events merged from several
        datasources (overall), which an answer without `overall` tells apart. A network that spans countries counts for the one
        that was asked for. An outage that began longer before the window than extendWindow (two weeks by default) is in no answer: ask for
        windows that begin before the event that they are held against. Where the import holds rows by network too, evidence leaves out those of the whole country: import them apart.

    Raises:
        UnreadableFile: for what is no such answer, one that tells of a failure, and a window of more than ten years.
        ValueError: for a given country that is none or a window that ends before it begins.
    """
    known = reference or reading.load()
    countries = set(known.countries["code"])
    if country is not None and country not in countries:
        raise ValueError(f"found country {country!r}; expected a code such as RU")
    told = counts.window(asked) if asked else None
    now = int(time.time())
    rows: list[Row] = []
    notes: list[str] = []
    counted: dict[counts.Key, list[int]] = {}
    touched: set[counts.Key] = set()
    outages: list[_Outage] = []
    shown: list[tuple[set[tuple[_Place, str]], tuple[date, date]]] = []
    for path in map(Path, paths):
        answer = tables.answer(path)
        events = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(events, list):
            found = "no list of events in data"
            raise UnreadableFile(path.name, found, "an answer of IODA's /v2/outages/events", "Ask the API again.")
        question = _question(path.name, answer, country, told, countries)
        why, pairs = question.why, set(product(question.places, filter(None, [question.source])))
        for number, said in enumerate(events, 1):
            if not isinstance(said, dict):
                raise UnreadableFile(path.name, f"event {number} that is a {type(said).__name__}", "IODA's events")
            row = Row(path.name, None, number, said)
            rows.append(row)
            place = _place(row, said, question.country, countries)
            outage = _outage(row, said, place, question, now) if place else None
            if outage is None:
                why = why or (f"event {number} cannot be read" if place else "")
                continue
            outages.append(outage)
            pairs.add((outage.place, outage.source))
            first, last = question.days or (date.min, date.max)
            days = _days(outage.place, outage.source, outage.first, outage.last)
            touched.update(days)
            keys = [key for key in days if first <= key.day <= last]
            new = [key for key in keys if key not in counted]
            counted.update((key, _ANOMALOUS) for key in new)
            if not keys:
                row.send("refused", "touches no whole day of the asked window")
            elif not new:
                row.send("merged", f"its days are counted already, the first in the row of {keys[0]}")
        if why:
            notes.append(f"{path.name}: {why}, so that no day without an outage is claimed.")
        elif question.days:
            shown.append((pairs, question.days))
    quiet = {key for pairs, window in shown for key in _quiet(pairs, window, outages)}
    counted.update(dict.fromkeys(quiet - touched, _OK))
    made = counts.frame(counted, PROVIDER, LICENSE)
    return Import(PROVIDER, LICENSE, [], drafts.account(rows), known, series=made, notes=notes)


def _quiet(
    pairs: Collection[tuple[_Place, str]], window: tuple[date, date], outages: Sequence[_Outage]
) -> Iterator[counts.Key]:
    """The days of a window, for places and datasources, that no event of unknown end precedes."""
    begun: dict[tuple[_Place, str], list[tuple[date, bool]]] = {}
    for one in outages:
        begun.setdefault((one.place, one.source), []).append((one.first, one.cut))
    for place, source in pairs:
        events = sorted(begun.get((place, source), []))
        for key in _days(place, source, *window):
            before = bisect_right(events, (key.day, True))
            if not before or not events[before - 1][1]:
                yield key


def _days(place: _Place, source: str, first: date, last: date) -> list[counts.Key]:
    """The keys of the days from the first to the last."""
    return [counts.Key(*place, source, None, "internet", str(Feature.ALL), day) for day in counts.days(first, last)]


def _question(
    file: str,
    answer: Mapping[str, Any],
    country: str | None,
    asked: tuple[date, date] | None,
    countries: Collection[str],
) -> _Question:
    told, about = answer.get("requestParameters"), answer.get("metadata")
    said: Mapping[str, Any] = told if isinstance(told, dict) else {}
    since, until = _whole(said.get("from")), _whole(said.get("until"))
    if asked and (since is None or until is None):
        since, until = ((one - _EPOCH).days * _SECONDS for one in (asked[0], asked[1] + timedelta(1)))
    days = None
    if since is not None and until is not None:
        if not 0 <= until - since <= counts.DAYS * _SECONDS or until > 2**33:
            raise UnreadableFile(
                file, f"a window from {since} until {until}", f"seconds, at most {counts.DAYS:,} days apart"
            )
        requested = str(about.get("requestTime")) if isinstance(about, dict) else ""
        over = names.past_day(requested[:10]) or date.today()
        first, last = (
            _EPOCH + timedelta(-(-since // _SECONDS)),
            _EPOCH + timedelta((until + 1) // _SECONDS),
        )
        days = first, min(last, over) - timedelta(1)
    limit, events = _whole(said.get("limit")), len(answer["data"])
    limit = _LIMIT if limit is None else limit
    why = next(
        (
            reason
            for reason, holds in {
                "the asked window is not known": days is None,
                f"it holds as many events as its limit, {limit:,}, and may be cut": events >= limit,
                f"it is page {said.get('page')} of several": said.get("page") not in (None, 0, "0"),
                f"it ignores methods ({said.get('ignoreMethods')})": bool(said.get("ignoreMethods")),
                "it merges datasources (overall)": said.get("overall") not in (None, False, "false", ""),
            }.items()
            if holds
        ),
        "",
    )
    kind, _, code = str(said.get("relatedTo") or "").partition("/")
    where = code if kind == "country" and code in countries else country
    codes = str(said.get("entityCode") or "").split(",")
    places: list[_Place] = []
    if said.get("entityType") == "country":
        places = [(one, None) for one in codes if one in countries]
    elif said.get("entityType") == "asn" and where:
        places = [(where, number) for one in codes if (number := counts.network(one))]
    source, extend = said.get("datasource"), _whole(said.get("extendWindow"))
    known = source if isinstance(source, str) and re.fullmatch(columns.SLUG, source) else None
    return _Question(until, _EXTEND if extend is None else extend, days, why, where, places, known)


def _place(row: Row, said: Mapping[str, Any], country: str | None, countries: Collection[str]) -> _Place | None:
    entity = said.get("entity")
    if isinstance(entity, dict):
        kind, code = str(entity.get("type")), str(entity.get("code"))
    else:
        kind, _, code = str(said.get("location")).partition("/")
    if kind == "country" and code in countries:
        return code, None
    if kind == "asn" and (number := counts.network(code)):
        if country:
            return country, number
        row.send("refused", "a network whose country is not said: ask with relatedTo=country/…, or say country=…")
    elif kind in ("region", "geoasn", "continent"):
        row.send("refused", f"a {kind}, which has no place in a series of countries and networks: {code}")
    else:
        row.send("refused", f"no country or network of ours: {kind}/{code}")
    return None


def _outage(row: Row, said: Mapping[str, Any], place: _Place, question: _Question, now: int) -> _Outage | None:
    """The event of a row; None for one that is refused."""
    source = said.get("datasource")
    if not isinstance(source, str) or source in ("overall", "unknown") or not re.fullmatch(columns.SLUG, source):
        row.send("refused", f"of no single datasource: {source}")
        return None
    start, until = said.get("from", said.get("start")), said.get("until")
    if "start" in said and said.get("duration") is not None:
        length = _whole(said["duration"])
        until = start + length if isinstance(start, int) and length is not None else ""
    since, end = _whole(start), _whole(until)
    if since is None or not 0 < since <= now or (until is not None and (end is None or end < since)):
        row.send(
            "refused", f"no time that has come, or an end before it: {start}, {said.get('duration', said.get('until'))}"
        )
        return None
    first = _EPOCH + timedelta(since // _SECONDS)
    if end is None:
        return _Outage(place, source, first, first, cut=True)
    touched = min(max(end - 1, since) // _SECONDS - since // _SECONDS, _LONGEST)
    cut = (
        said.get("overlaps_window") not in (None, False)
        or end - since in (question.extend, _EXTEND)
        or touched == _LONGEST
        or (question.until is not None and end >= question.until)
    )
    return _Outage(place, source, first, first + timedelta(min(touched, (now - since) // _SECONDS)), cut)


def _whole(said: object) -> int | None:
    """Seconds or a number that a request or event says, as a number or in digits; None for anything else."""
    if isinstance(said, str) and re.fullmatch(r"\d{1,12}", said, re.ASCII):
        return int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 10**12 else None
