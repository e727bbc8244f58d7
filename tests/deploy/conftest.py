"""The scripts that build and check are imported by their tests as they import each other."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture
def deploy() -> Path:
    return ROOT / "deploy"
