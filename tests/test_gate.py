"""gate: what readers get is looked at once more, and a fault of every kind is caught."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from browser import asked, browse, needs_browser
from conftest import Folder

from rightsdata import errors, expectations, gate, reading, release, schema
from rightsdata.errors import GateError, IntegrityError

Change = Callable[[pl.DataFrame], pl.DataFrame]

RU, IR = "ru-2025-08-calls", "ir-2024-plan"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("original")
    return release.write(Folder(place / "data").dataset("2026.11.0"), place / "2026.11.0")


@pytest.fixture
def written(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(original, tmp_path / "spoilt"))


def rewrite(folder: Path, table: str, change: Change) -> None:
    """Write a table anew with a change, and its metadata as they were."""
    path = folder / f"{table}.parquet"
    data = io.BytesIO(path.read_bytes())
    metadata = pl.read_parquet_metadata(data)
    change(pl.read_parquet(data)).write_parquet(path, metadata={"version": metadata["version"]})


def put(column: str, value: object, row: int = 0) -> Change:
    """One value in one row."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        values = frame[column].to_list()
        values[row] = value
        return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))

    return change


def add(**values: object) -> Change:
    """One more row, like the first but for these values."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([frame, pl.DataFrame([frame.row(0, named=True) | values], schema=frame.schema)])

    return change


def halve(column: str) -> Change:
    """A column in which every other row tells nothing."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        nothing: object = [] if isinstance(frame.schema[column], pl.List) else 0 if column.endswith("count") else None
        rows = enumerate(frame[column].to_list())
        values = [value if row % 2 else nothing for row, value in rows]
        return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))

    return change


def half(frame: pl.DataFrame) -> pl.DataFrame:
    events = frame["event_id"].unique().sort()
    return frame.filter(pl.col("event_id").is_in(events.gather_every(2).implode()))


def relate(frame: pl.DataFrame, event: str) -> pl.DataFrame:
    return pl.DataFrame([(event, event, "repeats")], schema=frame.schema, orient="row")


def without(event: str) -> Change:
    return lambda frame: frame.filter(pl.col("event_id") != event)


@dataclass(frozen=True)
class Fault:
    """A change of one table's file, and the rule of the frame that must catch it; `found` stands in its message."""

    rule: str
    frame: str
    table: str
    change: Change
    found: str
    start: str = "small"
    """"small": the two events of conftest; "next": as its successor; "whole": the newest release in the repository."""

    @property
    def number(self) -> str:
        return f"{self.rule}-{self.frame}-{self.found}"


