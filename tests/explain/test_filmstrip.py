from collections.abc import Sequence

import numpy as np
import pytest

from inkling import Reader
from inkling.explain.filmstrip import filmstrip
from inkling.explain.render import DARK, LIGHT
from inkling.explain.step import Step
from inkling.pipeline.reader import Trace
from tests.pictures import drawn_seven, row_of


@pytest.fixture(scope="module")
def trace(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> Trace:
    return reader.trace(row_of([digits[0][i] for i in (0, 3, 5, 8)]))


def assert_each_is_a_picture_of_bounded_size(steps: Sequence[Step]) -> None:
    for step in steps:
        assert step.title
        assert step.caption.endswith(".")
        for side in (300, 1024):
            for theme in (LIGHT, DARK):
                image = step.image(side, theme)
                assert image.dtype == np.uint8
                assert image.shape[2] == 3
                assert max(image.shape) <= side * 1.01, step.name
                assert np.ptp(image) > 100, "the image is not blank"


def test_the_steps_in_order(trace: Trace) -> None:
    steps = filmstrip(trace)
    assert [step.name for step in steps] == ["image", "ink", "glyphs", "tiles", "probs", "answer"]
    assert_each_is_a_picture_of_bounded_size(steps)


def test_boxes_stand_around_the_ink_that_they_name(trace: Trace) -> None:
    w, h = trace.reading.size_wh
    image = filmstrip(trace)[2].image(max(w, h), LIGHT)
    blue = (np.abs(image.astype(int) - LIGHT.plus).sum(axis=2) < 10).astype(int)
    for digit in trace.reading.digits:
        x, y, box_w, box_h = digit.box
        assert blue[y - 3 : y, x : x + box_w].max(axis=0).mean() > 0.9, "a line above"
        assert blue[y + box_h : y + box_h + 4, x : x + box_w].max(axis=0).mean() > 0.9, "a line below"
        assert not blue[y : y + box_h, x : x + box_w].any(), "no line over the ink"


def test_a_small_picture_is_enlarged_to_be_seen(reader: Reader) -> None:
    small = reader.trace(drawn_seven(side=40, width=4))
    assert filmstrip(small)[0].image(400).shape[:2] == (400, 400)
