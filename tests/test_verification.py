"""verification: what can be proven of a version folder, and what is found when it was touched."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Folder
from test_cli import run
from test_signature import minisign, needs_minisign

from rightsdata import manifest, release, schema, signature, verification


@pytest.fixture(scope="module")
def key() -> signature.SecretKey:
    return signature.generate()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, key: signature.SecretKey) -> Path:
    place = tmp_path_factory.mktemp("original")
    return release.file(Folder(place / "data").dataset("2026.11.0"), place / "releases", key)


@pytest.fixture
def signed(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil: a release takes seconds, for it passes the gate."""
    return Path(shutil.copytree(original, tmp_path / "releases" / "2026.11.0"))


def test_a_signed_folder_is_proven_by_the_key_that_one_names(signed: Path, key: signature.SecretKey) -> None:
    verdict = verification.verify(signed, str(key.public))
    assert verdict.ok, verdict
    assert verdict.signed_by == key.public.id
    assert "a key that you named" in str(verdict)
    assert "does not prove that what they say is true" in str(verdict)


def test_without_a_key_it_says_what_is_not_proven(signed: Path, folder: Folder, tmp_path: Path) -> None:
    said = str(verification.verify(signed))
    assert "which was not checked" in said
    assert "not who wrote it" in said
    unsigned = release.write(folder.dataset("2026.11.0"), tmp_path / "unsigned")
    assert verification.verify(unsigned).ok
    assert "unsigned" in str(verification.verify(unsigned))


def test_another_key_and_no_signature_are_told(signed: Path, key: signature.SecretKey) -> None:
    other = verification.verify(signed, str(signature.generate().public))
    assert not other.ok
    assert "not by" in str(other)
    (signed / manifest.SIGNATURE).unlink()
    assert "it is unsigned" in str(verification.verify(signed, str(key.public)))


Touch = Callable[[Path], object]
TOUCHED: dict[str, tuple[Touch, str]] = {
    "a file too many": (lambda place: (place / "extra.txt").write_text("x"), "extra.txt is not listed"),
    "a file too few": (lambda place: (place / "stages.parquet").unlink(), "stages.parquet is listed and not there"),
    "a link for a file": (
        lambda place: (
            (place / "CODEBOOK.md").rename(place.parent / "c"),
            (place / "CODEBOOK.md").symlink_to(place.parent / "c"),
        ),
        "CODEBOOK.md is listed and not there as a file",
    ),
    "a byte": (lambda place: flip(place / "events.parquet", 500), "events.parquet was changed"),
    "the manifest": (lambda place: flip(place / "manifest.json", 30), "manifest.json was changed"),
    "the list gone": (lambda place: (place / manifest.SUMS).unlink(), "SHA256SUMS is missing"),
    "the list garbled": (lambda place: (place / manifest.SUMS).write_text("x\n"), "no checksum of a file"),
    "a path in the list": (
        lambda place: (place / manifest.SUMS).write_text("0" * 64 + "  ../../etc/passwd\n"),
        "no checksum of a file",
    ),
    "a folder inside": (lambda place: (place / "more").mkdir(), "more is not listed"),
}


def flip(path: Path, at: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("name", TOUCHED)
def test_what_was_touched_is_named(signed: Path, name: str) -> None:
    touch, said = TOUCHED[name]
    touch(signed)
    verdict = verification.verify(signed)
    assert not verdict.ok
    assert said in str(verdict)
    assert "NOT what was published" in str(verdict)


def test_a_list_that_was_made_anew_is_found_by_the_signature(signed: Path, key: signature.SecretKey) -> None:
    flip(signed / "events.csv", 100)
    about = json.loads((signed / "manifest.json").read_text())
    for file in about["files"]:
        file["sha256"] = manifest.sha256((signed / file["name"]).read_bytes())
    (signed / "manifest.json").write_text(json.dumps(about))
    names = sorted(path.name for path in signed.iterdir() if not path.name.startswith("SHA256SUMS"))
    (signed / manifest.SUMS).write_text(
        "".join(f"{manifest.sha256((signed / name).read_bytes())}  {name}\n" for name in names)
    )
    assert verification.verify(signed).ok  # which is why an unsigned folder proves nothing about who wrote it
    assert "the list of checksums was changed" in str(verification.verify(signed, str(key.public)))


def test_truncation_and_flipped_bits_are_always_found(signed: Path, tmp_path: Path) -> None:
    chance = random.Random(11)
    files = sorted(path.name for path in signed.iterdir() if path.name != manifest.SIGNATURE)
    for turn in range(200):
        place = tmp_path / "copy"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(signed, place)
        path = place / chance.choice(files)
        if turn % 2:
            path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])
        else:
            flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))
        assert not verification.verify(place).ok, (turn, path.name)


