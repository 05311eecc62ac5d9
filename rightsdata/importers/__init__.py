"""Importers: a provider's files in, drafts and an account of every row out; one module a provider."""

from __future__ import annotations

from rightsdata.importers.stop import stop

__all__ = ["PROVIDERS", "stop"]

PROVIDERS = {"stop": stop}
"""The importers by the name of the command line; each takes paths of files and gives a `drafts.Import`."""
