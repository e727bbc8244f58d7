"""Engine: what runs chunks through workers, here or on a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from inkling.batch.chunks import Chunk
from inkling.batch.worker import ChunkResult, Job


class Engine(Protocol):
    """Runs every chunk through a `Worker(job)`, in any order.

    An engine takes few chunks more than its workers are busy with, so that a stream of any length needs bounded memory.
    A chunk whose worker died is run again; the same chunk twice is harmless, for its part is replaced by an equal one.
    An InklingError that a worker raises (no model, a full disk) ends the run with that error.
    """

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """Yields what became of each chunk as soon as its part is in place."""
        ...
