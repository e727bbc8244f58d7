"""What is left of a refused body is taken off the line.

A client that writes its whole body before it reads the answer would see a broken connection instead of the sentence
that refuses it. So the rest is taken and thrown away, within bounds, as nginx's lingering close does.
"""

from __future__ import annotations

import threading
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inkling.server.middleware.slow_uploads import Hangup

LINE = "inkling.line"  # in the environ: the stream from which `wsgi.input` was taken into memory
CHUNK_BYTES = 65_536
SMALL_BYTES = 65_536
DRAIN_S = 2.0  # what comes after that time is not waited for
LINGERERS = 4  # threads that may be at it at once


class Lingering:
    """Takes the rest of refused bodies off the line, of a few at once."""

    def __init__(self, hangup: Hangup) -> None:
        self.hangup = hangup
        self._free = threading.BoundedSemaphore(LINGERERS)

    def drain(self, environ: dict[str, Any], most_bytes: int) -> None:
        """Throws away what is left of a request's body, up to those bytes and DRAIN_S, where that holds up nobody.

        A small body has arrived with its head and the server takes it off the line itself; one that the client keeps
        back until it is asked for (RFC 9110, 10.1.1) is better never sent.
        """
        large = length_of(environ) > SMALL_BYTES or "HTTP_TRANSFER_ENCODING" in environ
        if not large or "HTTP_EXPECT" in environ or not environ.get("wsgi.input_terminated"):
            return  # a server that does not end the stream would wait for bytes that never come
        if not self._free.acquire(blocking=False):
            return
        try:
            with self.hangup.waiting():
                _throw_away(environ.get(LINE, environ["wsgi.input"]), most_bytes, within_s=DRAIN_S)
        finally:
            self._free.release()


def length_of(environ: Mapping[str, Any]) -> int:
    """What a request says of its body's length, bytes; 0 where it says nothing."""
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() and text.isascii() else 0


def _throw_away(stream: IO[bytes], most_bytes: int, *, within_s: float) -> None:
    until = time.monotonic() + within_s
    while most_bytes > 0 and time.monotonic() < until:
        taken = len(stream.read(CHUNK_BYTES))
        if taken == 0:
            return
        most_bytes -= taken
