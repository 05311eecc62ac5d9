"""Cloudflare Radar's annotations of outages: those that are restrictions, and the rest as evidence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl

from rightsdata import crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.importers import names, tables

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


def cloudflare_radar(*paths: str | Path, reference: Dataset | None = None) -> Import:
    """Drafts from annotations whose cause is a restriction.

    Args:
        paths: answers of the API's annotations endpoint, as JSON files.
        reference: the dataset whose tables are looked up; by default the newest release at hand.

    Returns:
        An Import; `found` holds every annotation as ANNOTATIONS, evidence for or against a shutdown. A cause that is no
        restriction, such as a cut cable, is refused as an event, with the reason; military action goes to review, since its
        intent is not known; so does a block of a platform that is not named.

    Raises:
        UnreadableFile: for what is no answer of that endpoint, or one that tells of a failure.
    """
    known = reference or reading.load()
    crossings = crosswalk.of(PROVIDER)
    pages = names.Pages(known)
    rows: list[Row] = []
    records: dict[str, dict[str, Any]] = {}
    seen: list[dict[str, Any]] = []
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
                    "networks": [one for one in _listed(said, "asns") if isinstance(one, int)],
                    "start": str(said["startDate"]),
                    "end": _text(said, "endDate"),
                    "cause": cause,
                    "type": kind,
                    "scope": _text(said, "scope"),
                }
            )
            crossed = crossings.get(("outageCause", cause.casefold()))
            if crossed is None:
                row.send("review", f"a cause that the crosswalk does not know: {cause}")
                continue
            if not crossed[0].value:
                why = f"no restriction, or not known to be one: {cause}; kept as evidence"
                row.send("review" if crossed[0].loss == "inferred" else "refused", why)
                continue
            if kind == "PLATFORM" or crossed[0].value == "service_block":
                row.send("review", "a platform or service, which the annotation does not name")
                continue
            if not names.past_day(str(said["startDate"])[:10]):
                row.send("refused", f"no day that has come: {said['startDate']}")
                continue
            row.lose("restriction_type", crossed[0].loss)
            if kind == "NETWORK":
                row.lose("targets", "broader")
            unknown = [code for code in codes if code not in known.countries["code"]]
            if unknown or not codes:
                row.send("review", f"no country of ours: {', '.join(unknown) or 'nothing'}")
            for code in (one for one in codes if one not in unknown):
                record = _record(row, said, code, crossed[0].value, pages)
                row.event_ids.append(record["event_id"])
                if record["event_id"] in records:
                    row.send("merged", f"the same annotation as in an earlier row: {record['event_id']}")
                records.setdefault(record["event_id"], record)
    evidence = pl.DataFrame(seen, schema=ANNOTATIONS)
    return Import(PROVIDER, LICENSE, list(records.values()), drafts.account(rows), known, pages.new(), evidence)


def _listed(said: dict[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else []


def _text(said: dict[str, Any], name: str) -> str | None:
    return None if said.get(name) is None else str(said[name])


def _countries(said: dict[str, Any]) -> list[str]:
    """Where it was: the locations, or else those of the networks, which the answer calls `location` or `locations`."""
    codes = [str(one) for one in _listed(said, "locations")]
    for network in () if codes else _listed(said, "asnsDetails"):
        place = (network.get("location") or network.get("locations")) if isinstance(network, dict) else None
        for one in place if isinstance(place, list) else [place]:
            if isinstance(one, dict) and one.get("code"):
                codes.append(str(one["code"]))
    return list(dict.fromkeys(codes))


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
