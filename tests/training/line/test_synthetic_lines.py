"""learn.sequence.strips: what the network that reads strips learns from."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.segmentation import segment
from inkling.training.line import synthetic_lines
from inkling.training.line.synthetic_lines import MOST_DIGITS, NOTHING, Maker, Strips, collect, exact

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def judged(digits: Digits) -> list[Strips]:
    return synthetic_lines.judged_strips(*digits, seed=0, n=400)


def test_strips_of_one_to_five_digits_by_width(judged: list[Strips]) -> None:
    widths = [same.images.shape[2] for same in judged]
    assert widths == sorted(set(widths))
    assert all(width % 28 == 0 for width in widths)
    assert sum(len(same.images) for same in judged) == 400
    counts = np.concatenate([(same.texts != NOTHING).sum(axis=1) for same in judged])
    assert set(counts.tolist()) == set(range(1, MOST_DIGITS + 1))
    assert min(np.mean(counts == 1), np.mean(counts == 2)) > np.mean(counts == 3) > np.mean(counts == 5)
    for same in judged:
        assert same.images.dtype == np.uint8
        assert (same.images.max(axis=(1, 2)) == 255).all()
        there = same.texts != NOTHING
        assert (there[:, :-1] >= there[:, 1:]).all(), "what is not there follows what is"


@pytest.mark.slow
def test_the_same_seed_and_epoch_give_the_same_strips_in_processes(digits: Digits) -> None:
    found = []
    for epoch in (1, 1, 2):
        with Maker(*digits, seed=0, processes=2) as maker:
            found.append(collect(maker.start(synthetic_lines.CHUNK + 1, epoch=epoch)))
    assert sum(len(same.images) for same in found[0]) == 2 * synthetic_lines.CHUNK
    for one, other in zip(found[0], found[1], strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.texts, other.texts)
    assert not np.array_equal(found[0][0].images[:50], found[2][0].images[:50])


def test_each_glyph_gets_the_digits_that_are_most_of_its_ink() -> None:
    written = np.zeros((3, 40, 90), np.float32)
    written[0, 5:35, 10:20] = written[1, 5:35, 18:30] = written[2, 5:35, 60:70] = 1
    found = synthetic_lines.owners_of(segment(written.max(axis=0)), written)
    assert [numbers for _, numbers in found] == [[0, 1], [2]]
    assert [glyph.box_xywh[0] for [glyph], _ in found] == [10, 60]


def test_a_coarse_row_keeps_its_digits_apart(digits: Digits) -> None:
    rng = np.random.default_rng(0)
    written = np.zeros((2, 120, 200), np.float32)
    written[0, 20:100, 30:80] = written[1, 20:100, 110:160] = 1
    small = synthetic_lines.coarse_row(written, rng)
    assert small.shape[0] == 2
    assert synthetic_lines.HEIGHTS[0] <= small.shape[1] <= synthetic_lines.HEIGHTS[1]
    assert set(np.unique(small)) == {0, 1}
    assert (small.min(axis=0) == 0).all()


def test_digits_written_anew_keep_their_labels(digits: Digits) -> None:
    images, labels = digits
    anew, same = synthetic_lines.written_anew(images, labels, seed=0)
    assert anew.shape == (synthetic_lines.HANDS * len(images), 28, 28)
    assert anew.dtype == np.uint8
    np.testing.assert_array_equal(same, np.tile(labels, synthetic_lines.HANDS))
    assert not np.array_equal(anew[: len(images)], anew[len(images) :])


def test_exact_counts_whole_texts_by_their_number_of_digits(judged: list[Strips]) -> None:
    def right_about_the_first(x: np.ndarray) -> np.ndarray:
        """Says of every strip what the first digit of its width's first text is."""
        [same] = [each for each in judged if each.images.shape[2] == x.shape[2]]
        probs = np.zeros((len(x), 4, 11), np.float32)
        probs[:, :, 10] = 0.5
        probs[:, 1, same.texts[0, 0]] = 1
        return probs

    found = exact(right_about_the_first, judged)
    assert list(found) == list("12345")
    assert 0 < found["1"] < 0.4
    assert all(found[n] == 0 for n in "2345")
