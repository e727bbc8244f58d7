"""Hypotheses for tests, and the slow ranking that the fast one must agree with."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from inkling.constraints import n_best_texts
from inkling.pipeline.hypothesis import Hypothesis


def hypothesis_of(probs: np.ndarray, *, log_weight: float = 0.0) -> Hypothesis:
    """(n, 10) probabilities, one line of digits."""
    return Hypothesis(log_weight, [[(30 * i, 0, 20, 40) for i in range(len(probs))]], probs.astype(np.float32))


def sharp(text: str, *, sure: float = 0.95, doubt: dict[int, tuple[int, float]] | None = None) -> Hypothesis:
    """Digits of which each has probability `sure`; `doubt`: position -> another digit and its probability."""
    probs = np.full((len(text), 10), (1 - sure) / 9)
    for i, digit in enumerate(text):
        probs[i, int(digit)] = sure
        if doubt and i in doubt:
            other, p = doubt[i]
            probs[i, other] += p
    return hypothesis_of(probs / probs.sum(axis=1, keepdims=True))


def every_text(hypotheses: Sequence[Hypothesis], allowed: Callable[[str], bool]) -> dict[str, float]:
    """Every text that is allowed and its probability, by enumeration."""
    weights = np.exp([one.log_weight for one in hypotheses])
    found: dict[str, float] = defaultdict(float)
    for weight, one in zip(weights / weights.sum(), hypotheses, strict=True):
        probs = np.exp(n_best_texts.safe_log(one.probs))
        for digits in itertools.product(range(10), repeat=len(probs)):
            text = "".join(map(str, digits))
            if allowed(text):
                found[text] += float(weight * np.prod(probs[range(len(probs)), digits]))
    return found
