"""Memory that all workers of a server share: their counters, the clients' rates, and whether the server is stopping.

`inkling serve` makes it before it starts the workers (`create`) and names it in the environment; each worker opens it
(`attach`) and claims a slot of its own, so that nobody ever writes into another's counters and no lock is shared. The
slot of a worker that died goes to the next one, which counts on from there: counters never fall. On Linux it is no
file in any folder (memfd_create(2)), so a read-only file system does; elsewhere it is a file for temporary files.
A process that was given none, or cannot share, has one to itself.
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
_LAYOUT = 1  # what is laid out as here; a worker of another version does not share
_VERSION, _SLOTS, _STOPPING, _SECRET = 0, 1, 2, 3  # words of the head; the secret has two
RATE_WAYS, RATE_SETS = 4, 8192
_RATE_BYTES = RATE_WAYS * RATE_SETS * 16
_VALUES, _KEY_BYTES = 8192, 256 * 1024  # of one slot
_SLOT_HEAD_BYTES = 64
_PID, _BORN, _KEYS_USED, _CLAIMS, _UP, _IN_HAND = 0, 1, 2, 3, 4, 5  # words of a slot's head
_SLOT_BYTES = _SLOT_HEAD_BYTES + 8 * _VALUES + _KEY_BYTES

Key = tuple[str, ...]  # a metric's name and its labels' values


class Memory:
    """One mapped piece of memory. `secret` is the same for all who share it and is told to nobody."""

    def __init__(self, mapped: mmap.mmap, file: int | None) -> None:
        self._file = file
        self._view = memoryview(mapped)
        self._head = self._view[:_HEAD_BYTES].cast("Q")
        if not self._head[_VERSION]:
            self._head[_SLOTS] = (len(mapped) - _HEAD_BYTES - _RATE_BYTES) // _SLOT_BYTES
            self._head[_SECRET], self._head[_SECRET + 1] = secrets.randbits(64), secrets.randbits(64)
            self._head[_VERSION] = _LAYOUT
        if self._head[_VERSION] != _LAYOUT:
            raise ValueError("laid out by another version")
        rates = self._view[_HEAD_BYTES : _HEAD_BYTES + _RATE_BYTES]
        self.rate_clients = rates[: _RATE_BYTES // 2].cast("Q")  # (RATE_SETS * RATE_WAYS) hashes
        self.rate_times_s = rates[_RATE_BYTES // 2 :].cast("d")  # when each client has its whole allowance again
        self.secret = struct.pack("QQ", self._head[_SECRET], self._head[_SECRET + 1])

    @property
    def stopping(self) -> bool:
        """Whether the server has been told to stop: it finishes what it has and wants no more."""
        return bool(self._head[_STOPPING])

    def stop(self) -> None:
        self._head[_STOPPING] = 1

    def others(self, mine: Slot) -> list[Slot]:
        """The slots of the other workers that live."""
        return [slot for slot in self.slots() if slot.number != mine.number and slot.alive]

    def slots(self) -> list[Slot]:
        """The slots that were ever claimed."""
        every = (Slot(self._slot(number), number) for number in range(self._head[_SLOTS]))
        return [slot for slot in every if slot.claims]

    def claim(self) -> Slot:
        """A slot for this process: that of a process that is gone, or a fresh one; the last of all if none is free."""
        with self._alone():
            chosen = None
            for number in range(self._head[_SLOTS]):
                chosen = Slot(self._slot(number), number)
                if not chosen.alive:
                    break
            if chosen is None:
                raise ValueError("no slots")
            chosen.take()
            return chosen

    def _slot(self, number: int) -> memoryview:
        start = _HEAD_BYTES + _RATE_BYTES + number * _SLOT_BYTES
        return self._view[start : start + _SLOT_BYTES]

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self._file is None or sys.platform == "win32":
            yield
            return
        import fcntl

        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


class Slot:
    """One worker's counters: names are added at the end and never moved, so that others may read meanwhile."""

    def __init__(self, view: memoryview, number: int) -> None:
        self.number = number
        self.lock = threading.Lock()  # held by whoever calls `add`
        self._head = view[:_SLOT_HEAD_BYTES].cast("Q")
        self._values = view[_SLOT_HEAD_BYTES : _SLOT_HEAD_BYTES + 8 * _VALUES].cast("d")
        self._names = view[_SLOT_HEAD_BYTES + 8 * _VALUES :]
        self._places: dict[Key, int] = {}
        self._used = 0

    @property
    def pid(self) -> int:
        return self._head[_PID]

    @property
    def claims(self) -> int:
        """How many processes have had this slot, one after another."""
        return self._head[_CLAIMS]

    @property
    def alive(self) -> bool:
        """Whether the process that claimed it last still runs."""
        return bool(self.pid) and born(self.pid) == self._head[_BORN]

    @property
    def up(self) -> bool:
        """Whether the process that claimed it last has come so far as to answer."""
        return bool(self._head[_UP])

    def come_up(self) -> None:
        self._head[_UP] = 1

    @property
    def in_hand(self) -> int:
        """Readings that wait or go on there, for the others to compare."""
        return self._head[_IN_HAND]

    @in_hand.setter
    def in_hand(self, value: int) -> None:
        self._head[_IN_HAND] = value

    def take(self) -> None:
        """Makes this process the owner, who counts on from what is there."""
        self._head[_PID], self._head[_BORN] = os.getpid(), born(os.getpid()) or 0
        self._head[_CLAIMS] += 1
        self._head[_UP] = self._head[_IN_HAND] = 0
        for key, values in self.read():
            self._places[key] = self._used
            self._used += len(values)

    def add(self, key: Key, amount: float, *, size: int = 1, at: int = 0) -> None:
        """Adds to one of the `size` values of a series. The caller holds `lock`."""
        place = self._places.get(key)
        if place is None:
            place = self._append(key, size)
        if place >= 0:
            self._values[place + at] += amount

    def put(self, key: Key, value: float) -> None:
        """Sets a series of one value. The caller holds `lock`."""
        place = self._places.get(key)
        if place is None:
            place = self._append(key, 1)
        if place >= 0:
            self._values[place] = value

    def read(self) -> list[tuple[Key, list[float]]]:
        """Every series with its values."""
        content = bytes(self._names[: self._head[_KEYS_USED]]).decode()
        found: list[tuple[Key, list[float]]] = []
        place = 0
        for line in content.splitlines():
            size, *key = line.split("\t")
            found.append((tuple(key), list(self._values[place : place + int(size)])))
            place += int(size)
        return found

    def _append(self, key: Key, size: int) -> int:
        line = ("\t".join((str(size), *key)) + "\n").encode()
        used = self._head[_KEYS_USED]
        if used + len(line) > _KEY_BYTES or self._used + size > _VALUES:
            self._places[key] = -1  # full: what is new is not counted, what is known still is
            return -1
        self._names[used : used + len(line)] = line
        self._head[_KEYS_USED] = used + len(line)  # last, so that a reader sees whole lines
        self._places[key] = self._used
        self._used += size
        return self._places[key]


