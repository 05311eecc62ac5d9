"""The closed vocabularies: each a StrEnum whose members carry their definition.

Origin: own vocabularies, drawn up in November 2026 against the categories of Access Now's Shutdown Tracker
(STOP), Cloudflare Radar, OONI, V-Dem's Digital Society Project and the registries of Russia and India;
the codebook's crosswalk says where they are narrower or broader. Labels for people stand in `labels.csv`,
one row a term and one column a language, so that a translator can work on them in a spreadsheet.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

LANGUAGES = ("en", "ru", "uk", "es", "fr", "ar", "fa", "tr")
"""Languages of the labels, as BCP 47 tags; definitions and record texts are in English."""

LABELS_CHECKED: frozenset[str] = frozenset({"en"})
"""Languages whose labels a speaker has checked; the labels of all others are drafts and are marked so."""


class Term(StrEnum):
    """A code with its meaning; `implies` is the term of another vocabulary that follows from it, if any."""

    definition: str
    implies: Term | None

    def __new__(cls, code: str, definition: str, implies: Term | None = None) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.definition = definition
        member.implies = implies
        return member

    def label(self, language: str = "en") -> str:
        """The label for people in one of LANGUAGES; KeyError for another language."""
        return _labels()[self.vocabulary(), self.value][language]

    @classmethod
    def vocabulary(cls) -> str:
        """The vocabulary's own name, as in the `terms` table: RestrictionType is `restriction_type`."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")


@cache
def _labels() -> dict[tuple[str, str], dict[str, str]]:
    with (Path(__file__).parent / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["vocabulary"], row["code"]): {lang: row[lang] for lang in LANGUAGES} for row in csv.DictReader(file)
        }


class Family(Term):
    """The two kinds of restriction that are never added up by default."""

    ACCESS = "access", "Measures that cut or hinder access itself: shutdowns, blocks, throttling, removals."
    RULES = "rules", "Measures that bind people or companies by rule, without cutting access by themselves."


class RestrictionType(Term):
    """What kind of restriction it is; every type belongs to one family."""

    NETWORK_SHUTDOWN = "network_shutdown", "All internet access is cut in an area.", Family.ACCESS
    MOBILE_SHUTDOWN = "mobile_shutdown", "Mobile data is cut in an area; fixed lines go on working.", Family.ACCESS
    SERVICE_BLOCK = "service_block", "A whole platform or service is made inaccessible.", Family.ACCESS
    FEATURE_BLOCK = "feature_block", "A function, such as calls, is disabled while the rest works.", Family.ACCESS
    THROTTLING = "throttling", "A service or a network is slowed down until it is hard to use.", Family.ACCESS
    CONTENT_BLOCK = "content_block", "Pages, channels or accounts are blocked or withheld by order.", Family.ACCESS
    APP_REMOVAL = "app_removal", "An app is taken out of app stores by order.", Family.ACCESS
    USAGE_BAN = "usage_ban", "Some or all people are forbidden to use a service.", Family.RULES
    AGE_VERIFICATION = "age_verification", "Identity or age checks are imposed on users.", Family.RULES
    ENCRYPTION_RESTRICTION = "encryption_restriction", "Encryption is weakened, banned or must be opened.", Family.RULES
    DATA_ACCESS_MANDATE = (
        "data_access_mandate",
        "Duties to retain, localise or hand over data or to allow interception.",
        Family.RULES,
    )
    REGISTRATION_REQUIREMENT = (
        "registration_requirement",
        "A licence, a local office or the identification of users is required.",
        Family.RULES,
    )
    MANDATED_ALTERNATIVE = (
        "mandated_alternative",
        "A state-backed service is required or must be pre-installed.",
        Family.RULES,
    )
    MARKET_EXIT = (
        "market_exit",
        "A company's presence or operation ends by order or under legal pressure.",
        Family.RULES,
    )
    FINANCIAL_MEASURE = (
        "financial_measure",
        "A tax, a fine or an advertising ban aimed at a service or its users.",
        Family.RULES,
    )
    USER_LIABILITY = "user_liability", "Penalties for posting, reading, searching or using.", Family.RULES
    DESIGNATION = (
        "designation",
        "A service or its owner is declared extremist, undesirable, a foreign agent or the like.",
        Family.RULES,
    )
    ENABLING_POWERS = "enabling_powers", "A law or installed equipment that lets the state filter or cut.", Family.RULES

    @property
    def family(self) -> Family:
        """The family that the type belongs to."""
        assert isinstance(self.implies, Family)
        return self.implies


