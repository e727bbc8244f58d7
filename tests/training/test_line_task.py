"""training.line_task: trains, resumes, exports, packages and describes the line recognizer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadRecipe, WrongNetwork
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.ctc import log_likelihoods
from inkling.pipeline.line_recognizer import LineRecognizer
from inkling.pipeline.symbols import BLANK, CLASSES
from inkling.training import fine_tune, line_task, model_card, package, recipe, run_history, train
from inkling.training.data.mnist import Mnist
from inkling.training.keras_setup import open_keras_model
from inkling.training.line_task import ctc_loss, read_lines
from inkling.training.synthetic_lines.dataset import MAX_SYMBOLS, PADDING, Lines, as_input, evaluation_lines
from inkling.training.tasks import make_task
from tests.training.small import small_mnist

Digits = tuple[np.ndarray, np.ndarray]
KERAS_NOISE = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SMALL = ["stages=[]", "epochs=2", "lines=500", "batch_size=16", "n_validation=200"]
N_LINES = 60  # each for validation, calibration and test; decoding is slow for a barely trained network


@pytest.fixture(scope="module")
def mnist() -> Iterator[Mnist]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_task, "N_EVALUATION", N_LINES)
        patch.setattr(line_task, "N_CALIBRATION", N_LINES)
        patch.setattr(line_task, "N_PICTURES", N_LINES)
        yield small_mnist()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, mnist: Mnist) -> Path:
    """An uninterrupted run, not evaluated on the test images."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return train.train(recipe.find("line", SMALL), mnist, folder)


