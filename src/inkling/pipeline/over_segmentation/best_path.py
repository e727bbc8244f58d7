"""glyphs -> the best parting alone: what `parting.part` gives first, with a fraction of its questions to the network.

A wide digit has some forty segments, and all but a few are on no good way. Before it is read, what a segment can score
at most is known: its price, and that of its width. So the best way by these hopes is sought, the segments on it that
were not read yet are read, and so on, until the best way is one that was read: A*, by Hart, Nilsson and Raphael, "A
Formal Basis for the Heuristic Determination of Minimum Cost Paths" (1968), with the network as the costly part. If the
network that reads the ink as a whole gives its text more than half of all probability, no other can overtake it; else
all ways are compared. Whoever needs to know how much better it is than others needs `rank_segmentations`.
"""

from __future__ import annotations

import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.line_recognizer import log_likelihoods
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.over_segmentation import ranking
from inkling.pipeline.over_segmentation.ranking import Classify, RecognizeLine, SegmentationHypothesis, price_of
from inkling.pipeline.over_segmentation.segmentation_graph import SegmentationGraph
from inkling.pipeline.segmentation import Glyph, Segmentation

Read = tuple[Glyph, np.ndarray, np.ndarray, float]  # a glyph, its (28, 28) tile, (10,) probs and not_digit


def best_segmentation(
    ink: np.ndarray,
    glyphs: Segmentation,
    tiles: np.ndarray,
    prediction: Prediction,
    classify: Classify,
    *,
    recognize_line: RecognizeLine | None = None,
) -> SegmentationHypothesis:
    """As `rank_segmentations`, but the first of the partings alone, whose `log_weight` says nothing."""

    def first_of_all() -> SegmentationHypothesis:
        return ranking.rank_segmentations(ink, glyphs, tiles, prediction, classify, recognize_line=recognize_line)[0]

    if ranking.whole_picture(glyphs, prediction):  # perhaps one broken digit: rare, and all ways are compared
        return first_of_all()
    stretches = ranking.in_stretches(glyphs, ranking.find_doubted(glyphs.flat, prediction))
    lattices = ranking.make_lattices(glyphs, stretches)
    if not any(lattices):
        return SegmentationHypothesis(0.0, glyphs.lines, tiles, prediction)
    flat = glyphs.flat
    lines: list[list[Read]] = [[] for _ in glyphs.lines]
    for stretch, lattice in zip(stretches, lattices, strict=True):
        if lattice is None:
            lines[stretch.line] += [
                (flat[i], tiles[i], prediction.probs[i], float(prediction.not_digit[i])) for i in stretch.numbers
            ]
        else:
            way = _best_way(lattice, ink, glyphs, prediction, classify)
            whole = ranking.read_whole(ink, glyphs, stretch, lattice, recognize_line)
            digits = [int(probs.argmax()) for _, _, probs, _ in way]
            if not _is_plain(digits, whole):
                return first_of_all()
            both, _ = ranking.with_whole(np.array([one[2] for one in way]), digits, whole)
            lines[stretch.line] += [(*one[:2], probs, one[3]) for one, probs in zip(way, both, strict=True)]
    read = [one for line in lines for one in line]
    judged = Prediction(np.array([one[2] for one in read]), np.array([one[3] for one in read], np.float32))
    found = [[one[0] for one in line] for line in lines if line]
    return SegmentationHypothesis(0.0, found, np.array([one[1] for one in read]), judged)


def _is_plain(digits: list[int], whole: np.ndarray | None) -> bool:
    """Whether the network that reads a stretch as a whole, (T, 11), cannot prefer another text to the best way's."""
    return whole is None or bool(log_likelihoods(whole, [digits])[0] >= np.log(0.5))


def _best_way(
    lattice: SegmentationGraph, ink: np.ndarray, glyphs: Segmentation, prediction: Prediction, classify: Classify
) -> list[Read]:
    """The segments of the best way through a lattice, read."""
    segments = lattice.segments
    prices = [price_of(segment) for segment in segments]
    worth = [_at_most(segment.glyph) - price for segment, price in zip(segments, prices, strict=True)]
    cut = next((segment.glyph for segment in segments if segment.glyph.part is not None), None)
    read: dict[int, Read] = {}
    while True:
        way = _through([(segment.start, segment.end) for segment in segments], worth, last=lattice.last)
        unread = [i for i in way if i not in read]
        if not unread:
            return [read[i] for i in way]
        asked = [segments[i].glyph for i in unread]
        tiles = _tiles(ink, glyphs, asked, cut)
        judged = ranking.known_or(classify(tiles), asked, glyphs.flat, prediction)
        ways = ranking.as_one_digit(asked, judged)
        for k, i in enumerate(unread):
            worth[i] = ways[k].score - prices[i]
            read[i] = asked[k], tiles[k], judged.probs[k], float(judged.not_digit[k])


def _tiles(ink: np.ndarray, glyphs: Segmentation, asked: list[Glyph], cut: Glyph | None) -> np.ndarray:
    """The tiles of some segments, as `rank_segmentations` makes them: together with a segment that is cut where
    there is one.

    A picture's only glyph is cropped with all the ink around it, unless others are cut from it.
    """
    beside = [cut] if cut is not None and all(glyph.part is None for glyph in asked) else []
    return normalize_glyphs(ink, Segmentation([asked + beside], glyphs.labels, glyphs.corner_xy))[: len(asked)]


def _at_most(glyph: Glyph) -> float:
    """What a glyph scores, read as one digit, if the network is certain of it."""
    _, _, w, h = glyph.box_xywh
    return -ranking.WIDER * max(w / h - ranking.USUAL_WIDTH, 0.0)


def _through(arcs: list[tuple[int, int]], worth: list[float], *, last: int) -> list[int]:
    """The numbers of the arcs on the way from node 0 to node `last` that is worth most; all arcs lead to the right."""
    best = [0.0] + [-np.inf] * last
    came: list[int | None] = [None] * (last + 1)
    for i in sorted(range(len(arcs)), key=lambda i: arcs[i][1]):
        start, end = arcs[i]
        if best[start] + worth[i] > best[end]:
            best[end], came[end] = best[start] + worth[i], i
    way: list[int] = []
    arc = came[last]
    while arc is not None:
        way.append(arc)
        arc = came[arcs[arc][0]]
    return way[::-1]
