"""Log-odds between digits, and the records of an explanation in them.

A point is a natural unit (nat) of log-odds: one digit leads another by log(p of the one / p of the other) points, so
one point more makes it e = 2.72 times as probable. The probabilities are the calibrated ones that are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from inkling.pipeline.result import Box, Digit

AttributionMethod = Literal["exact contributions", "occlusion"]
MIN_PROB = 1e-30  # a lower probability is taken for this: float32 knows nothing finer


@dataclass(frozen=True)
class Attribution:
    """Where in the tile one log-odds difference comes from."""

    total: float  # points: the difference itself
    points: np.ndarray  # (S, S) float64: above 0 where ink adds to it, below where ink takes from it, 0 on paper
    bias: float | None  # points of no pixel, so that all add up to `total`; None where they do not


@dataclass(frozen=True)
class HiddenUnit:
    """A hidden unit that weighs much in the lead over the runner-up."""

    number: int  # 0..H-1
    activation: float  # above 0
    points: float  # what it adds to the lead over the runner-up
    weights: np.ndarray  # (28, 28) float64: above 0 where ink excites it, below where ink inhibits it


@dataclass(frozen=True)
class DigitExplanation:
    """Why one digit was read as it was."""

    digit: Digit
    tile: np.ndarray  # (S, S) float32, 1 = ink: what the network saw, S = 28; of a row the part around it, S = 32
    runner_up: int  # 0..9, the second most probable
    method: AttributionMethod
    for_answer: Attribution  # the answer over the mean of the other nine
    against_runner_up: Attribution  # the answer over the runner-up
    missing: np.ndarray  # (S, S) float64: points that a dot of ink there would add to the lead over the runner-up
    units: tuple[HiddenUnit, ...] = ()  # the strongest first; none from a network with other layers
    active: tuple[int, int] = (0, 0)  # active hidden units, of how many; (0, 0) likewise
    box: Box | None = None  # of a digit in a row: where it lies in the tile, pixels; else all ink is the digit's

    @property
    def answer(self) -> int:
        return self.digit.digit


def contrasts(answer: int, runner_up: int) -> np.ndarray:
    """The two contrasts of the ten logits that are explained. (2, 10) float64

    First the answer over the mean of the other nine, then the answer over the runner-up. Each row sums to 0: softmax
    does not see what is added to all ten logits, so neither does an explanation.
    """
    rows = np.zeros((2, 10))
    rows[0] = -1 / 9
    rows[1, runner_up] = -1
    rows[:, answer] = 1
    return rows


def runner_up_of(digit: Digit) -> int:
    """The second most probable digit; of two that are equally probable, the one that is not the answer."""
    return max((k for k in range(10) if k != digit.digit), key=lambda k: digit.probs[k])


def log_odds(probs: np.ndarray, contrasts: np.ndarray, temperature: float) -> np.ndarray:
    """A network's (N, 10) probabilities and (Q, 10) contrasts -> (N, Q) log-odds in points, calibrated.

    log(softmax(z)) differs from the logits z by a constant a row, which the contrasts do not see.
    """
    logits = np.log(np.maximum(probs, MIN_PROB, dtype=np.float64)) / temperature  # (N, 10)
    return np.asarray(logits @ contrasts.T)
