"""Pen styles that training does not use: (H, W) float32 ink -> the same row in another style."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Ink = np.ndarray
Pen = Callable[[Ink, np.random.Generator], Ink]


def nib(ink: Ink, rng: np.random.Generator) -> Ink:
    """A broad nib: wide along one slanted direction, thin across it."""
    length, angle = int(rng.integers(9, 17)), rng.uniform(0.3, 1.2) * rng.choice([-1, 1])
    edge = np.zeros((length, length), np.uint8)
    middle, reach = length // 2, length / 2 - 1
    offset = np.rint(reach * np.array([np.cos(angle), np.sin(angle)])).astype(int)
    cv2.line(edge, tuple(map(int, middle - offset)), tuple(map(int, middle + offset)), 1, 1)
    return cv2.dilate(cv2.erode(ink, np.ones((3, 3), np.uint8)), edge)


def dry(ink: Ink, rng: np.random.Generator) -> Ink:
    """A pen that is running out: streaks along the strokes and a few short gaps."""
    h, w = ink.shape
    streaks = cv2.GaussianBlur(rng.random((h, w), dtype=np.float32), (0, 0), sigmaX=6, sigmaY=1.2)
    streaks = (streaks - streaks.mean()) / max(float(streaks.std()), 1e-6)
    return np.asarray(ink * np.clip(1.1 + 0.45 * streaks, 0.25, 1), np.float32)


def shaky(ink: Ink, rng: np.random.Generator) -> Ink:
    """A trembling hand: the strokes wave by a few pixels."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    period, reach = rng.uniform(18, 40), rng.uniform(1.5, 3.5)
    phase = rng.uniform(0, 2 * np.pi, 2)
    x += reach * np.sin(2 * np.pi * y / period + phase[0]).astype(np.float32)
    y += reach * np.sin(2 * np.pi * x / (1.3 * period) + phase[1]).astype(np.float32)
    return cv2.remap(ink, x, y, cv2.INTER_LINEAR)


def leaning(ink: Ink, rng: np.random.Generator) -> Ink:
    """A view from the side: perspective instead of a shear."""
    h, w = ink.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = corners + rng.uniform(-0.07, 0.07, (4, 2)).astype(np.float32) * (w, h)
    warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    rim = np.array([[1, 0, 0.1 * w], [0, 1, 0.1 * h], [0, 0, 1]])
    return cv2.warpPerspective(ink, rim @ warp, (int(1.2 * w), int(1.2 * h)))


def soaked(ink: Ink, rng: np.random.Generator) -> Ink:
    """Ink that bled into the paper: soft, uneven edges."""
    reach = rng.uniform(2, 4)
    spread = cv2.GaussianBlur(ink, (0, 0), reach)
    grain = cv2.GaussianBlur(rng.normal(0, 1, ink.shape).astype(np.float32), (0, 0), 2)
    return np.asarray(np.clip((spread + 0.25 * grain * (spread > 0.05) - 0.3) / 0.35, 0, 1), np.float32)


PENS: dict[str, Pen] = {each.__name__: each for each in (nib, dry, shaky, leaning, soaked)}