class Initiator(Term):
    """Who compelled the measure."""

    STATE = "state", "A public authority of the country, at any level."
    SUPRANATIONAL = "supranational", "A body above states, such as the European Union."
    PLATFORM = "platform", "The service itself, which withdraws or withholds under legal pressure."
    NETWORK_OPERATOR = "network_operator", "A network operator of its own accord, without an order."
    NON_STATE_ARMED_GROUP = "non_state_armed_group", "An armed group that is not a state's force."
    FOREIGN_STATE = "foreign_state", "Another state than the one where people are affected."
    UNATTRIBUTED = "unattributed", "No source documents who compelled it, and nobody admits it."


class Population(Term):
    """Whom the measure binds."""

    PUBLIC = "public", "Everybody in the territory."
    MINORS = "minors", "People under an age, given in age_threshold where known."
    GOVERNMENT_DEVICES = "government_devices", "Devices that public bodies issue."
    EMPLOYEES = "employees", "Staff of named employers or of the public service."
    STUDENTS = "students", "Pupils or students."
    MILITARY = "military", "Members of armed forces."
    REFUGEES = "refugees", "Refugees or displaced people."
    FOREIGNERS = "foreigners", "People without the country's nationality."
    OTHER = "other", "Another group, named in the summary."


class Feature(Term):
    """Which function of a target is hit."""

    ALL = "all", "The whole service."
    CALLS = "calls", "Voice and video calls."
    MESSAGING = "messaging", "Sending and receiving messages."
    MEDIA = "media", "Pictures, video and files."
    LIVE_STREAMING = "live_streaming", "Live video."
    CHANNELS = "channels", "Public channels or groups."
    CONTENT = "content", "Named pages, posts or search results."
    MOBILE_APP = "mobile_app", "The app, while the web site works."
    WEB = "web", "The web site, while the app works."
    REGISTRATION = "registration", "Signing up as a new user."
    DOWNLOADS = "downloads", "Installing or updating the app."
    ACCOUNTS = "accounts", "Named accounts."
    OTHER = "other", "Another function, named in the summary."


class Method(Term):
    """How the measure is carried out technically or organisationally."""

    DNS = "dns", "Names do not resolve, or resolve to another address."
    IP_BLOCK = "ip_block", "Traffic to addresses is dropped."
    SNI_FILTERING = "sni_filtering", "TLS connections are cut by the server name that they announce."
    DPI = "dpi", "Deep packet inspection recognises and disturbs traffic."
    PROTOCOL_BLOCK = "protocol_block", "A protocol, such as VoIP, VPN or QUIC, is disturbed whatever the address."
    BGP_WITHDRAWAL = "bgp_withdrawal", "Routes are withdrawn or misdirected."
    BANDWIDTH_THROTTLING = "bandwidth_throttling", "Bandwidth is limited."
    INFRASTRUCTURE_CUT = "infrastructure_cut", "Cables, power, masts or terminals are cut, seized or jammed."
    APP_STORE_DELISTING = "app_store_delisting", "App stores no longer offer the app."
    PLATFORM_GEOBLOCK = "platform_geoblock", "The service itself withholds by country."
    OPERATOR_ORDER = "operator_order", "Operators are ordered to block; how they do it is not said."
    ALLOWLIST = "allowlist", "Only listed services remain reachable."


class LegalBasisType(Term):
    """On what kind of legal act the measure rests, as sources say."""

    STATUTE = "statute", "An act of parliament."
    DRAFT_LAW = "draft_law", "A bill that is not yet law."
    DECREE = "decree", "A decree of a president or government."
    REGULATION = "regulation", "Subordinate legislation or a general rule of a regulator."
    REGULATOR_ORDER = "regulator_order", "A decision of a regulator in the single case."
    MINISTERIAL_ORDER = "ministerial_order", "A decision of a ministry in the single case."
    COURT_ORDER = "court_order", "A decision of a court."
    EMERGENCY_POWERS = "emergency_powers", "Powers of a state of emergency or war."
    LICENCE_CONDITION = "licence_condition", "A condition of an operator's licence."
    INFORMAL_REQUEST = "informal_request", "A request without a legal form, by letter, call or meeting."
    NONE_STATED = "none_stated", "A source says that no basis was given; an empty list means that none was found."


