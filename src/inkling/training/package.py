"""Puts a run's bundle among those that come with the package: python -m inkling.training.package RUN

A bundle without scores on the test images is judged on them here, once, and the look is counted. On all of them LiteRT
is compared with Keras. The manifest gets the training time, and the run's history is kept with it. For a
classifier the report that the web pages show is written too (`inkling.training.publish`), and for one that can learn a
hand what its guards need (`inkling.training.replay`).

`--recipe NAME` writes the manifest anew by that recipe: to calibrate a network anew, or for a bundle whose manifest is
older than what this version of inkling expects. The network stays as it is, with its version, date, training time and
libraries.
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
from inkling.silence import quiet_stderr
from inkling.training import export, looks, model_card, publish, recipe, replay, run_history
from inkling.training.data.mnist import Mnist, load_mnist
from inkling.training.keras_setup import open_keras_model
from inkling.training.recipe import Recipe
from inkling.training.tasks import Task, make_task

DIFFERENCE = "difference_from_keras"  # in the scores of the test images: the largest of any probability
FILES = ("model.tflite", "model.keras")
KEPT = ("version", "training", "libraries", "reproducibility", "created", "second_opinion")  # in a rewritten manifest
OF_THE_WEIGHTS = ("training", "created")  # stay when a repeated training ended in the weights that are there


def package(run: Path, mnist: Mnist, *, into: Path = registry.PACKAGED, new_recipe: Recipe | None = None) -> Bundle:
    """Copies the bundle of `run` to `into`/NAME in place of the one there, with its scores on the test images.

    `new_recipe`: writes the manifest anew, a packaged bundle's included. Raises BadBundle when LiteRT and Keras differ
    by more than export.TOLERANCE on any of the test inputs; the bundle there stays. Raises CannotWrite outside a clone.
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
        looks.count(source)
        manifest["test_looks"] = None if looked is None else looked + 1
        scores[MNIST_TEST] = test_scores(ready, mnist)
    if DIFFERENCE not in scores[MNIST_TEST]:
        scores[MNIST_TEST][DIFFERENCE] = difference_from_keras(ready, task_of(ready, mnist))
    folder = into / ready.name
    if new_recipe is None and folder.exists() and folder.samefile(source.path):
        raise BadBundle(f"{source.path} is packaged already; expected a run or another bundle. Name that.")
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
    """Takes over what the bundle in `folder` says of its training, if the network is the same one, trained again."""
    with contextlib.suppress(BadBundle):
        there = open_bundle(folder, keys=IDENTITY_KEYS)
        if there.version == manifest["version"]:
            manifest.update({key: there.manifest[key] for key in OF_THE_WEIGHTS if key in there.manifest})


def task_of(bundle: Bundle, mnist: Mnist) -> Task:
    """The task that a bundle's network was trained on."""
    return make_task(recipe.from_table(bundle.manifest["recipe"]), mnist)


def test_scores(bundle: Bundle, mnist: Mnist) -> dict[str, Any]:
    """A bundle's scores on the test images, as a manifest holds them."""
    return task_of(bundle, mnist).test_scores(bundle)


def renewed(source: Bundle, manifest: dict[str, Any], new_recipe: Recipe, mnist: Mnist) -> dict[str, Any]:
    """A manifest as `new_recipe` would write it now, less what is known from training alone."""
    model = open_keras_model(source, task="packaging")
    made = export.make_manifest(model, new_recipe, source, make_task(new_recipe, mnist))
    return {**made, **{key: manifest[key] for key in KEPT if key in manifest}}


def with_training(source: Bundle) -> dict[str, Any]:
    """A copy of the manifest; `training` holds the run's time and cores, where its folder has them."""
    manifest: dict[str, Any] = json.loads(json.dumps(source.manifest))
    path = source.path.parent / "environment.json"
    if "training" not in manifest and path.is_file():
        try:
            found = json.loads(path.read_text("utf-8"))
            manifest["training"] = {"seconds": found["train_seconds"], "cores": found["cores"]}
        except (ValueError, KeyError, TypeError) as error:
            raise BadData(f"{path} is damaged ({error!r}); expected what training writes. Delete it.") from error
    return manifest


def difference_from_keras(bundle: Bundle, task: Task) -> float:
    """The largest difference between the outputs of model.tflite and model.keras on the test inputs.

    Raises BadBundle when it is more than export.TOLERANCE, or when Keras cannot open its file.
    """
    model = open_keras_model(bundle, task="packaging")
    return float(f"{export.check_parity(model, bundle, task, task.test_inputs()):.2g}")


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m inkling.training.package", description=package.__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="a run or bundle folder")
    parser.add_argument("--recipe", metavar="NAME", help="write the manifest anew by this recipe")
    given = parser.parse_args(arguments)
    try:
        mnist = load_mnist()
        packaged = package(given.run, mnist, new_recipe=recipe.find(given.recipe) if given.recipe else None)
        if packaged.name in registry.packaged():
            with quiet_stderr():  # TensorFlow's chatter
                publish.publish(packaged, mnist)
            with contextlib.suppress(WrongNetwork):  # one that cannot learn a hand has none
                replay.write(packaged, mnist)
    except InklingError as error:
        sys.exit(f"package: {error}")
    test = packaged.manifest["scores"][MNIST_TEST]
    sys.stdout.write(
        f"{packaged.path}: version {packaged.version}, {test['accuracy']:.2%} right on MNIST's test images, "
        f"at most {test[DIFFERENCE]:g} from Keras\n"
    )


if __name__ == "__main__":
    main()
