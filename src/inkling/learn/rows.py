"""Rows of digits written by code, and the lattices into which the road cuts them: what a whole row teaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from inkling.learn import coarse, drawn, touching
from inkling.learn.crf import Arcs
from inkling.road import parting
from inkling.road.glyphs import Glyphs
from inkling.road.lattice import Segment
from inkling.road.model import Judgement
from inkling.road.reader import prepare
from inkling.road.tile import make_tiles

LONGEST = 6  # digits in a row
KINDS = {"close": 0.0, "some touch": 0.4, "all touch": 1.0}  # share of neighbours that touch
ALONE = "alone"
COPY = "a poor copy"  # of one digit
ENLARGED = 6  # times: a digit that stands alone
RAGGED = 0.15  # of a poor copy
Written = tuple[np.ndarray, list[int]]  # (H, W) uint8 dark on light, text
PRICES = ("FIRM", "CUT", "LIKELY", "JOIN", "WIDER", "LOWER")  # as `road.parting` names them


@dataclass(frozen=True)
class Cuts:
    """A lattice that the network was not asked about yet: A segments, sorted by their end."""

    last: int  # node
    start: np.ndarray  # (A,) nodes
    end: np.ndarray  # (A,) nodes
    shapes: np.ndarray  # (A, 5), what all prices but the first are multiplied with
    tiles: np.ndarray  # (A, 28, 28) float32

    def read(self, judgement: Judgement) -> Arcs:
        """With the network's word on each segment."""
        firm = np.log(np.maximum(1 - judgement.not_digit, parting.LEAST))
        log_probs = np.log(np.maximum(judgement.probs, parting.LEAST))
        return Arcs(self.last, self.start, self.end, log_probs, np.column_stack([firm, self.shapes]))


def current_prices() -> np.ndarray:
    """(6,): what `road.parting` has."""
    return np.array([getattr(parting, name) for name in PRICES])


def write_row(kind: str, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator, *, longest: int) -> Written:
    """A row of (N, 28, 28) uint8 digits of some kind, or a digit that stands alone."""
    if kind == COPY:
        return write_copy(images, labels, rng)
    if kind == ALONE:
        i = int(rng.integers(len(images)))
        large = cv2.resize(images[i], None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        return 255 - np.pad(large, 4 * ENLARGED), [int(labels[i])]
    picked = rng.integers(len(images), size=rng.integers(2, longest + 1))
    ink = touching.write(images[picked], rng, share=KINDS[kind]).max(axis=0)
    return np.asarray(255 - np.rint(255 * ink), np.uint8), labels[picked].tolist()


def write_copy(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Written:
    """A poor copy of one digit, as it is or enlarged; half of them in a form that code draws."""
    i = int(rng.integers(len(images)))
    ink, label = images[i] / np.float32(255), int(labels[i])
    if rng.random() < 0.5:
        ink = drawn.draw_form(drawn.any_form(label, rng), rng)
    copy = coarse.poor_copy(ink, rng, ragged=RAGGED)
    copy = coarse.enlarged(copy, rng) if rng.random() < 0.5 else copy
    margin = int(rng.integers(len(copy) // 3 + 1))
    return 255 - np.pad(np.rint(255 * copy).astype(np.uint8), margin), [label]


def written(
    n: int, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator, *, longest: int = LONGEST
) -> Iterator[tuple[str, np.ndarray, list[int]]]:
    """`n` rows of each kind, digits alone and poor copies: kind, (H, W) uint8 dark on light, text."""
    for kind in (*KINDS, ALONE, COPY):
        for _ in range(n):
            yield (kind, *write_row(kind, images, labels, rng, longest=longest))


def cut(picture: np.ndarray) -> list[Cuts]:
    """(H, W) uint8 -> its lattices in reading order, if each glyph is doubted that can be."""
    one = prepare(picture)
    glyphs, found = one.glyphs, []
    boxes = [glyph.box_xywh for glyph in glyphs.flat]
    stretches = parting.in_stretches(glyphs, [w <= parting.WIDEST * h for _, _, w, h in boxes])
    for stretch, lattice in zip(stretches, parting.make_lattices(glyphs, stretches), strict=True):
        alone = [Segment(0, 1, None, 0, 1.0, glyphs.flat[stretch.numbers[0]])]
        segments = sorted(lattice.segments, key=lambda segment: segment.end) if lattice else alone
        parts = Glyphs([[segment.glyph for segment in segments]], glyphs.labels, glyphs.corner_xy)
        start, end = np.array([(segment.start, segment.end) for segment in segments]).T
        found.append(Cuts(int(end[-1]), start, end, shapes(segments), make_tiles(one.ink, parts)))
    return found


def shapes(segments: list[Segment]) -> np.ndarray:
    """(A, 5): by how much each price but the first raises the score of a segment."""
    w, h = np.array([segment.glyph.box_xywh[2:] for segment in segments], float).T
    likely = np.array([np.nan if segment.likely is None else segment.likely for segment in segments])
    columns = (
        -np.isfinite(likely).astype(float),
        np.nan_to_num(likely),
        -np.array([segment.gaps for segment in segments], float),
        -np.maximum(w / h - parting.USUAL_WIDTH, 0),
        -np.maximum(parting.USUAL_HEIGHT - np.array([segment.height for segment in segments]), 0),
    )
    return np.stack(columns, axis=1)
