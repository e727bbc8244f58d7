"""The last resort against a reading that does not end: its worker is replaced.

Every step of the road is bounded, so that the slowest pictures known take some 2 s on one core; nothing can stop a
thread inside a decoder that hangs all the same. With `watchdog_s` set, a worker with a reading older than that ends
itself. What else it has in hand is lost, so set it well above what a reading takes under full load.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h
LOOK_S = 0.25


class Watchdog:
    """Watches the readings of this worker. `limit_s` 0 watches nothing."""

    def __init__(self, limit_s: float, end: Callable[[int], object] = os._exit) -> None:
        self._limit_s = limit_s
        self._end = end
        self._began_s: dict[object, float] = {}
        self._lock = threading.Lock()
        if limit_s:
            threading.Thread(target=self._watch, name="inkling-watchdog", daemon=True).start()

    def began(self, reading: object) -> None:
        with self._lock:
            self._began_s[reading] = time.monotonic()

    def ended(self, reading: object) -> None:
        with self._lock:
            self._began_s.pop(reading, None)

    def _watch(self) -> None:
        while True:
            time.sleep(min(LOOK_S, self._limit_s / 4))
            with self._lock:
                oldest_s = min(self._began_s.values(), default=None)
            if oldest_s is not None and time.monotonic() - oldest_s > self._limit_s:
                logging.getLogger(__name__).error("a reading took more than %g s; this worker ends", self._limit_s)
                self._end(EXIT_STATUS)
                return
