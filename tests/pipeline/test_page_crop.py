from collections.abc import Callable

import cv2
import numpy as np
import pytest

from inkling.pipeline import page_crop
from inkling.pipeline.binarize import binarize
from inkling.pipeline.downscaling import downscale
from inkling.pipeline.page_crop import crop_page, find_page
from tests.pictures import drawn_seven, enlarged, overlap


def on_desk(*, sides: tuple[int, int, int, int] = (40, 30, 50, 20), desk: int = 60, angle: float = 3) -> np.ndarray:
    """A page with a 7 on a dark desk. `sides`: visible desk above, below, left and right, in pixels."""
    top, bottom, left, right = sides
    picture = np.pad(drawn_seven(paper=235), ((top, bottom), (left, right)), constant_values=desk)
    turn = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), angle, 1)
    return cv2.warpAffine(picture, turn, picture.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def in_shadow(where: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """A 7 with half the light at the pixels that `where` selects."""
    y, x = np.mgrid[:280, :280]
    light = cv2.GaussianBlur(np.where(where(x, y), 0.5, 1.0), (0, 0), 4)
    return np.asarray(drawn_seven(paper=235) * light, np.uint8)


@pytest.mark.parametrize("desk", [60, 160, 190, 214, 255])
@pytest.mark.parametrize("paper", [235, 150])
@pytest.mark.parametrize("frame", [0, 2])
def test_a_page_or_window_differs_in_either_direction(desk: int, paper: int, frame: int) -> None:
    picture = np.full((360, 380), desk, np.uint8)
    picture[40:320, 50:330] = drawn_seven(paper=paper)
    cv2.rectangle(picture, (5, 5), (374, 354), 20, frame) if frame else None
    cv2.rectangle(picture, (49, 39), (330, 320), 110, 1)  # a hairline around the drawing
    ink = binarize(picture) > 0.5
    ink[:20] = ink[-20:] = ink[:, :20] = ink[:, -20:] = False  # the frame may remain, because it is not a digit
    truth = np.zeros_like(ink)
    truth[40:320, 50:330] = drawn_seven() < 128
    assert overlap(ink, truth) > 0.85


@pytest.mark.parametrize("desk", [40, 90, 160, 205])
def test_a_blank_page_has_no_ink(desk: int) -> None:
    rng = np.random.default_rng(2)
    picture = np.full((400, 480), desk, np.float64)
    picture[50:350, 60:420] = 240
    noisy = np.rint(picture + rng.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8)
    assert not binarize(noisy).any()


def test_a_torn_edge_and_what_is_behind_it_are_no_ink() -> None:
    picture = drawn_seven(paper=240, ink=40)
    for x in range(280):
        picture[: 14 + 10 * (x // 7 % 2) + 8 * (x // 60 % 2), x] = 50
    ink = binarize(picture) > 0.5
    truth = drawn_seven() < 128
    assert overlap(ink, truth) > 0.9


def bold_eight() -> np.ndarray:
    """(140, 140) uint8: an 8 drawn with a felt pen, with small holes."""
    picture = np.full((140, 140), 255, np.uint8)
    for y in (48, 90):
        cv2.ellipse(picture, (70, y), (30, 20), 0, 0, 360, 0, 40)
    return picture


@pytest.mark.parametrize("sides", [(40, 30, 50, 20), (0, 0, 60, 0), (60, 0, 0, 60), (25, 25, 25, 25)])
def test_only_the_writing_on_the_page_is_ink(sides: tuple[int, int, int, int]) -> None:
    picture = on_desk(sides=sides, angle=0)
    ink = binarize(picture) > 0.5
    top, _, left, _ = sides
    truth = np.zeros_like(ink)
    truth[top : top + 280, left : left + 280] = drawn_seven() < 128
    assert overlap(ink, truth) > 0.9


def test_a_rotated_page_is_found() -> None:
    page = find_page(downscale(on_desk(angle=8)))
    assert page is not None
    assert 0.4 < (page > 0).mean() < 0.85


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("a drawing", drawn_seven()),
        ("light on dark", 255 - drawn_seven()),
        (
            "a bold light 0 on black",
            cv2.ellipse(np.zeros((280, 280), np.uint8), (140, 140), (80, 110), 0, 0, 360, 255, 50),
        ),
        ("a bold light 1 on black", cv2.rectangle(np.zeros((280, 280), np.uint8), (90, 20), (190, 260), 255, -1)),
        ("a bold 8", bold_eight()),
        ("a bold 8, light on black", 255 - bold_eight()),
        ("a hand's shadow", in_shadow(lambda x, y: (x - 140) ** 2 + (y - 280) ** 2 < 130**2)),
        ("the shadow of an arm", in_shadow(lambda x, y: x + y < 240)),
        ("light through a window", in_shadow(lambda x, y: (x < 60) | (x > 150))),
        ("falling light", (drawn_seven() * np.linspace(1, 0.15, 280)).astype(np.uint8)),
        ("writing in shadow", (drawn_seven() * np.where(np.arange(280) < 140, 0.4, 1)).astype(np.uint8)),
        ("blank", np.full((80, 80), 200, np.uint8)),
        ("tiny", np.full((8, 8), 200, np.uint8)),
    ],
)
def test_everything_else_stays_as_it_is(name: str, picture: np.ndarray) -> None:
    small = downscale(picture)
    assert find_page(small) is None, name
    assert crop_page(picture, small)[0] is picture


@pytest.mark.parametrize("factor", [1, 8])
def test_no_light_digit_is_taken_for_a_page(digits: tuple[np.ndarray, np.ndarray], factor: int) -> None:
    for digit in digits[0]:
        assert find_page(downscale(255 - enlarged(digit, factor))) is None


def test_the_shortcut_for_a_bare_border_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a border of one level, the shortcut gives the same result as the full search."""
    picture = np.full((280, 280), 255, np.uint8)
    picture[40:230, 40:250] = 200
    picture[100:160, 120:150] = 20
    smalls = [
        downscale(one)
        for one in (picture, drawn_seven(), bold_eight(), on_desk(desk=255), np.full((80, 80), 9, np.uint8))
    ]
    shorter = [find_page(small) for small in smalls]
    assert [one is not None for one in shorter] == [True, False, False, True, False]
    monkeypatch.setattr(page_crop, "_border_has_level", lambda small, level: False)
    assert all(np.array_equal(one, find_page(small)) for one, small in zip(shorter, smalls, strict=True))


def small_page(
    corners: tuple[tuple[int, int], ...],
    *,
    page: int = 230,
    desk: int = 60,
    mark: int | None = 20,
    side: int = 64,
) -> np.ndarray:
    """(side, side) uint8: a page with the given corners on a desk, with a mark in its middle."""
    small = np.full((side, side), desk, np.uint8)
    cv2.fillPoly(small, [np.array(corners)], page)
    if mark is not None:
        x, y = np.mean(corners, axis=0).astype(int)
        small[y - 3 : y + 3, x - 1 : x + 1] = mark
    return small


def rectangle(x0: int, y0: int, x1: int, y1: int) -> tuple[tuple[int, int], ...]:
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


SQUARE = rectangle(10, 10, 53, 53)


def hollow(hole: int) -> np.ndarray:
    """A light square with a dark square inside."""
    small = small_page(rectangle(6, 6, 57, 57), mark=None)
    cv2.rectangle(small, (32 - hole, 32 - hole), (31 + hole, 31 + hole), 60, -1)
    return small


def uneven_desk(levels: tuple[int, ...]) -> np.ndarray:
    """A page on a desk of 4-pixel stripes with the given levels."""
    stripes = np.repeat(np.resize(levels, 16), 4).astype(np.uint8)
    small = np.tile(stripes, (64, 1))
    small[10:54, 10:54] = 240
    small[28:34, 31:33] = 20
    return small


def cut_corner(legs: int) -> np.ndarray:
    """A page that fills the image except for one corner."""
    return small_page(((legs, 0), (63, 0), (63, 63), (0, 63), (0, legs)))


def window(mark: int) -> np.ndarray:
    return small_page(rectangle(13, 13, 50, 50), page=200, desk=160, mark=mark)


def ruled_window() -> np.ndarray:
    small = small_page(SQUARE, page=200, desk=160)
    small[10:54:2][small[10:54:2] == 200] = 190
    return small


def with_writing_around(n: int, ink: int = 250) -> np.ndarray:
    """A page on a dark desk; `n` pixels of the desk have the level `ink`."""
    small = small_page(rectangle(16, 16, 60, 60))
    small[4, 4 : 4 + 2 * n : 2] = ink
    return small


@pytest.mark.parametrize(
    ("name", "case"),
    {
        "a page in a tiny image": (lambda: small_page(rectangle(3, 3, 16, 16), side=20), False),
        "a page in a small image": (lambda: small_page(rectangle(5, 5, 30, 30), side=36), True),
        "a light region that may be a digit": (lambda: small_page(rectangle(18, 18, 45, 45)), False),
        "a light region of a third": (lambda: small_page(rectangle(12, 12, 51, 51)), True),
        "a light square ring": (lambda: hollow(16), False),
        "a page with a large picture on it": (lambda: hollow(10), True),
        "a trapezoid of light": (lambda: small_page(((22, 6), (41, 6), (60, 57), (3, 57))), False),
        "a page seen from the side": (lambda: small_page(((10, 6), (53, 6), (57, 57), (6, 57))), True),
        "a page that is twice as light": (lambda: small_page(SQUARE, page=200, desk=80), True),
        "a page on stripes": (lambda: uneven_desk((190, 130, 160, 190)), False),
        "a desk along one side": (lambda: small_page(rectangle(0, 0, 59, 63)), True),
        "a dark line along one side": (lambda: small_page(rectangle(0, 0, 63, 62)), False),
        "a blank square": (lambda: small_page(rectangle(10, 10, 53, 53), mark=None), True),
        "a smaller blank square": (lambda: small_page(rectangle(13, 13, 50, 50), mark=None), False),
        "a window a little lighter": (lambda: small_page(SQUARE, page=150, desk=135), True),
        "a window hardly lighter": (lambda: small_page(SQUARE, page=150, desk=142), False),
        "a light window at one corner": (lambda: small_page(rectangle(0, 0, 50, 50), page=200, desk=150), True),
        "a light band": (lambda: small_page(rectangle(0, 10, 63, 53), page=200, desk=150), True),
        "a light half": (lambda: small_page(rectangle(0, 0, 63, 40), page=200, desk=150), False),
        "a dark window at one side": (lambda: small_page(rectangle(0, 10, 40, 53), page=150, desk=200), False),
        "a window with a pale mark": (
            lambda: small_page(rectangle(13, 13, 50, 50), page=200, desk=160, mark=170),
            True,
        ),
        "a window with a stain": (lambda: window(mark=182), False),
        "a ruled window": (ruled_window, True),
        "a corner of the desk": (lambda: cut_corner(14), True),
        "hardly a corner of the desk": (lambda: cut_corner(7), False),
        "a desk with specks": (lambda: with_writing_around(4), True),
        "a desk with writing": (lambda: with_writing_around(8), False),
        "a desk with faint writing": (lambda: with_writing_around(14, 78), True),
        "a desk with plain writing": (lambda: with_writing_around(14, 110), False),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_a_page(name: str, case: tuple[Callable[[], np.ndarray], bool]) -> None:
    make, is_page = case
    assert (find_page(make()) is not None) == is_page, name
