"""Shared fixtures: 200 digits of MNIST's test set, two readers, and a drawn digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inkling import Reader
from tests.pictures import drawn_seven, encoded

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """(200, 28, 28) uint8, light on dark, and (200,) labels: 20 of each class."""
    with np.load(FIXTURES / "mnist_200.npz") as content:
        return content["images"], content["labels"]


@pytest.fixture(scope="session")
def reader() -> Reader:
    """A reader that reads only digit by digit."""
    return Reader("ann-tutorial")


@pytest.fixture(scope="session")
def best_reader() -> Reader:
    """The default reader."""
    return Reader()


@pytest.fixture(scope="session")
def seven() -> bytes:
    """A drawn 7 as PNG."""
    return encoded(drawn_seven())
