import cv2
import numpy as np
import pytest

from inkling.pipeline.binarize import binarize
from inkling.pipeline.quality import CODES, QualityWarning, needs_quality_check, quality_warnings, touches_border
from inkling.pipeline.segmentation import segment
from tests import nonsense
from tests.pictures import drawn_seven, enlarged, row_of
from tests.pipeline.test_text_page_filter import page_of_digits


def of(picture: np.ndarray) -> tuple[QualityWarning, ...]:
    ink = binarize(picture)
    return quality_warnings(picture, ink, segment(ink))


def codes(picture: np.ndarray) -> list[str]:
    return [warning.code for warning in of(picture)]


def grainy(picture: np.ndarray, sigma: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(6).normal(0, sigma, picture.shape)
    return np.rint(picture + noise).clip(0, 255).astype(np.uint8)


def reduced_seven(side: int) -> np.ndarray:
    return np.pad(cv2.resize(drawn_seven(), (side, side), interpolation=cv2.INTER_AREA), 40, constant_values=255)


POOR = [
    ("dark", np.full((200, 300), 9, np.uint8)),
    ("blank", np.full((200, 300), 240, np.uint8)),
    ("page", nonsense.page_of_text()),
    ("page", nonsense.qr_code()),
    ("blot", nonsense.blot()),
    ("border", np.ascontiguousarray(drawn_seven()[:, 100:])),
    ("border", np.ascontiguousarray(drawn_seven()[:200])),
    ("small", reduced_seven(16)),
    ("blurred", cv2.GaussianBlur(drawn_seven(), (0, 0), 9)),
    ("blurred", cv2.blur(drawn_seven(), (51, 51))),
    ("faint", grainy(drawn_seven(ink=222, paper=240), 1.0)),
]


@pytest.mark.parametrize(("code", "picture"), POOR)
def test_each_warning_says_what_is_wrong_and_what_to_do(code: str, picture: np.ndarray) -> None:
    found = of(picture)
    assert found[0].code == code
    for warning in found:
        assert warning.text.endswith(".")
        assert warning.text.count(";") == 1
        assert warning.to_json() == {"code": warning.code, "text": warning.text}


def test_each_warning_has_a_picture() -> None:
    assert {code for code, _ in POOR} == set(CODES) - {"many", "frame"}


def test_many_marks(digits: tuple[np.ndarray, np.ndarray]) -> None:
    assert codes(page_of_digits(digits[0], 310))[0] == "many"
    assert codes(page_of_digits(digits[0], 290)) == []


@pytest.mark.parametrize("width", [4, 10, 18, 30])
@pytest.mark.parametrize("inverted", [False, True])
def test_clean_drawings_get_none(width: int, inverted: bool) -> None:
    for picture in (drawn_seven(width=width), drawn_seven(width=width, ink=60, paper=200), drawn_seven(side=700)):
        assert of(255 - picture if inverted else picture) == ()


def test_clean_digits_get_none(digits: tuple[np.ndarray, np.ndarray]) -> None:
    for factor in (1, 4, 10):
        for digit in digits[0][::3]:
            assert of(np.pad(enlarged(digit, factor), 3 * factor, constant_values=255)) == ()
    for start in range(0, 200, 5):
        assert of(row_of(list(digits[0][start : start + 5]))) == ()


def test_a_tight_crop_is_not_cut_off() -> None:
    rows, columns = np.flatnonzero((drawn_seven() < 128).any(axis=1)), np.flatnonzero((drawn_seven() < 128).any(axis=0))
    tight = drawn_seven()[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert "border" not in codes(np.ascontiguousarray(tight))


def test_warnings_come_in_order_of_importance() -> None:
    cut = drawn_seven()[:200].copy()
    assert codes(cv2.GaussianBlur(cut, (0, 0), 10)) == ["border", "blurred"]
    assert codes(grainy(drawn_seven(ink=222, paper=240)[:200].copy(), 1.0)) == ["border", "faint"]
    assert list(CODES).index("border") < list(CODES).index("blurred") < list(CODES).index("faint")


@pytest.mark.parametrize("shape", [(3, 90), (90, 3), (1, 1600), (1600, 1), (8, 8)])
def test_any_shape_gives_warnings_and_no_error(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(8)
    for picture in (np.full(shape, 255, np.uint8), rng.integers(0, 256, shape, dtype=np.uint8)):
        for warning in of(picture):
            assert warning.code in CODES


@pytest.mark.parametrize(
    ("level", "lit_share", "code"),
    [(22, 0.0, "dark"), (26, 0.0, "blank"), (9, 0.005, "dark"), (9, 0.02, "blank")],
)
def test_an_image_is_dark_where_hardly_a_pixel_is_lit(level: int, lit_share: float, code: str) -> None:
    image = np.full((700, 700), level, np.uint8)
    image[: round(700 * lit_share)] = 200
    blank = np.zeros(image.shape, np.float32)
    assert [warning.code for warning in quality_warnings(image, blank, segment(blank))] == [code]


def codes_of_bar(*, step: int = 200, edge: int = 0, at_x: int = 30, right: int = 30, height: int = 36) -> list[str]:
    """The warning codes for a 1 that is `step` gray levels darker than the paper; `edge`: pixels of soft edge."""
    ink = np.zeros((height + 60, at_x + 12 + right), np.float32)
    ink[30 : 30 + height, at_x : at_x + 12] = 1
    for i in range(edge):  # soft edge: from paper to ink over `edge` pixels
        ink[30 : 30 + height, [at_x - edge + i, at_x + 11 + edge - i]] = (i + 1) / (edge + 1)
    return [warning.code for warning in quality_warnings(np.uint8(240 - step * ink), ink, segment(ink))]


@pytest.mark.parametrize(("step", "faint"), [(60, False), (46, True)])
def test_ink_is_faint_that_takes_less_than_a_fifth_of_the_light(step: int, faint: bool) -> None:
    assert codes_of_bar(step=step) == (["faint"] if faint else [])


@pytest.mark.parametrize(
    ("edge", "height", "blurred"), [(3, 36, False), (4, 36, True), (5, 100, False), (10, 100, True)]
)
def test_edges_are_blurred_that_are_wide_for_the_digits_height(edge: int, height: int, blurred: bool) -> None:
    assert codes_of_bar(edge=edge, height=height) == (["blurred"] if blurred else [])


@pytest.mark.parametrize(("right", "cut_off"), [(4, False), (7, True)])
def test_a_tight_crop_leaves_little_paper_at_the_opposite_border(right: int, cut_off: bool) -> None:
    assert codes_of_bar(at_x=0, right=right) == (["border"] if cut_off else [])


@pytest.mark.parametrize(("n_specks", "needed"), [(5, False), (6, True)])
def test_many_specks_beside_a_digit_are_checked_for_a_pattern(n_specks: int, needed: bool) -> None:
    ink = np.zeros((200, 200), np.float32)
    ink[40:160, 80:100] = 1
    ink[10, 10 : 10 + 4 * n_specks : 4] = 1
    assert needs_quality_check(ink, segment(ink)) == needed


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom", "none"])
def test_ink_may_touch_the_border_at_any_side(side: str) -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[20:40, 25:32] = 1
    ink[slice(0, 40) if side == "top" else slice(20, 60 if side == "bottom" else 40), 25:32] = 1
    ink[25:30, slice(0, 32) if side == "left" else slice(25, 60 if side == "right" else 32)] = 1
    assert touches_border(ink, segment(ink)) is (side != "none")
