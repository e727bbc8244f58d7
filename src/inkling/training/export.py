"""A trained network -> a bundle: written whole and proven equal, or not at all."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadBundle
from inkling.models.bundle import IDENTITY_KEYS, MNIST_TEST, Bundle, open_bundle, version_of
from inkling.training import checkpoint, own_architecture
from inkling.training.architectures import find_architecture
from inkling.training.data.mnist import MNIST_ARRAYS
from inkling.training.recipe import Recipe, to_table
from inkling.training.tasks import Task

TOLERANCE = 1e-4  # the most that LiteRT's probabilities may differ from Keras's
LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python-headless")


def export(
    model: Any,
    recipe: Recipe,
    task: Task,
    folder: Path,
    *,
    score_test: bool = False,
    reproducibility: dict[str, Any] | None = None,
) -> Bundle:
    """Writes the bundle of a trained Keras model into `folder`, in place of what was there.

    `score_test` judges it on the test images, unless the bundle that was there has the scores of this very network.
    `reproducibility`: see `repeat.facts`.

    Raises BadBundle when LiteRT and Keras differ by more than 1e-4; then nothing is left under the final name that was
    not there before.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        model = write_models(model, recipe, part)
        bundle = Bundle(part, {"name": recipe.name, "version": version_of((part / "model.tflite").read_bytes())})
        check_parity(model, bundle, task, task.parity_inputs())
        bundle = Bundle(part, make_manifest(model, recipe, bundle, task))
        if reproducibility is not None:
            bundle.manifest["reproducibility"] = reproducibility
        keep_test_scores(bundle, folder)
        if score_test and MNIST_TEST not in bundle.manifest["scores"]:
            bundle.manifest["test_looks"] = None if bundle.test_looks is None else bundle.test_looks + 1
            bundle.manifest["scores"][MNIST_TEST] = task.test_scores(bundle)
        write_manifest(bundle)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_bundle(folder, keys=IDENTITY_KEYS)


def keep_test_scores(bundle: Bundle, folder: Path) -> None:
    """Takes over how often the bundle in `folder` was judged on the test images, and how well it read them if it is
    the same network."""
    with contextlib.suppress(BadBundle):
        earlier = open_bundle(folder, keys=IDENTITY_KEYS)
        bundle.manifest["test_looks"] = earlier.test_looks
        if earlier.version == bundle.version and MNIST_TEST in earlier.manifest.get("scores", {}):
            bundle.manifest["scores"][MNIST_TEST] = earlier.manifest["scores"][MNIST_TEST]


def write_models(model: Any, recipe: Recipe, folder: Path) -> Any:
    """model.keras and model.tflite, both in float32 and without the optimizer. Returns that Keras model."""
    clean = find_architecture(recipe.architecture).build(recipe)  # not compiled: no optimizer to save
    clean.set_weights(model.get_weights())
    clean.save(folder / "model.keras")
    with contextlib.redirect_stdout(io.StringIO()):  # Keras prints the signature
        clean.export(str(folder / "model.tflite"), format="litert", verbose=False)
    return clean


def write_manifest(bundle: Bundle) -> None:
    """manifest.json of a bundle."""
    checkpoint.write_json(bundle.path / "manifest.json", bundle.manifest)


def check_parity(model: Any, bundle: Bundle, task: Task, inputs: list[np.ndarray]) -> float:
    """The largest difference between model.tflite of a bundle and a Keras model. inputs: (N, 28, w) float32 each

    Raises BadBundle when it is more than TOLERANCE.
    """
    infer = task.load_litert(bundle)
    differences = [np.abs(infer(x) - model.predict(x, batch_size=500, verbose=0)).max() for x in inputs]
    difference = float(np.max(differences))  # nan if any is
    if not difference <= TOLERANCE:  # written so that nan is refused too
        raise BadBundle(
            f"LiteRT and Keras differ by {difference:.2g} on {sum(map(len, inputs))} images; at most {TOLERANCE:g} was "
            "expected, so nothing was exported. Use operations that LiteRT supports, or another TensorFlow."
        )
    return difference


def make_manifest(model: Any, recipe: Recipe, bundle: Bundle, task: Task) -> dict[str, Any]:
    """The facts about a network."""
    return {
        "name": recipe.name,
        "version": bundle.version,
        "architecture": recipe.architecture,
        **own_architecture.facts(recipe),
        "parameters": int(model.count_params()),
        "layers": describe_layers(model),
        **task.facts(bundle),
        "test_looks": 0,
        "recipe": to_table(recipe),
        "data": {"name": "mnist", "sha256": {name: sha256 for name, (_, sha256) in MNIST_ARRAYS.items()}},
        "libraries": library_versions(),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def describe_layers(model: Any) -> list[dict[str, Any]]:
    """Name, type, output shape (without the batch) and number of parameters of each layer."""
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": int(layer.count_params()),
        }
        for layer in model.layers
    ]


def library_versions() -> dict[str, str]:
    """Versions of what decides the weights and how they run."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}
