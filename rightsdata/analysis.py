"""Questions to a Dataset, each a named function with its counting rule; a Polars frame back.

Unless asked otherwise, counts take measures of the `access` family that took effect and bind the public: plans,
abandoned measures, device bans and the `rules` family are asked for by name and never added to them. The dataset is
a coded selection, not a census: nothing here estimates a total or ranks countries.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

import polars as pl

from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm

COUNTABLE = (
    "restriction_type",
    "country",
    "family",
    "status",
    "initiator",
    "confidence",
    "review",
    "acknowledgement",
    "attribution",
)
"""Columns of `events` that `count_events` groups by."""

FIELDS_ATTRIBUTED = (
    "country",
    "admin1",
    "summary",
    "restriction_type",
    "initiator",
    "attribution",
    "population",
    "age_threshold",
    "pattern",
    "start",
    "end",
    "ongoing",
    "acknowledgement",
    "methods",
    "stated_reasons",
    "contexts",
    "targets",
    "stages",
    "authorities",
    "legal_bases",
    "responses",
    "relations",
)
"""The fields of an event whose sources `who_says` and `coverage` look for."""


def effective(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> Dataset:
    """The measures that count by default: those that took effect, of one family, on one population.

    Args:
        dataset: any Dataset.
        family: `access` or `rules`; None takes both.
        population: whom the measure binds; None takes all.
    """
    chosen = dataset.where(took_effect=True)
    if family is not None:
        chosen = chosen.where(family=family)
    return chosen if population is None else chosen.where(population=population)


def only(dataset: Dataset, event_id: str) -> Dataset:
    """The dataset of one event.

    Raises:
        UnknownTerm: if the dataset has no such event, with the nearest id.
    """
    ids = dataset.events["event_id"].to_list()
    if event_id not in ids:
        close = difflib.get_close_matches(event_id, ids, n=1)
        raise UnknownTerm(f"the dataset has no event {event_id!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return dataset.where(event_id=event_id)


def count_events(
    dataset: Dataset, by: str | None = None, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """How many events took effect.

    Counting rule: one event is one kind of restriction by one initiator on the same targets in one territory over
    one period, whatever its length and the number of its targets.

    Args:
        dataset: any Dataset.
        by: a column of COUNTABLE to group by, or None for one row.
        family: see `effective`.
        population: see `effective`.

    Returns:
        `events` (count), after the column named in `by`; most first, then by name.

    Raises:
        ValueError: for a column that events cannot be grouped by.

    >>> import rightsdata as rd
    >>> rd.analysis.count_events(rd.load().where(country="RU"), by="family").columns
    ['family', 'events']
    """
    if by is not None and by not in COUNTABLE:
        raise ValueError(f"events cannot be counted by {by!r}; choose one of {', '.join(COUNTABLE)}")
    events = effective(dataset, family=family, population=population).events
    if by is None:
        return pl.DataFrame({"events": [events.height]})
    return (
        events.group_by(pl.col(by).cast(pl.String)).agg(events=pl.len()).sort(["events", by], descending=[True, False])
    )


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
    chosen = effective(dataset)
    events = chosen.events.select(
        "country", "event_id", "title", "last_confirmed", "as_of", "ongoing", pl.col("restriction_type").cast(pl.String)
    )
    names = chosen.platforms.select("platform_id", platform="name")
    ending = (
        pl.when(pl.col("end_latest").is_not_null())
        .then(pl.lit("known"))
        .when(pl.col("ongoing").is_null())
        .then(pl.lit("unknown"))
        .when("ongoing")
        .then(pl.lit("open"))
        .otherwise(pl.lit("past"))
    )
    rows = (
        chosen.targets.group_by("event_id", "platform_id", maintain_order=True)
        .agg(
            pl.col("feature").cast(pl.String).alias("features"),
            *(_widest(name, pl.Expr.min) for name in ("start_earliest", "start_latest")),
            *(_widest(name, pl.Expr.max) for name in ("end_earliest", "end_latest")),
        )
        .join(events, on="event_id")
        .join(names, on="platform_id")
        .filter(pl.col("start_latest").is_not_null())
        .with_columns(ending=ending, measures=pl.len().over("country", "platform_id"))
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


def _widest(name: str, pick: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The bound of several periods together: unknown as soon as one of them is."""
    return pl.when(pl.col(name).is_not_null().all()).then(pick(pl.col(name))).alias(name)


