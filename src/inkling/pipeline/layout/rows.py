"""Group components of ink into rows of writing, and estimate each row's tilt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from inkling.pipeline.config.layout import LAYOUT
from inkling.pipeline.config.layout import ROWS as CONFIG
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.layout.geometry import union
from inkling.pipeline.line_grouping import group_lines, slope


@dataclass(frozen=True)
class Components:
    """Connected components of ink."""

    labels: np.ndarray  # (H, W) int32, 0 = paper
    boxes: np.ndarray  # (n + 1, 4) int x, y, w, h; the first is the paper
    areas: np.ndarray  # (n + 1,) int

    def cut(self, i: int) -> tuple[tuple[slice, slice], np.ndarray]:
        """The slices of a component's box, and its (h, w) uint8 mask there."""
        x, y, w, h = self.boxes[i].tolist()
        part = slice(y, y + h), slice(x, x + w)
        return part, (self.labels[part] == i).view(np.uint8)

    def mask_of(self, chosen: np.ndarray) -> np.ndarray:
        """(n + 1,) bool -> (H, W) uint8 mask of the chosen components."""
        return np.asarray(chosen.view(np.uint8)[self.labels])


def find_components(mask: np.ndarray) -> Components:
    """(H, W) uint8 mask -> its 8-connected components."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return Components(labels, stats[:, :4], stats[:, 4])


def without_edges(
    mask: np.ndarray, components: Components, border: np.ndarray, *, is_sheet: bool
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Remove non-digits that reach in from the border: a book, a desk, a finger, a scroll bar.

    They are thicker than the strokes, or run along the border for longer than the digits' height. A frame or digit
    that is connected to something thick stays, except beside a sheet. `components`: of the (H, W) uint8 mask. `border`:
    mask of the picture's outermost pixels, or of the surroundings of a sheet (`is_sheet`), in which case slivers are
    the sheet's edge. Returns the mask without the non-digits, the mask of all components at the border, and
    (x, y, w, h) boxes of what was removed.
    """
    at_border = np.setdiff1d(components.labels[(border & mask) > 0], [0])
    inner = np.setdiff1d(np.arange(1, len(components.boxes)), at_border)
    if at_border.size == 0 or (inner.size == 0 and not is_sheet):
        return mask, mask & border, []
    _, _, w, h = components.boxes.T
    short, long = np.minimum(w, h), np.maximum(w, h)
    reaches_in = np.zeros(len(h), bool)
    reaches_in[at_border] = True
    from_border = components.mask_of(reaches_in)
    erased = np.zeros(len(h), bool)
    if inner.size == 0:
        erased[at_border] = True
        return mask & components.mask_of(~erased), from_border, [components.boxes[i] for i in at_border]
    tall = inner[h[inner] >= CONFIG.tall_share * h[inner].max()]
    height = float(np.median(h[tall]))
    # Very small inner components are perhaps not digits, so large border components are not compared with them.
    judged = at_border[is_sheet | (height >= CONFIG.min_inner_share * short[at_border])]
    contact = np.bincount(components.labels[border > 0], minlength=len(h))  # pixels at the border
    is_thin = short < CONFIG.edge_thickness * height
    runs_along = contact >= CONFIG.min_contact * long
    low, high = CONFIG.stroke_range  # a bar of this length may be a 1 at the border
    is_bar = is_thin & (long > np.where(runs_along, high, CONFIG.pointing_length) * height)
    is_bar |= runs_along & (long < low * height) & (long > CONFIG.min_piece_aspect * short)
    if is_sheet:
        is_bar |= (short < CONFIG.sliver_thickness * height) | (long < CONFIG.edge_thickness * height)
    erased[judged] = is_bar[judged]
    rest = mask & components.mask_of(~erased) if erased.any() else mask.copy()
    boxes = [components.boxes[i] for i in np.flatnonzero(erased)]
    if is_bar[judged].all():
        return rest, from_border, boxes
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    limit = CONFIG.max_thickness * float(np.median(_radius(distance, components, tall))) + 1
    thick = (distance > limit).view(np.uint8)
    side = 2 * int(limit + 2) + 1
    for i in judged[~is_bar[judged]].tolist():
        part, own = components.cut(i)
        core = thick[part] & own
        if core.any():
            # Connected ink may be writing, but beside a sheet it is the edge of the desk.
            rest[part] &= ~own if is_sheet else ~(cv2.dilate(core, np.ones((side, side), np.uint8)) & own)
            boxes.append(components.boxes[i])
    return rest, from_border, boxes


def _radius(distance: np.ndarray, components: Components, chosen: np.ndarray) -> np.ndarray:
    """(n,) radius of the largest disc inscribed in each chosen component."""
    result = np.zeros(len(chosen))
    for k, i in enumerate(chosen.tolist()):
        part, own = components.cut(i)
        result[k] = float(distance[part][own > 0].max())
    return result


