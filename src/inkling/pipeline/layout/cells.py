"""Cells: the closed boxes of combs and tables, found as the rectangular holes that printed walls enclose.

This needs no scale and no prior leveling, and works for a tilt of up to 17 degrees. A digit that crosses a wall
destroys its cell's hole; the cell is then inferred from its neighbors.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS as CONFIG
from inkling.pipeline.config.layout import LAYOUT
from inkling.pipeline.layout.geometry import rotation


def find_holes(mask: np.ndarray) -> np.ndarray:
    """(H, W) uint8 mask -> (n, 5) float32 rectangular holes: center x, y, width, height, tilt in degrees.

    The picture's border counts as a wall, so the outer cells of a cropped comb are found.
    """
    h_image, w_image = mask.shape
    walls = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    white = cv2.copyMakeBorder(1 - walls, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    n, labels, stats, _ = cv2.connectedComponentsWithStats(white, connectivity=4)
    x, y, w, h, area = stats.T
    touching = x <= 1, y <= 1, x + w >= w_image + 1, y + h >= h_image + 1
    sides = np.sum(touching, axis=0)
    fits = (np.minimum(w, h) >= CONFIG.min_side_px) & (w * h <= CONFIG.max_area_share * mask.size) & (sides <= 2)
    fits &= (sides == 0) | (w <= CONFIG.max_open_aspect * h)
    fits &= (area >= 0.3 * w * h) & (np.arange(n) > 0)
    holes = []
    for i in np.flatnonzero(fits)[: CONFIG.max_holes].tolist():
        part = (labels[y[i] : y[i] + h[i], x[i] : x[i] + w[i]] == i).astype(np.uint8)
        hole = _rectangle(part)
        if hole is not None:
            holes.append((hole[0] + x[i] - 1, hole[1] + y[i] - 1, *hole[2:]))
    return np.array(holes, np.float32).reshape(-1, 5)


def _rectangle(part: np.ndarray) -> tuple[float, float, float, float, float] | None:
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    if len(hull) < 4:
        return None
    (cx, cy), (w, h), angle = cv2.minAreaRect(hull)
    if angle > 45:
        w, h, angle = h, w, angle - 90
    if abs(angle) > CONFIG.max_tilt_deg or min(w, h) < CONFIG.min_side_px - 1:
        return None
    if cv2.contourArea(hull) < CONFIG.min_rectangularity * w * h:
        return None
    corners = cv2.boxPoints(((cx, cy), (w * (1 - 2 * CONFIG.corner_inset), h * (1 - 2 * CONFIG.corner_inset)), angle))
    inside = sum(cv2.pointPolygonTest(hull, (float(px), float(py)), False) >= 0 for px, py in corners)
    if inside < 3:
        return None
    return cx, cy, w, h, angle


def levelled_boxes(holes: np.ndarray, tilt_deg: float) -> np.ndarray:
    """(n, 5) holes -> (n, 4) x, y, w, h in the mask rotated by the tilt about its top-left corner."""
    cx, cy, w, h, _ = holes.T.astype(float)
    x, y = rotation(tilt_deg)[:2, :2] @ np.stack([cx, cy])
    return np.stack([x - w / 2, y - h / 2, w, h], axis=1)


def group(boxes: np.ndarray) -> list[np.ndarray]:
    """(n, 4) leveled holes -> rows of neighboring cells: (k, 4) x, y, w, h from left to right.

    A single box is not a row but a frame.
    """
    x, y = (boxes[:, :2] + boxes[:, 2:] / 2).T
    w, h = boxes[:, 2:].T
    rows: list[list[int]] = []
    for i in np.argsort(x, kind="stable").tolist():
        last = np.array([row[-1] for row in rows], int)
        step = np.abs(y[last] - y[i])
        height = (h[last] + h[i]) / 2
        gap = (x[i] - w[i] / 2) - (x[last] + w[last] / 2)
        low, high = CONFIG.height_range
        fits = (h[last] > low * h[i]) & (h[last] < high * h[i]) & (step < CONFIG.max_level_step * height)
        fits &= (gap > -CONFIG.wall_share * height) & (gap < CONFIG.max_gap * np.maximum(w[last], w[i]))
        if fits.any():
            rows[int(np.where(fits, step, np.inf).argmin())].append(i)
        else:
            rows.append([i])
    return [_regular(boxes[row], boxes) for row in rows if len(row) > 1]


def apart(rows: list[np.ndarray]) -> list[np.ndarray]:
    """Rows of cells from top to bottom, without those inside a larger one, such as halves of split cells.

    Rows that overlap at one level are merged: they are one row whose cells the writing has separated.
    """
    kept: list[np.ndarray] = []
    bounds: list[tuple[float, float, float, float]] = []  # of the kept rows
    for row in sorted(rows, key=lambda row: -float((row[:, 2] * row[:, 3]).sum())):
        x, y, right, bottom = _bounds(row)
        width = float(np.median(row[:, 2]))
        is_apart = True
        for i, (left, top, end, base) in enumerate(bounds):
            common_x, common_y = min(right, end) - max(x, left), min(bottom, base) - max(y, top)
            if common_x <= 0 or common_y <= 0:
                continue
            if common_x * common_y > 0.5 * (right - x) * (bottom - y):
                is_apart = False
            elif common_x > 0.5 * width and common_y > 0.5 * min(bottom - y, base - top):
                middles = row[:, 0] + row[:, 2] / 2
                kept[i] = np.concatenate([row[middles < left], kept[i], row[middles > end]])
                bounds[i] = _bounds(kept[i])
                is_apart = False
        if is_apart:
            kept.append(row)
            bounds.append((x, y, right, bottom))
    return sorted(kept, key=lambda row: float(np.median(row[:, 1])))


def _bounds(row: np.ndarray) -> tuple[float, float, float, float]:
    x, y = row[:, :2].min(axis=0)
    right, bottom = (row[:, :2] + row[:, 2:]).max(axis=0)
    return float(x), float(y), float(right), float(bottom)


def _regular(row: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """(k, 4) of the (n, 4) holes -> a row's cells: those split by a tall 1 are joined, and missing ones are added."""
    low, high = CONFIG.joined_range
    joined = [row[0]]
    for i, hole in enumerate(row[1:], 1):
        last = joined[-1]
        both = hole[0] + hole[2] - last[0]
        others = np.delete(row[:, 2], [i - 1, i])
        is_half = max(hole[2], last[2]) < low * both
        is_half &= bool(np.any((both > low * others) & (both < high * others)))
        if is_half and not _goes_on_above_or_below(hole, holes):
            joined[-1] = np.array([last[0], (last[1] + hole[1]) / 2, both, (last[3] + hole[3]) / 2])
        else:
            joined.append(hole)
    row = np.array(joined)
    width = float(np.median(row[:, 2]))
    walls = row[1:, 0] - row[:-1, 0] - row[:-1, 2]
    near = walls[walls < CONFIG.spoilt_share * width]
    wall = float(np.median(near)) if near.size else 0.0
    filled = [row[0]]
    for before, after, gap in zip(row[:-1], row[1:], walls, strict=True):
        n = round((gap - wall) / (width + wall))
        if gap - wall >= CONFIG.spoilt_share * width:
            pitch = (gap - wall) / max(n, 1)
            y, h = (before[1] + after[1]) / 2, (before[3] + after[3]) / 2
            filled += [np.array([before[0] + before[2] + wall + k * pitch, y, pitch - wall, h]) for k in range(n)]
        filled.append(after)
    return np.array(filled)


