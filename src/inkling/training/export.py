"""A trained network -> a bundle: written whole and proven equal, or not at all."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import os
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle, open_bundle, version_of
from inkling.pipeline.classifier import Classifier
from inkling.training import calibrate, scores
from inkling.training.architectures import ARCHITECTURES
from inkling.training.data.mnist import MNIST_ARRAYS, Mnist, as_input
from inkling.training.over_segmentation.crf import INITIAL
from inkling.training.recipe import Recipe, to_table

TOLERANCE = 1e-4  # the most that LiteRT's probabilities may differ from Keras's
N_COMPARED = 1_000  # images on which the two are compared
LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python-headless")


def export(
    model: Any, recipe: Recipe, mnist: Mnist, folder: Path, *, validation: np.ndarray, score_test: bool = True
) -> Bundle:
    """Writes the bundle of a trained Keras model into `folder`, in place of what was there.

    `validation`: indices of the training images to calibrate on. Raises BadBundle when LiteRT and Keras differ by
    more than 1e-4 on 1,000 images; then nothing is left under the final name that was not there before.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        write_models(model, recipe, part)
        x_val, y_val = mnist.x_train[validation], mnist.y_train[validation]
        check_parity(model, part, as_input(x_val[:N_COMPARED]))
        manifest = make_manifest(model, recipe, part, x_val, y_val)
        if score_test:
            probs = run(part)(as_input(mnist.x_test))
            manifest["scores"]["mnist-test"] = scores.summary(probs, mnist.y_test, temperature=manifest["temperature"])
        (part / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_bundle(folder)


def write_models(model: Any, recipe: Recipe, folder: Path) -> None:
    """model.keras and model.tflite, both without the optimizer."""
    clean = ARCHITECTURES[recipe.architecture].build(recipe)  # not compiled: no optimizer to save
    clean.set_weights(model.get_weights())
    clean.save(folder / "model.keras")
    with contextlib.redirect_stdout(io.StringIO()):  # Keras prints the signature
        clean.export(str(folder / "model.tflite"), format="litert", verbose=False)


def check_parity(model: Any, folder: Path, images: np.ndarray) -> float:
    """The largest difference between model.tflite in `folder` and the Keras model. images: (N, 28, 28) float32

    Raises BadBundle when it is more than TOLERANCE.
    """
    expected = model.predict(images, batch_size=500, verbose=0)  # (N, 28, 28) -> (N, 10 or 11)
    difference = float(np.abs(run(folder).outputs(images) - expected).max())
    if not difference <= TOLERANCE:  # written so that nan is refused too
        raise BadBundle(
            f"LiteRT and Keras differ by {difference:.2g} on {len(images)} images; at most {TOLERANCE:g} was expected, "
            "so nothing was exported. Use operations that LiteRT supports, or another TensorFlow."
        )
    return difference


def run(folder: Path) -> Classifier:
    """The flatbuffer of a bundle that has no manifest yet, ready to run."""
    manifest = {"name": "part", "version": version_of((folder / "model.tflite").read_bytes())}
    return Classifier(Bundle(folder, manifest))


def make_manifest(model: Any, recipe: Recipe, folder: Path, x_val: np.ndarray, y_val: np.ndarray) -> dict[str, Any]:
    """The facts about a network, calibrated on validation images (V, 28, 28) uint8 and labels (V,)."""
    trust = calibrate.measure(run(folder), recipe, x_val, y_val)
    return {
        "name": recipe.name,
        "version": version_of((folder / "model.tflite").read_bytes()),
        "architecture": recipe.architecture,
        "parameters": int(model.count_params()),
        "layers": describe_layers(model),
        "input": {
            "shape": [28, 28],
            "dtype": "float32",
            "range": [0, 1],
            "meaning": "1 = ink, 0 = paper; longest side 20 px, centre of mass in the middle",
        },
        "classes": [*map(str, range(10)), "none"][: model.output_shape[1]],
        "temperature": trust.temperature,
        "sure_at": trust.sure_at,
        "reject_at": trust.reject_at,
        **({"cut_costs": asdict(INITIAL)} if trust.reject_at < 1 else {}),
        "scores": trust.scores,
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
