"""Signatures in minisign's format, and the keys that make them: a reader needs no Python to check one.

Formats as in minisign's own description (jedisct1.github.io/minisign): Ed25519 over the BLAKE2b-512 of the file
("ED"), a trusted comment signed together with it, and a secret key that a password protects through scrypt. Keys and
signatures made here and by the stock `minisign` work with one another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from rightsdata.errors import IntegrityError, SignatureError

_COST = 1 << 25, 1 << 30
"""libsodium's "sensitive" limits for scrypt, as minisign takes them: operations and bytes of memory."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to check signatures with; `str` gives the one line that people pass on."""

    number: bytes
    key: bytes

    @property
    def id(self) -> str:
        """The key's number as minisign prints it: 16 hexadecimal digits."""
        return _printed(self.number)

    def __str__(self) -> str:
        return base64.b64encode(b"Ed" + self.number + self.key).decode()


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key to sign with; never shown."""

    number: bytes
    seed: bytes

    @property
    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return PublicKey(self.number, key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    def __repr__(self) -> str:
        return f"<SecretKey {self.public.id}>"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was read; `comment` is trusted once `check` has passed."""

    algorithm: bytes
    number: bytes
    signature: bytes
    comment: str
    whole: bytes

    @property
    def key_id(self) -> str:
        """The number of the key that claims to have made it."""
        return _printed(self.number)


def _printed(number: bytes) -> str:
    return number[::-1].hex().upper()


def generate() -> SecretKey:
    """A new key."""
    key = Ed25519PrivateKey.generate()
    return SecretKey(os.urandom(8), key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


def sign(data: bytes, key: SecretKey, comment: str) -> str:
    """The text of a signature file over the data; the comment, one line, is signed with it."""
    if "\n" in comment or "\r" in comment:
        raise SignatureError("a trusted comment is one line")
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    signed = private.sign(hashlib.blake2b(data).digest())
    whole = private.sign(signed + comment.encode())
    lines = [
        f"untrusted comment: signature from rightsdata key {key.public.id}",
        base64.b64encode(b"ED" + key.number + signed).decode(),
        f"trusted comment: {comment}",
        base64.b64encode(whole).decode(),
    ]
    return "\n".join(lines) + "\n"


def read(text: str) -> Signature:
    """A signature file; SignatureError if it is none."""
    lines = text.splitlines()
    try:
        comment, body, trusted, whole = lines[:4]
        raw, last = base64.b64decode(body, validate=True), base64.b64decode(whole, validate=True)
    except (ValueError, binascii.Error):
        raise SignatureError("the signature file is not in minisign's format; restore it from a copy") from None
    fits = comment.startswith("untrusted comment:") and trusted.startswith("trusted comment: ")
    if not fits or len(raw) != 74 or len(last) != 64 or raw[:2] not in (b"ED", b"Ed"):
        raise SignatureError("the signature file is not in minisign's format; restore it from a copy")
    return Signature(raw[:2], raw[2:10], raw[10:], trusted.removeprefix("trusted comment: "), last)


def check(data: bytes, signature: Signature, key: PublicKey) -> None:
    """Raise unless the key made the signature over these bytes and its comment.

    Raises:
        SignatureError: if another key made it.
        IntegrityError: if the bytes or the comment are not the signed ones.
    """
    if not hmac.compare_digest(signature.number, key.number):
        raise SignatureError(f"signed by the key {signature.key_id}, not by {key.id}, the one that you named")
    public = Ed25519PublicKey.from_public_bytes(key.key)
    signed = hashlib.blake2b(data).digest() if signature.algorithm == b"ED" else data
    try:
        public.verify(signature.signature, signed)
        public.verify(signature.whole, signature.signature + signature.comment.encode())
    except InvalidSignature:
        raise IntegrityError(f"the signature of {key.id} does not fit: the list of checksums was changed") from None


# ------------------------------------------------------------------- keys as files


def public_text(key: PublicKey) -> str:
    """The text of a public key's file."""
    return f"untrusted comment: minisign public key {key.id}\n{key}\n"


def read_public(text: str) -> PublicKey:
    """A public key from its file's text or from its one line; SignatureError if it is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("untrusted comment:")]
    try:
        (line,) = lines
        raw = base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != 42 or raw[:2] != b"Ed":
        raise SignatureError("this is no minisign public key; one is a line of 56 characters that begins with RW")
    return PublicKey(raw[2:10], raw[10:])


def secret_text(key: SecretKey, password: str) -> str:
    """The text of a secret key's file; an empty password leaves it unprotected."""
    pair = key.seed + key.public.key
    body = key.number + pair + hashlib.blake2b(b"Ed" + key.number + pair, digest_size=32).digest()
    salt = os.urandom(32)
    if password:
        body = _masked(body, password, salt, *_COST)
        head = b"EdScB2" + salt + struct.pack("<QQ", *_COST)
        name = "minisign encrypted secret key"
    else:
        head = b"Ed\0\0B2" + bytes(48)
        name = "minisign secret key"
    return f"untrusted comment: {name}\n{base64.b64encode(head + body).decode()}\n"


def is_protected(text: str) -> bool:
    """Whether a secret key's file needs a password."""
    return _secret_bytes(text)[2:4] != b"\0\0"


def read_secret(text: str, password: str = "") -> SecretKey:
    """A secret key from its file's text; SignatureError if it is none or the password is wrong."""
    raw = _secret_bytes(text)
    salt, (operations, memory), body = raw[6:38], struct.unpack("<QQ", raw[38:54]), raw[54:]
    if raw[2:4] == b"Sc":
        if memory > _COST[1]:
            raise SignatureError("the key's file asks for more memory than minisign ever does; it was tampered with")
        body = _masked(body, password, salt, operations, memory)
    number, pair, checksum = body[:8], body[8:72], body[72:]
    found = hashlib.blake2b(b"Ed" + number + pair, digest_size=32).digest()
    if raw[2:4] == b"Sc" and not hmac.compare_digest(found, checksum):  # minisign -W writes no checksum
        raise SignatureError("wrong password, or the key's file was changed")
    key = SecretKey(number, pair[:32])
    if key.public.key != pair[32:]:
        raise SignatureError("the key's file was changed: its two halves do not belong together")
    return key


def _secret_bytes(text: str) -> bytes:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("untrusted comment:")]
    try:
        (line,) = lines
        raw = base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != 158 or raw[:2] != b"Ed" or raw[4:6] != b"B2" or raw[2:4] not in (b"Sc", b"\0\0"):
        raise SignatureError("this is no minisign secret key")
    return raw


