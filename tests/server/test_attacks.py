"""Real servers under attack: a regular client at another address is answered, and no worker is lost.

The attackers use 127.0.0.2; on Linux all addresses in 127.0.0.0/8 are local.
"""

from __future__ import annotations

import contextlib
import http.client
import io
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
from flask import Request
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader
from werkzeug.test import EnvironBuilder

from inkling.errors import BadRequest, ImageTooLarge, Overloaded
from inkling.server.middleware import slow_clients
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
    """`n` connections from one client that send `first` and read nothing."""
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
            with contextlib.suppress(ConnectionError):  # already rejected
                line.sendall(first)
            lines.append(line)
        yield lines


def asked(url: str, method: str, path: str, body: bytes = b"", headers: Any = PNG) -> tuple[int, Any]:
    """Send a request from the regular client; returns the status and the body of the response."""
    line = http.client.HTTPConnection(*address_of(url), timeout=20)
    try:
        line.request(method, path, body or None, headers if body else {})
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def is_served(url: str, picture: bytes) -> bool:
    """Whether the regular client gets a reading and a health check."""
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


@pytest.fixture(scope="module")
def idle_server() -> Iterator[str]:
    """A server that no attack keeps busy, so that it rejects no request as overloaded."""
    with serving("--model", "ann") as (_, url):
        yield url


