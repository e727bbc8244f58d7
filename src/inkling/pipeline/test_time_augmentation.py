"""Classify narrower views of a digit that may have been stretched to fill its box, and average the predictions.

Some scanners and forms scale all digits to one size, so the original width is unknown. Test-time augmentation averages
the network's predictions over several views, as Krizhevsky, Sutskever and Hinton do with shifted and mirrored ones in
"ImageNet Classification with Deep Convolutional Neural Networks" (2012). Here the views differ in width. They are used
only if an image has a single digit that is about as wide as tall, and the network is not certain.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.segmentation import NORMALIZE
from inkling.pipeline.config.segmentation import TEST_TIME_AUGMENTATION as CONFIG
from inkling.pipeline.normalize import glyph_crops, normalize_crop
from inkling.pipeline.segmentation import Segmentation


def with_test_time_augmentation(
    ink: np.ndarray, segmentation: Segmentation, prediction: Prediction, classify: Callable[[np.ndarray], Prediction]
) -> Prediction:
    """(H, W) float32 ink, its N glyphs and their prediction -> the prediction, or the mean over several views.

    The probability of a non-digit is averaged only if the glyph fills the image, because two touching digits look more
    like one if they are narrower.
    """
    if len(prediction.probs) != 1 or prediction.probs.max() >= CONFIG.certain_at:
        return prediction
    _, _, w, h = segmentation.glyphs[0].box_xywh
    if not CONFIG.aspect_ratio_range[0] <= w / h <= CONFIG.aspect_ratio_range[1]:
        return prediction
    crop = next(glyph_crops(ink, segmentation))
    views = np.stack([normalize_crop(narrow(crop, factor)) for factor in CONFIG.width_factors])  # (V, 28, 28)
    of_views = classify(views)
    probs = np.concatenate([prediction.probs, of_views.probs]).mean(axis=0, keepdims=True)  # (1 + V, 10) -> (1, 10)
    fills_image = h >= CONFIG.min_filled_share * ink.shape[0] and w >= CONFIG.min_filled_share * ink.shape[1]
    if not fills_image:
        return Prediction(probs, prediction.not_digit)
    return Prediction(probs, np.append(prediction.not_digit, of_views.not_digit).mean(keepdims=True))


def narrow(crop: np.ndarray, factor: float) -> np.ndarray:
    """(h, w) float32 ink, 0..1 -> the ink with its aspect ratio multiplied by `factor`. Small crops are made taller."""
    h, w = crop.shape
    size_wh = (w, round(h / factor)) if h < 2 * NORMALIZE.measured_side_px else (max(1, round(w * factor)), h)
    return np.asarray(np.clip(cv2.resize(crop, size_wh, interpolation=cv2.INTER_CUBIC), 0, 1))
