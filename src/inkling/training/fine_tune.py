"""Fine-tuning: a network begins with the weights of another one instead of random ones.

It learns the new and forgets some of the old. Networks between the two sets of weights do both about as well as
either, so a recipe may `keep` a share of the old ones: Wortsman et al., "Robust fine-tuning of zero-shot models"
(2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inkling.errors import BadRecipe
from inkling.models import registry
from inkling.training.keras_setup import open_keras_model
from inkling.training.recipe import Recipe


def initial_weights(model: Any, recipe: Recipe) -> list[np.ndarray] | None:
    """The weights of the network that `recipe.start` names, for a Keras model of the recipe; None when it names none.

    Raises UnknownName or BadBundle when it is not there, BadRecipe when its layers have other shapes.
    """
    if not recipe.start:
        return None
    if recipe.standardise:
        raise BadRecipe(
            "start is set and standardise is true; the weights of a finished network take plain inputs, so one of the "
            "two was expected. Leave one out."
        )
    bundle = registry.find_network(recipe.start)
    check_split(bundle.manifest.get("recipe", {}), recipe)
    weights = list(open_keras_model(bundle, task="training").get_weights())
    if [each.shape for each in weights] != [each.shape for each in model.get_weights()]:
        raise BadRecipe(
            f"start is {recipe.start!r}, whose weights have other shapes than those of {recipe.architecture} with this "
            "recipe; the same architecture and number of outputs were expected. Name another bundle."
        )
    return weights


def check_split(before: Mapping[str, Any], recipe: Recipe) -> None:
    """Raises BadRecipe where images that are held back now were trained on before. `before`: a manifest's recipe."""
    split = {"split_seed": before.get("split_seed", before.get("seed")), "n_validation": before.get("n_validation")}
    for name, theirs in split.items():  # one seed decided everything in manifests of older versions
        mine = getattr(recipe, name)
        if theirs is not None and theirs != mine:
            raise BadRecipe(
                f"{name} is {mine}, and {theirs} for {recipe.start!r}, from which the run starts: it has been trained "
                f"on images that are held back now to judge by. Add: --set {name}={theirs}"
            )


def keep_share(model: Any, before: list[np.ndarray], share: float) -> None:
    """Moves a trained Keras model's weights by `share`, 0..1, towards those that it began with."""
    if share:
        pairs = zip(before, model.get_weights(), strict=True)
        model.set_weights([share * old + (1 - share) * new for old, new in pairs])
