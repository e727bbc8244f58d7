"""Keras callbacks during training: `bridge` calls them from the trainer's hooks.

The trainer calls `fit` once per epoch, but a callback sees a single `fit` for the whole run. Epochs and steps count
from 0 and continue across stages. Callbacks are not part of a recipe: name them again when you resume a run.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from inkling.errors import BadRecipe, InklingError, MissingExtra, UnknownName
from inkling.training.keras_setup import import_keras
from inkling.training.recipe import Recipe, parameters
from inkling.training.run_history import EpochMetrics
from inkling.training.train import Callbacks, StopTraining, TrainingRun


@contextlib.contextmanager
def bridge(given: Sequence[Any], callbacks: Callbacks | None = None) -> Iterator[Callbacks]:
    """Hooks for `train` that also call Keras callbacks, from the start of training to the end of the block.

    A callback that sets `model.stop_training` ends the training like `StopTraining`. Raises BadRecipe if a callback
    fails.

        with bridge([keras.callbacks.TerminateOnNaN()]) as callbacks:
            train(recipe, mnist, folder, callbacks=callbacks)
    """
    inner = callbacks or Callbacks()
    begun: list[TrainingRun] = []  # one run per stage

    def tell(event: str, *arguments: Any) -> None:
        for each in given:
            try:
                getattr(each, event)(*arguments)
            except (InklingError, StopTraining):
                raise
            except Exception as error:  # whatever a callback raises
                why = (str(error).splitlines() or [""])[0]
                raise BadRecipe(
                    f"the callback {type(each).__name__} fails in {event} ({type(error).__name__}: {why}). Change its "
                    "arguments, or leave it out. Continue a started training with --resume."
                ) from error

    def on_run(run: TrainingRun) -> None:
        inner.on_run(run)
        run.model.stop_training = False
        tell("set_model", run.model)
        if not begun:
            tell("set_params", {"epochs": run.n_epochs, "steps": run.task.n_steps, "verbose": 0})
            tell("on_train_begin")
            tell("on_epoch_begin", run.epochs_before)
        begun.append(run)

    def on_step(done: int, steps: int, logs: EpochMetrics) -> None:
        inner.on_step(done, steps, logs)
        tell("on_train_batch_end", done - 1, dict(logs))
        stop_if_asked()

    def on_epoch(metrics: EpochMetrics) -> None:
        inner.on_epoch(metrics)
        epoch = int(metrics["epoch"])
        tell("on_epoch_end", epoch - 1, {name: value for name, value in metrics.items() if name != "epoch"})
        stop_if_asked()
        if epoch < begun[-1].n_epochs:
            tell("on_epoch_begin", epoch)

    def stop_if_asked() -> None:
        if begun[-1].model.stop_training:
            raise StopTraining

    try:
        yield replace(inner, on_run=on_run, on_step=on_step, on_epoch=on_epoch)
    finally:
        if begun:
            tell("on_train_end")


def from_text(text: str) -> Any:
    """Parses a keras.callbacks class with literal keyword arguments: `CSVLogger(filename="log.csv")`.

    Raises UnknownName for an unknown class and BadRecipe for any other invalid text.
    """
    callbacks = import_keras().callbacks
    known = [
        name
        for name, kind in vars(callbacks).items()
        if inspect.isclass(kind) and issubclass(kind, callbacks.Callback) and kind is not callbacks.Callback
    ]
    try:
        tree = ast.parse(text, mode="eval").body
        call = tree if isinstance(tree, ast.Call) else ast.Call(func=tree, args=[], keywords=[])
        if not isinstance(call.func, ast.Name) or call.args:
            raise ValueError("arguments must be passed by name")
        arguments = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    except (ValueError, SyntaxError) as error:
        raise BadRecipe(
            f"--callback got {text!r}; expected the name of a class in keras.callbacks, with any arguments as "
            'name=value, as in: CSVLogger(filename="log.csv")'
        ) from error
    if call.func.id not in known:
        raise UnknownName("callback", call.func.id, known)
    try:
        return getattr(callbacks, call.func.id)(**arguments)
    except (TypeError, ValueError) as error:
        raise BadRecipe(f"--callback got {text!r}, which Keras rejects ({error}). Change its arguments.") from error


def tensorboard(folder: Path) -> Any:
    """The Keras callback that logs each epoch's metrics for TensorBoard. Raises MissingExtra without TensorBoard."""
    if importlib.util.find_spec("tensorboard") is None:  # an older installation of the extra
        raise MissingExtra("--tensorboard", "learn")
    return import_keras().callbacks.TensorBoard(log_dir=str(folder), write_graph=False)


def mlflow(uri: str, recipe: Recipe) -> Any:
    """A callback that logs the recipe and each epoch's metrics to an MLflow server or database, as one run.

    Raises InklingError if MLflow is not installed or cannot log there.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise InklingError(
            "--mlflow needs MLflow, which is not installed and not part of inkling. Install it with: pip install "
            "mlflow-skinny"
        )
    import mlflow as client

    @contextlib.contextmanager
    def errors() -> Iterator[None]:
        try:
            yield
        except client.exceptions.MlflowException as error:
            why = next(iter(str(error).splitlines()), type(error).__name__)
            raise InklingError(
                f"MLflow cannot log to {uri} ({why}); expected the address of a running server or a database, "
                "as in sqlite:///mlflow.db. Continue a started training with --resume."
            ) from error

    class Tracker(import_keras().callbacks.Callback):  # type: ignore[misc]
        @errors()
        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            client.start_run(run_name=recipe.name)
            client.log_params({name: attrgetter(name)(recipe) for name in parameters()})

        @errors()
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            client.log_metrics(logs or {}, step=epoch + 1)

        @errors()
        def on_train_end(self, logs: dict[str, float] | None = None) -> None:
            client.end_run()

    with errors():
        client.set_tracking_uri(uri)
        client.set_experiment("inkling")
    return Tracker()
