import numpy as np
import pytest

from inkling.pipeline.level_statistics import level_range, median_and_noise, median_level, upper_median


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_range_is_from_the_darkest_to_the_lightest(kind: type) -> None:
    assert level_range(np.array([[7, 3], [250, 9]], kind)) == 247
    assert level_range(np.full((3, 2), 9, kind)) == 0


def test_median_is_the_upper_one() -> None:
    assert median_level(np.array([[4, 1], [2, 3]], np.uint8)) == 3
    assert median_level(np.zeros((0, 4))) == 0


def histogram_of(levels: dict[int, int]) -> np.ndarray:
    histogram = np.zeros(256)
    histogram[list(levels)] = list(levels.values())
    return histogram


def test_noise_is_measured_below_the_median_only() -> None:
    spread = np.random.default_rng(0).normal(100, 5, 100_000).round().astype(int)
    histogram = np.bincount(np.append(spread, np.full(9_000, 240)), minlength=256)
    middle, sigma = median_and_noise(histogram)
    assert middle == pytest.approx(100, abs=1)
    assert sigma == pytest.approx(5, abs=0.5)
    assert median_and_noise(histogram_of({17: 50})) == (17, 0)


def test_the_upper_median_is_of_the_levels_above_otsus_threshold() -> None:
    assert upper_median(histogram_of({20: 500, 30: 300, 180: 20, 190: 30, 200: 10})) == 190
    assert upper_median(histogram_of({255: 40})) == 255
