"""The ledger: which chunks are done, and what came out of them; it is kept in the manifest.

The parts themselves are the truth. The ledger spares reading them all again: after a kill only those parts are counted
that were put in place since it was last written.
"""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from inkling.batch import storage
from inkling.batch.records import FAILED, decode
from inkling.batch.worker import ChunkResult, Format, part_name

if TYPE_CHECKING:
    from collections.abc import Iterable


class ProgressStore:
    """Counts of one output folder."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        """`kept`: what `to_json` gave."""
        kept = kept or {}
        self.outcomes: Counter[str] = Counter(kept.get("outcomes", {}))
        self.bytes = int(kept.get("bytes", 0))  # of the pictures
        self.seconds = float(kept.get("seconds", 0.0))  # of all workers
        self._done = bytearray(zlib.decompress(base64.b64decode(kept["chunks"]))) if "chunks" in kept else bytearray()

    @property
    def rows(self) -> int:
        """How many pictures have a row."""
        return self.outcomes.total()

    def has(self, number: int) -> bool:
        """Whether a chunk is done."""
        return number >> 3 < len(self._done) and bool(self._done[number >> 3] >> (number & 7) & 1)

    def chunks(self) -> int:
        """How many chunks are done."""
        return int.from_bytes(self._done, "little").bit_count()

    def add(self, done: ChunkResult) -> None:
        """Notes a chunk; one that was noted already changes nothing."""
        if self.has(done.number):
            return
        self._mark(done.number)
        self.outcomes.update(done.outcomes)
        self.bytes += done.bytes
        self.seconds += done.seconds

    def agree_with(self, out: str, format: Format) -> None:
        """Counts the parts that are in place and not noted; what is noted and not in place is read again."""
        folder = storage.join(out, "parts")
        if storage.kind(folder) == "none":
            self._forget()
            return
        there = set(_numbers(found.place for found in storage.walk(folder)))
        gone = [number for number in range(8 * len(self._done)) if self.has(number) and number not in there]
        if gone:  # somebody took parts away: everything is counted anew, and those are read again
            self._forget()
        for number in sorted(there):
            if not self.has(number):
                rows = decode(storage.read(storage.join(out, part_name(number, format))), format, columns=["outcome"])
                self._mark(number)
                self.outcomes.update(row["outcome"] for row in rows)

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "errors": self.outcomes[FAILED],
            "outcomes": dict(sorted(self.outcomes.items())),
            "bytes": self.bytes,
            "seconds": round(self.seconds, 1),
            "chunks": base64.b64encode(zlib.compress(bytes(self._done))).decode(),
        }

    def _forget(self) -> None:
        self.outcomes.clear()
        self._done = bytearray()

    def _mark(self, number: int) -> None:
        if number >> 3 >= len(self._done):
            self._done.extend(bytes((number >> 3) + 1 - len(self._done)))
        self._done[number >> 3] |= 1 << (number & 7)


def _numbers(parts: Iterable[str]) -> Iterable[int]:
    """Places of parts -> the numbers of their chunks."""
    for place in parts:
        name = place.rpartition("/")[2]
        if name.startswith("part-"):
            yield int(name[5:13])
