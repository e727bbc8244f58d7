"""The networks in the page give the same probabilities as LiteRT, within 1e-4."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page

from inkling.models import registry
from inkling.pipeline.binarize import binarize
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.line_image import make_line_image
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.normalize import normalize_crop
from inkling.pipeline.result import calibrate
from tests.browser import engine
from tests.browser.writing_styles import STYLES

pytestmark = pytest.mark.browser
TOLERANCE = 1e-4  # of a probability
N_TILES = 500  # of MNIST's test set
N_LINES = 24


@pytest.fixture(scope="module")
def tiles(mnist: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(N, 28, 28): test digits, the ten digits drawn on a board in several styles, empty and random tiles."""
    drawn = []
    for style in STYLES:
        for label in range(10):
            board = np.full((280, 280), 255, np.uint8)
            for stroke in style.strokes(label):
                points = np.rint(np.array(stroke) * 200 + 140).astype(np.int32)
                cv2.polylines(board, [points], isClosed=False, color=20, thickness=16, lineType=cv2.LINE_AA)
            drawn.append(normalize_crop(binarize(board)))
    noise = np.random.default_rng(4).random((8, 28, 28))
    return np.concatenate([mnist[0][:N_TILES], drawn, noise, np.zeros((1, 28, 28))]).astype(np.float32)


@pytest.mark.parametrize("name", registry.packaged())
def test_a_networks_probabilities_are_those_of_litert(page: Page, tiles: np.ndarray, name: str) -> None:
    bundle = registry.find(name)
    prediction = Classifier(bundle).classify(tiles)
    expected = np.hstack([calibrate(prediction.probs, bundle.temperature), prediction.not_digit[:, None]])
    assert np.abs(engine.classify(page, tiles, name) - expected).max() <= TOLERANCE


def test_the_line_networks_columns_are_those_of_litert(page: Page, mnist: tuple[np.ndarray, np.ndarray]) -> None:
    random = np.random.default_rng(7)
    bundle = registry.line_recognizer()
    network = LiteRTModel(bundle.model_bytes(), bundle.model_path, (32, -1))
    lines = []
    for _ in range(N_LINES):
        digits = [mnist[0][k] for k in random.integers(0, 1000, random.integers(1, 12))]
        row = np.concatenate([digit[:, random.integers(0, 5) : 28 - random.integers(0, 5)] for digit in digits], axis=1)
        grey = 235 - 200 * cv2.resize(row, None, fx=3, fy=3) + random.normal(0, random.uniform(0, 9), (84, 1))
        lines.append(make_line_image(np.clip(grey, 0, 255).astype(np.uint8)))
    for line, found in zip(lines, engine.recognise(page, lines), strict=True):
        assert np.abs(found - network(line[None])[0]).max() <= TOLERANCE


def test_layers_are_those_of_the_server(page: Page, mnist: tuple[np.ndarray, np.ndarray]) -> None:
    from inkling.explain.layers import Layers

    expected = Layers(registry.find("cnn"))(mnist[0][0])
    found = engine.run(
        page,
        """const { openEngine } = await import("/static/js/engine/client.js");
        const engine = await openEngine();
        const layers = await engine.layers(tile, { network: "cnn" });
        const { layers: weights } = await engine.weights({ network: "cnn" });
        return layers.map(({ values, ...layer }, k) => ({
          ...layer, values: text(values), weights: weights[k]?.weights.length ?? 0 }));""",
        tile=mnist[0][0],
    )
    assert [(each["name"], each["type"]) for each in found] == [(each.name, each.type) for each in expected]
    assert [each["weights"] for each in found][:2] == [9 * 24, 9 * 24 * 32]
    for ours, theirs in zip(found, expected, strict=True):
        values = engine.numbers(ours["values"]).reshape(ours["shape"])
        maps = values.transpose(2, 0, 1) if values.ndim == 3 else values.reshape(-1, 1, 1)
        assert np.abs(maps - theirs.values).max() <= 2e-3 * max(1.0, np.abs(theirs.values).max())


def test_an_unknown_network_is_refused_in_a_sentence(page_with_refusals: Page) -> None:
    name, message = engine.run(
        page_with_refusals,
        """const { openEngine } = await import("/static/js/engine/client.js");
        return openEngine({ network: "cn" }).then(() => [], ({ name, message }) => [name, message]);""",
    )
    assert name == "EngineUnavailable"
    assert "unknown model 'cn'" in message
