"""A plain reading is answered without Flask, and as Flask answers it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.errors import Overloaded
from inkling.server.app import create_app
from inkling.server.middleware.plain import Plain, plain_bytes, query_of
from inkling.server.middleware.request_context import Note
from inkling.server.settings import Settings
from tests.pictures import drawn_seven, encoded, png_header

READ = "/api/v1/read"
PNG = "image/png"
SENT = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": READ,
    "QUERY_STRING": "",
    "CONTENT_TYPE": PNG,
    "CONTENT_LENGTH": "7",
}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (encoded(drawn_seven()), 200),
        (encoded(drawn_seven(), "JPEG"), 200),
        (encoded(drawn_seven())[:900], 422),
        (encoded(drawn_seven(side=2)), 422),
        (png_header(60_000, 60_000), 413),
        (b"no picture at all", 415),
    ],
)
def test_the_answer_is_flasks(client: FlaskClient, content: bytes, status: int) -> None:
    same_from_both(client, content, "", status)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("explain=tiles", 200),
        ("explain=1&model=ann-tutorial", 200),
        ("mode=single&colour=red", 400),
        ("mode=auto&model=&explain=0", 200),
        ("model=nobody", 404),
        ("mode=other", 400),
        ("mode", 400),
        ("model=%C3%A4nn", 404),
    ],
)
def test_so_it_is_whatever_is_asked(client: FlaskClient, seven: bytes, query: str, status: int) -> None:
    same_from_both(client, seven, query, status)


def same_from_both(client: FlaskClient, content: bytes, query: str, status: int) -> None:
    """Holds an answer to that of Flask, which a content type with a parameter reaches."""
    told = []
    for kind in (PNG, f"{PNG}; by=Flask"):
        response = client.post(f"{READ}?{query}", data=content, content_type=kind)
        assert response.status_code == status
        assert response.headers["Cache-Control"] == "no-store"
        assert response.mimetype == "application/json"
        told.append((list(response.json), {**response.json, "took_ms": 0}, sorted(response.headers.keys())))
    assert told[0] == told[1]


def test_it_is_counted_once(app: Flask, seven: bytes) -> None:
    client = create_app(Settings(model=app.config["INKLING"].model)).test_client()
    for content in (seven, b"no picture at all"):
        client.post(READ, data=content, content_type=PNG)
    lines = client.get("/metrics").text.splitlines()
    assert 'inkling_bad_pictures_total{kind="UnknownFormat"} 1' in lines
    assert f'inkling_requests_total{{method="POST",route="{READ}",status="200"}} 1' in lines
    assert f'inkling_requests_total{{method="POST",route="{READ}",status="415"}} 1' in lines
    assert sum(line.startswith("inkling_readings_total{") and 'outcome="read"' in line for line in lines) == 1


def test_what_a_query_asks_for() -> None:
    assert query_of("") == {"mode": "auto", "model": "", "explain": "0"}
    assert query_of("explain=tiles&mode=single") == {"mode": "single", "model": "", "explain": "tiles"}
    assert query_of("mode=other") is None
    assert query_of("colour=red") is None
    assert query_of("model=ann&model=cnn") is None


@pytest.mark.parametrize("kind", [PNG, "image/svg+xml", "application/octet-stream"])
def test_what_is_plain(kind: str) -> None:
    assert plain_bytes({**SENT, "CONTENT_TYPE": kind}) == 7


@pytest.mark.parametrize(
    "other",
    [
        {"REQUEST_METHOD": "GET"},
        {"PATH_INFO": "/api/v1/compare"},
        {"QUERY_STRING": "model=%61nn"},
        {"QUERY_STRING": "x" * 201},
        {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
        {"CONTENT_TYPE": "image/png; charset=x"},
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_TYPE": ""},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "-7"},
        {"CONTENT_LENGTH": "\u0667"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
    ],
)
def test_everything_else_is_flasks(other: dict[str, str]) -> None:
    assert plain_bytes({**SENT, **other}) == 0


class Beyond:
    """Stands for Flask: keeps the bodies that come so far."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        return [b"from Flask"]


@pytest.fixture
def beyond() -> Beyond:
    return Beyond()


def sent(plain: Plain, body: bytes, length: int) -> tuple[bytes, list[Any]]:
    """What is answered to a plain request, and the status and headers of it."""
    started: list[Any] = []
    environ = {**SENT, "CONTENT_LENGTH": str(length), "wsgi.input": io.BytesIO(body)}
    parts = plain(environ, lambda status, headers: started.extend((status, dict(headers))))
    return b"".join(parts), started


def failing(error: Exception) -> Any:
    def read(content: bytes, query: Mapping[str, Any], note: Note) -> dict[str, Any]:
        raise error

    return read


def test_what_fails_unexpectedly_is_left_to_flask(beyond: Beyond) -> None:
    plain = Plain(beyond, Settings(), failing(RuntimeError("inside")))
    assert sent(plain, b"picture", 7) == (b"from Flask", [])
    assert beyond.bodies == [b"picture"]


def test_a_body_cut_short_or_too_long_is_left_to_flask(beyond: Beyond) -> None:
    plain = Plain(beyond, Settings(max_upload_bytes=10), failing(AssertionError("read what did not come whole")))
    sent(plain, b"pict", 7)
    sent(plain, b"a long picture", 14)
    assert beyond.bodies == [b"pict", b"a long picture"]


def test_who_comes_too_often_may_come_again(beyond: Beyond) -> None:
    body, (status, headers) = sent(Plain(beyond, Settings(), failing(Overloaded("too much"))), b"picture", 7)
    assert b'"kind":"Overloaded"' in body
    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "1"
    assert beyond.bodies == []
