"""Small archives, an engine without processes, and the rows of an output folder."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from inkling.batch.job import Chunk, ChunkResult, Job
from inkling.batch.records import decode
from inkling.batch.worker import Worker
from tests.pictures import encoded

MODEL = "ann-tutorial"


class Here:
    """Runs chunks in this process and records their numbers; after `stop_after` chunks it stops as if by Ctrl-C."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.numbers: list[int] = []
        self._stop_after = stop_after

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        worker = Worker(job)
        for chunk in chunks:
            if len(self.numbers) == self._stop_after:
                raise KeyboardInterrupt
            self.numbers.append(chunk.number)
            yield worker(chunk)


def folder_of(images: np.ndarray, root: Path, *, first: int = 0) -> Path:
    """(n, 28, 28) uint8 -> a folder with a PNG of each, ten per subfolder."""
    for i, image in enumerate(images, first):
        path = root / f"{i // 10:03d}" / f"{i:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(image))
    return root


def shard_of(files: dict[str, bytes], path: Path) -> Path:
    """Names and contents -> a tar file."""
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, BytesIO(content))
    return path


def rows_in(out: Path) -> list[dict[str, Any]]:
    """All rows of an output folder, part by part."""
    found = []
    for path in sorted((out / "parts").iterdir()):
        assert path.name.startswith("part-"), path
        found += decode(path.read_bytes(), path.suffix[1:])  # type: ignore[arg-type]
    return found


def manifest_of(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return content
