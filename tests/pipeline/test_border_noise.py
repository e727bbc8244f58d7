from collections.abc import Callable

import cv2
import numpy as np
import pytest

from inkling.pipeline.binarize import binarize
from inkling.pipeline.border_noise import remove_border_noise
from inkling.pipeline.segmentation import segment
from tests.pictures import overlap

DIGITS = ((60, 60, 40, 100), (130, 60, 40, 100), (200, 60, 40, 100))  # x, y, w, h of three 0s in a 300x220 image


def board(w: int = 300, h: int = 220, shift: int = 0) -> np.ndarray:
    """(h, w) float32 ink of three 0s, clear of the border, moved down by `shift` pixels."""
    ink = np.zeros((h, w), np.float32)
    for x, y, w_digit, h_digit in DIGITS:
        centre = x + w_digit // 2, y + shift + h_digit // 2
        cv2.ellipse(ink, centre, (w_digit // 2, h_digit // 2), 0, 0, 360, 1.0, 8)
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
    """(140, 140) float32: a 7 that is cut off at the bottom, with dirt beside it."""
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
    assert overlap(ink, truth) > 0.9


@pytest.mark.parametrize("left", [0, 4])
def test_what_the_border_left_of_a_1_stays(left: int) -> None:
    ink = board()
    ink[64:156, left : left + 6] = 1
    assert (remove_border_noise(ink) is ink) is (left == 0)  # a line clear of the border was drawn with a ruler


def bar(x: int, y: int, w: int, h: int, *, level: float = 1.0, right: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """An image of digits, without and with an upright rectangle of ink. The image is `right` pixels wide."""
    ink = board(right)
    thing = ink.copy()
    thing[y : y + h, x : x + w] = level
    return ink, thing


def line(
    start: tuple[int, int], end: tuple[int, int], width: int, *, right: int = 300
) -> tuple[np.ndarray, np.ndarray]:
    return board(right), cv2.line(board(right), start, end, 1.0, width)


def ring(x: int, y: int, radius: int, *, width: int = 8, **size: int) -> tuple[np.ndarray, np.ndarray]:
    return board(**size), cv2.circle(board(**size), (x, y), radius, 1.0, width)


def wedge() -> tuple[np.ndarray, np.ndarray]:
    """An image of digits, without and with a pointed horizontal stroke at the border, like the end of a 7's bar."""
    corners = np.array([(299, 103), (299, 117), (252, 110)])
    return board(), cv2.fillPoly(board(), [corners], 1.0)


def with_bar_beside(height: int) -> tuple[np.ndarray, np.ndarray]:
    """An image of digits and a mark of height `height`, without and with a scroll bar near the mark."""
    ink = board(340)
    ink[160 - height : 160, 310:316] = 1
    thing = ink.copy()
    thing[20:200, 332:338] = 1
    return ink, thing


def with_specks(n: int) -> tuple[np.ndarray, np.ndarray]:
    ink, thing = bar(291, 20, 6, 80)
    for k in range(n):
        y, x = 170 + 3 * (k // 80), 20 + 3 * (k % 80)
        ink[y, x] = thing[y, x] = 1
    return ink, thing


def beside_mark(side: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """A square image of one mark of height `height`, without and with a scroll bar."""
    ink = np.zeros((side, side), np.float32)
    ink[side // 2 : side // 2 + height, side // 2 : side // 2 + 5] = 1
    thing = ink.copy()
    thing[side // 4 : 3 * side // 4, -4:-1] = 1
    return ink, thing


def rule(rise: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """An empty page, without and with a line from border to border."""
    empty = np.zeros((220, 300), np.float32)
    return empty, cv2.line(empty.copy(), (-4, 100), (304, 100 + rise), 1.0, width)


@pytest.mark.parametrize(
    ("name", "case"),
    {
        "a bar near the border": (lambda: bar(295, 20, 6, 80, right=310), True),
        "a bar not so near": (lambda: bar(288, 20, 6, 80, right=310), False),
        "among some specks": (lambda: with_specks(200), True),
        "among very many specks": (lambda: with_specks(400), False),
        "beside a mark that may be a digit": (lambda: beside_mark(100, 11), True),
        "beside a mark too low for a digit": (lambda: beside_mark(100, 6), False),
        "beside a mark that may be a digit of a large image": (lambda: beside_mark(600, 30), True),
        "beside a mark too low for a digit of a large image": (lambda: beside_mark(600, 18), False),
        "a bar beside a low mark": (lambda: with_bar_beside(35), True),
        "a bar beside another digit": (lambda: with_bar_beside(80), False),
        "a thumb": (lambda: ring(296, 110, 20, width=-1), True),
        "a small loop at the border": (lambda: ring(7, 110, 10), False),
        "a wedge": (wedge, False),
        "a leaning 1 near the border": (lambda: line((316, 150), (322, 70), 7, right=330), False),
        "a 1 that leans much, at the border": (lambda: line((299, 90), (263, 140), 8), False),
        "a bar that begins in the row": (lambda: bar(294, 115, 6, 105), True),
        "a bar close to a digit": (lambda: bar(270, 70, 6, 80, right=280), False),
        "a low piece above the digits": (lambda: ring(100, 20, 11), True),
        "a high piece above the digits": (lambda: ring(100, 40, 31, h=320, shift=100), False),
        "most of a digit above the digits": (lambda: ring(100, 35, 40, h=320, shift=100), False),
        "a pencil's rule": (lambda: rule(0, 4), True),
        "a broad band": (lambda: rule(0, 9), False),
        "a rule that rises a little": (lambda: rule(20, 2), True),
        "a stroke that rises much": (lambda: rule(40, 2), False),
        "a faint bar": (lambda: bar(291, 20, 6, 80, level=0.25), False),
        "a bar of half the ink": (lambda: bar(291, 20, 6, 80, level=0.5), True),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_told_from_a_digit_by_its_measures(
    name: str, case: tuple[Callable[[], tuple[np.ndarray, np.ndarray]], bool]
) -> None:
    make, goes = case
    clean, noisy = make()
    np.testing.assert_array_equal(remove_border_noise(noisy), clean if goes else noisy, err_msg=name)


def test_the_soft_edge_goes_with_its_component_and_nothing_beyond() -> None:
    ink, thing = bar(291, 20, 6, 80)
    thing[20:100, 289:291] = 0.2
    ink[50, 287] = thing[50, 287] = 0.3  # faint ink of another component
    np.testing.assert_array_equal(remove_border_noise(thing), ink)
