"""Images with an even background, especially tightly cropped digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling import Reader
from inkling.pipeline.binarize import binarize
from inkling.pipeline.downscaling import downscale
from inkling.pipeline.global_threshold import binarize_globally

Digits = tuple[np.ndarray, np.ndarray]
N = 100


def cut_out(digit: np.ndarray, side: int, *, fills: bool) -> np.ndarray:
    """(28, 28) light on dark -> dark on light without a margin; `fills`: stretched to a square."""
    rows, columns = np.flatnonzero(digit.max(axis=1) > 40), np.flatnonzero(digit.max(axis=0) > 40)
    crop = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    h, w = crop.shape
    size_wh = (side, side) if fills else (max(3, round(side * w / max(h, w))), max(3, round(side * h / max(h, w))))
    how = cv2.INTER_AREA if side < min(h, w) else cv2.INTER_CUBIC
    return np.asarray(255 - cv2.resize(crop, size_wh, interpolation=how))


@pytest.mark.parametrize("fills", [False, True])
@pytest.mark.parametrize("side", [12, 28, 100])
def test_a_digit_cut_out_close_is_read(side: int, fills: bool, best_reader: Reader, digits: Digits) -> None:
    found = [best_reader.read(cut_out(digit, side, fills=fills)) for digit in digits[0][:N]]
    right = [one.text == str(label) for one, label in zip(found, digits[1][:N], strict=True)]
    assert np.mean(right) >= 0.93
    empty = {int(label) for one, label in zip(found, digits[1][:N], strict=True) if one.outcome == "empty"}
    assert empty <= {1}  # stretched to a square, some become a block


@pytest.mark.parametrize("side", [16, 40])
def test_black_and_white_is_taken_as_it_is(side: int, digits: Digits) -> None:
    for digit in digits[0][:N]:
        picture = np.where(cut_out(digit, side, fills=True) < 140, 0, 255).astype(np.uint8)
        if 0.1 < np.mean(picture == 0) < 0.6:
            np.testing.assert_array_equal(binarize(picture) > 0.5, picture == 0)


def test_light_ink_that_fills_a_dark_picture(digits: Digits) -> None:
    zero = next(digit for digit, label in zip(*digits, strict=True) if label == 0)
    picture = cut_out(zero, 40, fills=True)
    np.testing.assert_allclose(binarize(255 - picture), binarize(picture), atol=0.05)


def test_paper_under_falling_light_is_not_even() -> None:
    picture = np.tile(np.linspace(40, 230, 120).astype(np.uint8), (120, 1))
    assert binarize_globally(picture, downscale(picture)) is None
    assert not binarize(picture).any()


def test_a_soft_stain_is_no_stroke() -> None:
    y, x = np.mgrid[:200, :200]
    stain = 230 - 120 * np.exp(-((x - 100) ** 2 + (y - 90) ** 2) / (2 * 35**2))
    picture = stain.astype(np.uint8)
    assert binarize_globally(picture, downscale(picture), require_sharp=True) is None


def test_a_region_wider_than_any_stroke_is_none() -> None:
    picture = np.full((200, 200), 240, np.uint8)
    picture[30:, 50:170] = 20
    assert binarize_globally(picture, downscale(picture)) is None


def test_nothing_on_the_paper() -> None:
    assert binarize_globally(np.full((20, 20), 200, np.uint8), np.full((20, 20), 200, np.uint8)) is None


def patches(*levels: tuple[int, int]) -> np.ndarray:
    """(100, 100) uint8 of horizontal bands, from top to bottom: (level, rows)."""
    image = np.concatenate([np.full((rows, 100), level, np.uint8) for level, rows in levels])
    assert image.shape == (100, 100)
    image[40:60, 40:60] = 20  # the stroke
    return image


def square(*, ink: int, paper: int, side: int = 100, width: int = 20) -> np.ndarray:
    image = np.full((side, side), paper, np.uint8)
    start = (side - width) // 2
    image[start : start + width, start : start + width] = ink
    return image


@pytest.mark.parametrize(
    ("name", "image", "found"),
    [
        ("faint ink", square(ink=170, paper=200), False),
        ("ink that is dark enough", square(ink=130, paper=200), True),
        ("paper of two close levels", patches((205, 80), (220, 20)), True),
        ("paper of two levels", patches((195, 80), (225, 20)), False),
        ("paper with a light edge", patches((195, 93), (225, 7)), False),
        ("paper with a thin light edge", patches((195, 96), (225, 4)), True),
        ("an icon of one bold stroke", square(ink=20, paper=220, side=60, width=44), True),
        ("the same in a larger image", square(ink=20, paper=220, side=100, width=74), False),
        ("a stroke of a third", square(ink=20, paper=220, side=100, width=34), True),
    ],
)
def test_what_one_threshold_can_binarize(name: str, image: np.ndarray, found: bool) -> None:
    assert (binarize_globally(image, downscale(image)) is not None) == found, name


@pytest.mark.parametrize(("edge_rows", "found"), [(8, True), (14, False)])
def test_soft_strokes_are_refused_where_sharp_ones_are_asked_for(edge_rows: int, found: bool) -> None:
    image = np.full((100, 100), 220, np.uint8)
    image[30:50] = 20
    image[50 : 50 + edge_rows] = 140
    assert (binarize_globally(image, downscale(image), require_sharp=True) is not None) == found


def test_what_differs_little_more_than_the_paper_is_no_ink() -> None:
    image = patches((205, 80), (220, 20))
    image[10:20, 10:20] = 183
    image[10:20, 30:40] = 164
    ink = binarize_globally(image, downscale(image))
    assert ink is not None
    assert not ink[10:20, 10:20].any()
    assert ink[10:20, 30:40].all()
