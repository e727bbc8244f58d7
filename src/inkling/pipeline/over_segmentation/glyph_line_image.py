"""Make a line image: neighbouring glyphs that may be several digits -> one image for the line recognizer.

Like `normalize`, but scaled by height, so that each digit is about as large as alone, however many there are.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.segmentation import LINE_IMAGE as CONFIG
from inkling.pipeline.normalize import LONGEST, SIDE, glyph_crops, normalize_size
from inkling.pipeline.segmentation import Glyph, Segmentation, bounding_box

MARGIN = (SIDE - LONGEST) // 2  # pixels of background around the ink


def make_glyph_line_image(ink: np.ndarray, segmentation: Segmentation, chosen: list[Glyph]) -> np.ndarray | None:
    """(H, W) float32 ink and some of its whole glyphs -> (28, w) float32, 0 = background, 1 = ink.

    w is a multiple of `width_step_px`; the ink is at the left. None where the image would be too wide.
    """
    box = bounding_box(np.array([glyph.box_xywh for glyph in chosen]))
    if box[2] * LONGEST + 2 * MARGIN * box[3] > CONFIG.max_width * SIDE * box[3]:
        return None
    merged = Glyph(box, tuple(component for glyph in chosen for component in glyph.components))
    [crop] = glyph_crops(ink, Segmentation([[merged]], segmentation.labels, segmentation.corner_xy))
    small = normalize_size(crop, reference_side=lambda shape: shape[0])
    w = CONFIG.width_step_px * -(-(small.shape[1] + 2 * MARGIN) // CONFIG.width_step_px)
    below, right = SIDE - MARGIN - len(small), w - MARGIN - small.shape[1]
    return np.asarray(cv2.copyMakeBorder(small, MARGIN, below, MARGIN, right, cv2.BORDER_CONSTANT))
