"""The tables, their columns and the rules inside one table: declared once, every other form is derived.

Each table is a dataframely schema. A class named `…Coded` holds what people write; the class of the
release adds the columns that `build` derives. A rule's name reads as a sentence; its RowRule says
which fields it concerns and what to do about a breach. Rules between tables stand in `rules.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dataframely as dy
import polars as pl

from rightsdata import columns, dates, manifest
from rightsdata import vocabulary as v
from rightsdata.errors import Severity

SCHEMA_VERSION = "1.0.0"
"""Semantic version of the tables: a reader refuses a newer major version and reads older minor ones."""

PROVIDER = "rightsdata"
LICENSE = "CC-BY-4.0"

REDISTRIBUTABLE = frozenset({"CC-BY-4.0", "CC0-1.0", "CC-BY-3.0", "ODC-BY-1.0", "ODC-PDDL-1.0"})
"""Licences of rows that may be published under CC BY 4.0; rows under others never enter a release."""


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule across the columns of a row, and what a reader is told when it is broken."""

    fields: tuple[str, ...]
    """The columns that it reads."""
    holds: Callable[[Any], pl.Expr]
    """The table to an expression: true for a good row, null (not known) counts as good."""
    expected: str
    remedy: str
    severity: Severity = "error"


_ROW_RULES: dict[tuple[str, str], RowRule] = {}
"""(class name, rule name) to the rule."""


def _rule(*fields: str, expected: str, remedy: str) -> Callable[[Callable[[Any], pl.Expr]], Any]:
    def decorate(function: Callable[[Any], pl.Expr]) -> Any:
        owner = function.__qualname__.split(".")[0]
        _ROW_RULES[owner, function.__name__] = RowRule(fields, function, expected, remedy)
        return dy.rule()(function)

    return decorate


def _ordered(earlier: str, later: str) -> pl.Expr:
    """Whether two coded dates can stand in this order, given their bounds."""
    return dates.bounds(later).latest >= dates.bounds(earlier).earliest


class EventCoded(dy.Schema):
    """One restriction event: one kind of restriction, by one initiator, on the same targets, in one territory, over one period."""

    event_id = columns.key(
        "Permanent id: country, year, month if known, slug. Never reused; a retired id stays resolvable.",
        columns.EVENT_ID,
        "an id of the form cc-yyyy-mm-slug or cc-yyyy-slug, in lower-case letters, digits and hyphens",
    )
    country = columns.text(
        "Where people are affected, not who ordered it: ISO 3166-1 alpha-2, plus EU and XK.",
        pattern="^[A-Z]{2}$",
        expects="a country code of two capital letters",
        references="countries.code",
    )
    admin1 = columns.texts(
        "ISO 3166-2 codes of the subdivisions concerned when the measure was subnational, else empty.",
        pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$",
        expects="ISO 3166-2 codes such as RU-DA",
    )
    title = columns.text("What happened, in own words.", longest=100)
    summary = columns.text("The event in a few sentences, in own words.", longest=2000)
    restriction_type = columns.term(v.RestrictionType, "What kind of restriction it is.")
    initiator = columns.term(
        v.Initiator, "Who compelled it; a company that carries out an order is an authority instead."
    )
    attribution = columns.term(v.Attribution, "How it is known who did it.", default=v.Attribution.UNKNOWN)
    population = columns.term(v.Population, "Whom the measure binds.", default=v.Population.PUBLIC)
    age_threshold = dy.Int8(
        nullable=True, min=1, max=99, description="Years, for measures that bind people under an age."
    )
    pattern = columns.term(v.Pattern, "How the measure runs over its period.", default=v.Pattern.CONTINUOUS)
    start = columns.date("When it took effect, as coded; null for a plan that never did.", null=True)
    end = columns.date(
        "When it ceased to have effect, as coded; null while it goes on or where the day is not known.", null=True
    )
    ongoing = dy.Bool(nullable=True, description="Whether it went on at as_of; null means not known.")
    acknowledgement = columns.term(
        v.Acknowledgement, "Whether the authority owned up.", default=v.Acknowledgement.UNKNOWN
    )
    methods = columns.terms(v.Method, "How it is carried out; empty means nothing known.")
    stated_reasons = columns.terms(v.StatedReason, "What the authority gave as its reason; empty means nothing known.")
    contexts = columns.terms(v.Context, "What was happening at the time; not a cause.")
    review = columns.term(v.Review, "How the record was made and checked.")
    provider = columns.text(
        "Who coded the record.", pattern=columns.SLUG, expects="a short name such as rightsdata", default=PROVIDER
    )
    license = columns.text(
        "SPDX id of the record's licence.", pattern="^[A-Za-z0-9.+-]+$", expects="an SPDX id", default=LICENSE
    )

    @_rule(
        "event_id",
        "country",
        expected="an id that begins with the country code",
        remedy="Rename the event or correct the country.",
    )
    def an_event_id_begins_with_its_country(cls) -> pl.Expr:
        return pl.col("event_id").str.head(2) == pl.col("country").str.to_lowercase()

    @_rule(
        "admin1",
        "country",
        expected="subdivisions of the event's own country",
        remedy="Correct the subdivision or the country.",
    )
    def subdivisions_belong_to_their_country(cls) -> pl.Expr:
        first = pl.col("admin1").list.eval(pl.element().str.head(2))
        return (first.list.len() == 0) | ((first.list.n_unique() == 1) & (first.list.first() == pl.col("country")))

    @_rule("end", "start", expected="an end on or after the start", remedy="Correct one of the two dates.")
    def no_event_ends_before_its_start(cls) -> pl.Expr:
        return _ordered("start", "end")

    @_rule(
        "ongoing",
        "end",
        expected="ongoing: false where an end is given",
        remedy="Set ongoing: false, or remove the end.",
    )
    def an_event_with_an_end_is_not_ongoing(cls) -> pl.Expr:
        return pl.col("end").is_null() | pl.col("ongoing").eq_missing(pl.lit(False))

    @_rule("stated_reasons", expected="none_stated alone, or reasons without it", remedy="Keep one of the two.")
    def none_stated_stands_alone_among_reasons(cls) -> pl.Expr:
        reasons = pl.col("stated_reasons").cast(pl.List(pl.String))
        return ~reasons.list.contains(v.StatedReason.NONE_STATED.value) | (reasons.list.len() == 1)


