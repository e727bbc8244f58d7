"""Normalize one digit: a crop of ink -> 28x28, as MNIST shows it.

MNIST's digits were scaled to a longest side of 20 pixels, with anti-aliasing, and set into 28x28 with their centre
of mass in the middle (LeCun, Cortes, Burges, "The MNIST database"). A pen much thinner or thicker than those of
MNIST is brought to their width, or a fine line would fade when it is reduced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from inkling.pipeline.config.segmentation import NORMALIZE as CONFIG
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.segmentation import Segmentation, padded_corners, threshold
from inkling.pipeline.stroke_width import stroke_width

SIDE = 28  # pixels: a normalized digit, called a tile
LONGEST = 20  # pixels of the tile: the longer side of the digit


def is_one_large_glyph(ink: np.ndarray, segmentation: Segmentation) -> bool:
    """Whether all ink, (H, W) float32, is one drawn component, so large that more pixels would give the same tile.

    A patch, such as a shadow, is not drawn: its strokes would be very wide. Ink that reaches the image's border may be
    cut off.
    """
    glyphs = segmentation.glyphs
    if len(glyphs) != 1 or segmentation.labels.max(initial=0) > 1:
        return False
    x, y, w, h = glyphs[0].box_xywh
    if max(w, h) < CONFIG.measured_side_px or min(x, y, ink.shape[1] - x - w, ink.shape[0] - y - h) <= 0:
        return False
    return stroke_width(threshold(segmentation.labels, 0)) <= CONFIG.max_drawn_stroke * max(w, h)


def normalize_glyphs(ink: np.ndarray, segmentation: Segmentation) -> np.ndarray:
    """(H, W) float32 ink and its N glyphs -> (N, 28, 28) float32 tiles, 0 = background, 1 = ink."""
    tiles = np.zeros((len(segmentation.glyphs), SIDE, SIDE), np.float32)
    for tile, crop in zip(tiles, glyph_crops(ink, segmentation), strict=True):
        check_deadline()
        tile[:] = normalize_crop(crop)
    return tiles


def glyph_crops(ink: np.ndarray, segmentation: Segmentation) -> Iterator[np.ndarray]:
    """(H, W) float32 ink -> for each glyph its box and one pixel around, (h, w) float32, without other glyphs' ink."""
    only_one = segmentation.labels.max(initial=0) <= 1
    for glyph in segmentation.glyphs:
        x0, y0, x1, y1 = padded_corners(glyph.box_xywh)
        crop = ink[y0:y1, x0:x1]
        if not only_one:
            x, y = segmentation.corner_xy
            labels = segmentation.labels[y0 - y : y1 - y, x0 - x : x1 - x]
            crop = crop * _with_soft_edge(np.isin(labels, glyph.components), labels)
        yield crop


def normalize_crop(crop: np.ndarray) -> np.ndarray:
    """(h, w) float32 ink of one digit, 0..1 -> (28, 28) float32 tile."""
    return center_by_mass(normalize_size(crop, reference_side=max))


def normalize_size(crop: np.ndarray, *, reference_side: Callable[[tuple[int, ...]], int]) -> np.ndarray:
    """(h, w) float32 ink, 0..1 -> trimmed, with strokes of a usual width, and with its reference side at LONGEST."""
    crop = trim(crop)
    crop = downscale_large(crop, reference_side(crop.shape))
    crop = normalize_stroke_width(crop, reference_side(crop.shape))
    return scale_to_peak(resize_by(crop, LONGEST / reference_side(crop.shape)))


