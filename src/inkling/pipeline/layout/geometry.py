"""Matrices and boxes of levelled pictures.

A picture is levelled by turning it about its upper left corner: a (3, 3) `level` matrix maps its pixels to level ones.
"""

from __future__ import annotations

import cv2
import numpy as np

MIDDLE = 127  # grey level: a mask's edge after interpolation


def scaling(fx: float, fy: float) -> np.ndarray:
    """Pixels -> pixels of a resized picture; pixel centres count, as in `cv2.resize`."""
    return np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5], [0, 0, 1]])


def rotation(tilt_deg: float) -> np.ndarray:
    """(3, 3): turns about the origin so that what falls by that angle to the right is level."""
    cos, sin = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def as_levelled(mask: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) uint8 mask -> it turned, large enough to hold all of it, and the (3, 3) matrix that did so."""
    h, w = mask.shape
    corners = box_corners(np.array([0, 0, w, h])) @ level[:2, :2].T
    low, high = corners.min(axis=0), corners.max(axis=0)
    moved = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ level
    size_wh = int(np.ceil(high[0] - low[0])), int(np.ceil(high[1] - low[1]))
    turned = cv2.warpAffine(mask * np.uint8(255), moved[:2], size_wh, flags=cv2.INTER_LINEAR)
    return (np.asarray(turned) > MIDDLE).view(np.uint8), moved


def box_corners(box: np.ndarray) -> np.ndarray:
    """x, y, w, h -> (4, 2) corners, from the upper left one clockwise."""
    x, y, w, h = box
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])


def grown(boxes: np.ndarray, by: float) -> np.ndarray:
    """(n, 4) boxes -> the same, larger by so many pixels on each side."""
    return np.asarray(boxes + np.array([-by, -by, 2 * by, 2 * by]))


def union(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) boxes -> the (4,) box around all of them."""
    low = boxes[:, :2].min(axis=0)
    return np.concatenate([low, (boxes[:, :2] + boxes[:, 2:]).max(axis=0) - low])
