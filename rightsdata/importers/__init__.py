"""Importers: a provider's files in, drafts or a measurement series and an account of every row out; one module a provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rightsdata.drafts import Import
from rightsdata.importers.cloudflare_radar import cloudflare_radar
from rightsdata.importers.ioda import ioda
from rightsdata.importers.ooni import ooni
from rightsdata.importers.rkn import rkn
from rightsdata.importers.sflc import sflc
from rightsdata.importers.stop import stop
from rightsdata.importers.test_lists import test_lists

__all__ = ["PROVIDERS", "cloudflare_radar", "ioda", "ooni", "rkn", "sflc", "stop", "test_lists"]

PROVIDERS: Mapping[str, Callable[..., Import]] = {
    "cloudflare-radar": cloudflare_radar,
    "ioda": ioda,
    "ooni": ooni,
    "rkn": rkn,
    "sflc": sflc,
    "stop": stop,
    "test-lists": test_lists,
}
"""The importers by their names on the command line; each takes the paths of files and gives a `drafts.Import`."""
