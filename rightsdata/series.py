"""Measurement series: counts by country, network, test, feature and day, declared once, read from Parquet or CSV.

A row says how many measurements one test made of one platform on one day in one network, and how they ended. Series
are read lazily and never changed; what is wrong in them is told by value, not by line, since they run to hundreds of
millions of rows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import dataframely as dy
import polars as pl

from rightsdata import columns, schema
from rightsdata import vocabulary as v
from rightsdata.errors import InvalidData, Problem

COUNTS = ("ok", "anomaly", "confirmed", "failure")
"""The ways a measurement ends; their sum is the number of measurements."""

KEY = ("country", "network", "test", "domain", "platform_id", "feature", "day", "provider")
"""No two rows agree in all of these: their measurements would count twice."""

SUFFIXES = (".parquet", ".csv")

_NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"
"""How Hive and Spark name the folder of nulls."""

MOST = 1_000_000_000_000
"""The highest count that a row may have: sums of all rows stay within 64 bits."""

IMPORTED = "series.parquet"
"""The name of the series in a folder that `rightsdata import` writes."""

STATE = ".state"
"""How the folder beside a result ends in which `rightsdata evidence` keeps sums until it is done."""

ACCOUNT = "rows.parquet"
"""The name of the account of rows beside it."""


class Measurement(dy.Schema):
    """How the measurements of one test ended in one network on one day."""

    country = columns.text(
        "Where it was measured: ISO 3166-1 alpha-2, plus XK.",
        pattern="^[A-Z]{2}$",
        expects="a country code of two capital letters",
    )
    network = dy.Int64(
        nullable=True,
        min=0,
        max=4_294_967_295,
        description="Autonomous system number of the network (RFC 6793); null where the row is of the whole country.",
    )
    test = columns.text(
        "The test, as its provider names it.", pattern=columns.SLUG, expects="a name such as web_connectivity"
    )
    domain = columns.text(
        "The domain tested; null where the test looks at no single one.",
        pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$",
        expects="a domain name in lower case, without scheme and path",
        null=True,
    )
    platform_id = columns.text(
        "The platform tested, as in platforms.csv; null where it is none of these.",
        pattern=columns.SLUG,
        expects="a platform_id of platforms.csv",
        null=True,
    )
    feature = columns.term(v.Feature, "The function that the test looks at: `web` for a web site.")
    day = dy.Date(description="The day of the measurements, in UTC.")
    ok = dy.Int64(min=0, max=MOST, description="Measurements that found nothing unusual.")
    anomaly = dy.Int64(min=0, max=MOST, description="Measurements with signs of interference that are not confirmed.")
    confirmed = dy.Int64(
        min=0, max=MOST, description="Measurements that show a known block; not counted as anomaly again."
    )
    failure = dy.Int64(min=0, max=MOST, description="Measurements that failed by themselves and say nothing.")
    provider = columns.text("Who measured.", pattern=columns.SLUG, expects="a short name such as ooni")
    license = columns.text("SPDX id of the licence.", pattern="^[A-Za-z0-9.+-]+$", expects="an SPDX id")


TYPES = pl.Schema({name: schema.plain(column.dtype) for name, column in Measurement.columns().items()})
"""Column types of a series in memory and on disk: the vocabulary as plain strings."""


def files(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """The Parquet and CSV files of the paths, those of folders at any depth in the order of their names.

    Of a folder that `rightsdata import` wrote it is the series alone; the account of rows beside it is none. Names that begin
    with a dot or an underline are passed over in folders, as are folders that end in `.state`: there programs keep what is not
    finished. A file counts once, by whatever names it is given.

    Raises:
        FileNotFoundError: for a path that does not exist.
        InvalidData: for a folder without such files, or a file of another kind.
    """
    found: list[Path] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        place = Path(path)
        if (place / IMPORTED).is_file() and (place / ACCOUNT).is_file():
            found.append(place / IMPORTED)
        elif place.is_dir():
            inside = sorted(_inside(place))
            if not inside:
                raise InvalidData([problem(place, "files", "none", "Parquet or CSV files", "Name another folder.")])
            found += inside
        elif not place.exists():
            raise FileNotFoundError(2, "no such file or folder", str(place))
        elif place.suffix.lower() not in SUFFIXES:
            raise InvalidData(
                [problem(place, "file", place.suffix or "no suffix", "a .parquet or .csv file", "Convert it.")]
            )
        elif not place.is_file():
            raise InvalidData([problem(place, "file", "a pipe or device", "a file", "Write it to a file first.")])
        else:
            found.append(place)
    return list({os.path.realpath(one): one for one in reversed(found)}.values())[::-1]


def _inside(place: Path) -> Iterator[Path]:
    for one in place.rglob("*"):
        parts = one.relative_to(place).parts
        hidden = any(part.startswith((".", "_")) for part in parts) or any(part.endswith(STATE) for part in parts[:-1])
        if one.suffix.lower() in SUFFIXES and not hidden and one.is_file():
            yield one


def read(paths: str | Path | Iterable[str | Path]) -> pl.LazyFrame:
    """Series from Parquet or CSV, lazily: files, folders of files, or folders by Hive partition such as country=RU/year=2025.

    `network` and `domain` may be left out (all null), other columns too many are ignored, integers of any width and days
    as text (2025-08-13) or time stamps are taken, those with a zone as days in UTC. A column of the file goes before a folder's
    name. A text that is no number or day where there should be one is an error of Polars when the frame is collected, and
    values are checked by `check`.

    Returns:
        The columns of `Measurement`, in its order.

    Raises:
        InvalidData: for columns that are missing or of a type that cannot stand for theirs, by file.
        FileNotFoundError: for a path that does not exist.
    """
    return read_files(files(paths))


def read_files(places: Sequence[Path]) -> pl.LazyFrame:
    """Files of a series, as `read` reads them: those of Parquet with the same columns by one scan, which leaves out whole folders."""
    problems: list[Problem] = []
    runs: list[tuple[_Form, list[Path]]] = []
    for file in places:
        try:
            form = _form(file)
        except InvalidData as error:
            problems += error.problems
            continue
        if runs and runs[-1][0] == form:
            runs[-1][1].append(file)
        else:
            runs.append((form, [file]))
    if problems:
        raise InvalidData(problems)
    return pl.concat([frame for form, run in runs for frame in _scanned(form, run)])


def is_text(file: Path) -> bool:
    """Whether a file is CSV, whose length is not known before it is read."""
    return file.suffix.lower() == ".csv"


def length(file: Path) -> int:
    """The rows of a Parquet file, as its footer tells them."""
    return int(_scan(file).select(pl.len()).collect().item())


def _scan(file: Path) -> pl.LazyFrame:
    """The columns of one file as they stand in it; CSV as texts."""
    if is_text(file):
        return pl.scan_csv(file, infer_schema=False, glob=False)
    return pl.scan_parquet(file, glob=False, hive_partitioning=False)


@dataclass(frozen=True, slots=True)
class _Form:
    """What files must have in common to be read by one scan."""

    text: bool
    columns: tuple[tuple[str, pl.DataType], ...]
    folders: tuple[str, ...]
    """The names of folders such as country=RU."""


def _form(file: Path) -> _Form:
    """The form of a file, whose columns can stand for those of a series."""
    text, folders = is_text(file), _folders(file)
    try:
        there = _scan(file).collect_schema()
    except pl.exceptions.PolarsError as error:
        raise InvalidData([unreadable(file, error)]) from error
    needed = set(TYPES).difference(folders, ("network", "domain"))
    if 2 * len(needed.difference(there)) > len(needed):  # not a series with a column too few, but something else
        header = ", ".join(there.names()[:20])
        remedy = "Name the columns so; a CSV file has commas between them and is in UTF-8."
        raise InvalidData([problem(file, "columns", header, f"the columns {', '.join(TYPES)}", remedy)])
    problems = []
    for name, wanted in TYPES.items():
        if text and any(re.fullmatch(f"{name}_duplicated_[0-9]+", column) for column in there):
            problems.append(problem(file, name, "two columns of this name", "one", "Remove or rename one."))
        elif name in there:
            if not text and _cast(name, there[name], wanted) is None:
                problems.append(problem(file, name, f"type {there[name]}", f"type {wanted}", "Convert the column."))
        elif name in folders:
            try:
                _value(name, folders[name])
            except pl.exceptions.PolarsError:
                found, expected = f"a folder {name}={folders[name]}", f"a value of type {wanted}"
                problems.append(problem(file, name, found, expected, "Rename the folder."))
        elif name not in ("network", "domain"):
            expected = f"the columns {', '.join(TYPES)}"
            problems.append(problem(file, name, "no such column", expected, "Add the column."))
    if problems:
        raise InvalidData(problems)
    return _Form(text, tuple(there.items()), tuple(folders))


def _folders(file: Path) -> dict[str, str | None]:
    """What the names of folders say: country=RU."""
    inside = (part.partition("=") for part in file.parts[:-1] if "=" in part)
    return {name: None if value == _NULL_FOLDER else unquote(value) for name, _, value in inside}


def _value(name: str, text: str | None) -> object:
    return pl.select(_parsed(name, TYPES[name], pl.lit(text, pl.String))).item()


def _scanned(form: _Form, run: Sequence[Path]) -> list[pl.LazyFrame]:
    """Files of one form, by as few scans as may be."""
    # where a column has a folder's name, Polars would take what the folder says
    if not form.text and not set(form.folders).intersection(dict(form.columns)):
        named = dict.fromkeys(form.folders, pl.String())
        scan = pl.scan_parquet(
            list(run), glob=False, hive_partitioning=bool(named), hive_schema=named or None, try_parse_hive_dates=False
        )
        if set(named) <= set(scan.collect_schema()):
            told = {name: _parsed(name, wanted) for name, wanted in TYPES.items() if name in named}
            return [scan.select(_columns(form, told))]
    frames = []
    for file in run:
        values = {name: _value(name, value) for name, value in _folders(file).items() if name in TYPES}
        told = {name: pl.lit(value, TYPES[name]).alias(name) for name, value in values.items()}
        frames.append(_scan(file).select(_columns(form, told)))
    return frames


def _columns(form: _Form, told: Mapping[str, pl.Expr]) -> list[pl.Expr]:
    """The columns of a series from those of files of a form, and from what folders tell."""
    there, found = dict(form.columns), []
    for name, wanted in TYPES.items():
        if name in there:
            cast = _parsed(name, wanted) if form.text else _cast(name, there[name], wanted)
            found += [] if cast is None else [cast]  # of a form whose columns fit none is None
        else:
            found.append(told.get(name, pl.lit(None, wanted).alias(name)))
    return found


def unreadable(file: str | Path, error: pl.exceptions.PolarsError) -> Problem:
    """What Polars says of a file that it cannot read, or of a value in it, as a problem of the file."""
    said = " ".join(str(error).split("\n\n")[0].split()).removeprefix("found ")
    expected = "Parquet, or CSV in UTF-8, with counts as whole numbers and days as 2025-08-13"
    return problem(file, "file", said, expected, "Correct or convert it.")


def check(frame: pl.LazyFrame, name: str = "series", *, repeated: bool = True) -> list[Problem]:
    """What is wrong with the values of a series, each rule once with up to three of the values that break it.

    Texts are judged once for each value that they take, so the check costs one pass without a sort; only the rule against
    repeated keys needs memory for all of them.

    Args:
        frame: a frame that `read` gave, or one like it.
        name: what the problems name as their file.
        repeated: whether to look for rows that agree in `KEY`.

    Returns:
        The problems; none for a good series.
    """
    problems: list[Problem] = []
    declared = Measurement.columns()
    lacking = [
        pl.col(column).null_count().alias(f"{column} null") for column, one in declared.items() if not one.nullable
    ]
    texts = [column for column, dtype in TYPES.items() if dtype == pl.String]
    numbers = [column for column, dtype in TYPES.items() if dtype == pl.Int64]
    ends = (
        end(pl.col(column)).alias(f"{column} {end.__name__}")
        for column in numbers
        for end in (pl.Expr.min, pl.Expr.max)
    )
    taken = (frame.select(column).unique() for column in texts)  # half the time of one select with all of them
    try:
        found, *values_of = pl.collect_all([frame.select(*lacking, *ends), *taken], engine="streaming")
    except pl.exceptions.PolarsError as error:
        return [unreadable(name, error)]
    values_taken = {values.columns[0]: values.to_series().drop_nulls() for values in values_of}
    for column, one in declared.items():
        expects = str(schema.metadata(one).get("expects", ""))
        if not one.nullable and (count := found[f"{column} null"].item()):
            problems.append(
                problem(name, column, f"nothing in {count} rows", f"a value of type {TYPES[column]}", "Fill it in.")
            )
        if column in texts:
            values = values_taken[column]
            if isinstance(one, dy.Enum):
                bad = values.filter(~values.is_in([str(term) for term in v.Feature]))
                expects = f"one of {', '.join(v.Feature)}"
            else:
                bad = values.filter(~values.str.contains(str(one.regex)))  # type: ignore[attr-defined]  # a dy.String
            if len(bad):
                shown = ", ".join(repr(value) for value in bad.sort().head(3)) + (" and others" if len(bad) > 3 else "")
                problems.append(problem(name, column, shown, expects, "Correct these values."))
        if isinstance(one, dy.Int64):
            least, most = (found[f"{column} {end}"].item() for end in ("min", "max"))
            bound = MOST if one.max is None else one.max
            told = "an AS number" if column == "network" else "a count"
            for value in (least, most):
                if value is not None and not 0 <= value <= bound:
                    expected = f"{told} from 0 to {bound}"
                    problems.append(problem(name, column, str(value), expected, "Correct the numbers at their origin."))
                    break
    if repeated:
        twice = (
            frame.group_by(KEY)
            .agg(pl.len().alias("rows"))
            .filter(pl.col("rows") > 1)
            .select(pl.len(), pl.all().first())
        ).collect(engine="streaming")
        if twice["len"].item():
            first = ", ".join(f"{key}={twice[key].item()}" for key in KEY if twice[key].item() is not None)
            problems.append(
                problem(
                    name, "key", f"{first} in {twice['rows'].item()} rows", "each key once", "Remove or add them up."
                )
            )
    return problems


def _parsed(name: str, wanted: pl.DataType, value: pl.Expr | None = None) -> pl.Expr:
    """A text as a value of its type; one that is none is an error when it is collected."""
    text = pl.col(name) if value is None else value
    return (text.str.to_date("%Y-%m-%d") if wanted == pl.Date else text.cast(wanted)).alias(name)


def _cast(name: str, there: pl.DataType, wanted: pl.DataType) -> pl.Expr | None:
    """The column in its type, or None where its type cannot stand for it."""
    column = pl.col(name)
    if there == wanted:
        return column
    if there == pl.Null or (wanted == pl.Int64 and there.is_integer()):
        return column.cast(wanted)
    if wanted == pl.Date:
        if there == pl.String:
            return column.str.to_date("%Y-%m-%d")
        if isinstance(there, pl.Datetime):
            return (column.dt.convert_time_zone("UTC") if there.time_zone else column).dt.date()
        return None
    if wanted == pl.String and isinstance(there, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    return None


def problem(place: str | Path, field: str, found: str, expected: str, remedy: str) -> Problem:
    """Something that is wrong in a series."""
    return Problem(str(place), 0, field, found, expected, remedy, rule="a_series_is_sound")
