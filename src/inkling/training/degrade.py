"""Degraded digits: low resolution, mostly black and white only, often stretched to fill a box.

Bitmap scanners, form readers that crop each box, and one-pixel pens produce such digits. `pipeline.normalize` turns the
degraded image into a normalized digit, so that the network sees what the pipeline makes of such images.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from inkling.pipeline.normalize import normalize_crop
from inkling.training.recipe import Augmentation

SIZES = (11, 40)  # range of the longest side, in pixels
BOX = (0.6, 1.1)  # range of width over height of a digit stretched to fill a box
MAX_STRETCH = 3.0  # a plain 1 stretched more than this is no longer a 1
ENLARGED = (2.0, 5.0)  # range of the factor
_INK_AT = 0.1  # a pixel with more ink than this belongs to the digit


def degrade_images(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> None:
    """Replaces the share `how.coarse` of (N, 28, 28) float32 images, 0..1, with degraded ones, in place."""
    for i in np.flatnonzero(rng.random(len(images)) < how.coarse):
        copy = degrade_image(images[i], rng, edge_noise=how.ragged)
        images[i] = normalize_crop(enlarge(copy, rng) if how.enlarged and rng.random() < how.enlarged else copy)


def degrade_image(image: np.ndarray, rng: np.random.Generator, *, edge_noise: float = 0.0) -> np.ndarray:
    """(H, W) float32 ink -> (h, w) float32 ink of another size, often stretched, mostly without grays.

    `edge_noise`: largest standard deviation of the noise added before thresholding; ink is 1.
    """
    x, y, w, h = cv2.boundingRect((image > _INK_AT).view(np.uint8))
    if w == 0:
        return image
    crop = image[y : y + h, x : x + w]
    aspect = w / h
    if rng.random() < 0.5:
        aspect = min(max(_uniform(*BOX, rng), aspect / 1.5), MAX_STRETCH * aspect)
    longest = math.exp(_uniform(math.log(SIZES[0]), math.log(SIZES[1]), rng))
    height, width = (longest, longest * aspect) if aspect < 1 else (longest / aspect, longest)
    size_wh = (max(2, round(width)), max(2, round(height)))
    shrinks = size_wh[0] * size_wh[1] < w * h
    copy = cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC).clip(0, 1)
    if rng.random() < 0.75:
        if edge_noise:
            copy += rng.standard_normal(copy.shape, np.float32) * np.float32(_uniform(0, edge_noise, rng))
        _, copy = cv2.threshold(copy, _uniform(0.25, 0.6, rng) * float(copy.max()), 1, cv2.THRESH_BINARY)
    return np.asarray(cv2.copyMakeBorder(copy, 1, 1, 1, 1, cv2.BORDER_CONSTANT))


def enlarge(copy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, w) float32 ink -> the same ink, two to five times larger, with blocky or smooth interpolation."""
    how = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    factor = _uniform(*ENLARGED, rng)
    return np.asarray(cv2.resize(copy, None, fx=factor, fy=factor, interpolation=how).clip(0, 1))


def _uniform(low: float, high: float, rng: np.random.Generator) -> float:
    """A uniform random number; ten times faster than `rng.uniform` for a single number."""
    return low + (high - low) * rng.random()
