"""benchmarks.batch.archive: the archive is deterministic, and rows are counted correctly."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.batch.archive import rows_in
from benchmarks.rendering import archive_images
from inkling import Reader
from tests.batch.archives import Here

Digits = tuple[np.ndarray, np.ndarray]


def test_the_pictures_are_of_many_sizes_and_can_be_read(digits: Digits) -> None:
    images = [archive_images.png_of(i, digits[0]) for i in range(60)]
    assert images[7] == archive_images.png_of(7, digits[0])
    sizes = [Image.open(BytesIO(content)).size for content in images]
    assert all(28 <= h <= 281 and 28 <= w <= 281 for w, h in sizes)
    assert max(w for w, _ in sizes) - min(w for w, _ in sizes) > 150
    texts = [Reader("ann-tutorial").read(content).text for content in images[:20]]
    assert {len(text) for text in texts} > {1, 3}


def test_beyond_the_distinct_ones_there_are_links(
    digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_images, "DISTINCT", 4)
    archive_images.make(tmp_path, 6, digits[0])
    made = sorted(tmp_path.rglob("*.png"))
    assert len(made) == 6
    assert made[4].samefile(made[0])
    assert not made[1].samefile(made[0])


def test_rows_and_pictures_are_counted_apart(digits: Digits, tmp_path: Path) -> None:
    from inkling.batch.run import RunOptions, run

    source = archive_images.make(tmp_path / "archive_images", 6, digits[0])
    run(RunOptions((str(source),), str(tmp_path / "out"), "ann-tutorial", "jsonl"), Here(), chunk_size=4)
    assert rows_in(tmp_path / "out") == (6, 6)
    first = tmp_path / "out" / "parts" / "part-00000000.jsonl"
    (first.parent / "part-00000002.jsonl").write_bytes(first.read_bytes())
    assert rows_in(tmp_path / "out") == (10, 6)
