"""glyphs -> whether they are a page of text, a code or a pattern, told by counting, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from inkling.pipeline.segmentation import Segmentation

MANY = 60  # marks in a picture, from which the question is whether they are words
PIECES = 900  # connected pieces of ink before specks are dropped: a texture
UNEVEN = 0.3  # interquartile range of the marks' heights for each median height: digits of one hand differ less
BLOTS = 0.3  # of the marks are solid: the modules of a code, a halftone
SOLID = (0.5, 0.95)  # of a mark's box is ink, and of its inner half: a patch, round or square
TALL = 2.0  # times as high as wide: a 1 may fill its box
STROKES = 3.5  # crossed by the usual row or column of a mark, for each square that it covers: a digit has at most 3
LARGEST = 3  # marks whose strokes are counted
LINES = 12  # rows and columns of each


def is_text_page(ink: np.ndarray, glyphs: Segmentation) -> bool:
    """Whether the marks are a page of text, a code or a pattern rather than numbers.

    Digits of one hand are about equally high, few of them are solid, and a line across one meets three strokes at
    most; so a page of digits is none.
    """
    boxes = boxes_of(glyphs)
    n = len(boxes)
    if n == 0:
        return False
    if int(glyphs.labels.max(initial=0)) > max(PIECES, 2 * n):
        return True
    largest = np.argsort(-boxes[:, 2] * boxes[:, 3], kind="stable")[:LARGEST]
    if any(strokes_across(ink, boxes[i]) > STROKES for i in largest):
        return True
    if n < MANY:
        return False
    low, middle, high = np.quantile(boxes[:, 3], [0.25, 0.5, 0.75])
    return bool(high - low > UNEVEN * middle or np.mean([is_solid(ink, box) for box in boxes]) > BLOTS)


def boxes_of(glyphs: Segmentation) -> np.ndarray:
    """(N, 4) x, y, w, h in pixels of the ink image, in reading order."""
    return np.array([glyph.box_xywh for glyph in glyphs.flat], np.int64).reshape(-1, 4)


def is_solid(ink: np.ndarray, box_xywh: np.ndarray) -> bool:
    """Whether a mark is a filled patch rather than made of lines."""
    x, y, w, h = (int(value) for value in box_xywh)
    if h >= TALL * w:
        return False
    step = max(1, min(w, h) // 16)
    inner = ink[y + h // 4 : y + h - h // 4 : step, x + w // 4 : x + w - w // 4 : step]
    return bool(inner.mean() > SOLID[1] and ink[y : y + h : step, x : x + w : step].mean() > SOLID[0])


def strokes_across(ink: np.ndarray, box_xywh: np.ndarray) -> float:
    """How many strokes the usual row or column of a mark meets, the larger of both, for each square it covers.

    Digits that touch make a wide mark, of which a row meets more.
    """
    x, y, w, h = (int(value) for value in box_xywh)
    mark = ink[y : y + h, x : x + w] > 0.5
    rows, columns = mark[:: -(-h // LINES)], mark[:, :: -(-w // LINES)].T
    return max(_runs(rows) / max(1.0, w / h), _runs(columns) / max(1.0, h / w))


def _runs(lines: np.ndarray) -> float:
    """(n, length) bool -> the median number of runs of True in a line."""
    starts = np.count_nonzero(lines[:, 1:] > lines[:, :-1], axis=1) + lines[:, 0]
    return float(np.median(starts))
