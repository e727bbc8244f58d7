"""Find a sheet of paper on a desk, and its perspective.

A sheet is a light region with four sides, lighter than its immediate surroundings. If most of each side is in
the picture, the sheet is rectified, even if a corner is outside. Otherwise, only the surroundings are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from inkling.pipeline.config.layout import PAGE as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.polarity import border_pixels


@dataclass(frozen=True)
class Page:
    """A sheet in a picture."""

    corners: np.ndarray  # (4, 2) float32 picture pixels: top left, top right, bottom right, bottom left
    is_whole: bool  # most of each side is in the picture
    to_page: np.ndarray  # (3, 3) float64: picture -> straightened sheet, in pixels; the identity if it is not whole
    size_wh: tuple[int, int]  # of the straightened sheet


def find_page(image: np.ndarray) -> Page | None:
    """(H, W) uint8 gray -> the sheet in it; None if there is no sheet, or nothing around it."""
    if min(image.shape) < CONFIG.min_picture_side_px:
        return None
    factor = CONFIG.side_px / max(image.shape)
    size_wh = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    small = cv2.GaussianBlur(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), (3, 3), 0)
    quadrangle = _find_quadrangle(small)
    if quadrangle is None:
        return None
    h, w = small.shape
    is_whole = len(_surrounds(small, quadrangle)) == 4
    corners = (quadrangle + 0.5) * np.array([image.shape[1] / w, image.shape[0] / h]) - 0.5
    if not is_whole:
        return Page(corners.astype(np.float32), False, np.eye(3), image.shape[::-1])
    top, right, bottom, left = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    size = round(float(max(top, bottom))), round(float(max(left, right)))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32) - np.float32(0.5)
    to_page = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return Page(corners.astype(np.float32), True, to_page, size)


def _find_quadrangle(small: np.ndarray) -> np.ndarray | None:
    """(h, w) uint8 -> (4, 2) float corners of the sheet in it, clockwise from the top left.

    In most light, one threshold separates sheet and desk. If a hard shadow covers parts of both, the sheet's edges are
    used.
    """
    bare = _without_strokes(small)
    if border_pixels(bare).min() > CONFIG.max_surround * bare.max():
        return None  # nothing at the picture's border is as dark as what surrounds a sheet
    desk, lightest = float(np.median(border_pixels(small))), float(np.quantile(small[::3, ::3], 0.95))
    otsu, _ = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    steps = [desk + share * (lightest - desk) for share in CONFIG.threshold_shares]
    for threshold in (otsu, *steps):
        found = _quadrangle_of(np.asarray(small > threshold).view(np.uint8))
        if found is not None and _stands_out(small, found):
            return found
    found_by_edges = [corners for corners in _quadrangles_of_edges(bare) if _stands_out(small, corners)]
    return max(found_by_edges, key=lambda corners: cv2.contourArea(corners.astype(np.float32)), default=None)


def _without_strokes(small: np.ndarray) -> np.ndarray:
    """(h, w) uint8 -> (h, w) uint8 without strokes and ruled lines, which are narrower than a sheet's edge."""
    side = 2 * CONFIG.rim_px + 1
    around = cv2.copyMakeBorder(small, side, side, side, side, cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(around, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))[side:-side, side:-side]


def _quadrangles_of_edges(bare: np.ndarray) -> list[np.ndarray]:
    """Quadrangles whose four sides are long straight edges, lighter on their inner side."""
    h, w = bare.shape
    log = np.log(cv2.GaussianBlur(bare, (0, 0), 1.0).astype(np.float32) + SHARED.level_offset)
    down = log[2:, 1:-1] - log[:-2, 1:-1]
    right = log[1:-1, 2:] - log[1:-1, :-2]
    # Lines y = a + slope * x: the top side is lighter below, the bottom side above. Vertical ones use the transpose.
    sides = []
    for steps, length in ((down, w), (-down, w), (right.T, h), (-right.T, h)):
        sides.append(_long_edges(np.ascontiguousarray(steps), length))
        if not sides[-1]:
            return []
    found = []
    for top, bottom, left, end in product(*sides):
        corners = np.array([_meet(*pair) for pair in ((top, left), (top, end), (bottom, end), (bottom, left))])
        inside = np.all((corners > [-0.1 * w, -0.1 * h]) & (corners < [1.1 * w, 1.1 * h]))
        polygon = corners.astype(np.float32)
        if inside and cv2.isContourConvex(polygon) and cv2.contourArea(polygon) >= CONFIG.min_area_share * bare.size:
            found.append(corners)
    return found


