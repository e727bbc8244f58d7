"""glyphs -> partings: the ways in which glyphs may be digits that touch or broken ones, ranked by the network.

A glyph that is wide, or that the network doubts, is cut along seams and tried together with its neighbours. Every way
through the lattice of segments is a parting. All segments are shown to the network at once, and dynamic programming
finds the partings whose digits together are the most probable: the segmentation lattice of Matan et al.,
"Multi-digit recognition using a space displacement neural network" (1991), and of the graph transformer networks of
LeCun et al., "Gradient-based learning applied to document recognition" (1998). A second network, which reads the ink
as a whole and cuts nothing, then says how probable it takes each of the best texts to be (`sequence`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.line_image import make_line_image
from inkling.pipeline.line_recognizer import best_text, each_digit, log_likelihoods
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.over_segmentation.n_best_paths import NOTHING, Arc, GraphPath, through, to_text, together
from inkling.pipeline.over_segmentation.segmentation_graph import LOWEST, Segment, SegmentationGraph, build_graph
from inkling.pipeline.segmentation import Glyph, Segmentation, box_around

Classify = Callable[[np.ndarray], Prediction]  # (N, 28, 28) tiles -> calibrated prediction
RecognizeLine = Callable[[np.ndarray], np.ndarray]  # (28, w) strip -> (T, 11) probabilities of its columns

WIDE = 1.2  # width to height: a wider glyph may be several digits, whatever the network says of it
DOUBTED = 0.5  # a glyph that is more probably no digit may be several or a part of one
WIDEST = 12.0  # width to height: what is wider is a rule or a signature, not digits that touch
NEAR = 0.12  # of the height of the taller: a doubted glyph and a neighbour at most so far away may be one digit
WIDEST_PAIR = 1.3  # width to height of two glyphs that may be one digit
HIGHEST_PAIR = 1.3  # height of the two to that of the taller
SEAMS = 6  # at most, for each square of a glyph's height
MOST_SEAMS = 400  # at most, on a page
MOST_SEAM_PIXELS = 40_000_000  # at most, each seam being worth its glyph's height squared times the stretch's glyphs
# The prices, in nats: by how much a way to part the ink must be more probable than another, fitted to the shipped
# network and rows of MNIST's validation digits by `python -m inkling.training.over_segmentation.cut_costs`.
FIRM = 2.4  # how much the network's word that something is no digit weighs
CUT = 2.7  # a cut; ..
LIKELY = 0.51  # .. so much less for each unit by which its seam is likely
JOIN = 0.93  # taking the ink on both sides of a gap for one digit
WIDER = 0.92  # a digit wider than usual, for each height ..
USUAL_WIDTH = 1.2  # .. by which its width exceeds this
LOWER = 2.7  # a part lower than usual, for each height of the line's tallest glyph ..
USUAL_HEIGHT = 0.9  # .. by which it falls short of this
LEAST = 1e-4  # a probability below which the network is not believed further
MISREAD = 0.001  # probability that the network is wrong altogether that reads a stretch as a whole
MOST_PIECES = 4  # a picture of so few glyphs may show one broken digit ..
SLENDER = 1.25  # .. if the box around them is at most so wide for its height ..
WHOLE = 0.5  # .. and one digit is by so many nats more probable than each gap between them


@dataclass(frozen=True)
class SegmentationHypothesis:
    """One way to part a picture's ink into digits."""

    log_weight: float  # natural logarithm of its share among the partings that are kept: their exp sum to 1
    lines: list[list[Glyph]]  # in reading order
    tiles: np.ndarray  # (N, 28, 28) float32
    prediction: Prediction  # of the N glyphs


@dataclass(frozen=True)
class Stretch:
    """Neighbouring glyphs of a line that are read together; mostly one alone."""

    line: int
    numbers: tuple[int, ...]  # of the glyphs, in reading order
    doubted: tuple[bool, ...]  # which of them may be several digits or a part of one


