import cv2
import numpy as np
import pytest

from inkling.pipeline.binarize import binarize
from inkling.pipeline.quality import needs_quality_check
from inkling.pipeline.segmentation import Glyph, Segmentation, segment
from inkling.pipeline.text_page_filter import is_solid, is_text_page, stroke_crossings
from tests import nonsense
from tests.pictures import drawn_seven, enlarged, row_of


def page_of_digits(digits: np.ndarray, n: int) -> np.ndarray:
    """`n` digits in a grid with a spacing of 56 pixels."""
    columns = int(1.1 * n**0.5)
    cells = [np.pad(255 - digits[i % len(digits)], 14, constant_values=255) for i in range(n)]
    cells += [np.full((56, 56), 255, np.uint8)] * (-n % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return np.pad(np.vstack(rows), 30, constant_values=255)


def judged(picture: np.ndarray) -> tuple[bool, bool]:
    """Whether an image is a text page, and whether its quality is checked."""
    ink = binarize(picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    glyphs = segment(ink)
    return is_text_page(ink, glyphs), needs_quality_check(ink, glyphs)


@pytest.mark.parametrize("name", ["qr_code", "small_qr_code", "page_of_text", "paragraph", "checkerboard"])
def test_text_codes_and_patterns_are_pages(name: str) -> None:
    assert judged(nonsense.NONSENSE[name]()) == (True, True)


@pytest.mark.parametrize("name", ["blank", "black", "gradient", "word", "scribble", "blot"])
def test_other_nonsense_is_no_page(name: str) -> None:
    assert not judged(nonsense.NONSENSE[name]())[0]


@pytest.mark.parametrize("n", [60, 200, 1000])
def test_a_page_of_digits_is_no_page_of_text(digits: tuple[np.ndarray, np.ndarray], n: int) -> None:
    assert judged(page_of_digits(digits[0], n)) == (False, True)


def test_no_digit_or_row_is_suspect(digits: tuple[np.ndarray, np.ndarray]) -> None:
    assert judged(drawn_seven()) == (False, False)
    for digit in digits[0][::5]:
        assert not judged(np.pad(enlarged(digit), 20, constant_values=255))[0]
    for start in range(0, 200, 6):
        assert judged(row_of(list(digits[0][start : start + 6]))) == (False, False)


def test_touching_digits_are_no_pattern(digits: tuple[np.ndarray, np.ndarray]) -> None:
    row = np.hstack([digit[:, digit.max(axis=0) > 60] for digit in digits[0][:8]])
    assert not judged(np.pad(enlarged(row), 30, constant_values=255))[0]


@pytest.mark.parametrize(
    ("heights", "n_components", "page"),
    [
        pytest.param([43] * 20 + [50] * 20 + [57] * 20, 60, False, id="of about one height"),
        pytest.param([42] * 20 + [50] * 20 + [58] * 20, 60, True, id="of several heights"),
        pytest.param([30] * 20 + [50] * 19 + [70] * 20, 59, False, id="too few to be words"),
        pytest.param([50] * 10, 890, False, id="few specks"),
        pytest.param([50] * 10, 910, True, id="a texture"),
        pytest.param([50] * 500, 910, False, id="not much more than glyphs"),
    ],
)
def test_a_page_is_told_by_heights_and_components(heights: list[int], n_components: int, page: bool) -> None:
    line = [Glyph((10 * i, 0, 6, height), (1,)) for i, height in enumerate(heights)]
    found = Segmentation([line], np.array([[n_components]]), (0, 0))
    assert is_text_page(np.zeros((80, 10 * len(line)), np.float32), found) == page


@pytest.mark.parametrize(("n_solid", "page"), [(17, False), (20, True)])
def test_many_solid_glyphs_are_a_code(n_solid: int, page: bool) -> None:
    ink = np.zeros((60, 60 * 60), np.float32)
    line = [Glyph((60 * i, 0, 40, 40), (1,)) for i in range(60)]
    for i in range(60):
        ink[0:40, 60 * i : 60 * i + (40 if i >= 60 - n_solid else 10)] = 1
    assert is_text_page(ink, Segmentation([line], np.array([[60]]), (0, 0))) == page


def bars(*, across: int, side: int = 200, width: int = 6) -> np.ndarray:
    ink = np.zeros((side, side), np.float32)
    for x in np.linspace(0, side - width, across).astype(int):
        ink[:, x : x + width] = 1
    return ink


@pytest.mark.parametrize("n", [2, 5, 12])
def test_strokes_are_counted_for_each_square(n: int) -> None:
    ink = bars(across=n)
    assert stroke_crossings(ink, np.array([0, 0, 200, 200])) == n
    assert stroke_crossings(ink.T, np.array([0, 0, 200, 200])) == n
    assert stroke_crossings(np.hstack([ink, ink]), np.array([0, 0, 400, 200])) == pytest.approx(n, abs=0.5)


@pytest.mark.parametrize(
    ("name", "ink", "solid"),
    [
        ("a square", np.ones((40, 50), np.float32), True),
        ("a disc", cv2.circle(np.zeros((60, 60), np.float32), (30, 30), 29, 1.0, -1), True),
        ("a ring", cv2.circle(np.zeros((60, 60), np.float32), (30, 30), 25, 1.0, 8), False),
        ("a 1", np.ones((60, 12), np.float32), False),
        ("bars", bars(across=6), False),
    ],
)
def test_patches_are_solid_and_lines_are_not(name: str, ink: np.ndarray, solid: bool) -> None:
    assert is_solid(ink, np.array([0, 0, ink.shape[1], ink.shape[0]])) is solid, name
