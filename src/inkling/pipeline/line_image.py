"""Glyphs that may be several digits -> strip: their ink as one picture, for the network that reads it as a whole.

As `pipeline.normalize` has it, but scaled by height, so that a digit is about as large as alone however many stand
in a row.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.normalize import LONGEST, SIDE, glyph_crops, size_normalize
from inkling.pipeline.segmentation import Glyph, Segmentation, box_around

MARGIN = (SIDE - LONGEST) // 2  # pixels of paper around the ink
WIDEST = 10  # strips of more than so many times SIDE are not made
STEP = SIDE  # pixels: the width is a multiple of this, so that strips of few widths are ever seen


def make_line_image(ink: np.ndarray, glyphs: Segmentation, chosen: list[Glyph]) -> np.ndarray | None:
    """(H, W) float32 ink and some of its whole glyphs -> (28, w) float32, 0 = paper, 1 = ink; None if it is too wide.

    w is a multiple of STEP, and what is right of the ink is paper.
    """
    box = box_around(np.array([glyph.box_xywh for glyph in chosen]))
    if box[2] * LONGEST + 2 * MARGIN * box[3] > WIDEST * SIDE * box[3]:
        return None
    one = Glyph(box, tuple(piece for glyph in chosen for piece in glyph.components))
    [crop] = glyph_crops(ink, Segmentation([[one]], glyphs.labels, glyphs.corner_xy))
    small = size_normalize(crop, side=_height)
    w = STEP * -(-(small.shape[1] + 2 * MARGIN) // STEP)
    below, right = SIDE - MARGIN - len(small), w - MARGIN - small.shape[1]
    return np.asarray(cv2.copyMakeBorder(small, MARGIN, below, MARGIN, right, cv2.BORDER_CONSTANT))


def _height(shape: tuple[int, ...]) -> int:
    return shape[0]
