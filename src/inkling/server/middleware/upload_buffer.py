"""The upload buffer: it reads the bodies of readings into memory, in bounded number, size and time.

Bodies wait here and not in the slots of `admission.py`, so that slow uploads do not block other readings.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inkling.errors import BadRequest, Overloaded
from inkling.server.middleware.lingering_close import ORIGINAL_INPUT, SMALL_BYTES, content_length
from inkling.server.middleware.rate_limit import client_address
from inkling.server.middleware.slow_uploads import SlowUploadGuard
from inkling.server.settings import Settings

MAX_UPLOADS = 128  # bodies that a worker receives at once: threads, which cost little while they wait ..
MAX_UPLOADS_PER_CLIENT = 16
MAX_LARGE_BODIES = 4  # of the largest bodies may be in memory at once; small ones do not count


class UploadBuffer:
    """The bodies of one worker."""

    def __init__(self, settings: Settings, guard: SlowUploadGuard) -> None:
        self._max_bytes = settings.max_upload_bytes
        self._free_bytes = MAX_LARGE_BODIES * settings.max_upload_bytes
        self._proxies = settings.trusted_proxies
        self._guard = guard
        self._lock = threading.Lock()
        self.active = 0
        self._by_client: Counter[str] = Counter()

    @contextmanager
    def buffered(self, environ: dict[str, Any]) -> Iterator[None]:
        """Read a request's body into memory. It is `wsgi.input` until the end of the block.

        Of a body without a length, one byte more than the limit is read, so that Flask refuses it. Raises Overloaded
        where there is no room, and BadRequest where the body ends early.
        """
        length = content_length(environ)
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        if not length and not (chunked and environ.get("wsgi.input_terminated")):
            yield
            return
        reserved = _counted(self._max_bytes if chunked else length)
        client = client_address(environ, self._proxies)
        self._enter(client, reserved)
        content = b""
        try:
            content = self._receive(environ, self._max_bytes + 1 if chunked else length)
        finally:
            self._leave(client, reserved - _counted(len(content)))
        try:
            if len(content) < length:
                raise BadRequest(
                    f"request's body ended after {len(content)} of {length} bytes; expected all of them. Send it again."
                )
            environ[ORIGINAL_INPUT], environ["wsgi.input"] = environ["wsgi.input"], io.BytesIO(content)
            yield
        finally:
            with self._lock:
                self._free_bytes += _counted(len(content))

    def _enter(self, client: str, reserved: int) -> None:
        with self._lock:
            full = self.active >= MAX_UPLOADS or self._by_client[client] >= MAX_UPLOADS_PER_CLIENT
            if full or self._free_bytes < reserved:
                raise Overloaded("too many uploads are in progress; expected fewer at once. Try again in a moment.")
            self.active += 1
            self._by_client[client] += 1
            self._free_bytes -= reserved

    def _leave(self, client: str, unused_bytes: int) -> None:
        with self._lock:
            self._free_bytes += unused_bytes
            self.active -= 1
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]

    def _receive(self, environ: dict[str, Any], max_bytes: int) -> bytes:
        stream, parts, left = environ["wsgi.input"], [], max_bytes
        with self._guard.watch():
            while left > 0:
                part = stream.read(left)
                if not part:
                    break
                parts.append(part)
                left -= len(part)
        return b"".join(parts)


def _counted(n_bytes: int) -> int:
    """How much of the memory for large bodies a body takes."""
    return n_bytes if n_bytes > SMALL_BYTES else 0
