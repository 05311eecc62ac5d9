"""When and how long: the periods of measures between the bounds of their dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from rightsdata.analysis import selection, spans
from rightsdata.analysis.counts import COUNTABLE
from rightsdata.dataset import Dataset


def timeline(dataset: Dataset, *, most: int | None = None) -> pl.DataFrame:
    """The period of every target of the effective access measures on the public, with bounds and what is open.

    Counting rule: one row an event and target; features of one platform in one event are joined. Measures whose
    start has no date at all are left out.

    Args:
        dataset: any Dataset.
        most: keep the rows of the platforms with the most measures in a country, this many; None keeps all.

    Returns:
        country (ISO code), platform_id, platform, event_id, title, restriction_type, features (list),
        start_earliest (null for "on or before"), start_latest, end_earliest, end_latest, last_confirmed, as_of
        (dates) and `ending`: `known` (it has bounds), `open` (it went on at as_of), `past` (over by as_of, the day
        not known) or `unknown` (whether it still goes on is not known). Sorted by platform in a country (most
        measures first) and start.
    """
    kept = selection.counted(dataset).select(
        "country", "event_id", "title", "last_confirmed", "as_of", "ongoing", pl.col("restriction_type").cast(pl.String)
    )
    events = kept.collect()
    names = dataset.platforms.select("platform_id", platform="name")
    rows = (
        dataset.targets.join(events.select("event_id"), on="event_id", how="semi", maintain_order="left")
        .group_by("event_id", "platform_id", maintain_order=True)
        .agg(
            pl.col("feature").cast(pl.String).alias("features"),
            *spans.hull(),
        )
        .join(events, on="event_id")
        .join(names, on="platform_id")
        .filter(pl.col("start_latest").is_not_null())
        .with_columns(spans.ending(), measures=pl.len().over("country", "platform_id"))
        .sort(
            ["measures", "platform", "country", "start_latest", "event_id"],
            descending=[True, False, False, False, False],
        )
    )
    if most is not None:
        rows = rows.join(
            rows.select("country", "platform_id").unique(maintain_order=True).head(most),
            on=["country", "platform_id"],
            how="semi",
        )
    return rows.select(
        "country",
        "platform_id",
        "platform",
        "event_id",
        "title",
        "restriction_type",
        "features",
        "start_earliest",
        "start_latest",
        "end_earliest",
        "end_latest",
        "last_confirmed",
        "as_of",
        "ending",
    )


def active_by_day(
    dataset: Dataset,
    by: str | None = None,
    *,
    unit: str = "events",
    until: date | None = None,
    family: str | None = "access",
    population: str | None = "public",
) -> pl.DataFrame:
    """How many measures applied on each day: at least `lower`, at most `upper`.

    Counting rule: a measure counts in `upper` on every day of its possible span, and in `lower` on the days that are
    sure (see `spans`): to the earliest end, or to the last day that is confirmed. So the lower line falls where
    knowledge ends, while the upper one follows an open or unknown end to `until`. Intermittent and recurring measures
    count in `upper` only: on no single day of their span is it sure that they applied.

    Method: a sweep over the bounds; each start adds one, the day after each end takes one away.

    Args:
        dataset: any Dataset.
        by: None, `platform_id`, or with events a column of COUNTABLE, with platforms `country`.
        unit: `events` counts measures, a superseded step only until its successor begins; with `by="platform_id"` a
            measure counts once for each of its platforms. `platforms` counts pairs of platform and country under any
            measure.
        until: last day; by default the newest `as_of` of the dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        The column named in `by`, day, lower, upper (counts): for each value one row a day from the first on which a
        measure may have applied to `until`. By value and day.

    Raises:
        ValueError: for another `unit`, or a column that it cannot be counted by.

    >>> import rightsdata as rd
    >>> rd.analysis.active_by_day(rd.load().where(country="RU")).columns
    ['day', 'lower', 'upper']
    """
    allowed = {"events": (*COUNTABLE, "platform_id"), "platforms": ("country", "platform_id")}
    if unit not in allowed:
        raise ValueError(f"there is no unit {unit!r}; choose events or platforms")
    if by is not None and by not in allowed[unit]:
        raise ValueError(f"{unit} by day cannot be counted by {by!r}; choose one of {', '.join(allowed[unit])}")
    whole = pl.lit(0, dtype=pl.Int64).alias("value")
    if unit == "platforms" or by == "platform_id":
        keys = ["event" if unit == "events" else "country", "platform_id"]
        if by == "country":
            keys.reverse()  # the value is what the last key says
        rows = _grouped(spans.targets(dataset, "country", family=family, population=population).collect(), keys)
        of_last = pl.col("group") % pl.lit(rows[keys[-1]].to_physical().max() or 0).cast(pl.Int64).add(1)
        value = whole if by is None else of_last.alias("value")
        sure, possible = (frame.lazy().with_columns(value) for frame in _united(rows, live=unit == "events"))
    else:
        measures = spans.measures(dataset, family=family, population=population)
        rows = measures.select(*([] if by is None else [by]), *_days(live=True)).collect(engine="streaming")
        rows = rows.with_columns(pl.col(pl.String).cast(pl.Categorical))
        value = whole if by is None else pl.col(by).to_physical().alias("value")
        sure, possible = _readings(rows.lazy().with_columns(value), ["value"])
    last_day = until or dataset.events["as_of"].max()

    def steps(spanned: pl.LazyFrame, name: str) -> list[pl.LazyFrame]:
        one = pl.len().cast(pl.Int32)
        return [
            spanned.group_by(at=spans.place("value", "first")).agg(one.alias(name)),
            spanned.drop_nulls("last").group_by(at=spans.place("value", "last") + 1).agg((-one).alias(name)),
        ]

    changes = (
        pl.concat([*steps(sure, "lower"), *steps(possible, "upper")], how="diagonal")
        .group_by("at")
        .agg(pl.col("lower", "upper").sum())
        .filter(spans.day("at") <= pl.lit(last_day, dtype=pl.Date))
        .collect(engine="streaming")
    )
    firsts = changes.group_by(value=spans.group("at")).agg(first=pl.col("at").min())
    if by is not None:
        names = rows.select(pl.col(by).cast(pl.String), value=pl.col(by).to_physical().cast(pl.Int64)).unique()
        firsts = firsts.join(names, on="value").sort(by)
    running = [pl.col(name).fill_null(0).cum_sum().over("value").cast(pl.UInt32) for name in ("lower", "upper")]
    until_then = spans.place("value", pl.lit(last_day, dtype=pl.Date)) + 1
    return (
        firsts.with_columns(at=pl.int_ranges("first", until_then))
        .explode("at")
        .join(changes, on="at", how="left", maintain_order="left")
        .with_columns(running)
        .select(*([] if by is None else [by]), spans.day("at").alias("day"), "lower", "upper")
    )


def restriction_days(
    dataset: Dataset, by: str = "platform_id", *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """On how many days each platform was restricted in each country: at least, and at most.

    Counting rule: a day counts once however many measures hit the platform on it: spans are united first. `min_days`
    counts the days that are sure for a measure without interruption (see `spans`), and one day at least, since every
    measure took effect; intermittent and recurring measures add nothing more to it, for their hours are not coded.
    `max_days` counts all days of the possible spans.

    Args:
        dataset: any Dataset.
        by: `platform_id` for each platform in each country, `country` for days on which any platform was restricted.
        family: see `effective`.
        population: see `effective`.

    Returns:
        country (ISO code), platform_id and platform (name; both only by platform), events (count), min_days, max_days
        (days, Int32; max_days is null where a measure may still go on, or began "on or before" a day) and open
        (whether one may still go on); by country and platform.

    Raises:
        ValueError: for another `by`.
    """
    if by not in ("platform_id", "country"):
        raise ValueError(f"days cannot be counted by {by!r}; choose platform_id or country")
    keys = ["country", "platform_id"] if by == "platform_id" else ["country"]
    rows = _grouped(spans.targets(dataset, "country", family=family, population=population).collect(), keys)
    days = (pl.col("last") - pl.col("first")).dt.total_days() + 1
    sure, possible = (
        frame.group_by("group").agg(days=days.sum().cast(pl.Int32)) for frame in _united(rows, live=False)
    )
    found = (
        rows.group_by("group")
        .agg(
            pl.col(keys).first().cast(pl.String),
            events=pl.col("event").n_unique(),
            open=pl.col("possible_to").is_null().any(),
            begun=pl.col("start_earliest").is_not_null().all(),
        )
        .join(sure.rename({"days": "min_days"}), on="group", how="left")
        .join(possible.rename({"days": "max_days"}), on="group", how="left")
        .with_columns(
            min_days=pl.max_horizontal("min_days", pl.lit(1, dtype=pl.Int32)),
            max_days=pl.when(pl.col("begun") & ~pl.col("open")).then("max_days"),
        )
    )
    if by == "country":
        return found.select("country", "events", "min_days", "max_days", "open").sort("country")
    return (
        found.join(dataset.platforms.select("platform_id", platform="name"), on="platform_id")
        .select("country", "platform_id", "platform", "events", "min_days", "max_days", "open")
        .sort("country", "platform", "platform_id")
    )


def around(
    dataset: Dataset,
    dates: pl.DataFrame | Mapping[str, date | Iterable[date]],
    days: int = 7,
    *,
    family: str | None = "access",
    population: str | None = "public",
) -> pl.DataFrame:
    """Which measures began within some days of given dates: elections, protests, or any that the user has.

    Counting rule: a measure is listed with a date of its own country if it may have begun from `days` before to `days`
    after it; `certain` if it did so whatever its date means. A start "on or before" a day may lie within, and is never
    certain. Nearness in time is no cause.

    Args:
        dataset: any Dataset.
        dates: a frame with country (ISO code), date and, if wanted, label; or for each country its date or dates.
        days: how far before and after.
        family: see `effective`.
        population: see `effective`.

    Returns:
        country, date, label (null if not given), event_id, title, restriction_type, start_earliest, start_latest,
        offset_min, offset_max (days from the date to the start, negative before it; offset_min is null where the
        start has no earliest bound) and certain. By country, date, start and event_id.

    Raises:
        ValueError: for a frame without the columns, or a negative number of days.

    >>> from datetime import date
    >>> import rightsdata as rd
    >>> rd.analysis.around(rd.load(), {"UG": date(2021, 1, 14)}, days=5)["certain"].all()
    True
    """
    if days < 0:
        raise ValueError(f"days says how far before and after a date; expected 0 or more, found {days}")
    if isinstance(dates, Mapping):
        pairs = [
            (country, day) for country, one in dates.items() for day in ([one] if isinstance(one, date) else list(one))
        ]
        dates = pl.DataFrame(pairs, schema={"country": pl.String, "date": pl.Date}, orient="row")
    if missing := {"country", "date"} - set(dates.columns):
        raise ValueError(f"the frame of dates lacks {', '.join(sorted(missing))}; it needs country and date")
    label = pl.col("label") if "label" in dates.columns else pl.lit(None, dtype=pl.String).alias("label")
    given = dates.select("country", pl.col("date").cast(pl.Date), label)
    span = pl.duration(days=days)

    def offset(name: str) -> pl.Expr:
        return (pl.col(name) - pl.col("date")).dt.total_days().cast(pl.Int32)

    return (
        selection.counted(dataset, family=family, population=population)
        .select(
            "country",
            "event_id",
            "title",
            "restriction_type",
            "start_earliest",
            "start_latest",
        )
        .filter(  # what no date can be near, before the join
            pl.col("country").is_in(given["country"].unique().to_list()),
            pl.col("start_latest") >= given["date"].min() - span,
            pl.col("start_earliest").is_null() | (pl.col("start_earliest") <= given["date"].max() + span),
        )
        .join(given.lazy(), on="country")
        .with_columns(offset_min=offset("start_earliest"), offset_max=offset("start_latest"))
        .filter(pl.col("offset_max") >= -days, pl.col("offset_min").is_null() | (pl.col("offset_min") <= days))
        .select(
            "country",
            "date",
            "label",
            "event_id",
            "title",
            pl.col("restriction_type").cast(pl.String),
            "start_earliest",
            "start_latest",
            "offset_min",
            "offset_max",
            certain=(pl.col("offset_min") >= -days).fill_null(False) & (pl.col("offset_max") <= days),
        )
        .sort("country", "date", "start_latest", "event_id")
        .collect()
    )


def _days(*, live: bool) -> list[pl.Expr]:
    """The first and last day of the sure and of the possible span, of live measures or of any; sure_to may be null."""
    sure_to, possible_to = spans.live() if live else (pl.col("sure_to"), pl.col("possible_to"))
    return [
        pl.col("sure_from", "possible_from"),
        pl.when(spans.continuous()).then(sure_to).alias("sure_to"),
        possible_to.alias("possible_to"),
    ]


def _readings(rows: pl.LazyFrame, keys: list[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The sure and the possible spans that are not empty: the keys, first and last (null: no end)."""
    filled = pl.col("last").is_null() | (pl.col("last") >= pl.col("first"))
    sure = rows.select(*keys, first="sure_from", last="sure_to").drop_nulls("last")
    return sure.filter(filled), rows.select(*keys, first="possible_from", last="possible_to").filter(filled)


def _grouped(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The rows with `group`, a number for their combination of keys: Polars groups and joins by pairs of texts slowly."""
    coded = rows.with_columns(pl.col("country", "platform_id").cast(pl.Categorical))
    group = pl.lit(0, dtype=pl.Int64)
    for key in keys:
        number = pl.col(key).to_physical().cast(pl.Int64)
        group = group * (number.max() + 1) + number
    return coded.with_columns(group=group)


def _united(rows: pl.DataFrame, *, live: bool) -> list[pl.DataFrame]:
    """The sure and the possible spans of each group, days that several have in common once: group, first, last."""
    read = pl.collect_all(_readings(rows.lazy().select("group", *_days(live=live)), ["group"]))
    return [spans.islands(frame) for frame in read]
