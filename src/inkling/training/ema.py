"""Exponential moving average of a network's weights, which generalizes better than the final weights.

Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992). The average includes the statistics of
batch normalization; Keras's `use_ema` leaves them out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np


class ExponentialMovingAverage:
    """Averaged weights of one model; off when `momentum` is 0."""

    def __init__(self, model: Any, momentum: float) -> None:
        self.momentum = momentum
        self.values = [np.array(weight) for weight in model.weights] if momentum else []

    def update(self, model: Any, step: int, n_steps: int = 1) -> None:
        """Adds the weights after `step` steps to the average; `n_steps` of those steps were made since the last update.

        The momentum is lower early on, so that the random initial weights leave the average quickly.
        """
        if not self.momentum:
            return
        keep = min(self.momentum, (1 + step) / (10 + step)) ** n_steps
        pairs = zip(self.values, model.weights, strict=True)
        self.values = [keep * value + (1 - keep) * np.asarray(weight) for value, weight in pairs]

    @contextlib.contextmanager
    def applied_to(self, model: Any) -> Iterator[None]:
        """A context in which the model has the averaged weights; its own are restored afterward."""
        training = model.get_weights()
        self.copy_to(model)
        try:
            yield
        finally:
            model.set_weights(training)

    def copy_to(self, model: Any) -> None:
        """Copies the averaged weights into the model."""
        if self.momentum:
            model.set_weights(self.values)
