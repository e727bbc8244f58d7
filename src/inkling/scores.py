"""Classification and calibration metrics. NumPy only.

probs: (N, 10) float, rows sum to 1. labels: (N,) integers 0..9. confidence: (N,) float, the answer's probability.
right: (N,) bool, whether the answer is right. If N is 0, a rate is nan; no error is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from inkling.pipeline.result import calibrate

CLASSES = 10
TINY = 1e-12  # lower bound of probabilities in logarithms


def accuracy(probs: np.ndarray, labels: np.ndarray) -> float:
    """Fraction of rows whose most probable class is the label, 0..1."""
    return _mean(probs.argmax(1) == labels)


def wilson_interval(right: int, n: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Confidence interval of the rate right / n (Wilson 1927); z = 1.96 gives 95 %. (0, 1) if n is 0.

    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    if n == 0:
        return 0.0, 1.0
    rate = right / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)))
    # Exact at 0 and n: rounding must not exclude the rate itself.
    return 0.0 if right == 0 else middle - half, 1.0 if right == n else middle + half


def share_right(right: np.ndarray) -> dict[str, Any]:
    """The accuracy from `right`, (N,) bool, and its 95 % confidence interval."""
    low, high = wilson_interval(int(right.sum()), len(right))
    return {"accuracy": round(_mean(right), 6), "accuracy_95": [round(low, 6), round(high, 6)]}


def cross_entropy(probs: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log(probability of the label), natural logarithm; 0 is perfect."""
    chosen = probs[np.arange(len(labels)), labels]
    return _mean(-np.log(np.maximum(chosen, TINY)))


