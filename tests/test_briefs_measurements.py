"""briefs.measurements: what a brief says of measurements, with verdicts and without, and what it refuses to take for verdicts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from browser import Page
from click.testing import CliRunner
from conftest import Folder

from rightsdata import briefs, cli, evidence
from rightsdata.dataset import Dataset
from rightsdata.errors import UnreadableFile
from rightsdata.vocabulary import LANGUAGES

EVENT = "ru-2025-08-calls"


def verdicts(*rows: tuple[str, str | None, str, str], event: str = EVENT) -> pl.DataFrame:
    """Rows of feature, provider, verdict and reason on WhatsApp."""
    told = [
        {
            "event_id": event,
            "country": "RU",
            "platform_id": "whatsapp",
            "feature": feature,
            "provider": provider,
            "verdict": verdict,
            "reason": reason,
        }
        for feature, provider, verdict, reason in rows
    ]
    return pl.DataFrame([dict.fromkeys(evidence.RESULT) | row for row in told], schema=evidence.RESULT)


SEEN = ("all", "ooni", "corroborated", "9 of 10 anomalous.")
UNSEEN = ("calls", None, "not_measured", "No test covers calls.")


@pytest.fixture
def dataset(folder: Folder) -> Dataset:
    made = folder.dataset()
    assert EVENT in made.events["event_id"].to_list()
    return made


def test_verdicts_stand_in_the_brief_with_their_reasons_and_their_rule(dataset: Dataset) -> None:
    page = Page(briefs.render(dataset, verdicts=verdicts(SEEN, UNSEEN)))
    assert "held against measurement series: 1 of 1" in page.text
    assert "corroborated: 1" in page.text
    assert "not measured: 1" in page.text
    assert "9 of 10 anomalous." in page.text
    assert "Measured by, each under its own licence: ooni" in page.text
    assert "This version holds no measurement data" not in page.text
    assert "places no call" not in page.text  # only what somebody looked at has a row


def test_without_a_verdict_on_its_events_a_brief_says_so(dataset: Dataset) -> None:
    other = Page(briefs.render(dataset, verdicts=verdicts(SEEN, event="ir-2022-09-other")))
    assert "held against measurement series: 0 of 1" in other.text
    assert "ooni" not in other.text
    nothing = Page(briefs.render(dataset, verdicts=verdicts(UNSEEN)))
    assert "not measured: 1" in nothing.text
    assert "What the counts say" not in nothing.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["md", pytest.param("html", marks=pytest.mark.slow)])
def test_every_language_and_kind_tells_of_verdicts(dataset: Dataset, language: str, kind: str) -> None:
    told = briefs.render(dataset, verdicts=verdicts(SEEN, UNSEEN), language=language, kind=kind)
    assert "9 of 10 anomalous" in told


def test_what_a_provider_or_reason_says_stays_text(dataset: Dataset) -> None:
    evil = '<img src=x onerror="a()">'
    html = briefs.render(dataset, verdicts=verdicts(("all", evil, "contradicted", evil)))
    body = html.split("<main")[1].split("<script")[0]
    assert "<img src=x" not in body
    assert "&lt;img src=x" in body


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"event_id": ["a"]}), "without country, platform_id"),
        (verdicts(SEEN).cast({"verdict": pl.String}).with_columns(verdict=pl.lit("maybe")), "the verdicts maybe"),
    ],
)
def test_what_are_no_verdicts_is_refused(dataset: Dataset, frame: pl.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        briefs.render(dataset, verdicts=frame)


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_verdicts_are_read_as_they_were_written(tmp_path: Path, ending: str) -> None:
    frame = verdicts(SEEN, UNSEEN).with_columns(rise=pl.Series([0.9, None]), before_from=pl.date(2025, 8, 1))
    path = tmp_path / f"verdicts{ending}"
    frame.write_parquet(path) if ending == ".parquet" else frame.write_csv(path)
    assert evidence.read(path).equals(frame)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(UnreadableFile, match="expected verdicts as `rightsdata evidence` writes them"):
        evidence.read(path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"<!doctype html>\n"])
def test_what_is_no_file_of_verdicts_is_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("verdicts.csv", "verdicts.parquet"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile, match=name):
            evidence.read(tmp_path / name)


def test_from_series_to_brief_by_the_command_line(tmp_path: Path, in_folder: Callable[[Path], None]) -> None:
    in_folder(tmp_path)
    days = pl.date_range(date(2024, 7, 1), date(2024, 8, 20), eager=True).alias("day")
    signal = {"country": "RU", "test": "signal", "platform_id": "signal", "feature": "messaging", "provider": "made-up"}
    rows = pl.concat(
        pl.DataFrame(days).with_columns(
            **{name: pl.lit(value) for name, value in signal.items()},
            network=pl.lit(network),
            ok=pl.when(pl.col("day") < date(2024, 8, 9)).then(20).otherwise(1),
            anomaly=pl.when(pl.col("day") < date(2024, 8, 9)).then(0).otherwise(19),
            confirmed=0,
            failure=0,
            license=pl.lit("CC0-1.0"),
        )
        for network in (64500, 64501, 64502)
    )
    rows.write_parquet("series.parquet")
    for words in (
        "evidence 2026.11.1 series.parquet -o verdicts.csv --country RU --platform signal",
        "brief RU --platform signal --version 2026.11.1 --evidence verdicts.csv -o brief.md",
    ):
        done = CliRunner().invoke(cli.main, words.split())
        assert done.exit_code == 0, done.output
    told = Path("brief.md").read_text(encoding="utf-8")
    assert "| made-up | corroborated | 0 of 1680 measurements anomalous before" in told
    Path("verdicts.csv").write_text("a,b\n", encoding="utf-8")
    done = CliRunner().invoke(cli.main, ["brief", "RU", "--evidence", "verdicts.csv", "-o", "other.md"])
    assert done.exit_code == 1
    assert "verdicts.csv: found no column event_id" in done.output
    assert not Path("other.md").exists()
