"""Find the page in a photograph or screenshot, and replace its surroundings with the page's gray level.

Photographs seldom end at the edge of the paper, and screenshots seldom at the edge of the drawing. A page is large and
solid, fills its smallest enclosing rectangle (a light digit on a dark board does not) and has four corners (a bold 8
has none, although its holes look like writing). A page has writing on it; its surroundings do not.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inkling.pipeline.config.binarization import PAGE_CROP as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.downscaling import upscale
from inkling.pipeline.level_statistics import median_level
from inkling.pipeline.polarity import border_pixels


class Region(NamedTuple):
    """The convex hull of a region as (h, w) uint8 masks, 255 = within."""

    hull: np.ndarray
    inside: np.ndarray  # the hull without its blurred rim
    outside: np.ndarray  # everything beyond that rim


def crop_page(image: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) uint8 image and its small version -> both with the surroundings replaced by the page's median level.

    Both are returned unchanged if no page or no surroundings are found.
    """
    page = find_page(small)
    if page is None:
        return image, small
    level = int(np.median(small[page > 0]))
    page_full = upscale(page, image.shape)
    return np.where(page_full > 127, image, np.uint8(level)), np.where(page > 127, small, np.uint8(level))


def find_page(small: np.ndarray) -> np.ndarray | None:
    """(h, w) uint8 -> (h, w) uint8 mask of the page's inside, 255 = page; None if there is nothing to cut off."""
    if min(small.shape) < CONFIG.min_side_px:
        return None
    lightest = small.max()
    if _border_has_level(small, lightest):  # as in most drawings: no dark desk surrounds a light page
        return _find_panel(small, float(lightest))
    page = _find_light_page(small)
    return _find_panel(small, _border_mode(small)) if page is None else page


def _border_has_level(small: np.ndarray, level: int) -> bool:
    """Whether all pixels in a band along the image's border have this level."""
    band = CONFIG.border_band_px
    others = np.asarray(small != level).view(np.uint8)
    return cv2.countNonZero(others) == cv2.countNonZero(others[band:-band, band:-band])


def _find_light_page(small: np.ndarray) -> np.ndarray | None:
    """Mask of a light page on a dark desk, separated by Otsu's threshold (1979)."""
    _, light = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if 1 - border_pixels(light).mean() < CONFIG.min_dark_border_share:
        return None
    region = _largest_rectangle(light)
    if region is None:
        return None
    hull, inside, outside = region
    is_written_on = np.any((light == 0) & (inside > 0)) or _may_be_blank_page(hull)
    if not is_written_on or _has_writing(small, outside > 0):
        return None
    # A page has an edge but a lighting gradient has none, so both sides of the outline are compared.
    within = small[(inside > 0) & (_dilate(hull, -2 * CONFIG.rim_px) == 0) & (light > 0)]
    beyond = small[(outside > 0) & (_dilate(hull, 2 * CONFIG.rim_px) > 0)]
    if within.size == 0 or beyond.size == 0:
        return None
    if np.quantile(beyond, CONFIG.surround_quantile) > CONFIG.max_surround_brightness * np.median(within):
        return None
    # A torn edge is not straight: dark components that extend beyond the hull are not writing.
    _, labels = cv2.connectedComponents((light == 0).astype(np.uint8), connectivity=4)
    desk = np.isin(labels, np.unique(labels[(outside > 0) & (light == 0)]))
    return np.asarray(inside & ~_dilate(desk.astype(np.uint8) * 255, CONFIG.rim_px))


