"""Access Now's STOP workbook of internet shutdowns, in all its generations of columns.

The year sheets of 2016 to 2018, of 2019 and from 2020 on, and the later combined sheet, as .xlsx, CSV or Parquet. A
running event, repeated once a year, becomes one draft. The given duration is never used: it is a formula that breaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rightsdata import crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import UnreadableFile
from rightsdata.importers import names, tables

PROVIDER = "access-now-stop"
LICENSE = "NOASSERTION"
"""The site's own texts are CC BY 4.0; the sheet names no licence, so its rows are for use on one's own machine."""

_WORKBOOK = {
    "url": "https://www.accessnow.org/campaign/keepiton/",
    "publisher": "Access Now",
    "title": "Shutdown Tracker Optimization Project (STOP), the workbook",
    "language": "en",
    "type": "ngo",
    "supports": ["start", "targets", "stages"],
}
"""What a draft cites for its row: the campaign that publishes the workbook."""

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "start": ("start_date",),
    "start_type": ("start_date_type",),
    "end": ("end_date",),
    "status": ("shutdown_status",),
    "country": ("country",),
    "scope": ("geo_scope",),
    "area": ("area_name",),
    "type": ("shutdown_type", "shutdown_type_new"),
    "network": ("affected_network",),
    "extent": ("shutdown_extent", "full or service-based"),
    "ordered_by": ("ordered_by",),
    "decision_maker": ("decision_maker",),
    "actual_cause": ("actual_cause",),
    "info_source": ("info_source",),
    "links": ("info_source_link", "news_link"),
    "gov_justification": ("gov_justification", "official_just"),
    "gov_ack": ("gov_ack",),
    "legal_just": ("legal_just", "legal_justif"),
    "facebook": ("facebook_affected",),
    "twitter": ("twitter_affected",),
    "whatsapp": ("whatsapp_affected",),
    "instagram": ("instagram_affected",),
    "telegram": ("telegram_affected",),
    "other": ("other_affected", "other_service_details (specify)", "service_details"),
    "sms": ("sms_affected", "sms_and_phone_call_affected"),
    "election": ("election",),
    "violence": ("violence",),
    "details": ("actual_cause_details", "other_cause_details", "notes"),
    "event": ("event",),
    "duration": ("duration", "duration_days"),
    "year": ("count_year", "year"),
    "quote": ("gov_ack_quote", "off_statement"),
}
"""Our names for the workbook's columns, and theirs in all generations, in small letters without spaces at the ends."""

GENERATIONS: Mapping[str, frozenset[str]] = {
    "2020 on": frozenset(
        [
            "start_date",
            "country",
            "area_name",
            "shutdown_type",
            "affected_network",
            "shutdown_extent",
            "ordered_by",
            "end_date",
        ]
    ),
    "2019": frozenset(
        [
            "start_date",
            "country",
            "area_name",
            "shutdown_type_new",
            "affected_network",
            "full or service-based",
            "end_date",
        ]
    ),
    "2016 to 2018": frozenset(
        ["start_date", "country", "area_name", "shutdown_type", "shutdown_type_group", "ordered_by", "end_date"]
    ),
}
"""The columns without which a sheet cannot be read, by generation."""

_SERVICES = {
    "facebook": "facebook",
    "twitter": "x",
    "whatsapp": "whatsapp",
    "instagram": "instagram",
    "telegram": "telegram",
}

_FEATURES = re.compile(
    r"\b(?:voice|video|audio|internet|call|phone)[- ]?calls?\b|\bcall (?:feature|function)|\bvoip\b|\blive\b",
    re.IGNORECASE,
)
"""Words that may tell of a function, such as calls or live video, where the columns know whole services alone."""

_NATIONWIDE = re.compile(r"^\s*(?:nation(?:al|wide)|country[- ]?wide|whole country|entire country)\b", re.IGNORECASE)


