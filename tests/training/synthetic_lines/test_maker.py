"""A synthetic line, from its text to the picture."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.symbols import CLASSES, MARK
from inkling.training.synthetic_lines import maker
from inkling.training.synthetic_lines.handwriting import DigitImages
from inkling.training.synthetic_lines.maker import make_line


def test_the_same_seed_gives_the_same_line(digit_images: DigitImages) -> None:
    (image, symbols), (again, same), (other, _) = (
        make_line(digit_images, np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    assert same == symbols
    np.testing.assert_array_equal(again, image)
    assert not np.array_equal(other, image)


@pytest.mark.parametrize("combs", [0.0, 1.0])
def test_lines_are_grey_pictures_of_known_symbols(
    combs: float, digit_images: DigitImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maker, "COMBS", combs)
    rng = np.random.default_rng(0)
    darker = []
    for _ in range(20):
        image, symbols = make_line(digit_images, rng)
        assert image.dtype == np.uint8
        assert image.ndim == 2
        assert min(image.shape) >= 8
        assert symbols
        assert set(symbols) <= set(CLASSES)
        darker.append(image.mean() < np.median(image))
    assert np.mean(darker) > 0.75, "most pictures are less than half dark"


def test_a_stroke_that_ends_a_line_is_a_mark(digit_images: DigitImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maker, "COMBS", 0.0)
    monkeypatch.setattr(maker, "ENDED", 1.0)
    rng = np.random.default_rng(0)
    assert all(make_line(digit_images, rng)[1][-1] == MARK for _ in range(10))
