"""Boxes -> lines: which glyphs stand in one row of writing, top to bottom, each from left to right.

Rows may slant: the usual way from a box to its nearest neighbour on the right gives the slope of the page, and boxes
are compared as if it were level.
"""

from __future__ import annotations

import numpy as np

SAME_LINE = 0.35  # of the lower box's height: how much of it a box of the same line has beside it
STEEPEST = 0.35  # height to width: rows that slant more are not expected
FEWEST = 3  # neighbours from which a slope is believed


def group_lines(boxes: np.ndarray) -> list[list[int]]:
    """(N, 4) x, y, w, h -> indices by line. Going right, a box joins the line whose last member is beside it."""
    x, y, w, h = boxes.T.astype(float)
    level = y - slope(boxes) * (x + w / 2)
    lines: list[list[int]] = []
    for i in np.argsort(x + w / 2, kind="stable").tolist():
        last = np.array([line[-1] for line in lines], int)
        beside = np.minimum(level[i] + h[i], level[last] + h[last]) - np.maximum(level[i], level[last])
        shares = beside / np.minimum(h[i], h[last])
        if shares.size and shares.max() > SAME_LINE:
            lines[int(shares.argmax())].append(i)
        else:
            lines.append([i])
    return sorted(lines, key=lambda line: float(np.median(level[line] + h[line] / 2)))


def slope(boxes: np.ndarray) -> float:
    """(N, 4) boxes -> how far rows fall for each pixel to the right; 0 where too few stand side by side to tell."""
    x, y, w, h = boxes.T.astype(float)
    x, y = x + w / 2, y + h / 2
    right = np.subtract.outer(x, x).T  # [i, j]: how far j is on the right of i
    down = np.subtract.outer(y, y).T
    tall = np.maximum.outer(h, h)
    near = (right > 0.2 * tall) & (right < 3 * tall) & (np.abs(down) < STEEPEST * right + 0.15 * tall)
    near &= np.minimum.outer(h, h) > 0.6 * tall
    far = np.where(near, right + 2 * np.abs(down), np.inf)
    nearest = far.argmin(axis=1) if len(boxes) else np.zeros(0, int)
    has = np.flatnonzero(near.any(axis=1))
    if has.size < FEWEST:
        return 0.0
    steps = down[has, nearest[has]] / right[has, nearest[has]]
    return float(np.clip(np.median(steps), -STEEPEST, STEEPEST))
