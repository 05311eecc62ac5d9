"""download: fetched from mirrors that fail and lie, proven, resumed, and never seen in part."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Folder
from servers import Handler, Server, served
from test_cli import run
from test_mirror import page, short, stops

import rightsdata as rd
from rightsdata import download, manifest, mirror, reading, release, shelf, signature, site, verification
from rightsdata.errors import FetchError, ReleaseWarning, SignatureError, UnknownVersion

OLD, NEW = "2031.01.0", "2031.02.0"
KEY = signature.generate()
NGINX = Path("/usr/sbin/nginx")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two signed releases, in years to which no true one belongs."""
    root = tmp_path_factory.mktemp("download")
    for version in (OLD, NEW):
        release.file(Folder(root / version).dataset(version), root / "releases", KEY)
    return root / "releases"


@pytest.fixture(scope="module")
def whole_site(releases: Path) -> Path:
    site.publish(releases, releases.parent / "site")
    return releases.parent / "site"


@pytest.fixture
def published(whole_site: Path, tmp_path: Path) -> Path:
    """A site of one's own, to be spoilt."""
    return Path(shutil.copytree(whole_site, tmp_path / "site"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(download, "_lied", {})
    monkeypatch.setattr(mirror, "PAUSE", 0.01)
    monkeypatch.setenv("RIGHTSDATA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def web(published: Path) -> Iterator[Server]:
    with served(published) as server:
        yield server


@pytest.fixture
def good(whole_site: Path) -> Iterator[Server]:
    with served(whole_site) as server:
        yield server


def whole(cache: Path, version: str = NEW) -> bool:
    """Whether the version lies in the cache, proven, and nothing else does."""
    place = cache / "releases" / version
    return verification.verify(place, str(KEY.public)).ok and not list((cache / "drafts").iterdir())


def edit_index(published: Path, change: Callable[[dict[str, object]], object], version: str = NEW) -> None:
    path = published / "index.json"
    value = json.loads(path.read_text())
    change(next(entry for entry in value["versions"] if entry["version"] == version))
    path.write_text(json.dumps(value))


# ------------------------------------------------------------------- what goes well


def test_every_kind_of_mirror_brings_the_same_release(good: Server, whole_site: Path, tmp_path: Path) -> None:
    source = whole_site / "releases" / NEW
    for number, place in enumerate(
        (
            good.address,
            whole_site,
            whole_site.as_uri(),
            whole_site / "releases",
            source,
            whole_site / f"bundles/rightsdata-{NEW}.zip",
        )
    ):
        cache = tmp_path / str(number)
        folder = rd.fetch(NEW, mirrors=[str(place)], key=str(KEY.public), cache=cache)
        assert folder == cache / "releases" / NEW
        assert whole(cache)
        assert {one.name: one.read_bytes() for one in folder.iterdir()} == {
            one.name: one.read_bytes() for one in source.iterdir()
        }


def test_a_version_at_hand_is_loaded_without_asking_anybody(
    good: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIGHTSDATA_MIRRORS", good.address)
    installed = shelf.versions()
    assert rd.load().version == installed[-1]  # no version: no network
    assert good.asked == []
    assert rd.load(NEW).version == NEW  # not at hand: fetched
    asked = len(good.asked)
    assert asked > 20
    assert rd.load(NEW).version == rd.load().version == NEW
    assert rd.fetch(NEW) == cache / "releases" / NEW
    assert rd.versions() == [*installed, NEW]
    assert len(good.asked) == asked


def test_without_a_mirror_the_message_says_how_to_set_one() -> None:
    with pytest.raises(UnknownVersion, match=r"installed: 2026.*name a mirror in RIGHTSDATA_MIRRORS"):
        rd.load(NEW)
    with pytest.raises(FetchError, match="no mirror is set; name one in RIGHTSDATA_MIRRORS"):
        rd.fetch(NEW)
    with pytest.raises(UnknownVersion, match="is no version"):
        rd.fetch("../../x", mirrors=["/"])


def test_progress_counts_to_the_whole(good: Server) -> None:
    told: list[tuple[int, int]] = []
    folder = rd.fetch(NEW, mirrors=[good.address], progress=lambda done, all_: told.append((done, all_)))
    size = sum(file.bytes for file in manifest.read(folder)[0].files)
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_fetched_release_is_verified_when_it_is_loaded_and_mended_when_it_is_fetched(
    good: Server, cache: Path
) -> None:
    rd.fetch(NEW, mirrors=[good.address])
    path = cache / "releases" / NEW / "events.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(rd.errors.IntegrityError, match=r"events\.parquet was changed"):
        rd.load(NEW)
    rd.fetch(NEW, mirrors=[good.address])
    assert whole(cache)


def test_the_command_fetches_and_lists(good: Server, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "k.pub").write_text(signature.public_text(KEY.public))
    done = run("fetch", NEW, "--mirror", good.address, "--key", tmp_path / "k.pub", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{cache / 'releases' / NEW}\n"
    assert f"{NEW}  {cache / 'releases'}" in run("versions", cwd=tmp_path).stdout
    remote = run("versions", "--remote", cwd=tmp_path, RIGHTSDATA_MIRRORS=f"{good.address} /none")
    assert remote.stdout == f"{good.address}:\n  {NEW}\n  {OLD}\n/none: there is no such folder\n"
    listed = run("versions", "--remote", "--json", cwd=tmp_path, RIGHTSDATA_MIRRORS=good.address)
    assert json.loads(listed.stdout) == {good.address: [NEW, OLD]}
    failed = run("fetch", OLD, "--mirror", "/none", cwd=tmp_path)
    assert failed.returncode == 3
    assert "rightsdata: the mirror /none was passed over: there is no such folder\n" in failed.stderr
    assert f"version {OLD} could not be fetched; every mirror failed:\n  /none: there is" in failed.stderr


# ------------------------------------------------------------------- mirrors that lie or are down


def flipped(handler: Handler, data: bytes) -> None:
    handler.answer(data[:-1] + bytes([data[-1] ^ 1]))


LIES = {"events.parquet": flipped, "manifest.json": flipped, "SHA256SUMS": flipped, "index.json": page}


@pytest.mark.parametrize("name", LIES)
def test_a_mirror_that_lies_is_named_passed_over_and_not_asked_again(
    web: Server, good: Server, cache: Path, name: str
) -> None:
    web.faults[name] = LIES[name]
    with pytest.warns(ReleaseWarning, match=f"the mirror {web.address} cannot be trusted"):
        rd.fetch(NEW, mirrors=[web.address, good.address], key=str(KEY.public))
    assert whole(cache)
    asked = len(web.asked)
    rd.fetch(OLD, mirrors=[web.address, good.address])
    assert len(web.asked) == asked
    with pytest.raises(FetchError, match=f"{web.address}: not asked, because it lied before"):
        rd.fetch("2031.03.0", mirrors=[web.address])


def test_a_mirror_that_is_down_is_passed_over_and_asked_again(web: Server, good: Server, cache: Path) -> None:
    web.faults["stages.parquet"] = lambda handler, _: handler.answer(b"", 503)
    with pytest.warns(ReleaseWarning, match=f"the mirror {web.address} was passed over: answered 503"):
        rd.fetch(NEW, mirrors=[web.address, good.address])
    assert whole(cache)
    web.faults.clear()
    assert rd.fetch(OLD, mirrors=[web.address, "/none"]) == cache / "releases" / OLD


def test_all_failures_are_told_together(web: Server, published: Path) -> None:
    web.faults["events.parquet"] = short
    with (
        pytest.warns(ReleaseWarning, match="passed over|cannot be trusted"),
        pytest.raises(FetchError, match="every mirror failed") as caught,
    ):
        rd.fetch(NEW, mirrors=["/none", "ftp://x", web.address])
    assert list(caught.value.reasons) == ["/none", "ftp://x", web.address]
    for reason in caught.value.reasons.values():
        assert reason in str(caught.value)


def unsigned(published: Path) -> None:
    (published / "releases" / NEW / manifest.SIGNATURE).unlink()


def signed_by_another(published: Path) -> None:
    folder = published / "releases" / NEW
    text = signature.sign((folder / manifest.SUMS).read_bytes(), signature.generate(), "x")
    (folder / manifest.SIGNATURE).write_text(text)


def old_as_new(published: Path) -> None:
    shutil.rmtree(published / "releases" / NEW)
    shutil.copytree(published / "releases" / OLD, published / "releases" / NEW)
    digest = manifest.sha256((published / "releases" / OLD / manifest.NAME).read_bytes())
    edit_index(published, lambda entry: entry.update(manifest_sha256=digest))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unsigned, "unsigned, and a key was named"),
        (signed_by_another, "not by"),
        (old_as_new, f"passes version {OLD} off as {NEW}"),
    ],
)
def test_with_a_key_only_what_it_signed_is_taken(
    published: Path, cache: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(published)
    with pytest.warns(ReleaseWarning, match=said), pytest.raises(FetchError, match=said):
        rd.fetch(NEW, mirrors=[str(published)], key=str(KEY.public))
    assert not (cache / "releases" / NEW).exists()
    with pytest.raises(SignatureError, match="no minisign public key"):
        rd.fetch(NEW, mirrors=[str(published)], key="RWx")


def forge(published: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Change the manifest, and the checksums and the index with it, as a mirror can where no key is named."""
    folder = published / "releases" / NEW
    path = folder / manifest.NAME
    old = manifest.sha256(path.read_bytes())
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    new = manifest.sha256(path.read_bytes())
    lines = [f"{file['sha256']}  {file['name']}\n" for file in value["files"]]
    (folder / manifest.SUMS).write_text("".join([*lines, f"{new}  {manifest.NAME}\n"]))
    (published / "index.json").write_text((published / "index.json").read_text().replace(old, new))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bytes": 1 << 50}, "names 1125899906842624 bytes"),
        ({"bytes": "1"}, "names '1' bytes"),
        ({"bytes": -1}, "names -1 bytes"),
        ({"bytes": True}, "names True bytes"),
        ({"name": ".bashrc"}, "which no release holds"),
        ({"name": ".."}, "which no release holds"),
        ({"name": "SHA256SUMS.minisig"}, "which no release holds"),
        ({"name": "../evil"}, "no checksum of a file"),
        ({"name": "x.part"}, "which no release holds"),
        ({"bytes": 7}, r"instead of 7"),
        ({"sha256": "0" * 64}, "sends another"),
    ],
)
def test_a_manifest_that_attacks_is_refused(published: Path, cache: Path, change: dict[str, object], said: str) -> None:
    def edit(value: dict[str, object]) -> None:
        value["files"][0].update(change)  # type: ignore[index]

    forge(published, edit)
    with pytest.warns(ReleaseWarning, match="cannot be trusted"), pytest.raises(FetchError, match=said):
        rd.fetch(NEW, mirrors=[str(published)])
    assert not (cache / "releases" / NEW).exists()


def test_a_release_of_a_newer_schema_asks_for_an_upgrade(published: Path) -> None:
    forge(published, lambda value: value.update(schema_version="2.0.0"))
    with (
        pytest.warns(ReleaseWarning, match="passed over"),
        pytest.raises(FetchError, match="pip install --upgrade rightsdata"),
    ):
        rd.fetch(NEW, mirrors=[str(published)])


def test_a_version_that_changed_convicts_the_mirror(published: Path, good: Server, cache: Path) -> None:
    rd.fetch(NEW, mirrors=[good.address])
    forge(published, lambda value: value.update(license="CC0-1.0"))
    shutil.rmtree(cache / "releases" / NEW)  # what was seen stays known
    with (
        pytest.warns(ReleaseWarning, match="cannot be trusted"),
        pytest.raises(FetchError, match=r"with another manifest, .* a version never changes"),
    ):
        rd.fetch(NEW, mirrors=[str(published)])


def drop_newest(published: Path) -> None:
    path = published / "index.json"
    value = json.loads(path.read_text())
    value["versions"] = [entry for entry in value["versions"] if entry["version"] != NEW]
    path.write_text(json.dumps(value))


def test_a_mirror_with_an_older_index_than_was_seen_is_passed_over(
    published: Path, good: Server, cache: Path, releases: Path, tmp_path: Path
) -> None:
    drop_newest(published)
    rd.fetch(OLD, mirrors=[str(published)])  # nothing newer was seen so far
    shutil.rmtree(cache / "releases" / OLD)
    rd.fetch(OLD, mirrors=[good.address])  # shows the newest too
    shutil.rmtree(cache / "releases" / OLD)
    with pytest.warns(ReleaseWarning, match=f"passed over: shows an older index .* lacks version {NEW}"):
        rd.fetch(OLD, mirrors=[str(published), good.address])
    shutil.rmtree(cache / "releases" / OLD)
    rd.fetch(OLD, mirrors=[str(releases / OLD)])  # a release by itself was never an index


@pytest.mark.parametrize("key", [None, str(KEY.public)], ids=["unsigned", "signed"])
def test_a_version_that_a_mirror_invents_does_not_outdate_the_others(
    published: Path, good: Server, key: str | None
) -> None:
    path = published / "index.json"
    value = json.loads(path.read_text())
    value["versions"].insert(0, {**value["versions"][0], "version": "9999.12.0"})
    path.write_text(json.dumps(value))
    with pytest.warns(ReleaseWarning, match=r"newest version 9999\.12\.0 of the mirror .* was not noted"):
        rd.fetch(NEW, mirrors=[str(published)], key=key)
    rd.fetch(OLD, mirrors=[good.address], key=key)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"unsigned": {"x": {}}}', '{"unsigned": []}', "[" * 100_000], ids=range(5)
)
def test_a_garbled_memory_is_begun_anew(good: Server, cache: Path, text: str) -> None:
    cache.mkdir()
    (cache / "seen.json").write_text(text)
    with pytest.warns(ReleaseWarning, match=r"seen\.json cannot be read"):
        rd.fetch(NEW, mirrors=[good.address])
    assert set(json.loads((cache / "seen.json").read_text())) == {"unsigned"}


# ------------------------------------------------------------------- yanked


def test_a_yanked_version_warns_when_fetched_and_when_loaded_and_is_passed_over(published: Path, cache: Path) -> None:
    edit_index(published, lambda entry: entry.update(yanked="A country\x1b[31m was wrong."))
    with pytest.warns(ReleaseWarning, match=rf"version {NEW} was yanked, says .*: A country\\u001b\[31m was wrong"):
        rd.fetch(NEW, mirrors=[str(published)])
    shutil.rmtree(published)
    with pytest.warns(ReleaseWarning, match=rf"version {NEW} was yanked: A country\\u001b.* is at hand"):
        rd.load(NEW)
    with pytest.warns(ReleaseWarning, match="was yanked"):
        rd.fetch(NEW)
    assert rd.load().version != NEW
    assert NEW in rd.versions()


def test_the_newest_is_loaded_with_a_warning_where_all_were_yanked(
    cache: Path, releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "__file__", str(cache / "package/shelf.py"))  # nothing is installed
    shutil.copytree(releases, cache / "releases")
    (cache / "releases/yanked.json").write_text(json.dumps({OLD: "old reason", NEW: "new reason"}))
    with pytest.warns(ReleaseWarning, match="new reason$"):
        assert rd.load().version == NEW
    (cache / "releases/yanked.json").write_text(json.dumps({NEW: "new reason"}))
    assert rd.load().version == OLD
    with pytest.warns(ReleaseWarning, match=f"new reason; {OLD} is at hand"):
        rd.load(NEW)


# ------------------------------------------------------------------- interrupted


def test_a_fetch_resumes_where_the_last_one_stopped(web: Server, cache: Path) -> None:
    web.faults["events.parquet"] = stops
    with pytest.warns(ReleaseWarning, match="passed over"), pytest.raises(FetchError, match="4 times in a row"):
        rd.fetch(NEW, mirrors=[web.address])
    assert not (cache / "releases" / NEW).exists()
    part = next(cache.rglob("events.parquet.part")).stat().st_size
    web.faults.clear()
    web.asked.clear()
    rd.fetch(NEW, mirrors=[web.address])
    assert whole(cache)
    asked = dict(web.asked)
    assert asked[f"/releases/{NEW}/events.parquet"] == f"bytes={part}-"
    assert f"/releases/{NEW}/authorities.parquet" not in asked  # whole since the first run


def test_what_a_lying_mirror_left_behind_does_not_convict_an_honest_one(web: Server, good: Server, cache: Path) -> None:
    def zeros(handler: Handler, data: bytes) -> None:
        handler.answer(bytes(len(data) // 2), length=len(data))
        handler.close_connection = True

    web.faults["events.parquet"] = zeros
    with pytest.warns(ReleaseWarning, match="passed over") as told:
        rd.fetch(NEW, mirrors=[web.address, good.address])
    assert len(told) == 1
    assert whole(cache)
    assert good.address not in download._lied


FETCH = "import sys; from rightsdata import download as d; d.fetch(sys.argv[1], mirrors=sys.argv[2:])"


def test_processes_at_once_all_get_the_version(good: Server, cache: Path) -> None:
    command = [sys.executable, "-c", FETCH, NEW, good.address]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for one in running:
        assert one.communicate(timeout=60)[1] == ""
        assert one.returncode == 0
    assert whole(cache)
    assert sum(path.endswith(f"{NEW}/events.parquet") for path, _ in good.asked) == 1  # the others waited for it


# ------------------------------------------------------------------- disks that refuse

namespaces = pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0,
    reason="needs a mount namespace of its own",
)


def in_namespace(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "-rm", "sh", "-ec", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, "FETCH": FETCH, **environment},
    )


@namespaces
def test_a_full_disk_is_told_and_leaves_nothing(whole_site: Path, cache: Path) -> None:
    cache.mkdir()
    done = in_namespace(
        'mount -t tmpfs -o size=64k none "$RIGHTSDATA_CACHE"; '
        f'"$PYTHON" -c "$FETCH" {NEW} "$SITE" || find "$RIGHTSDATA_CACHE" -type f',
        SITE=str(whole_site),
    )
    assert f"FetchError: the disk of the cache {cache} is full; free some space" in done.stderr
    assert done.stdout == f"{cache}/lock\n"


@namespaces
def test_a_read_only_cache_is_told_and_still_loads_what_it_holds(whole_site: Path, cache: Path) -> None:
    rd.fetch(NEW, mirrors=[str(whole_site)])
    done = in_namespace(
        'mount --bind "$RIGHTSDATA_CACHE" "$RIGHTSDATA_CACHE"; mount -o remount,bind,ro "$RIGHTSDATA_CACHE"; '
        f'"$PYTHON" -c "import rightsdata as rd; print(rd.load(\\"{NEW}\\"), rd.fetch(\\"{NEW}\\"))"; '
        f'"$PYTHON" -c "$FETCH" {OLD} "$SITE"',
        SITE=str(whole_site),
    )
    assert f"<Dataset {NEW}" in done.stdout
    assert f"FetchError: the cache {cache} cannot be written (Read-only file system)" in done.stderr
    assert "name another folder in RIGHTSDATA_CACHE" in done.stderr


def test_a_file_in_the_way_of_the_cache_is_told(whole_site: Path, cache: Path) -> None:
    cache.write_text("")
    with pytest.raises(FetchError, match=r"cannot be written \(.*name another folder in RIGHTSDATA_CACHE"):
        rd.fetch(NEW, mirrors=[str(whole_site)])
    assert rd.load().version == shelf.versions()[-1]


# ------------------------------------------------------------------- no network unless asked

OFFLINE = """
import os, sys
def watch(event, args):
    if event.startswith("socket.") and event != "socket.__new__" and not event.startswith("socket.gethostname"):
        print("the network was used:", event, file=sys.stderr, flush=True)
        os._exit(9)
sys.addaudithook(watch)
import rightsdata as rd
from rightsdata import verification, reading
ds = rd.load().where(country="RU")
rd.brief(ds, sys.argv[1])
assert verification.verify(reading.folder()).ok
rd.scan("events").collect()
rd.versions()
print(len(ds))
"""


def test_nothing_uses_the_network_but_a_version_that_is_not_at_hand(tmp_path: Path) -> None:
    def offline(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "b.html")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "RIGHTSDATA_MIRRORS": "http://127.0.0.1:1/"},
        )

    done = offline(OFFLINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the network was used" in offline(OFFLINE + f"rd.load('{NEW}')").stderr  # the hook does see what asks


# ------------------------------------------------------------------- older schemas


def test_what_an_older_minor_schema_lacked_is_null_and_empty(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    place = release.write(folder.dataset(OLD), tmp_path / OLD)
    now = reading.load(place)
    frame = pl.read_parquet(place / "events.parquet").drop("population", "admin1")
    frame.write_parquet(place / "events.parquet")
    (place / "revisions.parquet").unlink()
    value = json.loads((place / manifest.NAME).read_text())
    value["files"] = [one for one in value["files"] if one["name"] != "revisions.parquet"]
    for one in value["files"]:
        one["sha256"] = manifest.sha256((place / one["name"]).read_bytes())
    for table, column in (("events", "population"), ("revisions", None)):
        if column:
            value["vocabularies"][table].pop(column)
        else:
            value["vocabularies"].pop(table, None)
    (place / manifest.NAME).write_text(json.dumps(value))
    with pytest.raises(rd.errors.IntegrityError, match="lacks the tables revisions"):
        reading.load(place)  # a release of today's schema is damaged then
    monkeypatch.setattr(manifest, "MINOR", 1)
    old = reading.load(place)
    assert old.revisions.is_empty()
    assert old.revisions.schema == now.revisions.schema
    assert old.events.columns == now.events.columns
    assert [kind.is_(other) for kind, other in zip(old.events.dtypes, now.events.dtypes, strict=True)]
    assert old.events["population"].null_count() == old.events["admin1"].null_count() == len(old)
    assert old.events.schema["admin1"] == now.events.schema["admin1"]
    assert old.events.drop("population", "admin1").equals(now.events.drop("population", "admin1"))
    assert len(old.where(country="RU")) == 1


def test_the_minor_version_that_is_read_is_the_schemas() -> None:
    from rightsdata import schema

    assert schema.SCHEMA_VERSION.startswith(f"{manifest.READS}.{manifest.MINOR}.")
    assert not manifest.is_older_minor(schema.SCHEMA_VERSION)


# ------------------------------------------------------------------- nginx


@pytest.fixture
def nginx(whole_site: Path, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "logs").mkdir()
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid {tmp_path}/pid; error_log {tmp_path}/logs/error;\n"
        f"events {{}}\nhttp {{ access_log {tmp_path}/logs/access; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;\n"
        f"fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n"
        f"gzip on; gzip_types *; server {{ listen 127.0.0.1:{port}; root {whole_site}; }} }}\n"
    )
    server = subprocess.Popen([NGINX, "-p", tmp_path, "-c", tmp_path / "nginx.conf"])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


@pytest.mark.skipif(not NGINX.exists(), reason="needs nginx")
def test_a_real_web_server_serves_and_resumes(nginx: str, cache: Path, whole_site: Path, tmp_path: Path) -> None:
    data = (whole_site / "releases" / NEW / "events.parquet").read_bytes()
    part = cache / "drafts" / NEW / "events.parquet.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(data[:1000])
    rd.fetch(NEW, mirrors=[nginx], key=str(KEY.public))
    assert whole(cache)
    (line,) = (line for line in (tmp_path / "logs/access").read_text().splitlines() if "/events.parquet" in line)
    assert f" 206 {len(data) - 1000} " in line
