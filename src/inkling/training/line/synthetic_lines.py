"""Strips to learn from: marks of one to five digits that touch or nearly do, each with its text.

MNIST's digits are written anew by `training.augment`, then side by side by
`training.over_segmentation.touching_digits`; some rows become poor copies
of few pixels. The ink is parted into glyphs and made into strips by the road's own code.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inkling.pipeline.line_image import make_line_image
from inkling.pipeline.line_recognizer import greedy_decode
from inkling.pipeline.segmentation import Glyph, Segmentation, glyph_mask, segment
from inkling.training import augment, degrade, synthetic_digits
from inkling.training.data.mnist import as_input
from inkling.training.over_segmentation import touching_digits
from inkling.training.recipe import Augmentation

MOST_DIGITS = 5
COUNTS = (0.3, 0.42, 0.16, 0.08, 0.04)  # how often a row of 1, 2, .. digits is written
TOUCHING = 0.92  # share of neighbours that touch
WHOLE_ROW = 0.3  # share of the rows whose glyphs make one strip, as near ones do on the road
COPIES = 0.5  # share of the single digits that are poor copies
COARSE = 0.3  # share of the other rows that are copied with few pixels
HEIGHTS = (14, 60)  # pixels: of these copies
RAGGED = 0.15  # how far their paper and pen stray, ink = 1, before a pixel becomes black or white
HANDS = 2  # times each digit is written anew
HAND = Augmentation(
    rotation=8, shear=0.2, stretch=0.25, bow=0.1, elastic=34, stroke=0.4, continental=0.2, drawn=0.15
)  # how differently
CHUNK = 500  # strips that share a random stream; changing it changes every result
N_JUDGED = 3_000
READ_AT_ONCE = 100
NOTHING = 255  # in the place of a digit that is not there

Rng = np.random.Generator
Strip = tuple[np.ndarray, list[int]]  # (28, w) uint8 and its digits


@dataclass(frozen=True)
class Strips:
    """Strips of one width."""

    images: np.ndarray  # (N, 28, w) uint8
    texts: np.ndarray  # (N, MOST_DIGITS) uint8, filled up with NOTHING


class Maker:
    """Makes the strips of an epoch in processes of its own, from digits that it was given once."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, *, seed: int, processes: int) -> None:
        """`images`: (N, 28, 28) uint8 digits; `labels`: (N,)."""
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(processes, context, _keep, (images, labels, seed))

    def start(self, n: int, *, epoch: int) -> list[Future[list[Strip]]]:
        """Begins to make `n` strips, rounded up to whole chunks; the same seed and epoch give the same ones."""
        return [self._pool.submit(_chunk, epoch, start) for start in range(0, n, CHUNK)]

    def __enter__(self) -> Maker:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def collect(coming: list[Future[list[Strip]]]) -> list[Strips]:
    """What was begun, once it is there, by width."""
    return by_width([strip for chunk in coming for strip in chunk.result()])


def by_width(made: list[Strip]) -> list[Strips]:
    """Strips sorted into those of one width each, the narrow ones first."""
    found = []
    for width in sorted({strip.shape[1] for strip, _ in made}):
        these = [(strip, text) for strip, text in made if strip.shape[1] == width]
        texts = np.full((len(these), MOST_DIGITS), NOTHING, np.uint8)
        for row, (_, text) in zip(texts, these, strict=True):
            row[: len(text)] = text
        found.append(Strips(np.stack([strip for strip, _ in these]), texts))
    return found


def judged_strips(images: np.ndarray, labels: np.ndarray, *, seed: int, n: int = N_JUDGED) -> list[Strips]:
    """`n` strips of (N, 28, 28) uint8 digits as they are, and their labels, to judge a network by."""
    rng = np.random.default_rng((seed, 0x7A11D))
    made: list[Strip] = []
    while len(made) < n:
        made += strips_of_row(images, labels, rng)
    return by_width(made[:n])


def exact(read: Callable[[np.ndarray], np.ndarray], judged: list[Strips]) -> dict[str, float]:
    """Share of strips whose likeliest digits are right, by number of digits. `read`: (N, 28, w) -> (N, T, 11)."""
    right: dict[int, list[bool]] = {}
    for same in judged:
        for start in range(0, len(same.images), READ_AT_ONCE):
            here = slice(start, start + READ_AT_ONCE)
            for text, probs in zip(same.texts[here], read(as_input(same.images[here])), strict=True):
                wanted = text[text != NOTHING].tolist()
                right.setdefault(len(wanted), []).append(greedy_decode(probs) == wanted)
    return {str(n): round(float(np.mean(each)), 4) for n, each in sorted(right.items())}


