"""Synthetic lines for the line recognizer: images of one to five digits that touch or nearly do, with their texts.

`training.augment` varies MNIST's digits, `training.over_segmentation.touching_digits` sets them side by side, and
`training.degrade` makes low-resolution copies of some. The pipeline's own code finds the components and makes the line
images, so that the network sees what it is shown later.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from inkling.pipeline.over_segmentation.glyph_line_image import make_glyph_line_image
from inkling.pipeline.segmentation import Glyph, Segmentation, glyph_mask, segment
from inkling.training import augment, degrade, synthetic_digits
from inkling.training.over_segmentation import touching_digits
from inkling.training.recipe import Recipe

MAX_DIGITS = 5
LENGTHS = (0.3, 0.42, 0.16, 0.08, 0.04)  # probability of a row of 1, 2, .. digits
TOUCHING = 0.92  # share of neighbours that touch
WHOLE_ROW = 0.3  # share of rows whose components make one line, as those that lie close to each other do
DEGRADED = 0.5  # share of single digits that are degraded
SYNTHETIC = 0.3  # of these, share drawn from strokes instead of taken from MNIST
ENLARGED = 0.5  # of these, share shown enlarged
LOW_RESOLUTION = 0.3  # share of the other rows that are copied with few pixels
HEIGHTS = (14, 60)  # pixels: of these copies
EDGE_NOISE = 0.15  # of degraded digits and low-resolution rows before a pixel becomes black or white, ink = 1
VERSIONS = 2  # augmented versions of each digit
CHUNK = 500  # lines that share a random stream; changing it changes every result
N_EVALUATION = 3_000
PADDING = 255  # after the last digit of a text

Rng = np.random.Generator
Line = tuple[np.ndarray, list[int]]  # (28, w) uint8 and its digits


@dataclass(frozen=True)
class Lines:
    """Lines of one width."""

    images: np.ndarray  # (N, 28, w) uint8
    texts: np.ndarray  # (N, MAX_DIGITS) uint8, PADDING after the last digit

    def as_lists(self) -> list[list[int]]:
        """The texts without padding."""
        return [text[text != PADDING].tolist() for text in self.texts]


def make_lines(n: int, images: np.ndarray, labels: np.ndarray, *, seed: int, epoch: int, processes: int) -> list[Lines]:
    """At least `n` lines, in whole chunks, by width, of (N, 28, 28) uint8 digits and their labels (N,).

    They are made in processes of their own; the same seed and epoch give the same lines.
    """
    starts = range(0, n, CHUNK)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _set_up_worker, (images, labels, seed, epoch)) as pool:
        return by_width([line for chunk in pool.map(_make_chunk, starts) for line in chunk])


def evaluation_lines(images: np.ndarray, labels: np.ndarray, *, seed: int, n: int = N_EVALUATION) -> list[Lines]:
    """`n` lines, by width, of (N, 28, 28) uint8 digits as they are and their labels (N,)."""
    return by_width(_make(n, images, labels, np.random.default_rng((seed, 0x7A11D))))


def by_width(lines: list[Line]) -> list[Lines]:
    """Lines grouped by width, narrow ones first."""
    found = []
    for width in sorted({image.shape[1] for image, _ in lines}):
        same = [(image, text) for image, text in lines if image.shape[1] == width]
        texts = np.full((len(same), MAX_DIGITS), PADDING, np.uint8)
        for row, (_, text) in zip(texts, same, strict=True):
            row[: len(text)] = text
        found.append(Lines(np.stack([image for image, _ in same]), texts))
    return found


def augmented_digits(images: np.ndarray, labels: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """(N, 28, 28) uint8 and (N,) -> VERSIONS times as many, augmented. Contrast and noise are left to the lines."""
    how, threads = replace(recipe.augmentation, contrast=0.0, noise=0.0), augment.thread_count()
    versions = [
        augment.epoch_images(images, labels, how, seed=recipe.seed, epoch=i, threads=threads) for i in range(VERSIONS)
    ]
    return np.concatenate([np.asarray(np.rint(each * 255), np.uint8) for each in versions]), np.tile(labels, VERSIONS)


_worker: dict[str, Any] = {}  # of a process that makes lines: images, labels, seed, epoch


def _set_up_worker(images: np.ndarray, labels: np.ndarray, seed: int, epoch: int) -> None:
    _worker.update(images=images, labels=labels, seed=seed, epoch=epoch)
    cv2.setNumThreads(1)


def _make_chunk(start: int) -> list[Line]:
    rng = np.random.default_rng((_worker["seed"], 0x57B1, _worker["epoch"], start))
    return _make(CHUNK, _worker["images"], _worker["labels"], rng)


def _make(n: int, images: np.ndarray, labels: np.ndarray, rng: Rng) -> list[Line]:
    lines: list[Line] = []
    while len(lines) < n:
        lines += lines_of_row(images, labels, rng)
    return lines[:n]


def lines_of_row(images: np.ndarray, labels: np.ndarray, rng: Rng) -> Iterator[Line]:
    """The lines of one row of some of the (N, 28, 28) uint8 digits."""
    n = 1 + int(rng.choice(len(LENGTHS), p=LENGTHS))
    picked = rng.integers(len(images), size=n)
    if n == 1 and rng.random() < DEGRADED:
        digit = int(labels[picked[0]])
        written, text, whole_row = _degraded_digit(images[picked[0]], digit, rng)[None], [digit], True
    else:
        written = touching_digits.write(images[picked], rng, share=TOUCHING)  # (n, H, W)
        written = low_resolution_row(written, rng) if rng.random() < LOW_RESOLUTION else written
        text, whole_row = labels[picked].tolist(), rng.random() < WHOLE_ROW
    ink = written.max(axis=0)
    glyphs = segment(ink)
    groups = [(glyphs.glyphs, text)]
    if not whole_row:
        groups = [(group, [text[i] for i in of]) for group, of in digits_by_component(glyphs, written)]
    for group, digits in groups:
        image = make_glyph_line_image(ink, glyphs, group) if group else None
        if image is not None:
            yield np.asarray(np.rint(image * 255), np.uint8), digits


def _degraded_digit(image: np.ndarray, digit: int, rng: Rng) -> np.ndarray:
    ink = image / np.float32(255)
    if rng.random() < SYNTHETIC:
        ink = synthetic_digits.draw_form(synthetic_digits.random_form(digit, rng), rng)
    copy = degrade.degrade_image(ink, rng, edge_noise=EDGE_NOISE)
    return degrade.enlarge(copy, rng) if rng.random() < ENLARGED else copy


def low_resolution_row(written: np.ndarray, rng: Rng) -> np.ndarray:
    """(N, H, W) float32 ink of the digits of a row -> (N, h, w), black and white."""
    height = np.exp(rng.uniform(*np.log(HEIGHTS)))
    size_wh = (max(2, round(written.shape[2] * height / written.shape[1])), max(2, round(height)))
    small = np.stack([cv2.resize(one, size_wh, interpolation=cv2.INTER_AREA) for one in written])
    noisy = small + rng.standard_normal(small.shape[1:], np.float32) * np.float32(rng.uniform(0, EDGE_NOISE))
    return np.asarray(noisy > rng.uniform(0.25, 0.6), np.float32)


def digits_by_component(glyphs: Segmentation, written: np.ndarray) -> list[tuple[list[Glyph], list[int]]]:
    """Each component that holds most of the ink of some digits (N, H, W), with their indices from left to right."""
    ink = written > touching_digits.INK_AT
    common = np.zeros((len(glyphs.glyphs), len(written)))  # pixels
    for i, glyph in enumerate(glyphs.glyphs):
        x, y, w, h = glyph.box_xywh
        common[i] = (ink[:, y : y + h, x : x + w] & glyph_mask(glyphs, glyph)).sum(axis=(1, 2))
    if not common.size:
        return []
    owner = common.argmax(axis=0)  # (N,)
    found = [([glyph], np.flatnonzero(owner == i).tolist()) for i, glyph in enumerate(glyphs.glyphs)]
    return [(group, indices) for group, indices in found if indices]