def _goes_on_above_or_below(hole: np.ndarray, holes: np.ndarray) -> bool:
    """Whether a hole's left side continues as a wall in the rows of holes above or below it."""
    x, y, w, h = holes.T
    near = np.minimum(np.abs(y + h - hole[1]), np.abs(hole[1] + hole[3] - y)) < CONFIG.wall_share * hole[3]
    return bool(np.any(near & (np.abs(x - hole[0]) < CONFIG.wall_share * np.minimum(w, hole[2]))))


def extend(row: np.ndarray, levelled: np.ndarray, offset_xy: np.ndarray) -> np.ndarray:
    """(k, 4) cells of a row and the leveled (H, W) uint8 mask -> the cells, with missing ones added at both ends.

    There is another cell if the walls above and below continue for its width. `offset_xy`: position of the mask's
    top-left pixel.
    """
    cells = list(row)
    width, height = float(np.median(row[:, 2])), float(np.median(row[:, 3]))
    if len(row) < 2:
        return row
    walls = row[1:, 0] - row[:-1, 0] - row[:-1, 2]
    wall = max(1.0, float(np.median(walls))) if np.median(walls) < CONFIG.wall_share * height else 0.0
    if wall == 0:  # separate boxes: no walls continue
        return row
    low = CONFIG.joined_range[0]
    for side in (-1, 1):
        for _ in range(LAYOUT.max_cells):
            end = cells[0] if side < 0 else cells[-1]
            missing = width - end[2] if end[2] < low * width else 0.0  # the rest of a cell split by a digit
            more = missing or wall + width
            x = end[0] - more if side < 0 else end[0] + end[2] + more - (missing or width)
            box = np.array([x - offset_xy[0], end[1] - offset_xy[1], missing or width, end[3]])
            if not _goes_on(levelled, box, wall):
                break
            cell = np.array([x, end[1], width, end[3]])
            if missing:
                cells[0 if side < 0 else -1] = np.array([min(x, end[0]), end[1], width, end[3]])
            else:
                cells = [cell, *cells] if side < 0 else [*cells, cell]
    return np.array(cells)


