"""Glyphs that are cut together, and the segmentation graph of each such group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.pipeline.segmentation import BoxXywh, Glyph, Segmentation, bounding_box
from inkling.training.over_segmentation.config import GLYPH_GROUPS as CONFIG
from inkling.training.over_segmentation.config import SEGMENTATION_GRAPH
from inkling.training.over_segmentation.segmentation_graph import SegmentationGraph, build_graph


@dataclass(frozen=True)
class GlyphGroup:
    """Neighbouring glyphs of a line that are segmented together; mostly one alone."""

    line: int
    numbers: tuple[int, ...]  # of the glyphs, in reading order
    doubtful: tuple[bool, ...]  # which of them may be several digits or a part of one


def group_glyphs(segmentation: Segmentation, doubtful: list[bool]) -> list[GlyphGroup]:
    """All glyphs in reading order; a doubtful one together with the neighbours with which it may be one digit."""
    groups: list[GlyphGroup] = []
    number = 0
    for i, line in enumerate(segmentation.lines):
        before: Glyph | None = None
        for glyph in line:
            doubt = doubtful[number]
            last = groups[-1] if before else None
            if last and before and (doubt or last.doubtful[-1]) and _may_be_one(before, glyph):
                groups[-1] = GlyphGroup(i, (*last.numbers, number), (*last.doubtful, doubt))
            else:
                groups.append(GlyphGroup(i, (number,), (doubt,)))
            before, number = glyph, number + 1
    return groups


def _may_be_one(left: Glyph, right: Glyph) -> bool:
    """Whether two neighbours may be parts of one digit, by their boxes."""
    _, _, w, h = bounding_box(np.array([left.box_xywh, right.box_xywh]))
    gap = w - left.box_xywh[2] - right.box_xywh[2]
    tallest = max(left.box_xywh[3], right.box_xywh[3])
    return (
        gap <= CONFIG.max_neighbor_gap * tallest
        and w <= CONFIG.max_pair_width * tallest
        and h <= CONFIG.max_pair_height * tallest
    )


def build_graphs(segmentation: Segmentation, groups: list[GlyphGroup]) -> list[SegmentationGraph | None]:
    """The graph of each group in which something is doubtful.

    What is too low for a digit of its line is not cut: it may be a part of one, as the first stroke of a 7 is.
    """
    glyphs, cuts_left, pixels_left = segmentation.glyphs, CONFIG.max_cuts, CONFIG.max_cut_pixels
    tallest = [max(glyph.box_xywh[3] for glyph in line) for line in segmentation.lines]
    graphs: list[SegmentationGraph | None] = []
    for group in groups:
        if not any(group.doubtful):
            graphs.append(None)
            continue
        chosen = [glyphs[i] for i in group.numbers]
        cuts = []
        for glyph, doubt in zip(chosen, group.doubtful, strict=True):
            is_cut = doubt and glyph.box_xywh[3] >= SEGMENTATION_GRAPH.min_segment_height * tallest[group.line]
            pixels = glyph.box_xywh[3] ** 2 * len(chosen)
            cuts.append(min(cuts_left, pixels_left // pixels, max_cuts(glyph.box_xywh)) if is_cut else 0)
            cuts_left -= cuts[-1]
            pixels_left -= cuts[-1] * pixels
        graphs.append(build_graph(segmentation, chosen, max_cuts=cuts, tallest=tallest[group.line]))
    return graphs


def max_cuts(box_xywh: BoxXywh) -> int:
    """How many cuts are tried in a glyph, by its box."""
    _, _, w, h = box_xywh
    return int(np.ceil(CONFIG.max_cuts_per_square * max(w / h, 1.0)))
