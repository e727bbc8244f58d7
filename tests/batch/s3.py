"""A local S3 server, moto, and a proxy in front of it that simulates the failures of buckets."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.cli.test_serve import free_port

KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"
INTERNAL = b"<Error><Code>InternalError</Code><Message>We had a problem</Message></Error>"


@contextlib.contextmanager
def s3_server() -> Iterator[int]:
    """Run moto's server, which keeps objects in memory, in a separate process; yields its port."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **KEYS}
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, "moto did not start"
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


def make_bucket(port: int, name: str) -> None:
    from pyarrow import fs

    keys = {"access_key": "testing", "secret_key": "testing", "region": "us-east-1", "allow_bucket_creation": True}
    fs.S3FileSystem(endpoint_override=f"127.0.0.1:{port}", scheme="http", **keys).create_dir(name)


class Proxy(ThreadingHTTPServer):
    """Forwards requests; a fraction `failing` of them ends in errors, resets or truncated bodies.

    `away` closes every connection without an answer; `refusing` answers 403. `counts` counts outcomes and methods.
    """

    daemon_threads = True

    def __init__(self, port: int, *, failing: float = 0.0, seed: int = 7) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.failing, self.random = port, failing, random.Random(seed)
        self.away = self.refusing = False
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fate(self, method: str) -> str:
        """Choose the outcome of a request."""
        with self.lock:
            fate = "passed"
            if self.away:
                fate = "away"
            elif self.refusing:
                fate = "refused"
            elif self.random.random() < self.failing:
                kinds = ["error", "slow down", "reset", "reset after"] + ["cut"] * (method == "GET")
                fate = self.random.choice(kinds)
            self.counts[fate] += 1
            self.counts[method] += 1
            return fate

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up: tests expect them."""


@contextlib.contextmanager
def proxy(port: int, *, failing: float = 0.0) -> Iterator[Proxy]:
    server = Proxy(port, failing=failing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def answer(self) -> None:
        body = self.body()
        fate = self.server.fate(self.command)
        if fate in ("away", "reset"):
            self.reset()
        elif fate == "refused":
            self.say(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
        elif fate in ("error", "slow down"):
            self.say(500 if fate == "error" else 503, INTERNAL if fate == "error" else SLOW_DOWN)
        else:
            self.pass_on(body, fate)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def pass_on(self, body: bytes, fate: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("transfer-encoding", "expect")}
        headers["Content-Length"] = str(len(body))
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if fate == "reset after":  # the request was carried out, but the client gets no answer
            self.reset()
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(content)))
        self.end_headers()
        if fate == "cut":
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.reset()
        elif self.command != "HEAD":
            self.wfile.write(content)

    def say(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def reset(self) -> None:
        """End the connection with RST."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
