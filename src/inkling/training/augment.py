"""Data augmentation: random changes to the images of an epoch that imitate other handwriting, pens and paper.

One warp does all geometry: rotation, shear, stretch and scale as one matrix, quadratic bowing, a shift, and the elastic
field of Simard, Steinkraus, Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document
Analysis" (2003). After the warp, apart from the random scale, shift and elastic field, the digit again has a longest
side of 20 pixels and its center of mass in the middle, like the output of `pipeline.normalize`. Then stroke width,
contrast and noise change. Some digits are replaced by synthetic ones (`synthetic_digits`) or degraded (`degrade`);
those pass through `pipeline.normalize` itself.

Each chunk has a separate random stream, so the result does not depend on the number of threads. A chunk fits into a
processor's cache, and OpenCV changes all its images in one call: they are stacked into one tall image, with blank rows
between them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import cv2
import numpy as np

from inkling.scores import CLASSES
from inkling.training.continental import with_continental_forms
from inkling.training.degrade import degrade_images
from inkling.training.recipe import Augmentation
from inkling.training.synthetic_digits import draw_digits, from_pool

SIDE = 28
LONGEST = 20  # pixels, as in pipeline.normalize
FINE, BOLD = 0.17, 0.4  # thresholds of the share of ink that remains after an erosion by one pixel
CELL = SIDE + 2  # rows per image in a stack, including the blank rows above and below the image
CHUNK = 256  # images per random stream; changing it changes every result
_Y, _X = np.mgrid[:SIDE, :SIDE].astype(np.float32)
_MOMENTS = np.stack([np.ones_like(_X), _X, _Y], -1).reshape(-1, 3)
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def epoch_images(
    images: np.ndarray,
    labels: np.ndarray,
    how: Augmentation,
    *,
    seed: int,
    epoch: int,
    threads: int = 1,
    drawn: np.ndarray | None = None,
) -> np.ndarray:
    """(N, 28, 28) uint8 and (N,) -> (N, 28, 28) float32 in 0..1; the same seed and epoch give the same result.

    `drawn`: a pool of synthetic digits from `synthetic_digits.make_pool`; without it, each is drawn when it is used.
    """
    out = np.empty(images.shape, np.float32)

    def work(start: int) -> None:
        chunk = slice(start, start + CHUNK)
        out[chunk] = _augment_chunk(
            images[chunk], labels[chunk], how, np.random.default_rng((seed, epoch, start)), drawn
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(0, len(images), CHUNK)))
    return out


def augment(images: np.ndarray, labels: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """(N, 28, 28) uint8, labels (N,) -> (N, 28, 28) float32 in 0..1, randomly changed within the limits of `how`."""
    out = np.empty(images.shape, np.float32)
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        out[chunk] = _augment_chunk(images[chunk], labels[chunk], how, rng)
    return out


def _augment_chunk(
    images: np.ndarray,
    labels: np.ndarray,
    how: Augmentation,
    rng: np.random.Generator,
    drawn: np.ndarray | None = None,
) -> np.ndarray:
    if how.is_none:
        return images / np.float32(255)
    if how.continental:
        images = with_continental_forms(images, labels, how.continental, rng)
    out = images / np.float32(255)
    if how.drawn:
        chosen = np.flatnonzero((labels < CLASSES) & (rng.random(len(out)) < how.drawn))
        out[chosen] = draw_digits(labels[chosen], rng) if drawn is None else from_pool(drawn, labels[chosen], rng)
    if how.rotation or how.shear or how.scale or how.stretch or how.bow or how.elastic or how.shift:
        out = _warped(out, how, rng)
    if how.stroke:
        out = _with_stroke_width(out, how.stroke, rng)
    if how.coarse:
        degrade_images(out, how, rng)
    add_contrast_and_noise(out, how, rng)
    return out


def add_contrast_and_noise(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> None:
    """Reduces the contrast of (N, h, w) float32 images in place, adds noise and clips them to 0..1."""
    n = len(images)
    if how.contrast:
        images *= (1 - rng.random((n, 1, 1), np.float32) * np.float32(how.contrast)).astype(np.float32)
    if how.noise:
        amount = rng.random((n, 1, 1), np.float32) * np.float32(how.noise)
        images += rng.standard_normal(images.shape, np.float32) * amount
        np.clip(images, 0, 1, out=images)


def matrices(n: int, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """N random affine maps with determinant 1, (2, 2, N) float32, applied to vectors (x, y) from the center.

    They stretch first, then shear, then rotate.
    """
    angle = np.deg2rad(_uniform(n, how.rotation, rng))
    slant = _uniform(n, how.shear, rng)
    # Boxes and fast writing widen digits more often than they narrow them; a narrow, bold 8 would look like a 1.
    wider = rng.uniform(-how.stretch / 3, how.stretch, n).astype(np.float32)
    stretch = np.exp(wider / 2)  # the width is multiplied by it, the height divided by it
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array(
        [[cos * stretch, (cos * slant - sin) / stretch], [sin * stretch, (sin * slant + cos) / stretch]], np.float32
    )


def elastic_fields(n: int, alpha: float | np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """N smooth random displacements, (N, 28, 28) float32 in pixels: noise in -1..1, Gaussian-smoothed, times alpha.

    Smooth noise has few degrees of freedom, so only its principal components are drawn: seven per axis for a sigma of
    4.5. `alpha` is a number or (N, 1, 1).
    """
    basis = _smooth_components(sigma)
    weights = rng.standard_normal((n, basis.shape[1], basis.shape[1]), np.float32)
    weights *= np.asarray(alpha / 3**0.5, np.float32)  # noise in -1..1 has a variance of 1/3
    return np.asarray(basis @ weights @ basis.T)  # (28, K) @ (N, K, K) @ (K, 28)


@cache
def _smooth_components(sigma: float) -> np.ndarray:
    """(28, K) float32 matrix that maps K white-noise values to noise with the covariance of Gaussian-smoothed noise."""
    reach = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    blur = np.exp(-0.5 * (reach / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))  # untruncated: edges fade out
    components, size, _ = np.linalg.svd(blur)
    return np.asarray((components * size)[:, size > 0.01 * size[0]], np.float32)


def _warped(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    n = len(images)
    forward = matrices(n, how, rng)  # (2, 2, N)
    moments = (images.reshape(n, -1) @ _MOMENTS).T  # (N, 784) -> (3, N)
    centre = moments[1:] / np.maximum(moments[0], 1e-6)  # (2, N): x, y
    longest = _longest_side(images, forward)  # (N,)
    grown = 1 + _uniform(n, how.scale, rng)
    # Scaled back to LONGEST, since the geometry changes the longest side; an unchanged image keeps its size.
    size = grown * np.minimum(LONGEST / longest, 1.5)
    (a, b), (c, d) = forward * (2 / size)
    back = np.array([[d, -b], [-c, a]])  # into the doubled image
    # Linear interpolation of a doubled image is as sharp as cubic interpolation, at a quarter of the cost.
    double = cv2.resize(_one_below_the_other(images), (2 * SIDE, 2 * CELL * n), interpolation=cv2.INTER_CUBIC)
    double.reshape(n, 2 * CELL, 2 * SIDE)[:, [0, 1, -2, -1]] = 0  # the rows sampled for everything outside the image
    # The source of each pixel is a polynomial in its offset (u, v) from the new center: [.., j, k] is the coefficient
    # of v**j * u**k.
    to_x, to_y = _bow_polynomials(n, how.bow, rng)  # (N, 3, 3) each
    factors = back[:, 0, :, None, None] * to_x + back[:, 1, :, None, None] * to_y  # (2, N, 3, 3)
    factors[..., 0, 0] += 2 * centre + np.float32(0.5)  # pixel centers, not corners
    u, v = (_powers(_X[0] - SIDE / 2 - _uniform(n, how.shift, rng)[:, None]) for _ in range(2))  # (N, 3, 28)
    x_from, y_from = v.transpose(0, 2, 1) @ factors @ u  # (N, 28, 28) each
    if how.elastic:
        alpha = 2 * how.elastic * rng.random((n, 1, 1))
        x_from += elastic_fields(n, alpha, how.elastic_sigma, rng)
        y_from += elastic_fields(n, alpha, how.elastic_sigma, rng)
    np.clip(y_from, -1, 2 * SIDE, out=y_from)
    y_from += np.arange(2, 2 * CELL * n, 2 * CELL, dtype=np.float32)[
        :, None, None
    ]  # the rows of each image in `double`
    out = cv2.remap(double, x_from.reshape(-1, SIDE), y_from.reshape(-1, SIDE), cv2.INTER_LINEAR)
    return np.clip(out, 0, 1, out=out).reshape(images.shape)


def _one_below_the_other(images: np.ndarray) -> np.ndarray:
    """(N, 28, 28) -> (N * 30, 28), with a blank row above and below each image."""
    return np.pad(images, ((0, 0), (1, 1), (0, 0))).reshape(-1, SIDE)


def _bow_polynomials(n: int, most: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Polynomials for x and y with random quadratic terms, which bow stems and widen loops or ends. (N, 3, 3) each."""
    to_x, to_y = np.zeros((2, n, 3, 3), np.float32)
    to_x[:, 0, 1] = to_y[:, 1, 0] = 1
    half = LONGEST / 2
    bend = rng.uniform(-most, most, (4, n)).astype(np.float32) / np.float32(half)
    to_x[:, 2, 0], to_x[:, 1, 1] = bend[:2]
    to_y[:, 2, 0], to_y[:, 0, 2] = bend[2], bend[3] / 2
    for each in (to_x, to_y):
        each[:, 0, 0] = -(each[:, 2, 0] + each[:, 0, 2]) * np.float32(half**2 / 3)  # mean over the digit: 0
    return to_x, to_y


