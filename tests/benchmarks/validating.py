"""The validation of a large events table against the same checks by hand and by other validators."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import polars as pl

import rightsdata as rd
from tests.benchmarks.made import events as events_of
from tests.benchmarks.timing import Line, best, call, repeats
from tests.benchmarks.validators import BY_HAND, YARDSTICKS, Validator, checks, ours, planted

SOME = 100_000
"""Events with faults."""
ROWS = 1_000_000
MANY = 10_000_000

LONGEST = 300.0
"""Seconds that a validator may take; one that would need more at ten million, as it goes at SOME, is not asked."""


def finds_the_faults(one: Validator, rows: int) -> str:
    """How many of the checks it makes, once it has found every fault that these can find."""
    spoilt, faults = planted(events_of(rows))
    todo = checks(spoilt.columns)
    made = {check.name for check in todo if one.able(check)}
    found = one.ready(spoilt)()
    assert found == {name: count for name, count in faults.items() if name in made}, (one.name, found)
    return f"{len(made)} of {len(todo)} checks"


def _asked(one: Validator, events: pl.DataFrame) -> float:
    find = one.ready(events)
    begun = time.perf_counter()
    found = find()
    took = time.perf_counter() - begun
    assert found == {}, (one.name, found)
    return took


def lines(scale: int) -> Iterator[Line]:
    """A million events: by hand several times in turn, typed and with terms as texts; the others once."""
    some, rows = SOME // scale, ROWS // scale
    spoilt, faults = planted(events_of(some))
    assert ours(spoilt) == faults, ours(spoilt)
    note = finds_the_faults(BY_HAND, some)
    events = events_of(rows)
    ours_of, by_hand = partial(rd.validate, events=events), BY_HAND.ready(events)
    assert ours_of() == [] and by_hand() == {}
    what = f"validate {rows:,} events"
    mine, theirs = best(call(ours_of), call(by_hand), times=repeats(5, scale))
    yield Line(what, BY_HAND.name, mine, theirs, 1.2, note=note)
    texts = events.with_columns(pl.col(pl.Enum).cast(pl.String))
    texts_of, texts_by_hand = partial(rd.validate, events=texts), BY_HAND.ready(texts)
    assert texts_of() == [] and texts_by_hand() == {}
    as_texts, theirs = best(call(texts_of), call(texts_by_hand), times=repeats(3, scale))
    yield Line(f"{what}, terms as texts", BY_HAND.name, as_texts, theirs)
    for one in YARDSTICKS:
        note = finds_the_faults(one, some)
        yield Line(what, one.name, mine, _asked(one, events), note=note)


def large(scale: int) -> Iterator[Line]:
    """Ten million events; a validator that is slow at a million is left out, and the line says so."""
    events = events_of(MANY // scale)
    by_hand = BY_HAND.ready(events)
    assert by_hand() == {}
    what = f"validate {events.height:,} events"
    mine, theirs = best(call(partial(rd.validate, events=events)), call(by_hand), times=repeats(2, scale))
    yield Line(what, BY_HAND.name, mine, theirs, 1.2)
    fewer = events.head(SOME // scale)
    for one in YARDSTICKS:
        at_fewer = _asked(one, fewer)
        if at_fewer * MANY / SOME > LONGEST:
            yield Line(what, "", mine, note=f"{one.name} not asked: {at_fewer:.0f} s at {fewer.height:,}")
        else:
            yield Line(what, one.name, mine, _asked(one, events))
