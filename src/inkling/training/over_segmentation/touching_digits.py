"""Tiles of the pieces into which rows of touching digits are cut: digits, and what is none.

A row is written, its ink cut by `segmentation_graph`, and each piece labelled by what was
written there. A piece that is nearly all of one digit and nearly nothing else is that digit, remains of its neighbours
included. A piece of several digits, or too small a part of one, is none. So a network learns to judge cuts, as the
recognizers trained within segmentation graphs do (LeCun, Bottou, Bengio, Haffner 1998, section VI).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from inkling.pipeline.normalize import SIDE, normalize_glyphs
from inkling.pipeline.segmentation import Glyph, Segmentation, glyph_mask, segment
from inkling.training.nondigits import NO_DIGIT, POOL_EPOCHS, crop_to_ink
from inkling.training.over_segmentation.glyph_groups import max_cuts
from inkling.training.over_segmentation.segmentation_graph import build_graph
from inkling.training.recipe import Recipe

ENLARGED = 3  # times: MNIST's digits, so that strokes can be cut
MARGIN = 12  # pixels around a row
INK_AT = 0.5  # ink from which a pixel belongs to what was written
TOUCHING = 0.8  # share of neighbours that touch
OVERLAP, ROOM = 0.12, 0.1  # of the height: by how much columns of neighbours overlap at most, or stand apart
CONTACT = 0.05  # of the height: how far strokes that touch run into each other, at most
OWN = 0.85  # of a digit, and of a piece: so much in common makes the piece that digit ..
FOREIGN = 0.6  # .. and less makes it none; pieces between the two are not shown
SECOND = 0.3  # of a second digit: a piece that has so much of it is none, however much of the first
NARROW = 0.5  # width to height: a part of a digit narrower than this may well look like a 1 and is not shown
NONES = 0.5  # share of what is no digit

Rng = np.random.Generator


def n_per_epoch(recipe: Recipe, n_digits: int) -> int:
    """How many an epoch shows beside `n_digits` digits."""
    return round(recipe.touching * n_digits)


def make_pool(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A run's pieces, made of its own training digits: (K, 28, 28) uint8 and (K,) uint8, `NO_DIGIT` for no digit."""
    rng = np.random.default_rng((recipe.seed, 0x70C4))  # its own stream
    return make_pieces(POOL_EPOCHS * n_per_epoch(recipe, len(images)), images, labels, rng)