def _goes_on(levelled: np.ndarray, box: np.ndarray, wall: float) -> bool:
    """Whether there are walls above and below a box of the mask."""
    x, y, width, height = (float(value) for value in box)
    left, right = round(x), round(x + width)
    if right - left < 2 or left < -0.25 * width or right > levelled.shape[1] + 0.25 * width:
        return False
    reach = max(2.0, wall)
    for edge in (y, y + height):
        band = levelled[max(0, round(edge - reach - wall / 2)) : max(0, round(edge + reach + 1)), max(left, 0) : right]
        if band.size == 0 or band.max(axis=0).mean() < CONFIG.min_wall_share:
            return False
    return True


def has_walls(row: np.ndarray, levelled: np.ndarray, offset_xy: np.ndarray) -> bool:
    """Whether most of (k, 4) cells have a wall on each side in the leveled (H, W) uint8 mask. Beyond it is wall."""
    reach = max(2, round(CONFIG.wall_reach * float(np.median(row[:, 3]))))
    shares = []
    for x, y, w, h in row - np.array([*offset_xy, 0, 0]):
        left, top, right, bottom = (round(float(value)) for value in (x, y, x + w, y + h))
        for edge, start, end, image in (
            (top, left, right, levelled),
            (bottom, left, right, levelled),
            (left, top, bottom, levelled.T),
            (right, top, bottom, levelled.T),
        ):
            band = image[max(edge - reach, 0) : max(edge + reach + 1, 0), max(start, 0) : end]
            is_beyond = edge - reach <= 0 or edge + reach >= len(image) - 1
            shares.append(1.0 if is_beyond or band.size == 0 else float(band.max(axis=0).mean()))
    sides = np.array(shares).reshape(-1, 4)
    return bool(np.all(np.median(sides, axis=0) >= CONFIG.min_wall_share))


def is_written(ink: np.ndarray) -> bool:
    """Whether the (h, w) uint8 ink mask of a cell's inside contains more than dirt and remnants of walls."""
    h, w = ink.shape
    if not ink.any():  # a cell outside the picture has no pixels, on which OpenCV crashes
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    # A thin component at a side is a remnant of the wall.
    x, y, width, height, _ = stats[1:].T
    tall = (height >= CONFIG.min_ink_height * h) | (width >= CONFIG.min_ink_height * h)
    wall = ((x == 0) | (x + width == w)) & (width < CONFIG.wall_rest_share * w)
    wall |= ((y == 0) | (y + height == h)) & (height < CONFIG.wall_rest_share * h)
    return bool((tall & ~wall).any())
