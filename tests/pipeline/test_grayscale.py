import cv2
import numpy as np
import pytest

from inkling.pipeline.grayscale import principal_edge_axis, to_grayscale
from tests.pictures import drawn_seven

STROKES = drawn_seven() < 128
WHITE = (255, 255, 255)


def coloured(ink: tuple[int, int, int], paper: tuple[int, int, int], *, grain: float = 1.5) -> np.ndarray:
    """(280, 280, 3) uint8: a 7 in one color on another."""
    rng = np.random.default_rng(4)
    picture = np.where(STROKES[..., None], ink, paper) + rng.normal(0, grain, (280, 280, 1))
    return cv2.GaussianBlur(picture.clip(0, 255).astype(np.uint8), (3, 3), 0)


def contrast(grey: np.ndarray) -> float:
    """The difference in levels between strokes and paper."""
    return abs(float(np.median(grey[STROKES])) - float(np.median(grey[~STROKES])))


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((255, 250, 110), WHITE),
        ((255, 253, 190), WHITE),
        ((255, 255, 250), (250, 222, 90)),
        ((214, 92, 82), (120, 146, 92)),
        ((70, 140, 255), (226, 128, 50)),
        ((196, 160, 60), (158, 158, 160)),
    ],
)
def test_colour_shows_what_brightness_hides(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> None:
    picture = coloured(ink, paper)
    plain = contrast(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    assert contrast(to_grayscale(picture)) >= max(35, 1.3 * plain)


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("black on white", coloured((20, 20, 20), WHITE)),
        ("blue on white", coloured((30, 50, 150), WHITE)),
        ("white on blackboard", coloured((230, 232, 226), (50, 70, 60))),
        ("pink", coloured((255, 175, 205), WHITE)),
        ("pencil", coloured((225, 225, 225), (244, 244, 244))),
        ("pencil on cream", coloured((222, 218, 206), (248, 244, 232))),
        ("blank white", coloured(WHITE, WHITE)),
        ("blank yellow", coloured((250, 222, 90), (250, 222, 90), grain=3)),
    ],
)
def test_brightness_stays_where_it_serves(name: str, picture: np.ndarray) -> None:
    np.testing.assert_array_equal(to_grayscale(picture), cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), err_msg=name)


def test_opaque_rgba_is_treated_as_rgb() -> None:
    picture = coloured((255, 250, 110), WHITE)
    opaque = np.dstack([picture, np.full(STROKES.shape, 255, np.uint8)])
    np.testing.assert_array_equal(to_grayscale(opaque), to_grayscale(picture))


def test_axis_of_red_on_green_weighs_them_against_each_other() -> None:
    axis = principal_edge_axis(coloured((200, 80, 80), (80, 150, 80)))
    assert axis is not None
    assert np.abs(axis).sum() == pytest.approx(1)
    assert axis[0] * axis[1] < 0
    assert abs(axis[2]) < 0.1


@pytest.mark.parametrize("shape", [(3, 8, 3), (8, 3, 3), (3, 900, 3), (1600, 3, 4), (1, 1, 3)])
def test_narrow_pictures(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert to_grayscale(noise).shape == shape[:2]
    assert to_grayscale(np.zeros(shape, np.uint8)).shape == shape[:2]


Rgb = tuple[int, int, int]


def square(ink: Rgb, paper: Rgb, texture: Rgb = (0, 0, 0)) -> np.ndarray:
    """(64, 64, 3) uint8: a square of ink on paper, with a colored checkerboard added to both."""
    picture = np.full((64, 64, 3), paper)
    picture[20:44, 20:44] = ink
    y, x = np.mgrid[:64, :64]
    picture[(x + y) % 2 == 1] += texture
    return picture.astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "picture", "found"),
    [
        ("hardly any colour", square((124, 131, 133), (133, 128, 124)), False),
        ("some colour", square((118, 134, 140), (140, 127, 118)), True),
        ("a weak edge", square((128, 130, 128), (134, 128, 122)), False),
        ("an edge", square((128, 132, 128), (140, 128, 116)), True),
        ("an edge in a coarse texture", square((119, 132, 131), (134, 126, 116), (6, -3, 0)), False),
        ("an edge in a fine texture", square((119, 132, 131), (134, 126, 116), (3, 3, 3)), True),
        ("brightness that shows more than half", square((130, 108, 90), (100, 100, 100)), False),
        ("brightness that shows less than half", square((130, 105, 90), (100, 100, 100)), True),
        ("an edge in a texture of its own colour", square((130, 95, 90), (100, 100, 100), (6, -1, -2)), False),
    ],
)
def test_when_colour_shows_more_than_brightness(name: str, picture: np.ndarray, found: bool) -> None:
    assert (principal_edge_axis(picture) is not None) == found, name


def test_brightness_is_kept_where_it_shows_a_pen() -> None:
    picture = square((220, 30, 60), (60, 220, 60))
    np.testing.assert_array_equal(to_grayscale(picture), cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    assert principal_edge_axis(picture) is not None
