"""The request's body: read whole or refused, and never left half sent.

A client that writes its whole body before it reads the answer would see a broken connection instead of the sentence
that refuses it. So the rest of a refused body is taken and thrown away, within bounds, as nginx's lingering close
does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import current_app, request

if TYPE_CHECKING:
    from flask import Flask, Response

CHUNK_BYTES = 65_536
DRAIN_LIMITS = 3  # times the limit of a body
DRAIN_S = 10


def whole_body() -> bytes:
    """The raw body. Raises Werkzeug's RequestEntityTooLarge at `max_upload_bytes`, before more is read."""
    content = request.get_data(cache=False)
    if request.content_length is None and len(content) >= current_app.config["MAX_CONTENT_LENGTH"]:
        request.stream.read(1)  # a body without a length is cut off at the limit in silence; this raises
    return content


def add_draining(app: Flask) -> None:
    """Takes the rest of every refused body."""

    @app.after_request
    def drain(response: Response) -> Response:
        if response.status_code >= 400 and request.method not in ("GET", "HEAD"):
            _drain(app.config["MAX_CONTENT_LENGTH"] * DRAIN_LIMITS)
        return response


def _drain(most_bytes: int) -> None:
    if not request.environ.get("wsgi.input_terminated"):
        return  # a server that does not end the stream would wait for bytes that never come
    stream = request.environ["wsgi.input"]
    until = time.monotonic() + DRAIN_S
    while most_bytes > 0 and time.monotonic() < until:
        taken = len(stream.read(CHUNK_BYTES))
        if taken == 0:
            return
        most_bytes -= taken
