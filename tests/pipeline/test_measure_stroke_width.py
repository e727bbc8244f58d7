import numpy as np
import pytest

from inkling.pipeline.measure_stroke_width import stroke_width


@pytest.mark.parametrize("width", [2, 4, 7, 12, 25])
def test_stroke_width_of_a_bar(width: int) -> None:
    mask = np.zeros((80, 200), np.uint8)
    mask[20 : 20 + width, 10:190] = 1
    assert stroke_width(mask) == pytest.approx(width, rel=0.15, abs=0.6)


def test_nothing_has_the_least_width() -> None:
    assert stroke_width(np.zeros((20, 20), np.uint8)) == 1.0
