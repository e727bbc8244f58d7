"""Candidates: the ways in which the ink of one picture may be parted into digits, each with its probabilities.

Where digits touch, what the digits are depends on where one ends. Whoever knows more about the number (it has eight
digits; its check digit is right) ranks over all of these together, rather than over the digits of one parting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.pipeline.result import Box


@dataclass(frozen=True)
class Hypothesis:
    """One way to part a picture's ink into digits.

    The probability that this is the way and that its digits are d_0 .. d_(n-1) is proportional to
    `exp(log_weight) * probs[0, d_0] * .. * probs[n - 1, d_(n-1)]`.
    """

    log_weight: float  # natural logarithm of its share among the picture's candidates: their exp sum to 1
    lines: list[list[Box]]  # boxes of the n digits in reading order, pixels of the upright picture
    probs: np.ndarray  # (n, 10) float32, calibrated, in the order of `lines`
