"""Stroke width from the distance transform."""

from __future__ import annotations

import cv2
import numpy as np


def distance_to_edge(mask: np.ndarray) -> np.ndarray:
    """(h, w) uint8 mask -> (h, w) float32 distances to the background in pixels. Beyond the image is background."""
    return _framed_distance(mask)[1:-1, 1:-1]


def stroke_width(mask: np.ndarray) -> float:
    """Mean width of the strokes in an (h, w) uint8 mask, in pixels; at least 1.

    Across a stroke of width w, the distance to its edge rises from 0 to w/2 and falls again, so its mean is w/4. The
    distance transform measures between pixel centers, which adds half a pixel.
    """
    distance = _framed_distance(mask)
    return max(4.0 * (float(distance.sum()) / max(int(cv2.countNonZero(mask)), 1) - 0.5), 1.0)


def _framed_distance(mask: np.ndarray) -> np.ndarray:
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return cv2.distanceTransform(framed, cv2.DIST_L2, 3)
