"""Converting a gray row to the line network's input."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.line_image import make_line_image


def row_with_stroke(h: int, w: int, *, paper: int = 220, ink: int = 60) -> np.ndarray:
    """A row with one vertical stroke in the middle, with a width of a tenth of the height."""
    row = np.full((h, w), paper, np.uint8)
    row[h // 4 : -(h // 4), w // 2 - h // 20 : w // 2 + h // 20 + 1] = ink
    return row


@pytest.mark.parametrize(
    ("size_hw", "width"),
    [((32, 100), 100), ((64, 198), 100), ((16, 50), 100), ((40, 5), 16), ((1, 1), 32), ((20, 20000), 1024)],
)
def test_the_height_is_32_and_the_width_a_multiple_of_4_within_limits(size_hw: tuple[int, int], width: int) -> None:
    image = make_line_image(np.full(size_hw, 200, np.uint8))
    assert image.shape == (32, width)
    assert image.dtype == np.float32
    assert not image.any()


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (220, 60), (140, 90)])
def test_ink_is_about_1_and_paper_0_whatever_the_contrast(paper: int, ink: int) -> None:
    image = make_line_image(row_with_stroke(64, 128, paper=paper, ink=ink))
    assert image[16, 32] == pytest.approx(1, abs=0.05)
    assert abs(image[:, :20]).max() == 0


def test_faint_noise_is_not_stretched_to_strokes() -> None:
    noise = np.random.default_rng(0).integers(198, 203, (32, 200)).astype(np.uint8)
    assert abs(make_line_image(noise)).max() < 0.3


def test_glare_and_blots_are_limited() -> None:
    row = np.full((32, 200), 200, np.uint8)
    row[4:28, 10:14] = 150
    row[4:28, 100], row[4:28, 150] = 0, 255
    image = make_line_image(row)
    assert (image.min(), image.max()) == (-0.5, 1.5)


def test_what_is_padded_is_paper_on_the_right() -> None:
    image = make_line_image(row_with_stroke(32, 33))
    assert image.shape == (32, 36)
    assert not image[:, 33:].any()


def test_the_same_writing_gives_the_same_image_at_any_size() -> None:
    small, large = row_with_stroke(40, 100), row_with_stroke(160, 400)
    assert np.abs(make_line_image(small) - make_line_image(large)).mean() < 0.03
