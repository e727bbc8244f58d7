"""Distinguishing crosses from other ink in a cell."""

import cv2
import numpy as np
import pytest

from inkling.pipeline.layout.crosses import is_crossed_out


@pytest.mark.parametrize(
    ("strokes", "crosses"),
    [
        ([[(10, 10), (50, 50)], [(50, 10), (10, 50)]], True),
        ([[(10, 14), (30, 28), (54, 40)], [(44, 6), (30, 28), (18, 56)]], True),
        ([[(10, 10), (30, 32), (50, 50), (58, 46)], [(48, 10), (12, 50)]], True),
        ([[(30, 5), (30, 55)], [(5, 30), (55, 30)]], False),
        ([[(15, 5), (12, 35), (50, 35)], [(38, 5), (38, 58)]], False),
        ([[(10, 10), (50, 10), (20, 58)], [(20, 34), (46, 34)]], False),
    ],
    ids=["x", "bowed x", "hooked x", "plus", "4", "crossed 7"],
)
def test_a_cross_is_two_strokes_aslant(strokes: list[list[tuple[int, int]]], crosses: bool) -> None:
    mask = np.zeros((64, 64), np.uint8)
    for stroke in strokes:
        cv2.polylines(mask, [np.array(stroke, np.int32)], False, (1,), 5)
    assert is_crossed_out(mask) == crosses
