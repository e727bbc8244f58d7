"""The plan: which chunk contains which images, written before any of them is read.

    chunks/plan-00000000.jsonl    one chunk per line: {"number": 0, "images": [[source, location, offset, ...], ...]}
    chunks/plan-00000001.jsonl    files of 1, 2, 4, .. up to 64 chunks

The plan is in the output folder. A chunk that was in progress when a run was killed is therefore read again under the
same number, and its part is replaced, never duplicated. The manifest records the size and SHA-256 of each file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from msgspec import structs

from inkling.batch import buckets, storage
from inkling.batch.checked_json import FileHash, convert
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import Chunk
from inkling.errors import BadRequest

FOLDER = "chunks"
MAX_CHUNKS = 64  # per file: about 3 MB
MAX_FILE_BYTES = 1 << 28  # 8 KB for each image in 64 chunks of 500, more than any path needs


class Plan:
    """The plan of one output folder."""

    def __init__(self, out: str, vouched: Sequence[FileHash] = ()) -> None:
        """Open the plan in the output folder; it is empty if there is none.

        `vouched`: the files that the manifest lists. Later files were written just before a kill and are accepted
        without a check of their hashes.
        """
        self._folder = storage.join(out, FOLDER)
        self._unwritten: list[Chunk] = []
        self.hashes = list(vouched)
        files = storage.walk(self._folder) if storage.kind(self._folder) != "none" else ()
        found = sum(file.rpartition("/")[2].startswith("plan-") for file in files)
        self.files = max(found, len(vouched))

    def file(self, i: int) -> list[Chunk]:
        """The chunks of the i-th file. Raises BadRequest if the file has changed or is malformed."""
        location = self._location(i)
        content = storage.read(location, size_bytes=MAX_FILE_BYTES + 1)
        if i < len(self.hashes) and self.hashes[i] != FileHash.of(content):
            raise _changed(location, "it has changed since the run wrote it")
        if len(content) > MAX_FILE_BYTES:
            raise _changed(location, f"it has more than {MAX_FILE_BYTES} bytes")
        try:
            chunks = [convert(line, Chunk) for line in content.splitlines()]
        except ValueError as error:
            raise _changed(location, str(error)) from error
        first = chunks[0].number if chunks else 0
        if [chunk.number for chunk in chunks] != list(range(first, first + len(chunks))):
            raise _changed(location, "its chunks are not in order")
        for chunk in chunks:
            for image in chunk.images:
                if not (os.path.isabs(image.location) or buckets.is_url(image.location)):
                    raise _changed(location, f"{image.location!r} is neither an absolute path nor a URL")
        if i == len(self.hashes):
            self.hashes.append(FileHash.of(content))
        return chunks

    def add(self, chunk: Chunk) -> bool:
        """Append a chunk. Returns whether this wrote a file. Read a chunk only after it is written."""
        self._unwritten.append(chunk)
        return len(self._unwritten) >= min(2**self.files, MAX_CHUNKS) and self.write()

    def write(self) -> bool:
        """Write the chunks that are not written yet. Returns False if there are none."""
        if not self._unwritten:
            return False
        content = b"".join(map(_line, self._unwritten))
        storage.write(self._location(self.files), content)
        self.hashes.append(FileHash.of(content))
        self.files += 1
        self._unwritten = []
        return True

    def _location(self, i: int) -> str:
        return storage.join(self._folder, f"plan-{i:08d}.jsonl")


def _changed(location: str, why: str) -> BadRequest:
    return BadRequest(
        f"{location} is not a valid plan of a run ({why}); expected the file that inkling wrote. Restore it, or choose "
        "another --out."
    )


def _line(chunk: Chunk) -> bytes:
    entry = {"number": chunk.number, "images": [_fields(image) for image in chunk.images]}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _fields(image: ImageRef) -> list[object]:
    """An image's fields in order, without the defaults at the end."""
    fields, defaults = list(structs.astuple(image)), structs.astuple(ImageRef("", ""))
    while len(fields) > 2 and fields[-1] == defaults[len(fields) - 1]:
        fields.pop()
    return fields
