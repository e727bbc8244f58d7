"""How wide strokes are: asked of the paper's estimate and of the tile."""

from __future__ import annotations

import cv2
import numpy as np


def stroke_width(mask: np.ndarray) -> float:
    """Mean width of the strokes of a (h, w) uint8 mask, pixels.

    Inside a strip of width w the distance to the edge rises from 0 to w/2 and falls again, so its mean is w/4; the
    distance transform measures from pixel to pixel, half a pixel more.
    """
    distance = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    return max(4.0 * (float(distance.sum()) / max(int(cv2.countNonZero(mask)), 1) - 0.5), 1.0)
