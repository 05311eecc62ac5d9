"""Records to a validated Dataset: every problem by file, line and field, and every derived column in one place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from rightsdata import dates, records, schema, validation
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
    """Every problem of these records, and the typed frames of their coded columns."""
    tables, places, bad, problems = _one_row_a_page(rows)
    tables["terms"] = _term_rows()
    frames = {name: _frame(name, tables[name]) for name in schema.CODED}
    report = validation.inspect(frames, bad)
    problems += rows.problems
    for finding in report.findings:
        problems.append(_problem(finding, places))
    for file in rows.loose:
        remedy = "Run `rightsdata check --fix`."
        problems.append(Problem(file, 1, "layout", "another layout", "the canonical form", remedy, "canonical_form", "warning"))
    problems.sort(key=lambda problem: (problem.file, problem.line))
    return problems, report.frames


def fix(rows: records.Rows) -> tuple[list[str], list[Problem]]:
    """Rewrite the files that are not in canonical form, and nothing else about them.

    Returns:
        The files that were rewritten, and the problems of those that were refused: files with comments, which
        would be lost, and files that cannot be read whole.
    """
    fixed: list[str] = []
    refused: list[Problem] = []
    for file in rows.loose:
        path = rows.root / file
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            name = path.stem
            rewritten = records.write_table(name, rows.tables[name])
        else:
            record = records.parse(text, file)
            assert record.value is not None
            if record.comments:
                line = record.comments[0]
                remedy = "Move what it says into a note, or into the commit message; then run --fix again."
                refused.append(Problem(file, line, "layout", "a comment", "a file without comments", remedy, "comment_would_be_lost"))
                continue
            rewritten = records.write_event(record.value)
            if not _says_the_same(record.value, records.parse(rewritten, file).value):
                remedy = "Mend the other problems of the file first; rewriting it now would lose something."
                refused.append(Problem(file, 1, "layout", "keys that the schema does not know", "a whole record", remedy, "not_rewritten"))
                continue
        if any(problem.file == file and problem.rule.startswith("csv_") for problem in rows.problems):
            continue
        _replace(path, rewritten)
        fixed.append(file)
    return fixed, refused


def _says_the_same(one: Any, other: Any) -> bool:
    """Equal but for nulls, empty lists and the defaults that the canonical form leaves out."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            inner = {key: bare(item) for key, item in value.items()}
            defaults = {"provider": schema.PROVIDER, "license": schema.LICENSE, "party": "false"}
            return {key: item for key, item in inner.items() if item not in (None, [], {}) and defaults.get(key) != item}
        return [bare(item) for item in value] if isinstance(value, list) else value

    return bool(bare(one) == bare(other))


def _replace(path: Path, text: str) -> None:
    """Write beside the file and move into place, so that a reader sees the old text or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


# ------------------------------------------------------------------- rows to frames


def _one_row_a_page(
    rows: records.Rows,
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[records.Place]], set[validation.Cell], list[Problem]]:
    """The rows with one row for each page, however many events cite it; details that clash are problems."""
    first: dict[str, int] = {}
    merged: list[dict[str, Any]] = []
    places: list[records.Place] = []
    moved: dict[int, int] = {}
    problems: list[Problem] = []
    for number, (row, place) in enumerate(zip(rows.tables["sources"], rows.places["sources"], strict=True)):
        identity = row["source_id"]
        if identity is None or identity not in first:
            moved[number] = len(merged)
            if identity is not None:
                first[identity] = len(merged)
            merged.append(dict(row))
            places.append(place)
            continue
        moved[number] = first[identity]
        kept, where = merged[first[identity]], places[first[identity]]
        for key, value in row.items():
            if kept[key] is None or value is None:
                kept[key] = value if kept[key] is None else kept[key]
            elif kept[key] != value:
                expected = f"{validation.shown(kept[key])}, as in {where.file}:{where.of(key)}"
                remedy = "One page has one set of details: correct one of the two."
                problems.append(Problem(place.file, place.of(key), f"sources.{key}", validation.shown(value), expected, remedy, "source_details_agree"))
    bad = {(table, moved[row] if table == "sources" else row, key) for table, row, key in rows.bad}
    tables = {**rows.tables, "sources": merged}
    return tables, {**rows.places, "sources": places}, bad, problems


def _term_rows() -> list[dict[str, Any]]:
    unchecked = [language for language in v.LANGUAGES if language not in v.LABELS_CHECKED]
    return [
        {
            "vocabulary": name,
            "code": term.value,
            "position": position,
            "definition": term.definition,
            **{f"label_{language}": term.label(language) for language in v.LANGUAGES},
            "labels_unchecked": unchecked,
        }
        for name, kind in v.VOCABULARIES.items()
        for position, term in enumerate(kind, start=1)
    ]


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    def raw(key: str, column: dy.Column) -> pl.DataType:
        if key == "position":
            return column.dtype
        return pl.List(pl.String) if isinstance(column, dy.List) else pl.String()

    return pl.DataFrame(rows, schema={key: raw(key, column) for key, column in schema.COLUMNS[name].items()})


def _problem(finding: validation.Finding, places: Mapping[str, list[records.Place]]) -> Problem:
    if finding.row < 0 or not places.get(finding.table):
        file, line, name = f"table {finding.table}", 0, finding.field
    else:
        place = places[finding.table][finding.row]
        key = "sources" if finding.field == "source_ids" else finding.field
        file, line = place.file, place.of(key, finding.item)
        name = key if finding.table in ("events", *records.REFERENCE) else f"{_list_of(finding.table)}.{key}"
    found = finding.found
    if finding.twin is not None:
        twin = places[finding.table][finding.twin]
        found = f"{found} again, as in {twin.file}:{twin.line}"
    return Problem(file, line, name, found, finding.expected, finding.remedy, finding.rule, finding.severity)


def _list_of(table: str) -> str:
    return "sources" if table == "citations" else table


# ------------------------------------------------------------------- derived columns


def _derive(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All tables with their derived columns, sorted by key; platforms and publishers that nothing uses are left out."""
    coded = {name: frame.drop("row") for name, frame in frames.items()}
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
            pl.concat([sources["publisher"], sources["syndicated_from"]]).to_frame("publisher"), on="publisher", how="semi"
        ),
    }
    order = {"citations": ["event_id", "position", "source_id"], "terms": ["vocabulary", "position", "code"]}
    return {
        name: schema.TABLES[name].cast(tables[name]).sort(order.get(name, schema.TABLES[name].primary_key())).rechunk() for name in schema.TABLES
    }


