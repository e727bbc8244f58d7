"""Glyphs as one picture for the network that reads them as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.line_image import MARGIN, STEP, make_line_image
from inkling.pipeline.segmentation import segment
from tests.pipeline.over_segmentation.test_segmentation_graph import zeros_in_a_row


def test_a_digit_is_as_high_as_in_a_tile_and_the_rest_is_paper() -> None:
    ink = zeros_in_a_row(3)
    glyphs = segment(ink)
    strip = make_line_image(ink, glyphs, glyphs.flat)
    assert strip is not None
    assert strip.shape == (28, 2 * STEP)
    rows, columns = np.flatnonzero(strip.max(axis=1) > 0.1), np.flatnonzero(strip.max(axis=0) > 0.1)
    assert (rows[0], rows[-1]) == (MARGIN, 27 - MARGIN)
    assert columns[0] == MARGIN
    assert strip[:, columns[-1] + 2 :].max() == 0
    assert strip.min() >= 0
    assert strip.max() == 1


def test_only_the_ink_of_the_chosen_glyphs_is_shown() -> None:
    ink = zeros_in_a_row(3, apart=30)
    glyphs = segment(ink)
    assert len(glyphs.flat) == 3
    two = make_line_image(ink, glyphs, glyphs.flat[:2])
    ink[:, glyphs.flat[2].box_xywh[0] - 2 :] = 0
    alone = segment(ink)
    assert two is not None
    np.testing.assert_array_equal(two, make_line_image(ink, alone, alone.flat))


@pytest.mark.parametrize(("n", "fits"), [(5, True), (60, False)])
def test_what_is_too_wide_is_left_to_the_other_network(n: int, fits: bool) -> None:
    ink = zeros_in_a_row(n)
    glyphs = segment(ink)
    assert (make_line_image(ink, glyphs, glyphs.flat) is not None) == fits


def test_large_writing_gives_the_same_strip() -> None:
    ink = zeros_in_a_row(2)
    large = np.kron(ink, np.ones((4, 4), np.float32))
    strips = [make_line_image(each, found, found.flat) for each in (ink, large) if (found := segment(each))]
    assert strips[0] is not None
    assert strips[1] is not None
    assert np.abs(strips[0] - strips[1]).mean() < 0.03
