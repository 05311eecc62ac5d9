"""Records to a validated Dataset: every problem by file, line and field, and every derived column in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dataframely as dy
import polars as pl

from rightsdata import dates, files, notation, records, schema, validation
from rightsdata import vocabulary as v
from rightsdata.dataset import UNRELEASED, Dataset, from_tables
from rightsdata.errors import InvalidData, Problem


def build(rows: records.Rows, version: str = UNRELEASED) -> Dataset:
    """The Dataset of these records.

    Raises:
        InvalidData: if any record breaks a rule, with every problem at once.
    """
    problems, frames = examine(rows)
    if any(problem.severity == "error" for problem in problems):
        raise InvalidData(problems)
    return from_tables(_derive(frames), version=version)


def check(rows: records.Rows) -> list[Problem]:
    """Every problem of these records, errors and warnings, in the order of files and lines."""
    return examine(rows)[0]


def examine(rows: records.Rows) -> tuple[list[Problem], dict[str, pl.DataFrame]]:
    """Every problem of these records, and the typed frames of their coded columns, sources once for every citation."""
    unread = {name for name in records.REFERENCE if name in rows.unread}
    frames = {name: _frame(name, rows.tables[name]) for name in schema.CODED if name not in unread | {"terms"}}
    incomplete = {(name, -1, "event_id") for name in rows.unread - unread}
    report = validation.inspect(frames, rows.bad | incomplete, repeated={"sources"})
    problems = rows.problems + [_problem(finding, rows) for finding in report.findings]
    for file, comments in rows.loose.items():
        remedy = "Run `rightsdata check --fix`."
        if comments:
            remedy = "Move what its comments say into a note or the commit message, then run `rightsdata check --fix`."
        line = comments[0] if comments else 1
        expected = "the canonical form"
        problems.append(Problem(file, line, "layout", "another layout", expected, remedy, "canonical_form", "warning"))
    problems.sort(key=lambda problem: (problem.file, problem.line))
    return problems, report.frames


def fix(rows: records.Rows) -> tuple[list[str], list[Problem]]:
    """Rewrite the files that are not in canonical form, and nothing else about them.

    Files that cannot be read whole, or hold keys that the schema does not know, are not among them: they are left alone.

    Returns:
        The files that were rewritten, and a problem for each that was refused because its comments would be lost.
    """
    fixed: list[str] = []
    refused: list[Problem] = []
    for file, comments in rows.loose.items():
        path = rows.root / file
        if comments:
            remedy = "Move what it says into a note, or into the commit message; then run --fix again."
            expected = "a file without comments"
            refused.append(Problem(file, comments[0], "layout", "a comment", expected, remedy, "comment_would_be_lost"))
            continue
        if path.suffix == ".csv":
            text = records.write_table(path.stem, rows.tables[path.stem])
        else:
            text = records.write_event(notation.parse(path.read_text(encoding="utf-8"), file).value or {})
        files.write(path, text)
        fixed.append(file)
    return fixed, refused


# ------------------------------------------------------------------- rows to frames


def _terms() -> pl.DataFrame:
    """The vocabularies as a table."""
    unchecked = [language for language in v.LANGUAGES if language not in v.LABELS_CHECKED]
    rows = [
        {
            "vocabulary": name,
            "code": str(term),
            "position": position,
            "definition": term.definition,
            **{f"label_{language}": term.label(language) for language in v.LANGUAGES},
            "labels_unchecked": unchecked,
        }
        for name, kind in v.VOCABULARIES.items()
        for position, term in enumerate(kind, start=1)
    ]
    return schema.TermRow.cast(pl.DataFrame(rows, schema_overrides={"position": pl.Int16}))


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    def raw(key: str, column: dy.Column) -> pl.DataType:
        if key == "position":
            return column.dtype
        return pl.List(pl.String) if isinstance(column, dy.List) else pl.String()

    return pl.DataFrame(
        {
            key: pl.Series(key, [row[key] for row in rows], dtype=raw(key, column))
            for key, column in schema.COLUMNS[name].items()
        }
    )


def coded(name: str, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a typed table as records hold them, which `_frame` makes into a frame again."""
    columns = [
        pl.col(key) if isinstance(column, dy.List) or key == "position" else pl.col(key).cast(pl.String)
        for key, column in schema.COLUMNS[name].items()
    ]
    return frame.select(columns).to_dicts()


