"""Russia's registry of blocked addresses, as the dumps of zapret-info. A row is an order, which proves no block.

The addresses are those of content that a state calls illegal, some of it vile: they are hashed, and never shown.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import polars as pl

from rightsdata import crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import
from rightsdata.errors import MissingExtra, UnreadableFile
from rightsdata.importers import tables

PROVIDER = "zapret-info"
LICENSE = "NOASSERTION"

PIECE = 32_000_000
"""Bytes that are read together."""

FULL = ("ips", "domain", "url", "agency", "order", "date")
SHORT = ("ips", "domain")
"""The fields of a line; since March 2024 the main dump has the first two alone."""

_REGISTRY = {
    "url": "https://github.com/zapret-info/z-i",
    "publisher": "zapret-info",
    "title": "Dumps of the registry of blocked addresses",
    "language": "ru",
    "type": "other",
    "supports": ["targets", "stages", "authorities", "legal_bases"],
}


def rkn(*paths: str | Path, reference: Dataset | None = None, keep_urls: bool = False) -> Import:
    """The orders of a registry dump, and drafts for those that name a platform of ours.

    Args:
        paths: dumps in Windows-1251, the parts `dump-00.csv …` together, each plain or .gz; `-` reads the standard input.
        reference: the dataset whose platforms' domains are looked up; by default the newest release at hand.
        keep_urls: keep addresses as they are, for research on one's own machine; by default their SHA-256 stands instead.

    Returns:
        An Import. `found` holds an order a line: file, row, ips (with ` | ` between), domain (`*.` for all below it), url (its
        SHA-256, or null), agency, order, date, platform_id. Rows of one decision on one platform are one draft, a plan as
        far as the row knows: decided on that day, without a start. A row of the short layout has no day and goes to review
        where it names a platform. Lines of another number of fields are refused by their number.

    Raises:
        UnreadableFile: for what is no dump of the registry.
        MissingExtra: if polars-hash is not installed.
    """
    known = reference or reading.load()
    sites = {
        domain: platform
        for platform, listed in known.platforms.select("platform_id", "domains").iter_rows()
        for domain in listed
    }
    pieces = [piece for path in paths for piece in _orders(path, sites, keep_urls=keep_urls)]
    lines = pl.concat([one for one, _ in pieces], rechunk=True)  # Polars 2.1 panics when it filters several chunks
    orders = lines.with_row_index("at")
    starts = [0, *accumulate(one.height for one, _ in pieces)]
    named = pl.concat(
        [small.with_columns(at=pl.col("at") + start) for (_, small), start in zip(pieces, starts, strict=False)]
    )
    hits = orders.join(named, on="at", maintain_order="left")
    records, drafted = _drafts(hits, known)
    rows = _account(orders, drafted)
    found = orders.filter("whole").join(named.select("at", "platform_id"), on="at", how="left", maintain_order="left")
    return Import(PROVIDER, LICENSE, records, rows, known, _TABLES, found.drop("at", "whole", "line"))


_TABLES: Mapping[str, list[dict[str, Any]]] = {
    "publishers": [{"publisher": "zapret-info", "control": "independent", "aggregator": "true"}]
}


def _orders(
    path: str | Path, sites: Mapping[str, str], *, keep_urls: bool
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The lines of a dump in pieces, and of each piece the lines that name a platform.

    A line: file, row, whole (whether it has all fields), line (as shown), the fields. One that names a platform: at (its
    place in the piece), platform_id, root (whether it names no page of it alone).
    """
    name = "standard input" if str(path) == "-" else Path(path).name
    with _opened(path) as file:
        first = file.readline(200)
        if not first.startswith(b"Updated:"):
            found = "a web page (HTML)" if first.lstrip()[:1] == b"<" else f"{first[:40]!r} first"
            raise UnreadableFile(
                name, found, "`Updated: ` and a time on the first line", "Take dump.csv of zapret-info."
            )
        row, layout, rest = 2, None, b""
        try:
            while chunk := file.read(PIECE):
                piece, _, rest = (rest + chunk).rpartition(b"\n")
                if piece.strip():
                    layout = layout or _layout(piece, name)
                    lines, named = _piece(piece, name, row, layout, sites, keep_urls=keep_urls)
                    row += lines.height
                    yield lines, named
            if rest.strip():
                layout = layout or _layout(rest, name)
                yield _piece(rest, name, row, layout, sites, keep_urls=keep_urls)
        except (EOFError, OSError) as error:
            raise UnreadableFile(
                name, f"a file that ends in its middle ({error})", "a whole dump", "Download it again."
            ) from error
        if layout is None:
            raise UnreadableFile(name, "no line after the first", "the registry's lines")


