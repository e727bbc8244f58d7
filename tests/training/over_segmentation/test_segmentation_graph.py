import cv2
import numpy as np

from inkling.pipeline.segmentation import Segmentation, glyph_mask, segment
from inkling.training.over_segmentation.segmentation_graph import SegmentationGraph, build_graph


def zeros_in_a_row(n: int, *, pitch: int = 54, apart: int = 0) -> np.ndarray:
    """(130, W) float32: ovals whose strokes touch where `apart` is 0."""
    ink = np.zeros((130, 60 + n * (pitch + apart)), np.float32)
    for i in range(n):
        cv2.ellipse(ink, (50 + i * (pitch + apart), 65), (27, 45), 0, 0, 360, 1.0, 8)
    return ink


def graph_of(ink: np.ndarray, *, max_cuts: int) -> tuple[Segmentation, SegmentationGraph]:
    segmentation = segment(ink)
    chosen = segmentation.glyphs
    return segmentation, build_graph(
        segmentation, chosen, max_cuts=[max_cuts] * len(chosen), tallest=max(glyph.box_xywh[3] for glyph in chosen)
    )


def test_the_whole_glyph_is_a_segment() -> None:
    segmentation, graph = graph_of(zeros_in_a_row(2), max_cuts=6)
    whole = [part for part in graph.segments if (part.start, part.end) == (0, graph.last)]
    assert [part.glyph for part in whole] == segmentation.glyphs
    assert (whole[0].cut_score, whole[0].gaps, whole[0].height) == (None, 0, 1.0)


def test_two_segments_share_the_ink_between_them() -> None:
    segmentation, graph = graph_of(zeros_in_a_row(2), max_cuts=6)
    (glyph,) = segmentation.glyphs
    by_nodes = {(part.start, part.end): part.glyph for part in graph.segments}
    ink = np.count_nonzero(glyph_mask(segmentation, glyph))
    pairs = [
        (by_nodes[0, node], by_nodes[node, graph.last])
        for node in range(1, graph.last)
        if (0, node) in by_nodes and (node, graph.last) in by_nodes
    ]
    assert pairs
    for left, right in pairs:
        assert (
            np.count_nonzero(glyph_mask(segmentation, left)) + np.count_nonzero(glyph_mask(segmentation, right)) == ink
        )
        assert left.box_xywh[0] < right.box_xywh[0]


def test_boxes_fit_their_ink() -> None:
    segmentation, graph = graph_of(zeros_in_a_row(3), max_cuts=12)
    for part in graph.segments:
        own = glyph_mask(segmentation, part.glyph)
        assert own.shape == part.glyph.box_xywh[:1:-1]
        assert own[0].any()
        assert own[-1].any()
        assert own[:, 0].any()
        assert own[:, -1].any()


def test_no_segment_is_wider_than_a_digit() -> None:
    _, graph = graph_of(zeros_in_a_row(8), max_cuts=40)
    parts = [part.glyph for part in graph.segments if part.glyph.mask is not None]
    assert len(parts) > 50
    assert max(part.box_xywh[2] for part in parts) <= 1.5 * 99


def test_neighbours_may_be_one_digit_or_two() -> None:
    segmentation, graph = graph_of(zeros_in_a_row(2, apart=14), max_cuts=0)
    left, right = segmentation.glyphs
    found = {(part.start, part.end): part for part in graph.segments}
    assert set(found) == {(0, 1), (1, 2), (0, 2)}
    assert (found[0, 1].glyph, found[1, 2].glyph) == (left, right)
    both = found[0, 2]
    assert both.glyph.components == left.components + right.components
    assert both.glyph.mask is None
    assert [found[nodes].gaps for nodes in ((0, 1), (1, 2), (0, 2))] == [0, 0, 1]


def test_a_part_of_one_glyph_may_go_with_its_neighbour() -> None:
    ink = zeros_in_a_row(3, apart=0)
    ink[:, 132:138] = 0  # now two touch and one stands close
    segmentation, graph = graph_of(ink, max_cuts=6)
    mixed = [part.glyph for part in graph.segments if part.gaps and part.glyph.mask is not None]
    assert mixed
    for glyph in mixed:
        assert len(glyph.components) == 2
        assert glyph_mask(segmentation, glyph).shape == glyph.box_xywh[:1:-1]
