"""A trained network that reads strips -> a bundle: written whole and proven equal, or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inkling.cpu import cores
from inkling.errors import BadBundle
from inkling.models.bundle import Bundle, open_bundle, version_of
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.normalize import SIDE
from inkling.silence import quiet_stderr
from inkling.training.data.mnist import MNIST_ARRAYS, as_input
from inkling.training.export import TOLERANCE, describe_layers, library_versions
from inkling.training.line import network
from inkling.training.line.synthetic_lines import Strips, exact

N_COMPARED = 100  # strips of each width on which LiteRT is compared with Keras


def export(model: Any, folder: Path, judged: list[Strips], *, recipe: dict[str, Any], seconds: float) -> Bundle:
    """Writes the bundle of a trained Keras model into `folder`, in place of what was there.

    `judged`: validation strips, by width. Raises BadBundle when LiteRT and Keras differ by more than TOLERANCE on any
    of those that are compared; then nothing is left under the final name that was not there before.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        clean = network.build()  # not compiled: no optimizer to save
        clean.set_weights(model.get_weights())
        with quiet_stderr(), contextlib.redirect_stdout(io.StringIO()):  # Keras prints the signature
            clean.save(part / "model.keras")
            clean.export(str(part / "model.tflite"), format="litert", verbose=False)
        content = (part / "model.tflite").read_bytes()
        exported = LiteRTModel(content, part / "model.tflite", shape=(SIDE, -1))
        difference = check_parity(model, exported, judged)
        manifest = {
            "name": "sequence",
            "version": version_of(content),
            "parameters": int(model.count_params()),
            "layers": describe_layers(model),
            "input": {
                "shape": [SIDE, None],
                "dtype": "float32",
                "range": [0, 1],
                "meaning": "1 = ink, 0 = paper; 20 px high, a width that is a multiple of 28",
            },
            "classes": [*map(str, range(10)), "no new digit"],
            "scores": {"validation": exact(exported, judged), "difference_from_keras": float(f"{difference:.2g}")},
            "recipe": recipe,
            "training": {"seconds": round(seconds, 1), "cores": cores()},
            "data": {"name": "mnist", "sha256": {name: sha256 for name, (_, sha256) in MNIST_ARRAYS.items()}},
            "libraries": library_versions(),
            "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        write_manifest(part, manifest)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_bundle(folder, keys=("name", "version"))


def check_parity(model: Any, exported: LiteRTModel, judged: list[Strips]) -> float:
    """The largest difference between LiteRT's and Keras's probabilities on some strips of each width.

    Raises BadBundle when it is more than TOLERANCE.
    """
    difference = 0.0
    for same in judged:
        x = as_input(same.images[:N_COMPARED])
        difference = max(difference, float(np.abs(exported(x) - model.predict(x, verbose=0)).max()))
    if not difference <= TOLERANCE:  # written so that nan is refused too
        raise BadBundle(
            f"LiteRT and Keras differ by {difference:.2g}; at most {TOLERANCE:g} was expected, so nothing was "
            "exported. Use operations that LiteRT supports, or another TensorFlow."
        )
    return difference


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """manifest.json of a bundle."""
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
