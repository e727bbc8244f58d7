"""Turns at reading, given in the order in which they were asked for.

A semaphore of the standard library lets a newcomer pass those who wait, whose threads have yet to wake; under load some
would wait many times as long as others.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """So many at once; the others wait in a row."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._row: deque[threading.Lock] = deque()  # a locked lock for each who waits; unlocked, it is their turn
        self._lock = threading.Lock()

    def take(self, max_wait_s: float) -> bool:
        """A turn, or False when it has not come after that time."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()
            self._row.append(mine)
        if mine.acquire(timeout=max_wait_s):
            return True
        with self._lock:
            if mine in self._row:
                self._row.remove(mine)
                return False
        return True  # it came at the last moment

    def give(self) -> None:
        """Ends a turn: the next in the row has it."""
        with self._lock:
            if self._row:
                self._row.popleft().release()
            else:
                self._free += 1
