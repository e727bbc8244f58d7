"""A network in LiteRT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadBundle
from inkling.models import registry
from inkling.pipeline.classifier import LineRecognizer
from inkling.pipeline.line_image import make_line_image
from inkling.pipeline.line_recognizer import best_text
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.segmentation import segment
from tests.pictures import enlarged


def test_another_input_is_refused() -> None:
    ann = registry.find("ann")
    with pytest.raises(BadBundle, match=r"takes input of shape \[-1, 28, 28\]; expected \(N, 28, any\)"):
        LiteRTModel(ann.model_bytes(), ann.model_path, shape=(28, -1))


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(BadBundle, match="cannot be loaded"):
        LiteRTModel(b"nothing", Path("x"), shape=(28, 28))


def test_strips_of_any_width_are_read_and_one_after_another_changes_nothing() -> None:
    model = LineRecognizer(registry.line_recognizer())
    strips = [np.random.default_rng(w).random((28, w), np.float32) for w in (28, 140, 56, 28)]
    found = [model(strip) for strip in strips]
    assert [probs.shape for probs in found] == [(14, 11), (70, 11), (28, 11), (14, 11)]
    np.testing.assert_array_equal(found[0], found[3])
    np.testing.assert_allclose([probs.sum(axis=1).mean() for probs in found], 1, atol=1e-5)


def test_digits_are_read_from_their_strips(digits: tuple[np.ndarray, np.ndarray]) -> None:
    model = LineRecognizer(registry.line_recognizer())
    images, labels = digits
    right = []
    for image, label in zip(images[::2], labels[::2], strict=True):
        ink = 1 - enlarged(image, 3) / np.float32(255)
        glyphs = segment(ink, single=True)
        strip = make_line_image(ink, glyphs, glyphs.flat)
        assert strip is not None
        right.append(best_text(model(strip)) == [label])
    assert np.mean(right) > 0.9
