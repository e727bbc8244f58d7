"""Memory that all workers of a server share: their counters, the clients' rates, and whether the server is stopping.

`inkling serve` creates it before it starts the workers (`create`) and names it in the environment. Each worker opens it
(`attach`) and claims counters of its own, so that no worker writes into another's and no lock is shared. A worker that
dies leaves its counters to the next one, which counts on from there: counters never fall. On Linux the memory is not a
file in any folder (memfd_create(2)), so a read-only file system does. Elsewhere it is a temporary file. A process that
was given none, or cannot share, has memory of its own.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import struct
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

NAME = "INKLING_SHARED"  # the environment variable with the path; set by `inkling serve`, no setting

_HEAD_BYTES = 4096
_LAYOUT = 1  # version of the layout below; a worker of another version does not share
_VERSION, _WORKERS, _STOPPING, _SECRET = 0, 1, 2, 3  # words of the head; the secret has two
RATE_BUCKETS, RATE_SETS = 4, 8192
_RATE_BYTES = RATE_BUCKETS * RATE_SETS * 16
_VALUES, _KEY_BYTES = 8192, 256 * 1024  # of one worker
_WORKER_HEAD_BYTES = 64
_WORKER_BYTES = _WORKER_HEAD_BYTES + 8 * _VALUES + _KEY_BYTES

Key = tuple[str, ...]  # a metric's name and its labels' values


class SharedMemory:
    """One mapped piece of memory. `secret` is the same in all processes that share it, and known to nobody else."""

    def __init__(self, mapped: mmap.mmap, file: int | None) -> None:
        self._file = file
        self._view = memoryview(mapped)
        self._head = self._view[:_HEAD_BYTES].cast("Q")
        if not self._head[_VERSION]:
            self._head[_WORKERS] = (len(mapped) - _HEAD_BYTES - _RATE_BYTES) // _WORKER_BYTES
            self._head[_SECRET], self._head[_SECRET + 1] = secrets.randbits(64), secrets.randbits(64)
            self._head[_VERSION] = _LAYOUT
        if self._head[_VERSION] != _LAYOUT:
            raise ValueError("laid out by another version")
        rates = self._view[_HEAD_BYTES : _HEAD_BYTES + _RATE_BYTES]
        self.rate_clients = rates[: _RATE_BYTES // 2].cast("Q")  # (RATE_SETS * RATE_BUCKETS) hashes
        self.rate_times_s = rates[_RATE_BYTES // 2 :].cast("d")  # when each client's bucket is full again
        self.secret = struct.pack("QQ", self._head[_SECRET], self._head[_SECRET + 1])

    @property
    def stopping(self) -> bool:
        """Whether the server has been told to stop: it finishes what it has and wants no more."""
        return bool(self._head[_STOPPING])

    def stop(self) -> None:
        self._head[_STOPPING] = 1

    def workers(self) -> list[WorkerCounters]:
        """The counters that were ever claimed."""
        return [worker for worker in self._all() if worker.claims]

    def others(self, own: WorkerCounters) -> list[WorkerCounters]:
        """The counters of the other living workers."""
        return [worker for worker in self.workers() if worker.number != own.number and worker.alive]

    def claim(self) -> WorkerCounters:
        """Counters for this process: those of a dead process, or unused ones; the last of all if none is free."""
        with self._locked():
            workers = self._all()
            chosen = next((worker for worker in workers if not worker.alive), workers[-1])
            chosen.claim()
            return chosen

    def _all(self) -> list[WorkerCounters]:
        starts = (_HEAD_BYTES + _RATE_BYTES + number * _WORKER_BYTES for number in range(self._head[_WORKERS]))
        return [WorkerCounters(self._view[at : at + _WORKER_BYTES], number) for number, at in enumerate(starts)]

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self._file is None or sys.platform == "win32":
            yield
            return
        import fcntl

        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


class _HeadWord:
    """An attribute that is a word of a worker's head."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __get__(self, worker: WorkerCounters, owner: object = None) -> int:
        return worker.head[self._index]

    def __set__(self, worker: WorkerCounters, value: int) -> None:
        worker.head[self._index] = value


