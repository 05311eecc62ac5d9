"""The data folder that a path lies in, and what of it the path names."""

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


def inside(file: str, part: str) -> bool:
    """Whether a file of a data folder is what a relative path names, or lies in it; "." names all."""
    return part == "." or file == part or file.startswith(f"{part}/")
