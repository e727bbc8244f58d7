"""Compression, caching and revalidation of files and pages."""

from __future__ import annotations

import gzip
import io
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inkling.server.pages import MASTHEAD
from inkling.server.pages.preload import STATIC, modules

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
BUDGET_BYTES = 105_000  # transferred bytes of the scripts and styles that the drawing page loads before it is ready


def get(client: FlaskClient, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> TestResponse:
    """The response, completely read and closed."""
    with client.open(path, method=method, headers=headers or {}) as response:
        response.get_data()
        return response


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/static/css/base.css", "/static/js/draw/main.js"])
def test_texts_are_compressed_on_request(client: FlaskClient, path: str) -> None:
    for _ in range(2):  # the second time from the cache
        plain, packed = get(client, path), get(client, path, GZIP)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) == int(packed.headers["Content-Length"]) < 0.7 * len(plain.data)
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert get(client, path, GZIP, method="HEAD").data == b""


def test_a_part_of_a_file_is_sent_as_it_is(client: FlaskClient) -> None:
    path = "/static/js/draw/main.js"
    part = get(client, path, {**GZIP, "Range": "bytes=0-1999"})
    assert (part.status_code, "Content-Encoding" in part.headers) == (206, False)
    assert part.data == get(client, path).data[:2000]


@pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "path",
    ["/docs", "/learn", "/static/js/common/board.js", "/static/favicon.svg", "/openapi.json", "/api/v1/models"],
)
def test_unchanged_content_is_not_sent_again(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    first = get(client, path, headers)
    assert first.headers["Cache-Control"] == "no-cache"
    again = get(client, path, {**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert get(client, path, {**headers, "If-None-Match": '"other"'}).status_code == 200


def test_small_answers_and_images_are_not_compressed(client: FlaskClient, seven: bytes) -> None:
    assert "Content-Encoding" not in get(client, "/healthz", GZIP).headers
    assert "Content-Encoding" not in get(client, "/static/examples/three.webp", GZIP).headers
    answer = client.post("/api/v1/read", data=seven, content_type="image/png", headers=GZIP)
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("route", ["read?explain=1&model=ann", "read", "compare", "filmstrip"])
def test_large_answers_are_compressed_on_request(client: FlaskClient, seven: bytes, route: str) -> None:
    pictures = 20 if route == "read" else 1

    def sent(headers: dict[str, str]) -> TestResponse:
        form = {"image": [(io.BytesIO(seven), "seven.png") for _ in range(pictures)]}
        return client.post(f"/api/v1/{route}", data=form, headers=headers)

    plain, packed = sent({}), sent(GZIP)
    assert packed.status_code == 200
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Cache-Control"] == "no-store"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < 0.7 * len(plain.data)
    assert untimed(gzip.decompress(packed.data)) == untimed(plain.data)
    refused = sent({"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_the_explanation_of_a_raw_body_is_compressed(client: FlaskClient, seven: bytes) -> None:
    answer = client.post("/api/v1/read?explain=1", data=seven, content_type="image/png", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"


def untimed(answer: bytes) -> bytes:
    """The JSON without the times, which differ."""
    return re.sub(rb'"\w+_ms":[\d.]+', b"", answer)


def test_every_module_of_a_page_is_preloaded(client: FlaskClient) -> None:
    page = get(client, "/").text
    preloaded = set(re.findall(r'rel="modulepreload" href="/static/([^"]+)"', page))
    assert preloaded == set(modules("js/draw/main.js")) - {"js/draw/main.js"}
    assert "js/common/strokes.js" in preloaded
    assert all((STATIC / name).is_file() for name in preloaded)


def test_the_drawing_page_stays_within_its_size_budget(client: FlaskClient) -> None:
    page = get(client, "/").text
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:js|css))"', page))
    assert len(files) > 15
    assert sum(len(get(client, path, GZIP).data) for path in files) <= BUDGET_BYTES


@pytest.mark.parametrize("path", [path for path, _ in MASTHEAD])
def test_every_page_has_an_entity_tag(client: FlaskClient, path: str) -> None:
    assert get(client, path).headers["ETag"]
