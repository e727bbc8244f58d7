"""training.fine_tune: fine-tuning begins with the weights of another network."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.errors import BadRecipe, UnknownName
from inkling.models import registry
from inkling.training import fine_tune, recipe, train
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
    model = build(how)
    fine_tune.initialize(model, how)
    other = keras.models.load_model(registry.find("ann-tutorial").path / "model.keras", compile=False)
    for mine, its in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_without_a_start_nothing_changes() -> None:
    import_keras(seed=1)
    how = dataclasses.replace(from_ann(), start="")
    model = build(how)
    before = model.get_weights()
    fine_tune.initialize(model, how)
    for mine, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, old)


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
        fine_tune.initialize(build(dataclasses.replace(how, start="")), how)


def test_the_time_of_the_first_run_counts(tmp_path: Path) -> None:
    (tmp_path / "environment.json").write_text(json.dumps({"train_seconds": 12.5}))
    assert fine_tune.earlier_seconds(from_ann(start=str(tmp_path))) == 12.5
    assert fine_tune.earlier_seconds(from_ann()) == 0


def test_the_recipe_before_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadRecipe, match="Train that first: inkling train line-rows --out runs/line-rows"):
        fine_tune.initialize(None, recipe.find("line"))


def test_a_share_of_the_old_weights_is_kept() -> None:
    import_keras(seed=1)
    how = from_ann(seed=1, keep=0.25)
    model = build(how)
    new = model.get_weights()
    fine_tune.interpolate_weights(model, how)
    blended = model.get_weights()
    fine_tune.initialize(model, how)
    for mixed, old, own in zip(blended, model.get_weights(), new, strict=True):
        np.testing.assert_allclose(mixed, 0.25 * old + 0.75 * own, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "override", "words"),
    [("ann-tutorial", "keep=0.25", "no start of which to keep"), ("cnn", "nondigits=0", "Set nondigits too")],
)
def test_settings_that_need_another_are_refused(name: str, override: str, words: str) -> None:
    with pytest.raises(BadRecipe, match=words):
        recipe.find(name, [override])
