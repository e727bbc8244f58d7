"""A second opinion on the digits of a row: the classifier looks at each of them alone.

The line network sees the whole row, but knows hardly any digit as well as the classifier, which sees only one at a
time. A log-linear model combines what both say (a logarithmic opinion pool: Heskes, "Selecting Weighting Factors in
Logarithmic Opinion Pools", 1998). Its few weights are learned: `python -m scripts.fit_opinions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.line import SECOND_OPINION as CONFIG
from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.recognized_row import LineRow, are_of_comb, cell_of
from inkling.pipeline.result import Box

Classify = Callable[[np.ndarray], Prediction]  # (N, 28, 28) tiles -> calibrated


@dataclass(frozen=True)
class Weights:
    """How much each part of an opinion on a text counts: "second_opinion" in the manifest of a line network."""

    line: float = 1.0  # logarithm of the line network's probability
    digits: float = 0.0  # sum over the digits: logarithm of the classifier's probability, each in its place ..
    length: float = 0.0  # .. and the number of digits
    comb_digits: float = 0.0  # the same two, added in a comb, whose cells separate the digits
    comb_length: float = 0.0
    shared_cells: float = 0.0  # digits that share their cell of a comb with another

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Weights:
        """The weights in a network's manifest; without the entry, the classifier does not count."""
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
    """Texts of one row with the classifier's opinion of their digits, the best first; together as probable as before.

    Texts much less probable than the best are left out: no opinion would make one of them the best.

    `cell_tiles`: (k, 28, 28) float32 of the written cells of a comb, from left to right, cut out without their walls.
    They decide between the texts of k digits; the row decides how probable it is that there are k.
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
    """Texts of k digits with the opinion on the k cells that hold them; together as probable as `total`."""
    probs = of_cells.probs * (1 - of_cells.not_digit[:, None])  # (k, 10)
    every = np.arange(len(probs))
    logs = np.array(
        [np.log(max(one.prob, 1e-300)) + CONFIG.cell_weight * _log(probs[every, one.text]) for one in texts]
    )
    return _with_probs(texts, logs, total)


def _with_probs(texts: Sequence[ScoredText], logs: np.ndarray, total: float) -> list[ScoredText]:
    """Texts with probabilities in proportion to exp(logs), (K,); together as probable as `total`."""
    probs = np.exp(logs - logs.max())
    probs *= total / probs.sum()
    return [ScoredText(one.text, prob) for one, prob in zip(texts, probs.tolist(), strict=True)]


def worth_judging(texts: Sequence[ScoredText]) -> list[ScoredText]:
    """The texts that an opinion may make the best."""
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
    """K texts of digits -> (K, 6): what `Weights` weighs.

    `cells`: of the row, in pixels of the picture; `crossed_out`: those that look so, where no digit is expected.
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
    """The sum of the logarithms of probabilities, none of which is below the share of badly cut tiles."""
    return float(np.log(CONFIG.damaged + (1 - CONFIG.damaged) * probs).sum())


def digit_tiles(ink: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(32, W) ink and (n, 4) int boxes x, y, w, h in it -> (n, 28, 28) float32 tiles, empty where no ink is."""
    ink = np.clip(ink, 0, 1)
    ink[ink < CONFIG.min_ink] = 0
    tiles = np.zeros((len(boxes), SIDE, SIDE), np.float32)
    for tile, (x, y, w, h) in zip(tiles, boxes.tolist(), strict=True):
        crop = ink[y : y + h, x : x + w]
        if crop.any():
            tile[:] = normalize_crop(crop)
    return tiles
