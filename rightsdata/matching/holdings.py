"""Holdings: what share of another's events a dataset has, and what each of the two lacks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.matching.pairs import match


@dataclass(frozen=True)
class Coverage:
    """What of another's events a dataset holds; counts are of events that the two tell of, not of what happened."""

    shares: pl.DataFrame
    """year (of their first possible day, null for none), restriction_type, theirs (their events), held (those that are the
    same as one of ours), review (others that may be), share_sure (held by theirs), share_with_review (held and review)."""
    missing: pl.DataFrame
    """Their events that we do not surely hold: event_id, country, year, restriction_type, start, title, standing (review
    or missing), candidates (our ids under review)."""
    beyond: pl.DataFrame
    """Our events that none of theirs surely is: the same columns, the candidates theirs."""
    pairs: pl.DataFrame
    """The pairs that this rests on, as `match` gives them."""

    @property
    def total(self) -> tuple[float, float]:
        """The share of their events that we surely hold, and the share with those under review; of all years and types."""
        theirs, held, review = self.shares.select(pl.col("theirs", "held", "review").sum()).row(0)
        return (held / theirs, (held + review) / theirs) if theirs else (0.0, 0.0)


def coverage_against(
    ours: Dataset,
    theirs: Dataset,
    decisions: pl.DataFrame | str | Path | None = None,
    *,
    places: pl.DataFrame | None = None,
) -> Coverage:
    """What share of their events we hold, by year and type, with what either side lacks.

    An event of theirs is held if some pair says that it is the same as one of ours, however many of ours it is. The truth
    lies between share_sure and share_with_review only as far as the matcher errs to neither side. Theirs are counted as
    given: an event that they list twice counts twice, so match a dataset with itself first.

    Args:
        ours: one Dataset.
        theirs: the other.
        decisions: see `match`.
        places: see `match`.
    """
    pairs = match(ours, theirs, decisions, places=places)
    missing = _standing(theirs, pairs, "right_id", "left_id")
    shares = (
        missing.group_by("year", "restriction_type")
        .agg(
            theirs=pl.len(),
            held=(pl.col("standing") == "held").sum(),
            review=(pl.col("standing") == "review").sum(),
        )
        .with_columns(
            share_sure=pl.col("held") / pl.col("theirs"),
            share_with_review=(pl.col("held") + pl.col("review")) / pl.col("theirs"),
        )
        .sort("year", "restriction_type")
    )
    lacking = pl.col("standing") != "held"
    return Coverage(
        shares, missing.filter(lacking), _standing(ours, pairs, "left_id", "right_id").filter(lacking), pairs
    )


def _standing(dataset: Dataset, pairs: pl.DataFrame, own: str, other: str) -> pl.DataFrame:
    said = pairs.group_by(pl.col(own).alias("event_id")).agg(
        same=(pl.col("answer") == "same").any(),
        candidates=pl.col(other).filter(pl.col("answer") == "review").sort(),
    )
    standing = (
        pl.when(pl.col("same").fill_null(value=False))
        .then(pl.lit("held"))
        .when(pl.col("candidates").list.len() > 0)
        .then(pl.lit("review"))
        .otherwise(pl.lit("missing"))
    )
    begun = pl.coalesce("start_earliest", "start_latest")
    return (
        dataset.events.join(said, on="event_id", how="left", maintain_order="left")
        .select(
            "event_id",
            "country",
            "restriction_type",
            "start",
            "title",
            pl.col("candidates").fill_null([]),
            year=begun.dt.year(),
            standing=standing,
        )
        .select("event_id", "country", "year", "restriction_type", "start", "title", "standing", "candidates")
    )
