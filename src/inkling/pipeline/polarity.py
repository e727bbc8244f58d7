"""Tell dark ink on a light background from light ink on a dark one, by the votes of several cues."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.binarization import POLARITY as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.level_statistics import median_level

LOG_LEVELS = np.log(np.arange(256, dtype=np.float32) + SHARED.level_offset)
MAD_TO_SIGMA = 1.4826  # a normal distribution's standard deviation, in median absolute deviations


def has_light_background(small: np.ndarray) -> bool:
    """Whether dark ink stands on a light background, from the (h, w) uint8 small image. Two cues vote.

    Edges: on the way in from the image's border, the first sharp edge leads from background to ink. A gradient of
    light has no sharp edge, and that of a shadow is met from both sides, so illumination hardly sways this cue.
    Areas: separated by Otsu's threshold (1979), most of the border and most of the image is background. This cue
    decides where the ink fills the image to its border.
    """
    darkest, lightest, _, _ = cv2.minMaxLoc(border_pixels(small))
    if darkest == 255 or lightest == 0:  # a drawing: from the purest white every edge leads to ink, as from black
        light = bool(small.mean() >= 128)
        if light == (darkest == 255):
            return light
    edges = edge_cue(small)
    if edges == 0.0:  # nothing was drawn, or too faintly to tell: what is light is background
        return bool(small.mean() >= 128)
    return edges + CONFIG.area_weight * area_cue(small) >= 0


def edge_cue(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (each first edge leads to something lighter) .. 1 (to something darker).

    0 when no edge stands out from gradient and noise.
    """
    log = LOG_LEVELS[small]  # equal contrasts become equal steps, in light and in shade
    both = log[:, :-2] - log[:, 2:], (log[:-2] - log[2:]).T  # positive: darker to the right, and downwards
    steps = [step for step in both if step.size]
    sharpest = max((float(np.abs(step).max()) for step in steps), default=0.0)
    max_median = sharpest / (SHARED.min_signal_sigmas * MAD_TO_SIGMA)
    if sharpest < CONFIG.min_log_step or any(
        median_level(np.abs(step[::2, ::2] - step.mean())) > max_median for step in steps
    ):
        return 0.0
    votes = []
    for step in steps:
        for inward in (step, -step[:, ::-1]):
            is_sharp = np.abs(inward) > CONFIG.sharp_edge_share * sharpest
            first, found = is_sharp.argmax(axis=1), is_sharp.any(axis=1)
            votes.append(inward[found, first[found]])
    vote = np.concatenate(votes)
    return float(vote.sum() / np.abs(vote).sum())


def area_cue(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (border and image are dark) .. 1 (they are light); the border counts double."""
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = small > threshold
    return float((4 * border_pixels(light).mean() + 2 * light.mean()) / 3 - 1)


def corner_cue(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (the corners are dark) .. 1 (they are light): strokes that fill a box seldom reach them."""
    middle = (float(small.min()) + float(small.max())) / 2
    return float(np.sign(small[[0, 0, -1, -1], [0, -1, 0, -1]] - middle).mean())


def border_pixels(small: np.ndarray) -> np.ndarray:
    """(h, w) -> its outermost pixels, the corners twice."""
    return np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
