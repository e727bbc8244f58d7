"""Every registered architecture: shapes, number of parameters, learning, export, documentation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from inkling.models.bundle import Bundle, version_of
from inkling.training import export, recipe, train
from inkling.training.architectures import ARCHITECTURES
from inkling.training.data.mnist import as_input
from inkling.training.keras_setup import import_keras
from inkling.training.recipe import Recipe
from inkling.training.targets import loss_and_metric
from inkling.training.tasks import make_task
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN
README = Path(export.__file__).parent / "README.md"


CLASSIFIERS = sorted(name for name, entry in ARCHITECTURES.items() if entry.task == "digits")


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifier(name: str, tmp_path: Path) -> None:
    import_keras(seed=0)
    how = Recipe(name, name, learning_rate=0.003, batch_size=20, n_validation=100)
    mnist = small_mnist(1)
    model = train.build(how, make_task(how, mnist))
    assert model.input_shape == (None, 28, 28)
    assert model.output_shape == (None, 10)
    x, y = as_input(mnist.x_train), mnist.y_train
    probs = model.predict(x, verbose=0)  # (200, 28, 28) -> (200, 10)
    np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)
    before = model.evaluate(x, y, verbose=0)[0]
    for _ in range(5):  # the loss may rise in a single step, because of dropout and batch normalization
        model.train_on_batch(x, y)
    assert model.train_on_batch(x, y)[0] < before
    export.write_models(model, how, tmp_path)
    bundle = Bundle(tmp_path, {"name": name, "version": version_of((tmp_path / "model.tflite").read_bytes())})
    export.check_parity(model, bundle, make_task(how, mnist), [x])


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_architecture_is_documented_and_within_its_budget(name: str) -> None:
    import_keras(seed=0)
    entry = ARCHITECTURES[name]
    assert entry.build(Recipe(name, name)).count_params() <= entry.max_parameters
    assert f"`{name}`" in README.read_text("utf-8")


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_an_architecture_declares_the_settings_that_it_reads(name: str) -> None:
    import_keras(seed=0)
    read = set()

    class Recorder:
        def __getattr__(self, setting: str) -> float:
            read.add(setting)
            return {"hidden": 8}.get(setting, 0.1)

    ARCHITECTURES[name].build(Recorder())
    assert read == set(ARCHITECTURES[name].settings)


def test_the_ann_is_the_one_of_the_tutorial() -> None:
    import_keras(seed=0)
    model = ARCHITECTURES["ann"].build(recipe.find("ann-tutorial"))
    layers = [(each["type"], each["output_shape"], each["parameters"]) for each in export.describe_layers(model)]
    assert layers == [("Flatten", [784], 0), ("Dense", [128], 100_480), ("Dense", [10], 1_290)]
    assert loss_and_metric(recipe.find("ann-tutorial"))[0] == "sparse_categorical_crossentropy"


@pytest.mark.parametrize("name", ["ann-tutorial", "ann", "ann-dropout"])
def test_recipes_of_the_ann_keep_its_size(name: str) -> None:
    import_keras(seed=0)
    read = recipe.find(name)
    assert ARCHITECTURES[read.architecture].build(dataclasses.replace(read)).count_params() == 101_770
