"""Which tests look at which function of which platform, and why: what no test looks at is not measured, never "reachable".

A test covers a function if a block of that function alone would show in the test's counts. The tests are those of OONI,
as its specifications describe them (https://github.com/ooni/spec, folder nettests), and two that look for outages:
IODA's detectors (https://ioda.inetintel.cc.gatech.edu) and the annotations of Cloudflare Radar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rightsdata.vocabulary import Feature, PlatformKind


@dataclass(frozen=True, slots=True)
class Cover:
    """That a test shows blocks of some functions of a platform."""

    test: str
    platform_id: str | None
    """None: whichever platform the row names."""
    tested: Feature
    """The `feature` that rows of this test carry."""
    features: tuple[Feature, ...]
    """The functions whose block would show."""
    reason: str
    silence: str = ""
    """Why the test's silence says nothing, in words; empty if a block that it does not see is unlikely to be there."""
    sites: bool = False
    """Whether its silence does say something of a platform that is nothing but its site (SITES)."""
    national: bool = False
    """Whether it looks at countries as a whole, so that rows without a network are not a sum of unknown networks."""
    signal: str = ""
    """What it looks at where other tests look at the same, so that they go wrong together; empty if it is the only one."""
    independent: bool = True
    """Whether it measures by itself; False where people note down what they may have read in the same news."""


SITES = (PlatformKind.NEWS, PlatformKind.ENCYCLOPEDIA)
"""Kinds of platforms that are reached by their web address, more than by an app of their own."""

_APP = (Feature.ALL, Feature.MESSAGING, Feature.MOBILE_APP)
_VPN = (Feature.ALL, Feature.MOBILE_APP)

OONI: tuple[Cover, ...] = (
    Cover(
        "web_connectivity",
        None,
        Feature.WEB,
        (Feature.WEB,),
        "It resolves, connects to and fetches the platform's web address and compares with a control: a block of the site "
        "shows, one of a page, an account or a function of the app does not.",
    ),
    Cover(
        "web_connectivity",
        None,
        Feature.WEB,
        (Feature.ALL,),
        "It fetches the platform's web address: most blocks of a whole service show there, one of its apps' or servers' own "
        "addresses, or of a port, does not.",
        silence="only its web site was tested, not its apps and servers",
        sites=True,
    ),
    Cover(
        "whatsapp",
        "whatsapp",
        Feature.MESSAGING,
        _APP,
        "It connects to the app's endpoints, the registration service and the web client, without which messages do not pass; "
        "it places no call and sends no file.",
    ),
    Cover(
        "telegram",
        "telegram",
        Feature.MESSAGING,
        _APP,
        "It connects to the app's access points and the web client, without which messages do not pass; it places no call and "
        "opens no channel.",
    ),
    Cover(
        "facebook_messenger",
        "messenger",
        Feature.MESSAGING,
        _APP,
        "It resolves and connects to the app's endpoints, without which messages do not pass; it places no call.",
    ),
    Cover(
        "signal",
        "signal",
        Feature.MESSAGING,
        _APP,
        "It fetches from the app's servers over TLS, without which messages do not pass; it places no call.",
    ),
    Cover("psiphon", "psiphon", Feature.ALL, _VPN, "It starts Psiphon and fetches a page through its tunnel."),
    Cover("tor", "tor", Feature.ALL, _VPN, "It connects to the directory authorities and the default bridges of Tor."),
    Cover("vanilla_tor", "tor", Feature.ALL, _VPN, "It starts Tor without bridges."),
)
"""What OONI's tests cover. Calls in WhatsApp and Telegram are in none: no test places one. Tor over Snowflake (torsf) is a way
around a block of Tor, so that its success says nothing about one."""

_OUTAGE = (
    "A day with an outage that the detector raised counts as anomalous; a day without one says that it raised none, not that all "
    "was well. It looks at a country or network as a whole and tells neither mobile from fixed nor a shutdown from a fault."
)

IODA: tuple[Cover, ...] = tuple(
    Cover(
        test,
        "internet",
        Feature.ALL,
        (Feature.ALL,),
        f"{signal} {_OUTAGE}",
        silence="no alert was raised, which does not say that all was well",
        national=True,
        signal="gtr" if test.startswith("gtr") else "",
    )
    for test, signal in {
        "bgp": "It watches which address blocks are announced in global routing.",
        "gtr": "It watches how much traffic reaches Google's services.",
        "gtr-norm": "It watches how much traffic reaches Google's services, as a share of what is usual.",
        "gtr-sarima": "It watches how much traffic reaches Google's services, against a seasonal forecast.",
        "merit-nt": "It watches unsolicited traffic that arrives at Merit's network telescope.",
        "ping-slash24": "It probes which address blocks (/24) answer.",
    }.items()
)
"""IODA's detectors of outages. Those of loss and latency are in none: they tell slow from fast, not reachable from not."""

RADAR = Cover(
    "radar-outage-annotation",
    "internet",
    Feature.ALL,
    (Feature.ALL,),
    "People at Cloudflare annotate outages that they see in its traffic and name the cause, often from the news that an event is "
    "coded from, so that it is no independent measurement. A day without an annotation says that they annotated none; mobile is "
    "not told from fixed.",
    silence="nobody annotated an outage, which does not say that all was well",
    national=True,
    independent=False,
)

COVERAGE: tuple[Cover, ...] = (*OONI, *IODA, RADAR)
"""Every function that a test covers."""

BLIND: dict[str, str] = {
    "app_removal": "tests connect to the service; none looks whether app stores offer the app",
}
"""Restriction types that no test shows, whatever their target, with the reason."""

UNDECIDABLE: dict[str, str] = {
    "content_block": "tests look at the platform's address as a whole, not at single pages",
    "throttling": "tests tell reachable from not reachable, not slow from fast",
    "mobile_shutdown": "counts do not tell mobile networks from fixed ones",
}
"""Restriction types that a rise may corroborate and a lack of one cannot contradict, with the reason."""


def covering(targets: pl.DataFrame, covers: Sequence[Cover] = COVERAGE) -> pl.DataFrame:
    """Targets with what looks at them.

    Args:
        targets: a frame with platform_id and feature.
        covers: which tests show which blocks.

    Returns:
        The columns of `targets` and of `table`, one row a target and test that covers it.
    """
    own = pl.col("platform_id_covered")
    found = targets.join(table(covers), on="feature", suffix="_covered", maintain_order="left_right")
    return found.filter(own.is_null() | (own == pl.col("platform_id"))).drop("platform_id_covered")


def table(covers: Sequence[Cover] = COVERAGE) -> pl.DataFrame:
    """The coverage as a frame, one row a test, platform and function covered.

    Returns:
        test, platform_id (null: whichever the row names), tested (the feature of the test's rows), feature (of the
        event's target), reason, silence, signal, sites, national, independent (see `Cover`); in the order of `covers`.
    """
    rows = [
        (one.test, one.platform_id, str(one.tested), str(feature), one.reason, one.silence, one.signal, one.sites, one.national, one.independent)
        for one in covers
        for feature in one.features
    ]  # fmt: skip
    texts, flags = (
        ("test", "platform_id", "tested", "feature", "reason", "silence", "signal"),
        ("sites", "national", "independent"),
    )
    schema = dict.fromkeys(texts, pl.String) | dict.fromkeys(flags, pl.Boolean)
    return pl.DataFrame(rows, schema=schema, orient="row")