def create(slots: int) -> str:
    """Makes memory for that many workers, kept as long as this process lives, and returns its path; "" if it cannot."""
    size = _HEAD_BYTES + _RATE_BYTES + slots * _SLOT_BYTES
    try:
        if sys.platform == "linux":
            number = os.memfd_create("inkling")
            os.truncate(number, size)
            path = f"/proc/{os.getpid()}/fd/{number}"
        else:
            import atexit

            number, path = tempfile.mkstemp(prefix="inkling-")
            os.truncate(path, size)
            os.close(number)
            atexit.register(Path(path).unlink, missing_ok=True)
        attach(path)  # lays it out
    except OSError:
        return ""
    return path


def attach(path: str) -> Memory:
    """The memory at that path; one of this process's own for "" or when it cannot be opened."""
    if path and sys.platform != "win32":
        try:
            number = os.open(path, os.O_RDWR)  # kept open: its lock orders the claims
            return Memory(mmap.mmap(number, 0), number)
        except (OSError, ValueError):
            pass
    return Memory(mmap.mmap(-1, _HEAD_BYTES + _RATE_BYTES + _SLOT_BYTES), None)


def born(pid: int) -> int | None:
    """When the process began, in its system's ticks, to tell it from a later one of the same id; None if it is gone.

    Where the system does not tell (no /proc), 1 for every process that is there.
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
