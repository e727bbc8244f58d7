"""A conditional random field over the lattices of a row, whose cuts are hidden.

A way through the lattices is as probable as the exponential of its score: the probabilities of its digits, less its
prices. Summed over the ways that read a text, that is how probable the text is, and each segment's share in the sum is
the slope of its logarithm: the discriminative forward algorithm of graph transformer networks (LeCun, Bottou, Bengio,
Haffner 1998, section VI).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEVER = -1e9  # the logarithm of nothing
HOPELESS = 20.0  # nats: a row whose text is less probable than this teaches nothing more


@dataclass(frozen=True)
class Arcs:
    """The segments of one lattice, sorted by their end, as numbers."""

    last: int  # node
    start: np.ndarray  # (A,) nodes
    end: np.ndarray  # (A,) nodes
    log_probs: np.ndarray  # (A, 10), of each digit
    features: np.ndarray  # (A, 6), what the prices are multiplied with

    def scores(self, prices: np.ndarray) -> np.ndarray:
        """(6,) prices -> (A, 10): of each arc read as each digit."""
        return np.asarray(self.log_probs + (self.features @ prices)[:, None])


@dataclass(frozen=True)
class Row:
    """A picture's lattices in reading order, and what was written."""

    kind: str
    lattices: list[Arcs]
    text: list[int]


def every_way(arcs: Arcs, scores: np.ndarray) -> tuple[float, np.ndarray]:
    """(A, 10) scores -> logarithm of the sum over all ways with all digits, and (A,) how often each arc is on one."""
    of_arc = np.logaddexp.reduce(scores, axis=1)
    before, after = np.full(arcs.last + 1, NEVER), np.full(arcs.last + 1, NEVER)
    before[0] = after[-1] = 0.0
    for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
        before[end] = np.logaddexp(before[end], before[start] + of_arc[i])
    for i in reversed(range(len(of_arc))):
        start, end = arcs.start[i], arcs.end[i]
        after[start] = np.logaddexp(after[start], of_arc[i] + after[end])
    return float(before[-1]), np.exp(before[arcs.start] + of_arc + after[arcs.end] - before[-1])


def ways_to(row: Row, scores: Sequence[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """The same over the ways that read the row's text of n digits: (A, n), how often each arc is which of them.

    No shares where no way reads it.
    """
    n, fronts = len(row.text), []
    front = np.full(n + 1, NEVER)  # by how many digits have been read
    front[0] = 0.0
    for arcs, score in zip(row.lattices, scores, strict=True):
        before, of_text = np.full((arcs.last + 1, n + 1), NEVER), score[:, row.text]  # (A, n)
        before[0] = front
        for i, (start, end) in enumerate(zip(arcs.start, arcs.end, strict=True)):
            before[end, 1:] = np.logaddexp(before[end, 1:], before[start, :-1] + of_text[i])
        fronts.append(before)
        front = before[-1]
    log_sum = float(front[n])
    if log_sum < NEVER / 2:
        return log_sum, []
    back, shares = np.full(n + 1, NEVER), []
    back[n] = 0.0
    for arcs, score, before in zip(row.lattices[::-1], scores[::-1], fronts[::-1], strict=True):
        after, of_text = np.full((arcs.last + 1, n + 1), NEVER), score[:, row.text]
        after[-1], share = back, np.zeros(of_text.shape)
        for i in reversed(range(len(score))):
            start, end = arcs.start[i], arcs.end[i]
            through = of_text[i] + after[end, 1:]
            after[start, :-1] = np.logaddexp(after[start, :-1], through)
            share[i] = np.exp(before[start, :-1] + through - log_sum)
        shares.append(share)
        back = after[0]
    return log_sum, shares[::-1]
