import cv2
import numpy as np
import pytest

from inkling.road.ink import find_ink
from inkling.road.reduction import reduced
from inkling.road.sheet import find_sheet, only_sheet
from tests.pictures import drawn_seven, enlarged


def on_desk(*, sides: tuple[int, int, int, int] = (40, 30, 50, 20), desk: int = 60, angle: float = 3) -> np.ndarray:
    """A sheet with a 7 on a dark desk that shows by so many pixels above, below, left and right."""
    top, bottom, left, right = sides
    picture = np.pad(drawn_seven(paper=235), ((top, bottom), (left, right)), constant_values=desk)
    turn = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), angle, 1)
    return cv2.warpAffine(picture, turn, picture.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("sides", [(40, 30, 50, 20), (0, 0, 60, 0), (60, 0, 0, 60), (25, 25, 25, 25)])
def test_only_the_writing_on_the_sheet_is_ink(sides: tuple[int, int, int, int]) -> None:
    picture = on_desk(sides=sides, angle=0)
    ink = find_ink(picture) > 0.5
    top, _, left, _ = sides
    truth = np.zeros_like(ink)
    truth[top : top + 280, left : left + 280] = drawn_seven() < 128
    assert (ink & truth).sum() / (ink | truth).sum() > 0.9


def test_a_turned_sheet_is_found() -> None:
    sheet = find_sheet(reduced(on_desk(angle=8)))
    assert sheet is not None
    assert 0.4 < (sheet > 0).mean() < 0.85


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
        ("a light desk", on_desk(desk=160)),
        ("falling light", (drawn_seven() * np.linspace(1, 0.15, 280)).astype(np.uint8)),
        ("writing in shadow", (drawn_seven() * np.where(np.arange(280) < 140, 0.4, 1)).astype(np.uint8)),
        ("blank", np.full((80, 80), 200, np.uint8)),
        ("tiny", np.full((8, 8), 200, np.uint8)),
    ],
)
def test_everything_else_stays_as_it_is(name: str, picture: np.ndarray) -> None:
    small = reduced(picture)
    assert find_sheet(small) is None, name
    assert only_sheet(picture, small)[0] is picture


@pytest.mark.parametrize("factor", [1, 8])
def test_no_light_digit_is_taken_for_a_sheet(digits: tuple[np.ndarray, np.ndarray], factor: int) -> None:
    for digit in digits[0]:
        assert find_sheet(reduced(255 - enlarged(digit, factor))) is None