class LegalBasisStatus(Term):
    """What became of the legal act, as far as sources say."""

    IN_FORCE = "in_force", "The act is in force."
    DRAFT = "draft", "The act is a draft."
    PENDING = "pending", "A challenge or an adoption is under way."
    UPHELD = "upheld", "A court confirmed it."
    PARTIALLY_UPHELD = "partially_upheld", "A court confirmed it in part."
    STRUCK_DOWN = "struck_down", "A court annulled it."
    REPEALED = "repealed", "It was withdrawn by the body that made it or by a later act."
    EXPIRED = "expired", "Its term ran out."
    UNKNOWN = "unknown", "No source seen says."


class StatedReason(Term):
    """The reason that the authority gave, not the one that observers suspect."""

    COUNTER_TERRORISM = "counter_terrorism", "Preventing terrorism or sabotage."
    EXTREMISM = "extremism", "Content or groups deemed extremist."
    NATIONAL_SECURITY = "national_security", "National security or defence in general."
    FOREIGN_INTERFERENCE = "foreign_interference", "Influence from abroad."
    PUBLIC_ORDER = "public_order", "Public order, safety or calming unrest."
    FRAUD_PREVENTION = "fraud_prevention", "Fraud and scams."
    DISINFORMATION = "disinformation", "False news or rumours."
    HATE_SPEECH = "hate_speech", "Hate speech or incitement."
    CHILD_PROTECTION = "child_protection", "The protection of minors."
    MORALITY_OR_RELIGION = "morality_or_religion", "Morals, decency or religion."
    COPYRIGHT = "copyright", "Copyright and related rights."
    DATA_PROTECTION = "data_protection", "Unlawful processing or storage of personal data."
    PRIVACY = "privacy", "Private life, such as leaked images."
    NON_COMPLIANCE = "non_compliance", "The service did not obey an order or a law."
    ELECTION_INTEGRITY = "election_integrity", "The order of an election."
    EXAM_INTEGRITY = "exam_integrity", "Cheating in examinations."
    INSULT_OR_DEFAMATION = "insult_or_defamation", "Insult or defamation of persons, rulers or institutions."
    TELECOM_REVENUE = "telecom_revenue", "The income of telephone companies."
    ECONOMIC_POLICY = "economic_policy", "Taxes, currency, competition or trade."
    GAMBLING = "gambling", "Gambling and betting."
    RETALIATION = "retaliation", "An answer to a measure of another state or company."
    ANTI_CIRCUMVENTION = "anti_circumvention", "Preventing the circumvention of another restriction."
    DRUGS_OR_SELF_HARM = "drugs_or_self_harm", "Drugs, suicide or self-harm."
    DIGITAL_SOVEREIGNTY = "digital_sovereignty", "Independence from foreign technology."
    PUBLIC_HEALTH = "public_health", "Public health."
    NONE_STATED = "none_stated", "Sources say that no reason was given; an empty list means that nothing is known."
    OTHER = "other", "Another reason, named in the summary."


class Context(Term):
    """What was happening at the time; a context is not a cause."""

    ELECTION = "election", "An election or referendum."
    PROTEST = "protest", "Protests or their anniversary."
    ARMED_CONFLICT = "armed_conflict", "War or armed clashes."
    COUP = "coup", "A coup or an attempt."
    EXAM = "exam", "National examinations."
    COMMUNAL_VIOLENCE = "communal_violence", "Violence between communities."
    POLITICAL_CRISIS = "political_crisis", "A crisis of government."
    TERROR_ATTACK = "terror_attack", "A terror attack or its aftermath."
    DISASTER = "disaster", "A natural or technical disaster."
    LEGISLATION = "legislation", "A law being made or coming into force."
    COURT_CASE = "court_case", "A court case about the service or its content."
    DIPLOMATIC_DISPUTE = "diplomatic_dispute", "A dispute between states."
    PUBLIC_EVENT = "public_event", "A visit, a summit, a parade, a feast day."


