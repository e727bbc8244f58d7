"""Deadlines of a client's connection: for what is received and sent, in total.

A thread waits for its client while it receives a request or sends an answer. A timeout of the socket would begin anew
with each byte, so a client that sends one now and then would hold the thread.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

HEAD_S = 10.0  # to send a request's head, from its first byte
BODY_S = 30.0  # to send its body: 20 MB at 5 Mbit/s
SEND_S = 30.0  # to take an answer: 300 KB at 80 kbit/s
STREAM_S = 1000.0  # to take events, whose stream ends by itself before
Result = TypeVar("Result")


class ClientSocket(socket.socket):
    """A connection on which receiving and sending end at the deadline, as if the client were gone.

    It is `environ["gunicorn.socket"]` of each request on it.
    """

    _until_s = 0.0  # monotonic

    def wait_at_most(self, seconds: float) -> None:
        """From now on wait for the client for so long, in all."""
        self._until_s = time.monotonic() + seconds
        self.settimeout(seconds)

    def recv(self, *arguments: Any) -> bytes:
        return self._in_time(super().recv, *arguments)

    def sendall(self, *arguments: Any) -> None:
        return self._in_time(super().sendall, *arguments)

    def _in_time(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """The result of a call that waits. Raises ConnectionResetError at the deadline."""
        left_s = self._until_s - time.monotonic()
        try:
            if left_s <= 0:
                raise TimeoutError
            self.settimeout(min(self.gettimeout() or left_s, left_s))  # gunicorn may have set a shorter one
            return call(*arguments)
        except (TimeoutError, BlockingIOError) as error:
            raise ConnectionResetError(errno.ECONNRESET, "the client took too long") from error