def stop(*paths: str | Path, reference: Dataset | None = None) -> Import:
    """Drafts from Access Now's STOP workbook.

    Args:
        paths: the workbook, or sheets of it as CSV or Parquet; taken together, so that running events meet.
        reference: the dataset whose platforms and countries are looked up; by default the newest release at hand.

    Returns:
        An Import. A row that names services which are unknown here, an area without an ISO 3166-2 code, or words for a
        single function such as calls is sent to review, with the draft that its columns give where they give one.

    Raises:
        UnreadableFile: if no sheet has the columns of one of GENERATIONS, with those that are missing.
        MissingExtra: if python-calamine (workbooks) or pycountry is not installed.
    """
    if not paths:
        raise ValueError("name the STOP workbook")
    known = reference or reading.load()
    sheets = [sheet for path in paths for sheet in tables.read(path)]
    read = {id(sheet): _columns(sheet) for sheet in sheets}
    if not any(isinstance(one, dict) for one in read.values()):
        raise UnreadableFile(sheets[0].file, "; ".join(map(str, read.values())), "the columns of the STOP workbook")
    importer = _Importer(known)
    for sheet in sheets:
        columns = read[id(sheet)]
        if isinstance(columns, str):
            for number, cells in [(sheet.first, sheet.header), *sheet.rows]:
                row = Row(sheet.file, sheet.name, number, {str(at): cell for at, cell in enumerate(cells, 1)})
                row.send("refused", f"the sheet is none of the workbook's tables: {columns}")
                importer.rows.append(row)
            continue
        for number, cells in sheet.rows:
            row = Row(sheet.file, sheet.name, number, tables.named(sheet, cells))
            found = {name: cells[at] for name, at in columns.items() if at < len(cells)}
            importer.add(row, _Said({name: cell for name, cell in found.items() if cell not in ("", None)}, sheet))
    return importer.done()


def _columns(sheet: tables.Sheet) -> dict[str, int] | str:
    """Where our fields stand in a sheet, or why it is none of the workbook's."""
    header = [" ".join(name.split()).casefold() for name in sheet.header]
    missing = {name: sorted(needed.difference(header)) for name, needed in GENERATIONS.items()}
    generation = min(missing, key=lambda name: len(missing[name]))
    if missing[generation]:
        return (
            f"the columns of {generation} without {', '.join(missing[generation])}"
            if len(missing[generation]) < 4
            else "other columns"
        )
    found: dict[str, int] = {}
    for field, theirs in _FIELDS.items():
        for name in theirs:
            if name in header and field not in found:
                found[field] = header.index(name)
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """The cells of one row by our names."""

    cells: Mapping[str, Any]
    sheet: tables.Sheet

    def text(self, name: str) -> str:
        """A cell as text with single spaces."""
        return " ".join(str(self.cells.get(name, "")).split())

    def word(self, name: str) -> str:
        """A coded cell: small letters, no spaces around slashes, the known misspellings mended."""
        word = re.sub(r"\s*/\s*", "/", self.text(name)).casefold()
        return {"uknown": "unknown", "unkown": "unknown", "law enforcemnet": "law enforcement"}.get(word, word)

    def yes(self, name: str) -> bool | None:
        """A cell of Yes and No, True and False; None for anything else."""
        return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(self.word(name))

    def kinds(self) -> tuple[list[str], list[str], str]:
        """Shutdown or throttle, full or service, and the network, as far as the row says."""
        said = self.word("type")
        if "extent" in self.cells:
            types = [one for one, word in (("shutdown", "shutdown"), ("throttle", "throttl")) if word in said]
            extents = [one for one in ("full", "service") if one in self.word("extent")]
            return types, extents, self._network(self.word("network"))
        parts = [part.strip() for part in said.split(",")]
        network = self._network(said)
        extents = [*(["full"] if network != "unknown" else []), *(["service"] if "service-based" in parts else [])]
        if parts == ["throttling"]:
            extents = ["service" if self.targets_named() else "full"]
        return ["throttle" if "throttling" in parts else "shutdown"] if said else [], extents, network

    @staticmethod
    def _network(said: str) -> str:
        both = [one for one in ("broadband", "mobile") if one in said]
        return "+".join(both) or "unknown"

    def targets_named(self) -> bool:
        """Whether the row names a service."""
        return any(self.yes(name) for name in _SERVICES) or bool(self.text("other"))


