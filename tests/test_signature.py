"""signature: minisign's format, with the stock minisign on the other side."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rightsdata import signature
from rightsdata.errors import IntegrityError, SignatureError

MINISIGN = shutil.which("minisign")
needs_minisign = pytest.mark.skipif(
    MINISIGN is None, reason="minisign is not installed (Debian: apt-get install minisign)"
)
DATA = b"the list of checksums\n" * 100


@pytest.fixture(scope="module")
def key() -> signature.SecretKey:
    return signature.generate()


def minisign(*words: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    assert MINISIGN
    return subprocess.run([MINISIGN, *words], cwd=cwd, input=stdin, capture_output=True, text=True, check=False)


def test_a_signature_fits_its_bytes_its_comment_and_its_key(key: signature.SecretKey) -> None:
    found = signature.read(signature.sign(DATA, key, "rightsdata 2026.11.0"))
    signature.check(DATA, found, key.public)
    assert (found.key_id, found.comment) == (key.public.id, "rightsdata 2026.11.0")


def test_other_bytes_another_comment_and_another_key_do_not_fit(key: signature.SecretKey) -> None:
    text = signature.sign(DATA, key, "rightsdata 2026.11.0")
    with pytest.raises(IntegrityError, match="was changed"):
        signature.check(DATA + b"x", signature.read(text), key.public)
    with pytest.raises(IntegrityError, match="was changed"):
        signature.check(DATA, signature.read(text.replace("2026.11.0", "2026.11.1")), key.public)
    with pytest.raises(SignatureError, match="not by"):
        signature.check(DATA, signature.read(text), signature.generate().public)
    forger = signature.generate()
    forged = signature.SecretKey(key.number, forger.seed)  # claims the trusted key's number
    with pytest.raises(IntegrityError):
        signature.check(DATA, signature.read(signature.sign(DATA, forged, "x")), key.public)


@pytest.mark.parametrize(
    "text", ["", "x", "untrusted comment: x\nAAAA\ntrusted comment: x\nAAAA\n", "\n\n\n\n", "é" * 9]
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(SignatureError, match="not in minisign's format"):
        signature.read(text)


@pytest.mark.parametrize("text", ["", "RWQ", "untrusted comment: x\n", "A" * 56, "https://example.org/key"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(SignatureError, match="no minisign public key"):
        signature.read_public(text)


def test_a_comment_is_one_line(key: signature.SecretKey) -> None:
    with pytest.raises(SignatureError, match="one line"):
        signature.sign(DATA, key, "a\ntrusted comment: b")


def test_a_public_key_comes_back_from_its_line_and_its_file(key: signature.SecretKey) -> None:
    assert signature.read_public(str(key.public)) == key.public
    assert signature.read_public(signature.public_text(key.public)) == key.public


@pytest.mark.slow
def test_a_password_protects_the_secret_key(key: signature.SecretKey) -> None:
    text = signature.secret_text(key, "long and secret")
    assert signature.is_protected(text)
    assert key.seed.hex() not in text
    assert signature.read_secret(text, "long and secret") == key
    with pytest.raises(SignatureError, match="wrong password"):
        signature.read_secret(text, "short")


def test_a_secret_key_never_shows_itself(key: signature.SecretKey) -> None:
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)
    assert str(key) == f"<SecretKey {key.public.id}>"


def test_a_key_whose_halves_do_not_belong_together_is_refused(key: signature.SecretKey) -> None:
    mixed = signature.secret_text(key, "").splitlines()[1]
    other = signature.secret_text(signature.generate(), "").splitlines()[1]
    with pytest.raises(SignatureError, match="changed"):
        signature.read_secret(mixed[:140] + other[140:])


def test_keys_are_written_once_for_their_owner_and_never_into_a_git_tree(
    key: signature.SecretKey, tmp_path: Path
) -> None:
    secret, public = signature.write_pair(key, tmp_path / "maintainer", "")
    assert oct(secret.stat().st_mode & 0o777) == "0o600"
    assert signature.read_secret(secret.read_text()) == key
    assert signature.read_public(public.read_text()) == key.public
    with pytest.raises(FileExistsError):
        signature.write_pair(signature.generate(), tmp_path / "maintainer", "")
    assert signature.read_secret(secret.read_text()) == key
    tree = tmp_path / "repo"
    (tree / ".git").mkdir(parents=True)
    (tree / "keys").mkdir()
    with pytest.raises(SignatureError, match="git work tree"):
        signature.write_pair(key, tree / "keys" / "k", "")
    assert list((tree / "keys").iterdir()) == []


@needs_minisign
def test_stock_minisign_accepts_our_signature_and_refuses_a_changed_file(
    key: signature.SecretKey, tmp_path: Path
) -> None:
    (tmp_path / "SUMS").write_bytes(DATA)
    (tmp_path / "SUMS.minisig").write_text(signature.sign(DATA, key, "rightsdata 2026.11.0"))
    done = minisign("-Vm", "SUMS", "-P", str(key.public), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Trusted comment: rightsdata 2026.11.0" in done.stdout
    (tmp_path / "SUMS").write_bytes(DATA + b"x")
    assert minisign("-Vm", "SUMS", "-P", str(key.public), cwd=tmp_path).returncode != 0


@needs_minisign
def test_stock_minisign_signs_with_our_key_and_we_with_its(key: signature.SecretKey, tmp_path: Path) -> None:
    signature.write_pair(key, tmp_path / "ours", "")
    (tmp_path / "SUMS").write_bytes(DATA)
    assert minisign("-Sm", "SUMS", "-s", "ours.key", "-t", "by stock", cwd=tmp_path).returncode == 0
    signature.check(DATA, signature.read((tmp_path / "SUMS.minisig").read_text()), key.public)
    assert minisign("-G", "-W", "-p", "theirs.pub", "-s", "theirs.key", cwd=tmp_path).returncode == 0
    theirs = signature.read_secret((tmp_path / "theirs.key").read_text())
    assert theirs.public == signature.read_public((tmp_path / "theirs.pub").read_text())
    (tmp_path / "SUMS.minisig").write_text(signature.sign(DATA, theirs, "by us"))
    assert minisign("-Vm", "SUMS", "-p", "theirs.pub", cwd=tmp_path).returncode == 0


@needs_minisign
@pytest.mark.slow
def test_stock_minisign_opens_our_protected_key(key: signature.SecretKey, tmp_path: Path) -> None:
    signature.write_pair(key, tmp_path / "ours", "long and secret")
    (tmp_path / "SUMS").write_bytes(DATA)
    assert minisign("-Sm", "SUMS", "-s", "ours.key", cwd=tmp_path, stdin="long and secret\n").returncode == 0
    signature.check(DATA, signature.read((tmp_path / "SUMS.minisig").read_text()), key.public)


def test_a_tampered_key_cannot_ask_for_all_memory(key: signature.SecretKey) -> None:
    import base64
    import struct

    raw = b"EdScB2" + os.urandom(32) + struct.pack("<QQ", 1 << 40, 1 << 40) + bytes(104)
    with pytest.raises(SignatureError, match="more memory"):
        signature.read_secret(f"untrusted comment: x\n{base64.b64encode(raw).decode()}\n", "x")
