"""training.fine_tune: fine-tuning starts from the weights of another network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from inkling.errors import BadRecipe, UnknownName
from inkling.models import registry
from inkling.training import fine_tune, recipe, train
from inkling.training.ema import ExponentialMovingAverage
from inkling.training.keras_setup import import_keras
from inkling.training.recipe import Recipe
from inkling.training.tasks import make_task
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN


def from_ann(**changes: object) -> Recipe:
    return dataclasses.replace(recipe.find("ann-tutorial"), **{"start": "ann-tutorial", **changes})


def build(how: Recipe) -> Any:
    return train.build(how, make_task(dataclasses.replace(how, n_validation=200), small_mnist()))


def test_it_begins_with_the_weights_of_the_other() -> None:
    keras = import_keras(seed=1)
    how = from_ann(seed=1)
    found = fine_tune.initial_weights(build(how), how)
    other = keras.models.load_model(registry.find("ann-tutorial").path / "model.keras", compile=False)
    assert found is not None
    for mine, its in zip(found, other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_without_a_start_the_weights_are_random() -> None:
    import_keras(seed=1)
    how = from_ann(start="")
    assert fine_tune.initial_weights(build(how), how) is None


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"hidden": 64}, BadRecipe, "other shapes"),
        ({"start": "an-tutorial"}, UnknownName, "Did you mean 'ann-tutorial'"),
        ({"standardise": True}, BadRecipe, "one of the two"),
    ],
)
def test_a_start_that_cannot_be_is_refused(change: dict[str, object], error: type[Exception], words: str) -> None:
    import_keras(seed=1)
    how = from_ann(**change)
    with pytest.raises(error, match=words):
        fine_tune.initial_weights(build(dataclasses.replace(how, start="")), how)


@pytest.mark.parametrize(
    ("before", "change", "words"),
    [
        ({"split_seed": 1, "seed": 0, "n_validation": 5000}, {}, "--set split_seed=1"),
        ({"seed": 1, "n_validation": 5000}, {}, "--set split_seed=1"),  # older version: `seed` also decides the split
        ({"split_seed": 0, "n_validation": 5000}, {"n_validation": 200}, "--set n_validation=5000"),
    ],
)
def test_images_that_were_trained_on_are_not_held_back(
    before: dict[str, int], change: dict[str, int], words: str
) -> None:
    with pytest.raises(BadRecipe, match=words):
        fine_tune.check_split(before, from_ann(**change))


def test_another_seed_with_the_same_split_may_start() -> None:
    fine_tune.check_split({"split_seed": 3, "seed": 0, "n_validation": 5000}, from_ann(seed=1, split_seed=3))


def test_weights_move_back_by_a_share() -> None:
    new, old = [np.array([2.0, 4.0])], [np.array([0.0, 0.0])]
    assert fine_tune.moved_back(new, old, 0.25)[0].tolist() == [1.5, 3.0]


def test_a_share_of_the_old_weights_is_kept(tmp_path: Path) -> None:
    import_keras(seed=1)
    how = from_ann(keep=0.25)
    model = build(how)
    new, old = model.get_weights(), [weight + 1 for weight in model.get_weights()]
    average = ExponentialMovingAverage(model, how.ema)
    run: Any = SimpleNamespace(recipe=how, folder=tmp_path, model=model, ema=average, initial=old)
    for mixed, its, own in zip(train.keep_final_weights(run), old, new, strict=True):
        np.testing.assert_allclose(mixed, 0.25 * its + 0.75 * own, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "override", "words"),
    [
        ("ann-tutorial", "keep=0.25", "keep is 0.25, but start is empty"),
        ("ann", "nondigits=0.2", "the architecture .ann. does not use it"),
    ],
)
def test_settings_that_need_another_are_refused(name: str, override: str, words: str) -> None:
    with pytest.raises(BadRecipe, match=words):
        recipe.find(name, [override])
