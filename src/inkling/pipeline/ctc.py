"""Connectionist temporal classification (CTC): what column probabilities say of a text.

A network says of each of T columns which symbol stands there, or none ("blank"). A text is as probable as all ways to
write it into the columns together, where repetitions are merged and blanks dropped: Graves, Fernandez, Gomez,
Schmidhuber, "Connectionist Temporal Classification" (2006). `prefix_search` finds the texts.

Everything that is read becomes such columns: a row that the line network read, digits that the classifier read one by
one (`from_digits`), several of these one after the other (`join`). So there is one decoder.

All arrays of column probabilities are (T, C) with blank as the last class; each row sums to 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from inkling.pipeline.symbols import BLANK, CLASSES, MARK

N_DIGITS = 10
LOG_ZERO = -1e9  # the logarithm of a probability of 0: finite, so that two can be compared
MIN_PROB = 1e-9  # of a class: a network's zero is a rounding
RESCALE_COLUMNS = 16  # after so many, probabilities are rescaled; MIN_PROB to that power is far from underflow

Text = tuple[int, ...]  # numbers of symbols, 0..C-2


def calibrate_columns(probs: np.ndarray, temperature: float) -> np.ndarray:
    """A network's (.., T, C) softmax -> float64: softmax(log(probs) / temperature), none 0. 1 changes nothing."""
    scaled = np.maximum(np.asarray(probs, float), MIN_PROB) ** (1 / temperature)
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True))


def from_digits(probs: np.ndarray, not_digit: np.ndarray | None = None) -> np.ndarray:
    """(N, 10) probabilities of digits read one by one, (N,) that each is none -> (2 N - 1, 22) columns.

    Every other column is surely blank, so no two digits merge. Column 2 i is glyph i; what is no digit is a mark.
    """
    none = np.zeros(len(probs)) if not_digit is None else np.asarray(not_digit, float)
    columns = np.zeros((max(2 * len(probs) - 1, 0), BLANK + 1))
    columns[1::2, BLANK] = 1.0
    columns[::2, :N_DIGITS] = calibrate_columns(probs, 1.0) * (1 - none[:, None])
    columns[::2, CLASSES.index(MARK)] = none
    return columns


def join(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """Columns of several rows or cells, (T_i, C) each -> (T, C) of all, with a blank between two; where each starts.

    The texts of the whole are those of the parts one after another, and as probable as those together.
    """
    blank = np.zeros((1, parts[0].shape[1] if parts else BLANK + 1))
    blank[0, -1] = 1.0
    joined: list[np.ndarray] = []
    for part in parts:
        joined += [blank, part] if joined else [part]
    starts = np.cumsum([0, *(len(part) + 1 for part in parts[:-1])])[: len(parts)].tolist()
    return np.concatenate(joined or [blank[:0]]), starts


def keep_symbols(probs: np.ndarray, n: int) -> np.ndarray:
    """(T, C) -> (T, n + 1): the first n symbols alone; the others count as blank, so texts are told without them."""
    return np.concatenate([probs[:, :n], probs[:, n:].sum(axis=1, keepdims=True)], axis=1)


def fits(text: Text, n_columns: int) -> bool:
    """Whether a text can be written into so many columns: two equal symbols in a row need a blank between them."""
    return len(text) + sum(a == b for a, b in itertools.pairwise(text)) <= n_columns


def greedy_decode(probs: np.ndarray) -> list[int]:
    """(T, C) column probabilities -> the symbols along the most probable columns, nearly always the likeliest text.

    Best path decoding (Graves et al. 2006, section 3.2): repetitions are merged, then blanks removed.
    """
    best = probs.argmax(axis=1)
    is_new = np.append(True, best[1:] != best[:-1])
    return [int(symbol) for symbol in best[is_new & (best != probs.shape[1] - 1)]]


def log_likelihoods(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(.., T, C) column probabilities and K texts -> (.., K) natural logarithms of their probabilities.

    The forward algorithm of CTC (Graves et al. 2006, section 4.1), for all texts at once and rescaled at each column.
    A text with more symbols than the columns hold is LOG_ZERO.
    """
    if not texts:
        return np.zeros((*probs.shape[:-2], 0))
    states, skips = _states(texts, blank=probs.shape[-1] - 1)
    emissions = np.moveaxis(probs.astype(float)[..., states], -3, 0)  # (T, .., K, S)
    alpha = np.zeros(emissions.shape[1:])  # probability to be in each state after the columns so far, rescaled
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
    """(T, C) column probabilities and a possible text of n symbols -> (n, C - 1): each symbol in each place.

    Row i holds the probabilities of the text with each symbol in place i, scaled to a sum of 1. What stands before and
    behind a place comes from one forward and one backward pass; only the symbol itself is new.
    """
    (t, c), n = probs.shape, len(text)
    probs = probs.astype(float)
    [states], [skips] = _states([text], blank=c - 1)  # (S,)
    p = probs[:, states]  # (T, S)
    forward = np.zeros((t + 1, len(states)))  # column i - 1 is in this state
    forward[0, 0] = 1.0
    leaving = np.zeros((t + 1, len(states)))  # what follows, from the step into this state at column i on
    for i in range(t):
        arriving = forward[i].copy()
        arriving[1:] += forward[i, :-1]
        arriving[2:] += forward[i, :-2] * skips[2:]
        forward[i + 1] = arriving * p[i]
    rest = np.zeros(len(states))  # what follows, from column i on
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

    The most probable way to write the text into the columns (Viterbi). The text must fit into them.
    """
    [states], [skips] = _states([text], blank=probs.shape[1] - 1)
    logs = np.log(np.maximum(probs[:, states], 1e-30))  # (T, S)
    skip_cost = np.where(skips > 0, 0.0, LOG_ZERO)
    came = np.zeros(logs.shape, np.int8)  # 0, 1 or 2 states back
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
    """K texts -> (K, S) blank, first symbol, blank, second symbol, .., blank; (K, S) 1 where a blank may be skipped."""
    longest = max(len(text) for text in texts)
    states = np.full((len(texts), 2 * longest + 1), blank)
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    skips = np.zeros(states.shape)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    return states, skips
