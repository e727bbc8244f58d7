"""benchmarks.accuracy.detection_metrics, compared with scikit-learn and with cases counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy.detection_metrics import accepted_when, auroc, auroc_interval, roc


@pytest.mark.parametrize(
    ("digits", "others", "area"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.9, 0.8], [0.8, 0.1], 0.875),
    ],
)
def test_auroc_by_hand(digits: list[float], others: list[float], area: float) -> None:
    assert auroc(np.array(digits), np.array(others)) == area


def test_auroc_of_nothing_is_nan() -> None:
    assert np.isnan(auroc(np.array([]), np.array([0.5])))


@pytest.mark.learn
def test_auroc_as_scikit_learn_has_it() -> None:
    from sklearn import metrics

    rng = np.random.default_rng(0)
    digits, others = rng.normal(1, 1, 300).round(1), rng.normal(0, 1, 200).round(1)
    expected = metrics.roc_auc_score(np.r_[np.ones(300), np.zeros(200)], np.r_[digits, others])
    assert auroc(digits, others) == pytest.approx(expected)
    x, y = roc(digits, others)
    assert np.trapezoid(y, x) == pytest.approx(expected)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


def test_interval_holds_the_area_and_narrows() -> None:
    few, many = auroc_interval(0.98, 100, 100), auroc_interval(0.98, 10_000, 4_000)
    assert few[0] < many[0] < 0.98 < many[1] < few[1] <= 1
    assert auroc_interval(1.0, 10, 10) == (1.0, 1.0)


def test_accepted_when_one_in_ten_is_refused() -> None:
    digits = np.linspace(0.1, 1.0, 10)
    assert accepted_when(0.1, digits, np.array([0.1, 0.15, 0.25, 0.9])) == 0.5
    assert accepted_when(0.0, digits, np.array([0.05, 0.15])) == 0.5
