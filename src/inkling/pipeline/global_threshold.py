"""Binarize with one threshold if the background is even, however bold the strokes are.

In a tightly cropped digit, strokes are as wide as a shadow, with hardly any background around them. Gray levels are
then more informative than shapes: Otsu's threshold (1979) separates two groups of levels. If the background's levels
hardly differ, the light is even.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.binarization import GLOBAL_THRESHOLD as CONFIG
from inkling.pipeline.config.binarization import POLARITY
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.measure_stroke_width import distance_to_edge
from inkling.pipeline.polarity import area_cue, corner_cue, edge_cue


def binarize_globally(image: np.ndarray, small: np.ndarray, *, require_sharp: bool = False) -> np.ndarray | None:
    """(H, W) uint8 image and its small version -> (H, W) float32 ink in 0..1.

    None if the background is uneven or there are no strokes. `require_sharp`: strokes must have sharp edges.
    """
    histogram = cv2.calcHist([image], [0], None, [256], [0, 256]).ravel()
    threshold = int(cv2.threshold(image, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])
    dark, light = histogram[: threshold + 1], histogram[threshold + 1 :]
    if not dark.any() or not light.any():
        return None
    cues = edge_cue(small) + POLARITY.area_weight * area_cue(small) + POLARITY.corner_weight * corner_cue(small)
    light_background = cues >= 0
    # Soft edges of strokes are between the two levels, so only the quarter farthest from the threshold is used.
    typical, extreme = CONFIG.typical_quantile, CONFIG.extreme_quantile
    darkest, dark_level = _levels_at(dark, extreme, 1 - typical)
    light_level, lightest = threshold + 1 + _levels_at(light, typical, 1 - extreme)
    if light_background:
        background, farthest, body = light_level, lightest, dark_level
    else:
        background, farthest, body = dark_level, darkest, light_level
    depth = abs(float(background - body))
    unevenness = abs(float(farthest - background))
    if depth < CONFIG.min_depth_levels or unevenness > CONFIG.max_unevenness * depth:
        return None
    share = (background - np.arange(256)) / (background - body)  # 0 = background, 1 = body of the strokes
    low, high = SHARED.edge_band
    edges = histogram[(share > low) & (share < high)].sum()
    if require_sharp and edges > CONFIG.max_edge_to_body * histogram[share >= high].sum():
        return None
    if max(image.shape) > CONFIG.icon_side_px:
        ink = ((small <= threshold) == light_background).astype(np.uint8)
        if 2 * float(distance_to_edge(ink).max()) > CONFIG.max_stroke_share * max(small.shape):
            return None
    floor = float(np.clip(CONFIG.floor_to_unevenness * unevenness / depth, *SHARED.noise_floor_range))
    return cv2.LUT(image, np.clip((share - floor) / (1 - floor), 0, 1).astype(np.float32))


def _levels_at(histogram: np.ndarray, *quantiles: float) -> np.ndarray:
    """The levels at the given quantiles of a histogram."""
    share = histogram.cumsum() / histogram.sum()
    return np.minimum(np.searchsorted(share, quantiles), len(histogram) - 1)