def rank_segmentations(
    ink: np.ndarray,
    glyphs: Segmentation,
    tiles: np.ndarray,
    prediction: Prediction,
    classify: Classify,
    *,
    recognize_line: RecognizeLine | None = None,
) -> list[SegmentationHypothesis]:
    """(H, W) float32 ink, its N glyphs, their tiles and what the network says of them -> partings, the best first.

    Where no glyph may be several digits or a part of one, the only parting is the glyphs as they are.
    `recognize_line`: the network that reads a stretch as a whole.
    """
    whole = whole_picture(glyphs, prediction)
    stretches = in_stretches(glyphs, find_doubted(glyphs.flat, prediction))
    lattices = make_lattices(glyphs, stretches)
    parts = [segment.glyph for lattice in lattices if lattice for segment in lattice.segments] + whole
    if not parts:
        return [SegmentationHypothesis(0.0, glyphs.lines, tiles, prediction)]
    more = normalize_glyphs(ink, Segmentation([parts], glyphs.labels, glyphs.corner_xy))
    everything, tiles = glyphs.flat + parts, np.concatenate([tiles, more])
    prediction = _joined(prediction, known_or(classify(more), parts, glyphs.flat, prediction))
    as_one = as_one_digit(everything, prediction)
    number = len(everything) - len(parts)
    units, wholes = [], []
    for stretch, lattice in zip(stretches, lattices, strict=True):
        wholes.append(read_whole(ink, glyphs, stretch, lattice, recognize_line))
        if lattice is None:
            units.append([as_one[i] for i in stretch.numbers])
            continue
        own = as_one[number : number + len(lattice.segments)]
        units.append(ways_through(lattice, own, wholes[-1]))
        number += len(own)
    combinations = together(units)
    if whole:
        price = WHOLE * (len(glyphs.flat) - 1)
        combinations = _with_whole(combinations, NOTHING.then(as_one[-1], price=price), len(stretches))
    return _partings(combinations, stretches, everything, tiles, prediction, wholes=wholes)


def read_whole(
    ink: np.ndarray,
    glyphs: Segmentation,
    stretch: Stretch,
    lattice: SegmentationGraph | None,
    recognize_line: RecognizeLine | None,
) -> np.ndarray | None:
    """(T, 11): what the network says of a stretch that reads it as a whole.

    None without one, where there is but one way through, or where the stretch is too wide.
    """
    if recognize_line is None or lattice is None or len(lattice.segments) == 1:
        return None
    strip = make_line_image(ink, glyphs, [glyphs.flat[i] for i in stretch.numbers])
    return None if strip is None else recognize_line(strip)


def ways_through(lattice: SegmentationGraph, read: list[GraphPath], whole: np.ndarray | None) -> list[GraphPath]:
    """The ways through a lattice whose segments are read as one digit each, the best first.

    `whole`: what the network says that reads all of it as a whole, (T, 11). How probable it takes the texts of the
    ways to be counts, and the best way to the text that it would give is one of them.
    """
    prices = map(price_of, lattice.segments)
    arcs = [Arc(s.start, s.end, price, way) for s, price, way in zip(lattice.segments, prices, read, strict=True)]
    ways = through(arcs, last=lattice.last)
    if whole is None:
        return ways
    wanted = to_text(arcs, best_text(whole), last=lattice.last)
    if wanted and wanted.digits not in [way.digits for way in ways]:
        ways.append(wanted)
    logs = believed(log_likelihoods(whole, [way.digits for way in ways]))
    found = [way.then(NOTHING, price=-log) for way, log in zip(ways, logs.tolist(), strict=True)]
    return sorted(found, key=lambda way: -way.score)


def whole_picture(glyphs: Segmentation, prediction: Prediction) -> list[Glyph]:
    """All ink of a picture as one glyph where it may be one broken digit; none where it may not."""
    flat = glyphs.flat
    if not 2 <= len(flat) <= MOST_PIECES or not prediction.not_digit.any():
        return []
    box = box_around(np.array([glyph.box_xywh for glyph in flat]))
    if box[2] > SLENDER * box[3]:
        return []
    return [Glyph(box, tuple(piece for glyph in flat for piece in glyph.components))]


