"""The capture of synthetic lines."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.training.synthetic_lines import camera
from inkling.training.synthetic_lines.camera import capture

BILEVEL = pytest.mark.parametrize("bilevel", [0.0, 1.0])


def page() -> np.ndarray:
    """White paper with a black bar."""
    paper = np.ones((60, 150), np.float32)
    paper[20:40, 60:90] = 0
    return paper


@BILEVEL
def test_ink_stays_darker_than_paper(bilevel: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "BILEVEL", bilevel)
    for seed in range(15):
        image = capture(page(), np.random.default_rng(seed))
        h, w = image.shape
        assert image.dtype == np.uint8
        assert 12 <= h <= 60
        assert w <= 150
        bar = image[h * 5 // 12 : h * 7 // 12, w * 9 // 20 : w * 11 // 20]
        assert bar.mean() + 60 < np.median(image)
        if bilevel:
            assert set(np.unique(image)) == {0, 255}


@BILEVEL
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_empty_page_is_seen_too(level: float, bilevel: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "BILEVEL", bilevel)
    for seed in range(5):
        assert capture(np.full((20, 9), level, np.float32), np.random.default_rng(seed)).size
