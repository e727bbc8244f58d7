"""START HERE: a recipe and data in, a run folder out.

    recipe.toml        what was asked, every default written out
    history.csv        a line an epoch: epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds
    checkpoint.npz     the state after the last epoch: `--resume` goes on from it and ends in the same weights
    stage-1.npz, ..    the same of each stage before the last, for a recipe with stages
    images.json        for each stage, the SHA-256 of the images of its first epoch
    best.npz           with `patience`: the weights of the epoch with the lowest validation loss
    scores.json        by data set, as in the manifest
    environment.json   machine, versions, seconds
    bundle/            what a reader needs; see inkling.models.bundle

Data, loss and scores depend on what the network is for: see `tasks`. A run is a function of its recipe and the data:
shuffling and augmentation derive from (seed, epoch).
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
from inkling.silence import quiet_stderr
from inkling.training import checkpoint, export, fine_tune, input_scaling, lr_schedule, own_architecture, repeat, tasks
from inkling.training.architectures import find_architecture
from inkling.training.data.mnist import Mnist
from inkling.training.ema import ExponentialMovingAverage
from inkling.training.keras_setup import import_keras
from inkling.training.recipe import Recipe, n_epochs, stages_of, to_toml
from inkling.training.run_history import EpochMetrics, read_history, write_history
from inkling.training.tasks import Task


class StopTraining(Exception):
    """Raised by a callback: the weights so far are exported, the other epochs left out."""


@dataclass(frozen=True)
class Callbacks:
    """Called while a network trains. `on_step` and `on_epoch` may raise StopTraining."""

    on_start: Callable[[int, int], None] = lambda done, epochs: None  # epochs done before, epochs in all
    on_step: Callable[[int, int, EpochMetrics], None] = lambda done, steps, logs: None  # steps of the whole run
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None
    on_run: Callable[[TrainingRun], None] = lambda run: None  # before the first step


@dataclass(frozen=True)
class TrainingRun:
    """The state of a run, in one of its stages."""

    recipe: Recipe  # of the stage
    folder: Path
    checkpoint: Path
    task: Task
    stage: int  # from 0
    model: Any  # compiled keras.Model
    ema: ExponentialMovingAverage
    initial: list[np.ndarray] | None  # the weights that it began with; None: random ones
    epochs_before: int  # in earlier stages
    steps_before: int
    n_epochs: int  # of all stages
    n_steps: int


def train(
    recipe: Recipe, mnist: Mnist, folder: Path, *, score_test: bool = False, callbacks: Callbacks | None = None
) -> Path:
    """Trains into `folder`, from its checkpoint if there is one, and returns it with a bundle inside.

    `score_test` judges it on the test images too, which is right once nothing is chosen any more. Raises
    MissingExtra without the `learn` extra, BadRecipe for settings that do not fit the data, BadData for a checkpoint
    that does not fit, BadBundle when the exported network differs from the trained one, InklingError for a loss
    that is infinite or nan and for a full disk.
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
        with write_errors(folder):  # the recipe is known to be right by now, and no folder has been made
            folder.mkdir(parents=True, exist_ok=True)
            checkpoint.write_text(folder / "recipe.toml", to_toml(recipe))
            own_architecture.write_copy(recipe, folder)
            callbacks.on_run(run)
            history = fit(run, [*history, *resume(run)], callbacks)
            weights = keep_final_weights(run)
        if len(history) < run.epochs_before + stage.epochs:
            break  # stopped early
    with write_errors(folder):
        with quiet_stderr():
            facts = repeat.facts(read_images(folder))
            bundle = export.export(
                run.model, recipe, run.task, folder / "bundle", score_test=score_test, reproducibility=facts
            )
        checkpoint.write_json(folder / "scores.json", bundle.manifest["scores"])
        checkpoint.write_json(folder / "environment.json", environment(history))
    return folder