def _with_whole(combinations: list[tuple[GraphPath, ...]], whole: GraphPath, n: int) -> list[tuple[GraphPath, ...]]:
    """The combinations of a way for each of `n` stretches, and that of one digit in the place of all, sorted.

    Where one of the ways already reads that digit, it is not read twice.
    """
    if any(sum((way.digits for way in ways), ()) == whole.digits for ways in combinations):
        return combinations
    every = [*combinations, (whole, *[NOTHING] * (n - 1))]
    return sorted(every, key=lambda ways: -sum(way.score for way in ways))


def find_doubted(glyphs: list[Glyph], prediction: Prediction) -> list[bool]:
    """Which glyphs may be several digits or a part of one: the wide, and those that the network takes for no digit.

    None for a network that cannot refuse: to it the halves of a digit are digits too, as sure as any.
    """
    if not prediction.not_digit.any():
        return [False] * len(glyphs)
    shapes = (glyph.box_xywh[2:] for glyph in glyphs)
    strange = prediction.not_digit > DOUBTED
    return [bool(w > WIDE * h or one) and w <= WIDEST * h for (w, h), one in zip(shapes, strange, strict=True)]


def in_stretches(glyphs: Segmentation, doubted: list[bool]) -> list[Stretch]:
    """All glyphs in reading order; a doubted one together with the neighbours with which it may be one digit."""
    stretches: list[Stretch] = []
    number = 0
    for i, line in enumerate(glyphs.lines):
        before: Glyph | None = None
        for glyph in line:
            doubt = doubted[number]
            last = stretches[-1] if before else None
            if last and before and (doubt or last.doubted[-1]) and _may_be_one(before, glyph):
                stretches[-1] = Stretch(i, (*last.numbers, number), (*last.doubted, doubt))
            else:
                stretches.append(Stretch(i, (number,), (doubt,)))
            before, number = glyph, number + 1
    return stretches


def _may_be_one(left: Glyph, right: Glyph) -> bool:
    """Whether two neighbours may be parts of one digit, by their boxes."""
    _, _, w, h = box_around(np.array([left.box_xywh, right.box_xywh]))
    gap = w - left.box_xywh[2] - right.box_xywh[2]
    tallest = max(left.box_xywh[3], right.box_xywh[3])
    return gap <= NEAR * tallest and w <= WIDEST_PAIR * tallest and h <= HIGHEST_PAIR * tallest


