"""Downscale an image, in particular to the small one from which page, polarity and background are estimated."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.binarization import DOWNSCALING as CONFIG


def downscale(image: np.ndarray) -> np.ndarray:
    """(H, W) uint8 -> (h, w) uint8 with a longer side of about CONFIG.side_px, by averaging pixels.

    Averaging whole blocks is several times faster than exact resizing, especially in steps of two. Pixels beyond the
    last whole block are dropped.
    """
    block = round(max(image.shape) / CONFIG.side_px)
    h, w = (side // max(block, 1) for side in image.shape)
    if block <= 1:
        return image
    if min(h, w) >= CONFIG.min_block_side_px:
        whole = image[: h * block, : w * block]
        while block % 2 == 0:
            block //= 2
            whole = cv2.resize(whole, (w * block, h * block), interpolation=cv2.INTER_AREA)
        return whole if block == 1 else cv2.resize(whole, (w, h), interpolation=cv2.INTER_AREA)
    return reduced_by(image, CONFIG.side_px / max(image.shape))


def reduced_by(image: np.ndarray, factor: float) -> np.ndarray:
    """(h, w) -> (h * factor, w * factor), by averaging pixels; unchanged if the factor is 1 or more."""
    if factor >= 1:
        return image
    h, w = image.shape
    return cv2.resize(image, (max(1, round(w * factor)), max(1, round(h * factor))), interpolation=cv2.INTER_AREA)


def upscale(small: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A map of the small image -> the same map for the full image of `shape`, (H, W), aligned by blocks."""
    (h, w), (h_image, w_image) = small.shape, shape
    block = round(max(shape) / CONFIG.side_px)
    if block <= 1 or (h, w) != (h_image // block, w_image // block):
        return cv2.resize(small, (w_image, h_image), interpolation=cv2.INTER_LINEAR)
    wide = cv2.resize(small, (w * block, h * block), interpolation=cv2.INTER_LINEAR)
    below, right = h_image - h * block, w_image - w * block
    return cv2.copyMakeBorder(wide, 0, below, 0, right, cv2.BORDER_REPLICATE)