def legal_bases(dataset: Dataset) -> pl.DataFrame:
    """On what legal basis the effective access measures on the public rest, as sources say.

    Counting rule: an event counts once for each type of basis that it names; `none_stated` are events of which a
    source says that no basis was given, `not_found` those for which none was found, which is not the same.

    Returns:
        type, events, example (title and citation of the basis in the latest such event, null where it has none); the
        two kinds of nothing last.
    """
    chosen = effective(dataset)
    events = chosen.events.select("event_id", "as_of")
    named = chosen.legal_bases.join(events, on="event_id").with_columns(
        pl.col("type").cast(pl.String),
        example=pl.when(pl.any_horizontal(pl.col("title", "citation").is_not_null())).then(
            pl.concat_str("title", "citation", separator=", ", ignore_nulls=True)
        ),
    )
    counted = (
        named.sort(["as_of", "event_id", "position"], descending=[True, False, False])
        .group_by("type", maintain_order=True)
        .agg(events=pl.col("event_id").n_unique(), example=pl.col("example").first())
    )
    missing = events.join(chosen.legal_bases, on="event_id", how="anti").height
    none = pl.DataFrame({"type": ["not_found"], "events": [missing], "example": [None]}, schema=counted.schema)
    last = pl.col("type").replace_strict({"none_stated": 1, "not_found": 2}, default=0, return_dtype=pl.Int8)
    return pl.concat([counted, none]).sort([last, pl.col("events"), pl.col("type")], descending=[False, True, False])


def methods(dataset: Dataset) -> pl.DataFrame:
    """What was restricted and how: effective access measures on the public by type, with methods and targets.

    Returns:
        restriction_type, events, methods (list, the most frequent first), methods_unknown (events for which none is
        known), platforms (list of names, the most frequent first).
    """
    chosen = effective(dataset)
    events = chosen.events.select(
        "event_id", pl.col("restriction_type").cast(pl.String), pl.col("methods").cast(pl.List(pl.String))
    )
    used = (
        events.explode("methods")
        .drop_nulls("methods")
        .group_by("restriction_type", "methods")
        .len()
        .sort(["len", "methods"], descending=[True, False])
        .group_by("restriction_type", maintain_order=True)
        .agg("methods")
    )
    hit = (
        events.join(chosen.targets, on="event_id")
        .join(chosen.platforms, on="platform_id")
        .group_by("restriction_type", "name")
        .agg(n=pl.col("event_id").n_unique())
        .sort(["n", "name"], descending=[True, False])
        .group_by("restriction_type", maintain_order=True)
        .agg(platforms=pl.col("name"))
    )
    return (
        events.group_by("restriction_type")
        .agg(events=pl.len(), methods_unknown=(pl.col("methods").list.len() == 0).sum())
        .join(used, on="restriction_type", how="left")
        .join(hit, on="restriction_type", how="left")
        .with_columns(pl.col("methods").fill_null([]), pl.col("platforms").fill_null([]))
        .select("restriction_type", "events", "methods", "methods_unknown", "platforms")
        .sort(["events", "restriction_type"], descending=[True, False])
    )


def lifecycle(dataset: Dataset, event_id: str) -> pl.DataFrame:
    """The road of one event, from its first report on.

    Returns:
        position, date (as coded), date_earliest, date_latest, stage, note, attributed_to (who says so, where the page
        relays another's claim), publishers (list) and controls (list, in the same order).

    Raises:
        UnknownTerm: if the dataset has no such event.
    """
    chosen = only(dataset, event_id)
    vouching = (
        chosen.stages.select("position", source_id="source_ids")
        .explode("source_id")
        .drop_nulls()
        .join(_published(chosen), on="source_id")
        .unique(["position", "publisher"], maintain_order=True)
        .group_by("position", maintain_order=True)
        .agg(publishers="publisher", controls="control")
    )
    return (
        chosen.stages.join(vouching, on="position", how="left", maintain_order="left")
        .with_columns(
            pl.col("stage").cast(pl.String), pl.col("publishers").fill_null([]), pl.col("controls").fill_null([])
        )
        .select(
            "position",
            "date",
            "date_earliest",
            "date_latest",
            "stage",
            "note",
            "attributed_to",
            "publishers",
            "controls",
        )
    )


