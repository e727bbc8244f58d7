"""Hangs up on whoever lets a request wait for its body.

A server of threads reads a body by waiting for it, and nothing ends such a wait from outside: Granian has no time
limit for bodies and does not say which connection a request came on. But the kernel says of every connection how many
bytes came and went (tcp(7), TCP_INFO). So while some request has waited for long, a connection on which next to nothing
comes and nothing goes is closed for reading: whoever waits for it gets what there is, and answers.

Only Linux tells so much; elsewhere nothing is done.
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

PATIENCE_S = 30.0  # longer than an answer takes once the body is there, so that none is cut that is being worked on
LEAST_BYTES_S = 1000  # what comes more slowly than this, over PATIENCE_S, is not waited for
LOOKS = 6  # at the connections, in PATIENCE_S
DESPERATE = 3  # times PATIENCE_S: after such a wait idle connections go too, for one of them is waited for
_OPEN = "/proc/self/fd"
_ESTABLISHED = 1
_INFO = struct.Struct("=B43xI4xI64xQQ")  # of struct tcp_info: state, last_data_sent, .._recv, bytes_acked, .._received


class _Line(NamedTuple):
    """A connection at one time."""

    at_s: float
    sent: int  # bytes, in all
    came: int
    asks: bool  # whether something came after all that was sent: a request without its answer


class Hangup:
    """Watches the connections of one worker. `waiting` stands around each wait for a body."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._waits: dict[object, float] = {}  # when each began
        if sys.platform == "linux":
            threading.Thread(target=self._watch, name="inkling-hangup", daemon=True).start()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A wait for a client's bytes: it ends, at the latest, some PATIENCE_S after they have ceased to come."""
        mine = object()
        self._waits[mine] = time.monotonic()
        try:
            yield
        finally:
            del self._waits[mine]

    def _watch(self) -> None:
        pause_s = self._patience_s / LOOKS
        known: dict[tuple[int, int], _Line] = {}
        never = threading.Event()
        while not never.wait(pause_s):
            now_s = time.monotonic()
            waited_s = now_s - min([*self._waits.values()], default=now_s)
            known = self._look(known, waited_s) if waited_s >= pause_s else {}

    def _look(self, known: dict[tuple[int, int], _Line], waited_s: float) -> dict[tuple[int, int], _Line]:
        """Hangs up where it is time to. `known`, and returned: the silent connections, each when it fell silent."""
        silent = {}
        for name in os.listdir(_OPEN):
            with suppress(OSError):
                number = int(name)
                line = _line(number)
                if not line.came or not (line.asks or waited_s > DESPERATE * self._patience_s):
                    continue
                key = number, os.fstat(number).st_ino
                first = known.get(key, line)
                took_s = line.at_s - first.at_s
                if line.sent > first.sent or line.came - first.came > LEAST_BYTES_S * max(took_s, self._patience_s):
                    first = line
                elif took_s >= self._patience_s:
                    _close(number)
                silent[key] = first
        return silent


def _line(number: int) -> _Line:
    """What the kernel knows of a connection, by its file descriptor. Raises OSError for anything else."""
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        raise OSError
    with socket.socket(fileno=os.dup(number)) as copy:
        info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    if len(info) < _INFO.size or info[0] != _ESTABLISHED:
        raise OSError
    _, since_sent_ms, since_came_ms, sent, came = _INFO.unpack(info)
    return _Line(time.monotonic(), sent, came, asks=since_came_ms <= since_sent_ms)


def _close(number: int) -> None:
    with socket.socket(fileno=os.dup(number)) as copy:
        copy.shutdown(socket.SHUT_RD)
