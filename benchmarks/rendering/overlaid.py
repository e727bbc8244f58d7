"""Overlaid or crossed-out digits, which no longer count as digits.

Digits are MNIST images, (28, 28) uint8. The functions return (H, W) uint8 images, dark on light.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.rendering.stroke_rendering import Drawing, draw, enlarged, fitted, straight, trimmed

# Pairs that a person may still read as one of the two: a 1 looks like a bar through the other digit, as in many 0s and
# 7s; the other pairs share most of their strokes.
STAY_DIGITS = {frozenset((1, other)) for other in range(10)} | {
    frozenset(pair) for pair in ((0, 6), (0, 7), (0, 8), (3, 8), (4, 9))
}
OWN = 0.4  # minimum fraction of each digit's ink outside the other's strokes; with less, the pair looks like one digit


def two_digits(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two different digits on top of each other, shifted by at most two MNIST pixels in each direction."""
    while True:
        a, b = rng.integers(0, len(images), 2)
        pair = frozenset((int(labels[a]), int(labels[b])))
        if len(pair) < 2 or pair in STAY_DIGITS:
            continue
        one, other = np.pad(images[a], 2), np.pad(images[b], 2)
        other = np.roll(other, rng.integers(-2, 3, 2), axis=(0, 1))
        if min(_beside(one, other), _beside(other, one)) >= OWN:
            return enlarged(np.maximum(one, other))


def crossed_out(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit struck through with a zigzag or crossing lines from edge to edge."""
    large = 1 - cv2.GaussianBlur(enlarged(images[int(rng.integers(len(images)))]).astype(np.float32), (0, 0), 1.5) / 255
    digit = np.clip((large - 0.4) / 0.2, 0, 1)  # as sharp as the pen strokes that strike it out
    n = int(rng.integers(7, 11))
    if rng.random() < 0.5:
        y = np.linspace(0, 1, n)
        lines = [straight(*zip(np.where(np.arange(n) % 2, 1.0, 0.0), y, strict=True))]
    else:
        lines = [straight((0, y), (1, 1 - y)) for y in np.linspace(0, 1, n - 4)]
        lines += [straight((x, 0), (1 - x, 1)) for x in np.linspace(0.1, 0.9, n - 5)]
    strike = trimmed(draw(Drawing(fitted(*lines)), rng))
    body = trimmed(digit)
    rim = 40
    ink = cv2.copyMakeBorder(body, rim, rim, rim, rim, cv2.BORDER_CONSTANT)
    w, h = round(max(body.shape[1], 60) * 1.1), round(body.shape[0] * 1.05)
    x, y0 = (ink.shape[1] - w) // 2, (ink.shape[0] - h) // 2
    part = ink[y0 : y0 + h, x : x + w]
    np.maximum(part, cv2.resize(strike, (w, h), interpolation=cv2.INTER_AREA), out=part)
    return np.asarray(np.rint(255 * (1 - np.clip(ink, 0, 1))), np.uint8)


def _beside(digit: np.ndarray, other: np.ndarray) -> float:
    """The fraction of a digit's ink that is more than a pixel away from the other digit's ink."""
    near = cv2.dilate((other > 96).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    mask = digit > 96
    return float((mask & ~near).sum() / max(mask.sum(), 1))
