"""The engine for this machine: one worker process per core, fed through pipes.

Processes are spawned, because a fork would copy locks that threads hold. If an image kills a process (a decoder crash,
too little memory), the process is replaced and its chunk is read again one image at a time. An image that kills the
process again becomes an error record.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from inkling.batch.job import Chunk, ChunkResult, Job
from inkling.batch.worker import Worker
from inkling.cpu import cores
from inkling.errors import InklingError, Overloaded, ServiceError

MAX_FAILED_STARTS = 3  # in a row, by workers that never became ready: then the cause is the machine, not an image


@dataclass(frozen=True)
class _Task:
    chunk: Chunk
    one_by_one: bool = False  # report each image before reading it, because a worker died on this chunk


@dataclass(eq=False)
class _WorkerProcess:
    """A worker process and its task."""

    process: BaseProcess
    pipe: Connection
    task: _Task | None = None
    index: int = -1  # of the image that a one-by-one task is reading
    ready: bool = False


class LocalEngine:
    """Runs chunks on the cores of this machine."""

    def __init__(self, processes: int | None = None) -> None:
        """`processes`: None for one per core."""
        self.processes = processes or cores()

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """Yield the result of each chunk; see `Engine`. The processes end with the iterator."""
        tasks = map(_Task, chunks)
        retries: deque[_Task] = deque()
        workers: list[_WorkerProcess] = []
        failed_starts = 0
        try:
            while self._assign(workers, retries, tasks, job):
                pipes = wait([worker.pipe for worker in workers if worker.task])
                for worker in [worker for worker in workers if worker.pipe in pipes]:
                    try:
                        kind, content = worker.pipe.recv()
                    except (EOFError, OSError):
                        failed_starts = 0 if worker.ready else failed_starts + 1
                        workers.remove(worker)
                        retries.append(_retry(worker, failed_starts))
                        continue
                    if kind == "error":
                        raise ServiceError(*content)
                    if kind == "done":
                        worker.task = None
                        yield content
                    elif kind == "image":
                        worker.index = content
                    else:
                        worker.ready, failed_starts = True, 0
        finally:
            for worker in workers:
                _end(worker)

    def _assign(self, workers: list[_WorkerProcess], retries: deque[_Task], tasks: Iterator[_Task], job: Job) -> bool:
        """Give every idle worker a task, and start workers while tasks remain. Returns False if everything is done."""
        while True:
            worker = next((worker for worker in workers if worker.task is None), None)
            if worker is None and len(workers) >= self.processes:
                return True
            task = retries.popleft() if retries else next(tasks, None)
            if task is None:
                return any(worker.task for worker in workers)
            if worker is None:
                worker = _start(job)
                workers.append(worker)
            worker.task, worker.index = task, -1
            with suppress(OSError):  # the worker has died; the next read from its pipe fails
                worker.pipe.send(task)


def _start(job: Job) -> _WorkerProcess:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, job), name="inkling-archive", daemon=True)
    process.start()
    there.close()  # the worker holds the last copy, so its death closes the pipe
    return _WorkerProcess(process, here)


def _retry(worker: _WorkerProcess, failed_starts: int) -> _Task:
    """The task of a dead worker, to be run again."""
    _end(worker)
    how = _exit_reason(worker.process.exitcode)
    if failed_starts >= MAX_FAILED_STARTS:
        raise Overloaded(
            f"{failed_starts} worker processes died at startup ({how}); expected memory for one per core. Free "
            "memory, or start fewer with --workers."
        )
    task = worker.task
    assert task is not None  # noqa: S101 - `run` listens only to busy workers
    if not worker.ready:
        return task
    if not task.one_by_one or worker.index < 0:
        return replace(task, one_by_one=True)
    error = (
        f"{task.chunk.images[worker.index].source} crashed the process that read it ({how}); expected a picture that "
        "can be decoded. Save it again, or leave it out."
    )
    return replace(task, chunk=task.chunk.with_error(worker.index, error))


def _exit_reason(code: int | None) -> str:
    with suppress(ValueError, TypeError):
        return signal.Signals(-code).name  # type: ignore[operator]
    return f"status {code}"


def _end(worker: _WorkerProcess) -> None:
    worker.pipe.close()
    if worker.task is not None:
        worker.process.terminate()
    worker.process.join(5)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _serve(pipe: Any, job: Job) -> None:
    """A worker process: receives tasks and sends results, until the other end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the main process ends this one
    try:
        worker = Worker(job)
        pipe.send(("ready", None))
        while True:
            task = pipe.recv()
            on_image = (lambda index: pipe.send(("image", index))) if task.one_by_one else None
            pipe.send(("done", worker(task.chunk, on_image)))
    except InklingError as error:  # sent as text, because not every error can be pickled
        with suppress(OSError):
            pipe.send(("error", (error.kind, str(error), error.status)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the main process has ended
