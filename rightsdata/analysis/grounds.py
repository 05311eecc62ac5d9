"""On what grounds and by what means: legal bases, methods, reasons."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset


def legal_bases(dataset: Dataset) -> pl.DataFrame:
    """On what legal basis the effective access measures on the public rest, as sources say.

    Counting rule: an event counts once for each type of basis that it names; `none_stated` are events of which a
    source says that no basis was given, `not_found` those for which none was found, which is not the same.

    Returns:
        type, events, example (title and citation of the basis in the latest such event, null where it has none); the
        two kinds of nothing last.
    """
    chosen = selection.effective(dataset)
    events = chosen.events.select("event_id", "as_of")
    named = chosen.legal_bases.join(events, on="event_id").with_columns(
        pl.col("type").cast(pl.String),
        example=pl.when(pl.any_horizontal(pl.col("title", "citation").is_not_null())).then(
            pl.concat_str("title", "citation", separator=", ", ignore_nulls=True)
        ),
    )
    counted = (
        named.sort(["as_of", "event_id", "position"], descending=[True, False, False])
        .group_by("type", maintain_order=True)
        .agg(events=pl.col("event_id").n_unique(), example=pl.col("example").first())
    )
    missing = events.join(chosen.legal_bases, on="event_id", how="anti").height
    none = pl.DataFrame({"type": ["not_found"], "events": [missing], "example": [None]}, schema=counted.schema)
    last = pl.col("type").replace_strict({"none_stated": 1, "not_found": 2}, default=0, return_dtype=pl.Int8)
    return pl.concat([counted, none]).sort([last, pl.col("events"), pl.col("type")], descending=[False, True, False])


def methods(dataset: Dataset) -> pl.DataFrame:
    """What was restricted and how: effective access measures on the public by type, with methods and targets.

    Returns:
        restriction_type, events, methods (list, the most frequent first), methods_unknown (events for which none is
        known), platforms (list of names, the most frequent first).
    """
    chosen = selection.effective(dataset)
    events = chosen.events.select(
        "event_id", pl.col("restriction_type").cast(pl.String), pl.col("methods").cast(pl.List(pl.String))
    )
    used = (
        events.explode("methods")
        .drop_nulls("methods")
        .group_by("restriction_type", "methods")
        .len()
        .sort(["len", "methods"], descending=[True, False])
        .group_by("restriction_type", maintain_order=True)
        .agg("methods")
    )
    hit = (
        events.join(chosen.targets, on="event_id")
        .join(chosen.platforms, on="platform_id")
        .group_by("restriction_type", "name")
        .agg(n=pl.col("event_id").n_unique())
        .sort(["n", "name"], descending=[True, False])
        .group_by("restriction_type", maintain_order=True)
        .agg(platforms=pl.col("name"))
    )
    return (
        events.group_by("restriction_type")
        .agg(events=pl.len(), methods_unknown=(pl.col("methods").list.len() == 0).sum())
        .join(used, on="restriction_type", how="left")
        .join(hit, on="restriction_type", how="left")
        .with_columns(pl.col("methods").fill_null([]), pl.col("platforms").fill_null([]))
        .select("restriction_type", "events", "methods", "methods_unknown", "platforms")
        .sort(["events", "restriction_type"], descending=[True, False])
    )
