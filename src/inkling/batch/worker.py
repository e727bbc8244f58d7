"""A worker: reads a chunk of images and writes its part of the result, on any machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from inkling.batch import storage
from inkling.batch.batch_reader import BatchReader
from inkling.batch.checked_json import FileHash
from inkling.batch.job import Chunk, ChunkResult, Job, part_name
from inkling.batch.records import encode
from inkling.quiet import quiet_decoders


class Worker:
    """Reads chunks with one network. Create one per process, because loading is slow."""

    def __init__(self, job: Job) -> None:
        """Raises BadBundle or UnknownName if the model is missing or differs, BadRequest for invalid constraints."""
        quiet_decoders()
        self.job = job
        self._reader = BatchReader(job)

    def __call__(self, chunk: Chunk, on_image: Callable[[int], None] | None = None) -> ChunkResult:
        """Read a chunk and write its part atomically; a second call writes an identical part.

        An image that cannot be read becomes an error record. `on_image` is called with the index of each image before
        it is read, so that the caller knows which image killed the process. Raises CannotWrite or NoPermission if the
        part cannot be written, and Unreachable if a bucket does not answer.
        """
        start = time.perf_counter()
        records, n_bytes = self._reader.read(chunk.images, on_image)
        location = storage.join(self.job.out, part_name(chunk.number, self.job.format))
        content = encode(records, self.job.format, joined=list(self._reader.joined.values()))
        storage.write(location, content)
        part, outcomes = FileHash.of(content), Counter(record["outcome"] for record in records)
        took_s = time.perf_counter() - start
        more_pages = len(records) - len(chunk.images)
        return ChunkResult(chunk.number, part.size_bytes, part.sha256, dict(outcomes), n_bytes, took_s, more_pages)
