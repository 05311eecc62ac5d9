"""Russia's registry of blocked addresses, as the dumps of zapret-info. A row is an order, which proves no block.

The addresses are those of content that a state calls illegal, some of it vile: they are hashed, and never shown.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import IO, Any

import polars as pl

from rightsdata import ahead, columns, crosswalk, drafts, reading
from rightsdata.dataset import Dataset
from rightsdata.drafts import Import, Row
from rightsdata.errors import MissingExtra, UnreadableFile, printable
from rightsdata.importers import names, tables

PROVIDER = "zapret-info"
LICENSE = "NOASSERTION"

PIECE = 8_000_000
"""Bytes that are read together: enough for Polars to work in bulk, and few enough to use their memory again."""

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

_FIRST = re.compile(rb"Updated:(?: (\d{4}-\d\d-\d\d) )?")
_PART = re.compile(r"(.+)-(\d\d)\.csv(?:\.gz)?")
_SEPARATOR = "\x01"
"""A character that is taken out of the text, so that Polars reads each line as one field."""


def rkn(*paths: str | Path | IO[bytes], reference: Dataset | None = None, keep_urls: bool = False) -> Import:
    """The orders of a registry dump, and drafts for those that name a platform of ours.

    Args:
        paths: dumps in Windows-1251, the parts `dump-00.csv …` together, each plain or .gz, or open binary streams; `-`
            reads the standard input.
        reference: the dataset whose platforms' domains are looked up; by default the newest release at hand.
        keep_urls: keep addresses as they are, for research on one's own machine; by default their SHA-256 stands instead.

    Returns:
        An Import. `found` holds an order a line: file, row, ips (with ` | ` between), domain (`*.` for all below it), url (the
        SHA-256 of the field, or null), agency, authority (its name in English, null where the crosswalk has none), order,
        date (the decision's, null in the short layout), platform_id. Every such line is mapped, to an order in `found`,
        whether or not it names a platform. A line without a page on a platform's own domain drafts a service block, one
        with a page a content block, and lines of one decision (agency, order, date) on one platform are one draft: a plan
        as far as the lines know, decided on that day, without a start. To review go lines that name a part of a platform's
        domain and no page, those that name a platform and have no day, and those of an agency that the crosswalk does not
        know. Lines that are cut or shifted are refused by their number and not kept, unless addresses are.

    Raises:
        UnreadableFile: for what is no dump of the registry, another encoding, a cut file, a gap between numbered parts, or
            parts of different days.
        MissingExtra: if polars-hash is not installed.
    """
    importer = _Importer(reference or reading.load(), keep_urls=keep_urls)
    for path in paths:
        importer.read(path)
    _check_parts([Path(path).name for path in paths if isinstance(path, str | Path)])
    return importer.done()


def _check_parts(files: Sequence[str]) -> None:
    """Raise if numbered parts that were given together leave one out."""
    numbers: dict[str, set[int]] = {}
    for name in files:
        if match := _PART.fullmatch(name):
            numbers.setdefault(match[1], set()).add(int(match[2]))
    for name, found in numbers.items():
        missing = sorted(set(range(max(found))) - found)
        if missing and found != {max(found)}:
            lacking = ", ".join(f"{name}-{one:02}.csv" for one in missing)
            raise UnreadableFile(
                f"{name}-{max(found):02}.csv", f"no {lacking}", "every part from 00 on", "Give all of them."
            )


class _Importer:
    """Orders on their way: lines come in by pieces of files, those of one decision meet."""

    def __init__(self, known: Dataset, *, keep_urls: bool) -> None:
        self.known, self.keep_urls = known, keep_urls
        self.day: str | None = None
        self.crossings = crosswalk.of(PROVIDER)
        self.rows: list[pl.DataFrame] = []
        self.orders: list[pl.DataFrame] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.sites = names.sites(known)
        self.titles: dict[str, str] = dict(known.platforms.select("platform_id", "name").iter_rows())

    def done(self) -> Import:
        own = [{"publisher": "zapret-info", "control": "independent", "aggregator": "true"}]
        rows, orders = pl.concat(self.rows), pl.concat(self.orders)
        return Import(PROVIDER, LICENSE, list(self.records.values()), rows, self.known, {"publishers": own}, orders)

    def read(self, path: str | Path | IO[bytes]) -> None:
        """Take the lines of one file."""
        name, source = _opened(path)
        with source as file:
            try:
                first = self._first(file.readline(200), name)
                with closing(ahead.made(_pieces(file, first, name))) as pieces:  # while the one before is taken
                    for piece in pieces:
                        self._take(*piece, name)
            except (EOFError, OSError, zlib.error) as error:
                found = f"a file that ends in its middle or is damaged ({error})"
                raise UnreadableFile(name, found, "a whole dump", "Download it again.") from error

    def _first(self, line: bytes, name: str) -> bytes:
        """The first line again if it is one of the registry, as parts may begin; else nothing, and the day is noted."""
        match = _FIRST.match(line)
        if match is None and _PART.fullmatch(name) and b";" in line:
            return line
        if match is None:
            found = "a web page (HTML)" if line.lstrip()[:1] == b"<" else "another line first"
            remedy = "Take dump.csv of zapret-info, as it was published."
            raise UnreadableFile(name, found, "`Updated: ` and a time on the first line", remedy)
        if match[1]:
            day = match[1].decode()
            if self.day not in (None, day):
                raise UnreadableFile(
                    name, f"a dump of {day}", f"one of {self.day}, as before", "Give parts of one day."
                )
            self.day = day
        return b""

    def _take(self, orders: pl.DataFrame, cut: pl.DataFrame, fields: tuple[str, ...], name: str) -> None:
        """Take some lines, and those that are amiss."""
        hits, platforms = self._hits(orders, name)
        if not self.keep_urls:
            orders = orders.with_columns(url=_hashed("url"))
        whole = _account(orders.with_columns(_line(fields)), name, "mapped", why=pl.lit(None, pl.String))
        if hits:
            told = drafts.account(hits).select("row", "outcome", "event_ids", "why", "losses")
            both = whole.join(told, on="row", how="left", maintain_order="left")
            whole = both.with_columns(pl.coalesce(f"{one}_right", one).alias(one) for one in told.columns[1:])
        self.rows.append(whole.select(drafts.ROWS.keys()))
        if cut.height:
            why = pl.format("line {} of {}: {}; it is cut or shifted", "row", pl.lit(name), "amiss")
            kept = cut if self.keep_urls else cut.with_columns(line=pl.lit("not shown"))
            self.rows[-1] = pl.concat([self.rows[-1], _account(kept, name, "refused", why=why)]).sort("row")
        self.orders.append(self._found(orders, name, platforms))

    def _found(self, orders: pl.DataFrame, name: str, platforms: dict[int, str]) -> pl.DataFrame:
        english = {
            agency: one.value
            for agency in orders["agency"].unique().drop_nulls()
            for one in self.crossings.get(("agency", agency.casefold()), ())
            if one.field == "authorities.name"
        }
        return orders.select(
            pl.lit(name).alias("file"),
            "row",
            *FULL[:4],
            pl.col("agency").replace_strict(english, default=None, return_dtype=pl.String).alias("authority"),
            *FULL[4:],
            pl.col("row").replace_strict(platforms, default=None, return_dtype=pl.String).alias("platform_id"),
        )

    def _hits(self, orders: pl.DataFrame, name: str) -> tuple[list[Row], dict[int, str]]:
        """The account of the lines that name a platform, and the first platform of each; few, so that they are looked at one by one."""
        place = pl.coalesce("domain", "url")
        likely = orders.filter(place.str.contains_any(list(self.sites), ascii_case_insensitive=True)).with_columns(
            # some numbers read like telephone numbers or have untidy spaces, so that no record may hold them
            citation=pl.when(pl.all_horizontal(good(pl.col("order")) for good, *_ in columns.PROSE.values())).then(
                "order"
            )
        )
        rows, platforms = [], {}
        for line in likely.iter_rows(named=True):
            own, parts = self._platforms(line["domain"], line["url"])
            if own or parts:
                row = Row(name, None, line["row"], {})
                self._judge(row, line, own, parts)
                rows.append(row)
                platforms[line["row"]] = (own or parts)[0]
        return rows, platforms

    def _platforms(self, domain: str | None, url: str | None) -> tuple[list[str], list[str]]:
        """The platforms whose own domains a line names, and those that have a domain above one."""
        own: dict[str, None] = {}
        above: dict[str, None] = {}
        hosts = domain.split("|") if domain else [names.hostname(one) or "" for one in (url or "").split(" | ")]
        for given in hosts:
            host = given.strip().lower().removeprefix("*.").removeprefix("www.")
            if site := names.site(host, self.sites):
                (own if site == host else above)[self.sites[site]] = None
        return list(own), list(above)

    def _judge(self, row: Row, line: dict[str, Any], own: list[str], parts: list[str]) -> None:
        """What becomes of a line that names platforms."""
        every = list(dict.fromkeys([*own, *parts]))
        if line["date"] is None:
            row.send("review", f"names {', '.join(every)}, and has no day")
        elif self.day and line["date"] > self.day:
            row.send("review", f"a decision of {line['date']}, later than the dump of {self.day}")
        else:
            if parts and not line["url"]:
                row.send("review", f"names a part of {', '.join(parts)}: one site on it, or a part of the service")
            for platform in every if line["url"] else own:
                self._draft(row, line, platform)

    def _draft(self, row: Row, line: dict[str, Any], platform: str) -> None:
        """Make the draft of a decision on a platform, or let the line join it."""
        agency, order, day = line["agency"], line["order"], line["date"]
        (kind,) = self.crossings["row", "url" if line["url"] else "domain"]
        said = self.crossings.get(("agency", (agency or "").casefold()), ())
        for one in (kind, *said):
            row.lose(one.field, one.loss)
        if agency and not said:
            row.send("review", f"an agency that the crosswalk does not know: {printable(agency, 100)}")
        alone = () if order else (line["domain"],)  # without a number, lines of one day may be several decisions
        event = drafts.event_id("RU", day, PROVIDER, platform, agency, order, day, *alone)
        row.event_ids.append(event)
        body = {one.field: one.value for one in said}
        citation = line["citation"] if len(order or "") <= 300 else None
        if order and not (citation and body):
            row.lose("legal_bases.citation", "partial")
        if record := self.records.get(event):
            row.send("merged", f"a line of the same decision: {event}")
            if kind.value == "service_block":  # the whole domain, and not only pages on it
                record |= self._told(kind.value, platform, day)
            return
        self.records[event] = {
            "event_id": event,
            **drafts.unsaid(PROVIDER, LICENSE),
            "country": "RU",
            **self._told(kind.value, platform, day),
            "initiator": "state",
            "attribution": "documented",
            "stages": [{"date": day, "stage": "adopted", "sources": ["s1"]}],
            "authorities": [{"name": body["authorities.name"], "role": body["authorities.role"]}] if body else [],
            "legal_bases": [
                {"type": body["legal_bases.type"], "citation": citation, "status": "unknown", "sources": ["s1"]}
            ]
            if body
            else [],
            "sources": [{"id": "s1", **_REGISTRY}],
        }

    def _told(self, kind: str, platform: str, day: str) -> dict[str, Any]:
        """The fields that tell a block of a platform from one of pages on it."""
        name, what, feature = (
            self.titles[platform],
            kind.replace("_", " ").capitalize(),
            "all" if kind == "service_block" else "content",
        )
        return {
            "title": f"{what} of {name[:60]} ordered in the registry on {day}",
            "summary": f"{what} of {name} by lines of the registry, decided on {day}. A line is an order, not proof of a block.",
            "restriction_type": kind,
            "targets": [{"platform_id": platform, "feature": feature, "role": "intended"}],
        }


def _opened(path: str | Path | IO[bytes]) -> tuple[str, Any]:
    """The name of a file or stream, and what opens it, unpacked."""
    if isinstance(path, str | Path) and str(path) != "-":
        packed = tables.head(Path(path))[:2] == b"\x1f\x8b"
        return Path(path).name, gzip.open(path) if packed else Path(path).open("rb")  # the caller closes it
    name, stream = ("standard input", sys.stdin.buffer) if isinstance(path, str | Path) else ("stream", path)
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]  # all that it asks of a stream is bytes
    return name, nullcontext(gzip.open(buffered) if buffered.peek(2)[:2] == b"\x1f\x8b" else buffered)


def _pieces(file: IO[bytes], first: bytes, name: str) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]]:
    """What is left of a file: lines (row, FULL; null where empty), those that are amiss (_CUT), and the fields that lines have."""
    row, layout = 1 if first else 2, 0
    for text in _texts(file, first, name):
        if not text.isspace():
            layout = layout or _layout(text)
            fields = {len(FULL): FULL, len(SHORT): SHORT}.get(layout)
            if fields is None:
                found, expected = f"{layout} fields in most lines", f"{len(FULL)} or {len(SHORT)}, with `;` between"
                raise UnreadableFile(name, found, expected)
            yield *_sound(text, fields, row), fields
        row += text.count(b"\n")
    if not layout:
        raise UnreadableFile(name, "no line after the first", "the registry's lines", "The file may be cut.")


def _texts(file: IO[bytes], rest: bytes, name: str) -> Iterator[bytes]:
    """What is left of a file, in pieces of whole lines in UTF-8."""
    size = 0
    while chunk := file.read(PIECE):
        size += len(chunk)
        if size > tables.LARGEST:
            raise UnreadableFile(name, f"over {tables.LARGEST:,} bytes unpacked", "less", "Give it in parts.")
        end = chunk.rfind(b"\n") + 1
        if end:
            yield _text(rest + chunk[:end], name)
        rest = chunk[end:] if end else rest + chunk
    if rest:
        yield _text(rest, name)


def _text(piece: bytes, name: str) -> bytes:
    """Lines in UTF-8.

    Raises:
        UnreadableFile: if they were: Cyrillic letters of Windows-1251 are hardly ever valid UTF-8.
    """
    start = piece[:1_000_000]
    if not start.isascii():
        try:
            codecs.getincrementaldecoder("utf-8")().decode(start)
        except UnicodeDecodeError:
            pass
        else:
            raise UnreadableFile(name, "text in UTF-8", "Windows-1251", "Give the dump as it was published.")
    piece = piece.replace(_SEPARATOR.encode(), b"\x98")  # the one byte that Windows-1251 has no character for
    step = 1 << 17  # the text of a step stays in the processor's cache
    steps = range(0, len(piece), step)
    return b"".join(piece[at : at + step].decode("cp1251", "replace").encode() for at in steps)


def _layout(text: bytes) -> int:
    """How many fields most of the first lines have."""
    counts = Counter(line.count(b";") + 1 for line in text[:100_000].splitlines() if line.strip())
    return counts.most_common(1)[0][0]


def _sound(text: bytes, fields: tuple[str, ...], row: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines whose fields can be what they should, and the others."""
    orders, cut = _split(text, fields, row)
    if fields == SHORT and not text.endswith(b"\n"):  # nothing else tells a domain that is cut from a whole one
        last = pl.col("row") == row + text.count(b"\n")
        cut = pl.concat([cut, orders.filter(last).select("row", pl.lit("no end").alias("amiss"), _line(fields))])
        orders = orders.filter(~last)
    amiss = orders.select(_amiss())["amiss"]
    if amiss.null_count() < orders.height:
        cut = pl.concat([cut, orders.filter(amiss.is_not_null()).select("row", amiss.drop_nulls(), _line(fields))])
        orders = orders.filter(amiss.is_null())
    return orders, cut


def _split(text: bytes, fields: tuple[str, ...], row: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines with their fields (row, FULL; null where empty), and those of another number of fields (row, amiss, line).

    Where every line has all fields they are read as CSV; only where one has not are they split one by one.
    """
    how: dict[str, Any] = {"has_header": False, "quote_char": None, "infer_schema": False}
    number = pl.int_range(row, row + pl.len(), dtype=pl.Int64).alias("row")
    rest = [pl.lit(None, pl.String).alias(one) for one in FULL if one not in fields]
    try:
        frame = pl.read_csv(text, separator=";", new_columns=fields, **how)
        if frame.width == len(fields) and not frame[fields[-1]].null_count():
            return frame.with_columns(number, *rest), pl.DataFrame(schema=_CUT)
    except pl.exceptions.PolarsError:
        pass  # a line of more fields
    lines = pl.read_csv(text, separator=_SEPARATOR, new_columns=["line"], **how).with_columns(number)
    count = pl.col("line").str.count_matches(";", literal=True) + 1
    parts = pl.col("line").str.split_exact(";", len(fields) - 1).struct.rename_fields(list(fields))
    orders = lines.filter(count == len(fields)).select("row", parts.alias("parts")).unnest("parts")
    amiss = pl.format("{} fields and not {}", count, pl.lit(len(fields))).alias("amiss")
    empty = (pl.when(pl.col(one) != "").then(one).alias(one) for one in fields)
    return orders.with_columns(*empty, *rest), lines.filter(count != len(fields)).select("row", amiss, "line")


_CUT = {"row": pl.Int64(), "amiss": pl.String(), "line": pl.String()}


def _line(fields: tuple[str, ...]) -> pl.Expr:
    """The fields as a line again."""
    return pl.concat_str([pl.col(one).fill_null("") for one in fields], separator=";").alias("line")


def _amiss() -> pl.Expr:
    """What is amiss with the fields of a line that has all of them, or null."""
    day = pl.col("date").str.to_date("%Y-%m-%d", strict=False).is_not_null() & (pl.col("date").str.len_bytes() == 10)
    address = pl.any_horizontal(pl.col("ips", "agency", "order").str.contains("://", literal=True))
    return (
        pl.when(address | pl.col("domain").str.contains("/", literal=True))
        .then(pl.lit("an address where a name should stand"))
        .when(pl.col("date").is_not_null() & ~day)
        .then(pl.lit("no day at its end"))
        .alias("amiss")
    )


def _account(lines: pl.DataFrame, name: str, outcome: str, *, why: pl.Expr) -> pl.DataFrame:
    """The account of lines that fare alike."""
    nothing = pl.lit([], pl.List(pl.String))
    return lines.select(
        pl.lit(name).alias("file"),
        pl.lit(None, pl.String).alias("sheet"),
        "row",
        outcome=pl.lit(outcome, drafts.ROWS["outcome"]),
        event_ids=nothing,
        why=why,
        losses=nothing,
        original=pl.struct("line").struct.json_encode(),
    )


def _hashed(column: str) -> pl.Expr:
    try:
        import polars_hash
    except ModuleNotFoundError as error:
        raise MissingExtra("Hashing the registry's addresses", "polars-hash", "import") from error
    return polars_hash.col(column).chash.sha2_256()
