"""Narrower views of a digit that may have been stretched to fill its box."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from inkling import Reader
from inkling.pipeline import test_time_augmentation
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.segmentation import segment
from inkling.pipeline.test_time_augmentation import narrow, with_test_time_augmentation

# The first thousand digits of MNIST's test set: labels, then images
THOUSAND = Path(__file__).parents[2] / "src" / "inkling" / "server" / "static" / "data" / "mnist-test-1000.zlib"
Digits = tuple[np.ndarray, np.ndarray]
UNSURE = Prediction(np.full((1, 10), 0.1, np.float32), np.array([0.4], np.float32))


def certain_of_3(tiles: np.ndarray) -> Prediction:
    probs = np.zeros((len(tiles), 10), np.float32)
    probs[:, 3] = 1
    return Prediction(probs, np.zeros(len(tiles), np.float32))


def never(tiles: np.ndarray) -> Prediction:
    raise AssertionError(f"asked about {len(tiles)} tiles")


def block(w: int, h: int, *, margin: int = 10) -> np.ndarray:
    """A hollow rectangle of ink."""
    ink = np.zeros((h + 2 * margin, w + 2 * margin), np.float32)
    cv2.rectangle(ink, (margin + 2, margin + 2), (margin + w - 3, margin + h - 3), (1.0,), 4)
    return ink


def test_the_views_are_averaged() -> None:
    ink = block(40, 40)
    found = with_test_time_augmentation(ink, segment(ink), UNSURE, certain_of_3)
    expected = np.full(10, 0.1 / 4)
    expected[3] += 3 / 4
    np.testing.assert_allclose(found.probs, expected[None], rtol=1e-6)
    assert found.not_digit == UNSURE.not_digit  # with paper around it, it may be two touching digits


def test_what_fills_the_picture_is_asked_whether_it_is_a_digit_too() -> None:
    ink = block(40, 40, margin=0)
    assert with_test_time_augmentation(ink, segment(ink), UNSURE, certain_of_3).not_digit == pytest.approx([0.1])


@pytest.mark.parametrize(("w", "h"), [(20, 40), (60, 40)])
def test_what_is_no_square_is_left_as_it_is(w: int, h: int) -> None:
    ink = block(w, h)
    assert with_test_time_augmentation(ink, segment(ink), UNSURE, never) is UNSURE


def test_several_digits_are_left_as_they_are() -> None:
    ink = np.hstack([block(40, 40), block(40, 40)])
    both = Prediction(np.full((2, 10), 0.1, np.float32), np.zeros(2, np.float32))
    assert with_test_time_augmentation(ink, segment(ink), both, never) is both


def test_the_views_are_narrower_and_narrower() -> None:
    shapes = []

    def classify(tiles: np.ndarray) -> Prediction:
        shapes.extend(np.ptp(np.flatnonzero(tile.max(axis=0) > 0.5)) + 1 for tile in tiles)
        return certain_of_3(tiles)

    ink = block(200, 200)
    with_test_time_augmentation(ink, segment(ink), UNSURE, classify)
    assert shapes == pytest.approx([16, 13, 10], abs=1)  # at a height of 20


@pytest.mark.parametrize(("confidence", "asked"), [(0.985, True), (0.992, False)])
def test_a_certain_network_is_not_asked_again(confidence: float, asked: bool) -> None:
    ink, probs = block(40, 40), np.full((1, 10), (1 - confidence) / 9, np.float32)
    probs[0, 3] = confidence
    before = Prediction(probs, np.zeros(1, np.float32))
    assert (with_test_time_augmentation(ink, segment(ink), before, certain_of_3) is not before) == asked


@pytest.mark.parametrize(("margin", "fills"), [(1, True), (2, False)])
def test_a_digit_fills_the_image_but_for_a_margin(margin: int, fills: bool) -> None:
    ink = block(50, 50, margin=margin)  # fills 96 % or 93 % of the image
    found = with_test_time_augmentation(ink, segment(ink), UNSURE, certain_of_3)
    assert (found.not_digit < UNSURE.not_digit).all() == fills


@pytest.mark.parametrize("side", [16, 300])
def test_narrower_changes_the_shape_and_keeps_the_ink_in_range(side: int) -> None:
    crop = block(side, side, margin=0)
    half = narrow(crop, 0.5)
    assert half.shape[1] / half.shape[0] == pytest.approx(0.5, abs=0.02)
    assert half.min() >= 0
    assert half.max() <= 1
    assert max(half.shape) <= max(2 * side, 300)


@pytest.mark.slow
def test_stretched_digits_are_read_better(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader("cnn")  # augmentation is only for networks that can reject non-digits
    content = np.frombuffer(zlib.decompress(THOUSAND.read_bytes()), np.uint8)
    labels, images = content[:1000], content[1000:].reshape(-1, 28, 28)
    pictures = [filled(image) for image in images]

    def right() -> np.ndarray:
        return np.array([reader.read(one).text == str(label) for one, label in zip(pictures, labels, strict=True)])

    with_views = right()
    monkeypatch.setattr(test_time_augmentation, "CONFIG", replace(test_time_augmentation.CONFIG, certain_at=0.0))
    assert with_views.sum() > right().sum()
    assert with_views[labels != 1].mean() >= 0.98  # a plain 1 that fills its box is a solid block; some are rejected


def filled(digit: np.ndarray) -> np.ndarray:
    """(28, 28) uint8 light on dark -> (16, 16) uint8 black on white, stretched so that the digit fills it."""
    rows, columns = np.flatnonzero(digit.max(axis=1) > 60), np.flatnonzero(digit.max(axis=0) > 60)
    crop = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = cv2.resize(crop, (16, 16), interpolation=cv2.INTER_AREA)
    return np.where(small > 128, 0, 255).astype(np.uint8)
