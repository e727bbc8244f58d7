"""START HERE: trains a network from a recipe and data, and writes a run folder.

    recipe.toml        the recipe, with every default written out
    history.csv        a row per epoch: epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds
    checkpoint.npz     the state after the last epoch; `--resume` continues from it and gives the same weights
    stage-1.npz, ..    the state after each earlier stage of a recipe with stages
    images.json        for each stage, the SHA-256 of the images in its first epoch
    best.npz           with `patience`: the state after the epoch with the lowest validation loss
    scores.json        scores by data set, as in the manifest
    environment.json   machine, versions, seconds
    bundle/            the network for the reader; see inkling.models.bundle

Data, loss and scores depend on the kind of network; see `tasks`. On one machine, a run is a function of its recipe and
the data: shuffling and augmentation derive from (seed, epoch).
"""

from __future__ import annotations

import contextlib
import json
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling.cpu import cores
from inkling.errors import BadData, InklingError
from inkling.quiet import quiet_stderr
from inkling.training import (
    checkpoint,
    export,
    fine_tune,
    input_scaling,
    lr_schedule,
    own_architecture,
    reproducibility,
    tasks,
)
from inkling.training.architectures import find_architecture
from inkling.training.data.mnist import Mnist
from inkling.training.ema import ExponentialMovingAverage
from inkling.training.keras_setup import has_bfloat16, import_keras
from inkling.training.recipe import Recipe, n_epochs, stages_of, to_toml
from inkling.training.run_history import EpochMetrics, read_history, write_history
from inkling.training.tasks import Task


class StopTraining(Exception):
    """Raised by a callback to skip the remaining epochs and export the current weights."""


@dataclass(frozen=True)
class Callbacks:
    """Hooks that are called during training. `on_step` and `on_epoch` may raise StopTraining."""

    on_start: Callable[[int, int], None] = lambda done, epochs: None  # epochs already done, all epochs
    on_step: Callable[[int, int, EpochMetrics], None] = lambda done, steps, logs: None  # steps of the whole run
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None
    on_run: Callable[[TrainingRun], None] = lambda run: None  # before the first step of each stage


@dataclass(frozen=True)
class TrainingRun:
    """The state of a run in one of its stages."""

    recipe: Recipe  # of the stage
    folder: Path
    checkpoint: Path
    task: Task
    stage: int  # from 0
    model: Any  # compiled keras.Model
    ema: ExponentialMovingAverage
    initial: list[np.ndarray] | None  # the initial weights; None = random
    epochs_before: int  # in earlier stages
    steps_before: int
    n_epochs: int  # of all stages
    n_steps: int


def train(
    recipe: Recipe, mnist: Mnist, folder: Path, *, score_test: bool = False, callbacks: Callbacks | None = None
) -> Path:
    """Trains (from the checkpoint in `folder`, if any), writes the run with its bundle and returns `folder`.

    `score_test` also evaluates the network on the test images; use it only after all choices are made. Raises
    MissingExtra without the `learn` extra, BadRecipe for settings that do not fit the data, BadData for a checkpoint
    that does not fit, BadBundle when the exported network differs from the trained one, InklingError for a loss that is
    infinite or nan and for a folder that cannot be written.
    """
    callbacks = callbacks or Callbacks()
    stages = stages_of(recipe)
    stage_tasks = [tasks.make_task(stage, mnist) for stage in stages]
    for task in stage_tasks:
        task.check()
    steps = [stage.epochs * task.n_steps for stage, task in zip(stages, stage_tasks, strict=True)]
    history: list[EpochMetrics] = []
    weights: list[np.ndarray] | None = None
    for number, (stage, task) in enumerate(zip(stages, stage_tasks, strict=True)):
        import_keras(seed=stage.seed)
        model = build(stage, task)
        weights = weights or fine_tune.initial_weights(model, stage)
        if weights:
            model.set_weights(weights)
        run = TrainingRun(
            recipe=stage,
            folder=folder,
            checkpoint=folder / ("checkpoint.npz" if stage is stages[-1] else f"stage-{number + 1}.npz"),
            task=task,
            stage=number,
            model=model,
            ema=ExponentialMovingAverage(model, stage.ema),
            initial=weights,
            epochs_before=len(history),
            steps_before=sum(steps[:number]),
            n_epochs=n_epochs(recipe),
            n_steps=sum(steps),
        )
        with write_errors(folder):  # creates the folder only now that the recipe has been checked
            folder.mkdir(parents=True, exist_ok=True)
            checkpoint.write_text(folder / "recipe.toml", to_toml(recipe))
            own_architecture.write_copy(recipe, folder)
            callbacks.on_run(run)
            history = fit(run, [*history, *resume(run)], callbacks)
            weights = keep_final_weights(run)
        if len(history) < run.epochs_before + stage.epochs:
            break  # early stopping
    with write_errors(folder):
        with quiet_stderr():
            facts = reproducibility.facts(read_images(folder))
            bundle = export.export(
                run.model, recipe, run.task, folder / "bundle", score_test=score_test, reproducibility=facts
            )
        checkpoint.write_json(folder / "scores.json", bundle.manifest["scores"])
        checkpoint.write_json(folder / "environment.json", environment(history))
    return folder


