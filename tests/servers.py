"""Web servers for tests: one that serves a folder well, with parts, and misbehaves for the files that a test names."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = Callable[["Handler", bytes], None]
"""Answers in place of the server, given the true bytes of the file."""


class Server(ThreadingHTTPServer):
    """Serves `site`; `faults` by file name answer instead, `asked` tells each request's path and Range."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, site: Path, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.site = site
        self.faults: dict[str, Fault] = {}
        self.asked: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Readers that hang up are what is tested."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        path = self.server.site / self.path.lstrip("/")
        data = path.read_bytes() if path.is_file() else b""
        fault = self.server.faults.get(path.name) or self.server.faults.get("*")
        if fault:
            fault(self, data)
        elif path.is_file():
            self.whole(data)
        else:
            self.send_error(404)

    def whole(self, data: bytes) -> None:
        """Answer as a good server does."""
        begun = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(begun[1]) if begun else 0
        head = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if begun else {}
        self.answer(data[start:], 206 if begun else 200, **head)

    def answer(self, body: bytes, status: int = 200, length: int | None = None, **head: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body) if length is None else length), **head}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(site: Path, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(site, tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