def _powers(places: np.ndarray) -> np.ndarray:
    """(N, 28) -> (N, 3, 28): 1, x, x * x"""
    return np.stack([np.ones_like(places), places, places * places], 1).astype(np.float32)


def _longest_side(images: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Longest side of the ink after each affine map, in pixels. (N, 28, 28), (2, 2, N) -> (N,)

    A linear map has its extremes at the ends of rows, so 56 points per image are enough.
    """
    ink = images > 0.25
    left = ink.argmax(2).T.astype(np.float32)  # (28, N), first ink of each row
    right = SIDE - 1 - ink[:, :, ::-1].argmax(2).T.astype(np.float32)
    blank = (left == 0) & ~ink[:, :, 0].T
    outside = np.where(blank, np.float32(np.inf), np.float32(0))
    longest = np.full(len(images), 8.0, np.float32)  # lower bound, and the result for an empty image
    for along_x, along_y in forward:
        down = along_y * _Y[:, :1]  # (28, N)
        ends = along_x * left + down, along_x * right + down  # on one axis of the result
        high, low = np.maximum(*ends) - outside, np.minimum(*ends) + outside
        longest = np.maximum(longest, high.max(0) - low.min(0) + 1)
    return longest


def _with_stroke_width(images: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Makes strokes up to `amount` pixels thicker or thinner by blending with the dilated or eroded image.

    Bold digits are only thinned and fine ones only thickened, so that no loop closes and no line breaks.
    """
    change = _uniform(len(images), amount, rng)
    # Erosion removes most of a fine line and little of a broad one.
    boldness = _morphed(images, cv2.erode).sum((1, 2)) / np.maximum(images.sum((1, 2)), 1e-6)
    grows = np.where(boldness > BOLD, False, np.where(boldness < FINE, True, change > 0))
    left = np.abs(change)[:, None, None]
    while left.max() > 0:
        other = np.where(grows[:, None, None], _morphed(images, cv2.dilate), _morphed(images, cv2.erode))
        images = images + np.clip(left, 0, 1) * (other - images)
        left = left - 1
    # Scale the darkest ink to 1, as in pipeline.normalize, so that thin strokes are not pale.
    images /= np.maximum(images.max((1, 2), keepdims=True), 0.1)
    return images


def _morphed(images: np.ndarray, morph: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """(N, 28, 28) images, each dilated or eroded by a pixel."""
    return morph(_one_below_the_other(images), _CROSS).reshape(len(images), -1, SIDE)[:, 1:-1]


def _uniform(n: int, most: float, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-most, most, n).astype(np.float32)


def thread_count() -> int:
    """Threads for preparing images: the number of cores, but at most 8 and at most OMP_NUM_THREADS."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(8, cv2.getNumberOfCPUs(), int(allowed) if allowed.isdigit() else 8))
