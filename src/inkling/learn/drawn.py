"""Digits drawn by code: the forms that MNIST's writers hardly used and much of the world does.

Each form is a list of strokes, each stroke a few points in a unit square (x to the right, y down) that a smooth
curve or straight lines join. A drawing moves the points, bends and slants the whole, picks a pen, and goes to a tile
by the road's own code.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from inkling.road.tile import SIDE, make_tile

CANVAS = 44  # pixels: height of the square that a form is drawn in
MARGIN = 6  # pixels around it, for the pen
_FIXED = 4  # cv2 draws in sixteenths of a pixel

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Form:
    """One way to write a digit."""

    digit: int
    strokes: tuple[Points, ...]
    smooth: bool = True  # curves through the points; else straight lines between them
    width: tuple[float, float] = (0.45, 0.9)  # of the height


FORMS: tuple[Form, ...] = (
    # 1: bare, with an upstroke short or as long as the stem, with a foot, with a serif only
    Form(1, (((0.5, 0), (0.5, 1)),), smooth=False, width=(0.3, 0.5)),
    Form(1, (((0.1, 0.35), (0.75, 0), (0.75, 1)),), smooth=False, width=(0.25, 0.75)),
    Form(1, (((0, 0.55), (0.8, 0), (0.8, 1)),), smooth=False, width=(0.35, 0.85)),
    Form(1, (((0, 0.95), (0.75, 0), (0.8, 1)),), smooth=False, width=(0.3, 0.6)),
    Form(1, (((0.15, 0.3), (0.5, 0), (0.5, 1)), ((0.1, 1), (0.95, 1))), smooth=False, width=(0.3, 0.8)),
    Form(1, (((0.3, 0.12), (0.5, 0), (0.5, 1)), ((0.15, 1), (0.85, 1))), smooth=False, width=(0.3, 0.7)),
    Form(1, (((0.05, 0.4), (0.4, 0.25), (0.7, 0), (0.68, 0.5), (0.65, 1)),), width=(0.3, 0.6)),
    # 7: plain, crossed, with a hook at the left, with both, with a bent stem
    Form(7, (((0, 0.02), (1, 0), (0.4, 1)),), smooth=False),
    Form(7, (((0, 0.02), (1, 0), (0.4, 1)), ((0.3, 0.5), (0.95, 0.47))), smooth=False),
    Form(7, (((0, 0.2), (0.03, 0), (1, 0), (0.45, 1)),), smooth=False),
    Form(7, (((0, 0.2), (0.03, 0), (1, 0), (0.45, 1)), ((0.25, 0.52), (0.95, 0.48))), smooth=False),
    Form(7, (((0, 0.08), (0.5, 0.1), (1, 0), (0.7, 0.45), (0.55, 1)),)),
    Form(7, (((0, 0.08), (0.5, 0.1), (1, 0), (0.7, 0.45), (0.55, 1)), ((0.35, 0.5), (1, 0.45)))),
    # 4: open, closed to a point, like a bolt, with the bar left of the stem only
    Form(4, (((0.15, 0), (0, 0.6), (1, 0.6)), ((0.75, 0.2), (0.72, 1))), smooth=False),
    Form(4, (((0.1, 0.05), (0.1, 0.5), (0.9, 0.5)), ((0.85, 0), (0.85, 1))), smooth=False),
    Form(4, (((0.7, 1), (0.7, 0), (0, 0.7), (1, 0.7)),), smooth=False),
    Form(4, (((0.6, 0), (0, 0.65), (1, 0.62)), ((0.62, 0.35), (0.6, 1))), smooth=False),
    Form(4, (((0.05, 0), (0.08, 0.35), (0.3, 0.5), (0.85, 0.42)), ((0.9, 0), (0.88, 0.5), (0.85, 1)))),
    # 9: pointed, with a straight leg, with a curl
    Form(9, (((0.9, 0.12), (0.45, 0), (0.05, 0.28), (0.4, 0.5), (0.9, 0.25), (0.92, 0.1), (0.85, 0.6), (0.8, 1)),)),
    Form(9, (((0.9, 0.2), (0.4, 0), (0.05, 0.3), (0.5, 0.5), (0.9, 0.2), (0.85, 0.75), (0.45, 1), (0.1, 0.9)),)),
    Form(9, (((0.9, 0), (0.1, 0.12), (0.15, 0.48), (0.9, 0.35)), ((0.9, 0), (0.85, 1))), smooth=False),
    # 0: round, narrow, slashed, not quite closed
    Form(0, (((0.55, 0), (0.05, 0.3), (0.05, 0.7), (0.5, 1), (0.95, 0.7), (0.95, 0.3), (0.5, 0.0)),)),
    Form(
        0,
        (
            ((0.55, 0), (0.05, 0.3), (0.05, 0.7), (0.5, 1), (0.95, 0.7), (0.95, 0.3), (0.5, 0.0)),
            ((0.95, 0.05), (0.05, 0.95)),
        ),
    ),
    Form(0, (((0.7, 0.08), (0.3, 0.02), (0.02, 0.5), (0.4, 1), (0.95, 0.65), (0.85, 0.15), (0.55, 0.02)),)),
    # 2: like a Z, round, with a loop at the foot
    Form(2, (((0.05, 0.05), (0.95, 0.02), (0.05, 0.97), (1, 1)),), smooth=False),
    Form(2, (((0.05, 0.2), (0.5, 0), (0.9, 0.25), (0.55, 0.65), (0.05, 0.98), (0.5, 0.98), (1, 0.98)),)),
    Form(2, (((0.1, 0.15), (0.6, 0), (0.85, 0.3), (0.3, 0.9), (0.05, 0.95), (0.2, 0.8), (0.55, 0.97), (1, 0.9)),)),
    # 3: flat top, round
    Form(3, (((0.05, 0), (0.9, 0), (0.4, 0.42), (0.95, 0.68), (0.5, 1), (0, 0.88)),), smooth=False),
    Form(3, (((0.05, 0.1), (0.5, 0), (0.85, 0.2), (0.4, 0.47), (0.95, 0.72), (0.5, 1), (0.02, 0.88)),)),
    # 5: the roof set apart or in one stroke, angular
    Form(5, (((0.2, 0.05), (0.12, 0.45), (0.6, 0.4), (0.95, 0.68), (0.5, 1), (0, 0.92)), ((0.2, 0.02), (0.95, 0)))),
    Form(5, (((0.95, 0), (0.15, 0), (0.1, 0.45), (0.75, 0.45), (0.9, 0.8), (0.4, 1), (0, 0.95)),), smooth=False),
    # 6: straight back, curled
    Form(6, (((0.75, 0), (0.15, 0.5), (0.1, 0.8), (0.5, 1), (0.9, 0.75), (0.5, 0.52), (0.12, 0.75)),)),
    Form(6, (((0.6, 0), (0.05, 0.6), (0.3, 0.98), (0.85, 0.9), (0.8, 0.6), (0.35, 0.55), (0.08, 0.75)),)),
    # 8: one stroke that crosses itself, two rings
    Form(
        8,
        (
            (
                *((0.85, 0.12), (0.45, 0), (0.1, 0.2), (0.5, 0.48), (0.92, 0.78), (0.5, 1)),
                *((0.08, 0.78), (0.5, 0.48), (0.88, 0.2), (0.8, 0.08)),
            ),
        ),
    ),
    Form(
        8,
        (
            ((0.5, 0), (0.15, 0.2), (0.5, 0.45), (0.85, 0.2), (0.5, 0)),
            ((0.5, 0.45), (0.05, 0.72), (0.5, 1), (0.95, 0.72), (0.5, 0.45)),
        ),
    ),
)


def draw_digits(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A tile for each label: (N,) 0..9 -> (N, 28, 28) float32, each in a form, hand and pen of its own."""
    by_digit = [[form for form in FORMS if form.digit == digit] for digit in range(10)]
    tiles = np.empty((len(labels), SIDE, SIDE), np.float32)
    for tile, label in zip(tiles, labels, strict=True):
        forms = by_digit[int(label)]
        tile[:] = make_tile(draw_form(forms[rng.integers(len(forms))], rng))
    return tiles


