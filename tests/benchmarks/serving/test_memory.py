"""benchmarks.serving.memory and largest: the reported memory is that of the process."""

from __future__ import annotations

import json
import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.serving import largest
from benchmarks.serving.memory import resident_mb
from inkling.pipeline.decode import decode


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the peak is known")
def test_resident_memory_follows_what_is_held() -> None:
    before = resident_mb()
    held = mmap.mmap(-1, 40_000_000)  # not from the heap, which may have enough free memory
    for _ in range(40):
        held.write(bytes(1_000_000))
    with_it = resident_mb()
    assert 30 < with_it - before < 60
    held.close()
    assert resident_mb() < with_it - 30


@pytest.mark.parametrize("name", largest.LARGEST)
def test_largest_pictures_are_saved_as_they_are_called(name: str) -> None:
    kind, mode, _, options = largest.LARGEST[name]
    content = largest.encoded(kind, mode, 300, options)
    assert name.lower().startswith(kind.lower())
    assert decode(content).size_wh == (300, 300)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_a_reading_is_weighed_above_what_was_held(tmp_path: Path) -> None:
    image = tmp_path / "picture"
    image.write_bytes(largest.encoded("PNG", "RGB", 3000, {}))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving.largest", image], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert (found["text"], found["side"]) == ("7", 3000)
    assert 30 < found["above_mb"] < 100
