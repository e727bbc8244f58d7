"""The engine for a Ray cluster: one actor with a worker per core, on any node.

The driver sends only chunks and receives only results: workers read images and write parts. Each actor has at most two
chunks, so memory does not grow with the stream. If an actor dies, because of its node or an image, another one starts
and reads the dead actor's chunks again.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from inkling.batch import buckets, ray_cluster
from inkling.batch.job import Chunk, ChunkResult, Job
from inkling.batch.worker import Worker
from inkling.errors import InklingError, Overloaded, ServiceError, Unreachable

CHUNKS_PER_ACTOR = 2  # one in progress, one queued
BLAMED_DEATHS = 2  # worker deaths on one image before it is blamed: a single death may be a lost node
MAX_DEATHS = 6  # on one chunk, or in consecutive starts, before the run is aborted

_Error = tuple[str, str, int]  # kind, message and status, because not every error can be pickled


@dataclass
class _Task:
    chunk: Chunk
    deaths: int = 0  # deaths of its workers since an image was last blamed
    deaths_at: Counter[int] = field(default_factory=Counter)  # deaths of its workers, by image index


@dataclass(eq=False)
class _Actor:
    handle: Any
    ready: bool = False
    tasks: dict[Any, _Task] = field(default_factory=dict)  # by the reference to their result, in order


class RayEngine:
    """Runs chunks on a cluster. Use it as a context manager, which disconnects from the cluster."""

    def __init__(self, address: str = "auto") -> None:
        """`address`: "auto" (the cluster that this machine belongs to, otherwise a local Ray) or "host:port".

        Raises Unreachable, within seconds, if no cluster answers, and MissingExtra without Ray.
        """
        self._ray = ray_cluster.connect(address)
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        self.cores = int(sum(node["Resources"].get("CPU", 0) for node in nodes))
        if self.cores < 1:
            self._ray.shutdown()
            raise Unreachable(f"the cluster {address} has no CPU cores; expected at least one. Add a node to it.")

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """See `Engine`. Raises the InklingError of a worker, and Overloaded for a chunk that kills workers."""
        pool = _ActorPool(self._ray, job, self.cores)
        try:
            yield from pool.run(map(_Task, chunks))
        except self._ray.exceptions.RayError as error:
            raise _cluster_error(error) from error
        finally:
            pool.close()


class _ActorPool:
    """One actor per core, and their chunks."""

    def __init__(self, ray: Any, job: Job, size: int) -> None:
        self._ray = ray
        self._actor_class = ray.remote(ReadActor).options(num_cpus=1)
        self._arguments = (job, _bucket_environment())
        self._reporter: Any = None  # started after the first death of a worker
        self._retries: deque[_Task] = deque()
        self._failed_starts = 0
        self._waiting: dict[Any, _Actor] = {}  # by the reference to a result, or to an actor's ready signal
        self._actors: list[_Actor] = []
        for _ in range(size):
            self._start_actor()

    def run(self, tasks: Iterator[_Task]) -> Iterator[ChunkResult]:
        while self._submit(tasks):
            for reference in self._ray.wait(list(self._waiting), num_returns=1)[0]:
                actor = self._waiting.pop(reference)
                try:
                    result = self._ray.get(reference)
                except self._ray.exceptions.RayActorError:
                    self._replace(actor)
                    continue
                actor.ready, self._failed_starts = True, 0
                actor.tasks.pop(reference, None)
                if isinstance(result, tuple):
                    raise ServiceError(*result)
                if result is not None:
                    yield result

    def close(self) -> None:
        for handle in [actor.handle for actor in self._actors] + [self._reporter] * (self._reporter is not None):
            self._ray.kill(handle)

    def _submit(self, tasks: Iterator[_Task]) -> bool:
        """Give each ready actor a task, then a second one. Returns False if everything is done."""
        for depth in range(1, CHUNKS_PER_ACTOR + 1):
            for actor in self._actors:
                if not actor.ready or len(actor.tasks) >= depth:
                    continue
                task = self._retries.popleft() if self._retries else next(tasks, None)
                if task is None:
                    return any(actor.tasks for actor in self._actors)
                reference = actor.handle.read.remote(task.chunk, self._reporter if task.deaths else None)
                actor.tasks[reference] = task
                self._waiting[reference] = actor
        return True

    def _start_actor(self) -> None:
        actor = _Actor(self._actor_class.remote(*self._arguments))
        self._actors.append(actor)
        self._waiting[actor.handle.ready.remote()] = actor

    def _replace(self, actor: _Actor) -> None:
        """Start another actor for one that died, and run its tasks again."""
        self._actors.remove(actor)
        for reference in actor.tasks:
            self._waiting.pop(reference, None)
        tasks = list(actor.tasks.values())
        if tasks:
            tasks[0] = self._blame(tasks[0])  # it was reading the first; the others were queued
        self._retries.extend(tasks)
        self._failed_starts += not actor.ready
        if max(self._failed_starts, *(task.deaths for task in tasks), 0) > MAX_DEATHS:
            raise Overloaded(
                f"{MAX_DEATHS} workers died in a row on one chunk of pictures; expected about 1 GB of memory for each "
                "worker. Give them more memory, or use fewer cores per node, and continue with --resume."
            )
        self._start_actor()

    def _blame(self, task: _Task) -> _Task:
        """The task of a dead worker, to be run again one image at a time. An image that is blamed becomes an error."""
        if self._reporter is None:
            node = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
                self._ray.get_runtime_context().get_node_id(), soft=False
            )
            self._reporter = self._ray.remote(Reporter).options(num_cpus=0, scheduling_strategy=node).remote()
        index = self._ray.get(self._reporter.take.remote(task.chunk.number))
        task.deaths += 1
        if index is None:
            return task
        task.deaths_at[index] += 1
        if task.deaths_at[index] < BLAMED_DEATHS:
            return task
        error = (
            f"{task.chunk.images[index].source} crashed the processes that read it; expected a picture that can be "
            "decoded. Save it again, or leave it out."
        )
        return replace(task, chunk=task.chunk.with_error(index, error), deaths=1)


class Reporter:
    """An actor on the driver's node that tracks which image each worker is reading."""

    def __init__(self) -> None:
        self._index: dict[int, int] = {}  # by the number of the chunk

    def put(self, chunk: int, index: int) -> None:
        self._index[chunk] = index

    def take(self, chunk: int) -> int | None:
        return self._index.pop(chunk, None)


