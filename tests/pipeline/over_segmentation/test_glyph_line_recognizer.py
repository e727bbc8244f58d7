"""How probable a text is, by the column probabilities of a line image."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from inkling.pipeline.over_segmentation.glyph_line_recognizer import (
    BLANK,
    LOG_ZERO,
    log_likelihoods,
    substitution_log_likelihoods,
)


def columns(*digits: int) -> np.ndarray:
    """(T, 11): columns of which each is nearly certain."""
    probs = np.full((len(digits), 11), 0.001, np.float32)
    probs[np.arange(len(digits)), digits] = 0.99
    return probs


def by_trying_all(probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text: the sum over all ways in which columns may give it."""
    found: dict[tuple[int, ...], float] = {}
    for way in itertools.product(range(11), repeat=len(probs)):
        text = tuple(digit for digit, _ in itertools.groupby(way) if digit != BLANK)
        found[text] = found.get(text, 0.0) + math.prod(float(probs[i, digit]) for i, digit in enumerate(way))
    return found


def test_they_are_the_sums_over_all_ways() -> None:
    probs = np.random.default_rng(3).dirichlet(np.ones(11), 4)
    expected = by_trying_all(probs)
    texts = [text for text in expected if text][::17]
    assert {len(text) for text in texts} == {1, 2, 3, 4}
    found = log_likelihoods(probs, texts)
    np.testing.assert_allclose(np.exp(found), [expected[text] for text in texts], rtol=1e-9)


def test_what_does_not_fit_into_the_columns_is_impossible() -> None:
    probs = columns(1, BLANK, 1)
    found = log_likelihoods(probs, [(), (1, 1), (1, 1, 1), (1, 2, 3, 4)])
    assert found[0] == found[2] == found[3] == LOG_ZERO
    assert found[1] == pytest.approx(3 * math.log(0.99), abs=1e-5)


def test_each_digit_is_that_text_with_another_in_its_place() -> None:
    probs = np.random.default_rng(5).dirichlet(np.ones(11), 6)
    found = substitution_log_likelihoods(probs, (3, 3, 8))
    assert found.shape == (3, 10)
    np.testing.assert_allclose(found[1, 7], log_likelihoods(probs, [(3, 7, 8)])[0])
    np.testing.assert_allclose(found[[0, 1, 2], [3, 3, 8]], log_likelihoods(probs, [(3, 3, 8)])[0])


def test_no_texts() -> None:
    assert log_likelihoods(columns(1, 2), []).shape == (0,)


@pytest.mark.parametrize("floor", [1e-30, 0.0])
def test_certainty_over_many_columns_stays_finite_for_what_is_possible(floor: float) -> None:
    probs = np.full((400, 11), floor)
    probs[:, 7] = 1
    found = log_likelihoods(probs, [(7,), (3,)])
    assert found[0] == pytest.approx(0)
    assert found[1] < -1e3
