"""Open a bundle: the folder of a trained network.

model.tflite     the network for inference
model.keras      the same network, for fine-tuning and inspection (only `inkling.training` opens it; not in wheels)
manifest.json    metadata and fitted values, written by a command and never edited by hand
README.md        the model card
history.csv      the training history, by epoch
report/          data for the pages, written by inkling.training.publish
replay.npz       data for a hand's guards, written by inkling.training.replay

Only model.tflite and manifest.json are needed to run the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle

IDENTITY_KEYS = ("name", "version")  # required in every manifest
MNIST_TEST = "mnist-test"  # the key of the test images in a manifest's scores
SCORE_SETS = {MNIST_TEST: "test images", "mnist-validation": "validation images", "validation": "validation images"}
READER_KEYS = (*IDENTITY_KEYS, "temperature", "sure_at", "reject_at")  # checked for every reader


@dataclass(frozen=True)
class Bundle:
    """One trained network and its manifest.

    `manifest` also contains: architecture, parameters, layers, input (shape, dtype, range), classes, scores (by data
    set), recipe, data (checksums), libraries (versions), created, training, test_looks, reproducibility (the conditions
    under which training gives the same weights again).
    """

    path: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        """First 12 hex digits of the model's SHA-256."""
        return str(self.manifest["version"])

    @property
    def temperature(self) -> float:
        """The calibration temperature, above 0. More than 1 reduces confidence; 1 changes nothing."""
        return float(self.manifest["temperature"])

    @property
    def sure_at(self) -> float:
        """Confidence, 0..1, at or above which a digit counts as sure."""
        return float(self.manifest["sure_at"])

    @property
    def reject_at(self) -> float:
        """Non-digit probability, 0..1, at or above which a glyph is rejected; 1 if the network has no such class."""
        return float(self.manifest.get("reject_at", 1.0))

    @property
    def test_looks(self) -> int | None:
        """How often the network was evaluated on MNIST's test images; None if that was not counted."""
        looks = self.manifest.get("test_looks", None if MNIST_TEST in self.manifest.get("scores", {}) else 0)
        return None if looks is None else int(looks)

    @property
    def test_looks_in_words(self) -> str:
        """`test_looks` as text: "once", "3 times"."""
        n = self.test_looks
        return "an unknown number of times" if n is None else {0: "never", 1: "once", 2: "twice"}.get(n, f"{n} times")

    @property
    def can_refuse(self) -> bool:
        """Whether the network can reject non-digits."""
        return self.reject_at < 1

    @property
    def model_path(self) -> Path:
        return self.path / "model.tflite"

    def model_bytes(self) -> bytes:
        """The flatbuffer, checked against the manifest. Raises BadBundle if it does not match."""
        try:
            content = self.model_path.read_bytes()
        except OSError as error:
            raise BadBundle(
                f"{self.model_path} cannot be read ({error.strerror}); a bundle contains model.tflite and "
                "manifest.json. Export the run again."
            ) from error
        version = version_of(content)
        if version != self.version:
            raise BadBundle(
                f"{self.model_path} has version {version}, but its manifest says {self.version}; the file is "
                "damaged or was replaced. Export the run again."
            )
        return content


def best_known_score(bundle: Bundle) -> tuple[str, dict[str, Any]]:
    """The evaluation set and the score on it: test images, else validation images, else "" and {}."""
    scores = bundle.manifest.get("scores", {})
    for name, words in SCORE_SETS.items():
        if "accuracy_95" in scores.get(name, {}):
            return words, scores[name]
    return "", {}


def version_of(model: bytes) -> str:
    """First 12 hex digits of the model's SHA-256."""
    return hashlib.sha256(model).hexdigest()[:12]


def open_bundle(path: Path, *, keys: Sequence[str] = READER_KEYS) -> Bundle:
    """Open a bundle folder. Raises BadBundle if it is not a bundle, or one of the `keys` is missing or malformed."""
    manifest_path = path / "manifest.json"
    try:
        manifest = json.loads(manifest_path.read_text("utf-8"))
        bundle = Bundle(path, manifest)
        for key in keys:
            getattr(bundle, key)
    except OSError as error:
        raise BadBundle(
            f"{path} has no readable manifest.json ({error.strerror}); a bundle contains model.tflite and "
            "manifest.json. Name a bundle folder, a run folder or a packaged model."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadBundle(
            f"{manifest_path} is damaged ({error!r}); expected JSON written by export. Export the run again."
        ) from error
    return bundle