def who_says(dataset: Dataset, event_id: str) -> pl.DataFrame:
    """Which publishers back which field of one event.

    Returns:
        field (of FIELDS_ATTRIBUTED, those that the event fills in), publishers and controls (lists in the same
        order; empty where no source backs the field, which then reads "not attributed").

    Raises:
        UnknownTerm: if the dataset has no such event.
    """
    chosen = only(dataset, event_id)
    backed = _backed(chosen).join(_published(chosen), on="source_id")
    grouped = (
        backed.unique(["field", "publisher"], maintain_order=True)
        .group_by("field", maintain_order=True)
        .agg(publishers="publisher", controls="control")
    )
    filled = _filled(chosen).select("field")
    return filled.join(grouped, on="field", how="left", maintain_order="left").with_columns(
        pl.col("publishers").fill_null([]), pl.col("controls").fill_null([])
    )


def coverage(dataset: Dataset) -> pl.DataFrame:
    """How well each field is sourced, over all events of the dataset: the honesty table.

    Counting rule: of the events that fill a field in, how many name at least one source for that very field.

    Returns:
        field, filled (events), attributed (events), share (0 to 1; null where nothing is filled).
    """
    filled = _filled(dataset)
    backed = _backed(dataset).select("event_id", "field").unique()
    counted = (
        filled.join(backed.with_columns(backed=True), on=["event_id", "field"], how="left")
        .group_by("field")
        .agg(filled=pl.len(), attributed=pl.col("backed").sum())
    )
    order = pl.DataFrame({"field": FIELDS_ATTRIBUTED})
    return (
        order.join(counted, on="field", how="left", maintain_order="left")
        .with_columns(pl.col("filled", "attributed").fill_null(0))
        .with_columns(share=pl.when(pl.col("filled") > 0).then(pl.col("attributed") / pl.col("filled")))
    )


def last_confirmed(dataset: Dataset) -> pl.DataFrame:
    """How old the knowledge is: effective access measures on the public by the year of their last confirmation.

    Counting rule: the last confirmation is the latest stage that shows effect, or the newest source that says that
    the measure goes on; measures of which neither has a day stand under null.

    Returns:
        year, events, in_force (of them last known to be in force), oldest year first.
    """
    return (
        effective(dataset)
        .events.group_by(year=pl.col("last_confirmed").dt.year())
        .agg(events=pl.len(), in_force=(pl.col("status").cast(pl.String) == "in_force").sum())
        .sort("year")
    )


def _published(dataset: Dataset) -> pl.DataFrame:
    return dataset.sources.select("source_id", "publisher").join(
        dataset.publishers.select("publisher", pl.col("control").cast(pl.String)), on="publisher", how="left"
    )


def _backed(dataset: Dataset) -> pl.DataFrame:
    """event_id, field, source_id: what citations say of a field, and the sources that the rows of a list name themselves."""
    cited = (
        dataset.citations.select("event_id", "source_id", field=pl.col("supports").cast(pl.List(pl.String)))
        .explode("field")
        .drop_nulls("field")
    )
    own = [
        dataset.tables[name]
        .select("event_id", source_id="source_ids")
        .explode("source_id")
        .drop_nulls("source_id")
        .with_columns(field=pl.lit(name))
        for name in ("stages", "legal_bases", "responses")
    ]
    return pl.concat(
        [cited.select("event_id", "field", "source_id"), *(one.select("event_id", "field", "source_id") for one in own)]
    )


def _filled(dataset: Dataset) -> pl.DataFrame:
    """event_id, field: the fields of FIELDS_ATTRIBUTED that say something; "unknown" says nothing."""
    events = dataset.events
    found = []
    for field in FIELDS_ATTRIBUTED:
        if field not in events.columns:
            ids = dataset.tables[field].select("event_id").unique(maintain_order=True)
        elif isinstance(events.schema[field], pl.List):
            ids = events.filter(pl.col(field).list.len() > 0).select("event_id")
        else:
            said = pl.col(field).is_not_null() & (pl.col(field).cast(pl.String) != "unknown")
            ids = events.filter(said).select("event_id")
        found.append(ids.with_columns(field=pl.lit(field)))
    return pl.concat(found)
