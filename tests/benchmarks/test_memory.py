"""benchmarks/memory.py: what it calls memory is the process's own."""

from __future__ import annotations

import mmap
import sys

import pytest
from memory import resident_mb


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the most is known")
def test_resident_memory_follows_what_is_held() -> None:
    before = resident_mb()
    held = mmap.mmap(-1, 40_000_000)  # not from the heap, which may have as much to spare
    for _ in range(40):
        held.write(bytes(1_000_000))
    with_it = resident_mb()
    assert 30 < with_it - before < 60
    held.close()
    assert resident_mb() < with_it - 30
