"""The parts of the stream that run inside Ray Data: the source and the readers. Needs the `cluster` extra."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext, Dataset, Datasource
from ray.data.block import BlockMetadata
from ray.data.datasource import ReadTask
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inkling.batch.chunks import Chunk
from inkling.batch.ray_feed import Feed
from inkling.batch.worker import Job, Worker
from inkling.errors import InklingError

AT_ACTOR = 2  # chunks at an actor: one is read, one waits


class Source(Datasource):  # type: ignore[misc]  # Ray has no types
    """One task beside the driver that gives a block for each chunk: its place. However often it starts, the same."""

    def __init__(self, feed: Any) -> None:
        super().__init__()
        self._feed = feed

    @property
    def supports_distributed_reads(self) -> bool:
        """False: where the driver is, so that a node that dies does not end the stream."""
        return False

    def estimate_inmemory_data_size(self) -> None:
        return None

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
        feed = self._feed

        def blocks() -> Iterator[pa.Table]:
            place = 0
            while ray.get(feed.comes.remote(place)):
                yield pa.table({"place": [place]})
                place += 1

        return [ReadTask(blocks, BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None))]


class Reads:
    """An actor's work: a `Worker` that is made when the first chunk comes, so that what is wrong is an answer too."""

    def __init__(self, feed: Any, job: Job, environment: dict[str, dict[str, str]]) -> None:
        self._feed, self._job = feed, job
        self._worker: Worker | None = None
        for group in environment.values():  # a node's own settings go before the driver's
            if not any(name in os.environ for name in group):
                os.environ.update(group)

    def __call__(self, table: pa.Table) -> pa.Table:
        results = [self._read(place) for place in table["place"].to_pylist()]
        return pa.table({"result": pa.array(results, pa.binary())})

    def _read(self, place: int) -> bytes:
        """One chunk; what is wrong comes back as texts, for not every error can be pickled."""
        try:
            begun = self._begin(place)
            if begun is None:
                return b""
            self._worker = self._worker or Worker(self._job)
            chunk, careful = begun
            note = (lambda n: ray.get(self._feed.at.remote(place, n))) if careful else None
            return pickle.dumps((place, self._worker(chunk, note)))
        except InklingError as error:
            return pickle.dumps((place, (error.kind, str(error), error.status)))
        except Exception as error:
            said = f"a worker stopped with {type(error).__name__} ({error}); expected it to read on. Report it."
            return pickle.dumps((place, (type(error).__name__, said, InklingError.status)))

    def _begin(self, place: int) -> tuple[Chunk, bool] | None:
        try:
            begun = ray.get(self._feed.begin.remote(place))
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        if begun is None:
            return None
        content, careful, guilty = begun
        chunk: Chunk = pickle.loads(content)  # noqa: S301 - of our own driver
        pictures = list(chunk.pictures)
        for n in guilty:
            pictures[n] = replace(pictures[n], fault=hostile(pictures[n].source))
        return replace(chunk, pictures=tuple(pictures)), careful


def hostile(source: str) -> str:
    """What is said of a picture that ends every process that reads it."""
    return (
        f"{source} ended the processes that read it; expected a picture that can be decoded. Save it again, or leave "
        "it out."
    )


def start_feed(tries: int) -> Any:
    """The feed, in a process of its own beside the driver."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(Feed).options(num_cpus=0, scheduling_strategy=here, max_concurrency=1000).remote(tries)


def dataset(feed: Any, job: Job, environment: dict[str, dict[str, str]], *, cores: int) -> Dataset:
    """The stream: a place a block, an actor a core."""
    context = DataContext.get_current().copy()
    context.target_max_block_size = 1  # bytes: each row is a block, and goes on at once
    context.target_min_block_size = 0
    context.enable_progress_bars = context.print_on_execution_start = False
    context.execution_options.verbose_progress = False
    with DataContext.current(context):
        chunks = ray.data.read_datasource(Source(feed), override_num_blocks=1, num_cpus=0, concurrency=1)
        return chunks.map_batches(
            Reads,
            fn_constructor_args=(feed, job, environment),
            batch_size=None,
            batch_format="pyarrow",
            zero_copy_batch=True,
            num_cpus=1,
            compute=ActorPoolStrategy(
                min_size=1, initial_size=cores, max_size=cores, max_tasks_in_flight_per_actor=AT_ACTOR
            ),
        )
