import numpy as np
import pytest

from inkling.road.levels import extent, middle


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_extent_is_from_the_darkest_to_the_lightest(kind: type) -> None:
    assert extent(np.array([[7, 3], [250, 9]], kind)) == 247
    assert extent(np.full((3, 2), 9, kind)) == 0


def test_middle_is_the_upper_median() -> None:
    assert middle(np.array([[4, 1], [2, 3]], np.uint8)) == 3
    assert middle(np.zeros((0, 4))) == 0
