"""Exponential moving average of a network's weights, which generalizes better than the last weights do.

Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992). The statistics of batch
normalization are averaged with the weights they belong to; Keras's own `use_ema` leaves them out.
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
        """Takes in the weights after `step` steps, the last `n_steps` of which were made since the last update.

        Early on the momentum is lower, or the random first weights would stay in the average for long.
        """
        if not self.momentum:
            return
        keep = min(self.momentum, (1 + step) / (10 + step)) ** n_steps
        pairs = zip(self.values, model.weights, strict=True)
        self.values = [keep * value + (1 - keep) * np.asarray(weight) for value, weight in pairs]

    @contextlib.contextmanager
    def applied_to(self, model: Any) -> Iterator[None]:
        """Within, the model has the averaged weights; afterwards its own again."""
        training = model.get_weights()
        self.copy_to(model)
        try:
            yield
        finally:
            model.set_weights(training)

    def copy_to(self, model: Any) -> None:
        """Puts the averaged weights into the model."""
        if self.momentum:
            model.set_weights(self.values)
