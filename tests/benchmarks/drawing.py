"""Figures from many events: lines for the table."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl

import rightsdata as rd
from rightsdata import analysis, figures, gallery
from rightsdata.dataset import Dataset
from tests.benchmarks.timing import Line, best, call

ROWS = 100_000


def many(rows: int) -> Dataset:
    """The release over and over, each time with its own events in every table that names one."""
    one = rd.load()
    copies = range(rows // len(one) + 1)

    def repeated(frame: pl.DataFrame) -> pl.DataFrame:
        keys = [name for name in ("event_id", "related_id") if name in frame.columns]
        if not keys:
            return frame
        return pl.concat(
            [
                frame.with_columns(pl.format("{}-" + str(copy), pl.col(key)).alias(key) for key in keys)
                for copy in copies
            ]
        ).rechunk()

    return replace(one, **{name: repeated(frame) for name, frame in one.tables.items()})


def lines() -> list[Line]:
    """Drawing alone, from the frame on; what the analyses take stands elsewhere."""
    whole = many(ROWS)
    found: list[Line] = []
    for name, one in gallery.DRAWINGS.items():
        if one.analysis == "survival":  # its frame has a row a length, however many the events
            continue
        frame = getattr(analysis, one.analysis)(whole, **one.arguments)
        layers = {key: getattr(analysis, source)(whole) for key, source in one.layers.items()}
        draw = partial(getattr(figures, one.figure), frame, footer="A citation.", **layers)
        (ours,) = best(call(draw), times=3)
        found.append((f"figure {name}, {len(whole):,} events", "", ours, 0.0, "aim < 1 s"))
    return found
