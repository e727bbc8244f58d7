"""strip -> how probable it is that some digits are written there, read as a whole.

The network says of every other column which digit is new there, or none. A text is as probable as all the ways
together in which the columns may give it: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal
Classification" (2006).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BLANK = 10  # the class "no new digit"
IMPOSSIBLE = -1e9  # the logarithm of a probability of 0, so that two can be compared


def best_text(probs: np.ndarray) -> list[int]:
    """(T, 11) -> the digits along the most probable columns, which is nearly always the most probable text."""
    best = probs.argmax(axis=1)
    new = np.append(True, best[1:] != best[:-1])
    return [int(digit) for digit in best[new & (best != BLANK)]]


def each_digit(probs: np.ndarray, text: Sequence[int]) -> np.ndarray:
    """(T, 11) probabilities of a strip's columns and n digits -> (n, 10) natural logarithms.

    How probable the text is with each of the ten in the place of each of its digits.
    """
    others = [(*text[:i], digit, *text[i + 1 :]) for i in range(len(text)) for digit in range(10)]
    return log_likelihoods(probs, others).reshape(len(text), 10)


def log_likelihoods(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(T, 11) probabilities of a strip's columns and K texts -> (K,) natural logarithms of their probabilities.

    What has no digits, or more than the columns hold, is IMPOSSIBLE.
    """
    longest = max((len(text) for text in texts), default=0)
    states = np.full((len(texts), 2 * longest + 1), BLANK)  # blank, first digit, blank, second digit, .., blank
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    skips = np.zeros(states.shape)  # 1 where a digit may follow another without a blank between them
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    of_column = probs.astype(float)[:, states]  # (T, K, S)
    now = np.zeros(states.shape)
    now[:, :2] = of_column[0, :, :2]
    log_scale = np.zeros(len(texts))
    for here in of_column[1:]:
        before = now.copy()
        now[:, 1:] += before[:, :-1]
        now[:, 2:] += before[:, :-2] * skips[:, 2:]
        now *= here
        scale = np.maximum(now.max(axis=1), 1e-300)
        now /= scale[:, None]
        log_scale += np.log(scale)
    ends = np.array([2 * len(text) for text in texts], int)
    rows = np.arange(len(texts))
    total = now[rows, ends] + np.where(ends > 0, now[rows, np.maximum(ends - 1, 0)], 0.0)
    possible = (ends > 0) & (total > 0)
    return np.where(possible, np.log(np.where(possible, total, 1.0)) + log_scale, IMPOSSIBLE)