class WorkerCounters:
    """One worker's counters. Keys are only ever appended, so that other processes may read meanwhile."""

    pid = _HeadWord(0)
    _started = _HeadWord(1)
    _keys_used = _HeadWord(2)  # bytes
    claims = _HeadWord(3)  # how many processes have had these counters, one after another
    ready = _HeadWord(4)  # whether the process that claimed them last has finished its start
    in_flight = _HeadWord(5)  # readings that wait or run in that process; other workers compare it with their own

    def __init__(self, view: memoryview, number: int) -> None:
        self.number = number
        self.lock = threading.Lock()  # held by the caller of `add` and `set`
        self.head = view[:_WORKER_HEAD_BYTES].cast("Q")
        self._values = view[_WORKER_HEAD_BYTES : _WORKER_HEAD_BYTES + 8 * _VALUES].cast("d")
        self._keys = view[_WORKER_HEAD_BYTES + 8 * _VALUES :]
        self._offsets: dict[Key, int] = {}  # of each series in `_values`; -1 where there was no room
        self._used = 0

    @property
    def alive(self) -> bool:
        """Whether the process that claimed the counters last still runs."""
        return bool(self.pid) and process_start(self.pid) == self._started

    def claim(self) -> None:
        """Make this process the owner. It counts on from the present values."""
        self.pid, self._started = os.getpid(), process_start(os.getpid()) or 0
        self.claims += 1
        self.ready = self.in_flight = 0
        for key, values in self.read():
            self._offsets[key] = self._used
            self._used += len(values)

    def add(self, key: Key, amount: float, *, size: int = 1, index: int = 0) -> None:
        """Add to one of the `size` values of a series. The caller holds `lock`."""
        offset = self._offset(key, size)
        if offset >= 0:
            self._values[offset + index] += amount

    def set(self, key: Key, value: float) -> None:
        """Set a series of one value. The caller holds `lock`."""
        offset = self._offset(key, 1)
        if offset >= 0:
            self._values[offset] = value

    def read(self) -> list[tuple[Key, list[float]]]:
        """Every series with its values."""
        content = bytes(self._keys[: self._keys_used]).decode()
        series: list[tuple[Key, list[float]]] = []
        offset = 0
        for line in content.splitlines():
            size, *key = line.split("\t")
            series.append((tuple(key), list(self._values[offset : offset + int(size)])))
            offset += int(size)
        return series

    def _offset(self, key: Key, size: int) -> int:
        """Where a series' values are. A new series is appended; -1 where there is no room for it."""
        offset = self._offsets.get(key)
        if offset is not None:
            return offset
        line = ("\t".join((str(size), *key)) + "\n").encode()
        used = self._keys_used
        if used + len(line) > _KEY_BYTES or self._used + size > _VALUES:
            self._offsets[key] = -1  # this series is not counted; the known ones still are
            return -1
        self._keys[used : used + len(line)] = line
        self._keys_used = used + len(line)  # last, so that a reader sees whole lines
        self._offsets[key] = self._used
        self._used += size
        return self._offsets[key]


def create(workers: int) -> str:
    """Create memory that lives as long as this process, and return its path; "" where that is impossible."""
    size = _HEAD_BYTES + _RATE_BYTES + workers * _WORKER_BYTES
    try:
        if sys.platform == "linux":
            fd = os.memfd_create("inkling")
            os.truncate(fd, size)
            path = f"/proc/{os.getpid()}/fd/{fd}"
        else:
            import atexit

            fd, path = tempfile.mkstemp(prefix="inkling-")
            os.truncate(path, size)
            os.close(fd)
            atexit.register(Path(path).unlink, missing_ok=True)
        attach(path)  # writes the head
    except OSError:
        return ""
    return path


def attach(path: str) -> SharedMemory:
    """The memory at that path. This process's own memory for "" and for what cannot be opened."""
    if path and sys.platform != "win32":
        try:
            fd = os.open(path, os.O_RDWR)  # kept open: its lock orders the claims
            return SharedMemory(mmap.mmap(fd, 0), fd)
        except (OSError, ValueError):
            pass
    return SharedMemory(mmap.mmap(-1, _HEAD_BYTES + _RATE_BYTES + _WORKER_BYTES), None)


def process_start(pid: int) -> int | None:
    """When a process started, in ticks of its system, to tell it from a later one of the same id; None if it is gone.

    1 for every living process on systems without /proc.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except OSError:
        if Path("/proc/self/stat").exists() or pid <= 0:
            return None
    if sys.platform == "win32":
        return 1 if pid == os.getpid() else None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return 1
