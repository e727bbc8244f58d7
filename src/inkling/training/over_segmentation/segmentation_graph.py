"""Build the segmentation graph of neighbouring glyphs: every segment between two cuts, as a glyph of its own.

The nodes are, from left to right, the left end, the cut candidates of the first glyph, the gap to the next, its cut
candidates, and so on to the right end. What lies between two nodes is a segment if it has the shape of a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inkling.pipeline.segmentation import Glyph, Segmentation, bounding_box, glyph_mask
from inkling.training.over_segmentation.config import SEGMENTATION_GRAPH as CONFIG
from inkling.training.over_segmentation.cut_candidates import CutCandidate, find_cut_candidates


@dataclass(frozen=True)
class Segment:
    """What lies between two nodes."""

    start: int
    end: int
    cut_score: float | None  # of the cut at its end; None where nothing is cut
    gaps: int  # between glyphs, within the segment
    height: float  # of the line's tallest glyph
    glyph: Glyph


@dataclass(frozen=True)
class SegmentationGraph:
    """All segments of some glyphs."""

    last: int  # the number of the right end; the left one is 0
    segments: list[Segment]


@dataclass(frozen=True)
class _Node:
    glyph: int  # which glyph it cuts, or starts
    cut: CutCandidate | None  # None: the left end of the glyph
    x: float  # its middle, pixels of the ink image


def build_graph(
    segmentation: Segmentation, chosen: Sequence[Glyph], *, max_cuts: Sequence[int], tallest: int
) -> SegmentationGraph:
    """Neighbouring glyphs of a line, and how many cut candidates each may have at most -> their graph.

    `tallest`: height of the line's tallest glyph, pixels.
    """
    inks = [glyph_mask(segmentation, glyph) for glyph in chosen]
    nodes = []
    for i, (glyph, ink, most) in enumerate(zip(chosen, inks, max_cuts, strict=True)):
        x = glyph.box_xywh[0]
        nodes.append(_Node(i, None, x))
        for cut in find_cut_candidates(ink, max_cuts=most) if most else []:
            nodes.append(_Node(i, cut, x + float(cut.x.mean())))
    nodes.append(_Node(len(chosen), None, max(glyph.box_xywh[0] + glyph.box_xywh[2] for glyph in chosen)))
    segments = []
    for end in range(1, len(nodes)):
        for start in range(end):
            own = _between(segmentation, chosen, inks, nodes[start], nodes[end], tallest=tallest)
            if own is not None:
                gaps = nodes[end].glyph - nodes[start].glyph - (nodes[end].cut is None)
                last_cut = nodes[end].cut
                cut_score, height = last_cut.score if last_cut else None, own.box_xywh[3] / tallest
                segments.append(Segment(start, end, cut_score, gaps, height, own))
    return SegmentationGraph(len(nodes) - 1, segments)


def _between(
    segmentation: Segmentation,
    chosen: Sequence[Glyph],
    inks: list[np.ndarray],
    start: _Node,
    end: _Node,
    *,
    tallest: int,
) -> Glyph | None:
    """The ink between two nodes as one glyph; None where it has not the shape of a digit, or the cuts cross.

    A glyph that is whole comes back as it is, whatever its shape, so that there is always a path.
    """
    is_whole = start.cut is end.cut is None and end.glyph == start.glyph + 1
    if is_whole:
        return chosen[start.glyph]
    if end.x - start.x > (CONFIG.max_segment_width + 1) * tallest:
        return None
    parts: list[Glyph] = []
    for i in range(start.glyph, min(end.glyph + (end.cut is not None), len(chosen))):
        left = start.cut if i == start.glyph else None
        right = end.cut if i == end.glyph else None
        one = _cut(chosen[i], inks[i], left, right)
        if one is None:
            return None
        parts.append(one)
    whole = parts[0] if len(parts) == 1 else _united(segmentation, parts)
    if whole is chosen[start.glyph]:
        return whole
    _, _, w, h = whole.box_xywh
    fits = h >= CONFIG.min_segment_height * tallest and w <= CONFIG.max_segment_width * tallest
    return whole if fits else None


def _cut(glyph: Glyph, ink: np.ndarray, left: CutCandidate | None, right: CutCandidate | None) -> Glyph | None:
    """What lies between two cuts of a glyph; None where there is nothing, or where they cross."""
    if left is None and right is None:
        return glyph
    x0 = int(left.x.min()) if left else 0
    x1 = int(right.x.max()) if right else ink.shape[1]
    columns = np.arange(x0, max(x1, x0))
    own = ink[:, x0:x1]
    if left and right and (own & (columns < left.x[:, None]) & (columns >= right.x[:, None])).any():
        return None
    if left:
        own = own & (columns >= left.x[:, None])
    if right:
        own = own & (columns < right.x[:, None])
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if rows.size == 0:
        return None
    y0, y1, c0, c1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    x, y, _, _ = glyph.box_xywh
    return Glyph((x + x0 + c0, y + y0, c1 - c0, y1 - y0), glyph.components, own[y0:y1, c0:c1])


def _united(segmentation: Segmentation, parts: list[Glyph]) -> Glyph:
    """Several glyphs, or parts of them, as one."""
    box = bounding_box(np.array([part.box_xywh for part in parts]))
    components = tuple(component for part in parts for component in part.components)
    if all(part.mask is None for part in parts):
        return Glyph(box, components)
    own = np.zeros((box[3], box[2]), bool)
    for part in parts:
        x, y, w, h = part.box_xywh
        own[y - box[1] :, x - box[0] :][:h, :w] |= glyph_mask(segmentation, part)
    return Glyph(box, components, own)
