"""`scores` compared with hand-computed values, and with scikit-learn where it is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling import scores
from inkling.pipeline import result

NONE = np.zeros((0, 10)), np.zeros(0, int)


def one_hot(classes: list[int], confidence: float = 1.0) -> np.ndarray:
    probs = np.full((len(classes), 10), (1 - confidence) / 9)
    probs[np.arange(len(classes)), classes] = confidence
    return probs


def drawn(n: int, seed: int = 0, sharpness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """(n, 10) probabilities and (n,) labels drawn from them, so the probabilities are calibrated."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 10)) * sharpness
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (probs.cumsum(1) < rng.random((n, 1))).sum(1)
    return probs, np.minimum(labels, 9)


def test_nothing_to_score_gives_nan_not_an_error() -> None:
    for score in (scores.accuracy, scores.cross_entropy, scores.top_k, scores.expected_calibration_error):
        assert math.isnan(score(*NONE))
    assert scores.wilson_interval(0, 0) == (0.0, 1.0)
    assert scores.confusion_matrix(NONE[1], NONE[1]).sum() == 0


def test_by_hand() -> None:
    probs, labels = one_hot([1, 2, 3, 3], 0.82), np.array([1, 2, 3, 4])
    assert scores.accuracy(probs, labels) == 0.75
    assert scores.cross_entropy(probs, labels) == pytest.approx(-(3 * math.log(0.82) + math.log(0.02)) / 4)
    assert scores.expected_calibration_error(probs, labels) == pytest.approx(0.07)
    matrix = scores.confusion_matrix(probs.argmax(1), labels)
    assert matrix[4, 3] == 1
    assert matrix.sum() == 4
    assert scores.mistakes(matrix) == [{"label": 4, "read": 3, "n": 1}]
    rows = scores.per_class(matrix)
    assert rows[3] == {"digit": 3, "n": 1, "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3)}
    assert rows[0] == {"digit": 0, "n": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_top_k_counts_the_second_best() -> None:
    probs = one_hot([0, 0])
    probs[:, 5] = 0.5
    assert scores.top_k(probs, np.array([5, 6]), 2) == 0.5
    assert scores.top_k(probs, np.array([5, 6]), 1) == 0.0


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Wilson's formula, computed with 30 digits.
    [(0, 10, 0.0, 0.277533), (5, 10, 0.236593, 0.763407), (10, 10, 0.722467, 1.0), (9970, 10_000, 0.995721, 0.997898)],
)
def test_wilson_interval(right: int, n: int, low: float, high: float) -> None:
    assert scores.wilson_interval(right, n) == pytest.approx((low, high), abs=1e-6)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_rate_and_stays_in_range(pair: tuple[int, int]) -> None:
    low, high = scores.wilson_interval(*pair)
    assert 0 <= low <= pair[0] / pair[1] + 1e-12
    assert pair[0] / pair[1] - 1e-12 <= high <= 1


@pytest.mark.parametrize("true_temperature", [0.4, 1.0, 2.5])
def test_temperature_is_found_again(true_temperature: float) -> None:
    probs, labels = drawn(20_000)
    spoilt = result.calibrate(probs, 1 / true_temperature)
    found = scores.fit_temperature(spoilt, labels)
    assert found == pytest.approx(true_temperature, rel=0.03)
    mended = result.calibrate(spoilt, found)
    assert scores.expected_calibration_error(mended, labels) < 0.02


def test_golden_section() -> None:
    assert scores.golden_section(lambda x: (x - 1.234) ** 2, -10, 10) == pytest.approx(1.234, abs=1e-4)


@pytest.mark.parametrize(
    ("confidences", "right", "expected"),
    [
        ([0.9, 0.8, 0.7], [1, 1, 1], 0.5),  # all are right: `least` itself
        ([0.9, 0.8, 0.7], [1, 1, 0], 0.8),
        ([0.9, 0.8, 0.3], [1, 1, 0], 0.5),  # the wrong one is below `least`
        ([0.9, 0.8, 0.7], [0, 1, 1], 1.0),  # the most confident one is wrong: no threshold is high enough
        ([0.9, 0.8, 0.8], [1, 1, 0], 0.9),  # ties are accepted or rejected together
        ([], [], 1.0),
    ],
)
def test_sure_at(confidences: list[float], right: list[int], expected: float) -> None:
    probs = np.zeros((len(confidences), 10))
    probs[:, 0] = confidences
    labels = np.where(np.array(right, bool), 0, 1)
    assert scores.sure_at(probs, labels) == expected


def test_the_least_confidence_of_any_answers() -> None:
    confidence, right = np.array([0.6, 0.9, 0.8, 0.7]), np.array([False, True, True, True])
    assert scores.least_confidence(confidence, right, rate=0.75) == 0.5
    assert scores.least_confidence(confidence, right, rate=0.9) == 0.7
    assert scores.least_confidence(confidence, ~right, rate=0.9) == 1.0


def test_calibration_error_of_any_answers() -> None:
    confidence = np.array([0.25, 0.25, 0.25, 0.25, 0.9, 0.9])
    right = np.array([True, False, False, False, False, True])
    assert scores.calibration_error(confidence, right) == pytest.approx(0.8 / 6)


def test_sure_digits_reach_the_rate() -> None:
    probs, labels = drawn(5_000, sharpness=6)
    limit = scores.sure_at(probs, labels, right=0.98)
    sure = probs.max(1) >= limit
    assert 0 < sure.sum() < len(labels)
    assert scores.accuracy(probs[sure], labels[sure]) >= 0.98


def test_summary_has_what_a_manifest_holds() -> None:
    probs, labels = drawn(1_000)
    found = scores.summary(probs, labels, temperature=1.3)
    assert found["n"] == 1_000
    low, high = found["accuracy_95"]
    assert low < found["accuracy"] < high
    assert found["top_2"] >= found["accuracy"]
    assert found["cross_entropy"] < found["cross_entropy_calibrated"]  # `probs` were already calibrated


@pytest.mark.learn
def test_against_scikit_learn() -> None:
    from sklearn import metrics

    probs, labels = drawn(500)
    predicted = probs.argmax(1)
    matrix = scores.confusion_matrix(predicted, labels)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(labels, predicted, labels=range(10)))
    assert scores.cross_entropy(probs, labels) == pytest.approx(metrics.log_loss(labels, probs, labels=range(10)))
    expected = metrics.precision_recall_fscore_support(labels, predicted, labels=range(10), zero_division=0)
    rows = scores.per_class(matrix)
    for key, values in zip(("precision", "recall", "f1", "n"), expected, strict=True):
        np.testing.assert_allclose([row[key] for row in rows], values)
    assert scores.top_k(probs, labels, 3) == pytest.approx(
        metrics.top_k_accuracy_score(labels, probs, k=3, labels=range(10))
    )


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ([0.1, 0.2], [0.8, 0.9], 1.0),
        ([0.8, 0.9], [0.1, 0.2], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.1, 0.5], [0.3, 0.5], 0.625),
    ],
)
def test_auroc(low: list[float], high: list[float], expected: float) -> None:
    assert scores.auroc(np.array(low), np.array(high)) == expected


def test_auroc_of_nothing_is_nan() -> None:
    assert np.isnan(scores.auroc(np.zeros(0), np.ones(3)))


def test_refusal_counts_both_kinds_of_mistake() -> None:
    found = scores.refusal(np.array([0.0, 0.1, 0.2, 0.7]), np.array([0.4, 0.9]), reject_at=0.5)
    assert (found["digits_refused"], found["others_accepted"]) == (0.25, 0.5)
    assert found["auroc"] == 0.875
