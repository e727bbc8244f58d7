"""Texts in the order of their probability, given the probabilities of each digit and an automaton that accepts texts.

The digits are independent given the segmentation, so the most probable accepted completion of a prefix is computed from
the end backwards (Viterbi). With that as an exact heuristic, A* search enumerates texts best-first: one step per digit
and text, however many texts there are.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from inkling.constraints.pattern import Automaton

MIN_PROB = 1e-9  # of a digit: a network's zero is a rounding


class ScoredText(NamedTuple):
    """A text and its log-probability."""

    score: float
    digits: tuple[int, ...]


def safe_log(probs: np.ndarray) -> np.ndarray:
    """(n, 10) probabilities, each row summing to 1 -> (n, 10) float64 logarithms, each finite."""
    floored = np.maximum(np.asarray(probs, np.float64), MIN_PROB)
    return np.asarray(np.log(floored / floored.sum(axis=1, keepdims=True)))


def best_completions(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(n, 10), S states -> (n + 1, S): score of the best accepted completion from position i in state s; -inf: none."""
    return _backwards(log_probs, automaton, np.max)


def log_mass(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(n, 10), S states -> (n + 1, S): log-probability that the rest of the text is accepted."""
    return _backwards(log_probs, automaton, np.logaddexp.reduce)


def marginals(log_probs: np.ndarray, automaton: Automaton) -> np.ndarray:
    """(n, 10) -> (n, 10): probability of each digit at each position, given that the text is accepted.

    Some text must be accepted. The forward-backward algorithm (Rabiner, "A Tutorial on Hidden Markov Models", 1989).
    """
    after = log_mass(log_probs, automaton)
    state = np.full(len(automaton.final), -np.inf)  # log-probability of each state
    state[0] = 0.0
    given = np.zeros(log_probs.shape)
    for i, row in enumerate(log_probs):
        transitions = state[:, None] + row + after[i + 1][automaton.step]  # (S, 10)
        digits = np.logaddexp.reduce(transitions, axis=0)
        given[i] = np.exp(digits - np.logaddexp.reduce(digits))
        following = np.full_like(state, -np.inf)
        np.logaddexp.at(following, automaton.step, state[:, None] + row)
        state = following
    return given


def n_best(log_probs: np.ndarray, automaton: Automaton) -> Iterator[ScoredText]:
    """Every accepted text, the most probable first; of equally probable texts, the smallest first."""
    n, best = len(log_probs), best_completions(log_probs, automaton)
    if best[0, 0] == -np.inf:
        return
    next_digits = _ranked_digits(log_probs, automaton, best)
    # A node is a prefix and the rank of the digit that follows it; its priority is the score of its best completion.
    # Completing it adds one node at each position: the same prefix with the next best digit.
    heap: list[tuple[float, tuple[int, ...], int, int, float]] = [(-float(best[0, 0]), (), 0, 0, 0.0)]
    while heap:
        _, prefix, rank, state, score = heapq.heappop(heap)
        digits = list(prefix)
        while len(digits) < n:
            ranked = next_digits(len(digits), state)
            if rank + 1 < len(ranked):
                heapq.heappush(heap, (-(score + ranked[rank + 1][0]), tuple(digits), rank + 1, state, score))
            _, digit, following = ranked[rank]
            score += float(log_probs[len(digits), digit])
            digits.append(digit)
            state, rank = following, 0
        yield ScoredText(score, tuple(digits))


def _backwards(log_probs: np.ndarray, automaton: Automaton, fold: Callable[..., np.ndarray]) -> np.ndarray:
    n, states = len(log_probs), len(automaton.final)
    table = np.full((n + 1, states), -np.inf)
    table[n, automaton.final] = 0.0
    for i in range(n - 1, -1, -1):
        table[i] = fold(log_probs[i] + table[i + 1][automaton.step], axis=1)  # (S, 10) -> (S,)
    return table


def _ranked_digits(
    log_probs: np.ndarray, automaton: Automaton, best: np.ndarray
) -> Callable[[int, int], list[tuple[float, int, int]]]:
    """(position, state) -> (score of the best completion, digit, next state) for each digit, the best first."""

    @cache
    def ranked(i: int, state: int) -> list[tuple[float, int, int]]:
        following = automaton.step[state]
        values = log_probs[i] + best[i + 1][following]
        order = np.argsort(-values, kind="stable")
        return [(float(values[d]), int(d), int(following[d])) for d in order if values[d] > -np.inf]

    return ranked