def _long_edges(steps: np.ndarray, length: int) -> list[tuple[float, float]]:
    """(h, w) float32 downward steps of brightness -> (offset, slope) of the longest horizontal edges, in pixels.

    A Hough transform over a few angles. The edge pixels of each line found are removed before the next search.
    """
    y, x = np.nonzero(
        (steps > CONFIG.min_log_step) & (steps >= np.roll(steps, 1, 0)) & (steps >= np.roll(steps, -1, 0))
    )
    found = []
    limit = np.tan(np.deg2rad(CONFIG.max_tilt_deg))
    slopes = np.linspace(-limit, limit, CONFIG.tried_tilts)
    for _ in range(CONFIG.edges_per_side):
        if x.size < CONFIG.min_edge_share * length:
            break
        best = (0, 0.0, 0.0)
        for slope in slopes:
            offsets = y - slope * x
            low = float(offsets.min())
            counts = np.bincount(((offsets - low) / CONFIG.edge_width_px).astype(np.intp))
            k = int(counts.argmax())
            best = max(best, (int(counts[k]), low + (k + 0.5) * CONFIG.edge_width_px, float(slope)))
        count, offset, slope = best
        if count < CONFIG.min_edge_share * length:
            break
        near = np.abs(y - slope * x - offset) < 1.5 * CONFIG.edge_width_px
        fit = np.polyfit(x[near], y[near], 1)
        found.append((float(fit[1]) + 1 - float(fit[0]), float(fit[0])))  # the steps start at pixel 1, 1
        x, y = x[~near], y[~near]
    return found


def _meet(level: tuple[float, float], upright: tuple[float, float]) -> tuple[float, float]:
    """The intersection of y = a + b * x and x = c + d * y."""
    (a, b), (c, d) = level, upright
    y = (a + b * c) / (1 - b * d)
    return c + d * y, y


def _quadrangle_of(light: np.ndarray) -> np.ndarray | None:
    """(h, w) uint8 mask -> corners of its largest region if that is a large enough quadrangle."""
    # Writing at the sheet's edge must not split the sheet, and light objects must not touch it.
    light = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    contours, _ = cv2.findContours(light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(largest)
    hull_area = cv2.contourArea(hull)
    if hull_area < CONFIG.min_area_share * light.size:
        return None
    length = cv2.arcLength(hull, True)
    for tolerance in np.arange(0.01, 0.1, 0.005):
        corners = cv2.approxPolyDP(hull, tolerance * length, True)
        if len(corners) <= 4:
            break
    if len(corners) != 4 or cv2.contourArea(corners) < CONFIG.min_quadrangle_share * hull_area:
        return None
    return _clockwise(_refine(corners.reshape(4, 2).astype(float), largest.reshape(-1, 2), length))


def _refine(corners: np.ndarray, outline: np.ndarray, length: float) -> np.ndarray:
    """Corners as intersections of lines fitted to most of each side, so that a finger on a corner has no effect."""
    lines = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        side = end - start
        size = float(np.linalg.norm(side))
        direction = side / size
        relative = outline - start
        along, off = relative @ direction, np.abs(relative @ np.array([-direction[1], direction[0]]))
        near = outline[(along > 0.1 * size) & (along < 0.9 * size) & (off < max(2.5, 0.015 * length))]
        if len(near) < 5:
            return corners
        vx, vy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append((float(vy), float(-vx), float(vy * x - vx * y)))
    refined = []
    for (a, b, c), (d, e, f) in zip(np.roll(lines, 1, axis=0), lines, strict=True):
        determinant = a * e - b * d
        if abs(determinant) < 0.3:  # adjacent sides are nearly parallel
            return corners
        refined.append(((c * e - b * f) / determinant, (a * f - c * d) / determinant))
    result = np.array(refined)
    return corners if np.abs(result - corners).max() > 0.05 * length else result


def _clockwise(corners: np.ndarray) -> np.ndarray:
    """Sort corners clockwise from the top left. The side with the highest midpoint is the top."""
    (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[1]
    if ax * by < ay * bx:
        corners = corners[::-1]
    middles = (corners + np.roll(corners, -1, axis=0)) / 2
    return np.roll(corners, -int(middles[:, 1].argmin()), axis=0)


def _stands_out(small: np.ndarray, corners: np.ndarray) -> bool:
    """Whether the picture is lighter just inside the sides than just outside.

    A shadow has such an edge on one or two sides, and a sheet on three or four.
    """
    ratios = _surrounds(small, corners)
    return len(ratios) >= CONFIG.min_sides and max(ratios) <= CONFIG.max_surround


def _surrounds(small: np.ndarray, corners: np.ndarray) -> list[float]:
    """The ratio of the brightness outside each side of a quadrangle to that inside.

    Sides that are mostly outside the picture are left out. The brightness is also measured farther outside, because
    the picture is light again beyond the line of a frame.
    """
    h, w = small.shape
    sides = np.roll(corners, -1, axis=0) - corners  # (4, 2)
    outwards = np.stack([sides[:, 1], -sides[:, 0]], axis=1) / np.linalg.norm(sides, axis=1, keepdims=True)
    points = corners[:, None] + sides[:, None] * np.linspace(0.08, 0.92, 40)[:, None]  # (4, 40, 2)
    steps = CONFIG.rim_px * np.array([-1, 1, CONFIG.far_rims])
    at = np.rint(points + outwards[:, None] * steps[:, None, None, None]).astype(int)  # (3, 4, 40, 2)
    seen = np.all((at[:2] >= 0) & (at[:2] < [w, h]), axis=(0, 3))  # (4, 40)
    x, y = np.moveaxis(at.clip(0, [w - 1, h - 1]), 3, 0)
    within, beyond, far = small[y, x].astype(float)
    ratios = np.maximum(beyond, far) / np.maximum(within, 1)
    return [
        float(np.median(ratio[own]))
        for ratio, own in zip(ratios, seen, strict=True)
        if own.mean() >= CONFIG.min_seen_share
    ]
