"""The bodies of requests for a reading come in: whole or refused, in bounded number, memory and time.

They wait here and not in the places of `admission.py`, so that slow uploads do not keep others from being read.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inkling.errors import BadRequest, Overloaded
from inkling.server.middleware.lingering_close import LINE, SMALL_BYTES, length_of
from inkling.server.middleware.rate_limit import client_of

if TYPE_CHECKING:
    from inkling.server.middleware.slow_uploads import Hangup
    from inkling.server.settings import Settings

ARRIVING = 128  # bodies of a worker on their way at once: threads, which cost little where they are not needed ..
OF_ONE = 16  # .. of one client
MOST_LARGE = 4  # of the largest bodies may be in memory, on their way or in hand; small ones count for nothing


class Arrivals:
    """The bodies of one worker."""

    def __init__(self, settings: Settings, hangup: Hangup) -> None:
        self._most_bytes = settings.max_upload_bytes
        self._free_bytes = MOST_LARGE * settings.max_upload_bytes
        self._proxies = settings.trusted_proxies
        self._hangup = hangup
        self._lock = threading.Lock()
        self.arriving = 0
        self._of: Counter[str] = Counter()  # those of each client

    @contextmanager
    def held(self, environ: dict[str, Any]) -> Iterator[None]:
        """Takes a request's body off the line; it then is `wsgi.input`, in memory, until the end of the block.

        Of a body without a length it takes a byte more than is allowed, so that Flask sees it. Raises Overloaded
        where there is no room, and BadRequest where the client left, or fell silent, within it.
        """
        length = length_of(environ)
        if not _has_body(environ, length):
            yield
            return
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        price = _price(self._most_bytes if chunked else length)
        client = client_of(environ, self._proxies)
        self._enter(client, price)
        content = b""
        try:
            content = self._taken(environ, self._most_bytes + 1 if chunked else length)
        finally:
            self._leave(client, price - _price(len(content)))
        try:
            if len(content) < length:
                raise BadRequest(
                    f"request's body ended after {len(content)} of {length} bytes; expected all of them. Send it again."
                )
            environ[LINE], environ["wsgi.input"] = environ["wsgi.input"], io.BytesIO(content)
            yield
        finally:
            self._free(_price(len(content)))

    def _enter(self, client: str, price: int) -> None:
        with self._lock:
            if self.arriving >= ARRIVING or self._of[client] >= OF_ONE or self._free_bytes < price:
                raise Overloaded("too many uploads are on their way; expected fewer at once. Try again in a moment.")
            self.arriving += 1
            self._of[client] += 1
            self._free_bytes -= price

    def _leave(self, client: str, unused_bytes: int) -> None:
        self._free(unused_bytes)
        with self._lock:
            self.arriving -= 1
            self._of[client] -= 1
            if not self._of[client]:
                del self._of[client]

    def _free(self, n_bytes: int) -> None:
        if n_bytes:
            with self._lock:
                self._free_bytes += n_bytes

    def _taken(self, environ: dict[str, Any], most_bytes: int) -> bytes:
        stream, parts, left = environ["wsgi.input"], [], most_bytes
        with self._hangup.waiting():
            while left > 0:
                part = stream.read(left)
                if not part:
                    break
                parts.append(part)
                left -= len(part)
        return b"".join(parts)


def _price(n_bytes: int) -> int:
    """What a body takes of the memory for large ones."""
    return n_bytes if n_bytes > SMALL_BYTES else 0


def _has_body(environ: dict[str, Any], length: int) -> bool:
    return length > 0 or ("HTTP_TRANSFER_ENCODING" in environ and bool(environ.get("wsgi.input_terminated")))
