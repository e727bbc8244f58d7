import cv2
import numpy as np
import pytest

from inkling.forms.ink import PageInk, written_ink
from inkling.forms.registration import Blank, Registered

BOX = (100, 100, 60, 80)


@pytest.fixture(scope="module")
def blank() -> Blank:
    """Three adjacent boxes and a word."""
    image = np.full((400, 500), 250, np.uint8)
    for i in range(3):
        x, y, w, h = BOX
        cv2.rectangle(image, (x + i * w, y), (x + (i + 1) * w, y + h), (40,), 2)
    cv2.putText(image, "Number", (100, 80), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (40,), 2)
    return Blank(image)


def ink_of(blank: Blank, image: np.ndarray) -> PageInk:
    from inkling.pipeline.layout.light import separate

    everywhere = np.ones(image.shape, bool)
    contrast = separate(image, is_sheet=True).contrast
    return written_ink(Registered(image, contrast, blank.printed, np.eye(3), everywhere, 1.0, 1.0), blank)


def test_a_blank_has_no_ink(blank: Blank) -> None:
    assert ink_of(blank, blank.image).in_box(BOX) == []


def test_a_faded_blank_beside_its_place_has_none(blank: Blank) -> None:
    moved = np.roll(blank.image, (1, -1), (0, 1))
    faded = cv2.GaussianBlur((250 - 0.6 * (250 - moved.astype(np.float32))).astype(np.uint8), (3, 3), 0)
    assert ink_of(blank, faded).in_box(BOX) == []


def test_a_stroke_over_a_wall_stays_whole_and_in_its_box(blank: Blank) -> None:
    image = blank.image.copy()
    cv2.line(image, (130, 110), (138, 196), (30,), 5)  # through the lower edge of the first box
    ink = ink_of(blank, image)
    [(box, mask)] = ink.in_box(BOX)
    assert box[1] + box[3] >= 195
    assert mask.sum() > 300
    assert ink.in_box((160, 100, 60, 80)) == []


def test_an_overshoot_into_the_next_box_is_none_of_its_ink(blank: Blank) -> None:
    image = blank.image.copy()
    cv2.line(image, (115, 150), (168, 150), (30,), 5)
    ink = ink_of(blank, image)
    assert len(ink.in_box(BOX)) == 1
    assert ink.in_box((160, 100, 60, 80)) == []


def test_digits_that_touch_over_a_wall_are_parted(blank: Blank) -> None:
    image = blank.image.copy()
    cv2.ellipse(image, (132, 140), (24, 30), 0, 0, 360, (30,), 5)
    cv2.ellipse(image, (182, 140), (26, 30), 0, 0, 360, (30,), 5)
    ink = ink_of(blank, image)
    for x in (100, 160):
        [(box, _)] = ink.in_box((x, 100, 60, 80))
        assert box[0] >= x - 8
        assert box[0] + box[2] <= x + 68


def test_a_pale_pencil_is_ink(blank: Blank) -> None:
    image = blank.image.copy()
    cv2.line(image, (120, 120), (140, 160), (205,), 4)
    assert len(ink_of(blank, image).in_box(BOX)) == 1


def test_a_speck_is_none(blank: Blank) -> None:
    image = blank.image.copy()
    cv2.circle(image, (130, 140), 2, (60,), -1)
    assert ink_of(blank, image).in_box(BOX) == []


def test_specks_near_ink_are_pieces_of_a_broken_stroke(blank: Blank) -> None:
    image = blank.image.copy()
    cv2.line(image, (130, 115), (130, 135), (60,), 5)
    for y in (145, 156):  # each near the previous one
        cv2.circle(image, (130, y), 2, (60,), -1)
    for dirt in ((150, 174), (145, 125)):
        cv2.circle(image, dirt, 2, (60,), -1)
    parts = ink_of(blank, image).in_box(BOX)
    assert sorted(box[1] + box[3] // 2 for box, _ in parts) == pytest.approx([125, 145, 156], abs=3)
