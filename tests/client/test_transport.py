"""Retries and connections, with small servers that give scripted answers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from inkling.client import Client, transport
from inkling.errors import Overloaded, ServiceError, TooManyRequests, Unreachable
from tests.cli.test_serve import free_port

MODELS = json.dumps({"ok": True, "models": [{"name": "cnn", "version": "0"}]})
BUSY = json.dumps({"ok": False, "kind": "Overloaded", "error": "full; expected less; wait"})
Scripted = tuple[int, dict[str, str], str]
OK: Scripted = (200, {}, MODELS)


class Server(ThreadingHTTPServer):
    """A server that answers with the entries of `script` in turn, and counts connections and requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, script: list[Scripted], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.script, self.asked, self.connections = list(script), list[Any](), 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, content = self.server.script.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())
        self.close_connection = headers.get("X-Then") == "close"  # without announcing it

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(*script: Scripted, port: int = 0) -> Iterator[Server]:
    with Server(list(script), port) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before retries in seconds, without actual waiting."""
    waited: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", waited.append)
    return waited


def test_a_connection_is_used_again(pauses: list[float]) -> None:
    with answering(OK, OK, OK) as server, Client(server.url) as client:
        for _ in range(3):
            assert client.models()[0].name == "cnn"
        assert server.connections == 1
    assert pauses == []


def test_a_connection_that_was_closed_meanwhile_is_replaced(pauses: list[float]) -> None:
    with answering((200, {"X-Then": "close"}, MODELS), OK) as server, Client(server.url, retries=0) as client:
        client.models()
        time.sleep(0)
        assert client.models()[0].name == "cnn"
        assert server.connections == 2


def test_retries_wait_as_long_as_retry_after_says(pauses: list[float]) -> None:
    with answering((503, {"Retry-After": "29"}, BUSY), (429, {}, BUSY), OK) as server, Client(server.url) as client:
        assert client.models()[0].name == "cnn"
    assert pauses == [29, 0.4], "as requested by the server; then doubled"


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "7"}, 7), ({}, 1)])
def test_too_many_requests_carry_retry_after(headers: dict[str, str], seconds: int) -> None:
    limited = json.dumps({"ok": False, "kind": "TooManyRequests", "error": "too many; expected fewer; wait"})
    with (
        answering((429, headers, limited)) as server,
        Client(server.url, retries=0) as client,
        pytest.raises(TooManyRequests, match="too many; expected fewer; wait") as caught,
    ):
        client.models()
    assert (caught.value.retry_after_s, caught.value.status) == (seconds, 429)


@pytest.mark.parametrize("headers", [{"Retry-After": "7"}, {}])
def test_an_overloaded_service_is_reported(headers: dict[str, str]) -> None:
    with (
        answering((503, headers, BUSY)) as server,
        Client(server.url, retries=0) as client,
        pytest.raises(Overloaded, match="full; expected less; wait") as caught,
    ):
        client.models()
    assert (caught.value.kind, caught.value.status) == ("Overloaded", 503)


def test_retries_end(pauses: list[float]) -> None:
    with answering(*[(503, {}, BUSY)] * 3) as server, Client(server.url) as client:
        with pytest.raises(Overloaded, match="full; expected less; wait"):
            client.models()
        assert server.script == []
    assert pauses == [0.2, 0.4]


@pytest.mark.parametrize("header", ["31", "999999999"])
def test_a_long_retry_after_is_not_waited_for(header: str, pauses: list[float]) -> None:
    with answering((503, {"Retry-After": header}, BUSY)) as server, Client(server.url) as client:
        with pytest.raises(Overloaded):
            client.models()
        assert pauses == []


@pytest.mark.parametrize("header", ["Fri, 31 Dec 1999 23:59:59 GMT", "nan", "inf", "-5", "9" * 5000])
def test_an_invalid_retry_after_is_ignored(header: str, pauses: list[float]) -> None:
    with answering((503, {"Retry-After": header}, BUSY), OK) as server, Client(server.url) as client:
        client.models()
    assert pauses == [0.2]


def test_another_error_is_not_retried(pauses: list[float]) -> None:
    broken = json.dumps({"ok": False, "kind": "InternalError", "error": "went wrong"})
    with (
        answering((500, {"X-Request-ID": "abc"}, broken)) as server,
        Client(server.url) as client,
        pytest.raises(ServiceError) as caught,
    ):
        client.models()
    assert (caught.value.kind, caught.value.status) == ("InternalError", 500)
    assert caught.value.__notes__ == ["request abc"]
    assert pauses == []


def test_a_refused_connection_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    arrived = answering(OK, port=port)
    monkeypatch.setattr(transport.time, "sleep", lambda _: arrived.__enter__())
    with Client(f"http://127.0.0.1:{port}") as client:
        assert client.models()[0].name == "cnn"
    arrived.__exit__(None, None, None)


def test_retries_end_where_nothing_listens(pauses: list[float]) -> None:
    with pytest.raises(Unreachable, match="cannot reach http://127") as caught:
        Client(f"http://127.0.0.1:{free_port()}").models()
    assert caught.value.kind == "Unreachable"
    assert pauses == [0.2, 0.4]


def test_a_server_that_does_not_answer_times_out(pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.05)
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
            client.models()
        assert not client.ready()
    assert pauses == [], "the server may be processing it"


@pytest.mark.parametrize(
    ("status", "content"),
    [(200, "<html>"), (502, "bad gateway"), (302, ""), (200, "[]"), (200, "{}"), (200, '{"ok": true, "models": [1]}')],
)
def test_an_answer_that_is_not_inklings_is_unreachable(status: int, content: str) -> None:
    with (
        answering((status, {}, content)) as server,
        Client(server.url) as client,
        pytest.raises(Unreachable, match="expected version 1 of the inkling API"),
    ):
        client.models()


def test_a_key_and_a_path_are_sent() -> None:
    with answering(OK) as server, Client(f"{server.url}/digits/", api_key="secret") as client:
        client.models()
        path, headers = server.asked[0]
    assert path == "/digits/api/v1/models"
    assert headers["X-API-Key"] == "secret"