def _find_panel(small: np.ndarray, around: float) -> np.ndarray | None:
    """Mask of a page or window that differs slightly from even surroundings of the level `around`.

    A lighter one can touch one or two sides of the image. A darker one must touch none; otherwise it might be a shadow.
    """
    h, w = small.shape
    level = median_level(small[h // 4 : h - h // 4, w // 4 : w - w // 4])
    step = level - around
    if abs(step) < CONFIG.min_panel_step:
        return None
    threshold = (level + around) / 2
    region = _largest_rectangle((small > threshold if step > 0 else small < threshold).astype(np.uint8))
    if region is None:
        return None
    hull, inside, outside = region
    touched_sides = sum(bool(side.any()) for side in (hull[0], hull[-1], hull[:, 0], hull[:, -1]))
    rim = CONFIG.rim_px
    clear = np.zeros_like(small, dtype=bool)
    clear[rim:-rim, rim:-rim] = True  # ignore a line along the border of the image
    # The edge must be sharp, unlike a gradient's: the inside has the middle's level, and the outside has the border's.
    within = small[(inside > 0) & (_dilate(hull, -2 * rim - 1) == 0)].astype(np.float32)
    near = (outside > 0) & (_dilate(hull, 2 * rim + 1) > 0)
    beyond = small[near & clear if np.any(near & clear) else near].astype(np.float32)
    if touched_sides > (CONFIG.max_touched_sides if step > 0 else 0) or within.size == 0 or beyond.size == 0:
        return None
    # Outside, half of the pixels may differ: a page may cast a shadow or have a frame.
    deviations = np.quantile(np.abs(within - level), CONFIG.surround_quantile), np.median(np.abs(beyond - around))
    if max(deviations) > CONFIG.max_panel_deviation * abs(step):
        return None
    marks = np.abs(small - level) > CONFIG.min_mark_contrast * (level + SHARED.level_offset)
    is_written_on = np.any(marks & (_dilate(inside, -1) > 0)) or _may_be_blank_page(hull)
    return inside if is_written_on and not _has_writing(small, (outside > 0) & clear) else None


def _may_be_blank_page(hull: np.ndarray) -> bool:
    """Whether a rectangle may be a blank page, because it is too large and too wide for a bold 1."""
    h, w = np.ptp(np.argwhere(hull), axis=0) + 1
    is_large = (hull > 0).mean() >= CONFIG.min_blank_area_share
    return bool(is_large and max(h, w) < SHARED.bar_aspect_ratio * min(h, w))


def _largest_rectangle(mask: np.ndarray) -> Region | None:
    """(h, w) uint8, 1 = perhaps page -> the largest component; None if it is small, not rectangular or not solid."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    largest = int(np.argmax(np.where(np.arange(len(stats)) > 0, stats[:, cv2.CC_STAT_AREA], 0)))
    component = (labels == largest).astype(np.uint8)
    if largest == 0 or component.mean() < CONFIG.min_area_share:
        return None
    outline = cv2.convexHull(np.concatenate(cv2.findContours(component, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]))
    hull = np.zeros_like(component)
    cv2.fillConvexPoly(hull, outline, (255,))
    (_, (w, h), _) = cv2.minAreaRect(outline)
    hull_area = np.count_nonzero(hull)
    if hull_area < CONFIG.min_rectangularity * (w + 1) * (h + 1):
        return None
    if np.count_nonzero(component) < CONFIG.min_solidity * hull_area or not _has_four_corners(outline):
        return None
    return Region(hull, _dilate(hull, -CONFIG.rim_px), 255 - _dilate(hull, CONFIG.rim_px))


def _has_four_corners(outline: np.ndarray) -> bool:
    """Whether a convex OpenCV contour is nearly a quadrangle (Douglas, Peucker 1973)."""
    length = cv2.arcLength(outline, True)
    simplified = (cv2.approxPolyDP(outline, tolerance * length, True) for tolerance in np.arange(0.01, 0.3, 0.005))
    quadrangle = next((corners for corners in simplified if len(corners) <= 4), outline)
    return bool(cv2.contourArea(quadrangle) >= CONFIG.min_quadrangle_share * cv2.contourArea(outline))


def _border_mode(small: np.ndarray) -> float:
    """The most frequent level near the image's border, even if a line runs along it."""
    n = CONFIG.border_band_px
    band = np.concatenate([side.ravel() for side in (small[:n], small[-n:], small[:, :n], small[:, -n:])])
    bins = band >> 3  # 32 bins of 8 levels
    return median_level(band[bins == np.bincount(bins).argmax()])


def _dilate(mask: np.ndarray, by_px: int) -> np.ndarray:
    """Dilate a mask, or erode it if `by_px` is negative. The image's border does not erode it."""
    kernel = np.ones((2 * abs(by_px) + 1, 2 * abs(by_px) + 1), np.uint8)
    return cv2.dilate(mask, kernel) if by_px > 0 else cv2.erode(mask, kernel, borderValue=(255,))


def _has_writing(small: np.ndarray, where: np.ndarray) -> bool:
    """Whether a region, (h, w) bool, has as many sharp steps as writing has."""
    log = np.log(small.astype(np.float32) + SHARED.level_offset)
    across = np.abs(np.diff(log, axis=1))[where[:, 1:] & where[:, :-1]]
    down = np.abs(np.diff(log, axis=0))[where[1:] & where[:-1]]
    steps = np.concatenate([across, down])
    return bool(steps.size and (steps > CONFIG.sharp_log_step).mean() > CONFIG.max_sharp_step_share)
