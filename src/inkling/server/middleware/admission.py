"""Admission control: how many readings a worker accepts at once. It refuses the next within microseconds.

Without a limit requests would queue for a thread, and each would wait longer than its client does. The limit is small:
an admitted request starts within the time of a few readings, and a refused client can ask another worker at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from inkling.errors import Overloaded
from inkling.server.metrics.definitions import Metrics
from inkling.server.metrics.shared_memory import SharedMemory, WorkerCounters
from inkling.server.middleware.upload_buffer import MAX_UPLOADS
from inkling.server.settings import Settings

REBALANCE_FROM = 3  # requests in flight from which a worker moves connections to another ..
REBALANCE_GAP = 2  # .. that has so many fewer ..
REBALANCE_EVERY = 4  # .. by closing one connection in so many
REFRESH_S = 1.0  # between two searches for the other workers
SPARE_THREADS = 12  # for refusals, pages, health and the lab's streams while all others are busy


def max_in_flight(settings: Settings) -> int:
    """Readings in flight at once: those that run and those that wait."""
    return settings.max_concurrent_readings + settings.max_waiting


def threads(settings: Settings) -> int:
    """Threads that a worker needs, so that a refusal never waits for a reading or a slow upload."""
    return max(settings.threads, MAX_UPLOADS + max_in_flight(settings) + SPARE_THREADS)


class AdmissionControl:
    """Counts and limits the readings of one worker."""

    def __init__(self, settings: Settings, memory: SharedMemory, metrics: Metrics) -> None:
        self._limit = max_in_flight(settings)
        self._in_flight = 0
        self._lock = threading.Lock()
        self._counters = metrics.counters
        self._memory = memory
        self._other_workers: list[WorkerCounters] = []
        self._refreshed_s = 0.0
        self._uneven = 0
        metrics.set("inkling_in_hand_limit", self._limit, metrics.worker)

    def check(self) -> None:
        """Raises Overloaded when the worker is full."""
        if self._in_flight >= self._limit:
            raise Overloaded(
                f"{self._limit} requests are in progress, as many as this worker accepts. Try again in a moment."
            )

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Count a reading as in flight for the length of the block. Raises Overloaded when the worker is full."""
        with self._lock:
            self.check()
            self._in_flight += 1
            self._counters.in_flight = self._in_flight
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
                self._counters.in_flight = self._in_flight

    def should_rebalance(self) -> bool:
        """Whether to close this connection, so that the client's next one may reach a less busy worker.

        The kernel gives a connection to whichever worker accepts first, and there it stays: all connections may end
        up at the same worker. It is True for some requests only, so that not all clients move at once.
        """
        if self._in_flight < REBALANCE_FROM:
            return False
        now_s = time.monotonic()
        if now_s - self._refreshed_s > REFRESH_S:
            self._refreshed_s, self._other_workers = now_s, self._memory.others(self._counters)
        if not any(worker.in_flight <= self._in_flight - REBALANCE_GAP for worker in self._other_workers):
            return False
        self._uneven += 1
        return self._uneven % REBALANCE_EVERY == 0


def is_reading(method: str, path: str) -> bool:
    """Whether a request asks for work on an image. The page's form for browsers without JavaScript does too."""
    return method == "POST" and (path == "/" or (path.startswith("/api/v1/") and not path.startswith("/api/v1/lab/")))
