"""training.input_scaling: training on standardized inputs gives a network for plain inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadRecipe
from inkling.models import registry
from inkling.pipeline.classifier import Classifier
from inkling.training import input_scaling, recipe, run_history, train
from inkling.training.architectures import ARCHITECTURES
from inkling.training.data.mnist import as_input, split_indices
from inkling.training.keras_setup import import_keras
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN

TINY = {
    "name": "tiny",
    "architecture": "ann-dropout",
    "epochs": 8,
    "batch_size": 50,
    "learning_rate": 0.01,
    "hidden": 16,
    "ema": 0.9,
    "n_validation": 200,
    "standardise": True,
}


def test_mean_and_spread() -> None:
    tiles = as_input(small_mnist().x_test)
    out = input_scaling.standardize(tiles)
    assert out.dtype == np.float32
    assert abs(float(out.mean())) < 0.05  # the constants come from all 60,000 images; these are 200
    assert float(out.std()) == pytest.approx(1, abs=0.05)
    assert input_scaling.standardize(tiles[:0]).shape == (0, 28, 28)


def test_folding_changes_no_answer() -> None:
    import_keras(seed=0)
    model = ARCHITECTURES["ann"].build(recipe.from_table({"name": "x", "architecture": "ann"}))
    model.layers[-1].set_weights([5 * model.layers[-1].get_weights()[0], np.arange(10, dtype=np.float32)])
    tiles = as_input(small_mnist().x_test)
    before = model.predict(input_scaling.standardize(tiles), verbose=0)
    input_scaling.fold_into_weights(model)
    np.testing.assert_allclose(model.predict(tiles, verbose=0), before, atol=1e-5)
    assert [layer.name for layer in model.layers] == ["flatten", "hidden", "probs"]


def test_a_run_exports_what_was_validated(tmp_path: Path) -> None:
    mnist = small_mnist()
    how = recipe.from_table(TINY)
    train.train(how, mnist, tmp_path)
    found = registry.find(tmp_path)
    assert found.manifest["parameters"] == 784 * 16 + 16 + 170
    _, validation = split_indices(mnist.y_train, how.n_validation, how.seed)
    probs = Classifier(found)(as_input(mnist.x_train[validation]))
    last = run_history.read_history(tmp_path / "history.csv")[-1]
    assert (probs.argmax(1) == mnist.y_train[validation]).mean() == pytest.approx(last["val_accuracy"], abs=1e-9)
    assert last["val_accuracy"] > 0.8
    version = found.version
    train.train(how, mnist, tmp_path)  # exports the finished run again, without folding twice
    assert registry.find(tmp_path).version == version


def test_a_network_that_begins_with_a_convolution_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="begins with Conv2D; expected a dense layer"):
        train.train(recipe.from_table({**TINY, "architecture": "cnn", "hidden": 128}), small_mnist(), tmp_path / "run")
