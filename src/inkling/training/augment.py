"""Data augmentation: an epoch of images, each changed at random as another hand, pen or paper might have made it.

One warp does all geometry: rotation, shear, stretch and scale as one matrix, and the elastic field of Simard,
Steinkraus, Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis" (2003). The
digit then again has a longest side of 20 pixels (times the random scale) and its centre of mass in the middle, as
`pipeline.normalize` makes it; then stroke width, contrast and noise change. Some digits are replaced by synthetic ones
(`synthetic_digits`) or degraded (`degrade`); those pass through `pipeline.normalize` itself.

Chunks have random streams of their own, so the result does not depend on how many threads share the work.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from inkling.training.degrade import degrade_images
from inkling.training.recipe import Augmentation
from inkling.training.scores import CLASSES
from inkling.training.synthetic_digits import draw_digits

SIDE = 28
LONGEST = 20  # pixels, as in pipeline.normalize
FINE, BOLD = 0.17, 0.4  # share of the ink that an erosion by a pixel leaves
CHUNK = 1024  # images that share a random stream; changing it changes every result
_Y, _X = np.mgrid[:SIDE, :SIDE].astype(np.float32)
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def epoch_images(
    images: np.ndarray, labels: np.ndarray, how: Augmentation, *, seed: int, epoch: int, threads: int = 1
) -> np.ndarray:
    """(N, 28, 28) uint8 and (N,) -> (N, 28, 28) float32 in 0..1; the same seed and epoch give the same result."""
    out = np.empty(images.shape, np.float32)
    cuts = list(range(0, len(images), CHUNK))

    def work(start: int) -> None:
        rng = np.random.default_rng((seed, epoch, start))
        chunk = slice(start, start + CHUNK)
        out[chunk] = augment(images[chunk], labels[chunk], how, rng)

    if threads == 1:
        for start in cuts:
            work(start)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, cuts))
    return out


def augment(images: np.ndarray, labels: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """(N, 28, 28) uint8 and labels (N,) -> (N, 28, 28) float32 in 0..1, each image changed at random within `how`."""
    if how.is_none or len(images) == 0:
        return images.astype(np.float32) / np.float32(255)
    if how.continental:
        images = with_continental_forms(images, labels, how.continental, rng)
    out = images.astype(np.float32) / np.float32(255)
    if how.drawn:
        chosen = np.flatnonzero((labels < CLASSES) & (rng.random(len(out)) < how.drawn))
        out[chosen] = draw_digits(labels[chosen], rng)
    if how.rotation or how.shear or how.scale or how.stretch or how.bow or how.elastic or how.shift:
        out = _warped(out, how, rng)
    if how.stroke:
        out = _with_stroke_width(out, how.stroke, rng)
    if how.coarse:
        degrade_images(out, how, rng)
    add_contrast_and_noise(out, how, rng)
    return out


def add_contrast_and_noise(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> None:
    """Takes contrast from (N, h, w) float32 images in place, and adds noise; afterwards they are in 0..1 again."""
    n = len(images)
    if how.contrast:
        images *= (1 - rng.random((n, 1, 1), np.float32) * np.float32(how.contrast)).astype(np.float32)
    if how.noise:
        amount = rng.random((n, 1, 1), np.float32) * np.float32(how.noise)
        images += rng.standard_normal(images.shape, np.float32) * amount
    np.clip(images, 0, 1, out=images)


def with_continental_forms(images: np.ndarray, labels: np.ndarray, part: float, rng: np.random.Generator) -> np.ndarray:
    """A copy in which the share `part` of the 1s get a long upstroke, some a foot, and of the 7s a bar.

    Much of the world writes them so; MNIST is from the United States, where few do. (N, 28, 28) uint8.
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
    """Draws an anti-aliased stroke, about as wide as the digit's own; `height` of the digit in pixels."""
    width = int(np.clip(round(image.sum() / 255 / (1.8 * height)), 1, 2))
    points = [(round(16 * x), round(16 * y)) for x, y in (start, end)]  # in sixteenths of a pixel
    cv2.line(image, points[0], points[1], (255,), width, cv2.LINE_AA, shift=4)


