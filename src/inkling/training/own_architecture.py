"""A user's own architecture: a function in a Python file that takes a recipe, named like my_net.py:net.

Such a file is code with all the rights of the user who runs it. Only `inkling train --run-code` calls `load`; without
that call, `architectures.find_architecture` returns an architecture that cannot be built.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from inkling.errors import BadRecipe
from inkling.training import checkpoint
from inkling.training.architectures import ARCHITECTURES, SETTINGS, Architecture, Settings, find_architecture, n_outputs
from inkling.training.keras_setup import foreign_parts
from inkling.training.recipe import Recipe


def load(recipe: Recipe, folder: Path) -> Recipe:
    """Runs the file named by the recipe's architecture, relative to `folder`, and registers its function.

    Returns the recipe with the file's bare name in `architecture`, because the run folder keeps a copy of the file next
    to the recipe. Raises BadRecipe for a missing file or function, and for code that fails.
    """
    file_name, _, function_name = recipe.architecture.rpartition(":")
    path = folder / file_name
    try:
        source = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadRecipe(
            f"architecture is {recipe.architecture!r}, but {path} cannot be read ({why}); expected a Python file. "
            "The path is relative to the recipe's folder; correct it."
        ) from error
    module = ModuleType(f"own_architecture_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look up their module here
    _guarded(path, lambda: exec(compile(source, str(path), "exec"), module.__dict__))  # noqa: S102
    function = getattr(module, function_name, None)
    if not callable(function):
        found = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise BadRecipe(
            f"architecture is {recipe.architecture!r}, but {path} has no function {function_name!r}; its functions: "
            f"{', '.join(found) or 'none'}. Name one of these, or write it."
        )

    def build(settings: Settings) -> Any:
        """A network from the user's own file."""
        model = _guarded(path, lambda: function(settings))
        _check_model(model, settings, recipe.architecture)
        return model

    name = f"{path.name}:{function_name}"
    ARCHITECTURES[name] = Architecture(name, build, None, SETTINGS, source=source)
    return dataclasses.replace(recipe, architecture=name)


def write_copy(recipe: Recipe, folder: Path) -> None:
    """Copies the file of the user's own architecture, if any, to a run folder. `--resume` runs that copy."""
    source = find_architecture(recipe.architecture).source
    if source:
        checkpoint.write_text(folder / recipe.architecture.rpartition(":")[0], source)


def facts(recipe: Recipe) -> dict[str, str]:
    """The manifest entry for a user's own architecture: the hash of its file. Empty for built-in architectures."""
    source = find_architecture(recipe.architecture).source
    return {"architecture_sha256": hashlib.sha256(source.encode()).hexdigest()} if source else {}


def _guarded(path: Path, run: Callable[[], Any]) -> Any:
    """Returns `run()`; turns an error in the user's code into a BadRecipe with the line number."""
    try:
        return run()
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = lines[-1] if lines else getattr(error, "lineno", None)
        where = f" in line {line}" if line else ""
        what = (str(error).splitlines() or [""])[0]
        raise BadRecipe(f"{path} fails{where}: {type(error).__name__}: {what}. Correct the code.") from error


def _check_model(model: Any, settings: Settings, name: str) -> None:
    """Raises BadRecipe unless a model has only plain layers and maps (N, 28, 28) to probabilities of the classes."""
    import keras

    if not isinstance(model, keras.Model):
        raise BadRecipe(f"{name} returns {type(model).__name__}; expected a keras.Model. Return the model.")
    n = n_outputs(settings)
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if shapes != ((None, 28, 28), (None, n)):
        raise BadRecipe(
            f"{name} maps {shapes[0]} to {shapes[1]}; expected (None, 28, 28) to (None, {n}): an image of 28x28 "
            f"pixels to {n} classes{', the last for non-digits' if n > 10 else ''}. Change its layers."
        )
    try:
        foreign = sorted(set(foreign_parts(json.loads(model.to_json()))))
    except NotImplementedError as error:
        raise BadRecipe(
            f"{name} returns a subclass of keras.Model, whose file can only be opened with your code; expected a "
            "Sequential or functional model. Build it from layers."
        ) from error
    if foreign:
        raise BadRecipe(
            f"{name} uses {', '.join(foreign)}, which can only be opened with your code; expected plain Keras layers. "
            "Use those."
        )
    probs = np.asarray(model(np.random.default_rng(0).random((2, 28, 28), np.float32), training=False))
    if probs.dtype != np.float32 or probs.min() < 0 or not np.allclose(probs.sum(1), 1, atol=1e-4):
        raise BadRecipe(
            f"{name} has outputs of type {probs.dtype} that sum to {float(probs[0].sum()):.3g}; expected float32 "
            'probabilities that sum to 1. Use as last layer: Dense(n, activation="softmax", dtype="float32")'
        )
