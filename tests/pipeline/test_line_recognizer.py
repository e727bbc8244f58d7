"""The line network on rows of digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling.errors import BadBundle
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.line_recognizer import LineRecognizer
from inkling.pipeline.recognized_row import decode_row
from inkling.pipeline.symbols import CLASSES
from tests.pictures import row_of

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def recognize() -> LineRecognizer:
    return LineRecognizer(registry.line_recognizer())


def cropped_row(digits: Digits, chosen: list[int]) -> tuple[np.ndarray, str]:
    """A row of digits with a small margin, and its text."""
    images, labels = digits
    picture = row_of([images[i] for i in chosen])
    rows, columns = np.nonzero(picture < 128)
    picture = picture[rows.min() - 12 : rows.max() + 13, max(0, columns.min() - 12) : columns.max() + 13]
    return picture, "".join(str(labels[i]) for i in chosen)


def test_rows_of_digits_are_read(recognize: LineRecognizer, digits: Digits) -> None:
    right = []
    for start in range(0, 200, 5):
        picture, text = cropped_row(digits, [(7 * i) % 200 for i in range(start, start + 5)])
        right.append(decode_row(recognize.read(picture, np.eye(3))).text == text)
    assert np.mean(right) > 0.85


def test_columns_are_probabilities_of_four_pixels_each(recognize: LineRecognizer) -> None:
    probs = recognize(np.zeros((3, 32, 64), np.float32))
    assert probs.shape == (3, 16, 22)
    np.testing.assert_allclose(probs.sum(axis=-1), 1)
    assert probs.min() > 0


def test_a_row_is_also_read_narrower_and_wider(recognize: LineRecognizer, digits: Digits) -> None:
    picture, _ = cropped_row(digits, [1, 30, 61, 90])
    row = recognize.read(picture, np.eye(3))
    narrow, wide = row.more_views()
    assert len(narrow) < len(row.probs) < len(wide)
    assert row.image.shape == (32, 4 * len(row.probs))


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.5])
def test_boxes_lie_around_the_digits_of_the_picture(recognize: LineRecognizer, digits: Digits, scale: float) -> None:
    picture, text = cropped_row(digits, [1, 30, 61, 90])
    row = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    to_picture = np.array([[1 / scale, 0, 40], [0, 1 / scale, 70], [0, 0, 1]])  # the row was cut out at (40, 70)
    found = decode_row(recognize.read(row, to_picture))
    assert found.text == text
    gaps = np.flatnonzero(np.diff((picture < 128).any(axis=0).astype(int)))
    for symbol, left, right in zip(found.symbols, gaps[::2], gaps[1::2], strict=True):
        x, y, w, h = symbol.box
        assert x - 40 == pytest.approx(left + 1, abs=5)
        assert x + w - 40 == pytest.approx(right + 1, abs=5)
        assert 70 <= y < y + h <= 70 + len(picture) + 1


def test_a_temperature_is_applied(recognize: LineRecognizer, digits: Digits) -> None:
    bundle = registry.line_recognizer()
    warm = LineRecognizer(Bundle(bundle.path, {**bundle.manifest, "temperature": 4 * bundle.temperature}))
    picture, _ = cropped_row(digits, [1, 30, 61, 90])
    sure, less_sure = (decode_row(each.read(picture, np.eye(3))).prob for each in (recognize, warm))
    assert less_sure < sure


@pytest.mark.parametrize(
    "classes", [None, [*map(str, range(10)), "blank"], [*CLASSES[1:], "0", "blank"], list(CLASSES)]
)
def test_a_network_with_other_classes_is_refused(classes: list[str] | None) -> None:
    packaged = registry.line_recognizer()
    with pytest.raises(BadBundle, match="has the classes"):
        LineRecognizer(Bundle(packaged.path, {**packaged.manifest, "classes": classes}))
