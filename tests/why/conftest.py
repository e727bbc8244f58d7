"""A reader for each packaged network, loaded once."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from inkling import Reader
from inkling.bundle import packaged

DENSE = tuple(name for name in packaged() if name.startswith("ann"))


@pytest.fixture(scope="session")
def reader_of() -> Callable[[str], Reader]:
    return functools.cache(Reader)
