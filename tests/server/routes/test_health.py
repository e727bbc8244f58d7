"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inkling.models.bundle import version_of
from inkling.server.app import create_app
from inkling.server.service import readers
from inkling.server.settings import Settings


def test_ready_once_the_model_is_loaded(app: Flask, client: FlaskClient) -> None:
    app.extensions["inkling"].get()
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").json == {"ok": True}


def test_not_ready_before(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers.Readers, "warm", lambda self: False)  # loading has not begun
    cold = create_app(Settings(model=app.config["INKLING"].model)).test_client()
    response = cold.get("/readyz")
    assert (response.status_code, response.json["kind"]) == (503, "Overloaded")
    assert cold.get("/healthz").status_code == 200
    assert "caption" in cold.get("/").text, "the page works in the meantime"


def test_a_damaged_model_is_reported_by_every_route(tmp_path: Path, seven: bytes) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "x"}')
    damaged = create_app(Settings(model=str(tmp_path))).test_client()
    for response in (damaged.get("/readyz"), damaged.post("/api/v1/read", data=seven), damaged.get("/api/v1/models")):
        assert (response.status_code, response.json["kind"]) == (503, "BadBundle")
    assert damaged.get("/").status_code == damaged.get("/healthz").status_code == 200


@pytest.mark.parametrize("keeps_version", [False, True], ids=["damaged since", "exported so"])
def test_a_truncated_model_is_reported_at_once(
    app: Flask, tmp_path: Path, seven: bytes, caplog: pytest.LogCaptureFixture, keeps_version: bool
) -> None:
    good = app.extensions["inkling"].default()
    content = good.model_path.read_bytes()[:5000]
    version = version_of(content) if keeps_version else good.version
    (tmp_path / "model.tflite").write_bytes(content)
    (tmp_path / "manifest.json").write_text(json.dumps({**good.manifest, "name": "mine", "version": version}))
    damaged = create_app(Settings(model=str(tmp_path)))
    client = damaged.test_client()
    response = settled(client)
    assert (response.status_code, response.json["kind"]) == (503, "BadBundle")
    assert response.json["error"] in caplog.text, "it is in the log"
    assert client.get("/readyz").json == response.json
    assert client.post("/api/v1/read", data=seven, content_type="image/png").json == response.json
    assert client.get("/").status_code == client.get("/healthz").status_code == 200

    (tmp_path / "model.tflite").write_bytes(good.model_bytes())
    (tmp_path / "manifest.json").write_text(json.dumps({**good.manifest, "name": "mine"}))
    if not keeps_version:  # the manifest that was read before still matches
        assert client.post("/api/v1/read", data=seven, content_type="image/png").json["text"] == "7"
        assert client.get("/readyz").status_code == 200, "repaired"


def test_an_unexpected_failure_is_reported_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: readers.Readers, name: str | None = None) -> None:
        raise MemoryError("secret detail")

    monkeypatch.setattr(readers.Readers, "get", fail)
    response = settled(create_app(Settings(model=app.config["INKLING"].model)).test_client())
    assert (response.status_code, response.json["kind"]) == (503, "BadBundle")
    assert "MemoryError" in response.json["error"]
    assert "secret" not in response.json["error"]
    assert "secret detail" in caplog.text


def settled(client: FlaskClient) -> TestResponse:
    """The response of /readyz once the model is loaded or has failed."""
    until = time.monotonic() + 20
    while (response := client.get("/readyz")).status_code == 503 and response.json["kind"] == "Overloaded":
        assert time.monotonic() < until, response.json
        time.sleep(0.02)
    return response


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