@contextlib.contextmanager
def write_errors(folder: Path) -> Iterator[None]:
    """Turns an OSError into an InklingError that explains how to resume."""
    try:
        yield
    except OSError as error:
        raise InklingError(
            f"{folder} cannot be written ({error.strerror or error}); expected a writable folder with 30 MB of space. "
            f"Make room, then continue with: inkling train --resume {folder}"
        ) from error


def build(recipe: Recipe, task: Task) -> Any:
    """The recipe's compiled network, with the optimizer's variables created.

    With the precision bfloat16, layers multiply numbers with 8 bits of precision; weights, sums and outputs stay
    float32. Training takes half the time on processors with bfloat16 instructions (AMX, AVX-512 BF16) and gives nearly
    the same network (Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019). Without such
    instructions the layers compute in float32.
    """
    from keras import optimizers

    with precision(recipe.precision):
        model = find_architecture(recipe.architecture).build(recipe)
    factors = lr_schedule.factors(recipe.schedule, recipe.epochs * task.n_steps, decay=recipe.decay)
    options: dict[str, Any] = {"learning_rate": lr_schedule.keras_schedule(factors * np.float32(recipe.learning_rate))}
    if recipe.optimizer == "sgd":
        options |= {"momentum": 0.9, "nesterov": True}
    if recipe.weight_decay:
        options["weight_decay"] = recipe.weight_decay
    optimizer = {"adam": optimizers.Adam, "adamw": optimizers.AdamW, "sgd": optimizers.SGD}[recipe.optimizer](**options)
    if recipe.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss, metrics = task.loss_and_metrics()
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics, steps_per_execution=task.steps_per_execution)
    optimizer.build(model.trainable_variables)
    if recipe.standardise:
        input_scaling.check_foldable(model)
    return model


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """A context in which new layers compute in "float32" or, if the device has the instructions, in "bfloat16"."""
    from keras import config

    config.set_dtype_policy("mixed_bfloat16" if name == "bfloat16" and has_bfloat16() else "float32")
    try:
        yield
    finally:
        config.set_dtype_policy("float32")


def resume(run: TrainingRun) -> list[EpochMetrics]:
    """Restores the checkpoint and returns this stage's history up to it; [] without a checkpoint."""
    if not run.checkpoint.is_file():
        return []
    done = checkpoint.restore(run.checkpoint, run.model, run.ema) // run.task.n_steps
    history = read_history(run.folder / "history.csv")[run.epochs_before :]
    if len(history) < done:
        raise BadData(
            f"{run.folder} has {len(history)} rows of history for {done} epochs; train again in a new folder."
        )
    return history[:done]


def fit(run: TrainingRun, history: list[EpochMetrics], callbacks: Callbacks) -> list[EpochMetrics]:
    """Trains for the remaining epochs while another thread prepares the next epoch's data.

    Takes and returns the history of this and all earlier stages. The epochs of a stage, which determine its data, count
    from 1.
    """
    recipe, task = run.recipe, run.task
    callbacks.on_start(len(history), run.n_epochs)
    left = range(len(history) - run.epochs_before + 1, recipe.epochs + 1)
    if not left or _should_stop_early(history, recipe.patience):
        return history
    with ThreadPoolExecutor(1) as pool:
        prepared = pool.submit(task.prepare, left[0])
        for epoch in left:
            began = time.perf_counter()
            data = prepared.result()
            if epoch == 1:
                note_images(run, task.prepared_images(data))
            if epoch < recipe.epochs:
                prepared = pool.submit(task.prepare, epoch + 1)
            step_callback = _step_callback(run, (epoch - 1) * task.n_steps, callbacks)
            try:
                logs = run.model.fit(**task.fit_arguments(data), verbose=0, callbacks=[step_callback]).history
            except StopTraining:
                break
            history = [*history, validate(run, run.epochs_before + epoch, logs, began)]
            # History first: a run killed between the two calls repeats the epoch and writes the same row again.
            write_history(run.folder / "history.csv", history)
            checkpoint.save(run.checkpoint, run.model, run.ema)
            try:
                callbacks.on_epoch(history[-1])
            except StopTraining:
                break
            if _should_stop_early(history, recipe.patience):
                break
    return history


