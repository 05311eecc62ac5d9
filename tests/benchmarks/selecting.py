"""Selections of a large dataset, `Dataset.where`, against the same rows selected by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import polars as pl

from rightsdata.dataset import BY_EVENT, Dataset
from tests.benchmarks.made import repeated
from tests.benchmarks.timing import Line, best, call, repeats

ROWS = 1_000_000

WITHIN = {"since": "2022", "until": "2023-06"}
FIRST, LAST = date(2022, 1, 1), date(2023, 6, 30)


def chosen(whole: Dataset, country: str | None, platform: str | None, *, dated: bool) -> pl.LazyFrame:
    """The ids of the events asked for, in Polars by hand."""
    c = pl.col
    events = whole.events.lazy()
    if country:
        events = events.filter(c("country") == country)
    periods = events.select("event_id", "ongoing", "as_of", "start_earliest", "start_latest", "end_latest")
    if platform:
        hit = whole.targets.lazy().filter(c("platform_id") == platform)
        periods = hit.select("event_id", "start_earliest", "start_latest", "end_latest").join(
            periods.select("event_id", "ongoing", "as_of"), on="event_id"
        )
    if dated:
        first = whole.stages.lazy().group_by("event_id").agg(planned=pl.coalesce("date_earliest", "date_latest").min())
        still = (c("end_latest").is_null() & c("ongoing")) | (pl.coalesce("end_latest", "as_of") >= FIRST)
        begun = (c("start_latest").is_not_null() & c("start_earliest").is_null()) | (
            pl.coalesce("start_earliest", "start_latest", "planned") <= LAST
        )
        periods = periods.join(first, on="event_id", how="left").filter(still & begun)
    return periods.select("event_id").unique()


def by_hand(whole: Dataset, country: str | None, platform: str | None, *, dated: bool) -> dict[str, pl.DataFrame]:
    """Every table of the selection: the events, what belongs to them, and what only they use."""
    ids = chosen(whole, country, platform, dated=dated).collect().lazy()

    def of(name: str, other: pl.LazyFrame, left: str, right: str) -> pl.LazyFrame:
        return whole.tables[name].lazy().join(other, left_on=left, right_on=right, how="semi", maintain_order="left")

    found = {name: of(name, ids, "event_id", "event_id") for name in ("events", *BY_EVENT)}
    found["sources"] = of("sources", found["citations"], "source_id", "source_id")
    named = found["sources"].select(publisher=pl.concat_list("publisher", "syndicated_from")).explode("publisher")
    found["publishers"] = of("publishers", named, "publisher", "publisher")
    found["relations"] = of("relations", ids, "event_id", "event_id").join(
        ids, left_on="related_id", right_on="event_id", how="semi", maintain_order="left"
    )
    return dict(zip(found, pl.collect_all(list(found.values())), strict=True))


QUESTIONS: dict[str, tuple[str | None, str | None, bool]] = {
    "country": ("RU", None, False),
    "platform": (None, "whatsapp", False),
    "dates": (None, None, True),
    "country, platform and dates": ("RU", "whatsapp", True),
}
"""Country, platform and whether dates are asked for."""


def asked(whole: Dataset, country: str | None, platform: str | None, *, dated: bool) -> Dataset:
    """The selection by `where`."""
    return whole.where(country=country, platform=platform, **(WITHIN if dated else {}))


def lines(scale: int) -> Iterator[Line]:
    """Every table of each selection, ours and by hand, with the same rows in the same order."""
    whole = repeated(ROWS // scale)
    for name, (country, platform, dated) in QUESTIONS.items():
        ours_of = partial(asked, whole, country, platform, dated=dated)
        theirs_of = partial(by_hand, whole, country, platform, dated=dated)
        ours, theirs = ours_of().tables, theirs_of()
        assert 0 < ours["events"].height < len(whole)
        for table, frame in theirs.items():
            assert ours[table].equals(frame), (name, table, ours[table].height, frame.height)
        del ours, theirs
        mine, by = best(call(ours_of), call(theirs_of), times=repeats(3, scale))
        yield Line(f"where by {name}, {len(whole):,} events", "the same tables in Polars", mine, by, 1.5)
