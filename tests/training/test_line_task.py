"""training.line_task: the one trainer trains, resumes, exports, packages and describes the line recognizer."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadRecipe, WrongNetwork
from inkling.models import registry
from inkling.pipeline.over_segmentation.glyph_line_recognizer import GlyphLineRecognizer, log_likelihoods
from inkling.training import fine_tune, line_task, model_card, package, recipe, train
from inkling.training.data.mnist import Mnist
from inkling.training.keras_setup import open_keras_model
from inkling.training.line_task import ctc_loss, line_scores
from inkling.training.synthetic_lines import MAX_DIGITS, PADDING, Lines, evaluation_lines
from inkling.training.tasks import make_task
from tests.training.small import small_mnist

Digits = tuple[np.ndarray, np.ndarray]
KERAS_NOISE = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SMALL = ["epochs=2", "lines=500", "batch_size=16", "n_validation=200"]
N_LINES = 300  # to validate and to test on


@pytest.fixture(scope="module")
def mnist() -> Iterator[Mnist]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_task, "evaluation_lines", functools.partial(evaluation_lines, n=N_LINES))
        yield small_mnist()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, mnist: Mnist) -> Path:
    """An uninterrupted run, not judged on the test images."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return train.train(recipe.find("line", SMALL), mnist, folder, score_test=False)


@pytest.mark.learn
@KERAS_NOISE
def test_it_learns(run: Path) -> None:
    history = train.read_history(run / "history.csv")
    assert [metrics["epoch"] for metrics in history] == [1, 2]
    assert history[1]["loss"] < history[0]["loss"]
    assert list(history[0]) == ["epoch", "loss", "val_loss", "val_accuracy", "learning_rate", "seconds"]


@pytest.mark.learn
@KERAS_NOISE
def test_the_bundle_holds_the_facts_and_runs(run: Path) -> None:
    found = registry.find_network(run)
    assert recipe.from_table(found.manifest["recipe"]) == recipe.find("line", SMALL)
    assert found.manifest["layers"][-1]["output_shape"] == [None, 11]
    score = found.manifest["scores"]["validation"]
    assert set(score["accuracy_by_length"]) == set("12345")
    assert score["accuracy"] == pytest.approx(train.read_history(run / "history.csv")[-1]["val_accuracy"], abs=2e-3)
    assert GlyphLineRecognizer(found)(np.zeros((28, 56), np.float32)).shape == (28, 11)
    with pytest.raises(WrongNetwork, match="holds a line recognizer"):
        registry.find(run)


@pytest.mark.learn
@KERAS_NOISE
def test_killed_and_resumed_ends_in_the_same_weights(run: Path, tmp_path: Path, mnist: Mnist) -> None:
    class Killed(Exception):
        pass

    def kill(metrics: train.EpochMetrics) -> None:
        if metrics["epoch"] == 1:
            raise Killed

    how = recipe.find("line", SMALL)
    with pytest.raises(Killed):
        train.train(how, mnist, tmp_path / "run", callbacks=train.Callbacks(on_epoch=kill))
    assert not (tmp_path / "run" / "bundle").exists()
    train.train(how, mnist, tmp_path / "run", score_test=False)
    with np.load(run / "checkpoint.npz") as expected, np.load(tmp_path / "run" / "checkpoint.npz") as found:
        assert expected.files == found.files
        for name in expected.files:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert registry.find_network(tmp_path / "run").version == registry.find_network(run).version


@pytest.mark.learn
@KERAS_NOISE
def test_packaging_judges_on_the_test_digits_and_writes_the_card(run: Path, tmp_path: Path, mnist: Mnist) -> None:
    packaged = package.package(run, mnist, into=tmp_path)
    assert packaged.path == tmp_path / "line"
    score = packaged.manifest["scores"]["mnist-test"]
    assert score["n"] == N_LINES
    assert score[package.DIFFERENCE] < 1e-4
    assert packaged.model_bytes() == registry.find_network(run).model_bytes()
    card = (packaged.path / model_card.FILE_NAME).read_text("utf-8")
    assert card == model_card.card(packaged)
    assert "500 synthetic lines an epoch" in card
    assert f"{score['accuracy']:.1%}" in card


@pytest.mark.learn
@KERAS_NOISE
def test_a_manifest_is_written_anew_for_the_same_network(run: Path, tmp_path: Path, mnist: Mnist) -> None:
    packaged = package.package(run, mnist, into=tmp_path)
    text = (packaged.path / "manifest.json").read_text("utf-8")
    (packaged.path / "manifest.json").write_text(text.replace('"line"', '"older"'), "utf-8")
    again = package.package(packaged.path, mnist, into=tmp_path, new_recipe=recipe.find("line", SMALL))
    assert {**again.manifest, "layers": 0} == {**packaged.manifest, "layers": 0}


@pytest.mark.learn
@KERAS_NOISE
def test_another_run_begins_with_its_weights(run: Path, mnist: Mnist) -> None:
    how = recipe.find("line", [*SMALL, f"start={run}"])
    model = train.build(how, make_task(how, mnist))
    fine_tune.initialize(model, how)
    for mine, its in zip(
        model.get_weights(), open_keras_model(registry.find_network(run), task="this test").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.learn
def test_the_loss_is_the_pipeline_s_likelihood() -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(11), (3, 12)).astype(np.float32)
    texts = np.full((3, MAX_DIGITS), PADDING, np.uint8)
    texts[0, :1], texts[1, :3], texts[2, :5] = 4, (1, 1, 2), (9, 8, 8, 0, 3)
    lists = Lines(np.zeros((3, 28, 28)), texts).as_lists()
    expected = [-log_likelihoods(one, [text])[0] for one, text in zip(probs, lists, strict=True)]
    np.testing.assert_allclose(np.array(ctc_loss(texts, probs)), expected, rtol=1e-4)


def test_scores_count_whole_texts_by_their_number_of_digits(digits: Digits) -> None:
    lines = evaluation_lines(*digits, seed=0, n=400)

    def first_digit_only(x: np.ndarray) -> np.ndarray:
        """Reads every line as the first digit of its width's first text."""
        [same] = [each for each in lines if each.images.shape[2] == x.shape[2]]
        probs = np.zeros((len(x), 4, 11), np.float32)
        probs[:, :, 10] = 0.5
        probs[:, 1, same.texts[0, 0]] = 1
        return probs

    found = line_scores(first_digit_only, lines)
    assert found["n"] == 400
    by_length = found["accuracy_by_length"]
    assert list(by_length) == list("12345")
    assert 0 < by_length["1"] < 0.4
    assert all(by_length[n] == 0 for n in "2345")
    assert found["accuracy_95"][0] < found["accuracy"] < found["accuracy_95"][1]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["lines=0"], "lines is 0 and architecture is 'line'; expected a number"),
        (["label_smoothing=0.1"], "label_smoothing is 0.1; a line recognizer has no such setting"),
        (["teacher.name=cnn"], "teacher.name is 'cnn'; a line recognizer"),
        (["nondigits=0.1"], "line has no output for what is no digit"),
    ],
)
def test_settings_of_classifiers_are_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(BadRecipe, match=message):
        recipe.find("line", overrides)


def test_a_classifier_takes_no_lines() -> None:
    with pytest.raises(BadRecipe, match="lines is 5 and architecture is 'ann'; expected 0"):
        recipe.find("ann", ["lines=5"])


def test_too_few_lines_are_refused(mnist: Mnist, tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="at least 704 lines were expected"):
        train.train(recipe.find("line", ["lines=100", "n_validation=200"]), mnist, tmp_path / "run")
    assert not (tmp_path / "run").exists()
