"""Deadlines of the connections that this worker's threads wait for.

A thread waits for its client while it receives a request or sends an answer, and nothing ends such a wait from outside.
So one thread of this module shuts a connection down when its time is over: the wait ends at once, and the thread is
free. The time is in total, so a client that sends a byte now and then gains nothing.

The server says which connection a thread serves (`connection`). Without it, as in tests, nothing here does anything.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

HEAD_S = 10.0  # to send a request's head, from its first byte
BODY_S = 30.0  # to send its body: 20 MB at 5 Mbit/s
SEND_S = 30.0  # to take an answer: 300 KB at 80 kbit/s
STREAM_S = 1000.0  # to take events, whose stream ends by itself before
CHECK_S = 0.25  # between two checks


@dataclass
class _Connection:
    """What one thread waits for."""

    client: socket.socket
    until_s: float  # monotonic
    how: int = socket.SHUT_RD  # what ends then
    close: Callable[[], None] | None = None  # the server announces that the connection ends with the answer


_open: dict[int, _Connection] = {}  # by thread
_watching = threading.Lock()


@contextmanager
def connection(client: socket.socket) -> Iterator[None]:
    """This thread serves `client` in the block, which begins with a request's head."""
    thread = threading.get_ident()
    _open[thread] = _Connection(client, time.monotonic() + HEAD_S)
    if _watching.acquire(blocking=False):  # the first of this process
        threading.Thread(target=_watch, name="inkling-deadlines", daemon=True).start()
    try:
        yield
    finally:
        del _open[thread]


def head_received(close: Callable[[], None]) -> None:
    """The request's head has come. `close` makes its answer the connection's last."""
    if served := _open.get(threading.get_ident()):
        served.until_s, served.close = float("inf"), close


def set_deadline(seconds: float = float("inf"), *, sending: bool = False) -> None:
    """From now on this thread waits for its client for so long in all; without a number, as long as it takes.

    Then receiving ends, and an answer can still be sent; with `sending`, both end.
    """
    if served := _open.get(threading.get_ident()):
        served.until_s = time.monotonic() + seconds
        served.how = socket.SHUT_RDWR if sending else socket.SHUT_RD


def close_after_answer() -> None:
    """The connection ends with this answer, because the rest of the request is not read."""
    served = _open.get(threading.get_ident())
    if served and served.close:
        served.close()


def _watch() -> None:
    while True:
        time.sleep(CHECK_S)
        now_s = time.monotonic()
        for served in list(_open.values()):
            if now_s > served.until_s:
                with suppress(OSError):
                    served.client.shutdown(served.how)
