"""CTC probabilities and alignments, compared with enumeration of all alignments."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inkling.pipeline.ctc import (
    LOG_ZERO,
    align,
    calibrate_columns,
    fits,
    from_digits,
    greedy_decode,
    join,
    keep_symbols,
    log_likelihoods,
    substitution_probs,
)
from inkling.pipeline.symbols import BLANK, CLASSES, MARK
from tests.pipeline.ctc_oracle import every_text, random_columns, sharp_columns


@pytest.mark.parametrize("seed", range(4))
def test_likelihoods_are_the_sums_over_all_ways(seed: int) -> None:
    probs = random_columns(seed, 5, 4)
    expected = every_text(probs)
    found = log_likelihoods(probs, list(expected))
    np.testing.assert_allclose(np.exp(found), list(expected.values()), rtol=1e-9)
    assert sum(expected.values()) == pytest.approx(1)


def test_what_does_not_fit_into_the_columns_is_impossible() -> None:
    probs = sharp_columns(1, BLANK, 1)
    found = log_likelihoods(probs, [(1, 1), (1, 1, 1), (1, 2, 3, 4)])
    assert found[0] == pytest.approx(3 * math.log(0.99), abs=1e-5)
    assert list(found[1:]) == [LOG_ZERO, LOG_ZERO]


@pytest.mark.parametrize(("text", "n"), [((), 0), ((1, 2), 2), ((1, 1), 3), ((1, 1, 1, 2), 6)])
def test_how_many_columns_a_text_needs(text: tuple[int, ...], n: int) -> None:
    assert fits(text, n)
    assert not fits(text, n - 1)


def test_greedy_decoding_takes_the_symbols_that_are_new() -> None:
    assert greedy_decode(sharp_columns(BLANK, 1, 1, BLANK, 1, 7, 7, 20, BLANK)) == [1, 1, 7, 20]
    assert greedy_decode(sharp_columns(BLANK, BLANK)) == []


def test_no_texts() -> None:
    assert log_likelihoods(sharp_columns(1, 2), []).shape == (0,)


@pytest.mark.parametrize("floor", [1e-30, 0.0])
def test_certainty_over_many_columns_stays_finite_for_what_is_possible(floor: float) -> None:
    probs = np.full((400, 11), floor)
    probs[:, 7] = 1
    found = log_likelihoods(probs, [(7,), (3,)])
    assert found[0] == pytest.approx(0)
    assert found[1] < -1e3


@pytest.mark.parametrize(("seed", "text"), [(0, (0,)), (1, (2, 2)), (2, (0, 1, 0)), (3, (1, 1, 2)), (4, (0, 1, 2, 0))])
def test_each_symbol_in_each_place_given_the_rest(seed: int, text: tuple[int, ...]) -> None:
    probs = random_columns(seed, 6, 4)
    of_text = every_text(probs)
    expected = np.array(
        [[of_text.get((*text[:i], k, *text[i + 1 :]), 0.0) for k in range(3)] for i in range(len(text))]
    )
    np.testing.assert_allclose(
        substitution_probs(probs, text), expected / expected.sum(axis=1, keepdims=True), rtol=1e-9
    )


def test_no_symbol_has_no_place() -> None:
    assert substitution_probs(sharp_columns(BLANK), ()).shape == (0, 21)


@pytest.mark.parametrize(
    ("columns", "text", "spans"),
    [
        ((BLANK, 4, 4, BLANK, 0, 7, BLANK), (4, 0, 7), [(1, 3), (4, 5), (5, 6)]),
        ((1, BLANK, 1), (1, 1), [(0, 1), (2, 3)]),
        ((5,), (5,), [(0, 1)]),
        ((BLANK, BLANK), (), []),
        ((BLANK, 3, BLANK, 8, 8), (8,), [(3, 5)]),
    ],
)
def test_each_symbol_is_aligned_with_its_columns(
    columns: tuple[int, ...], text: tuple[int, ...], spans: list[tuple[int, int]]
) -> None:
    assert align(sharp_columns(*columns), text) == spans


def test_digits_read_one_by_one_are_columns_in_which_none_merge() -> None:
    digits = np.eye(10)[[1, 1, 7]] * 0.8 + 0.02
    probs = from_digits(digits, np.array([0.0, 0.25, 0.0]))
    assert probs.shape == (5, 22)
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    logs = log_likelihoods(probs, [(1, 1, 7), (1, CLASSES.index(MARK), 7), (1, 7)])
    np.testing.assert_allclose(np.exp(logs[:2]), [0.82**3 * 0.75, 0.82**2 * 0.25])
    assert logs[2] == LOG_ZERO
    assert from_digits(np.zeros((0, 10))).shape == (0, 22)


def test_the_text_of_joined_rows_is_that_of_one_after_the_other() -> None:
    rows = [random_columns(seed, 3, 4) for seed in (1, 2)]
    joined, starts = join(rows)
    assert (joined.shape, starts) == ((7, 4), [0, 4])
    expected: dict[tuple[int, ...], float] = {}
    for first, p in every_text(rows[0]).items():
        for second, q in every_text(rows[1]).items():
            expected[first + second] = expected.get(first + second, 0.0) + p * q
    found = np.exp(log_likelihoods(joined, list(expected)))
    np.testing.assert_allclose(found, list(expected.values()), rtol=1e-9)
    assert join([])[0].shape == (0, 22)


def test_texts_without_signs_are_told_by_the_symbols_kept() -> None:
    probs = random_columns(5, 4, 5)  # symbols 0 and 1 are kept; 2 and 3 are signs
    expected: dict[tuple[int, ...], float] = {}
    for text, p in every_text(probs).items():
        kept = tuple(symbol for symbol in text if symbol < 2)
        expected[kept] = expected.get(kept, 0.0) + p
    found = every_text(keep_symbols(probs, 2))
    assert found == pytest.approx({text: expected.get(text, 0.0) for text in found})


def test_a_temperature_makes_columns_less_certain_and_none_impossible() -> None:
    probs = np.array([[0.9, 0.1, 0.0]], np.float32)
    np.testing.assert_allclose(calibrate_columns(probs, 1.0), [[0.9, 0.1, 1e-9]], rtol=1e-6)
    softer = calibrate_columns(probs, 2.0)[0]
    assert softer[0] / softer[1] == pytest.approx(3)
    assert softer.sum() == pytest.approx(1)
