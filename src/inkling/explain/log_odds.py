"""Log-odds between digits, and the records of an explanation.

A point is a natural unit (nat) of log-odds: one digit leads another by log(p_one / p_other) points, so one more point
makes it e = 2.72 times as probable relative to the other. The probabilities are the displayed, calibrated ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.result import Digit

AttributionMethod = Literal["exact contributions", "occlusion"]
MIN_PROB = 1e-30  # lower limit of probabilities, near the limit of float32


@dataclass(frozen=True)
class Attribution:
    """The contributions of a tile's pixels to one log-odds difference."""

    total: float  # points: the difference
    points: np.ndarray  # (S, S) float64: above 0 if ink increases the difference, below 0 if it reduces it, 0 on paper
    bias: float | None  # the rest, so that points and bias add up to `total`; None if they do not


@dataclass(frozen=True)
class HiddenUnit:
    """A hidden unit with a large contribution to the lead over the runner-up."""

    number: int  # 0..H-1
    activation: float  # above 0
    points: float  # contribution to the lead over the runner-up
    weights: np.ndarray  # (28, 28) float64: above 0 if ink excites the unit, below 0 if ink inhibits it


@dataclass(frozen=True)
class DigitExplanation:
    """Why one digit was read as it was."""

    digit: Digit
    tile: np.ndarray  # (S, S) float32, 1 = ink: the network's input, S = 28; or a row's image around the digit, S = 32
    method: AttributionMethod
    for_answer: Attribution  # the answer over the mean of the other nine
    against_runner_up: Attribution  # the answer over the runner-up
    missing: np.ndarray  # (S, S) float64: points that a dot of ink there would add to the lead over the runner-up
    units: tuple[HiddenUnit, ...] = ()  # the strongest first; () without exact attribution
    active: tuple[int, int] = (0, 0)  # numbers of active and of all hidden units; (0, 0) without exact attribution
    box: Box | None = None  # of a digit in a row: its box in the tile, pixels; None: all ink belongs to the digit

    @property
    def answer(self) -> int:
        return self.digit.digit

    @property
    def runner_up(self) -> int:
        return self.digit.runner_up


def contrasts(answer: int, runner_up: int) -> np.ndarray:
    """(2, 10) float64: the two explained contrasts of the ten logits.

    First the answer over the mean of the other nine, then the answer over the runner-up. Each row sums to 0, because a
    constant added to all ten logits does not change the softmax.
    """
    rows = np.zeros((2, 10))
    rows[0] = -1 / 9
    rows[1, runner_up] = -1
    rows[:, answer] = 1
    return rows


def log_odds(probs: np.ndarray, contrasts: np.ndarray, temperature: float) -> np.ndarray:
    """A network's (N, 10) probabilities and (Q, 10) contrasts -> (N, Q) log-odds in points, calibrated.

    log(softmax(z)) differs from the logits z by a constant per row, which cancels in the contrasts.
    """
    logits = np.log(np.maximum(probs, MIN_PROB, dtype=np.float64)) / temperature  # (N, 10)
    return np.asarray(logits @ contrasts.T)
