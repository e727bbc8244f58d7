"""A semaphore that serves waiting threads in the order in which they came.

With the standard library's a newcomer may overtake waiting threads, which have yet to wake. Under load some would wait
many times as long as others.
"""

from __future__ import annotations

import threading
from collections import deque


class FairSemaphore:
    """Lets `permits` threads pass at once. The others wait in a queue."""

    def __init__(self, permits: int) -> None:
        self._free = permits
        self._queue: deque[threading.Lock] = deque()  # a locked lock per waiting thread; released to let it pass
        self._lock = threading.Lock()

    def acquire(self, timeout_s: float) -> bool:
        """Whether a permit was acquired within `timeout_s`."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()
            self._queue.append(mine)
        if mine.acquire(timeout=timeout_s):
            return True
        with self._lock:
            if mine in self._queue:
                self._queue.remove(mine)
                return False
        return True  # it came at the last moment

    def release(self) -> None:
        """Give a permit back: the first in the queue gets it."""
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1
