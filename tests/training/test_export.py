"""training.export and training.package: a bundle is written only if it equals the trained network."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.errors import BadBundle, BadData
from inkling.models import bundle, registry
from inkling.pipeline.classifier import Classifier
from inkling.training import export, package, recipe
from inkling.training.architectures import ARCHITECTURES
from inkling.training.data.mnist import as_input
from inkling.training.keras_setup import import_keras
from inkling.training.tasks import make_task
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN

RECIPE = recipe.from_table({"name": "small", "architecture": "ann", "hidden": 16, "n_validation": 200})


@pytest.fixture(scope="module")
def trained() -> Any:
    import_keras(seed=3)
    model = ARCHITECTURES["ann"].build(RECIPE)
    model.compile("adam", "sparse_categorical_crossentropy")
    mnist = small_mnist()
    model.fit(as_input(mnist.x_train), mnist.y_train, epochs=5, verbose=0)
    return model


@pytest.fixture
def model(trained: Any) -> Iterator[Any]:
    """The trained model; a test may change its weights."""
    weights = trained.get_weights()
    yield trained
    trained.set_weights(weights)


@pytest.fixture(scope="module")
def written(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    """The bundle of the trained model, which tests must not change."""
    return export.export(trained, RECIPE, make_task(RECIPE, small_mnist()), tmp_path_factory.mktemp("run") / "bundle")


@pytest.fixture
def run(written: bundle.Bundle, tmp_path: Path) -> Path:
    """A run folder with a copy of the bundle."""
    shutil.copytree(written.path, tmp_path / "run" / "bundle")
    return tmp_path / "run"


def test_bundle_answers_as_keras_does(model: Any, written: bundle.Bundle) -> None:
    assert {path.name for path in written.path.iterdir()} == {"model.tflite", "model.keras", "manifest.json"}
    assert [path.name for path in written.path.parent.iterdir()] == ["bundle"]
    tiles = as_input(small_mnist().x_test)
    expected = model.predict(tiles, verbose=0)  # (200, 28, 28) -> (200, 10)
    np.testing.assert_allclose(Classifier(written)(tiles), expected, atol=1e-4)
    keras = import_keras()
    again = keras.models.load_model(written.path / "model.keras")
    np.testing.assert_allclose(again.predict(tiles, verbose=0), expected, atol=1e-6)
    assert getattr(again, "optimizer", None) is None
    with zipfile.ZipFile(written.path / "model.keras") as archive:
        assert archive.getinfo("model.weights.h5").file_size < 100_000  # without the optimizer's two copies


def test_manifest_holds_the_facts(written: bundle.Bundle) -> None:
    manifest = written.manifest
    expected = {"name", "version", "architecture", "parameters", "layers", "input", "temperature", "sure_at"}
    assert expected | {"scores", "recipe", "data", "libraries"} <= set(manifest)
    assert manifest["parameters"] == sum(layer["parameters"] for layer in manifest["layers"]) == 784 * 16 + 16 + 170
    assert [layer["output_shape"] for layer in manifest["layers"]] == [[784], [16], [10]]
    assert 0.05 <= manifest["temperature"] <= 20
    assert 0.5 <= manifest["sure_at"] <= 1
    assert (set(manifest["scores"]), manifest["test_looks"]) == ({"mnist-validation", "validation-augmented"}, 0)
    assert recipe.from_table(manifest["recipe"]) == RECIPE
    assert manifest["data"]["sha256"]["x_test"].startswith("6d87418d")


def test_a_network_that_differs_is_refused_and_the_old_bundle_stays(
    model: Any, written: bundle.Bundle, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_models = export.write_models

    def write_another(model: Any, how: Any, folder: Path) -> Any:
        weights = model.get_weights()
        model.set_weights([weight * 1.01 for weight in weights])  # a different network is written
        written = write_models(model, how, folder)
        for each in (model, written):
            each.set_weights(weights)
        return written

    monkeypatch.setattr(export, "write_models", write_another)
    with pytest.raises(BadBundle, match=r"LiteRT and Keras differ by .* nothing was exported"):
        export.export(model, RECIPE, make_task(RECIPE, small_mnist()), run / "bundle")
    assert [path.name for path in run.iterdir()] == ["bundle"]
    assert bundle.open_bundle(run / "bundle").model_bytes() == written.model_bytes()


def test_looks_at_the_test_images_stay_with_a_run(model: Any, tmp_path: Path) -> None:
    task = make_task(RECIPE, small_mnist())
    first = export.export(model, RECIPE, task, tmp_path / "bundle", score_test=True)
    assert (first.test_looks, first.manifest["scores"]["mnist-test"]["n"]) == (1, 200)
    model.set_weights([weight * 1.01 for weight in model.get_weights()])
    assert export.export(model, RECIPE, task, tmp_path / "bundle", score_test=True).test_looks == 2
    assert bundle.open_bundle(tmp_path / "bundle").test_looks == 2


@pytest.mark.parametrize(
    ("name", "version", "looks", "has_scores"),
    [("small", "new", 3, True), ("small", "old", 3, False), ("other", "new", 3, True), ("other", "old", 0, False)],
)
def test_looks_and_scores_are_those_of_the_same_network(
    tmp_path: Path, name: str, version: str, looks: int, has_scores: bool
) -> None:
    """`name` and `version` are those of the bundle in the folder; if both differ, it is another network."""
    earlier = {"name": name, "version": version, "test_looks": 3, "scores": {"mnist-test": {"n": 200}}}
    (tmp_path / "manifest.json").write_text(json.dumps(earlier))
    made = bundle.Bundle(tmp_path, {"name": "small", "version": "new", "test_looks": 0, "scores": {}})
    export.keep_test_scores(made, tmp_path)
    assert (made.test_looks, "mnist-test" in made.manifest["scores"]) == (looks, has_scores)


def test_nan_weights_are_refused(model: Any, tmp_path: Path) -> None:
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    with pytest.raises(BadBundle, match="differ by nan"):
        export.export(model, RECIPE, make_task(RECIPE, small_mnist()), tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_package_judges_once_and_copies(run: Path, tmp_path: Path) -> None:
    mnist = small_mnist()
    packaged = package.package(run, mnist, into=tmp_path / "bundles")
    assert packaged.path == tmp_path / "bundles" / "small"
    assert packaged.manifest["scores"]["mnist-test"]["n"] == 200
    before = json.loads((run / "bundle" / "manifest.json").read_text())
    assert "mnist-test" not in before["scores"]
    assert (before["test_looks"], packaged.manifest["test_looks"]) == (1, 1)
    assert package.package(run, mnist, into=tmp_path / "bundles").manifest["test_looks"] == 2
    assert packaged.model_bytes() == registry.find(run).model_bytes()
    assert 0 <= packaged.manifest["scores"]["mnist-test"][package.DIFFERENCE] <= 1e-4
    assert "training" not in packaged.manifest  # the duration is unknown
    (run / "environment.json").write_text(json.dumps({"train_seconds": 12.5, "cores": 1}))
    again = package.package(run, mnist, into=tmp_path / "bundles")  # replaces the old one
    assert again.manifest["training"] == {"seconds": 12.5, "cores": 1}


def test_package_refuses_a_keras_file_that_answers_otherwise(model: Any, run: Path, tmp_path: Path) -> None:
    mnist = small_mnist()
    old = package.package(run, mnist, into=tmp_path / "bundles")
    model.set_weights([weight * 1.01 for weight in model.get_weights()])
    model.save(run / "bundle" / "model.keras")  # from a different training run than model.tflite
    with pytest.raises(BadBundle, match=r"differ by .* on 200 images"):
        package.package(run, mnist, into=tmp_path / "bundles")
    (run / "bundle" / "model.keras").write_bytes(b"half")
    with pytest.raises(BadBundle, match="is not a Keras file"):
        package.package(run, mnist, into=tmp_path / "bundles")
    assert [path.name for path in (tmp_path / "bundles").iterdir()] == ["small"]
    assert bundle.open_bundle(tmp_path / "bundles" / "small").model_bytes() == old.model_bytes()
    (run / "environment.json").write_text("{")
    with pytest.raises(BadData, match="is damaged"):
        package.package(run, mnist, into=tmp_path / "bundles")
