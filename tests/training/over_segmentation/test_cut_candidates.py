import cv2
import numpy as np
import pytest

from inkling.training.over_segmentation.cut_candidates import find_cut_candidates


def drawn(*lines: tuple[tuple[int, int], tuple[int, int]], shape: tuple[int, int] = (120, 160)) -> np.ndarray:
    """Strokes from corner to corner, cut to their box: (h, w) bool."""
    board = np.zeros(shape, np.uint8)
    for start, end in lines:
        cv2.line(board, start, end, 1, 12)
    x, y, w, h = cv2.boundingRect(board)
    return board[y : y + h, x : x + w] > 0


ZEROS = [((40, 60), 28), ((94, 60), 28)]  # centre and radius of two circles whose strokes touch


def two_zeros() -> np.ndarray:
    board = np.zeros((120, 160), np.uint8)
    for centre, radius in ZEROS:
        cv2.ellipse(board, centre, (radius, 45), 0, 0, 360, 1, 10)
    x, y, w, h = cv2.boundingRect(board)
    return board[y : y + h, x : x + w] > 0


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_two_zeros_are_cut_where_they_touch(scale: int) -> None:
    mask = np.kron(two_zeros(), np.ones((scale, scale), bool))
    best = max(find_cut_candidates(mask, max_cuts=6), key=lambda cut: cut.score)
    middle = mask.shape[1] / 2
    assert np.abs(best.x - middle).max() < 0.12 * mask.shape[0]


def test_slanted_strokes_joined_at_the_top_are_separated() -> None:
    mask = drawn(((20, 110), (60, 10)), ((80, 110), (120, 10)), ((60, 10), (120, 10)))
    best = max(find_cut_candidates(mask, max_cuts=8), key=lambda cut: cut.score)
    left = np.arange(mask.shape[1]) < best.x[:, None]
    foot = slice(mask.shape[0] - 8, None)
    assert (mask & left)[foot].any()
    assert (mask & ~left)[foot].any()


def test_components_that_overhang_are_separated_without_crossing_ink() -> None:
    mask = drawn(((10, 20), (70, 20)), ((70, 20), (50, 100)), ((100, 50), (90, 110)), shape=(120, 120))
    best = max(find_cut_candidates(mask, max_cuts=8), key=lambda cut: cut.score)
    left = np.arange(mask.shape[1]) < best.x[:, None]
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    assert {bool(left[labels == number].mean() > 0.9) for number in (1, 2)} == {True, False}


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2), (9, 300), (300, 9)])
def test_any_shape_has_few_cuts_inside_it(shape: tuple[int, int]) -> None:
    cuts = find_cut_candidates(np.ones(shape, bool), max_cuts=5)
    assert len(cuts) <= 5
    for cut in cuts:
        assert cut.x.shape == (shape[0],)
        assert cut.x.min() >= 0
        assert cut.x.max() <= shape[1]


def test_cuts_go_from_left_to_right_and_differ() -> None:
    cuts = find_cut_candidates(two_zeros(), max_cuts=12)
    middles = [cut.x.mean() for cut in cuts]
    assert middles == sorted(middles)
    assert len({cut.x.tobytes() for cut in cuts}) == len(cuts) > 3
