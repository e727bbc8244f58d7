"""image -> ink where the paper is one even level, however bold the strokes: they may fill most of the picture.

A digit that was cut out close has strokes as wide as a shadow, and hardly any paper around it. Its levels say more than
its shape does: Otsu's threshold (1979) parts them, and if those on the side of the paper hardly differ, no light falls
on it unevenly.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.polarity import area_witness, corner_witness, edge_witness

LEAST_DEPTH = 48  # grey levels between paper and strokes
USUAL, FAR = 0.75, 0.05  # quantile of a side's levels that is its paper or body, and of those farthest from the other
EVEN = 0.12  # of the depth: how much the usual and the farthest level of the paper differ at most
WIDEST = 0.5  # of the longer side: a wider dark region is no stroke, unless it is an icon's
ICON = 64  # pixels: a picture whose sides are no longer is one digit or a few, cut out
FLOOR = (0.08, 0.5)  # of the depth: what is lighter is paper and its grain, at least and at most
SOFT = 0.5  # pixels of edges for each pixel of body: more than strokes have; stains and shadows have more


def binarize_even_paper(image: np.ndarray, small: np.ndarray, *, sharp: bool = False) -> np.ndarray | None:
    """(H, W) uint8 and the same reduced -> (H, W) float32 ink in 0..1; None where the paper is not even, or no ink is.

    `sharp`: strokes must end in sharp edges.
    """
    histogram = cv2.calcHist([image], [0], None, [256], [0, 256]).ravel()
    threshold = int(cv2.threshold(image, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])
    dark, light = histogram[: threshold + 1], histogram[threshold + 1 :]
    if not dark.any() or not light.any():
        return None
    is_light = edge_witness(small) + 0.5 * area_witness(small) + 0.5 * corner_witness(small) >= 0
    # The soft edges of strokes lie between the two levels, so of both sides the far quarter counts.
    darkest, dark_level = _levels(dark, FAR, 1 - USUAL)
    light_level, lightest = threshold + 1 + _levels(light, USUAL, 1 - FAR)
    paper, farthest, body = (light_level, lightest, dark_level) if is_light else (dark_level, darkest, light_level)
    depth = abs(float(paper - body))
    if depth < LEAST_DEPTH or abs(farthest - paper) > EVEN * depth:
        return None
    share = (paper - np.arange(256)) / (paper - body)  # 0 = paper, 1 = body of the strokes
    edges = histogram[(share > 0.25) & (share < 0.6)].sum()
    if sharp and edges > SOFT * histogram[share >= 0.6].sum():
        return None
    if max(image.shape) > ICON and _widest((small <= threshold) == is_light) > WIDEST * max(small.shape):
        return None
    floor = float(np.clip(2 * abs(farthest - paper) / depth, *FLOOR))
    return cv2.LUT(image, np.clip((share - floor) / (1 - floor), 0, 1).astype(np.float32))


def _levels(histogram: np.ndarray, *quantiles: float) -> np.ndarray:
    """The levels at some quantiles of what a histogram counts."""
    share = histogram.cumsum() / histogram.sum()
    return np.minimum(np.searchsorted(share, quantiles), len(histogram) - 1)


def _widest(mask: np.ndarray) -> float:
    """Diameter of the largest disc within a (h, w) bool mask, pixels."""
    framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return 2 * float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max())
