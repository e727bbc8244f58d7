"""The inference for all other servers: a plain resize, as in tutorials, and the network of `ann` in LiteRT.

The image is only converted to grayscale, 28x28 and light on dark: no binarization, centering, segmentation or reject
option. This needs only Pillow, NumPy and LiteRT, so each server can run in its own environment.
"""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

MODEL = Path(__file__).parents[3] / "src" / "inkling" / "models" / "bundles" / "ann" / "model.tflite"
PORT = int(os.environ.get("PORT", "8000"))
WORKERS = 2

_local = threading.local()  # an interpreter is not thread-safe


def tile(image: Image.Image) -> np.ndarray:
    """Dark on light, any size -> (28, 28) float32, 1 = ink."""
    small = image.convert("L").resize((28, 28), Image.Resampling.BILINEAR)
    return 1 - np.asarray(small, np.float32) / 255


def decoded(content: bytes) -> np.ndarray:
    """An encoded image -> (28, 28) float32, 1 = ink."""
    return tile(Image.open(io.BytesIO(content)))


def probs(tiles: np.ndarray) -> np.ndarray:
    """(N, 28, 28) -> (N, 10)."""
    runner = getattr(_local, "runner", None)
    if runner is None:
        runner = _local.runner = Interpreter(str(MODEL), num_threads=1)
        _local.batch = 0
    given = runner.get_input_details()[0]["index"]
    if _local.batch != len(tiles):
        runner.resize_tensor_input(given, tiles.shape)
        runner.allocate_tensors()
        _local.batch = len(tiles)
    runner.set_tensor(given, tiles)
    runner.invoke()
    found: np.ndarray = runner.get_tensor(runner.get_output_details()[0]["index"])
    return found


def answer(content: bytes) -> dict[str, object]:
    """An encoded image -> the digit and its confidence."""
    return as_answer(probs(decoded(content)[None])[0])


def as_answer(found: np.ndarray) -> dict[str, object]:
    """(10,) -> the digit and its confidence."""
    return {"digit": int(found.argmax()), "confidence": round(float(found.max()), 4)}
