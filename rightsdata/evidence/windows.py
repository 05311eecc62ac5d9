"""Windows before, during and after an event, and the counts of a series inside them, by one function on three engines.

Every window holds only days that are on its side whatever the imprecise dates of the event mean:

- **before**: the `days` days up to the day before `start_earliest`; none where the start is "on or before" a day;
- **during**: from `start_latest` to `end_earliest`, at most `days` days. Where no end is known it runs as far as
  something vouches for the measure (`last_confirmed`), but a week at least; none where no day is sure;
- **after**: the `days` days from the day after `end_latest`; none where no end is known.

So an imprecise start leaves a gap as wide as its bounds. An approximate date ("2025-08~") has bounds that are not sharp
themselves: the gap is a week wider on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset
from rightsdata.errors import InvalidData
from rightsdata.evidence import coverage, frames
from rightsdata.series import COUNTS

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

DAYS = 28
"""Days of a window: four weeks, so that every day of the week weighs the same."""

MOST_DAYS = 366
"""The longest that a window may be asked to be."""

WEEK = 7

WINDOWS = ("before", "during", "after")

SUMS = pl.Schema(
    {
        "target": pl.Int32(),
        "window": pl.Int8(),
        "provider": pl.String(),
        "test": pl.String(),
        "domain": pl.String(),
        "network": pl.Int64(),
        "day": pl.Date(),
        "measured": pl.Int64(),
        "anomalous": pl.Int64(),
        "failed": pl.Int64(),
    }
)
"""Columns of `sums`; the first seven are its key. Those of parts of a series add up."""

_KEYS = ("country", "platform_id", "test", "feature", "day")


def targets(dataset: Dataset, *, days: int = DAYS) -> pl.DataFrame:
    """The targets of measures on access that took effect and bind the public, each with its windows.

    Args:
        dataset: any Dataset.
        days: the longest that a window may be.

    Returns:
        One row an event, platform_id and feature, in this order: target (the row's number, from 0), event_id, country,
        platform_id, kind (of the platform), feature, restriction_type, pattern, admin1, vouched (the last day for which
        something vouches), earlier (the id of another event of the dataset that may have hit the platform in the window
        before, null if none did), and `<window>_from` and `<window>_to` for each of WINDOWS, both null where there is no such
        window.

    Raises:
        ValueError: for a number of days that is not from 1 to MOST_DAYS.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"found days={days}; expected 1 to {MOST_DAYS}, the length of a window in days")
    span, week, one = pl.duration(days=days - 1), pl.duration(days=WEEK), pl.duration(days=1)

    def loose(date: str) -> pl.Expr:
        coded = pl.col(date).str.ends_with("~").fill_null(pl.col(f"{date}_approximate")).fill_null(False)
        return pl.when(coded).then(week).otherwise(pl.duration(days=0))

    first, last = pl.col("start_latest") + loose("start"), pl.col("end_earliest") - loose("end")
    vouched = pl.coalesce(last, pl.max_horizontal("start_latest", "last_confirmed"))
    until = pl.min_horizontal(first + span, pl.coalesce(last, pl.max_horizontal(vouched, first + week - one)))
    before = pl.col("start_earliest") - loose("start") - one
    after = pl.col("end_latest") + loose("end") + one
    events = selection.counted(dataset).select(
        "event_id",
        "country",
        "restriction_type",
        "pattern",
        "admin1",
        "start_approximate",
        "end_approximate",
        "last_confirmed",
    )
    found = (
        dataset.targets.lazy()
        .join(events, on="event_id")
        .join(dataset.platforms.lazy().select("platform_id", "kind"), on="platform_id", how="left")
        .sort("event_id", "platform_id", "feature")
        .with_columns(pl.col(pl.Enum).cast(pl.String))
        .with_columns(
            vouched=vouched,
            before_from=before - span,
            before_to=before,
            during_from=pl.when(first <= until).then(first),
            during_to=pl.when(first <= until).then(until),
            after_from=after,
            after_to=after + span,
        )
        .with_row_index("target")
        .with_columns(pl.col("target").cast(pl.Int32))
        .collect()
    )
    return found.join(_earlier(found), on="target", how="left", maintain_order="left").select(
        *("target", "event_id", "country", "platform_id", "kind", "feature", "restriction_type", "pattern", "admin1"),
        *("vouched", "earlier"),
        *(f"{window}_{end}" for window in WINDOWS for end in ("from", "to")),
    )


def _earlier(targets: pl.DataFrame) -> pl.DataFrame:
    """target, earlier: the first id of another event that may have hit the same platform there in the window before."""
    c, place = pl.col, ["country", "platform_id"]
    seen = targets.filter(~c("restriction_type").is_in(list(coverage.BLIND)))
    until = pl.coalesce("end_latest", c("vouched") + pl.duration(days=DAYS))  # after that nobody says that it went on
    other = seen.select(*place, earlier="event_id", since="start_earliest", until=until)
    return (
        targets.filter(c("before_from").is_not_null())
        .join(other, on=place)
        .filter(
            c("earlier") != c("event_id"),
            (c("since") <= c("before_to")).fill_null(True),
            c("until") >= c("before_from"),
        )
        .group_by("target")
        .agg(c("earlier").min())
    )


