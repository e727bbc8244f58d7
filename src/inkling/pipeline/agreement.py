"""Combine the two readings of an image: isolated digits read one by one, and rows read as a whole.

A clean single digit needs no row. In a row, a glyph that the classifier is sure of is a second opinion on the symbol in
the same position. A glyph that is about as tall as the digits but not covered by symbols of the row is unexplained ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.config.line import AGREEMENT as CONFIG
from inkling.pipeline.quality import QualityWarning
from inkling.pipeline.result import Digit, Other, Reading, doubted, with_others, with_warnings
from inkling.pipeline.segmentation import Segmentation, bounding_box, glyph_mask


def is_complete(segmentation: Segmentation) -> bool:
    """Whether nearly all ink belongs to the glyphs, so no ruled line, frame or sign was dropped."""
    n_own = sum(len(glyph.components) for glyph in segmentation.glyphs)
    if n_own == 0 or n_own == int(segmentation.labels.max(initial=0)):
        return n_own > 0
    own = sum(np.count_nonzero(glyph_mask(segmentation, glyph)) for glyph in segmentation.glyphs)
    return bool(own >= CONFIG.min_own_ink * cv2.countNonZero(segmentation.labels))


def spans_picture(segmentation: Segmentation, shape: tuple[int, ...]) -> bool:
    """Whether a glyph may be a page's outline: in a large picture, it touches the border or spans most of a side."""
    if min(shape) < CONFIG.min_outlined_px:
        return False
    boxes = [glyph.box_xywh for glyph in segmentation.glyphs]
    if any(min(x, y, shape[1] - x - w, shape[0] - y - h) <= 0 for x, y, w, h in boxes):
        return True
    sides = (max(w / shape[1], h / shape[0]) for _, _, w, h in boxes)
    return any(side >= CONFIG.min_outline for side in sides)


def may_be_one_digit(segmentation: Segmentation) -> bool:
    """Whether the glyphs may be parts of one broken digit: they are few and together no wider than one digit."""
    glyphs = segmentation.glyphs
    if not 2 <= len(glyphs) <= CONFIG.max_parts:
        return False
    _, _, w, h = bounding_box(np.array([glyph.box_xywh for glyph in glyphs]))
    return w <= CONFIG.max_digit_aspect * h


def agreed(rows: Reading, glyphs: Reading, *, complete: bool, cells: Sequence[Box] = ()) -> Reading:
    """Choose between two readings of one image: by rows, and glyph by glyph.

    `complete`: nearly all ink belongs to the glyphs; otherwise the classifier does not see all of it. A single digit is
    taken from the classifier, unless other ink hides it and the row is sure, or it is in one of several `cells` of a
    comb or table. If no ink stands out, improbable rows are texture. All other images are read by rows, unless only the
    glyphs have digits, or they contain nearly all ink and are more probable. The answer is doubtful if a glyph
    contradicts it or is not covered by it.
    """
    is_texture = glyphs.outcome == "empty" and rows.confidence < CONFIG.min_faint_confidence
    is_single = len(cells) < 2 and len(rows.digits) == 1 and len(glyphs.digits) < 2
    if is_texture or (is_single and (complete or glyphs.digits or rows.outcome != "read")):
        return glyphs
    if not rows.digits:
        if glyphs.digits and "many" not in (warning.code for warning in rows.warnings):
            return glyphs
        return rows if rows.warnings else with_warnings(rows, glyphs.warnings)
    if complete and _is_likelier(glyphs, rows):
        if glyphs.text == rows.text or len(glyphs.digits) + len(glyphs.others) == 1:
            return glyphs
        return doubted(glyphs, f"read as one row, it looks like {rows.text.split()[0]}; check it by eye.")
    missed = _missed(rows, glyphs, cells)
    if missed:
        rows = with_others(rows, missed)
    for digit, glyph in _contradictions(rows, glyphs)[:1]:
        doubt = f"the row reads {digit.digit} where the digit alone looks like {glyph.digit}; check it by eye."
        rows = doubted(rows, doubt)
    return _warned(rows, glyphs.warnings)


def _warned(rows: Reading, warnings: tuple[QualityWarning, ...]) -> Reading:
    """Add the glyphs' warnings to the reading by rows.

    The glyphs of a comb, a ruled page or patterned paper may look like text. So the warning "page" is dropped if the
    rows are sure, and only makes them doubtful if they are not improbable.
    """
    warnings = tuple(each for each in warnings if each.code != "page" or rows.outcome != "read")
    if warnings and warnings[0].code == "page" and rows.confidence >= CONFIG.min_faint_confidence:
        return replace(doubted(rows, warnings[0].text), warnings=warnings)
    return with_warnings(rows, warnings)


def _is_likelier(glyphs: Reading, rows: Reading) -> bool:
    """Whether glyphs that contain nearly all ink are the better answer.

    Sure glyphs with the same text as the rows are better if the rows have no signs. Other glyphs are better if they are
    sure, or a single glyph, and at least as probable as the rows.
    """
    if glyphs.outcome == "read" and glyphs.text == rows.text:
        return not rows.others
    is_one = len(glyphs.digits) + len(glyphs.others) == 1
    return (is_one or glyphs.outcome == "read") and glyphs.confidence >= rows.confidence


def _contradictions(rows: Reading, glyphs: Reading) -> list[tuple[Digit, Digit]]:
    """Pairs of a row's digit and the glyph at its position, where the classifier is sure of a different digit."""
    sure = [glyph for glyph in glyphs.digits if glyph.sure]
    symbols, others = (_as_array([digit.box for digit in digits]) for digits in (rows.digits, sure))
    common = _common(symbols, others)
    both = _areas(symbols)[:, None] + _areas(others) - common
    found = np.argwhere(common >= CONFIG.min_common * both).tolist()
    return [(rows.digits[i], sure[k]) for i, k in found if rows.digits[i].digit != sure[k].digit]


def _missed(rows: Reading, glyphs: Reading, cells: Sequence[Box]) -> list[Other]:
    """Glyphs that are nearly as tall as the rows' digits, or taller, and less than half covered by the rows' symbols.

    Cell walls, which enclose a whole cell, do not count.
    """
    height = float(np.median([digit.box[3] for digit in rows.digits]))
    found, of_cells = _boxes(glyphs), _as_array(cells)
    found = found[found[:, 3] >= CONFIG.min_height * height]
    enclosed = _common(found, of_cells) / np.maximum(_areas(of_cells), 1)
    covered = _common(found, _boxes(rows)).sum(axis=1)
    is_missed = (enclosed < CONFIG.min_enclosed).all(axis=1) & (covered < CONFIG.min_covered * _areas(found))
    return [Other("refused", (x, y, w, h)) for x, y, w, h in found[is_missed].tolist()]


def _boxes(reading: Reading) -> np.ndarray:
    return _as_array([*(digit.box for digit in reading.digits), *(other.box for other in reading.others)])


def _as_array(boxes: Sequence[Box]) -> np.ndarray:
    """(n, 4) int x, y, w, h."""
    return np.array(boxes, int).reshape(-1, 4)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.asarray(boxes[:, 2] * boxes[:, 3])


def _common(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n, 4) and (m, 4) x, y, w, h -> (n, m) areas of the intersections, in pixels."""
    ends, other_ends = boxes[:, :2] + boxes[:, 2:], others[:, :2] + others[:, 2:]
    sides = np.minimum(ends[:, None], other_ends) - np.maximum(boxes[:, None, :2], others[:, :2])
    return np.asarray(np.prod(np.maximum(sides, 0), axis=2))
