"""glyph -> more looks at it: a picture's only digit, as wide as high, was perhaps stretched to fill its box.

Some scanners and forms make all digits one size, and what a digit's width was before, nobody can tell from it. So where
the network is in doubt it is shown such a digit narrower too, by several amounts, and its answers are averaged: what
Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012), did with
shifted and mirrored views, done with the one change that such pictures have suffered.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.normalize import CROP_SIDE, glyph_crops, normalize
from inkling.pipeline.segmentation import Segmentation

BOXY = (0.8, 1.3)  # width to height of a digit that may have been stretched
NARROWER = (0.8, 0.65, 0.5)  # times its width
CERTAIN = 0.99  # of a digit: no other look is needed
FILLS = 0.94  # of the picture's width and height: it was stretched, for two digits that touch leave some paper


def with_test_time_augmentation(
    ink: np.ndarray, glyphs: Segmentation, prediction: Prediction, classify: Callable[[np.ndarray], Prediction]
) -> Prediction:
    """(H, W) float32 ink, its N glyphs and what the network says of them -> the same, or the mean of several looks.

    Whether it is a digit at all is asked of the other looks only where it fills the picture: two digits that touch look
    more like one when they are narrower.
    """
    if len(prediction.probs) != 1 or prediction.probs.max() >= CERTAIN:
        return prediction
    _, _, w, h = glyphs.flat[0].box_xywh
    if not BOXY[0] <= w / h <= BOXY[1]:
        return prediction
    crop = next(glyph_crops(ink, glyphs))
    again = classify(np.stack([normalize(narrower(crop, by)) for by in NARROWER]))
    probs = np.concatenate([prediction.probs, again.probs]).mean(axis=0, keepdims=True)
    fills = h >= FILLS * ink.shape[0] and w >= FILLS * ink.shape[1]
    not_digit = np.append(prediction.not_digit, again.not_digit).mean(keepdims=True) if fills else prediction.not_digit
    return Prediction(probs, not_digit)


def narrower(crop: np.ndarray, by: float) -> np.ndarray:
    """(h, w) float32 ink, 0..1 -> the same ink at `by` times its width for its height; a small one loses no column."""
    h, w = crop.shape
    size_wh = (w, round(h / by)) if h < 2 * CROP_SIDE else (max(1, round(w * by)), h)
    return np.asarray(np.clip(cv2.resize(crop, size_wh, interpolation=cv2.INTER_CUBIC), 0, 1))
