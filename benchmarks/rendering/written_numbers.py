"""Handwritten numbers: MNIST digits of a given height on a baseline, with signs drawn as strokes.

Independent of the code that makes training lines (`src/inkling/training`): other shapes of signs, other spacing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.common import Digits
from benchmarks.rendering.stroke_rendering import Ink, Points, ellipse, smooth_line, straight

MNIST_HEIGHT = 20  # pixels: the longer side of a digit in a (28, 28) image
ALIKE = 6  # candidate images of a digit; the one closest to the pen's width is chosen
FINE = 4  # supersampling factor for each side of a sign
CURRENCIES = ("euro", "dollar", "pound")  # shapes for "¤"


@dataclass(frozen=True)
class Written:
    """The ink of a number, cropped at its left and right sides."""

    ink: Ink  # (h, w) float32, 0..1
    baseline: float  # of the digits, in pixels from the top
    height: float  # of a digit, in pixels


class Writer:
    """Writes numbers with one pen and size."""

    def __init__(self, digits: Digits, rng: np.random.Generator, *, height: float) -> None:
        """`height`: of a digit, in pixels."""
        self._digits, self._rng, self.height = digits, rng, height
        self._threshold = float(rng.uniform(0.34, 0.5))  # a lower threshold makes wider strokes
        self._dark = float(rng.uniform(0.3, 0.6))
        self._width = 0.23 * self._dark * float(np.interp(self._threshold, [0.34, 0.5], [1.15, 0.85])) * height
        self._gap = float(rng.uniform(0.08, 0.26)) * height

    def digit(self, digit: str) -> Ink:
        """An image of a digit, enlarged and trimmed: of a few candidates, the one closest to the pen's width."""
        images, labels = self._digits
        few = images[self._rng.choice(np.flatnonzero(labels == int(digit)), ALIKE)]
        dark = (few > 200).sum(axis=(1, 2)) / (few > 0).sum(axis=(1, 2))  # higher for a wider stroke
        chosen = few[np.abs(dark - self._dark).argmin()].astype(np.float32) / 255
        factor = self.height / MNIST_HEIGHT
        large = cv2.resize(chosen, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        soft = cv2.GaussianBlur(large, (0, 0), 0.36 * factor)
        edge = min(0.95 / factor, 2 * self._threshold)  # gray levels of the transition from ink to paper: about a pixel
        return _trimmed(np.clip((soft - self._threshold) / edge + 0.5, 0, 1).astype(np.float32))

    def sign(self, sign: str) -> tuple[Ink, float]:
        """A sign, and the offset of its top below a digit's top, in digit heights."""
        rng = self._rng
        strokes = SIGNS[rng.choice(CURRENCIES) if sign == "¤" else sign](rng)
        slant = rng.uniform(-0.08, 0.16)
        strokes = [stroke * (1, 1) - np.outer(stroke[:, 1] - 1, (slant, 0)) for stroke in strokes]
        low, high = np.vstack(strokes).min(axis=0), np.vstack(strokes).max(axis=0)
        rim = 0.7 * self._width * FINE + 2
        scale = self.height * FINE * rng.uniform(0.92, 1.08)
        w, h = (FINE * int(np.ceil((side * scale + 2 * rim) / FINE)) for side in high - low)
        canvas = np.zeros((h, w), np.uint8)
        wide = self._width * FINE * rng.uniform(0.85, 1.1) * (1.3 if sign in ".,:" else 1)
        for stroke in strokes:
            whole = np.rint((stroke - low) * scale + rim).astype(np.int32)
            cv2.polylines(canvas, [whole], isClosed=False, color=255, thickness=max(1, round(wide)))
        ink = cv2.resize(canvas, (w // FINE, h // FINE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        return ink, float(low[1] - rim / scale)

    def write(self, text: str, *, touching: bool = False) -> Written:
        """Write digits, signs (see SIGNS, and "¤") and spaces; `touching` lets neighbors overlap slightly."""
        height, rng = self.height, self._rng
        placed: list[tuple[Ink, int, int]] = []  # ink, x, top
        x = 0.0
        for i, character in enumerate(text):
            if character == " ":
                x += rng.uniform(0.5, 0.8) * height
                continue
            if character.isdigit():
                ink = self.digit(character)
                top = height - len(ink) + rng.normal(0, 0.025) * height
            else:
                ink, below = self.sign(character)
                top = below * height
            gap = -0.05 * height if touching else self._gap * rng.uniform(0.6, 1.4)
            x += gap if i else 0.0
            placed.append((ink, round(x), round(top)))
            x += ink.shape[1]
        first = min(top for _, _, top in placed)
        h = max(top + len(ink) for ink, _, top in placed) - first
        whole = np.zeros((h, max(at + ink.shape[1] for ink, at, _ in placed)), np.float32)
        for ink, at, top in placed:
            lay(whole, ink, at, top - first)
        return Written(whole, height - first, height)


def lay(page: Ink, ink: Ink, x: float, y: float) -> None:
    """Add ink to a page with its top-left corner at (x, y), clipped to the page."""
    left, top = round(x), round(y)
    h, w = page.shape
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + ink.shape[1], w), min(top + ink.shape[0], h)
    if x0 < x1 and y0 < y1:
        part = page[y0:y1, x0:x1]
        np.maximum(part, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=part)


def random_number(rng: np.random.Generator, n: int) -> str:
    """`n` random digits."""
    return "".join(map(str, rng.integers(0, 10, n)))


def digits_of(written: str) -> str:
    """The digits of a number as written, without signs and tabs; rows are kept."""
    return "".join(each for each in written if each.isdigit() or each == "\n")


def _trimmed(ink: Ink) -> Ink:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _shaken(rng: np.random.Generator, lines: Iterable[Points]) -> list[Points]:
    """Strokes, slightly moved and stretched."""
    return [line * rng.uniform(0.93, 1.07, 2) + rng.normal(0, 0.012, 2) for line in lines]


# Each sign's strokes in digit heights, x to the right, y down: a digit's top is at 0, the baseline at 1.


def _point(rng: np.random.Generator) -> list[Points]:
    y = rng.uniform(0.93, 1.0)
    return [straight((0, y), (0.02, y + 0.01))]


def _comma(rng: np.random.Generator) -> list[Points]:
    return _shaken(rng, [smooth_line(np.array([(0.06, 0.9), (0.07, 1.0), (0, rng.uniform(1.1, 1.22))]), steps=6)])


def _minus(rng: np.random.Generator) -> list[Points]:
    return _shaken(rng, [straight((0, 0.55), (rng.uniform(0.3, 0.5), rng.uniform(0.5, 0.57)))])


def _plus(rng: np.random.Generator) -> list[Points]:
    return _shaken(rng, [straight((0, 0.56), (0.48, 0.53)), straight((0.25, 0.3), (0.23, 0.8))])


def _slash(rng: np.random.Generator) -> list[Points]:
    return _shaken(rng, [straight((rng.uniform(0.3, 0.5), -0.05), (0, 1.1))])


def _colon(rng: np.random.Generator) -> list[Points]:
    x = rng.normal(0, 0.02)
    return [straight((at, y), (at + 0.02, y + 0.01)) for at, y in ((x, 0.4), (0, 0.9))]


def _percent(rng: np.random.Generator) -> list[Points]:
    rings = [ellipse(0.14, 0.22, 0.12, 0.16), ellipse(0.56, 0.8, 0.12, 0.16)]
    return _shaken(rng, [*rings, straight((0.6, 0), (0.08, 1.02))])


def _opening(rng: np.random.Generator) -> list[Points]:
    return _shaken(rng, [ellipse(0.3, 0.5, rng.uniform(0.18, 0.3), 0.62, start=0.62 * np.pi, end=1.38 * np.pi)])


def _closing(rng: np.random.Generator) -> list[Points]:
    return _shaken(rng, [ellipse(0, 0.5, rng.uniform(0.18, 0.3), 0.62, start=-0.38 * np.pi, end=0.38 * np.pi)])


def _euro(rng: np.random.Generator) -> list[Points]:
    bow = ellipse(0.4, 0.5, 0.36, 0.48, start=0.25 * np.pi, end=1.75 * np.pi)
    return _shaken(rng, [bow, straight((-0.06, 0.4), (0.5, 0.38)), straight((-0.08, 0.58), (0.46, 0.57))])


def _dollar(rng: np.random.Generator) -> list[Points]:
    snake = [(0.5, 0.16), (0.28, 0.04), (0.06, 0.22), (0.28, 0.48), (0.52, 0.74), (0.28, 0.96), (0.02, 0.82)]
    return _shaken(rng, [smooth_line(np.array(snake), steps=8), straight((0.3, -0.14), (0.27, 1.14))])


def _pound(rng: np.random.Generator) -> list[Points]:
    stem = [(0.56, 0.14), (0.36, 0.02), (0.22, 0.2), (0.26, 0.56), (0.2, 0.86), (0.02, 0.98), (0.3, 0.96), (0.6, 0.94)]
    return _shaken(rng, [smooth_line(np.array(stem), steps=8), straight((0.04, 0.54), (0.46, 0.52))])


SIGNS = {
    ".": _point, ",": _comma, "-": _minus, "+": _plus, "/": _slash, ":": _colon, "%": _percent, "(": _opening,
    ")": _closing, "euro": _euro, "dollar": _dollar, "pound": _pound,
}  # fmt: skip
