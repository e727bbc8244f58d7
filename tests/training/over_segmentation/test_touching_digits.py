"""learn.touching: rows of touching digits, and what their pieces are called."""

from __future__ import annotations

import dataclasses

import numpy as np

from inkling.pipeline.normalize import normalize_crop
from inkling.pipeline.segmentation import Glyph, segment
from inkling.training import recipe
from inkling.training.nondigits import NO_DIGIT, POOL_EPOCHS, crop_to_ink
from inkling.training.over_segmentation import touching_digits

Digits = tuple[np.ndarray, np.ndarray]


def two_bars(*, overlap: int = 0) -> np.ndarray:
    """(2, 40, 60) float32: two upright bars, 10 pixels wide, side by side."""
    written = np.zeros((2, 40, 60), np.float32)
    written[0, 5:35, 20:30] = 1
    written[1, 5:35, 30 - overlap : 40 - overlap] = 1
    return written


def label(box_xywh: tuple[int, int, int, int], **how: int) -> int | None:
    written = two_bars(**how)
    glyphs = segment(written.max(axis=0))
    x, y, w, h = box_xywh
    part = Glyph(box_xywh, (1,), written.max(axis=0)[y : y + h, x : x + w] > touching_digits.INK_AT)
    return touching_digits.label_of(glyphs, part, written > touching_digits.INK_AT, np.array([3, 8]))


def test_a_piece_is_the_digit_that_it_mostly_is() -> None:
    assert label((20, 5, 10, 30)) == 3
    assert label((30, 5, 10, 30)) == 8
    assert label((20, 5, 11, 30)) == 3  # with a rim of its neighbour
    assert label((21, 5, 9, 30), overlap=1) == 3


def test_a_piece_of_two_digits_or_of_half_a_wide_one_is_none() -> None:
    assert label((20, 5, 20, 30)) == NO_DIGIT
    assert label((24, 5, 12, 30)) == NO_DIGIT
    assert label((20, 5, 10, 15)) == NO_DIGIT


def test_narrow_parts_which_may_look_like_a_1_and_unclear_ones_are_not_shown() -> None:
    assert label((20, 5, 4, 30)) is None
    assert label((20, 5, 10, 22)) is None


def test_all_touch_or_none_does(digits: Digits) -> None:
    images, _ = digits
    rng = np.random.default_rng(0)
    pieces = {0.0: [], 1.0: []}  # type: dict[float, list[int]]
    for share, found in pieces.items():
        for _ in range(20):
            chosen = images[rng.integers(0, len(images), 3)]
            written = touching_digits.write(chosen, rng, share=share)
            assert len(written) == 3
            assert (written.max(axis=(1, 2)) > 0.9).all()
            found.append(len(segment(written.max(axis=0)).glyphs))
    assert np.mean(np.array(pieces[0.0]) >= 3) > 0.9
    assert np.mean(np.array(pieces[1.0]) <= 2) > 0.9  # a few digits are broken ones


def test_a_pool_is_half_digits_and_the_same_again(digits: Digits) -> None:
    how = dataclasses.replace(recipe.find("cnn"), touching=0.05)
    tiles, labels = touching_digits.make_pool(how, *digits)
    n = touching_digits.n_per_epoch(how, len(digits[0])) * POOL_EPOCHS
    assert tiles.shape == (n, 28, 28)
    assert tiles.dtype == labels.dtype == np.uint8
    assert abs(np.mean(labels == NO_DIGIT) - touching_digits.NONES) < 0.01
    again = touching_digits.make_pool(how, *digits)
    np.testing.assert_array_equal(tiles, again[0])
    np.testing.assert_array_equal(labels, again[1])


def test_digits_among_the_pieces_look_like_those_that_were_written(digits: Digits) -> None:
    images, labels = digits
    rng = np.random.default_rng(1)
    likeness = []
    for image, name in zip(images[:30], labels, strict=False):
        whole = normalize_crop(crop_to_ink(image))
        for tile, found in touching_digits.pieces_of(image[None], np.array([name]), rng):
            if found == name:
                likeness.append(np.corrcoef(tile.ravel(), whole.ravel())[0, 1])
    assert np.median(likeness) > 0.9


def test_a_recipe_without_them_has_no_pool(digits: Digits) -> None:
    how = dataclasses.replace(recipe.find("cnn"), touching=0.0)
    tiles, labels = touching_digits.make_pool(how, *digits)
    assert tiles.shape == (0, 28, 28)
    assert len(labels) == 0
