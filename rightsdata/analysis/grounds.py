"""On what grounds and by what means: legal bases, methods, reasons."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection
from rightsdata.dataset import Dataset
from rightsdata.vocabulary import Attribution

NOT_FOUND = "not_found"
"""Stands in a row for events of which nothing was found; `none_stated` is what a source says, and another thing."""


def legal_bases(dataset: Dataset, by: str | None = None) -> pl.DataFrame:
    """On what legal basis the effective access measures on the public rest, as sources say.

    Counting rule: an event counts once for each type of basis that it names (by status: once for each type and
    status); `none_stated` are events of which a source says that no basis was given, `not_found` those for which
    none was found, which is not the same. Types of one event are several, so the rows do not add up to the events.

    Args:
        dataset: any Dataset.
        by: None; `status`, what became of the act (in force, struck down, and so on, as far as sources say; null for
            the two kinds of nothing, which have no act); or `year`, the calendar year in which the measure took
            effect (null where the bounds of its start lie in two years, or the first is open: a year is not guessed).

    Returns:
        [by,] type, events, example (title and citation of the basis in the latest such event, null where it has
        none); statuses in the order of the vocabulary, years from the oldest on, null last; in each the most events
        first, and the two kinds of nothing last. Of events there are, `not_found` always has its row, be it 0; a year
        without events is absent.

    Raises:
        ValueError: for another `by`.

    >>> import rightsdata as rd
    >>> russia = rd.load().where(country="RU")
    >>> rd.analysis.legal_bases(russia, by="status").columns
    ['status', 'type', 'events', 'example']
    """
    if by not in (None, "status", "year"):
        raise ValueError(f"legal bases are not counted by {by!r}; choose None, 'status' or 'year'")
    keys = ["type"] if by is None else [by, "type"]
    years = [pl.col(name).dt.year() for name in ("start_earliest", "start_latest")]
    events = (
        selection.counted(dataset)
        .select(
            "event_id",
            "as_of",
            missing=pl.col("legal_basis_types").list.len() == 0,
            year=pl.when(years[0] == years[1]).then(years[1]),
        )
        .with_row_index("event")
        .collect()
    )
    named = (
        dataset.legal_bases.lazy()
        .join(events.lazy(), on="event_id")
        .with_columns(status=pl.when(pl.col("type") != "none_stated").then("status"))
        .select("event", "event_id", "position", "as_of", "title", "citation", *keys)
        .collect()
    )
    latest = (
        named.filter(pl.col("as_of") == pl.col("as_of").max().over(keys))
        .sort("event_id", "position")
        .unique(keys, keep="first", maintain_order=True)
        .select(
            *keys,
            example=pl.when(pl.any_horizontal(pl.col("title", "citation").is_not_null())).then(
                pl.concat_str("title", "citation", separator=", ", ignore_nulls=True)
            ),
        )
    )
    found = (
        named.group_by(keys)
        .agg(events=pl.col("event").n_unique())
        .join(latest, on=keys, how="left", nulls_equal=True)
        .with_columns(pl.col("type").cast(pl.String))
    )
    none = events.select("missing", "year", status=pl.lit(None, found.schema.get("status", pl.String)))
    nothing = (
        none.select(events=pl.col("missing").sum())
        if by is None
        else none.group_by(by).agg(events=pl.col("missing").sum())
    )
    rows = pl.concat(
        [found, nothing.with_columns(type=pl.lit(NOT_FOUND), example=pl.lit(None, pl.String)).select(found.columns)]
    )
    order = [] if by is None else [pl.col(by)]
    return rows.sort(
        [*order, _nothing_last("type"), "events", "type"],
        descending=[False] * len(order) + [False, True, False],
        nulls_last=True,
    ).with_columns(pl.col(pl.Enum).cast(pl.String))


def legal_reasons(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """From type of legal basis to the act to the reason that officials state with it; side by side, not one from another.

    Counting rule: an event counts once in each combination of an act that it names (type and title) and a stated
    reason; events without a legal basis are left out (`legal_bases` counts them). Reason `none_stated` are events of
    which a source says that no reason was given, `not_found` those for which no source seen tells one.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        type, basis (the act's title; null where none is named), reason, events, of (events with that type and act);
        the acts with the most events first, `none_stated` last; in each the most events first and the two kinds of
        nothing last.

    >>> import rightsdata as rd
    >>> rd.analysis.legal_reasons(rd.load().where(country="RU")).columns
    ['type', 'basis', 'reason', 'events', 'of']
    """
    acts = dataset.legal_bases.lazy().select("event_id", pl.col("type").cast(pl.String), basis="title").unique()
    rows = acts.join(
        selection.counted(dataset, family=family, population=population).select(
            "event_id", reason=_or_nothing("stated_reasons")
        ),
        on="event_id",
    )
    act = ["type", "basis"]
    return (
        rows.explode("reason")
        .group_by(*act, "reason")
        .agg(events=pl.len())
        .join(rows.group_by(act).agg(of=pl.len()), on=act, nulls_equal=True)
        .with_columns(pl.col("reason").cast(pl.String).fill_null(NOT_FOUND))
        .sort(
            [_nothing_last("type"), "of", *act, _nothing_last("reason"), "events", "reason"],
            descending=[False, True, False, False, False, True, False],
            nulls_last=True,
        )
        .select(*act, "reason", "events", "of")
        .collect()
    )


def acknowledgement(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """Who owns up: whether the authority confirmed the measure, denied it or kept silent, and how the author is known.

    Counting rule: every event that counts stands in exactly one row, so the rows add up to `count_events`.
    `silent` is what a source says ("did not comment"); `unknown` is that no source seen says anything of it, which
    is not silence. An attribution other than `admitted` is somebody else's word and is never an admission.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        acknowledgement, attribution, events; both in the order of their vocabularies; pairs without an event are absent.

    >>> import rightsdata as rd
    >>> rd.analysis.acknowledgement(rd.load().where(country="RU")).columns
    ['acknowledgement', 'attribution', 'events']
    """
    keys = ["acknowledgement", "attribution"]
    return (
        selection.counted(dataset, family=family, population=population)
        .group_by(keys)
        .agg(events=pl.len())
        .sort(keys, nulls_last=True)
        .with_columns(pl.col(*keys).cast(pl.String))
        .collect()
    )


def reasons_by_context(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """What officials say against what was happening at the time; neither is a cause.

    Counting rule: an event counts once in each pair of a context and a reason that it names, so the rows of a context
    may add up to more than `of`. Reason `none_stated` are events of which a source says that no reason was given;
    reason `not_found` those for which no source seen tells one; context `not_found` those of which no context is
    known, which does not mean that nothing was happening.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        context, reason, events, of (events with that context); contexts in the order of the vocabulary and
        `not_found` last; in each the most events first and the two kinds of nothing last. Pairs without an event are
        absent.

    >>> import rightsdata as rd
    >>> rd.analysis.reasons_by_context(rd.load().where(country="RU")).columns
    ['context', 'reason', 'events', 'of']
    """
    lists = (
        selection.counted(dataset, family=family, population=population)
        .select(context=_or_nothing("contexts"), reason=_or_nothing("stated_reasons"))
        .collect()
    )
    contexts = lists.lazy().select(pl.col("context").explode()).group_by("context").agg(of=pl.len())
    return (
        lists.lazy()
        .explode("context")
        .explode("reason")
        .group_by("context", "reason")
        .agg(events=pl.len())
        .join(contexts, on="context", nulls_equal=True)
        .with_columns(reason=pl.col("reason").cast(pl.String).fill_null(NOT_FOUND))
        .sort(
            ["context", _nothing_last("reason"), "events", "reason"],
            descending=[False, False, True, False],
            nulls_last=True,
        )
        .select(pl.col("context").cast(pl.String).fill_null(NOT_FOUND), "reason", "events", "of")
        .collect()
    )


def evidence_by_method(
    dataset: Dataset, *, family: str | None = "access", population: str | None = "public"
) -> pl.DataFrame:
    """By what evidence events of each technical method are known.

    Counting rule: an event counts once for each method that it names. The columns of attribution say how it is known
    who did it, and add up to `events`; `independent` counts events with an independent source, as `confidence`
    and `publisher_count` take it (see `sourcing`); `attributed` events for which some source is named for the very
    methods. Method `not_found` are events of which none is known.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        method, events, then for each term of attribution the events so known (admitted, documented, operator_says,
        third_party_says, inferred, unknown), independent, attributed; in the order of the vocabulary of methods,
        `not_found` last.

    >>> import rightsdata as rd
    >>> rd.analysis.evidence_by_method(rd.load().where(country="RU")).columns[:4]
    ['method', 'events', 'admitted', 'documented']
    """
    backed = dataset.citations.lazy().filter(pl.col("supports").list.contains("methods")).select("event_id").unique()
    return (
        selection.counted(dataset, family=family, population=population)
        .select("event_id", "attribution", "publisher_count", method=_or_nothing("methods"))
        .join(backed.with_columns(attributed=True), on="event_id", how="left")
        .explode("method")
        .group_by("method")
        .agg(
            pl.len().alias("events"),
            *((pl.col("attribution") == pl.lit(str(term))).sum().alias(str(term)) for term in Attribution),
            (pl.col("publisher_count") > 0).sum().alias("independent"),
            (pl.col("attributed") & pl.col("method").is_not_null()).sum().alias("attributed"),
        )
        .sort("method", nulls_last=True)
        .with_columns(pl.col("method").cast(pl.String).fill_null(NOT_FOUND))
        .collect()
    )


def methods(dataset: Dataset) -> pl.DataFrame:
    """What was restricted and how: effective access measures on the public by type, with methods and targets.

    Returns:
        restriction_type, events, methods (list, the most frequent first), methods_unknown (events for which none is
        known), platforms (list of names, the most frequent first).
    """
    kept = selection.counted(dataset).select(
        "event_id", pl.col("restriction_type").cast(pl.String), pl.col("methods").cast(pl.List(pl.String))
    )
    events = kept.collect()
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
        events.join(dataset.targets, on="event_id")
        .join(dataset.platforms, on="platform_id")
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


def _or_nothing(column: str) -> pl.Expr:
    """A list, or null for an empty one, which then has a row of its own when the lists are taken apart."""
    return pl.when(pl.col(column).list.len() > 0).then(column)


def _nothing_last(column: str) -> pl.Expr:
    """Sort key: named terms, then what a source says was not given, then what was not found."""
    return pl.col(column).replace_strict({"none_stated": 1, NOT_FOUND: 2}, default=0, return_dtype=pl.Int8)
