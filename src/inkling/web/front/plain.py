"""A plain reading, answered without Flask: one picture as the raw body, and nothing else asked.

That is what a drawing board, a camera and a program send, again and again. What Flask does around it takes a quarter of
the time of reading a drawing. Whatever is not plain goes on to Flask, whose route answers the same by the same means.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from inkling.errors import InklingError
from inkling.web.errors import body_of
from inkling.web.front.note import Note, note_of

if TYPE_CHECKING:
    from inkling.web.settings import Settings

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]

PATH = "/api/v1/read"
PLAIN_TYPE = re.compile(r"image/[\w.+-]+|application/octet-stream", re.ASCII)
to_text = json.JSONEncoder(separators=(",", ":")).encode  # as Flask's `jsonify`


class Plain:
    """The layer around `app` that takes plain readings. `read`: a picture and its request's note -> the answer."""

    def __init__(self, app: App, settings: Settings, read: Callable[[bytes, Note], dict[str, Any]]) -> None:
        self._app = app
        self._most_bytes = settings.max_upload_bytes
        self._read = read

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        length = plain_bytes(environ)
        if not 0 < length <= self._most_bytes:
            return self._app(environ, start_response)
        content = b"".join(_parts(environ["wsgi.input"], length))
        if len(content) == length:
            try:
                return _respond(start_response, 200, self._read(content, note_of(environ)))
            except InklingError as error:
                return _respond(start_response, error.status, body_of(error))
            except Exception:  # noqa: S110  # goes wrong again in Flask, which logs it and has an answer
                pass
        environ["wsgi.input"] = io.BytesIO(content)
        return self._app(environ, start_response)


def plain_bytes(environ: Environ) -> int:
    """How long the picture is that a request for a plain reading brings; 0 of any other request."""
    if (
        environ["PATH_INFO"] != PATH
        or environ["REQUEST_METHOD"] != "POST"
        or environ.get("QUERY_STRING")
        or "HTTP_TRANSFER_ENCODING" in environ
        or not PLAIN_TYPE.fullmatch(environ.get("CONTENT_TYPE", ""))
    ):
        return 0
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() and length.isascii() else 0


def _parts(stream: Any, length: int) -> Iterator[bytes]:
    """A body of a known length, which ends early where the client leaves."""
    while length > 0:
        part = stream.read(length)
        if not part:
            return
        length -= len(part)
        yield part


def _respond(start_response: Any, status: int, content: dict[str, Any]) -> list[bytes]:
    body = f"{to_text(content)}\n".encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if status == 503:
        headers.append(("Retry-After", "1"))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]
