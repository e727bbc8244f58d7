import cv2
import numpy as np
import pytest

from inkling.pipeline.box import Box
from inkling.pipeline.segmentation import reference_height, segment


def page(*boxes: Box, shape: tuple[int, int] = (200, 400)) -> np.ndarray:
    """Ink that fills the given boxes x, y, w, h."""
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
        (
            "two lines",
            [(20, 110, 30, 60), (80, 110, 30, 60), (80, 20, 30, 60), (20, 20, 30, 60)],
            [[(20, 20, 30, 60), (80, 20, 30, 60)], [(20, 110, 30, 60), (80, 110, 30, 60)]],
        ),
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
def test_components_become_digits_in_order(name: str, boxes: list[Box], expected: list[list[Box]]) -> None:
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


def test_reference_height_is_that_of_components_at_least_half_as_high_as_the_highest() -> None:
    assert reference_height(np.array([[0, 0, 5, 40], [0, 0, 5, 44], [0, 0, 5, 42], [0, 0, 3, 4]])) == 42
    assert reference_height(np.array([[0, 0, 5, 100], [0, 0, 5, 52]])) == 76
    assert reference_height(np.array([[0, 0, 5, 100], [0, 0, 5, 48]])) == 100


def test_a_texture_of_thousands_of_components_ends_in_bounded_time() -> None:
    ink = np.zeros((1200, 1600), np.float32)
    ink[::8, ::8] = ink[1::8, ::8] = 1
    assert len(segment(ink).glyphs) == 1024


def test_ink_at_the_border_keeps_its_box_inside() -> None:
    assert lines_of(page((0, 0, 30, 60), shape=(60, 200))) == [[(0, 0, 30, 60)]]


def test_the_remains_of_a_shadow_at_the_border_are_left_out() -> None:
    ink = page(A, B)
    ink[150:, 300:] = 0.5
    assert [glyph.box_xywh for glyph in segment(ink).glyphs] == [A, B]


def test_a_digit_that_fills_the_picture_is_kept_beside_specks() -> None:
    """A component from border to border is a frame, unless it dominates and is not along the borders."""
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


D, E, F = (60, 100, 50, 100), (300, 100, 50, 100), (400, 100, 50, 100)  # digits 100 pixels high, the reference height


@pytest.mark.parametrize(
    ("near", "far", "merged"),
    [
        pytest.param((80, 80, 13, 13), (80, 80, 11, 11), (60, 80, 50, 120), id="a speck above is no part"),
        pytest.param((122, 105, 30, 10), (123, 105, 30, 10), (60, 100, 92, 100), id="a stroke beside, by its gap"),
        pytest.param((115, 134, 30, 10), (115, 137, 30, 10), (60, 100, 85, 100), id="a stroke beside, by its height"),
        pytest.param((70, 70, 30, 8), (70, 66, 30, 8), (60, 70, 50, 130), id="a stroke above, by the height of both"),
    ],
)
def test_a_small_component_is_part_of_a_digit_up_to_a_limit(near: Box, far: Box, merged: Box) -> None:
    assert lines_of(page(D, near, E, F, shape=(300, 600))) == [[merged, E, F]]
    assert lines_of(page(D, far, E, F, shape=(300, 600))) == [[D, E, F]]


@pytest.mark.parametrize(
    ("upper", "near", "far"),
    [
        pytest.param((60, 100, 50, 40), (60, 164, 50, 36), (60, 166, 50, 34), id="gap"),
        pytest.param((60, 100, 50, 49), (60, 157, 50, 77), (60, 157, 50, 80), id="height of both"),
        pytest.param((50, 100, 50, 40), (75, 155, 50, 50), (76, 155, 50, 50), id="overlap"),
    ],
)
def test_two_parts_above_each_other_are_one_digit_up_to_a_limit(upper: Box, near: Box, far: Box) -> None:
    def glyphs_of(lower: Box) -> set[Box]:
        return {glyph.box_xywh for glyph in segment(page(upper, lower, E, F, shape=(300, 600))).glyphs}

    x, y, right = min(upper[0], near[0]), upper[1], max(upper[0] + upper[2], near[0] + near[2])
    assert glyphs_of(near) == {(x, y, right - x, near[1] + near[3] - y), E, F}
    assert glyphs_of(far) == {upper, far, E, F}