def group_rows(boxes: np.ndarray, *, height_px: int) -> list[list[int]]:
    """(n, 4) boxes of components, height of the picture -> indices by row, in any order, without dirt."""
    if len(boxes) == 0:
        return []
    _, _, w, h = boxes.T
    size = np.maximum(h, np.minimum(w, 3 * h))  # a dash is not a digit, however long
    largest = np.sort(h)[-1 - len(h) // 50]
    tall = np.flatnonzero(h >= CONFIG.tall_share * largest)
    if len(tall) > LAYOUT.max_components // 4:
        tall = tall[np.argsort(-h[tall], kind="stable")[: LAYOUT.max_components // 4]]
    height = float(np.median(h[tall]))
    small = np.setdiff1d(np.arange(len(boxes)), tall).tolist()
    if height_px < CONFIG.two_rows_height * height:
        rows = [tall[np.argsort(boxes[tall, 0], kind="stable")].tolist()]
    else:
        rows = _joined([tall[row].tolist() for row in group_lines(boxes[tall])], boxes, slope(boxes[tall]))
    # Commas below a row are added to it; a separate remark remains a row.
    low = [row for row in rows if h[row].max() < CONFIG.low_row_share * height]
    rows = [row for row in rows if row not in low]
    small += [i for row in low for i in row]
    spans = [_span(boxes[row]) for row in rows]
    for i in small:
        if size[i] < CONFIG.speck_share * height:
            continue
        x, y, w_i, h_i = (float(value) for value in boxes[i])
        best, best_distance = None, CONFIG.level_reach * height
        for k, (x0, y0, x1, y1) in enumerate(spans):
            beside = max(x0 - (x + w_i), x - x1, 0.0)
            middle = y + h_i / 2
            off = max(y0 - middle, middle - y1, 0.0)
            if beside <= CONFIG.reach * max(height, y1 - y0) and off <= best_distance:
                best, best_distance = k, off
        if best is not None:
            rows[best].append(i)
            low = [[k for k in row if k != i] for row in low]
    return rows + [row for row in low if row]


def _joined(rows: list[list[int]], boxes: np.ndarray, tilt: float) -> list[list[int]]:
    """Merge rows that are beside each other: the line of an open comb may form a row that separates the digits."""
    joined: list[list[int]] = []
    places: list[_Place] = []  # of the merged rows
    for row in rows:
        check_deadline()
        place = _place(boxes[row], tilt)
        beside = (k for k, other in enumerate(places) if _is_beside(place, other, tilt))
        if (k := next(beside, None)) is None:
            joined.append(list(row))
            places.append(place)
        else:
            joined[k].extend(row)
            places[k] = _place(boxes[joined[k]], tilt)
    return joined


class _Place(NamedTuple):
    """The position of a row."""

    band: tuple[float, float]  # leveled: the medians of its boxes' tops and bottoms
    box: list[float]  # x, y, w, h


def _place(boxes: np.ndarray, tilt: float) -> _Place:
    x, y, w, h = boxes.T
    level = y - tilt * (x + w / 2)
    return _Place((float(np.median(level)), float(np.median(level + h))), union(boxes).tolist())


def _is_beside(row: _Place, other: _Place, tilt: float) -> bool:
    """Whether two rows are at the same level."""
    (y, base), (top, bottom) = row.band, other.band
    if min(bottom, base) - max(top, y) > CONFIG.min_common * min(bottom - top, base - y):
        return True
    (x, y, w, h), (left, top, width, height) = row.box, other.box
    if min(top + height, y + h) - max(top, y) <= CONFIG.min_common_box * min(height, h):
        return False
    gap = max(left - (x + w), x - (left + width))
    return bool(abs(tilt) < CONFIG.max_level_slope or 0 <= gap < CONFIG.max_row_gap * max(h, height))


def _span(boxes: np.ndarray) -> tuple[float, float, float, float]:
    x, y, w, h = boxes.T
    return float(x.min()), float(np.median(y)), float((x + w).max()), float(np.median(y + h))


def row_tilt(points: np.ndarray) -> float:
    """(n, 2) x, y of a row's ink -> its slope, pixels down per pixel to the right.

    0 if the row is too narrow, or leveling would save too little height.
    """
    x, y = points.T.astype(np.float32)
    width, height = float(np.ptp(x)) + 1, float(np.ptp(y)) + 1
    if width < CONFIG.min_level_aspect * height:
        return 0.0
    limit = float(np.tan(np.deg2rad(CONFIG.max_tilt_deg)))
    step = float(np.tan(np.deg2rad(CONFIG.tilt_step_deg)))
    slopes = np.append(np.arange(-limit, limit + step, step), 0.0).astype(np.float32)
    offsets = y - slopes[:, None] * x  # (tilts, n)
    ends = [int(share * (len(y) - 1)) for share in CONFIG.height_quantiles]
    ordered = np.partition(offsets, ends, axis=1)
    heights = ordered[:, ends[1]] - ordered[:, ends[0]]
    *heights, level = heights.tolist()
    best = min(heights)
    if best >= (1 - CONFIG.min_tilt_gain) * level:
        return 0.0
    near = np.array(heights) < best + 0.02 * level
    return float(slopes[:-1][near].mean())
