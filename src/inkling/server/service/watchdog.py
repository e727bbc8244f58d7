"""The watchdog: the last resort against a reading that does not end. It ends the worker, which is then replaced.

Every step of the pipeline is bounded, and the slowest images known take some 2 s on one core. But nothing can stop a
thread that hangs in a decoder. With `watchdog_s` set, a worker with an older reading ends itself. Its other requests
are lost, so set `watchdog_s` well above what a reading takes under full load.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h
CHECK_S = 0.25


class Watchdog:
    """Watches the readings of this worker. `limit_s` 0 turns it off."""

    def __init__(self, limit_s: float, end: Callable[[int], object] = os._exit) -> None:
        self._limit_s = limit_s
        self._end = end
        self._started_s: dict[object, float] = {}
        self._lock = threading.Lock()
        if limit_s:
            threading.Thread(target=self._run, name="inkling-watchdog", daemon=True).start()

    def started(self, reading: object) -> None:
        with self._lock:
            self._started_s[reading] = time.monotonic()

    def finished(self, reading: object) -> None:
        with self._lock:
            self._started_s.pop(reading, None)

    def _run(self) -> None:
        while True:
            time.sleep(min(CHECK_S, self._limit_s / 4))
            with self._lock:
                oldest_s = min(self._started_s.values(), default=None)
            if oldest_s is not None and time.monotonic() - oldest_s > self._limit_s:
                logging.getLogger(__name__).error("a reading took more than %g s; this worker ends", self._limit_s)
                self._end(EXIT_STATUS)
                return
