"""Strokes drawn on MNIST digits: forms of 1 and 7 that are common in much of the world but rare in MNIST."""

from __future__ import annotations

import cv2
import numpy as np


def with_continental_forms(images: np.ndarray, labels: np.ndarray, part: float, rng: np.random.Generator) -> np.ndarray:
    """(N, 28, 28) uint8 -> a copy in which about the share `part` of the 1s and 7s is changed.

    The 1s get a long upstroke, and some of them a foot; the 7s get a bar.
    """
    images = images.copy()
    chosen = np.isin(labels, (1, 7)) & (rng.random(len(labels)) < part)
    for i in np.flatnonzero(chosen):
        draw_form = _draw_upstroke if labels[i] == 1 else _draw_bar
        draw_form(images[i], rng)
    return images


def _draw_upstroke(image: np.ndarray, rng: np.random.Generator) -> None:
    rows, columns = np.nonzero(image > 127)
    if rows.size == 0:
        return
    top, bottom = rows.min(), rows.max()
    height = int(bottom - top + 1)
    x, y = columns[rows <= top + 1].mean(), top + 0.5
    length, angle = height * rng.uniform(0.3, 0.65), np.deg2rad(rng.uniform(30, 60))
    _line(image, (x, y), (x - length * np.cos(angle), y + length * np.sin(angle)), height)
    if rng.random() < 0.3:
        x, half = columns[rows >= bottom - 1].mean(), height * rng.uniform(0.15, 0.35)
        _line(image, (x - half, bottom - 0.5), (x + half, bottom - 0.5), height)


def _draw_bar(image: np.ndarray, rng: np.random.Generator) -> None:
    rows, columns = np.nonzero(image > 127)
    if rows.size == 0:
        return
    top, height = rows.min(), int(np.ptp(rows)) + 1
    y = top + height * rng.uniform(0.42, 0.62)
    x = columns[rows == int(y)].mean() if (rows == int(y)).any() else columns.mean()
    half, tilt = height * rng.uniform(0.18, 0.35), rng.uniform(-0.3, 0.3)
    _line(image, (x - half, y + half * tilt), (x + half, y - half * tilt), height)


def _line(image: np.ndarray, start: tuple[float, float], end: tuple[float, float], height: int) -> None:
    """Draws an anti-aliased stroke about as wide as the digit's strokes. `height`: height of the digit in pixels."""
    width = int(np.clip(round(image.sum() / 255 / (1.8 * height)), 1, 2))
    points = [(round(16 * x), round(16 * y)) for x, y in (start, end)]  # in sixteenths of a pixel
    cv2.line(image, points[0], points[1], (255,), width, cv2.LINE_AA, shift=4)
