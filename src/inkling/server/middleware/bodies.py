"""Bodies of requests: received into memory, in bounded size and time, and charged to their client by what has come.

A body is received before its reading takes a place, so that slow uploads do not block other readings.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from typing import Any

from inkling.errors import BadRequest, ImageTooLarge, Overloaded
from inkling.server.middleware.deadlines import BODY_S, set_deadline

try:
    from gunicorn.http.errors import ParseException
except ImportError:  # Windows, where Werkzeug's server runs
    ParseException = OSError

MAX_LARGE_BODIES = 4  # so many of the largest bodies may be in memory at once ..
MAX_LARGE_BODIES_PER_CLIENT = 2
PIECE_BYTES = 262_144  # received at a time, between two looks at the limits


class Bodies:
    """The bodies of one worker. `max_upload_bytes`: the largest."""

    def __init__(self, max_upload_bytes: int) -> None:
        self._max_bytes = MAX_LARGE_BODIES * max_upload_bytes
        self._max_client_bytes = MAX_LARGE_BODIES_PER_CLIENT * max_upload_bytes
        self._bytes: Counter[str] = Counter()  # in memory, by client
        self._lock = threading.Lock()

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
        content = io.BytesIO()
        try:
            self._fill(content, environ["wsgi.input"], client, length, max_bytes)
            if content.tell() < length:
                raise BadRequest(
                    f"request's body ended after {content.tell()} of {length} bytes; expected all of them within "
                    f"{BODY_S:g} s. Send it again."
                )
        except BaseException:
            self.release(client, content.tell())
            raise
        n_bytes = content.tell()
        content.seek(0)
        environ["wsgi.input"] = content
        environ["CONTENT_LENGTH"] = str(n_bytes)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return n_bytes

    def release(self, client: str, n_bytes: int) -> None:
        """The bytes of a client's body are no longer in memory."""
        with self._lock:
            self._bytes[client] -= n_bytes
            if not self._bytes[client]:
                del self._bytes[client]

    def _charge(self, client: str, n_bytes: int) -> None:
        with self._lock:
            together, own = self._bytes.total() + n_bytes, self._bytes[client] + n_bytes
            if together > self._max_bytes or own > self._max_client_bytes:
                raise Overloaded("too many uploads are in progress; expected fewer. Try again in a moment.")
            self._bytes[client] = own

    def _fill(self, content: io.BytesIO, stream: Any, client: str, length: int, max_bytes: int) -> None:
        """Append to `content` what comes: `length` bytes, or for -1 all of at most `max_bytes`."""
        set_deadline(BODY_S)
        try:
            while content.tell() != length:
                left = (length if length > 0 else max_bytes + 1) - content.tell()
                piece = stream.read(min(left, PIECE_BYTES))
                if not piece:
                    return
                self._charge(client, len(piece))
                content.write(piece)
                if content.tell() > max_bytes:
                    raise too_large(max_bytes)
        except (OSError, ParseException) as error:
            raise BadRequest(
                f"request's body cannot be received ({type(error).__name__}); expected it as its head announces. Send "
                "it again."
            ) from error
        finally:
            set_deadline()


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
