"""Texts in the order of their probability, given where the digits stand and which texts an automaton accepts.

The digits are independent given the picture, so the most probable accepted completion of a beginning is found backwards
from the end (Viterbi). With that as an exact outlook, texts are enumerated best-first (A* whose estimate is the truth):
each costs one step a digit, however many there are in all.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from inkling.constraints.pattern import Automaton

FLOOR = 1e-9  # the least probability of a digit: a network's zero is only its rounding


class Scored(NamedTuple):
    """A text and the natural logarithm of its probability."""

    score: float
    digits: tuple[int, ...]


def log_of(probs: np.ndarray) -> np.ndarray:
    """(n, 10) probabilities, each row summing to 1 -> (n, 10) float64 logarithms, each finite."""
    floored = np.maximum(np.asarray(probs, np.float64), FLOOR)
    return np.asarray(np.log(floored / floored.sum(axis=1, keepdims=True)))


def outlook(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(n, 10), S states -> (n + 1, S): score of the best accepted completion from position i in state s; -inf: none."""
    return _backwards(log_probs, automaton, np.max)


def log_mass(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(n, 10), S states -> (n + 1, S): logarithm of the probability that what follows is accepted."""
    return _backwards(log_probs, automaton, np.logaddexp.reduce)


def marginals(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(n, 10) -> (n, 10): probability of each digit at each place, given that the text is accepted (some text must be).

    The forward-backward algorithm (Rabiner, "A Tutorial on Hidden Markov Models", 1989).
    """
    after = log_mass(log_probs, automaton)
    state = np.full(len(automaton.final), -np.inf)  # logarithm of the probability of being there
    state[0] = 0.0
    given = np.zeros(log_probs.shape)
    for i, row in enumerate(log_probs):
        ways = state[:, None] + row + after[i + 1][automaton.step]  # (S, 10)
        digits = np.logaddexp.reduce(ways, axis=0)
        given[i] = np.exp(digits - np.logaddexp.reduce(digits))
        following = np.full_like(state, -np.inf)
        np.logaddexp.at(following, automaton.step, state[:, None] + row)
        state = following
    return given


def most_probable_first(log_probs: np.ndarray, automaton: Automaton) -> Iterator[Scored]:
    """Every accepted text, the most probable first; of equals, the smallest."""
    n, best = len(log_probs), outlook(log_probs, automaton)
    if best[0, 0] == -np.inf:
        return
    options = _options(log_probs, automaton, best)
    # A node is a text as far as its first `len(start)` digits and the `rank`-th best digit after them; its priority is
    # the score of its best completion. Completing it leaves one node behind at each digit: the next best there.
    heap: list[tuple[float, tuple[int, ...], int, int, float]] = [(-float(best[0, 0]), (), 0, 0, 0.0)]
    while heap:
        _, start, rank, state, score = heapq.heappop(heap)
        digits = list(start)
        while len(digits) < n:
            ranked = options(len(digits), state)
            if rank + 1 < len(ranked):
                heapq.heappush(heap, (-(score + ranked[rank + 1][0]), tuple(digits), rank + 1, state, score))
            _, digit, following = ranked[rank]
            score += float(log_probs[len(digits), digit])
            digits.append(digit)
            state, rank = following, 0
        yield Scored(score, tuple(digits))


def _backwards(log_probs: np.ndarray, automaton: Automaton, fold: Callable[..., np.ndarray]) -> np.ndarray:
    n, states = len(log_probs), len(automaton.final)
    found = np.full((n + 1, states), -np.inf)
    found[n, automaton.final] = 0.0
    for i in range(n - 1, -1, -1):
        found[i] = fold(log_probs[i] + found[i + 1][automaton.step], axis=1)  # (S, 10) -> (S,)
    return found


def _options(
    log_probs: np.ndarray, automaton: Automaton, best: np.ndarray
) -> Callable[[int, int], list[tuple[float, int, int]]]:
    """(position, state) -> value of its best completion, digit, next state; the best first. Worked out once each."""
    known: dict[tuple[int, int], list[tuple[float, int, int]]] = {}

    def options(i: int, state: int) -> list[tuple[float, int, int]]:
        if (i, state) not in known:
            following = automaton.step[state]
            values = log_probs[i] + best[i + 1][following]
            order = np.argsort(-values, kind="stable")
            known[i, state] = [(float(values[d]), int(d), int(following[d])) for d in order if values[d] > -np.inf]
        return known[i, state]

    return options
