"""One mirror of a published site: a web address, a folder or a zip, read within bounds and believed in nothing.

A mirror is one of

- `https://host/path` or `http://host/path`, where `rightsdata publish` put a site. Plain http is allowed, because every
  byte is checked against checksums; but whoever sits on the way sees what is asked for, and without a key that you
  trust could send another release whose checksums fit;
- `file:///path` or the path of a folder: a site, a folder of releases, or one version folder;
- the path of a `.zip`: the bundle of one release.

What comes from the network is waited for by a thread, so that nothing, from the look-up of the name to the last byte,
can hold a fetch up for longer than PATIENCE allows. Proxies are taken from the environment, as urllib does.
"""

from __future__ import annotations

import json
import queue
import random
import re
import socket
import ssl
import stat
import threading
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPMessage, IncompleteRead
from pathlib import Path
from typing import IO, Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from rightsdata import manifest
from rightsdata.errors import MirrorError, ReleaseError

INDEX = "index.json"

SMALL = 16 << 20
"""Most bytes of an index or a manifest, which for ten thousand releases would be a tenth of it."""

PATIENCE = 30.0
"""Seconds for an answer to begin, and the span over which its speed is looked at."""

LEAST = 100
"""Bytes a second below which a mirror is given up: a tenth of what a throttled telephone line still brings."""

TRIES = 4
"""How often in a row a passing fault, such as a lost connection or an answer 503, is put up with."""

PAUSE = 0.5
"""Seconds before the second try; doubled each time, and stretched by chance, so that not all readers come at once."""

LONGEST_PAUSE = 30.0
REDIRECTS = 5
PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Offer:
    """A version that a mirror says it has: the SHA-256 of its manifest, and why it was yanked if it was."""

    manifest_sha256: str
    yanked: str | None = None


class Mirror(ABC):
    """Where releases can be had from; every method raises MirrorError for what the mirror cannot or should not do."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.whole = True
        """Whether it offers a site, with all versions; a version folder or bundle does not."""

    @abstractmethod
    def offers(self) -> dict[str, Offer]:
        """The versions that it says it has."""

    @abstractmethod
    def read(self, version: str, name: str, most: int = SMALL) -> bytes | None:
        """A small file of a version, of `most` bytes at most; None if the mirror has none."""

    @abstractmethod
    def stream(self, version: str, name: str, size: int, offset: int = 0) -> Iterator[bytes]:
        """The bytes of a file of `size` bytes from `offset` on."""


def of(place: str) -> Mirror:
    """The mirror at an address or a path."""
    scheme = urlsplit(place).scheme if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", place) else ""
    if scheme in ("http", "https"):
        return _Web(place)
    if scheme == "file":
        parts = urlsplit(place)
        if parts.netloc not in ("", "localhost"):
            raise MirrorError(f"names another machine, {parts.netloc}; write file:///path")
        path = Path(urllib.request.url2pathname(parts.path))
    elif scheme:
        raise MirrorError(f"{scheme}: is not supported; name an https, http or file address, a folder or a zip")
    else:
        path = Path(place).expanduser()
    return _Zip(place, path) if path.suffix.lower() == ".zip" else _Folder(place, path)


def _listed(data: bytes) -> dict[str, Offer]:
    """What an index offers."""
    try:
        value: Any = json.loads(data)
        if value["dataset"] != "rightsdata":
            raise KeyError("dataset")
        if value["format"] != 1:
            raise MirrorError(
                f"its {INDEX} has format {value['format']!r}; upgrade with: pip install --upgrade rightsdata"
            )
        found = {}
        for entry in value["versions"]:
            version, digest, reason = entry["version"], entry["manifest_sha256"], entry.get("yanked")
            fits = len(version) < 24 and manifest.is_version(version) and re.fullmatch("[0-9a-f]{64}", digest)
            if not fits or not isinstance(reason, str | None) or version in found:
                raise ValueError(f"an entry {version!r}")
            found[version] = Offer(digest, reason)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MirrorError(f"its {INDEX} is no index of rightsdata ({error})", "lying") from None
    return found


def _wrong_length(name: str, found: int, size: int) -> MirrorError:
    return MirrorError(f"sends {name} with {found} bytes instead of {size}", "lying")


# ------------------------------------------------------------------- folders


class _Folder(Mirror):
    """A site, a folder of releases or one version folder on a disk or stick."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self.path = path
        self.whole = not (path / manifest.NAME).is_file()

    def offers(self) -> dict[str, Offer]:
        try:
            if not self.path.is_dir():
                raise MirrorError("there is no such folder")
            if (self.path / INDEX).is_file():
                return _listed(self._small(self.path / INDEX, SMALL) or b"")
            if not self.whole:
                data = self._small(self.path / manifest.NAME, SMALL) or b""
                return {_version_of(data): Offer(manifest.sha256(data))}
            yanked = manifest.yanked(self.path)
            found = {
                version: Offer(manifest.sha256(self._small(folder / manifest.NAME, SMALL) or b""), yanked.get(version))
                for version, folder in manifest.folders(self.path).items()
            }
        except OSError as error:
            raise MirrorError(f"cannot be read ({error.strerror})") from None
        except ReleaseError as error:
            raise MirrorError(str(error)) from None
        if not found:
            raise MirrorError(f"holds no {INDEX} and no version folder; name a site, a folder of releases or a release")
        return found

    def read(self, version: str, name: str, most: int = SMALL) -> bytes | None:
        return self._small(self._place(version, name), most)

    def stream(self, version: str, name: str, size: int, offset: int = 0) -> Iterator[bytes]:
        with _opened(self._place(version, name)) as file:
            if file is None:
                raise MirrorError(f"lacks {name}", "lacking")
            if (found := file.seek(0, 2)) != size:
                raise _wrong_length(name, found, size)
            file.seek(offset)
            yield from _exactly(file, name, size - offset)

    def _place(self, version: str, name: str) -> Path:
        if not self.whole:
            return self.path / name
        return (self.path / "releases" if (self.path / INDEX).is_file() else self.path) / version / name

    def _small(self, path: Path, most: int) -> bytes | None:
        with _opened(path) as file:
            return None if file is None else _at_most(file, path.name, most)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | None]:
    """A regular file to read; None if there is none, also if it is a pipe that would be waited for."""
    try:
        if not path.is_file():
            yield None
            return
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise MirrorError(f"{path.name} cannot be read ({error.strerror})") from None


