"""START HERE: recipe -> run folder.

    recipe.toml        what was asked, every default written out
    history.csv        a line an epoch: epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds
    checkpoint.npz     where the run stands: `--resume` goes on from here and ends in the same weights
    best.npz           with patience: the weights of the epoch with the lowest validation loss
    scores.json        by data set, as in the manifest
    environment.json   machine, versions, seconds
    bundle/            what a reader needs; see inkling.models.bundle

A run is a function of its recipe and the data: shuffling and augmentation derive from (seed, epoch).
"""

from __future__ import annotations

import csv
import io
import json
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling.cpu import cores
from inkling.errors import BadData, BadRecipe, InklingError
from inkling.pipeline.classifier import Prediction, prediction_from_softmax
from inkling.silence import quiet_stderr
from inkling.training import (
    augment,
    checkpoint,
    export,
    fine_tune,
    input_scaling,
    lr_schedule,
    nondigits,
    scores,
    targets,
)
from inkling.training.architectures import ARCHITECTURES
from inkling.training.data.mnist import Mnist, as_input, split_indices, subsample
from inkling.training.ema import Average
from inkling.training.keras_setup import import_keras
from inkling.training.over_segmentation import hard_examples, touching_digits
from inkling.training.recipe import Recipe, to_toml

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
JUDGED_IN_BATCH = 128  # tiles whose layers stay in the processor's cache: twice as fast as 500
JUDGED_AT_ONCE = 20_000  # tiles that are floats at the same time
STEPS_AT_ONCE = 16  # steps that TensorFlow makes before it comes back to Python

Row = dict[str, float]


class Stop(Exception):
    """Raised by a watcher: what has been learnt by then is kept, the rest of the epochs left out."""


@dataclass(frozen=True)
class Watcher:
    """Who is told how training goes; by default nobody. `on_step` and `on_epoch` may raise Stop."""

    on_start: Callable[[int, int], None] = lambda done, epochs: None  # epochs done before, epochs in all
    on_step: Callable[[int, int, Row], None] = lambda done, steps, logs: None  # steps of the whole run
    on_epoch: Callable[[Row], None] = lambda row: None
    on_task: Callable[[Task], None] = lambda task: None  # before the first step, for whoever looks inside


@dataclass(frozen=True)
class Others:
    """Images made before training, of which each epoch shows some."""

    images: np.ndarray  # (K, 28, 28) uint8
    labels: np.ndarray  # (K,) uint8
    shown: int  # in an epoch


@dataclass(frozen=True)
class Task:
    """What an epoch needs."""

    recipe: Recipe
    folder: Path
    model: Any  # compiled keras.Model
    average: Average
    teacher: Any  # keras.Model or None
    images: np.ndarray  # (N, 28, 28) uint8, to train on
    labels: np.ndarray  # (N,) uint8
    others: tuple[Others, ...]  # of each an epoch shows a part
    rows: list[hard_examples.CutRow]  # of which each epoch shows those pieces on which it hangs how they are read
    x_val: np.ndarray  # (V, 28, 28) float32
    y_val: np.ndarray  # (V,) uint8

    @property
    def n_steps(self) -> int:
        """Steps of an epoch; the images that do not fill a batch are others each time."""
        return steps_of_epoch(self.recipe, len(self.images))


def train(
    recipe: Recipe, mnist: Mnist, folder: Path, *, score_test: bool = True, watcher: Watcher | None = None
) -> Path:
    """Trains into `folder`, from its checkpoint if there is one, and returns it with a bundle inside.

    `score_test=False` leaves the test images alone, which is right for as long as one is still choosing. Raises
    MissingExtra without the `learn` extra, BadData for a checkpoint that does not fit, BadBundle when the
    exported network answers otherwise than the trained one, InklingError when the disk is full.
    """
    import_keras(seed=recipe.seed)
    training, validation = split_indices(mnist.y_train, recipe.n_validation, recipe.seed)
    training = subsample(training, mnist.y_train, recipe.n_train, recipe.seed)
    if recipe.batch_size > len(training):
        raise BadRecipe(f"batch_size is {recipe.batch_size}; there are {len(training)} training images. Lower it.")
    model = build(recipe, recipe.epochs * steps_of_epoch(recipe, len(training)))
    fine_tune.start_from(model, recipe)
    teacher = targets.load_teacher(recipe)
    try:  # whatever is wrong with the recipe has been said by now, and no folder been made
        folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write_text(folder / "recipe.toml", to_toml(recipe))
        task = Task(
            recipe,
            folder,
            model,
            Average(model, recipe.ema),
            teacher,
            mnist.x_train[training],
            mnist.y_train[training],
            others(recipe, mnist.x_train[training], mnist.y_train[training]),
            hard_examples.cut_rows(recipe, mnist.x_train[training], mnist.y_train[training]),
            as_input(mnist.x_train[validation]),
            mnist.y_train[validation],
        )
        watcher = watcher or Watcher()
        watcher.on_task(task)
        rows = fit(task, resume(task), watcher)
        keep_final_weights(task)
        with quiet_stderr():
            bundle = export.export(
                task.model, recipe, mnist, folder / "bundle", validation=validation, score_test=score_test
            )
        write_json(folder / "scores.json", bundle.manifest["scores"])
        write_json(folder / "environment.json", environment(rows, earlier_s=fine_tune.seconds_spent(recipe)))
    except OSError as error:
        raise InklingError(
            f"{folder} cannot be written ({error.strerror or error}); a run needs some 30 MB and the right to write. "
            f"Make room, then go on with: inkling train --resume {folder}"
        ) from error
    return folder


