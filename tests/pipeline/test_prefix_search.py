"""Texts in order of probability, compared with enumeration of all texts."""

from __future__ import annotations

import time

import numpy as np
import pytest

from inkling.pipeline.ctc import from_digits
from inkling.pipeline.prefix_search import Automaton, PrefixSearch
from inkling.pipeline.symbols import BLANK
from tests.pipeline.ctc_oracle import every_text, random_columns, sharp_columns

ENDS_IN_0 = Automaton(np.array([[1, 0, 0], [1, 0, 0]]), np.array([False, True]))
TWO_SYMBOLS = Automaton(np.array([[1] * 3, [2] * 3, [3] * 3, [3] * 3]), np.array([False, False, True, False]))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("automaton", [None, ENDS_IN_0, TWO_SYMBOLS])
def test_all_texts_come_in_the_order_of_their_probability(seed: int, automaton: Automaton | None) -> None:
    probs = random_columns(seed, 5, 4, sharpness=3)
    accepted = {text: p for text, p in every_text(probs).items() if automaton is None or automaton.accepts(text)}
    search = PrefixSearch(probs, automaton)
    assert search.accepted == pytest.approx(sum(accepted.values()))
    found = list(search)
    assert [one.prob for one in found] == sorted((one.prob for one in found), reverse=True)
    missing = accepted.keys() - {one.text for one in found}
    assert sum(accepted[text] for text in missing) < 1e-9
    assert {one.text: one.prob for one in found} == pytest.approx({one.text: accepted[one.text] for one in found})
    assert search.unseen == pytest.approx(0, abs=1e-9)


def test_the_n_best_end_where_nothing_is_left() -> None:
    clear = PrefixSearch(sharp_columns(BLANK, 4, BLANK, 0, BLANK, 7, sure=0.999999))
    assert [one.text for one in clear.n_best(8)] == [(4, 0, 7)]
    doubtful = PrefixSearch(from_digits(np.array([[0.6, 0.4, *[0.0] * 8]])))
    assert [(one.text, round(one.prob, 3)) for one in doubtful.n_best(8)] == [((0,), 0.6), ((1,), 0.4)]


def test_nothing_is_read_from_blank_columns() -> None:
    assert PrefixSearch(sharp_columns(BLANK, BLANK)).n_best(1)[0].text == ()


def test_what_cannot_be_accepted_is_not_found() -> None:
    search = PrefixSearch(from_digits(np.eye(10)[[4]]), _digits_of_length(3))
    assert (search.accepted, search.n_best(8), list(search)) == (0.0, [], [])


def test_nonsense_takes_bounded_time_and_still_gives_texts() -> None:
    nonsense = random_columns(0, 250, 22)
    start = time.process_time()
    search = PrefixSearch(nonsense)
    found = search.n_best(8)
    assert time.process_time() - start < 1
    assert found[0].prob > 0
    assert search.columns < 15_000


def test_a_constraint_on_nonsense_is_kept() -> None:
    found = PrefixSearch(random_columns(1, 120, 22), _digits_of_length(3)).n_best(8)
    assert {len(one.text) for one in found} == {3}


def _digits_of_length(n: int) -> Automaton:
    states = np.minimum(np.arange(1, n + 3), n + 1)
    return Automaton(np.repeat(states[:, None], 21, axis=1), np.arange(n + 2) == n)
