"""Recognize a line image as a whole, without cutting it: a network's column probabilities, decoded by CTC.

The network says of every other column which digit is new there, or that none is ("blank"). A text is as probable as
all alignments with the columns together: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal
Classification" (2006).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.normalize import SIDE

BLANK = 10  # the class "no new digit"
LOG_ZERO = -1e9  # the logarithm of a probability of 0: finite, so that two can be compared


class GlyphLineRecognizer:
    """The line network ready to run. Safe to call from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises BadBundle if the flatbuffer does not match its manifest or has another input than (N, 28, any)."""
        self._network = LiteRTModel(bundle.model_bytes(), bundle.model_path, shape=(SIDE, -1))

    def __call__(self, line_image: np.ndarray) -> np.ndarray:
        """(28, w) float32, 0 = background, 1 = ink -> (T, 11) float32 probabilities of its T = w / 2 columns."""
        return np.asarray(self._network(line_image[None])[0])


def substitution_log_likelihoods(probs: np.ndarray, text: Sequence[int]) -> np.ndarray:
    """(T, 11) column probabilities and a text of n digits -> (n, 10) natural logarithms.

    Row i holds the log-likelihoods of the text with each of the ten digits in place i.
    """
    texts = [(*text[:i], digit, *text[i + 1 :]) for i in range(len(text)) for digit in range(10)]
    return log_likelihoods(probs, texts).reshape(len(text), 10)


def log_likelihoods(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(T, 11) column probabilities and K texts -> (K,) natural logarithms of their probabilities.

    The forward algorithm of CTC (Graves et al. 2006, section 4.1), for all texts at once and rescaled at each column.
    A text without digits, or with more than the columns hold, is LOG_ZERO.
    """
    longest = max((len(text) for text in texts), default=0)
    states = np.full((len(texts), 2 * longest + 1), BLANK)  # (K, S) blank, first digit, blank, second digit, .., blank
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    skips = np.zeros(states.shape)  # 1 where a digit may follow another without a blank between them
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    emissions = probs.astype(float)[:, states]  # (T, K, S)
    alpha = np.zeros(states.shape)  # (K, S) probability to be in each state after the columns so far, rescaled
    alpha[:, :2] = emissions[0, :, :2]
    log_scale = np.zeros(len(texts))
    for emission in emissions[1:]:
        before = alpha.copy()
        alpha[:, 1:] += before[:, :-1]
        alpha[:, 2:] += before[:, :-2] * skips[:, 2:]
        alpha *= emission
        scale = np.maximum(alpha.max(axis=1), 1e-300)
        alpha /= scale[:, None]
        log_scale += np.log(scale)
    ends = np.array([2 * len(text) for text in texts], int)
    rows = np.arange(len(texts))
    total = alpha[rows, ends] + np.where(ends > 0, alpha[rows, np.maximum(ends - 1, 0)], 0.0)
    possible = (ends > 0) & (total > 0)
    return np.where(possible, np.log(np.where(possible, total, 1.0)) + log_scale, LOG_ZERO)
