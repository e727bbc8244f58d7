"""Which glyphs are cut together, and that the work is bounded."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling.pipeline.segmentation import segment
from inkling.training.over_segmentation.glyph_groups import build_graphs, group_glyphs
from tests.training.over_segmentation.test_segmentation_graph import zeros_in_a_row


def test_only_doubtful_glyphs_that_are_close_make_a_group() -> None:
    segmentation = segment(zeros_in_a_row(3, apart=14))
    assert [group.numbers for group in group_glyphs(segmentation, [False] * 3)] == [(0,), (1,), (2,)]
    assert build_graphs(segmentation, group_glyphs(segmentation, [False] * 3)) == [None] * 3
    narrow = np.zeros((130, 140), np.float32)
    narrow[20:110, 40:50] = narrow[20:110, 55:65] = 1.0
    assert [group.numbers for group in group_glyphs(segment(narrow), [True, False])] == [(0, 1)]


def test_what_is_too_low_for_a_digit_of_its_line_is_not_cut() -> None:
    ink = np.pad(zeros_in_a_row(1), ((0, 0), (0, 120)))  # (130, 234)
    ink[20:48, 120:210] = 1.0
    segmentation = segment(ink)
    _, low = build_graphs(segmentation, group_glyphs(segmentation, [False, True]))
    assert low is not None
    assert len(low.segments) == 1


@pytest.mark.slow
def test_large_blobs_are_cut_a_few_times_only() -> None:
    """A few components, each half as high as the picture, none a digit; unbounded, 272 megapixels of cuts."""
    noise = np.random.default_rng(8).integers(0, 255, (1600, 1600)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 8)
    segmentation = segment((soft > soft.mean() + 0.7 * soft.std()).astype(np.float32))
    groups = group_glyphs(segmentation, [True] * len(segmentation.glyphs))
    graphs = build_graphs(segmentation, groups)
    boxes = [one.glyph.box_xywh for graph in graphs if graph for one in graph.segments]
    assert boxes, "there is something to cut"
    assert sum(w * h for _, _, w, h in boxes) < 200e6
