"""Rank the segmentations of glyphs that may be touching or broken digits: over-segmentation and n-best paths.

A glyph that is wide, or that the network doubts, is cut at candidate places and tried together with its neighbours.
Every path through the graph of segments is a segmentation. All segments are classified in one batch, and dynamic
programming finds the segmentations whose digits together are the most probable: the segmentation graph of Matan et al.,
"Multi-digit recognition using a space displacement neural network" (1991), and of the graph transformer networks of
LeCun et al., "Gradient-based learning applied to document recognition" (1998). The line recognizer, which reads the ink
as a whole and cuts nothing, then says how probable it takes each of the best texts to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.models.bundle import CutCosts
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.over_segmentation import RANKING as CONFIG
from inkling.pipeline.config.over_segmentation import SEGMENTATION_GRAPH
from inkling.pipeline.ctc import greedy_decode
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.over_segmentation.glyph_line_image import make_glyph_line_image
from inkling.pipeline.over_segmentation.glyph_line_recognizer import (
    log_likelihoods,
    substitution_log_likelihoods,
)
from inkling.pipeline.over_segmentation.n_best_paths import (
    EMPTY_PATH,
    Arc,
    GraphPath,
    best_combinations,
    best_path_for_text,
    best_paths,
)
from inkling.pipeline.over_segmentation.segmentation_graph import Segment, SegmentationGraph, build_graph
from inkling.pipeline.segmentation import BoxXywh, Glyph, Segmentation, bounding_box

Classify = Callable[[np.ndarray], Prediction]  # (N, 28, 28) tiles -> calibrated prediction
RecognizeLine = Callable[[np.ndarray], np.ndarray]  # (28, w) line image -> (T, 11) probabilities of its columns


@dataclass(frozen=True)
class SegmentationHypothesis:
    """One segmentation of an image's ink into N digits."""

    log_weight: float  # natural logarithm of its share among the segmentations that are kept: their exp sum to 1
    lines: list[list[Glyph]]  # in reading order
    tiles: np.ndarray  # (N, 28, 28) float32
    prediction: Prediction  # of the N glyphs


@dataclass(frozen=True)
class GlyphGroup:
    """Neighbouring glyphs of a line that are segmented together; mostly one alone."""

    line: int
    numbers: tuple[int, ...]  # of the glyphs, in reading order
    doubtful: tuple[bool, ...]  # which of them may be several digits or a part of one


def rank_segmentations(
    ink: np.ndarray,
    segmentation: Segmentation,
    tiles: np.ndarray,
    prediction: Prediction,
    classify: Classify,
    *,
    costs: CutCosts,
    recognize_line: RecognizeLine | None = None,
) -> list[SegmentationHypothesis]:
    """(H, W) float32 ink, its N glyphs, their tiles and prediction -> its segmentations, the best first.

    Where no glyph may be several digits or a part of one, the only segmentation is the one given.
    """
    whole_image = whole_image_glyph(segmentation, prediction)
    groups = group_glyphs(segmentation, find_doubtful(segmentation.glyphs, prediction))
    graphs = build_graphs(segmentation, groups)
    parts = [segment.glyph for graph in graphs if graph for segment in graph.segments] + whole_image
    if not parts:
        return [SegmentationHypothesis(0.0, segmentation.lines, tiles, prediction)]
    part_tiles = normalize_glyphs(ink, Segmentation([parts], segmentation.labels, segmentation.corner_xy))
    glyphs, tiles = segmentation.glyphs + parts, np.concatenate([tiles, part_tiles])
    of_parts = reuse_known(classify(part_tiles), parts, segmentation.glyphs, prediction)
    prediction = Prediction(
        np.concatenate([prediction.probs, of_parts.probs]), np.concatenate([prediction.not_digit, of_parts.not_digit])
    )
    scored = score_as_digits(glyphs, prediction, costs)
    number = len(glyphs) - len(parts)
    choices, line_probs = [], []
    for group, graph in zip(groups, graphs, strict=True):
        line_probs.append(recognize_group(ink, segmentation, group, graph, recognize_line))
        if graph is None:
            choices.append([scored[i] for i in group.numbers])
            continue
        of_group = scored[number : number + len(graph.segments)]
        choices.append(rank_paths(graph, of_group, line_probs[-1], costs))
        number += len(of_group)
    combinations = best_combinations(choices)
    if whole_image:
        cost = costs.whole_image_gap * (len(segmentation.glyphs) - 1)
        combinations = _add_whole_image(combinations, EMPTY_PATH.then(scored[-1], cost=cost), len(groups))
    return _hypotheses(combinations, groups, glyphs, tiles, prediction, line_probs=line_probs, costs=costs)


