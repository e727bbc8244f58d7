"""Normalize one digit: a crop of ink -> 28x28, in MNIST's format.

MNIST's digits were scaled to a longest side of 20 pixels, with anti-aliasing, and placed in 28x28 with their center of
mass in the middle (LeCun, Cortes, Burges, "The MNIST database"). Strokes much thinner or thicker than MNIST's are
brought to MNIST's range of widths; otherwise a fine line would fade when it is downscaled.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from inkling.pipeline.config.segmentation import NORMALIZE as CONFIG
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.level_statistics import fast_quantile
from inkling.pipeline.measure_stroke_width import stroke_width
from inkling.pipeline.segmentation import Segmentation, padded_corners, threshold

SIDE = 28  # pixels: a normalized digit, called a tile
LONGEST = 20  # pixels of the tile: the longer side of the digit


def is_one_large_glyph(ink: np.ndarray, segmentation: Segmentation) -> bool:
    """Whether all ink, (H, W) float32, is one drawn component, so large that more pixels would not change the tile.

    False for a patch such as a shadow, whose strokes are very wide, and for ink that touches the image's border, as it
    may be cut off.
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
    """(H, W) float32 ink -> the (h, w) float32 crop of each glyph with a 1-pixel margin, without other glyphs' ink."""
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
    crop = normalize_stroke_width(downscale_large(trim(crop)))
    return center_by_mass(scale_to_peak(resize_by(crop, LONGEST / max(crop.shape))))


def downscale_large(crop: np.ndarray) -> np.ndarray:
    """Downscale a large crop by an integer factor, and clip ink to at most 1."""
    side = max(crop.shape)
    if side >= 2 * CONFIG.measured_side_px:
        crop = block_means(crop, side // CONFIG.measured_side_px)
        crop = crop / max(peak_ink(crop), 1e-6)
    return np.asarray(np.minimum(crop, 1.0))


def scale_to_peak(small: np.ndarray) -> np.ndarray:
    """Scale ink so that strokes reach 1, and clip to 0..1, because cubic interpolation undershoots beside strokes."""
    return np.clip(small / max(peak_ink(small), 1e-6), 0.0, 1.0)


def trim(crop: np.ndarray) -> np.ndarray:
    """Cut off outer rows and columns without ink. A crop without any ink is returned unchanged."""
    x, y, w, h = cv2.boundingRect(threshold(crop, CONFIG.faint_ink))
    return crop[y : y + h, x : x + w] if w else crop


def resize_by(crop: np.ndarray, factor: float) -> np.ndarray:
    """(h, w) -> (h * factor, w * factor): area averaging if smaller, cubic interpolation if larger."""
    h, w = crop.shape
    size_wh = (max(1, round(w * factor)), max(1, round(h * factor)))
    if size_wh == (w, h):
        return crop
    return cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def block_means(crop: np.ndarray, side: int) -> np.ndarray:
    """(h, w) -> (h / side, w / side), rounded up: the mean of each block, with background beyond the crop.

    OpenCV is several times as fast for whole blocks.
    """
    h, w = crop.shape
    crop = cv2.copyMakeBorder(crop, 0, -h % side, 0, -w % side, cv2.BORDER_CONSTANT)
    return cv2.resize(crop, (-(-w // side), -(-h // side)), interpolation=cv2.INTER_AREA)


def peak_ink(ink: np.ndarray) -> float:
    """The ink level of the strokes' body: a high quantile of all pixels that are not background."""
    inked = ink[ink > CONFIG.faint_ink]
    return fast_quantile(inked, CONFIG.peak_quantile) if inked.size else 1.0


def normalize_stroke_width(crop: np.ndarray) -> np.ndarray:
    """Widen or narrow strokes to MNIST's range of widths, which applies after scaling the longer side to LONGEST.

    A small crop is enlarged first, because widths are measured and changed in whole pixels.
    """
    side = max(crop.shape)
    enlargement = np.ceil(CONFIG.measured_side_px / side)
    large = np.clip(resize_by(crop, enlargement), 0.0, 1.0) if enlargement > 1 else crop
    to_tile = LONGEST / side / max(enlargement, 1.0)  # tile pixels per crop pixel
    mask = threshold(large, CONFIG.stroke_ink)
    width = stroke_width(mask) * to_tile
    if CONFIG.min_stroke_px <= width <= CONFIG.max_stroke_px:
        return crop
    if width < CONFIG.min_stroke_px:
        grow = (CONFIG.target_stroke_px - width) / (2 * to_tile)  # in pixels of the crop, on each side of a stroke
        pad = int(np.ceil(grow)) + 1
        large = cv2.copyMakeBorder(large, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        outside = cv2.distanceTransform(1 - threshold(large, CONFIG.stroke_ink), cv2.DIST_L2, 5)
        return trim(np.maximum(large, np.clip(grow + 1.0 - outside, 0.0, 1.0)))
    shrink = (width - CONFIG.max_stroke_px) / (2 * to_tile)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return trim(np.minimum(large, np.clip(inside - shrink, 0.0, 1.0)))


def center_by_mass(small: np.ndarray) -> np.ndarray:
    """(h, w), at most 28 each -> (28, 28), with the center of mass as near the middle as whole pixels allow."""
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
    """Extend a glyph's mask by adjacent pixels that belong to no other ink."""
    edge = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(own | (edge & (labels == 0)))
