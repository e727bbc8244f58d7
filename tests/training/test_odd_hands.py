from __future__ import annotations

import numpy as np
import pytest

from inkling.training.odd_hands import KINDS, N_HANDS, ODD_FORMS, odd_hand, write_digits
from inkling.training.stroke_forms import FORMS


@pytest.mark.parametrize("number", range(N_HANDS))
def test_a_hand_has_two_or_three_odd_digits_and_is_always_the_same(number: int) -> None:
    hand = odd_hand(number)
    assert KINDS[number % len(KINDS)] in hand.forms
    assert 2 <= len(hand.forms) <= 3
    assert odd_hand(number) == hand != odd_hand(number + 1)


def test_networks_are_not_trained_on_these_forms() -> None:
    trained_on = {form.strokes for form in FORMS}
    assert not any(form.strokes in trained_on for forms in ODD_FORMS.values() for form in forms)


def test_a_hand_writes_normalized_digits_alike_but_never_the_same(digits: tuple[np.ndarray, np.ndarray]) -> None:
    hand = odd_hand(0)
    tiles, labels = write_digits(hand, 3, *digits, np.random.default_rng(0))
    assert labels.tolist() == sorted(3 * list(range(10)))
    assert tiles.shape == (30, 28, 28)
    assert 0 <= tiles.min() < tiles.max() <= 1
    assert (tiles.reshape(30, -1).sum(axis=1) > 10).all()
    odd = tiles[labels == KINDS[0]]
    assert not np.array_equal(odd[0], odd[1])
    again, _ = write_digits(hand, 3, *digits, np.random.default_rng(0))
    assert np.array_equal(tiles, again)
