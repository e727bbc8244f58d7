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
    (k, 28, 28) float32 tiles of the written cells of a comb, from left to right, cut out without their walls. Which of
    the texts of k digits it is, these decide; how probable it is that there are k, the row does.
    """
    total, best = sum(one.prob for one in texts), max((one.prob for one in texts), default=0.0)
    judged = [one for one in texts if one.prob >= CONFIG.min_share * best]
    corners = [np.asarray(boxes_of(one.text), int).reshape(-1, 4) for one in judged]
    if not any(map(len, corners)):
        return list(texts)
    every, place = np.unique(np.concatenate(corners), axis=0, return_inverse=True)  # texts share most of their boxes
    ends = np.cumsum([len(one.text) for one in judged])[:-1]
    found = _weighed(judged, np.split(place.ravel(), ends), classify(digit_tiles(image, every)), CONFIG.weight, total)
    k = 0 if cells is None else len(cells)
    whole = [one for one in judged if len(one.text) == k]
    if cells is not None and k and len(whole) > 1:
        share = sum(one.prob for one in found if len(one.text) == k)
        found = [one for one in found if len(one.text) != k]
        found += _weighed(whole, [np.arange(k)] * len(whole), classify(cells), CONFIG.cell_weight, share)
    return sorted(found, key=lambda one: -one.prob)


def _weighed(
    texts: Sequence[ScoredText], places: Sequence[np.ndarray], of_places: Prediction, weight: float, total: float
) -> list[ScoredText]:
    """Texts with the opinion of the digits in their places, to a power; together as probable as `total`."""
    probs = CONFIG.trust * of_places.probs * (1 - of_places.not_digit[:, None]) + (1 - CONFIG.trust) / 10  # (n, 10)
    probs *= CONFIG.digit_odds / (CONFIG.trust + (1 - CONFIG.trust) / 10)  # digit_odds for a certain one
    logs = np.array(
        [np.log(probs[where, list(one.text)]).sum() for one, where in zip(texts, places, strict=True)], float
    )
    after = np.array([one.prob for one in texts]) * np.exp(weight * (logs - logs.max()))
    after *= total / max(after.sum(), 1e-300)
    return [ScoredText(one.text, prob) for one, prob in zip(texts, after.tolist(), strict=True)]


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
