"""The signs that stand between digits, as strokes: points, commas, dashes, brackets, currencies, and other marks.

The notation is that of `stroke_forms`, but the unit is the height of a digit and the place is that of the line: in
hundredths, y = 0 is the top of the digits, y = 100 the baseline, and a comma's tail hangs below at 120. Drawing a sign
stretches it about its middle, moves it up or down a little, shakes its points, and shears it as a writer does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.training.stroke_forms import Stroke, parsed_strokes
from inkling.training.synthetic_digits import hand_drawn_lines, smooth_curve

_SUBPIXEL_BITS = 4  # cv2 draws in sixteenths of a pixel


@dataclass(frozen=True)
class Sign:
    """A drawn sign."""

    ink: np.ndarray  # (h, w) float32, 0..1: a tight crop
    top: int  # pixels from the digits' top line down to the crop's first row; negative above it


@dataclass(frozen=True)
class Spread:
    """How much the drawings of one kind differ."""

    width: tuple[float, float]  # factors
    height: tuple[float, float]
    shift: float  # of the digit's height: standard deviation of moves up and down
    jitter: tuple[float, float] = (0.01, 0.05)  # of the sign's size: standard deviation of points


_LINES: dict[str, tuple[str, ...]] = {
    ".": (
        "- 0,96 3,97",
        "- 0,93 4,98",
        "- 0,97 8,96",
        "- 6,92 0,99",
        "~ 0,95 5,92 8,96 4,100 0,96",
        "~ 0,97 4,92 9,95 7,99 2,99 1,95",
        "- 3,90 2,99",
        "- 0,84 5,86",
        "~ 0,74 5,71 8,75 4,79 0,75",
        "- 0,60 4,63",
    ),
    ",": (
        "- 9,92 0,118",
        "- 5,90 0,116",
        "- 14,90 0,122",
        "~ 4,92 10,96 8,108 0,124",
        "~ 2,96 6,92 10,97 8,110 0,122",
        "~ 0,95 5,92 8,96 3,99 1,95; ~ 8,96 7,108 0,120",
        "~ 12,88 12,100 7,112 0,120",
        "~ 0,94 10,93 11,104 2,118",
    ),
    "-": (
        "- 0,50 50,50",
        "- 0,53 45,49",
        "- 0,48 48,52",
        "~ 0,52 15,47 32,53 50,48",
        "~ 0,47 25,52 52,48",
        "~ 0,52 25,46 50,52",
        "~ 3,55 0,49 50,50",
    ),
    "+": (
        "- 0,52 60,52; - 30,22 30,82",
        "- 0,55 55,50; - 30,25 25,80",
        "- 30,22 28,82; - 28,82 2,52; - 2,52 60,50",
        "~ 28,25 26,80 4,62 22,52 60,52",
        "- 0,50 62,54; - 35,20 28,84",
    ),
    "/": (
        "- 55,-10 0,115",
        "- 45,-5 0,108",
        "- 40,-10 0,112",
        "~ 60,-8 33,46 0,115",
        "~ 52,-10 24,55 0,112",
        "- 62,0 0,105",
    ),
    ":": (
        "- 0,32 3,33; - 0,92 3,93",
        "- 3,30 4,37; - 1,88 2,95",
        "- 0,40 7,39; - 0,88 7,87",
        "~ 0,36 5,33 8,37 4,41 0,37; ~ 0,90 5,87 8,91 4,95 0,91",
        "- 6,30 2,36; - 4,84 0,92",
    ),
    "%": (
        "~ 20,2 2,15 6,38 25,40 38,20 20,2; - 85,0 15,100; ~ 80,60 62,72 66,96 88,98 98,76 80,60",
        "~ 22,2 4,18 12,38 34,34 36,10 20,2; - 80,4 20,96; ~ 74,62 60,78 70,98 92,92 94,70 76,62",
        "~ 22,5 5,15 8,32 28,36 42,18 24,5 50,12 85,2; - 85,2 15,100; ~ 78,62 62,75 68,96 90,94 96,74 78,62",
        "~ 20,20 6,32 12,48 30,46 34,28 20,20; - 70,10 25,95; ~ 70,58 56,70 62,88 82,86 86,66 70,58",
        "~ 15,0 0,14 8,30 26,26 28,6 14,0; - 5,60 75,40; ~ 60,70 45,82 54,100 74,96 76,76 60,70",
        "~ 25,8 5,20 12,42 34,36 32,12 26,8 60,14 88,0 45,60 10,100; ~ 75,64 60,80 72,98 92,90 90,70 76,64",
        "~ 20,4 4,16 10,36 30,32 32,10 20,4; - 80,0 20,100; ~ 88,58 62,60 60,92 84,98 92,76 86,58",
    ),
    "(": (
        "~ 25,-10 5,20 2,75 25,112",
        "~ 20,-5 2,35 4,80 22,110",
        "~ 35,-8 5,25 5,80 38,112",
        "~ 24,-8 0,45 22,112",
        "- 28,-6 4,-6 4,108 28,108",
    ),
    ")": (
        "~ 0,-10 20,20 23,75 0,112",
        "~ 0,-5 20,35 18,80 0,110",
        "~ 0,-8 32,25 32,80 0,112",
        "~ 0,-8 24,45 2,112",
        "- 0,-6 24,-6 24,108 0,108",
    ),
    "¤": (
        "~ 70,18 45,4 10,14 14,38 60,58 68,84 38,98 2,84; - 40,-10 36,112",
        "~ 66,20 40,6 8,20 20,44 60,60 60,88 30,96 0,82; - 28,-8 28,110; - 42,-8 42,110",
        "~ 62,14 35,6 8,20 22,42 58,60 56,86 28,96 4,86; - 34,-12 33,10; - 32,92 31,112",
        "~ 80,14 55,0 24,20 16,60 34,96 60,100 82,88; - 0,40 62,38; - 0,60 58,58",
        "~ 78,8 50,4 22,30 20,70 48,98 80,92; - 2,42 55,40; - 4,60 52,57",
        "~ 75,15 48,2 20,35 22,78 52,100 78,84; - 0,50 60,46",
        "~ 80,10 45,5 20,50 45,97 80,90; ~ 2,40 30,36 62,42; ~ 0,60 30,55 58,60",
        "~ 66,18 48,0 28,10 28,45 32,80 6,98 30,92 55,100 76,92; - 8,54 58,52",
        "~ 70,14 45,2 30,22 36,60 28,88 6,96 14,84 40,94 76,96; - 10,48 56,46; - 10,60 54,58",
        "- 0,0 36,48; - 74,0 36,48; - 36,48 36,100; - 8,56 66,55; - 8,74 66,73",
        "- 0,4 34,52; - 70,0 32,52 30,102; - 10,62 60,60",
        "~ 60,30 30,22 8,50 20,88 62,84; - 42,8 30,106",
        "~ 68,22 50,2 30,20 28,90 10,100; - 6,40 60,40; - 6,58 56,58",
    ),
    "mark": (
        # other signs
        "- 0,40 55,38; - 0,62 55,60",
        "- 0,44 48,46; - 2,60 50,58",
        "- 0,30 55,88; - 55,28 0,90",
        "~ 0,35 25,55 50,88; ~ 52,32 25,62 0,88",
        "- 25,5 15,95; - 55,5 45,95; - 2,35 72,32; - 0,66 68,64",
        "- 25,0 25,48; - 4,12 46,36; - 46,12 4,36",
        "- 28,20 28,75; - 4,34 52,62; - 52,32 4,64",
        "~ 0,56 12,42 30,46 42,58 62,44",
        "~ 2,20 25,0 48,16 30,46 22,70; - 22,92 24,95",
        "- 8,0 6,70; - 5,93 7,96",
        "~ 70,100 20,30 25,4 48,4 50,24 10,62 14,96 45,96 72,55",
        "- 0,55 22,95 75,0",
        "~ 0,60 12,66 22,92 40,45 70,5",
        "- 0,0 65,100; - 65,0 0,100",
        # scribbles
        "~ 0,60 10,20 20,80 30,15 42,85 50,20 62,80 75,30",
        "~ 5,30 60,20 10,45 70,40 8,62 72,58 10,82 70,80",
        "~ 0,50 20,20 40,70 12,80 25,30 60,40 30,90 15,45 70,60",
        "- 0,80 15,10 25,90 40,5 50,92 68,12",
        "~ 0,58 14,46 28,60 42,48 56,62 70,50 84,60 98,48 112,58",
        "~ 0,60 30,45 70,62 100,50 150,58",
        "~ 0,70 15,40 20,70 35,42 40,70 55,45 60,70 80,60 120,64",
        "~ 0,40 30,70 60,30 90,75 130,45",
        # letters
        "- 0,100 35,0 70,100; - 14,64 56,62",
        "~ 0,100 30,30 40,0 50,50 68,100; - 10,62 60,60",
        "- 60,0 5,0 5,100 62,100; - 5,50 48,48",
        "~ 62,8 25,0 15,30 38,46 10,65 20,98 65,90",
        "- 0,0 0,100; - 0,2 58,0; - 0,48 46,46",
        "- 4,0 0,100; - 60,0 58,100; - 2,52 60,48",
        "- 4,0 0,100; - 58,2 4,56; - 22,42 62,100",
        "- 0,100 6,0 40,70 74,0 82,100",
        "- 0,100 2,0 60,100 62,0",
        "- 2,0 0,100; ~ 2,4 45,2 54,26 34,46 4,52; - 22,50 62,100",
        "- 0,2 70,0; - 36,0 34,100",
        "- 0,0 32,100 66,0",
        "- 0,0 20,100 44,30 66,100 90,0",
        "~ 40,48 12,42 0,76 16,100 38,86 44,48; ~ 44,48 42,84 56,98",
        "~ 46,46 14,48 4,80 22,100 48,90; - 5,72 42,66",
        "~ 4,74 40,68 38,48 16,44 4,74 20,100 46,90",
        "~ 44,60 14,54 2,82 18,100 40,88 46,56; ~ 50,0 46,60 48,100",
        "- 4,0 2,100; ~ 3,70 22,48 42,60 42,100",
        "- 4,0 0,100; - 40,46 4,76; - 14,70 44,100",
        "- 4,46 2,100; ~ 4,64 20,44 32,60 32,100; ~ 32,64 50,44 62,60 62,100",
        "- 4,46 2,100; ~ 4,66 24,44 42,58 42,100",
        "- 6,46 0,140; ~ 5,60 24,44 44,62 30,96 4,92",
        "- 4,46 2,100; ~ 4,68 18,48 38,48",
        "~ 16,10 14,60 18,96 38,92; - 0,44 36,42",
        "~ 0,48 4,90 24,100 42,80 46,46; - 46,46 48,100",
        "~ 34,2 10,4 12,50 8,100; - 0,46 34,44",
        # words
        "- 4,0 0,100; - 38,46 4,76; - 14,70 42,100; ~ 84,50 58,50 54,84 78,88 86,50; ~ 86,50 86,110 70,136 50,126",
        "- 0,100 2,0 50,100 52,0; ~ 78,62 64,76 72,98 90,94 92,70 78,62",
        "- 4,46 2,100; ~ 4,64 18,44 30,60 30,100; ~ 30,64 44,44 56,60 56,100; "
        "- 72,46 70,100; ~ 72,64 86,44 98,60 98,100; ~ 98,64 112,44 124,60 124,100",
        "~ 40,52 14,50 4,80 20,100 44,90; - 58,46 56,100; ~ 58,64 72,44 84,60 84,100; ~ 84,64 98,44 110,60 110,100",
        "~ 0,60 10,50 18,58 20,90 30,60 44,52 50,90 62,90 70,20 72,90 90,60 100,55 112,90 150,70",
        "~ 0,90 20,40 30,10 26,70 34,95 50,60 64,58 66,92 84,60 92,92 110,70 120,130 90,135 140,60 170,75",
    ),
}
KINDS: tuple[str, ...] = tuple(_LINES)
"""Kinds of signs, in the order of the line recognizer's classes after the digits; "¤" is any currency."""

