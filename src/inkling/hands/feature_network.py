"""A classifier's network without its last layer, and that layer, which the light step trains.

The last layer is a matrix. The layers before it are the same for all hands, so each hand needs only its matrix. The
flatbuffer is cut in memory before the last layer; the packaged file does not change.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from inkling.errors import WrongNetwork
from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import INPUT_SHAPES, MAX_BATCH
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.litert import LiteRTModel

MAX_OPEN = 4  # networks that stay open in a process
CLASSES = 11  # the ten digits, and "none of the ten"


class FeatureNetwork:
    """A network up to its last layer: digits -> features. Safe to call from several threads."""

    def __init__(self, content: bytes, path: Path) -> None:
        """`content`: a classifier's flatbuffer. Raises WrongNetwork if its last layers differ from those of `cnn`."""
        body, self.last_layer = split(content, path)
        self._network = LiteRTModel(body, path, *INPUT_SHAPES)
        self.size = self.last_layer.shape[1]  # of a feature vector, including the 1

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32, 1 = ink -> (N, F) float32 features; the last of them is 1, for the biases."""
        features = np.ones((len(tiles), self.size), np.float32)
        for start in range(0, len(tiles), MAX_BATCH):
            check_deadline()
            batch = tiles[start : start + MAX_BATCH].reshape(-1, *self._network.shape)
            features[start : start + MAX_BATCH, :-1] = self._network(batch)
        return features


def features_of(bundle: Bundle) -> FeatureNetwork:
    """The bundle's network, shared by all hands. The last MAX_OPEN networks opened in this process stay open."""
    key = (bundle.path, bundle.version)
    with _opening:
        if key not in _networks:
            while len(_networks) >= MAX_OPEN:
                _networks.pop(next(iter(_networks)))
            _networks[key] = FeatureNetwork(bundle.model_bytes(), bundle.path)
        return _networks[key]


_networks: dict[tuple[Path, str], FeatureNetwork] = {}
_opening = threading.Lock()


def split(content: bytes, path: Path) -> tuple[bytes, np.ndarray]:
    """A flatbuffer -> one without its last dense layer and softmax, and that layer, (11, F) float32.

    The last column of that layer contains the biases. Raises WrongNetwork, with `path`, for any other network.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    operators = schema.BuiltinOperator
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    [graph] = model.subgraphs
    codes = [model.operatorCodes[each.opcodeIndex].builtinCode for each in graph.operators]
    dense = graph.operators[-2] if codes[-2:] == [operators.FULLY_CONNECTED, operators.SOFTMAX] else None
    shape = tuple(graph.tensors[dense.inputs[1]].shape) if dense else ()
    if dense is None or len(dense.inputs) != 3 or len(shape) != 2 or shape[0] != CLASSES:
        raise WrongNetwork(
            f"{path} cannot learn a hand; expected a network that ends in a dense layer of {CLASSES} outputs and a "
            "softmax, as cnn does. Name cnn."
        )

    def constant(index: int) -> np.ndarray:
        return np.frombuffer(bytes(model.buffers[graph.tensors[index].buffer].data), np.float32)

    last_layer = np.column_stack([constant(dense.inputs[1]).reshape(shape), constant(dense.inputs[2])])
    graph.outputs, graph.operators, model.signatureDefs = [int(dense.inputs[0])], graph.operators[:-2], []
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output()), last_layer
