"""Draw strokes as ink, with random width, slant and smooth distortion.

Ink is (H, W) float32, 0 = paper, 1 = ink. Points are (N, 2) float (x right, y down), 0..1 within the drawing's box.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

Ink = np.ndarray
Points = np.ndarray

FINE = 3  # supersampling factor for each side: cheap anti-aliasing
LONGEST = (64, 120)  # pixels: the longer side of a drawing before it is slanted


@dataclass(frozen=True)
class Drawing:
    """The strokes and filled areas of a drawing."""

    strokes: tuple[Points, ...]  # lines; a closed one ends where it starts
    fills: tuple[Points, ...] = ()  # filled areas


def longest_side(rng: np.random.Generator) -> int:
    """The longer side of a drawing, in pixels."""
    return int(rng.integers(LONGEST[0], LONGEST[1] + 1))


def draw(drawing: Drawing, rng: np.random.Generator) -> Ink:
    """Draw with a pen of random width whose pressure varies along each stroke, and distort the ink."""
    size = longest_side(rng)
    width = rng.uniform(0.045, 0.11) * size
    rim = int(np.ceil(width)) + 4
    canvas = np.zeros(((size + 2 * rim) * FINE,) * 2, np.uint8)
    for stroke in drawing.strokes:
        _draw_stroke(canvas, (stroke * size + rim) * FINE, width * FINE, rng)
    for area in drawing.fills:
        cv2.fillPoly(canvas, [np.rint((area * size + rim) * FINE).astype(np.int32)], 255, cv2.LINE_AA)
    ink = cv2.resize(canvas, (size + 2 * rim,) * 2, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return distort(ink, rng)


def _draw_stroke(canvas: np.ndarray, points: Points, width: float, rng: np.random.Generator) -> None:
    pressure = np.interp(np.linspace(0, 1, len(points)), np.linspace(0, 1, 5), rng.uniform(0.75, 1.25, 5))
    whole = np.rint(points).astype(np.int32)
    for (a, b), share in zip(pairwise(whole), pressure[1:], strict=True):
        cv2.line(canvas, tuple(map(int, a)), tuple(map(int, b)), 255, max(1, round(width * share)), cv2.LINE_AA)


def distort(ink: Ink, rng: np.random.Generator, *, slant: float = 0.2, turn: float = 8.0, bend: float = 0.025) -> Ink:
    """Stretch, slant, rotate and bend ink at random.

    Up to a shear of `slant` and `turn` degrees; the bends are about the fraction `bend` of the size.
    """
    size = max(ink.shape)
    rim = size // 3
    ink = cv2.copyMakeBorder(ink, rim, rim, rim, rim, cv2.BORDER_CONSTANT)
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    angle = np.deg2rad(rng.uniform(-turn, turn))
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = linear @ np.array([[rng.uniform(0.85, 1.18), rng.uniform(-slant, slant)], [0, 1]])
    from_x = linear[0, 0] * (x - w / 2) + linear[0, 1] * (y - h / 2) + w / 2
    from_y = linear[1, 0] * (x - w / 2) + linear[1, 1] * (y - h / 2) + h / 2
    from_x += bend * size * _smooth_noise((h, w), size / 2.5, rng)
    from_y += bend * size * _smooth_noise((h, w), size / 2.5, rng)
    return cv2.remap(ink, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR)


def _smooth_noise(shape: tuple[int, int], sigma: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W) noise of standard deviation 1 that varies over about `sigma` pixels."""
    coarse = rng.normal(size=tuple(int(np.ceil(side / sigma)) + 3 for side in shape)).astype(np.float32)
    fine = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine / max(float(fine.std()), 1e-6))


def smooth_line(points: Points, *, steps: int = 16, closed: bool = False) -> Points:
    """A Catmull-Rom spline (1974) through the points, with `steps` per segment."""
    around = np.vstack([points[-1:], points, points[:2]] if closed else [points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(around[:-3], around[1:-2], around[2:-1], around[3:], strict=True):
        pieces.append(
            0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
        )
    return np.vstack([*pieces, around[-2:-1]])


def straight(*points: tuple[float, float]) -> Points:
    """A polyline through corners, with intermediate points at which the pressure can vary."""
    corners = np.array(points, float)
    pieces = [np.linspace(a, b, 8, endpoint=False) for a, b in pairwise(corners)]
    return np.vstack([*pieces, corners[-1:]])


def ellipse(
    x: float, y: float, rx: float, ry: float | None = None, *, start: float = 0, end: float = 2 * np.pi
) -> Points:
    """An arc of an ellipse around (x, y), angles in radians, clockwise from the right."""
    angle = np.linspace(start, end, 40)
    return np.stack([x + rx * np.cos(angle), y + (rx if ry is None else ry) * np.sin(angle)], axis=1)


def fitted(*lines: Points) -> tuple[Points, ...]:
    """Move and scale lines together so that the longer side of their box fills 0..1."""
    every = np.vstack(lines)
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    scale = max(float(span.max()), 1e-6)
    offset = (1 - span / scale) / 2
    return tuple((line - low) / scale + offset for line in lines)


def trimmed(ink: Ink) -> Ink:
    """Crop to the rows and columns that contain ink."""
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.1), np.flatnonzero(ink.max(axis=0) > 0.1)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def on_paper(ink: Ink, *, margin: int = 32) -> np.ndarray:
    """Ink -> (H, W) uint8, black on white with a white margin, as saved by a drawing program."""
    wide = cv2.copyMakeBorder(trimmed(ink), margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    return np.asarray(np.rint(255 * (1 - np.clip(wide, 0, 1))), np.uint8)


def enlarged(image: np.ndarray, *, times: int = 5) -> np.ndarray:
    """(28, 28) uint8 MNIST image, light on dark -> (140, 140) uint8, dark on light."""
    large = cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    return np.asarray(255 - large, np.uint8)
