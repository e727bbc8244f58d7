"""Paper and ink: the background's brightness at every pixel, the polarity, and which pixels are ink.

The background is the running median of the picture, which is not affected by strokes or a line along the picture's
edge. The direction of the strongest deviations from it gives the polarity.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.config.layout import LIGHT as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.downscaling import reduced_by
from inkling.pipeline.level_statistics import median_and_noise, upper_median

MOST_CONTRAST = 255


@dataclass(frozen=True)
class Paper:
    """A picture separated into paper and ink."""

    is_inverted: bool  # the picture is light on dark
    background: np.ndarray  # (h, w) uint8 brightness of the paper, downscaled, after inversion
    contrast: np.ndarray  # (H, W) uint8, 0 = paper, 255 = black


def separate(image: np.ndarray, *, is_sheet: bool = False) -> Paper:
    """(H, W) uint8 gray -> its paper and ink. `is_sheet`: the picture is a sheet, and therefore dark on light."""
    small = reduced_by(image, CONFIG.background_side_px / max(image.shape))
    is_inverted = not is_sheet and _is_light_on_dark(small)
    if is_inverted:
        image, small = cv2.bitwise_not(image), cv2.bitwise_not(small)
    # Strokes are closed first, so that bold ones do not lower the median.
    side = min(CONFIG.stroke_px, min(small.shape) // 4 * 2 + 1)
    background = _running_median(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)))
    full = cv2.resize(background, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    depth = cv2.subtract(full, image)
    scale = 255 * (1 - SHARED.level_offset / 255)
    contrast = cv2.divide(depth, cv2.add(full, np.array([SHARED.level_offset])), scale=scale)
    if min(image.shape) >= CONFIG.smoothed_side_px:
        contrast = cv2.blur(contrast, (3, 3))
    return Paper(is_inverted, background, contrast)


def ink_threshold(contrast: np.ndarray) -> int:
    """The lowest contrast at which a pixel counts as ink; 256 if nothing stands out."""
    histogram = cv2.calcHist([contrast], [0], None, [256], [0, 256]).ravel()
    middle, sigma = median_and_noise(histogram)
    floor = max(CONFIG.min_contrast, middle + CONFIG.noise_sigmas * max(sigma, 1.0))
    histogram[: round(floor)] = 0
    if not histogram.any():
        return 256
    body = upper_median(histogram)
    return round(max(floor, middle + CONFIG.ink_share * (body - middle)))


def even(image: np.ndarray, paper: Paper, to_paper: np.ndarray) -> np.ndarray:
    """A crop of the picture -> the crop, dark on light, with uneven light corrected.

    `to_paper`: (3, 3), pixels of the crop -> pixels of the downscaled background.
    """
    if paper.is_inverted:
        image = cv2.bitwise_not(image)
    low, high, _, _ = cv2.minMaxLoc(paper.background)
    if high - low <= CONFIG.even_share * high:
        return image
    background = cv2.warpPerspective(
        paper.background,
        to_paper,
        image.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.divide(image, background, scale=CONFIG.paper_level)


def _is_light_on_dark(small: np.ndarray) -> bool:
    """Whether the strongest deviations from the background are lighter. Squaring suppresses grain and shading."""
    deviation = _inner(small).astype(np.float32) - _inner(_running_median(small))
    return bool((np.square(np.maximum(deviation, 0)).sum()) > np.square(np.minimum(deviation, 0)).sum())


def _running_median(small: np.ndarray) -> np.ndarray:
    side = max(3, int(CONFIG.window_share * max(small.shape))) | 1
    return cv2.medianBlur(small, side)


def _inner(small: np.ndarray) -> np.ndarray:
    """The image without its rim, which may contain the edge of a book, a frame or a crop."""
    h, w = small.shape
    rim_y, rim_x = h // 10, w // 20
    return small[rim_y : h - rim_y, rim_x : w - rim_x]