class Attribution(Term):
    """How it is known who did it."""

    ADMITTED = "admitted", "The authority says that it did."
    DOCUMENTED = "documented", "An order, a law or a judgment that a source shows."
    OPERATOR_SAYS = "operator_says", "An operator or platform says who ordered it."
    THIRD_PARTY_SAYS = "third_party_says", "Others say so, and the accused does not confirm it."
    INFERRED = "inferred", "Inferred from measurement or circumstances."
    UNKNOWN = "unknown", "No source seen says how it is known."


class Acknowledgement(Term):
    """Whether the authority owned up."""

    ACKNOWLEDGED = "acknowledged", "It confirmed the measure."
    DENIED = "denied", "It denied it."
    SILENT = "silent", "A source says that it did not comment."
    UNKNOWN = "unknown", "No source seen says."


class Pattern(Term):
    """How the measure runs over its period."""

    CONTINUOUS = "continuous", "Without interruption, as far as known."
    INTERMITTENT = "intermittent", "On and off without a timetable."
    RECURRING = "recurring", "At set hours or dates, such as examinations or nights."


class Status(Term):
    """Where the measure stood on the day `as_of`; derived, never coded."""

    PLANNED = "planned", "Reported, proposed, announced or adopted; no source seen says that it applied."
    ABANDONED = "abandoned", "Dropped or struck down before it ever applied."
    IN_FORCE = "in_force", "It applied when last confirmed."
    SUSPENDED = "suspended", "Suspended when last confirmed."
    ENDED = "ended", "It applied and has ceased to."
    UNKNOWN = "unknown", "It applied; whether it still does is not known."


class Stage(Term):
    """A step on the road of a measure; `implies` is the status that a last stage suggests."""

    REPORTED = "reported", "Somebody reports a plan or a first sign.", Status.PLANNED
    PROPOSED = "proposed", "Somebody with a say proposes it.", Status.PLANNED
    ANNOUNCED = "announced", "The authority announces it.", Status.PLANNED
    ADOPTED = "adopted", "The order or law is passed or signed.", Status.PLANNED
    IN_FORCE = "in_force", "It applies.", Status.IN_FORCE
    EXPANDED = "expanded", "It is widened in place, targets or means.", Status.IN_FORCE
    EASED = "eased", "It is narrowed but goes on.", Status.IN_FORCE
    SUSPENDED = "suspended", "It is suspended, by court or authority.", Status.SUSPENDED
    UPHELD = "upheld", "A court confirms it.", Status.IN_FORCE
    STRUCK_DOWN = "struck_down", "A court annuls it.", Status.ENDED
    POSTPONED = "postponed", "It is put off.", Status.PLANNED
    EXPIRED = "expired", "Its term runs out.", Status.ENDED
    REPEALED = "repealed", "The act is withdrawn.", Status.ENDED
    LIFTED = "lifted", "Access is restored.", Status.ENDED
    ABANDONED = "abandoned", "The plan is dropped.", Status.ABANDONED


EFFECTIVE_STAGES = (Stage.IN_FORCE, Stage.EXPANDED, Stage.EASED)
"""Stages that show that a measure applied."""

PLAN_STAGES = tuple(stage for stage in Stage if stage.implies is Status.PLANNED)
"""Stages that a source may vouch for before their date: a plan is published before it comes true."""


class AuthorityRole(Term):
    """What a named body is, in this event."""

    REGULATOR = "regulator", "A communications or media regulator."
    COURT = "court", "A court."
    PROSECUTOR = "prosecutor", "A prosecutor's office."
    INTELLIGENCE = "intelligence", "An intelligence or security service."
    MINISTRY = "ministry", "A ministry."
    EXECUTIVE = "executive", "A head of state, a government, a governor or a local administration."
    LEGISLATURE = "legislature", "A parliament or council."
    POLICE_OR_SECURITY = "police_or_security", "Police or interior forces."
    MILITARY = "military", "Armed forces."
    OPERATOR = "operator", "A network operator that carries out the measure."
    PLATFORM = "platform", "A platform that carries out the measure."
    RIGHTS_HOLDER = "rights_holder", "A holder of copyright or similar rights."
    SUPRANATIONAL = "supranational", "A body above states."
    NON_STATE = "non_state", "An armed group or another non-state power."
    OTHER = "other", "Another body."