def _problem(finding: validation.Finding, rows: records.Rows) -> Problem:
    places = rows.places
    column = "sources" if finding.field == "source_ids" else finding.field
    if finding.row < 0 or not places[finding.table]:
        file, line, name = f"table {finding.table}", 0, column
    else:
        place = places[finding.table][finding.row]
        file, line = place.file, place.of(column, finding.item)
        name = column if finding.table in ("events", *records.REFERENCE) else f"{_list_of(finding.table)}.{column}"
    found, expected, also = finding.found, finding.expected, ""
    if finding.twin is not None:
        twin = places[finding.table][finding.twin]
        there = rows.named(twin.file, twin.of(column))
        if finding.rule == "duplicate_key":
            found = f"{found} again, as in {there}"
        elif finding.rule == "source_details_agree":
            expected = f"{expected}, as in {there}"
        else:
            found = f"{found} ({there})"
        also = twin.file
    return Problem(file, line, name, found, expected, finding.remedy, finding.rule, finding.severity, also)


def _list_of(table: str) -> str:
    return "sources" if table == "citations" else table


# ------------------------------------------------------------------- derived columns


def _derive(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All tables with their derived columns, sorted by key; platforms and publishers that nothing uses are left out."""
    coded = {name: frame.drop("row") for name, frame in frames.items()} | {"terms": _terms()}
    coded["sources"] = coded["sources"].group_by("source_id", maintain_order=True).agg(pl.all().drop_nulls().first())
    stages, sources = _with_bounds(coded["stages"], "date"), _with_bounds(coded["sources"], "published")
    tables = {
        **coded,
        "stages": stages,
        "sources": sources,
        "responses": _with_bounds(coded["responses"], "date"),
        "events": _events(coded, stages, sources),
        "targets": _targets(coded),
        "platforms": coded["platforms"].join(coded["targets"], on="platform_id", how="semi"),
        "publishers": coded["publishers"].join(
            pl.concat([sources["publisher"], sources["syndicated_from"]]).to_frame("publisher"),
            on="publisher",
            how="semi",
        ),
    }
    order = {"citations": ["event_id", "position", "source_id"], "terms": ["vocabulary", "position", "code"]}
    return {
        name: schema.TABLES[name].cast(tables[name]).sort(order.get(name, schema.TABLES[name].primary_key())).rechunk()
        for name in schema.TABLES
    }


def _with_bounds(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    bound = dates.bounds(column)
    return frame.with_columns(**{f"{column}_earliest": bound.earliest, f"{column}_latest": bound.latest})


def _targets(coded: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    periods = coded["events"].select("event_id", event_start="start", event_end="end")
    own = (
        coded["targets"]
        .join(periods, on="event_id")
        .with_columns(from_=pl.coalesce("start", "event_start"), to_=pl.coalesce("end", "event_end"))
    )
    start, end = dates.bounds("from_"), dates.bounds("to_")
    return own.with_columns(
        start_earliest=start.earliest, start_latest=start.latest, end_earliest=end.earliest, end_latest=end.latest
    )


def _events(coded: Mapping[str, pl.DataFrame], stages: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    start, end = dates.bounds("start"), dates.bounds("end")
    families = {kind.value: kind.family.value for kind in v.RestrictionType}
    joined = (
        coded["events"]
        .join(_road(stages), on="event_id", how="left")
        .join(_sourcing(coded, sources), on="event_id", how="left")
        .join(
            coded["targets"].group_by("event_id").agg(platforms=pl.col("platform_id").unique().sort()),
            on="event_id",
            how="left",
        )
        .join(
            coded["legal_bases"].group_by("event_id").agg(legal_basis_types=pl.col("type").unique().sort()),
            on="event_id",
            how="left",
        )
        .with_columns(
            family=pl.col("restriction_type").cast(pl.String).replace_strict(families, return_dtype=pl.String),
            start_earliest=start.earliest,
            start_latest=start.latest,
            start_approximate=start.approximate.fill_null(False),
            end_earliest=end.earliest,
            end_latest=end.latest,
            end_approximate=end.approximate.fill_null(False),
            as_of=pl.max_horizontal("last_stage_day", "last_source_day"),
            over_by=pl.max_horizontal("last_stage_latest", "last_source_latest"),
            last_confirmed=pl.when(pl.col("took_effect") & pl.col("vouched").is_not_null()).then(
                pl.max_horizontal("vouched", pl.when("ongoing").then("ongoing_source_day"), start.earliest)
            ),
            took_effect=pl.col("took_effect").fill_null(False),
            legal_basis_types=pl.col("legal_basis_types").fill_null([]),
        )
    )
    return joined.with_columns(_status(), *_days())


def _road(stages: pl.DataFrame) -> pl.DataFrame:
    effective = pl.col("stage").cast(pl.String).is_in([stage.value for stage in v.EFFECTIVE_STAGES])
    return (
        stages.sort("event_id", "position")
        .group_by("event_id")
        .agg(
            took_effect=effective.any(),
            vouched=pl.coalesce("date_earliest", "date_latest").filter(effective).max(),
            last_stage=pl.col("stage").cast(pl.String).last(),
            last_stage_day=pl.coalesce("date_earliest", "date_latest").max(),
            last_stage_latest=pl.col("date_latest").max(),
        )
    )


def _sourcing(coded: Mapping[str, pl.DataFrame], sources: pl.DataFrame) -> pl.DataFrame:
    """Counts of sources and of independent publishers by event.

    A page counts if its publisher is known to be independent, is no aggregator and no party to the event. A copy
    counts as the text that it copies, if that is known to be independent too: an agency story counts once however
    many outlets print it, and a state agency's story does not count in an independent outlet either.
    """
    control = coded["publishers"].select("publisher", "aggregator", control=pl.col("control").cast(pl.String))
    counted = (
        coded["citations"]
        .join(
            sources.select(
                "source_id",
                "publisher",
                "published_latest",
                published=pl.coalesce("published_earliest", "published_latest"),
                origin=pl.coalesce("syndicated_from", "publisher"),
            ),
            on="source_id",
        )
        .join(control, on="publisher", how="left")
        .join(control.select(origin="publisher", origin_control="control"), on="origin", how="left")
        .with_columns(backs_ongoing=pl.col("supports").cast(pl.List(pl.String)).list.contains("ongoing"))
    )
    known = pl.lit(v.Control.INDEPENDENT.value)
    independent = (
        (pl.col("control") == known) & (pl.col("origin_control") == known) & ~pl.col("aggregator") & ~pl.col("party")
    ).fill_null(False)
    return (
        counted.group_by("event_id")
        .agg(
            last_source_day=pl.col("published").max(),
            last_source_latest=pl.col("published_latest").max(),
            ongoing_source_day=pl.col("published").filter(pl.col("backs_ongoing")).max(),
            source_count=pl.len(),
            publisher_count=pl.col("origin").filter(independent).n_unique(),
        )
        .with_columns(
            confidence=pl.when(pl.col("publisher_count") >= 2)
            .then(pl.lit(v.Confidence.HIGH.value))
            .when(pl.col("publisher_count") == 1)
            .then(pl.lit(v.Confidence.MEDIUM.value))
            .otherwise(pl.lit(v.Confidence.LOW.value))
        )
    )


def _status() -> pl.Expr:
    """Where the measure stood on as_of; the rule is the schema's: effect and `ongoing` decide, then the last stage."""
    suggested = {stage.value: str(stage.implies) for stage in v.Stage}
    hint = pl.col("last_stage").replace_strict(suggested, default=None, return_dtype=pl.String)
    suspended = hint == v.Status.SUSPENDED.value
    dropped = hint.is_in([v.Status.ENDED.value, v.Status.ABANDONED.value]) | pl.col("ongoing").eq_missing(pl.lit(False))

    def word(status: v.Status) -> pl.Expr:
        return pl.lit(status.value)

    applied = (
        pl.when(pl.col("ongoing").eq_missing(pl.lit(False)))
        .then(word(v.Status.ENDED))
        .when(suspended)
        .then(word(v.Status.SUSPENDED))
        .when(pl.col("ongoing").is_null())
        .then(word(v.Status.UNKNOWN))
        .otherwise(word(v.Status.IN_FORCE))
    )
    planned = (
        pl.when(dropped)
        .then(word(v.Status.ABANDONED))
        .when(suspended)
        .then(word(v.Status.SUSPENDED))
        .otherwise(word(v.Status.PLANNED))
    )
    return pl.when("took_effect").then(applied).otherwise(planned).alias("status")


def _days() -> tuple[pl.Expr, pl.Expr]:
    """Fewest and most days of the period, the first and the last day counted.

    Fewest: from the latest start to the earliest end, or else to the last day that is confirmed. Most: from the
    earliest start to the latest end, or, where it is over and the day not known, to the last day that the newest
    source or stage may mean.
    """
    over = pl.col("ongoing").eq_missing(pl.lit(False))
    fewest = (pl.coalesce("end_earliest", "last_confirmed") - pl.col("start_latest")).dt.total_days() + 1
    most = (pl.coalesce("end_latest", pl.when(over).then("over_by")) - pl.col("start_earliest")).dt.total_days() + 1
    applied = pl.col("took_effect") & pl.col("start").is_not_null()
    return (
        pl.when(applied).then(pl.max_horizontal(pl.lit(1), fewest.fill_null(1))).alias("min_days"),
        pl.when(applied & most.is_not_null()).then(pl.max_horizontal(pl.lit(1), most)).alias("max_days"),
    )
