"""The best segmentation alone: the first of all, with fewer inferences."""

from __future__ import annotations

import numpy as np
import pytest

from inkling import Reader
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.over_segmentation.best_path import best_segmentation
from inkling.pipeline.over_segmentation.ranking import rank_segmentations
from inkling.pipeline.reader import prepare
from tests.pictures import enlarged
from tests.pipeline.over_segmentation.test_segmentation_graph import COSTS

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def reader() -> Reader:
    """A network that can refuse, without which nothing is cut."""
    return Reader("cnn")


def pictures(digits: Digits) -> list[np.ndarray]:
    """Digits alone, the widest among them, rows that touch and rows that do not, on white paper."""
    images, _ = digits
    found = [np.pad(enlarged(image, 5), 20, constant_values=255) for image in images[::9]]
    wide = sorted(images, key=lambda image: -np.ptp(np.flatnonzero(image.max(axis=0) > 60)))[:12]
    found += [np.pad(enlarged(image, 5), 20, constant_values=255) for image in wide]
    rng = np.random.default_rng(1)
    for n in (2, 2, 3, 3, 4, 5):
        for gap in (-3, 0, 3):
            row = np.zeros((28, 28 * n + 40), np.uint8)
            x = 4
            for image in images[rng.integers(0, len(images), n)]:
                own = image[:, image.max(axis=0) > 60]
                row[:, x : x + own.shape[1]] = np.maximum(row[:, x : x + own.shape[1]], own)
                x += own.shape[1] + gap
            found.append(np.pad(enlarged(row, 4), 20, constant_values=255))
    found.append(np.full((60, 60), 255, np.uint8))
    return found


@pytest.mark.slow
def test_it_is_the_first_of_all_for_fewer_inferences(reader: Reader, digits: Digits) -> None:
    asked = 0

    def classify(tiles: np.ndarray) -> Prediction:
        nonlocal asked
        asked += len(tiles)
        return reader.classify(tiles)

    of_all, of_first, cut = 0, 0, 0
    for picture in pictures(digits):
        one = prepare(picture)
        prediction = reader.classify(one.tiles)
        asked = 0
        expected = rank_segmentations(
            one.ink,
            one.segmentation,
            one.tiles,
            prediction,
            classify,
            costs=COSTS,
            recognize_line=reader.recognize_line,
        )[0]
        of_all, asked = of_all + asked, 0
        found = best_segmentation(
            one.ink,
            one.segmentation,
            one.tiles,
            prediction,
            classify,
            costs=COSTS,
            recognize_line=reader.recognize_line,
        )
        of_first += asked
        boxes = [[[glyph.box_xywh for glyph in line] for line in each.lines] for each in (expected, found)]
        assert boxes[0] == boxes[1]
        assert np.array_equal(found.tiles, expected.tiles)
        np.testing.assert_allclose(found.prediction.probs, expected.prediction.probs, atol=1e-5)
        np.testing.assert_allclose(found.prediction.not_digit, expected.prediction.not_digit, atol=1e-5)
        cut += len(found.tiles) > len(one.tiles)
    assert cut >= 5  # rows that touch were among them
    assert of_first < of_all / 2


def test_a_reading_is_the_same_whether_others_are_searched(reader: Reader, digits: Digits) -> None:
    for picture in pictures(digits)[::3]:
        one = prepare(picture)
        prediction = reader.classify(one.tiles)
        best = reader.trace_prepared(one, prediction, best_only=True).reading
        assert best.to_json() == reader.read(picture).to_json()
