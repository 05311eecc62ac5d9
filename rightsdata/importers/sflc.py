"""SFLC.in's tracker of internet shutdowns in India, as its JSON file."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from rightsdata import crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.importers import names, tables

PROVIDER = "sflc-in"
LICENSE = "ODbL-1.0"

_TRACKER = {
    "url": "https://internetshutdowns.in/",
    "publisher": "SFLC.in",
    "title": "Internet Shutdowns in India, the tracker",
    "language": "en",
    "type": "ngo",
    "supports": ["start", "admin1", "stages"],
}

_NEEDED = {"state:name", "date", "description", "source"}


def sflc(*paths: str | Path, reference: Dataset | None = None) -> Import:
    """Drafts from SFLC.in's tracker.

    Args:
        paths: its JSON files, each a list of records.
        reference: the dataset whose tables are looked up; by default the newest release at hand.

    Returns:
        An Import under ODbL-1.0, which the release gate refuses. Districts stay in the verbatim row and in `places`, since
        ours knows states alone; the duration has no unit and is not used. Where no column says which network, the words mobile and
        broadband in the description decide, as an inference: both, or broadband, are a network shutdown.

    Raises:
        UnreadableFile: for what is no list of the tracker's records.
    """
    known = reference or reading.load()
    crossings = crosswalk.of(PROVIDER)
    pages = names.Pages(known)
    rows: list[Row] = []
    records: dict[str, dict[str, Any]] = {}
    areas: list[tuple[str, str]] = []
    for path in paths:
        found = tables.answer(path)
        file = Path(path).name
        if not isinstance(found, list):
            raise UnreadableFile(file, f"a {type(found).__name__}", "a list of records")
        for number, said in enumerate(found, 1):
            if not isinstance(said, dict) or not said.keys() >= _NEEDED:
                missing = ", ".join(sorted(_NEEDED.difference(said if isinstance(said, dict) else ())))
                raise UnreadableFile(file, f"record {number} without {missing}", "the tracker's records")
            row = Row(file, None, number, said)
            rows.append(row)
            date = str(said["date"])
            if not names.past_day(date):
                row.send("refused", f"no day that has come: {date}")
                continue
            network = str(said.get("networksAffected") or "").casefold()
            text = html.unescape(re.sub(r"<[^>]*>", " ", str(said["description"])))
            if not network:
                named = {word.casefold() for word in re.findall(r"\b(?:mobile|broadband)\b", text, re.IGNORECASE)}
                network = "both in the text" if len(named) > 1 else f"{min(named)} in the text" if named else "not said"
            if ("network", network) not in crossings:
                row.send("review", f"no network that is known: {network}")
                continue
            (kind,) = crossings["network", network]
            row.lose("restriction_type", kind.loss)
            state = " ".join(str(said["state:name"]).split())
            place = names.subdivisions("IN", state)
            if not place:
                row.send("review", f"no part of India of this name: {state}")
            if _districts(said):
                row.lose("admin1", "broader")
            key = ("IN", date, state, said.get("districts"), network)
            event = drafts.event_id("IN", date, PROVIDER, *key)
            row.event_ids.append(event)
            if event in records:
                row.send("merged", f"the event of an earlier row: {event}")
                continue
            areas += [(event, district) for district in _districts(said)]
            over = said.get("active") is False
            links = " ".join(re.findall(r"https?://[^\s\"'<>]+", f"{said['source']} {said['description']}"))
            sources = pages.of(_TRACKER, links)
            what = kind.value.replace("_", " ")
            where = state if place and re.fullmatch(r"[^\W\d_][^\W\d_ &.-]*(?:[ &.-]+[^\W\d_]+)*", state) else "India"
            records[event] = {
                "event_id": event,
                **drafts.unsaid(PROVIDER, LICENSE),
                "country": "IN",
                "admin1": place,
                "title": f"{what.capitalize()} in {where[:50]} on {date}",
                "summary": f"{what.capitalize()} as coded by SFLC.in for {where[:200]}.",
                "restriction_type": kind.value,
                "start": date,
                "ongoing": "false" if over else None,
                "targets": [
                    {
                        "platform_id": "mobile_internet" if kind.value == "mobile_shutdown" else "internet",
                        "feature": "all",
                        "role": "intended",
                    }
                ],
                "stages": [{"date": date, "stage": "in_force", "sources": ["s1"]}],
                "sources": sources,
            }
            if sources[1:]:
                row.lose("sources.supports", "inferred")
    return Import(
        PROVIDER,
        LICENSE,
        list(records.values()),
        drafts.account(rows),
        known,
        pages.new(),
        places=drafts.areas(areas),
    )


def _districts(said: dict[str, Any]) -> list[str]:
    """The districts that a record names, whether as a list or as one text."""
    given = said.get("districts")
    return [str(one) for one in (given if isinstance(given, list) else [given]) if one]
