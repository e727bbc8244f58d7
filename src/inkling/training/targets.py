"""Training targets: labels, smoothed labels, or these with the outputs of a teacher network."""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling.errors import BadRecipe
from inkling.models import registry
from inkling.pipeline.classifier import prediction_from_softmax
from inkling.training.architectures import n_outputs
from inkling.training.keras_setup import open_keras_model
from inkling.training.recipe import Recipe


def is_plain(recipe: Recipe) -> bool:
    """Whether the labels themselves are the target, so that sparse categorical cross-entropy does."""
    return not (recipe.label_smoothing or recipe.teacher.name)


def make_targets(labels: np.ndarray, images: np.ndarray, recipe: Recipe, teacher: Any) -> np.ndarray:
    """(N,) labels -> what `fit` takes as y: the labels, or (N, C) smoothed, or (N, 2 C) with the teacher's outputs.

    C is the number of the network's outputs, 10 or 11. The teacher sees the same augmented images (N, 28, 28) as the
    network. Of eleven outputs a network with ten is given the ten.
    """
    if is_plain(recipe):
        return labels
    n, smoothing = n_outputs(recipe), recipe.label_smoothing
    smoothed: np.ndarray = np.eye(n, dtype=np.float32)[labels] * (1 - smoothing) + smoothing / n
    if teacher is None:
        return np.asarray(smoothed, np.float32)
    outputs = teacher.predict(images, batch_size=1024, verbose=0)  # (N, 28, 28) -> (N, 10 or 11)
    if outputs.shape[1] > n:
        outputs = prediction_from_softmax(outputs).probs
    return np.concatenate([smoothed, outputs], axis=1, dtype=np.float32)


def loss_and_metric(recipe: Recipe) -> tuple[Any, Any]:
    """Loss and accuracy for `compile`, to suit `make_targets`.

    With a teacher: (1 - w) CE(label, p) + w T^2 CE(teacher at T, p at T), the T^2 keeping the gradients' size
    (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015). On probabilities, "at T" is
    softmax(log(p) / T).
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


def load_teacher(recipe: Recipe) -> Any:
    """The teacher's Keras model, or None. Raises UnknownName or BadBundle, and BadRecipe when its shapes differ."""
    teacher = recipe.teacher
    if not teacher.name:
        return None
    model = open_keras_model(registry.find(teacher.name), task="training")
    outputs = [(None, n) for n in range(n_outputs(recipe), 12)]
    if model.input_shape != (None, 28, 28) or model.output_shape not in outputs:
        raise BadRecipe(
            f"teacher.name is {teacher.name!r}, which maps {model.input_shape} to {model.output_shape}; expected "
            f"(None, 28, 28) to {' or '.join(map(str, outputs))}. Name another bundle."
        )
    return model
