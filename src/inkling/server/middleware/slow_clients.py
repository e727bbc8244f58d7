"""Limits the time and memory that a client can hold.

- A thread waits for its client while it receives a request or sends a response. A socket timeout restarts with each
  byte, so a client that occasionally sends a byte could hold the thread; `ClientSocket` has a deadline for the whole
  transfer.
- Bodies are received into memory, and the received bytes are counted per client. Werkzeug limits the size. A body is
  received before its reading takes a place, so that slow uploads do not block other readings.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected

from inkling.errors import BadRequest, ImageTooLarge, Overloaded

if TYPE_CHECKING:
    from flask import Request
try:
    from gunicorn.http.errors import ParseException
except ImportError:  # on Windows, which uses Werkzeug's server
    ParseException = ClientDisconnected

HEAD_S = 10.0  # to send a request's head, from its first byte
BODY_S = 30.0  # to send its body: 20 MB at 5 Mbit/s
SEND_S = 30.0  # to receive a response: 300 KB at 80 kbit/s
STREAM_S = 1000.0  # to receive events; longer than MAX_STREAM_S, after which a stream ends
MAX_LARGE_BODIES = 4  # maximum bytes of all bodies in memory, in units of the largest allowed body
MAX_LARGE_BODIES_PER_CLIENT = 2
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ClientSocket(socket.socket):
    """A connection on which receiving and sending fail at the deadline, as if the client had disconnected.

    Requests have it as `environ["gunicorn.socket"]`.
    """

    _until_s = 0.0  # monotonic

    def wait_at_most(self, seconds: float) -> None:
        """Set the deadline: wait at most `seconds` in total from now on."""
        self._until_s = time.monotonic() + seconds
        self.settimeout(seconds)

    def recv(self, *arguments: Any) -> Any:
        return self._in_time(super().recv, *arguments)

    def sendall(self, *arguments: Any) -> None:
        self._in_time(super().sendall, *arguments)

    def _in_time(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a blocking call. Raises ConnectionResetError at the deadline."""
        left_s = self._until_s - time.monotonic()
        try:
            if left_s <= 0:
                raise TimeoutError
            self.settimeout(min(self.gettimeout() or left_s, left_s))  # gunicorn may have set a shorter timeout
            return call(*arguments)
        except (TimeoutError, BlockingIOError) as error:
            raise ConnectionResetError(errno.ECONNRESET, "the client took too long") from error


class Bodies:
    """The bodies that one worker receives. `max_upload_bytes`: size of the largest allowed body."""

    def __init__(self, max_upload_bytes: int) -> None:
        self._largest = max_upload_bytes
        self._bytes: Counter[str] = Counter()  # bytes in memory, by client
        self._lock = threading.Lock()

    def receive(self, request: Request, client: str, max_bytes: int, held: ExitStack) -> int:
        """Receive a request's body, which `request.get_data()` then returns. Returns its length in bytes.

        The body counts against the client's limit until `held` is closed. Raises ImageTooLarge for more than
        `max_bytes`, Overloaded if there is no room for it, and BadRequest if it ends early, is malformed or takes
        longer than BODY_S.
        """
        stream, environ = request.environ["wsgi.input"], request.environ

        def read(size: int) -> Any:
            piece = stream.read(size)
            self._charge(client, len(piece))
            held.callback(self._charge, client, -len(piece))
            return piece

        environ["wsgi.input"] = SimpleNamespace(read=read)
        request.max_content_length = max_bytes + 1  # Werkzeug truncates chunked bodies without an error
        n_bytes = request.content_length or 0
        try:
            if n_bytes <= max_bytes:
                if connection := environ.get("gunicorn.socket"):
                    connection.wait_at_most(BODY_S)
                    if "HTTP_EXPECT" in environ and environ["SERVER_PROTOCOL"] != "HTTP/1.0":
                        connection.sendall(CONTINUE)
                n_bytes = len(request.get_data())
                if n_bytes < (request.content_length or 0):
                    raise ClientDisconnected
        except (ClientDisconnected, ParseException, ConnectionError) as error:
            raise BadRequest(
                f"request body cannot be read ({type(error).__name__}); expected it within {BODY_S:g} s. Send it again."
            ) from error
        if n_bytes > max_bytes:
            raise ImageTooLarge(
                f"request is larger than the limit of {max_bytes / 1e6:.3g} MB. Send a smaller picture, or fewer."
            )
        return n_bytes

    def _charge(self, client: str, n_bytes: int) -> None:
        with self._lock:
            together, own = self._bytes.total() + n_bytes, self._bytes[client] + n_bytes
            full = together > MAX_LARGE_BODIES * self._largest or own > MAX_LARGE_BODIES_PER_CLIENT * self._largest
            if full and n_bytes > 0:
                raise Overloaded("too many uploads are in progress; expected fewer. Try again in a moment.")
            self._bytes += Counter({client: n_bytes})  # drops a client that has no bytes left
