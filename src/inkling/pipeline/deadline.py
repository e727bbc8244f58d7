"""A deadline for reading a picture. It is checked between the stages and in their loops.

A thread cannot be stopped from outside. Instead, `decode_limits` and the size of the decoded image limit the time of a
single call to a decoder or to OpenCV, so the next check follows soon.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from inkling.errors import DeadlineExceeded

READING_S = 5.0  # per picture in batch runs, and the service's default; a page of 1,000 cells takes a third of it
MIN_CPU_SHARE = 0.25  # of the limit; a reading that used less CPU time was delayed by other work, and continues


@dataclass(frozen=True)
class _Deadline:
    limit_s: float
    until_s: float  # time.monotonic()
    cpu_s: float  # time.thread_time() at the start


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(limit_s: float) -> Iterator[None]:
    """Set a deadline of `limit_s` seconds for `check_deadline` calls in this block; 0 for none."""
    start = _Deadline(limit_s, time.monotonic() + limit_s, time.thread_time()) if limit_s else None
    token = _current.set(start)
    try:
        yield
    finally:
        _current.reset(token)


def check_deadline() -> None:
    """Raise DeadlineExceeded after the deadline, unless this thread got little CPU time because the machine was busy.

    It takes a tenth of a microsecond, so any loop may call it.
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
