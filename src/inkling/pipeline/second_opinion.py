"""A second opinion on the digits of a row: the classifier looks at each of them alone.

The line network knows the whole row and hardly any digit as well as the classifier does, which never sees more than
one. A text's probability is the product of what both say, the classifier's to a lesser power where the alignment cuts
a digit out of a row, which often damages it: a logarithmic opinion pool (Heskes, "Selecting Weighting Factors in
Logarithmic Opinion Pools", 1998).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.line import SECOND_OPINION as CONFIG
from inkling.pipeline.ctc import Text
from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.symbol_boxes import without_rules

Classify = Callable[[np.ndarray], Prediction]  # (N, 28, 28) tiles -> calibrated


def pooled(
    texts: Sequence[ScoredText],
    boxes_of: Callable[[Text], np.ndarray],
    image: np.ndarray,
    classify: Classify,
    *,
    cells: np.ndarray | None = None,
) -> list[ScoredText]:
    """Texts of one row with the classifier's opinion of their digits, the best first; together as probable as before.

    What is much less probable than the best text is left out: no opinion would make it the best.

    `boxes_of`: a text of n digits -> (n, 4) x, y, w, h of each in pixels of `image`, the (32, W) line image. `cells`:
    (k, 28, 28) float32 tiles of the written cells of a comb, from left to right, cut out without their walls. They show
    the digits of every text that has k of them.
    """
    total, best = sum(one.prob for one in texts), max((one.prob for one in texts), default=0.0)
    judged = [one for one in texts if one.prob >= CONFIG.min_share * best]
    k = 0 if cells is None else len(cells)
    corners = [np.asarray(boxes_of(one.text), int).reshape(-1, 4) for one in judged if len(one.text) != k]
    every, place = np.unique(np.concatenate([np.zeros((0, 4), int), *corners]), axis=0, return_inverse=True)
    tiles = digit_tiles(image, every)  # texts share most of their boxes
    if cells is not None:
        tiles = np.concatenate([cells, tiles])
    if not len(tiles):
        return list(texts)
    found = classify(tiles)
    probs = CONFIG.trust * found.probs * (1 - found.not_digit[:, None]) + (1 - CONFIG.trust) / 10  # (k + n boxes, 10)
    logs_of = np.log(probs / (CONFIG.trust + (1 - CONFIG.trust) / 10))  # 0 for a certain digit
    logs_of[:k] *= CONFIG.cell_weight
    logs_of[k:] *= CONFIG.weight
    logs_of += CONFIG.weight * np.log(CONFIG.digit_odds)
    logs, start = [], 0
    for one in judged:
        places = np.arange(k) if len(one.text) == k else k + place.ravel()[start : start + len(one.text)]
        logs.append(float(logs_of[places, list(one.text)].sum()))
        start += len(one.text) if len(one.text) != k else 0
    after = np.array([one.prob for one in judged]) * np.exp(np.array(logs) - max(logs))
    after *= total / max(after.sum(), 1e-300)
    pairs = zip(judged, after.tolist(), strict=True)
    return sorted((ScoredText(one.text, prob) for one, prob in pairs), key=lambda one: -one.prob)


def digit_tiles(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(32, W) line image and (n, 4) int boxes x, y, w, h in it -> (n, 28, 28) float32 tiles, empty where no ink is."""
    ink = np.clip(without_rules(image), 0, 1)
    ink[ink < CONFIG.min_ink] = 0
    tiles = np.zeros((len(boxes), SIDE, SIDE), np.float32)
    for tile, (x, y, w, h) in zip(tiles, boxes.tolist(), strict=True):
        crop = ink[y : y + h, x : x + w]
        if crop.any():
            tile[:] = normalize_crop(crop)
    return tiles
