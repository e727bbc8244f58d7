"""glyph -> tile: one digit as MNIST shows it.

MNIST's digits were scaled to a longest side of 20 pixels, with anti-aliasing, and set into 28x28 with their centre
of mass in the middle (LeCun, Cortes, Burges, "The MNIST database"). A pen much thinner or thicker than those of
MNIST is brought to their width, or a fine line would fade when it is reduced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from inkling.pipeline.segmentation import Glyph, Segmentation, above, with_rim
from inkling.pipeline.stroke_width import stroke_width

SIDE = 28  # pixels: a tile
LONGEST = 20  # pixels of the tile: the longer side of a digit
# Widths of strokes in pixels of the tile. Among MNIST's training images 5 % are thinner than THIN, 12 % thicker than
# THICK, and a quarter thinner than USUAL. Chosen on training images redrawn with fine and with felt pens.
THIN, USUAL, THICK = 1.6, 2.0, 3.2
CROP_SIDE = 80  # pixels: a glyph twice as large is reduced to about this before its strokes are measured
FINEST_SIDE = 80  # pixels: a smaller glyph is enlarged to at least this before its strokes are measured
FULL = 0.98  # quantile of a tile's ink that is brought to 1


def normalize_glyphs(ink: np.ndarray, glyphs: Segmentation) -> np.ndarray:
    """(H, W) float32 ink and its N glyphs -> (N, 28, 28) float32, 0 = paper, 1 = ink."""
    tiles = np.zeros((len(glyphs.flat), SIDE, SIDE), np.float32)
    for tile, crop in zip(tiles, glyph_crops(ink, glyphs), strict=True):
        tile[:] = normalize(crop)
    return tiles


def glyph_crops(ink: np.ndarray, glyphs: Segmentation) -> Iterator[np.ndarray]:
    """(H, W) float32 ink -> for each glyph its box and a rim, (h, w) float32, without the ink of other glyphs."""
    alone = glyphs.labels.max(initial=0) <= 1 and all(glyph.part is None for glyph in glyphs.flat)
    for glyph in glyphs.flat:
        x0, y0, x1, y1 = with_rim(glyph.box_xywh)
        crop = ink[y0:y1, x0:x1]
        if not alone:
            x, y = glyphs.corner_xy
            labels = glyphs.labels[y0 - y : y1 - y, x0 - x : x1 - x]
            crop = crop * _with_rim(_own(labels, glyph, corner_xy=(x0, y0)), labels)
        yield crop


def normalize(crop: np.ndarray) -> np.ndarray:
    """(h, w) float32 ink of one digit, 0..1 -> (28, 28) float32."""
    return center_by_mass(size_normalize(crop, side=max))


def size_normalize(crop: np.ndarray, *, side: Callable[[tuple[int, ...]], int]) -> np.ndarray:
    """(h, w) float32 ink, 0..1, without its margins and at LONGEST for that side of it which `side` picks."""
    crop = trimmed(crop)
    crop = moderate(crop, side(crop.shape))
    crop = with_readable_strokes(crop, side(crop.shape))
    return full(resized(crop, LONGEST / side(crop.shape)))


def moderate(crop: np.ndarray, longest: int) -> np.ndarray:
    """A large crop, of whose sides `longest` counts, reduced by a whole number; ink at most 1."""
    if longest >= 2 * CROP_SIDE:
        crop = in_blocks(crop, longest // CROP_SIDE)
        crop = crop / max(peak(crop), 1e-6)
    return np.asarray(np.minimum(crop, 1.0))


def full(small: np.ndarray) -> np.ndarray:
    """The body of the strokes brought to 1, everything into 0..1: cubic enlargement undershoots beside strokes."""
    return np.clip(small / max(peak(small), 1e-6), 0.0, 1.0)


def _own(labels: np.ndarray, glyph: Glyph, *, corner_xy: tuple[int, int]) -> np.ndarray:
    """True where a pixel of the slice at `corner_xy` belongs to the glyph."""
    if glyph.part is None:
        return np.isin(labels, glyph.components)
    own = np.zeros(labels.shape, bool)
    x, y, w, h = glyph.box_xywh
    own[y - corner_xy[1] :, x - corner_xy[0] :][:h, :w] = glyph.part
    return own


def _with_rim(own: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """True where a pixel is the glyph's own, or no other ink and in the rim one pixel around it."""
    rim = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(own | (rim & (labels == 0)))


def trimmed(crop: np.ndarray, *, edge: float = 0.1) -> np.ndarray:
    """Cuts off rows and columns without ink."""
    x, y, w, h = cv2.boundingRect(above(crop, edge))
    return crop[y : y + h, x : x + w] if w else crop


def resized(crop: np.ndarray, factor: float) -> np.ndarray:
    """(h, w) -> (h * factor, w * factor), by area when it becomes smaller."""
    h, w = crop.shape
    size_wh = (max(1, round(w * factor)), max(1, round(h * factor)))
    if size_wh == (w, h):
        return crop
    return cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def in_blocks(crop: np.ndarray, side: int) -> np.ndarray:
    """(h, w) -> (h / side, w / side), rounded up: the mean of each block, which beyond the crop is paper.

    OpenCV is several times as fast at whole blocks as at a size that is no multiple of them.
    """
    h, w = crop.shape
    crop = cv2.copyMakeBorder(crop, 0, -h % side, 0, -w % side, cv2.BORDER_CONSTANT)
    return cv2.resize(crop, (-(-w // side), -(-h // side)), interpolation=cv2.INTER_AREA)


def peak(ink: np.ndarray) -> float:
    """The ink of the body of the strokes: a high quantile of what is not paper."""
    marks = ink[ink > 0.1]
    if marks.size == 0:
        return 1.0
    rank = int(FULL * (marks.size - 1))
    return float(np.partition(marks, rank)[rank])


def with_readable_strokes(crop: np.ndarray, longest: int) -> np.ndarray:
    """Widens or narrows the strokes if, with `longest` pixels at LONGEST, they leave the range of MNIST's pens.

    A crop of few pixels is enlarged first, because widths are measured and changed by whole pixels.
    """
    finer = np.ceil(FINEST_SIDE / longest)
    large = np.clip(resized(crop, finer), 0.0, 1.0) if finer > 1 else crop
    factor = LONGEST / longest / max(finer, 1.0)
    mask = above(large, 0.5)
    width = stroke_width(mask) * factor
    if THIN <= width <= THICK:
        return crop
    if width < THIN:
        grow = (USUAL - width) / (2 * factor)  # pixels of the crop, on each side of a stroke
        rim = int(np.ceil(grow)) + 1
        large = cv2.copyMakeBorder(large, rim, rim, rim, rim, cv2.BORDER_CONSTANT)
        far = cv2.distanceTransform(1 - above(large, 0.5), cv2.DIST_L2, 5)
        return trimmed(np.maximum(large, np.clip(grow + 1.0 - far, 0.0, 1.0)))
    shrink = (width - THICK) / (2 * factor)
    deep = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return trimmed(np.minimum(large, np.clip(deep - shrink, 0.0, 1.0)))


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
