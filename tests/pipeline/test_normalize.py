import cv2
import numpy as np
import pytest

from inkling.pipeline import normalize
from inkling.pipeline.binarize import binarize
from inkling.pipeline.measure_stroke_width import stroke_width
from inkling.pipeline.normalize import normalize_crop as make_tile
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.segmentation import segment
from tests.pictures import drawn_seven, enlarged


def extent(image: np.ndarray) -> int:
    rows, columns = np.flatnonzero(image.max(axis=1) > 0.1), np.flatnonzero(image.max(axis=0) > 0.1)
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


@pytest.mark.parametrize("shape", [(5, 3), (9, 40), (60, 60), (300, 40), (700, 900)])
def test_longest_side_is_20_and_mass_is_central(shape: tuple[int, int]) -> None:
    crop = np.zeros(shape, np.float32)
    cv2.line(crop, (0, 0), (shape[1] - 1, shape[0] - 1), 1.0, max(1, min(shape) // 6))
    made = make_tile(crop)
    assert made.shape == (28, 28)
    assert made.dtype == np.float32
    assert 0.0 <= made.min() < made.max() == 1.0
    assert 19 <= extent(made) <= 21
    y, x = np.mgrid[:28, :28]
    assert abs((made * x).sum() / made.sum() - 14) <= 1
    assert abs((made * y).sum() / made.sum() - 14) <= 1


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16, 30, 50])
def test_every_pen_becomes_readable(width: int) -> None:
    ink = binarize(drawn_seven(width=width))
    (made,) = normalize_glyphs(ink, segment(ink))
    strokes = stroke_width((made > 0.5).astype(np.uint8))
    assert 1.3 <= strokes <= 4.5


def test_a_digit_of_mnist_comes_back_as_it_was(digits: tuple[np.ndarray, np.ndarray]) -> None:
    differences = []
    for digit in digits[0]:
        ink = binarize(digit)
        (made,) = normalize_glyphs(ink, segment(ink, single=True))
        differences.append(np.abs(made - digit / 255.0).mean())
    assert np.median(differences) < 0.012
    assert np.quantile(differences, 0.9) < 0.06


def test_scale_of_the_picture_hardly_matters(digits: tuple[np.ndarray, np.ndarray]) -> None:
    for digit in digits[0][::40]:
        small, large = (
            normalize_glyphs(ink, segment(ink, single=True))[0]
            for ink in (binarize(enlarged(digit, factor)) for factor in (4, 20))
        )
        # The center of mass may be rounded either way, so a shift of one pixel is allowed.
        likeness = cv2.matchTemplate(small, large[1:-1, 1:-1].copy(), cv2.TM_CCOEFF_NORMED)
        assert likeness.max() > 0.85


def test_a_neighbour_reaching_into_the_box_is_left_out() -> None:
    ink = np.zeros((100, 120), np.float32)
    cv2.line(ink, (10, 90), (60, 10), 1.0, 7)
    cv2.line(ink, (40, 90), (100, 10), 1.0, 7)  # its box overlaps the first one's
    left, right = normalize_glyphs(ink, segment(ink))
    for made in (left, right):
        _, labels = cv2.connectedComponents((made > 0.3).astype(np.uint8))
        assert labels.max() == 1


def test_no_glyphs_no_tiles() -> None:
    ink = np.zeros((40, 40), np.float32)
    assert normalize_glyphs(ink, segment(ink)).shape == (0, normalize.SIDE, normalize.SIDE)


def test_blocks_are_means_and_paper_lies_beyond() -> None:
    crop = np.arange(35, dtype=np.float32).reshape(7, 5)
    small = normalize.block_means(crop, 3)
    whole = np.zeros((9, 6), np.float32)
    whole[:7, :5] = crop
    assert np.allclose(small, whole.reshape(3, 3, 2, 3).mean(axis=(1, 3)))


def test_what_is_trimmed_is_paper_and_nothing_else() -> None:
    crop = np.zeros((9, 8), np.float32)
    assert normalize.trim(crop).shape == (9, 8)
    crop[3, 2], crop[5, 6], crop[0, 0] = 0.2, 1.0, 0.05
    assert np.array_equal(normalize.trim(crop), crop[3:6, 2:7])


def square_ring(stroke: float, side: int) -> np.ndarray:
    """(side, side) float32: a 0 with a stroke width of `stroke` pixels in the normalized digit."""
    fine = np.ones((4 * side, 4 * side), np.float32)
    edge = round(4 * stroke * side / normalize.LONGEST)
    fine[edge:-edge, edge:-edge] = 0
    return cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(
    ("stroke", "expected"), [(0.5, 1.9), (0.75, 1.9), (1.5, 2.0), (1.75, 1.75), (2.5, 2.5), (3.0, 3.0), (4.0, 3.65)]
)
@pytest.mark.parametrize("side", [40, 80, 480])
def test_strokes_outside_the_range_of_mnist_are_brought_to_it(stroke: float, expected: float, side: int) -> None:
    tile = normalize.normalize_crop(square_ring(stroke, side))
    assert tile[14].sum() / 2 == pytest.approx(expected, abs=0.07)


def test_the_body_of_the_strokes_is_brought_to_1_though_a_few_pixels_are_brighter() -> None:
    small = np.full((20, 10), 0.5, np.float32)
    small[0, :2] = 1.0  # 1 % of the pixels
    scaled = normalize.scale_to_peak(small)
    assert scaled[10, 5] == 1
    small[0:8] = 1.0  # 40 %
    assert normalize.scale_to_peak(small)[10, 5] == 0.5


def test_faint_pixels_are_background() -> None:
    crop = np.zeros((5, 5), np.float32)
    crop[1, 1], crop[3, 3], crop[0, 4] = 0.11, 1.0, 0.09
    assert normalize.trim(crop).shape == (3, 3)
