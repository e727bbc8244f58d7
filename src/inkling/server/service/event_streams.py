"""The format of server-sent events, and the limit on streams.

Each stream occupies one of the worker's threads, so the number of streams is limited, and each ends after
MAX_STREAM_S. Browsers then reconnect automatically.
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
        """Reserve a place for a stream, and return the function that releases it. Raises Overloaded if none is free."""
        if not self._free.acquire(blocking=False):
            raise Overloaded(
                f"{self._limit} clients already follow events, the limit of this worker. Poll the state instead, or "
                "try again later."
            )
        places = [self._free]

        def release() -> None:  # releases once, even if the response is closed several times
            if places:
                places.pop().release()

        return release


def event(kind: str, data: str, event_id: str = "") -> str:
    """One event as text. `data` must not contain line breaks."""
    return (f"id: {event_id}\n" if event_id else "") + f"event: {kind}\ndata: {data}\n\n"
