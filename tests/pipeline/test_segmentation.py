import cv2
import numpy as np
import pytest

from inkling.pipeline.segmentation import reference_height, segment

Box = tuple[int, int, int, int]


def page(*boxes: Box, shape: tuple[int, int] = (200, 400)) -> np.ndarray:
    """Ink in filled boxes x, y, w, h."""
    ink = np.zeros(shape, np.float32)
    for x, y, w, h in boxes:
        ink[y : y + h, x : x + w] = 1
    return ink


def lines_of(ink: np.ndarray, *, single: bool = False) -> list[list[Box]]:
    return [[glyph.box_xywh for glyph in line] for line in segment(ink, single=single).lines]


A, B, C = (20, 50, 30, 60), (80, 50, 30, 60), (140, 50, 30, 60)


@pytest.mark.parametrize(
    ("name", "boxes", "expected"),
    [
        ("nothing", [], []),
        ("one", [A], [[A]]),
        ("left to right", [C, A, B], [[A, B, C]]),
        ("two lines", [(20, 110, 30, 60), A, (80, 20, 30, 60), (20, 20, 30, 60)], None),
        ("a narrow 1", [A, (80, 50, 6, 60)], [[A, (80, 50, 6, 60)]]),
        ("a comma", [A, (60, 105, 8, 14), B], [[A, B]]),
        ("a point", [A, (60, 102, 8, 8), B], [[A, B]]),
        ("a dash", [A, (56, 78, 18, 5), B], [[A, B]]),
        ("dirt", [A, (300, 20, 3, 3), (350, 180, 4, 2)], [[A]]),
        ("the bar of a 5 apart above it", [(20, 50, 30, 5), (20, 58, 30, 52)], [[(20, 50, 30, 60)]]),
        ("the bar of a 5 apart beside it", [(20, 50, 10, 60), (33, 50, 24, 6)], [[(20, 50, 37, 60)]]),
        ("a digit broken in two", [(20, 50, 30, 28), (20, 81, 30, 29), B], [[(20, 50, 30, 60), B]]),
        ("a printed box", [A, B, *((5, y, 120, 3) for y in (30, 127)), *((x, 30, 3, 100) for x in (5, 122))], [[A, B]]),
        (
            "dirt in the hole of a 0",
            [*((x, 50, 8, 60) for x in (20, 52)), *((20, y, 40, 8) for y in (50, 102)), (38, 78, 4, 5)],
            [[(20, 50, 40, 60)]],
        ),
        ("a frame along the edge", [A, (0, 0, 400, 3), (0, 0, 3, 200)], [[A]]),
    ],
)
def test_components_become_digits_in_order(name: str, boxes: list[Box], expected: list[list[Box]] | None) -> None:
    if expected is None:
        boxes = [(20, 110, 30, 60), (80, 110, 30, 60), (80, 20, 30, 60), (20, 20, 30, 60)]
        expected = [[(20, 20, 30, 60), (80, 20, 30, 60)], [(20, 110, 30, 60), (80, 110, 30, 60)]]
    assert lines_of(page(*boxes)) == expected, name


def test_a_2_is_no_frame_of_the_stroke_within_its_box() -> None:
    ink = np.zeros((140, 140), np.float32)
    cv2.polylines(ink, [np.array([(90, 20), (105, 45), (30, 118), (110, 118)])], False, 1.0, 10)
    cv2.line(ink, (45, 62), (70, 30), 1.0, 10)
    assert lines_of(ink) == [[(25, 15, 91, 109)]]


def test_a_ring_around_a_number_is_a_frame() -> None:
    ink = page(A, B)
    cv2.ellipse(ink, (65, 80), (62, 70), 10, 0, 360, 1.0, 4)
    assert lines_of(ink) == [[A, B]]


def test_slanted_rows_stay_apart() -> None:
    up = [(20 + 60 * i, 60 - 8 * i, 30, 50) for i in range(6)]
    down = [(20 + 60 * i, 140 - 8 * i, 30, 50) for i in range(6)]
    assert lines_of(page(*up, *down)) == [up, down]


def test_single_takes_all_ink_as_one() -> None:
    assert lines_of(page(A, B), single=True) == [[(20, 50, 90, 60)]]


def test_labels_tell_the_components_apart() -> None:
    glyphs = segment(page(A, B))
    x, y = glyphs.corner_xy
    for glyph in glyphs.glyphs:
        gx, gy, w, h = glyph.box_xywh
        inside = glyphs.labels[gy - y : gy - y + h, gx - x : gx - x + w]
        assert set(np.unique(inside)) == set(glyph.components)


def test_reference_height_ignores_marks() -> None:
    assert reference_height(np.array([[0, 0, 5, 40], [0, 0, 5, 44], [0, 0, 5, 42], [0, 0, 3, 4]])) == 42


def test_a_texture_of_thousands_of_components_ends_in_bounded_time() -> None:
    ink = np.zeros((1200, 1600), np.float32)
    ink[::8, ::8] = ink[1::8, ::8] = 1
    assert len(segment(ink).glyphs) <= 1024


def test_ink_at_the_border_keeps_its_box_inside() -> None:
    assert lines_of(page((0, 0, 30, 60), shape=(60, 200))) == [[(0, 0, 30, 60)]]


def test_the_remains_of_a_shadow_at_the_border_are_left_out() -> None:
    ink = page(A, B)
    ink[150:, 300:] = 0.5
    assert [glyph.box_xywh for glyph in segment(ink).glyphs] == [A, B]


def test_a_digit_that_fills_the_picture_is_kept_beside_specks() -> None:
    """A piece from border to border is a frame, unless it is most of what there is and does not run along them."""
    ink = np.zeros((40, 40), np.float32)
    cv2.ellipse(ink, (19, 19), (17, 18), 0, 0, 360, 1.0, 4)
    ink[0:4, 17:22] = ink[-4:, 17:22] = ink[18:22, :4] = ink[18:22, -4:] = 1.0
    ink[2:5, 2:5] = 1.0
    [[glyph]] = segment(ink).lines
    assert glyph.box_xywh == (0, 0, 40, 40)


def test_a_frame_goes_although_the_digit_in_it_is_small() -> None:
    ink = np.zeros((100, 100), np.float32)
    ink[:2] = ink[-2:] = ink[:, :2] = ink[:, -2:] = 1.0
    ink[40:60, 48:52] = 1.0
    [[glyph]] = segment(ink).lines
    assert glyph.box_xywh == (48, 40, 4, 20)
