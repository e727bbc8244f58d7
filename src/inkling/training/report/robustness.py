"""How fast a network's reading gets worse as its tiles do. NumPy and OpenCV only.

The network alone is judged. In a photo the road comes first: it centres, rescales and evens out the ink, so that
shift and contrast hardly reach the network there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from inkling.training import scores

SEED = 20  # of every draw here, so that two reports see the same images
SIDE = 28  # pixels: a tile
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

DistortFunction = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
Probs = Callable[[np.ndarray], np.ndarray]  # (N, 28, 28) -> (N, 10)


@dataclass(frozen=True)
class Distortion:
    """One way in which tiles get worse."""

    name: str
    unit: str  # what a level means, for the axis
    phrase: str  # a level in words, to be formatted with it
    levels: tuple[float, ...]  # in order, 0 = untouched among them
    apply: DistortFunction


@dataclass(frozen=True)
class RobustnessCurve:
    """Accuracy of one network along one distortion, on `n` images a level."""

    name: str
    unit: str
    phrase: str
    n: int
    levels: tuple[float, ...]
    accuracy: tuple[float, ...]  # 0..1
    accuracy_95: tuple[tuple[float, float], ...]  # Wilson intervals


def rotate(tiles: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Rotated about the middle, each tile to a side drawn at random. (N, 28, 28) -> (N, 28, 28)"""
    middle = (SIDE - 1) / 2
    signs = rng.choice((-1.0, 1.0), len(tiles))
    return _warped(tiles, [cv2.getRotationMatrix2D((middle, middle), degrees * sign, 1.0) for sign in signs])


def shift(tiles: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Shifted by so many pixels in a direction drawn at random. (N, 28, 28) -> (N, 28, 28)"""
    angles = rng.uniform(0, 2 * np.pi, len(tiles))
    return _warped(tiles, [np.array([[1, 0, pixels * np.cos(a)], [0, 1, pixels * np.sin(a)]]) for a in angles])


def add_noise(tiles: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of this standard deviation added, ink = 1. (N, 28, 28) -> (N, 28, 28)"""
    grain = rng.standard_normal(tiles.shape, np.float32) * np.float32(deviation)
    return np.asarray(np.clip(tiles + grain, 0, 1))


def change_stroke_width(tiles: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Strokes wider (or, below 0, narrower) by about so many pixels, half of it on each side.

    A part of a pixel is a blend of the tile before and after one more dilation or erosion.
    """
    del rng  # nothing is drawn at random
    whole, part = divmod(abs(pixels) / 2, 1.0)
    morph = cv2.dilate if pixels > 0 else cv2.erode
    out = tiles.copy()
    for i in range(len(out)):
        for weight in [1.0] * int(whole) + [part]:
            out[i] += np.float32(weight) * (morph(out[i], _CROSS) - out[i])
    return out


def reduce_contrast(tiles: np.ndarray, lost: float, rng: np.random.Generator) -> np.ndarray:
    """Ink lighter by this part of it. (N, 28, 28) -> (N, 28, 28)"""
    del rng
    return tiles * np.float32(1 - lost)


DISTORTIONS = (
    Distortion("rotation", "degrees, to either side", "Turned by {:g}\N{DEGREE SIGN}", (0, 10, 20, 30, 45, 60), rotate),
    Distortion("shift", "pixels, in any direction", "Moved by {:g} px", (0, 1, 2, 3, 4, 6), shift),
    Distortion(
        "noise", "standard deviation of the grain, ink = 1", "Grain of {:g}", (0, 0.1, 0.2, 0.3, 0.45, 0.6), add_noise
    ),
    Distortion(
        "stroke",
        "pixels that strokes are wider",
        "Strokes {:g} px wider",
        (-1.5, -1, -0.5, 0, 1, 2, 3),
        change_stroke_width,
    ),
    Distortion("contrast", "part of the ink lost", "Ink {:.0%} lighter", (0, 0.3, 0.5, 0.7, 0.8, 0.9), reduce_contrast),
)


def subset(labels: np.ndarray, n: int) -> np.ndarray:
    """Indices of `n` images (all, if there are fewer), drawn once and for all, in order. (N,) -> (n,)"""
    order = np.random.default_rng(SEED).permutation(len(labels))
    return np.sort(order[:n])


def robustness_curves(probs_of: Probs, tiles: np.ndarray, labels: np.ndarray) -> Iterator[RobustnessCurve]:
    """The curve of each distortion, one after the other. tiles: (N, 28, 28) float32 0..1; labels: (N,)"""
    untouched = _right(probs_of(tiles), labels)
    for k, distortion in enumerate(DISTORTIONS):
        right = []
        for level in distortion.levels:
            if level == 0:
                right.append(untouched)
                continue
            rng = np.random.default_rng((SEED, k))  # the same sides, directions and grain at every level
            right.append(_right(probs_of(distortion.apply(tiles, level, rng)), labels))
        n = len(labels)
        yield RobustnessCurve(
            distortion.name,
            distortion.unit,
            distortion.phrase,
            n,
            distortion.levels,
            tuple(hits / max(n, 1) for hits in right),
            tuple(scores.wilson_interval(hits, n) for hits in right),
        )


def _right(probs: np.ndarray, labels: np.ndarray) -> int:
    return int((probs.argmax(1) == labels).sum())


def _warped(tiles: np.ndarray, matrices: list[np.ndarray]) -> np.ndarray:
    out = np.empty_like(tiles)
    for i, matrix in enumerate(matrices):
        out[i] = cv2.warpAffine(tiles[i], matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return out
