"""Print one table: each line our time, the yardstick's, the ratio and the aim.

Processes are started alternately, ours and the yardstick's, and the best of several runs is taken of each, so that a
machine that is busy for a moment spoils neither. Yardsticks do the same work, and their answers are compared.
"""

from __future__ import annotations

import os
import platform
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

import rightsdata as rd
from rightsdata import columns, dates, manifest, reading, schema, site, verification
from rightsdata import vocabulary as v
from tests.benchmarks import drawing, gating, grounds, importing
from tests.benchmarks.timing import ROOT, Line, best, call, process

ROWS = 1_000_000


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


def synthetic(rows: int) -> pl.DataFrame:
    """Valid events: the released ones over and over, each with its own id."""
    events = rd.load().events.select(list(schema.COLUMNS["events"]))
    many = pl.concat([events] * (rows // events.height + 1)).head(rows).with_row_index("n")
    return many.with_columns(event_id=pl.format("{}-2025-e{}", pl.col("country").str.to_lowercase(), "n")).drop("n")


def hand_written(events: pl.DataFrame) -> dict[str, int]:
    """The checks of the events table, written in Polars for this table alone; how many rows break each."""
    c = pl.col
    checks: dict[str, pl.Expr] = {}
    for name in ("title", "summary"):
        for rule, (good, *_) in columns.PROSE.items():
            checks[f"{name} {rule}"] = ~good(c(name))
        checks[f"{name} empty"] = c(name).str.len_bytes() == 0
    checks |= {
        "id": ~c("event_id").str.contains(columns.EVENT_ID),
        "id twice": c("event_id").is_duplicated(),
        "country": ~c("country").str.contains("^[A-Z]{2}$"),
        "title length": c("title").str.len_chars() > 100,
        "summary length": c("summary").str.len_chars() > 2000,
        "age": ~c("age_threshold").is_between(1, 99),
        "start form": ~c("start").str.contains(dates.PATTERN),
        "end form": ~c("end").str.contains(dates.PATTERN),
        "provider": ~c("provider").str.contains(columns.SLUG),
        "license": ~c("license").str.contains("^[A-Za-z0-9.+-]+$"),
        "admin1 form": ~c("admin1").list.eval(pl.element().str.contains("^[A-Z]{2}-[A-Z0-9]{1,3}$")).list.all(),
        "id and country": c("event_id").str.head(2) != c("country").str.to_lowercase(),
        "end before start": dates.bounds("end").latest < dates.bounds("start").earliest,
        "end and ongoing": c("end").is_not_null() & c("ongoing").ne_missing(pl.lit(False)),
        "none stated": c("stated_reasons").cast(pl.List(pl.String)).list.contains("none_stated")
        & (c("stated_reasons").list.len() > 1),
        "own subdivisions": ~c("admin1").list.eval(pl.element().str.head(2)).list.set_difference(pl.concat_list("country")).list.len().eq(0),
    }  # fmt: skip
    for name in ("methods", "stated_reasons", "contexts", "admin1"):
        checks[f"{name} twice"] = c(name).list.n_unique() != c(name).list.len()
        checks[f"{name} null inside"] = c(name).list.eval(pl.element().is_null()).list.any()
    for name in events.columns:
        if name not in ("age_threshold", "start", "end", "ongoing"):
            checks[f"{name} null"] = c(name).is_null()
    kinds = {
        "restriction_type": v.RestrictionType,
        "initiator": v.Initiator,
        "attribution": v.Attribution,
        "population": v.Population,
        "pattern": v.Pattern,
        "acknowledgement": v.Acknowledgement,
        "review": v.Review,
    }
    for name, kind in kinds.items():
        checks[f"{name} term"] = ~c(name).cast(pl.String).is_in([str(term) for term in kind])
    for name, terms in (("methods", v.Method), ("stated_reasons", v.StatedReason), ("contexts", v.Context)):
        known = [str(term) for term in terms]
        checks[f"{name} term"] = ~c(name).cast(pl.List(pl.String)).list.eval(pl.element().is_in(known)).list.all()
    counted = events.lazy().select(**{name: check.fill_null(False).sum() for name, check in checks.items()}).collect()
    for name in ("start", "end"):
        for text in events[name].unique().drop_nulls():
            dates.parse(text)
    return {name: count for name, count in counted.row(0, named=True).items() if count}


def made_release(place: Path) -> Path:
    """A version folder of 200 MB that cannot be packed smaller, as the newest release with one more file."""
    version = "2031.01.0"
    folder = Path(shutil.copytree(reading.folder(), place / version))
    about, _ = manifest.read(folder)
    (folder / "big.bin").write_bytes(random.Random(1).randbytes(200_000_000))
    listed = [
        manifest.File(path.name, path.stat().st_size, manifest.sha256(path.read_bytes()))
        for path in sorted(folder.iterdir())
        if path.name not in (manifest.NAME, manifest.SUMS)
    ]
    (folder / manifest.SUMS).unlink()
    manifest.write(folder, replace(about, version=version, previous=None, files=tuple(listed)))
    return folder


@contextmanager
def nginx(root: Path) -> Iterator[str]:
    """The address of a stock nginx that serves a folder on the loopback; needs Debian's nginx-light."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = " ".join(
        f"{name}_temp_path {root}/.{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (root / "nginx.conf").write_text(
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid {root}/pid; error_log {root}/error; events {{}}\n"
        f"http {{ access_log {root}/access; {temporary} sendfile on; server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
    server = subprocess.Popen(["/usr/sbin/nginx", "-p", root, "-c", root / "nginx.conf"])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def transfers(lines: list[Line]) -> None:
    """Verify and fetch a made release of 200 MB; the start of Python and its imports are left out, those of curl and sha256sum are in."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = made_release(root / "releases")
        site.publish(root / "releases", root / "site")
        assert verification.verify(folder).ok
        sums, ours = best(
            call(lambda: subprocess.run(["sha256sum", "-c", "--quiet", manifest.SUMS], cwd=folder, check=True)),
            call(lambda: verification.verify(folder)),
            times=7,
        )
        lines.append(("verify 200 MB", "sha256sum -c", ours, sums, "aim 1.5"))
        with nginx(root / "site") as address:
            names = [path.name for path in folder.iterdir()]

            def curl() -> None:
                shutil.rmtree(root / "curl", ignore_errors=True)
                (root / "curl").mkdir()
                urls = [f"{address}/releases/{folder.name}/{one}" for one in names]
                subprocess.run(["curl", "-s", "--remote-name-all", *urls], cwd=root / "curl", check=True)
                subprocess.run(["sha256sum", "-c", "--quiet", manifest.SUMS], cwd=root / "curl", check=True)

            def fetch() -> None:
                shutil.rmtree(root / "cache", ignore_errors=True)
                rd.fetch(folder.name, mirrors=[address], cache=root / "cache")

            yardstick, ours = best(call(curl), call(fetch), times=7)
        lines.append(
            ("fetch 200 MB from nginx, with fsync", "curl and sha256sum -c, without", ours, yardstick, "aim 1.5")
        )


def main() -> None:
    """Measure, then print the table."""
    lines: list[Line] = []

    bare, ours = best(process(BARE), process("import rightsdata"), times=15)
    lines.append(("import rightsdata", "bare Python", ours, bare, f"+{(ours - bare) * 1000:.0f} ms; aim < 50 ms"))

    read, load = best(process(READ), process(LOAD), times=9)
    lines.append(("load() in a new process", "import Polars, read the same files", load, read, "aim 1.3"))

    bare, polars, parse, check = best(process(BARE), process(POLARS), process(PARSE), process(CHECK), times=5)
    lines.append(("check, less start and Polars", "PyYAML's C loader", check - polars, parse - bare, "aim 3"))

    events = synthetic(ROWS)
    assert rd.validate(events=events) == []
    assert hand_written(events) == {}
    broken = events.with_columns(
        title=pl.when(pl.int_range(pl.len()) % 1000 == 0).then(pl.lit("Two  spaces")).otherwise("title")
    )
    assert hand_written(broken) == {"title is_one_tidy_line": 1000}
    yardstick, ours = best(call(lambda: hand_written(events)), call(lambda: rd.validate(events=events)), times=5)
    lines.append((f"validate {ROWS:,} events", "the same checks in Polars", ours, yardstick, "aim 1.3"))

    texts = events.with_columns(pl.col(pl.Enum).cast(pl.String))
    assert rd.validate(events=texts) == []
    yardstick, ours = best(call(lambda: hand_written(texts)), call(lambda: rd.validate(events=texts)), times=3)
    lines.append(("the same, terms as texts", "the same checks in Polars", ours, yardstick, ""))

    with tempfile.TemporaryDirectory() as place:
        command = [
            sys.executable,
            "-c",
            "from rightsdata.cli import main; main()",
            "brief",
            "RU",
            "-o",
            f"{place}/x.html",
        ]
        (brief,) = best(call(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)), times=5)
    lines.append(("brief RU from a shell", "", brief, 0.0, "aim < 3 s"))

    lines += gating.lines()
    lines += grounds.lines()
    lines += drawing.lines()
    lines += importing.lines()
    transfers(lines)

    title = f"Python {platform.python_version()}, Polars {pl.__version__}, {os.cpu_count()} cores"
    table = Table("ours", "yardstick", "s", "yardstick s", "ratio", "", title=title)
    for name, against, mine, theirs, note in lines:
        ratio = f"{mine / theirs:.2f}" if theirs else ""
        table.add_row(name, against, f"{mine:.3f}", f"{theirs:.3f}" if theirs else "", ratio, note)
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
