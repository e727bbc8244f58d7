"""Matrices and boxes of leveled pictures.

A picture is leveled by rotating it about its top-left corner: a (3, 3) matrix `level` maps its pixels to leveled
pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

MIDDLE = 127  # gray level of a mask's edge after interpolation


def scaling(fx: float, fy: float) -> np.ndarray:
    """(3, 3) matrix from pixels to pixels of a resized picture, aligned at pixel centers like `cv2.resize`."""
    return np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5], [0, 0, 1]])


def rotation(tilt_deg: float) -> np.ndarray:
    """(3, 3) rotation about the origin that levels lines that fall to the right by `tilt_deg`."""
    cos, sin = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def as_levelled(mask: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) uint8 mask -> the rotated mask, large enough for all of it, and the (3, 3) matrix to its pixels."""
    h, w = mask.shape
    corners = box_corners(np.array([0, 0, w, h])) @ level[:2, :2].T
    low, high = corners.min(axis=0), corners.max(axis=0)
    moved = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ level
    size_wh = int(np.ceil(high[0] - low[0])), int(np.ceil(high[1] - low[1]))
    turned = cv2.warpAffine(mask * np.uint8(255), moved[:2], size_wh, flags=cv2.INTER_LINEAR)
    return (np.asarray(turned) > MIDDLE).view(np.uint8), moved


def box_corners(box: Sequence[float] | np.ndarray) -> np.ndarray:
    """x, y, w, h -> (4, 2) corners, clockwise from the top left."""
    x, y, w, h = box
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])


def mapped_corners(box: Sequence[float] | np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(4, 2) corners of a box, mapped by a (3, 3) matrix."""
    return np.asarray(cv2.perspectiveTransform(box_corners(box)[None].astype(float), matrix)[0])


def grown(boxes: np.ndarray, by: float) -> np.ndarray:
    """(n, 4) boxes -> boxes enlarged by `by` pixels on each side."""
    return np.asarray(boxes + np.array([-by, -by, 2 * by, 2 * by]))


def union(boxes: np.ndarray) -> np.ndarray:
    """(n, 4) boxes -> the (4,) box around all of them."""
    low = boxes[:, :2].min(axis=0)
    return np.concatenate([low, (boxes[:, :2] + boxes[:, 2:]).max(axis=0) - low])
