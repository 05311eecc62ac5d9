"""Drafts: records made from a provider's rows, with an account of what became of every row; people check them.

A draft says nothing that its row does not say, and lies beside the dataset, never in it: `dataset` gives the drafts as a
Dataset of their own, `write` as a data folder that `rightsdata check` and `build` take.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from rightsdata import build, cells, files, notation, records, schema, series
from rightsdata.dataset import Dataset
from rightsdata.errors import ReleaseError

OUTCOMES = ("mapped", "merged", "review", "refused")
"""What can become of a row: a draft, or measurements; part of what another row began; a person must look, whether or not
there is a draft; nothing, with the reason."""

ROWS: dict[str, pl.DataType] = {
    "file": pl.String(),
    "sheet": pl.String(),
    "row": pl.Int64(),
    "outcome": pl.Enum(OUTCOMES),
    "event_ids": pl.List(pl.String),
    "why": pl.String(),
    "losses": pl.List(pl.String),
    "original": pl.String(),
}
"""The account: a row of a file by its place, what became of it and why, losses as "field: loss", and the row verbatim as JSON."""

CSV_ROWS = 1_000_000
"""Rows of review.csv at the most: what a spreadsheet opens."""


@dataclass(slots=True)
class Row:
    """A row of a provider's file, while it is looked at."""

    file: str
    sheet: str | None
    row: int
    original: Mapping[str, Any]
    outcome: str = "mapped"
    event_ids: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)

    def send(self, outcome: str, why: str) -> None:
        """Say what becomes of the row and why; a refusal stands, and a review outlives a mapping."""
        if OUTCOMES.index(outcome) > OUTCOMES.index(self.outcome):
            self.outcome = outcome
        self.why.append(why)

    def lose(self, field: str, loss: str) -> None:
        """Note how a field of the draft stands to the row; `exact` needs no note."""
        note = f"{field}: {loss}"
        if loss != "exact" and note not in self.losses:
            self.losses.append(note)


def account(rows: Iterable[Row]) -> pl.DataFrame:
    """The rows as a frame of ROWS."""
    verbatim = json.JSONEncoder(ensure_ascii=False, default=str).encode
    return pl.DataFrame(
        [
            (
                one.file,
                one.sheet,
                one.row,
                one.outcome,
                one.event_ids,
                "; ".join(one.why) or None,
                one.losses,
                verbatim(one.original),
            )
            for one in rows
        ],
        schema=ROWS,
        orient="row",
    )


