"""Every kind of invalid request: status, kind, a one-sentence message, and a server that keeps running."""

from __future__ import annotations

import copy
import gzip
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder

from inkling.pipeline.reader import Reader
from inkling.server.app import create_app
from inkling.server.settings import Settings
from tests.pictures import drawn_seven, encoded, png_header

READ = "/api/v1/read"
PNG = "image/png"
SEVEN = encoded(drawn_seven())
JPEG = encoded(drawn_seven(), "JPEG")

RAW = [
    ("no bytes", b"", PNG, 400, "EmptyPicture"),
    ("no bytes and no type", b"", None, 400, "EmptyPicture"),
    ("text named .png", b"I am a picture, believe me.", PNG, 415, "UnknownFormat"),
    ("truncated JPEG", JPEG[: len(JPEG) // 2], "image/jpeg", 422, "BrokenPicture"),
    ("PNG bomb", png_header(30_000, 30_000), PNG, 413, "ImageTooLarge"),
    ("1x1", encoded(np.zeros((1, 1), np.uint8)), PNG, 422, "ImageTooSmall"),
    ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415, "UnknownFormat"),
    ("ZIP", b"PK\x03\x04\x14\x00", "application/octet-stream", 415, "UnknownFormat"),
    ("50 MB of zeros", bytes(50_000_000), "application/octet-stream", 413, "ImageTooLarge"),
    ("zeros below the limit", bytes(1_000_000), PNG, 415, "UnknownFormat"),
    ("JSON without a picture", b"{}", "application/json", 400, "BadRequest"),
    ("what curl -d sends", SEVEN, "application/x-www-form-urlencoded", 415, "UnknownFormat"),
    ("a form without boundary", SEVEN, "multipart/form-data", 400, "BadRequest"),
]
ROUTES = [
    ("POST", f"{READ}?mode=many", 400, "BadRequest", "auto, single"),
    ("POST", f"{READ}?explain=yes", 400, "BadRequest", "0, 1"),
    ("POST", f"{READ}?mode=many&explain=yes", 400, "BadRequest", "0, 1"),
    ("POST", f"{READ}?model=../../etc", 404, "UnknownName", "choose from"),
    ("GET", READ, 405, "MethodNotAllowed", "POST"),
    ("DELETE", "/api/v1/models", 405, "MethodNotAllowed", "GET"),
    ("GET", "/api/v1/nothing", 404, "NotFound", "/api/v1/nothing"),
    ("GET", "/api", 404, "NotFound", "/api"),
    ("GET", "/nothing", 404, "NotFound", "/nothing"),
]


def check(response: Any, status: int, kind: str) -> str:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    assert set(response.json) == {"ok", "kind", "error"}
    assert response.json["ok"] is False
    assert response.json["kind"] == kind
    message: str = response.json["error"]
    assert "Traceback" not in message
    assert 20 < len(message) < 400
    return message


@pytest.mark.parametrize(("body", "content_type", "status", "kind"), [row[1:] for row in RAW], ids=[r[0] for r in RAW])
def test_a_wrong_body(client: FlaskClient, body: bytes, content_type: str | None, status: int, kind: str) -> None:
    check(client.post(READ, data=body, content_type=content_type), status, kind)
    assert client.post(READ, data=SEVEN, content_type=PNG).json["text"] == "7"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_wrong_request(client: FlaskClient, route: tuple[str, str, int, str, str]) -> None:
    method, path, status, kind, names = route
    body = {"data": SEVEN, "content_type": PNG} if method == "POST" else {}
    response = client.open(path, method=method, **body)
    assert names in check(response, status, kind)
    if status == 405:
        assert names in response.headers["Allow"]


def test_an_unknown_model_suggests_the_nearest(client: FlaskClient) -> None:
    name = client.get("/api/v1/models").json["models"][0]["name"]
    response = client.post(f"{READ}?model={name}x", data=SEVEN, content_type=PNG)
    assert f"Did you mean {name!r}?" in check(response, 404, "UnknownName")


@pytest.mark.parametrize("route", ["read", "compare", "filmstrip"])
def test_a_misspelt_parameter_suggests_the_nearest(client: FlaskClient, route: str) -> None:
    response = client.post(f"/api/v1/{route}?mod=single", data=SEVEN, content_type=PNG)
    near = "model" if route == "filmstrip" else "mode"
    assert f"Did you mean {near!r}?" in check(response, 400, "BadRequest")


def test_a_path_is_not_a_model_name(app: Flask, client: FlaskClient) -> None:
    folder = app.extensions["inkling"].default().path
    check(client.post(READ, query_string={"model": str(folder)}, data=SEVEN, content_type=PNG), 404, "UnknownName")


def test_a_form_without_pictures(client: FlaskClient) -> None:
    response = client.post(READ, data={"picture": (io.BytesIO(SEVEN), "7.png")})
    assert "'image'" in check(response, 400, "BadRequest")


def test_more_pictures_than_the_limit(app: Flask) -> None:
    small = create_app(Settings(model=app.config["INKLING"].model, max_pictures=2)).test_client()
    files = {"image": [(io.BytesIO(SEVEN), f"{i}.png") for i in range(3)]}
    assert "3 pictures" in check(small.post(READ, data=files), 400, "BadRequest")


FORM_LIMITS = [
    ("many files", {"image": [(io.BytesIO(b"x"), f"{i}.png") for i in range(1001)]}),
]


@pytest.mark.parametrize("data", [row[1] for row in FORM_LIMITS], ids=[row[0] for row in FORM_LIMITS])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_form_beyond_other_limits_is_a_bad_request(client: FlaskClient, data: dict[str, Any], chunked: bool) -> None:
    content_type, body = multipart(data)
    more = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True} if chunked else {}
    response = client.post(READ, data=body, content_type=content_type, environ_overrides=more)
    message = check(response, 400, "BadRequest")
    assert "1000 fields" in message


