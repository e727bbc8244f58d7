"""training.keras_callbacks: Keras callbacks see one training run and can stop it."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import BadRecipe, InklingError, UnknownName
from inkling.training import keras_callbacks, recipe, run_history, train
from inkling.training.keras_setup import import_keras
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN

TINY = {"name": "tiny", "architecture": "ann", "hidden": 8, "batch_size": 50, "n_validation": 200}
RECIPE = recipe.from_table({**TINY, "stages": [{"epochs": 2}, {"epochs": 1}]})


def recorder(calls: list[tuple[str, int]], *, stop_after: int = 99) -> Any:
    keras = import_keras()

    class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: object = None) -> None:
            calls.append(("train", self.params["epochs"]))

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            calls.append(("begin", epoch))

        def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
            assert logs["loss"] > 0
            calls.append(("step", batch))

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            assert set(logs) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
            calls.append(("end", epoch))
            self.model.stop_training = epoch + 1 >= stop_after

        def on_train_end(self, logs: object = None) -> None:
            calls.append(("over", 0))

    return Recorder()


def test_callbacks_see_the_stages_as_one_training_and_tensorboard_writes(tmp_path: Path) -> None:
    import tensorflow as tf

    calls: list[tuple[str, int]] = []
    log = keras_callbacks.from_text(f"CSVLogger(filename={str(tmp_path / 'log.csv')!r})")
    given = [recorder(calls), log, keras_callbacks.tensorboard(tmp_path / "board")]
    with keras_callbacks.bridge(given) as callbacks:
        train.train(RECIPE, small_mnist(), tmp_path / "run", score_test=False, callbacks=callbacks)
    assert [call for call in calls if call[0] != "step"] == [
        *[("train", 3), ("begin", 0), ("end", 0), ("begin", 1), ("end", 1), ("begin", 2), ("end", 2), ("over", 0)]
    ]
    assert max(batch for name, batch in calls if name == "step") == 3 * 16 - 1
    with (tmp_path / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    losses = [str(row["val_loss"]) for row in run_history.read_history(tmp_path / "run" / "history.csv")]
    assert [row["val_loss"] for row in rows] == losses
    written = b"".join(
        record.numpy()
        for path in (tmp_path / "board").rglob("events.*")
        for record in tf.data.TFRecordDataset(str(path))
    )
    assert b"epoch_val_loss" in written or b"epoch_loss" in written


def test_a_callback_may_stop_the_training(tmp_path: Path) -> None:
    calls: list[tuple[str, int]] = []
    with keras_callbacks.bridge([recorder(calls, stop_after=1)]) as callbacks:
        train.train(RECIPE, small_mnist(), tmp_path / "run", score_test=False, callbacks=callbacks)
    assert [call for call in calls if call[0] != "step"] == [("train", 3), ("begin", 0), ("end", 0), ("over", 0)]
    assert (tmp_path / "run" / "bundle").is_dir()


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("CSVLogger(filename='no-such-folder/log.csv')", "on_train_begin"),
        ("LearningRateScheduler(schedule='constant')", "on_epoch_begin"),
    ],
)
def test_a_callback_that_fails_is_one_sentence(tmp_path: Path, text: str, event: str) -> None:
    failing = keras_callbacks.from_text(text)
    with (
        pytest.raises(BadRecipe, match=f"the callback {type(failing).__name__} fails in {event} "),
        keras_callbacks.bridge([failing]) as callbacks,
    ):
        train.train(RECIPE, small_mnist(), tmp_path / "run", callbacks=callbacks)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("TerminateOnNan", UnknownName, "Did you mean 'TerminateOnNaN'"),
        ("Callback", UnknownName, "unknown callback"),
        ("os.system", BadRecipe, "expected the name of a class in keras.callbacks"),
        ("CSVLogger('x')", BadRecipe, "expected the name of a class in keras.callbacks"),
        ("CSVLogger(filename=open('x'))", BadRecipe, "expected the name of a class in keras.callbacks"),
        ("CSVLogger(file='x')", BadRecipe, "which Keras rejects .*file"),
        ("CSVLogger(", BadRecipe, "expected the name of a class in keras.callbacks"),
    ],
)
def test_what_is_no_callback_is_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        keras_callbacks.from_text(text)


def test_without_mlflow_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InklingError, match=r"--mlflow needs MLflow, .* pip install mlflow-skinny"):
        keras_callbacks.mlflow("runs/mlflow", RECIPE)
