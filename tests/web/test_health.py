"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.web import create_app, readers
from inkling.web.settings import Settings


def test_ready_once_the_model_is_loaded(app: Flask, client: FlaskClient) -> None:
    app.extensions["inkling"].get()
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").json == {"ok": True}


def test_not_ready_before(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers.Readers, "warm", lambda self: False)  # a load that has not begun
    cold = create_app(Settings(model=app.config["INKLING"].model)).test_client()
    response = cold.get("/readyz")
    assert (response.status_code, response.json["kind"]) == (503, "Overloaded")
    assert cold.get("/healthz").status_code == 200
    assert "caption" in cold.get("/").text, "the page opens meanwhile"


def test_a_damaged_model_is_said_everywhere_and_kills_nothing(tmp_path: Path, seven: bytes) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "x"}')
    damaged = create_app(Settings(model=str(tmp_path))).test_client()
    for response in (damaged.get("/readyz"), damaged.post("/api/v1/read", data=seven), damaged.get("/api/v1/models")):
        assert (response.status_code, response.json["kind"]) == (503, "BadBundle")
    assert damaged.get("/").status_code == damaged.get("/healthz").status_code == 200


def test_metrics_count_by_route_and_never_by_path(client: FlaskClient) -> None:
    for path in ("/healthz", "/no/such/one", "/no/such/other"):
        client.get(path)
    text = client.get("/metrics").text
    assert 'inkling_requests_total{method="GET",route="/healthz",status="200"' in text
    assert 'route="(none)",status="404"' in text
    assert "such" not in text
    client.open("/healthz", method="INVENTED")
    assert "INVENTED" not in client.get("/metrics").text
    for line in text.splitlines():
        assert line.startswith("#") or float(line.rsplit(" ", 1)[1]) >= 0