def days_wanted(targets: pl.DataFrame, covers: Sequence[coverage.Cover] = coverage.COVERAGE) -> pl.DataFrame:
    """Which rows of a series belong to which window: one row a target, covering test and day.

    Returns:
        country, platform_id, test, feature (as rows of the series carry it), day, target, window (place in WINDOWS, from 0).
    """
    covered = coverage.covering(targets.filter(~pl.col("restriction_type").is_in(list(coverage.BLIND))), covers)
    parts = [
        covered.filter(pl.col(f"{window}_from").is_not_null())
        .with_columns(window=pl.lit(number, pl.Int8), day=pl.date_ranges(f"{window}_from", f"{window}_to"))
        .explode("day", empty_as_null=False)
        .select("country", "platform_id", "test", pl.col("tested").alias("feature"), "day", "target", "window")
        for number, window in enumerate(WINDOWS)
    ]
    return pl.concat(parts).unique(maintain_order=True)


def sums(series: IntoFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """The counts of a series inside the windows: the heavy part, in verbs that Polars, DuckDB and Spark all have.

    Args:
        series: the columns of `series.Measurement` as a Polars frame, lazy or not, a DuckDB relation or a Spark frame.
        wanted: what `days_wanted` gives.

    Returns:
        The columns of SUMS, in no order: `measured` counts ok, anomaly and confirmed, `anomalous` the latter two,
        `failed` the failures. Rows of days on which nothing was measured are absent.

    Raises:
        InvalidData: for columns that are missing or of another type, and for counts that are null or negative, or of no provider.
    """
    given = frames.declared(series)
    frame, c = given.lazy(), nw.col
    key = [name for name in SUMS if name not in ("measured", "anomalous", "failed")]
    wrong = (c(one).is_null() | (c(one) < 0) for one in COUNTS)
    cells = (
        _near(given, wanted)
        .join(nw.from_native(_beside(frame, wanted)), on=list(_KEYS), how="inner")
        .with_columns(
            measured=c("ok") + c("anomaly") + c("confirmed"),
            anomalous=c("anomaly") + c("confirmed"),
            failed=c("failure"),
            faulty=nw.when(nw.any_horizontal(c("provider").is_null(), *wrong, ignore_nulls=True))
            .then(nw.lit(1))
            .otherwise(nw.lit(0)),
        )
        .group_by(*key)
        .agg(c("measured").sum(), c("anomalous").sum(), c("failed").sum(), c("faulty").sum())
    )
    engine = {"engine": "streaming"} if frame.implementation.is_polars() else {}
    found = pl.DataFrame(cells.collect("polars", **engine).to_native())
    if rows := int(found["faulty"].sum()):
        raise InvalidData([frames.faulty(rows)])
    return found.select(pl.col(name).cast(SUMS[name]) for name in SUMS)


def told(sums: pl.DataFrame) -> pl.DataFrame:
    """The rows that count: by network or of the whole country, which would count twice together.

    For each target, provider, test and domain they are those by network, unless these tell of less than half the
    measurements that rows of the whole country tell of, before or during the event.
    """
    own = pl.col("network").is_not_null()
    stratum = ("target", "provider", "test", "domain")

    def counted(rows: pl.Expr, number: int) -> pl.Expr:
        return pl.when(rows & (pl.col("window") == number)).then("measured").otherwise(0).sum().over(stratum)

    enough = [2 * counted(own, number) >= counted(~own, number) for number in (0, 1)]
    some = counted(own, 0) + counted(own, 1) > 0
    by_network = pl.all_horizontal(some, *enough) | own.all().over(stratum)
    return sums.filter(own == by_network)


def added(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The sums of a whole series from those of its parts."""
    counts = ("measured", "anomalous", "failed")
    return pl.concat(parts).group_by([name for name in SUMS if name not in counts]).agg(pl.col(counts).sum())


def _near(given: Any, wanted: pl.DataFrame) -> Any:
    """Lazily, the rows that may be wanted: the join would leave out the same and more, and only after reading them.

    Folders by country and the statistics of Parquet answer for countries and days without a read. Polars looks for each
    country, platform and day as one number, since its join on five columns takes several times as long.
    """
    frame = given.lazy()
    if wanted.is_empty():
        return frame
    if not isinstance(given, nw.DataFrame):  # one in memory has been read
        countries, day = wanted["country"].unique().sort().to_list(), nw.col("day")
        frame = frame.filter(nw.col("country").is_in(countries), day >= wanted["day"].min(), day <= wanted["day"].max())
    if frame.implementation.is_polars():
        number = _number(wanted.schema)
        numbers = wanted.select(number).to_series().unique().implode()
        frame = nw.from_native(frame.to_native().filter(number.is_in(numbers)))
    return frame


def _number(types: pl.Schema) -> pl.Expr:
    """A number that is equal where country, platform and day are; seldom so elsewhere."""
    country, platform, day = (pl.col(name).cast(types[name]) for name in ("country", "platform_id", "day"))
    return country.hash(1) ^ platform.hash(2) ^ day.hash(3)


def _beside(frame: Any, wanted: pl.DataFrame) -> Any:
    """A small frame in the same engine, and of the same connection or session, as the series."""
    if frame.implementation.is_duckdb():
        _rightsdata_wanted = wanted.to_arrow()  # DuckDB finds the variable by its name, unless a table has the same
        return frame.to_native().query("series", "from _rightsdata_wanted")
    if frame.implementation.is_pyspark():
        session = frame.to_native().sparkSession
        types = {pl.Date(): "date", pl.Int32(): "int", pl.Int8(): "tinyint"}
        columns = (f"`{name}` {types.get(dtype, 'string')}" for name, dtype in wanted.schema.items())
        small = session.createDataFrame(wanted.rows(), ", ".join(columns))
        return small.hint("broadcast")  # of rows from here Spark knows no size, and would sort the series to join them
    return wanted.lazy()
