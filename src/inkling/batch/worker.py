"""A chunk of pictures -> its part of the result: what one worker does, on whatever machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from inkling.batch import storage
from inkling.batch.chunks import Chunk
from inkling.pipeline.reader import Mode
from inkling.silence import quiet_decoders

Format = Literal["parquet", "csv", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Job:
    """What a worker must know, small and picklable."""

    out: str  # absolute path or URL of the output folder, whose parts/ is there
    model: str  # a packaged name, or the absolute path of a bundle or run folder that every worker reaches
    version: str  # of that model; a worker that finds another one refuses
    format: Format = "parquet"
    mode: Mode = "auto"
    known: dict[str, str] = field(
        default_factory=dict
    )  # length, pattern, check, among: as `constraints.constraints.make`


@dataclass(frozen=True)
class ChunkResult:
    """What became of a chunk."""

    number: int  # of the chunk
    rows: int
    outcomes: dict[str, int]  # read, unsure, empty, not_digit, failed
    errors: int  # pictures that could not be read: the failed
    bytes: int  # of pictures that were read
    seconds: float


def part_name(number: int, format: Format) -> str:
    """Where the part of a chunk lies in the output folder; it depends on the chunk alone."""
    return f"parts/part-{number:08d}.{format}"


class Worker:
    """Reads chunks with one network and writes their parts. Made once in each process, for loading takes a while."""

    def __init__(self, job: Job) -> None:
        """Raises BadBundle or UnknownName when the model is not there, BadRequest for constraints no one satisfies."""
        from inkling.batch.batch_reader import BatchReader

        quiet_decoders()
        self.job = job
        self._batch = BatchReader(job)

    def __call__(self, chunk: Chunk, note: Callable[[int], None] | None = None) -> ChunkResult:
        """Reads a chunk and puts its part in place as a whole. Doing it twice leaves the same part.

        A picture that cannot be read is a row with its error. `note`, where it is given, is called with the index of
        each picture before it is read, one by one: so it is known which one ended the process. Raises CannotWrite or
        NoPermission when the part cannot be written, and Unreachable when a bucket does not answer for long.
        """
        from inkling.batch.records import encode

        start = time.perf_counter()
        rows, read = self._batch.rows(chunk.pictures, note)
        place = storage.join(self.job.out, part_name(chunk.number, self.job.format))
        storage.write(place, encode(rows, self.job.format))
        outcomes = Counter(row["outcome"] for row in rows)
        took_s = time.perf_counter() - start
        return ChunkResult(chunk.number, len(rows), dict(outcomes), outcomes["failed"], read, took_s)