def draw_form(form: Form, rng: np.random.Generator) -> np.ndarray:
    """One drawing of a form -> (h, w) float32 ink, 0..1."""
    width = rng.uniform(*form.width)
    slant, turn = rng.normal(0.08, 0.12), rng.normal(0, 0.07)  # to the right, as most people write; radians
    place = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[width, -slant], [0, 1]]
    )
    strokes = []
    for points in form.strokes:
        moved = np.array(points) + rng.normal(0, 0.035, (len(points), 2))
        strokes.append((curve(moved) if form.smooth else rounded(moved, rng)) @ place.T)
    return draw_strokes(strokes, rng)


def draw_strokes(strokes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Strokes of (n, 2) points about a unit in size, with a pen of random width -> (h, w) float32 ink, 0..1."""
    low = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    high = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    w, h = (CANVAS * (high - low) + 2 * MARGIN).astype(int)
    image = np.zeros((h, w), np.uint8)
    pen = int(rng.integers(2, 8))
    for stroke in strokes:
        pixels = (CANVAS * (stroke - low) + MARGIN) * (1 << _FIXED)
        cv2.polylines(image, [pixels.round().astype(np.int32)], False, 255, pen, cv2.LINE_AA, shift=_FIXED)
    return image.astype(np.float32) / np.float32(255)


def curve(points: np.ndarray, *, steps: int = 8) -> np.ndarray:
    """A smooth curve through (n, 2) points, `steps` more a piece (Catmull, Rom 1974)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    p0, p1, p2, p3 = (padded[i : len(points) - 1 + i, None] for i in range(4))  # (n - 1, 1, 2) each
    pieces = 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return np.asarray(np.concatenate([pieces.reshape(-1, 2), points[-1:]]))


def rounded(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Straight lines through (n, 2) points, bowed a little and with corners cut a little: a hand is no ruler."""
    lines = []
    for a, b in pairwise(points):
        t = np.linspace(0.04, 0.96, 6)[:, None]
        bow = rng.normal(0, 0.03) * np.array([-(b - a)[1], (b - a)[0]])
        lines.append(a + (b - a) * t + 4 * t * (1 - t) * bow)
    return np.concatenate([points[:1], *lines, points[-1:]])
