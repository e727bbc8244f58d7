"""training.degrade: degraded copies in which the digit is still legible."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.training.degrade import ENLARGED, MAX_STRETCH, degrade_image, degrade_images, enlarge
from inkling.training.recipe import Augmentation


def test_only_the_chosen_part_changes(digits: tuple[np.ndarray, np.ndarray]) -> None:
    images = digits[0] / np.float32(255)
    changed = images.copy()
    degrade_images(changed, Augmentation(coarse=0.25), np.random.default_rng(0))
    differs = (changed != images).any((1, 2)).mean()
    assert 0.12 < differs < 0.4
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_copies_have_other_sizes_and_a_one_stays_slender() -> None:
    one = np.zeros((28, 28), np.float32)
    one[4:24, 13:15] = 1  # 2 wide, 20 high
    copies = [degrade_image(one, np.random.default_rng(seed)) for seed in range(50)]
    assert len({copy.shape for copy in copies}) > 20
    for copy in copies:
        h, w = (side - 2 for side in copy.shape)  # without the margin
        assert w <= max(2, MAX_STRETCH * 0.1 * h + 1)


def test_an_empty_image_is_left_alone() -> None:
    empty = np.zeros((28, 28), np.float32)
    np.testing.assert_array_equal(degrade_image(empty, np.random.default_rng(0)), empty)


def test_ragged_copies_stray_at_the_edges_of_strokes_only() -> None:
    """Noise does not change paper and the middle of strokes, because they are far from the threshold."""
    disc = np.fromfunction(lambda y, x: np.clip(9 - np.hypot(y - 14, x - 14), 0, 1), (28, 28)).astype(np.float32)
    differs = []
    for seed in range(60):
        smooth, ragged = (degrade_image(disc, np.random.default_rng(seed), edge_noise=share) for share in (0.0, 0.1))
        if set(np.unique(smooth)) == {0, 1} == set(np.unique(ragged)) and smooth.shape == ragged.shape:
            differs.append((smooth != ragged).mean())
    assert 0 < np.mean(differs) < 0.1


def test_an_enlarged_copy_is_larger_and_shows_the_same() -> None:
    copy = np.pad(np.eye(12, dtype=np.float32), 1)
    larger = [enlarge(copy, np.random.default_rng(seed)) for seed in range(20)]
    assert len({one.shape for one in larger}) > 10
    for one in larger:
        assert ENLARGED[0] * 13 <= len(one) <= ENLARGED[1] * 15
        assert one.min() >= 0
        assert one.max() <= 1
        assert one.mean() == pytest.approx(copy.mean(), rel=0.25)


def test_a_recipe_may_want_its_copies_plain_or_ragged_and_enlarged(digits: tuple[np.ndarray, np.ndarray]) -> None:
    images = digits[0] / np.float32(255)
    plain, other = images.copy(), images.copy()
    degrade_images(plain, Augmentation(coarse=1), np.random.default_rng(0))
    degrade_images(other, Augmentation(coarse=1, ragged=0.2, enlarged=0.5), np.random.default_rng(0))
    assert (plain != other).any((1, 2)).mean() > 0.7
    assert np.abs(plain.mean() - other.mean()) < 0.05  # about the same amount of ink
