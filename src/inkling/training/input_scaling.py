"""Standardizes inputs to mean 0 and standard deviation 1 during training, then folds the scaling into the weights.

Most inputs are 0 and the others are positive, so the gradients of a unit's weights all have the same sign. Training on
centered inputs converges faster (LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling.errors import BadRecipe

MEAN, STD = 0.1307, 0.3081  # over all pixels of MNIST's training images; ink is 1


def standardize(images: np.ndarray) -> np.ndarray:
    """(N, 28, 28) float32 in 0..1 -> the images, scaled so that MNIST has mean 0 and standard deviation 1."""
    return np.asarray((images - np.float32(MEAN)) / np.float32(STD))


def fold_into_weights(model: Any) -> None:
    """Changes the weights of a Keras model trained on standardized images so that it takes plain ones.

    w (x - m) / s + b = (w / s) x + (b - sum(w) m / s): the same outputs, no additional layer.
    """
    layer = first_layer(model)
    kernel, bias = layer.get_weights()  # (784, H), (H,)
    scaled = kernel.astype(np.float64) / STD
    layer.set_weights([scaled.astype(np.float32), (bias - MEAN * scaled.sum(0)).astype(np.float32)])


def check_foldable(model: Any) -> None:
    """Raises BadRecipe unless the first layer with weights is dense, which folding requires."""
    layer = first_layer(model)
    if type(layer).__name__ != "Dense":
        raise BadRecipe(
            f"standardise is true, but the network begins with {type(layer).__name__}; expected a dense layer. "
            "Leave standardise out."
        )


def first_layer(model: Any) -> Any:
    """The first layer that has weights."""
    return next(layer for layer in model.layers if layer.weights)
