"""tiles -> probs, strip -> probs of its columns: the networks of bundles in LiteRT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.normalize import SIDE

MAX_BATCH = 32  # tiles at once: larger batches are cut, which bounds each interpreter's memory and costs no speed


@dataclass(frozen=True)
class Prediction:
    """What a network says of N tiles."""

    probs: np.ndarray  # (N, 10) float32: which digit, given that it is one; each row sums to 1
    not_digit: np.ndarray  # (N,) float32: probability 0..1 that it is none; 0 from a network that cannot tell


class Classifier:
    """A network ready to run. Safe to call from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises BadBundle if the flatbuffer does not match its manifest or has another input than (N, 28, 28)."""
        self._network = LiteRTModel(bundle.model_bytes(), bundle.model_path, shape=(SIDE, SIDE))

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32, 0 = paper, 1 = ink -> (N, 10) float32 probabilities, each row sums to 1."""
        return self.classify(tiles).probs

    def classify(self, tiles: np.ndarray) -> Prediction:
        """(N, 28, 28) float32, 0 = paper, 1 = ink -> which digits they are, and whether they are any.

        An eleventh output of the network is the class "none of the ten"; the ten are scaled to sum to 1 without it.
        """
        return split(self.outputs(tiles))

    def outputs(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, 10 or 11) float32, the softmax as the network gives it."""
        cuts = range(0, len(tiles), MAX_BATCH)
        return np.concatenate(
            [self._network(tiles[start : start + MAX_BATCH]) for start in cuts] or [np.zeros((0, 10), np.float32)]
        )


class LineRecognizer:
    """The network that reads a strip as a whole (`pipeline.line_recognizer`), ready to run. Safe to call from
    several threads.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Raises BadBundle if the flatbuffer does not match its manifest or has another input than (N, 28, any)."""
        self._network = LiteRTModel(bundle.model_bytes(), bundle.model_path, shape=(SIDE, -1))

    def __call__(self, strip: np.ndarray) -> np.ndarray:
        """(28, w) float32, 0 = paper, 1 = ink -> (w / 2, 11) float32 probabilities of its columns."""
        return np.asarray(self._network(strip[None])[0])


def split(outputs: np.ndarray) -> Prediction:
    """A network's (N, 10) or (N, 11) softmax -> Prediction."""
    ten = outputs[:, :10]
    if outputs.shape[1] == 10:
        return Prediction(ten, np.zeros(len(ten), np.float32))
    # What float32 leaves of ten vanishing probabilities still names the most likely digit.
    ten = np.maximum(ten, 1e-30)
    return Prediction(ten / ten.sum(axis=1, keepdims=True), outputs[:, 10])
