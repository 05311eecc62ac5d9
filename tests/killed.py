"""A process that runs jobs in forked children of its own and kills them: `python -m killed`, a JSON line a trial.

Polars must not be used before a fork, for its threads do not live on in a child; so this process imports all that the
jobs need and computes nothing.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import Folder

from rightsdata import download, gate, release, site
from rightsdata.errors import ReleaseError


class Countdown:
    """Kills this process at its nth step on a disk; a write is cut in half. Counts the steps with n = 0."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def step(self, half: Callable[[], object] = lambda: None) -> None:
        self.count += 1
        if self.count == self.at:
            half()
            os.kill(os.getpid(), signal.SIGKILL)

    def arm(self) -> None:
        """Put the countdown before every call of this process that changes a disk."""
        for name in ("fsync", "rename", "replace", "mkdir", "unlink", "sendfile"):
            self._before(name)
        opened = io.open

        def open_(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            stream = opened(file, mode, *more, **named)
            return _Stream(stream, self) if any(letter in mode for letter in "wax+") else stream

        io.open = builtins.open = open_  # type: ignore[assignment]

    def _before(self, name: str) -> None:
        real = getattr(os, name)

        def wrapped(*given: Any, **named: Any) -> Any:
            self.step()
            return real(*given, **named)

        setattr(os, name, wrapped)


class _Stream:
    """A file that is written with a countdown."""

    def __init__(self, stream: Any, countdown: Countdown) -> None:
        self._stream, self._countdown = stream, countdown

    def write(self, data: Any) -> Any:
        self._countdown.step(lambda: (self._stream.write(data[: len(data) // 2]), self._stream.flush()))
        return self._stream.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *told: Any) -> Any:
        return self._stream.__exit__(*told)


def prepare(job: str, place: Path, data: Path) -> Callable[[], object]:
    """A job, ready to run: whatever it reads has been read."""
    if job == "publish":
        return lambda: site.publish(data, place)
    if job == "fetch":
        return lambda: download.fetch("2030.01.1", mirrors=[str(data)], cache=place)
    dataset = Folder(data).dataset("2030.01.1")
    unasked = {judgement.name: "not asked" for judgement in gate.JUDGEMENTS}
    gate.check = lambda *_: gate.Report("2030.01.1", "2030.01.0", (), unasked)  # it writes nothing, and takes seconds

    def again() -> None:
        try:
            release.file(dataset, place)
        except ReleaseError as error:
            if "is not newer" not in str(error):  # that is, it was whole before the kill
                raise

    return again


def main() -> None:
    """Read trials from standard input: job, place, data, at (step) or after (seconds); answer with status, steps and seconds."""
    for line in sys.stdin:
        trial = json.loads(line)
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                countdown = Countdown(trial["at"])
                run = prepare(trial["job"], Path(trial["place"]), Path(trial["data"]))
                os.write(writes, b"ready\n")
                countdown.arm()
                run()
                os.write(writes, b"%d" % countdown.count)
                status = 0
            except Exception:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(status)
        os.close(writes)
        os.read(reads, 6)
        begun = time.perf_counter()
        if trial["after"]:
            time.sleep(trial["after"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        lasted = time.perf_counter() - begun
        steps = int(os.read(reads, 20) or 0)
        told = {"killed": os.WIFSIGNALED(status), "status": status, "steps": steps, "lasted": lasted}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        os.close(reads)


if __name__ == "__main__":
    main()
