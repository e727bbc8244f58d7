"""Distinguish dark ink on a light background from light ink on a dark one, by combining several cues."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.binarization import POLARITY as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.level_statistics import median_level

LOG_LEVELS = np.log(np.arange(256, dtype=np.float32) + SHARED.level_offset)
MAD_TO_SIGMA = 1.4826  # a normal distribution's standard deviation, in median absolute deviations


def has_light_background(small: np.ndarray) -> bool:
    """Whether the (h, w) uint8 small image has a light background. Two cues are combined.

    Edges: moving in from the image's border, the first sharp edge leads from background to ink. Lighting gradients have
    no sharp edges, and a shadow's edge is crossed from both sides, so illumination hardly affects this cue.
    Areas: of the two parts that Otsu's threshold (1979) separates, the background covers more of the border and of the
    image. The area cue is decisive if the ink fills the image to its border.
    """
    darkest, lightest, _, _ = cv2.minMaxLoc(border_pixels(small))
    if darkest == 255 or lightest == 0:  # a drawing: from pure white, or pure black, every edge leads to ink
        light = bool(small.mean() >= 128)
        if light == (darkest == 255):
            return light
    edges = edge_cue(small)
    if edges == 0.0:  # no ink, or too faint to decide: use the mean brightness
        return bool(small.mean() >= 128)
    return edges + CONFIG.area_weight * area_cue(small) >= 0


def edge_cue(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (all first edges lead to lighter pixels) .. 1 (to darker pixels).

    0 if no edge stands out from gradient and noise.
    """
    log = LOG_LEVELS[small]  # equal contrasts become equal steps, in light and in shadow
    both = log[:, :-2] - log[:, 2:], (log[:-2] - log[2:]).T  # positive: darker to the right, or downward
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
    """(h, w) uint8 -> -1 (border and image are dark) .. 1 (they are light). The border has double weight."""
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = small > threshold
    return float((4 * border_pixels(light).mean() + 2 * light.mean()) / 3 - 1)


def corner_cue(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (the corners are dark) .. 1 (they are light). Strokes that fill a box seldom reach them."""
    middle = (float(small.min()) + float(small.max())) / 2
    return float(np.sign(small[[0, 0, -1, -1], [0, -1, 0, -1]] - middle).mean())


def border_pixels(small: np.ndarray) -> np.ndarray:
    """(h, w) -> the outermost pixels; the corners are included twice."""
    return np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
