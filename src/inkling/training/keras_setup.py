"""TensorFlow and Keras, made quiet and repeatable before they are first imported."""

from __future__ import annotations

import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, MissingExtra
from inkling.silence import quiet_stderr


def import_keras(*, seed: int | None = None, task: str = "training") -> Any:
    """The Keras module on TensorFlow. With `seed`, every random draw and every operation repeats exactly.

    Raises MissingExtra when the `learn` extra is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow is imported
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with quiet_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's deprecations; nothing here can mend them
            import keras
            import tensorflow as tf
    except ImportError as error:
        raise MissingExtra(task, "learn") from error
    tf.get_logger().setLevel("WARNING")  # its notes on saving: in a notebook `quiet_stderr` does not reach them
    if seed is not None:
        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
    return keras


def open_network(path: Path, *, task: str) -> Any:
    """The Keras model in a bundle's `model.keras`, without its optimizer. Raises BadBundle for a damaged file."""
    keras = import_keras(task=task)
    try:
        with quiet_stderr():
            return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise BadBundle(
            f"{path} cannot be opened by Keras {keras.__version__} ({str(error).splitlines()[0]}); "
            "a network saved by export was expected. Export the run again."
        ) from error
