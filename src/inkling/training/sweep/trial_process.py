"""One trial in a separate process: trains a recipe and reports one row per epoch and a packed run folder.

Works without Ray: reports go to a function. The process gets the training images but no test images.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
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
from inkling.training.run_history import EpochMetrics

PACKED = ("recipe.toml", "history.csv", "scores.json", "environment.json", "bundle")  # no checkpoint: training is over
MAX_ERROR_CHARS = 300

Report = Callable[[dict[str, Any]], None]


def without_test(mnist: Mnist) -> Mnist:
    """The data without test images, so that a trial cannot be evaluated on them."""
    return dataclasses.replace(mnist, x_test=mnist.x_test[:0], y_test=mnist.y_test[:0])


def run(table: Mapping[str, Any], mnist: Mnist, report: Report, *, cores: int, scratch: str | None = None) -> None:
    """Trains as a recipe's table says and reports the progress.

    Reports a row after each epoch except the last of the recipe; then the last row, again if training stopped early,
    with `finished` and `run`, the packed run folder.
    After any error, reports `failed` with a message.
    """
    own = {"node": platform.node()}
    try:
        limit_threads(cores)
        recipe = recipes.from_table(table)
        last: dict[str, Any] = {}

        def on_epoch(row: EpochMetrics) -> None:
            last.update(row)
            if row["epoch"] < recipe.epochs:  # the last row is reported with the bundle and does not stop the trial
                report({**row, **own})

        with tempfile.TemporaryDirectory(dir=scratch, prefix="trial-") as folder:
            callbacks = train.Callbacks(on_epoch=on_epoch)
            train.train(recipe, mnist, Path(folder) / "run", callbacks=callbacks)
            packed = pack(Path(folder) / "run")
        report({**last, **own, "finished": True, "run": packed})
    except InklingError as error:
        report({**own, "failed": str(error)})
    except MemoryError:
        report({**own, "failed": "out of memory"})
    except Exception as error:  # top level of the process: the sweep records the failure and continues
        reason = " ".join(str(error).split())
        report({**own, "failed": f"{type(error).__name__}: {reason}"[:MAX_ERROR_CHARS]})


def limit_threads(cores: int) -> None:
    """Limits TensorFlow to `cores`; a process in which TensorFlow has already run keeps its earlier limit."""
    from inkling.training.keras_setup import import_keras

    os.environ["OMP_NUM_THREADS"] = str(cores)
    keras = import_keras()
    import tensorflow as tf

    keras.utils.clear_session()  # frees the models of an earlier trial in this process
    with contextlib.suppress(RuntimeError):  # already set by an earlier trial in this process
        tf.config.threading.set_intra_op_parallelism_threads(cores)
        tf.config.threading.set_inter_op_parallelism_threads(max(1, min(2, cores)))


def pack(run: Path) -> np.ndarray:
    """A run folder as the bytes of a tar archive, (N,) uint8. Ray passes arrays between processes without a copy."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in PACKED:
            tar.add(run / name, name)
    return np.frombuffer(content.getvalue(), np.uint8)


def unpack(packed: np.ndarray, folder: Path) -> None:
    """Unpacks a run completely, then replaces `folder` with it."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed.tobytes())) as tar:
        if hasattr(tarfile, "data_filter"):  # since Python 3.11.4
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(part)  # noqa: S202  # trusted: made by `pack`
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