FAULTS = (
    Fault("has_its_place_and_type", "columns", "events", lambda e: e.cast({"age_threshold": pl.Int64}), "Int64"),
    Fault("has_its_place_and_type", "columns", "events", lambda e: e.select(*e.columns[1:], "event_id"), "event_id"),
    Fault("has_its_place_and_type", "columns", "stages", lambda s: s.with_columns(mood=pl.lit("x")), "stages mood"),
    Fault("is_never_null", "events", "events", put("title", None), f"{IR}: title null"),
    Fault("is_never_null", "stages", "stages", put("source_ids", None), "source_ids null"),
    Fault("holds_no_null", "events.methods", "events", put("methods", ["dpi", None]), "methods null"),
    Fault("is_a_known_term", "events", "events", put("status", "blocked"), f"{IR}: status 'blocked'"),
    Fault("is_a_known_term", "events.methods", "events", put("methods", ["magic"]), "methods 'magic'"),
    Fault("is_a_known_term", "citations.supports", "citations", put("supports", ["weather"]), "supports 'weather'"),
    Fault("has_its_form", "events", "events", put("country", "Russia"), f"{IR}: country 'Russia'"),
    Fault("has_its_form", "events", "events", put("start", "13.8.2025", 1), f"{RU}: start '13.8.2025'"),
    Fault("has_its_form", "sources", "sources", put("url", "https://a.example/\u202e"), "\\u202e"),
    Fault("has_its_form", "events", "events", put("license", "CC BY\n"), "license"),
    Fault("has_its_form", "events", "events", put("country", "IR\n"), f"{IR}: country 'IR\\n'"),
    Fault("has_its_form", "platforms.domains", "platforms", put("domains", ["Not a domain"]), "'Not a domain'"),
    Fault("has_a_fitting_length", "events", "events", put("title", "x" * 101), f"{IR}: title 'xxx"),
    Fault("has_a_fitting_length", "events", "events", put("summary", ""), "summary ''"),
    Fault("has_a_fitting_length", "platforms.aliases", "platforms", put("aliases", [""]), "aliases ''"),
    Fault("is_within_its_bounds", "events", "events", put("age_threshold", 100), "age_threshold 100"),
    Fault("is_within_its_bounds", "stages", "stages", put("position", 0), f"{IR} 0"),
    Fault("refers_to_a_row", "targets", "targets", put("platform_id", "nowhere"), "nowhere"),
    Fault("refers_to_a_row", "targets", "targets", put("platform_id", "none"), "'no none'"),
    Fault("refers_to_a_row", "stages", "events", without(IR), IR),
    Fault("refers_to_a_row", "stages.source_ids", "stages", put("source_ids", ["0" * 16]), "0" * 16),
    Fault("key_stands_once", "events", "events", add(), IR),
    Fault("key_stands_once", "targets", "targets", add(), f"{IR} telegram all"),
    Fault("names_nothing_twice", "events.methods", "events", put("methods", ["dpi", "dpi"]), f"{IR}: methods 'dpi'"),
    Fault("stands_in_order", "events", "events", put("start_latest", date(2000, 1, 1), 1), f"{RU}: start_latest 2000"),
    Fault("stands_in_order", "events", "events", put("end_latest", date(2000, 1, 1), 1), f"{RU}: end_latest 2000"),
    Fault("stands_in_order", "stages", "stages", put("date_earliest", date(2030, 1, 1)), "date_earliest 2030"),
    Fault(
        "stands_in_order",
        "events",
        "events",
        lambda e: put("max_days", 2)(put("min_days", 3)(e)),
        f"{IR}: max_days 2, min_days 3",
    ),
    *(
        Fault(rule, "events", "events", put(column, value, row), found)
        for rule, column, value, row, found in (
            ("an_event_id_begins_with_its_country", "country", "FR", 0, f"{IR}: country 'FR'"),
            ("subdivisions_belong_to_their_country", "admin1", ["RU-DA"], 0, "admin1 ['RU-DA'], country 'IR'"),
            ("no_event_ends_before_its_start", "end", "2020", 1, f"{RU}: end '2020', start '[2025-08"),
            ("an_event_with_an_end_is_not_ongoing", "end", "2026", 1, f"{RU}: ongoing True, end '2026'"),
            ("none_stated_stands_alone_among_reasons", "stated_reasons", ["none_stated", "extremism"], 0, IR),
        )
    ),
    Fault(
        "no_target_ends_before_its_start",
        "targets",
        "targets",
        lambda t: put("end", "2020")(put("start", "2021")(t)),
        "end '2020'",
    ),
    Fault("no_event_is_related_to_itself", "relations", "relations", lambda r: relate(r, RU), RU),
    Fault("is_broken_nowhere", "between", "stages", without(RU), f"events {RU}, stages: "),
    # judgements
    Fault("most_events_tell_when_they_began", "shares", "events", halve("start"), "start null", "whole"),
    Fault("most_events_tell_whether_they_go_on", "shares", "events", halve("ongoing"), "ongoing null", "whole"),
    Fault("most_events_name_an_authority", "shares", "authorities", half, "authorities null", "whole"),
    Fault("most_events_name_a_legal_basis", "shares", "legal_bases", half, "legal_bases null", "whole"),
    Fault("most_events_tell_the_stated_reason", "shares", "events", halve("stated_reasons"), "null", "whole"),
    Fault("most_events_tell_the_context", "shares", "events", halve("contexts"), "contexts null", "whole"),
    Fault("many_events_tell_the_method", "shares", "events", halve("methods"), "methods null", "whole"),
    Fault("many_events_have_two_publishers", "shares", "events", halve("publisher_count"), "two_publishers", "whole"),
    Fault("nothing_comes_from_the_future", "days", "events", put("as_of", date(2026, 12, 1)), f"events {IR} as_of"),
    Fault(
        "nothing_comes_from_the_future",
        "days",
        "stages",
        lambda s: put("date_earliest", None)(put("date_latest", date(2026, 12, 1))(s)),
        f"stages {IR} date",
    ),
    Fault("no_source_goes_uncited", "sources", "sources", add(source_id="f" * 16), "f" * 16),
    Fault("every_licence_allows_redistribution", "events", "events", put("license", "CC-BY-NC-4.0"), "CC-BY-NC-4.0"),
    Fault("no_text_holds_an_e_mail_address", "texts", "events", put("summary", "Ask ann@mail.example."), "ann@mail"),
    Fault("no_text_holds_an_e_mail_address", "texts", "platforms", put("aliases", ["a@b.example"]), "platforms"),
    Fault("no_text_holds_a_telephone_number", "texts", "stages", put("note", "Call +7 495 123-45-67"), "stages"),
    Fault("no_text_holds_a_telephone_number", "texts", "authorities", put("name", "Тел:8 (495) 123-45-67"), "name"),
    Fault("no_released_event_vanishes", "released", "events", without(IR), f"{IR}: now null", "next"),
    Fault("no_released_field_changes_in_silence", "changes", "events", put("title", "T"), "title from", "next"),
    Fault(
        "no_released_field_changes_in_silence",
        "changes",
        "events",
        put("methods", [], 1),
        "methods from dpi to ",
        "next",
    ),
    Fault("no_released_field_changes_in_silence", "changes", "events", put("end", "2025-01"), "end from", "next"),
    Fault("no_released_field_changes_in_silence", "changes", "targets", without(IR), "targets from ", "next"),
    Fault("no_released_field_changes_in_silence", "changes", "stages", put("note", "N"), "stages from ", "next"),
    Fault("no_released_field_changes_in_silence", "changes", "citations", put("party", True), "sources from ", "next"),
    Fault("no_country_loses_events_of_a_year", "counts", "events", put("country", "RU"), "IR: now 0, least 1", "next"),
    Fault(
        "no_country_loses_events_of_a_year",
        "counts",
        "events",
        put("start_latest", date(2024, 1, 1), 1),
        "RU 2025: now 0, least 1",
        "next",
    ),
)