@pytest.mark.parametrize("route", [READ, "/api/v1/compare", "/api/v1/filmstrip"])
def test_a_compressed_body_is_refused_with_its_reason(client: FlaskClient, route: str) -> None:
    content_type, form = multipart({"image": (io.BytesIO(SEVEN), "7.png")})
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    for body, kind, more in ((form, content_type, {}), (SEVEN, PNG, chunked), (SEVEN, PNG, {})):
        given = {"data": gzip.compress(body), "content_type": kind, "environ_overrides": more}
        response = client.post(route, headers={"Content-Encoding": "gzip"}, **given)
        message = check(response, 415, "UnknownFormat")
        assert "content encoding 'gzip'" in message
        assert "without the header Content-Encoding" in message
        plain = {"data": body, "content_type": kind, "environ_overrides": more}
        assert client.post(route, headers={"Content-Encoding": "identity"}, **plain).status_code == 200


def test_a_compressed_tile_is_refused_with_its_reason(client: FlaskClient) -> None:
    sent = {"data": gzip.compress(bytes(784)), "content_type": "application/octet-stream"}
    response = client.post("/api/v1/models/ann/layers", headers={"Content-Encoding": "gzip"}, **sent)
    assert "content encoding 'gzip'" in check(response, 415, "UnknownFormat")


def test_the_limit_of_form_fields_grows_with_max_pictures(app: Flask) -> None:
    large = create_app(Settings(model=app.config["INKLING"].model, max_pictures=1200)).test_client()
    files = {"image": [(io.BytesIO(b"x"), f"{i}.png") for i in range(1100)]}
    assert len(large.post(READ, data=files).json["readings"]) == 1100


def test_a_picture_in_a_form_is_not_written_to_disk(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content_type, body = multipart({"image": (io.BytesIO(SEVEN + bytes(2_000_000)), "7.png")})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nothing"))  # temporary files cannot be created
    assert client.post(READ, input_stream=io.BytesIO(body), content_type=content_type).status_code == 200


def multipart(data: dict[str, Any]) -> tuple[str, bytes]:
    """The content type and body of a form."""
    environ = EnvironBuilder(method="POST", data=copy.deepcopy(data), content_type="multipart/form-data").get_environ()
    with environ["wsgi.input"] as body:
        return environ["CONTENT_TYPE"], body.read()


def test_a_higher_upload_limit_is_respected(app: Flask) -> None:
    large = create_app(Settings(model=app.config["INKLING"].model, max_upload_bytes=30_000_000)).test_client()
    padded = SEVEN + bytes(25_000_000)  # bytes after a PNG's end are ignored
    response = large.post(READ, data=padded, content_type=PNG)
    assert (response.status_code, response.json["text"]) == (200, "7")
    check(large.post(READ, data=SEVEN + bytes(30_000_000), content_type=PNG), 413, "ImageTooLarge")


class Endless(io.RawIOBase):
    """An endless body that counts the bytes read."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = bytes(len(buffer))
        self.taken += len(buffer)
        return len(buffer)


@pytest.mark.parametrize("content_type", [PNG, "multipart/form-data; boundary=x"])
def test_an_endless_body_is_cut_off_at_the_limit(app: Flask, content_type: str) -> None:
    limit = 100_000
    small = create_app(Settings(model=app.config["INKLING"].model, max_upload_bytes=limit)).test_client()
    body = Endless()
    response = small.post(
        READ,
        content_type=content_type,
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    check(response, 413, "ImageTooLarge")
    assert body.taken <= 5 * limit


@pytest.mark.parametrize("content_type", [PNG, f"{PNG}; charset=x", None])
def test_a_bug_in_the_reading_is_one_500_and_one_log_line(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, content_type: str | None
) -> None:
    calls = 0
    trace = Reader.trace

    def fail(self: Reader, *arguments: Any, **options: Any) -> Any:
        nonlocal calls
        if threading.current_thread().name == "inkling-warm":  # another test's app may be warming up
            return trace(self, *arguments, **options)
        calls += 1
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Reader, "trace", fail)
    response = app.test_client().post(READ, data=SEVEN, content_type=content_type, headers={"X-Request-Id": "mine-42"})
    message = check(response, 500, "InternalError")
    assert "mine-42" in message
    assert "secret" not in message
    assert calls == 1, "it is not retried"
    (record,) = [each for each in caplog.records if each.name == "inkling.server.app"]
    assert record.exc_info is not None
    assert "secret detail" in caplog.text
    assert "Traceback" in caplog.text


def test_a_browser_gets_a_page_except_under_api(client: FlaskClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = client.get("/nothing", headers=browser)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert '<nav aria-label="Pages">' in page.text
    assert "<h1>Page not found</h1>" in page.text
    assert "It may be mistyped" in page.text
    check(client.get("/api/v1/nothing", headers=browser), 404, "NotFound")


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/learn/", "/learn"), ("/inside/?n=3&x=%22", "/inside?n=3&x=%22"), ("/models/cnn//", "/models/cnn")],
)
def test_a_page_with_a_slash_at_its_end_is_found(client: FlaskClient, path: str, leads_to: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.location) == (308, leads_to)


@pytest.mark.parametrize("path", ["/nothing/", "/api/v1/models/", "/static/css/"])
def test_no_other_address_leads_elsewhere(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_path_on_the_error_page_is_escaped(client: FlaskClient) -> None:
    page = client.get("/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert "<script>alert" not in page.text
