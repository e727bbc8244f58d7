"""What all server-sent events share: their format, and the limit on streams.

Each stream occupies one of the worker's threads, so there are few, and each ends after a while. A browser reconnects
by itself.
Source: WHATWG, HTML Standard, "Server-sent events".
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from inkling.errors import Overloaded

HEARTBEAT_S = 10.0
MAX_STREAM_S = 900.0
MAX_THREAD_SHARE = 4  # streams occupy at most one in four of a worker's threads


class StreamLimiter:
    """Limits the streams of this worker."""

    def __init__(self, threads: int) -> None:
        self._limit = max(1, threads // MAX_THREAD_SHARE)
        self._free = threading.BoundedSemaphore(self._limit)

    def acquire(self) -> Callable[[], None]:
        """Take a place for a stream, and return the function that gives it back. Raises Overloaded without one."""
        if not self._free.acquire(blocking=False):
            raise Overloaded(
                f"{self._limit} clients already follow trainings, the most that this worker takes on; expected fewer. "
                "Ask for the state from time to time instead, or try again later."
            )
        places = [self._free]

        def release() -> None:  # once, however often the response is closed
            if places:
                places.pop().release()

        return release


def event(kind: str, data: str, event_id: str = "") -> str:
    """One event as text; `data` has no line break."""
    return (f"id: {event_id}\n" if event_id else "") + f"event: {kind}\ndata: {data}\n\n"
