import numpy as np
import pytest

from inkling.pipeline.downscaling import CONFIG, downscale, upscale

SHAPES = [(28, 28), (64, 64), (95, 90), (280, 280), (333, 701), (1200, 1600), (9, 900), (1600, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_longer_side_is_about_the_small_one(shape: tuple[int, int]) -> None:
    small = downscale(np.zeros(shape, np.uint8))
    assert max(small.shape) == max(shape) or 0.7 * CONFIG.side_px <= max(small.shape) <= 1.5 * CONFIG.side_px
    assert min(small.shape) >= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_upscaling_undoes_downscaling(shape: tuple[int, int]) -> None:
    y, x = np.mgrid[: shape[0], : shape[1]]
    slope = (200 * (y + x) / sum(shape)).astype(np.uint8)
    back = upscale(downscale(slope), shape)
    assert back.shape == shape
    assert np.abs(back.astype(int) - slope).mean() < 6
