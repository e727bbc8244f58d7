"""TensorFlow and Keras, made quiet and repeatable before they are first imported."""

from __future__ import annotations

import os
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, InklingError, MissingExtra
from inkling.models.bundle import Bundle
from inkling.silence import quiet_stderr

NO_RELEASE_SINCE = (3, 14)  # of Python, from which on TensorFlow has no release


def import_keras(*, seed: int | None = None, task: str = "training") -> Any:
    """The Keras module on TensorFlow. With `seed`, every random draw and every operation repeats exactly.

    Raises MissingExtra when the `learn` extra is not installed, and InklingError on a Python without a TensorFlow.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow is imported
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with quiet_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's deprecations; nothing here can mend them
            import keras
            import tensorflow as tf
    except ImportError as error:
        if sys.version_info >= NO_RELEASE_SINCE:
            raise InklingError(
                f"TensorFlow has no release for Python {sys.version_info[0]}.{sys.version_info[1]} yet; train with "
                "Python 3.11 to 3.13. Reading and serving work here."
            ) from error
        raise MissingExtra(task, "learn") from error
    tf.get_logger().setLevel("WARNING")  # its notes on saving: in a notebook `quiet_stderr` does not reach them
    if seed is not None:
        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
    return keras


def keras_model_path(bundle: Bundle) -> Path:
    """A bundle's `model.keras`. Raises BadBundle with what to do when it is missing."""
    path = bundle.path / "model.keras"
    if not path.is_file():
        raise BadBundle(
            f"{bundle.path} has no model.keras, which this task needs; the wheel leaves these files out. Use a clone "
            "or the source distribution of inkling, or export the run again."
        )
    return path


def open_keras_model(bundle: Bundle, *, task: str) -> Any:
    """The Keras model of a bundle, without its optimizer. Raises BadBundle for a missing or damaged file."""
    path = keras_model_path(bundle)
    keras = import_keras(task=task)
    try:
        with quiet_stderr():
            return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise BadBundle(
            f"{path} cannot be opened by Keras {keras.__version__} ({str(error).splitlines()[0]}); "
            "a network saved by export was expected. Export the run again."
        ) from error
