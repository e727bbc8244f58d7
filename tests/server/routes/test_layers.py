"""POST /api/v1/models/<name>/layers, and the models that /inside can show."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.explain.layers import layers_of
from inkling.models.registry import packaged
from inkling.pipeline.result import calibrate
from inkling.server.pages.inside import kind_of
from tests.explain.conftest import DENSE
from tests.server.middleware.test_error_handlers import check
from tests.server.routes.test_read import conforms

BINARY = "application/octet-stream"


@pytest.mark.parametrize("name", packaged())
def test_layers_arrive_as_bytes_between_low_and_high(
    app: Flask, client: FlaskClient, digits: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    image = digits[0][3]
    answer = client.post(f"/api/v1/models/{name}/layers", data=image.tobytes(), content_type=BINARY).json
    assert conforms(client, "Layers", answer)
    reader = app.extensions["inkling"].get(name)
    tile = image.astype(np.float32) / 255
    assert answer["model"] == {"name": name, "version": reader.bundle.version}
    prediction = reader.classifier.classify(tile[None])
    assert answer["probs"] == pytest.approx(calibrate(prediction.probs, reader.bundle.temperature)[0], abs=1e-5)
    assert answer["not_digit"] == pytest.approx(prediction.not_digit[0], abs=1e-4)
    for sent, layer in zip(answer["layers"], layers_of(reader)(tile), strict=True):
        steps = np.frombuffer(base64.b64decode(sent["maps"]), np.uint8).reshape(sent["channels"], *sent["size"])
        values = sent["low"] + steps / 255 * (sent["high"] - sent["low"])
        assert np.abs(values - layer.values).max() <= (sent["high"] - sent["low"]) / 500, "half a step"


@pytest.mark.parametrize(
    ("name", "body", "kind", "refusal"),
    [
        ("cn", bytes(784), BINARY, (404, "UnknownName")),
        ("cnn", b"", BINARY, (400, "BadRequest")),
        ("cnn", bytes(783), BINARY, (400, "BadRequest")),
        ("cnn", bytes(785), None, (400, "BadRequest")),
        ("cnn", b"[0, 1]", "application/json", (415, "UnknownFormat")),
        ("cnn", bytes(50_000_000), BINARY, (413, "ImageTooLarge")),
    ],
)
def test_what_is_no_tile_is_refused(
    client: FlaskClient, name: str, body: bytes, kind: str | None, refusal: tuple[int, str]
) -> None:
    check(client.post(f"/api/v1/models/{name}/layers", data=body, content_type=kind), *refusal)


def test_the_page_offers_every_model_with_its_kind(client: FlaskClient) -> None:
    page = client.get("/inside").text
    for name, bundle in packaged().items():
        kind = "dense" if name in DENSE else "layers"
        assert kind_of(bundle) == kind
        assert f'<option value="{name}" data-kind="{kind}"' in page
    assert "needs JavaScript" in page
