import numpy as np
import pytest

from inkling import Reader
from inkling.explain.filmstrip import filmstrip, find_cuts
from inkling.explain.render import DARK, LIGHT
from inkling.pipeline.reader import Trace
from tests.pictures import drawn_seven, row_of


@pytest.fixture(scope="module")
def trace(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> Trace:
    return reader.trace(row_of([digits[0][i] for i in (0, 3, 5, 8)]))


def test_the_steps_in_order_each_a_picture_of_bounded_size(trace: Trace) -> None:
    steps = filmstrip(trace)
    assert [step.name for step in steps] == ["image", "ink", "glyphs", "tiles", "probs", "answer"]
    for step in steps:
        assert step.title
        assert step.caption.endswith(".")
        for side in (300, 1024):
            for theme in (LIGHT, DARK):
                image = step.image(side, theme)
                assert image.dtype == np.uint8
                assert image.shape[2] == 3
                assert max(image.shape) <= side * 1.01, step.name
                assert np.ptp(image) > 100, "something is to be seen"


def test_boxes_stand_around_the_ink_that_they_name(trace: Trace) -> None:
    w, h = trace.reading.size_wh
    image = filmstrip(trace)[2].image(max(w, h), LIGHT)
    blue = (np.abs(image.astype(int) - LIGHT.plus).sum(axis=2) < 10).astype(int)
    for digit in trace.reading.digits:
        x, y, box_w, box_h = digit.box
        assert blue[y - 3 : y, x : x + box_w].max(axis=0).mean() > 0.9, "a line above"
        assert blue[y + box_h : y + box_h + 4, x : x + box_w].max(axis=0).mean() > 0.9, "and below"
        assert not blue[y : y + box_h, x : x + box_w].any(), "and none over the ink"


def test_a_small_picture_is_enlarged_to_be_seen(reader: Reader) -> None:
    small = reader.trace(drawn_seven(side=40, width=4))
    assert filmstrip(small)[0].image(400).shape[:2] == (400, 400)


@pytest.mark.parametrize(("joined", "expected"), [(False, []), (True, [(60, 20, 60, 80)])])
def test_a_cut_is_where_two_boxes_share_one_piece_of_ink(
    trace: Trace, joined: bool, expected: list[tuple[int, int, int, int]]
) -> None:
    ink = np.zeros((100, 120), np.float32)
    ink[20:80, 20:26] = ink[20:80, 54:60] = ink[20:80, 61:67] = ink[20:80, 94:100] = 1
    ink[20:26, 20:60] = ink[20:26, 61:100] = 1
    if joined:
        ink[50, 55:65] = 1
    two = Trace(
        trace.image, ink, [[(20, 20, 40, 60), (61, 20, 39, 60)]], trace.tiles, trace.probs, trace.reading, trace.sure_at
    )
    reading = trace.reading
    object.__setattr__(two, "reading", type(reading)(reading.outcome, "", 0, (), (120, 100)))
    assert find_cuts(two) == expected
