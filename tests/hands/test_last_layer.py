from __future__ import annotations

import numpy as np
import pytest

from inkling.hands.last_layer import fit, softmax

K, F = 3, 4


def problem(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(F, F))
    return (
        rng.normal(size=(K, F)).astype(np.float32),
        rng.normal(size=(n, F)).astype(np.float32),
        np.eye(K)[rng.integers(0, K, n)],
        rng.uniform(0.5, 2, n),
        root @ root.T + np.eye(F),
    )


def loss(layer: np.ndarray, given: tuple[np.ndarray, ...], strength: float) -> float:
    start, features, target, weights, second_moment = given
    change = layer.astype(float) - start
    probs = softmax(features @ layer.astype(float).T)
    penalty = strength / 2 * np.trace(change @ second_moment @ change.T)
    return float(-(weights * np.log((probs * target).sum(axis=1))).sum() + penalty)


@pytest.mark.parametrize("strength", [0.1, 3.0])
def test_it_finds_the_minimum_of_the_stated_loss(strength: float) -> None:
    given = problem(0, 30)
    found = fit(*given, strength=strength)
    least = loss(found, given, strength)
    rng = np.random.default_rng(1)
    for size in (1e-2, 1e-1, 1.0):
        for _ in range(50):
            other = found + size * rng.normal(size=found.shape)
            assert loss(other, given, strength) > least - 1e-3


def test_without_examples_nothing_changes() -> None:
    start, features, target, weights, second_moment = problem(0, 0)
    assert np.array_equal(fit(start, features, target, weights, second_moment, strength=1.0), start)


def test_a_stronger_penalty_changes_less() -> None:
    start, features, target, weights, second_moment = problem(2, 20)
    change = [
        np.abs(fit(start, features, target, weights, second_moment, strength=strength) - start).max()
        for strength in (0.1, 1, 10, 100)
    ]
    assert change == sorted(change, reverse=True)
    assert change[-1] < 0.1 * change[0]
