"""A conditional random field over the segmentation graphs of a row of digits, whose cuts are hidden.

A path through the graphs is as probable as the exponential of its score: the probabilities of its digits, less its
costs. Summed over the paths that read a text, that is how probable the text is, and each segment's share in the sum is
the gradient of its logarithm: the discriminative forward algorithm of graph transformer networks (LeCun, Bottou,
Bengio, Haffner 1998, section VI).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LOG_ZERO = -1e9  # the logarithm of a probability of 0
HOPELESS = 20.0  # nats: a row whose text is less probable than this teaches nothing more
FITTED = ("refusal_weight", "cut", "cut_score", "gap", "excess_width", "missing_height")  # weights of the features


@dataclass(frozen=True)
class CutCosts:
    """What cutting or joining ink costs, in nats unless stated otherwise.

    Those in FITTED maximize the likelihood of rows of validation digits as the packaged `cnn` read them; the others
    were chosen by hand on such rows.
    """

    refusal_weight: float = 2.4  # factor: how much the network's verdict that something is no digit counts
    cut: float = 2.7  # for each cut ..
    cut_score: float = 0.51  # .. less so much for each unit of the cut's score
    gap: float = 0.93  # for each gap between components that are taken for one digit
    excess_width: float = 0.92  # for each height by which a digit's width to height exceeds ..
    usual_width: float = 1.2  # .. this ratio
    missing_height: float = 2.7  # for each height of the line's tallest glyph by which a part is lower than ..
    usual_height: float = 0.9  # .. this share of it
    min_probability: float = 1e-4  # 0..1: a lower probability of the network is taken for this


COSTS = CutCosts()


@dataclass(frozen=True)
class Arcs:
    """The segments of one graph, sorted by their end, as numbers."""

    last: int  # node
    start: np.ndarray  # (A,) nodes
    end: np.ndarray  # (A,) nodes
    log_probs: np.ndarray  # (A, 10), of each digit
    features: np.ndarray  # (A, 6), what the costs in FITTED are multiplied with

    def scores(self, costs: np.ndarray) -> np.ndarray:
        """(6,) costs -> (A, 10): of each arc read as each digit."""
        return np.asarray(self.log_probs + (self.features @ costs)[:, None])


@dataclass(frozen=True)
class Row:
    """An image's graphs in reading order, and what was written."""

    kind: str
    graphs: list[Arcs]
    text: list[int]


def to_vector(costs: CutCosts) -> np.ndarray:
    """(6,): the costs in FITTED."""
    return np.array([getattr(costs, name) for name in FITTED])


def all_paths(arcs: Arcs, scores: np.ndarray) -> tuple[float, np.ndarray]:
    """(A, 10) scores -> logarithm of the sum over all paths with all digits, and (A,) each arc's share in it."""
    of_arc = np.logaddexp.reduce(scores, axis=1)
    before, after = np.full(arcs.last + 1, LOG_ZERO), np.full(arcs.last + 1, LOG_ZERO)
    before[0] = after[-1] = 0.0
    for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
        before[end] = np.logaddexp(before[end], before[start] + of_arc[i])
    for i in reversed(range(len(of_arc))):
        start, end = arcs.start[i], arcs.end[i]
        after[start] = np.logaddexp(after[start], of_arc[i] + after[end])
    return float(before[-1]), np.exp(before[arcs.start] + of_arc + after[arcs.end] - before[-1])


def paths_for_text(row: Row, scores: Sequence[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """The same over the paths that read the row's text of n digits: (A, n) for each graph, by place in the text.

    No shares where no path reads it.
    """
    n, fronts = len(row.text), []
    front = np.full(n + 1, LOG_ZERO)  # by how many digits have been read
    front[0] = 0.0
    for arcs, score in zip(row.graphs, scores, strict=True):
        before, of_text = np.full((arcs.last + 1, n + 1), LOG_ZERO), score[:, row.text]  # (A, n)
        before[0] = front
        for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
            before[end, 1:] = np.logaddexp(before[end, 1:], before[start, :-1] + of_text[i])
        fronts.append(before)
        front = before[-1]
    log_sum = float(front[n])
    if log_sum < LOG_ZERO / 2:
        return log_sum, []
    back, shares = np.full(n + 1, LOG_ZERO), []
    back[n] = 0.0
    for arcs, score, before in zip(row.graphs[::-1], scores[::-1], fronts[::-1], strict=True):
        after, of_text = np.full((arcs.last + 1, n + 1), LOG_ZERO), score[:, row.text]
        after[-1], share = back, np.zeros(of_text.shape)
        for i in reversed(range(len(score))):
            start, end = arcs.start[i], arcs.end[i]
            through = of_text[i] + after[end, 1:]
            after[start, :-1] = np.logaddexp(after[start, :-1], through)
            share[i] = np.exp(before[start, :-1] + through - log_sum)
        shares.append(share)
        back = after[0]
    return log_sum, shares[::-1]
