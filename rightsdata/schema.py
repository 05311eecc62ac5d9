"""The tables, their columns and the rules inside one table: declared once, every other form is derived.

Each table is a dataframely schema. A class named `…Coded` holds what people write; the class of the
release adds the columns that `build` derives. A rule's name reads as a sentence; its RuleText says
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

from rightsdata import dates, manifest
from rightsdata import vocabulary as v
from rightsdata.errors import Severity

SCHEMA_VERSION = "1.0.0"
"""Semantic version of the tables: a reader refuses a newer major version and reads older minor ones."""

PROVIDER = "rightsdata"
LICENSE = "CC-BY-4.0"
EVENT_ID = r"^[a-z]{2}-[0-9]{4}(-(0[1-9]|1[0-2]))?(-[a-z0-9]+)+$"
HTTP_URL = r"^https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\.?(:[0-9]{1,5})?([/?#][^\s<>\"{}|\\^`\p{Cc}\p{Cf}]*)?$"
"""Polars' regular expressions: a plain host name, no user name, nothing invisible."""
SOURCE_ID = "^[0-9a-f]{16}$"
SLUG = r"^[a-z0-9]+([-_][a-z0-9]+)*$"


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a reader is told when a rule is broken; `fields` are the columns that the rule reads."""

    fields: tuple[str, ...]
    expected: str
    remedy: str
    severity: Severity = "error"


ROW_RULES: dict[tuple[str, str], RuleText] = {}
"""The rules inside one table: (class name, rule name) to its text."""


def _rule(*fields: str, expected: str, remedy: str) -> Callable[[Callable[[Any], pl.Expr]], Any]:
    """A row rule: true for a good row, null (not known) counts as good."""

    def decorate(function: Callable[[Any], pl.Expr]) -> Any:
        owner = function.__qualname__.split(".")[0]
        ROW_RULES[owner, function.__name__] = RuleText(fields, expected, remedy)
        return dy.rule()(function)

    return decorate


PROSE: dict[str, tuple[Callable[[pl.Expr], pl.Expr], str, str]] = {
    "is_one_tidy_line": (
        lambda text: ~text.str.contains(r"[\p{Cc}\u{2028}\u{2029}]|\s\s|^\s|\s$"),
        "one line without control characters, double spaces or spaces at its ends",
        "Tidy the white space.",
    ),
    "reads_in_the_order_written": (
        lambda text: ~text.str.contains(r"[\u{202A}-\u{202E}\u{2066}-\u{2069}]"),
        "no characters that turn the direction of writing",
        "Remove the direction marks; browsers order Arabic, Persian and Hebrew by themselves.",
    ),
    "is_filled_in": (
        lambda text: ~text.str.starts_with("To do:"),
        "what the coder knows",
        "Replace the skeleton's text.",
    ),
    "names_no_e_mail_address": (
        lambda text: ~text.str.contains(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"),
        "no e-mail address",
        "Name the office instead: nobody private is reachable through this dataset.",
    ),
    "names_no_telephone_number": (
        lambda text: (
            ~text.str.contains(
                r"(^|[^\w./-])(\+|00|8[ (-]|0|\()[0-9][0-9 ().-]{7,}[0-9]|(^|[^0-9])[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}([^0-9]|$)"
            )
        ),
        "no telephone number",
        "Name the office instead: nobody private is reachable through this dataset.",
    ),
}
"""Rules for every text that people write: name to (check, what was expected, remedy)."""

NOTHING_TWICE = ("each entry of a list once", "Remove the repeated entry.")
"""What is told of a list that names something twice."""


_PROSE = {name: rule[0] for name, rule in PROSE.items()}


def _text(
    description: str,
    *,
    pattern: str | None = None,
    expects: str = "",
    longest: int | None = None,
    null: bool = False,
    **metadata: Any,
) -> dy.String:
    """A text column; prose is held to PROSE, an identifier or address to its pattern."""
    return dy.String(
        nullable=null,
        regex=pattern,
        min_length=1,
        max_length=longest,
        check=None if pattern else _PROSE,
        description=description,
        metadata={"expects": expects, **metadata},
    )


def _key(description: str, pattern: str | None, expects: str, **metadata: Any) -> dy.String:
    """A text that is part of the table's key."""
    return dy.String(
        primary_key=True,
        regex=pattern,
        min_length=1,
        check=None if pattern else _PROSE,
        description=description,
        metadata={"expects": expects, **metadata},
    )


