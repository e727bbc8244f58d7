"""A plain reading, answered without Flask: one picture as the raw body.

That is what drawing boards, cameras and programs send, again and again. What Flask does around it takes a quarter of
the time of reading a drawing. Whatever is not plain goes on to Flask, whose route answers the same by the same means.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from marshmallow import ValidationError

from inkling.errors import InklingError
from inkling.server.error_handlers import body_of
from inkling.server.middleware.lingering_close import length_of
from inkling.server.middleware.request_context import Note, note_of
from inkling.server.schemas import ReadQuery

if TYPE_CHECKING:
    from inkling.server.settings import Settings

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]
Query = Mapping[str, Any]

PATH = "/api/v1/read"
PLAIN_TYPE = re.compile(r"image/[\w.+-]+|application/octet-stream", re.ASCII)
PLAIN_QUERY = re.compile(r"[\w.=&-]{0,200}", re.ASCII)  # nothing to be decoded
to_text = json.JSONEncoder(separators=(",", ":")).encode  # as Flask's `jsonify`


class Plain:
    """The layer around `app` that takes plain readings. `read`: a picture, the query, the request's note -> answer."""

    def __init__(self, app: App, settings: Settings, read: Callable[[bytes, Query, Note], dict[str, Any]]) -> None:
        self._app = app
        self._most_bytes = settings.max_upload_bytes
        self._read = read

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        length = plain_bytes(environ)
        query = query_of(environ.get("QUERY_STRING", "")) if 0 < length <= self._most_bytes else None
        if query is None or query["explain"] == "1":  # a long answer, which Flask compresses
            return self._app(environ, start_response)
        content = environ["wsgi.input"].read(length)
        if len(content) == length:
            try:
                return _respond(start_response, 200, self._read(content, query, note_of(environ)))
            except InklingError as error:
                return _respond(start_response, error.status, body_of(error))
            except Exception:  # noqa: S110  # goes wrong again in Flask, which logs it and has an answer
                pass
        environ["wsgi.input"] = io.BytesIO(content)
        return self._app(environ, start_response)


def plain_bytes(environ: Environ) -> int:
    """How long the picture is that a plain request brings as its body; 0 of any other request."""
    if (
        environ["PATH_INFO"] != PATH
        or environ["REQUEST_METHOD"] != "POST"
        or "HTTP_TRANSFER_ENCODING" in environ
        or "HTTP_CONTENT_ENCODING" in environ
        or not PLAIN_TYPE.fullmatch(environ.get("CONTENT_TYPE", ""))
        or not PLAIN_QUERY.fullmatch(environ.get("QUERY_STRING", ""))
    ):
        return 0
    return length_of(environ)


@lru_cache(maxsize=64)
def query_of(text: str) -> Query | None:
    """What a query asks for; None where it asks for something twice, or for what there is not: Flask knows to tell."""
    pairs = parse_qsl(text, keep_blank_values=True)
    if len(dict(pairs)) < len(pairs):
        return None
    try:
        return dict(_QUERY.load(dict(pairs)))
    except ValidationError:
        return None


_QUERY = ReadQuery()


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
