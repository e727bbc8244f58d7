"""Sets of synthetic lines, made in worker processes; the same seed and epoch give the same lines."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from inkling.pipeline.line_image import make_line_image
from inkling.pipeline.symbols import CLASSES
from inkling.training.recipe import Texts
from inkling.training.synthetic_lines.handwriting import DigitImages
from inkling.training.synthetic_lines.maker import make_line

VIEWS = 2  # differently stretched and cropped views per line, because making a line is slower than training on it
MAX_WIDTH = 384  # pixels; wider line images are rare and expensive, and are left out
WIDTH_STEP = 16  # pixels; widths are padded to multiples of this, because a batch has one width
MAX_SYMBOLS = 24
PADDING = 255  # after the last symbol of a text
CHUNK = 250  # lines per random stream; changing it changes every result
N_WIDTHS = MAX_WIDTH // WIDTH_STEP
LOW, HIGH = -0.5, 1.5  # range of a line image's values, stored as 0..255
_INDEX = {symbol: i for i, symbol in enumerate(CLASSES)}

Rng = np.random.Generator
Line = tuple[np.ndarray, list[int]]  # (32, w) uint8 and the indices of its symbols


@dataclass(frozen=True)
class Lines:
    """Line images of one width."""

    images: np.ndarray  # (N, 32, w) uint8, 0..255 = LOW..HIGH
    texts: np.ndarray  # (N, MAX_SYMBOLS) uint8 indices of symbols, PADDING after the last

    def as_lists(self) -> list[list[int]]:
        """The texts without padding."""
        return [text[text != PADDING].tolist() for text in self.texts]


def make_lines(
    n: int,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    epoch: int,
    processes: int,
    how: Texts | None = None,
) -> list[Lines]:
    """At least `n` line images by width, in full chunks, made from (N, 28, 28) uint8 digits and their labels (N,).

    The same seed and epoch give the same lines for any number of processes.
    """
    starts = range(0, -(-n // VIEWS), CHUNK)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _set_up_worker, (images, labels, seed, epoch, how)) as pool:
        return by_width([line for chunk in pool.map(_make_chunk, starts) for line in chunk])


def evaluation_lines(images: np.ndarray, labels: np.ndarray, *, n: int, seed: int) -> list[Lines]:
    """`n` line images by width, with one view of each line, to evaluate a network."""
    rng = np.random.default_rng((seed, 0x7A11D))
    digits = DigitImages(images, labels)
    lines: list[Line] = []
    while len(lines) < n:
        lines += _views(digits, rng)[:1]
    return by_width(lines)


def as_input(images: np.ndarray) -> np.ndarray:
    """(N, 32, w) uint8 as stored -> float32, with about 0 = paper, 1 = ink."""
    return images * np.float32((HIGH - LOW) / 255) + np.float32(LOW)


def by_width(lines: list[Line]) -> list[Lines]:
    """Lines grouped by width, padded with paper to a multiple of WIDTH_STEP, narrow ones first."""
    found = []
    widths = [-(-image.shape[1] // WIDTH_STEP) * WIDTH_STEP for image, _ in lines]
    for width in sorted(set(widths)):
        same = [line for line, w in zip(lines, widths, strict=True) if w == width]
        images = np.full((len(same), same[0][0].shape[0], width), round(-LOW / (HIGH - LOW) * 255), np.uint8)
        texts = np.full((len(same), MAX_SYMBOLS), PADDING, np.uint8)
        for row, text, (image, symbols) in zip(images, texts, same, strict=True):
            row[:, : image.shape[1]] = image
            text[: len(symbols)] = symbols
        found.append(Lines(images, texts))
    return found


def _views(digits: DigitImages, rng: Rng, how: Texts | None = None) -> list[Line]:
    """VIEWS views of one line; [] if a view is too wide or the text is too long, in itself or for the view."""
    grey, symbols = make_line(digits, rng, how)
    text = [_INDEX[symbol] for symbol in symbols]
    lines = []
    for _ in range(VIEWS):
        stretch = float(np.exp(rng.normal(0, 0.12)))
        h, w = grey.shape
        top, bottom = (rng.exponential(0.02, 2) * h).astype(int).tolist()
        seen = grey[top : h - bottom]
        seen = cv2.resize(seen, (max(8, round(w * stretch)), len(seen)), interpolation=cv2.INTER_LINEAR)
        image = make_line_image(seen)
        repeats = sum(a == b for a, b in pairwise(text))
        columns = image.shape[1] // 4
        if image.shape[1] > MAX_WIDTH or len(text) > MAX_SYMBOLS or columns < len(text) + repeats + 1:
            return []
        lines.append((np.asarray(np.rint((image - LOW) * (255 / (HIGH - LOW))), np.uint8), text))
    return lines


_worker: dict[str, Any] = {}  # state of a worker process: digits, seed, epoch, how


def _set_up_worker(images: np.ndarray, labels: np.ndarray, seed: int, epoch: int, how: Texts | None) -> None:
    _worker.update(digits=DigitImages(images, labels), seed=seed, epoch=epoch, how=how)
    cv2.setNumThreads(1)


def _make_chunk(start: int) -> list[Line]:
    rng = np.random.default_rng((_worker["seed"], 0x57B1, _worker["epoch"], start))
    lines: list[Line] = []
    while len(lines) < CHUNK * VIEWS:
        lines += _views(_worker["digits"], rng, _worker["how"])
    return lines
