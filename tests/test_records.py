"""records: strict YAML and CSV in, one canonical form out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import Folder
from hypothesis import given
from hypothesis import strategies as st

from rightsdata import build, notation, records, skeleton

HOSTILE: dict[str, tuple[str, bytes, str]] = {
    # name: (rule, content, part of what is said)
    "empty": ("empty_file", b"", "empty"),
    "only white space": ("empty_file", b"\n \n", "empty"),
    "only a comment": ("yaml_shape", b"# nothing\n", "no mapping"),
    "byte-order mark": ("encoding", b"\xef\xbb\xbfevent_id: x\n", "byte-order mark"),
    "utf-16": ("encoding", "event_id: x\n".encode("utf-16"), "byte-order mark"),
    "latin-1": ("encoding", b"a: b\ntitle: caf\xe9\n", "0xe9"),
    "carriage returns": ("line_ends", b"event_id: x\r\ncountry: RU\r\n", "carriage return"),
    "tab": ("yaml_tab", b"targets:\n\t- a\n", "a tab"),
    "duplicate key": ("yaml_duplicate_key", b"title: a\ncountry: RU\ntitle: b\n", "line 1"),
    "anchor": ("yaml_anchor", b"title: &a x\n", "&a"),
    "alias": ("yaml_alias", b"title: &a x\nsummary: *a\n", "*a"),
    "merge key": ("yaml_merge", b"targets:\n- &a {platform_id: x}\n- <<: *a\n", "merge key"),
    "alias bomb": (
        "yaml_alias",
        b"a: &a [x, x]\n"
        + b"".join(f"{c}: &{c} [*{p}, *{p}, *{p}]\n".encode() for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        "alias",
    ),
    "python tag": ("yaml_tag", b"title: !!python/object/apply:os.system ['true']\n", "tag"),
    "two documents": ("yaml_documents", b"title: a\n---\ntitle: b\n", "second document"),
    "a list": ("yaml_shape", b"- a\n- b\n", "no mapping"),
    "a scalar": ("yaml_shape", b"hello\n", "no mapping"),
    "syntax": ("yaml_syntax", b"title: a: b\n", "cannot be read"),
    "unclosed": ("yaml_syntax", b"methods: [dpi\n", "cannot be read"),
    "control character": ("control_character", b"title: a\x00b\n", "control character"),
    "nested deep": ("yaml_depth", b"title: " + b"[" * 500 + b"]" * 500 + b"\n", "at most 6 levels"),
    "line separator": ("control_character", "title: a\u2028b\n".encode(), "U+2028"),
    "escape in a text": ("is_one_tidy_line", b'title: "a\\e[2J"\n', "expected one line"),
    "escape in an address": ("wrong_form", b'sources: [{id: s1, url: "https://a.example/\\e]0;x"}]\n', "https address"),
    "escape in a local id": ("required", b'sources: [{id: "s\\e1", url: "https://a.example/"}]\n', "short id"),
    "a tab after a dash": ("yaml_tab", b"targets:\n-\tplatform_id: x\n  a:\tb: c\n", "a tab"),
    "unknown key": ("unknown_key", b"titel: a\n", "Did you mean 'title'?"),
    "derived key": ("unknown_key", b"status: ended\n", "derived"),
    "list for text": ("wrong_shape", b"title: [a, b]\n", "a list"),
    "text for list": ("wrong_shape", b"methods: dpi\n", "Write [dpi]"),
    "mapping for text": ("wrong_shape", b"title: {a: b}\n", "keys with values"),
    "text for children": ("wrong_shape", b"targets: whatsapp\n", "no list"),
    "text for a child": ("wrong_shape", b"targets: [whatsapp]\n", "a single value"),
    "null in a list": ("wrong_shape", b"methods: [dpi, null]\n", "nothing"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_its_own_clear_error(folder: Folder, name: str) -> None:
    rule, content, said = HOSTILE[name]
    folder.write()
    path = folder.root / "events/RU/ru-2025-hostile.yaml"
    path.write_bytes(content)
    problems = [problem for problem in folder.check() if problem.file.endswith("hostile.yaml")]
    matching = [problem for problem in problems if problem.rule == rule]
    assert matching, "\n".join(map(str, problems))
    assert any(said in str(problem) for problem in matching), "\n".join(map(str, matching))
    assert all(problem.severity == "error" for problem in matching)
    assert all(problem.line <= content.count(b"\n") + 1 for problem in problems)


@pytest.mark.parametrize("name", ["empty", "latin-1", "tab", "alias bomb", "syntax", "two documents"])
def test_a_hostile_file_does_not_hide_the_other_files(folder: Folder, name: str) -> None:
    folder.plan["title"] = None
    folder.write()
    (folder.root / "events/AA").mkdir()
    (folder.root / "events/AA/aa-2025-x.yaml").write_bytes(HOSTILE[name][1])
    assert ("events/IR/ir-2024-plan.yaml", "required") in [(problem.file, problem.rule) for problem in folder.check()]


def test_a_huge_file_is_refused_unread(folder: Folder) -> None:
    folder.write()
    with (folder.root / "events/RU/ru-2025-huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    (problem,) = folder.check()
    assert (problem.rule, problem.found) == ("file_size", "100,000,000 bytes")


def test_links_pipes_and_strange_names_are_refused(folder: Folder, tmp_path: Path) -> None:
    root = folder.write()
    outside = tmp_path / "outside.yaml"
    outside.write_text("title: secret\n")
    (root / "events/RU/ru-2025-link.yaml").symlink_to(outside)
    (root / "events/XX").symlink_to(tmp_path)
    os.mkfifo(root / "events/RU/ru-2025-pipe.yaml")
    (root / "events/RU/notes.txt").write_text("x")
    (root / "events/RU/ru-2025-a.yml").write_text("x")
    (root / "events/RU/.hidden").write_text("x")
    (root / "events/RU/.ru-2025-x.yaml.abc").write_text("x")
    (root / "events/RU/folder.yaml").mkdir()
    found = {(problem.file.removeprefix("events/"), problem.rule) for problem in folder.check()}
    assert found == {
        ("RU/ru-2025-link.yaml", "symbolic_link"),
        ("XX", "symbolic_link"),
        ("RU/ru-2025-pipe.yaml", "file_kind"),
        ("RU/notes.txt", "file_kind"),
        ("RU/ru-2025-a.yml", "file_kind"),
        ("RU/.ru-2025-x.yaml.abc", "file_kind"),
        ("RU/folder.yaml", "file_kind"),
    }
    assert "secret" not in str(folder.check())


def test_a_file_in_the_wrong_place_or_under_the_wrong_name_is_told_where_it_belongs(folder: Folder) -> None:
    root = folder.write()
    folder.file.rename(root / "events/IR/other.yaml")
    (problem,) = folder.check()
    assert problem.rule == "file_name"
    assert problem.expected == "'events/RU/ru-2025-08-calls.yaml'"


def test_no_is_norway_and_dates_are_texts(folder: Folder) -> None:
    folder.plan.update(event_id="no-2024-plan", country="NO")
    root = folder.write()
    path = root / "events/NO/no-2024-plan.yaml"
    written = path.read_text(encoding="utf-8")
    assert "country: 'NO'" in written  # quoted, so that every other YAML reader sees Norway too
    path.write_text(written.replace("'NO'", "NO").replace("'2024-03-01'", "2024-03-01"), encoding="utf-8")
    (problem,) = folder.check()
    assert (problem.rule, problem.severity) == ("canonical_form", "warning")
    assert build.build(records.read(root)).events["country"].to_list() == ["NO", "RU"]


def test_an_unknown_key_that_stands_for_a_missing_one_is_one_problem(folder: Folder) -> None:
    root = folder.write()
    folder.file.write_text(
        folder.file.read_text(encoding="utf-8").replace("title: Calls restricted in", "titel: Calls restricted in"),
        encoding="utf-8",
    )
    (problem,) = folder.check()
    assert (problem.rule, problem.remedy) == ("unknown_key", "Did you mean 'title'?")
    assert records.read(root).tables["events"][1]["title"] is None


LOOKALIKES = st.sampled_from(["yes", "NO", "null", "~", "1_000", "0x1F", "1e3", ".inf", "=", "<<", "- a", "# x", "a: b", "'", '"', "2025", "2025-08-13", "[a]", "{a}", "&a", "*a", "!t", "%", "@", "`", "true", "12:30", "o'clock \"x\"", "ends:", "a #b", "—", "Київ", "تهران", "😀"])  # fmt: skip
WORDS = st.lists(
    LOOKALIKES | st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12),
    min_size=1,
    max_size=40,
).map(" ".join)


@given(title=WORDS, summary=WORDS, note=WORDS)
def test_any_text_comes_back_from_its_canonical_form_and_in_any_yaml_reader(
    title: str, summary: str, note: str
) -> None:
    record = {
        "event_id": "ru-2025-x",
        "title": title,
        "summary": summary,
        "start": "2025-08-13",
        "ongoing": "true",
        "stages": [{"note": note, "sources": ["s1"]}],
        "methods": [title, note],
    }
    text = records.write_event(record)
    value = notation.parse(text, "x").value
    assert value is not None
    for found in (value, yaml.safe_load(text)):
        assert found["title"] == title
        assert found["summary"] == summary
        assert found["stages"][0]["note"] == note
        assert found["methods"] == [title, note]
    assert yaml.safe_load(text)["ongoing"] is True
    assert yaml.safe_load(text)["start"] == "2025-08-13"
    assert records.write_event(value) == text


def test_the_canonical_form_leaves_nulls_and_defaults_out_but_says_what_is_not_known() -> None:
    text = records.write_event(
        {"event_id": "ru-2025-x", "provider": "rightsdata", "license": "CC-BY-4.0", "admin1": [], "age_threshold": "16"}
    )
    assert text == "event_id: ru-2025-x\nage_threshold: 16\nstart: null\nend: null\nongoing: null\n"


def test_fix_rewrites_the_layout_and_nothing_else(folder: Folder) -> None:
    root = folder.write()
    canonical = folder.file.read_text(encoding="utf-8")
    lines = canonical.splitlines(keepends=True)
    folder.file.write_text("".join([*lines[1:3], lines[0], *lines[3:]]) + "\n\n", encoding="utf-8")
    other = root / "events/IR/ir-2024-plan.yaml"
    before = other.stat()
    assert [problem.rule for problem in folder.check()] == ["canonical_form"]
    assert build.fix(records.read(root)) == (["events/RU/ru-2025-08-calls.yaml"], [])
    assert folder.file.read_text(encoding="utf-8") == canonical
    assert (other.stat().st_mtime_ns, other.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert build.fix(records.read(root)) == ([], [])
    assert not list(root.rglob(".*.yaml.*"))


def test_fix_refuses_a_file_with_comments_and_leaves_one_that_it_cannot_read_whole(folder: Folder) -> None:
    root = folder.write()
    text = folder.file.read_text(encoding="utf-8")
    folder.file.write_text("# why this matters\n" + text, encoding="utf-8")
    other = root / "events/IR/ir-2024-plan.yaml"
    other.write_text(other.read_text(encoding="utf-8") + "colour: blue\n", encoding="utf-8")
    unchanged = {path: path.read_bytes() for path in (folder.file, other)}
    fixed, refused = build.fix(records.read(root))
    assert fixed == []
    assert [(problem.rule, problem.line) for problem in refused] == [("comment_would_be_lost", 1)]
    assert {path: path.read_bytes() for path in unchanged} == unchanged


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1 # x\n", [1]),
        ("# x\na: 1\n", [1]),
        ("a: '# x'\nb: >-\n  # no comment\n  x\nc: d#e\n", []),
        ("a: [b, c] # x\n# y\n", [1, 2]),
        ("a: >- # KEEP\n  x\n", [1]),
        ("a: |-   # KEEP\n  # no comment\n", [1]),
    ],
)
def test_a_comment_is_told_from_a_number_sign_in_a_text(text: str, lines: list[int]) -> None:
    assert notation.parse(text, "x").comments == lines


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.paper.example/a/", "http://paper.example/a#top", True),
        ("https://Paper.Example/a", "https://paper.example/a", True),
        ("https://paper.example/a?id=1", "https://paper.example/a?id=2", False),
        ("https://paper.example/A", "https://paper.example/a", False),
    ],
)
def test_one_page_has_one_id_however_its_address_is_written(one: str, other: str, same: bool) -> None:
    assert (records.source_id(one) == records.source_id(other)) is same


@pytest.mark.parametrize("url", ["http://[broken", "", "https://x:99999999/", "\ud800"])
def test_any_address_has_an_id(url: str) -> None:
    assert len(records.source_id(url)) == 16


def test_the_same_page_cited_by_two_events_is_one_source(folder: Folder) -> None:
    folder.plan["sources"][0].update(
        url="http://www.paper.example/b?id=1", title="Calls do not work", language="en", published=None
    )
    dataset = folder.dataset()
    assert dataset.sources.height == 2
    assert dataset.citations.height == 3
    assert (
        dataset.sources.filter(url="https://paper.example/b?id=1").height
        or dataset.sources.filter(url="http://www.paper.example/b?id=1").height
    )
    assert dataset.sources["published"].null_count() == 0  # what one record knows of the page fills the other's gap


CSV_FAULTS = {
    "csv_header": ("platform_id,name,kind", "platform_id,name,sort"),
    "csv_cells": ("telegram,Telegram,", "telegram,Tele,gram,"),
    "csv_syntax": ("whatsapp,WhatsApp", 'whatsapp,"WhatsApp'),
}


@pytest.mark.parametrize("rule", CSV_FAULTS)
def test_a_faulty_reference_table_is_named(folder: Folder, rule: str) -> None:
    root = folder.write()
    path = root / "reference/platforms.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(*CSV_FAULTS[rule]), encoding="utf-8")
    assert rule in [problem.rule for problem in folder.check() if problem.file == "reference/platforms.csv"]


def test_a_missing_reference_table_is_named(folder: Folder) -> None:
    (folder.write() / "reference/publishers.csv").unlink()
    assert [(problem.file, problem.rule) for problem in folder.check()] == [("reference/publishers.csv", "file_kind")]


@pytest.mark.parametrize("name", ["events", "reference"])
def test_the_folders_themselves_may_not_be_links(folder: Folder, name: str) -> None:
    root = folder.write()
    (root / name).rename(root.parent / name)
    (root / name).symlink_to(root.parent / name)
    problems = folder.check()
    assert {problem.rule for problem in problems} == {"symbolic_link"}


def test_a_pipe_for_a_table_does_not_hang(folder: Folder) -> None:
    root = folder.write()
    (root / "reference/retired.csv").unlink()
    os.mkfifo(root / "reference/retired.csv")
    assert [problem.rule for problem in folder.check()] == ["file_kind"]


def test_a_folder_without_records_is_a_problem(folder: Folder) -> None:
    root = folder.write()
    shutil.rmtree(root / "events")
    (root / "events").mkdir()
    assert "no_records" in [problem.rule for problem in folder.check()]


def test_a_new_record_needs_only_what_a_coder_can_know(folder: Folder) -> None:
    root = folder.write()
    path = skeleton.write(
        root, country="RU", restriction_type="service_block", date="2026-01", slug="new-block", platforms=["telegram"]
    )
    assert path == root / "events/RU/ru-2026-01-new-block.yaml"
    problems = folder.check()
    assert {problem.rule for problem in problems} <= {"is_filled_in", "wrong_form", "unknown_reference"}
    assert {problem.file for problem in problems} == {"events/RU/ru-2026-01-new-block.yaml"}
    with pytest.raises(FileExistsError):
        skeleton.write(root, country="RU", restriction_type="service_block", date="2026-01", slug="new-block")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slug": "../../escape"}, "no slug"),
        ({"slug": "08-x"}, "no slug"),
        ({"date": "13.08.2025"}, "no year or month"),
        ({"date": "2025-13"}, "no year or month"),
        ({"country": "Russia"}, "no country 'Russia'"),
        ({"country": "ZZ"}, "ISO 3166-1 alpha-2"),
        ({"platforms": ["telegrm"]}, "did you mean 'telegram'"),
        ({"restriction_type": "feature_blok"}, "did you mean 'feature_block'"),
    ],
)
def test_a_new_record_is_refused_for_what_no_record_may_hold(
    folder: Folder, changes: dict[str, str], said: str
) -> None:
    root = folder.write()
    with pytest.raises(ValueError, match=said):
        skeleton.write(
            root, **{"country": "RU", "restriction_type": "throttling", "date": "2025", "slug": "x"} | changes
        )
    assert len(list(root.rglob("*.yaml"))) == 2
