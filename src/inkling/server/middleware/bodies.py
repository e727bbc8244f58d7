"""Bodies of requests: received into memory, in bounded number, size and time, and charged by what has come.

A body waits here and not in the places for readings, so that slow uploads do not block other readings.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inkling.errors import BadRequest, ImageTooLarge, Overloaded
from inkling.server.middleware.deadlines import BODY_S, set_deadline

try:
    from gunicorn.http.errors import ParseException
except ImportError:  # Windows, where Werkzeug's server runs
    ParseException = OSError

MAX_RECEIVING = 64  # bodies that a worker receives at once: threads, which cost little while they wait ..
MAX_RECEIVING_PER_CLIENT = 16
MAX_LARGE_BODIES = 4  # so many of the largest bodies may be in memory at once
PIECE_BYTES = 262_144  # received at a time, between two looks at the limits


class Bodies:
    """The bodies of one worker. `max_upload_bytes`: the largest."""

    def __init__(self, max_upload_bytes: int) -> None:
        self._free_bytes = MAX_LARGE_BODIES * max_upload_bytes
        self._lock = threading.Lock()
        self._receiving: Counter[str] = Counter()

    def receive(self, environ: dict[str, Any], client: str, max_bytes: int) -> int:
        """Receive a request's body; it is `wsgi.input` from then on. Returns its length, to `release` later.

        Raises ImageTooLarge for more than `max_bytes`, Overloaded where there is no room for more, and BadRequest for
        a body that ends early, is malformed or takes longer than BODY_S.
        """
        length = declared_length(environ)
        if length == 0:
            return 0
        if length > max_bytes:
            raise too_large(max_bytes)
        content = bytearray()
        try:
            with self._receive_slot(client):
                self._fill(content, environ["wsgi.input"], length, max_bytes)
            if len(content) < length:
                raise BadRequest(
                    f"request's body ended after {len(content)} of {length} bytes; expected all of them within "
                    f"{BODY_S:g} s. Send it again."
                )
        except BaseException:
            self.release(len(content))
            raise
        environ["wsgi.input"] = io.BytesIO(content)
        environ["CONTENT_LENGTH"] = str(len(content))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return len(content)

    def release(self, n_bytes: int) -> None:
        """The bytes of a body are no longer in memory."""
        with self._lock:
            self._free_bytes += n_bytes

    def _fill(self, content: bytearray, stream: Any, length: int, max_bytes: int) -> None:
        """Append to `content` what comes: `length` bytes, or for -1 all of at most `max_bytes`."""
        set_deadline(BODY_S)
        try:
            while len(content) != length:
                left = length - len(content) if length > 0 else PIECE_BYTES
                piece = stream.read(min(left, PIECE_BYTES))
                if not piece:
                    return
                with self._lock:
                    if self._free_bytes < len(piece):
                        raise Overloaded("too many uploads are in progress; expected fewer. Try again in a moment.")
                    self._free_bytes -= len(piece)
                content += piece
                if len(content) > max_bytes:
                    raise too_large(max_bytes)
        except (OSError, ParseException) as error:
            raise BadRequest(
                f"request's body cannot be received ({type(error).__name__}); expected it as its head announces. Send "
                "it again."
            ) from error
        finally:
            set_deadline()

    @contextmanager
    def _receive_slot(self, client: str) -> Iterator[None]:
        with self._lock:
            if self._receiving.total() >= MAX_RECEIVING or self._receiving[client] >= MAX_RECEIVING_PER_CLIENT:
                raise Overloaded("too many uploads are in progress; expected fewer. Try again in a moment.")
            self._receiving[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._receiving[client] -= 1
                if not self._receiving[client]:
                    del self._receiving[client]


def declared_length(environ: dict[str, Any]) -> int:
    """The length of a request's body as its head declares it, bytes; -1 for one in chunks, 0 for none."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return -1 if environ.get("wsgi.input_terminated") else 0
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() and text.isascii() else 0


def too_large(max_bytes: int) -> ImageTooLarge:
    """The error for a body of more bytes."""
    return ImageTooLarge(
        f"request is larger than {max_bytes / 1e6:g} MB, the limit. Send a smaller picture, or fewer at once."
    )
