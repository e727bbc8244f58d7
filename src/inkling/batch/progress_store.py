"""Which chunks are done and their counts, stored in the manifest.

The parts themselves are the truth. The store saves reading them all again: after a kill, only parts are counted that
were written after the store was last saved.
"""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from inkling.batch import storage
from inkling.batch.job import ChunkResult, Format, part_name
from inkling.batch.records import FAILED, decode


class ProgressStore:
    """Counts of one output folder."""

    def __init__(self, saved: dict[str, Any] | None = None) -> None:
        """`saved`: the output of `to_json`."""
        saved = saved or {}
        self.outcomes: Counter[str] = Counter(saved.get("outcomes", {}))
        self.bytes = int(saved.get("bytes", 0))  # of the images
        self.seconds = float(saved.get("seconds", 0.0))  # of all workers
        self._done = bytearray(zlib.decompress(base64.b64decode(saved["chunks"]))) if "chunks" in saved else bytearray()

    @property
    def images(self) -> int:
        """How many images have a record."""
        return self.outcomes.total()

    @property
    def chunks(self) -> int:
        """How many chunks are done."""
        return int.from_bytes(self._done, "little").bit_count()

    def has(self, number: int) -> bool:
        """Whether a chunk is done."""
        return number >> 3 < len(self._done) and bool(self._done[number >> 3] >> (number & 7) & 1)

    def add(self, result: ChunkResult) -> None:
        """Add a chunk; one that is done already changes nothing."""
        if self.has(result.number):
            return
        self._mark(result.number)
        self.outcomes.update(result.outcomes)
        self.bytes += result.bytes
        self.seconds += result.seconds

    def sync_with_parts(self, out: str, format: Format) -> None:
        """Count the parts that exist and are not in the store; forget chunks whose part is gone, to read them again."""
        existing = set(_part_numbers(storage.join(out, "parts")))
        if any(self.has(number) and number not in existing for number in range(8 * len(self._done))):
            self.outcomes.clear()  # the counts of a part that is gone are unknown: count all of them again
            self._done = bytearray()
        for number in sorted(existing):
            if not self.has(number):
                content = storage.read(storage.join(out, part_name(number, format)))
                self._mark(number)
                self.outcomes.update(record["outcome"] for record in decode(content, format, columns=["outcome"]))

    def to_json(self) -> dict[str, Any]:
        """The counts as the manifest stores them."""
        return {
            "rows": self.images,
            "errors": self.outcomes[FAILED],
            "outcomes": dict(sorted(self.outcomes.items())),
            "bytes": self.bytes,
            "seconds": round(self.seconds, 1),
            "chunks": base64.b64encode(zlib.compress(bytes(self._done))).decode(),
        }

    def _mark(self, number: int) -> None:
        self._done.extend(bytes(max(0, (number >> 3) + 1 - len(self._done))))
        self._done[number >> 3] |= 1 << (number & 7)


def _part_numbers(folder: str) -> Iterator[int]:
    """The chunk numbers of all parts in a folder, which may be missing."""
    if storage.kind(folder) == "none":
        return
    for file in storage.walk(folder):
        name = file.rpartition("/")[2]
        if name.startswith("part-"):
            yield int(name[5:13])