def _at_most(file: IO[bytes], name: str, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise MirrorError(f"sends more than {most} bytes for {name}", "lying")
    return data


def _exactly(file: IO[bytes], name: str, length: int) -> Iterator[bytes]:
    while length:
        piece = file.read(min(PIECE, length))
        if not piece:
            raise MirrorError(f"{name} ends {length} bytes early", "lying")
        length -= len(piece)
        yield piece


def _version_of(data: bytes) -> str:
    """The version that a manifest names, for a mirror that holds one release."""
    try:
        version = json.loads(data)["version"]
        if len(version) < 24 and manifest.is_version(version):
            return str(version)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise MirrorError(f"its {manifest.NAME} names no calendar version", "lying")


# ------------------------------------------------------------------- bundles


class _Zip(Mirror):
    """The bundle of one release, read entry by entry and never unpacked."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self.path = path
        self.whole = False

    def offers(self) -> dict[str, Offer]:
        with self._entries() as (_, entries, version):
            if manifest.NAME not in entries:
                raise MirrorError(f"holds no {manifest.NAME}", "lying")
        data = self.read(version, manifest.NAME) or b""
        return {version: Offer(manifest.sha256(data))}

    def read(self, version: str, name: str, most: int = SMALL) -> bytes | None:
        with self._entries() as (bundle, entries, _):
            if name not in entries:
                return None
            with bundle.open(entries[name]) as file:
                return _at_most(file, name, most)

    def stream(self, version: str, name: str, size: int, offset: int = 0) -> Iterator[bytes]:
        with self._entries() as (bundle, entries, _):
            if name not in entries:
                raise MirrorError(f"lacks {name}", "lacking")
            if entries[name].file_size != size:
                raise _wrong_length(name, entries[name].file_size, size)
            with bundle.open(entries[name]) as file:
                file.seek(offset)
                yield from _exactly(file, name, size - offset)

    @contextmanager
    def _entries(self) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo], str]]:
        """The open zip, its entries by plain name and the version that its folder names."""
        if not self.path.is_file():
            raise MirrorError("there is no such file")
        try:
            with zipfile.ZipFile(self.path) as bundle:
                yield bundle, *_checked(bundle.infolist())
        except OSError as error:
            raise MirrorError(f"cannot be read ({error.strerror})") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
            raise MirrorError(f"is no sound zip ({error})", "lying") from None


def _checked(infos: list[zipfile.ZipInfo]) -> tuple[dict[str, zipfile.ZipInfo], str]:
    """The entries by plain name and the version, if there is nothing but the plain files of one release."""
    folders = {info.filename.partition("/")[0] for info in infos}
    if len(folders) != 1 or not (named := re.fullmatch(f"rightsdata-({manifest.VERSION})", next(iter(folders)))):
        raise MirrorError(
            "is no bundle: it holds other entries than the files of one folder rightsdata-VERSION", "lying"
        )
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename.partition("/")[2]
        kind = stat.S_IFMT(info.external_attr >> 16)
        wrong = (
            "is no plain file name"
            if not is_plain(name) or info.orig_filename != info.filename
            else "is there twice"
            if name in entries
            else "is a link or another special file"
            if kind not in (0, stat.S_IFREG)
            else "is encrypted"
            if info.flag_bits & 0x1
            else "is packed in a way that bundles never are"
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            else None
        )
        if wrong:
            raise MirrorError(f"is refused: its entry {info.orig_filename!r} {wrong}", "lying")
        entries[name] = info
    return entries, named[1]


def is_plain(name: str) -> bool:
    """Whether a name can be a file of a release: letters, digits, hyphen, underscore, dots inside."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name) is not None and not name.endswith((".", ".part"))


# ------------------------------------------------------------------- the web


class _Passing(Exception):
    """A fault that may be gone at the next try; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(reason)


class _Web(Mirror):
    """A site on a web server or object store."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        parts = urlsplit(name)
        if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
            raise MirrorError("is not supported: write a plain address of a site, such as https://host/path")
        self.base = name.rstrip("/") + "/"

    def offers(self) -> dict[str, Offer]:
        data = self._whole(INDEX, SMALL)
        if data is None:
            raise MirrorError(f"has no {INDEX}; name the address of a site made by `rightsdata publish`")
        return _listed(data)

    def read(self, version: str, name: str, most: int = SMALL) -> bytes | None:
        return self._whole(f"releases/{version}/{name}", most)

    def stream(self, version: str, name: str, size: int, offset: int = 0) -> Iterator[bytes]:
        at, tries = offset, 0
        while at < size:
            begun = at
            try:
                for piece in self._pieces(f"releases/{version}/{name}", at, size):
                    at += len(piece)
                    yield piece
                if at < size:
                    raise _Passing(f"{name} ended after {at} of {size} bytes")
            except _Passing as fault:
                tries = 1 if at - begun >= PIECE else tries + 1  # a line that drops often still gets there
                _wait(fault, tries)

    def _whole(self, path: str, most: int) -> bytes | None:
        tries = 0
        while True:
            try:
                return b"".join(self._pieces(path, 0, None, most))
            except _Passing as fault:
                tries += 1
                _wait(fault, tries)
            except MirrorError as error:
                if error.kind == "lacking":
                    return None
                raise

    def _pieces(self, path: str, offset: int, size: int | None, most: int = SMALL) -> Iterator[bytes]:
        """The body of one answer from `offset` on, checked as it comes; `size` is the whole file's if it is known."""
        name = path.rpartition("/")[2]
        answer = _Answer(urljoin(self.base, path), offset)
        with answer:
            status, head = answer.head()
            if encoding := head.get("Content-Encoding", "identity").strip().lower().replace("identity", ""):
                raise MirrorError(f"sends {name} packed ({encoding}), though it was asked not to", "lying")
            skip = 0
            if status == 206 and offset:
                if head.get("Content-Range", "").strip() != f"bytes {offset}-{(size or 0) - 1}/{size}":
                    raise MirrorError(f"sends another part of {name} than was asked for", "lying")
            elif status == 200:
                skip = offset  # it knows no parts: what is here already is passed over
            else:
                raise MirrorError(f"answered {status} for {name}")
            length = head.get("Content-Length", "")
            is_page = head.get_content_type() == "text/html" and not name.endswith(".html")
            expected = None if size is None else size - offset + skip
            pieces = answer.pieces()
            first = next(pieces, b"")
            if is_page and first.lstrip()[:1] == b"<":
                raise MirrorError(f"answered with a web page instead of {name}", "lying")
            if expected is not None and length.isdigit() and int(length) != expected:
                raise _wrong_length(name, offset - skip + int(length), size or 0)
            got, piece = 0, first
            while piece:
                got += len(piece)
                if got > (most if expected is None else expected):
                    raise MirrorError(f"sends more than {most if size is None else size} bytes for {name}", "lying")
                passed = min(skip, len(piece))
                skip -= passed
                if piece := piece[passed:]:
                    yield piece
                piece = next(pieces, b"")
            if length.isdigit() and got < int(length):
                raise _Passing(f"the connection ended after {got} of {length} bytes of {name}")


def _wait(fault: _Passing, tries: int) -> None:
    """Pause before the next try; MirrorError if there were enough."""
    if tries >= TRIES:
        raise MirrorError(f"{fault} ({tries} times in a row)") from None
    pause = PAUSE * 2 ** (tries - 1) * random.uniform(0.75, 1.5)  # noqa: S311  # no secret depends on it
    time.sleep(min(max(pause, fault.wait), LONGEST_PAUSE))


class _Answer:
    """A server's answer, awaited by a thread and handed over piece by piece.

    A thread that is left behind in a wait ends with it, or with the process.
    """

    def __init__(self, url: str, offset: int) -> None:
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=16)
        self._left = threading.Event()
        threading.Thread(target=self._run, args=(url, offset), daemon=True).start()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._left.set()

    def head(self) -> tuple[int, HTTPMessage]:
        """Status and header."""
        found: tuple[int, HTTPMessage] = self._next(time.monotonic() + PATIENCE, "did not answer")
        return found

    def pieces(self) -> Iterator[bytes]:
        """The body; MirrorError if it comes too slowly."""
        begun, got = time.monotonic(), 0
        while piece := self._next(begun + PATIENCE, "sent next to nothing"):
            yield piece
            got += len(piece)
            if got >= LEAST * PATIENCE:
                begun, got = time.monotonic(), 0

    def _next(self, until: float, fault: str) -> Any:
        try:
            item = self._queue.get(timeout=max(until - time.monotonic(), 0.01))
        except queue.Empty:
            raise MirrorError(f"{fault} for {PATIENCE:.0f} s") from None
        if isinstance(item, Exception):
            raise _told(item) from None
        return item

    def _run(self, url: str, offset: int) -> None:
        try:
            with _open(url, offset) as answer:
                self._put((answer.status, answer.headers))
                while not self._left.is_set() and (piece := answer.read1(PIECE)):
                    self._put(piece)
            self._put(b"")
        except Exception as error:  # whatever it is, the one who waits must hear of it
            self._put(error)

    def _put(self, item: object) -> None:
        while not self._left.is_set():
            try:
                self._queue.put(item, timeout=1.0)
                break
            except queue.Full:
                continue


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to `_open`: urllib's own would read the whole body of each first."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _open(url: str, offset: int) -> Any:
    """Ask for a file, following a few redirects, never from https to anything else nor away from the web."""
    header = {"Accept-Encoding": "identity", "User-Agent": "rightsdata"}
    if offset:
        header["Range"] = f"bytes={offset}-"
    opener = urllib.request.build_opener(_NoRedirect)
    for _ in range(REDIRECTS + 1):
        try:
            return opener.open(urllib.request.Request(url, headers=header), timeout=PATIENCE)  # noqa: S310  # http(s) only
        except urllib.error.HTTPError as error:
            target = error.headers.get("Location") if error.code in (301, 302, 303, 307, 308) else None
            error.close()
            if target is None:
                raise
            target = urljoin(url, target)
            allowed = ("https",) if urlsplit(url).scheme == "https" else ("http", "https")
            if urlsplit(target).scheme not in allowed:
                raise MirrorError(f"redirects from {url} to {target}, which is not followed") from None
            url = target
    raise MirrorError(f"redirects more than {REDIRECTS} times")


