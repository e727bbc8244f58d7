"""Ruled lines: long straight lines with a tilt of up to 16 degrees, and the tilt of the writing on them.

All upper edge pixels of a level line are in one row of pixels. So the picture is sheared by each angle, and the largest
number of upper edge pixels in a row is the length of a straight line (a Hough transform over a few angles).
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.layout import RULES as CONFIG

MAX_POINTS = 12_000  # edge pixels; enough to estimate an angle


def tilt_of_lines(mask: np.ndarray, *, min_length: float) -> float | None:
    """The slope (pixels down per pixel to the right) of the long straight lines of an (H, W) uint8 mask, 0 or 1.

    None if no line has the minimum length in pixels.
    """
    w = mask.shape[1]
    edges = mask.copy()
    edges[1:] &= ~mask[:-1]
    y, x = np.nonzero(edges)
    if y.size == 0:
        return None
    step = -(-y.size // MAX_POINTS)
    if step > 1:  # skip whole columns, so that all rows keep the same fraction of their pixels
        kept = x % step == 0
        y, x = y[kept], x[kept]
    y, x = y.astype(np.float32), x.astype(np.float32)
    limit = float(np.tan(np.deg2rad(CONFIG.max_tilt_deg)))
    best, spacing = 0.0, limit / 12
    slopes = np.linspace(-limit, limit, 25)
    longest = 0.0
    # From coarse to fine, until the error over the whole width is less than a pixel.
    while True:
        band = max(1.0, spacing * w / 2)  # pixels that a line spreads over at this spacing
        scores = [_longest(y - slope * x, band) for slope in slopes]
        best, longest = float(slopes[int(np.argmax(scores))]), float(max(scores)) * step
        if spacing * w < 1:
            break
        slopes = best + spacing * np.linspace(-1, 1, 9)
        spacing /= 4
    return best if longest >= min_length else None


def _longest(offsets: np.ndarray, band: float) -> float:
    """The largest number of points in two adjacent bands of offsets."""
    bins = ((offsets - offsets.min()) / band).astype(np.intp)
    counts = np.bincount(bins)
    pairs = counts[:-1] + counts[1:] if counts.size > 1 else counts
    return float(pairs.max())


def find_rules(mask: np.ndarray, *, min_length: float) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) uint8 leveled mask -> mask of its horizontal lines of at least `min_length`, and their (n, 4) boxes."""
    w = mask.shape[1]
    gap = max(CONFIG.min_gap_px, round(CONFIG.gap_share * w)) | 1
    kernel = max(CONFIG.min_kernel_px, round(CONFIG.kernel_share * w))
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))  # for lines that are level to within a pixel or two
    closed = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, kernel), np.uint8))
    if not runs.any():
        return runs, np.zeros((0, 4), np.int32)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    width, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    is_rule = (width >= min_length) & (area <= np.maximum(CONFIG.max_rule_thickness * width, 5) * width)
    is_rule[0] = False
    if not is_rule.any():
        return np.zeros_like(mask), np.zeros((0, 4), np.int32)
    lines = is_rule.astype(np.uint8)[labels]
    return lines, stats[is_rule, :4]


def without_walls(mask: np.ndarray, zone: np.ndarray, cell_wh: tuple[float, float]) -> np.ndarray:
    """The (H, W) uint8 mask of leveled cells, without the straight lines in a zone along their walls."""
    runs = [max(CONFIG.min_kernel_px, round(CONFIG.wall_kernel_share * side)) for side in cell_wh]
    rest = mask
    for kernel, is_upright in ((runs[0], False), (runs[1], True)):
        turned, own = (np.ascontiguousarray(each.T) if is_upright else each for each in (rest, zone))
        closed = cv2.morphologyEx(turned, cv2.MORPH_CLOSE, np.ones((1, CONFIG.min_gap_px | 1), np.uint8))
        lines = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, kernel), np.uint8)) & own
        turned = without_lines(turned, cv2.dilate(lines, np.ones((3, 1), np.uint8)) & own)
        rest = np.ascontiguousarray(turned.T) if is_upright else turned
    return rest


def without_lines(mask: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The mask without the lines. Strokes that cross a line stay whole.

    A stroke continues above and below the line, so line pixels between ink on both sides are kept.
    """
    rest = mask & ~lines
    if not lines.any():
        return np.asarray(rest)
    depth = int(_thickness(lines)) + 2
    reach = np.ones((2 * depth + 1, 2 * depth + 1), np.uint8)
    from_above = cv2.dilate(rest, reach, anchor=(depth, 2 * depth))  # ink within reach above, or diagonally above
    from_below = cv2.dilate(rest, reach, anchor=(depth, 0))
    return np.asarray(rest | (mask & lines & from_above & from_below))


def _thickness(lines: np.ndarray) -> float:
    """The mean thickness of the lines: their pixels divided by their upper edge pixels."""
    tops = cv2.countNonZero(lines[1:] & ~lines[:-1]) + cv2.countNonZero(lines[:1])
    return cv2.countNonZero(lines) / max(tops, 1)
