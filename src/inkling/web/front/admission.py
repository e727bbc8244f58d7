"""How many requests for a reading a worker takes into hand at once; the next is refused in microseconds.

Without a bound they would queue for a thread, and every one of them would wait longer than its client does. The bound
is small: each takes its turn within a few readings' time, and whoever is refused asks another worker at once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inkling.web.settings import Settings
    from inkling.web.watch.metrics import Metrics

SPARE_THREADS = 12  # for refusals, pages, health and the lab's streams while all places are taken


def places(settings: Settings) -> int:
    """Requests for a reading in hand at once: those that read and those that wait."""
    return settings.max_reading + settings.max_waiting


def threads(settings: Settings) -> int:
    """Threads that a worker needs so that a refusal never waits behind a reading."""
    return max(settings.threads, places(settings) + SPARE_THREADS)


class Admission:
    """The places of one worker."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.most = places(settings)
        self._in_hand = 0
        self._lock = threading.Lock()
        self._metrics = metrics
        metrics.set("inkling_in_hand_limit", self.most, metrics.worker)
        metrics.set("inkling_in_hand", 0, metrics.worker)

    def enter(self) -> bool:
        """Takes a place if one is free."""
        with self._lock:
            if self._in_hand >= self.most:
                return False
            self._in_hand += 1
            self._metrics.set("inkling_in_hand", self._in_hand, self._metrics.worker)
            return True

    def leave(self) -> None:
        with self._lock:
            self._in_hand -= 1
            self._metrics.set("inkling_in_hand", self._in_hand, self._metrics.worker)


def is_reading(method: str, path: str) -> bool:
    """Whether a request asks for work on a picture."""
    return method == "POST" and path.startswith("/api/v1/") and not path.startswith("/api/v1/lab/")
