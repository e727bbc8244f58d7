"""training.lr_schedule: every schedule that a recipe can use."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from inkling.training import lr_schedule
from inkling.training.lr_schedule import factors
from inkling.training.recipe import Recipe
from inkling.training.recipe_in_words import SCHEDULES

[CHOICES] = [field.metadata["choices"] for field in dataclasses.fields(Recipe) if field.name == "schedule"]


@pytest.mark.parametrize("name", CHOICES)
def test_every_schedule_reaches_its_highest_rate_and_ends_near_0(name: str) -> None:
    found = factors(name, 2_000)
    assert found.shape == (2_000,)
    assert found.dtype == np.float32
    assert found.max() == pytest.approx(1, abs=1e-4)
    assert found.min() >= 0
    assert found[-1] == pytest.approx(1 if name == "constant" else 0, abs=2e-3)
    assert factors(name, 1).shape == (1,)
    assert factors(name, 0).shape == (0,)


@pytest.mark.parametrize("name", CHOICES)
def test_a_model_card_has_words_for_it(name: str) -> None:
    assert SCHEDULES[name]


def test_one_cycle_rises_for_three_tenths() -> None:
    found = factors("one_cycle", 1_000)
    assert found[0] == pytest.approx(lr_schedule.INITIAL_FACTOR)
    assert found.argmax() == 300


def test_warmup_stable_decay_rises_stays_and_falls_straight() -> None:
    found = factors("warmup_stable_decay", 10_000)
    np.testing.assert_allclose(found[[0, 249, 499]], [0.002, 0.5, 1])
    assert (found[500:6_000] == 1).all()
    np.testing.assert_allclose(found[[7_000, 8_000, 9_000]], [0.75, 0.5, 0.25])


def test_until_it_falls_a_longer_run_has_the_same_rates() -> None:
    np.testing.assert_array_equal(
        factors("warmup_stable_decay", 10_000)[:6_000], factors("warmup_stable_decay", 20_000)[:6_000]
    )


@pytest.mark.parametrize(("decay", "after_half"), [(0.0, 1.0), (0.5, 1.0), (1.0, 0.5)])
def test_the_share_in_which_the_rate_falls_can_be_chosen(decay: float, after_half: float) -> None:
    found = factors("warmup_stable_decay", 10_000, decay=decay)
    assert found[5_000] == pytest.approx(after_half)
    assert found[-1] == pytest.approx(0.0 if decay else 1.0, abs=1e-3)


def test_a_run_shorter_than_the_warm_up_never_reaches_the_highest_rate() -> None:
    found = factors("warmup_stable_decay", 100)
    assert found.max() < 0.2
    assert found[0] == pytest.approx(0.002)
