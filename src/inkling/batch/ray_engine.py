"""The engine on a Ray cluster: Ray Data streams chunks to actors that each hold a worker.

    chunks -> feed -> source (one task beside the driver) -> actors, one a core, anywhere -> Done

Only chunks go out and only `ChunkResult` comes back: workers read pictures and write parts. The feed holds the chunks
that are not done, a few for each core, so memory does not grow with the stream.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from inkling.batch import buckets, ray_cluster
from inkling.batch.chunks import Chunk
from inkling.batch.worker import ChunkResult, Job
from inkling.errors import InklingError, ServiceError, Unreachable

AHEAD = 4  # chunks for each core that are under way: one is read, one waits beside it, two are on their way
END_S = 10.0  # until a stream that is left early is left alone
TRIES = 6  # workers that may die over one chunk before a picture is found guilty of it


class RayEngine:
    """Runs chunks on a cluster. `about` says on which; use it as a context manager, which lets the cluster go."""

    def __init__(self, address: str = "auto") -> None:
        """`auto`: the cluster that this machine is part of, or else Ray started here; or `host:port`.

        Raises Unreachable within some seconds where no cluster answers, and MissingExtra.
        """
        self._ray = ray_cluster.connect(address)
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        self.cores = int(sum(node["Resources"].get("CPU", 0) for node in nodes))
        self.about = f"Ray {self._ray.__version__}, {len(nodes)} node{'s'[: len(nodes) != 1]}, {self.cores} cores"
        if self.cores < 1:
            self.close()
            raise Unreachable(f"the cluster {address} has no core to offer; expected one at least. Add a node to it.")

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the cluster go; Ray that was started here ends."""
        self._ray.shutdown()

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """See `Engine`. Raises the InklingError that a worker raised, and Overloaded for a chunk that kills workers."""
        stream = _Stream(self._ray, job, self.cores)
        waiting: set[int] = set()  # chunks by their place in the stream
        rest = enumerate(chunks)
        ended = False
        try:
            while True:
                while not ended and len(waiting) < AHEAD * self.cores and stream.results.empty():
                    place, chunk = next(rest, (-1, None))
                    if chunk is None:
                        ended = True
                        stream.end()
                    else:
                        waiting.add(place)
                        stream.put(place, chunk)
                if ended and not waiting:
                    return
                place, done = stream.next()
                if place in waiting:
                    waiting.remove(place)
                    stream.forget(place)
                    yield done
        finally:
            stream.close()


class _Stream:
    """Chunks that go into Ray Data, and what comes back."""

    def __init__(self, ray: Any, job: Job, cores: int) -> None:
        from inkling.batch import ray_stream

        self._ray = ray
        self.results: queue.Queue[tuple[int, ChunkResult | tuple[str, str, int]] | BaseException | None] = queue.Queue()
        self._feed = ray_stream.start_feed(TRIES)
        self._data = ray_stream.dataset(self._feed, job, _bucket_environment(), cores=cores)
        self._thread = threading.Thread(target=self._consume, name="ray", daemon=True)
        self._thread.start()
        self._count = 0

    def _consume(self) -> None:
        """Ray Data runs while its results are asked for, so a thread of its own asks."""
        try:
            for batch in self._data.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
                for content in batch["result"].to_pylist():
                    if content:
                        self.results.put(pickle.loads(content))  # noqa: S301 - of our own workers
        except BaseException as error:
            self.results.put(error)
        else:
            self.results.put(None)

    def put(self, place: int, chunk: Chunk) -> None:
        self._count = place + 1
        self._ray.get(self._feed.put.remote(place, pickle.dumps(chunk, protocol=5)))

    def end(self) -> None:
        self._ray.get(self._feed.end.remote(self._count))

    def forget(self, place: int) -> None:
        self._feed.forget.remote(place)

    def next(self) -> tuple[int, ChunkResult]:
        """The next result. Raises what a worker raised."""
        result = self.results.get()
        if result is None:
            raise Unreachable(
                "the cluster ended the stream before all was read; expected a result for each chunk. "
                "Go on with --resume."
            )
        if isinstance(result, BaseException):
            raise _said(result) from result
        place, done = result
        if not isinstance(done, ChunkResult):
            raise ServiceError(*done)
        return place, done

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._ray.kill(self._feed)
        self._thread.join(timeout=END_S)


def _bucket_environment() -> dict[str, dict[str, str]]:
    """What the driver's environment says of buckets, by their kind: for workers whose own says nothing."""
    return {
        scheme: found
        for scheme, names in buckets.VARIABLES.items()
        if (found := {name: os.environ[name] for name in names if os.environ.get(name)})
    }


def _said(error: BaseException) -> InklingError:
    """One sentence for what Ray says at length."""
    while error.__cause__ is not None:
        error = error.__cause__
    brief = " ".join(str(error).split())[:200]
    return Unreachable(
        f"the cluster gave up ({type(error).__name__}: {brief}); expected it to run on. Look into its logs, and go on "
        "with --resume."
    )
