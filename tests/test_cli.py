"""cli: the commands as a person or a program runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from conftest import ROOT, Folder

from rightsdata import cli, manifest, reading, shelf

COMMAND = [sys.executable, "-c", "from rightsdata.cli import main; main()"]


def run(*words: str | Path, cwd: Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def commands() -> dict[str, click.Command]:
    """Every command by the words that call it."""
    found: dict[str, click.Command] = {}
    for name, command in cli.main.commands.items():
        inner = command.commands if isinstance(command, click.Group) else None
        found |= {f"{name} {word}": one for word, one in inner.items()} if inner else {name: command}
    return found


def test_the_readme_tells_every_command_and_option() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| `rightsdata ([a-z]+(?: [a-z]+)?)[^`]*` \| .* \|$", readme, re.MULTILINE)
    assert sorted(lines) == sorted(commands())
    for line in readme.splitlines():
        if match := re.match(r"\| `rightsdata ([a-z]+(?: [a-z]+)?)", line):
            known = {option for parameter in commands()[match[1]].params for option in parameter.opts}
            assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line)) <= known, line


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help_that_begins_with_a_sentence(name: str, tmp_path: Path) -> None:
    done = run(*name.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert commands()[name].help
    for parameter in commands()[name].params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name  # type: ignore[attr-defined]


def test_a_brief_is_written_and_its_place_printed(tmp_path: Path) -> None:
    done = run("brief", "ru", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'brief-RU.html'}\n"
    assert (tmp_path / "brief-RU.html").stat().st_size > 1_000_000


def test_a_brief_takes_a_platform_a_time_a_language_and_a_format(tmp_path: Path) -> None:
    done = run("brief", "--platform", "telegram", "--since", "2024", "--format", "md", "--language", "ru", cwd=tmp_path)
    assert done.stdout == f"{tmp_path / 'brief-telegram-2024.md'}\n"
    assert "## Одним абзацем" in (tmp_path / "brief-telegram-2024.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["brief", "UK"], 2, "country has no 'UK'"),
        (["brief", "AQ"], 2, "not searched or nothing found"),
        (["brief", "RU", "--since", "yesterday"], 2, "write one of"),
        (["brief", "RU", "--version", "1.0"], 3, "installed: "),
        (["brief", "RU", "-o", "nowhere/x.html"], 3, "there is no such folder"),
        (["brief", "RU", "--focus", "ru-2025"], 2, "no event 'ru-2025'"),
        (["brief", "RU", "--light", "--format", "pdf"], 2, "--light is HTML"),
        (["brief", "RU", "--language", "de"], 2, "found 'de'"),
        (["brief", "RU", "-o", "x.docx"], 2, "a brief is one of"),
        (["brief", "RU", "--compare", "RU"], 2, "overlap"),
        (["brief", "--type", "service_block", "--compare", "TR"], 2, "overlap"),
        (["brief", "--type", "blocking"], 2, "restriction_type has no 'blocking'"),
        (["check"], 3, "no data folder"),
        (["release", "2026.11.0"], 3, "no data folder"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_wrong_use_gives_one_clear_message_and_its_exit_code(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_check_lists_every_problem_and_exits_with_one(folder: Folder) -> None:
    folder.event.update(title=None, review="checked")
    root = folder.write()
    done = run("check", cwd=root.parent)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert re.match(r"events/RU/ru-2025-08-calls.yaml:\d+: error: title: found nothing", lines[0])
    assert re.match(
        r"events/RU/ru-2025-08-calls.yaml:\d+: error: review: found 'checked'; expected a term of review\. (Use one of|Did you mean)",
        lines[1],
    )
    assert lines[-1] == "2 events checked: 2 errors, 1 warning"
    assert "\x1b" not in done.stdout


def test_check_of_a_part_shows_that_part_but_knows_the_rest(folder: Folder) -> None:
    folder.event["title"] = None
    root = folder.write()
    assert run("check", root / "events/IR", cwd=root).returncode == 0
    assert run("check", "events/RU/ru-2025-08-calls.yaml", cwd=root).returncode == 1
    assert run("check", "--errors-only", root, cwd=root.parent).returncode == 1


def test_a_path_is_where_it_leads(folder: Folder) -> None:
    folder.event["title"] = None
    root = folder.write()
    (root / "here").symlink_to(root / "events/RU")
    for path in ("events/IR/../RU", "here", "events/RU/."):
        assert run("check", path, cwd=root).returncode == 1, path
    assert run("check", "..", cwd=root / "events/RU").returncode == 1
    assert run("check", "events/IR", cwd=root).stdout.endswith("1 event checked: 0 errors, 0 warnings\n")


def test_a_clash_is_told_to_whoever_looks_at_either_half(folder: Folder) -> None:
    folder.plan["sources"][0].update(
        url="https://paper.example/b?id=1", title="Another title", language="en", published="2025-10-21"
    )
    folder.plan["stages"][1]["date"] = "2025-10-21"
    root = folder.write()
    for part in ("events/RU", "events/IR"):
        done = run("check", part, cwd=root)
        assert done.returncode == 1, done.stdout
        assert "source_details_agree" in done.stdout


def test_hostile_names_steer_neither_terminal_nor_log(folder: Folder) -> None:
    root = folder.write()
    (root / "events/RU/a\n::error::pwn.yaml").write_text(
        '"\\e]0;PWN\\a\\e[2Jkey": 1\nmethods: "\\e[31mM"\n', encoding="utf-8"
    )
    for form in ("text", "github", "json"):
        out = run("check", root, "--format", form, cwd=root).stdout
        assert "\x1b" not in out
        assert "\n::error::pwn" not in out


def test_check_speaks_json_and_github(folder: Folder) -> None:
    folder.event["title"] = None
    root = folder.write()
    value = json.loads(run("check", root, "--format", "json", cwd=root).stdout)
    assert (value["events"], value["errors"], value["warnings"]) == (2, 1, 1)
    assert value["problems"][0]["rule"] == "required"
    assert set(value["problems"][0]) == {
        "file",
        "line",
        "field",
        "found",
        "expected",
        "remedy",
        "rule",
        "severity",
        "also",
    }
    line = run("check", root, "--format", "github", cwd=root).stdout.splitlines()[0]
    assert re.match(r"::error file=data/events/RU/ru-2025-08-calls\.yaml,line=\d+::title: found nothing", line)


def test_check_with_fix_rewrites_and_then_checks(folder: Folder) -> None:
    root = folder.write()
    text = folder.file.read_text(encoding="utf-8")
    folder.file.write_text(text.replace("methods: [dpi]", "methods:\n- dpi"), encoding="utf-8")
    done = run("check", root, "--fix", cwd=root)
    assert done.returncode == 0
    assert "events/RU/ru-2025-08-calls.yaml: rewritten in canonical form" in done.stdout
    assert folder.file.read_text(encoding="utf-8") == text


def test_check_with_fix_exits_with_one_for_a_file_with_comments(folder: Folder) -> None:
    root = folder.write()
    folder.file.write_text("# x\n" + folder.file.read_text(encoding="utf-8"), encoding="utf-8")
    done = run("check", root, "--fix", cwd=root)
    assert done.returncode == 1
    assert "a comment" in done.stdout


def test_new_asks_and_writes_a_skeleton(folder: Folder) -> None:
    root = folder.write()
    done = run("new", cwd=root, stdin="NO\nthrottling\n2026-01\na-slug\n")
    assert done.returncode == 0, done.stderr
    path = root / "events/NO/no-2026-01-a-slug.yaml"
    assert done.stdout.endswith(f"{path}\n")
    assert "country: 'NO'" in path.read_text(encoding="utf-8")
    again = run("new", "--country", "NO", "--type", "throttling", "--date", "2026-01", "--slug", "a-slug", cwd=root)
    assert again.returncode == 1
    assert "exists already and was left alone" in again.stderr


def test_new_without_a_terminal_and_without_flags_says_what_is_missing(folder: Folder) -> None:
    done = run("new", cwd=folder.write())
    assert done.returncode == 2
    assert "nothing was written" in done.stderr


def test_build_and_release(folder: Folder, tmp_path: Path) -> None:
    root = folder.write()
    done = run("build", root, "-o", tmp_path / "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'out'}\n")
    assert reading.load(tmp_path / "out").version == "unreleased"
    assert run("build", root, "-o", tmp_path / "out", cwd=tmp_path).returncode == 1
    assert run("release", "2026.11.0", cwd=root).returncode == 0
    assert manifest.read(root / "releases/2026.11.0")[0].version == "2026.11.0"
    again = run("release", "2026.11.0", cwd=root)
    assert again.returncode == 1
    assert "not newer" in again.stderr


def test_build_of_records_with_errors_lists_them_and_makes_nothing(folder: Folder, tmp_path: Path) -> None:
    folder.event["title"] = None
    done = run("build", folder.write(), "-o", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "title: found nothing" in done.stderr
    assert not (tmp_path / "out").exists()


def test_versions_and_codebook(folder: Folder, tmp_path: Path) -> None:
    assert json.loads(run("versions", "--json", cwd=tmp_path).stdout) == shelf.versions()
    lines = run("versions", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines] == shelf.versions()
    assert lines[-1].endswith("data/releases")
    assert run("codebook", cwd=tmp_path).stdout.startswith("# Codebook, schema ")
    assert json.loads(run("codebook", "--json-schema", cwd=tmp_path).stdout)["type"] == "object"
    root = folder.write()
    assert run("codebook", "--write", cwd=root).returncode == 0
    assert (root / "README.md").read_text(encoding="utf-8") == (ROOT / "data/README.md").read_text(encoding="utf-8")


def test_a_reader_that_stops_reading_gets_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -c 'from rightsdata.cli import main; main()' codebook | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_a_missing_extra_names_the_command_that_installs_it(tmp_path: Path, folder: Folder) -> None:
    (tmp_path / "yaml.py").write_text("raise ModuleNotFoundError('yaml')")
    done = run("check", folder.write(), cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "pip install 'rightsdata[make]'" in done.stderr
