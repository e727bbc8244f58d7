"""Fine-tuning: a network starts from the weights of another one instead of random ones.

Fine-tuning learns the new data and forgets some of the old. Interpolated weights do nearly as well on both, so a recipe
can `keep` a share of the old weights: Wortsman et al., "Robust fine-tuning of zero-shot models" (2022).
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
    """The weights of the network named by `recipe.start`, for a Keras model of the recipe; None if `start` is empty.

    Raises UnknownName or BadBundle when that network does not exist; BadRecipe when its weights have other shapes, it
    was trained with other held-out images, or the recipe standardizes inputs.
    """
    if not recipe.start:
        return None
    if recipe.standardise:
        raise BadRecipe(
            "start is set and standardise is true; expected one of the two, because the weights of a finished network "
            "take plain inputs. Leave one out."
        )
    bundle = registry.find_network(recipe.start)
    check_split(bundle.manifest.get("recipe", {}), recipe)
    weights = list(open_keras_model(bundle, task="training").get_weights())
    if [each.shape for each in weights] != [each.shape for each in model.get_weights()]:
        raise BadRecipe(
            f"start is {recipe.start!r}, whose weights have other shapes than those of {recipe.architecture} with this "
            "recipe; expected the same architecture and number of outputs. Name another bundle."
        )
    return weights


def check_split(before: Mapping[str, Any], recipe: Recipe) -> None:
    """Raises BadRecipe if `before`, a manifest's recipe, held out other images: held-out images must be unseen."""
    split = {"split_seed": before.get("split_seed", before.get("seed")), "n_validation": before.get("n_validation")}
    for name, theirs in split.items():  # in manifests of older versions, `seed` also decided the split
        mine = getattr(recipe, name)
        if theirs is not None and theirs != mine:
            raise BadRecipe(
                f"{name} is {mine}, but {theirs} for {recipe.start!r}, from which the run starts: it was trained on "
                f"images that this run holds out for validation. Add: --set {name}={theirs}"
            )


def moved_back(weights: list[np.ndarray], original: list[np.ndarray], share: float) -> list[np.ndarray]:
    """Weights moved by `share`, 0..1, toward the original ones."""
    return [share * old + (1 - share) * new for old, new in zip(original, weights, strict=True)]
