"""Occlusion, for any network: the effect of erasing or adding ink.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014): a patch of paper slides over the tile,
and the drop in the log-odds without that ink is its attribution. Conversely, a dot of ink is tried wherever there is
none. White paper is 0 and contributes no points, but its emptiness can matter; the dots show where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from inkling.explain.log_odds import Attribution, log_odds
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.normalize import SIDE

# Chosen on MNIST's held-out training images: erasing the top tenth of the ink by attribution costs `cnn` 5.0 points of
# log-odds with a patch of 3 pixels, 4.6 with 5 and 3.3 with 7; erasing random ink costs 0.7. A stroke is two to three
# pixels wide, so the patch covers only one.
PATCH = 3  # pixels
DOT, DOT_STEP = 3, 2  # pixels
FAINT = 0.1  # ink, 0..1; a pixel with less is paper

Window = tuple[slice, slice]


def occlusion_attributions(
    model: Classifier, tile: np.ndarray, contrasts: np.ndarray, temperature: float
) -> list[Attribution]:
    """(28, 28) tile and (Q, 10) contrasts -> Q attributions: the drop in the log-odds without the ink, in points.

    A pixel's points are the mean drop over the patches that cover it, times its ink. They do not add up to the total,
    because strokes are redundant. Runs one batch.
    """
    patches = [at for at in windows(PATCH, 1) if tile[at].max() > FAINT]
    erased = np.repeat(tile[None], len(patches) + 1, axis=0)
    for changed, at in zip(erased[1:], patches, strict=True):
        changed[at] = 0
    found = log_odds(model(erased), contrasts, temperature)  # (1 + W, 28, 28) -> (1 + W, Q)
    drops = spread(found[0] - found[1:], patches, SIDE) * tile  # (Q, 28, 28)
    return [Attribution(float(total), drop, None) for total, drop in zip(found[0], drops, strict=True)]


def missing_ink_effect(model: Classifier, tile: np.ndarray, contrast: np.ndarray, temperature: float) -> np.ndarray:
    """The effect of a dot of ink, on the paper around the strokes, on the log-odds of one (10,) contrast.

    (28, 28) tile -> (28, 28) points. They are 0 on ink, and outside the square of the digit's longer side, where ink
    would enlarge the digit and so change the tile.
    """
    around = _square(tile)
    dots = [at for at in windows(DOT, DOT_STEP) if tile[at].mean() < 0.5 and around[at].any()]
    dotted = np.repeat(tile[None], len(dots) + 1, axis=0)
    for changed, at in zip(dotted[1:], dots, strict=True):
        changed[at] = 1
    found = log_odds(model(dotted), contrast[None], temperature)
    return np.asarray(spread(found[1:] - found[0], dots, SIDE)[0] * (around & (tile <= FAINT)))


def _square(tile: np.ndarray) -> np.ndarray:
    """(28, 28) bool mask of the square around the digit, with the length of its longer side; empty without ink."""
    inside = np.zeros(tile.shape, bool)
    ys, xs = np.nonzero(tile > FAINT)
    if ys.size:
        reach = (max(np.ptp(ys), np.ptp(xs)) + 1) / 2
        y, x = (int(ys.min()) + int(ys.max()) + 1) / 2, (int(xs.min()) + int(xs.max()) + 1) / 2
        inside[max(round(y - reach), 0) : round(y + reach), max(round(x - reach), 0) : round(x + reach)] = True
    return inside


def windows(side: int, step: int) -> Iterator[Window]:
    """Squares that cover the tile, `step` pixels apart, clipped at its border."""
    starts = range(-(side // 2), SIDE - side // 2, step)
    for y in starts:
        for x in starts:
            yield slice(max(y, 0), y + side), slice(max(x, 0), x + side)


def spread(values: np.ndarray, windows: Sequence[Window], side: int) -> np.ndarray:
    """(W, Q) values of W windows -> (Q, side, side): for each pixel, the mean over the windows that cover it."""
    total = np.zeros((values.shape[1], side, side))
    count = np.zeros((side, side))
    for own, at in zip(values, windows, strict=True):
        total[(slice(None), *at)] += own[:, None, None]
        count[at] += 1
    return total / np.maximum(count, 1)
