"""Synthetic digits drawn from strokes, in forms that are rare in MNIST but common in much of the world.

Drawing a form (`stroke_forms`) jitters its points, rotates and shears it, and chooses a random pen.
`pipeline.normalize` normalizes the result.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.training.stroke_forms import FORMS, Form, Stroke

CANVAS = 44  # pixels: height of the square that a form is drawn in
MARGIN = 6  # pixels around the square, for the pen's width
_SUBPIXEL_BITS = 4  # cv2 draws in sixteenths of a pixel

BY_DIGIT = [[form for form in FORMS if form.digit == digit] for digit in range(10)]
JITTER = (0.02, 0.055)  # standard deviation of points, as a share of the height: from a careful hand to a hasty one


def draw_digits(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels (N,) 0..9 -> (N, 28, 28) float32 normalized digits in 0..1, each with a random form and pen."""
    tiles = np.empty((len(labels), SIDE, SIDE), np.float32)
    for tile, label in zip(tiles, labels, strict=True):
        tile[:] = normalize_crop(draw_form(random_form(int(label), rng), rng))
    return tiles


def make_pool(n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` drawings of each digit for `from_pool`: (10, n, 28, 28) uint8."""
    tiles = draw_digits(np.repeat(np.arange(10), n), rng).reshape(10, n, SIDE, SIDE)
    return np.asarray(np.rint(tiles * 255), np.uint8)


def from_pool(pool: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Like `draw_digits`, but chooses from a pool, because drawing a digit takes longer than all other augmentation."""
    return np.asarray(pool[labels, rng.integers(pool.shape[1], size=len(labels))] / np.float32(255))


def random_form(digit: int, rng: np.random.Generator) -> Form:
    """A random form of a digit."""
    forms = BY_DIGIT[digit]
    return forms[rng.integers(len(forms))]


def draw_form(form: Form, rng: np.random.Generator, *, pen: int | None = None) -> np.ndarray:
    """Draws a form about `CANVAS` pixels high -> (h, w) float32 ink, 0..1. `pen`: width in pixels, random if None."""
    width = rng.uniform(*form.width)
    slant, turn = rng.normal(0.12, 0.16), rng.normal(0, 0.07)  # to the right, as most people write; radians
    place = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[width, -slant], [0, 1]]
    )
    jitter = rng.uniform(*JITTER)
    strokes = [pen_path(stroke, jitter, rng) @ place.T for stroke in form.strokes]
    return draw_strokes(strokes, rng, pen=pen)


def draw_strokes(strokes: list[np.ndarray], rng: np.random.Generator, *, pen: int | None = None) -> np.ndarray:
    """Strokes of (n, 2) points, about one unit in size -> (h, w) float32 ink, 0..1.

    `pen`: width in pixels, random if None.
    """
    low = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    high = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    w, h = (CANVAS * (high - low) + 2 * MARGIN).astype(int)
    pen = int(rng.integers(2, 8)) if pen is None else pen
    image = draw_polylines([CANVAS * (stroke - low) + MARGIN for stroke in strokes], (w, h), pen)
    return image.astype(np.float32) / np.float32(255)


def draw_polylines(strokes: list[np.ndarray], size_wh: tuple[int, int], pen: int) -> np.ndarray:
    """Strokes of (n, 2) points in pixels -> (h, w) uint8 ink. `pen`: width in pixels"""
    image = np.zeros(size_wh[::-1], np.uint8)
    for stroke in strokes:
        points = (stroke * (1 << _SUBPIXEL_BITS)).round().astype(np.int32)
        cv2.polylines(image, [points], False, (255,), pen, cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    return image


def pen_path(
    stroke: Stroke, jitter: float, rng: np.random.Generator, *, origin: np.ndarray | float = 0.0, steps: int = 8
) -> np.ndarray:
    """The line of a pen through a stroke's points, relative to `origin` and jittered -> (n, 2).

    `jitter`: standard deviation; `steps`: see `smooth_curve`.
    """
    points = np.array(stroke.points) - origin + rng.normal(0, jitter, (len(stroke.points), 2))
    return smooth_curve(points, steps=steps) if stroke.smooth else hand_drawn_lines(points, rng)


def smooth_curve(points: np.ndarray, *, steps: int = 8) -> np.ndarray:
    """A smooth curve through (n, 2) points, with `steps` points per segment (Catmull, Rom 1974)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    p0, p1, p2, p3 = (padded[i : len(points) - 1 + i, None] for i in range(4))  # (n - 1, 1, 2) each
    pieces = 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return np.asarray(np.concatenate([pieces.reshape(-1, 2), points[-1:]]))


def hand_drawn_lines(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Nearly straight lines through (n, 2) points, slightly bowed and with slightly cut corners."""
    lines = []
    for a, b in pairwise(points):
        t = np.linspace(0.04, 0.96, 6)[:, None]
        bow = rng.normal(0, 0.03) * np.array([-(b - a)[1], (b - a)[0]])
        lines.append(a + (b - a) * t + 4 * t * (1 - t) * bow)
    return np.concatenate([points[:1], *lines, points[-1:]])