def downscale_large(crop: np.ndarray, side: int) -> np.ndarray:
    """Reduce a crop whose reference side is large by a whole number, and clip ink to at most 1."""
    if side >= 2 * CONFIG.measured_side_px:
        crop = block_means(crop, side // CONFIG.measured_side_px)
        crop = crop / max(peak_ink(crop), 1e-6)
    return np.asarray(np.minimum(crop, 1.0))


def scale_to_peak(small: np.ndarray) -> np.ndarray:
    """Scale ink so that strokes reach 1, and clip to 0..1: cubic enlargement undershoots beside strokes."""
    return np.clip(small / max(peak_ink(small), 1e-6), 0.0, 1.0)


def trim(crop: np.ndarray) -> np.ndarray:
    """Cut off outer rows and columns without ink; a crop without any comes back as it is."""
    x, y, w, h = cv2.boundingRect(threshold(crop, CONFIG.faint_ink))
    return crop[y : y + h, x : x + w] if w else crop


def resize_by(crop: np.ndarray, factor: float) -> np.ndarray:
    """(h, w) -> (h * factor, w * factor), averaging areas when it becomes smaller."""
    h, w = crop.shape
    size_wh = (max(1, round(w * factor)), max(1, round(h * factor)))
    if size_wh == (w, h):
        return crop
    return cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def block_means(crop: np.ndarray, side: int) -> np.ndarray:
    """(h, w) -> (h / side, w / side), rounded up: the mean of each block, with background beyond the crop.

    OpenCV is several times as fast at whole blocks as at a size that is no multiple of them.
    """
    h, w = crop.shape
    crop = cv2.copyMakeBorder(crop, 0, -h % side, 0, -w % side, cv2.BORDER_CONSTANT)
    return cv2.resize(crop, (-(-w // side), -(-h // side)), interpolation=cv2.INTER_AREA)


def peak_ink(ink: np.ndarray) -> float:
    """The ink of the strokes' body: a high quantile of what is not background."""
    inked = ink[ink > CONFIG.faint_ink]
    if inked.size == 0:
        return 1.0
    rank = int(CONFIG.peak_quantile * (inked.size - 1))
    return float(np.partition(inked, rank)[rank])


def normalize_stroke_width(crop: np.ndarray, side: int) -> np.ndarray:
    """Widen or narrow strokes that, with the crop's reference `side` at LONGEST, leave the range of MNIST's pens.

    A crop of few pixels is enlarged first, because widths are measured and changed by whole pixels.
    """
    enlargement = np.ceil(CONFIG.measured_side_px / side)
    large = np.clip(resize_by(crop, enlargement), 0.0, 1.0) if enlargement > 1 else crop
    to_tile = LONGEST / side / max(enlargement, 1.0)  # pixels of the tile for each of the crop
    mask = threshold(large, CONFIG.stroke_ink)
    width = stroke_width(mask) * to_tile
    if CONFIG.min_stroke_px <= width <= CONFIG.max_stroke_px:
        return crop
    if width < CONFIG.min_stroke_px:
        grow = (CONFIG.target_stroke_px - width) / (2 * to_tile)  # pixels of the crop, on each side of a stroke
        pad = int(np.ceil(grow)) + 1
        large = cv2.copyMakeBorder(large, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        outside = cv2.distanceTransform(1 - threshold(large, CONFIG.stroke_ink), cv2.DIST_L2, 5)
        return trim(np.maximum(large, np.clip(grow + 1.0 - outside, 0.0, 1.0)))
    shrink = (width - CONFIG.max_stroke_px) / (2 * to_tile)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return trim(np.minimum(large, np.clip(inside - shrink, 0.0, 1.0)))


def center_by_mass(small: np.ndarray) -> np.ndarray:
    """(h, w), at most 28 each -> (28, 28), the centre of mass as near to the middle as whole pixels allow."""
    h, w = small.shape
    moments = cv2.moments(small)
    mass = moments["m00"] or 1.0
    x = round(SIDE / 2 - moments["m10"] / mass)
    y = round(SIDE / 2 - moments["m01"] / mass)
    x, y = min(max(x, 0), SIDE - w), min(max(y, 0), SIDE - h)
    tile = np.zeros((SIDE, SIDE), np.float32)
    tile[y : y + h, x : x + w] = small
    return tile


def _with_soft_edge(own: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Add the pixels next to the glyph's own that belong to no other ink."""
    edge = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(own | (edge & (labels == 0)))