ATTACKS = {
    "lab bodies that are never sent": (160, head("/api/v1/lab/training", Content_Length=9000) + b"x"),
    "pictures that do not come": (160, head(READ, "image/png", Content_Length=9000) + b"x"),
    "the largest pictures that do not come": (40, head(READ, "image/png", Content_Length=20_000_000) + b"x" * 1000),
    "bodies in chunks for the lab": (
        100,
        head("/api/v1/lab/training", Transfer_Encoding="chunked") + b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n",
    ),
    "bodies where none is taken": (160, head("/healthz", Content_Length=9000) + b"x"),
    "HTTP/2 by prior knowledge": (200, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9) * 20),
    "request heads that never end": (200, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "),
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


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "], ids=["silence", "a slow head"])
def test_a_connection_without_a_request_is_closed_in_time(server: str, first: bytes) -> None:
    with attacking(server, 1, first) as (line,):
        line.settimeout(0.5)
        start_s = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start_s < 3 * slow_clients.HEAD_S:
                with contextlib.suppress(TimeoutError):
                    if line.recv(1) == b"":
                        break
                line.sendall(b"x" if first else b"")
        assert 5 < time.monotonic() - start_s < 2.5 * slow_clients.HEAD_S


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
    [b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", b"GET /healthz\r\n\r\n"],
)
def test_what_is_no_http_1_1_is_refused(server: str, request_line: bytes) -> None:
    with attacking(server, 1, request_line) as (line,):
        assert line.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 505")


def test_a_change_to_http_2_is_not_made(server: str) -> None:
    asks = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    with attacking(server, 1, asks + b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n") as (line,):
        assert line.recv(12) == b"HTTP/1.1 200"


PREFIXES = ("//", "///", "/.//", "/./", "/%2e/", "/;/", "/x/..//", "/%2f", "http://x//")


def test_no_spelling_of_a_path_passes_the_key(seven: bytes) -> None:
    with serving("--model", "ann", INKLING_API_KEY="k") as (_, url):
        assert asked(url, "GET", "/metrics")[0] == 401
        for prefix in PREFIXES:
            for method, path, body in (
                ("GET", "metrics", b""),
                ("GET", "api/v1/models", b""),
                ("POST", READ[1:], seven),
            ):
                whole = f"{method} {prefix}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
                whole += f"Content-Length: {len(body)}\r\n\r\n" if body else "\r\n"
                with attacking(url, 1, whole.encode() + body) as (line,):
                    answer = http.client.HTTPResponse(line)
                    answer.begin()
                    assert answer.status in (308, 400, 401, 404, 405), (method, prefix + path)
                    assert (answer.headers["Location"] or "http://x/").startswith("http://x/"), "no other host"
                    answer.close()


@pytest.mark.parametrize(("length", "ends"), [(2000, "keep-alive"), (200_000, "close")])
def test_after_a_refused_body_the_connection_goes_on_or_its_end_is_announced(
    server: str, seven: bytes, length: int, ends: str
) -> None:
    with contextlib.closing(http.client.HTTPConnection(*address_of(server), timeout=20)) as line:
        line.request("GET", "/healthz", bytes(length))
        answer = line.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (400, ends)
        assert "expected none" in json.loads(answer.read())["error"]
        line.request("POST", READ, seven, PNG)  # http.client opens a new connection if the old one was to close
        assert json.loads(line.getresponse().read())["text"] == "7"


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


def request_of(content: bytes | Any, length: int = 0, **more: Any) -> Request:
    """A request with this body. Without a length, the body is chunked, and the server marks its end."""
    stream = content if not isinstance(content, bytes) else io.BytesIO(content)
    size = {"CONTENT_LENGTH": str(length)} if length else {"HTTP_TRANSFER_ENCODING": "chunked"}
    return Request(
        {**EnvironBuilder().get_environ(), "wsgi.input": stream, "wsgi.input_terminated": True, **size, **more}
    )


def test_a_slow_body_ends_in_time_and_its_client_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process, with a shorter deadline, which further bytes do not extend."""
    monkeypatch.setattr(slow_clients, "BODY_S", 0.5)
    ours, theirs = socket.socketpair()
    with slow_clients.ClientSocket(fileno=ours.detach()) as client, theirs, ExitStack() as held:
        done = threading.Event()

        def drip() -> None:
            while not done.wait(0.05):
                with contextlib.suppress(OSError):
                    theirs.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        start_s = time.monotonic()
        stream = Body(LengthReader(SocketUnreader(client), 900))
        request = request_of(stream, 900, **{"gunicorn.socket": client})
        try:
            with pytest.raises(BadRequest, match=r"within 0\.5 s"):
                slow_clients.Bodies(1000).receive(request, "one", 1000, held)
        finally:
            done.set()
            thread.join()
        assert time.monotonic() - start_s < 20, "the bytes would take 45 s"
        client.wait_at_most(5)
        client.sendall(b"the answer")
        assert theirs.recv(10) == b"the answer"


class Connection:
    """Records what the server sends before the response, or simulates a client that left."""

    def __init__(self, *, left: bool = False) -> None:
        self.sent = b""
        self._left = left

    def wait_at_most(self, seconds: float) -> None:
        pass

    def sendall(self, content: bytes) -> None:
        if self._left:
            raise BrokenPipeError
        self.sent += content


@pytest.mark.parametrize(("protocol", "sent"), [("HTTP/1.1", slow_clients.CONTINUE), ("HTTP/1.0", b"")])
def test_only_clients_of_http_1_1_are_told_to_continue(protocol: str, sent: bytes) -> None:
    connection = Connection()
    more = {"gunicorn.socket": connection, "HTTP_EXPECT": "100-continue", "SERVER_PROTOCOL": protocol}
    with ExitStack() as held:
        assert slow_clients.Bodies(1000).receive(request_of(b"x", 1, **more), "one", 1000, held) == 1
    assert connection.sent == sent


def test_a_client_that_leaves_before_it_is_told_to_continue_is_no_error_of_the_server() -> None:
    more = {"gunicorn.socket": Connection(left=True), "HTTP_EXPECT": "100-continue"}
    with ExitStack() as held, pytest.raises(BadRequest, match="BrokenPipeError"):
        slow_clients.Bodies(1000).receive(request_of(b"x", 1, **more), "one", 1000, held)


def test_an_answer_that_nobody_takes_ends_in_time() -> None:
    ours, theirs = socket.socketpair()
    with slow_clients.ClientSocket(fileno=ours.detach()) as client, theirs:
        client.wait_at_most(0.3)
        with pytest.raises(ConnectionResetError):
            client.sendall(bytes(20_000_000))
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_bodies_are_charged_by_what_has_come() -> None:
    budget = slow_clients.Bodies(1000)
    held = {name: ExitStack() for name in ("client 0", "client 1", "client 2", "client 3", "other")}

    def receive(client: str, content: bytes, length: int = 0, most: int = 1000) -> int:
        return budget.receive(request_of(content, length), client, most, held[client])

    for _ in range(50):  # these bodies announce the maximum size
        with ExitStack() as failed, pytest.raises(BadRequest):
            budget.receive(request_of(b"x", 1000), "one", 1000, failed)
    assert len(held) == slow_clients.MAX_LARGE_BODIES + 1
    for number in range(slow_clients.MAX_LARGE_BODIES):
        receive(f"client {number}", bytes(1000), 1000)
    with pytest.raises(Overloaded):
        receive("other", bytes(10), 10)
    held["client 0"].close()
    assert receive("other", bytes(10), 10) == 10
    held["other"].close()
    held["client 1"].close()
    receive("client 2", bytes(1000), 1000)
    with pytest.raises(Overloaded):  # client 2 has used its share
        receive("client 2", bytes(10), 10)
    held["client 2"].close()
    with pytest.raises(ImageTooLarge):
        receive("other", bytes(500), most=400)
    assert receive("other", bytes(400), most=400) == 400


def test_a_malformed_request_is_told_so_in_json(server: str) -> None:
    for head in (
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
    ):
        with attacking(server, 1, head) as (line,):
            answer = http.client.HTTPResponse(line)
            answer.begin()
            assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json")
            assert set(json.loads(answer.read())) == {"ok", "kind", "error"}


@pytest.mark.parametrize(
    ("line", "more", "body", "status"),
    [
        (f"POST {READ} HTTP/1.1", "Content-Length: 99999999999999999999999", b"x", 413),
        (f"POST {READ} HTTP/1.1", "Content-Length: 20000001\r\nExpect: 100-continue", b"", 413),
        ("POST /api/v1/lab/training HTTP/1.1", "Content-Length: 19000000\r\nExpect: 100-continue", b"", 413),
        (f"OPTIONS {READ} HTTP/1.1", "Content-Length: 5\r\nExpect: 100-continue", b"", 400),
        ("HEAD / HTTP/1.1", "Content-Length: 5\r\nExpect: 100-continue", b"", 400),
        ("POST /api/v1/nothing HTTP/1.1", "Content-Length: 5\r\nExpect: 100-continue", b"", 404),
        (f"POST {READ} HTTP/1.1", "Content-Length: 5\r\nExpect: 200-ok", b"xxxxx", 400),
        (f"POST {READ} HTTP/1.0", "Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\n\r\n", 400),
        (f"POST {READ} HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5", b"0\r\n\r\n", 400),
        (f"POST {READ} HTTP/1.1", "Transfer-Encoding: chunked", b"zz\r\nx\r\n0\r\n\r\n", 400),
        (f"POST {READ} HTTP/1.1", "Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\nno trailer\r\n\r\n", 400),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_at_once(
    idle_server: str, line: str, more: str, body: bytes, status: int
) -> None:
    request = f"{line}\r\nHost: x\r\nContent-Type: image/png\r\n{more}\r\n\r\n".encode() + body
    with attacking(idle_server, 1, request) as (connection,):
        start_s = time.monotonic()
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == status
        assert time.monotonic() - start_s < 5


def test_a_body_is_not_asked_for_before_its_rule(seven: bytes) -> None:
    with serving("--model", "ann", INKLING_API_KEY="k") as (_, url):
        for more, first in (({}, b"HTTP/1.1 401"), ({"X_API_Key": "k"}, b"HTTP/1.1 100")):
            asked = head(READ, "image/png", Content_Length=len(seven), Expect="100-continue", **more)
            with attacking(url, 1, asked) as (line,):
                answer = line.recv(12)
                assert answer == first
                if first.endswith(b"100"):
                    line.sendall(seven)
                    rest = b"".join(iter(lambda: line.recv(4096), b""))
                    assert b'"text":"7"' in rest
