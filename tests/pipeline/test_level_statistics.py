import numpy as np
import pytest

from inkling.pipeline.level_statistics import level_range, median_level


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_range_is_from_the_darkest_to_the_lightest(kind: type) -> None:
    assert level_range(np.array([[7, 3], [250, 9]], kind)) == 247
    assert level_range(np.full((3, 2), 9, kind)) == 0


def test_median_is_the_upper_one() -> None:
    assert median_level(np.array([[4, 1], [2, 3]], np.uint8)) == 3
    assert median_level(np.zeros((0, 4))) == 0