_FLEETING = (TimeoutError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError, IncompleteRead)


def _told(error: Exception) -> Exception:
    """What an error means: a fault that may pass, or the reason to go to the next mirror."""
    match error:
        case MirrorError():
            return error
        case urllib.error.HTTPError(code=404 | 410):
            return MirrorError("lacks a file", "lacking")
        case urllib.error.HTTPError():
            if error.code in (408, 429) or error.code >= 500:
                return _Passing(f"answered {error.code}", _seconds(error.headers))
            return MirrorError(f"answered {error.code}")
        case ssl.SSLCertVerificationError():
            return MirrorError(f"shows a certificate that does not fit ({error.verify_message})")
        case socket.gaierror():
            text = f"its name cannot be looked up ({error.strerror})"
            return _Passing(text) if error.errno == socket.EAI_AGAIN else MirrorError(text)
        case urllib.error.URLError() if isinstance(error.reason, Exception):
            return _told(error.reason)
        case _ if isinstance(error, _FLEETING):
            return _Passing(f"the connection was lost ({error or type(error).__name__})")
        case HTTPException():
            return MirrorError(f"does not speak HTTP ({type(error).__name__})", "lying")
        case _:
            return MirrorError(f"cannot be reached ({getattr(error, 'strerror', None) or error})")


def _seconds(head: Message) -> float:
    """How long the server asks to wait; it may name a date instead, which is not worth a look."""
    value = head.get("Retry-After", "")
    return float(value) if value.isdecimal() and len(value) < 6 else 0.0
