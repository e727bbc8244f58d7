import cv2
import numpy as np
import pytest

from inkling.pipeline.binarize import binarize
from inkling.pipeline.border_noise import remove_border_noise
from inkling.pipeline.segmentation import segment

DIGITS = ((60, 60, 40, 100), (130, 60, 40, 100), (200, 60, 40, 100))  # x, y, w, h of three 0s on a 300x220 board


def board() -> np.ndarray:
    """(220, 300) float32 ink of three 0s, clear of the border."""
    ink = np.zeros((220, 300), np.float32)
    for x, y, w, h in DIGITS:
        cv2.ellipse(ink, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, 1.0, 8)
    return ink


def with_thing(name: str) -> np.ndarray:
    ink = board()
    if name == "finger":
        cv2.line(ink, (150, 219), (150, 190), 1.0, 44)
    elif name == "lying pen":
        cv2.line(ink, (299, 120), (262, 125), 1.0, 12)
    elif name == "leaning pen":
        cv2.line(ink, (299, 0), (265, 50), 1.0, 10)
    elif name == "scroll bar":
        ink[20:100, 291:297] = 1
    elif name == "ragged edge":
        ink[:30:, ::40] = ink[:22, 1::40] = ink[:12] = 1
        ink[12:, :] = np.where(ink[12:, :] == 1, ink[12:, :], board()[12:, :])
    elif name == "tops of the next row":
        for x in (70, 150, 230):
            cv2.ellipse(ink, (x, 239), (20, 30), 0, 0, 360, 1.0, 8)
    return ink


@pytest.mark.parametrize(
    "name", ["finger", "lying pen", "leaning pen", "scroll bar", "ragged edge", "tops of the next row"]
)
def test_what_reaches_in_goes_and_the_digits_stay(name: str) -> None:
    ink = with_thing(name)
    assert not np.array_equal(ink, board())
    before = ink.copy()
    np.testing.assert_array_equal(remove_border_noise(ink), board())
    np.testing.assert_array_equal(ink, before)


def seven_and_speck() -> np.ndarray:
    """(140, 140) float32: a 7 that runs out below, and dirt beside it."""
    ink = np.zeros((140, 140), np.float32)
    cv2.polylines(ink, [np.array([(30, 48), (100, 44), (70, 150)])], False, 1.0, 18)
    ink[110:124, 122:126] = 1
    return ink


def cut_row(shift: int) -> np.ndarray:
    return np.ascontiguousarray(board()[:, shift:])


@pytest.mark.parametrize(
    ("name", "ink"),
    [
        ("nothing at the border", board()),
        ("no ink", np.zeros((50, 60), np.float32)),
        ("all ink", np.ones((50, 60), np.float32)),
        ("a row that is cut on the left", cut_row(80)),
        ("a tight crop of a row", np.ascontiguousarray(board()[56:165, 56:245])),
        ("a tight crop of one digit", np.ascontiguousarray(board()[56:165, 56:105])),
        ("one digit that runs out below", np.ascontiguousarray(board()[:120, 40:110])),
        ("one digit that runs out below, beside a speck", seven_and_speck()),
        ("tiny", np.ones((3, 8), np.float32)),
    ],
)
def test_a_digit_at_the_border_is_never_taken_away(name: str, ink: np.ndarray) -> None:
    assert remove_border_noise(ink) is ink, name


def test_lines_from_border_to_border_go_and_what_stands_on_them_stays() -> None:
    ruled = np.zeros((220, 300), np.float32)
    ruled[20:22] = ruled[200:202] = ruled[110:112] = 1
    assert not remove_border_noise(ruled).any()
    ink = remove_border_noise(np.maximum(ruled, board()))
    assert not ink[:40].any()
    assert not ink[180:].any()
    np.testing.assert_array_equal(ink[50:180], np.maximum(ruled, board())[50:180])


def test_blank_ruled_paper_has_no_ink() -> None:
    paper = np.full((400, 500), 246, np.uint8)
    for y in range(30, 400, 60):
        paper[y : y + 2] = 168
    glyphs = segment(binarize(paper))
    assert glyphs.lines == []


@pytest.mark.parametrize("x", [0, 1, 2, 4, 20])
def test_an_upright_1_at_the_border_stays(x: int) -> None:
    ink = np.zeros((120, 200), np.float32)
    ink[10:110, x : x + 9] = 1
    cv2.ellipse(ink, (60 + x, 60), (24, 46), 0, 0, 360, 1.0, 9)
    assert remove_border_noise(ink)[60, x + 4] == 1


def test_ink_is_found_beside_a_finger() -> None:
    picture = np.rint(240 - 200 * with_thing("finger")).astype(np.uint8)
    ink = binarize(picture) > 0.5
    truth = board() > 0.5
    assert (ink & truth).sum() / (ink | truth).sum() > 0.9


@pytest.mark.parametrize("left", [0, 4])
def test_what_the_border_left_of_a_1_stays(left: int) -> None:
    ink = board()
    ink[64:156, left : left + 6] = 1
    assert (remove_border_noise(ink) is ink) is (left == 0)  # clear of the border, it was drawn with a ruler
