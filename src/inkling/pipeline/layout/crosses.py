"""Detect crossed-out cells of tables: two diagonal strokes that cross, or a zigzag line."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS as CONFIG
from inkling.pipeline.layout.geometry import MIDDLE

CIRCLE_STEP_DEG = 5  # between sampled points of a circle
_AROUND = np.deg2rad(np.arange(0, 360, CIRCLE_STEP_DEG))
_CIRCLES_XY = np.array(CONFIG.cross_radii_px)[:, None] * np.array(
    [[np.cos(_AROUND)], [np.sin(_AROUND)]]
)  # (2, radii, n)


def is_crossed_out(ink: np.ndarray) -> bool:
    """Whether the ink of an (h, w) uint8 mask is a cross or a zigzag, apart from some dirt."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    x, y, w, h, area = stats[largest].tolist()
    if area < CONFIG.min_cross_share * stats[1:, cv2.CC_STAT_AREA].sum():
        return False
    own = (labels[y : y + h, x : x + w] == largest).view(np.uint8)
    return is_cross(own) or is_zigzag(own)


def is_zigzag(stroke: np.ndarray) -> bool:
    """Whether an (h, w) uint8 mask is a zigzag: horizontal lines cross it more often than they cross a digit."""
    own = np.pad(stroke, ((0, 0), (1, 0)))
    strokes = (own[:, 1:] > own[:, :-1]).sum(axis=1)
    return bool(np.mean(strokes >= CONFIG.min_zigzag) >= CONFIG.min_zigzag_height)


def is_cross(stroke: np.ndarray) -> bool:
    """Whether an (h, w) uint8 mask of one component consists of two crossing diagonal strokes, like an x.

    Circles around the crossing meet four arms, one in each quadrant; opposite arms are in line; there is no hole.
    """
    h, w = stroke.shape
    if min(h, w) < CONFIG.min_cross_px or max(h, w) > CONFIG.max_cross_aspect * min(h, w):
        return False
    scale = CONFIG.cross_side_px / min(w, h)
    own = cv2.resize(stroke * np.uint8(255), None, fx=scale, fy=scale)
    own = cv2.copyMakeBorder(own, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(0,))
    _, own = cv2.threshold(own, MIDDLE, 1, cv2.THRESH_BINARY)
    contours, hierarchy = cv2.findContours(own, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    is_hole = hierarchy[0, :, 3] >= 0
    if any(cv2.contourArea(contours[i]) > CONFIG.min_hole_px for i in np.flatnonzero(is_hole).tolist()):
        return False
    moments = cv2.moments(own, binaryImage=True)
    middle = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    depth = cv2.distanceTransform(own, cv2.DIST_L2, 3)
    _, _, _, thickest = cv2.minMaxLoc(depth)
    return any(_has_four_arms(own, *at) for at in (middle, thickest))


def _has_four_arms(mask: np.ndarray, cx: float, cy: float) -> bool:
    """Whether enough circles in a mask meet four arms of a cross: one in each quadrant, opposite ones in line."""
    x, y = np.rint(_CIRCLES_XY + np.array([cx, cy])[:, None, None]).astype(int)  # (radii, n)
    seen = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
    inked = (mask[y * seen, x * seen] > 0) & seen
    begins = inked & ~np.roll(inked, 1, axis=1)
    met = np.flatnonzero(begins.sum(axis=1) == 4)
    return sum(_are_arms(inked[i], np.flatnonzero(begins[i])) for i in met) >= CONFIG.min_cross_circles


def _are_arms(circle: np.ndarray, starts: np.ndarray) -> bool:
    """Whether the four runs of an (n,) bool circle that begin at `starts` are the arms of a cross."""
    ends = np.flatnonzero(circle & ~np.roll(circle, -1))
    lengths = (np.roll(ends, -int(ends[0] < starts[0])) - starts) % len(circle)  # in steps, from first to last
    if (lengths + 1).max() * CIRCLE_STEP_DEG > CONFIG.max_arm_deg:
        return False
    middles = np.sort((starts + lengths / 2) * CIRCLE_STEP_DEG % 360)
    aslant = np.abs(middles - (45, 135, 225, 315)) < CONFIG.max_off_diagonal_deg
    bends = np.abs(middles[2:] - middles[:2] - 180)
    return bool(aslant.all() and bends.max() < CONFIG.max_arm_bend_deg)
