"""Where two ways of reading meet: digits that stand alone, read one by one, and rows read as a whole.

A clean single digit needs no row. In a row, a glyph that the classifier is sure of is a second opinion of the symbol in
the same place; and a glyph as high as the digits that no symbol of the row covers is ink that nobody has explained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inkling.pipeline.config.line import AGREEMENT as CONFIG
from inkling.pipeline.result import Box, Digit, Other, Reading, doubted, with_others, with_warnings
from inkling.pipeline.segmentation import Segmentation, bounding_box


def is_alone(segmentation: Segmentation) -> bool:
    """Whether there is one glyph, and all ink belongs to it."""
    if len(segmentation.glyphs) != 1:
        return False
    [glyph] = segmentation.glyphs
    if len(glyph.components) == int(segmentation.labels.max(initial=0)):
        return True
    counts = np.bincount(segmentation.labels.ravel())
    own = int(counts[list(glyph.components)].sum())
    return bool(own >= CONFIG.min_own_ink * counts[1:].sum())


def may_be_one_digit(segmentation: Segmentation) -> bool:
    """Whether the glyphs may be parts of one broken digit: there are few, and together they are no wider than one."""
    glyphs = segmentation.glyphs
    if not 2 <= len(glyphs) <= CONFIG.max_parts:
        return False
    _, _, w, h = bounding_box(np.array([glyph.box_xywh for glyph in glyphs]))
    return w <= CONFIG.max_digit_aspect * h


def agreed(rows: Reading, glyphs: Reading, *, alone: bool) -> Reading:
    """The answer of two readings of one image: by rows, and glyph by glyph.

    A single digit is the classifier's, unless other ink hides it and the row is sure. Of a glyph that is `alone` the
    more probable reading is the answer. Where no ink stands out, rows that are not probable are texture. Everything
    else is read by rows, doubted where a glyph contradicts or was missed.
    """
    if glyphs.outcome == "empty" and rows.confidence < CONFIG.min_faint_confidence:
        return glyphs
    if len(rows.digits) == 1 and (alone or glyphs.digits or rows.outcome != "read"):
        return glyphs
    if alone and glyphs.confidence >= rows.confidence:
        return glyphs
    if not rows.digits:
        return rows if "many" in (warning.code for warning in rows.warnings) or not glyphs.digits else glyphs
    missed = _missed(rows, glyphs)
    if missed:
        rows = with_others(rows, missed)
    for digit, glyph in _contradictions(rows, glyphs)[:1]:
        doubt = f"the row reads {digit.digit} where the digit alone looks like {glyph.digit}; check it by eye."
        rows = doubted(rows, doubt)
    return with_warnings(rows, glyphs.warnings)


def _contradictions(rows: Reading, glyphs: Reading) -> list[tuple[Digit, Digit]]:
    """Digits of rows with the glyph in the same place, where the classifier is sure of another digit."""
    return [
        (digit, glyph)
        for digit in rows.digits
        for glyph in glyphs.digits
        if glyph.sure and glyph.digit != digit.digit and _common_share(digit.box, glyph.box) >= CONFIG.min_common
    ]


def _missed(rows: Reading, glyphs: Reading) -> list[Other]:
    """Glyphs about as high as the digits of rows, or higher, of which none of their symbols covers the half."""
    height = float(np.median([digit.box[3] for digit in rows.digits]))
    known, found = _boxes(rows), _boxes(glyphs)
    return [
        Other("refused", box)
        for box in found
        if box[3] >= CONFIG.min_height * height and _covered_share(box, known) < CONFIG.min_covered
    ]


def _boxes(reading: Reading) -> list[Box]:
    return [*(digit.box for digit in reading.digits), *(other.box for other in reading.others)]


def _common_share(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    common = _common(one, other)
    return common / (one[2] * one[3] + other[2] * other[3] - common)


def _covered_share(box: Box, others: Sequence[Box]) -> float:
    return sum(_common(box, other) for other in others) / (box[2] * box[3])


def _common(one: Box, other: Box) -> float:
    w = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    h = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return float(max(w, 0) * max(h, 0))