def _with_bounds(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    bound = dates.bounds(column)
    return frame.with_columns(**{f"{column}_earliest": bound.earliest, f"{column}_latest": bound.latest})


def _targets(coded: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    periods = coded["events"].select("event_id", event_start="start", event_end="end")
    own = coded["targets"].join(periods, on="event_id").with_columns(from_=pl.coalesce("start", "event_start"), to_=pl.coalesce("end", "event_end"))
    start, end = dates.bounds("from_"), dates.bounds("to_")
    return own.with_columns(start_earliest=start.earliest, start_latest=start.latest, end_earliest=end.earliest, end_latest=end.latest)


def _events(coded: Mapping[str, pl.DataFrame], stages: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    start, end = dates.bounds("start"), dates.bounds("end")
    families = {kind.value: kind.family.value for kind in v.RestrictionType}
    joined = (
        coded["events"]
        .join(_road(stages), on="event_id", how="left")
        .join(_sourcing(coded, sources), on="event_id", how="left")
        .join(coded["targets"].group_by("event_id").agg(platforms=pl.col("platform_id").unique().sort()), on="event_id", how="left")
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
            vouched=pl.col("date_earliest").filter(effective).max(),
            last_stage=pl.col("stage").cast(pl.String).last(),
            last_stage_day=pl.col("date_earliest").max(),
        )
    )


def _sourcing(coded: Mapping[str, pl.DataFrame], sources: pl.DataFrame) -> pl.DataFrame:
    """Counts of sources and of independent publishers by event.

    A page counts if its publisher is known to be independent and is not a party to the event; a copy counts as the text
    that it copies, so that an agency story counts once however many outlets print it.
    """
    counted = (
        coded["citations"]
        .join(sources.select("source_id", "published_earliest", "publisher", origin=pl.coalesce("syndicated_from", "publisher")), on="source_id")
        .join(coded["publishers"].select("publisher", "control", "aggregator"), on="publisher", how="left")
    )
    independent = (
        (pl.col("control").cast(pl.String) == v.Control.INDEPENDENT.value) & ~pl.col("aggregator") & ~pl.col("party")
    ).fill_null(False)
    return (
        counted.group_by("event_id")
        .agg(
            last_source_day=pl.col("published_earliest").max(),
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
        pl.when(dropped).then(word(v.Status.ABANDONED)).when(suspended).then(word(v.Status.SUSPENDED)).otherwise(word(v.Status.PLANNED))
    )
    return pl.when("took_effect").then(applied).otherwise(planned).alias("status")


def _days() -> tuple[pl.Expr, pl.Expr]:
    """Fewest and most days of the period, the first and the last day counted.

    Fewest: from the latest start to the earliest end; to as_of while it goes on; else to the last stage that shows
    effect. Most: from the earliest start to the latest end; to as_of where it is over and the day not known.
    """
    over = pl.col("ongoing").eq_missing(pl.lit(False))
    known_on = pl.when("ongoing").then("as_of").otherwise("vouched")
    fewest = (pl.coalesce("end_earliest", known_on) - pl.col("start_latest")).dt.total_days() + 1
    most = (pl.coalesce("end_latest", pl.when(over).then("as_of")) - pl.col("start_earliest")).dt.total_days() + 1
    applied = pl.col("took_effect") & pl.col("start").is_not_null()
    return (
        pl.when(applied & pl.col("start_latest").is_not_null()).then(pl.max_horizontal(pl.lit(1), fewest.fill_null(1))).alias("min_days"),
        pl.when(applied & most.is_not_null()).then(pl.max_horizontal(pl.lit(1), most)).alias("max_days"),
    )
