"""What the network is asked to answer: labels, softened labels, or a teacher's answers beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling import bundle
from inkling.errors import BadRecipe
from inkling.learn.recipe import Recipe, Teacher


def is_plain(recipe: Recipe) -> bool:
    """Whether the labels themselves are the target, so that sparse categorical cross-entropy does."""
    return not (recipe.label_smoothing or recipe.teacher.name)


def make_targets(labels: np.ndarray, images: np.ndarray, recipe: Recipe, teacher: Any) -> np.ndarray:
    """(N,) labels -> what `fit` takes as y: the labels, or (N, 10) smoothed, or (N, 20) with the teacher's answers.

    The teacher answers about the very images (N, 28, 28) that the network sees, changed as they are.
    """
    if is_plain(recipe):
        return labels
    smoothed: np.ndarray = (
        np.eye(10, dtype=np.float32)[labels] * (1 - recipe.label_smoothing) + recipe.label_smoothing / 10
    )
    if teacher is None:
        return np.asarray(smoothed, np.float32)
    answers = teacher.predict(images, batch_size=1024, verbose=0)  # (N, 28, 28) -> (N, 10)
    return np.concatenate([smoothed, answers], axis=1, dtype=np.float32)


def loss_and_metric(recipe: Recipe) -> tuple[Any, Any]:
    """Loss and accuracy for `compile`, to suit `make_targets`.

    With a teacher: (1 - w) CE(label, p) + w T^2 CE(teacher at T, p at T), the T^2 keeping the gradients' size
    (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015). On probabilities, "at T" is
    softmax(log(p) / T).
    """
    if is_plain(recipe):
        return "sparse_categorical_crossentropy", "accuracy"
    from keras import losses, ops

    heat, weight = recipe.teacher.temperature, recipe.teacher.weight

    def warm(probs: Any) -> Any:
        return ops.softmax(ops.log(ops.maximum(probs, 1e-7)) / heat)

    def loss(y_true: Any, y_pred: Any) -> Any:
        value = losses.categorical_crossentropy(y_true[:, :10], y_pred)
        if recipe.teacher.name:
            taught = losses.categorical_crossentropy(warm(y_true[:, 10:]), warm(y_pred))
            value = (1 - weight) * value + weight * heat**2 * taught
        return value

    def accuracy(y_true: Any, y_pred: Any) -> Any:
        return ops.cast(ops.equal(ops.argmax(y_true[:, :10], -1), ops.argmax(y_pred, -1)), "float32")

    return loss, accuracy


def load_teacher(teacher: Teacher) -> Any:
    """The teacher's Keras model, or None. Raises UnknownName or BadBundle, and BadRecipe when its shapes differ."""
    if not teacher.name:
        return None
    import keras

    path = bundle.find(teacher.name).path / "model.keras"
    if not path.is_file():
        raise BadRecipe(f"teacher.name is {teacher.name!r}, which has no model.keras; name another bundle.")
    model = keras.models.load_model(path, compile=False)
    if model.input_shape != (None, 28, 28) or model.output_shape != (None, 10):
        raise BadRecipe(
            f"teacher.name is {teacher.name!r}, which maps {model.input_shape} to {model.output_shape}; expected "
            "(None, 28, 28) to (None, 10). Name another bundle."
        )
    return model
