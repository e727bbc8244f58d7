from dataclasses import replace

import cv2
import numpy as np
import pytest

from inkling.pipeline.binarize import binarize
from inkling.pipeline.quality import CODES, QualityWarning, quality_warnings
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


@pytest.mark.parametrize(
    ("code", "picture"),
    [
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
    ],
)
def test_each_warning_is_given(code: str, picture: np.ndarray) -> None:
    assert codes(picture)[0] == code


def test_many_marks(digits: tuple[np.ndarray, np.ndarray]) -> None:
    assert codes(page_of_digits(digits[0], 400))[0] == "many"
    assert codes(page_of_digits(digits[0], 100)) == []


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


def test_every_warning_says_what_is_wrong_and_what_to_do() -> None:
    pictures = (
        nonsense.black(),
        nonsense.blank(),
        nonsense.page_of_text(),
        nonsense.blot(),
        drawn_seven()[:200].copy(),
        reduced_seven(16),
        cv2.GaussianBlur(drawn_seven(), (0, 0), 9),
        grainy(drawn_seven(ink=222, paper=240), 1.0),
    )
    found = [
        warning for picture in pictures for warning in of(picture if picture.ndim == 2 else picture[..., 0].copy())
    ]
    assert {warning.code for warning in found} >= set(CODES) - {"many"}
    for warning in found:
        assert warning.text.endswith(".")
        assert warning.text.count(";") == 1
        assert warning.to_json() == {"code": warning.code, "text": warning.text}
        assert replace(warning) == warning


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
