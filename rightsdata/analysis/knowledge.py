"""Who says so, and how well it is known."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset
from rightsdata.vocabulary import Control, Review, review_note

PRECISIONS = ("day_precise", "month_precise", "year_precise", "no_start")
"""How exactly a start can be known, the most exact first."""

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

_FIELD = pl.Enum(FIELDS_ATTRIBUTED)


def road(dataset: Dataset, event_id: str) -> pl.DataFrame:
    """The road of one event, from its first report on.

    Returns:
        position, date (as coded), date_earliest, date_latest, stage, note, attributed_to (who says so, where the page
        relays another's claim), publishers (list) and controls (list, in the same order).

    Raises:
        UnknownTerm: if the dataset has no such event.
    """
    chosen = selection.only(dataset, event_id)
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
    chosen = selection.only(dataset, event_id)
    vouched = backed(chosen).join(_published(chosen), on="source_id")
    grouped = (
        vouched.unique(["field", "publisher"], maintain_order=True)
        .group_by("field", maintain_order=True)
        .agg(publishers="publisher", controls="control")
    )
    said = chosen.events.select(**_says(chosen)).row(0, named=True)
    filled = pl.DataFrame({"field": [field for field in FIELDS_ATTRIBUTED if said[field]]}, schema={"field": pl.String})
    return filled.join(grouped, on="field", how="left", maintain_order="left").with_columns(
        pl.col("publishers").fill_null([]), pl.col("controls").fill_null([])
    )


def coverage(dataset: Dataset) -> pl.DataFrame:
    """How well each field is sourced, over all events of the dataset: the honesty table.

    Counting rule: of the events that fill a field in, how many name at least one source for that very field.

    Returns:
        field, filled (events), attributed (events), share (0 to 1; null where nothing is filled).
    """
    bit = pl.lit(2, pl.Int64).pow(pl.col("field").to_physical())  # all fields of an event in one number: quick
    backed = _backed(dataset).group_by("event").agg(backed=bit.cast(pl.Int64).bitwise_or())
    says = _says(dataset)
    counts = (
        dataset.events.lazy()
        .select(**says)
        .with_row_index("event")
        .join(backed, on="event", how="left")
        .select(
            filled=pl.concat_list(pl.col(field).sum() for field in says),
            attributed=pl.concat_list(
                (pl.col(field) & (pl.col("backed").fill_null(0) & 1 << at != 0)).sum() for at, field in enumerate(says)
            ),
        )
        .explode("filled", "attributed")
        .collect()
    )
    return counts.select(
        pl.Series("field", FIELDS_ATTRIBUTED),
        "filled",
        "attributed",
        share=pl.when(pl.col("filled") > 0).then(pl.col("attributed") / pl.col("filled")),
    )


def sourcing(
    dataset: Dataset, by: str | None = None, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """How well the measures that count are known: by whose word, how exactly in time, and how long ago.

    It tells of the coding, not of the countries: few independent sources can mean that nobody searched in the right
    language.

    Counting rule, control: a publisher is `state_controlled` if it is a body of a state or owned or directed by one,
    `independent` if no state controls it, `unknown` if that was not established; the table `publishers` holds it, and
    one that is not in that table is unknown. As for `confidence`, a page counts as independent if its publisher is
    independent, neither an aggregator nor a party to the event, and the text that it copies, if any, is
    independent too. A page is of a state's word if its publisher or the origin of its text is state-controlled.
    Every event stands in one of four columns, which add up to `events`: `independent` (a page counts as
    independent, i.e. `publisher_count` is not 0), else `state_controlled_only` (all pages are of a state's
    word), else `unknown_control` (of some page it is not known), else `uncounted` (it is known of every page, and those
    that no state controls are of parties or aggregators).

    Counting rule, dates: the start, too, is in one of four columns: `day_precise`, `month_precise` (known to within 31
    days), `year_precise` (to within 366 days) and `no_start` (on or before some day, or less exact). A day marked as
    approximate counts as known to the month, a longer approximate span as known to the year.

    Args:
        dataset: any Dataset.
        by: None for one row, or `country`.
        family: see `effective`.
        population: see `effective`.

    Returns:
        [country,] events, independent, state_controlled_only, unknown_control, uncounted, single_source (all pages
        carry the text of one publisher, copies counted as what they copy), day_precise, month_precise, year_precise,
        no_start, median_age_days (Float64: days from the last confirmation to the newest source or stage of the
        dataset, plans included; measures without a confirmation are left out, null where all are), review (how
        far people have checked them, in words). Countries by code; a country without events is absent.

    Raises:
        ValueError: for another `by`.

    >>> import rightsdata as rd
    >>> row = rd.analysis.sourcing(rd.load()).row(0, named=True)
    >>> names = ("independent", "state_controlled_only", "unknown_control", "uncounted")
    >>> sum(row[name] for name in names) == row["events"]
    True
    """
    if by not in (None, "country"):
        raise ValueError(f"sourcing is not told by {by!r}; choose None or 'country'")
    events = (
        selection.counted(dataset, family=family, population=population)
        .select(
            "event_id",
            "country",
            "review",
            independent=pl.col("publisher_count") > 0,
            precision=start_precision(),
            age=(pl.lit(dataset.events["as_of"].max(), pl.Date) - pl.col("last_confirmed")).dt.total_days(),
        )
        .with_row_index("event")
        .collect()
        .lazy()
    )
    told = (
        dataset.citations.lazy()
        .select("event_id", "source_id")
        .join(events.select("event", "event_id"), on="event_id")
        .select("event", "source_id")
        .join(_pages(dataset), on="source_id", how="left")
        .group_by("event")
        .agg(
            single=pl.col("origin").min() == pl.col("origin").max(),
            state=pl.col("state").all(),
            unknown=pl.col("unknown").any(),
        )
    )
    state, unknown = pl.col("state"), pl.col("unknown")
    dependent = ~pl.col("independent")
    counts = [
        pl.len().alias("events"),
        pl.col("independent").sum(),
        (dependent & state).sum().alias("state_controlled_only"),
        (dependent & ~state & unknown).sum().alias("unknown_control"),
        (dependent & ~state & ~unknown).sum().alias("uncounted"),
        pl.col("single").sum().alias("single_source"),
        *((pl.col("precision") == name).sum().alias(name) for name in PRECISIONS),
        pl.col("age").median().alias("median_age_days"),
        *((pl.col("review") == pl.lit(str(term))).sum().alias(str(term)) for term in Review),
    ]
    joined = events.join(told, on="event", how="left")
    rows = (joined.select(counts) if by is None else joined.group_by(by).agg(counts).sort(by)).collect()
    reviews = rows.select(str(term) for term in Review)
    return rows.drop(reviews.columns).with_columns(
        review=pl.Series([review_note(counted) for counted in reviews.iter_rows(named=True)], dtype=pl.String)
    )


def start_precision() -> pl.Expr:
    """How exactly the start of an event is known, as a term of PRECISIONS; see `sourcing` for the rule."""
    span = (pl.col("start_latest") - pl.col("start_earliest")).dt.total_days() + 1
    rough = pl.col("start_approximate")
    return (
        pl.when((span == 1) & ~rough)
        .then(pl.lit(PRECISIONS[0]))
        .when((span <= 31) & (~rough | (span == 1)))
        .then(pl.lit(PRECISIONS[1]))
        .when(span <= 366)
        .then(pl.lit(PRECISIONS[2]))
        .otherwise(pl.lit(PRECISIONS[3]))
    )


def last_confirmed(dataset: Dataset) -> pl.DataFrame:
    """How old the knowledge is: effective access measures on the public by the year of their last confirmation.

    Counting rule: the last confirmation is the latest stage that shows effect, or the newest source that says that
    the measure goes on; measures of which neither has a day stand under null.

    Returns:
        year, events, in_force (of them last known to be in force), oldest year first.
    """
    return (
        selection.counted(dataset)
        .group_by("last_confirmed")
        .agg(events=pl.len(), in_force=(pl.col("status") == pl.lit("in_force")).sum())
        .group_by(year=pl.col("last_confirmed").dt.year())  # of days, not of events: half the time
        .agg(pl.col("events", "in_force").sum())
        .sort("year")
        .collect()
    )


def _published(dataset: Dataset) -> pl.DataFrame:
    return dataset.sources.select("source_id", "publisher").join(
        dataset.publishers.select("publisher", pl.col("control").cast(pl.String)), on="publisher", how="left"
    )


def _pages(dataset: Dataset) -> pl.LazyFrame:
    """source_id, origin (a number for whose text it carries), state, unknown: whose word each page is, see `sourcing`."""
    control = dataset.publishers.lazy().select("publisher", "control")
    controls = [pl.col(name).cast(pl.String).fill_null(Control.UNKNOWN.value) for name in ("control", "control_origin")]
    state = pl.any_horizontal(one == Control.STATE_CONTROLLED.value for one in controls)
    return (
        dataset.sources.lazy()
        .select("source_id", "publisher", origin=pl.coalesce("syndicated_from", "publisher"))
        .join(control, on="publisher", how="left")
        .join(control, left_on="origin", right_on="publisher", how="left", suffix="_origin")
        .select(
            "source_id",
            pl.col("origin").cast(pl.Categorical).to_physical(),
            state=state,
            unknown=~state & pl.any_horizontal(one == Control.UNKNOWN.value for one in controls),
        )
    )


def backed(dataset: Dataset) -> pl.DataFrame:
    """event_id, field, source_id: what citations say of a field, and the sources that the rows of a list name themselves."""
    return _backed(dataset).select("event_id", pl.col("field").cast(pl.String), "source_id").collect()


def _backed(dataset: Dataset) -> pl.LazyFrame:
    """The same with event, the row of the event, beside its id, and fields as terms."""
    rows = dataset.events.lazy().select("event_id").with_row_index("event")
    cited = (
        dataset.citations.lazy()
        .select("event_id", "source_id", field=pl.col("supports").cast(pl.List(_FIELD), strict=False))
        .join(rows, on="event_id", maintain_order="left")
        .explode("field")
        .drop_nulls("field")
    )
    own = [
        dataset.tables[name]
        .lazy()
        .select("event_id", source_id="source_ids")
        .join(rows, on="event_id", maintain_order="left")
        .explode("source_id")
        .drop_nulls("source_id")
        .with_columns(field=pl.lit(name, _FIELD))
        for name in ("stages", "legal_bases", "responses")
    ]
    return pl.concat([one.select("event_id", "event", "field", "source_id") for one in (cited, *own)])


def _says(dataset: Dataset) -> dict[str, pl.Expr]:
    """For each of FIELDS_ATTRIBUTED whether an event says something in it; "unknown" says nothing."""
    found = {}
    for field in FIELDS_ATTRIBUTED:
        if field not in dataset.events.columns:
            found[field] = pl.col("event_id").is_in(dataset.tables[field]["event_id"].implode())
        elif isinstance(dataset.events.schema[field], pl.List):
            found[field] = pl.col(field).list.len() > 0
        else:
            found[field] = pl.col(field).is_not_null() & (pl.col(field).cast(pl.String) != "unknown").fill_null(False)
    return found