def matrices(n: int, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """N random affine maps without scale, (N, 2, 2) float32: where a vector (x, y) from the centre goes."""
    angle = np.deg2rad(_uniform(n, how.rotation, rng))
    slant = _uniform(n, how.shear, rng)
    # Boxes and haste widen a digit more than they narrow it; a narrow, bold 8 would look like a 1.
    wider = rng.uniform(-how.stretch / 3, how.stretch, n).astype(np.float32)
    stretch = np.exp(wider / 2)  # width grows by it, height shrinks by it
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # (N, 2, 2)
    one, zero = np.ones(n, np.float32), np.zeros(n, np.float32)
    lean = np.stack([np.stack([one, slant], -1), np.stack([zero, one], -1)], -2)
    pull = np.stack([np.stack([stretch, zero], -1), np.stack([zero, 1 / stretch], -1)], -2)
    return np.asarray(turn @ lean @ pull, np.float32)


def elastic_fields(n: int, alpha: float, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """N smooth random displacements, (N, 28, 28) float32 pixels: noise in -1..1, Gaussian-smoothed, times alpha."""
    reach = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    blur = np.exp(-0.5 * (reach / sigma) ** 2)
    blur = (blur / (sigma * np.sqrt(2 * np.pi))).astype(np.float32)  # as an infinite filter: edges fade out
    noise = rng.random((n, SIDE, SIDE), np.float32) * 2 - 1
    return np.asarray(np.float32(alpha) * (blur @ noise @ blur), np.float32)


def _warped(images: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    n = len(images)
    forward = matrices(n, how, rng)  # (N, 2, 2)
    mass = np.maximum(images.sum((1, 2)), 1e-6)
    x_centre = ((images * _X).sum((1, 2)) / mass)[:, None, None]  # (N, 1, 1)
    y_centre = ((images * _Y).sum((1, 2)) / mass)[:, None, None]
    longest = _longest_side(images, forward)  # (N,)
    grown = 1 + _uniform(n, how.scale, rng)
    # Only geometry changes the longest side; an unchanged image keeps its size.
    size = grown * np.minimum(LONGEST / longest, 1.5)
    back = np.linalg.inv(forward * size[:, None, None]).astype(np.float32)
    x_shift, y_shift = (_uniform(n, how.shift, rng)[:, None, None] for _ in range(2))
    x, y = _X - SIDE / 2 - x_shift, _Y - SIDE / 2 - y_shift  # (N, 28, 28), from where the centre will be
    a, b, c, d = (back[:, i, j, None, None] for i in (0, 1) for j in (0, 1))
    if how.bow:
        x, y = _with_bow(x, y, how.bow, rng)
    x_from = a * x + b * y + x_centre
    y_from = c * x + d * y + y_centre
    if how.elastic:
        strength = rng.random((n, 1, 1), np.float32)
        x_from += strength * elastic_fields(n, how.elastic, how.elastic_sigma, rng)
        y_from += strength * elastic_fields(n, how.elastic, how.elastic_sigma, rng)
    # Linear interpolation of a doubled image: as sharp as cubic at a quarter of its cost.
    x_from, y_from = 2 * x_from + 0.5, 2 * y_from + 0.5  # centres of pixels, not corners
    out = np.empty_like(images)
    for i in range(n):
        double = cv2.resize(images[i], (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_CUBIC)
        cv2.remap(double, x_from[i], y_from[i], cv2.INTER_LINEAR, dst=out[i], borderMode=cv2.BORDER_CONSTANT)
    return np.clip(out, 0, 1, out=out)


def _with_bow(x: np.ndarray, y: np.ndarray, most: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (N, 28, 28) with quadratic terms: bowed stems, loops larger above or below, one end wider."""
    half = LONGEST / 2
    xx, xy, yy = (x * x - half**2 / 3) / half, x * y / half, (y * y - half**2 / 3) / half  # mean 0 over the digit
    bend = rng.uniform(-most, most, (4, len(x), 1, 1)).astype(np.float32)
    return x + bend[0] * yy + bend[1] * xy, y + bend[2] * yy + bend[3] * xx / 2


def _longest_side(images: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Longest side of the ink after each affine map, pixels. (N, 28, 28), (N, 2, 2) -> (N,)

    The extremes of a linear map lie at the ends of rows, so 56 points per image are enough.
    """
    ink = images > 0.25
    left = ink.argmax(2).astype(np.float32)  # (N, 28), first ink of each row
    right = SIDE - 1 - ink[:, :, ::-1].argmax(2).astype(np.float32)
    blank: np.ndarray = np.asarray(~ink.any(2))
    ends = np.stack([left, right], 1)  # (N, 2, 28)
    rows = np.arange(SIDE, dtype=np.float32)
    sides = []
    for axis in (0, 1):
        along = forward[:, axis, 0, None, None] * ends + forward[:, axis, 1, None, None] * rows
        along[np.broadcast_to(blank[:, None], along.shape)] = np.nan
        sides.append(np.nan_to_num(_extent(along)) + 1)
    return np.asarray(np.maximum(np.maximum(*sides), 8.0))  # an empty image comes out as 8


def _extent(along: np.ndarray) -> np.ndarray:
    return np.asarray(np.fmax.reduce(along, axis=(1, 2)) - np.fmin.reduce(along, axis=(1, 2)))


def _with_stroke_width(images: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Strokes up to `amount` pixels thicker or thinner: a blend with the dilated or eroded image.

    Bold digits are only thinned and fine ones only thickened, so that no loop closes and no line breaks.
    """
    change = _uniform(len(images), amount, rng)
    for image, amount_px in zip(images, change, strict=True):
        # Erosion leaves little of a fine line and most of a broad one.
        boldness = cv2.erode(image, _CROSS).sum() / max(image.sum(), 1e-6)
        by = -abs(amount_px) if boldness > BOLD else abs(amount_px) if boldness < FINE else amount_px
        whole, part = divmod(abs(float(by)), 1.0)
        morph = cv2.dilate if by > 0 else cv2.erode
        for weight in [1.0] * int(whole) + [part]:
            other = morph(image, _CROSS)
            cv2.addWeighted(image, 1 - weight, other, weight, 0, dst=image)
    # The darkest ink stays 1, as in pipeline.normalize: a thin stroke is not a pale one.
    images /= np.maximum(images.max((1, 2), keepdims=True), 0.1)
    return images


def _uniform(n: int, most: float, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-most, most, n).astype(np.float32)


def thread_count() -> int:
    """Threads to prepare images with: the cores of the machine, at most 8 and what OMP_NUM_THREADS allows."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(8, cv2.getNumberOfCPUs(), int(allowed) if allowed.isdigit() else 8))
