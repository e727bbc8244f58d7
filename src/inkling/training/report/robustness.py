"""Robustness: accuracy on distorted tiles. NumPy and OpenCV only.

These scores are for the network alone. In photos, the pipeline first centers, rescales and normalizes the ink, so
shift and contrast hardly affect the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from inkling import scores

SEED = 20  # of every random choice here, so that all reports use the same images
SIDE = 28  # of a tile, in pixels
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)

DistortFunction = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
ProbsFunction = Callable[[np.ndarray], np.ndarray]  # (N, 28, 28) -> (N, 10)


@dataclass(frozen=True)
class Distortion:
    """One kind of distortion at several levels."""

    name: str
    unit: str  # axis label
    phrase: str  # format string that describes a level
    levels: tuple[float, ...]  # increasing, including 0 = no distortion
    apply: DistortFunction


@dataclass(frozen=True)
class RobustnessCurve:
    """Accuracy of one network at each level of one distortion, on `n` images per level."""

    name: str
    unit: str
    phrase: str
    n: int
    levels: tuple[float, ...]
    accuracy: tuple[float, ...]  # 0..1
    accuracy_95: tuple[tuple[float, float], ...]  # Wilson intervals


def rotate(tiles: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Rotate each tile about its center, in a random direction. (N, 28, 28) -> (N, 28, 28)"""
    middle = (SIDE - 1) / 2
    signs = rng.choice((-1.0, 1.0), len(tiles))
    return _warp(tiles, [cv2.getRotationMatrix2D((middle, middle), degrees * sign, 1.0) for sign in signs])


def shift(tiles: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Shift each tile by `pixels` in a random direction. (N, 28, 28) -> (N, 28, 28)"""
    angles = rng.uniform(0, 2 * np.pi, len(tiles))
    return _warp(tiles, [np.array([[1, 0, pixels * np.cos(a)], [0, 1, pixels * np.sin(a)]]) for a in angles])


def add_noise(tiles: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise with this standard deviation; ink is 1. (N, 28, 28) -> (N, 28, 28)"""
    noise = rng.standard_normal(tiles.shape, np.float32) * np.float32(deviation)
    return np.asarray(np.clip(tiles + noise, 0, 1))


def change_stroke_width(tiles: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Make strokes wider (below 0: narrower) by about `pixels`, half of it on each side.

    For fractions of a pixel, the tile is blended with a further dilation or erosion. `rng` is not used.
    """
    whole, part = divmod(abs(pixels) / 2, 1.0)
    morph = cv2.dilate if pixels > 0 else cv2.erode
    out = tiles.copy()
    for i in range(len(out)):
        for weight in [1.0] * int(whole) + [part]:
            out[i] += np.float32(weight) * (morph(out[i], _CROSS) - out[i])
    return out


def reduce_contrast(tiles: np.ndarray, lost: float, rng: np.random.Generator) -> np.ndarray:
    """Make ink lighter by the share `lost`. (N, 28, 28) -> (N, 28, 28). `rng` is not used."""
    return tiles * np.float32(1 - lost)


DISTORTIONS = (
    Distortion("rotation", "rotation, degrees", "Rotated by {:g}\N{DEGREE SIGN}", (0, 10, 20, 30, 45, 60), rotate),
    Distortion("shift", "shift, pixels", "Shifted by {:g} px", (0, 1, 2, 3, 4, 6), shift),
    Distortion(
        "noise", "standard deviation of the noise, ink = 1", "Noise of {:g}", (0, 0.1, 0.2, 0.3, 0.45, 0.6), add_noise
    ),
    Distortion(
        "stroke",
        "change of stroke width, pixels",
        "Strokes {:g} px wider",
        (-1.5, -1, -0.5, 0, 1, 2, 3),
        change_stroke_width,
    ),
    Distortion("contrast", "loss of contrast", "{:.0%} less contrast", (0, 0.3, 0.5, 0.7, 0.8, 0.9), reduce_contrast),
)


def subset(labels: np.ndarray, n: int) -> np.ndarray:
    """Sorted indices of `n` random images (all if there are fewer); the choice never changes. (N,) -> (n,)"""
    order = np.random.default_rng(SEED).permutation(len(labels))
    return np.sort(order[:n])


def robustness_curves(probs_of: ProbsFunction, tiles: np.ndarray, labels: np.ndarray) -> Iterator[RobustnessCurve]:
    """Yields the curve of each distortion. tiles: (N, 28, 28) float32 0..1; labels: (N,)"""

    def count_right(images: np.ndarray) -> int:
        return int((probs_of(images).argmax(1) == labels).sum())

    undistorted, n = count_right(tiles), len(labels)
    for k, distortion in enumerate(DISTORTIONS):
        # The same seed at every level gives the same directions and noise.
        right = [
            count_right(distortion.apply(tiles, level, np.random.default_rng((SEED, k)))) if level else undistorted
            for level in distortion.levels
        ]
        yield RobustnessCurve(
            distortion.name,
            distortion.unit,
            distortion.phrase,
            n,
            distortion.levels,
            tuple(hits / max(n, 1) for hits in right),
            tuple(scores.wilson_interval(hits, n) for hits in right),
        )


def _warp(tiles: np.ndarray, matrices: list[np.ndarray]) -> np.ndarray:
    warped = [
        cv2.warpAffine(tile, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        for tile, matrix in zip(tiles, matrices, strict=True)
    ]
    return np.array(warped, np.float32).reshape(tiles.shape)
