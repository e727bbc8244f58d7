"""Puts a run's bundle among those that come with the package: python -m inkling.training.package RUN

A bundle that has not been judged on the test images yet (`inkling train --no-test`) is judged here, once. On all of
them LiteRT is compared with Keras, and the time that the run took is written beside its scores. The run's history is
kept with it, and the report that the pages show is written (`inkling.training.publish`).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadBundle, BadData, InklingError
from inkling.models import bundle, registry
from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import Classifier
from inkling.training import export, model_card, publish, scores, train
from inkling.training.data.mnist import Mnist, as_input, load_mnist
from inkling.training.keras_setup import open_network

MNIST_TEST = "mnist-test"
DIFFERENCE = "difference_from_keras"  # in the scores of the test images: the largest of any probability
FILES = ("model.tflite", "model.keras", "manifest.json")


def package(run: Path, mnist: Mnist, *, into: Path = registry.PACKAGED) -> Bundle:
    """Copies the bundle of `run` to `into`/NAME in place of the one there, with its scores on the test images.

    Raises BadBundle when LiteRT and Keras differ by more than export.TOLERANCE on any of them; the one there stays.
    """
    source = registry.find(run)
    manifest = with_training(source)
    if MNIST_TEST not in manifest["scores"]:
        manifest["scores"][MNIST_TEST] = test_scores(source, mnist)
    if DIFFERENCE not in manifest["scores"][MNIST_TEST]:
        manifest["scores"][MNIST_TEST][DIFFERENCE] = difference_from_keras(source, as_input(mnist.x_test))
    folder = into / source.name
    if folder.exists() and folder.samefile(source.path):
        raise BadBundle(f"{source.path} is packaged already; expected a run or another bundle. Name that.")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        ready = Path(scratch) / source.name
        ready.mkdir()
        for name in FILES:
            shutil.copyfile(source.path / name, ready / name)
        (ready / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
        rows = history(source)
        if rows:
            publish.write_history(ready / publish.HISTORY, rows)
        model_card.write(bundle.open_bundle(ready))
        shutil.rmtree(folder, ignore_errors=True)
        ready.replace(folder)
    return bundle.open_bundle(folder)


def test_scores(source: Bundle, mnist: Mnist) -> dict[str, Any]:
    """What a manifest says of a bundle on the 10,000 test images."""
    probs = Classifier(source)(as_input(mnist.x_test))  # (N, 28, 28) -> (N, 10)
    return scores.summary(probs, mnist.y_test, temperature=source.temperature)


def with_training(source: Bundle) -> dict[str, Any]:
    """A copy of the manifest; `training` says how long the run took on how many cores, where its folder says so."""
    manifest: dict[str, Any] = json.loads(json.dumps(source.manifest))
    path = source.path.parent / "environment.json"
    if "training" not in manifest and path.is_file():
        try:
            found = json.loads(path.read_text("utf-8"))
            manifest["training"] = {"seconds": found["train_seconds"], "cores": found["cores"]}
        except (ValueError, KeyError, TypeError) as error:
            raise BadData(f"{path} is damaged ({error!r}); expected what training writes. Delete it.") from error
    return manifest


def history(source: Bundle) -> list[train.Row]:
    """A line an epoch: of the run that `source` lies in, or as the bundle keeps it; [] when neither does."""
    return train.read_history(source.path.parent / publish.HISTORY) or train.read_history(source.path / publish.HISTORY)


def difference_from_keras(source: Bundle, tiles: np.ndarray) -> float:
    """The largest difference between what model.tflite and model.keras answer about (N, 28, 28) float32 tiles.

    Raises BadBundle when it is more than export.TOLERANCE, or when Keras cannot open its file.
    """
    model = open_network(source.path / "model.keras", task="packaging")
    return float(f"{export.check_parity(model, source.path, tiles):.2g}")


def main() -> None:
    """The command."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m inkling.training.package RUN")
    try:
        mnist = load_mnist()
        packaged = package(Path(sys.argv[1]), mnist)
        publish.publish(packaged, mnist)
    except InklingError as error:
        sys.exit(f"package: {error}")
    test = packaged.manifest["scores"][MNIST_TEST]
    sys.stdout.write(
        f"{packaged.path}: version {packaged.version}, {test['accuracy']:.2%} of MNIST's test images, "
        f"at most {test[DIFFERENCE]:g} from Keras\n"
    )


if __name__ == "__main__":
    main()
