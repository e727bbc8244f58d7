"""A second opinion on the digits of a row: the classifier reads each of them in isolation.

The line network sees the whole row, but the classifier, which sees one digit at a time, is better at almost every
digit. A log-linear model combines both (a logarithmic opinion pool: Heskes, "Selecting Weighting Factors in Logarithmic
Opinion Pools", 1998). Its few weights are learned: `python -m scripts.fit_opinions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.line import SECOND_OPINION as CONFIG
from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.recognized_row import LineRow, are_of_comb, cell_of

Classify = Callable[[np.ndarray], Prediction]  # (N, 28, 28) tiles -> calibrated prediction


@dataclass(frozen=True)
class Weights:
    """The weight of each feature of a text: "second_opinion" in the manifest of a line network."""

    line: float = 1.0  # logarithm of the line network's probability
    digits: float = 0.0  # sum over the digits of the logarithm of the classifier's probability
    length: float = 0.0  # number of digits
    comb_digits: float = 0.0  # added to `digits` in a comb, whose cells separate the digits
    comb_length: float = 0.0  # added to `length` in a comb
    shared_cells: float = 0.0  # number of digits in a comb's cells beyond the first one in each cell

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Weights:
        """The weights in a network's manifest. Without the entry, the classifier has no weight."""
        return cls(**manifest.get("second_opinion", {}))

    def as_array(self) -> np.ndarray:
        """(6,) in the order of `opinions`."""
        return np.array(list(asdict(self).values()))


def pooled(
    texts: Sequence[ScoredText],
    row: LineRow,
    cells: Sequence[Box],
    classify: Classify,
    weights: Weights,
    *,
    crossed_out: Sequence[Box] = (),
    cell_tiles: np.ndarray | None = None,
) -> list[ScoredText]:
    """Rescore the texts of one row with the classifier's opinion of their digits -> the texts, the best first.

    The sum of the probabilities is kept. Texts much less probable than the best are dropped, because no opinion could
    make them the best.

    `cell_tiles`: (k, 28, 28) float32 of the written cells of a comb, from left to right, cut out without their walls.
    They determine the relative probabilities of the texts with k digits. The probability that there are k digits comes
    from the row.
    """
    judged = worth_judging(texts)
    if not any(one.text for one in judged):
        return list(texts)
    found = opinions(judged, row, cells, classify, crossed_out=crossed_out) @ weights.as_array()
    opined = _with_probs(judged, found, sum(one.prob for one in texts))
    k = 0 if cell_tiles is None else len(cell_tiles)
    of_cells = [one for one in judged if len(one.text) == k]
    if cell_tiles is not None and k and len(of_cells) > 1:
        share = sum(one.prob for one in opined if len(one.text) == k)
        opined = [one for one in opined if len(one.text) != k]
        opined += _by_cells(of_cells, classify(cell_tiles), share)
    return sorted(opined, key=lambda one: -one.prob)


def _by_cells(texts: Sequence[ScoredText], of_cells: Prediction, total: float) -> list[ScoredText]:
    """Rescore texts of k digits with the classifier's opinion of their k cells. The probabilities sum to `total`."""
    probs = of_cells.probs * (1 - of_cells.not_digit[:, None])  # (k, 10)
    every = np.arange(len(probs))
    logs = np.array(
        [np.log(max(one.prob, 1e-300)) + CONFIG.cell_weight * _log(probs[every, one.text]) for one in texts]
    )
    return _with_probs(texts, logs, total)


def _with_probs(texts: Sequence[ScoredText], logs: np.ndarray, total: float) -> list[ScoredText]:
    """Texts with probabilities proportional to exp(logs), (K,), that sum to `total`."""
    probs = np.exp(logs - logs.max())
    probs *= total / probs.sum()
    return [ScoredText(one.text, prob) for one, prob in zip(texts, probs.tolist(), strict=True)]


def worth_judging(texts: Sequence[ScoredText]) -> list[ScoredText]:
    """The texts that a second opinion could make the best."""
    best = max((one.prob for one in texts), default=0.0)
    return [one for one in texts if one.prob >= CONFIG.min_share * best]


def opinions(
    texts: Sequence[ScoredText],
    row: LineRow,
    cells: Sequence[Box],
    classify: Classify,
    *,
    crossed_out: Sequence[Box] = (),
) -> np.ndarray:
    """K texts of digits -> (K, 6) features, in the order of `Weights`.

    `cells`: of the row, in pixels of the picture. `crossed_out`: cells that look crossed out and should have no digit.
    """
    boxes = [row.line_boxes(one.text) for one in texts]
    corners = np.concatenate(boxes).astype(int)
    every, place = np.unique(corners, axis=0, return_inverse=True)  # texts share most of their boxes
    found = classify(digit_tiles(row.ink, every))
    is_digit = 1 - found.not_digit
    is_digit[[cell_of(box, crossed_out) is not None for box in row.in_picture(every.astype(float))]] = 0
    is_comb = are_of_comb(cells)
    given, start = np.zeros((len(texts), len(fields(Weights)))), 0
    for values, one, own in zip(given, texts, boxes, strict=True):
        at = place[start : start + len(one.text)]
        start += len(one.text)
        of_digits = _log(found.probs[at, list(one.text)]) + _log(is_digit[at])
        values[:3] = np.log(max(one.prob, 1e-300)), of_digits, len(one.text)
        if is_comb:
            used = [k for box in row.in_picture(own) if (k := cell_of(box, cells)) is not None]
            values[3:] = *values[1:3], len(used) - len(set(used))
    return given


def _log(probs: np.ndarray) -> float:
    """The sum of the logarithms of probabilities, smoothed by the fraction of badly cut tiles."""
    return float(np.log(CONFIG.damaged + (1 - CONFIG.damaged) * probs).sum())


def digit_tiles(ink: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(32, W) ink and (n, 4) int boxes x, y, w, h in it -> (n, 28, 28) float32 tiles; empty without ink."""
    ink = np.clip(ink, 0, 1)
    ink[ink < CONFIG.min_ink] = 0
    tiles = np.zeros((len(boxes), SIDE, SIDE), np.float32)
    for tile, (x, y, w, h) in zip(tiles, boxes.tolist(), strict=True):
        crop = ink[y : y + h, x : x + w]
        if crop.any():
            tile[:] = normalize_crop(crop)
    return tiles
