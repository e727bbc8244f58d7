"""A real server in a separate process, and a folder with a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_serve import serving

KEY = "open-sesame"


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    with serving() as (_, url):
        yield url


@pytest.fixture(scope="session")
def closed_service() -> Iterator[str]:
    """A service that requires `KEY`."""
    with serving(INKLING_API_KEY=KEY) as (_, url):
        yield url


@pytest.fixture
def folder(tmp_path: Path, seven: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the picture under the names used in the examples."""
    for name in ("seven.png", "photo.png"):
        (tmp_path / name).write_bytes(seven)
    monkeypatch.chdir(tmp_path)
    return tmp_path
