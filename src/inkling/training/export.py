"""Exports a trained network as a bundle, completely or not at all, and only if LiteRT and Keras agree."""

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

TOLERANCE = 1e-4  # largest allowed difference between LiteRT's and Keras's probabilities
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
    """Writes the bundle of a trained Keras model into `folder` and replaces an earlier bundle there.

    `score_test` evaluates the network on the test images, unless the earlier bundle has the scores of the same network.
    `reproducibility`: see `reproducibility.facts`.

    Raises BadBundle when LiteRT and Keras differ by more than 1e-4; then `folder` stays unchanged.
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
    """Copies the number of test looks from an earlier version of the network in `folder`, and its test scores if the
    version is the same."""
    with contextlib.suppress(BadBundle):
        earlier = open_bundle(folder, keys=IDENTITY_KEYS)
        is_same = earlier.version == bundle.version
        if is_same or earlier.name == bundle.name:
            bundle.manifest["test_looks"] = earlier.test_looks
        if is_same and MNIST_TEST in earlier.manifest.get("scores", {}):
            bundle.manifest["scores"][MNIST_TEST] = earlier.manifest["scores"][MNIST_TEST]


def write_models(model: Any, recipe: Recipe, folder: Path) -> Any:
    """Writes model.keras and model.tflite, both in float32 and without the optimizer. Returns the saved Keras model."""
    clean = find_architecture(recipe.architecture).build(recipe)  # not compiled, so no optimizer is saved
    clean.set_weights(model.get_weights())
    clean.save(folder / "model.keras")
    with contextlib.redirect_stdout(io.StringIO()):  # Keras prints the signature
        clean.export(str(folder / "model.tflite"), format="litert", verbose=False)
    return clean


def write_manifest(bundle: Bundle) -> None:
    """Writes a bundle's manifest.json."""
    checkpoint.write_json(bundle.path / "manifest.json", bundle.manifest)


def check_parity(model: Any, bundle: Bundle, task: Task, inputs: list[np.ndarray]) -> float:
    """The largest difference between the LiteRT outputs of a bundle and those of a Keras model.

    inputs: (N, h, w) float32 each. Raises BadBundle when it exceeds TOLERANCE.
    """
    infer = task.load_litert(bundle)
    differences = [np.abs(infer(x) - model.predict(x, batch_size=500, verbose=0)).max() for x in inputs]
    difference = float(np.max(differences))  # nan if any is nan
    if not difference <= TOLERANCE:  # also true for nan
        raise BadBundle(
            f"LiteRT and Keras differ by {difference:.2g} on {sum(map(len, inputs))} images; expected at most "
            f"{TOLERANCE:g}, so nothing was exported. Use operations that LiteRT supports, or another TensorFlow."
        )
    return difference


def make_manifest(model: Any, recipe: Recipe, bundle: Bundle, task: Task) -> dict[str, Any]:
    """The manifest of a network."""
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
    """Versions of the libraries that affect training and inference."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}