def make_pieces(n: int, images: np.ndarray, labels: np.ndarray, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """(n, 28, 28) uint8 tiles and their labels (n,), of rows of (N, 28, 28) uint8 digits; `NONES` of them are none."""
    wanted = {True: round(NONES * n), False: n - round(NONES * n)}  # by whether it is none
    tiles, found = [np.zeros((0, SIDE, SIDE), np.uint8)], []
    while any(wanted.values()):
        picked = rng.integers(len(images), size=rng.integers(2, 5))
        for tile, label in pieces_of(images[picked], labels[picked], rng):
            if wanted[label == NO_DIGIT]:
                wanted[label == NO_DIGIT] -= 1
                tiles.append(tile[None])
                found.append(label)
    return np.concatenate(tiles), np.array(found, np.uint8)


def pieces_of(images: np.ndarray, labels: np.ndarray, rng: Rng) -> Iterator[tuple[np.ndarray, int]]:
    """The pieces of one row of (N, 28, 28) uint8 digits, in random order: (28, 28) uint8 tile and label of each.

    Of the pieces that are none, as many are taken as there are digits.
    """
    written = write(images, rng)  # (N, H, W)
    ink = written.max(axis=0)
    glyphs = segment(ink)
    parts = [part for line in glyphs.lines for part in _segments(glyphs, line)]
    named = [label_of(glyphs, part, written > INK_AT, labels) for part in parts]
    digits = [i for i, label in enumerate(named) if label not in (None, NO_DIGIT)]
    nones = rng.permutation([i for i, label in enumerate(named) if label == NO_DIGIT])[: max(len(digits), 1)]
    chosen = [int(i) for i in rng.permutation([*digits, *nones])]
    tiles = normalize_glyphs(ink, Segmentation([[parts[i] for i in chosen]], glyphs.labels, glyphs.corner_xy))
    for i, tile in zip(chosen, tiles, strict=True):
        label = named[i]
        if label is not None:
            yield np.asarray(np.rint(tile * 255), np.uint8), label


def write(images: np.ndarray, rng: Rng, *, share: float = TOUCHING) -> np.ndarray:
    """(N, 28, 28) uint8 -> (N, H, W) float32: the ink of each where it stands in a row.

    `share` of them touch the one before; the others stand close to it.
    """
    pen = rng.normal(0.42, 0.08)  # the level at which the soft edge of a stroke is set: how thick the pen is
    strokes = [_enlarged(image, pen, rng) for image in images]
    height = max(len(stroke) for stroke in strokes)
    written = np.zeros(
        (len(images), height + 2 * MARGIN, sum(s.shape[1] for s in strokes) * 2 + 2 * MARGIN), np.float32
    )
    ends = np.full(written.shape[1], -(10**6))  # in each row, where the ink so far ends
    x = MARGIN
    for one, stroke in zip(written, strokes, strict=True):
        h, w = stroke.shape
        y = int(np.clip(MARGIN + (height - h) / 2 + rng.normal(0, 0.06) * height, 0, len(one) - h))
        rows = np.flatnonzero((stroke > INK_AT).any(axis=1))
        starts = (stroke > INK_AT).argmax(axis=1)
        meets = int((ends[y + rows] - starts[rows]).max(initial=-(10**6)))  # where it just touches
        if meets > 0:
            near, touches = x + rng.uniform(-OVERLAP, ROOM) * height, rng.random() < share
            x = round(min(near, meets - rng.uniform(0, CONTACT) * height) if touches else max(near, meets + 2))
        x = int(np.clip(x, MARGIN, one.shape[1] - w - MARGIN))
        one[y : y + h, x : x + w] = stroke
        right = x + w - (stroke[rows, ::-1] > INK_AT).argmax(axis=1)
        ends[y + rows] = np.maximum(ends[y + rows], right)
        x += w
    return written[:, :, : x + MARGIN]


def label_of(glyphs: Segmentation, part: Glyph, written: np.ndarray, labels: np.ndarray) -> int | None:
    """What a piece is, by the ink (N, H, W) bool of the digits that were written: a digit, NONE, or None if unclear."""
    x, y, w, h = part.box_xywh
    own = glyph_mask(glyphs, part)
    common = (written[:, y : y + h, x : x + w] & own).sum(axis=(1, 2))
    of_digit = common / np.maximum(written.sum(axis=(1, 2)), 1)
    of_piece = common / max(own.sum(), 1)
    likeness = np.minimum(of_digit, of_piece)
    best = int(likeness.argmax())
    second = float(np.delete(of_digit, best).max(initial=0.0))
    if likeness[best] >= OWN and second < SECOND:
        return int(labels[best])
    if second >= SECOND and of_digit[best] >= SECOND:
        return NO_DIGIT
    return NO_DIGIT if likeness[best] < FOREIGN and w >= NARROW * h else None


def _enlarged(image: np.ndarray, pen: float, rng: Rng) -> np.ndarray:
    """(28, 28) uint8 -> (h, w) float32 ink, 0..1, of nearly the usual size."""
    ink = crop_to_ink(image)
    factor = ENLARGED * rng.uniform(0.85, 1.15)
    h, w = (max(2, round(factor * side)) for side in ink.shape)
    large = cv2.GaussianBlur(cv2.resize(np.pad(ink, 2), (w, h), interpolation=cv2.INTER_CUBIC), (0, 0), 1.0)
    ink = np.clip((large - pen) / 0.2 + 0.5, 0, 1).astype(np.float32)
    columns, rows = np.flatnonzero(ink.max(axis=0) > INK_AT), np.flatnonzero(ink.max(axis=1) > INK_AT)
    if columns.size == 0:
        return np.ones((4, 4), np.float32)
    return np.ascontiguousarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _segments(segmentation: Segmentation, line: list[Glyph]) -> list[Glyph]:
    cuts = [max_cuts(glyph.box_xywh) for glyph in line]
    tallest = max(glyph.box_xywh[3] for glyph in line)
    return [part.glyph for part in build_graph(segmentation, line, max_cuts=cuts, tallest=tallest).segments]
