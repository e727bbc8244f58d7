"""Checks that teaching a hand makes nothing else worse: the reading of ordinary digits, other hands, non-digits.

A hand is trained with some of the replay images: the least certain varied digits and every other non-digit. It is
evaluated on MNIST's validation images, which are not replayed, on all varied digits, and on the remaining non-digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from inkling import scores
from inkling.hands.replay import NO_DIGIT, Replay
from inkling.pipeline.classifier import prediction_from_softmax

N_REPLAYED = 300  # varied digits about which the network is least certain
ALLOWED = {"mnist-validation": 0.0005, "varied": 0.002, "digits-refused": 0.0005, "non-digits-accepted": 0.01}
WORDS = {
    "mnist-validation": "MNIST's validation images misread",
    "varied": "other hands and forms misread",
    "digits-refused": "MNIST's validation images refused",
    "non-digits-accepted": "non-digits taken for digits",
}


@dataclass(frozen=True)
class Guard:
    """An error rate on one set of images, and its allowed increase."""

    name: str  # a key of ALLOWED
    n: int
    before: float  # error rate of the original network, 0..1
    after: float
    allowed: float  # maximum increase from `before` to `after`

    @property
    def holds(self) -> bool:
        return self.after <= self.before + self.allowed + 1e-9

    def __str__(self) -> str:
        return f"{WORDS[self.name]}: {self.before:.2%} before, {self.after:.2%} after"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


def answers(probs: np.ndarray, reject_at: float) -> np.ndarray:
    """(N, 11) probabilities -> (N,) the digits read, 0..9, or NO_DIGIT if refused."""
    return np.where(probs[:, NO_DIGIT] >= reject_at, NO_DIGIT, probs[:, :NO_DIGIT].argmax(axis=1))


def replayed(replay: Replay, probs: np.ndarray) -> np.ndarray:
    """Indices of the images that are replayed while a hand is learned. `probs`: (N, 11), from the original network."""
    top = np.sort(probs[replay.varied], axis=1)
    uncertain = np.argsort(top[:, -1] - top[:, -2], kind="stable")[:N_REPLAYED]
    return np.concatenate([replay.varied[uncertain], replay.others[::2]])


def check(replay: Replay, before: np.ndarray, after: np.ndarray, *, reject_at: float) -> list[Guard]:
    """Compare two networks by their probabilities for the N replay images, (N, 11) each."""
    parts: dict[str, tuple[np.ndarray, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
        "mnist-validation": (np.arange(replay.n_plain), lambda probs, labels: probs[:, :10].argmax(axis=1) != labels),
        "varied": (replay.varied, lambda probs, labels: probs[:, :10].argmax(axis=1) != labels),
        "digits-refused": (np.arange(replay.n_plain), lambda probs, labels: probs[:, NO_DIGIT] >= reject_at),
        "non-digits-accepted": (replay.others[1::2], lambda probs, labels: probs[:, NO_DIGIT] < reject_at),
    }
    found = []
    for name, (rows, wrong) in parts.items():
        old, new = (float(wrong(probs[rows], replay.labels[rows]).mean()) for probs in (before, after))
        found.append(Guard(name, len(rows), old, new, ALLOWED[name]))
    return found


def temperature(replay: Replay, before: np.ndarray, after: np.ndarray, *, fitted: float) -> float:
    """The temperature of a hand: `fitted` times the ratio of the temperatures needed after and before teaching.

    `fitted`: the temperature of the original network. `before`, `after`: see `check`.
    """
    rows = np.flatnonzero(replay.labels < NO_DIGIT)
    needed = []
    for probs in (before, after):
        needed.append(scores.fit_temperature(prediction_from_softmax(probs[rows]).probs, replay.labels[rows]))
    return round(fitted * needed[1] / needed[0], 4)