class _Importer:
    """Drafts on their way: rows come in one by one, running events meet under their key."""

    def __init__(self, known: Dataset) -> None:
        self.known = known
        self.rows: list[Row] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.years: dict[str, set[str]] = {}
        self.places: dict[tuple[str, str], None] = {}
        self.pages = names.Pages(known, {})
        self.crossings = crosswalk.of(PROVIDER)
        self.platforms = names.platforms(known)
        self.countries = {name.casefold(): code for code, name in known.countries.select("code", "name_en").iter_rows()}

    def cross(self, field: str, value: str) -> Sequence[crosswalk.Crossing]:
        return self.crossings.get((field, value), ())

    def done(self) -> Import:
        for event, record in self.records.items():
            if len(years := sorted(self.years[event])) > 1:
                record["summary"] += f" Counted by the provider in {', '.join(years)}."
        return Import(
            PROVIDER,
            LICENSE,
            list(self.records.values()),
            drafts.account(self.rows),
            self.known,
            self.pages.new(),
            places=drafts.areas(self.places),
        )

    def add(self, row: Row, said: _Said) -> None:
        """Account for one row, and make its drafts."""
        self.rows.append(row)
        start = _day(said.cells.get("start"))
        codes, strange = self.country(said, row)
        if start is None:
            row.send("refused", f"no start that is a day: {said.text('start') or 'nothing'}")
        for name in strange:
            row.send("review", f"no country of ours: {name}")
        types, extents, network = said.kinds()
        if not types or not extents:
            row.send("review", f"no kind of shutdown that is known: {said.text('type')} / {said.text('extent')}")
        if row.outcome == "refused" or not codes:
            return
        services = self.services(said, row) if "service" in extents else []
        text = " ".join(said.text(name) for name in ("details", "event", "other", "quote"))
        if "service" in extents and (word := _FEATURES.search(text)):
            row.send(
                "review", f"may be a feature block, by the words {word[0]!r}: the columns know whole services alone"
            )
        if said.word("info_source") == "confidential":
            row.why.append("a confidential source")
        if said.text("quote").startswith("[Google Translate]"):
            row.why.append("the quotation is a machine's translation")
        for code in codes:
            for kind in types:
                for extent in extents:
                    self.draft(
                        row,
                        said,
                        code,
                        str(start),
                        f"{kind}/{extent}/{network if extent == 'full' else 'any'}",
                        services,
                    )
        if len(types) * len(extents) > 1:
            row.lose("start", "broader")  # two phases or layers, whose own days the row does not tell
        if not row.event_ids:
            row.send("review", "service-based, and no service is named that is known here")

    def draft(self, row: Row, said: _Said, code: str, start: str, kind: str, services: list[str]) -> None:
        (crossing,) = self.cross("kind", kind)
        targets = services if "/service/" in kind else ["mobile_internet" if kind.endswith("/mobile") else "internet"]
        if not targets:
            return
        row.lose(crossing.field, crossing.loss)
        area = said.text("area")
        event = drafts.event_id(code, start, PROVIDER, code, start, names.folded(area), kind.rpartition("/")[0])
        row.event_ids.append(event)
        if area:
            self.places[event, area] = None
        years = self.years.setdefault(event, set())
        if said.text("year") or (said.sheet.name or "")[:4].isdigit():
            years.add((said.text("year") or str(said.sheet.name))[:4])
        if event in self.records:
            row.send("merged", f"the running event of an earlier row: {event}")
            self.later(self.records[event], said, row)
            return
        record = self.record(row, said, code, start, crossing.value, targets)
        self.records[event] = {"event_id": event, **record}

    def later(self, record: dict[str, Any], said: _Said, row: Row) -> None:
        """What a later row says of a running event: its end, or that it went on; other differences are for a person."""
        end, ongoing = _ending(said)
        if end and not record["end"]:
            record["end"], record["ongoing"] = end, "false"
            record["stages"].append({"date": end, "stage": "lifted", "sources": ["s1"]})
        elif end and end != record["end"]:
            row.send("review", f"another end, {end}, than an earlier row's {record['end']}")
        elif ongoing is not None and not record["end"]:
            record["ongoing"] = ongoing

    def record(self, row: Row, said: _Said, code: str, start: str, kind: str, targets: list[str]) -> dict[str, Any]:
        exact = said.word("start_type") == "actual"
        if not exact:
            row.lose("start", "inferred")
        begun = f"{start}~" if said.word("start_type") == "estimated" else start
        end, ongoing = _ending(said)
        if end and end < start:
            row.send("review", f"the end {end} lies before the start {start}; left out")
            end, ongoing = None, None
        place = self.place(row, said, code)
        sources = self.sources(said)
        if sources[1:]:
            row.lose("sources.supports", "inferred")  # the row says for what it names a page as little as what is on it
        taken: dict[str, list[str]] = {"stated_reasons": [], "contexts": []}
        initiator, role = "unattributed", None
        for field in ("ordered_by", "gov_justification", "actual_cause"):
            value = said.word(field)
            crossed = self.cross(field, value)
            if value and not crossed:
                row.send("review", f"no crossing for {field}: {said.text(field)}")
            for one in crossed:
                row.lose(one.field, one.loss)
                if one.field == "initiator":
                    initiator = one.value
                elif one.field == "authorities.role":
                    role = one.value
                elif one.value and one.value not in taken[one.field]:
                    taken[one.field].append(one.value)
        if said.yes("election") and "election" not in taken["contexts"]:
            taken["contexts"].append("election")
        if taken["stated_reasons"][1:] and "none_stated" in taken["stated_reasons"]:
            taken["stated_reasons"].remove("none_stated")
        admitted = said.yes("gov_ack") is True
        country = dict(self.known.countries.select("code", "name_en").iter_rows())[code]
        what = kind.replace("_", " ")
        titles = dict(self.known.platforms.select("platform_id", "name").iter_rows())
        hit = ", ".join(titles[one] for one in targets)
        title = f"{what.capitalize()} in {country} from {start}"
        stages = [{"date": begun, "stage": "in_force", "sources": ["s1"]}]
        if end:
            stages.append({"date": end, "stage": "lifted", "sources": ["s1"]})
        maker = said.text("decision_maker")
        return {
            "country": code,
            "admin1": place,
            "title": title[:100],
            "summary": f"{what.capitalize()} as coded by Access Now: {hit[:1500]}.",
            "restriction_type": kind,
            "initiator": initiator,
            "attribution": "admitted" if admitted and initiator == "state" else "unknown",
            "population": "public",
            "pattern": "recurring" if "curfew" in said.word("duration") else "continuous",
            "start": begun,
            "end": end,
            "ongoing": ongoing,
            "acknowledgement": "acknowledged" if admitted else "unknown",
            "methods": ["bandwidth_throttling"] if kind == "throttling" else [],
            "stated_reasons": taken["stated_reasons"],
            "contexts": taken["contexts"],
            "review": "machine_coded",
            "provider": PROVIDER,
            "license": LICENSE,
            "targets": [{"platform_id": one, "feature": "all", "role": "intended"} for one in targets],
            "stages": stages,
            "authorities": [{"name": maker[:200], "role": role}] if maker and role else [],
            "legal_bases": [{"type": "none_stated", "sources": ["s1"]}] if said.yes("legal_just") is False else [],
            "sources": sources,
        }

    def country(self, said: _Said, row: Row) -> tuple[list[str], list[str]]:
        """The ISO codes of the row's countries, and the names that have none; a semicolon parts them, a comma does not."""
        found: list[str] = []
        strange: list[str] = []
        for name in filter(None, (part.strip() for part in said.text("country").split(";"))):
            crossed = self.cross("country", name.casefold())
            code = self.countries.get(name.casefold()) or (crossed[0].value if crossed else None)
            if crossed:
                row.lose("country", crossed[0].loss)
            (strange if code is None else found).append(code or name)
        if not found and not strange:
            strange.append("nothing")
        return found, strange

    def place(self, row: Row, said: _Said, code: str) -> list[str]:
        """The subdivisions that the area's name holds; none for a whole country."""
        area, scope = said.text("area"), said.word("scope")
        if _NATIONWIDE.match(area) or scope == "national":
            return []
        found = names.subdivisions(code, area)
        for one in self.cross("area", area.casefold()):
            found = found or [one.value]
        if found:
            row.lose("admin1", "broader")
        else:
            row.lose("admin1", "partial")
            row.send(
                "review",
                f"part of a country that has no code here, so that the draft reads as the whole: {area or scope or 'nothing'}",
            )
        return found

    def services(self, said: _Said, row: Row) -> list[str]:
        """The platforms that the row names; names that are none of ours go to review."""
        found = [platform for name, platform in _SERVICES.items() if said.yes(name)]
        for name in re.split(r"[,;/\n]| and ", str(said.cells.get("other", ""))):
            wanted = names.folded(name)
            if not wanted:
                continue
            if wanted in self.platforms:
                found.append(self.platforms[wanted])
            elif crossed := self.cross("other", wanted):
                found += [one.value for one in crossed if one.value]
                row.lose("targets", crossed[0].loss)
            else:
                row.send("review", f"no platform of ours: {' '.join(name.split())[:100]}")
        return list(dict.fromkeys(found))

    def sources(self, said: _Said) -> list[dict[str, Any]]:
        """The workbook itself, and the pages that the row names; none of a confidential source."""
        links = "" if said.word("info_source") == "confidential" else str(said.cells.get("links", ""))
        return self.pages.of(_WORKBOOK, links)


def _day(cell: Any) -> str | None:
    """A cell as a day: a date, `2016-02-22 00:00:00`, or month first as in `2/22/2016`; None for anything else."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell or "").strip()
    for pattern in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, pattern).date().isoformat()
        except ValueError:
            continue
    return None


def _ending(said: _Said) -> tuple[str | None, str | None]:
    """The end and whether it goes on, as a record writes them; a status that is not given is not `ongoing`."""
    end = _day(said.cells.get("end"))
    if end:
        return end, "false"
    if said.word("status") == "ongoing" or said.word("end") == "ongoing":
        return None, "true"
    return None, "false" if said.word("status") == "ended" else None
