"""Briefs from a shell, and figures from many events."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial

from rightsdata import analysis, figures, gallery
from tests.benchmarks.made import repeated
from tests.benchmarks.timing import Line, best, call, process, repeats

ROWS = 100_000


def lines(scale: int) -> Iterator[Line]:
    """The brief of Russia, whole and light; then drawing alone, from the frame on: what the analyses take stands elsewhere."""
    shell = ("-c", "from rightsdata.cli import main; main()", "brief", "RU", "-o")
    with tempfile.TemporaryDirectory() as place:
        (whole,) = best(process(*shell, f"{place}/whole.html"), times=repeats(3, scale))
        yield Line("brief RU from a shell", "", whole, aim=3, measure="seconds")
        (light,) = best(process(*shell, f"{place}/light.html", "--light"), times=repeats(3, scale))
        yield Line("brief RU --light from a shell", "", light, aim=12, measure="seconds")
    many = repeated(ROWS // scale)
    for name, one in gallery.DRAWINGS.items():
        if one.analysis == "survival":  # its frame has a row a length, however many the events
            continue
        frame = getattr(analysis, one.analysis)(many, **one.arguments)
        layers = {key: getattr(analysis, source)(many) for key, source in one.layers.items()}
        draw = partial(getattr(figures, one.figure), frame, footer="A citation.", **layers)
        (ours,) = best(call(draw), times=repeats(3, scale))
        yield Line(f"figure {name}, {len(many):,} events", "", ours, aim=1, measure="seconds")
