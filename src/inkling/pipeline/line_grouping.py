"""Group boxes into lines of writing, top to bottom, each from left to right.

Lines may slant. Their slope is the median step from a box to its nearest neighbor on the right, and boxes are compared
after removing this slope.
"""

from __future__ import annotations

import numpy as np

from inkling.pipeline.config.segmentation import LINE_GROUPING as CONFIG


def group_lines(boxes: np.ndarray) -> list[list[int]]:
    """(N, 4) x, y, w, h -> indices by line. From left to right, each box joins the line whose last box is beside it."""
    x, y, w, h = boxes.T.astype(float)
    level = y - slope(boxes) * (x + w / 2)  # (N,) tops, with the slope removed
    lines: list[list[int]] = []
    for i in np.argsort(x + w / 2, kind="stable").tolist():
        last = np.array([line[-1] for line in lines], int)
        common = np.minimum(level[i] + h[i], level[last] + h[last]) - np.maximum(level[i], level[last])
        overlap = common / np.minimum(h[i], h[last])
        if overlap.size and overlap.max() > CONFIG.min_overlap:
            lines[int(overlap.argmax())].append(i)
        else:
            lines.append([i])
    return sorted(lines, key=lambda line: float(np.median(level[line] + h[line] / 2)))


def slope(boxes: np.ndarray) -> float:
    """(N, 4) boxes -> the lines' slope, pixels down per pixel to the right; 0 if too few boxes are side by side."""
    x, y, w, h = boxes.T.astype(float)
    x, y = x + w / 2, y + h / 2
    right = np.subtract.outer(x, x).T  # [i, j]: how far j is to the right of i
    down = np.subtract.outer(y, y).T
    taller = np.maximum.outer(h, h)
    nearest_gap, farthest_gap = CONFIG.neighbor_gap_range
    near = (right > nearest_gap * taller) & (right < farthest_gap * taller)
    near &= np.abs(down) < CONFIG.max_slope * right + CONFIG.slope_tolerance * taller
    near &= np.minimum.outer(h, h) > CONFIG.min_height_ratio * taller
    distance = np.where(near, right + 2 * np.abs(down), np.inf)
    nearest = distance.argmin(axis=1) if len(boxes) else np.zeros(0, int)
    has_neighbor = np.flatnonzero(near.any(axis=1))
    if has_neighbor.size < CONFIG.min_neighbors:
        return 0.0
    steps = down[has_neighbor, nearest[has_neighbor]] / right[has_neighbor, nearest[has_neighbor]]
    return float(np.clip(np.median(steps), -CONFIG.max_slope, CONFIG.max_slope))
