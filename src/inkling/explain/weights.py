"""Read the weights of a network with one hidden layer from its flatbuffer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.errors import BadBundle, WrongNetwork
from inkling.models.bundle import Bundle
from inkling.page_network.graph import Step, read_graph
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.normalize import SIDE

TOLERANCE = 1e-4  # maximum difference of a probability between NumPy with these weights and LiteRT
SEED = 4


@dataclass(frozen=True)
class Weights:
    """All parameters of a network Flatten -> Dense H, ReLU -> Dense K."""

    hidden: np.ndarray  # (H, 784) float64: the weights of each hidden unit, by rows of the tile
    hidden_bias: np.ndarray  # (H,)
    scores: np.ndarray  # (K, H): the weight of each hidden unit in the logit of each class; K is 10 or 11
    scores_bias: np.ndarray  # (K,)

    def activations(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) -> (N, H), 0 for inactive hidden units."""
        return np.asarray(np.maximum(tiles.reshape(len(tiles), -1) @ self.hidden.T + self.hidden_bias, 0.0))

    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) -> (N, K), before softmax."""
        return np.asarray(self.activations(tiles) @ self.scores.T + self.scores_bias)


def read_weights(bundle: Bundle, model: Classifier) -> Weights | None:
    """The weights of `bundle` if its network has one hidden ReLU layer; None for any other network.

    The weights are checked: NumPy must compute the same probabilities with them as `model`.
    """
    found = _dense_layers(bundle)
    return found if found is not None and _agree(found, model) else None


def _dense_layers(bundle: Bundle) -> Weights | None:
    """The two dense layers, if the network has no other layers with weights."""
    try:
        steps = read_graph(bundle).steps
    except (BadBundle, WrongNetwork):  # a network that only LiteRT can read
        return None
    layers = [step for step in steps if step.op not in ("reshape", "softmax")]
    if [(step.op, step.activation) for step in layers] != [("dense", "relu"), ("dense", "linear")]:
        return None
    (hidden, hidden_bias), (scores, scores_bias) = map(_parameters, layers)
    return Weights(hidden, hidden_bias, scores, scores_bias) if hidden.shape[1] == SIDE * SIDE else None


def _parameters(layer: Step) -> tuple[np.ndarray, np.ndarray]:
    """(O, I) weights and (O,) bias of a dense layer, float64."""
    weights = np.asarray(layer.weights, np.float64)
    return weights, np.zeros(len(weights)) if layer.bias is None else layer.bias.astype(np.float64)


def _agree(weights: Weights, model: Classifier) -> bool:
    """Whether NumPy with these weights agrees with LiteRT, on noise of several strengths."""
    random = np.random.default_rng(SEED)
    tiles = random.random((16, SIDE, SIDE), np.float32) * np.linspace(0, 1, 16, dtype=np.float32)[:, None, None]
    logits = weights.logits(tiles)[:, :10]  # the ten digits, as in the output of `model`
    ours = np.exp(logits - logits.max(axis=1, keepdims=True))
    ours /= ours.sum(axis=1, keepdims=True)
    return bool(np.abs(ours - model(tiles)).max() <= TOLERANCE)