_SPREAD: dict[str, Spread] = {
    ".": Spread((0.5, 1.6), (0.5, 1.5), 0.035, (0.02, 0.15)),
    ",": Spread((0.5, 1.5), (0.7, 1.3), 0.03),
    "-": Spread((0.6, 1.4), (0.5, 2), 0.06, (0.01, 0.04)),
    "+": Spread((0.6, 1.2), (0.6, 1.2), 0.05),
    "/": Spread((0.75, 1.4), (0.85, 1.1), 0.04, (0.005, 0.025)),
    ":": Spread((0.5, 1.5), (0.7, 1.15), 0.03, (0.005, 0.03)),
    "%": Spread((0.7, 1.2), (0.7, 1.1), 0.04),
    "(": Spread((0.6, 1.3), (0.85, 1.15), 0.03, (0.01, 0.03)),
    ")": Spread((0.6, 1.3), (0.85, 1.15), 0.03, (0.01, 0.03)),
    "¤": Spread((0.7, 1.2), (0.85, 1.2), 0.04),
    "mark": Spread((0.6, 1.3), (0.7, 1.15), 0.04),
}
FORMS: dict[str, tuple[tuple[Stroke, ...], ...]] = {
    kind: tuple(parsed_strokes(line) for line in lines) for kind, lines in _LINES.items()
}