def written_anew(images: np.ndarray, labels: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 28, 28) uint8 and (N,) -> HANDS times as many, each as another hand might have written it."""
    threads = augment.thread_count()
    hands = [augment.epoch_images(images, labels, HAND, seed=seed, epoch=i, threads=threads) for i in range(HANDS)]
    return np.concatenate([np.asarray(np.rint(hand * 255), np.uint8) for hand in hands]), np.tile(labels, HANDS)


_given: dict[str, Any] = {}  # to a process that makes strips: images, labels, seed


def _keep(images: np.ndarray, labels: np.ndarray, seed: int) -> None:
    _given.update(images=images, labels=labels, seed=seed)
    cv2.setNumThreads(1)


def _chunk(epoch: int, start: int) -> list[Strip]:
    rng = np.random.default_rng((_given["seed"], 0x57B1, epoch, start))
    made: list[Strip] = []
    while len(made) < CHUNK:
        made += strips_of_row(_given["images"], _given["labels"], rng)
    return made[:CHUNK]


def strips_of_row(images: np.ndarray, labels: np.ndarray, rng: Rng) -> Iterator[Strip]:
    """The strips of one row of some of the (N, 28, 28) uint8 digits."""
    count = 1 + int(rng.choice(len(COUNTS), p=COUNTS))
    picked = rng.integers(len(images), size=count)
    if count == 1 and rng.random() < COPIES:
        ink, one = images[picked[0]] / np.float32(255), int(labels[picked[0]])
        if rng.random() < 0.3:
            ink = synthetic_digits.draw_form(synthetic_digits.any_form(one, rng), rng)
        copy = degrade.poor_copy(ink, rng, ragged=RAGGED)
        written = (degrade.enlarged(copy, rng) if rng.random() < 0.5 else copy)[None]
        text, whole = [one], True
    else:
        written = touching_digits.write(images[picked], rng, share=TOUCHING)  # (count, H, W)
        written = coarse_row(written, rng) if rng.random() < COARSE else written
        text, whole = labels[picked].tolist(), rng.random() < WHOLE_ROW
    ink = written.max(axis=0)
    glyphs = segment(ink)
    owners = owners_of(glyphs, written)
    groups = [(glyphs.glyphs, text)] if whole else [(g, [text[i] for i in of]) for g, of in owners]
    for chosen, digits in groups:
        strip = make_line_image(ink, glyphs, chosen) if chosen else None
        if strip is not None:
            yield np.asarray(np.rint(strip * 255), np.uint8), digits


def coarse_row(written: np.ndarray, rng: Rng) -> np.ndarray:
    """(N, H, W) float32 ink of the digits of a row -> (N, h, w), without greys."""
    high = np.exp(rng.uniform(*np.log(HEIGHTS)))
    factor = high / written.shape[1]
    size_wh = (max(2, round(written.shape[2] * factor)), max(2, round(high)))
    small = np.stack([cv2.resize(one, size_wh, interpolation=cv2.INTER_AREA) for one in written])
    strayed = small + rng.standard_normal(small.shape[1:], np.float32) * np.float32(rng.uniform(0, RAGGED))
    return np.asarray(strayed > rng.uniform(0.25, 0.6), np.float32)


def owners_of(glyphs: Segmentation, written: np.ndarray) -> list[tuple[list[Glyph], list[int]]]:
    """Each glyph that has most of the ink of some of the digits (N, H, W), with their numbers from left to right."""
    ink = written > touching_digits.INK_AT
    shares = np.zeros((len(glyphs.glyphs), len(written)))
    for i, glyph in enumerate(glyphs.glyphs):
        x, y, w, h = glyph.box_xywh
        shares[i] = (ink[:, y : y + h, x : x + w] & glyph_mask(glyphs, glyph)).sum(axis=(1, 2))
    if not shares.size:
        return []
    best = shares.argmax(axis=0)
    found = [([glyph], np.flatnonzero(best == i).tolist()) for i, glyph in enumerate(glyphs.glyphs)]
    return [(glyph, numbers) for glyph, numbers in found if numbers]
