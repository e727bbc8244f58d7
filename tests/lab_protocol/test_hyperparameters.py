"""The hyperparameters are compatible with recipes, and errors name the wrong value."""

from __future__ import annotations

import dataclasses

import pytest

from inkling.errors import BadRequest
from inkling.lab_protocol.hyperparameters import (
    HYPERPARAMETERS,
    N_IMAGES,
    N_VALIDATION,
    PRESETS,
    Hyperparameter,
    recipe_table,
    validated,
)
from inkling.training.architectures import ARCHITECTURES
from inkling.training.recipe import Augmentation, Recipe, from_table


@pytest.mark.parametrize("choice", HYPERPARAMETERS, ids=lambda choice: choice.name)
def test_every_choice_is_a_parameter_of_a_recipe_and_lies_within_its_range(choice: Hyperparameter) -> None:
    kind = Augmentation if choice.part else Recipe
    parameter = {each.name: each for each in dataclasses.fields(kind)}[choice.name]
    assert choice.about.endswith(".")
    if "range" in parameter.metadata:
        low, high = parameter.metadata["range"]
        for value in choice.options or (choice.low, choice.high):
            assert low <= value <= high  # type: ignore[operator]
    if choice.name == "architecture":
        assert set(choice.options) <= set(ARCHITECTURES)
    if choice.options:
        assert choice.default in choice.options
    else:
        assert choice.low <= float(choice.default) <= choice.high
        assert choice.step > 0


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_makes_a_recipe(preset: object) -> None:
    values = validated(preset.values)  # type: ignore[attr-defined]
    recipe = from_table(recipe_table(values))
    assert (recipe.n_train, recipe.schedule) == (values["n_train"], "constant")
    assert recipe.n_validation + N_IMAGES == 60_000
    assert recipe.n_validation == N_VALIDATION == Recipe("x", "ann").n_validation


def test_a_recipe_gets_only_what_its_architecture_has() -> None:
    assert "dropout" not in recipe_table(validated({}))
    assert "hidden" not in recipe_table(validated({"architecture": "cnn-small"}))
    table = recipe_table(validated({"architecture": "ann-dropout", "rotation": 3}))
    assert (table["dropout"], table["augmentation"]["rotation"]) == (0.3, 3.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epochs": 0}, "epochs is 0; expected a whole number from 1 to 100"),
        ({"epochs": 2.5}, "epochs is 2.5; expected a whole number"),
        ({"epochs": True}, "epochs is True; expected a whole number"),
        ({"epochs": None}, "epochs is None; expected a whole number"),
        ({"hidden": 10**9}, "hidden is 1000000000; expected a whole number from 1 to 512"),
        ({"hidden": float("nan")}, "hidden is nan; expected"),
        ({"rotation": float("inf")}, "rotation is inf; expected a number from 0 to 30"),
        ({"rotation": "far"}, "rotation is 'far'; expected a number"),
        ({"learning_rate": 5}, "learning_rate is 5; expected one of 0.0001, 0.0003"),
        ({"learning_rate": []}, r"learning_rate is \[\]; expected one of"),
        ({"batch_size": True}, "batch_size is True; expected one of"),
        ({"architecture": "../x"}, "architecture is '../x'; expected one of ann"),
        ({"batch_size": 512, "n_train": 500}, "batch_size is 512; expected at most the number of training images, 500"),
        ({"epocs": 3}, "epocs is not a hyperparameter.* Did you mean 'epochs'"),
        ({"teacher": "/etc"}, "teacher is not a hyperparameter"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, object], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        validated(given)