def recognize_group(
    ink: np.ndarray,
    segmentation: Segmentation,
    group: GlyphGroup,
    graph: SegmentationGraph | None,
    recognize_line: RecognizeLine | None,
) -> np.ndarray | None:
    """(T, 11): the line recognizer's column probabilities of a group.

    None without a line recognizer, where there is but one path, or where the group is too wide.
    """
    if recognize_line is None or graph is None or len(graph.segments) == 1:
        return None
    line_image = make_glyph_line_image(ink, segmentation, [segmentation.glyphs[i] for i in group.numbers])
    return None if line_image is None else recognize_line(line_image)


def rank_paths(
    graph: SegmentationGraph, scored: list[GraphPath], line_probs: np.ndarray | None, costs: CutCosts
) -> list[GraphPath]:
    """The paths through a graph whose segments are scored as one digit each, the best first.

    `line_probs`: the line recognizer's (T, 11) probabilities. How probable it takes the texts of the paths to be
    counts, and the best path to the text that it would give is one of them.
    """
    arcs = [
        Arc(segment.start, segment.end, segment_cost(segment, costs), path)
        for segment, path in zip(graph.segments, scored, strict=True)
    ]
    paths = best_paths(arcs, last=graph.last)
    if line_probs is None:
        return paths
    preferred = best_path_for_text(arcs, greedy_decode(line_probs), last=graph.last)
    if preferred and preferred.digits not in [path.digits for path in paths]:
        paths.append(preferred)
    logs = limit_trust(log_likelihoods(line_probs, [path.digits for path in paths]), costs)
    found = [path.then(EMPTY_PATH, cost=-log) for path, log in zip(paths, logs.tolist(), strict=True)]
    return sorted(found, key=lambda path: -path.score)


def whole_image_glyph(segmentation: Segmentation, prediction: Prediction) -> list[Glyph]:
    """All ink of an image as one glyph where it may be one broken digit; none where it may not."""
    glyphs = segmentation.glyphs
    if not 2 <= len(glyphs) <= CONFIG.max_whole_image_glyphs or not prediction.not_digit.any():
        return []
    box = bounding_box(np.array([glyph.box_xywh for glyph in glyphs]))
    if box[2] > CONFIG.max_whole_image_aspect_ratio * box[3]:
        return []
    return [Glyph(box, tuple(component for glyph in glyphs for component in glyph.components))]


def _add_whole_image(
    combinations: list[tuple[GraphPath, ...]], whole: GraphPath, n: int
) -> list[tuple[GraphPath, ...]]:
    """The combinations of a path for each of `n` groups, and that of one digit in the place of all, sorted.

    Where one of the combinations already reads that digit, it is not added.
    """
    if any(sum((path.digits for path in paths), ()) == whole.digits for paths in combinations):
        return combinations
    every = [*combinations, (whole, *[EMPTY_PATH] * (n - 1))]
    return sorted(every, key=lambda paths: -sum(path.score for path in paths))


def find_doubtful(glyphs: list[Glyph], prediction: Prediction) -> list[bool]:
    """Which glyphs may be several digits or a part of one: the wide, and those that the network takes for no digit.

    None for a network that cannot refuse: to it the halves of a digit are digits too, as sure as any.
    """
    if not prediction.not_digit.any():
        return [False] * len(glyphs)
    found = []
    for glyph, not_digit in zip(glyphs, prediction.not_digit, strict=True):
        _, _, w, h = glyph.box_xywh
        doubted = w > CONFIG.min_wide_aspect_ratio * h or not_digit > CONFIG.doubted_at
        found.append(bool(doubted) and w <= CONFIG.max_aspect_ratio * h)
    return found


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


def segment_cost(segment: Segment, costs: CutCosts) -> float:
    """What a segment costs before it is classified, in nats."""
    cut = 0.0 if segment.cut_score is None else costs.cut - costs.cut_score * segment.cut_score
    return cut + costs.gap * segment.gaps + costs.missing_height * max(costs.usual_height - segment.height, 0.0)


