"""Security headers on every response, including errors and static files."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from inkling.server.middleware.delivery import HEADERS
from inkling.server.pages import MASTHEAD


@pytest.mark.parametrize(
    "path",
    [
        *(path for path, _ in MASTHEAD),
        *("/openapi.json", "/healthz", "/api/v1/models", "/api/v1/read", "/none", "/static/js/draw/main.js"),
    ],
)
def test_every_answer_is_secured(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", ""), "networks run in the page as WebAssembly"
    assert "http" not in policy
