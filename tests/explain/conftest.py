"""A reader for each packaged network, loaded once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from inkling import Reader
from inkling.models.registry import packaged


def n_layers(name: str, kind: str) -> int:
    return sum(layer["type"] == kind for layer in packaged()[name].manifest["layers"])


DENSE = tuple(name for name in packaged() if (n_layers(name, "Dense"), n_layers(name, "Conv2D")) == (2, 0))
assert "ann-tutorial" in DENSE, "the tutorial network has one hidden layer"


@pytest.fixture(scope="session")
def reader_of() -> Callable[[str], Reader]:
    return functools.cache(Reader)
