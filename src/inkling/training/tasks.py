"""What differs between the kinds of networks that the one trainer trains: data, loss and scores.

`Task` is the interface. `digit_task.DigitTask` classifies 28x28 images, `line_task.LineTask` reads lines of digits; the
architecture that a recipe names decides which of them it is (`architectures.Architecture.task`).
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

Infer = Callable[[np.ndarray], np.ndarray]  # (N, 28, w) images -> outputs of the network


class Task(Protocol):
    """The data that a recipe's network learns from, what it is optimized for, and what it is judged by."""

    n_steps: int  # of an epoch, in batches
    steps_per_execution: int  # that TensorFlow makes before it comes back to Python

    def check(self) -> None:
        """Raises BadRecipe for settings that do not fit the data, UnknownName or BadBundle for a missing teacher."""

    def loss_and_metrics(self) -> tuple[Any, list[Any]]:
        """What `compile` takes."""

    def prepare(self, epoch: int) -> Any:
        """One epoch's examples. Runs in another thread."""

    def prepared_images(self, prepared: Any) -> list[np.ndarray]:
        """The images in what `prepare` returned."""

    def fit_arguments(self, prepared: Any) -> dict[str, Any]:
        """What `prepare` returned -> x and the like for Keras's `fit`, which does not shuffle them."""

    def validate(self, model: Any) -> dict[str, float]:
        """`val_loss` and `val_accuracy` of a Keras model."""

    def load_litert(self, bundle: Bundle) -> Infer:
        """The network of a bundle in LiteRT."""

    def parity_inputs(self) -> list[np.ndarray]:
        """Validation inputs, each (N, 28, w) float32, on which export compares LiteRT with Keras."""

    def test_inputs(self) -> list[np.ndarray]:
        """All inputs made of the test images, each (N, 28, w) float32, on which packaging compares them."""

    def facts(self, bundle: Bundle) -> dict[str, Any]:
        """The manifest's `input`, `classes`, `scores` and, for a classifier, its calibration."""

    def test_scores(self, bundle: Bundle) -> dict[str, Any]:
        """The manifest's scores on the test images."""


def make_task(recipe: Recipe, mnist: Mnist) -> Task:
    """The task of a recipe's architecture, in its last stage. Costly data is made when it is first asked for."""
    kinds: dict[str, Callable[[Recipe, Mnist], Task]] = {"digits": DigitTask, "lines": LineTask}
    return kinds[find_architecture(recipe.architecture).task](stages_of(recipe)[-1], mnist)
