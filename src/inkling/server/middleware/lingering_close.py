"""Lingering close: read and discard the rest of a refused body.

A client that writes its whole body before it reads the answer would otherwise see a broken connection instead of the
error. The amount and the time are bounded, as in nginx's `lingering_close`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inkling.server.middleware.slow_uploads import SlowUploadGuard

if TYPE_CHECKING:
    from flask import Flask, Response

ORIGINAL_INPUT = "inkling.original_input"  # in the environ: the stream that was read into memory as `wsgi.input`
CHUNK_BYTES = 65_536
SMALL_BYTES = 65_536
DRAIN_S = 2.0  # most time spent on one body
MAX_CONCURRENT = 4  # threads that may drain at once
FLASK_DRAIN_LIMITS = 3  # times `max_upload_bytes` that are discarded after Flask has answered


class LingeringClose:
    """Discards the rest of refused bodies, a few at a time."""

    def __init__(self, guard: SlowUploadGuard) -> None:
        self.guard = guard
        self._free = threading.BoundedSemaphore(MAX_CONCURRENT)

    def add_to(self, app: Flask) -> None:
        """Drain every body that Flask refused or did not ask for, such as that of an OPTIONS request."""
        from flask import request

        @app.after_request
        def drain_rest(response: Response) -> Response:
            if response.status_code >= 400 or request.method in ("GET", "HEAD", "OPTIONS"):
                self.drain(request.environ, app.config["MAX_CONTENT_LENGTH"] * FLASK_DRAIN_LIMITS)
            return response

    def drain(self, environ: dict[str, Any], max_bytes: int) -> None:
        """Discard what is left of a request's body, up to `max_bytes` and DRAIN_S, unless too many threads do so.

        A small body has arrived with its head, and the server removes it itself. One that the client holds back until
        it is asked for (RFC 9110, 10.1.1) is better never sent.
        """
        large = content_length(environ) > SMALL_BYTES or "HTTP_TRANSFER_ENCODING" in environ
        if not large or "HTTP_EXPECT" in environ or not environ.get("wsgi.input_terminated"):
            return  # a server that does not end the stream would wait for bytes that never come
        if not self._free.acquire(blocking=False):
            return
        try:
            with self.guard.watch():
                stream = environ.get(ORIGINAL_INPUT, environ["wsgi.input"])
                until_s = time.monotonic() + DRAIN_S
                while max_bytes > 0 and time.monotonic() < until_s:
                    n_bytes = len(stream.read(CHUNK_BYTES))
                    if not n_bytes:
                        return
                    max_bytes -= n_bytes
        finally:
            self._free.release()


def content_length(environ: Mapping[str, Any]) -> int:
    """The request's Content-Length, bytes; 0 where it is missing or no number."""
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() and text.isascii() else 0