def test_the_chain_to_the_version_before_is_checked(folder: Folder, signed: Path) -> None:
    second = release.file(folder.dataset("2026.12.0"), signed.parent)
    assert "whose manifest is the one that it names" in str(verification.verify(second, previous=signed))
    assert "the chain was not checked" in str(verification.verify(second))
    about = json.loads((signed / "manifest.json").read_text())
    (signed / "manifest.json").write_text(json.dumps({**about, "license": "CC0-1.0"}))
    verdict = verification.verify(second, previous=signed)
    assert not verdict.ok
    assert "it follows 2026.11.0" in str(verdict)


def test_another_schema_under_the_same_number_is_told(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "fingerprint", lambda: "f" * 64)
    assert "another schema" in str(verification.verify(signed))


@needs_minisign
def test_no_python_is_needed_to_verify(signed: Path, key: signature.SecretKey) -> None:
    assert minisign("-Vm", manifest.SUMS, "-P", str(key.public), cwd=signed).returncode == 0
    done = subprocess.run(["sha256sum", "-c", "--strict", manifest.SUMS], cwd=signed, capture_output=True, check=False)
    assert done.returncode == 0


def test_the_command_says_it_in_words_in_json_and_by_its_exit_code(
    signed: Path, key: signature.SecretKey, tmp_path: Path
) -> None:
    good = run("verify", signed, "--key", str(key.public), cwd=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    (tmp_path / "trusted.pub").write_text(signature.public_text(key.public))
    value = json.loads(run("verify", signed, "--key", "trusted.pub", "--json", cwd=tmp_path).stdout)
    assert (value["ok"], value["signed_by"], value["problems"]) == (True, key.public.id, [])
    assert run("verify", cwd=tmp_path).returncode == 0
    assert run("verify", "1999.01.0", cwd=tmp_path).returncode == 3
    assert "no minisign public key" in run("verify", signed, "--key", "nonsense", cwd=tmp_path).stderr
    flip(signed / "events.csv", 9)
    assert run("verify", signed, cwd=tmp_path).returncode == 1


def test_keygen_then_release_then_verify(folder: Folder, tmp_path: Path) -> None:
    root = folder.write()
    done = run("keygen", tmp_path / "me", "--no-password", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the secret key" in done.stdout
    assert run("release", "2026.11.0", "--key", tmp_path / "me.key", cwd=root).returncode == 0
    assert run("verify", root / "releases/2026.11.0", "--key", tmp_path / "me.pub", cwd=root).returncode == 0
    assert run("release", "2026.12.0", "--key", tmp_path / "me.pub", cwd=root).returncode == 1


@pytest.mark.slow
def test_the_password_comes_from_the_environment_and_never_from_the_words(folder: Folder, tmp_path: Path) -> None:
    root = folder.write()
    secret = {"RIGHTSDATA_KEY_PASSWORD": "long and secret"}
    assert run("keygen", tmp_path / "me", cwd=tmp_path, **secret).returncode == 0
    wrong = run("release", "2026.11.0", "--key", tmp_path / "me.key", cwd=root, RIGHTSDATA_KEY_PASSWORD="x")
    assert wrong.returncode == 1
    assert "wrong password" in wrong.stderr
    assert run("release", "2026.11.0", "--key", tmp_path / "me.key", cwd=root, **secret).returncode == 0


def test_a_signature_stands_outside_what_must_be_the_same_bytes(folder: Folder, signed: Path, tmp_path: Path) -> None:
    time.sleep(0.01)
    unsigned = release.write(folder.dataset("2026.11.0"), tmp_path / "again")
    assert (unsigned / manifest.SUMS).read_bytes() == (signed / manifest.SUMS).read_bytes()
