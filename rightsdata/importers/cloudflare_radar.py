"""Cloudflare Radar's annotations of outages: those that are restrictions, and all of them as evidence and a series of days."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from rightsdata import crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.evidence import coverage
from rightsdata.importers import counts, names, tables

PROVIDER = "cloudflare-radar"
LICENSE = "CC-BY-NC-4.0"

_CENTER = {
    "url": "https://radar.cloudflare.com/outage-center",
    "publisher": "Cloudflare Radar",
    "title": "Outage Center, the annotations",
    "language": "en",
    "type": "measurement",
    "supports": ["start", "targets", "stages"],
}

ANNOTATIONS = pl.Schema(
    {
        "id": pl.String(),
        "countries": pl.List(pl.String),
        "networks": pl.List(pl.Int64),
        "start": pl.String(),
        "end": pl.String(),
        "cause": pl.String(),
        "type": pl.String(),
        "scope": pl.String(),
    }
)
"""Every annotation as given, whatever its cause; times are UTC, networks are AS numbers."""


_HOW = {"confirmed": [0, 0, 1, 0], "anomaly": [0, 1, 0, 0], "failure": [0, 0, 0, 1]}
"""A day as counts, in the order of `series.COUNTS`; of several annotations of one day the first in this order counts."""

_OK = [1, 0, 0, 0]


@dataclass(frozen=True, slots=True)
class _Span:
    """The days of an annotation in one country: of the whole, of networks, or of neither (a part or a platform)."""

    row: Row
    country: str
    networks: Sequence[int | None]
    first: date
    last: date
    open: bool
    how: str


def cloudflare_radar(
    *paths: str | Path, reference: Dataset | None = None, asked: tuple[date, date] | None = None
) -> Import:
    """Drafts from annotations whose cause is a restriction, and a series of days from all.

    In the series a day, in UTC, counts once for a country or network: confirmed where the cause is a restriction, a failure where it
    is none, such as a cut cable, since that says nothing about a restriction, and an anomaly where it is not known. A
    nationwide annotation counts for its country, any other for the networks that it names; one of a part of a country or of a
    platform has no place in a series. Without an end only the first day counts. Where a nationwide annotation of a country is at
    hand, those of its networks are left out, as evidence would prefer them to the whole.

    Args:
        paths: answers of the API's annotations endpoint, as JSON files.
        reference: the dataset whose tables are looked up; by default the newest release at hand.
        asked: the first and the last day that the answers were asked for, which they do not tell. With it days without an
            annotation are ok for the countries and networks of the series, unless one of the same country touches
            them or has no end and began before; without it none is.

    Returns:
        An Import; `found` holds every annotation as ANNOTATIONS, evidence for or against a shutdown. A cause that is no
        restriction, such as a cut cable, is refused as an event, with the reason; military action goes to review, since its
        intent is not known; so does a block of a platform that is not named. `series` holds the days, of test
        `radar-outage-annotation`; the account says of each annotation that has no part in it why.

    Raises:
        UnreadableFile: for what is no answer of that endpoint, or one that tells of a failure.
        ValueError: for days asked in the wrong order, or more than ten years of them.
    """
    window = counts.window(asked) if asked else None
    known = reference or reading.load()
    crossings = crosswalk.of(PROVIDER)
    pages = names.Pages(known)
    rows: list[Row] = []
    records: dict[str, dict[str, Any]] = {}
    seen: list[dict[str, Any]] = []
    spans: list[_Span] = []
    countries = set(known.countries["code"])
    for path in paths:
        found = tables.answer(path)
        file = Path(path).name
        result = found.get("result") if isinstance(found, dict) else None
        listed = result.get("annotations") if isinstance(result, dict) else None
        if not isinstance(listed, list):
            raise UnreadableFile(file, "no result.annotations", "an answer of Radar's annotations endpoint")
        for number, said in enumerate(listed, 1):
            if not isinstance(said, dict) or not isinstance(said.get("outage"), dict) or not said.get("startDate"):
                raise UnreadableFile(file, f"annotation {number} without outage or startDate", "Radar's annotations")
            row = Row(file, None, number, said)
            rows.append(row)
            outage = said["outage"]
            cause, kind = str(outage.get("outageCause")), str(outage.get("outageType"))
            codes = _countries(said)
            seen.append(
                {
                    "id": str(said.get("id")),
                    "countries": codes,
                    "networks": _networks(said),
                    "start": str(said["startDate"]),
                    "end": _text(said, "endDate"),
                    "cause": cause,
                    "type": kind,
                    "scope": _text(said, "scope"),
                }
            )
            crossed = crossings.get(("outageCause", cause.casefold()))
            if crossed and crossed[0].value:
                how = "confirmed"
            else:
                how = "failure" if crossed and crossed[0].loss != "inferred" else "anomaly"
            platform = kind == "PLATFORM" or (crossed is not None and crossed[0].value == "service_block")
            spans += _spans(row, said, [code for code in codes if code in countries], how, platform=platform)
            if crossed is None:
                row.send("review", f"a cause that the crosswalk does not know: {cause}")
                continue
            if not crossed[0].value:
                why = f"no restriction, or not known to be one: {cause}; kept as evidence"
                row.send("review" if crossed[0].loss == "inferred" else "refused", why)
                continue
            if platform:
                row.send("review", "a platform or service, which the annotation does not name")
                continue
            if not names.past_day(str(said["startDate"])[:10]):
                row.send("refused", f"no day that has come: {said['startDate']}")
                continue
            row.lose("restriction_type", crossed[0].loss)
            if kind == "NETWORK":
                row.lose("targets", "broader")
            unknown = [code for code in codes if code not in countries]
            if unknown or not codes:
                row.send("review", f"no country of ours: {', '.join(unknown) or 'nothing'}")
            for code in (one for one in codes if one not in unknown):
                record = _record(row, said, code, crossed[0].value, pages)
                row.event_ids.append(record["event_id"])
                if record["event_id"] in records:
                    row.send("merged", f"the same annotation as in an earlier row: {record['event_id']}")
                records.setdefault(record["event_id"], record)
    made = _series(spans, window)
    evidence = pl.DataFrame(seen, schema=ANNOTATIONS)
    drafted, account = list(records.values()), drafts.account(rows)
    return Import(PROVIDER, LICENSE, drafted, account, known, pages.new(), evidence, series=made)


def _spans(row: Row, said: dict[str, Any], codes: Sequence[str], how: str, *, platform: bool) -> Iterator[_Span]:
    """The spans of an annotation by country; those without a place in a series stand for days that are not ok."""
    first, end = names.past_day(str(said["startDate"])[:10]), str(said.get("endDate") or "")
    if first is None or not codes:
        row.send(row.outcome, "not in the series: no day that has come, or no country of ours")
        return
    last = names.past_day(end[:10])
    if last and last > first and end[10:].startswith("T00:00:00"):
        last -= timedelta(1)
    known = last is not None and first <= last <= first + timedelta(counts.DAYS)
    nationwide = said["outage"].get("outageType") == "NATIONWIDE"
    homes = {str(one.get("asn")): _homes(one) for one in _listed(said, "asnsDetails") if isinstance(one, dict)}
    numbers = _networks(said)
    placed = False
    for code in codes:
        mine = [one for one in numbers if len(codes) == 1 or code in homes.get(str(one), ())]
        networks: Sequence[int | None] = [] if platform else [None] if nationwide else mine
        placed = placed or bool(networks)
        yield _Span(row, code, networks, first, last if last and known else first, not known, how)
    if not placed:
        row.send(row.outcome, "not in the series: of a platform, or of a part of a country without its networks")


def _series(spans: Sequence[_Span], window: tuple[date, date] | None) -> pl.DataFrame:
    counted: dict[counts.Key, list[int]] = {}
    first, last = window or (date.min, date.max)
    whole = {one.country for one in spans if None in one.networks}
    places: set[tuple[str, int | None]] = set()
    for span in sorted(spans, key=lambda one: list(_HOW).index(one.how)):
        if span.country in whole and span.networks and None not in span.networks:
            span.row.send(span.row.outcome, f"not in the series: {span.country} is, as a whole")
            continue
        days = counts.days(max(span.first, first), min(span.last, last))
        if span.networks and not days:
            span.row.send(span.row.outcome, "not in the series: outside the days asked for")
        places.update((span.country, network) for network in span.networks)
        for network in span.networks:
            for day in days:
                counted.setdefault(_key(span.country, network, day), _HOW[span.how])
    for country, network in places if window else ():
        for day in _quiet(country, spans, counts.days(first, last)):
            counted[_key(country, network, day)] = _OK
    return counts.frame(counted, PROVIDER, LICENSE)


def _quiet(country: str, spans: Sequence[_Span], days: Collection[date]) -> Iterator[date]:
    """The days that no annotation of the country touches, and that none without an end precedes."""
    ours = [(one.first, date.max if one.open else one.last) for one in spans if one.country == country]
    return (day for day in days if not any(first <= day <= last for first, last in ours))


def _key(country: str, network: int | None, day: date) -> counts.Key:
    cover = coverage.RADAR
    return counts.Key(country, network, cover.test, None, cover.platform_id, str(cover.tested), day)


def _listed(said: dict[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else []


def _networks(said: dict[str, Any]) -> list[int]:
    return [number for one in _listed(said, "asns") if (number := counts.network(one))]


def _text(said: dict[str, Any], name: str) -> str | None:
    return None if said.get(name) is None else str(said[name])


def _countries(said: dict[str, Any]) -> list[str]:
    """Where it was: the locations, or else those of the networks."""
    codes = [str(one) for one in _listed(said, "locations")]
    for network in () if codes else _listed(said, "asnsDetails"):
        codes += _homes(network) if isinstance(network, dict) else []
    return list(dict.fromkeys(codes))


def _homes(network: dict[str, Any]) -> list[str]:
    """The countries of a network, which the answer calls `location` or `locations`."""
    place = network.get("location") or network.get("locations")
    listed = place if isinstance(place, list) else [place]
    return [str(one["code"]) for one in listed if isinstance(one, dict) and one.get("code")]


def _record(row: Row, said: dict[str, Any], code: str, kind: str, pages: names.Pages) -> dict[str, Any]:
    start, end = str(said["startDate"])[:10], (_text(said, "endDate") or "")[:10] or None
    if end and (not names.past_day(end) or end < start):
        row.send("review", f"an end that is no day or lies before the start, left out: {said['endDate']}")
        end = None
    text = f"{said.get('scope') or ''} {said.get('description') or ''}"
    mobile = bool(re.search(r"\b(?:mobile|cellular)\b", text, re.IGNORECASE)) and not re.search(
        r"\b(?:fixed|broadband|wired|wireline)\b", text, re.IGNORECASE
    )
    if mobile:
        row.lose("restriction_type", "inferred")
    place = [] if said["outage"].get("outageType") == "NATIONWIDE" else names.subdivisions(code, text)
    if said["outage"].get("outageType") == "REGIONAL" and not place:
        row.send("review", "part of a country that has no code here, so that the draft reads as the whole")
    row.lose("start", "broader")  # ours knows days
    what = "mobile shutdown" if mobile else kind.replace("_", " ")
    stages = [{"date": start, "stage": "in_force", "sources": ["s1"]}]
    stages += [{"date": end, "stage": "lifted", "sources": ["s1"]}] if end else []
    return {
        "event_id": drafts.event_id(code, start, PROVIDER, said.get("id"), code),
        **drafts.unsaid(PROVIDER, LICENSE),
        "country": code,
        "admin1": place,
        "title": f"{what.capitalize()} in {code} from {start}",
        "summary": f"{what.capitalize()} as annotated by Cloudflare Radar: directed by a government.",
        "restriction_type": "mobile_shutdown" if mobile else kind,
        "initiator": "state",
        "attribution": "third_party_says",
        "start": start,
        "end": end,
        "ongoing": "false" if end else None,
        "targets": [{"platform_id": "mobile_internet" if mobile else "internet", "feature": "all", "role": "intended"}],
        "stages": stages,
        "sources": pages.of(_CENTER, str(said.get("linkedUrl") or "")),
    }