def _date(description: str, *, null: bool = False) -> dy.String:
    """A date as coded, in the EDTF profile of `dates`."""
    metadata = {"expects": f"a date: {dates.FORMS}", "edtf": True}
    return dy.String(nullable=null, regex=dates.PATTERN, description=description, metadata=metadata)


def _term(kind: type[v.Term], description: str, *, default: v.Term | None = None, **metadata: Any) -> dy.Enum:
    return dy.Enum(
        kind, description=description, metadata={"vocabulary": kind.vocabulary(), "default": default, **metadata}
    )


_ONCE: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "names_nothing_twice": lambda entries: entries.list.n_unique() == entries.list.len()
}


def _terms(kind: type[v.Term], description: str) -> dy.List:
    return dy.List(dy.Enum(kind), check=_ONCE, description=description, metadata={"vocabulary": kind.vocabulary()})


def _list(description: str, *, pattern: str | None = None, expects: str = "", **metadata: Any) -> dy.List:
    """A list of texts, each held to the pattern, or to PROSE without one."""
    entry = dy.String(regex=pattern, min_length=1, check=None if pattern else _PROSE)
    return dy.List(
        entry, check=_ONCE, description=description, metadata={"expects": expects or "tidy texts", **metadata}
    )


def _day(description: str) -> dy.Date:
    return dy.Date(nullable=True, description=description)


def _position() -> dy.Int16:
    return dy.Int16(primary_key=True, min=1, description="Place in the event's own list, from 1.")


def _event_id() -> dy.String:
    """The event that a row belongs to; its form is judged once, at the event."""
    return dy.String(
        primary_key=True,
        description="The event.",
        metadata={"expects": "an event_id of events", "references": "events.event_id"},
    )


def _source_ids() -> dy.List:
    return _list("The sources that vouch for this row.", pattern=SOURCE_ID, references="sources.source_id")


def _ordered(earlier: str, later: str) -> pl.Expr:
    """Whether two coded dates can stand in this order, given their bounds."""
    return dates.bounds(later).latest >= dates.bounds(earlier).earliest