class Event(EventCoded):
    """A restriction event with the columns that are derived from all its tables."""

    family = columns.term(
        v.Family, "Access or rules, from the restriction type; the two are never added up by default."
    )
    start_earliest = columns.day("First day on which it may have taken effect.")
    start_latest = columns.day("Last day on which it may have taken effect.")
    start_approximate = dy.Bool(description="Whether the start is marked as approximate.")
    end_earliest = columns.day("First day on which it may have ended.")
    end_latest = columns.day("Last day on which it may have ended.")
    end_approximate = dy.Bool(description="Whether the end is marked as approximate.")
    as_of = dy.Date(
        description="The date of the newest source or stage, imprecise ones at their first day: what is told holds on that day."
    )
    last_confirmed = columns.day(
        "The last day for which something vouches that it applied: the latest stage that shows effect, or the newest source "
        "that backs ongoing: true; null if neither has a day."
    )
    took_effect = dy.Bool(description="Whether some stage shows that it applied: in_force, expanded or eased.")
    status = columns.term(
        v.Status, "Where it stood on as_of; say 'last confirmed on' with last_confirmed, never 'blocked now'."
    )
    confidence = columns.term(v.Confidence, "How well it is sourced, from publishers, copies and parties.")
    min_days = dy.Int32(
        nullable=True,
        min=0,
        description="Fewest days from start to end, by what is confirmed, both counted; recurring and intermittent measures did not apply on all of them. Null if it never applied.",
    )
    max_days = dy.Int32(
        nullable=True,
        min=0,
        description="Most days from start to end, both counted; null while open, where the start is open, or if it never applied.",
    )
    platforms = columns.texts("Platform ids of the targets, sorted.")
    legal_basis_types = columns.terms(
        v.LegalBasisType, "Types of its legal bases, in the vocabulary's order; empty means none was found."
    )
    source_count = dy.Int32(min=0, description="Pages cited.")
    publisher_count = dy.Int32(
        min=0,
        description="Independent publishers whose texts are cited, each once: copies count as what they copy, parties do not count.",
    )


