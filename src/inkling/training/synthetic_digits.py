"""Synthetic digits drawn from strokes: forms that MNIST's writers hardly used and much of the world does.

Drawing a form (`stroke_forms`) moves its points at random, rotates and shears the whole, and picks a pen.
`pipeline.normalize` makes the normalized digit.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.training.stroke_forms import FORMS, Form

CANVAS = 44  # pixels: height of the square that a form is drawn in
MARGIN = 6  # pixels around it, for the pen
_SUBPIXEL_BITS = 4  # cv2 draws in sixteenths of a pixel

BY_DIGIT = [[form for form in FORMS if form.digit == digit] for digit in range(10)]
JITTER = (0.02, 0.055)  # of the height: standard deviation of points, from a careful hand to a hasty one


def draw_digits(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels (N,) 0..9 -> (N, 28, 28) float32 normalized digits in 0..1, each of a random form and pen."""
    tiles = np.empty((len(labels), SIDE, SIDE), np.float32)
    for tile, label in zip(tiles, labels, strict=True):
        tile[:] = normalize_crop(draw_form(random_form(int(label), rng), rng))
    return tiles


def make_pool(n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` drawings of each digit, to choose from with `from_pool`: (10, n, 28, 28) uint8."""
    tiles = draw_digits(np.repeat(np.arange(10), n), rng).reshape(10, n, SIDE, SIDE)
    return np.asarray(np.rint(tiles * 255), np.uint8)


def from_pool(pool: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As `draw_digits`, but drawings of a pool, at random: to draw one takes longer than all that augmentation does."""
    return np.asarray(pool[labels, rng.integers(pool.shape[1], size=len(labels))] / np.float32(255))


def random_form(digit: int, rng: np.random.Generator) -> Form:
    """One of the forms of a digit, at random."""
    forms = BY_DIGIT[digit]
    return forms[rng.integers(len(forms))]


def draw_form(form: Form, rng: np.random.Generator, *, pen: int | None = None) -> np.ndarray:
    """One drawing of a form, some `CANVAS` pixels high -> (h, w) float32 ink, 0..1.

    `pen` is its width in pixels; without one it is random.
    """
    width = rng.uniform(*form.width)
    slant, turn = rng.normal(0.12, 0.16), rng.normal(0, 0.07)  # to the right, as most people write; radians
    place = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[width, -slant], [0, 1]]
    )
    strokes, jitter = [], rng.uniform(*JITTER)
    for stroke in form.strokes:
        moved = np.array(stroke.points) + rng.normal(0, jitter, (len(stroke.points), 2))
        strokes.append((smooth_curve(moved) if stroke.smooth else hand_drawn_lines(moved, rng)) @ place.T)
    return draw_strokes(strokes, rng, pen=pen)


def draw_strokes(strokes: list[np.ndarray], rng: np.random.Generator, *, pen: int | None = None) -> np.ndarray:
    """Strokes of (n, 2) points about a unit in size -> (h, w) float32 ink, 0..1; `pen` in pixels, or random."""
    low = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    high = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    w, h = (CANVAS * (high - low) + 2 * MARGIN).astype(int)
    image = np.zeros((h, w), np.uint8)
    pen = int(rng.integers(2, 8)) if pen is None else pen
    for stroke in strokes:
        pixels = (CANVAS * (stroke - low) + MARGIN) * (1 << _SUBPIXEL_BITS)
        cv2.polylines(image, [pixels.round().astype(np.int32)], False, (255,), pen, cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    return image.astype(np.float32) / np.float32(255)


def smooth_curve(points: np.ndarray, *, steps: int = 8) -> np.ndarray:
    """A smooth curve through (n, 2) points, in `steps` points per piece (Catmull, Rom 1974)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    p0, p1, p2, p3 = (padded[i : len(points) - 1 + i, None] for i in range(4))  # (n - 1, 1, 2) each
    pieces = 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return np.asarray(np.concatenate([pieces.reshape(-1, 2), points[-1:]]))


def hand_drawn_lines(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Nearly straight lines through (n, 2) points: bowed a little, corners cut a little."""
    lines = []
    for a, b in pairwise(points):
        t = np.linspace(0.04, 0.96, 6)[:, None]
        bow = rng.normal(0, 0.03) * np.array([-(b - a)[1], (b - a)[0]])
        lines.append(a + (b - a) * t + 4 * t * (1 - t) * bow)
    return np.concatenate([points[:1], *lines, points[-1:]])
