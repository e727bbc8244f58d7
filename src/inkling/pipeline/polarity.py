"""Whether dark ink stands on light paper or light ink on dark: the witnesses that are heard."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.level_statistics import median_level

OFFSET = 24.0  # grey levels added, so that noise in black regions does not count as contrast
LOG = np.log(np.arange(256, dtype=np.float32) + OFFSET)  # of brightness
STANDS_OUT = 5.0  # standard deviations of the grain, from which an edge is taken as made by a pen
SHARP = 0.3  # of the sharpest edge: an edge sharper than this may be that of a stroke


def is_light_paper(small: np.ndarray) -> bool:
    """Whether dark ink stands on light paper, from the reduced image; two witnesses are heard.

    Edges: coming in from the picture's border, the first sharp edge leads from paper to ink. A gradient of light has
    no sharp edge, and that of a shadow is met from both sides, so light hardly sways this witness.
    Areas: parted by Otsu's threshold (1979), most of the border and most of the picture is paper. This one decides
    where the ink fills the picture to its border.
    """
    darkest, lightest, _, _ = cv2.minMaxLoc(border_of(small))
    if darkest == 255 or lightest == 0:  # a drawing: from the purest white every edge leads to ink, as from black
        light = bool(small.mean() >= 128)
        if light == (darkest == 255):
            return light
    edges = edge_witness(small)
    if edges == 0.0:  # nothing was drawn, or too faintly to tell: what is light is paper
        return bool(small.mean() >= 128)
    return edges + 0.5 * area_witness(small) >= 0


def edge_witness(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (each first edge leads to something lighter) .. 1 (to something darker).

    0 when no edge stands out from gradient and grain.
    """
    log = LOG[small]  # equal contrasts become equal steps, in light and in shade
    both = log[:, :-2] - log[:, 2:], (log[:-2] - log[2:]).T  # positive: darker to the right, and downwards
    steps = [step for step in both if step.size]
    sizes = [np.abs(step) for step in steps]
    sharpest = max((float(size.max()) for size in sizes), default=0.0)
    most = sharpest / (STANDS_OUT * 1.4826)  # of the median step, in which 1.4826 is a normal's standard deviation
    if sharpest < 0.05 or any(median_level(np.abs(step[::2, ::2] - step.mean())) > most for step in steps):
        return 0.0
    sharp = SHARP * sharpest
    votes = []
    for step in steps:
        for inward in (step, -step[:, ::-1]):
            strong = np.abs(inward) > sharp
            first = strong.argmax(axis=1)
            votes.append(inward[strong.any(axis=1), first[strong.any(axis=1)]])
    vote = np.concatenate(votes)
    return float(vote.sum() / np.abs(vote).sum())


def area_witness(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (border and picture are dark) .. 1 (they are light); the border counts double."""
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = small > threshold
    return float((4 * border_of(light).mean() + 2 * light.mean()) / 3 - 1)


def corner_witness(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (the corners are dark) .. 1 (they are light): strokes that fill a box seldom reach them."""
    middle = (float(small.min()) + float(small.max())) / 2
    return float(np.sign(small[[0, 0, -1, -1], [0, -1, 0, -1]] - middle).mean())


def border_of(small: np.ndarray) -> np.ndarray:
    """(h, w) -> its outermost pixels, the corners twice."""
    return np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
