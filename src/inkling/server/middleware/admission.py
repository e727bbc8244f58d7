"""How many requests for a reading a worker takes into hand at once; the next is refused in microseconds.

Without a bound they would queue for a thread, and every one of them would wait longer than its client does. The bound
is small: each takes its turn within a few readings' time, and whoever is refused asks another worker at once.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from inkling.errors import Overloaded
from inkling.server.middleware.upload_buffer import ARRIVING

if TYPE_CHECKING:
    from inkling.server.metrics.definitions import Metrics
    from inkling.server.metrics.shared_memory import Memory, Slot
    from inkling.server.settings import Settings

CROWD, CROWD_GAP = 3, 2  # so many in hand, and so many more than at another worker, are worth a new connection
CROWD_SHARE = 4  # to one in so many
LOOK_S = 1.0  # between two looks at who the other workers are
SPARE_THREADS = 12  # for refusals, pages, health and the lab's streams while all else is taken


def places(settings: Settings) -> int:
    """Requests for a reading in hand at once: those that read and those that wait."""
    return settings.turns + settings.max_waiting


def threads(settings: Settings) -> int:
    """Threads that a worker needs so that a refusal never waits behind a reading, nor behind a slow upload."""
    return max(settings.threads, ARRIVING + places(settings) + SPARE_THREADS)


class Admission:
    """The places of one worker."""

    def __init__(self, settings: Settings, memory: Memory, metrics: Metrics) -> None:
        self.most = places(settings)
        self._in_hand = 0
        self._lock = threading.Lock()
        self._slot = metrics.slot
        self._memory = memory
        self._others: list[Slot] = []
        self._looked_s = 0.0
        self._crowded = 0
        metrics.set("inkling_in_hand_limit", self.most, metrics.worker)

    def check(self) -> None:
        """Raises Overloaded if no place is free."""
        if self._in_hand >= self.most:
            raise Overloaded(
                f"{self.most} requests are in hand, as many as this worker takes on at once. Try again in a moment."
            )

    def enter(self) -> None:
        """Takes a place. Raises Overloaded if none is free."""
        with self._lock:
            self.check()
            self._in_hand += 1
            self._slot.in_hand = self._in_hand

    def leave(self) -> None:
        with self._lock:
            self._in_hand -= 1
            self._slot.in_hand = self._in_hand

    def is_crowded(self) -> bool:
        """Whether this connection had better be another worker's; true for some only, so that not all move at once.

        The kernel gives a connection to whichever worker is the first to accept, and there it stays: eight of eight
        may have the same one. Those whose answer says `Connection: close` come again, and may find another.
        """
        if self._in_hand < CROWD:
            return False
        now_s = time.monotonic()
        if now_s - self._looked_s > LOOK_S:
            self._looked_s, self._others = now_s, self._memory.others(self._slot)
        if not any(slot.in_hand <= self._in_hand - CROWD_GAP for slot in self._others):
            return False
        self._crowded += 1
        return self._crowded % CROWD_SHARE == 0


def is_reading(method: str, path: str) -> bool:
    """Whether a request asks for work on a picture; the page's form without JavaScript does too."""
    return method == "POST" and (path == "/" or (path.startswith("/api/v1/") and not path.startswith("/api/v1/lab/")))
