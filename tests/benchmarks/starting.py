"""The start: imports, the first load and the check of the records, in new processes."""

from __future__ import annotations

from collections.abc import Iterator

from rightsdata import reading
from tests.benchmarks.timing import ROOT, Line, best, process, repeats

BARE = "pass"
POLARS = "import polars"
LOAD = "import rightsdata as rd; rd.load()"
READ = f"""
import polars as pl
from pathlib import Path
for path in Path({str(reading.folder())!r}).glob("*.parquet"):
    pl.read_parquet(path)
"""
CHECK = (
    f"import sys; sys.argv = ['rightsdata', 'check', {str(ROOT / 'data')!r}]; from rightsdata.cli import main; main()"
)
PARSE = f"""
import yaml
from pathlib import Path
for path in Path({str(ROOT / "data/events")!r}).rglob("*.yaml"):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""


def lines(scale: int) -> Iterator[Line]:
    """Import, load, check."""
    bare, ours = best(process("-c", BARE), process("-c", "import rightsdata"), times=repeats(9, scale))
    yield Line("import rightsdata", "bare Python", ours, bare, 0.05, "seconds more")
    read, load = best(process("-c", READ), process("-c", LOAD), times=repeats(9, scale))
    yield Line("load() in a new process", "import Polars, read the same files", load, read, 1.3)
    bare, polars, parse, check = best(
        *(process("-c", code) for code in (BARE, POLARS, PARSE, CHECK)), times=repeats(5, scale)
    )
    yield Line("check, less start and Polars", "PyYAML's C loader, less start", check - polars, parse - bare, 3)
