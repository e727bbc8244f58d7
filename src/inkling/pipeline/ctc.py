"""Connectionist temporal classification (CTC): probabilities of texts from column probabilities.

For each of T columns, a network outputs the probability of each symbol and of no symbol ("blank"). The probability of a
text is the sum over all its alignments with the columns, with repetitions merged and blanks dropped: Graves, Fernandez,
Gomez, Schmidhuber, "Connectionist Temporal Classification" (2006). `prefix_search` finds the texts.

Every reading is represented by such columns: a row read by the line network, digits classified one by one
(`from_digits`), and several of these in sequence (`join`). So one decoder serves all.

All arrays of column probabilities are (T, C), with blank as the last class; each row sums to 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from inkling.pipeline.symbols import BLANK, CLASSES, MARK

N_DIGITS = 10
LOG_ZERO = -1e9  # stands for log(0); finite, so that two of them can be compared
MIN_PROB = 1e-9  # lower limit of a class probability; a network's 0 is a rounding error
RESCALE_COLUMNS = 16  # probabilities are rescaled after this many columns; MIN_PROB ** 16 does not underflow

Text = tuple[int, ...]  # symbol numbers, 0..C-2


def calibrate_columns(probs: np.ndarray, temperature: float) -> np.ndarray:
    """Temperature scaling of a network's (.., T, C) softmax -> float64 softmax(log(probs) / temperature), all > 0."""
    scaled = np.maximum(np.asarray(probs, float), MIN_PROB) ** (1 / temperature)
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True))


def from_digits(probs: np.ndarray, not_digit: np.ndarray | None = None) -> np.ndarray:
    """(N, 10) probabilities of isolated digits, (N,) probabilities of non-digits -> (2 N - 1, 22) columns.

    Column 2 i is glyph i, and the columns between are blank, so no two digits merge. A non-digit is a mark.
    """
    none = np.zeros(len(probs)) if not_digit is None else np.asarray(not_digit, float)
    columns = np.zeros((max(2 * len(probs) - 1, 0), BLANK + 1))
    columns[1::2, BLANK] = 1.0
    columns[::2, :N_DIGITS] = calibrate_columns(probs, 1.0) * (1 - none[:, None])
    columns[::2, CLASSES.index(MARK)] = none
    return columns