class TargetCoded(dy.Schema):
    """What the event hits: a platform, a collective target such as vpn-services, or the internet itself."""

    event_id = columns.event_id()
    platform_id = columns.key(
        "The platform or collective target.",
        columns.SLUG,
        "a platform_id of platforms.csv",
        references="platforms.platform_id",
    )
    feature = dy.Enum(
        v.Feature,
        primary_key=True,
        description="Which function is hit.",
        metadata={"vocabulary": v.Feature.vocabulary(), "default": v.Feature.ALL},
    )
    role = columns.term(v.TargetRole, "Whether it was meant.", default=v.TargetRole.INTENDED)
    start = columns.date("The target's own start, only where it differs from the event's.", null=True)
    end = columns.date("The target's own end, only where it differs from the event's.", null=True)

    @_rule("end", "start", expected="an end on or after the start", remedy="Correct one of the two dates.")
    def no_target_ends_before_its_start(cls) -> pl.Expr:
        return _ordered("start", "end")


class Target(TargetCoded):
    """A target with the bounds of its period: its own where coded, else the event's."""

    start_earliest = columns.day("First day on which it may have been hit.")
    start_latest = columns.day("Last day on which it may have been hit.")
    end_earliest = columns.day("First day on which that may have ended.")
    end_latest = columns.day("Last day on which that may have ended.")


class StageCoded(dy.Schema):
    """A step on the event's road, from the first report to the lift."""

    event_id = columns.event_id()
    position = columns.position()
    date = columns.date("When the step was taken, as coded.")
    stage = columns.term(v.Stage, "Which step it is.")
    note = columns.text("What happened, in own words.", longest=600, null=True)
    attributed_to = columns.text("Who says so, where the page relays another's claim.", longest=200, null=True)
    source_ids = columns.source_ids()


class Stage(StageCoded):
    """A step with the bounds of its date."""

    date_earliest = columns.day("First day that the date may mean; null for 'on or before'.")
    date_latest = columns.day("Last day that the date may mean.")


class Authority(dy.Schema):
    """A body that ordered or carried out the measure, as documented; an accusation stands in a stage note instead."""

    event_id = columns.event_id()
    position = columns.position()
    name = columns.text("The body; never a private person.", longest=200)
    role = columns.term(v.AuthorityRole, "What it is, in this event.")


class LegalBasis(dy.Schema):
    """A legal act that the measure rests on, as sources say."""

    event_id = columns.event_id()
    position = columns.position()
    type = columns.term(
        v.LegalBasisType, "What kind of act it is; none_stated where a source says that none was given."
    )
    title = columns.text("The act's name.", longest=400, null=True)
    citation = columns.text("Number and article.", longest=300, null=True)
    status = columns.term(v.LegalBasisStatus, "What became of it.", default=v.LegalBasisStatus.UNKNOWN)
    source_ids = columns.source_ids()


class ResponseCoded(dy.Schema):
    """A reaction of an organisation, a company, a court or a government."""

    event_id = columns.event_id()
    position = columns.position()
    actor = columns.text("Who reacted.", longest=200)
    kind = columns.term(v.ResponseKind, "How.")
    date = columns.date("When, as coded; null where no source says.", null=True)
    note = columns.text("What they said or did, in own words.", longest=600, null=True)
    source_ids = columns.source_ids()


class Response(ResponseCoded):
    """A reaction with the bounds of its date."""

    date_earliest = columns.day("First day that the date may mean.")
    date_latest = columns.day("Last day that the date may mean.")


class Relation(dy.Schema):
    """How one measure follows from another."""

    event_id = columns.event_id()
    related_id = columns.key(
        "The other event.", columns.EVENT_ID, "the id of another event", references="events.event_id"
    )
    relation = columns.term(v.Relation, "This event … the other one.")

    @_rule("related_id", expected="another event", remedy="Remove the relation or name the event that was meant.")
    def no_event_is_related_to_itself(cls) -> pl.Expr:
        return pl.col("related_id") != pl.col("event_id")


CHILDREN = ("targets", "stages", "authorities", "legal_bases", "responses", "relations", "sources", "revisions")
"""The lists inside an event's record, in the order in which they are written."""

CITABLE = (*EventCoded.column_names(), "targets", "stages", "authorities", "legal_bases", "responses", "relations")
"""What a source can back: any field of the event, or one of its lists."""


class RevisionCoded(dy.Schema):
    """Why released fields of an event changed."""

    event_id = columns.event_id()
    position = columns.position()
    date = columns.date("When the record was changed.")
    fields = dy.List(dy.Enum((*CITABLE, "sources")), check=columns.ONCE, description="The fields that changed.")
    reason = columns.text("Why.", longest=400)


class Revision(RevisionCoded):
    """Why released fields of an event changed."""

    fields = columns.texts("The fields that changed.")