def note_images(run: TrainingRun, images: list[np.ndarray]) -> None:
    """Records the SHA-256 of a stage's first images, so that a repeated run can be compared with this one."""
    before = [*read_images(run.folder), *[""] * run.stage][: run.stage]  # "" for a stage trained by an older version
    checkpoint.write_json(run.folder / "images.json", [*before, reproducibility.sha256_of_images(images)])


def read_images(folder: Path) -> list[str]:
    """SHA-256 of the images in each stage's first epoch; [] if the run has not recorded them."""
    path = folder / "images.json"
    return list(json.loads(path.read_text("utf-8"))) if path.is_file() else []


def validate(run: TrainingRun, epoch: int, logs: dict[str, list[float]], began: float) -> EpochMetrics:
    """The epoch's row of history. With `patience`, also saves the state if its loss is the lowest so far."""
    with run.ema.applied_to(run.model):
        found = run.task.validate(run.model)
    _check_finite(found["val_loss"], f"after epoch {epoch}")
    metrics: EpochMetrics = {"epoch": epoch, **{name: float(values[-1]) for name, values in logs.items()}, **found}
    metrics["learning_rate"] = float(run.model.optimizer.learning_rate)
    if run.recipe.patience:
        before = read_history(run.folder / "history.csv")[: epoch - 1]
        if metrics["val_loss"] < min((each["val_loss"] for each in before), default=np.inf):
            checkpoint.save(run.folder / "best.npz", run.model, run.ema)
    return {**metrics, "seconds": round(time.perf_counter() - began, 3)}


def keep_final_weights(run: TrainingRun) -> list[np.ndarray]:
    """Sets the model's weights to those to export, and returns them.

    These are the best epoch's with `patience`, else the last (averaged) ones, moved toward the initial weights by the
    share `keep`.
    """
    best = run.folder / "best.npz"
    if run.recipe.patience and best.is_file():
        checkpoint.restore(best, run.model, run.ema)
    run.ema.copy_to(run.model)
    if run.initial and run.recipe.keep:
        run.model.set_weights(fine_tune.moved_back(run.model.get_weights(), run.initial, run.recipe.keep))
    if run.recipe.standardise:
        input_scaling.fold_into_weights(run.model)
    return list(run.model.get_weights())


def environment(history: list[EpochMetrics]) -> dict[str, Any]:
    """Machine, versions and seconds of the run."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": cores(),
        "libraries": export.library_versions(),
        "train_seconds": round(sum(row["seconds"] for row in history), 1),
    }


def _check_finite(loss: float, when: str) -> None:
    if not np.isfinite(loss):
        raise InklingError(
            f"the training diverged: its loss is {loss} {when}; expected a finite loss. Nothing is exported. "
            "Lower learning_rate, and train in a new folder."
        )


def _should_stop_early(history: list[EpochMetrics], patience: int) -> bool:
    losses = [metrics["val_loss"] for metrics in history]
    return bool(patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= patience)


def _step_callback(run: TrainingRun, done: int, callbacks: Callbacks) -> Any:
    """A Keras callback that averages the weights and calls `on_step`. `done`: steps before this epoch."""
    import keras

    class StepCallback(keras.callbacks.Callback):  # type: ignore[misc]
        last = done

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            step = done + batch + 1  # number of the last step; a call covers up to `steps_per_execution` steps
            run.ema.update(run.model, step, step - self.last)
            self.last = step
            made = run.steps_before + min(step, done + run.task.n_steps)  # Keras counts a partial execution as full
            _check_finite((logs or {}).get("loss", 0.0), f"at step {made:,} of {run.n_steps:,}")
            callbacks.on_step(made, run.n_steps, dict(logs or {}))

    return StepCallback()