def draw_sign(kind: str, rng: np.random.Generator, *, height: float, pen: float) -> Sign:
    """One drawing of a sign of `KINDS`, of a random form, beside digits of `height` pixels, with a pen of `pen` pixels.

    Raises KeyError for an unknown kind.
    """
    forms, spread = FORMS[kind], _SPREAD[kind]
    form = forms[rng.integers(len(forms))]
    points = np.concatenate([stroke.points for stroke in form])
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    scale = np.array([rng.uniform(*spread.width), rng.uniform(*spread.height)])
    slant = rng.normal(0.12, 0.14)  # to the right, as most people write
    place = np.array([[1, -slant], [0, 1]]) * scale[:, None]
    offset = np.array([0, middle[1] + rng.normal(0, spread.shift)])
    jitter = rng.uniform(*spread.jitter) * (high - low).max()
    strokes = []
    for stroke in form:
        moved = np.array(stroke.points) - middle + rng.normal(0, jitter, (len(stroke.points), 2))
        curve = smooth_curve(moved, steps=6) if stroke.smooth else hand_drawn_lines(moved, rng)
        strokes.append((curve @ place.T + offset) * height)
    return _draw(strokes, max(1, round(pen)))


def _draw(strokes: list[np.ndarray], pen: int) -> Sign:
    """Strokes of (n, 2) points in pixels from the digits' top line -> the sign, cut to its ink."""
    points = np.concatenate(strokes)
    margin = pen // 2 + 2
    left, top = np.floor(points.min(axis=0)).astype(int) - margin
    w, h = np.ceil(points.max(axis=0)).astype(int) + margin + 1 - (left, top)
    image = np.zeros((h, w), np.uint8)
    for stroke in strokes:
        pixels = ((stroke - (left, top)) * (1 << _SUBPIXEL_BITS)).round().astype(np.int32)
        cv2.polylines(image, [pixels], False, (255,), pen, cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    x, y, w, h = cv2.boundingRect(image)
    return Sign(image[y : y + h, x : x + w].astype(np.float32) / np.float32(255), int(top) + y)
