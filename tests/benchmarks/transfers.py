"""Transfers: a release of 200 MB verified, and fetched from a stock nginx on this machine."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import rightsdata as rd
from rightsdata import manifest, reading, site, verification
from tests.benchmarks.timing import Line, best, call, repeats

BYTES = 200_000_000


def made_release(place: Path, size: int) -> Path:
    """A version folder that cannot be packed smaller, as the newest release with one more file of that size."""
    version = "2031.01.0"
    folder = Path(shutil.copytree(reading.folder(), place / version))
    about, _ = manifest.read(folder)
    (folder / "big.bin").write_bytes(random.Random(1).randbytes(size))
    listed = [
        manifest.File(path.name, path.stat().st_size, manifest.sha256(path.read_bytes()))
        for path in sorted(folder.iterdir())
        if path.name not in (manifest.NAME, manifest.SUMS)
    ]
    (folder / manifest.SUMS).unlink()
    manifest.write(folder, replace(about, version=version, previous=None, files=tuple(listed)))
    return folder


@contextmanager
def nginx(root: Path) -> Iterator[str]:
    """The address of a stock nginx that serves a folder on the loopback; needs Debian's nginx-light."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = " ".join(
        f"{name}_temp_path {root}/.{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (root / "nginx.conf").write_text(
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid {root}/pid; error_log {root}/error; events {{}}\n"
        f"http {{ access_log {root}/access; {temporary} sendfile on; server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
    server = subprocess.Popen(["/usr/sbin/nginx", "-p", root, "-c", root / "nginx.conf"])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def lines(scale: int) -> Iterator[Line]:
    """Our calls in a process that runs; curl and sha256sum with their own start."""
    size = f"{BYTES // scale // 1_000_000} MB"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = made_release(root / "releases", BYTES // scale)
        site.publish(root / "releases", root / "site")
        assert verification.verify(folder).ok
        sums, ours = best(
            call(lambda: subprocess.run(["sha256sum", "-c", "--quiet", manifest.SUMS], cwd=folder, check=True)),
            call(lambda: verification.verify(folder)),
            times=repeats(7, scale),
        )
        yield Line(f"verify {size}", "sha256sum -c", ours, sums, 1.5)
        with nginx(root / "site") as address:
            names = [path.name for path in folder.iterdir()]

            def curl() -> None:
                shutil.rmtree(root / "curl", ignore_errors=True)
                (root / "curl").mkdir()
                urls = [f"{address}/releases/{folder.name}/{one}" for one in names]
                subprocess.run(["curl", "-s", "--remote-name-all", *urls], cwd=root / "curl", check=True)
                subprocess.run(["sha256sum", "-c", "--quiet", manifest.SUMS], cwd=root / "curl", check=True)

            def fetch() -> None:
                shutil.rmtree(root / "cache", ignore_errors=True)
                rd.fetch(folder.name, mirrors=[address], cache=root / "cache")

            yardstick, ours = best(call(curl), call(fetch), times=repeats(7, scale))
        yield Line(f"fetch {size} from nginx, with fsync", "curl and sha256sum -c, without", ours, yardstick, 1.5)
