"""Who says so, and how well it is known."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset

FIELDS_ATTRIBUTED = (
    "country",
    "admin1",
    "summary",
    "restriction_type",
    "initiator",
    "attribution",
    "population",
    "age_threshold",
    "pattern",
    "start",
    "end",
    "ongoing",
    "acknowledgement",
    "methods",
    "stated_reasons",
    "contexts",
    "targets",
    "stages",
    "authorities",
    "legal_bases",
    "responses",
    "relations",
)
"""The fields of an event whose sources `who_says` and `coverage` look for."""


def road(dataset: Dataset, event_id: str) -> pl.DataFrame:
    """The road of one event, from its first report on.

    Returns:
        position, date (as coded), date_earliest, date_latest, stage, note, attributed_to (who says so, where the page
        relays another's claim), publishers (list) and controls (list, in the same order).

    Raises:
        UnknownTerm: if the dataset has no such event.
    """
    chosen = selection.only(dataset, event_id)
    vouching = (
        chosen.stages.select("position", source_id="source_ids")
        .explode("source_id")
        .drop_nulls()
        .join(_published(chosen), on="source_id")
        .unique(["position", "publisher"], maintain_order=True)
        .group_by("position", maintain_order=True)
        .agg(publishers="publisher", controls="control")
    )
    return (
        chosen.stages.join(vouching, on="position", how="left", maintain_order="left")
        .with_columns(
            pl.col("stage").cast(pl.String), pl.col("publishers").fill_null([]), pl.col("controls").fill_null([])
        )
        .select(
            "position",
            "date",
            "date_earliest",
            "date_latest",
            "stage",
            "note",
            "attributed_to",
            "publishers",
            "controls",
        )
    )


def who_says(dataset: Dataset, event_id: str) -> pl.DataFrame:
    """Which publishers back which field of one event.

    Returns:
        field (of FIELDS_ATTRIBUTED, those that the event fills in), publishers and controls (lists in the same
        order; empty where no source backs the field, which then reads "not attributed").

    Raises:
        UnknownTerm: if the dataset has no such event.
    """
    chosen = selection.only(dataset, event_id)
    backed = _backed(chosen).join(_published(chosen), on="source_id")
    grouped = (
        backed.unique(["field", "publisher"], maintain_order=True)
        .group_by("field", maintain_order=True)
        .agg(publishers="publisher", controls="control")
    )
    filled = _filled(chosen).select("field")
    return filled.join(grouped, on="field", how="left", maintain_order="left").with_columns(
        pl.col("publishers").fill_null([]), pl.col("controls").fill_null([])
    )


def coverage(dataset: Dataset) -> pl.DataFrame:
    """How well each field is sourced, over all events of the dataset: the honesty table.

    Counting rule: of the events that fill a field in, how many name at least one source for that very field.

    Returns:
        field, filled (events), attributed (events), share (0 to 1; null where nothing is filled).
    """
    filled = _filled(dataset)
    backed = _backed(dataset).select("event_id", "field").unique()
    counted = (
        filled.join(backed.with_columns(backed=True), on=["event_id", "field"], how="left")
        .group_by("field")
        .agg(filled=pl.len(), attributed=pl.col("backed").sum())
    )
    order = pl.DataFrame({"field": FIELDS_ATTRIBUTED})
    return (
        order.join(counted, on="field", how="left", maintain_order="left")
        .with_columns(pl.col("filled", "attributed").fill_null(0))
        .with_columns(share=pl.when(pl.col("filled") > 0).then(pl.col("attributed") / pl.col("filled")))
    )


def last_confirmed(dataset: Dataset) -> pl.DataFrame:
    """How old the knowledge is: effective access measures on the public by the year of their last confirmation.

    Counting rule: the last confirmation is the latest stage that shows effect, or the newest source that says that
    the measure goes on; measures of which neither has a day stand under null.

    Returns:
        year, events, in_force (of them last known to be in force), oldest year first.
    """
    return (
        selection.effective(dataset)
        .events.group_by(year=pl.col("last_confirmed").dt.year())
        .agg(events=pl.len(), in_force=(pl.col("status").cast(pl.String) == "in_force").sum())
        .sort("year")
    )


def _published(dataset: Dataset) -> pl.DataFrame:
    return dataset.sources.select("source_id", "publisher").join(
        dataset.publishers.select("publisher", pl.col("control").cast(pl.String)), on="publisher", how="left"
    )


def _backed(dataset: Dataset) -> pl.DataFrame:
    """event_id, field, source_id: what citations say of a field, and the sources that the rows of a list name themselves."""
    cited = (
        dataset.citations.select("event_id", "source_id", field=pl.col("supports").cast(pl.List(pl.String)))
        .explode("field")
        .drop_nulls("field")
    )
    own = [
        dataset.tables[name]
        .select("event_id", source_id="source_ids")
        .explode("source_id")
        .drop_nulls("source_id")
        .with_columns(field=pl.lit(name))
        for name in ("stages", "legal_bases", "responses")
    ]
    return pl.concat(
        [cited.select("event_id", "field", "source_id"), *(one.select("event_id", "field", "source_id") for one in own)]
    )


def _filled(dataset: Dataset) -> pl.DataFrame:
    """event_id, field: the fields of FIELDS_ATTRIBUTED that say something; "unknown" says nothing."""
    events = dataset.events
    found = []
    for field in FIELDS_ATTRIBUTED:
        if field not in events.columns:
            ids = dataset.tables[field].select("event_id").unique(maintain_order=True)
        elif isinstance(events.schema[field], pl.List):
            ids = events.filter(pl.col(field).list.len() > 0).select("event_id")
        else:
            said = pl.col(field).is_not_null() & (pl.col(field).cast(pl.String) != "unknown")
            ids = events.filter(said).select("event_id")
        found.append(ids.with_columns(field=pl.lit(field)))
    return pl.concat(found)
