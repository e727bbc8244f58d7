"""The task interface: the data, loss and scores of one kind of network. The trainer is the same for all.

`digit_task.DigitTask` classifies 28x28 images; `line_task.LineTask` reads lines of digits. The recipe's architecture
decides which task is used (`architectures.Architecture.task`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from inkling.models.bundle import Bundle
from inkling.training.architectures import find_architecture
from inkling.training.data.mnist import Mnist
from inkling.training.digit_task import DigitTask
from inkling.training.line_task import LineTask
from inkling.training.recipe import Recipe, stages_of

Infer = Callable[[np.ndarray], np.ndarray]  # (N, h, w) images -> outputs of the network


class Task(Protocol):
    """The training data, loss and evaluation of a recipe's network."""

    n_steps: int  # batches per epoch
    steps_per_execution: int  # steps per TensorFlow call from Python

    def check(self) -> None:
        """Raises BadRecipe for settings that do not fit the data, UnknownName or BadBundle for a missing teacher."""

    def loss_and_metrics(self) -> tuple[Any, list[Any]]:
        """The arguments of Keras's `compile`."""

    def prepare(self, epoch: int) -> Any:
        """One epoch's examples. Called in a background thread."""

    def prepared_images(self, prepared: Any) -> list[np.ndarray]:
        """The images in the result of `prepare`."""

    def fit_arguments(self, prepared: Any) -> dict[str, Any]:
        """The result of `prepare` -> arguments of Keras's `fit`, without shuffling."""

    def validate(self, model: Any) -> dict[str, float]:
        """`val_loss` and `val_accuracy` of a Keras model."""

    def load_litert(self, bundle: Bundle) -> Infer:
        """The network of a bundle in LiteRT."""

    def parity_inputs(self) -> list[np.ndarray]:
        """Validation inputs, each (N, h, w) float32, on which export compares LiteRT with Keras."""

    def test_inputs(self) -> list[np.ndarray]:
        """Inputs made from all test images, each (N, h, w) float32, on which packaging compares LiteRT with Keras."""

    def facts(self, bundle: Bundle) -> dict[str, Any]:
        """The manifest's `input`, `classes`, `scores` and calibration."""

    def test_scores(self, bundle: Bundle) -> dict[str, Any]:
        """The manifest's scores on the test images."""


def make_task(recipe: Recipe, mnist: Mnist) -> Task:
    """The task of a recipe's architecture, for its last stage. Expensive data is created on first use."""
    kinds: dict[str, Callable[[Recipe, Mnist], Task]] = {"digits": DigitTask, "lines": LineTask}
    return kinds[find_architecture(recipe.architecture).task](stages_of(recipe)[-1], mnist)
