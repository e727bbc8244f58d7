"""The activations of every layer of a network for one tile.

A separate interpreter keeps all tensors, unlike the one used for reading. It is built on first use.
"""

from __future__ import annotations

import math
import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from inkling.models.bundle import Bundle
from inkling.pipeline.reader import Reader


@dataclass(frozen=True)
class Layer:
    """One layer of a network, whose output is feature maps or plain numbers."""

    name: str  # as in the manifest: "conv_1"
    type: str  # Conv2D, Dense, GlobalAveragePooling2D, ...
    values: np.ndarray  # (channels, h, w) float32; (channels, 1, 1) if the output is plain numbers
    kernel: int | None  # side of a convolution's kernel, pixels
    stride: int  # of the convolution or pooling, pixels of the previous layer


class Layers:
    """The layers of one bundle's network. Safe to call from several threads; calls are serialized."""

    def __init__(self, bundle: Bundle) -> None:
        # Without a delegate, because a delegate's tensors cannot be read.
        self._interpreter = Interpreter(
            model_content=bundle.model_bytes(),
            num_threads=1,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._steps = _steps(self._interpreter, bundle)
        self._interpreter.allocate_tensors()
        self._lock = threading.Lock()

    def __call__(self, tile: np.ndarray) -> tuple[Layer, ...]:
        """(28, 28) float32, 1 = ink -> every layer in order, the logits last.

        ReLU and normalization are part of the layer before them, because export folds them into it.
        """
        with self._lock:
            at = self._interpreter.get_input_details()[0]["index"]
            self._interpreter.set_tensor(at, np.ascontiguousarray(tile[None], np.float32))
            self._interpreter.invoke()
            found = [self._interpreter.get_tensor(index)[0].copy() for index, _ in self._steps]
        layers, side = [], tile.shape[0]
        for values, (_, facts) in zip(found, self._steps, strict=True):
            maps = values.transpose(2, 0, 1) if values.ndim == 3 else values.reshape(-1, 1, 1)
            stride = -(-side // maps.shape[1]) if values.ndim == 3 else 1
            layers.append(Layer(facts["name"], facts["type"], maps, facts["kernel"], stride))
            side = maps.shape[1] if values.ndim == 3 else side
        return tuple(layers)


def layers_of(reader: Reader) -> Layers:
    """The layers of a reader's network, built once per reader and freed with it."""
    with _building:
        if reader not in _layers:
            _layers[reader] = Layers(reader.bundle)
        return _layers[reader]


_layers: weakref.WeakKeyDictionary[Reader, Layers] = weakref.WeakKeyDictionary()
_building = threading.Lock()


def _steps(interpreter: Interpreter, bundle: Bundle) -> list[tuple[int, dict[str, Any]]]:
    """The output tensors of layers with weights and of poolings: index, and facts from the manifest.

    Export names a tensor after the layers that are folded into it, as in "cnn_1/relu_2_1/Relu;cnn_1/norm_2_1/...".
    """
    named = _working_layers(bundle)
    steps: dict[str, tuple[int, dict[str, Any]]] = {}
    for tensor in interpreter.get_tensor_details():
        if tensor["dtype"] != np.float32 or len(tensor["shape"]) not in (2, 4) or _is_constant(interpreter, tensor):
            continue
        shape = [int(n) for n in tensor["shape"][1:]]
        for facts in named:
            parts = [part.split("/")[1] for part in tensor["name"].split(";") if part.count("/") > 1]
            if facts["shape"] == shape and any(part in facts["parts"] for part in parts):
                steps[facts["name"]] = (tensor["index"], facts)  # the last match is the layer's output
    return [steps[facts["name"]] for facts in named if facts["name"] in steps]


def _is_constant(interpreter: Interpreter, tensor: dict[str, Any]) -> bool:
    try:
        interpreter.get_tensor(tensor["index"])
    except ValueError:  # before allocation, only constants have values
        return False
    return True


def _working_layers(bundle: Bundle) -> list[dict[str, Any]]:
    """The manifest's layers that remain after export, each with the names of later layers folded into it."""
    found: list[dict[str, Any]] = []
    inputs = 1
    for layer in bundle.manifest.get("layers", []):
        parts = {layer["name"], f"{layer['name']}_1"}
        if layer["type"] in ("Conv2D", "Dense") or "Pooling" in layer["type"]:
            shape = list(layer["output_shape"])
            facts = {"name": layer["name"], "type": layer["type"], "shape": shape, "parts": parts, "kernel": None}
            if layer["type"] == "Conv2D":
                facts["kernel"] = math.isqrt(layer["parameters"] // (inputs * shape[-1]))
                inputs = shape[-1]
            found.append(facts)
        elif found and layer["type"] in ("BatchNormalization", "ReLU"):
            found[-1]["parts"] |= parts
    return found
