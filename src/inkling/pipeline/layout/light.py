"""Paper and ink: the background's brightness everywhere, dark on light or light on dark, and which pixels are ink.

The background is the running median of the picture, which neither strokes nor a line along the picture's edge move.
What deviates from it more, and to which side, tells the polarity.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.config.layout import LIGHT as CONFIG
from inkling.pipeline.config.shared import SHARED

MOST_CONTRAST = 255
P10_TO_SIGMA = 1.2816  # a normal distribution's 10th percentile lies so many standard deviations below its median


@dataclass(frozen=True)
class Paper:
    """A picture with the paper's brightness told from the ink."""

    is_inverted: bool  # the picture is light on dark
    background: np.ndarray  # (h, w) uint8 brightness of the bare paper, reduced, after inversion
    contrast: np.ndarray  # (H, W) uint8, 0 = paper, 255 = black


def separate(image: np.ndarray, *, is_sheet: bool = False) -> Paper:
    """(H, W) uint8 grey -> its paper and its ink. `is_sheet`: it is a sheet, and so dark on light."""
    small = _reduce(image)
    is_inverted = not is_sheet and _is_light_on_dark(small)
    if is_inverted:
        image, small = cv2.bitwise_not(image), cv2.bitwise_not(small)
    # Strokes are closed first, so that bold ones do not draw the median down.
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
    """The contrast from which a pixel is ink; 256 where nothing stands out."""
    histogram = cv2.calcHist([contrast], [0], None, [256], [0, 256]).ravel()
    cumulated = histogram.cumsum() / max(float(histogram.sum()), 1.0)
    low, middle = (float(np.searchsorted(cumulated, q)) for q in (0.1, 0.5))
    sigma = max((middle - low) / P10_TO_SIGMA, 1.0)
    floor = max(CONFIG.min_contrast, middle + CONFIG.noise_sigmas * sigma)
    marks = histogram.copy()
    marks[: round(floor)] = 0
    if marks.sum() == 0:
        return 256
    body = _upper_level(marks)
    return round(max(floor, middle + CONFIG.ink_share * (body - middle)))


def even(image: np.ndarray, paper: Paper, to_paper: np.ndarray) -> np.ndarray:
    """A cut-out of the picture -> dark on light, and in even light where the paper's light is uneven.

    `to_paper`: (3, 3), pixels of the cut-out -> pixels of the reduced background.
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
    """Whether what stands out from the background most is lighter; squares, so that grain and shading hardly count."""
    deviation = _inner(small).astype(np.float32) - _inner(_running_median(small))
    return bool((np.square(np.maximum(deviation, 0)).sum()) > np.square(np.minimum(deviation, 0)).sum())


def _reduce(image: np.ndarray) -> np.ndarray:
    factor = CONFIG.background_side_px / max(image.shape)
    if factor >= 1:
        return image
    size_wh = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA)


def _running_median(small: np.ndarray) -> np.ndarray:
    side = max(3, int(CONFIG.window_share * max(small.shape))) | 1
    return cv2.medianBlur(small, side)


def _inner(small: np.ndarray) -> np.ndarray:
    """Without a rim, where the edge of a book, a frame or a crop may lie."""
    h, w = small.shape
    rim_y, rim_x = h // 10, w // 20
    return small[rim_y : h - rim_y, rim_x : w - rim_x]


def _upper_level(histogram: np.ndarray) -> float:
    """The median level above Otsu's threshold (1979)."""
    levels = np.arange(len(histogram))
    weight, moment = histogram.cumsum(), (histogram * levels).cumsum()
    rest = np.maximum(weight * (weight[-1] - weight), 1e-9)
    threshold = int(np.argmax((moment[-1] * weight - moment * weight[-1]) ** 2 / rest))
    above = weight[-1] - weight[threshold]
    if above == 0:
        return float(histogram.argmax())
    return float(np.searchsorted(weight, weight[threshold] + 0.5 * above))
