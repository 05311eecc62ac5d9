"""Files and folders that appear whole or not at all, however a process ends."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ModuleNotFoundError:  # Windows knows no such marks, and opens no folder
    fcntl = None  # type: ignore[assignment]


def write(path: Path, text: str) -> None:
    """Write a text file in UTF-8: a reader sees the old content or the new one, never a part.

    The permissions of a file that was there stay; a new one can be read by everybody.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file of any kind, as `write` does; a device or pipe, such as /dev/stdout, is written into and not replaced."""
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(path.parent))
    if path.is_dir():
        raise IsADirectoryError(21, "this is a folder; name a file in it", str(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            device.write(data)
        return
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    sweep(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path))
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _hold(handle)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(path)
    except BaseException:
        draft.unlink()
        raise


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A draft folder to fill, which becomes `path` when the block ends and vanishes if it raises.

    Raises:
        OSError: if `path` is there by then; it is left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path)
    draft = Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.parent))
    handle = os.open(draft, os.O_RDONLY) if fcntl else None
    try:
        _hold(handle)
        yield draft
        settle(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    finally:
        if handle is not None:
            os.close(handle)


def sweep(path: Path) -> None:
    """Remove the drafts of a file or folder that killed processes left beside it; those that are being written stay."""
    if fcntl is None:
        return
    for draft in path.parent.glob(f"{glob.escape(_prefix(path))}*"):
        with suppress(OSError):
            handle = os.open(draft, os.O_RDONLY)
            try:
                _hold(handle)
                shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
            finally:
                os.close(handle)


def _prefix(path: Path) -> str:
    return f".{path.name}.draft-"


def _hold(handle: int | None) -> None:
    """Mark a draft as being written, for as long as its handle is open and its process lives; BlockingIOError if another does."""
    if fcntl and handle is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def settle(draft: Path, path: Path) -> None:
    """Make a filled draft folder into `path`, once everything in it is on the disk.

    Raises:
        OSError: if `path` is there by then; both are left alone.
    """
    for one in draft.iterdir():
        _flush(one)
    _flush(draft)
    draft.chmod(0o755)
    draft.rename(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    if fcntl is None and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
