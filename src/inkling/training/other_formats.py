"""Exports a bundle's network to another file format, and compares the outputs of the file with those of the bundle.

`export` writes bundles; this module writes files for other programs. Each file is run in its own runtime: ONNX
Runtime, TensorFlow, Keras or LiteRT.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import BadBundle, InklingError, MissingExtra
from inkling.models.bundle import Bundle
from inkling.pipeline.line_image import HEIGHT
from inkling.pipeline.litert import LiteRTModel
from inkling.quiet import quiet_stderr
from inkling.training import keras_setup
from inkling.training.export import TOLERANCE
from inkling.training.synthetic_digits import draw_digits
from inkling.training.synthetic_lines import dataset

N_DIGITS, N_LINES = 1_000, 100  # synthetic images for the comparison

Infer = Callable[[np.ndarray], np.ndarray]  # (N, h, w) images -> outputs of the network


@dataclass(frozen=True)
class Exported:
    """A written file and its difference from the bundle's network."""

    path: Path
    difference: float  # largest difference between output probabilities
    compared: str  # the inputs of the comparison, in words

    @property
    def n_bytes(self) -> int:
        files = [self.path] if self.path.is_file() else [each for each in self.path.rglob("*") if each.is_file()]
        return sum(each.stat().st_size for each in files)


def export_as(name: str, bundle: Bundle, folder: Path) -> Exported:
    """Writes the network of a bundle to `folder` in one of FORMATS, under the bundle's name.

    Raises MissingExtra without the libraries of the format, BadBundle when the outputs differ by more than 1e-4, and
    InklingError for a file that exists or cannot be written. On an error no new file is left.
    """
    suffix, write, load = FORMATS[name]
    path = folder / f"{bundle.name}{suffix}"
    if path.exists():
        raise InklingError(f"{path} already exists; expected a new file. Move it, or name another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
            made = Path(part, path.name)
            with _quiet():
                write(bundle, made)
                infer = load(made)
                exported = _compared(bundle, infer, path)
            made.rename(path)
    except OSError as error:
        raise InklingError(
            f"{folder} cannot be written ({error.strerror or error}); expected a writable folder. Name another one."
        ) from error
    return exported


def _compared(bundle: Bundle, infer: Infer, path: Path) -> Exported:
    is_line = bundle.manifest["input"]["shape"][0] == HEIGHT
    inputs = _lines() if is_line else [_digits(N_DIGITS)]
    own = LiteRTModel(bundle.model_bytes(), bundle.model_path, (HEIGHT, -1) if is_line else (28, 28))
    difference = float(np.max([np.abs(infer(x) - own(x)).max() for x in inputs]))  # nan if any is nan
    if not difference <= TOLERANCE:
        raise BadBundle(
            f"the exported network and that of {bundle.path} differ by {difference:.2g}; expected at most "
            f"{TOLERANCE:g}, so nothing was written. Use other versions of the libraries."
        )
    return Exported(path, difference, f"{N_LINES} synthetic lines" if is_line else f"{N_DIGITS:,} synthetic digits")


def _digits(n: int) -> np.ndarray:
    """(n, 28, 28) float32: digits drawn from strokes, so that no data set is needed."""
    return draw_digits(np.arange(n) % 10, np.random.default_rng(0))


def _lines() -> list[np.ndarray]:
    """Lines of digits from `_digits`, by width: (N, 32, w) float32 each."""
    images = np.asarray(np.rint(255 * _digits(200)), np.uint8)
    lines = dataset.evaluation_lines(images, np.arange(200) % 10, n=N_LINES, seed=0)
    return [dataset.as_input(same.images) for same in lines]


def _copy_litert(bundle: Bundle, path: Path) -> None:
    path.write_bytes(bundle.model_bytes())


def _load_litert(path: Path) -> Infer:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    entry, exit_ = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def infer(x: np.ndarray) -> np.ndarray:
        interpreter.resize_tensor_input(entry, x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry, x)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(exit_))

    return infer


def _copy_keras(bundle: Bundle, path: Path) -> None:
    shutil.copyfile(keras_setup.keras_model_path(bundle), path)


def _load_keras(path: Path) -> Infer:
    model = keras_setup.load_keras(path, task="exporting to Keras")
    return lambda x: np.asarray(model(x, training=False))


def _write_saved_model(bundle: Bundle, path: Path) -> None:
    keras_setup.open_keras_model(bundle, task="exporting to SavedModel").export(str(path), verbose=False)


def _load_saved_model(path: Path) -> Infer:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))  # keep a reference: `serve` stops working without it
    return lambda x: np.asarray(loaded.serve(x))


def _write_onnx(bundle: Bundle, path: Path) -> None:
    if any(importlib.util.find_spec(each) is None for each in ("onnx", "onnxruntime", "tf2onnx")):
        raise MissingExtra("exporting to ONNX", "export")
    model = keras_setup.open_keras_model(bundle, task="exporting to ONNX")
    model(_digits(1) if model.input_shape[1:] == (28, 28) else _lines()[0])  # Keras exports only called models
    model.export(str(path), format="onnx", verbose=False)


def _load_onnx(path: Path) -> Infer:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    return lambda x: np.asarray(session.run(None, {entry: x})[0])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses the output and warnings of the converters."""
    with quiet_stderr(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


FORMATS: dict[str, tuple[str, Callable[[Bundle, Path], None], Callable[[Path], Infer]]] = {
    # name: (suffix, write, load)
    "onnx": (".onnx", _write_onnx, _load_onnx),
    "saved_model": ("", _write_saved_model, _load_saved_model),
    "tflite": (".tflite", _copy_litert, _load_litert),
    "keras": (".keras", _copy_keras, _load_keras),
}
