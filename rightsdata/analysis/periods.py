"""When and how long: the periods of measures between the bounds of their dates."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset


def timeline(dataset: Dataset, *, most: int | None = None) -> pl.DataFrame:
    """The period of every target of the effective access measures on the public, with bounds and what is open.

    Counting rule: one row an event and target; features of one platform in one event are joined. Measures whose
    start has no date at all are left out.

    Args:
        dataset: any Dataset.
        most: keep the rows of the platforms with the most measures in a country, this many; None keeps all.

    Returns:
        country (ISO code), platform_id, platform, event_id, title, restriction_type, features (list),
        start_earliest (null for "on or before"), start_latest, end_earliest, end_latest, last_confirmed, as_of
        (dates) and `ending`: `known` (it has bounds), `open` (it went on at as_of), `past` (over by as_of, the day
        not known) or `unknown` (whether it still goes on is not known). Sorted by platform in a country (most
        measures first) and start.
    """
    chosen = selection.effective(dataset)
    events = chosen.events.select(
        "country", "event_id", "title", "last_confirmed", "as_of", "ongoing", pl.col("restriction_type").cast(pl.String)
    )
    names = chosen.platforms.select("platform_id", platform="name")
    ending = (
        pl.when(pl.col("end_latest").is_not_null())
        .then(pl.lit("known"))
        .when(pl.col("ongoing").is_null())
        .then(pl.lit("unknown"))
        .when("ongoing")
        .then(pl.lit("open"))
        .otherwise(pl.lit("past"))
    )
    rows = (
        chosen.targets.group_by("event_id", "platform_id", maintain_order=True)
        .agg(
            pl.col("feature").cast(pl.String).alias("features"),
            *(_widest(name, pl.Expr.min) for name in ("start_earliest", "start_latest")),
            *(_widest(name, pl.Expr.max) for name in ("end_earliest", "end_latest")),
        )
        .join(events, on="event_id")
        .join(names, on="platform_id")
        .filter(pl.col("start_latest").is_not_null())
        .with_columns(ending=ending, measures=pl.len().over("country", "platform_id"))
        .sort(
            ["measures", "platform", "country", "start_latest", "event_id"],
            descending=[True, False, False, False, False],
        )
    )
    if most is not None:
        rows = rows.join(
            rows.select("country", "platform_id").unique(maintain_order=True).head(most),
            on=["country", "platform_id"],
            how="semi",
        )
    return rows.select(
        "country",
        "platform_id",
        "platform",
        "event_id",
        "title",
        "restriction_type",
        "features",
        "start_earliest",
        "start_latest",
        "end_earliest",
        "end_latest",
        "last_confirmed",
        "as_of",
        "ending",
    )


def _widest(name: str, pick: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The bound of several periods together: unknown as soon as one of them is."""
    return pl.when(pl.col(name).is_not_null().all()).then(pick(pl.col(name))).alias(name)
