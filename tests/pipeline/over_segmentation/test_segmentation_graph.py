import cv2
import numpy as np

from inkling.pipeline.over_segmentation.ranking import price_of
from inkling.pipeline.over_segmentation.segmentation_graph import SegmentationGraph, build_graph
from inkling.pipeline.segmentation import Segmentation, glyph_mask
from inkling.pipeline.segmentation import segment as find_glyphs


def zeros_in_a_row(n: int, *, pitch: int = 54, apart: int = 0) -> np.ndarray:
    """(130, W) float32: ovals whose strokes touch where `apart` is 0."""
    ink = np.zeros((130, 60 + n * (pitch + apart)), np.float32)
    for i in range(n):
        cv2.ellipse(ink, (50 + i * (pitch + apart), 65), (27, 45), 0, 0, 360, 1.0, 8)
    return ink


def lattice_of(ink: np.ndarray, *, seams: int) -> tuple[Segmentation, SegmentationGraph]:
    glyphs = find_glyphs(ink)
    chosen = glyphs.flat
    return glyphs, build_graph(
        glyphs, chosen, seams=[seams] * len(chosen), tallest=max(glyph.box_xywh[3] for glyph in chosen)
    )


def test_the_whole_glyph_is_a_segment_without_a_price() -> None:
    glyphs, lattice = lattice_of(zeros_in_a_row(2), seams=6)
    whole = [segment for segment in lattice.segments if (segment.start, segment.end) == (0, lattice.last)]
    assert [segment.glyph for segment in whole] == glyphs.flat
    assert price_of(whole[0]) == 0


def test_two_segments_share_the_ink_between_them() -> None:
    glyphs, lattice = lattice_of(zeros_in_a_row(2), seams=6)
    (glyph,) = glyphs.flat
    by_nodes = {(segment.start, segment.end): segment.glyph for segment in lattice.segments}
    ink = np.count_nonzero(glyph_mask(glyphs, glyph))
    pairs = [
        (by_nodes[0, node], by_nodes[node, lattice.last])
        for node in range(1, lattice.last)
        if (0, node) in by_nodes and (node, lattice.last) in by_nodes
    ]
    assert pairs
    for left, right in pairs:
        assert np.count_nonzero(glyph_mask(glyphs, left)) + np.count_nonzero(glyph_mask(glyphs, right)) == ink
        assert left.box_xywh[0] < right.box_xywh[0]


def test_boxes_fit_their_ink() -> None:
    glyphs, lattice = lattice_of(zeros_in_a_row(3), seams=12)
    for segment in lattice.segments:
        own = glyph_mask(glyphs, segment.glyph)
        assert own.shape == segment.glyph.box_xywh[:1:-1]
        assert own[0].any()
        assert own[-1].any()
        assert own[:, 0].any()
        assert own[:, -1].any()


def test_no_segment_is_wider_than_a_digit() -> None:
    _, lattice = lattice_of(zeros_in_a_row(8), seams=40)
    parts = [segment.glyph for segment in lattice.segments if segment.glyph.part is not None]
    assert len(parts) > 50
    assert max(part.box_xywh[2] for part in parts) <= 1.5 * 99


def test_neighbours_may_be_one_digit_or_two() -> None:
    glyphs, lattice = lattice_of(zeros_in_a_row(2, apart=14), seams=0)
    left, right = glyphs.flat
    found = {(segment.start, segment.end): segment for segment in lattice.segments}
    assert set(found) == {(0, 1), (1, 2), (0, 2)}
    assert (found[0, 1].glyph, found[1, 2].glyph) == (left, right)
    both = found[0, 2]
    assert both.glyph.components == left.components + right.components
    assert both.glyph.part is None
    assert both.gaps == 1
    assert price_of(both) > price_of(found[0, 1]) == price_of(found[1, 2]) == 0


def test_a_part_of_one_glyph_may_go_with_its_neighbour() -> None:
    ink = zeros_in_a_row(3, apart=0)
    ink[:, 132:138] = 0  # now two touch and one stands close
    glyphs, lattice = lattice_of(ink, seams=6)
    mixed = [segment.glyph for segment in lattice.segments if segment.gaps and segment.glyph.part is not None]
    assert mixed
    for glyph in mixed:
        assert len(glyph.components) == 2
        assert glyph_mask(glyphs, glyph).shape == glyph.box_xywh[:1:-1]