def build(recipe: Recipe, n_steps: int) -> Any:
    """The recipe's network, compiled, with the optimizer's variables made. `n_steps`: of the whole run."""
    from keras import optimizers

    model = ARCHITECTURES[recipe.architecture].build(recipe)
    rates = lr_schedule.factors(recipe.schedule, n_steps) * np.float32(recipe.learning_rate)
    options: dict[str, Any] = {"learning_rate": lr_schedule.keras_schedule(rates)}
    if recipe.optimizer == "sgd":
        options |= {"momentum": 0.9, "nesterov": True}
    if recipe.weight_decay:
        options["weight_decay"] = recipe.weight_decay
    optimizer = {"adam": optimizers.Adam, "adamw": optimizers.AdamW, "sgd": optimizers.SGD}[recipe.optimizer](**options)
    if recipe.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss, metric = targets.loss_and_metric(recipe)
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric], steps_per_execution=STEPS_AT_ONCE)
    optimizer.build(model.trainable_variables)
    if recipe.standardise:
        input_scaling.check(model)
    return model


def steps_of_epoch(recipe: Recipe, n_digits: int) -> int:
    """Whole batches of `n_digits` images and the others beside them."""
    beside = sum(each.shown(recipe, n_digits) for each in (nondigits, touching_digits, hard_examples))
    return int(n_digits + beside) // recipe.batch_size


