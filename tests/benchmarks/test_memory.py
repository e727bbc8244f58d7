"""benchmarks/memory.py: what it calls memory is the process's own."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from memory import resident_mb


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the most is known")
def test_resident_memory_follows_what_is_held() -> None:
    before = resident_mb()
    held = np.ones(40_000_000, np.uint8)
    with_it = resident_mb()
    assert 30 < with_it - before < 60
    del held
    assert resident_mb() < with_it - 30
