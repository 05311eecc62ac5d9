"""How measures come about and follow from one another: stages, ladders, escalations."""

from __future__ import annotations

import polars as pl

from rightsdata.analysis import selection, spans
from rightsdata.dataset import Dataset
from rightsdata.errors import UnknownTerm
from rightsdata.vocabulary import Stage, Status

_STEPS = {
    "reported": (Stage.REPORTED, Stage.PROPOSED),
    "announced": (Stage.ANNOUNCED,),
    "adopted": (Stage.ADOPTED,),
}
"""Stages before a measure applies, by the column of `lifecycle` that holds the first of them."""


def lifecycle(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> pl.DataFrame:
    """From the first report to the lift: when each measure took which step, and how long it took to apply.

    Counting rule: one row an event, plans too, told apart by `path`. A step counts with the first of its stages:
    `reported` takes reports and proposals. `in_force` and `lifted` are the bounds of the event's start and end.
    A step without a source stands under null: nothing is filled in between.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        event_id, country, title, path (`applied`, `abandoned` for what was dropped before it applied, else `plan`),
        then <step>_earliest and <step>_latest (dates) for each of reported, announced, adopted, in_force and lifted,
        and days_to_force_min, days_to_force_max (days, Int32, from the first of the earlier steps to the start; null
        where there is none before it or a bound is open), in the order of the dataset.
    """
    steps = {str(kind): step for step, kinds in _STEPS.items() for kind in kinds}
    first = (
        dataset.stages.lazy()
        .filter(pl.col("stage").is_in(list(steps)))
        .with_columns(step=pl.col("stage").cast(pl.String).replace_strict(steps))
        .sort("position", maintain_order=True)
        .unique(["event_id", "step"], keep="first")
        .group_by("event_id")
        .agg(
            pl.when(pl.col("step") == step).then(f"date_{bound}").max().alias(f"{step}_{bound}")
            for step in _STEPS
            for bound in ("earliest", "latest")
        )
    )
    found = selection.counted(dataset, family=family, population=population, plans=True).join(
        first, on="event_id", how="left", maintain_order="left"
    )
    first_latest = pl.min_horizontal(f"{step}_latest" for step in _STEPS)
    open_step = pl.any_horizontal(
        pl.col(f"{step}_latest").is_not_null() & pl.col(f"{step}_earliest").is_null() for step in _STEPS
    )
    first_earliest = pl.when(~open_step).then(pl.min_horizontal(f"{step}_earliest" for step in _STEPS))
    before = first_latest <= pl.col("start_latest")
    fewest = (pl.col("start_earliest") - first_latest).dt.total_days().cast(pl.Int32)
    most = (pl.col("start_latest") - first_earliest).dt.total_days().cast(pl.Int32)
    path = (
        pl.when("took_effect")
        .then(pl.lit("applied"))
        .when(pl.col("status").cast(pl.String) == Status.ABANDONED)
        .then(pl.lit("abandoned"))
        .otherwise(pl.lit("plan"))
    )
    return found.select(
        "event_id",
        "country",
        "title",
        path.alias("path"),
        *(f"{step}_{bound}" for step in _STEPS for bound in ("earliest", "latest")),
        in_force_earliest="start_earliest",
        in_force_latest="start_latest",
        lifted_earliest="end_earliest",
        lifted_latest="end_latest",
        days_to_force_min=pl.when(before & fewest.is_not_null()).then(
            pl.max_horizontal(pl.lit(0, dtype=pl.Int32), fewest)
        ),
        days_to_force_max=pl.when(before).then(most),
    ).collect()


def ladder(
    dataset: Dataset,
    platform_id: str,
    country: str,
    *,
    family: str | None = "access",
    population: str | None = "public",
) -> pl.DataFrame:
    """One platform in one country, step by step: what was planned, what applied, what followed from what.

    Counting rule: one row an event that hits the platform there, plans too, with the target's own period. Steps stand
    by the first day that their start or, for a plan, first stage may mean; a step never stands before one that it
    follows by a relation.

    Args:
        dataset: any Dataset.
        platform_id: the platform.
        country: ISO code.
        family: see `effective`; None shows fines, duties and bans on use between the steps.
        population: see `effective`.

    Returns:
        country, platform_id, platform (its name), position (Int32, from 1), event_id, title, restriction_type, features (list), start_earliest, start_latest,
        end_earliest, end_latest, last_confirmed, as_of (dates; a plan has neither start nor end), ending (see
        `timeline`; null for what never applied), status, relation (how it follows from the latest earlier step that
        it names), follows (that step's event_id; both null where it names none), known_since (first day of the first
        stage).

    Raises:
        UnknownTerm: if the dataset has no such platform.
    """
    name = dataset.platforms.filter(pl.col("platform_id") == platform_id)["name"]
    if name.is_empty():
        raise UnknownTerm(f"platform has no {platform_id!r}; see the platforms table for those it has")
    known = (
        dataset.stages.lazy().group_by("event_id").agg(known_since=pl.coalesce("date_earliest", "date_latest").min())
    )
    hit = (
        dataset.targets.lazy()
        .filter(pl.col("platform_id") == platform_id)
        .group_by("event_id", maintain_order=True)
        .agg(pl.col("feature").cast(pl.String).alias("features"), *spans.hull())
    )
    steps = (
        selection.counted(dataset, family=family, population=population, plans=True)
        .filter(pl.col("country") == country)
        .drop("start_earliest", "start_latest", "end_earliest", "end_latest")
        .join(hit, on="event_id")
        .join(known, on="event_id", how="left")
        .with_columns(
            pl.col("restriction_type", "status").cast(pl.String),
            pl.when("took_effect").then(spans.ending()),
            day=pl.coalesce("start_earliest", "start_latest", "known_since"),
        )
        .collect()
    )
    ids = steps.select("event_id", "day")
    links = _links(dataset, ids, None)
    placed = _after_what_they_follow(ids, links)
    return (
        steps.drop("day")
        .join(placed, on="event_id")
        .join(_nearest(links, placed), on="event_id", how="left")
        .sort("position")
        .select(
            "country",
            pl.lit(platform_id).alias("platform_id"),
            pl.lit(name[0]).alias("platform"),
            "position",
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
            "status",
            "relation",
            "follows",
            "known_since",
        )
    )


def escalations(dataset: Dataset, *, family: str | None = "access", population: str | None = "public") -> pl.DataFrame:
    """Chains of measures, each of which goes further than an earlier one, takes its place or widens it.

    Counting rule: measures that took effect and are linked, directly or through others, by `escalates`, `replaces` or
    `extends` make one chain; it may branch. Measures without such a link are no chain.

    Args:
        dataset: any Dataset.
        family: see `effective`.
        population: see `effective`.

    Returns:
        chain (Int32, from 1, by country and first start), position (Int32, from 1, by start; a step never stands
        before one that it follows), event_id, country, title, restriction_type, relation (how it follows from the
        latest earlier step that it names), follows (that step's event_id; both null where it names none),
        start_earliest, start_latest.
    """
    events = selection.counted(dataset, family=family, population=population).select(
        "event_id",
        "country",
        "title",
        pl.col("restriction_type").cast(pl.String),
        "start_earliest",
        "start_latest",
        day=pl.coalesce("start_earliest", "start_latest"),
    )
    ids = events.select("event_id", "day").collect()
    links = _links(dataset, ids, spans.SUPERSEDING)
    linked = pl.concat([links["event_id"], links["follows"]]).unique().to_frame("event_id")
    ids = ids.join(linked, on="event_id", how="semi")
    placed = _after_what_they_follow(ids, links)
    ranks = _components(ids.select("event_id").sort("event_id").with_row_index("root"), links)
    return (
        events.join(placed.lazy(), on="event_id")
        .join(ranks.lazy(), on="event_id")
        .join(_nearest(links, placed).lazy(), on="event_id", how="left")
        .with_columns(
            first_country=pl.col("country").sort_by("position").first().over("root"),
            first_day=pl.col("day").min().over("root"),
            position=pl.col("position").rank("ordinal").over("root").cast(pl.Int32),
        )
        .sort("first_country", "first_day", "root", "position")
        .with_columns(chain=pl.col("root").rle_id().cast(pl.Int32) + 1)
        .select(
            "chain",
            "position",
            "event_id",
            "country",
            "title",
            "restriction_type",
            "relation",
            "follows",
            "start_earliest",
            "start_latest",
        )
        .collect()
    )


def _links(dataset: Dataset, ids: pl.DataFrame, kinds: tuple[str, ...] | None) -> pl.DataFrame:
    """event_id, follows, relation: which of these events follow from which, by these relations or any."""
    links = dataset.relations.select("event_id", pl.col("relation").cast(pl.String), follows="related_id")
    if kinds is not None:
        links = links.filter(pl.col("relation").is_in([str(kind) for kind in kinds]))
    return links.join(ids, on="event_id", how="semi").join(ids.select(follows="event_id"), on="follows", how="semi")


def _after_what_they_follow(ids: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """event_id, position: by day and id, but none before one that it follows.

    Each pass pushes steps to the day of, and behind, what they follow; it ends when nothing moves, or, where
    relations run in a circle, after as many passes as there are steps.
    """
    placed = ids.with_columns(depth=pl.lit(0, dtype=pl.Int32))
    for _ in range(ids.height):
        before = links.join(placed.rename({"event_id": "follows"}), on="follows")
        pushed = before.sort("day", "depth").group_by("event_id").agg(pl.col("day").last(), pl.col("depth").last() + 1)
        moved = placed.join(pushed, on="event_id", how="left", suffix="_after", maintain_order="left").with_columns(
            later=pl.col("day_after") > pl.col("day"), same=pl.col("day_after") == pl.col("day")
        )
        following = moved.select(
            "event_id",
            day=pl.when("later").then("day_after").otherwise("day"),
            depth=pl.when("later")
            .then("depth_after")
            .when("same")
            .then(pl.max_horizontal("depth", "depth_after"))
            .otherwise("depth"),
        )
        if following.equals(placed):
            break
        placed = following
    return placed.sort("day", "depth", "event_id").select(
        "event_id", position=pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
    )


def _nearest(links: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """event_id, relation, follows: of several earlier steps that one names, the latest."""
    return (
        links.join(placed, on="event_id")
        .join(placed.select(follows="event_id", earlier="position"), on="follows")
        .filter(pl.col("earlier") < pl.col("position"))
        .sort("event_id", "earlier", "relation")
        .group_by("event_id")
        .agg(pl.col("relation", "follows").last())
    )


def _components(ids: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """event_id, root: the same for all that are linked; each pass takes the least root among neighbours."""
    both = pl.concat([links.select("event_id", "follows"), links.select(event_id="follows", follows="event_id")])
    while True:
        least = (
            both.join(ids.rename({"event_id": "follows"}), on="follows")
            .group_by("event_id")
            .agg(near=pl.col("root").min())
        )
        lowered = ids.join(least, on="event_id", how="left", maintain_order="left").select(
            "event_id", root=pl.min_horizontal("root", "near")
        )
        if lowered.equals(ids):
            return ids
        ids = lowered
