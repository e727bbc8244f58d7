"""Imports TensorFlow and Keras, with their logging silenced and their results reproducible."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, InklingError, MissingExtra
from inkling.models.bundle import Bundle
from inkling.quiet import quiet_stderr
from inkling.training.reproducibility import processor

NO_RELEASE_SINCE = (3, 14)  # the first Python version without a TensorFlow release
MAX_CONFIG_BYTES = 5_000_000  # of a Keras file's config.json: a hundred times the size of the line network's
# Modules whose classes a Keras file may name. Keras itself accepts more, including modules that fetch and run code.
PLAIN_MODULES = (
    *("keras", "keras.src.models.functional", "keras.layers", "keras.initializers", "keras.regularizers"),
    *("keras.constraints", "keras.optimizers", "keras.losses", "keras.metrics"),
)
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve")  # sets that speed up TensorFlow
BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")  # on x86, on x86 for whole matrices, on Arm
CAN_RUN_CODE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")


def import_keras(*, seed: int | None = None, task: str = "training") -> Any:
    """The Keras module with the TensorFlow backend. With `seed`, random numbers and operations are deterministic.

    Raises MissingExtra when the `learn` extra is not installed, and InklingError if TensorFlow has no release for this
    Python version.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow is imported
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with quiet_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecation warnings from inside the libraries
            import keras
            import tensorflow as tf
    except ImportError as error:
        if sys.version_info >= NO_RELEASE_SINCE:
            raise InklingError(
                f"TensorFlow has no release for Python {sys.version_info[0]}.{sys.version_info[1]} yet; train with "
                "Python 3.11 to 3.13. Reading and serving work here."
            ) from error
        raise MissingExtra(task, "learn") from error
    tf.get_logger().setLevel("WARNING")  # hides messages when saving; in a notebook `quiet_stderr` does not catch them
    if seed is not None:
        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
    return keras


def device() -> str:
    """The device that TensorFlow uses: the names of the GPUs, or the CPU with its matrix instructions."""
    gpus = _gpus()
    if gpus:
        import tensorflow as tf

        names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
        return f"GPU {', '.join(names)}"
    machine, *flags = processor()
    fast = ", ".join(flag for flag in flags if flag in INSTRUCTIONS)
    return f"CPU ({machine}: {fast})" if fast else f"CPU ({machine})"


def has_bfloat16() -> bool:
    """Whether the device multiplies bfloat16 numbers in hardware; emulation takes seven times as long as float32.

    True for every GPU.
    """
    return bool(_gpus()) or any(flag in BFLOAT16 for flag in processor())


def _gpus() -> list[Any]:
    import_keras()
    import tensorflow as tf

    with quiet_stderr():  # without a GPU, CUDA prints that it found none
        return list(tf.config.list_physical_devices("GPU"))


def keras_model_path(bundle: Bundle) -> Path:
    """The path of a bundle's `model.keras`. Raises BadBundle when it is missing."""
    path = bundle.path / "model.keras"
    if not path.is_file():
        raise BadBundle(
            f"{bundle.path} has no model.keras, which this task needs; the wheel leaves these files out. Use a clone "
            "or the source distribution of inkling, or export the run again."
        )
    return path


def open_keras_model(bundle: Bundle, *, task: str) -> Any:
    """The Keras model of a bundle; see `load_keras`. Also raises BadBundle for a missing file."""
    return load_keras(keras_model_path(bundle), task=task)


def convert_to_litert(path: Path, out: Path) -> None:
    """Converts a Keras file to `out`, a .tflite file.

    Raises the errors of `load_keras`, and BadBundle for an operation that LiteRT does not support.
    """
    model = load_keras(path, task="a network of Keras")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"part-{out.name}")
    try:
        with quiet_stderr(), contextlib.redirect_stdout(io.StringIO()):  # Keras prints the signature
            model.export(str(part), format="litert", verbose=False)
        part.replace(out)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise BadBundle(
            f"{path} cannot be converted to LiteRT ({why}); expected a network of common layers. Export it yourself."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def load_keras(path: Path, *, task: str) -> Any:
    """The Keras model in a file, without its optimizer.

    Raises BadBundle for a damaged file and for layers that can contain code, before any such code runs.
    """
    _check_layers(path)
    keras = import_keras(task=task)
    try:
        with quiet_stderr():
            return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise BadBundle(
            f"{path} cannot be opened by Keras {keras.__version__} ({why}); "
            "expected a network saved by export. Export the run again."
        ) from error


def _check_layers(path: Path) -> None:
    """Raises BadBundle unless a Keras file contains only plain Keras classes. Reads only the JSON."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("config.json") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
        if len(content) > MAX_CONFIG_BYTES:
            raise ValueError(f"its config.json has more than {MAX_CONFIG_BYTES / 1e6:.0f} MB")
        foreign = sorted(set(foreign_parts(json.loads(content))))
    except (OSError, ValueError, KeyError, EOFError, RecursionError, zipfile.BadZipFile, zlib.error) as error:
        raise BadBundle(
            f"{path} is not a Keras file ({error}); expected a network that Keras saved. Save or export it again."
        ) from error
    if foreign:
        raise BadBundle(
            f"{path} contains {', '.join(foreign)}, which can run code; expected only plain Keras layers. It was "
            "not opened: name another bundle."
        )


def foreign_parts(config: Any) -> Iterator[str]:
    """Yields the classes in a Keras configuration that are not plain Keras classes."""
    if isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        is_plain = module in PLAIN_MODULES or (module is None and name in (None, "__keras_tensor__"))
        if not is_plain or name in CAN_RUN_CODE:
            yield str(name)
        for value in config.values():
            yield from foreign_parts(value)
    elif isinstance(config, list):
        for value in config:
            yield from foreign_parts(value)
