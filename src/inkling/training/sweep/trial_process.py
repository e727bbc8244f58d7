"""One trial, in a process of its own on whatever machine: a recipe in, a row an epoch and a packed run folder out.

Runs without Ray: `report` is whoever wants to know. It gets the training images alone; there is no test image here.
"""

from __future__ import annotations

import dataclasses
import io
import math
import os
import platform
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import InklingError
from inkling.training import recipe as recipes
from inkling.training import train
from inkling.training.data.mnist import Mnist

KEPT = ("recipe.toml", "history.csv", "scores.json", "environment.json", "bundle")  # no checkpoint: it has ended
MOST_SAID = 300  # characters of an error that are kept

Report = Callable[[dict[str, Any]], None]


class Diverged(Exception):
    """The loss is no number any more: nothing comes of going on."""


def without_test(mnist: Mnist) -> Mnist:
    """The training images, and no test image that a trial could be judged by."""
    return dataclasses.replace(mnist, x_test=mnist.x_test[:0], y_test=mnist.y_test[:0])


def run(table: Mapping[str, Any], mnist: Mnist, report: Report, *, cores: int, scratch: str | None = None) -> None:
    """Trains by a recipe's table and reports: a row after each epoch but the last; at the end the last row with
    `finished` and `run`, the run folder packed; or `failed`, a sentence, whatever it was that went wrong.
    """
    own = {"node": platform.node()}
    try:
        few_threads(cores)
        recipe = recipes.from_table(table)
        last: dict[str, Any] = {}

        def on_step(done: int, steps: int, logs: dict[str, float]) -> None:
            if not math.isfinite(logs.get("loss", 0.0)):
                raise Diverged(f"diverged: the loss became {logs['loss']} at step {done:,} of {steps:,}")

        def on_epoch(row: dict[str, float]) -> None:
            if not math.isfinite(row["val_loss"]):
                raise Diverged(f"diverged: the validation loss became {row['val_loss']} in epoch {row['epoch']:.0f}")
            last.update(row)
            if row["epoch"] < recipe.epochs:  # the last row waits for the bundle: nobody is stopped after it
                report({**row, **own})

        with tempfile.TemporaryDirectory(dir=scratch, prefix="trial-") as folder:
            callbacks = train.Callbacks(on_step=on_step, on_epoch=on_epoch)
            train.train(recipe, mnist, Path(folder) / "run", score_test=False, callbacks=callbacks)
            packed = pack(Path(folder) / "run")
        report({**last, **own, "finished": True, "run": packed})
    except (InklingError, Diverged) as error:
        report({**own, "failed": str(error)})
    except MemoryError:
        report({**own, "failed": "out of memory"})
    except Exception as error:  # a trial that comes to nothing is a trial, not the end of the sweep
        told = " ".join(str(error).split())
        report({**own, "failed": f"{type(error).__name__}: {told}"[:MOST_SAID]})


def few_threads(cores: int) -> None:
    """Lets TensorFlow compute on so many cores; a process that has begun to compute keeps what it has."""
    from inkling.training.keras_setup import import_keras

    os.environ["OMP_NUM_THREADS"] = str(cores)
    keras = import_keras()
    import tensorflow as tf

    keras.utils.clear_session()  # what an earlier trial in this process has left
    try:
        tf.config.threading.set_intra_op_parallelism_threads(cores)
        tf.config.threading.set_inter_op_parallelism_threads(max(1, min(2, cores)))
    except RuntimeError:
        pass  # an earlier trial in this process has set them


def pack(run: Path) -> np.ndarray:
    """A run folder as the bytes of a tar, (N,) uint8: an array passes between Ray's processes without a copy."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in KEPT:
            tar.add(run / name, name)
    return np.frombuffer(content.getvalue(), np.uint8)


def unpack(packed: np.ndarray, folder: Path) -> None:
    """A packed run into `folder`, in place of what is there: whole, or not at all."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed.tobytes())) as tar:
        tar.extractall(part, filter="data")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