def areas(named: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Areas as rows write them: event_id and name, a row for each pair."""
    return pl.DataFrame([*named], schema={"event_id": pl.String, "name": pl.String}, orient="row")


@dataclass(frozen=True, slots=True)
class Import:
    """What a provider's files gave.

    Attributes:
        provider: its short name, in every draft's `provider`.
        license: SPDX id of its rows; what is not in `schema.REDISTRIBUTABLE` never enters a release.
        records: the drafts, each as `records.write_event` takes it.
        rows: the account of every row, as ROWS; nothing that was in the files is missing from it.
        reference: the dataset whose platforms, publishers and countries the drafts use.
        tables: rows of these tables that the drafts need and the dataset lacks, by table.
        found: what the files hold that is no event, such as tested addresses or orders; None if all is events.
        places: event_id and name of the areas as the rows write them, for `matching.match`; None if they write none.
        series: measurements as `series.Measurement` holds them, columns of `series.TYPES`, for `evidence.corroborate`; None for a provider of events alone.
        notes: what the files lack as a whole, a sentence each, such as later pages of an answer.
    """

    provider: str
    license: str
    records: Sequence[Mapping[str, Any]]
    rows: pl.DataFrame
    reference: Dataset
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    found: pl.DataFrame | None = None
    places: pl.DataFrame | None = None
    series: pl.DataFrame | None = None
    notes: Sequence[str] = ()

    @property
    def report(self) -> dict[str, int]:
        """How many rows there were, and of them how many were mapped, merged, sent to review and refused."""
        counts = Counter(dict(self.rows["outcome"].cast(pl.String).value_counts().iter_rows()))
        return {"rows": self.rows.height, **{outcome: counts[outcome] for outcome in OUTCOMES}}

    def __repr__(self) -> str:
        told = ", ".join(f"{count:,} {name}" for name, count in self.report.items())
        return f"<Import {self.provider}: {len(self.records):,} drafts; {told}>"

    def dataset(self) -> Dataset:
        """The drafts as a Dataset, unreleased, under the provider's licence.

        Raises:
            InvalidData: if a draft breaks a rule, with every problem at once.
        """
        rows = records.Rows(Path())
        for name, table in self._tables().items():
            for row in table:
                rows.tables[name].append(row)
                rows.places[name].append(records.Place(f"reference/{name}.csv", 0))
        for record in self.records:
            records.add_event(rows, notation.Record(dict(record), {}, [], [], set()), _file(record))
        return replace(build.build(rows), license=self.license)

    def _tables(self) -> dict[str, list[dict[str, Any]]]:
        """The reference tables: the dataset's rows that the drafts use, and their own."""
        platforms = {one["platform_id"] for record in self.records for one in record.get("targets", ())}
        publishers = {one["publisher"] for record in self.records for one in record.get("sources", ())}
        cited = {"platforms": platforms, "publishers": publishers}
        found: dict[str, list[dict[str, Any]]] = {}
        for name in records.REFERENCE:
            (key,) = schema.CODED[name].primary_key()
            frame = self.reference.tables[name] if name != "retired" else self.reference.retired.clear()
            rows = {row[key]: row for row in (*self.tables.get(name, ()), *build.coded(name, frame))}
            found[name] = [
                {column: row.get(column) for column in schema.COLUMNS[name]}
                for one, row in rows.items()
                if name not in cited or one in cited[name]
            ]
        return found

    def write(self, folder: Path) -> Path:
        """Write the drafts as a data folder with the account beside them; all of it, or nothing.

        In it: events/<CC>/<event_id>.yaml; reference/*.csv, what of the tables they use; rows.parquet, the account; review.csv, the rows that a person must look at; report.json; found.parquet where there is more than events; places.parquet, the areas as the rows write them; series.parquet, measurements that `rightsdata evidence` reads.

        Raises:
            ReleaseError: if the folder is there already.
        """
        if folder.exists():
            raise ReleaseError(f"{folder} is there already; name a folder that is not, so that no work in it is lost")
        with files.folder(folder) as draft:
            for record in self.records:
                path = draft / _file(record)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(records.write_event(record), encoding="utf-8", newline="")
            (draft / "reference").mkdir()
            for name, table in self._tables().items():
                text = records.write_table(name, table)
                (draft / "reference" / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
            self.rows.write_parquet(draft / series.ACCOUNT)
            (draft / "review.csv").write_text(review(self.rows), encoding="utf-8", newline="")
            if self.found is not None:
                self.found.write_parquet(draft / "found.parquet")
            if self.places is not None:
                self.places.write_parquet(draft / "places.parquet")
            report: dict[str, Any] = {
                "provider": self.provider,
                "license": self.license,
                "drafts": len(self.records),
                **self.report,
            }
            if self.series is not None:
                self.series.write_parquet(draft / series.IMPORTED)
                report["series"] = self.series.height
            if self.notes:
                report["notes"] = list(self.notes)
            (draft / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        return folder


def _file(record: Mapping[str, Any]) -> str:
    return f"events/{record['country']}/{record['event_id']}.yaml"


def review(rows: pl.DataFrame) -> str:
    """The rows that a person must look at, and those that were refused, as CSV; cells that could run are defused."""
    shown = rows.filter(pl.col("outcome").is_in(["review", "refused"])).head(CSV_ROWS)
    return cells.text(shown.select("file", "sheet", "row", "outcome", "why", "event_ids", "losses", "original"))


def unsaid(provider: str, license: str) -> dict[str, Any]:
    """The fields that every draft of a provider has, each with what stands there where its rows say nothing."""
    return {
        "initiator": "unattributed",
        "attribution": "unknown",
        "population": "public",
        "pattern": "continuous",
        "start": None,
        "end": None,
        "ongoing": None,
        "acknowledgement": "unknown",
        "review": "machine_coded",
        "provider": provider,
        "license": license,
    }


def event_id(country: str, day: str | None, provider: str, *key: object) -> str:
    """The id of a draft: country, month where known, provider, and eight digits of the row's own key; the same in every run."""
    digits = hashlib.sha256(json.dumps(key, ensure_ascii=False, default=str).encode()).hexdigest()[:8]
    return "-".join([country.lower(), *([day[:7]] if day else []), provider.replace("_", "-"), digits])
