import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.pipeline.box import Box
from inkling.pipeline.line_grouping import group_lines, slope


def row(n: int, *, x: int = 0, y: int = 0, pitch: int = 40, height: int = 50, fall: float = 0.0) -> list[Box]:
    """`n` boxes side by side, each lower than the previous one by `fall` times the pitch."""
    return [(x + pitch * i, round(y + fall * pitch * i), 28, height) for i in range(n)]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("nothing", []),
        ("one", [row(1)]),
        ("a row", [row(5)]),
        ("two rows", [row(5), row(4, y=70)]),
        ("a row of one below a row", [row(5), row(1, y=70)]),
        ("falling by 15 degrees, far apart", [row(5, pitch=130, fall=0.268)]),
        ("rising by 15 degrees, far apart", [row(5, y=300, pitch=130, fall=-0.268)]),
        ("two rising rows", [row(6, y=200, fall=-0.268), row(6, y=270, fall=-0.268)]),
        ("sizes mixed", [[(0, 0, 28, 50), (40, 12, 20, 30), (70, -8, 30, 66), (110, 20, 20, 28)]]),
        ("ten rows", [row(8, y=70 * i) for i in range(10)]),
    ],
)
def test_rows_are_found_in_order(name: str, lines: list[list[Box]]) -> None:
    boxes = [box for line in lines for box in line]
    shuffled = np.random.default_rng(0).permutation(len(boxes))
    found = group_lines(np.array([boxes[i] for i in shuffled], int).reshape(-1, 4))
    assert [[boxes[shuffled[i]] for i in line] for line in found] == lines, name


@pytest.mark.parametrize("fall", [-0.3, -0.1, 0.0, 0.1, 0.3])
def test_the_slope_is_that_of_the_rows(fall: float) -> None:
    boxes = row(6, fall=fall) + row(6, y=90, fall=fall)
    assert slope(np.array(boxes)) == pytest.approx(fall, abs=0.02)


def test_two_digits_tell_no_slope() -> None:
    assert slope(np.array(row(2, fall=0.3))) == 0.0


@pytest.mark.parametrize(("shift", "n_lines"), [(62, 1), (68, 2)])
def test_a_box_of_the_same_line_has_a_third_of_its_height_beside_the_last(shift: int, n_lines: int) -> None:
    boxes = [(0, 0, 60, 100), (80, 0, 60, 100), (160, shift, 60, 100)]
    assert len(group_lines(np.array(boxes))) == n_lines


@pytest.mark.parametrize(
    ("name", "boxes", "found"),
    [
        ("as steep as lines are expected", row(6, pitch=100, fall=0.38), 0.35),
        ("steeper, close together", row(6, pitch=100, fall=0.5), 0.0),
        ("steeper, far apart", row(6, pitch=140, fall=0.5), 0.0),
        ("steep, close together", row(6, pitch=40, fall=0.5), 0.35),
        ("too steep, close together", row(6, pitch=40, fall=0.58), 0.0),
        ("close enough to be neighbours", row(6, pitch=145, fall=0.2), 0.2),
        ("too far apart to be neighbours", row(6, pitch=155, fall=0.2), 0.0),
        ("on top of each other", row(3, pitch=4, fall=0.2), 0.0),
        ("beside each other, narrow", row(6, pitch=11, fall=0.2), 0.2),
        ("lower neighbours count", [(40 * i, *((17, 28, 32) if i % 2 else (0, 28, 50))) for i in range(6)], 0.2),
        ("much lower ones do not", [(40 * i, *((19, 28, 28) if i % 2 else (0, 28, 50))) for i in range(6)], 0.0),
    ],
)
def test_the_slope_is_that_of_near_neighbours(name: str, boxes: list[Box], found: float) -> None:
    assert slope(np.array(boxes)) == pytest.approx(found, abs=0.03), name


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 900)] * 2, *[st.integers(1, 200)] * 2), max_size=40))
def test_every_box_is_in_one_line_from_left_to_right(boxes: list[Box]) -> None:
    found = group_lines(np.array(boxes, int).reshape(-1, 4))
    assert sorted(i for line in found for i in line) == list(range(len(boxes)))
    for line in found:
        middles = [boxes[i][0] + boxes[i][2] / 2 for i in line]
        assert middles == sorted(middles)
