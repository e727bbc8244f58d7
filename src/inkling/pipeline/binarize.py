"""Soft binarization: how much of each pixel is ink, for any pen, background and light.

Brightness is illumination times reflectance. Illumination changes slowly over the page, so the background's brightness
can be estimated at every pixel. Ink reflects less than the background around it (more, for light ink on dark).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from inkling.pipeline.border_noise import remove_border_noise
from inkling.pipeline.config.binarization import BINARIZE as CONFIG
from inkling.pipeline.config.binarization import GLOBAL_THRESHOLD
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.downscaling import downscale, upscale
from inkling.pipeline.global_threshold import binarize_globally
from inkling.pipeline.level_statistics import level_range, median_and_noise, median_level, upper_median
from inkling.pipeline.measure_stroke_width import stroke_width
from inkling.pipeline.page_crop import crop_page
from inkling.pipeline.polarity import has_light_background

LEVELS = np.arange(256)


def binarize(image: np.ndarray) -> np.ndarray:
    """(H, W) uint8 gray -> (H, W) float32; 0 = background, 1 = full ink, between = edges of strokes.

    All zeros if nothing stands out from the background.
    """
    image, small = crop_page(image, downscale(image))
    ink = binarize_globally(image, small) if _has_no_shadow(image) else None
    if ink is None:
        ink = _binarize_locally(image, small)
    if ink is None:
        ink = binarize_globally(image, small, require_sharp=True)
    if ink is None and level_range(small) >= CONFIG.even_range_levels:
        ink = _binarize_locally(*flatten_illumination(image, small), require_sharp=True)
    return np.zeros(image.shape, np.float32) if ink is None else remove_border_noise(ink)


def _binarize_locally(image: np.ndarray, small: np.ndarray, *, require_sharp: bool = False) -> np.ndarray | None:
    """(H, W) uint8 image and its small version -> ink relative to the estimated background; None without ink."""
    if not has_light_background(small):
        image, small = cv2.bitwise_not(image), cv2.bitwise_not(small)
    image, background = denoise(image), estimate_background(small)
    if level_range(background) < CONFIG.even_range_levels:
        return stretch_contrast(image, contrast_of_levels(median_level(background)), require_sharp=require_sharp)
    return stretch_contrast(contrast_with_background(image, background), LEVELS, require_sharp=require_sharp)


def _has_no_shadow(image: np.ndarray) -> bool:
    """Whether the image is an icon, or has only two levels, like one from a scanner or a program."""
    if max(image.shape) <= GLOBAL_THRESHOLD.icon_side_px:
        return True
    return all(_has_two_levels(some) for some in (np.ascontiguousarray(image[::7, ::5]), image))


def _has_two_levels(image: np.ndarray) -> bool:
    """Whether an (H, W) uint8 image has at most two levels."""
    return not np.any((image > image.min()) & (image < image.max()))


def flatten_illumination(image: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normalize the brightness of all columns and rows of the image and its small version.

    This is for light so uneven that no ink was found: the curl of a receipt, the bands of a scanner. The lighter part
    of a row or column is background, unless a stroke covers most of it.
    """
    brightness = np.maximum(small, 1).astype(np.float32)
    columns = np.quantile(brightness, CONFIG.background_quantile, axis=0)
    rows = np.quantile(brightness / columns, CONFIG.background_quantile, axis=1)
    illumination = np.outer(rows, columns).astype(np.float32)
    level = np.float32(np.median(small))

    def flatten(image: np.ndarray, illumination: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(image * (level / np.maximum(illumination, 1)), 255), np.uint8)

    return flatten(image, upscale(illumination, image.shape)), flatten(small, illumination)


def denoise(image: np.ndarray) -> np.ndarray:
    """Smooth an (H, W) uint8 photograph. A drawing has no noise and is returned unchanged.

    The noise level is the median step between neighboring pixels on a sparse grid; strokes hardly affect it.
    """
    if max(image.shape) < CONFIG.denoise_min_side_px or image.shape[1] < 2:  # OpenCV aborts on an empty difference
        return image
    left, right = image[::7, :-1:5], image[::7, 1::5]
    steps = cv2.absdiff(left[:, : right.shape[1]], right)
    return image if median_level(steps) < CONFIG.denoise_min_noise else cv2.GaussianBlur(image, (3, 3), 0)


@lru_cache(maxsize=256)
def contrast_of_levels(background: float) -> np.ndarray:
    """(256,) int: the contrast of each gray level with an even background.

    Contrast is the missing fraction of the background's brightness: CONFIG.zero_contrast_level = none, 255 = all.
    """
    zero = CONFIG.zero_contrast_level
    share = (background - LEVELS) / (background + SHARED.level_offset)
    return np.asarray(np.rint(zero + (255 - zero) * share).clip(0, 255), int)


def contrast_with_background(image: np.ndarray, background: np.ndarray) -> np.ndarray:
    """(H, W) uint8 image and its uneven (h, w) background -> (H, W) uint8 contrast, as in `contrast_of_levels`."""
    # 1 - (image + offset) / (background + offset) is the same fraction, in fewer passes over the image.
    offset = np.float32(SHARED.level_offset)
    remaining = (image + offset) / upscale(background + offset, image.shape)
    return np.asarray(np.maximum(255 - remaining * np.float32(255 - CONFIG.zero_contrast_level), 0), np.uint8)


