"""Read the weights of a network with one hidden layer from its flatbuffer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.normalize import SIDE

TOLERANCE = 1e-4  # of a probability: how far the weights, run by NumPy, may be from the network, run by LiteRT
SEED = 4


@dataclass(frozen=True)
class Weights:
    """Flatten -> Dense H, ReLU -> Dense K: all its parameters."""

    hidden: np.ndarray  # (H, 784) float64: the weights of each hidden unit, row by row of the tile
    hidden_bias: np.ndarray  # (H,)
    scores: np.ndarray  # (K, H): how much each hidden unit adds to the logit of each class; K is 10 or 11
    scores_bias: np.ndarray  # (K,)

    def activations(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) -> (N, H), 0 for a hidden unit that is not active."""
        return np.asarray(np.maximum(tiles.reshape(len(tiles), -1) @ self.hidden.T + self.hidden_bias, 0.0))

    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) -> (N, K), before softmax."""
        return np.asarray(self.activations(tiles) @ self.scores.T + self.scores_bias)


def read_weights(bundle: Bundle, model: Classifier) -> Weights | None:
    """The weights of `bundle` if it holds one hidden layer of ReLU; None for any other network.

    Checked: the probabilities that NumPy computes with them must be those of `model`.
    """
    found = _dense_layers(bundle)
    return found if found is not None and _agree(found, model) else None


def _dense_layers(bundle: Bundle) -> Weights | None:
    """The two dense layers among the flatbuffer's constants, if they and their biases are all that it holds."""
    interpreter = Interpreter(model_content=bundle.model_bytes(), num_threads=1)
    constants = []
    for tensor in interpreter.get_tensor_details():  # before allocation only constants have values
        try:
            constants.append(interpreter.get_tensor(tensor["index"]))
        except ValueError:
            continue
    floats = [constant.astype(np.float64) for constant in constants if constant.dtype == np.float32]
    matrices = [each for each in floats if each.ndim == 2]
    vectors = [each for each in floats if each.ndim == 1]
    if len(floats) != 4 or len(matrices) != 2 or len(vectors) != 2:
        return None
    # LiteRT keeps a dense layer's weights as (units, inputs): the transpose of Keras's kernel.
    matrices.sort(key=lambda matrix: matrix.shape[1] != SIDE * SIDE)
    hidden, scores = matrices
    if hidden.shape[1] != SIDE * SIDE or scores.shape != (len(scores), len(hidden)) or len(scores) == len(hidden):
        return None
    vectors.sort(key=lambda vector: len(vector) != len(hidden))
    if [len(vector) for vector in vectors] != [len(hidden), len(scores)]:
        return None
    return Weights(hidden, vectors[0], scores, vectors[1])


def _agree(weights: Weights, model: Classifier) -> bool:
    """Whether NumPy with these weights computes what LiteRT computes, on noise of several strengths."""
    random = np.random.default_rng(SEED)
    tiles = random.random((16, SIDE, SIDE), np.float32) * np.linspace(0, 1, 16, dtype=np.float32)[:, None, None]
    logits = weights.logits(tiles)[:, :10]  # the ten, as `model` gives them
    ours = np.exp(logits - logits.max(axis=1, keepdims=True))
    ours /= ours.sum(axis=1, keepdims=True)
    return bool(np.abs(ours - model(tiles)).max() <= TOLERANCE)
