"""learn.coarse: poor copies that still show the digit."""

from __future__ import annotations

import numpy as np

from inkling.learn.coarse import MOST_STRETCH, coarsen, poor_copy


def test_only_the_chosen_part_changes(digits: tuple[np.ndarray, np.ndarray]) -> None:
    images = digits[0] / np.float32(255)
    changed = images.copy()
    coarsen(changed, 0.25, np.random.default_rng(0))
    differs = (changed != images).any((1, 2)).mean()
    assert 0.12 < differs < 0.4
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_copies_have_other_sizes_and_a_one_stays_slender() -> None:
    one = np.zeros((28, 28), np.float32)
    one[4:24, 13:15] = 1  # 2 wide, 20 high
    copies = [poor_copy(one, np.random.default_rng(seed)) for seed in range(50)]
    assert len({copy.shape for copy in copies}) > 20
    for copy in copies:
        h, w = (side - 2 for side in copy.shape)  # without the rim
        assert w <= max(2, MOST_STRETCH * 0.1 * h + 1)


def test_an_empty_image_is_left_alone() -> None:
    empty = np.zeros((28, 28), np.float32)
    np.testing.assert_array_equal(poor_copy(empty, np.random.default_rng(0)), empty)
