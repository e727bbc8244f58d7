"""Fine-tuning: a network that begins with the weights of another instead of random ones.

It learns the new and forgets some of the old. Between the two sets of weights lie networks that do both about as well
as either, so a recipe may `keep` a share of the old ones: Wortsman et al., "Robust fine-tuning of zero-shot models"
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
from inkling.training.recipe import Recipe, packaged


def start_from(model: Any, recipe: Recipe) -> None:
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
    path = _network_of(recipe)
    if not path.is_file():
        raise BadRecipe(f"start is {recipe.start!r}, which has no model.keras; name another bundle.")
    weights = _weights_at(path)
    have, need = ([each.shape for each in some] for some in (weights, model.get_weights()))
    if have != need:
        raise BadRecipe(
            f"start is {recipe.start!r}, whose weights have other shapes than those of {recipe.architecture} with this "
            "recipe; the same architecture and number of outputs were expected. Name another bundle."
        )
    model.set_weights(weights)


def blend(model: Any, recipe: Recipe) -> None:
    """Moves a trained Keras model's weights towards those it began with by the share `recipe.keep`."""
    if recipe.keep:
        old = _weights_at(_network_of(recipe))
        pairs = zip(old, model.get_weights(), strict=True)
        model.set_weights([recipe.keep * one + (1 - recipe.keep) * other for one, other in pairs])


def _weights_at(path: Path) -> list[np.ndarray]:
    import keras

    return list(keras.models.load_model(path, compile=False).get_weights())


def _network_of(recipe: Recipe) -> Path:
    return bundle_of(recipe.start).path / "model.keras"


def bundle_of(start: str) -> Bundle:
    """The bundle that a recipe's `start` names. Raises UnknownName, BadBundle or BadRecipe when it is not there."""
    try:
        return registry.find(start)
    except BadBundle as error:
        course = Path(start).name
        if Path(start).exists() or course not in packaged():
            raise
        raise BadRecipe(
            f"start is {start!r}, which is not there; expected the run of the course before. Train that first: "
            f"inkling train {course} --out {start}"
        ) from error


def seconds_spent(recipe: Recipe) -> float:
    """What training the run that `recipe.start` names took; 0 when it is no run."""
    path = Path(recipe.start) / "environment.json"
    if not recipe.start or not path.is_file():
        return 0.0
    return float(json.loads(path.read_text("utf-8"))["train_seconds"])
