"""The usual one of many levels, and how far apart they lie: asked of pictures, their paper and their grain."""

from __future__ import annotations

import cv2
import numpy as np


def median_level(values: np.ndarray) -> float:
    """The median, the upper one of two, without the cost of NumPy's general one; 0 of nothing."""
    flat = values.ravel()
    return float(np.partition(flat, flat.size // 2)[flat.size // 2]) if flat.size else 0.0


def level_range(values: np.ndarray) -> float:
    """From the darkest to the lightest level of an (h, w) image, several times as fast as NumPy's `ptp`."""
    low, high, _, _ = cv2.minMaxLoc(values)
    return high - low