def _opened(path: str | Path) -> IO[bytes]:
    if str(path) == "-":
        return sys.stdin.buffer
    path = Path(path)
    if tables.head(path)[:2] == b"\x1f\x8b":
        return gzip.open(path)  # type: ignore[return-value]
    return path.open("rb")


def _layout(piece: bytes, name: str) -> tuple[str, ...]:
    fields = piece.partition(b"\n")[0].count(b";") + 1
    for layout in (FULL, SHORT):
        if fields == len(layout):
            return layout
    raise UnreadableFile(name, f"{fields} fields in the second line", f"{len(FULL)} or {len(SHORT)}, with `;` between")


def _piece(
    piece: bytes, name: str, row: int, layout: tuple[str, ...], sites: Mapping[str, str], *, keep_urls: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = _fields(piece.decode("cp1251", "replace").encode(), layout)
    frame = frame.with_columns(
        file=pl.lit(name),
        row=pl.int_range(row, row + frame.height, dtype=pl.Int64),
        **{one: pl.lit(None, dtype=pl.String) for one in FULL if one not in layout},
    )
    named = _named(frame, sites)
    if not keep_urls:
        frame = frame.with_columns(url=_hashed("url"))
    shown = pl.concat_str([pl.col(one).fill_null("") for one in layout], separator=";")
    frame = frame.with_columns(line=pl.when("whole").then(shown).otherwise(pl.lit("not shown")))
    return frame.select("file", "row", "whole", "line", *FULL), named


def _fields(text: bytes, layout: tuple[str, ...]) -> pl.DataFrame:
    """The fields of each line, null where empty, and `whole`: false for a line of another number of fields.

    Where all lines are well they are read as CSV; only a piece in which one is not is split line by line.
    """
    how: dict[str, Any] = {"has_header": False, "quote_char": None, "infer_schema": False}
    try:
        frame = pl.read_csv(text, separator=";", new_columns=layout, **how)
        if frame.width == len(layout) and not frame[layout[-1]].null_count():
            return frame.with_columns(whole=pl.lit(True))
    except pl.exceptions.PolarsError:
        pass  # a line of more fields
    lines = pl.read_csv(text, separator="\x01", new_columns=["line"], **how)
    fields = pl.col("line").str.split_exact(";", len(layout) - 1).struct.rename_fields(list(layout))
    whole = pl.col("line").str.count_matches(";", literal=True) == len(layout) - 1
    frame = lines.select(fields.alias("fields"), whole.fill_null(False).alias("whole")).unnest("fields")
    return frame.with_columns(pl.when(pl.col(one) != "").then(one).alias(one) for one in layout)


def _named(frame: pl.DataFrame, sites: Mapping[str, str]) -> pl.DataFrame:
    """The lines on a platform's own domain or one below it; few, so that only they are looked at closely."""
    likely = frame.with_row_index("at").filter(
        "whole", pl.col("domain").str.contains_any(list(sites), ascii_case_insensitive=True)
    )
    found = []
    for at, domain, url in likely.select("at", "domain", "url").iter_rows():
        parts = domain.lower().removeprefix("*.").split(".")
        below = [".".join(parts[start:]) for start in range(len(parts) - 1)]
        platform = next((sites[one] for one in below if one in sites), None)
        if platform is not None:
            found.append((at, platform, url is None or not url.partition("://")[2].partition("/")[2]))
    return pl.DataFrame(found, {"at": pl.UInt32, "platform_id": pl.String, "root": pl.Boolean}, orient="row")


def _hashed(column: str) -> pl.Expr:
    try:
        import polars_hash
    except ModuleNotFoundError as error:
        raise MissingExtra("Hashing the registry's addresses", "polars-hash", "import") from error
    return polars_hash.col(column).chash.sha2_256()


def _drafts(orders: pl.DataFrame, known: Dataset) -> tuple[list[dict[str, Any]], pl.DataFrame]:
    """A draft for every decision on a platform, and what became of each of these lines: at, event_id, outcome, why."""
    crossings = crosswalk.of(PROVIDER)
    titles = dict(known.platforms.select("platform_id", "name").iter_rows())
    dated = pl.col("date").str.contains(r"^\d{4}-\d\d-\d\d$").fill_null(False)
    undated = orders.filter(~dated).select(
        "at",
        event_id=pl.lit(None, dtype=pl.String),
        outcome=pl.lit("review"),
        why=pl.lit("names a platform, and has no day"),
    )
    kind = pl.when("root").then(pl.lit("domain")).otherwise(pl.lit("url"))
    groups = (
        orders.filter(dated)
        .with_columns(kind=kind)
        .group_by("platform_id", "kind", "agency", "order", "date", maintain_order=True)
    )
    records, places = [], []
    for (platform, what, agency, order, day), rows in groups:
        (crossing,) = crossings["row", str(what)]
        event = drafts.event_id("RU", str(day), PROVIDER, platform, what, agency, order, day)
        crossed = crossings.get(("agency", str(agency).casefold()), ())
        body = {one.field: one.value for one in crossed}
        law = body.get("legal_bases.type", "regulator_order")
        records.append(
            {
                "event_id": event,
                "country": "RU",
                "title": f"Order in the registry on {titles[str(platform)]} of {day}"[:100],
                "summary": f"Lines of the registry for this decision: {rows.height:,}. A line is an order, not proof of a block.",
                "restriction_type": crossing.value,
                "initiator": "state",
                "attribution": "documented",
                "population": "public",
                "pattern": "continuous",
                "start": None,
                "end": None,
                "ongoing": None,
                "acknowledgement": "unknown",
                "review": "machine_coded",
                "provider": PROVIDER,
                "license": LICENSE,
                "targets": [
                    {"platform_id": platform, "feature": "all" if what == "domain" else "content", "role": "intended"}
                ],
                "stages": [{"date": day, "stage": "adopted", "sources": ["s1"]}],
                "authorities": [{"name": body["authorities.name"], "role": body["authorities.role"]}]
                if crossed
                else [],
                "legal_bases": [{"type": law, "citation": str(order)[:300], "status": "unknown", "sources": ["s1"]}]
                if order
                else [],
                "sources": [{"id": "s1", **_REGISTRY}],
            }
        )
        later = pl.int_range(pl.len()) > 0
        places.append(
            rows.select(
                "at",
                event_id=pl.lit(event),
                outcome=pl.when(later).then(pl.lit("merged")).otherwise(pl.lit("mapped")),
                why=pl.when(later).then(pl.lit(f"a line of the same decision: {event}")),
            )
        )
    return records, pl.concat([undated, *places])


def _account(orders: pl.DataFrame, drafted: pl.DataFrame) -> pl.DataFrame:
    """Every line: an order is mapped, whether or not it names a platform; later lines of a draft are merged into it."""
    cut = orders.filter(~pl.col("whole")).select(
        "at",
        event_id=pl.lit(None, dtype=pl.String),
        outcome=pl.lit("refused"),
        why=pl.format("a cut line, or one with more fields: {} of {}", "row", "file"),
    )
    known = pl.concat([drafted, cut])
    return orders.join(known, on="at", how="left", maintain_order="left").select(
        "file",
        sheet=pl.lit(None, dtype=pl.String),
        row="row",
        outcome=pl.col("outcome").fill_null("mapped").cast(drafts.ROWS["outcome"]),
        event_ids=pl.when(pl.col("event_id").is_null())
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.concat_list("event_id")),
        why="why",
        losses=pl.lit([], dtype=pl.List(pl.String)),
        original="line",
    )
