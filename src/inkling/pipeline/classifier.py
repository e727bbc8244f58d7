"""Classify normalized digits: (N, 28, 28) -> (N, 10) probabilities, with a bundle's network in LiteRT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.normalize import SIDE

MAX_BATCH = 32  # tiles; larger batches are split, which limits each interpreter's memory and costs no speed

INPUT_SHAPES = ((SIDE, SIDE), (SIDE, SIDE, 1), (SIDE * SIDE,))  # of one tile; third-party networks differ
OUTPUT_SHAPES = ((1, 10), (1, 11))  # of one tile


@dataclass(frozen=True)
class Prediction:
    """A network's prediction for N tiles."""

    probs: np.ndarray  # (N, 10) float32: probability of each digit, given that the tile is a digit; each row sums to 1
    not_digit: np.ndarray  # (N,) float32: probability 0..1 of not being a digit; 0 if the network has no such class


class Classifier:
    """A digit network that is ready to run. Safe to call from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises BadBundle if the flatbuffer does not match the manifest, or has unexpected inputs or outputs."""
        self._open(bundle.model_bytes(), bundle.model_path)

    @classmethod
    def of_bytes(cls, content: bytes, path: Path) -> Self:
        """Create a classifier from a flatbuffer without a bundle. `path` is used in messages only.

        Raises BadBundle as the constructor does.
        """
        classifier = cls.__new__(cls)
        classifier._open(content, path)
        return classifier

    def _open(self, content: bytes, path: Path) -> None:
        self._network = LiteRTModel(content, path, *INPUT_SHAPES)
        self._puts_out_logits = False
        try:
            found = self.outputs(np.zeros((1, SIDE, SIDE), np.float32))
        except (ValueError, RuntimeError) as error:
            raise BadBundle(f"{path} does not run ({error}). Export the run again.") from error
        if found.shape not in OUTPUT_SHAPES:
            raise BadBundle(f"{path} has output {found.shape}; expected (1, 10) or (1, 11). Export the run again.")
        self._puts_out_logits = abs(float(found.sum()) - 1) > 1e-3 or bool(found.min() < 0)

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32, 0 = background, 1 = ink -> (N, 10) float32 probabilities; each row sums to 1."""
        return self.classify(tiles).probs

    def classify(self, tiles: np.ndarray) -> Prediction:
        """(N, 28, 28) float32, 0 = background, 1 = ink -> digit probabilities and the probability of a non-digit."""
        return prediction_from_softmax(self.outputs(tiles))

    def outputs(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, 10 or 11) float32, the network's softmax."""
        starts = range(0, len(tiles), MAX_BATCH)
        batches = []
        for start in starts:
            check_deadline()
            batches.append(self._network(tiles[start : start + MAX_BATCH].reshape(-1, *self._network.shape)))
        outputs = np.concatenate(batches or [np.zeros((0, 10), np.float32)])
        if self._puts_out_logits:
            outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            outputs /= outputs.sum(axis=1, keepdims=True)
        return outputs


def prediction_from_softmax(outputs: np.ndarray) -> Prediction:
    """A network's (N, 10) or (N, 11) softmax -> Prediction.

    The eleventh output is the class "not a digit". The other ten are rescaled to sum to 1.
    """
    ten = outputs[:, :10]
    if outputs.shape[1] == 10:
        return Prediction(ten, np.zeros(len(ten), np.float32))
    # The lower limit avoids 0 / 0 if all ten probabilities underflow.
    ten = np.maximum(ten, 1e-30)
    return Prediction(ten / ten.sum(axis=1, keepdims=True), outputs[:, 10])
