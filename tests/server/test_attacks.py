"""Real servers under attack: an honest client at another address is answered, and no worker is lost.

The attackers are at 127.0.0.2, of which Linux answers for the whole network 127.0.0.0/8.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from inkling.server.middleware import bodies
from tests.cli.test_serve import serving
from tests.pictures import drawn_seven, encoded, row_of
from tests.server.test_workers import READ, children, until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address"),
    pytest.mark.slow,
]

ATTACKER = ("127.0.0.2", 0)
PNG = {"Content-Type": "image/png"}
HEAD = "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{more}\r\n"


def address_of(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


@contextmanager
def attacking(url: str, n: int, first: bytes, *, receive_bytes: int = 0) -> Iterator[list[socket.socket]]:
    """`n` connections of one client that have sent `first`, and read nothing."""
    with ExitStack() as stack:
        lines = []
        for _ in range(n):
            line = socket.socket()
            if receive_bytes:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            line.bind(ATTACKER)
            line.settimeout(20)
            line.connect(address_of(url))
            stack.callback(line.close)
            with contextlib.suppress(ConnectionError):  # refused already
                line.sendall(first)
            lines.append(line)
        yield lines


def asked(url: str, method: str, path: str, body: bytes = b"", headers: Any = PNG) -> tuple[int, Any]:
    """The honest client: status and answer."""
    line = http.client.HTTPConnection(*address_of(url), timeout=20)
    try:
        line.request(method, path, body or None, headers if body else {})
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def is_served(url: str, picture: bytes) -> bool:
    """Whether an honest client is answered: health, and a reading."""
    status, content = asked(url, "POST", READ, picture)
    return asked(url, "GET", "/healthz")[0] == 200 and status == 200 and json.loads(content)["text"] == "7"


def head(path: str, kind: str = "application/json", **more: Any) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    return HEAD.format(path=path, kind=kind, more=lines).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving("--model", "ann") as (process, url):
        before = children(process.pid)
        yield url
        assert children(process.pid) == before, "no worker was lost"


ATTACKS = {
    "bodies of the lab that do not come": (160, head("/api/v1/lab/training", Content_Length=9000) + b"x"),
    "pictures that do not come": (160, head(READ, "image/png", Content_Length=9000) + b"x"),
    "the largest pictures that do not come": (40, head(READ, "image/png", Content_Length=20_000_000) + b"x" * 1000),
    "bodies in chunks for the lab": (
        100,
        head("/api/v1/lab/training", Transfer_Encoding="chunked") + b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n",
    ),
    "bodies where none is taken": (160, head("/healthz", Content_Length=9000) + b"x"),
    "HTTP/2 by prior knowledge": (200, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9) * 20),
    "heads that do not end": (200, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "),
    "silence": (1500, b""),
    "no HTTP at all": (200, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_others_are_answered_meanwhile(server: str, seven: bytes, name: str) -> None:
    n, first = ATTACKS[name]
    with attacking(server, n, first):
        for _ in range(3):
            assert is_served(server, seven)
        assert asked(server, "POST", READ, seven + bytes(1_000_000))[0] == 200, "large uploads too"
    assert is_served(server, seven)


def test_clients_that_read_no_answer_hold_no_others(server: str, seven: bytes) -> None:
    get = b"GET /static/data/mnist-test-1000.zlib HTTP/1.1\r\nHost: x\r\n\r\n"
    assert len(asked(server, "GET", "/static/data/mnist-test-1000.zlib")[1]) > 100_000
    with attacking(server, 200, get, receive_bytes=2048):
        for _ in range(3):
            assert is_served(server, seven)


def test_one_client_with_costly_pictures_leaves_others_their_readings(server: str, seven: bytes) -> None:
    row = encoded(row_of([255 - drawn_seven(side=28, width=3)] * 16))
    path = f"{READ}?explain=1&model=cnn"
    content = head(path, "image/png", Content_Length=len(row)) + row
    with attacking(server, 30, content):
        for _ in range(40):
            status, answer = asked(server, "POST", READ, seven)
            assert status == 200, answer


@pytest.mark.parametrize(
    "request_line",
    [b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", b"GET //metrics HTTP/1.1\r\n\r\n"],
)
def test_what_is_no_http_1_1_is_refused(server: str, request_line: bytes) -> None:
    with attacking(server, 1, request_line) as (line,):
        assert line.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 505")


def test_the_forwarded_address_cannot_be_replaced(seven: bytes) -> None:
    with serving("--model", "ann", INKLING_TRUSTED_PROXIES="1", INKLING_RATE_PER_MINUTE="2") as (_, url):
        statuses = []
        for number in range(6):
            headers = {"X-Forwarded-For": "1.1.1.1", "X_Forwarded_For": f"9.9.9.{number}", **PNG}
            statuses.append(asked(url, "POST", READ, seven, headers)[0])
        assert statuses == [200, 200, 429, 429, 429, 429]


def test_no_worker_outlives_a_killed_supervisor(seven: bytes) -> None:
    with serving("--workers", "2", "--model", "ann") as (process, url):
        workers = children(process.pid)
        assert len(workers) == 2
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address_of(url))


def test_a_slow_body_ends_in_time_and_its_client_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, with a shorter time: bytes that keep coming do not extend it."""
    from inkling.errors import BadRequest
    from inkling.server.middleware import deadlines

    monkeypatch.setattr(bodies, "BODY_S", 0.5)
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as stream:
        done = threading.Event()

        def drip() -> None:
            while not done.wait(0.05):
                with contextlib.suppress(OSError):
                    theirs.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        start_s = time.monotonic()
        try:
            with deadlines.connection(ours), pytest.raises(BadRequest, match="ended after"):
                bodies.Bodies(1000).receive({"wsgi.input": stream, "CONTENT_LENGTH": "900"}, "one", 1000)
        finally:
            done.set()
            thread.join()
        assert time.monotonic() - start_s < 20, "of 45 s that the bytes would take"
        ours.sendall(b"the answer")
        assert theirs.recv(10) == b"the answer"


def test_bodies_are_charged_by_what_has_come() -> None:
    budget = bodies.Bodies(1000)

    def environ(content: bytes, length: int) -> dict[str, Any]:
        import io

        return {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(length)}

    from inkling.errors import BadRequest, ImageTooLarge, Overloaded

    for _ in range(50):  # promises of the most
        with pytest.raises(BadRequest):
            budget.receive(environ(b"x", 1000), "one", 1000)
    clients = [f"client {number}" for number in range(bodies.MAX_LARGE_BODIES)]
    for client in clients:
        budget.receive(environ(bytes(1000), 1000), client, 1000)
    with pytest.raises(Overloaded):
        budget.receive(environ(bytes(10), 10), "other", 1000)
    budget.release(clients[0], 1000)
    assert budget.receive(environ(bytes(10), 10), "other", 1000) == 10
    budget.release("other", 10)
    budget.release(clients[1], 1000)
    budget.receive(environ(bytes(1000), 1000), clients[2], 1000)
    with pytest.raises(Overloaded):  # it has its share
        budget.receive(environ(bytes(10), 10), clients[2], 1000)
    chunked = {**environ(bytes(500), 0), "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    with pytest.raises(ImageTooLarge):
        budget.receive(chunked, "other", 400)
