import cv2
import numpy as np
import pytest

from inkling.pipeline.over_segmentation.cut_candidates import find_cut_candidates


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
def test_two_zeros_are_parted_where_they_touch(scale: int) -> None:
    mask = np.kron(two_zeros(), np.ones((scale, scale), bool))
    likeliest = max(find_cut_candidates(mask, most=6), key=lambda seam: seam.likely)
    middle = mask.shape[1] / 2
    assert np.abs(likeliest.x - middle).max() < 0.12 * mask.shape[0]


def test_slanted_strokes_joined_at_the_top_are_parted() -> None:
    mask = drawn(((20, 110), (60, 10)), ((80, 110), (120, 10)), ((60, 10), (120, 10)))
    likeliest = max(find_cut_candidates(mask, most=8), key=lambda seam: seam.likely)
    left = np.arange(mask.shape[1]) < likeliest.x[:, None]
    foot = slice(mask.shape[0] - 8, None)
    assert (mask & left)[foot].any()
    assert (mask & ~left)[foot].any()


def test_pieces_that_overhang_are_parted_without_a_cut() -> None:
    mask = drawn(((10, 20), (70, 20)), ((70, 20), (50, 100)), ((100, 50), (90, 110)), shape=(120, 120))
    likeliest = max(find_cut_candidates(mask, most=8), key=lambda seam: seam.likely)
    left = np.arange(mask.shape[1]) < likeliest.x[:, None]
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    assert {bool(left[labels == number].mean() > 0.9) for number in (1, 2)} == {True, False}


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2), (9, 300), (300, 9)])
def test_any_shape_has_few_seams_inside_it(shape: tuple[int, int]) -> None:
    seams = find_cut_candidates(np.ones(shape, bool), most=5)
    assert len(seams) <= 5
    for seam in seams:
        assert seam.x.shape == (shape[0],)
        assert seam.x.min() >= 0
        assert seam.x.max() <= shape[1]


def test_seams_go_from_left_to_right_and_differ() -> None:
    seams = find_cut_candidates(two_zeros(), most=12)
    middles = [seam.x.mean() for seam in seams]
    assert middles == sorted(middles)
    assert len({seam.x.tobytes() for seam in seams}) == len(seams) > 3