class EventCoded(dy.Schema):
    """One restriction event: one kind of restriction, by one initiator, on the same targets, in one territory, over one period."""

    event_id = _key(
        "Permanent id: country, year, month if known, slug. Never reused; a retired id stays resolvable.",
        EVENT_ID,
        "an id of the form cc-yyyy-mm-slug or cc-yyyy-slug, in lower-case letters, digits and hyphens",
    )
    country = _text(
        "Where people are affected, not who ordered it: ISO 3166-1 alpha-2, plus EU and XK.",
        pattern="^[A-Z]{2}$",
        expects="a country code of two capital letters",
        references="countries.code",
    )
    admin1 = _list(
        "ISO 3166-2 codes of the subdivisions concerned when the measure was subnational, else empty.",
        pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$",
        expects="ISO 3166-2 codes such as RU-DA",
    )
    title = _text("What happened, in own words.", longest=100)
    summary = _text("The event in a few sentences, in own words.", longest=2000)
    restriction_type = _term(v.RestrictionType, "What kind of restriction it is.")
    initiator = _term(v.Initiator, "Who compelled it; a company that carries out an order is an authority instead.")
    attribution = _term(v.Attribution, "How it is known who did it.", default=v.Attribution.UNKNOWN)
    population = _term(v.Population, "Whom the measure binds.", default=v.Population.PUBLIC)
    age_threshold = dy.Int8(
        nullable=True, min=1, max=99, description="Years, for measures that bind people under an age."
    )
    pattern = _term(v.Pattern, "How the measure runs over its period.", default=v.Pattern.CONTINUOUS)
    start = _date("When it took effect, as coded; null for a plan that never did.", null=True)
    end = _date(
        "When it ceased to have effect, as coded; null while it goes on or where the day is not known.", null=True
    )
    ongoing = dy.Bool(nullable=True, description="Whether it went on at as_of; null means not known.")
    acknowledgement = _term(v.Acknowledgement, "Whether the authority owned up.", default=v.Acknowledgement.UNKNOWN)
    methods = _terms(v.Method, "How it is carried out; empty means nothing known.")
    stated_reasons = _terms(v.StatedReason, "What the authority gave as its reason; empty means nothing known.")
    contexts = _terms(v.Context, "What was happening at the time; not a cause.")
    review = _term(v.Review, "How the record was made and checked.")
    provider = _text("Who coded the record.", pattern=SLUG, expects="a short name such as rightsdata", default=PROVIDER)
    license = _text(
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

    family = _term(v.Family, "Access or rules, from the restriction type; the two are never added up by default.")
    start_earliest = _day("First day on which it may have taken effect.")
    start_latest = _day("Last day on which it may have taken effect.")
    start_approximate = dy.Bool(description="Whether the start is marked as approximate.")
    end_earliest = _day("First day on which it may have ended.")
    end_latest = _day("Last day on which it may have ended.")
    end_approximate = dy.Bool(description="Whether the end is marked as approximate.")
    as_of = dy.Date(
        description="The date of the newest source or stage, imprecise ones at their first day: what is told holds on that day."
    )
    last_confirmed = _day(
        "The last day for which something vouches that it applied: the latest stage that shows effect, or the newest source "
        "that backs ongoing: true; null if neither has a day."
    )
    took_effect = dy.Bool(description="Whether some stage shows that it applied: in_force, expanded or eased.")
    status = _term(
        v.Status, "Where it stood on as_of; say 'last confirmed on' with last_confirmed, never 'blocked now'."
    )
    confidence = _term(v.Confidence, "How well it is sourced, from publishers, copies and parties.")
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
    platforms = _list("Platform ids of the targets, sorted.")
    legal_basis_types = _terms(v.LegalBasisType, "Types of its legal bases, sorted; empty means none was found.")
    source_count = dy.Int32(min=0, description="Pages cited.")
    publisher_count = dy.Int32(
        min=0,
        description="Independent publishers whose texts are cited, each once: copies count as what they copy, parties do not count.",
    )


class TargetCoded(dy.Schema):
    """What the event hits: a platform, a collective target such as vpn-services, or the internet itself."""

    event_id = _event_id()
    platform_id = _key(
        "The platform or collective target.", SLUG, "a platform_id of platforms.csv", references="platforms.platform_id"
    )
    feature = dy.Enum(
        v.Feature,
        primary_key=True,
        description="Which function is hit.",
        metadata={"vocabulary": v.Feature.vocabulary(), "default": v.Feature.ALL},
    )
    role = _term(v.TargetRole, "Whether it was meant.", default=v.TargetRole.INTENDED)
    start = _date("The target's own start, only where it differs from the event's.", null=True)
    end = _date("The target's own end, only where it differs from the event's.", null=True)

    @_rule("end", "start", expected="an end on or after the start", remedy="Correct one of the two dates.")
    def no_target_ends_before_its_start(cls) -> pl.Expr:
        return _ordered("start", "end")


class Target(TargetCoded):
    """A target with the bounds of its period: its own where coded, else the event's."""

    start_earliest = _day("First day on which it may have been hit.")
    start_latest = _day("Last day on which it may have been hit.")
    end_earliest = _day("First day on which that may have ended.")
    end_latest = _day("Last day on which that may have ended.")


class StageCoded(dy.Schema):
    """A step on the event's road, from the first report to the lift."""

    event_id = _event_id()
    position = _position()
    date = _date("When the step was taken, as coded.")
    stage = _term(v.Stage, "Which step it is.")
    note = _text("What happened, in own words.", longest=600, null=True)
    attributed_to = _text("Who says so, where the page relays another's claim.", longest=200, null=True)
    source_ids = _source_ids()


class Stage(StageCoded):
    """A step with the bounds of its date."""

    date_earliest = _day("First day that the date may mean; null for 'on or before'.")
    date_latest = _day("Last day that the date may mean.")


class Authority(dy.Schema):
    """A body that ordered or carried out the measure, as documented; an accusation stands in a stage note instead."""

    event_id = _event_id()
    position = _position()
    name = _text("The body; never a private person.", longest=200)
    role = _term(v.AuthorityRole, "What it is, in this event.")


class LegalBasis(dy.Schema):
    """A legal act that the measure rests on, as sources say."""

    event_id = _event_id()
    position = _position()
    type = _term(v.LegalBasisType, "What kind of act it is; none_stated where a source says that none was given.")
    title = _text("The act's name.", longest=400, null=True)
    citation = _text("Number and article.", longest=300, null=True)
    status = _term(v.LegalBasisStatus, "What became of it.", default=v.LegalBasisStatus.UNKNOWN)
    source_ids = _source_ids()


class ResponseCoded(dy.Schema):
    """A reaction of an organisation, a company, a court or a government."""

    event_id = _event_id()
    position = _position()
    actor = _text("Who reacted.", longest=200)
    kind = _term(v.ResponseKind, "How.")
    date = _date("When, as coded; null where no source says.", null=True)
    note = _text("What they said or did, in own words.", longest=600, null=True)
    source_ids = _source_ids()


class Response(ResponseCoded):
    """A reaction with the bounds of its date."""

    date_earliest = _day("First day that the date may mean.")
    date_latest = _day("Last day that the date may mean.")


class Relation(dy.Schema):
    """How one measure follows from another."""

    event_id = _event_id()
    related_id = _key("The other event.", EVENT_ID, "the id of another event", references="events.event_id")
    relation = _term(v.Relation, "This event … the other one.")

    @_rule("related_id", expected="another event", remedy="Remove the relation or name the event that was meant.")
    def no_event_is_related_to_itself(cls) -> pl.Expr:
        return pl.col("related_id") != pl.col("event_id")


CHILDREN = ("targets", "stages", "authorities", "legal_bases", "responses", "relations", "sources", "revisions")
"""The lists inside an event's record, in the order in which they are written."""

CITABLE = (*EventCoded.column_names(), "targets", "stages", "authorities", "legal_bases", "responses", "relations")
"""What a source can back: any field of the event, or one of its lists."""


class RevisionCoded(dy.Schema):
    """Why released fields of an event changed."""

    event_id = _event_id()
    position = _position()
    date = _date("When the record was changed.")
    fields = dy.List(dy.Enum((*CITABLE, "sources")), check=_ONCE, description="The fields that changed.")
    reason = _text("Why.", longest=400)


class Revision(RevisionCoded):
    """Why released fields of an event changed."""

    fields = _list("The fields that changed.")


class CitationCoded(dy.Schema):
    """That an event cites a source, and for which of the event's fields."""

    event_id = _event_id()
    source_id = _key("The source.", SOURCE_ID, "a source of the same record", references="sources.source_id")
    position = dy.Int16(min=1, description="Place in the event's own list of sources, from 1.")
    supports = dy.List(dy.Enum(CITABLE), check=_ONCE, description="The event's fields that this source backs.")
    party = dy.Bool(
        description="Whether the source is the authority, company or outlet concerned.", metadata={"default": False}
    )


class Citation(CitationCoded):
    """That an event cites a source, and for which of the event's fields."""

    supports = _list("The event's fields that this source backs.")


class SourceCoded(dy.Schema):
    """A page that vouches for something; one row however many events cite it."""

    source_id = _key(
        "Derived from the normalised address, so that one page is one row.", SOURCE_ID, "16 hexadecimal digits"
    )
    url = _text("Address of the page.", pattern=HTTP_URL, expects="an http or https address")
    archive_url = _text("Address of an archived copy.", pattern=HTTP_URL, expects="an http or https address", null=True)
    publisher = _text("Who published it.", longest=200, references="publishers.publisher")
    title = _text("Its title, or a description where the excerpt gave none.", longest=500)
    published = _date("When it was published, as coded; null where the page does not say.", null=True)
    accessed = _date("When the coder last read it; null where that was not recorded.", null=True)
    language = _text(
        "Language of the page.", pattern="^[a-z]{2,3}(-[A-Za-z0-9]+)*$", expects="a BCP 47 tag such as en or pt-BR"
    )
    type = _term(v.SourceType, "What kind of page it is.")
    syndicated_from = _text("Whose text it copies: a mirror or agency copy counts once.", longest=200, null=True)


class Source(SourceCoded):
    """A page with the bounds of its publication date."""

    published_earliest = _day("First day on which it may have been published.")
    published_latest = _day("Last day on which it may have been published.")


class Publisher(dy.Schema):
    """Who publishes the cited pages, and who controls them."""

    publisher = _key("The publisher's name.", None, "a name")
    country = _text("Its seat.", pattern="^[A-Z]{2}$", expects="a country code", null=True, references="countries.code")
    control = _term(v.Control, "Who controls it.")
    aggregator = dy.Bool(description="Whether it mostly republishes others.")


class Retired(dy.Schema):
    """An id that was merged into another event or withdrawn."""

    old_id = _key("The retired id.", EVENT_ID, "an event id")
    new_id = _text(
        "The event that replaces it; null if none does.",
        pattern=EVENT_ID,
        expects="an event id",
        null=True,
        references="events.event_id",
    )
    reason = _text("Why.", longest=400)
    version = _text(
        "First release without it.",
        pattern=f"^{manifest.VERSION}$",
        expects="a version such as 2026.11.0",
    )


class Platform(dy.Schema):
    """A platform, or a collective target such as social-media, vpn-services or internet."""

    platform_id = _key("Short name used in the records.", SLUG, "lower-case letters, digits, hyphens and underscores")
    name = _text("Its usual name.", longest=120)
    kind = _term(v.PlatformKind, "What it is for.")
    operator = _text("The company or body that runs it.", longest=200, null=True)
    headquarters = _text(
        "The operator's seat.", pattern="^[A-Z]{2}$", expects="a country code", null=True, references="countries.code"
    )
    domains = _list("Its main domains.", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", expects="domain names in lower case")
    aliases = _list("Other names in use.")
    group = dy.Bool(description="Whether it stands for many services at once.")


class Country(dy.Schema):
    """A country or territory with its names and population."""

    code = _key("ISO 3166-1 alpha-2, plus EU and XK.", "^[A-Z]{2}$", "two capital letters")
    alpha3 = _text(
        "ISO 3166-1 alpha-3; XKX for Kosovo; null for the EU.",
        pattern="^[A-Z]{3}$",
        expects="three capital letters",
        null=True,
    )
    name_en = _text("Short name in English (CLDR).")
    name_ru = _text("Short name in Russian (CLDR).")
    name_uk = _text("Short name in Ukrainian (CLDR).")
    name_es = _text("Short name in Spanish (CLDR).")
    name_fr = _text("Short name in French (CLDR).")
    name_ar = _text("Short name in Arabic (CLDR).")
    name_fa = _text("Short name in Persian (CLDR).")
    name_tr = _text("Short name in Turkish (CLDR).")
    region = _text("UN M49 sub-region.", null=True)
    population = dy.Int64(
        nullable=True,
        min=0,
        description="People; null where the origin gives none. The EU's figure contains its members'.",
    )
    population_year = dy.Int16(nullable=True, min=1900, max=2200, description="Year of the population figure.")
    population_origin = _text("Where the figure comes from.", null=True)


class TermRow(dy.Schema):
    """A term of a closed vocabulary with its definition and labels: the vocabularies travel with the data."""

    vocabulary = _key("The vocabulary.", SLUG, "a name")
    code = _key("The term.", SLUG, "a code")
    position = dy.Int16(min=1, description="Place in the vocabulary, from 1.")
    definition = _text("What it means, in English.")
    label_en = _text("Label in English.")
    label_ru = _text("Label in Russian.")
    label_uk = _text("Label in Ukrainian.")
    label_es = _text("Label in Spanish.")
    label_fr = _text("Label in French.")
    label_ar = _text("Label in Arabic.")
    label_fa = _text("Label in Persian.")
    label_tr = _text("Label in Turkish.")
    labels_unchecked = _list("Languages whose label no speaker has checked yet.")


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
            "rules": sorted(rule for owner, rule in ROW_RULES if owner in {base.__name__ for base in table.__mro__}),
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