def estimate_background(small: np.ndarray) -> np.ndarray:
    """(h, w) uint8 small image -> (h, w) float32 brightness of the background.

    A gray closing (dilation, then erosion: Serra 1982) removes dark regions narrower than its kernel, which are
    strokes, and keeps wider ones, which are shadow. If light falls off smoothly toward the border, the closing is too
    light within half a kernel of the border. So the image is first divided by a surface fitted to its inner part.
    """
    side = max(3, round(max(small.shape) * CONFIG.max_stroke_share) | 1)
    background = _close(small, side)
    if level_range(background) < CONFIG.even_range_levels:
        return background
    if (blots := _find_blots(small, background)) is not None:
        return np.where(blots, np.float32(np.median(background)), background)
    side = min(side, _kernel_side(small, background))
    background = _close(small, side)
    surface = _fit_surface(background, side // 2)
    return background if surface is None else _close(small / surface, side) * surface


def _find_blots(small: np.ndarray, background: np.ndarray) -> np.ndarray | None:
    """(h, w) bool mask of dark patches wider than any stroke; None if there are none.

    A shadow touches the border or fades out; a blot is dark, clear of the border and has a sharp edge.
    """
    threshold = CONFIG.max_blot_brightness * float(np.median(small))
    n, labels, stats, _ = cv2.connectedComponentsWithStats((small < threshold).astype(np.uint8), connectivity=8)
    x, y, w, h, _ = stats.T
    inside = (x > 0) & (y > 0) & (x + w < small.shape[1]) & (y + h < small.shape[0])
    blots = [i for i in range(1, n) if inside[i] and np.any(background[labels == i] < threshold)]
    if not blots:
        return None
    return cv2.dilate(np.isin(labels, blots).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _kernel_side(small: np.ndarray, background: np.ndarray) -> int:
    """The smallest odd kernel that removes the strokes. A smaller kernel mistakes less shadow for ink."""
    contrast = 1 - (small + SHARED.level_offset) / (background + SHARED.level_offset)
    strongest = float(np.quantile(contrast, CONFIG.strong_contrast_quantile))
    strokes = (contrast > CONFIG.stroke_contrast_share * strongest).astype(np.uint8)
    return int(CONFIG.kernel_to_stroke * stroke_width(strokes) + 2) | 1


def _close(small: np.ndarray, side: int) -> np.ndarray:
    """Gray closing with a square kernel, smoothed."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    dilated = cv2.dilate(small, kernel, borderType=cv2.BORDER_REPLICATE)
    if level_range(dilated) == 0:  # a drawing: erosion and blur would change nothing
        return np.asarray(dilated, np.float32)
    closed = cv2.erode(dilated, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), side / CONFIG.kernel_to_sigma), np.float32)


def _fit_surface(background: np.ndarray, rim: int) -> np.ndarray | None:
    """A quadratic surface fitted to `background` without its rim, extrapolated over the rim; None if it fits badly."""
    h, w = background.shape
    if min(h, w) <= 2 * rim + 3:
        return None
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in (h, w))
    terms = np.stack(np.broadcast_arrays(1, x, y[:, None], x * x, (y * y)[:, None], x * y[:, None]), axis=-1)
    inside = (slice(rim, h - rim), slice(rim, w - rim))
    basis, values = terms[inside].reshape(-1, 6), background[inside].ravel()
    weights = np.linalg.solve(basis.T @ basis, basis.T @ values)
    if np.var(values - basis @ weights) > (1 - CONFIG.min_surface_r2) * np.var(values):
        return None
    return np.asarray(np.maximum(terms @ weights, 1.0), np.float32)


def stretch_contrast(image: np.ndarray, contrast: np.ndarray, *, require_sharp: bool = False) -> np.ndarray | None:
    """Map the background's noise to 0 and the body of the strokes to 1. (H, W) uint8 -> (H, W) float32 ink.

    `contrast`: (256,) int, the contrast of each level of the image. Returns None if nothing stands out. Faint marks
    must have sharp edges; with `require_sharp`, all marks must.
    """
    every = max(1, len(image) // CONFIG.histogram_rows)
    histogram = cv2.calcHist([image[::every]], [0], None, [256], [0, 256]).ravel()
    histogram = np.bincount(contrast, histogram, 256)
    middle, sigma = median_and_noise(histogram)
    edge = min(middle + CONFIG.background_sigmas * sigma, CONFIG.max_background_level)
    marks = histogram.copy()
    marks[: round(edge) + 1] = 0
    if not marks.any():
        return None
    body = upper_median(marks)
    depth = body - middle
    if depth < max(CONFIG.min_depth_levels, SHARED.min_signal_sigmas * sigma):
        return None
    is_faint = depth < CONFIG.faint_depth_levels
    if require_sharp or is_faint:
        softest = CONFIG.max_edge_to_body if require_sharp else depth / CONFIG.faint_depth_levels
        if _edge_to_body(histogram, middle, body) > softest:
            return None
    least, most = SHARED.noise_floor_range
    floor = min(max(edge, middle + least * depth), middle + most * depth)
    table = np.clip((LEVELS - floor) / (body - floor), 0.0, 1.0)
    return cv2.LUT(image, table.astype(np.float32)[contrast])


def _edge_to_body(histogram: np.ndarray, middle: float, body: float) -> float:
    """The number of pixels in the soft edges of strokes per pixel in their body."""
    low, high = (round(middle + share * (body - middle)) for share in SHARED.edge_band)
    return float(histogram[low:high].sum() / max(histogram[high:].sum(), 1.0))
