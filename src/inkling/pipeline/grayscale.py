"""Convert color to gray: luma, or a mixture of channels that shows the ink if luma hides it.

Yellow on white, or red on green, differ in color but hardly in brightness. At the edge of a stroke, the color changes
from the background's to the ink's in any light. So the direction in which colors change most at sharp edges separates
ink from background best: the principal axis (Pearson, "On lines and planes of closest fit", 1901).
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from inkling.pipeline.config.decoding import GRAYSCALE as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.level_statistics import fast_quantile

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # weights of R, G, B (ITU-R BT.601)


def to_grayscale(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3 or 4) uint8 RGB or opaque RGBA -> (H, W) uint8 in which ink stands out, in either polarity."""
    has_alpha = rgb.shape[2] == 4
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGBA2GRAY if has_alpha else cv2.COLOR_RGB2GRAY)
    if shows_ink(luma):
        return luma
    rgb = cv2.cvtColor(rgb, cv2.COLOR_RGBA2RGB) if has_alpha else rgb
    axis = principal_edge_axis(rgb)
    return luma if axis is None else _project(rgb, axis)


def principal_edge_axis(rgb: np.ndarray) -> np.ndarray | None:
    """(H, W, 3) uint8 -> (3,) weights of R, G, B whose absolute values sum to 1; None if luma is about as good."""
    block = max(1, max(rgb.shape[:2]) // CONFIG.edge_side_px)
    # A sparse sample is enough to detect a gray image. A color image is averaged, which reduces noise.
    if np.ptp(_subsample(rgb, block), axis=2).max(initial=0) < CONFIG.min_channel_spread:
        return None
    h, w = (max(1, side // block) for side in rgb.shape[:2])
    small = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
    steps = np.concatenate([np.diff(small, axis=0).reshape(-1, 3), np.diff(small, axis=1).reshape(-1, 3)])
    sizes = np.abs(steps).max(axis=1)
    strongest = fast_quantile(sizes, CONFIG.strongest_quantile)
    if strongest < max(CONFIG.min_step_levels, CONFIG.min_step_to_median * fast_quantile(sizes, 0.5)):
        return None
    edges = steps[sizes > CONFIG.edge_step_share * strongest]
    axis = np.linalg.eigh(edges.T @ edges)[1][:, -1]
    axis = np.asarray(axis / np.abs(axis).sum(), np.float32)
    gain = _median_step(edges, axis) / max(_median_step(edges, LUMA), 1e-6)
    noise_gain = _median_step(steps, axis) / _median_step(steps, LUMA)
    return axis if gain >= CONFIG.min_contrast_gain and gain >= CONFIG.min_snr_gain * noise_gain else None


def shows_ink(luma: np.ndarray) -> bool:
    """Whether luma alone has edges as strong as those of a typical pen's strokes."""
    sample = np.ascontiguousarray(_subsample(luma, -(-max(luma.shape) // CONFIG.luma_sample_side_px)))
    # Rounded up to an integer: comparing bytes with a float would convert all of them.
    least = math.ceil(CONFIG.min_luma_edge * (int(sample.max()) + SHARED.level_offset))
    neighbours = (sample[1:], sample[:-1]), (sample[:, 1:], sample[:, :-1])
    strong = sum(int(np.count_nonzero(cv2.absdiff(*pair) >= least)) for pair in neighbours if pair[0].size)
    return strong > (1 - CONFIG.strongest_quantile) * 2 * sample.size


def _subsample(image: np.ndarray, block: int) -> np.ndarray:
    """One pixel of each block, near its middle."""
    y, x = (min(block // 2, (side - 1) // 2) for side in image.shape[:2])
    return image[y::block, x::block]


def _project(rgb: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The image's levels along an axis, shifted so that the lowest possible level is 0 and the highest is 255."""
    offset = -255 * np.minimum(axis, 0).sum()
    return cv2.transform(np.ascontiguousarray(rgb), np.append(axis, offset)[None].astype(np.float32))


def _median_step(steps: np.ndarray, axis: np.ndarray) -> float:
    """Median size of the steps along an axis, in levels; at least 0.5, the effect of rounding."""
    return max(fast_quantile(np.abs(steps @ axis), 0.5), 0.5)