def _masked(body: bytes, password: str, salt: bytes, operations: int, memory: int) -> bytes:
    """The body under the stream that scrypt makes of the password; doing it twice gives the body back."""
    cost, block, parallel = _scrypt_parameters(operations, memory)
    stream = hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=memory + (1 << 26), dklen=len(body)
    )
    return bytes(a ^ b for a, b in zip(body, stream, strict=True))


def _scrypt_parameters(operations: int, memory: int) -> tuple[int, int, int]:
    """N, r and p for libsodium's limits; its pickparams in crypto_pwhash_scryptsalsa208sha256."""
    operations, block = max(operations, 32768), 8
    if operations < memory // 32:
        most = operations // (block * 4)
        return 1 << max(1, (most // 2).bit_length()), block, 1
    most = memory // (block * 128)
    log = max(1, (most // 2).bit_length())
    return 1 << log, block, max(1, min((operations // 4) >> log, 0x3FFFFFFF) // block)


def write_pair(key: SecretKey, place: Path, password: str) -> tuple[Path, Path]:
    """Write a key as `place.key`, readable by its owner only, and `place.pub`; neither may exist.

    Raises:
        SignatureError: if the place is inside a git work tree, where secrets do not belong.
        FileExistsError: if one of the files is there already; nothing is written.
    """
    secret, public = place.with_name(place.name + ".key"), place.with_name(place.name + ".pub")
    for folder in place.resolve().parents:
        if (folder / ".git").exists():
            raise SignatureError(f"{place} lies inside the git work tree {folder}; keep secret keys outside of it")
    for path in (secret, public):
        if path.exists():
            raise FileExistsError(17, "File exists", str(path))
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret_text(key, password))
    public.write_text(public_text(key.public))
    return secret, public
