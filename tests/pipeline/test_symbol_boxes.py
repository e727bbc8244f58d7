"""The boxes of symbols in a line image."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.symbol_boxes import symbol_boxes, without_rules


def image_with(*boxes: tuple[int, int, int, int], w: int = 120) -> np.ndarray:
    """(32, w) line image with hollow boxes of ink at the given x, y, w, h."""
    image = np.zeros((32, w), np.float32)
    for x, y, width, height in boxes:
        image[y : y + height, x : x + width] = 1
        image[y + 2 : y + height - 2, x + 2 : x + width - 2] = 0
    return image


@pytest.mark.parametrize(
    ("spans", "boxes"),
    [
        ([(3, 4)], [(8, 6, 14, 20)]),
        ([(3, 4), (8, 9)], [(8, 6, 14, 20), (28, 4, 12, 22)]),
        ([(2, 3), (9, 10), (13, 15)], [(8, 6, 14, 20), (28, 4, 12, 22), (52, 20, 4, 6)]),
        ([], []),
    ],
)
def test_each_symbol_gets_the_ink_around_its_columns(
    spans: list[tuple[int, int]], boxes: list[tuple[int, int, int, int]]
) -> None:
    found = symbol_boxes(image_with(*boxes), spans, column_px=4)
    assert found.shape == (len(boxes), 4)
    assert [tuple(box) for box in found] == boxes


def test_touching_digits_part_where_there_is_least_ink() -> None:
    image = image_with((10, 6, 14, 20), (26, 6, 14, 20))
    image[20:22, 24:26] = 1
    left, right = symbol_boxes(image, [(4, 5), (8, 9)], column_px=4)
    assert left[0] + left[2] == pytest.approx(right[0])
    assert 24 <= right[0] <= 26


def test_a_ruled_line_belongs_to_no_symbol() -> None:
    image = image_with((30, 4, 14, 20), w=400)
    image[28:30] = 1
    [box] = symbol_boxes(without_rules(image), [(9, 10)], column_px=4)
    assert tuple(box) == (30, 4, 14, 20)


def test_what_stands_far_away_belongs_to_no_symbol() -> None:
    image = image_with((10, 6, 14, 20), (100, 6, 14, 20))
    [box] = symbol_boxes(image, [(4, 5)], column_px=4)
    assert tuple(box) == (10, 6, 14, 20)


def test_a_symbol_without_ink_keeps_its_columns() -> None:
    boxes = symbol_boxes(np.zeros((32, 40), np.float32), [(0, 1), (9, 10)], column_px=4)
    np.testing.assert_array_equal(boxes, [[0, 0, 4, 32], [36, 0, 4, 32]])
