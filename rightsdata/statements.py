"""What a brief states: which events it rests on, its citable paragraph, and its tables, all computed from the data."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from rightsdata import analysis
from rightsdata.dataset import Dataset

TOOLS = r"(?i)\bVPNs?\b|circumvent|\bproxy|\bproxies|\bTor\b|Psiphon|Lantern|bypass"
"""Words by which a text speaks of circumvention tools."""


def independent(dataset: Dataset) -> Dataset:
    """The events that at least one independent publisher reports; all of them if none is.

    Counting rule: `publisher_count`, for which parties to the event, aggregators, copies of a text that is counted already, and
    publishers under state or of unknown control do not count.
    """
    ids = dataset.events.filter(pl.col("publisher_count") > 0)["event_id"]
    if ids.is_empty() or len(ids) == len(dataset):
        return dataset
    chosen = dataset.where(event_id=ids.to_list())
    return replace(chosen, selection=(*dataset.selection, "with an independent source"))


def without_circumvention(dataset: Dataset) -> Dataset:
    """The events that have nothing to do with circumvention tools, and of the others' texts none that speaks of them."""
    tools = dataset.platforms.filter(pl.col("kind").cast(pl.String) == "vpn_or_circumvention")["platform_id"]
    aimed = dataset.targets.filter(pl.col("platform_id").is_in(tools.implode()))["event_id"]
    said = pl.any_horizontal(pl.col("title", "summary").str.contains(TOOLS))
    reasons = pl.col("stated_reasons").cast(pl.List(pl.String)).list.contains("anti_circumvention")
    kept = dataset.events.filter(~(said | reasons | pl.col("event_id").is_in(aimed.implode())))["event_id"]
    chosen = replace(dataset.where(event_id=kept.to_list()), selection=(*dataset.selection, "as may be shared"))
    silent = ~pl.any_horizontal(pl.col("note", "actor").str.contains(TOOLS).fill_null(False))
    stages = chosen.stages.with_columns(note=pl.when(~pl.col("note").str.contains(TOOLS)).then("note"))
    bases = chosen.legal_bases.filter(
        ~pl.any_horizontal(pl.col("title", "citation").str.contains(TOOLS).fill_null(False))
    )
    sources = chosen.sources.with_columns(
        title=pl.when(pl.col("title").str.contains(TOOLS)).then(pl.lit("(title left out)")).otherwise("title")
    )
    return replace(chosen, stages=stages, responses=chosen.responses.filter(silent), legal_bases=bases, sources=sources)


def paragraph(dataset: Dataset, place: str) -> str:
    """One paragraph to cite, from the numbers of the data, with how they are counted."""
    counted = analysis.effective(dataset)
    if not len(counted):
        return (
            f"rightsdata {dataset.version} ({dataset.review_note.lower()}) holds no measure that cut or hindered access in {place} "
            "and took effect: not searched or nothing found, which is not that nothing happened."
        )
    on = counted.where(status="in_force")
    bases = dict(analysis.legal_bases(dataset).select("type", "events").iter_rows())
    words = dict(analysis.acknowledgement(dataset).group_by("acknowledgement").agg(pl.col("events").sum()).iter_rows())
    begun = counted.events["start_latest"].drop_nulls().sort()
    confirmed = on.events["last_confirmed"].drop_nulls().sort()
    first = f", begun between {begun[0]} and {begun[-1]}" if len(begun) else ""
    last = f" (between {confirmed[0]} and {confirmed[-1]})" if len(confirmed) else ""
    named = len(counted) - bases.get("none_stated", 0) - bases.get("not_found", 0)
    return (
        f"rightsdata {dataset.version} ({dataset.review_note.lower()}) holds {len(counted)} measures in {place} that cut or hindered "
        f"access and took effect{first}; {len(on)} of them were in force when last confirmed{last}. A legal basis is named for "
        f"{max(named, 0)}, sources say of {bases.get('none_stated', 0)} that none was given, and none was found for "
        f"{bases.get('not_found', 0)}. Authorities acknowledged {words.get('acknowledged', 0)}, denied {words.get('denied', 0)} "
        f"and kept silent on {words.get('silent', 0)}. One measure is one kind of restriction by one initiator on the same "
        "targets in one territory over one period; it is a coded selection, not a census."
    )


def ladders(dataset: Dataset, most: int) -> list[pl.DataFrame]:
    """The steps against the platforms in a country that were hit the most often, two steps or more; see `analysis.ladder`."""
    counted = dataset.where(family="access", population="public")
    hit = (
        counted.targets.select("event_id", "platform_id")
        .unique()
        .join(counted.events.select("event_id", "country"), on="event_id")
        .group_by("country", "platform_id")
        .len()
        .filter(pl.col("len") > 1)
        .sort(["len", "country", "platform_id"], descending=[True, False, False])
    )
    return [analysis.ladder(dataset, one, country) for country, one, _ in hit.head(most).iter_rows()]


def in_force(dataset: Dataset) -> pl.DataFrame:
    """Effective access measures on the public that were in force when last confirmed, the latest confirmed first.

    Returns:
        event_id, title, country, restriction_type, start, last_confirmed, as_of.
    """
    return (
        analysis.effective(dataset)
        .events.filter(pl.col("status").cast(pl.String) == "in_force")
        .select(
            "event_id",
            "title",
            "country",
            pl.col("restriction_type").cast(pl.String),
            "start",
            "last_confirmed",
            "as_of",
        )
        .sort(["last_confirmed", "event_id"], descending=[True, False], nulls_last=True)
    )


def regional(dataset: Dataset) -> pl.DataFrame:
    """Effective access measures on the public that were subnational, by subdivision.

    Returns:
        country, admin1 (ISO 3166-2), events, ids (list), last_confirmed (the latest); by code.
    """
    return (
        analysis.effective(dataset)
        .events.select("country", "event_id", "last_confirmed", "admin1")
        .explode("admin1")
        .drop_nulls("admin1")
        .group_by("country", "admin1")
        .agg(events=pl.len(), ids=pl.col("event_id").sort(), last_confirmed=pl.col("last_confirmed").max())
        .sort("country", "admin1")
    )


def instruments(dataset: Dataset) -> pl.DataFrame:
    """Every legal instrument that a source names, of rules and plans too, with the events that rest on it.

    Returns:
        type, title, citation, status, ids (list of event_id), source_ids (list); by type and title. Bases without a title
        or citation are left out.
    """
    return (
        dataset.legal_bases.filter(pl.any_horizontal(pl.col("title", "citation").is_not_null()))
        .with_columns(pl.col("type", "status").cast(pl.String))
        .group_by("type", "title", "citation", "status")
        .agg(
            ids=pl.col("event_id").unique().sort(),
            source_ids=pl.col("source_ids").list.explode(keep_nulls=False, empty_as_null=False).unique().sort(),
        )
        .sort("type", "title", "citation", "status", nulls_last=True)
    )


def reasons(dataset: Dataset) -> pl.DataFrame:
    """What officials say against what was happening; see `analysis.reasons_by_context`.

    Returns:
        context, of (events with it), reasons (list of structs reason, events; the most frequent first).
    """
    return (
        analysis.reasons_by_context(dataset)
        .sort(["of", "context", "events", "reason"], descending=[True, False, True, False])
        .group_by("context", "of", maintain_order=True)
        .agg(reasons=pl.struct("reason", "events"))
    )
