"""Glyphs as one image for the line recognizer."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.over_segmentation.glyph_line_image import MARGIN, make_glyph_line_image
from inkling.pipeline.segmentation import segment
from tests.pipeline.over_segmentation.test_segmentation_graph import zeros_in_a_row


def test_a_digit_is_as_high_as_in_a_tile_and_the_rest_is_paper() -> None:
    ink = zeros_in_a_row(3)
    glyphs = segment(ink)
    line_image = make_glyph_line_image(ink, glyphs, glyphs.glyphs)
    assert line_image is not None
    assert line_image.shape == (28, 56)
    rows, columns = np.flatnonzero(line_image.max(axis=1) > 0.1), np.flatnonzero(line_image.max(axis=0) > 0.1)
    assert (rows[0], rows[-1]) == (MARGIN, 27 - MARGIN)
    assert columns[0] == MARGIN
    assert line_image[:, columns[-1] + 2 :].max() == 0
    assert line_image.min() >= 0
    assert line_image.max() == 1


def test_only_the_ink_of_the_chosen_glyphs_is_shown() -> None:
    ink = zeros_in_a_row(3, apart=30)
    glyphs = segment(ink)
    assert len(glyphs.glyphs) == 3
    two = make_glyph_line_image(ink, glyphs, glyphs.glyphs[:2])
    ink[:, glyphs.glyphs[2].box_xywh[0] - 2 :] = 0
    alone = segment(ink)
    assert two is not None
    np.testing.assert_array_equal(two, make_glyph_line_image(ink, alone, alone.glyphs))


@pytest.mark.parametrize(("n", "width"), [(1, 28), (2, 56), (5, 84)])
def test_widths_are_multiples_of_28(n: int, width: int) -> None:
    ink = zeros_in_a_row(n)
    found = segment(ink)
    line_image = make_glyph_line_image(ink, found, found.glyphs)
    assert line_image is not None
    assert line_image.shape == (28, width)


@pytest.mark.parametrize(("n", "fits"), [(5, True), (24, True), (26, False), (60, False)])
def test_what_is_too_wide_gets_no_line_image(n: int, fits: bool) -> None:
    ink = zeros_in_a_row(n)
    glyphs = segment(ink)
    assert (make_glyph_line_image(ink, glyphs, glyphs.glyphs) is not None) == fits


def test_large_writing_gives_the_same_line_image() -> None:
    ink = zeros_in_a_row(2)
    large = np.kron(ink, np.ones((4, 4), np.float32))
    line_images = [
        make_glyph_line_image(each, found, found.glyphs) for each in (ink, large) if (found := segment(each))
    ]
    assert line_images[0] is not None
    assert line_images[1] is not None
    assert np.abs(line_images[0] - line_images[1]).mean() < 0.03
