"""A deadline for a reading: the stages check it between them and in their loops, so a costly picture ends.

Nothing stops a thread from outside. What one call of a decoder or of OpenCV may take is bounded instead, by
`decode_limits` and by the size of the decoded image, and so the next check is never far.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from inkling.errors import DeadlineExceeded

READING_S = 5.0  # of one picture in runs over many, and by default in the service: pages of 1,000 cells take a third
MIN_CPU_SHARE = 0.25  # of the limit: a reading that used less is not to blame for the time it took, and goes on


@dataclass(frozen=True)
class _Deadline:
    limit_s: float
    until_s: float  # time.monotonic()
    cpu_s: float  # time.thread_time() at the start


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(limit_s: float) -> Iterator[None]:
    """Let `check_deadline` end what this block does once it has taken `limit_s` seconds; 0 for no limit."""
    start = _Deadline(limit_s, time.monotonic() + limit_s, time.thread_time()) if limit_s else None
    token = _current.set(start)
    try:
        yield
    finally:
        _current.reset(token)


def check_deadline() -> None:
    """Raise DeadlineExceeded past the deadline, unless other work of the machine left this thread no time.

    It costs a tenth of a microsecond, so it may stand in any loop.
    """
    current = _current.get()
    if current is None or time.monotonic() < current.until_s:
        return
    if time.thread_time() - current.cpu_s < MIN_CPU_SHARE * current.limit_s:
        return
    raise DeadlineExceeded(
        f"picture takes more than {current.limit_s:g} s to read; expected one with fewer pixels and marks. Send a "
        "smaller picture, or the part with the number."
    )
