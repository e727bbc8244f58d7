"""The parts of a run that the manifest lists, by size and SHA-256, and the totals of their counts.

Only these parts count. After a kill, the chunks of parts written since the last manifest (a few seconds of work) are
read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from inkling.batch import storage
from inkling.batch.checked_json import FileHash
from inkling.batch.job import ChunkResult, Format, part_name
from inkling.batch.range_requests import ByteRange
from inkling.batch.records import FAILED
from inkling.errors import InklingError

FOLDER = "parts"


class Parts:
    """The parts of one output folder."""

    def __init__(self, out: str, format: Format, vouched: Iterable[ChunkResult] = ()) -> None:
        self._out, self._format = out, format
        self._results: dict[int, ChunkResult] = {}  # by the number of the chunk
        self.outcomes: Counter[str] = Counter()
        self.more_pages = 0  # pages after the first of each document
        self.bytes = 0  # of the images
        self.seconds = 0.0  # of all workers
        for result in vouched:
            self.add(result)

    def __len__(self) -> int:
        return len(self._results)

    @property
    def rows(self) -> int:
        """How many images and pages of documents have a record."""
        return self.outcomes.total()

    @property
    def results(self) -> list[ChunkResult]:
        """All results, in order of their chunk numbers."""
        return [self._results[number] for number in sorted(self._results)]

    def has(self, number: int) -> bool:
        """Whether a chunk is done."""
        return number in self._results

    def add(self, result: ChunkResult) -> None:
        """Add the result of a chunk, unless the chunk is already done."""
        if result.number not in self._results:
            self._results[result.number] = result
            self._count(result, 1)

    def forget_damaged(self) -> list[str]:
        """Read all listed parts and forget the damaged ones. Returns a description of each damaged part."""
        damaged = self._differing()
        whole = [result for result in self.results if result.number not in damaged]
        ranges = [ByteRange(self._location(result.number), 0, result.size_bytes) for result in whole]
        for result, content in zip(whole, storage.read_many(ranges), strict=True):
            if isinstance(content, InklingError):
                damaged[result.number] = "cannot be read"
            elif FileHash.of(content).sha256 != result.sha256:
                damaged[result.number] = "has other content"
        for number in damaged:
            self._count(self._results.pop(number), -1)
        return [f"{part_name(number, self._format)} {what}" for number, what in sorted(damaged.items())]

    def problems(self, chunks: int) -> list[str]:
        """Descriptions of missing, damaged and surplus parts, for a plan of `chunks` chunks."""
        missing = [number for number in range(chunks) if number not in self._results]
        found = [f"{part_name(number, self._format)} is missing" for number in missing]
        found += [f"{part_name(number, self._format)} {what}" for number, what in sorted(self._differing().items())]
        known = {part_name(number, self._format) for number in range(chunks)}
        strange = sorted(name for name in self._sizes() if name not in known)
        return found + [f"{name} belongs to no run" for name in strange]

    def to_json(self) -> dict[str, Any]:
        """The totals, as stored in the manifest."""
        return {
            "rows": self.rows,
            "errors": self.outcomes[FAILED],
            "outcomes": dict(sorted(self.outcomes.items())),
            "bytes": self.bytes,
            "seconds": round(self.seconds, 1),
        }

    def _differing(self) -> dict[int, str]:
        """The parts that are missing or have the wrong size: chunk number -> description."""
        sizes = self._sizes()
        found = {}
        for number, result in self._results.items():
            size = sizes.get(part_name(number, self._format))
            if size is None:
                found[number] = "is missing"
            elif size != result.size_bytes:
                found[number] = f"has {size:,} of {result.size_bytes:,} bytes"
        return found

    def _sizes(self) -> dict[str, int]:
        """The parts in the folder: name -> size in bytes."""
        folder = storage.join(self._out, FOLDER)
        if storage.kind(folder) == "none":
            return {}
        found = ((location.rpartition("/")[2], size) for location, size in storage.walk_sizes(folder))
        return {f"{FOLDER}/{name}": size for name, size in found if name.startswith("part-")}

    def _location(self, number: int) -> str:
        return storage.join(self._out, part_name(number, self._format))

    def _count(self, result: ChunkResult, sign: int) -> None:
        for outcome, n in result.outcomes.items():
            self.outcomes[outcome] += sign * n
        self.outcomes += Counter()  # drops zeros
        self.more_pages += sign * result.more_pages
        self.bytes += sign * result.bytes
        self.seconds += sign * result.seconds
