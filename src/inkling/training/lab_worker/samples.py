"""Examples of augmented digits, to preview the training data.

Each input line is JSON with augmentation values. Each output line is JSON with `tiles`: base64 of (ROWS, 10, 28, 28)
bytes, 0 paper .. 255 ink. The first row has the original MNIST images; the images in the other rows are augmented.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TextIO

import numpy as np

from inkling.errors import InklingError
from inkling.training import augment
from inkling.training.data.mnist import load_mnist
from inkling.training.recipe import Augmentation

ROWS = 3


def serve(requests: Iterable[str], answers: TextIO) -> None:
    """Answer each line until the end of input."""
    digits: np.ndarray | None = None
    for seed, line in enumerate(requests):
        try:
            if digits is None:
                digits = one_of_each()
            tiles = augmented_rows(digits, Augmentation(**json.loads(line)), seed)
            answer = {"rows": ROWS, "tiles": base64.b64encode(tiles.tobytes()).decode()}
        except InklingError as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def one_of_each() -> np.ndarray:
    """(10, 28, 28) uint8: one training image of each digit, from the cache."""
    mnist = load_mnist()
    chosen = [int(np.flatnonzero(mnist.y_train == digit)[3]) for digit in range(10)]
    return np.array(mnist.x_train[chosen])  # a copy, so that the rest of the data is freed


def augmented_rows(digits: np.ndarray, how: Augmentation, seed: int) -> np.ndarray:
    """(10, 28, 28) uint8 -> (ROWS, 10, 28, 28) uint8; the first row is the input."""
    copies = np.tile(digits, (ROWS - 1, 1, 1))
    labels = np.tile(np.arange(10, dtype=np.uint8), ROWS - 1)
    changed = augment.augment(copies, labels, how, np.random.default_rng(seed))
    return np.concatenate([digits, np.rint(changed * 255).astype(np.uint8)]).reshape(ROWS, 10, 28, 28)