class ResponseKind(Term):
    """How somebody reacted."""

    STATEMENT = "statement", "A public statement of an organisation, a government or a person in office."
    LITIGATION = "litigation", "A court case or a ruling."
    APPEAL = "appeal", "A petition or a request to the authority."
    COMPANY_STATEMENT = "company_statement", "A statement of the platform or operator concerned."
    TECHNICAL_WORKAROUND = "technical_workaround", "A technical way round, offered or taken up."
    OTHER = "other", "Another reaction."


class SourceType(Term):
    """What kind of page a source is."""

    NEWS = "news", "A news outlet or agency."
    GOVERNMENT = "government", "A public authority."
    COURT = "court", "A court."
    LEGAL_TEXT = "legal_text", "The text of a law, order or decision."
    NGO = "ngo", "A non-governmental organisation."
    MEASUREMENT = "measurement", "A network-measurement project or company."
    COMPANY = "company", "The platform, operator or another company."
    ACADEMIC = "academic", "Research."
    ENCYCLOPEDIA = "encyclopedia", "An encyclopedia."
    OTHER = "other", "Another kind of page."


class Control(Term):
    """Who controls a publisher."""

    INDEPENDENT = "independent", "Not controlled by a state."
    STATE_CONTROLLED = "state_controlled", "A body of a state, or owned or directed by one."
    UNKNOWN = "unknown", "Not known; never counted as independent."


class PlatformKind(Term):
    """What a platform is for."""

    MESSAGING = "messaging", "Messengers."
    SOCIAL = "social", "Social networks and forums."
    VIDEO = "video", "Video and streaming."
    VOIP = "voip", "Internet telephony and meetings."
    BROWSER_OR_SEARCH = "browser_or_search", "Browsers and search engines."
    EMAIL = "email", "E-mail."
    NEWS = "news", "News outlets."
    APP_STORE = "app_store", "App stores."
    VPN_OR_CIRCUMVENTION = "vpn_or_circumvention", "VPNs and other circumvention tools."
    GAMES = "games", "Games and game platforms."
    DEVELOPER = "developer", "Tools and hosting for developers."
    AI = "ai", "Artificial-intelligence services."
    PAYMENTS = "payments", "Payments and crypto-assets."
    MUSIC = "music", "Music and podcasts."
    ENCYCLOPEDIA = "encyclopedia", "Encyclopedias and archives."
    INFRASTRUCTURE = "infrastructure", "Hosting, content delivery and name services."
    NETWORK = "network", "Access to the internet itself."
    OTHER = "other", "Another kind."


class TargetRole(Term):
    """Whether a target was meant."""

    INTENDED = "intended", "The measure aims at it."
    COLLATERAL = "collateral", "It was hit without being meant."


class Relation(Term):
    """How one measure follows from another; read: this event … the related one."""

    ESCALATES = "escalates", "It goes further than the related one."
    REPLACES = "replaces", "It takes the related one's place."
    IMPLEMENTS = "implements", "It carries out the related one."
    EXTENDS = "extends", "It widens the related one to more targets, people or places."
    REPEATS = "repeats", "It is a new turn of the same kind after the related one ended."


class Confidence(Term):
    """How well an event is sourced; derived, since coded grades did not reproduce between coders."""

    HIGH = "high", "Two publishers or more under independent control, none a copy of another nor a party."
    MEDIUM = "medium", "One such publisher."
    LOW = "low", "None."


class Review(Term):
    """How the record was made and checked."""

    MACHINE_CODED = "machine_coded", "Coded by machine from page excerpts; no person has checked it."
    MACHINE_DOUBLE_CODED = (
        "machine_double_coded",
        "Coded twice by machine, the second time blind; no person has checked it.",
    )
    HUMAN_CODED = "human_coded", "Coded by a person from the sources."
    HUMAN_REVIEWED = "human_reviewed", "Checked by a second person against the sources."


def review_note(counts: Mapping[str, int]) -> str:
    """How far people have checked records, in a few words that belong beside every figure.

    Args:
        counts: how many records there are of each term of Review.
    """
    people = sum(count for review, count in counts.items() if review.startswith("human"))
    if not people:
        return "Machine-coded, unreviewed preview"
    return (
        f"{people} of {sum(counts.values())} records coded or checked by people, the rest machine-coded and unreviewed"
    )


VOCABULARIES: dict[str, type[Term]] = {kind.vocabulary(): kind for kind in Term.__subclasses__()}
"""Every vocabulary by its name, in the order of this file."""
