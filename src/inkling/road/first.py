"""glyphs -> the best parting alone: what `parting.part` gives first, with a fraction of its questions to the network.

A wide digit has some forty segments, and all but a few are on no good way. Before it is read, what a segment can score
at most is known: its price, and that of its width. So the best way by these hopes is sought, the segments on it that
were not read yet are read, and so on, until the best way is one that was read: A*, by Hart, Nilsson and Raphael, "A
Formal Basis for the Heuristic Determination of Minimum Cost Paths" (1968), with the network as the costly part. If the
network that reads the ink as a whole gives its text more than half of all probability, no other can overtake it; else
all ways are compared. Whoever needs to know how much better it is than others needs `part`.
"""

from __future__ import annotations

import numpy as np

from inkling.road import parting
from inkling.road.glyphs import Glyph, Glyphs
from inkling.road.lattice import Lattice
from inkling.road.model import Judgement
from inkling.road.parting import Judge, Parting, ReadStrip, price_of
from inkling.road.sequence import log_likelihoods
from inkling.road.tile import make_tiles

Read = tuple[Glyph, np.ndarray, np.ndarray, float]  # a glyph, its (28, 28) tile, (10,) probs and not_digit


def first_parting(
    ink: np.ndarray,
    glyphs: Glyphs,
    tiles: np.ndarray,
    judgement: Judgement,
    judge: Judge,
    *,
    read_strip: ReadStrip | None = None,
) -> Parting:
    """As `part`, but the first of the partings alone, whose `log_weight` says nothing."""

    def first_of_all() -> Parting:
        return parting.part(ink, glyphs, tiles, judgement, judge, read_strip=read_strip)[0]

    if parting.whole_picture(glyphs, judgement):  # perhaps one broken digit: rare, and all ways are compared
        return first_of_all()
    stretches = parting.in_stretches(glyphs, parting.find_doubted(glyphs.flat, judgement))
    lattices = parting.make_lattices(glyphs, stretches)
    if not any(lattices):
        return Parting(0.0, glyphs.lines, tiles, judgement)
    flat = glyphs.flat
    lines: list[list[Read]] = [[] for _ in glyphs.lines]
    for stretch, lattice in zip(stretches, lattices, strict=True):
        if lattice is None:
            lines[stretch.line] += [
                (flat[i], tiles[i], judgement.probs[i], float(judgement.not_digit[i])) for i in stretch.numbers
            ]
        else:
            way = _best_way(lattice, ink, glyphs, judgement, judge)
            whole = parting.read_whole(ink, glyphs, stretch, lattice, read_strip)
            digits = [int(probs.argmax()) for _, _, probs, _ in way]
            if not _is_plain(digits, whole):
                return first_of_all()
            both, _ = parting.with_whole(np.array([one[2] for one in way]), digits, whole)
            lines[stretch.line] += [(*one[:2], probs, one[3]) for one, probs in zip(way, both, strict=True)]
    read = [one for line in lines for one in line]
    judged = Judgement(np.array([one[2] for one in read]), np.array([one[3] for one in read], np.float32))
    found = [[one[0] for one in line] for line in lines if line]
    return Parting(0.0, found, np.array([one[1] for one in read]), judged)


def _is_plain(digits: list[int], whole: np.ndarray | None) -> bool:
    """Whether the network that reads a stretch as a whole, (T, 11), cannot prefer another text to the best way's."""
    return whole is None or bool(log_likelihoods(whole, [digits])[0] >= np.log(0.5))


def _best_way(lattice: Lattice, ink: np.ndarray, glyphs: Glyphs, judgement: Judgement, judge: Judge) -> list[Read]:
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
        judged = parting.known_or(judge(tiles), asked, glyphs.flat, judgement)
        ways = parting.as_one_digit(asked, judged)
        for k, i in enumerate(unread):
            worth[i] = ways[k].score - prices[i]
            read[i] = asked[k], tiles[k], judged.probs[k], float(judged.not_digit[k])


def _tiles(ink: np.ndarray, glyphs: Glyphs, asked: list[Glyph], cut: Glyph | None) -> np.ndarray:
    """The tiles of some segments, as `part` makes them: together with a segment that is cut where there is one.

    A picture's only glyph is cropped with all the ink around it, unless others are cut from it.
    """
    beside = [cut] if cut is not None and all(glyph.part is None for glyph in asked) else []
    return make_tiles(ink, Glyphs([asked + beside], glyphs.labels, glyphs.corner_xy))[: len(asked)]


def _at_most(glyph: Glyph) -> float:
    """What a glyph scores, read as one digit, if the network is certain of it."""
    _, _, w, h = glyph.box_xywh
    return -parting.WIDER * max(w / h - parting.USUAL_WIDTH, 0.0)


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
