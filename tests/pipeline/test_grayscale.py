import cv2
import numpy as np
import pytest

from inkling.pipeline.grayscale import principal_edge_axis, to_grayscale
from tests.pictures import drawn_seven

STROKES = drawn_seven() < 128
WHITE = (255, 255, 255)


def coloured(ink: tuple[int, int, int], paper: tuple[int, int, int], *, grain: float = 1.5) -> np.ndarray:
    """(280, 280, 3) uint8: a 7 in one colour on another."""
    rng = np.random.default_rng(4)
    picture = np.where(STROKES[..., None], ink, paper) + rng.normal(0, grain, (280, 280, 1))
    return cv2.GaussianBlur(picture.clip(0, 255).astype(np.uint8), (3, 3), 0)


def contrast(grey: np.ndarray) -> float:
    """Levels between the strokes and the paper."""
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
