"""Remove border noise: fingers, pens, torn edges, scroll bars and the like that reach in from the image's border.

Lines from the left to the right border are removed; other components only if they cannot be digits and there are whole
digits too. A digit cut off by the border must stay, because dropping it would change the number.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.binarization import BORDER_NOISE as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.measure_stroke_width import distance_to_edge


def remove_border_noise(ink: np.ndarray) -> np.ndarray:
    """(H, W) float32 ink -> the ink, with border noise set to 0."""
    margin = max(1, round(CONFIG.margin_share * max(ink.shape)))
    bands = ink[:margin], ink[-margin:], ink[:, :margin], ink[:, -margin:]
    if not any(band.size and band.max() > SHARED.ink_threshold for band in bands):
        return ink
    mask = np.asarray(ink > SHARED.ink_threshold).view(np.uint8)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if not 1 < n <= CONFIG.max_components:
        return ink
    rules = _find_rules(stats, ink.shape)
    noise = [*rules, *_find_noise(mask, labels, stats, rules=rules, margin=margin)]
    if not noise:
        return ink
    result = ink.copy()
    for i in noise:
        _erase(result, labels, int(i), stats[i, :4])
    return result


def _find_rules(stats: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Labels of the lines from the left to the right border, as on ruled paper."""
    x, _, w, h, area = stats.T
    across = (x <= 0) & (w >= shape[1])
    across[0] = False
    thin = area <= CONFIG.max_rule_thickness * w * shape[1]
    return np.flatnonzero(across & thin & (h <= CONFIG.max_rule_slope * w))


def _find_noise(
    mask: np.ndarray, labels: np.ndarray, stats: np.ndarray, *, rules: np.ndarray, margin: int
) -> list[int]:
    """Labels of the components near the border that are not digits. Empty without whole digits to compare with."""
    h_image, w_image = mask.shape
    x, y, w, h, _ = stats.T
    gaps = np.stack([x, y, w_image - x - w, h_image - y - h])  # pixels to the left, top, right and bottom border
    gap = gaps.min(axis=0)
    min_height = max(CONFIG.min_digit_height_px, CONFIG.min_digit_height_share * min(mask.shape))
    inner = np.flatnonzero((gap > margin) & (h >= min_height))
    if inner.size == 0:
        return []
    height = float(np.median(h[inner][h[inner] >= CONFIG.min_relative_height * h[inner].max()]))
    inner = inner[h[inner] >= CONFIG.min_relative_height * height]
    digits = stats[inner, :4]  # (n, 4) x, y, w, h
    distance = distance_to_edge(mask)
    thickest = max(_max_radius(distance, labels, stats, int(i)) for i in inner)

    def is_noise(i: int) -> bool:
        box = stats[i, :4]
        component = (labels[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] == i).astype(np.uint8)
        if _is_scroll_bar(box, component, gaps[:, i], digits, height):
            return True
        if gap[i] > 0:
            return _is_fragment(box, digits, CONFIG.max_fragment_share * height)
        radius = _max_radius(distance, labels, stats, i)
        return (
            radius > max(CONFIG.max_thickness_ratio * thickest, CONFIG.max_disc_share * max(box[2:]))
            or _is_pen(box, component, digits, height)
            or _is_fragment(box, digits, CONFIG.max_border_fragment_share * height)
        )

    near = np.setdiff1d(np.flatnonzero(gap <= margin), [0, *rules])
    return [int(i) for i in near if is_noise(int(i))]


def _max_radius(distance: np.ndarray, labels: np.ndarray, stats: np.ndarray, i: int) -> float:
    """The radius of the largest disc inscribed in a component, in pixels."""
    x, y, w, h = stats[i, :4]
    return float(distance[y : y + h, x : x + w][labels[y : y + h, x : x + w] == i].max())


def _is_pen(box_xywh: np.ndarray, component: np.ndarray, digits: np.ndarray, height: float) -> bool:
    """Whether a component is a pen, a ruler or the edge of a table: a straight bar that is not a 1 of this row.

    Such a bar is tilted far from upright, or separate from the digits and not in line with them.
    """
    ((_, _), (w, h), angle) = cv2.minAreaRect(cv2.findNonZero(component))
    long, short = max(w, h) + 1, min(w, h) + 1
    if long < SHARED.bar_aspect_ratio * short:
        return False
    if np.count_nonzero(component) < CONFIG.min_bar_rectangularity * long * short:
        return False
    from_upright = (angle if h >= w else angle + 90) % 180
    if min(from_upright, 180 - from_upright) > CONFIG.max_digit_slant_deg:
        return True
    return not _is_in_row(box_xywh, digits) and _distance(box_xywh, digits) >= CONFIG.min_bar_gap_share * height


def _is_fragment(box_xywh: np.ndarray, digits: np.ndarray, max_height: float) -> bool:
    """Whether a component is shorter than `max_height` and entirely above or below the digits."""
    _, y, _, h = box_xywh
    return bool(h < max_height and (y + h <= digits[:, 1].min() or y >= (digits[:, 1] + digits[:, 3]).max()))


def _is_scroll_bar(
    box_xywh: np.ndarray, component: np.ndarray, gaps: np.ndarray, digits: np.ndarray, height: float
) -> bool:
    """Whether a component is a straight bar along a border, well separated from the digits."""
    _, _, w, h = box_xywh
    along = np.array([h, w, h, w]) >= SHARED.bar_aspect_ratio * np.array([w, h, w, h])
    if np.count_nonzero(component) < CONFIG.min_scroll_bar_extent * w * h or not along[gaps == gaps.min()].any():
        return False
    if gaps.min() <= 0 and _is_in_row(box_xywh, digits):  # a 1 that the border has cut off
        return False
    return _distance(box_xywh, digits) >= CONFIG.min_bar_gap_share * height


def _is_in_row(box_xywh: np.ndarray, digits: np.ndarray) -> bool:
    """Whether a component is in the same row as the digits."""
    _, y, _, h = box_xywh
    top, bottom = np.median(digits[:, 1]), np.median(digits[:, 1] + digits[:, 3])
    return bool(min(y + h, bottom) - max(y, top) >= CONFIG.min_row_overlap * max(h, bottom - top))


def _distance(box_xywh: np.ndarray, others: np.ndarray) -> float:
    """The gap in pixels between a box and the nearest of `others`: the larger of the gaps along x and y."""
    x, y, w, h = box_xywh
    dx = np.maximum(others[:, 0] - (x + w), x - (others[:, 0] + others[:, 2]))
    dy = np.maximum(others[:, 1] - (y + h), y - (others[:, 1] + others[:, 3]))
    return float(np.maximum(dx, dy).min())


def _erase(ink: np.ndarray, labels: np.ndarray, i: int, box_xywh: np.ndarray) -> None:
    """Set a component and its soft edge to background, without touching other components."""
    margin = CONFIG.erase_margin_px
    x, y, w, h = (int(value) for value in box_xywh)
    where = slice(max(y - margin, 0), y + h + margin), slice(max(x - margin, 0), x + w + margin)
    kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    own = cv2.dilate((labels[where] == i).astype(np.uint8), kernel) > 0
    ink[where][own & ((labels[where] == i) | (labels[where] == 0))] = 0
