"""Distinguish a page of text, a code or a pattern from numbers by simple statistics, without a network."""

from __future__ import annotations

import numpy as np

from inkling.pipeline.config.quality import TEXT_PAGE as CONFIG
from inkling.pipeline.segmentation import Segmentation


def is_text_page(ink: np.ndarray, segmentation: Segmentation) -> bool:
    """Whether the glyphs of (H, W) float32 ink are text, a code or a pattern.

    One writer's digits have similar heights, few are solid, and a line across a digit crosses at most three strokes.
    So a page full of digits is not a text page.
    """
    boxes = glyph_boxes(segmentation)
    n = len(boxes)
    if n == 0:
        return False
    if int(segmentation.labels.max(initial=0)) > max(CONFIG.max_components, 2 * n):
        return True
    largest = np.argsort(-boxes[:, 2] * boxes[:, 3], kind="stable")[: CONFIG.sampled_glyphs]
    if any(stroke_crossings(ink, boxes[i]) > CONFIG.max_crossings for i in largest):
        return True
    if n < CONFIG.min_glyphs:
        return False
    low, median, high = np.quantile(boxes[:, 3], [0.25, 0.5, 0.75])
    if high - low > CONFIG.max_height_spread * median:
        return True
    return bool(np.mean([is_solid(ink, box) for box in boxes]) > CONFIG.max_solid_share)


def glyph_boxes(segmentation: Segmentation) -> np.ndarray:
    """(N, 4) x, y, w, h in pixels of the ink image, in reading order."""
    return np.array([glyph.box_xywh for glyph in segmentation.glyphs], np.int64).reshape(-1, 4)


def is_solid(ink: np.ndarray, box_xywh: np.ndarray) -> bool:
    """Whether a glyph is a filled patch instead of strokes."""
    x, y, w, h = (int(value) for value in box_xywh)
    if h >= CONFIG.max_solid_aspect_ratio * w:
        return False
    step = max(1, min(w, h) // CONFIG.grid_px)
    core = ink[y + h // 4 : y + h - h // 4 : step, x + w // 4 : x + w - w // 4 : step]
    whole = ink[y : y + h : step, x : x + w : step]
    return bool(core.mean() > CONFIG.min_solid_core_fill and whole.mean() > CONFIG.min_solid_fill)


def stroke_crossings(ink: np.ndarray, box_xywh: np.ndarray) -> float:
    """Strokes crossed by the median row or column of a glyph, whichever is more, per square of the glyph's box.

    The number of squares is the box's longer side divided by its shorter side. Touching digits form a wide glyph, whose
    rows cross more strokes.
    """
    x, y, w, h = (int(value) for value in box_xywh)
    mask = ink[y : y + h, x : x + w] > 0.5
    rows, columns = mask[:: -(-h // CONFIG.sampled_lines)], mask[:, :: -(-w // CONFIG.sampled_lines)].T
    return max(_median_runs(rows) / max(1.0, w / h), _median_runs(columns) / max(1.0, h / w))


def _median_runs(lines: np.ndarray) -> float:
    """(n, length) bool -> the median number of runs of True in a line."""
    starts = np.count_nonzero(lines[:, 1:] > lines[:, :-1], axis=1) + lines[:, 0]
    return float(np.median(starts))
