"""The data folder that a path lies in."""

from __future__ import annotations

from pathlib import Path


def find(path: Path | None) -> tuple[Path, str] | None:
    """The data folder that holds the path, and the path relative to it; the one here without a path. None if there is none.

    A data folder has the folders events/ and reference/; without a path it may also be the folder data/ here or above.
    """
    start = (path or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        for root in (folder, folder / "data") if folder == start or path is None else (folder,):
            if (root / "events").is_dir() and (root / "reference").is_dir():
                return root, start.relative_to(root).as_posix() if start.is_relative_to(root) else "."
    return None
