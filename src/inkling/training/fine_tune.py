"""Fine-tuning: a network begins with the weights of another one instead of random ones.

It learns the new and forgets some of the old. Networks between the two sets of weights do both about as well as
either, so a recipe may `keep` a share of the old ones: Wortsman et al., "Robust fine-tuning of zero-shot models"
(2022).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadBundle, BadRecipe
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training.keras_setup import open_keras_model
from inkling.training.recipe import Recipe, packaged


def initialize(model: Any, recipe: Recipe) -> None:
    """Puts the weights of the network that `recipe.start` names into a Keras model; does nothing when it names none.

    Raises UnknownName or BadBundle when it is not there, BadRecipe when its layers have other shapes.
    """
    if not recipe.start:
        return
    if recipe.standardise:
        raise BadRecipe(
            "start is set and standardise is true; the weights of a finished network take plain inputs, so one of the "
            "two was expected. Leave one out."
        )
    weights = _initial_weights(recipe)
    if [each.shape for each in weights] != [each.shape for each in model.get_weights()]:
        raise BadRecipe(
            f"start is {recipe.start!r}, whose weights have other shapes than those of {recipe.architecture} with this "
            "recipe; the same architecture and number of outputs were expected. Name another bundle."
        )
    model.set_weights(weights)


def interpolate_weights(model: Any, recipe: Recipe) -> None:
    """Moves a trained Keras model's weights towards those it began with by the share `recipe.keep`."""
    if recipe.keep:
        pairs = zip(_initial_weights(recipe), model.get_weights(), strict=True)
        model.set_weights([recipe.keep * old + (1 - recipe.keep) * new for old, new in pairs])


def initial_bundle(start: str) -> Bundle:
    """The bundle that a recipe's `start` names. Raises UnknownName, BadBundle or BadRecipe when it is not there."""
    try:
        return registry.find_network(start)
    except BadBundle as error:
        name = Path(start).name
        if Path(start).exists() or name not in packaged():
            raise
        raise BadRecipe(
            f"start is {start!r}, which is not there; expected the run of the recipe before. Train that first: "
            f"inkling train {name} --out {start}"
        ) from error


def earlier_seconds(recipe: Recipe) -> float:
    """What training the run that `recipe.start` names took; 0 when it is no run."""
    path = Path(recipe.start) / "environment.json"
    if not recipe.start or not path.is_file():
        return 0.0
    return float(json.loads(path.read_text("utf-8"))["train_seconds"])


def _initial_weights(recipe: Recipe) -> list[np.ndarray]:
    model = open_keras_model(initial_bundle(recipe.start), task="training")
    return list(model.get_weights())
