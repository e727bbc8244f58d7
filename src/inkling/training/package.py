"""Adds a run's bundle to the packaged models: python -m inkling.training.package RUN

A bundle without test scores is evaluated on the test images once, and the look is counted. LiteRT is compared with
Keras on all test images. The training time goes into the manifest, and the run's history is copied. For a classifier,
the command also writes the report for the web pages (`inkling.training.publish`); for one that can learn a hand, it
also writes the data of the hand's guards (`inkling.training.replay`).

`--recipe NAME` rewrites the manifest for that recipe, to recalibrate a network or to update a manifest from an older
version of inkling. The network, its version, date, training time and libraries do not change.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, BadData, InklingError, WrongNetwork
from inkling.models import registry
from inkling.models.bundle import IDENTITY_KEYS, MNIST_TEST, Bundle, open_bundle
from inkling.quiet import quiet_stderr
from inkling.training import evaluation_count, export, model_card, publish, recipe, replay, run_history
from inkling.training.data.mnist import Mnist, load_mnist
from inkling.training.keras_setup import open_keras_model
from inkling.training.recipe import Recipe
from inkling.training.tasks import Task, make_task

DESCRIPTION = "Add a run's bundle to the packaged models."
DIFFERENCE = "difference_from_keras"  # in the test scores: largest difference in any probability
FILES = ("model.tflite", "model.keras")
KEPT = ("version", "training", "libraries", "reproducibility", "created", "second_opinion")  # entries kept by `renewed`
OF_THE_WEIGHTS = ("training", "created")  # kept if a repeated training run gives the same weights


def package(run: Path, mnist: Mnist, *, into: Path = registry.PACKAGED, new_recipe: Recipe | None = None) -> Bundle:
    """Copies the bundle of `run`, with its test scores, to `into`/NAME and replaces an earlier bundle there.

    With `new_recipe`, rewrites the manifest, even that of a packaged bundle. Raises BadBundle when LiteRT and Keras
    differ by more than export.TOLERANCE on any test input; the earlier bundle then stays. Raises CannotWrite outside a
    clone.
    """
    registry.check_replaceable(into)
    source = registry.find_network(run)
    manifest = with_training(source)
    if new_recipe is not None:
        manifest = renewed(source, manifest, new_recipe, mnist)
    ready = Bundle(source.path, manifest)
    scores = manifest["scores"]
    if MNIST_TEST not in scores:
        looked = source.test_looks
        evaluation_count.count_look(source)
        manifest["test_looks"] = None if looked is None else looked + 1
        scores[MNIST_TEST] = test_scores(ready, mnist)
    if DIFFERENCE not in scores[MNIST_TEST]:
        scores[MNIST_TEST][DIFFERENCE] = difference_from_keras(ready, task_of(ready, mnist))
    folder = into / ready.name
    if new_recipe is None and folder.exists() and folder.samefile(source.path):
        raise BadBundle(f"{source.path} is already packaged; expected a run or another bundle. Name one.")
    if new_recipe is None:
        keep_of_the_weights(manifest, folder)
    history = run_history.read_history(source.path.parent / publish.HISTORY) or run_history.read_history(
        source.path / publish.HISTORY
    )
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        copy = Bundle(Path(scratch) / ready.name, manifest)
        copy.path.mkdir()
        for name in FILES:
            shutil.copyfile(source.path / name, copy.path / name)
        export.write_manifest(copy)
        if history:
            publish.write_history(copy.path / publish.HISTORY, history)
        model_card.write(copy)
        shutil.rmtree(folder, ignore_errors=True)
        copy.path.replace(folder)
    return open_bundle(folder, keys=IDENTITY_KEYS)


def keep_of_the_weights(manifest: dict[str, Any], folder: Path) -> None:
    """Keeps the training entries of the bundle in `folder` if a repeated training run gave the same network."""
    with contextlib.suppress(BadBundle):
        there = open_bundle(folder, keys=IDENTITY_KEYS)
        if there.version == manifest["version"]:
            manifest.update({key: there.manifest[key] for key in OF_THE_WEIGHTS if key in there.manifest})


def task_of(bundle: Bundle, mnist: Mnist) -> Task:
    """The task that a bundle's network was trained on."""
    return make_task(recipe.from_table(bundle.manifest["recipe"]), mnist)


def test_scores(bundle: Bundle, mnist: Mnist) -> dict[str, Any]:
    """A bundle's scores on the test images, in the manifest's format."""
    return task_of(bundle, mnist).test_scores(bundle)


def renewed(source: Bundle, manifest: dict[str, Any], new_recipe: Recipe, mnist: Mnist) -> dict[str, Any]:
    """The manifest for `new_recipe`, with the entries that only training can provide (KEPT) from the old one."""
    model = open_keras_model(source, task="packaging")
    made = export.make_manifest(model, new_recipe, source, make_task(new_recipe, mnist))
    return {**made, **{key: manifest[key] for key in KEPT if key in manifest}}


def with_training(source: Bundle) -> dict[str, Any]:
    """A copy of the manifest, with the run's training time and cores in `training` if its folder has them."""
    manifest: dict[str, Any] = json.loads(json.dumps(source.manifest))
    path = source.path.parent / "environment.json"
    if "training" not in manifest and path.is_file():
        try:
            found = json.loads(path.read_text("utf-8"))
            manifest["training"] = {"seconds": found["train_seconds"], "cores": found["cores"]}
        except (ValueError, KeyError, TypeError) as error:
            raise BadData(f"{path} is damaged ({error!r}); expected output of training. Delete it.") from error
    return manifest


def difference_from_keras(bundle: Bundle, task: Task) -> float:
    """The largest difference between the outputs of model.tflite and model.keras on the test inputs.

    Raises BadBundle when it exceeds export.TOLERANCE, or when Keras cannot open its file.
    """
    model = open_keras_model(bundle, task="packaging")
    return float(f"{export.check_parity(model, bundle, task, task.test_inputs()):.2g}")


def main(arguments: list[str] | None = None) -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m inkling.training.package", description=DESCRIPTION)
    parser.add_argument("run", type=Path, metavar="RUN", help="a run or bundle folder")
    parser.add_argument("--recipe", metavar="NAME", help="rewrite the manifest for this recipe")
    given = parser.parse_args(arguments)
    try:
        mnist = load_mnist()
        packaged = package(given.run, mnist, new_recipe=recipe.find(given.recipe) if given.recipe else None)
        if packaged.name in registry.packaged():
            with quiet_stderr():  # hides TensorFlow's log
                publish.publish(packaged, mnist)
            with contextlib.suppress(WrongNetwork):  # the network cannot learn a hand
                replay.write(packaged, mnist)
    except InklingError as error:
        sys.exit(f"package: {error}")
    test = packaged.manifest["scores"][MNIST_TEST]
    sys.stdout.write(
        f"{packaged.path}: version {packaged.version}, accuracy {test['accuracy']:.2%} on MNIST's test images, "
        f"differs from Keras by at most {test[DIFFERENCE]:g}\n"
    )


if __name__ == "__main__":
    main()
