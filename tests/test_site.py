"""site: a static folder that anything can serve, brought up to date and never rewritten."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from browser import CHROMIUM, FLAGS, Page, asked, needs_browser
from conftest import Folder
from test_cli import run

from rightsdata import manifest, reading, release, site, verification
from rightsdata.errors import ReleaseError


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("originals")
    for version in ("2026.11.0", "2026.12.0"):
        release.file(Folder(place / "data").dataset(version), place / "releases")
    return place / "releases"


@pytest.fixture
def releases(originals: Path, tmp_path: Path) -> Path:
    """A copy to spoil: a release takes seconds, for it passes the gate."""
    return Path(shutil.copytree(originals, tmp_path / "releases"))


@pytest.fixture
def served(releases: Path, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A published site and the address of a real server for it."""
    place = tmp_path / "site"
    site.publish(releases, place)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(place))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield place, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def snapshot(place: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(place)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def test_publishing_again_changes_nothing(releases: Path, tmp_path: Path) -> None:
    first = site.publish(releases, tmp_path / "site")
    assert [path.name for path in first] == [
        "2026.11.0",
        "rightsdata-2026.11.0.zip",
        "2026.12.0",
        "rightsdata-2026.12.0.zip",
        "index.json",
        "index.html",
    ]
    before = snapshot(tmp_path / "site")
    assert site.publish(releases, tmp_path / "site") == []
    assert snapshot(tmp_path / "site") == before


def test_a_new_version_leaves_the_old_ones_untouched(releases: Path, folder: Folder, tmp_path: Path) -> None:
    place = tmp_path / "site"
    site.publish(releases, place)
    before = snapshot(place)
    release.file(folder.dataset("2027.01.0"), releases)
    site.publish(releases, place)
    after = snapshot(place)
    assert {name: after[name] for name in before if not name.startswith("index")} == {
        name: value for name, value in before.items() if not name.startswith("index")
    }
    listed = json.loads((place / "index.json").read_text())["versions"]
    assert [entry["version"] for entry in listed] == ["2027.01.0", "2026.12.0", "2026.11.0"]


def test_two_sites_of_the_same_releases_are_the_same_bytes(releases: Path, tmp_path: Path) -> None:
    site.publish(releases, tmp_path / "one")
    shutil.copytree(releases, tmp_path / "copy")
    site.publish(tmp_path / "copy", tmp_path / "two")
    contents = [{name: value[2] for name, value in snapshot(tmp_path / side).items()} for side in ("one", "two")]
    assert contents[0] == contents[1]


def test_a_bundle_holds_the_whole_folder_and_verifies(releases: Path, tmp_path: Path) -> None:
    site.publish(releases, tmp_path / "site")
    with zipfile.ZipFile(tmp_path / "site/bundles/rightsdata-2026.12.0.zip") as bundle:
        assert bundle.testzip() is None
        bundle.extractall(tmp_path / "out")
    place = tmp_path / "out/rightsdata-2026.12.0"
    assert verification.verify(place).ok
    assert reading.load(place).version == "2026.12.0"


def test_index_and_files_agree(releases: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    site.publish(releases, place)
    for entry in json.loads((place / "index.json").read_text())["versions"]:
        assert manifest.sha256((place / entry["path"] / "manifest.json").read_bytes()) == entry["manifest_sha256"]
        assert manifest.sha256((place / entry["bundle"]["path"]).read_bytes()) == entry["bundle"]["sha256"]
        for file in entry["files"]:
            data = (place / entry["path"] / file["name"]).read_bytes()
            assert (len(data), manifest.sha256(data)) == (file["bytes"], file["sha256"])


@pytest.mark.parametrize("where", ["releases", "site"])
def test_a_version_that_changed_is_never_published(releases: Path, tmp_path: Path, where: str) -> None:
    place = tmp_path / "site"
    site.publish(releases, place)
    touched = (releases if where == "releases" else place / "releases") / "2026.11.0/events.csv"
    touched.write_bytes(touched.read_bytes() + b"x")
    before = snapshot(place)
    with pytest.raises(ReleaseError, match="nothing was published"):
        site.publish(releases, place)
    assert snapshot(place) == before


def test_a_version_that_vanished_is_told(releases: Path, tmp_path: Path) -> None:
    site.publish(releases, tmp_path / "site")
    shutil.rmtree(releases / "2026.12.0")
    with pytest.raises(ReleaseError, match=r"serves 2026\.12\.0, which is missing here; yank it instead"):
        site.publish(releases, tmp_path / "site")


def test_a_yanked_version_stays_with_its_reason(releases: Path, tmp_path: Path) -> None:
    (releases / "yanked.json").write_text('{"2026.12.0": "Two records <b>named</b> the wrong country."}')
    place = tmp_path / "site"
    site.publish(releases, place)
    page = Page((place / "index.html").read_text(encoding="utf-8"))
    assert "Yanked: Two records <b>named</b> the wrong country." in page.text
    assert "b" not in page.tags
    assert "version 2026.11.0" in page.text  # what to cite is the newest that is not yanked
    listed = json.loads((place / "index.json").read_text())["versions"]
    assert [entry["yanked"] for entry in listed] == ["Two records <b>named</b> the wrong country.", None]
    assert (place / "releases/2026.12.0/manifest.json").is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "JSON object"),
        ('{"2026.12.0": ""}', "JSON object"),
        ("{", "JSON object"),
        ('{"2020.01.0": "x"}', "no release here"),
    ],
)
def test_a_wrong_list_of_yanked_versions_is_told(releases: Path, tmp_path: Path, text: str, said: str) -> None:
    (releases / "yanked.json").write_text(text)
    with pytest.raises(ReleaseError, match=said):
        site.publish(releases, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_an_empty_folder_of_releases_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="holds no release"):
        site.publish(tmp_path, tmp_path / "site")


def test_every_link_of_the_page_is_served(served: tuple[Path, str]) -> None:
    place, address = served
    page = Page((place / "index.html").read_text(encoding="utf-8"))
    targets = [link["href"] or "" for link in page.links]
    assert len(targets) > 20
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in page.ids
        else:
            assert not re.match(r"[a-z]+:|/", target)  # relative, so that the folder can lie anywhere
            with urllib.request.urlopen(f"{address}/{target}") as answer:
                assert answer.status == 200
    assert "Machine-coded, unreviewed preview" in page.text


def test_it_describes_itself_to_search_engines(served: tuple[Path, str]) -> None:
    html = (served[0] / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    value = json.loads(found[1])
    assert (value["@type"], value["version"]) == ("Dataset", "2026.12.0")
    assert "unreviewed" in value["name"]


@needs_browser
def test_a_browser_asks_only_for_the_page_which_holds_no_program(served: tuple[Path, str], tmp_path: Path) -> None:
    assert CHROMIUM
    html = (served[0] / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script[^>]*>", html) == ['<script type="application/ld+json">']  # data, nothing that runs
    log = tmp_path / "net.json"
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}", "--enable-logging=stderr"]
    done = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", f"{served[1]}/index.html"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "How to verify" in done.stdout
    assert "Content Security Policy" not in done.stderr
    assert {url.removeprefix(served[1]) for url in asked(log)} <= {"/index.html", "/favicon.ico", "/", ""}


def test_the_command_publishes_what_lies_here(folder: Folder, tmp_path: Path) -> None:
    root = folder.write()
    assert run("release", "2026.11.0", cwd=root).returncode == 0
    done = run("publish", tmp_path / "site", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "rightsdata-2026.11.0.zip" in done.stdout
    assert run("publish", tmp_path / "site", cwd=root).stdout == "nothing to do: the site is up to date\n"
