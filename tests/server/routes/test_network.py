"""GET /api/v1/models/<name>/network: a network in the page's format."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.server.middleware.test_error_handlers import check


def test_a_network_is_kept_by_version(client: FlaskClient) -> None:
    version = next(m["version"] for m in client.get("/api/v1/models").json["models"] if m["name"] == "ann")
    first = client.get("/api/v1/models/ann/network")
    assert (first.status_code, first.mimetype, first.data[:4]) == (200, "application/octet-stream", b"inkn")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/api/v1/models/ann/network", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    named = client.get(f"/api/v1/models/ann/network?v={version}")
    assert "max-age=604800" in named.headers["Cache-Control"]
    assert "max-age" not in client.get("/api/v1/models/ann/network?v=000000000000").headers["Cache-Control"]


def test_the_network_that_reads_rows_has_one_too(client: FlaskClient) -> None:
    assert b'"name":"line"' in client.get("/api/v1/models/line/network").data[:400]


def test_an_unknown_model_has_no_network(client: FlaskClient) -> None:
    assert "'ann'" in check(client.get("/api/v1/models/an/network"), 404, "UnknownName")


def test_a_network_that_can_be_taught_has_replayed_images(client: FlaskClient) -> None:
    answer = client.get("/api/v1/models/cnn/replay")
    assert (answer.status_code, answer.data[:4]) == (200, b"inkr")
    assert len(answer.data) < 250_000
    assert "replay.npz" in check(client.get("/api/v1/models/ann/replay"), 503, "BadBundle")
