"""Fine-tune a network for a hand: its last convolutions learn the lessons, with MNIST and non-digits replayed.

The layers up to `LAST_KEPT`, which detect strokes, are frozen, so their features are computed once per image. Batch
normalization keeps its statistics, because a few hundred digits by one writer are not a representative sample. The
targets of replayed images are the original network's outputs (Li, Hoiem, "Learning without Forgetting", 2017).
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import WrongNetwork
from inkling.models.bundle import Bundle
from inkling.quiet import quiet_stderr
from inkling.training import augment, calibrate, nondigits
from inkling.training.data.mnist import Mnist, as_input, split_indices
from inkling.training.keras_setup import import_keras, open_keras_model
from inkling.training.recipe import Augmentation

LAST_KEPT = "relu_5"  # the last frozen layer; the trainable layers after it have two thirds of the weights
COPIES = 4  # of each lesson in an epoch: one plain, the others augmented
MAX_COPIES = 8_000  # of all lessons together; with many lessons, there are fewer copies of each, but at least one
MILD = Augmentation(
    rotation=6, shear=0.1, scale=0.06, stretch=0.12, shift=0.5, elastic=12, elastic_sigma=4.5, stroke=0.2
)  # augmentation of lessons
N_VARIED, N_PLAIN, N_NONDIGITS = 3_000, 1_000, 1_500  # replay images: augmented digits, plain digits, non-digits
N_REPLAYED = 4_000  # replay images per epoch
EPOCHS, BATCH_SIZE, LEARNING_RATE = 3, 128, 0.003
SEED = 0xF011
AT_ONCE = 250  # images in a forward pass

Weights = list[np.ndarray]  # of the trainable layers


@dataclass(frozen=True)
class Shown:
    """Lessons as features of the frozen layers."""

    features: np.ndarray  # (C, N, 7, 7, 96) float16: C copies of N lessons, the first copy plain
    labels: np.ndarray  # (N,) 0..10


class Tuner:
    """Fine-tunes one network, from its original weights for each hand, with the same replay images for every hand."""

    def __init__(self, bundle: Bundle, mnist: Mnist) -> None:
        """Raises MissingExtra without TensorFlow, BadBundle without model.keras, WrongNetwork for other layers."""
        keras = import_keras(seed=SEED, task="teaching a whole network")
        self._model = open_keras_model(bundle, task="teaching a whole network")
        names = [layer.name for layer in self._model.layers]
        if LAST_KEPT not in names:
            raise WrongNetwork(
                f"{bundle.name} has no layer {LAST_KEPT}, so its convolutions cannot be taught; expected the layers of "
                "cnn. Name cnn."
            )
        first = names.index(LAST_KEPT) + 1
        kept, learning = self._model.layers[:first], self._model.layers[first:]
        self._front = keras.Sequential([keras.Input(self._model.input_shape[1:]), *kept])
        self._tail = keras.Sequential([keras.Input(kept[-1].output.shape[1:]), *learning])
        for layer in learning:
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        self.original: Weights = self._tail.get_weights()
        self._replayed = self.features(_replayed(bundle, mnist))  # (R, 7, 7, 96)
        self._replayed_probs = self.probs(self.original, self._replayed)

    def features(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, 7, 7, 96) float16"""
        return _in_parts(self._front, tiles, np.float16)

    def probs(self, weights: Weights, features: np.ndarray) -> np.ndarray:
        """(N, 7, 7, 96) -> (N, 11) probabilities"""
        self._tail.set_weights(weights)
        return _in_parts(self._tail, features, np.float32)

    def shown(self, tiles: np.ndarray, labels: np.ndarray) -> Shown:
        """The frozen layers' features of lessons: tiles (N, 28, 28) uint8, labels (N,) 0..10."""
        n = int(np.clip(MAX_COPIES // len(tiles), 1, COPIES)) - 1
        changed = augment.augment(np.tile(tiles, (n, 1, 1)), np.tile(labels, n), MILD, np.random.default_rng(SEED))
        features = self.features(np.concatenate([as_input(tiles), changed]))
        return Shown(features.reshape(n + 1, len(tiles), *features.shape[1:]), labels)

    def learn(self, shown: Shown, rows: np.ndarray, on_progress: Callable[[float], None]) -> Weights:
        """Trains on the lessons `rows`, from the original weights; returns the new weights. `on_progress` gets 0..1."""
        from keras import callbacks, losses, optimizers

        own = shown.features[:, rows].reshape(-1, *shown.features.shape[2:])
        labels = np.tile(shown.labels[rows], len(shown.features))
        rng = np.random.default_rng(SEED)
        n_shown = min(N_REPLAYED, len(self._replayed))
        n_steps = EPOCHS * -(-(len(own) + n_shown) // BATCH_SIZE)
        self._tail.set_weights(self.original)
        self._tail.compile(
            optimizers.Adam(optimizers.schedules.CosineDecay(LEARNING_RATE, n_steps)),
            losses.CategoricalCrossentropy(),
            steps_per_execution=4,
        )
        targets = np.eye(self._replayed_probs.shape[1], dtype=np.float32)[labels]
        for epoch in range(EPOCHS):
            again = rng.choice(len(self._replayed), n_shown, replace=False)
            x = np.concatenate([own, self._replayed[again]])
            y = np.concatenate([targets, self._replayed_probs[again]])
            order = rng.permutation(len(x))

            def report(batch: int, logs: Any, done: int = epoch * n_steps // EPOCHS) -> None:
                on_progress(min(1.0, (done + batch + 1) / n_steps))

            self._tail.fit(
                x[order].astype(np.float32),
                y[order],
                batch_size=BATCH_SIZE,
                shuffle=False,
                verbose=0,
                callbacks=[callbacks.LambdaCallback(on_train_batch_end=report)],
            )
        return list(self._tail.get_weights())

    def export(self, weights: Weights) -> bytes:
        """The whole network as a LiteRT flatbuffer."""
        self._tail.set_weights(weights)
        with tempfile.TemporaryDirectory() as folder, quiet_stderr(), contextlib.redirect_stdout(io.StringIO()):
            path = Path(folder) / "model.tflite"
            self._model.export(str(path), format="litert", verbose=False)  # Keras prints the signature
            return path.read_bytes()


def _replayed(bundle: Bundle, mnist: Mnist) -> np.ndarray:
    """(R, 28, 28) float32: training images, augmented and plain, and non-digits made from them."""
    recipe, rng = bundle.manifest["recipe"], np.random.default_rng(SEED)
    training, _ = split_indices(mnist.y_train, recipe["n_validation"], recipe["split_seed"])
    images, labels = mnist.x_train[training], mnist.y_train[training]
    varied = rng.choice(len(images), min(N_VARIED, len(images)), replace=False)
    plain = rng.choice(len(images), min(N_PLAIN, len(images)), replace=False)
    return np.concatenate(
        [
            augment.augment(images[varied], labels[varied], calibrate.augmentation(), rng),
            as_input(images[plain]),
            nondigits.make_nondigits(N_NONDIGITS, images, labels, rng),
        ]
    )


def _in_parts(model: Any, x: np.ndarray, dtype: type[np.floating[Any]]) -> np.ndarray:
    found = []
    for start in range(0, len(x), AT_ONCE):
        part = x[start : start + AT_ONCE].astype(np.float32)
        found.append(np.asarray(model(part, training=False)).astype(dtype))
    return np.concatenate(found)