def kind(frame: str, rule: str, expectation: object) -> tuple[str, str, bool]:
    """What kinds of expectation differ by: how it is checked, the rule, and whether entries of lists are looked at."""
    return type(expectation).__name__, rule, "." in frame


def of_frame(frame: str, rule: str, suites: gate.Suites) -> list[object]:
    return [one for one in suites[frame] if one.configuration.meta and one.configuration.meta["rule"] == rule]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.number)
def test_a_planted_fault_is_caught(
    fault: Fault, original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = gate.suites()
    monkeypatch.setattr(gate, "suites", lambda: {fault.frame: suites[fault.frame]})  # the rest is sound: save the time
    start = reading.folder() if fault.start == "whole" else original
    previous = original if fault.start == "next" else None
    spoilt = Path(shutil.copytree(start, tmp_path / "spoilt"))
    assert gate.check(spoilt, previous).ok
    rewrite(spoilt, fault.table, fault.change)
    report = gate.check(spoilt, previous)
    caught = [result for result in report.results if result.rule == fault.rule and result.state == "fail"]
    assert caught, report.lines
    assert any(fault.found in row for result in caught for row in result.found), caught
    assert all(0 < len(result.found) <= gate.SHOWN and result.count >= len(result.found) for result in caught)


def test_every_kind_of_expectation_and_every_judgement_has_a_fault() -> None:
    suites = gate.suites()
    asked = {
        kind(frame, str((one.configuration.meta or {})["rule"]), one) for frame, all_ in suites.items() for one in all_
    }
    tried = {
        kind(fault.frame, fault.rule, one) for fault in FAULTS for one in of_frame(fault.frame, fault.rule, suites)
    }
    assert asked == tried
    assert {judgement.name for judgement in gate.JUDGEMENTS} <= {fault.rule for fault in FAULTS}
    assert len({fault.number for fault in FAULTS}) == len(FAULTS)


def test_the_suites_look_at_every_column_of_the_schema() -> None:
    suites = gate.suites()
    for table, declared in schema.TABLES.items():
        looked = {
            name
            for frame in suites
            if frame.partition(".")[0] == table
            for one in suites[frame]
            for name in columns(one)
        }
        free = {name for name, column in declared.columns().items() if column.nullable}  # a type may be all there is
        assert set(declared.column_names()) - looked <= free


def columns(expectation: object) -> tuple[str, ...]:
    return expectations.looked_at(expectation.configuration)  # type: ignore[attr-defined]


def test_a_sound_release_passes_every_rule_and_says_what_does_not_apply(original: Path) -> None:
    report = gate.check(original)
    assert report.ok, report.lines
    assert {result.state for result in report.results} == {"pass"}
    assert report.left_out["many_events_have_two_publishers"] == "2 events; a share is judged from 50 on"
    assert report.left_out["no_released_event_vanishes"] == "no version before this one"
    assert "nothing_comes_from_the_future" not in report.left_out
    assert len(report.results) > 250


def test_the_newest_release_would_pass_again_and_follows_itself() -> None:
    place = reading.folder()
    report = gate.check(place, place)
    assert report.ok, report.lines
    assert report.previous == report.version
    assert report.left_out == {}


def test_an_unreleased_dataset_has_no_future(folder: Folder, tmp_path: Path) -> None:
    out = release.write(folder.dataset(), tmp_path / "out")
    said = json.loads((out / "validation.json").read_text(encoding="utf-8"))
    left_out = {one["name"]: one["left_out"] for one in said["judgements"]}
    assert left_out["nothing_comes_from_the_future"] == "version unreleased names no month"


def test_a_rule_on_a_missing_column_is_an_error_and_not_a_failure(written: Path) -> None:
    rewrite(written, "events", lambda events: events.drop("status"))
    report = gate.check(written)
    assert not report.ok
    missing = [one for one in report.results if one.table == "events" and one.columns == ("status",)]
    assert {one.state for one in missing} == {"error"}
    assert {one.found for one in missing} == {("there is no column status",)}
    assert report.counts()["error"] == len(missing)
    assert [one.rule for one in report.results if one.state == "fail"] == ["has_its_place_and_type"]
    assert "there is no column status" in gate.texts(report)["validation.html"]


def test_a_rule_across_columns_is_an_error_where_one_of_them_is_missing(written: Path) -> None:
    rewrite(written, "events", lambda events: events.drop("ongoing"))
    report = gate.check(written)
    rule = next(one for one in report.results if one.rule == "an_event_with_an_end_is_not_ongoing")
    assert (rule.state, rule.columns) == ("error", ("ongoing", "end"))
    assert rule.found == ("a column that it reads is missing or of another type",)


def test_a_column_of_another_type_is_an_error_where_it_cannot_be_compared(written: Path) -> None:
    rewrite(written, "events", lambda events: events.cast({"min_days": pl.String}))
    report = gate.check(written)
    assert {one.rule: one.state for one in report.results if one.state != "pass"} == {
        "has_its_place_and_type": "fail",
        "is_within_its_bounds": "error",
    }


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_a_table_that_cannot_be_read_is_an_error_wherever_it_is_needed(
    written: Path, damage: Callable[[Path], object]
) -> None:
    damage(written / "platforms.parquet")
    report = gate.check(written)
    wrong = {(one.table, one.rule): one for one in report.results if one.state == "error"}
    assert wrong["platforms", "key_stands_once"].found == ("platforms.parquet cannot be read",)
    assert ("targets", "refers_to_a_row") in wrong
    assert ("texts", "no_text_holds_an_e_mail_address") in wrong
    assert {one.table for one in report.results if one.state == "fail"} == {"columns"}


def test_a_previous_version_that_was_tampered_with_stops_the_check(original: Path, written: Path) -> None:
    rewrite(written, "events", put("title", "Another past"))
    with pytest.raises(IntegrityError, match=r"events\.parquet was changed"):
        gate.check(original, previous=written)


@pytest.mark.slow
def test_texts_looked_at_in_pieces_give_the_same_report(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite(written, "events", put("summary", "Ask ann@mail.example."))
    rewrite(written, "stages", put("note", "Write to bob@mail.example."))
    whole = gate.check(written)
    monkeypatch.setattr(gate, "PIECE", 3)
    assert gate.check(written) == whole
    assert not whole.ok


def test_two_looks_at_the_same_files_give_the_same_bytes(original: Path, written: Path) -> None:
    rewrite(written, "events", put("title", ""))
    copy = Path(shutil.copytree(written, written.parent / "elsewhere" / "copy"))
    first, second = (gate.texts(gate.check(place, original)) for place in (written, copy))
    assert first == second
    assert str(written.parent) not in "".join(first.values())


def test_the_page_asks_the_network_for_nothing(original: Path) -> None:
    page = (original / "validation.html").read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert not re.search(r"https?:|<script|<img|<link|<iframe|\bsrc=|url\(|@import|\bon\w+=", page, re.IGNORECASE)
    assert set(re.findall(r'href="(.)', page)) == {"#"}
    for name in (*schema.TABLES, *(judgement.name for judgement in gate.JUDGEMENTS)):
        assert name in page or gate_sentence(name) in page


def gate_sentence(name: str) -> str:
    return name.replace("_", " ").replace("e mail", "e-mail").capitalize()


@needs_browser
def test_a_browser_shows_the_page_and_asks_for_nothing(written: Path, original: Path, tmp_path: Path) -> None:
    rewrite(written, "events", put("title", "<img src=https://a.example/x.png><script>document.title='pwned'</script>"))
    gate.write(gate.check(written, original), written)
    log = tmp_path / "net.json"
    document, messages = browse(written / "validation.html", tmp_path / "profile", f"--log-net-log={log}")
    assert "This is no release" in document
    assert "<title>What was checked in rightsdata 2026.11.0</title>" in document
    assert "Content Security Policy" not in messages
    assert "Uncaught" not in messages
    assert not asked(log), asked(log)


def test_hostile_text_is_shown_and_does_nothing(written: Path, original: Path) -> None:
    hostile = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>"
    rewrite(written, "events", put("title", hostile * 3))
    rewrite(written, "stages", put("stage", hostile))
    page = gate.texts(gate.check(written, original))["validation.html"]
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page


def test_the_report_lies_in_the_release_and_is_listed(original: Path) -> None:
    listed = (original / "SHA256SUMS").read_text(encoding="utf-8")
    said = json.loads((original / "validation.json").read_text(encoding="utf-8"))
    assert "  validation.json\n" in listed
    assert "  validation.html\n" in listed
    assert said["version"] == "2026.11.0"
    assert said["ok"] is True
    assert said["rules"] == {"pass": len(said["results"]), "fail": 0, "error": 0}
    gate.write(gate.check(original), original.parent)
    for name in ("validation.json", "validation.html"):
        assert (original.parent / name).read_bytes() == (original / name).read_bytes()


def test_a_release_that_does_not_pass_never_appears(folder: Folder, tmp_path: Path) -> None:
    dataset = folder.dataset("2026.11.0")
    spoilt = dataclasses.replace(dataset, events=put("title", "")(dataset.events))
    with pytest.raises(GateError) as caught:
        release.write(spoilt, tmp_path / "releases" / "2026.11.0")
    assert list((tmp_path / "releases").iterdir()) == []
    assert f"events: title: 1 of 2 rows: {IR}: title ''; expected 1 to 100 characters" in str(caught.value)
    assert isinstance(caught.value.report, gate.Report)
    assert isinstance(caught.value, errors.ReleaseError)


def test_the_message_stops_after_twenty_lines(written: Path) -> None:
    rewrite(written, "events", lambda events: events.select("event_id"))
    report = gate.check(written)
    error = GateError(report, report.lines)
    assert len(error.lines) > 20
    assert len(str(error).splitlines()) == 22
    assert str(error).endswith(f"… and {len(error.lines) - 20} more, all in .lines")


@pytest.mark.slow
def test_the_gate_holds_the_past_even_where_the_writer_forgets_to(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "_refuse_unexplained", lambda *_: None)
    releases = tmp_path / "releases"
    release.file(folder.dataset("2026.11.0"), releases)
    folder.event["title"] = "Calls throttled in two messengers"
    with pytest.raises(GateError, match=r"title from Calls restricted.* to Calls throttled"):
        release.file(folder.dataset("2026.11.1"), releases)
    revision = {"date": "2025-11", "fields": ["title"], "reason": "The page says throttled"}
    folder.event["revisions"] = [revision]
    release.file(folder.dataset("2026.11.1"), releases)
    folder.event["title"] = "Calls blocked in two messengers"  # the reason of the last change explains no other
    with pytest.raises(GateError, match="Calls blocked"):
        release.file(folder.dataset("2026.11.2"), releases)
    folder.event["revisions"] = [revision, revision | {"reason": "The page says blocked"}]
    release.file(folder.dataset("2026.11.2"), releases)
    assert sorted(path.name for path in releases.iterdir()) == ["2026.11.0", "2026.11.1", "2026.11.2"]


def test_a_retired_event_may_go(folder: Folder, tmp_path: Path, original: Path) -> None:
    after = Path(shutil.copytree(original, tmp_path / "after"))
    gone = pl.DataFrame({"old_id": [IR], "new_id": [None], "reason": ["Merged"], "version": ["2026.12.0"]})
    for table in schema.TABLES:
        if "event_id" in schema.TABLES[table].column_names():
            rewrite(after, table, without(IR))
    rewrite(after, "retired", lambda retired: gone.cast(dict(retired.schema)))  # type: ignore[arg-type]
    wrong = {result.rule for result in gate.check(after, original).results if result.state != "pass"}
    assert wrong == {"no_source_goes_uncited", "is_broken_nowhere"}  # the page that only it cited


QUIETLY = """
import sys
from pathlib import Path

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refuse)
from rightsdata import gate
assert gate.check(Path(sys.argv[1])).ok
"""


def test_the_gate_is_silent_writes_nothing_and_calls_nobody(original: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", QUIETLY, str(original)],
        cwd=home,
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.iterdir()) == []