def max_cuts(box_xywh: BoxXywh) -> int:
    """How many cuts are tried in a glyph, by its box."""
    _, _, w, h = box_xywh
    return int(np.ceil(CONFIG.max_cuts_per_square * max(w / h, 1.0)))


def reuse_known(of_parts: Prediction, parts: list[Glyph], glyphs: list[Glyph], known: Prediction) -> Prediction:
    """The prediction of parts; of those that are whole glyphs what is `known` already, perhaps from several views."""
    number = {id(glyph): i for i, glyph in enumerate(glyphs)}
    here = [i for i, part in enumerate(parts) if id(part) in number]
    there = [number[id(parts[i])] for i in here]
    probs, not_digit = of_parts.probs.copy(), of_parts.not_digit.copy()
    probs[here], not_digit[here] = known.probs[there], known.not_digit[there]
    return Prediction(probs, not_digit)


def score_as_digits(glyphs: list[Glyph], prediction: Prediction, costs: CutCosts) -> list[GraphPath]:
    """Each glyph read as one digit."""
    w, h = np.array([glyph.box_xywh[2:] for glyph in glyphs], float).T
    accepted = costs.refusal_weight * np.log(np.maximum(1 - prediction.not_digit, costs.min_probability))
    weights = accepted - costs.excess_width * np.maximum(w / h - costs.usual_width, 0)
    scores = weights + np.log(np.maximum(prediction.probs.max(axis=1), costs.min_probability))
    digits = prediction.probs.argmax(axis=1)
    of_each = zip(scores.tolist(), weights.tolist(), digits.tolist(), strict=True)
    return [GraphPath(score, weight, (i,), (digit,)) for i, (score, weight, digit) in enumerate(of_each)]


def limit_trust(logs: np.ndarray, costs: CutCosts) -> np.ndarray:
    """The line recognizer's log-likelihoods -> as far as they are believed, for it may be altogether wrong."""
    return np.asarray(np.logaddexp(logs, np.log(costs.line_misread)))


def combine_with_line(
    probs: np.ndarray, digits: Sequence[int], line_probs: np.ndarray | None, costs: CutCosts
) -> tuple[np.ndarray, float]:
    """(n, 10) probabilities of digits that were cut -> the same combined with the line recognizer's.

    `digits`: the most probable n; `line_probs`: (T, 11). The probabilities of one digit are multiplied with those of
    the texts that have it in this place. Also returns the logarithm of what the most probable digits lost, in nats.
    """
    if line_probs is None or len(digits) < 2:
        return probs, 0.0
    both = probs * np.exp(limit_trust(substitution_log_likelihoods(line_probs, digits), costs))
    both = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
    chosen = np.arange(len(digits)), list(digits)
    before, after = (np.maximum(each[chosen], costs.min_probability) for each in (probs, both))
    return both, float(np.log(before / after).sum())


def _hypotheses(
    combinations: list[tuple[GraphPath, ...]],
    groups: list[GlyphGroup],
    glyphs: list[Glyph],
    tiles: np.ndarray,
    prediction: Prediction,
    *,
    line_probs: list[np.ndarray | None],
    costs: CutCosts,
) -> list[SegmentationHypothesis]:
    """Combinations of a path for each group, the best first -> hypotheses."""
    known: dict[tuple[int, ...], tuple[np.ndarray, float]] = {}
    log_weights, probs = [], []
    for paths in combinations:
        for path, of_line in zip(paths, line_probs, strict=True):
            if path.glyph_numbers not in known:
                own = prediction.probs[list(path.glyph_numbers)]
                known[path.glyph_numbers] = combine_with_line(own, path.digits, of_line, costs)
        log_weights.append(sum(path.log_weight + known[path.glyph_numbers][1] for path in paths))
        probs.append(np.concatenate([known[path.glyph_numbers][0] for path in paths]))
    total = float(np.logaddexp.reduce(log_weights))
    hypotheses = []
    for paths, log_weight, of_paths in zip(combinations, log_weights, probs, strict=True):
        lines: list[list[Glyph]] = [[] for _ in range(groups[-1].line + 1)]
        for group, path in zip(groups, paths, strict=True):
            lines[group.line] += [glyphs[i] for i in path.glyph_numbers]
        chosen = [i for path in paths for i in path.glyph_numbers]
        hypotheses.append(
            SegmentationHypothesis(
                log_weight - total,
                [line for line in lines if line],
                tiles[chosen],
                Prediction(of_paths, prediction.not_digit[chosen]),
            )
        )
    return hypotheses