class ReadActor:
    """An actor with a worker. It creates the worker for the first chunk, so that an error becomes a result."""

    def __init__(self, job: Job, environment: dict[str, dict[str, str]]) -> None:
        self._job = job
        self._worker: Worker | None = None
        for group in environment.values():  # a node's own settings take precedence over the driver's
            if not any(name in os.environ for name in group):
                os.environ.update(group)

    def ready(self) -> None:
        """Returns as soon as the actor runs."""

    def read(self, chunk: Chunk, reporter: Any) -> ChunkResult | _Error:
        """Read one chunk; with a reporter, one image at a time."""
        import ray

        def report(index: int) -> None:
            ray.get(reporter.put.remote(chunk.number, index))

        try:
            self._worker = self._worker or Worker(self._job)
            return self._worker(chunk, report if reporter else None)
        except InklingError as error:
            return error.kind, str(error), error.status
        except Exception as error:
            message = f"a worker stopped with {type(error).__name__} ({error}); expected it to continue. Report it."
            return type(error).__name__, message, InklingError.status


def _bucket_environment() -> dict[str, dict[str, str]]:
    """The driver's environment variables for each kind of bucket, for nodes that have none."""
    return {
        scheme: found
        for scheme, names in buckets.VARIABLES.items()
        if (found := {name: os.environ[name] for name in names if os.environ.get(name)})
    }


def _cluster_error(error: BaseException) -> InklingError:
    """Convert Ray's error to an InklingError with a short message."""
    while error.__cause__ is not None:
        error = error.__cause__
    brief = " ".join(str(error).split())[:200]
    return Unreachable(
        f"the cluster failed ({type(error).__name__}: {brief}); expected it to keep running. Check its logs, and "
        "continue with --resume."
    )
