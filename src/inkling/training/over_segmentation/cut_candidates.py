"""Find where a glyph may be cut: paths that run from above it to below it, the most promising ones first.

A path starts from a guide, a straight line of some place and slant, and leaves it to go round ink: the cheapest path by
dynamic programming. Such cuts generalise the straight, slanted and drop-fall cuts surveyed by Casey and Lecolinet, "A
survey of methods and strategies in character segmentation" (1996). A cut scores high if something tall stands on both
sides, little of its path runs through ink, and it leans as writing does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.stroke_width import stroke_width
from inkling.training.over_segmentation.config import CUT_CANDIDATES as CONFIG


@dataclass(frozen=True)
class CutCandidate:
    """One way to cut a glyph in two."""

    x: np.ndarray  # (h,) int32: in each row of the glyph's box, the first column of the right part
    score: float  # log-odds that it separates two digits, but for a constant; about 0 .. 10


def find_cut_candidates(mask: np.ndarray, *, max_cuts: int) -> list[CutCandidate]:
    """(h, w) bool, True = ink of one glyph -> at most `max_cuts` cuts, from left to right by mean column."""
    h, w = mask.shape
    factor = min(1.0, CONFIG.rows / h)
    size_wh = (max(1, round(w * factor)), max(1, round(h * factor)))
    width = stroke_width(mask.view(np.uint8))
    ink = cv2.resize(mask.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    paths = np.unique(_paths(ink, _guides(*size_wh)), axis=0)  # (K, rows)
    chosen, scores = _choose(ink, paths, width * size_wh[1] / h, max_cuts=max_cuts)
    rows: list[float] = np.linspace(0.0, size_wh[1] - 1.0, h).tolist()
    cuts = []
    for i in sorted(chosen, key=lambda i: float(paths[i].mean())):
        x = np.interp(rows, np.arange(float(size_wh[1])), paths[i].astype(float)) * (w / size_wh[0])
        cuts.append(CutCandidate(np.rint(x).astype(np.int32), float(scores[i])))
    return cuts


def _guides(w: int, h: int) -> np.ndarray:
    """(K, h) float32: the column of each guide in each row, for each place all slants."""
    lean = np.linspace(0.5, -0.5, h, dtype=np.float32) * h
    starts = np.arange(0, w + 1, max(1.0, CONFIG.guide_spacing * h), dtype=np.float32)
    guides = starts[:, None, None] + np.array(CONFIG.slants, np.float32)[None, :, None] * lean
    return np.clip(guides.reshape(-1, h), 0, w)


def _costs(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(h, w) ink -> what a path costs at each of the w + 1 columns between pixels, (h, w + 1) twice.

    First of going down: separating the pixels x - 1 and x costs the ink that both have. Then of going from column 0 to
    x above each row, cumulated: it costs the ink that both rows have there.
    """
    h, w = ink.shape
    wide = np.pad(ink, ((0, 0), (1, 1)))
    along = np.zeros((h, w + 1), np.float32)
    np.cumsum(np.minimum(ink[1:], ink[:-1]), axis=1, out=along[1:, 1:])
    return np.minimum(wide[:, :-1], wide[:, 1:]), along


def _paths(ink: np.ndarray, guides: np.ndarray) -> np.ndarray:
    """(h, w) ink and (K, h) guides -> (K, h) columns, 0 to w, of the cheapest path near each guide."""
    down, along = _costs(ink)
    h, columns = down.shape
    room = int(CONFIG.search_width * h) + 1
    first = np.clip(guides.mean(axis=1).astype(np.int32) - room, 0, max(columns - 2 * room, 0))
    near = np.minimum(first[:, None] + np.arange(min(2 * room, columns)), columns - 1)  # (K, n): columns looked at
    cost = down[:, near] + CONFIG.guide_pull * np.abs(near - guides.T[:, :, None])  # (h, K, n)
    sideways = along[:, near] + 0.01 * near  # (h, K, n)
    best = np.empty_like(cost)
    best[0] = cost[0]
    for y in range(1, h):
        from_left = np.minimum.accumulate(best[y - 1] - sideways[y], axis=1) + sideways[y]
        from_right = np.minimum.accumulate((best[y - 1] + sideways[y])[:, ::-1], axis=1)[:, ::-1] - sideways[y]
        best[y] = cost[y] + np.minimum(from_left, from_right)
    paths = np.empty(guides.shape, np.int64)
    paths[:, -1] = best[-1].argmin(axis=1)
    for y in range(h - 1, 0, -1):
        here = np.take_along_axis(sideways[y], paths[:, y, None], axis=1)
        paths[:, y - 1] = (best[y - 1] + np.abs(sideways[y] - here)).argmin(axis=1)
    return np.asarray(np.take_along_axis(near, paths, axis=1))


def _choose(ink: np.ndarray, paths: np.ndarray, width: float, *, max_cuts: int) -> tuple[list[int], np.ndarray]:
    """(h, w) ink, (K, h) paths -> the best-scoring paths that divide the ink differently, and all scores, (K,)."""
    h, w = ink.shape
    rows = np.arange(h)
    before = np.pad(np.cumsum(ink, axis=1), ((0, 0), (1, 0)))
    left = before[rows, paths]  # (K, h): ink on the left of the path, by row
    right = before[:, -1] - left
    near = int(CONFIG.neighborhood * h)
    tall_left = (left - before[rows, np.maximum(paths - near, 0)] > 0.5).mean(axis=1)
    tall_right = (before[rows, np.minimum(paths + near, w)] - left > 0.5).mean(axis=1)
    less = np.minimum(np.minimum(left.sum(axis=1), right.sum(axis=1)) / (h * width), 2.0)
    down, along = _costs(ink)
    cut = down[rows, paths] > 0.5
    cut[:, 1:] |= np.abs(along[rows[1:], paths[:, 1:]] - along[rows[1:], paths[:, :-1]]) > 0.5
    crossed = np.where(cut.any(axis=1), h - cut.argmax(axis=1) - cut[:, ::-1].argmax(axis=1), 0) / h
    lean = np.abs((paths[:, 0] - paths[:, -1]) / h - CONFIG.usual_lean)
    scores = (
        CONFIG.lower_side_weight * np.minimum(tall_left, tall_right)
        + CONFIG.crossed_height_weight * crossed
        + CONFIG.lean_weight * lean
        + CONFIG.lesser_ink_weight * less
    )
    min_difference = CONFIG.min_difference * float(ink.sum()) * min(1.0, h / w)
    chosen: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if len(chosen) == max_cuts:
            break
        if less[i] > 0 and all(np.abs(left[i] - left[j]).sum() >= min_difference for j in chosen):
            chosen.append(int(i))
    return chosen, scores