def make_lattices(glyphs: Segmentation, stretches: list[Stretch]) -> list[SegmentationGraph | None]:
    """The lattice of each stretch in which something is doubted.

    What is too low for a digit of its line is not cut: it may be a part of one, as the first stroke of a 7 is.
    """
    flat, left, pixels = glyphs.flat, MOST_SEAMS, MOST_SEAM_PIXELS
    tallest = [max(glyph.box_xywh[3] for glyph in line) for line in glyphs.lines]
    lattices: list[SegmentationGraph | None] = []
    for stretch in stretches:
        if not any(stretch.doubted):
            lattices.append(None)
            continue
        chosen = [flat[i] for i in stretch.numbers]
        seams = []
        for glyph, doubt in zip(chosen, stretch.doubted, strict=True):
            cut = doubt and glyph.box_xywh[3] >= LOWEST * tallest[stretch.line]
            price = glyph.box_xywh[3] ** 2 * len(chosen)
            seams.append(min(left, pixels // price, most_seams(glyph.box_xywh)) if cut else 0)
            left -= seams[-1]
            pixels -= seams[-1] * price
        lattices.append(build_graph(glyphs, chosen, seams=seams, tallest=tallest[stretch.line]))
    return lattices


def price_of(segment: Segment) -> float:
    """What a segment costs before it is read, in nats."""
    cut = 0.0 if segment.likely is None else CUT - LIKELY * segment.likely
    return cut + JOIN * segment.gaps + LOWER * max(USUAL_HEIGHT - segment.height, 0.0)


def most_seams(box_xywh: tuple[int, int, int, int]) -> int:
    """How many seams are tried in a glyph, by its box."""
    _, _, w, h = box_xywh
    return int(np.ceil(SEAMS * max(w / h, 1.0)))


def known_or(judged: Prediction, parts: list[Glyph], flat: list[Glyph], known: Prediction) -> Prediction:
    """What the network says of parts; of those that are whole glyphs, what is `known` already, from several looks."""
    number = {id(glyph): i for i, glyph in enumerate(flat)}
    here = [i for i, part in enumerate(parts) if id(part) in number]
    there = [number[id(parts[i])] for i in here]
    probs, not_digit = judged.probs.copy(), judged.not_digit.copy()
    probs[here], not_digit[here] = known.probs[there], known.not_digit[there]
    return Prediction(probs, not_digit)


def _joined(first: Prediction, second: Prediction) -> Prediction:
    return Prediction(np.concatenate([first.probs, second.probs]), np.concatenate([first.not_digit, second.not_digit]))


def as_one_digit(glyphs: list[Glyph], prediction: Prediction) -> list[GraphPath]:
    """Each glyph read as one digit."""
    w, h = np.array([glyph.box_xywh[2:] for glyph in glyphs], float).T
    weights = FIRM * np.log(np.maximum(1 - prediction.not_digit, LEAST)) - WIDER * np.maximum(w / h - USUAL_WIDTH, 0)
    scores = weights + np.log(np.maximum(prediction.probs.max(axis=1), LEAST))
    digits = prediction.probs.argmax(axis=1)
    of_each = zip(scores.tolist(), weights.tolist(), digits.tolist(), strict=True)
    return [GraphPath(score, weight, (i,), (digit,)) for i, (score, weight, digit) in enumerate(of_each)]


def believed(logs: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities as the network gives them that reads a whole -> as far as it is believed."""
    return np.asarray(np.logaddexp(logs, np.log(MISREAD)))


def with_whole(probs: np.ndarray, digits: Sequence[int], whole: np.ndarray | None) -> tuple[np.ndarray, float]:
    """(n, 10) probabilities of digits that were cut -> the same with what is said by the network that cut nothing.

    `digits`: the most probable n; `whole`: (T, 11). The probabilities of one digit are multiplied with those of the
    texts that have it in this place. Comes with the logarithm of what the most probable digits lost together, nats.
    """
    if whole is None or len(digits) < 2:
        return probs, 0.0
    both = probs * np.exp(believed(each_digit(whole, digits)))
    both = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
    places = np.arange(len(digits)), list(digits)
    return both, float(np.log(np.maximum(probs[places], LEAST) / np.maximum(both[places], LEAST)).sum())


def _partings(
    combinations: list[tuple[GraphPath, ...]],
    stretches: list[Stretch],
    glyphs: list[Glyph],
    tiles: np.ndarray,
    prediction: Prediction,
    *,
    wholes: list[np.ndarray | None],
) -> list[SegmentationHypothesis]:
    """Combinations of a way for each stretch, the best first -> partings."""
    known: dict[tuple[int, ...], tuple[np.ndarray, float]] = {}
    log_weights, probs = [], []
    for ways in combinations:
        for way, whole in zip(ways, wholes, strict=True):
            if way.members not in known:
                known[way.members] = with_whole(prediction.probs[list(way.members)], way.digits, whole)
        log_weights.append(sum(way.log_weight + known[way.members][1] for way in ways))
        probs.append(np.concatenate([known[way.members][0] for way in ways]))
    total = float(np.logaddexp.reduce(log_weights))
    partings = []
    for ways, log_weight, of_ways in zip(combinations, log_weights, probs, strict=True):
        lines: list[list[Glyph]] = [[] for _ in range(stretches[-1].line + 1)]
        for stretch, way in zip(stretches, ways, strict=True):
            lines[stretch.line] += [glyphs[i] for i in way.members]
        members = [i for way in ways for i in way.members]
        judged = Prediction(of_ways, prediction.not_digit[members])
        partings.append(
            SegmentationHypothesis(log_weight - total, [line for line in lines if line], tiles[members], judged)
        )
    return partings
