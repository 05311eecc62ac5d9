"""files: whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rightsdata import files

KILLED = (
    "import os, signal, sys; from pathlib import Path; from rightsdata import files; "
    "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL); files.write(Path(sys.argv[1]), 'new' * 1000)"
)


def test_a_killed_write_leaves_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_a_failed_write_leaves_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "x.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, "new")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("x.txt", "old")]


def test_permissions_stay_and_a_new_file_can_be_read_by_all(tmp_path: Path) -> None:
    files.write(tmp_path / "new", "x")
    (tmp_path / "old").write_text("x")
    (tmp_path / "old").chmod(0o600)
    files.write(tmp_path / "old", "y")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"new": 0o644, "old": 0o600}


def test_a_pipe_or_device_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    files.write(pipe, "text")
    reader.join(10)
    assert heard == [b"text"]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]
