"""Find the box of each symbol of a line image, from its CTC alignment and the ink.

A network outputs a symbol in only one or two columns somewhere within the symbol. So the ink between two such outputs
is split at the column with the least ink.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from inkling.pipeline.config.line import SYMBOL_BOXES as CONFIG


def symbol_boxes(ink: np.ndarray, spans: Sequence[tuple[int, int]], *, column_px: int) -> np.ndarray:
    """(32, W) ink of a line image, columns of n symbols from left to right -> (n, 4) float64 x, y, w, h, in pixels.

    `spans`: first column and last + 1, each column `column_px` wide. A symbol without visible ink gets a narrow box as
    tall as the image.
    """
    h, w = ink.shape
    profile = ink.sum(axis=0)
    centers = [min(column_px * (start + end) / 2, w - 1.0) for start, end in spans]
    divisions = [_division(profile, a, b) for a, b in itertools.pairwise(centers)]
    reach = CONFIG.max_reach * h
    boxes = np.empty((len(spans), 4))
    for box, center, left, right in zip(boxes, centers, [0, *divisions], [*divisions, w], strict=False):
        first, last = max(left, int(center - reach)), min(right, int(center + reach) + 1)
        columns = _run_at(ink[:, first:last].max(axis=0, initial=0) > CONFIG.ink_threshold, center - first)
        if columns is None:
            half = column_px / 2
            box[:] = max(center - half, 0), 0, column_px, h
            continue
        x, right_x = first + columns[0], first + columns[1]
        rows = np.flatnonzero(ink[:, x:right_x].max(axis=1) > CONFIG.ink_threshold)
        box[:] = x, rows[0], right_x - x, rows[-1] + 1 - rows[0]
    return boxes


def without_rules(line_image: np.ndarray) -> np.ndarray:
    """(32, W) line image without ruled lines: the ink that nearly all columns share is subtracted."""
    place = int(CONFIG.rule_share * line_image.shape[1])
    level = np.sort(line_image, axis=1)[:, place, None]  # np.percentile takes fifty times as long
    return np.asarray(line_image - np.maximum(level, 0))


def _division(profile: np.ndarray, left: float, right: float) -> int:
    """The column between two symbols with the least ink; if several are equal, the one nearest the middle."""
    a, b = int(np.ceil(left)), int(right) + 1
    if b <= a:
        return a
    columns = np.arange(a, b)
    return a + int(np.argmin(profile[a:b] + CONFIG.off_middle_cost * np.abs(columns - (left + right) / 2)))


def _run_at(inked: np.ndarray, center: float) -> tuple[int, int] | None:
    """The run of inked columns nearest to `center`, bridging small gaps: first and last + 1; None without ink."""
    columns = np.flatnonzero(inked)
    if not len(columns):
        return None
    breaks = np.flatnonzero(np.diff(columns) > CONFIG.max_gap_px + 1)
    starts, ends = np.append(columns[0], columns[breaks + 1]), np.append(columns[breaks], columns[-1])
    away = np.maximum(np.maximum(starts - center, center - ends), 0)
    nearest = int(away.argmin())
    return int(starts[nearest]), int(ends[nearest]) + 1
