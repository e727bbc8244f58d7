"""Bodies are buffered in bounded number, memory and time; slow clients block nobody."""

from __future__ import annotations

import http.client
import io
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from flask import Flask

from inkling.errors import BadRequest, Overloaded
from inkling.server.app import create_app
from inkling.server.middleware.slow_uploads import SlowUploadGuard
from inkling.server.middleware.upload_buffer import MAX_LARGE_BODIES, MAX_UPLOADS, MAX_UPLOADS_PER_CLIENT, UploadBuffer
from inkling.server.routes import read as read_route
from inkling.server.settings import Settings
from tests.cli.test_serve import serving
from tests.pictures import drawn_seven, encoded
from tests.server.middleware.test_error_handlers import check

READ, PNG = "/api/v1/read", {"Content-Type": "image/png"}
MOST = 1_000_000  # bytes of a body


class Slow(io.RawIOBase):
    """A body that arrives on command."""

    def __init__(self, content: bytes = b"") -> None:
        self.come = threading.Event()
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        assert self.come.wait(20)
        return self._content.read(size)


def environ(body: Any, length: int, client: str = "192.0.2.1", **more: Any) -> dict[str, Any]:
    return {"wsgi.input": body, "CONTENT_LENGTH": str(length), "REMOTE_ADDR": client, **more}


@pytest.fixture
def uploads() -> UploadBuffer:
    return UploadBuffer(Settings(max_upload_bytes=MOST), SlowUploadGuard())


def read(uploads: UploadBuffer, *arguments: Any, **more: Any) -> bytes:
    request = environ(*arguments, **more)
    with uploads.buffered(request):
        content: bytes = request["wsgi.input"].read()
    return content


@contextmanager
def in_progress(uploads: UploadBuffer, clients: list[str]) -> Iterator[None]:
    """Uploads in progress."""
    bodies = [Slow(b"x") for _ in clients]
    threads = [
        threading.Thread(target=read, args=(uploads, body, 1, client))
        for body, client in zip(bodies, clients, strict=True)
    ]
    for thread in threads:
        thread.start()
    while uploads.active < len(clients):
        time.sleep(0.001)
    yield
    for body in bodies:
        body.come.set()
    for thread in threads:
        thread.join(20)
    assert uploads.active == 0


def test_a_body_is_buffered_whole(uploads: UploadBuffer) -> None:
    assert read(uploads, io.BytesIO(b"seven"), 5) == b"seven"
    assert read(uploads, io.BytesIO(b"seven, and the next request"), 5) == b"seven"
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert read(uploads, io.BytesIO(b"seven"), 0, **chunked) == b"seven"
    assert len(read(uploads, io.BytesIO(bytes(2 * MOST)), 0, **chunked)) == MOST + 1, "one byte beyond the limit"


def test_a_truncated_body_is_a_bad_request(uploads: UploadBuffer) -> None:
    with pytest.raises(BadRequest, match="ended after 5 of 9 bytes"):
        read(uploads, io.BytesIO(b"seven"), 9)
    assert uploads.active == 0


def test_uploads_of_one_client_are_limited(uploads: UploadBuffer) -> None:
    with in_progress(uploads, ["192.0.2.1"] * MAX_UPLOADS_PER_CLIENT):
        with pytest.raises(Overloaded):
            read(uploads, io.BytesIO(b"7"), 1, "192.0.2.1")
        assert read(uploads, io.BytesIO(b"7"), 1, "192.0.2.2") == b"7"
    assert read(uploads, io.BytesIO(b"7"), 1, "192.0.2.1") == b"7", "there is room again"


def test_uploads_of_all_clients_are_limited(uploads: UploadBuffer) -> None:
    with in_progress(uploads, [f"192.0.2.{n}" for n in range(MAX_UPLOADS)]), pytest.raises(Overloaded):
        read(uploads, io.BytesIO(b"7"), 1, "192.0.2.99")


def test_memory_for_large_bodies_is_bounded(uploads: UploadBuffer) -> None:
    with ExitStack() as stack:
        for _ in range(MAX_LARGE_BODIES):
            stack.enter_context(uploads.buffered(environ(io.BytesIO(bytes(MOST)), MOST)))
        with pytest.raises(Overloaded):
            read(uploads, io.BytesIO(bytes(MOST)), MOST)
        assert read(uploads, io.BytesIO(bytes(5000)), 5000) == bytes(5000), "a drawing always has room"
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    with ExitStack() as stack:
        for _ in range(2 * MAX_LARGE_BODIES):  # an unknown length reserves the limit until the body has arrived
            stack.enter_context(uploads.buffered(environ(io.BytesIO(b"seven"), 0, **chunked)))
    assert len(read(uploads, io.BytesIO(bytes(MOST)), MOST)) == MOST


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a machine has one address by which to reach itself")
@pytest.mark.slow
def test_idle_and_slow_clients_block_nobody(seven: bytes) -> None:
    """One client starts as many uploads as it may and never sends them; others are still served."""
    with serving("--workers", "1") as (_, address), ExitStack() as stack:
        host, port = address.removeprefix("http://").split(":")
        heads = ["POST /api/v1/read", "POST /", "GET /healthz", "PUT /nothing"]
        for number in range(60):
            line = stack.enter_context(socket.create_connection((host, int(port))))
            length = 21_000_000 if number % 8 == 0 else 1000
            line.sendall(f"{heads[number % 4]} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        time.sleep(0.5)
        # This machine is one client; a second one is its other address.
        other = stack.enter_context(
            closing(http.client.HTTPConnection(host, int(port), timeout=5, source_address=("127.0.0.2", 0)))
        )
        for _ in range(5):
            other.request("POST", READ, seven, PNG)
            assert b'"text":"7"' in other.getresponse().read()
            other.request("GET", "/healthz")
            assert other.getresponse().read()


def test_the_form_without_javascript_is_guarded_and_counted_like_any_reading(app: Flask, seven: bytes) -> None:
    other = create_app(Settings(model=app.config["INKLING"].model, api_key="k"))
    client = other.test_client()
    form = {"image": (io.BytesIO(seven), "7.png")}
    check(client.post("/", data=form), 401, "BadKey")
    form = {"image": (io.BytesIO(seven), "7.png")}
    assert client.post("/", data=form, headers={"X-API-Key": "k"}).status_code == 200
    text = client.get("/metrics", headers={"X-API-Key": "k"}).text
    assert "inkling_readings_total{" in text


def test_a_form_that_takes_too_long_is_read_in_part(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_route, "MAX_REQUEST_S", -1)
    picture = encoded(drawn_seven())
    form = {"image": [(io.BytesIO(picture), f"{n}.png") for n in range(2)]}
    readings = app.test_client().post(READ, data=form).json["readings"]
    assert [one["kind"] for one in readings] == ["Overloaded"] * 2
    assert all("another request" in one["error"] for one in readings)
