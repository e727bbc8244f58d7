"""nginx with the shipped files as a proxy for a real server: forwarded requests, and nginx's own responses."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from benchmarks.common import DRAWING
from benchmarks.serving.soak.attacks.proxy import nginx, proxied
from benchmarks.serving.soak.service import Service, running

pytestmark = pytest.mark.slow
PICTURE = {"Content-Type": "image/png"}


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    try:
        nginx()
    except SystemExit as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def front() -> Iterator[Service]:
    with running(workers=1, environ={"INKLING_TRUSTED_PROXIES": "1"}) as service, proxied(service.port) as found:
        yield found


def ask(
    port: int, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, method: str = ""
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method or ("GET" if body is None else "POST"), path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_a_picture_is_read(front: Service) -> None:
    status, content = ask(front.port, "/api/v1/read", DRAWING.read_bytes(), PICTURE)
    assert (status, json.loads(content)["text"]) == (200, "7")


@pytest.mark.parametrize(
    ("path", "body", "headers", "answer"),
    [
        ("/metrics", None, {}, (404, "NotFound")),
        ("//metrics", None, {}, (404, "NotFound")),
        ("/%6detrics", None, {}, (404, "NotFound")),
        ("/x/../metrics", None, {}, (404, "NotFound")),
        ("/static/css/base.css", b"x", {}, (405, "MethodNotAllowed")),
        ("/api/v1/read", bytes(20_000_001), PICTURE, (413, "ImageTooLarge")),
        ("/api/v1/read", None, {"X-Long": "x" * 9000}, (400, "BadRequest")),
        ("/api/v1/" + "x" * 9000, None, {}, (400, "BadRequest")),
    ],
)  # fmt: skip
def test_what_nginx_refuses_itself(
    front: Service, path: str, body: bytes | None, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    status, content = ask(front.port, path, body, headers)
    assert (status, json.loads(content)["kind"]) == answer


def test_the_largest_body_reaches_the_service(front: Service) -> None:
    _, content = ask(front.port, "/api/v1/read", bytes(20_000_000), PICTURE)
    assert json.loads(content)["kind"] == "UnknownFormat"


def test_http_2_without_tls_is_refused(front: Service) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=5) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"


def test_a_header_that_never_ends_is_hung_up_on(front: Service) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", front.port), timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
    assert time.monotonic() - start >= 9


def test_the_seventeenth_body_of_a_client_is_refused(front: Service) -> None:
    head = b"POST /api/v1/read HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n"
    held = []
    for _ in range(16):
        connection = socket.create_connection(("127.0.0.1", front.port), timeout=5)
        connection.sendall(head)
        held.append(connection)
    time.sleep(0.5)
    status, content = ask(front.port, "/api/v1/read", DRAWING.read_bytes(), PICTURE)
    assert (status, json.loads(content)["kind"]) == (429, "TooManyRequests")
    for connection in held:
        connection.close()


class Echo(BaseHTTPRequestHandler):
    """A handler that responds with the request's headers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def test_what_a_client_claims_about_its_address_is_not_passed_on() -> None:
    forged = {
        "X-Forwarded-For": "10.0.0.1", "X_Forwarded_For": "10.0.0.2", "Forwarded": "for=10.0.0.3",
        "X-Real-IP": "10.0.0.4", "X-Forwarded-Host": "10.0.0.5", "X-Forwarded-Proto": "10.0.0.6",
        "X-Forwarded-Port": "10.0.0.7", "Host": "digits.example.org:8000",
    }  # fmt: skip
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with proxied(server.server_port) as front:
            _, content = ask(front.port, "/", headers=forged)
        server.shutdown()
    found = json.loads(content)
    assert not [value for _, value in found if value.startswith(("10.", "for="))]
    assert ["x-forwarded-for", "127.0.0.1"] in found
    assert ["x-forwarded-proto", "http"] in found
    assert ["host", "digits.example.org:8000"] in found
