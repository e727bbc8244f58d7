"""Metrics of a score that separates digits from everything else; a higher score means more digit-like."""

from __future__ import annotations

import numpy as np

Z_95 = 1.959964  # the standard normal distribution's 97.5 % quantile


def auroc(digits: np.ndarray, others: np.ndarray) -> float:
    """Area under the ROC curve: the probability that a digit (N,) scores above another image (M,); ties count half.

    The rank formula of Mann and Whitney (1947). nan if either is empty.

    >>> auroc(np.array([0.9, 0.8]), np.array([0.8, 0.1]))
    0.875
    """
    if len(digits) == 0 or len(others) == 0:
        return float("nan")
    ranked = np.sort(others)
    below = np.searchsorted(ranked, digits, "left") + np.searchsorted(ranked, digits, "right")
    return float(below.mean() / (2 * len(others)))


def auroc_interval(area: float, n_digits: int, n_others: int) -> tuple[float, float]:
    """The 95 % interval of an area (Hanley and McNeil, 1982), within 0..1."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (n_digits - 1) * (q1 - area**2) + (n_others - 1) * (q2 - area**2)
    half = Z_95 * float(np.sqrt(max(variance, 0) / max(n_digits * n_others, 1)))
    return max(0.0, area - half), min(1.0, area + half)


def roc(digits: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The curve from (0, 0) to (1, 1): the fractions of others and of digits above a decreasing threshold."""
    thresholds = np.unique(np.concatenate([digits, others]))[::-1]
    passed_others = 1 - np.searchsorted(np.sort(others), thresholds, "left") / len(others)
    passed_digits = 1 - np.searchsorted(np.sort(digits), thresholds, "left") / len(digits)
    return np.append(0.0, passed_others), np.append(0.0, passed_digits)


def accepted_when(refused: float, digits: np.ndarray, others: np.ndarray) -> float:
    """The fraction of others accepted at the threshold that refuses at most the fraction `refused` of the digits."""
    threshold = np.sort(digits)[int(np.floor(refused * len(digits)))]
    return float((others >= threshold).mean())
