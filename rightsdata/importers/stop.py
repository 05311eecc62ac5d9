"""Access Now's STOP workbook of internet shutdowns, in all its generations of columns.

The year sheets of 2016 to 2018, of 2019 and from 2020 on, and the later combined sheet, as .xlsx, CSV or Parquet. A
running event, repeated once a year, becomes one draft. The given duration is never used: it is a formula that breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rightsdata import crosswalk, drafts, reading, records
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
    "start_date_type": ("start_date_type",),
    "end": ("end_date",),
    "shutdown_status": ("shutdown_status",),
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
    "facebook_affected": ("facebook_affected",),
    "twitter_affected": ("twitter_affected",),
    "whatsapp_affected": ("whatsapp_affected",),
    "instagram_affected": ("instagram_affected",),
    "telegram_affected": ("telegram_affected",),
    "sms_affected": ("sms_affected",),
    "phonecall_affected": ("phonecall_affected",),
    "sms_and_phone_call_affected": ("sms_and_phone_call_affected",),
    "other": ("other_affected", "other_service_details (specify)", "service_details"),
    "election": ("election",),
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

_SERVICES = (
    "facebook_affected",
    "twitter_affected",
    "whatsapp_affected",
    "instagram_affected",
    "telegram_affected",
    "sms_affected",
    "phonecall_affected",
    "sms_and_phone_call_affected",
)
"""The columns that each stand for a service."""

_UNION = ("admin1", "stated_reasons", "contexts", "targets", "authorities", "legal_bases", "sources")
"""The lists of a draft that take what every row of a running event says."""

_ONE = {"initiator": "unattributed", "attribution": "unknown", "acknowledgement": "unknown"}
"""What a draft says once, and how it says that nothing is known."""

_FEATURES = re.compile(
    r"\b(?:voice|video|audio|internet|call|phone)[- ]?calls?\b|\bcall (?:feature|function)"
    r"|\bvoip\b|\bvoice over ip\b|\blive(?:[- ]?stream\w*)?\b",
    re.IGNORECASE,
)
"""Words that may tell of a function, such as calls or live video, where the columns know whole services alone."""

_NATIONWIDE = re.compile(
    r"(?:nation(?:al|[- ]?wi?de)|country[- ]?wide(?: shutdown)?|(?:whole|entire) country)\W*", re.IGNORECASE
)
"""The names of a whole country, alone: "nationwide except" is a part."""

_SEVERAL = re.compile(r"it affected locations in more than one state|level 3|multi-regional")
"""The scopes that tell of more than one part of a country."""


def stop(*paths: str | Path, reference: Dataset | None = None) -> Import:
    """Drafts from Access Now's STOP workbook.

    Args:
        paths: the workbook, or sheets of it as CSV or Parquet; taken together, so that running events meet.
        reference: the dataset whose platforms and countries are looked up; by default the newest release at hand.

    Returns:
        An Import. A row that names services which are unknown here, an area without an ISO 3166-2 code, or words for a
        single function such as calls is sent to review, with the draft that its columns give where they give one.

    Raises:
        UnreadableFile: if no sheet has the columns of one of GENERATIONS, with those that are missing, or none has rows.
        MissingExtra: if python-calamine (workbooks) or pycountry is not installed.
    """
    if not paths:
        raise ValueError("name the STOP workbook")
    known = reference or reading.load()
    sheets = [sheet for path in paths for sheet in tables.read(path)]
    read = {id(sheet): _columns(sheet) for sheet in sheets}
    if not any(isinstance(one, dict) for one in read.values()):
        raise UnreadableFile(sheets[0].file, "; ".join(map(str, read.values())), "the columns of the STOP workbook")
    rows: list[Row] = []
    said: list[tuple[Row, _Said]] = []
    for sheet in sheets:
        columns = read[id(sheet)]
        if isinstance(columns, str):
            for number, cells in [(sheet.first, sheet.header), *sheet.rows]:
                row = Row(sheet.file, sheet.name, number, {str(at): cell for at, cell in enumerate(cells, 1)})
                row.send("refused", f"the sheet is none of the workbook's tables: {columns}")
                rows.append(row)
            continue
        for number, cells in sheet.rows:
            row = Row(sheet.file, sheet.name, number, tables.named(sheet, cells))
            found = {name: cells[at] for name, at in columns.items() if at < len(cells)}
            rows.append(row)
            said.append((row, _Said({name: cell for name, cell in found.items() if cell not in ("", None)}, sheet)))
    if not said:
        raise UnreadableFile(
            sheets[0].file, "a header and no row", "rows under the header", "Download it again; it may be cut."
        )
    importer = _Importer(known)
    for row, one in sorted(said, key=lambda pair: pair[1].year or "9999"):
        importer.add(row, one)
    importer.finish()
    return Import(
        PROVIDER,
        LICENSE,
        list(importer.records.values()),
        drafts.account(rows),
        known,
        importer.pages.new(),
        places=drafts.areas(importer.places),
    )


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
        """A coded cell: small letters, no spaces around slashes, misspellings and the spellings of yes and no mended."""
        word = re.sub(r"\s*/\s*", "/", self.text(name)).casefold()
        mended = {"uknown": "unknown", "unkown": "unknown", "law enforcemnet": "law enforcement"}
        return {**mended, "true": "yes", "false": "no"}.get(word, word)

    @property
    def year(self) -> str | None:
        """The year that the row is counted in: its own column, or the one year in the name of its sheet or file."""
        named = set(re.findall(r"20\d\d", self.text("year") or self.sheet.name or self.sheet.file))
        return named.pop() if len(named) == 1 else None


class _Importer:
    """Drafts on their way: rows come in by year, and running events meet under their key."""

    def __init__(self, known: Dataset) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.originals: dict[str, Mapping[str, Any]] = {}
        self.years: dict[str, list[str]] = {}
        self.alike: dict[tuple[str, str, str], list[tuple[str, Row]]] = {}
        self.places: dict[tuple[str, str], None] = {}
        self.pages = names.Pages(known)
        self.crossings = crosswalk.of(PROVIDER)
        self.areas: dict[str, list[tuple[str, str]]] = {}  # by country: folded names of parts, with their codes
        for (field, name), (one, *_) in self.crossings.items():
            if field == "area":
                country, _, words = name.partition("/")
                self.areas.setdefault(country, []).append((words, one.value))
        self.platforms = names.platforms(known)
        self.titles = dict(known.platforms.select("platform_id", "name").iter_rows())
        self.country_names = dict(known.countries.select("code", "name_en").iter_rows())
        self.countries = {name.casefold(): code for code, name in self.country_names.items()}

    def cross(self, field: str, value: str) -> Sequence[crosswalk.Crossing]:
        return self.crossings.get((field, value)) or self.crossings.get((field, "*"), ())

    def finish(self) -> None:
        """Write into the drafts what all their rows together say, and name those that may be one running event."""
        for event, record in self.records.items():
            kind, begun, end = record["restriction_type"], record["start"], record["end"]
            hit = ", ".join(self.titles[one["platform_id"]] for one in record["targets"])
            record["summary"] = f"{kind.replace('_', ' ').capitalize()} as coded by Access Now: {hit[:1500]}."
            if len(years := sorted(set(self.years[event]))) > 1:
                record["summary"] += f" Counted by the provider in {', '.join(years)}."
            record["stages"] = [{"date": begun, "stage": "in_force", "sources": ["s1"]}]
            if end:
                record["stages"].append({"date": end, "stage": "lifted", "sources": ["s1"]})
        for (_, start, _), events in self.alike.items():
            first, *others = [(min(self.years[event], default=""), event, row) for event, row in events]
            for year, event, row in others:
                if first[0] and year > first[0]:
                    row.send(
                        "review",
                        f"{event} may be the running event {first[1]}: the same country, start {start} and kind, another area",
                    )

    def add(self, row: Row, said: _Said) -> None:
        """Account for one row, and make its drafts."""
        start = _day(said.cells.get("start"))
        codes, strange = self.country(said, row)
        if start is None:
            row.send("refused", f"no start that is a day: {said.text('start') or 'nothing'}")
        for name in strange:
            row.send("review", f"no country of ours: {name}")
        named = list(self.services(said))
        types, extents, network = self.kinds(said, any(found for _, found, _ in named))
        if not types or not extents:
            row.send("review", f"no kind of shutdown that is known: {said.text('type')} / {said.text('extent')}")
        if start is None or not codes:
            return
        services = list(dict.fromkeys(platform for _, found, _ in named for platform in found or ()))
        if "service" in extents:
            for name, found, loss in named:
                if found is None:
                    row.send("review", f"no platform of ours: {name[:100]}")
                row.lose("targets", loss)
            text = " ".join(said.text(name) for name in ("details", "event", "other", "quote"))
            if word := _FEATURES.search(text):
                row.send(
                    "review", f"may be a feature block, by the words {word[0]!r}: the columns know whole services alone"
                )
        elif services or re.search("sms|telephony", said.word("type")):
            row.lose("targets", "broader")
        if len(types) * len(extents) == 4:
            row.send("review", "shutdown and throttling, of the network and of services: which of which is not told")
        if said.word("info_source") == "confidential":
            row.why.append("a confidential source")
        if said.text("quote").startswith("[Google Translate]"):
            row.why.append("the quotation is a machine's translation")
        for code in codes:
            draft = self.record(row, said, code, start)
            for kind in types:
                for extent in extents:
                    what = f"{kind}/{extent}/{network if extent == 'full' else 'any'}"
                    targets = (
                        services if extent == "service" else ["mobile_internet" if network == "mobile" else "internet"]
                    )
                    if targets:
                        self.draft(row, said, {**draft, **self.kind(row, what, targets, draft)}, f"{kind}/{extent}")
        if len(types) * len(extents) > 1:
            row.lose("start", "broader")  # two phases or layers, whose own days the row does not tell
        if extents and not row.event_ids:
            row.send("review", "service-based, and no service is named that is known here")

    def kinds(self, said: _Said, named: bool) -> tuple[list[str], list[str], str]:
        """Shutdown or throttle, full or service, and the network, as far as the row says; `named`: it names a service."""
        word = said.word("type")
        if "extent" in said.cells:
            types = [one for one, sign in (("shutdown", "shutdown"), ("throttle", "throttl")) if sign in word]
            extents = [one for one in ("full", "service") if one in said.word("extent")]
            return types, extents, _network(said.word("network"))
        parts = [part.strip() for part in word.split(",")]
        network = _network(word)
        extents = [*(["full"] if network != "unknown" else []), *(["service"] if "service-based" in parts else [])]
        if parts == ["throttling"]:
            network = _network(said.word("other"))
            extents = ["service" if named else "full"]
        return ["throttle" if "throttling" in parts else "shutdown"] if word else [], extents, network

    def kind(self, row: Row, what: str, targets: Sequence[str], draft: Mapping[str, Any]) -> dict[str, Any]:
        """What a draft says by its kind of restriction, `shutdown/full/mobile`."""
        (crossing,) = self.cross("kind", what)
        row.lose(crossing.field, crossing.loss)
        kind = crossing.value
        name = f"{kind.replace('_', ' ').capitalize()} in {self.country_names[draft['country']]}"
        return {
            "title": f"{name[:80]} from {draft['start'][:10]}",
            "restriction_type": kind,
            "methods": ["bandwidth_throttling"] if kind == "throttling" else [],
            "targets": [{"platform_id": one, "feature": "all", "role": "intended"} for one in targets],
        }

    def draft(self, row: Row, said: _Said, record: dict[str, Any], kind: str) -> None:
        """Keep a draft, or bring it together with that of an earlier row under the same key."""
        code, start, area = record["country"], record["start"][:10], said.text("area")
        place = "nationwide" if _whole(said) else names.folded(area)
        event = drafts.event_id(code, start, PROVIDER, code, start, place, kind)
        row.event_ids.append(event)
        if area:
            self.places[event, area] = None
        self.years.setdefault(event, []).extend([said.year] if said.year else [])
        if event not in self.records:
            self.records[event] = {"event_id": event, **record}
            self.originals[event] = row.original
            self.alike.setdefault((code, start, kind), []).append((event, row))
            return
        row.send("merged", f"the running event of an earlier row: {event}")
        counted, original = self.years[event], self.originals[event]
        if said.year in counted[:-1] and original != row.original:
            row.send(
                "review", "the same country, start, area and kind as an earlier row of the same year: one event or two?"
            )
        before = self.records[event]
        for name in _UNION:
            before[name] = _union(before[name], record[name])
        for name, nothing in _ONE.items():
            if before[name] == nothing:
                before[name] = record[name]
        differ = [
            name
            for name in ("restriction_type", "pattern", "start", *_ONE)
            if record[name] not in (before[name], _ONE.get(name))
        ]
        if differ:
            row.send("review", f"other than an earlier row, which is kept, in {', '.join(differ)}")
        if before["end"] and (record["end"] or record["ongoing"] == "true") and record["end"] != before["end"]:
            told = f"another end, {record['end'] or 'none, as ongoing'}, than an earlier row's {before['end']}"
            row.send("review", f"{told}; the later row's is taken")
        if record["end"] or record["ongoing"] or (said.word("shutdown_status") and not before["end"]):
            before.update(end=record["end"] or (before["end"] if record["ongoing"] == "false" else None))
            before.update(ongoing=record["ongoing"])

    def record(self, row: Row, said: _Said, code: str, start: str) -> dict[str, Any]:
        """What a draft says of a country whatever the kind of restriction."""
        (exact,) = self.cross("start_date_type", said.word("start_date_type"))
        row.lose("start", exact.loss)
        end, ongoing = self.ending(said, row)
        if end and end < start:
            row.send("review", f"the end {end} lies before the start {start}; left out")
            end, ongoing = None, None
        sources = self.sources(said)
        if sources[1:]:
            row.lose("sources.supports", "inferred")  # the row says for what it names a page as little as what is on it
        taken: dict[str, list[str]] = {}
        for field in ("ordered_by", "gov_justification", "actual_cause", "election", "gov_ack", "legal_just"):
            value = said.word(field)
            crossed = self.cross(field, value)
            if value and not crossed:
                row.send("review", f"no crossing for {field}: {said.text(field)}")
            for one in crossed:
                row.lose(one.field, one.loss)
                if one.value and one.value not in taken.setdefault(one.field, []):
                    taken[one.field].append(one.value)
        reasons = taken.get("stated_reasons", [])
        (initiator,) = taken.get("initiator", ["unattributed"])
        maker = said.text("decision_maker")[:200]
        roles = taken.get("authorities.role", [])
        return {
            "country": code,
            **drafts.unsaid(PROVIDER, LICENSE),
            "admin1": self.place(row, said, code),
            "initiator": initiator,
            "attribution": taken.get("attribution", ["unknown"])[0] if initiator == "state" else "unknown",
            "pattern": "recurring" if "curfew" in said.word("duration") else "continuous",
            "start": start + exact.value,
            "end": end,
            "ongoing": ongoing,
            "acknowledgement": taken.get("acknowledgement", ["unknown"])[0],
            "stated_reasons": [one for one in reasons if one != "none_stated"] or reasons,
            "contexts": taken.get("contexts", []),
            "authorities": [{"name": maker, "role": role} for role in roles if maker],
            "legal_bases": [{"type": one, "sources": ["s1"]} for one in taken.get("legal_bases.type", [])],
            "sources": sources,
        }

    def ending(self, said: _Said, row: Row) -> tuple[str | None, str | None]:
        """The end and whether it goes on, as a record writes them; a status that is not given is not `ongoing`."""
        end, text, status = _day(said.cells.get("end")), said.word("end"), said.word("shutdown_status")
        stated = self.cross("shutdown_status", status)
        if status and not stated:
            row.send("review", f"no crossing for shutdown_status: {said.text('shutdown_status')}")
        if end:
            if any(one.value == "true" for one in stated):
                row.send("review", f"ongoing, and ended on {end}; the end is taken")
            return end, "false"
        written = self.cross("shutdown_status", text)
        if text and not written:
            row.send("review", f"an end that is no day, left out: {said.text('end')}")
        for one in stated or written:
            return None, one.value or None
        return None, None

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
        if _whole(said):
            return []
        area, scope = said.text("area"), said.word("scope")
        told = names.folded(area).partition(" except ")[0]  # what follows was spared
        padded = f" {told} "
        known = {part for name, part in self.areas.get(code.casefold(), ()) if f" {name} " in padded}
        found = sorted({*names.subdivisions(code, told), *known})
        several = _SEVERAL.match(scope) is not None
        row.lose("admin1", "broader" if found and not (several and len(found) == 1) else "partial")
        if not found:
            row.send(
                "review",
                f"part of a country that has no code here, so that the draft reads as the whole: {area or scope or 'nothing'}",
            )
        elif several and len(found) == 1:
            row.send("review", f"several parts of a country, of which only {found[0]} is found here: {area}")
        return found

    def services(self, said: _Said) -> Iterator[tuple[str, list[str] | None, str]]:
        """The services that the row names: the name, the platforms of ours (None: unknown), and the loss."""
        for field in _SERVICES:
            if crossed := self.cross(field, said.word(field)):
                yield field, [one.value for one in crossed if one.value], crossed[0].loss
        for part in re.split(r"[,;/\n()]| and | including ", str(said.cells.get("other", ""))):
            name, wanted = " ".join(part.split()), names.folded(part)
            if wanted in self.platforms:
                yield name, [self.platforms[wanted]], "exact"
            elif crossed := self.cross("other", wanted):
                yield name, [one.value for one in crossed if one.value], crossed[0].loss
            elif wanted:
                yield name, None, "exact"

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


def _network(said: str) -> str:
    return "+".join(one for one in ("broadband", "mobile") if one in said) or "unknown"


def _whole(said: _Said) -> bool:
    """Whether the row tells of a whole country."""
    return _NATIONWIDE.fullmatch(said.text("area")) is not None or said.word("scope") == "national"


def _union(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """The items of both, each once; a source by its page, under an id of its own."""
    found = list(one)
    pages = {records.source_id(item["url"]) for item in one if "url" in item}
    for item in other:
        if "url" in item:
            if records.source_id(item["url"]) not in pages:
                found.append({**item, "id": f"s{len(found) + 1}"})
        elif item not in found:
            found.append(item)
    return found