def join(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """(T_i, C) columns of several rows or cells -> (T, C) of all, separated by blanks, and the start of each part.

    The probability of a text is the product of the parts' probabilities, summed over all ways to split the text.
    """
    blank = np.zeros((1, parts[0].shape[1] if parts else BLANK + 1))
    blank[0, -1] = 1.0
    joined: list[np.ndarray] = []
    for part in parts:
        joined += [blank, part] if joined else [part]
    starts = np.cumsum([0, *(len(part) + 1 for part in parts[:-1])])[: len(parts)].tolist()
    return np.concatenate(joined or [blank[:0]]), starts


def keep_symbols(probs: np.ndarray, n: int) -> np.ndarray:
    """(T, C) -> (T, n + 1): only the first n symbols. The others count as blank, so texts do not contain them."""
    return np.concatenate([probs[:, :n], probs[:, n:].sum(axis=1, keepdims=True)], axis=1)


def fits(text: Text, n_columns: int) -> bool:
    """Whether a text fits into `n_columns`. Two equal symbols in a row need a blank between them."""
    return len(text) + sum(a == b for a, b in itertools.pairwise(text)) <= n_columns


def greedy_decode(probs: np.ndarray) -> list[int]:
    """(T, C) column probabilities -> the text of the most probable path, which is nearly always the best text.

    Best path decoding (Graves et al. 2006, section 3.2): the most probable symbol of each column; repetitions are
    merged, then blanks removed.
    """
    best = probs.argmax(axis=1)
    is_new = np.append(True, best[1:] != best[:-1])
    return [int(symbol) for symbol in best[is_new & (best != probs.shape[1] - 1)]]


def log_likelihoods(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(.., T, C) column probabilities and K texts -> (.., K) natural logarithms of their probabilities.

    The CTC forward algorithm (Graves et al. 2006, section 4.1), vectorized over the texts, with regular rescaling.
    LOG_ZERO for a text that does not fit into the columns.
    """
    if not texts:
        return np.zeros((*probs.shape[:-2], 0))
    states, skips = _states(texts, blank=probs.shape[-1] - 1)
    emissions = np.moveaxis(probs.astype(float)[..., states], -3, 0)  # (T, .., K, S)
    alpha = np.zeros(emissions.shape[1:])  # probability of each state after the columns so far, rescaled
    alpha[..., :2] = emissions[0, ..., :2]
    log_scale = np.zeros(alpha.shape[:-1])
    for t, emission in enumerate(emissions):
        if t:
            before = alpha.copy()
            alpha[..., 1:] += before[..., :-1]
            alpha[..., 2:] += before[..., :-2] * skips[:, 2:]
            alpha *= emission
        if t % RESCALE_COLUMNS == 0:
            scale = np.maximum(alpha.max(axis=-1), 1e-300)
            alpha /= scale[..., None]
            log_scale += np.log(scale)
    ends = np.array([2 * len(text) for text in texts], int)
    rows = np.arange(len(texts))
    total = alpha[..., rows, ends] + np.where(ends > 0, alpha[..., rows, np.maximum(ends - 1, 0)], 0.0)
    return np.where(total > 0, np.log(np.where(total > 0, total, 1.0)) + log_scale, LOG_ZERO)


def substitution_probs(probs: np.ndarray, text: Text) -> np.ndarray:
    """(T, C) column probabilities and a possible text of n symbols -> (n, C - 1) probabilities of each substitution.

    Row i holds the probabilities of the text with each symbol at position i, scaled to a sum of 1. One forward and one
    backward pass give the parts before and after each position, so only the symbol itself is recomputed.
    """
    (t, c), n = probs.shape, len(text)
    probs = probs.astype(float)
    [states], [skips] = _states([text], blank=c - 1)  # (S,)
    p = probs[:, states]  # (T, S)
    forward = np.zeros((t + 1, len(states)))  # row i: column i - 1 is in this state
    forward[0, 0] = 1.0
    leaving = np.zeros((t + 1, len(states)))  # row i: columns i and later, from entering this state at column i
    for i in range(t):
        arriving = forward[i].copy()
        arriving[1:] += forward[i, :-1]
        arriving[2:] += forward[i, :-2] * skips[2:]
        forward[i + 1] = arriving * p[i]
    rest = np.zeros(len(states))  # columns i and later
    rest[-2:] = 1.0
    for i in range(t - 1, -1, -1):
        leaving[i] = p[i] * rest
        rest = leaving[i].copy()
        rest[:-1] += leaving[i, 1:]
        rest[:-2] += leaving[i, 2:] * skips[2:]
    symbols, none = np.arange(c - 1), [-1]
    differs_before = np.array([*none, *text[:-1]])[:, None] != symbols  # (n, C - 1)
    differs_after = np.array([*text[1:], *none])[:, None] != symbols
    at_symbol = np.pad(forward[:, 1:-1:2], ((0, 0), (1, 0)))[:, :n]  # (T + 1, n) of the symbol before each
    into_symbol = np.pad(leaving[:, 3::2], ((0, 0), (0, 1)))  # (T + 1, n) of the symbol after each
    ends = leaving[:, 2::2, None] + into_symbol[:, :, None] * differs_after  # (T + 1, n, C - 1)
    ends[t, -1:] = 1.0
    begins = forward[:, :-1:2, None] + at_symbol[:, :, None] * differs_before
    inside = total = np.zeros((n, c - 1))
    for i in range(t):
        inside = (inside + begins[i]) * probs[i, :-1]
        total = total + inside * ends[i + 1]
    return np.asarray(total / np.maximum(total.sum(axis=1, keepdims=True), 1e-300))


def align(probs: np.ndarray, text: Text) -> list[tuple[int, int]]:
    """(T, C) column probabilities and a text -> the columns of each symbol, first and last + 1.

    The most probable alignment (Viterbi). The text must fit into the columns.
    """
    [states], [skips] = _states([text], blank=probs.shape[1] - 1)
    logs = np.log(np.maximum(probs[:, states], 1e-30))  # (T, S)
    skip_cost = np.where(skips > 0, 0.0, LOG_ZERO)
    came = np.zeros(logs.shape, np.int8)  # backpointers: 0, 1 or 2 states back
    arrivals = np.full((3, len(states)), LOG_ZERO)
    score = np.full(len(states), LOG_ZERO)
    score[:2] = logs[0, :2]
    for i in range(1, len(logs)):
        arrivals[0] = score
        arrivals[1, 1:] = score[:-1]
        arrivals[2, 2:] = score[:-2] + skip_cost[2:]
        came[i] = arrivals.argmax(axis=0)
        score = arrivals.max(axis=0) + logs[i]
    state = len(states) - 1 - int(len(text) > 0 and score[-2] > score[-1])
    spans = [(0, 0)] * len(text)
    for i in range(len(logs) - 1, -1, -1):
        if state % 2:
            spans[state // 2] = (i, spans[state // 2][1] or i + 1)
        state -= int(came[i, state])
    return spans


def _states(texts: Sequence[Sequence[int]], *, blank: int) -> tuple[np.ndarray, np.ndarray]:
    """K texts -> (K, S) states: blank, first symbol, blank, .., blank; (K, S) 1 if the blank before may be skipped."""
    longest = max(len(text) for text in texts)
    states = np.full((len(texts), 2 * longest + 1), blank)
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    skips = np.zeros(states.shape)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    return states, skips
