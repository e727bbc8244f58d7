"""GET /api/v1/models/<name>/weights: all weights of a small network, sufficient to run it elsewhere."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.pipeline.result import calibrate
from tests.explain.conftest import DENSE
from tests.server.middleware.test_error_handlers import check
from tests.server.pages.test_pages import STATIC


@pytest.mark.parametrize("name", DENSE)
def test_the_weights_reproduce_the_networks_probabilities(
    app: Flask, client: FlaskClient, digits: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    response = client.get(f"/api/v1/models/{name}/weights")
    assert (response.status_code, response.mimetype) == (200, "application/octet-stream")
    numbers = np.frombuffer(response.data, "<f4")
    pixels, hidden, outputs = numbers[:3].astype(int).tolist()
    bundle = app.extensions["inkling"].bundles()[name]
    assert (pixels, outputs) == (784, 10)
    assert len(numbers) == 4 + bundle.manifest["parameters"]
    sizes = (pixels * hidden, hidden, hidden * outputs, outputs)
    w1, b1, w2, b2 = np.split(numbers[4:], np.cumsum(sizes)[:-1])
    tiles = digits[0].astype(np.float32) / 255
    logits = np.maximum(tiles.reshape(-1, 784) @ w1.reshape(784, hidden) + b1, 0) @ w2.reshape(hidden, outputs) + b2
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / numbers[3])
    expected = calibrate(app.extensions["inkling"].get(name).classifier(tiles), bundle.temperature)
    assert np.abs(powers / powers.sum(axis=1, keepdims=True) - expected).max() < 1e-4


def test_weights_are_cached_until_the_model_changes(client: FlaskClient) -> None:
    first = client.get("/api/v1/models/ann/weights")
    version = next(m["version"] for m in client.get("/api/v1/models").json["models"] if m["name"] == "ann")
    assert version in first.headers["ETag"]
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/api/v1/models/ann/weights", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_an_unknown_model_and_one_of_other_layers_have_no_weights(client: FlaskClient) -> None:
    assert "'ann'" in check(client.get("/api/v1/models/an/weights"), 404, "UnknownName")
    assert "Conv2D" in check(client.get("/api/v1/models/cnn/weights"), 422, "WrongNetwork")


def test_the_packaged_digits_are_the_first_thousand_of_the_test_set() -> None:
    content = (STATIC / "data/mnist-test-1000.zlib").read_bytes()
    assert len(content) < 160_000
    unpacked = zlib.decompress(content)
    assert len(unpacked) == 1000 + 1000 * 784
    assert list(unpacked[:10]) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9], "the standard layers"
    # Labels and predictions for y_test[:1000] and x_test[:1000] of the verified arrays.
    known = "8c155c6a119cb5ed8f4cfd620155fd9224f9cb1ec3008be65613117fcd06eadb"
    assert hashlib.sha256(unpacked).hexdigest() == known