class CitationCoded(dy.Schema):
    """That an event cites a source, and for which of the event's fields."""

    event_id = columns.event_id()
    source_id = columns.key(
        "The source.", columns.SOURCE_ID, "a source of the same record", references="sources.source_id"
    )
    position = dy.Int16(min=1, description="Place in the event's own list of sources, from 1.")
    supports = dy.List(dy.Enum(CITABLE), check=columns.ONCE, description="The event's fields that this source backs.")
    party = dy.Bool(
        description="Whether the source is the authority, company or outlet concerned.", metadata={"default": False}
    )


class Citation(CitationCoded):
    """That an event cites a source, and for which of the event's fields."""

    supports = columns.texts("The event's fields that this source backs.")


class SourceCoded(dy.Schema):
    """A page that vouches for something; one row however many events cite it."""

    source_id = columns.key(
        "Derived from the normalised address, so that one page is one row.", columns.SOURCE_ID, "16 hexadecimal digits"
    )
    url = columns.text("Address of the page.", pattern=columns.HTTP_URL, expects="an http or https address")
    archive_url = columns.text(
        "Address of an archived copy.", pattern=columns.HTTP_URL, expects="an http or https address", null=True
    )
    publisher = columns.text("Who published it.", longest=200, references="publishers.publisher")
    title = columns.text("Its title, or a description where the excerpt gave none.", longest=500)
    published = columns.date("When it was published, as coded; null where the page does not say.", null=True)
    accessed = columns.date("When the coder last read it; null where that was not recorded.", null=True)
    language = columns.text(
        "Language of the page.", pattern="^[a-z]{2,3}(-[A-Za-z0-9]+)*$", expects="a BCP 47 tag such as en or pt-BR"
    )
    type = columns.term(v.SourceType, "What kind of page it is.")
    syndicated_from = columns.text("Whose text it copies: a mirror or agency copy counts once.", longest=200, null=True)


class Source(SourceCoded):
    """A page with the bounds of its publication date."""

    published_earliest = columns.day("First day on which it may have been published.")
    published_latest = columns.day("Last day on which it may have been published.")


class Publisher(dy.Schema):
    """Who publishes the cited pages, and who controls them."""

    publisher = columns.key("The publisher's name.", None, "a name")
    country = columns.text(
        "Its seat.", pattern="^[A-Z]{2}$", expects="a country code", null=True, references="countries.code"
    )
    control = columns.term(v.Control, "Who controls it.")
    aggregator = dy.Bool(description="Whether it mostly republishes others.")


class Retired(dy.Schema):
    """An id that was merged into another event or withdrawn."""

    old_id = columns.key("The retired id.", columns.EVENT_ID, "an event id")
    new_id = columns.text(
        "The event that replaces it; null if none does.",
        pattern=columns.EVENT_ID,
        expects="an event id",
        null=True,
        references="events.event_id",
    )
    reason = columns.text("Why.", longest=400)
    version = columns.text(
        "First release without it.",
        pattern=f"^{manifest.VERSION}$",
        expects="a version such as 2026.11.0",
    )


class Platform(dy.Schema):
    """A platform, or a collective target such as social-media, vpn-services or internet."""

    platform_id = columns.key(
        "Short name used in the records.", columns.SLUG, "lower-case letters, digits, hyphens and underscores"
    )
    name = columns.text("Its usual name.", longest=120)
    kind = columns.term(v.PlatformKind, "What it is for.")
    operator = columns.text("The company or body that runs it.", longest=200, null=True)
    headquarters = columns.text(
        "The operator's seat.", pattern="^[A-Z]{2}$", expects="a country code", null=True, references="countries.code"
    )
    domains = columns.texts(
        "Its main domains.", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", expects="domain names in lower case"
    )
    aliases = columns.texts("Other names in use.")
    group = dy.Bool(description="Whether it stands for many services at once.")


class Country(dy.Schema):
    """A country or territory with its names and population."""

    code = columns.key("ISO 3166-1 alpha-2, plus EU and XK.", "^[A-Z]{2}$", "two capital letters")
    alpha3 = columns.text(
        "ISO 3166-1 alpha-3; XKX for Kosovo; null for the EU.",
        pattern="^[A-Z]{3}$",
        expects="three capital letters",
        null=True,
    )
    name_en = columns.text("Short name in English (CLDR).")
    name_ru = columns.text("Short name in Russian (CLDR).")
    name_uk = columns.text("Short name in Ukrainian (CLDR).")
    name_es = columns.text("Short name in Spanish (CLDR).")
    name_fr = columns.text("Short name in French (CLDR).")
    name_ar = columns.text("Short name in Arabic (CLDR).")
    name_fa = columns.text("Short name in Persian (CLDR).")
    name_tr = columns.text("Short name in Turkish (CLDR).")
    region = columns.text("UN M49 sub-region.", null=True)
    population = dy.Int64(
        nullable=True,
        min=0,
        description="People; null where the origin gives none. The EU's figure contains its members'.",
    )
    population_year = dy.Int16(nullable=True, min=1900, max=2200, description="Year of the population figure.")
    population_origin = columns.text("Where the figure comes from.", null=True)


