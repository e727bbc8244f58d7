"""A small data set of MNIST test images, so that tests need no download."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inkling.training.data.mnist import Mnist

# Keras itself causes this warning with NumPy 2.
LEARN = [pytest.mark.learn, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "mnist_200.npz"


def small_mnist(copies: int = 5) -> Mnist:
    """1,000 training images (each of 200 five times) and 200 test images."""
    with np.load(FIXTURE) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    return Mnist(np.tile(images, (copies, 1, 1)), np.tile(labels, copies), images, labels)
