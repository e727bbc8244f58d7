"""training.synthetic_lines: what the line recognizer learns from."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.segmentation import segment
from inkling.training import recipe, synthetic_lines
from inkling.training.synthetic_lines import MAX_DIGITS, PADDING, Lines, make_lines

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def judged(digits: Digits) -> list[Lines]:
    return synthetic_lines.evaluation_lines(*digits, seed=0, n=400)


def test_lines_of_one_to_five_digits_by_width(judged: list[Lines]) -> None:
    widths = [same.images.shape[2] for same in judged]
    assert widths == sorted(set(widths))
    assert all(width % 28 == 0 for width in widths)
    assert sum(len(same.images) for same in judged) == 400
    counts = np.concatenate([(same.texts != PADDING).sum(axis=1) for same in judged])
    assert set(counts.tolist()) == set(range(1, MAX_DIGITS + 1))
    assert min(np.mean(counts == 1), np.mean(counts == 2)) > np.mean(counts == 3) > np.mean(counts == 5)
    for same in judged:
        assert same.images.dtype == np.uint8
        assert (same.images.max(axis=(1, 2)) == 255).all()
        there = same.texts != PADDING
        assert (there[:, :-1] >= there[:, 1:]).all(), "padding follows the digits"


@pytest.mark.slow
def test_the_same_seed_and_epoch_give_the_same_lines_in_processes(digits: Digits) -> None:
    found = []
    for epoch in (1, 1, 2):
        found.append(make_lines(synthetic_lines.CHUNK + 1, *digits, seed=0, epoch=epoch, processes=2))
    assert sum(len(same.images) for same in found[0]) == 2 * synthetic_lines.CHUNK
    for one, other in zip(found[0], found[1], strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.texts, other.texts)
    assert not np.array_equal(found[0][0].images[:50], found[2][0].images[:50])


def test_a_component_gets_the_digits_whose_ink_it_mostly_holds() -> None:
    written = np.zeros((3, 40, 90), np.float32)
    written[0, 5:35, 10:20] = written[1, 5:35, 18:30] = written[2, 5:35, 60:70] = 1
    found = synthetic_lines.digits_by_component(segment(written.max(axis=0)), written)
    assert [numbers for _, numbers in found] == [[0, 1], [2]]
    assert [glyph.box_xywh[0] for [glyph], _ in found] == [10, 60]


def test_a_low_resolution_row_keeps_its_digits_apart(digits: Digits) -> None:
    rng = np.random.default_rng(0)
    written = np.zeros((2, 120, 200), np.float32)
    written[0, 20:100, 30:80] = written[1, 20:100, 110:160] = 1
    small = synthetic_lines.low_resolution_row(written, rng)
    assert small.shape[0] == 2
    assert synthetic_lines.HEIGHTS[0] <= small.shape[1] <= synthetic_lines.HEIGHTS[1]
    assert set(np.unique(small)) == {0, 1}
    assert (small.min(axis=0) == 0).all()


def test_augmented_digits_keep_their_labels(digits: Digits) -> None:
    images, labels = digits
    augmented, same = synthetic_lines.augmented_digits(images, labels, recipe.find("line"))
    assert augmented.shape == (synthetic_lines.VERSIONS * len(images), 28, 28)
    assert augmented.dtype == np.uint8
    np.testing.assert_array_equal(same, np.tile(labels, synthetic_lines.VERSIONS))
    assert not np.array_equal(augmented[: len(images)], augmented[len(images) :])
