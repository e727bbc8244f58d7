from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadBundle
from inkling.models import bundle, registry
from inkling.pipeline.classifier import MAX_BATCH, Classifier, prediction_from_softmax


@pytest.fixture(scope="module")
def model() -> Classifier:
    return Classifier(registry.find("ann-tutorial"))


@pytest.mark.parametrize("n", [0, 1, 2, MAX_BATCH, MAX_BATCH + 1])
def test_every_batch_size_gives_rows_that_sum_to_1(model: Classifier, n: int) -> None:
    probs = model(np.random.default_rng(n).random((n, 28, 28), dtype=np.float32))
    assert probs.shape == (n, 10)
    assert np.allclose(probs.sum(axis=1), 1, atol=1e-5)


def test_a_batch_answers_as_one_by_one(model: Classifier, digits: tuple[np.ndarray, np.ndarray]) -> None:
    tiles = digits[0][:50].astype(np.float32) / 255
    alone = np.concatenate([model(tile[None]) for tile in tiles])
    assert np.allclose(model(tiles), alone, atol=1e-5)


def test_digits_are_recognised(model: Classifier, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    assert np.mean(model(images.astype(np.float32) / 255).argmax(axis=1) == labels) > 0.94


def test_threads_do_not_disturb_each_other(model: Classifier, digits: tuple[np.ndarray, np.ndarray]) -> None:
    tiles = digits[0].astype(np.float32) / 255
    expected = model(tiles)

    def work(n: int) -> bool:
        return all(np.allclose(model(tiles[: n + 1]), expected[: n + 1], atol=1e-5) for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(24)))


def test_a_flatbuffer_that_is_none_is_refused(tmp_path: Path) -> None:
    content = b"not a network"
    (tmp_path / "model.tflite").write_bytes(content)
    manifest = {"name": "x", "version": bundle.version_of(content), "temperature": 1, "sure_at": 0.5}
    with pytest.raises(BadBundle, match="cannot be loaded"):
        Classifier(bundle.Bundle(tmp_path, manifest))


def test_an_eleventh_output_is_no_digit() -> None:
    outputs = np.full((3, 11), 0.01, np.float32)
    outputs[0, 4] = 0.9  # a 4
    outputs[1, 10], outputs[1, :10] = 0.99, 0.001  # almost certainly not a digit
    outputs[2, 10], outputs[2, :10] = 1.0, 0.0  # all ten underflow
    prediction = prediction_from_softmax(outputs)
    assert prediction.probs.shape == (3, 10)
    assert np.allclose(prediction.probs.sum(axis=1), 1, atol=1e-6)
    assert prediction.probs[0].argmax() == 4
    assert np.allclose(prediction.not_digit, [0.01, 0.99, 1.0])


def test_ten_outputs_cannot_say_that_it_is_no_digit(model: Classifier) -> None:
    prediction = model.classify(np.zeros((2, 28, 28), np.float32))
    assert prediction.probs.shape == (2, 10)
    assert not prediction.not_digit.any()