@pytest.fixture(scope="module")
def packaged(run: Path, mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The packaged network of the run."""
    return package.package(run, mnist, into=tmp_path_factory.mktemp("packaged"))


@pytest.mark.learn
@KERAS_NOISE
def test_it_learns(run: Path) -> None:
    history = run_history.read_history(run / "history.csv")
    assert [metrics["epoch"] for metrics in history] == [1, 2]
    assert history[1]["val_loss"] < history[0]["val_loss"]  # on the same lines in each epoch, unlike the training loss
    assert list(history[0]) == ["epoch", "loss", "val_loss", "val_accuracy", "learning_rate", "seconds"]


@pytest.mark.learn
@KERAS_NOISE
def test_the_bundle_holds_the_facts_and_runs(run: Path) -> None:
    found = registry.find_network(run)
    assert recipe.from_table(found.manifest["recipe"]) == recipe.find("line", SMALL)
    assert found.manifest["layers"][-1]["output_shape"] == [None, len(CLASSES) + 1]
    assert found.manifest["input"]["shape"] == [32, None]
    assert found.manifest["classes"][:-1] == list(CLASSES)
    assert 0.5 <= found.temperature <= 2
    assert 0.5 <= found.sure_at <= 1
    assert found.manifest["scores"]["validation"]["n"] == N_LINES
    recognize = LineRecognizer(found)
    assert recognize(np.zeros((1, 32, 56), np.float32)).shape == (1, 14, len(CLASSES) + 1)
    with pytest.raises(WrongNetwork, match="holds a line recognizer"):
        registry.find(run)


@pytest.mark.learn
@KERAS_NOISE
def test_killed_and_resumed_ends_in_the_same_weights(run: Path, tmp_path: Path, mnist: Mnist) -> None:
    class Killed(Exception):
        pass

    def kill(metrics: run_history.EpochMetrics) -> None:
        if metrics["epoch"] == 1:
            raise Killed

    how = recipe.find("line", SMALL)
    with pytest.raises(Killed):
        train.train(how, mnist, tmp_path / "run", callbacks=train.Callbacks(on_epoch=kill))
    assert not (tmp_path / "run" / "bundle").exists()
    train.train(how, mnist, tmp_path / "run")
    with np.load(run / "checkpoint.npz") as expected, np.load(tmp_path / "run" / "checkpoint.npz") as found:
        assert expected.files == found.files
        for name in expected.files:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert registry.find_network(tmp_path / "run").version == registry.find_network(run).version


@pytest.mark.learn
@KERAS_NOISE
def test_packaging_judges_on_the_test_digits_and_writes_the_card(run: Path, packaged: Bundle) -> None:
    assert packaged.path.name == "line"
    score = packaged.manifest["scores"]["mnist-test"]
    assert score["n"] == N_LINES
    assert score[package.DIFFERENCE] < 1e-4
    assert packaged.model_bytes() == registry.find_network(run).model_bytes()
    card = (packaged.path / model_card.FILE_NAME).read_text("utf-8")
    assert card == model_card.card(packaged)
    assert "500 synthetic lines per epoch" in card
    assert f"{score['accuracy_written']:.1%}" in card
    assert f"Temperature {packaged.temperature:g}" in card


@pytest.mark.learn
@KERAS_NOISE
def test_a_manifest_is_written_anew_for_the_same_network(packaged: Bundle, tmp_path: Path, mnist: Mnist) -> None:
    shutil.copytree(packaged.path, tmp_path / "line")
    path = tmp_path / "line" / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"line"', '"older"'), "utf-8")
    again = package.package(path.parent, mnist, into=tmp_path, new_recipe=recipe.find("line", SMALL))
    otherwise = {"layers": 0, "test_looks": packaged.manifest["test_looks"] + 1}  # it is evaluated again
    assert {**again.manifest, "layers": 0} == {**packaged.manifest, **otherwise}


@pytest.mark.learn
@KERAS_NOISE
def test_another_run_begins_with_its_weights(run: Path, mnist: Mnist) -> None:
    how = recipe.find("line", [*SMALL, f"start={run}"])
    found = fine_tune.initial_weights(train.build(how, make_task(how, mnist)), how)
    assert found is not None
    its_model = open_keras_model(registry.find_network(run), task="this test")
    for mine, its in zip(found, its_model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.learn
def test_the_loss_is_the_pipeline_s_likelihood() -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(BLANK + 1), (3, 12)).astype(np.float32)
    texts = np.full((3, MAX_SYMBOLS), PADDING, np.uint8)
    texts[0, :1], texts[1, :3], texts[2, :5] = 4, (1, 1, 2), (9, 8, 8, 20, 13)
    lists = Lines(np.zeros((3, 32, 48)), texts).as_lists()
    expected = [-log_likelihoods(one, [text])[0] for one, text in zip(probs, lists, strict=True)]
    np.testing.assert_allclose(np.array(ctc_loss(texts, probs)), expected, rtol=1e-4)


def test_every_line_is_read_with_its_text(digits: Digits) -> None:
    lines = evaluation_lines(*digits, seed=0, n=12)

    def first_pixels(x: np.ndarray) -> np.ndarray:
        """Column probabilities that are different for each line."""
        return x[:, :22, : x.shape[2] // 4].transpose(0, 2, 1)

    found = read_lines(first_pixels, lines)
    assert [line.text for line in found] == [text for same in lines for text in same.as_lists()]
    assert [len(line.probs) for line in found] == [same.images.shape[2] // 4 for same in lines for _ in same.images]
    np.testing.assert_array_equal(found[-1].probs, first_pixels(as_input(lines[-1].images))[-1])


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["lines=0"], "lines is 0 and architecture is 'line'; expected a number"),
        (["label_smoothing=0.1"], "label_smoothing is 0.1, but the architecture 'line' does not use it"),
        (["teacher.name=cnn"], "teacher.name is 'cnn', but the architecture 'line' does not use it"),
        (["nondigits=0.1"], "nondigits is 0.1, but the architecture 'line' does not use it"),
    ],
)
def test_settings_of_classifiers_are_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(BadRecipe, match=message):
        recipe.find("line", overrides)


def test_a_classifier_takes_no_lines() -> None:
    with pytest.raises(BadRecipe, match="lines is 5 and architecture is 'ann'; expected 0"):
        recipe.find("ann", ["lines=5"])


def test_too_few_lines_are_refused(mnist: Mnist, tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="expected at least 1600 lines"):
        train.train(recipe.find("line", ["lines=100", "n_validation=200"]), mnist, tmp_path / "run")
    assert not (tmp_path / "run").exists()
