from __future__ import annotations

import numpy as np
import pytest

from inkling.hands.feature_network import features_of
from inkling.hands.prototypes import MOST, SCALE, Metric, chosen, metric_of, with_prototypes
from inkling.hands.replay import load_replay
from inkling.models import registry


@pytest.fixture(scope="module")
def metric() -> Metric:
    return metric_of(load_replay(registry.find("cnn")))


def test_a_digit_is_nearest_to_itself_and_nearer_to_its_own_kind(
    metric: Metric, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = digits
    features = features_of(registry.find("cnn"))(images[:200].astype(np.float32) / 255)
    near = metric.nearness(features, features)  # (200, 200)
    assert np.diag(near) == pytest.approx(SCALE, abs=1e-3)
    assert near.min() >= 0
    same = labels[:200, None] == labels[None, :200]
    np.fill_diagonal(near, 0)
    assert near[same].mean() > 20 * near[~same].mean()


def test_nothing_is_near_to_no_prototype(metric: Metric) -> None:
    size = len(metric.mean) + 1
    assert metric.nearness(np.zeros((3, size), np.float32), np.zeros((0, size), np.float32)).shape == (3, 0)


@pytest.mark.parametrize(("n", "expected"), [(0, 0), (1, 1), (MOST, MOST), (10 * MOST, MOST)])
def test_prototypes_are_spread_over_the_misread_lessons(n: int, expected: int) -> None:
    found = chosen(np.arange(n) + 5)
    assert len(found) == len(np.unique(found)) == expected
    if n > 1:
        assert (found[0], found[-1]) == (5, n + 4)


def test_the_second_moment_is_that_of_features_and_nearness_together() -> None:
    rng = np.random.default_rng(0)
    features, nearness = rng.normal(size=(50, 4)), rng.normal(size=(50, 2))
    both = np.column_stack([features, nearness])
    assert with_prototypes(features.T @ features / 50, features, nearness) == pytest.approx(both.T @ both / 50)
