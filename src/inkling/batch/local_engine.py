"""The engine of this machine: a process on each core, fed through pipes.

Processes are spawned, not forked: a fork would copy locks that threads hold. A process that a picture ends (a decoder's
crash, too little memory) is replaced, and its chunk is read again picture by picture; the picture that ended it becomes
a row with an error.
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

from inkling.batch.chunks import Chunk
from inkling.batch.worker import ChunkResult, Job, Worker
from inkling.cpu import cores
from inkling.errors import InklingError, Overloaded, ServiceError

LEAST_STARTS = 3  # workers that end one after another before any has begun to read: the machine, not a picture


@dataclass(eq=False)
class _Process:
    """A worker process, and the chunk it has."""

    process: BaseProcess
    pipe: Connection
    chunk: Chunk | None = None
    careful: bool = False
    at: int = -1  # which of the chunk's pictures a careful one has come to
    ready: bool = False


class LocalEngine:
    """Runs chunks on the cores of this machine."""

    def __init__(self, processes: int | None = None) -> None:
        """`processes`: as many as there are cores when it is None."""
        self.processes = processes or cores()

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """Yields what became of each chunk; see `Engine`. Processes end with the iterator."""
        tasks = _Tasks(iter(chunks), deque())
        workers: list[_Process] = []
        failed_starts = 0
        try:
            while self._feed(workers, tasks, job):
                for one in _with_news(workers):
                    try:
                        kind, content = one.pipe.recv()
                    except (EOFError, OSError):
                        failed_starts = 0 if one.ready else failed_starts + 1
                        workers.remove(one)
                        tasks.again.append(_after_death(one, failed_starts))
                        continue
                    if kind == "error":
                        raise ServiceError(*content)
                    if kind == "done":
                        one.chunk = None
                        yield content
                    elif kind == "at":
                        one.at = content
                    else:
                        one.ready, failed_starts = True, 0
        finally:
            for one in workers:
                _end(one)

    def _feed(self, workers: list[_Process], tasks: _Tasks, job: Job) -> bool:
        """Gives every idle worker a chunk, and starts workers while there are chunks for them; False: all is done."""
        while True:
            idle = next((one for one in workers if one.chunk is None), None)
            if idle is None and len(workers) >= self.processes:
                return True
            task = tasks.next()
            if task is None:
                return any(one.chunk is not None for one in workers)
            if idle is None:
                idle = _start(job)
                workers.append(idle)
            _give(idle, *task)


@dataclass
class _Tasks:
    """What is to be read, and whether carefully; chunks whose worker died come first."""

    rest: Iterator[Chunk]
    again: deque[tuple[Chunk, bool]]

    def next(self) -> tuple[Chunk, bool] | None:
        if self.again:
            return self.again.popleft()
        chunk = next(self.rest, None)
        return None if chunk is None else (chunk, False)


def _with_news(workers: list[_Process]) -> list[_Process]:
    """Waits until something comes from busy workers; which these are."""
    pipes = wait([one.pipe for one in workers if one.chunk is not None])
    return [one for one in workers if one.pipe in pipes]


def _start(job: Job) -> _Process:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, job), name="inkling-archive", daemon=True)
    process.start()
    there.close()  # the worker has its own; the end of the last one is how its death is seen
    return _Process(process, here)


def _give(one: _Process, chunk: Chunk, careful: bool) -> None:
    one.chunk, one.careful, one.at = chunk, careful, -1
    with suppress(OSError):  # it has died: reading from it says so
        one.pipe.send((chunk, careful))


def _after_death(one: _Process, failed_starts: int) -> tuple[Chunk, bool]:
    """The chunk of a dead worker, as it is to be read again."""
    _end(one)
    if failed_starts >= LEAST_STARTS:
        raise Overloaded(
            f"{failed_starts} worker processes ended as they started ({_how(one.process)}); expected room for one a "
            "core. Free memory, or start fewer with --processes."
        )
    chunk = one.chunk
    assert chunk is not None  # noqa: S101 - only busy workers are listened to
    if not one.ready:
        return chunk, one.careful
    if not one.careful or one.at < 0:
        return chunk, True
    hostile = chunk.pictures[one.at]
    fault = (
        f"{hostile.source} ended the process that read it ({_how(one.process)}); expected a picture that can be "
        "decoded. Save it again, or leave it out."
    )
    pictures = (*chunk.pictures[: one.at], replace(hostile, fault=fault), *chunk.pictures[one.at + 1 :])
    return replace(chunk, pictures=pictures), True


def _how(process: BaseProcess) -> str:
    code = process.exitcode
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"status {code}"


def _end(one: _Process) -> None:
    one.pipe.close()
    if one.chunk is not None:
        one.process.terminate()
    one.process.join(5)
    if one.process.is_alive():
        one.process.kill()
        one.process.join()


def _serve(pipe: Any, job: Job) -> None:
    """A worker process: chunks come in through the pipe, what became of them goes out, until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the main process ends this one
    try:
        worker = Worker(job)
        pipe.send(("ready", None))
        while True:
            chunk, careful = pipe.recv()
            note = (lambda i: pipe.send(("at", i))) if careful else None
            pipe.send(("done", worker(chunk, note)))
    except InklingError as error:  # as texts, for not every error can be pickled
        with suppress(OSError):
            pipe.send(("error", (error.kind, str(error), error.status)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the main process has ended
