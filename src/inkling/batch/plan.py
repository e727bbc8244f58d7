"""The plan: which chunk holds which images, written before any of them is read.

    chunks/plan-00000000.jsonl    one chunk per line: {"number": 0, "pictures": [[source, location, offset, ...], ...]}
    chunks/plan-00000001.jsonl    files of 1, 2, 4, .. up to 64 chunks

The plan lies in the output folder, so a chunk that was under way when a run was killed is read again under the same
number, and its part is replaced, never duplicated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import Chunk

FOLDER = "chunks"
MAX_CHUNKS = 64  # in a file: some 3 MB


class Plan:
    """The plan of one output folder."""

    def __init__(self, out: str) -> None:
        """Finds the plan in the output folder; an empty one if there is none."""
        self._folder = storage.join(out, FOLDER)
        self._unwritten: list[Chunk] = []
        files = storage.walk(self._folder) if storage.kind(self._folder) != "none" else ()
        self.files = sum(file.rpartition("/")[2].startswith("plan-") for file in files)

    def file(self, i: int) -> Iterator[Chunk]:
        """The chunks of the i-th file."""
        for line in storage.read(self._location(i)).splitlines():
            entry = json.loads(line)
            yield Chunk(entry["number"], tuple(ImageRef(*fields) for fields in entry["pictures"]))

    def add(self, chunk: Chunk) -> bool:
        """Append a chunk; True if this wrote a file. A chunk may be read only once it is written."""
        self._unwritten.append(chunk)
        return len(self._unwritten) >= min(2**self.files, MAX_CHUNKS) and self.write()

    def write(self) -> bool:
        """Write the chunks that are not written yet; False if there are none."""
        if not self._unwritten:
            return False
        storage.write(self._location(self.files), b"".join(map(_line, self._unwritten)))
        self.files += 1
        self._unwritten = []
        return True

    def _location(self, i: int) -> str:
        return storage.join(self._folder, f"plan-{i:08d}.jsonl")


def _line(chunk: Chunk) -> bytes:
    entry = {"number": chunk.number, "pictures": [_fields(image) for image in chunk.images]}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _fields(image: ImageRef) -> list[object]:
    """An image's fields in order, without the defaults at the end."""
    fields, defaults = list(astuple(image)), astuple(ImageRef("", ""))
    while len(fields) > 2 and fields[-1] == defaults[len(fields) - 1]:
        fields.pop()
    return fields
