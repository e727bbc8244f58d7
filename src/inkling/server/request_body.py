"""The request's body as Flask has it: read whole or refused, and never left half sent (`front/lingering.py`)."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

from flask import Request, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from inkling.errors import BadRequest, UnknownFormat

if TYPE_CHECKING:
    from flask import Flask, Response
    from werkzeug.datastructures import FileStorage

    from inkling.server.middleware.lingering_close import Lingering

DRAIN_LIMITS = 3  # times the limit of a body


class InMemory(Request):
    """A request whose files stay in memory, which `max_upload_bytes` bounds: no picture is written to disk."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


def whole_body() -> bytes:
    """The raw body.

    Raises Werkzeug's RequestEntityTooLarge at `max_upload_bytes`, before more is read, and UnknownFormat for a
    compressed body.
    """
    refuse_compressed()
    content = request.get_data(cache=False)
    if request.content_length is None and len(content) >= current_app.config["MAX_CONTENT_LENGTH"]:
        request.stream.read(1)  # a body without a length is cut off at the limit in silence; this raises
    return content


def form_files(field: str) -> list[FileStorage]:
    """The files of a form's field.

    Raises Werkzeug's RequestEntityTooLarge at `max_upload_bytes`, BadRequest at Werkzeug's other limits of a form, one
    text field's bytes and the number of fields, for which it has no error of their own, and UnknownFormat for a
    compressed body.
    """
    refuse_compressed()
    try:
        return request.files.getlist(field)
    except RequestEntityTooLarge:
        length, limit = request.content_length, current_app.config["MAX_CONTENT_LENGTH"]
        too_long = length > limit if length is not None else request.stream.tell() >= limit
        if too_long:
            raise
    raise BadRequest(
        f"form has more than {request.max_form_parts} fields, or a text field larger than "
        f"{(request.max_form_memory_size or 0) / 1e6:g} MB; expected pictures as files. Send fewer at once, each as a "
        f"file in field {field!r}."
    )


def refuse_compressed() -> None:
    """Raises UnknownFormat for a body with a content encoding, which would be taken for a damaged picture."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnknownFormat(
            f"request body has the content encoding {encoding!r}; expected one that is not compressed. Send the bytes "
            "as they are, without the header Content-Encoding."
        )


def add_draining(app: Flask, lingering: Lingering) -> None:
    """Takes the rest of every body that was refused or not asked for, as that of an OPTIONS is."""

    @app.after_request
    def drain_rest(response: Response) -> Response:
        if response.status_code >= 400 or request.method in ("GET", "HEAD", "OPTIONS"):
            lingering.drain(request.environ, app.config["MAX_CONTENT_LENGTH"] * DRAIN_LIMITS)
        return response
