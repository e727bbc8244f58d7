"""The slow-upload guard: it closes the connections of clients that let a request wait for its body.

A server with threads reads a body by waiting for it, and nothing ends such a wait from outside: Granian has no timeout
for bodies and does not say which connection a request came on. But the kernel counts the bytes of every connection
(tcp(7), TCP_INFO). So while some request has waited long, a connection that receives next to nothing and sends
nothing is closed for reading. The waiting request gets what has been received, and is answered.

Only Linux provides these counts. Elsewhere the guard does nothing.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

STALL_TIMEOUT_S = 30.0  # longer than an answer takes once its body is complete, so that none is cut off
MIN_BYTES_PER_S = 1000  # a connection that is slower than this over STALL_TIMEOUT_S is closed
CHECKS_PER_TIMEOUT = 6
IDLE_TIMEOUT_FACTOR = 3  # after so many timeouts, idle connections are closed too: one of them is being waited for
_OPEN_FILES = "/proc/self/fd"
_ESTABLISHED = 1
_INFO = struct.Struct("=B43xI4xI64xQQ")  # of struct tcp_info: state, last_data_sent, .._recv, bytes_acked, .._received


class _Traffic(NamedTuple):
    """What has passed over a connection until one moment."""

    at_s: float
    sent: int  # bytes in all
    received: int  # bytes in all
    unanswered: bool  # whether something was received after the last sent byte


class SlowUploadGuard:
    """Watches the connections of one worker while a block of `watch` waits for a body."""

    def __init__(self, timeout_s: float = STALL_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._waits: dict[object, float] = {}  # when each began
        if sys.platform == "linux":
            threading.Thread(target=self._run, name="inkling-slow-uploads", daemon=True).start()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Wait for a client's bytes in this block. The wait ends some `timeout_s` after they stop coming."""
        key = object()
        self._waits[key] = time.monotonic()
        try:
            yield
        finally:
            del self._waits[key]

    def _run(self) -> None:
        pause_s = self._timeout_s / CHECKS_PER_TIMEOUT
        stalled: dict[tuple[int, int], _Traffic] = {}
        never = threading.Event()
        while not never.wait(pause_s):
            now_s = time.monotonic()
            waited_s = now_s - min([*self._waits.values()], default=now_s)
            stalled = self._check(stalled, waited_s) if waited_s >= pause_s else {}

    def _check(self, stalled: dict[tuple[int, int], _Traffic], waited_s: float) -> dict[tuple[int, int], _Traffic]:
        """Close what has stalled too long. `stalled` and the result: each slow connection, when it became slow."""
        slow = {}
        for name in os.listdir(_OPEN_FILES):
            with suppress(OSError):
                fd = int(name)
                now = _traffic(fd)
                if not now.received or not (now.unanswered or waited_s > IDLE_TIMEOUT_FACTOR * self._timeout_s):
                    continue
                key = fd, os.fstat(fd).st_ino
                first = stalled.get(key, now)
                took_s = now.at_s - first.at_s
                enough = MIN_BYTES_PER_S * max(took_s, self._timeout_s)
                if now.sent > first.sent or now.received - first.received > enough:
                    first = now
                elif took_s >= self._timeout_s:
                    with socket.socket(fileno=os.dup(fd)) as copy:
                        copy.shutdown(socket.SHUT_RD)
                slow[key] = first
        return slow


def _traffic(fd: int) -> _Traffic:
    """What the kernel knows about a connection. Raises OSError for any other file descriptor."""
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        raise OSError
    with socket.socket(fileno=os.dup(fd)) as copy:
        info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    if len(info) < _INFO.size or info[0] != _ESTABLISHED:
        raise OSError
    _, since_sent_ms, since_received_ms, sent, received = _INFO.unpack(info)
    return _Traffic(time.monotonic(), sent, received, unanswered=since_received_ms <= since_sent_ms)
