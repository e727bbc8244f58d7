"""Bodies of requests: received into memory, in bounded time, and charged to their client by what has come.

Werkzeug bounds the size. A body is received before its reading takes a place, so that slow uploads do not block other
readings.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

from flask import Request
from werkzeug.exceptions import ClientDisconnected

from inkling.errors import BadRequest, ImageTooLarge, Overloaded
from inkling.server.middleware.deadlines import BODY_S

try:
    from gunicorn.http.errors import ParseException
except ImportError:  # Windows, where Werkzeug's server runs
    ParseException = ClientDisconnected

MAX_LARGE_BODIES = 4  # so many of the largest bodies may be in memory at once ..
MAX_LARGE_BODIES_PER_CLIENT = 2
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Bodies:
    """The bodies of one worker. `max_upload_bytes`: the largest."""

    def __init__(self, max_upload_bytes: int) -> None:
        self._largest = max_upload_bytes
        self._bytes: Counter[str] = Counter()  # in memory, by client
        self._lock = threading.Lock()

    def receive(self, request: Request, client: str, max_bytes: int, held: ExitStack) -> int:
        """Receive a request's body, which `request.get_data()` has from then on. Returns its length in bytes.

        It is charged to the client until `held` is closed. Raises ImageTooLarge for more than `max_bytes`,
        Overloaded where there is no room for it, and BadRequest for one that ends early, is malformed or takes longer
        than BODY_S.
        """
        stream, environ = request.environ["wsgi.input"], request.environ

        def read(size: int) -> Any:
            piece = stream.read(size)
            self._charge(client, len(piece))
            held.callback(self._charge, client, -len(piece))
            return piece

        environ["wsgi.input"] = SimpleNamespace(read=read)
        request.max_content_length = max_bytes + 1  # Werkzeug cuts off what comes in chunks without an error
        try:
            if connection := environ.get("gunicorn.socket"):
                connection.wait_at_most(BODY_S)
                if "HTTP_EXPECT" in environ:
                    connection.sendall(CONTINUE)
            n_bytes = len(request.get_data())
            if n_bytes < (request.content_length or 0):
                raise ClientDisconnected
            if n_bytes > max_bytes:
                raise too_large(max_bytes)
        except (ClientDisconnected, ParseException) as error:
            raise BadRequest(
                f"request's body cannot be received ({type(error).__name__}); expected all that its head announces "
                f"within {BODY_S:g} s. Send it again."
            ) from error
        return n_bytes

    def _charge(self, client: str, n_bytes: int) -> None:
        with self._lock:
            together, own = self._bytes.total() + n_bytes, self._bytes[client] + n_bytes
            full = together > MAX_LARGE_BODIES * self._largest or own > MAX_LARGE_BODIES_PER_CLIENT * self._largest
            if full and n_bytes > 0:
                raise Overloaded("too many uploads are in progress; expected fewer. Try again in a moment.")
            self._bytes[client] = own
            if not own:
                del self._bytes[client]


def too_large(max_bytes: int) -> ImageTooLarge:
    """The error of a body with more than that."""
    return ImageTooLarge(
        f"request is larger than {max_bytes / 1e6:.3g} MB, the limit. Send a smaller picture, or fewer at once."
    )