def others(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> tuple[Others, ...]:
    """What a run shows beside its (N, 28, 28) uint8 digits, made of them: non-digits, and pieces of rows."""
    strange, pieces = nondigits.pool(recipe, images, labels), touching_digits.pool(recipe, images, labels)
    return (
        Others(strange, np.full(len(strange), nondigits.NONE, np.uint8), nondigits.shown(recipe, len(images))),
        Others(*pieces, touching_digits.shown(recipe, len(images))),
    )


def resume(task: Task) -> list[Row]:
    """Puts the checkpoint's state into the model and returns the history up to it; [] for a new run."""
    path = task.folder / "checkpoint.npz"
    if not path.is_file():
        return []
    done = checkpoint.restore(path, task.model, task.average) // task.n_steps
    rows = read_history(task.folder / "history.csv")
    if len(rows) < done:
        raise BadData(f"{task.folder} has {len(rows)} lines of history for {done} epochs; train again in a new folder.")
    return rows[:done]


def fit(task: Task, rows: list[Row], watcher: Watcher) -> list[Row]:
    """The epochs that are left. While one is learnt, another thread prepares the images of the next.

    What is mined from rows waits for the network that the epoch before leaves.
    """
    recipe, model = task.recipe, task.model
    watcher.on_start(len(rows), recipe.epochs)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(prepare, task, len(rows) + 1)
        for epoch in range(len(rows) + 1, recipe.epochs + 1):
            if _out_of_patience(rows, recipe.patience):
                break
            began = time.perf_counter()
            x, labels = coming.result()  # (M, 28, 28) float32, (M,) uint8
            if epoch < recipe.epochs and not task.rows:
                coming = pool.submit(prepare, task, epoch + 1)
            y = targets.make_targets(labels, x, recipe, task.teacher)
            try:
                logs = model.fit(
                    input_scaling.standardise(x) if recipe.standardise else x,
                    y,
                    batch_size=recipe.batch_size,
                    shuffle=False,  # `prepare` has done it, in an order that a resumed run repeats
                    verbose=0,
                    callbacks=[_steps(task, (epoch - 1) * task.n_steps, watcher)],
                ).history
            except Stop:
                break
            rows = [*rows, validate(task, epoch, logs, began)]
            # History first: a run killed between the two repeats the epoch and writes the same line again.
            write_history(task.folder / "history.csv", rows)
            checkpoint.save(task.folder / "checkpoint.npz", model, task.average)
            if epoch < recipe.epochs and task.rows:
                coming = pool.submit(prepare, task, epoch + 1)
            try:
                watcher.on_epoch(rows[-1])
            except Stop:
                break
    return rows


def prepare(task: Task, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one epoch, shuffled and augmented: whole batches, (M, 28, 28) float32 and (M,) uint8."""
    recipe = task.recipe
    rng = np.random.default_rng((recipe.seed, epoch))
    images, labels = [task.images], [task.labels]
    for other in task.others:
        if other.shown:
            some = rng.choice(len(other.images), other.shown, replace=False)
            images.append(other.images[some])
            labels.append(other.labels[some])
    if task.rows:
        tiles, mined = hard_examples.mine(task.rows, judge_of(task), hard_examples.shown(recipe, len(task.images)), rng)
        images.append(tiles)
        labels.append(mined)
    order = rng.permutation(sum(map(len, images)))[: task.n_steps * recipe.batch_size]
    chosen, threads = np.concatenate(labels)[order], augment.thread_count()
    prepared = augment.epoch_images(
        np.concatenate(images)[order], chosen, recipe.augmentation, seed=recipe.seed, epoch=epoch, threads=threads
    )
    return prepared, chosen


def judge_of(task: Task) -> hard_examples.Classify:
    """The network as it now is: (N, 28, 28) uint8 -> Judgement."""

    def judge(tiles: np.ndarray) -> Prediction:
        outputs = []
        with task.average.inside(task.model):
            for start in range(0, len(tiles), JUDGED_AT_ONCE):
                x = as_input(tiles[start : start + JUDGED_AT_ONCE])
                x = input_scaling.standardise(x) if task.recipe.standardise else x
                outputs.append(task.model.predict(x, batch_size=JUDGED_IN_BATCH, verbose=0))
        return prediction_from_softmax(np.concatenate(outputs))

    return judge


def validate(task: Task, epoch: int, logs: dict[str, list[float]], began: float) -> Row:
    """The epoch's line of history; with patience, the best weights so far are kept on disk."""
    with task.average.inside(task.model):
        tiles = input_scaling.standardise(task.x_val) if task.recipe.standardise else task.x_val
        outputs = task.model.predict(tiles, batch_size=500, verbose=0)  # (V, 28, 28) -> (V, 10 or 11)
        probs = prediction_from_softmax(outputs).probs  # (V, 10)
        row: Row = {
            "epoch": epoch,
            "loss": float(logs["loss"][-1]),
            "accuracy": float(logs["accuracy"][-1]),
            "val_loss": scores.cross_entropy(probs, task.y_val),
            "val_accuracy": scores.accuracy(probs, task.y_val),
            "learning_rate": float(task.model.optimizer.learning_rate),
        }
    if task.recipe.patience:
        before = read_history(task.folder / "history.csv")[: epoch - 1]
        if row["val_loss"] < min((r["val_loss"] for r in before), default=np.inf):
            checkpoint.save(task.folder / "best.npz", task.model, task.average)
    return {**row, "seconds": round(time.perf_counter() - began, 3)}


def keep_final_weights(task: Task) -> None:
    """Leaves in the model the weights to export: the best epoch's with patience, else the last (averaged) ones."""
    best = task.folder / "best.npz"
    if task.recipe.patience and best.is_file():
        checkpoint.restore(best, task.model, task.average)
    task.average.put(task.model)
    fine_tune.blend(task.model, task.recipe)
    if task.recipe.standardise:
        input_scaling.fold(task.model)


def environment(rows: list[Row], *, earlier_s: float = 0.0) -> dict[str, Any]:
    """Machine, versions and seconds of the run, with those of the run that it goes on from."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": cores(),
        "libraries": export.library_versions(),
        "train_seconds": round(sum(row["seconds"] for row in rows) + earlier_s, 1),
    }


def write_history(path: Path, rows: list[Row]) -> None:
    """history.csv, replaced as a whole. Floats are written so that they read back to the same bits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    checkpoint.write_text(path, text.getvalue())


def read_history(path: Path) -> list[Row]:
    """The lines of history.csv; [] when there is none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: int(v) if k == "epoch" else float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def write_json(path: Path, value: Any) -> None:
    """A JSON file for people and programs, replaced as a whole."""
    checkpoint.write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _out_of_patience(rows: list[Row], patience: int) -> bool:
    losses = [row["val_loss"] for row in rows]
    return bool(patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= patience)


def _steps(task: Task, done: int, watcher: Watcher) -> Any:
    """A Keras callback that averages the weights and tells the watcher. `done`: steps before this epoch."""
    import keras

    class Steps(keras.callbacks.Callback):  # type: ignore[misc]
        seen = done

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            step = done + batch + 1  # the last of the up to STEPS_AT_ONCE that were made
            task.average.update(task.model, step, step - self.seen)
            self.seen = step
            made = min(step, done + task.n_steps)  # Keras counts a last part of an execution as a whole one
            watcher.on_step(made, task.recipe.epochs * task.n_steps, dict(logs or {}))

    return Steps()