class TermRow(dy.Schema):
    """A term of a closed vocabulary with its definition and labels: the vocabularies travel with the data."""

    vocabulary = columns.key("The vocabulary.", columns.SLUG, "a name")
    code = columns.key("The term.", columns.SLUG, "a code")
    position = dy.Int16(min=1, description="Place in the vocabulary, from 1.")
    definition = columns.text("What it means, in English.")
    label_en = columns.text("Label in English.")
    label_ru = columns.text("Label in Russian.")
    label_uk = columns.text("Label in Ukrainian.")
    label_es = columns.text("Label in Spanish.")
    label_fr = columns.text("Label in French.")
    label_ar = columns.text("Label in Arabic.")
    label_fa = columns.text("Label in Persian.")
    label_tr = columns.text("Label in Turkish.")
    labels_unchecked = columns.texts("Languages whose label no speaker has checked yet.")


TABLES: Mapping[str, type[dy.Schema]] = {
    "events": Event,
    "targets": Target,
    "stages": Stage,
    "authorities": Authority,
    "legal_bases": LegalBasis,
    "responses": Response,
    "relations": Relation,
    "citations": Citation,
    "sources": Source,
    "publishers": Publisher,
    "revisions": Revision,
    "retired": Retired,
    "platforms": Platform,
    "countries": Country,
    "terms": TermRow,
}
"""Every table of a release by its file name, in the order in which they are shown."""

CODED: Mapping[str, type[dy.Schema]] = {
    **TABLES,
    "events": EventCoded,
    "targets": TargetCoded,
    "stages": StageCoded,
    "responses": ResponseCoded,
    "citations": CitationCoded,
    "revisions": RevisionCoded,
    "sources": SourceCoded,
}
"""Every table with the columns that people write, without the derived ones."""

COLUMNS: Mapping[str, Mapping[str, dy.Column]] = {name: table.columns() for name, table in CODED.items()}
"""The coded columns of every table by name."""


def metadata(column: dy.Column) -> Mapping[str, Any]:
    """What the declarations above note of a column: expects, vocabulary, references, default, edtf."""
    return column.metadata or {}


def row_rules(table: type[dy.Schema]) -> dict[str, RowRule]:
    """The rules of a table across the columns of a row, by name."""
    owners = {base.__name__ for base in table.__mro__}
    return {name: rule for (owner, name), rule in _ROW_RULES.items() if owner in owners}


def derived(table: str) -> frozenset[str]:
    """The columns of a table that nobody writes by hand."""
    return frozenset(TABLES[table].column_names()) - frozenset(CODED[table].column_names())


def release_schema(table: str) -> pl.Schema:
    """Column types of a table in the release files: vocabularies as plain strings."""
    return pl.Schema({name: plain(column.dtype) for name, column in TABLES[table].columns().items()})


def plain(dtype: pl.DataType) -> pl.DataType:
    """The type with vocabularies turned into plain strings."""
    if isinstance(dtype, pl.List):
        return pl.List(plain(dtype.inner))  # type: ignore[arg-type]  # Polars types inner as class or instance
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


def fingerprint() -> str:
    """SHA-256 of the declarations: types, nulls, bounds, patterns, vocabularies, keys and rules of every table."""
    declared = {
        name: {
            "columns": {key: _declared(column) for key, column in table.columns().items()},
            "rules": sorted(row_rules(table)),
        }
        for name, table in TABLES.items()
    }
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


def _declared(column: dy.Column) -> dict[str, Any]:
    found: dict[str, Any] = {"type": type(column).__name__, "null": column.nullable, "key": column.primary_key}
    for name in ("min", "max", "min_length", "max_length", "regex", "categories"):
        if (value := getattr(column, name, None)) is not None:
            found[name] = value
    if isinstance(column.check, Mapping):
        found["checks"] = sorted(column.check)
    if isinstance(column, dy.List):
        found["entry"] = _declared(column.inner)
    return found
