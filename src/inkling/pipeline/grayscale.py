"""colour -> grey: the usual brightness, or, where that hardly shows the ink, the mixture of channels that shows it.

Yellow on white and red on green differ in colour and hardly in brightness. Along the edge of a stroke the colour
changes from the paper's to the ink's, whatever the light, so the direction in which colours change most at sharp
edges (the principal axis: Pearson, "On lines and planes of closest fit", 1901) parts ink from paper best.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

GREY = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601: the usual brightness of R, G, B
PLAIN = 0.25  # of the light: where the strongest edges of the usual brightness reach this, it is taken
COLOURED = 12  # levels between two channels: with less the picture is grey
GLANCE = 96  # pixels: at most so many along the longer side are looked at first
SIDE = 160  # pixels: about the longer side on which edges are looked at
STRONGEST = 0.998  # quantile of the steps that counts as the strongest: a few digits on a large page have so many
LEAST_STEP = 8.0  # levels: weaker edges are grain
GAIN = 2.0  # how many times the edges must be stronger along the axis than in brightness
CLEARER = 1.5  # how many times they must stand out better from the grain
OFFSET = 24.0  # levels added to the paper's, as in ink.py


def to_grey(colour: np.ndarray) -> np.ndarray:
    """(H, W, 3 or 4) uint8 RGB or opaque RGBA -> (H, W) uint8: ink stands out from paper, in either polarity."""
    opaque = colour.shape[2] == 4
    grey = cv2.cvtColor(colour, cv2.COLOR_RGBA2GRAY if opaque else cv2.COLOR_RGB2GRAY)
    if shows_ink(grey):
        return grey
    rgb = cv2.cvtColor(colour, cv2.COLOR_RGBA2RGB) if opaque else colour
    axis = ink_axis(rgb)
    return grey if axis is None else _along(rgb, axis)


def ink_axis(rgb: np.ndarray) -> np.ndarray | None:
    """(H, W, 3) uint8 -> (3,) weights of R, G, B whose sizes sum to 1; None where brightness is as good."""
    block = max(1, max(rgb.shape[:2]) // SIDE)
    # A few pixels tell a grey picture; a coloured one is reduced by the mean, which removes grain.
    if np.ptp(_thinned(rgb, block), axis=2).max(initial=0) < COLOURED:
        return None
    h, w = (max(1, side // block) for side in rgb.shape[:2])
    small = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
    steps = np.concatenate([np.diff(small, axis=0).reshape(-1, 3), np.diff(small, axis=1).reshape(-1, 3)])
    sizes = np.abs(steps).max(axis=1)
    strongest = _quantile(sizes, STRONGEST)
    if strongest < max(LEAST_STEP, 4 * _quantile(sizes, 0.5)):
        return None
    edges = steps[sizes > 0.5 * strongest]
    axis = np.linalg.eigh(edges.T @ edges)[1][:, -1]
    axis = np.asarray(axis / np.abs(axis).sum(), np.float32)
    gain = _contrast(edges, axis) / max(_contrast(edges, GREY), 1e-6)
    grain = _contrast(steps, axis) / _contrast(steps, GREY)
    return axis if gain >= GAIN and gain >= CLEARER * grain else None


def shows_ink(grey: np.ndarray) -> bool:
    """Whether brightness alone has edges as strong as those of a usual pen."""
    sample = np.ascontiguousarray(_thinned(grey, -(-max(grey.shape) // GLANCE)))
    least = math.ceil(PLAIN * (int(sample.max()) + OFFSET))  # whole: bytes are compared with a float as floats
    beside = (sample[1:], sample[:-1]), (sample[:, 1:], sample[:, :-1])
    strong = sum(int(np.count_nonzero(cv2.absdiff(*pair) >= least)) for pair in beside if pair[0].size)
    return strong > (1 - STRONGEST) * 2 * sample.size


def _thinned(image: np.ndarray, block: int) -> np.ndarray:
    """One pixel of each block, near its middle."""
    y, x = (min(block // 2, (side - 1) // 2) for side in image.shape[:2])
    return image[y::block, x::block]


def _along(rgb: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The picture's levels along an axis, the lowest possible at 0 and the highest at 255."""
    offset = -255 * np.minimum(axis, 0).sum()
    return cv2.transform(np.ascontiguousarray(rgb), np.append(axis, offset)[None].astype(np.float32))


def _contrast(steps: np.ndarray, axis: np.ndarray) -> float:
    """The usual size of the steps along an axis, levels; at least half a level, which rounding makes."""
    return max(_quantile(np.abs(steps @ axis), 0.5), 0.5)


def _quantile(values: np.ndarray, q: float) -> float:
    rank = int(q * (values.size - 1))
    return float(np.partition(values, rank)[rank]) if values.size else 0.0