def top_k(probs: np.ndarray, labels: np.ndarray, k: int = 2) -> float:
    """Fraction of rows whose label is among the k most probable classes, 0..1."""
    best = np.argsort(-probs, axis=1, kind="stable")[:, :k]
    return _mean((best == labels[:, None]).any(1))


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(10, 10) counts: row = label, column = prediction."""
    pairs = labels.astype(int) * CLASSES + predicted.astype(int)
    return np.bincount(pairs, minlength=CLASSES * CLASSES).reshape(CLASSES, CLASSES)


def per_class(confusion: np.ndarray) -> list[dict[str, float]]:
    """Precision, recall, F1 and n of each digit, from a confusion matrix; 0 if undefined."""
    hits = np.diag(confusion).astype(float)
    named, true = confusion.sum(0), confusion.sum(1)
    precision = hits / np.maximum(named, 1)
    recall = hits / np.maximum(true, 1)
    f1 = 2 * hits / np.maximum(named + true, 1)
    return [
        {
            "digit": d,
            "n": int(true[d]),
            "precision": float(precision[d]),
            "recall": float(recall[d]),
            "f1": float(f1[d]),
        }
        for d in range(CLASSES)
    ]


def mistakes(confusion: np.ndarray, most: int = 10) -> list[dict[str, int]]:
    """The most frequent confusions, largest first: label, predicted digit, count."""
    wrong = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(i), CLASSES) for i in order]
    return [{"label": a, "read": b, "n": int(wrong[a, b])} for a, b in pairs if wrong[a, b] > 0]


def expected_calibration_error(probs: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> float:
    """Expected calibration error over equal-width bins of confidence (Guo et al. 2017)."""
    return calibration_error(probs.max(1), probs.argmax(1) == labels, bins=bins)


def calibration_error(confidence: np.ndarray, right: np.ndarray, *, bins: int = 15) -> float:
    """Expected calibration error from confidences and correctness.

    The mean of |accuracy - confidence| over the bins, weighted by their counts.
    """
    if len(right) == 0:
        return float("nan")
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(which, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(right))


def fit_temperature(probs: np.ndarray, labels: np.ndarray, *, low: float = 0.05, high: float = 20.0) -> float:
    """The temperature with the lowest cross-entropy (Guo et al. 2017), by golden-section search on its logarithm."""
    probs = np.asarray(probs, np.float64)

    def loss(log_temperature: float) -> float:
        return cross_entropy(calibrate(probs, float(np.exp(log_temperature))), labels)

    return float(np.exp(golden_section(loss, float(np.log(low)), float(np.log(high)))))


def golden_section(loss: Callable[[float], float], low: float, high: float, *, width: float = 1e-4) -> float:
    """Minimize a unimodal function between low and high, to within `width` (Kiefer 1953)."""
    ratio = (np.sqrt(5) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    at_a, at_b = loss(a), loss(b)
    while high - low > width:
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - ratio * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + ratio * (high - low)
            at_b = loss(b)
    return (low + high) / 2


def sure_at(probs: np.ndarray, labels: np.ndarray, *, right: float = 0.995, least: float = 0.5) -> float:
    """`least_confidence` for calibrated `probs` and a required accuracy of `right`."""
    return least_confidence(probs.max(1), probs.argmax(1) == labels, rate=right, least=least)


def least_confidence(confidence: np.ndarray, right: np.ndarray, *, rate: float, least: float = 0.5) -> float:
    """The lowest threshold (>= `least`) such that the answers at or above it have an accuracy of at least `rate`.

    1 if there is none. From the risk-coverage curve (El-Yaniv, Wiener, "On the Foundations of Noise-free Selective
    Classification", 2010).
    """
    order = np.argsort(-confidence, kind="stable")
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_ties = np.append(np.diff(confidence[order]) < 0, True)[: len(order)]
    enough = np.flatnonzero((reached >= rate) & last_of_ties & (confidence[order] >= least))
    if enough.size == 0:
        return 1.0
    if enough[-1] == np.count_nonzero(confidence >= least) - 1:
        return least  # all answers at or above `least` together reach the rate
    return float(confidence[order][enough[-1]])


def summary(
    probs: np.ndarray, labels: np.ndarray, *, temperature: float = 1.0, refused: np.ndarray | None = None
) -> dict[str, Any]:
    """The scores of one data set, as stored in a manifest. `probs` are the network's outputs, not calibrated.

    The accuracy uses the most probable of the ten digits, even for images that the network would reject. `refused`,
    (N,) bool: the images that the network rejected as non-digits; adds "refusals_wrong", the accuracy with rejections
    counted as errors.
    """
    calibrated = calibrate(probs, temperature)
    hits = probs.argmax(1) == labels
    told = share_right(hits)
    if refused is not None:
        told["refusals_wrong"] = {"refused": int(refused.sum()), **share_right(hits & ~refused)}
    return {
        "n": len(labels),
        **told,
        "top_2": round(top_k(probs, labels, 2), 6),
        "cross_entropy": round(cross_entropy(probs, labels), 6),
        "cross_entropy_calibrated": round(cross_entropy(calibrated, labels), 6),
        "calibration_error": round(expected_calibration_error(probs, labels), 6),
        "calibration_error_calibrated": round(expected_calibration_error(calibrated, labels), 6),
    }


def auroc(low: np.ndarray, high: np.ndarray) -> float:
    """Area under the ROC curve: the probability that a random value of `high` exceeds one of `low`; ties count as half.

    Mann, Whitney (1947). nan if either is empty.
    """
    if not len(low) or not len(high):
        return float("nan")
    ordered = np.sort(low)
    below, up_to = np.searchsorted(ordered, high, "left"), np.searchsorted(ordered, high, "right")
    return float((below + up_to).mean() / (2 * len(ordered)))


def refusal(digits: np.ndarray, others: np.ndarray, *, reject_at: float) -> dict[str, Any]:
    """AUROC of `not_digit` for digits (N,) and other ink (M,), and the error rates at the threshold `reject_at`."""
    return {
        "n_digits": len(digits),
        "n_others": len(others),
        "auroc": round(auroc(digits, others), 6),
        "digits_refused": round(_mean(digits >= reject_at), 6),
        "others_accepted": round(_mean(others < reject_at), 6),
    }


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
