"""Training targets: labels or smoothed labels, optionally with the outputs of a teacher network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling.errors import BadRecipe
from inkling.models import registry
from inkling.pipeline.classifier import prediction_from_softmax
from inkling.pipeline.result import calibrate
from inkling.training.architectures import n_outputs
from inkling.training.keras_setup import open_keras_model
from inkling.training.recipe import Recipe


def is_plain(recipe: Recipe) -> bool:
    """Whether the labels themselves are the targets, for sparse categorical cross-entropy."""
    return not (recipe.label_smoothing or recipe.teacher.name)


def make_targets(labels: np.ndarray, recipe: Recipe, teacher_probs: np.ndarray | None) -> np.ndarray:
    """(N,) labels -> y for `fit`: the labels, (N, C) smoothed labels, or (N, 2 C) with the teacher's outputs appended.

    C is the number of the network's outputs, 10 or 11.
    """
    if is_plain(recipe):
        return labels
    n, smoothing = n_outputs(recipe), recipe.label_smoothing
    smoothed: np.ndarray = np.eye(n, dtype=np.float32)[labels] * (1 - smoothing) + smoothing / n
    if teacher_probs is None:
        return np.asarray(smoothed, np.float32)
    return np.concatenate([smoothed, teacher_probs], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class TeacherNetwork:
    """A trained network whose calibrated probabilities the new network learns from."""

    model: Any  # (N, 28, 28) -> (N, 10 or 11)
    temperature: float
    n_outputs: int  # of the new network

    def probs(self, images: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, n_outputs) float32. Reduces eleven outputs to ten if the new network has ten."""
        outputs = self.model.predict(images, batch_size=1024, verbose=0)
        if outputs.shape[1] > self.n_outputs:
            outputs = prediction_from_softmax(outputs).probs
        return np.asarray(calibrate(outputs, self.temperature), np.float32)


def loss_and_metric(recipe: Recipe) -> tuple[Any, Any]:
    """Loss and accuracy for `compile` that match `make_targets`.

    With a teacher, the loss is (1 - w) CE(label, p) + w T^2 CE(teacher at T, p at T). The factor T^2 keeps the size of
    the gradients (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015). For probabilities,
    "at T" is softmax(log(p) / T).
    """
    if is_plain(recipe):
        return "sparse_categorical_crossentropy", "accuracy"
    from keras import losses, ops

    n, temperature, weight = n_outputs(recipe), recipe.teacher.temperature, recipe.teacher.weight

    def softened(probs: Any) -> Any:
        return ops.softmax(ops.log(ops.maximum(probs, 1e-7)) / temperature)

    def loss(y_true: Any, y_pred: Any) -> Any:
        value = losses.categorical_crossentropy(y_true[:, :n], y_pred)
        if recipe.teacher.name:
            distilled = losses.categorical_crossentropy(softened(y_true[:, n:]), softened(y_pred))
            value = (1 - weight) * value + weight * temperature**2 * distilled
        return value

    def accuracy(y_true: Any, y_pred: Any) -> Any:
        return ops.cast(ops.equal(ops.argmax(y_true[:, :n], -1), ops.argmax(y_pred, -1)), "float32")

    return loss, accuracy


def load_teacher(recipe: Recipe) -> TeacherNetwork | None:
    """The recipe's teacher, or None.

    Its probabilities are calibrated with its bundle's temperature. Without calibration, the probabilities of a network
    trained with label smoothing are too low, and a small network learns less from them. Raises UnknownName or
    BadBundle, and BadRecipe when the teacher's shapes do not match.
    """
    teacher = recipe.teacher
    if not teacher.name:
        return None
    bundle = registry.find(teacher.name)
    model = open_keras_model(bundle, task="training")
    outputs = [(None, n) for n in range(n_outputs(recipe), 12)]
    if model.input_shape != (None, 28, 28) or model.output_shape not in outputs:
        raise BadRecipe(
            f"teacher.name is {teacher.name!r}, which maps {model.input_shape} to {model.output_shape}; expected "
            f"(None, 28, 28) to {' or '.join(map(str, outputs))}. Name another bundle."
        )
    return TeacherNetwork(model, bundle.temperature, n_outputs(recipe))
