"""The plan: which chunk holds which pictures, written before any of them is read.

    chunks/plan-00000000.jsonl    a line a chunk: {"number": 0, "pictures": [[source, place, offset, size, ...], ...]}
    chunks/plan-00000001.jsonl    files of 1, 2, 4, .. up to 64 chunks

Because it lies in the output folder, a chunk that was under way when a run was killed is read again under the same
number, and its part is replaced, never doubled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from inkling.batch import storage
from inkling.batch.chunks import Chunk
from inkling.batch.image_ref import ImageRef

FOLDER = "chunks"
MOST = 64  # chunks in a file: some 3 MB


class Plan:
    """The plan of one output folder."""

    def __init__(self, out: str, files: int) -> None:
        """`files`: how many there are; see `find`."""
        self._out = out
        self.files = files
        self._waiting: list[Chunk] = []

    @classmethod
    def find(cls, out: str) -> Plan:
        """The plan that lies in an output folder; an empty one where none does."""
        folder = storage.join(out, FOLDER)
        if storage.kind(folder) == "none":
            return cls(out, 0)
        names = (found.place.rpartition("/")[2] for found in storage.walk(folder))
        return cls(out, sum(name.startswith("plan-") for name in names))

    def file(self, i: int) -> Iterator[Chunk]:
        """The chunks of the i-th file."""
        for line in storage.read(self._place(i)).splitlines():
            entry = json.loads(line)
            yield Chunk(entry["number"], tuple(ImageRef(*fields) for fields in entry["pictures"]))

    def add(self, chunk: Chunk) -> bool:
        """Adds a chunk at the end; True when a file was written with it, before which it may not be read."""
        self._waiting.append(chunk)
        return len(self._waiting) >= min(2**self.files, MOST) and self.write()

    def write(self) -> bool:
        """Writes what is waiting; False when nothing was."""
        if not self._waiting:
            return False
        storage.write(self._place(self.files), b"".join(map(_line, self._waiting)))
        self.files += 1
        self._waiting = []
        return True

    def _place(self, i: int) -> str:
        return storage.join(self._out, FOLDER, f"plan-{i:08d}.jsonl")


def _line(chunk: Chunk) -> bytes:
    pictures = [_fields(picture) for picture in chunk.pictures]
    return json.dumps({"number": chunk.number, "pictures": pictures}, separators=(",", ":")).encode() + b"\n"


def _fields(picture: ImageRef) -> list[object]:
    """A picture's fields in their order, those at the end left out that are as usual."""
    fields: list[object] = [picture.source, picture.place, picture.offset, picture.size, picture.member, picture.fault]
    usual: list[object] = [0, -1, "", ""]
    while len(fields) > 2 and fields[-1] == usual[len(fields) - 3]:
        fields.pop()
    return fields
