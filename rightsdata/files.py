"""Files and folders that appear whole or not at all, however a process ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a text file in UTF-8: a reader sees the old content or the new one, never a part.

    The permissions of a file that was there stay; a new one can be read by everybody.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file of any kind, as `write` does."""
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(path.parent))
    if path.is_dir():
        raise IsADirectoryError(21, "this is a folder; name a file in it", str(path))
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
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
    draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield draft
        settle(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


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
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
