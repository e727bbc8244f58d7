"""Find the best segmentation alone: the first of `ranking.rank_segmentations`, for a fraction of its inferences.

A wide glyph has some forty segments, and all but a few are on no good path. Before a segment is classified, its costs
are an upper bound of its score. So the best path by these bounds is sought, its segments are classified, and so on,
until the best path is one whose segments all are: A*, by Hart, Nilsson and Raphael, "A Formal Basis for the Heuristic
Determination of Minimum Cost Paths" (1968), with the network as the costly part. If the line recognizer gives the
path's text more than half of all probability, no other text can overtake it; else all paths are compared. Archives use
this; whoever needs to know how much better one segmentation is than others needs `rank_segmentations`.
"""

from __future__ import annotations

import numpy as np

from inkling.models.bundle import CutCosts
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.over_segmentation import ranking
from inkling.pipeline.over_segmentation.glyph_line_recognizer import log_likelihoods
from inkling.pipeline.over_segmentation.ranking import Classify, RecognizeLine, SegmentationHypothesis, segment_cost
from inkling.pipeline.over_segmentation.segmentation_graph import SegmentationGraph
from inkling.pipeline.segmentation import Glyph, Segmentation

ClassifiedGlyph = tuple[Glyph, np.ndarray, np.ndarray, float]  # a glyph, its (28, 28) tile, (10,) probs and not_digit


def best_segmentation(
    ink: np.ndarray,
    segmentation: Segmentation,
    tiles: np.ndarray,
    prediction: Prediction,
    classify: Classify,
    *,
    costs: CutCosts,
    recognize_line: RecognizeLine | None = None,
) -> SegmentationHypothesis:
    """As `rank_segmentations`, but the first alone. Its `log_weight` is 0, for the others are unknown."""

    def first_of_all() -> SegmentationHypothesis:
        return ranking.rank_segmentations(
            ink, segmentation, tiles, prediction, classify, costs=costs, recognize_line=recognize_line
        )[0]

    if ranking.whole_image_glyph(segmentation, prediction):  # perhaps one broken digit: rare, and all are compared
        return first_of_all()
    groups = ranking.group_glyphs(segmentation, ranking.find_doubtful(segmentation.glyphs, prediction))
    graphs = ranking.build_graphs(segmentation, groups)
    if not any(graphs):
        return SegmentationHypothesis(0.0, segmentation.lines, tiles, prediction)
    glyphs = segmentation.glyphs
    lines: list[list[ClassifiedGlyph]] = [[] for _ in segmentation.lines]
    for group, graph in zip(groups, graphs, strict=True):
        if graph is None:
            lines[group.line] += [
                (glyphs[i], tiles[i], prediction.probs[i], float(prediction.not_digit[i])) for i in group.numbers
            ]
        else:
            path = _best_path(graph, ink, segmentation, prediction, classify, costs=costs)
            line_probs = ranking.recognize_group(ink, segmentation, group, graph, recognize_line)
            digits = [int(probs.argmax()) for _, _, probs, _ in path]
            if not _is_settled(digits, line_probs):
                return first_of_all()
            probs, _ = ranking.combine_with_line(np.array([one[2] for one in path]), digits, line_probs, costs)
            lines[group.line] += [(*one[:2], of_digit, one[3]) for one, of_digit in zip(path, probs, strict=True)]
    found = [one for line in lines for one in line]
    of_all = Prediction(np.array([one[2] for one in found]), np.array([one[3] for one in found], np.float32))
    found_lines = [[one[0] for one in line] for line in lines if line]
    return SegmentationHypothesis(0.0, found_lines, np.array([one[1] for one in found]), of_all)


def _is_settled(digits: list[int], line_probs: np.ndarray | None) -> bool:
    """Whether the line recognizer's (T, 11) probabilities cannot prefer another text to the best path's."""
    return line_probs is None or bool(log_likelihoods(line_probs, [digits])[0] >= np.log(0.5))


def _best_path(
    graph: SegmentationGraph,
    ink: np.ndarray,
    segmentation: Segmentation,
    prediction: Prediction,
    classify: Classify,
    *,
    costs: CutCosts,
) -> list[ClassifiedGlyph]:
    """The segments of the best path through a graph, classified."""
    segments = graph.segments
    cost_of = [segment_cost(segment, costs) for segment in segments]
    bounds = [_upper_bound(segment.glyph, costs) - cost for segment, cost in zip(segments, cost_of, strict=True)]
    cut = next((segment.glyph for segment in segments if segment.glyph.mask is not None), None)
    classified: dict[int, ClassifiedGlyph] = {}
    while True:
        path = _best_arcs([(segment.start, segment.end) for segment in segments], bounds, last=graph.last)
        unknown = [i for i in path if i not in classified]
        if not unknown:
            return [classified[i] for i in path]
        chosen = [segments[i].glyph for i in unknown]
        tiles = _tiles(ink, segmentation, chosen, cut)
        of_chosen = ranking.reuse_known(classify(tiles), chosen, segmentation.glyphs, prediction)
        scored = ranking.score_as_digits(chosen, of_chosen, costs)
        for k, i in enumerate(unknown):
            bounds[i] = scored[k].score - cost_of[i]
            classified[i] = chosen[k], tiles[k], of_chosen.probs[k], float(of_chosen.not_digit[k])


def _tiles(ink: np.ndarray, segmentation: Segmentation, chosen: list[Glyph], cut: Glyph | None) -> np.ndarray:
    """The tiles of some segments as `rank_segmentations` makes them: beside a segment that is cut, if there is one.

    An image's only glyph is cropped with all the ink around it, unless others are cut from it.
    """
    beside = [cut] if cut is not None and all(glyph.mask is None for glyph in chosen) else []
    together = Segmentation([chosen + beside], segmentation.labels, segmentation.corner_xy)
    return normalize_glyphs(ink, together)[: len(chosen)]


def _upper_bound(glyph: Glyph, costs: CutCosts) -> float:
    """What a glyph scores as one digit if the network is certain of it."""
    _, _, w, h = glyph.box_xywh
    return -costs.excess_width * max(w / h - costs.usual_width, 0.0)


def _best_arcs(arcs: list[tuple[int, int]], scores: list[float], *, last: int) -> list[int]:
    """The numbers of the arcs on the best-scoring path from node 0 to node `last`; all arcs lead to the right."""
    best = [0.0] + [-np.inf] * last
    came_by: list[int | None] = [None] * (last + 1)
    for i in sorted(range(len(arcs)), key=lambda i: arcs[i][1]):
        start, end = arcs[i]
        if best[start] + scores[i] > best[end]:
            best[end], came_by[end] = best[start] + scores[i], i
    path: list[int] = []
    arc = came_by[last]
    while arc is not None:
        path.append(arc)
        arc = came_by[arcs[arc][0]]
    return path[::-1]
