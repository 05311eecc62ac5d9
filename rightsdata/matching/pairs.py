"""Pairs: which events of two datasets, or of one, are the same, which may be, and why."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.matching import blocks, reviews, scores, words
from rightsdata.matching.traits import traits

SAME = 40
"""Fewest points of two events that are taken for the same."""

REVIEW = 25
"""Fewest points of two events that a person should look at."""

FLOOR = 20
"""Fewest points of a pair that is listed."""

MOST = 10
"""Most pairs that are listed of an event, the best by score; decided ones are always listed."""

SCHEMA = pl.Schema(
    {
        "left_id": pl.String(),
        "right_id": pl.String(),
        "answer": pl.Enum(["same", "review", "different"]),
        "score": pl.Int16(),
        "decided": pl.Boolean(),
        **dict.fromkeys(scores.PARTS, pl.Int16()),
        "explanation": pl.String(),
    }
)
"""Columns of a frame of pairs; score and parts are null for a decided pair that is not compared."""


def match(
    a: Dataset,
    b: Dataset | None = None,
    decisions: pl.DataFrame | str | Path | None = None,
    *,
    places: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The pairs of events that are the same or may be, with the reasons in words.

    Events are compared if they lie in one country, are of one family, share a block (the network; social platforms and
    messengers; another kind of platform) and began at most 14 days apart by their nearest possible days; one of the network
    alone and one of services at most one day apart. An imprecise date falls into every month that it may touch. The
    comparison is the same from either side and in any order of rows: match(b, a) has left and right exchanged, and nothing
    else. A score is of a pair among the others: whether an event has a better candidate counts. Points, by component, are
    in `matching.scores`; how well they do on pairs judged before they were set is printed by
    `python -m tests.benchmarks.matching`.

    Args:
        a: one dataset.
        b: the other; without it, duplicates inside `a` are looked for, each pair once, left_id before right_id. An id that
            both datasets hold is one event and no pair.
        decisions: what people decided, as `read_decisions` gives it or as the file of `write_review`; it wins over the score.
        places: event_id and name of areas, of either side, for which the tables have no column, such as the area of an
            imported row. Without them two cuts in one country on one day look alike.

    Returns:
        left_id, right_id, answer (same, review, different), score (0 to 100), decided (a person gave the answer), points by
        component (`scores.PARTS`), explanation; by score, highest first, then by ids. Pairs under 20 points are not
        listed, nor more than the ten best of an event.

    Raises:
        InvalidData: for a decision about an id that neither dataset has, or two decisions that contradict each other,
            naming the row.

    Warns:
        MatchWarning: for pairs that were too many to compare.
    """
    other = a if b is None else b
    left = traits(a, places)
    right = left if b is None else traits(other, places)
    known = scores.evidence(left, right)
    compared = [
        _best(scores.scored(some, left, right, known, FLOOR)) for some in blocks.pairs(left, right, within=b is None)
    ]
    listed = pl.DataFrame(schema=SCHEMA).drop("answer", "decided")
    if compared:
        listed = words.explained(scores.against_rivals(_best(pl.concat(compared))), left, right)
    by_score = (
        pl.when(pl.col("score") >= SAME).then(pl.lit("same")).when(pl.col("score") >= REVIEW).then(pl.lit("review"))
    ).otherwise(pl.lit("different"))
    listed = listed.with_columns(answer=by_score, decided=pl.lit(value=False))
    if decisions is not None:
        listed = _settled(listed, reviews.checked(decisions, a, b))
    return listed.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort(
        _ORDER, descending=_DOWN, nulls_last=True
    )


_ORDER, _DOWN = ["score", "left_id", "right_id"], [True, False, False]


def _best(scored: pl.DataFrame) -> pl.DataFrame:
    """Each pair once, if it is among the MOST best of both its events; of equal ones those whose ids come first."""
    order = scored.select("i", "j", "score").with_row_index("row").unique(["i", "j"])
    order = order.sort("score", "i", "j", descending=[True, False, False])
    best = order.filter(pl.int_range(pl.len()).over("i") < MOST, pl.int_range(pl.len()).over("j") < MOST)
    return scored[best["row"]]


def _settled(listed: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """The pairs with the answers that people gave, those too that are not listed by score."""
    both = ["left_id", "right_id"]
    given = decided.join(listed.drop("answer", "decided"), on=both, how="left").with_columns(decided=pl.lit(value=True))
    said = pl.concat_str(
        pl.format("decided by a person: {}", "answer"),
        pl.col("explanation").fill_null("not listed by score"),
        separator="; ",
    )
    rest = listed.join(decided, on=both, how="anti")
    return pl.concat([rest, given.with_columns(explanation=said).select(rest.columns)], how="vertical_relaxed")
