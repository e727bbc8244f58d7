"""A snapshot of a network in training: first-layer weights, confusion matrix and misread validation images."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from inkling import scores
from inkling.pipeline.classifier import prediction_from_softmax
from inkling.training import input_scaling
from inkling.training.lab_worker.event_log import finite

N_JUDGED = 1_000  # validation images
N_MAPS = 24
N_WRONG = 12


def take_snapshot(model: Any, x_val: np.ndarray, y_val: np.ndarray) -> dict[str, Any]:
    """The content of snapshot.json, about 40 KB: first-layer weights, and results on the first N_JUDGED images.

    model: a Keras model; x_val: (V, 28, 28) float32 images; y_val: (V,) labels.
    """
    x, y = x_val[:N_JUDGED], y_val[:N_JUDGED]
    probs = prediction_from_softmax(np.asarray(model(x, training=False))).probs  # (V, 28, 28) -> (V, 10)
    probs = np.nan_to_num(probs)  # a diverged network outputs nan
    read = probs.argmax(1)
    wrong = np.flatnonzero(read != y)[:N_WRONG]
    return {
        "weights": first_weights(model),
        "judged": {
            "n": len(y),
            "loss": finite(scores.cross_entropy(probs, y)),
            "accuracy": finite(scores.accuracy(probs, y)),
            "confusion": scores.confusion_matrix(read, y).tolist(),
        },
        "wrong": {
            "tiles": _base64(np.rint(x[wrong] * 255)),  # (W, 28, 28), 0 paper .. 255 ink
            "labels": y[wrong].tolist(),
            "read": read[wrong].tolist(),
            "confidence": [round(float(p), 3) for p in probs[wrong].max(1)],
        },
    }


def first_weights(model: Any) -> dict[str, Any]:
    """Up to N_MAPS square maps of the first layer's weights, as bytes: 1 is -scale, 128 is 0, 255 is +scale."""
    kernel = np.nan_to_num(input_scaling.first_layer(model).get_weights()[0])
    side = 28 if kernel.ndim == 2 else kernel.shape[0]
    maps = kernel.reshape(side, side, -1).transpose(2, 0, 1)  # (784, H) or (K, K, 1, C) -> (H, side, side)
    shown = maps[:N_MAPS]
    scale = max(float(np.quantile(np.abs(shown), 0.995)), 1e-6)
    bytes_ = np.clip(np.rint(shown / scale * 127), -127, 127) + 128
    return {"side": side, "n": len(shown), "of": len(maps), "scale": round(scale, 5), "maps": _base64(bytes_)}


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()