@pytest.mark.parametrize(
    ("digit", "mark"),
    [
        pytest.param((200, 150, 46, 44), (200, 150, 44, 44), id="small"),
        pytest.param((200, 150, 60, 21), (200, 150, 60, 19), id="flat"),
    ],
)
def test_punctuation_is_small_or_flat_beside_the_digits(digit: Box, mark: Box) -> None:
    assert lines_of(page(D, digit, E, shape=(300, 600))) == [[D, digit, E]]
    assert lines_of(page(D, mark, E, shape=(300, 600))) == [[D, E]]


def ring(inset: int, thickness: int, side: int = 200, corner: tuple[int, int] = (20, 40)) -> list[Box]:
    """The four sides of a square frame."""
    x, y, side = corner[0] + inset, corner[1] + inset, side - 2 * inset
    bars = [(x, y, side, thickness), (x, y + side - thickness, side, thickness)]
    return [*bars, (x, y, thickness, side), (x + side - thickness, y, thickness, side)]


INSIDE = (150, 110, 24, 70)
PRINTED = [
    pytest.param(ring(0, 18), ring(0, 22), INSIDE, INSIDE, id="hollow"),
    pytest.param(ring(0, 4), ring(0, 4), (150, 110, 24, 62), (150, 110, 24, 58), id="around something as high"),
    pytest.param(
        [*ring(0, 4), (20, 130, 80, 10)], [*ring(0, 4), (20, 130, 110, 10)], INSIDE, INSIDE, id="little inside"
    ),
    pytest.param(
        [*ring(0, 4), *ring(35, 4), (20, 130, 36, 4)],
        [*ring(0, 4), *ring(45, 4), (20, 130, 46, 4)],
        INSIDE,
        INSIDE,
        id="double",
    ),
]


@pytest.mark.parametrize(("frame", "other", "framed", "merged"), PRINTED)
def test_a_printed_box_is_a_hollow_frame_around_a_digit(
    frame: list[Box], other: list[Box], framed: Box, merged: Box
) -> None:
    assert lines_of(page(*frame, framed, shape=(300, 600))) == [[framed]]
    assert lines_of(page(*other, merged, shape=(300, 600))) == [[(20, 40, 200, 200)]]


def test_what_runs_along_most_of_two_borders_is_a_frame() -> None:
    digits = [(60, 150, 50, 100), (160, 150, 50, 100)]
    for length, found in ((515, []), (500, [[(0, 0, 500, 60)]])):
        assert lines_of(page(*digits, (0, 0, length, 3), (0, 0, 3, 60), shape=(300, 600))) == [*found, digits]


@pytest.mark.parametrize(("inset", "box"), [(4, (48, 40, 4, 20)), (7, (0, 0, 93, 93))])
def test_a_frame_lies_near_the_border_of_the_picture(inset: int, box: Box) -> None:
    """A component that touches two borders but is mostly farther inside is a large digit with a speck in it."""
    spurs = [(50, 0, 2, inset + 1), (0, 50, inset + 1, 2)]
    assert lines_of(page(*ring(inset, 2, 100, (0, 0)), *spurs, (48, 40, 4, 20), shape=(100, 100))) == [[box]]


@pytest.mark.parametrize(("level", "kept"), [(0.75, False), (0.85, True)])
def test_a_shadow_at_the_border_is_nowhere_full_ink(level: float, kept: bool) -> None:
    ink = page(D, E, shape=(300, 600))
    ink[100:200, 550:] = level
    assert lines_of(ink) == [[D, E, (550, 100, 50, 100)] if kept else [D, E]]
