"""Where a glyph may be cut: seams that run from above it to below it, the likeliest ones first.

A seam starts from a guide, a straight line of some place and slant, and leaves it to go round ink: the cheapest path by
dynamic programming. Such cuts generalise the straight, slanted and drop-fall cuts surveyed by Casey and Lecolinet, "A
survey of methods and strategies in character segmentation" (1996). How likely a seam parts two digits is judged by its
shape: on both sides stands something tall, little of the seam runs through ink, and it leans as writing does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.stroke_width import stroke_width

ROWS = 40  # a glyph is reduced to so many rows before seams are looked for
PITCH = 0.08  # of the height: from one guide to the next
SLANTS = (-0.25, 0.0, 0.25, 0.5)  # how far a guide's top leans to the right of its bottom, in heights
ROOM = 0.45  # of the height: how far to each side of a guide's middle its seam may go
PULL = 0.2  # price of each pixel away from the guide, a row; the price of cutting through a pixel of ink is 1
NEAR = 0.5  # of the height: so much to the left and right of a seam is looked at
DIFFERENT = 0.04  # of the ink of a square: two seams part at least so much differently
# How likely a seam is: weights fitted, as conditional logit, to pairs and chains of MNIST's training digits set so
# that they touch. Per height of the lower side, height of what lies between the first and last ink it crosses, height
# by which its lean differs from the usual one, and stroke as long as the glyph is high on the side with less.
TALL, SPAN, LEAN, INK = 9.1, -7.2, -5.9, 1.0
USUAL_LEAN = 0.15


@dataclass(frozen=True)
class CutCandidate:
    """One way to cut a glyph in two."""

    x: np.ndarray  # (h,) int32: in each row of the glyph's box, the first column of the right part
    likely: float  # logarithm of how likely it parts two digits, but for a constant; about 0 .. 10


def find_cut_candidates(mask: np.ndarray, *, most: int) -> list[CutCandidate]:
    """(h, w) bool, True = ink of one glyph -> at most `most` seams, from left to right by their mean place."""
    h, w = mask.shape
    factor = min(1.0, ROWS / h)
    size_wh = (max(1, round(w * factor)), max(1, round(h * factor)))
    width = stroke_width(mask.view(np.uint8))
    ink = cv2.resize(mask.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    paths = np.unique(_paths(ink, _guides(*size_wh)), axis=0)  # (K, rows)
    chosen, likely = _likeliest(ink, paths, width * size_wh[1] / h, most=most)
    rows: list[float] = np.linspace(0.0, size_wh[1] - 1.0, h).tolist()
    seams = []
    for i in sorted(chosen, key=lambda i: float(paths[i].mean())):
        x = np.interp(rows, np.arange(float(size_wh[1])), paths[i].astype(float)) * (w / size_wh[0])
        seams.append(CutCandidate(np.rint(x).astype(np.int32), float(likely[i])))
    return seams


def _guides(w: int, h: int) -> np.ndarray:
    """(K, h) float32: the column of each guide in each row; neighbouring places take turns with the slants."""
    lean = np.linspace(0.5, -0.5, h, dtype=np.float32) * h
    starts = np.arange(0, w + 1, max(1.0, PITCH * h), dtype=np.float32)
    guides = starts[:, None, None] + np.array(SLANTS, np.float32)[None, :, None] * lean
    return np.clip(guides.reshape(-1, h), 0, w)


def _prices(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(h, w) ink -> the price of a seam at each of the w + 1 columns between pixels, (h, w + 1) twice.

    First of going down: parting the pixels x - 1 and x costs the ink that both have. Then of going from column 0 to x
    above each row, cumulated: it costs the ink that both rows have there.
    """
    h, w = ink.shape
    wide = np.pad(ink, ((0, 0), (1, 1)))
    along = np.zeros((h, w + 1), np.float32)
    np.cumsum(np.minimum(ink[1:], ink[:-1]), axis=1, out=along[1:, 1:])
    return np.minimum(wide[:, :-1], wide[:, 1:]), along


def _paths(ink: np.ndarray, guides: np.ndarray) -> np.ndarray:
    """(h, w) ink and (K, h) guides -> (K, h) columns, 0 to w, of the cheapest seam near each guide."""
    down, along = _prices(ink)
    h, columns = down.shape
    room = int(ROOM * h) + 1
    first = np.clip(guides.mean(axis=1).astype(np.int32) - room, 0, max(columns - 2 * room, 0))
    near = np.minimum(first[:, None] + np.arange(min(2 * room, columns)), columns - 1)  # (K, n): columns looked at
    price = down[:, near] + PULL * np.abs(near - guides.T[:, :, None])  # (h, K, n)
    way = along[:, near] + 0.01 * near  # (h, K, n)
    best = np.empty_like(price)
    best[0] = price[0]
    for y in range(1, h):
        from_left = np.minimum.accumulate(best[y - 1] - way[y], axis=1) + way[y]
        from_right = np.minimum.accumulate((best[y - 1] + way[y])[:, ::-1], axis=1)[:, ::-1] - way[y]
        best[y] = price[y] + np.minimum(from_left, from_right)
    paths = np.empty(guides.shape, np.int64)
    paths[:, -1] = best[-1].argmin(axis=1)
    for y in range(h - 1, 0, -1):
        here = np.take_along_axis(way[y], paths[:, y, None], axis=1)
        paths[:, y - 1] = (best[y - 1] + np.abs(way[y] - here)).argmin(axis=1)
    return np.asarray(np.take_along_axis(near, paths, axis=1))


def _likeliest(ink: np.ndarray, paths: np.ndarray, width: float, *, most: int) -> tuple[list[int], np.ndarray]:
    """(h, w) ink, (K, h) paths -> the likeliest paths that part the ink differently, and how likely each is, (K,)."""
    h, w = ink.shape
    rows = np.arange(h)
    before = np.pad(np.cumsum(ink, axis=1), ((0, 0), (1, 0)))
    left = before[rows, paths]  # (K, h): ink on the left of the seam, by row
    right = before[:, -1] - left
    near = int(NEAR * h)
    tall_left = (left - before[rows, np.maximum(paths - near, 0)] > 0.5).mean(axis=1)
    tall_right = (before[rows, np.minimum(paths + near, w)] - left > 0.5).mean(axis=1)
    less = np.minimum(np.minimum(left.sum(axis=1), right.sum(axis=1)) / (h * width), 2.0)
    down, along = _prices(ink)
    cut = down[rows, paths] > 0.5
    cut[:, 1:] |= np.abs(along[rows[1:], paths[:, 1:]] - along[rows[1:], paths[:, :-1]]) > 0.5
    span = np.where(cut.any(axis=1), h - cut.argmax(axis=1) - cut[:, ::-1].argmax(axis=1), 0) / h
    lean = np.abs((paths[:, 0] - paths[:, -1]) / h - USUAL_LEAN)
    likely = TALL * np.minimum(tall_left, tall_right) + SPAN * span + LEAN * lean + INK * less
    least = DIFFERENT * float(ink.sum()) * min(1.0, h / w)
    chosen: list[int] = []
    for i in np.argsort(-likely, kind="stable"):
        if len(chosen) == most:
            break
        if less[i] > 0 and all(np.abs(left[i] - left[j]).sum() >= least for j in chosen):
            chosen.append(int(i))
    return chosen, likely