@contextlib.contextmanager
def write_errors(folder: Path) -> Iterator[None]:
    """Turns an OSError into an InklingError that says how to go on."""
    try:
        yield
    except OSError as error:
        raise InklingError(
            f"{folder} cannot be written ({error.strerror or error}); a run needs some 30 MB and the right to write. "
            f"Make room, then go on with: inkling train --resume {folder}"
        ) from error


def build(recipe: Recipe, task: Task) -> Any:
    """The recipe's network, compiled, with the optimizer's variables made.

    With the precision bfloat16 its layers multiply numbers of 8 bits of precision, weights and sums are float32 as
    ever, and so are the outputs: half the time on a processor that has such products (AMX, AVX-512 BF16), and the way
    to nearly the same network (Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019).
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
    """Layers that are made within compute in "float32" or "bfloat16"."""
    from keras import config

    config.set_dtype_policy({"float32": "float32", "bfloat16": "mixed_bfloat16"}[name])
    try:
        yield
    finally:
        config.set_dtype_policy("float32")


def resume(run: TrainingRun) -> list[EpochMetrics]:
    """Restores the checkpoint and returns this stage's history up to it; [] when it has none."""
    if not run.checkpoint.is_file():
        return []
    done = checkpoint.restore(run.checkpoint, run.model, run.ema) // run.task.n_steps
    history = read_history(run.folder / "history.csv")[run.epochs_before :]
    if len(history) < done:
        raise BadData(
            f"{run.folder} has {len(history)} lines of history for {done} epochs; train again in a new folder."
        )
    return history[:done]


def fit(run: TrainingRun, history: list[EpochMetrics], callbacks: Callbacks) -> list[EpochMetrics]:
    """Trains for the epochs that are left. Meanwhile another thread prepares the next epoch's data.

    Takes and returns the history of this stage and those before. A stage's epochs, which decide its data, count from 1.
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
            # History first: a run killed between the two repeats the epoch and writes the same line again.
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
    """Writes down what a stage begins to learn from: who repeats the run sees whether it is the same."""
    before = [*read_images(run.folder), *[""] * run.stage][: run.stage]  # "" for a stage that an older version trained
    checkpoint.write_json(run.folder / "images.json", [*before, repeat.sha256_of_images(images)])


def read_images(folder: Path) -> list[str]:
    """SHA-256 of the images of each stage's first epoch; [] when a run has not noted them."""
    path = folder / "images.json"
    return list(json.loads(path.read_text("utf-8"))) if path.is_file() else []


def validate(run: TrainingRun, epoch: int, logs: dict[str, list[float]], began: float) -> EpochMetrics:
    """The epoch's line of history. With `patience` the best weights so far are kept on disk."""
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
    """Leaves in the model the weights to export, and returns them.

    The best epoch's with `patience`, else the last (averaged) ones; moved towards the first by the share `keep`.
    """
    best = run.folder / "best.npz"
    if run.recipe.patience and best.is_file():
        checkpoint.restore(best, run.model, run.ema)
    run.ema.copy_to(run.model)
    if run.initial:
        fine_tune.keep_share(run.model, run.initial, run.recipe.keep)
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
            f"the training diverged: its loss is {loss} {when}, and a finite one was expected; nothing is exported. "
            "Lower learning_rate, and train in a new folder."
        )


def _should_stop_early(history: list[EpochMetrics], patience: int) -> bool:
    losses = [metrics["val_loss"] for metrics in history]
    return bool(patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= patience)


def _step_callback(run: TrainingRun, done: int, callbacks: Callbacks) -> Any:
    """A Keras callback that averages the weights and passes steps on. `done`: steps before this epoch."""
    import keras

    class StepCallback(keras.callbacks.Callback):  # type: ignore[misc]
        last = done

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            step = done + batch + 1  # the last of the up to `steps_per_execution` that were made
            run.ema.update(run.model, step, step - self.last)
            self.last = step
            made = run.steps_before + min(step, done + run.task.n_steps)  # Keras counts a part of an execution as whole
            _check_finite((logs or {}).get("loss", 0.0), f"at step {made:,} of {run.n_steps:,}")
            callbacks.on_step(made, run.n_steps, dict(logs or {}))

    return StepCallback()
