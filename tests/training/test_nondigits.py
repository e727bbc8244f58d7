"""training.nondigits: the training images of the eleventh output."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from inkling.training import nondigits, recipe
from inkling.training.recipe import Recipe

Digits = tuple[np.ndarray, np.ndarray]


def how(share: float) -> Recipe:
    return dataclasses.replace(recipe.find("cnn"), nondigits=share)


@pytest.mark.learn  # Matplotlib's fonts
def test_a_pool_is_made_once_and_the_same_again(digits: Digits) -> None:
    pool = nondigits.make_pool(how(0.1), *digits)
    assert pool.shape == (nondigits.POOL_EPOCHS * 20, 28, 28)
    assert pool.dtype == np.uint8
    assert (pool.max((1, 2)) > 150).all()
    np.testing.assert_array_equal(pool, nondigits.make_pool(how(0.1), *digits))


def test_a_recipe_without_them_has_no_pool(digits: Digits) -> None:
    assert nondigits.make_pool(how(0.0), *digits).shape == (0, 28, 28)
    assert nondigits.n_per_epoch(how(0.0), 1000) == 0


@pytest.mark.parametrize("make", [nondigits.half_digit, nondigits.rotated_or_mirrored])
def test_digits_spoilt_come_from_digits_that_allow_it(digits: Digits, make) -> None:  # type: ignore[no-untyped-def]
    images, labels = digits
    blank = np.where((labels == 1)[:, None, None], images, 0).astype(
        np.uint8
    )  # all digits except 1s are empty, and 1s are never used
    for seed in range(20):
        assert (make(blank, labels, np.random.default_rng(seed)) == 1).all()


def test_scribbles_signs_and_blots_have_ink() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        for ink in (
            nondigits.scribble(rng),
            nondigits.warp(nondigits.stroke_font_text("R", rng), rng),
            nondigits.blot(rng),
        ):
            assert ink.max() > 0.5
            assert 0 <= ink.min() <= ink.max() <= 1


def test_neighbours_in_one_tile_keep_their_widths(digits: Digits) -> None:
    parts = [nondigits.crop_to_ink(image) for image in digits[0][:2]]
    row = nondigits.side_by_side(parts, np.random.default_rng(0))
    together = sum(part.shape[1] for part in parts)
    assert together - 4 <= row.shape[1] <= together + 3
