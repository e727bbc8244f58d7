"""Train the small convolutional network for chapter 5 of /learn, which runs it in the page, and write its weights.

    python scripts/make_small_conv.py        (needs MNIST and the learn extra)

It is trained like `ann-tutorial`: the same 55,000 images, five epochs, no augmentation. Differences on shifted digits
therefore result mainly from the layers: three 3x3 convolutions with ReLU, 2x2 max pooling after the first and the
second, global max pooling over 32 maps, then ten scores.

The file is JSON: `layers` [{name, shape, step, weights, bias}]. Weights are rounded to multiples of `step` and written
as little-endian int16 numbers in base64, in Keras's order (row, column, input, output); `bias` is float32. The rounding
changes probabilities by less than 0.001. `test` is the test accuracy.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from inkling.training.data.mnist import as_input, load_mnist, split_indices
from inkling.training.keras_setup import import_keras

FILE = Path(__file__).parents[1] / "src/inkling/server/static/data/small-conv.json"
CHANNELS = (8, 16, 32)
N_VALIDATION = 5000
EPOCHS, BATCH_SIZE, LEARNING_RATE = 5, 64, 0.002
INT16_MAX = 2**15 - 1


def main() -> None:
    """Train the network and write the file."""
    keras = import_keras(seed=3)
    layers, mnist = keras.layers, load_mnist()
    model = keras.Sequential([keras.Input((28, 28)), layers.Reshape((28, 28, 1))])
    for i, channels in enumerate(CHANNELS):
        model.add(layers.Conv2D(channels, 3, padding="same", activation="relu", name=f"conv_{i + 1}"))
        model.add(layers.MaxPooling2D() if i < 2 else layers.GlobalMaxPooling2D())
    model.add(layers.Dense(10, name="scores"))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss, metrics=["accuracy"])
    x, y = as_input(mnist.x_train), mnist.y_train
    training, validation = split_indices(y, N_VALIDATION, seed=0)
    model.fit(
        x[training],
        y[training],
        BATCH_SIZE,
        EPOCHS,
        verbose=2,
        validation_data=(x[validation], y[validation]),
        shuffle=True,
    )
    _, test = model.evaluate(as_input(mnist.x_test), mnist.y_test, verbose=0)
    parts = [layer for layer in model.layers if layer.weights]
    content = {
        "written_by": "python scripts/make_small_conv.py",
        "parameters": model.count_params(),
        "test": round(float(test), 4),
        "layers": [{"name": part.name, "shape": list(part.kernel.shape), **_numbers(part)} for part in parts],
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(f"{FILE.name}: {content['parameters']} parameters, {test:.2%} of the test images")


def _numbers(layer: object) -> dict[str, float | str]:
    return numbers(np.asarray(layer.kernel), np.asarray(layer.bias))  # type: ignore[attr-defined]


def numbers(weights: np.ndarray, bias: np.ndarray) -> dict[str, float | str]:
    """The arrays of a layer as they are written."""
    step = float(np.float32(np.abs(weights).max() / INT16_MAX))
    return {
        "step": step,
        "weights": base64.b64encode(np.rint(weights / step).astype("<i2").tobytes()).decode("ascii"),
        "bias": base64.b64encode(bias.astype("<f4").tobytes()).decode("ascii"),
    }


if __name__ == "__main__":
    main()
