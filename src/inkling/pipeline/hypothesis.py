"""A hypothesis: one segmentation of the ink into digits, with the probabilities of each digit.

Where digits touch, what they are depends on where one ends. Whoever knows more about the number (it has eight digits;
its check digit is right) ranks over all hypotheses together, rather than over the digits of one segmentation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.pipeline.result import Box


@dataclass(frozen=True)
class Hypothesis:
    """One segmentation of an image's ink into n digits.

    The probability that it is right and that its digits are d_0 .. d_(n-1) is proportional to
    `exp(log_weight) * probs[0, d_0] * .. * probs[n - 1, d_(n-1)]`.
    """

    log_weight: float  # natural logarithm of its share among the image's hypotheses: their exp sum to 1
    lines: list[list[Box]]  # boxes of the n digits in reading order, pixels of the upright image
    probs: np.ndarray  # (n, 10) float32, calibrated, in the order of `lines`
