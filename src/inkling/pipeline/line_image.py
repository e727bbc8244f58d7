"""Convert a gray row of any size to a line image, the line network's input.

Training lines are made by the same function, so the network's input is the same in training and in use.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.line import LINE_IMAGE as CONFIG

HEIGHT = CONFIG.height_px


def make_line_image(row: np.ndarray, *, stretch: float = 1.0) -> np.ndarray:
    """(h, w) uint8 gray row, dark ink on light paper -> (32, W) float32, about 0 = paper, 1 = ink, -0.5..1.5.

    The row is scaled to a height of 32 pixels and its gray levels are normalized: the median is paper, and the 2nd
    percentile is ink. W is a multiple of 4 from 16 to 1024, padded with paper on the right. A row more than 32 times as
    wide as tall is squeezed to 1024 pixels: no digit is lost, but all are harder to read. `stretch` multiplies the
    width.

    >>> make_line_image(np.full((64, 200), 230, np.uint8)).shape
    (32, 100)
    """
    h, w = row.shape
    width = scaled_width(h, w, stretch=stretch)
    shrinks = h > HEIGHT or width < w
    scaled = cv2.resize(row, (width, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    cumulative = np.bincount(scaled.ravel(), minlength=256).cumsum() / scaled.size
    ink, paper = np.searchsorted(cumulative, (CONFIG.ink_percentile / 100, 0.5))
    contrast = max(float(paper) - float(ink), CONFIG.min_contrast_levels)
    step = CONFIG.width_step_px
    image = np.zeros((HEIGHT, max(CONFIG.width_range_px[0], step * -(-width // step))), np.float32)
    np.clip((float(paper) - scaled.astype(np.float32)) / contrast, *CONFIG.range, out=image[:, :width])
    return image


def scaled_width(h: int, w: int, *, stretch: float = 1.0) -> int:
    """The width, 1..1024, of an (h, w) row in its line image, without padding."""
    return min(max(1, round(stretch * w * HEIGHT / h)), CONFIG.width_range_px[1])
