"""Made datasets: the released one over and over, at any size."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import polars as pl

import rightsdata as rd
from rightsdata import schema
from rightsdata.dataset import TABLES, Dataset

USED = (
    "event_id",
    "country",
    "restriction_type",
    "family",
    "population",
    "pattern",
    "took_effect",
    "ongoing",
    "start_earliest",
    "start_latest",
    "end_earliest",
    "end_latest",
    "last_confirmed",
    "as_of",
    "min_days",
    "max_days",
    "platforms",
)
"""Columns of events that counts, periods and `where` read."""

OF_EVENTS = {
    "targets": pl.all(),
    "relations": pl.all(),
    "stages": pl.col("event_id", "position", "stage", "date_earliest", "date_latest", "source_ids"),
    "authorities": pl.col("event_id"),
    "legal_bases": pl.col("event_id", "source_ids"),
    "responses": pl.col("event_id", "source_ids"),
    "citations": pl.col("event_id", "source_id", "supports"),
}
"""Tables that name an event, and their columns that analyses read."""


def repeated(rows: int, *, own_sources: bool = False, only: tuple[str, ...] = TABLES) -> Dataset:
    """The release and copies of it, whole and valid, with their own ids of events, or of sources too, in every table.

    At least `rows` events: the last copy is whole too. Tables that are not among `only` stay as released.
    """
    one = rd.load()
    copies = range(-(-rows // len(one)))
    keys = ("event_id", "related_id", *(("source_id",) if own_sources else ()))

    def many(frame: pl.DataFrame) -> pl.DataFrame:
        own = [name for name in keys if name in frame.columns]
        if not own:
            return frame
        renamed = (
            frame if not copy else frame.with_columns(pl.format(f"{{}}-c{copy}", name).alias(name) for name in own)
            for copy in copies
        )
        return pl.concat(renamed).rechunk()

    made: dict[str, Any] = {name: many(one.tables[name]) for name in only}
    return replace(one, **made)


def events(rows: int) -> pl.DataFrame:
    """That many valid events with the columns that people write."""
    return repeated(rows, only=("events",)).events.select(list(schema.COLUMNS["events"])).head(rows)


def moved(rows: int, seed: int = 7, columns: tuple[str, ...] | None = None) -> Dataset:
    """The released events over and over, each moved and prolonged by some days, with its own id in every table.

    With `columns` the events have these alone, and the other tables but targets and relations stay as released.
    """
    dataset = rd.load()
    own = dataset.events.select(columns or dataset.events.columns)
    times = rows // own.height + 1
    days = pl.Series([random.Random(seed + n).randint(-1500, 0) for n in range(times)], dtype=pl.Int32)
    copies = pl.DataFrame({"copy": pl.int_range(times, eager=True, dtype=pl.Int32), "moved": days})

    later = pl.col("moved") + pl.col("longer")

    def many(frame: pl.DataFrame, ids: tuple[str, ...]) -> pl.DataFrame:
        dates = [name for name, kind in frame.schema.items() if kind == pl.Date]
        return (
            copies.lazy()
            .join(frame.lazy(), how="cross")
            .with_columns(
                *(pl.format("{}-{}", name, "copy").alias(name) for name in ids),
            )
            .with_columns(longer=pl.col("event_id").hash(seed).mod(300).cast(pl.Int32))
            .with_columns(
                *(
                    (pl.col(name) + pl.duration(days="moved" if name.startswith("start") else later)).alias(name)
                    for name in dates
                ),
                *(
                    (pl.col(name) + pl.col("longer")).alias(name)
                    for name in ("min_days", "max_days")
                    if name in frame.columns
                ),
            )
            .drop("copy", "moved", "longer")
            .collect(engine="streaming")
        )

    kept = many(own, ("event_id",)).head(rows)
    ids = kept.select("event_id")
    further: dict[str, Any] = {
        name: many(dataset.tables[name].select(kept_columns), ("event_id", "related_id")[: 1 + (name == "relations")])
        for name, kept_columns in OF_EVENTS.items()
        if columns is None or name in ("targets", "relations")
    }
    return replace(
        dataset,
        events=kept,
        **{name: frame.join(ids, on="event_id", how="semi") for name, frame in further.items()},
    )
