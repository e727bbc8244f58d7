"""The request's body: read whole or refused, and never written to disk."""

from __future__ import annotations

import io
from typing import IO, Any

from flask import Request, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from inkling.errors import BadRequest, EmptyPicture, UnknownFormat
from inkling.server.routes.openapi import BINARY, IMAGE_FIELD, MULTIPART


class InMemoryRequest(Request):
    """A request whose files stay in memory, which `max_upload_bytes` bounds."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


def request_images() -> list[bytes]:
    """The encoded images of the request, at least one.

    Raises UnknownFormat for another content type, EmptyPicture for no bytes, BadRequest for a form without images or
    with too many, and Werkzeug's RequestEntityTooLarge before more than the limit is read.
    """
    kind = request.mimetype
    if kind == MULTIPART:
        return form_images()
    if kind and kind != BINARY and not kind.startswith("image/"):
        raise UnknownFormat(
            f"content type is {kind!r}; expected image/*, {BINARY} or {MULTIPART}. "
            "Send the picture's bytes with the header 'Content-Type: image/png'."
        )
    content = raw_body()
    if not content:
        raise EmptyPicture("request body is empty; expected the bytes of a picture. Send the file's content.")
    return [content]


def single_image() -> bytes:
    """The encoded image of a request that may hold only one. Raises as `request_images`, and BadRequest for more."""
    images = request_images()
    if len(images) > 1:
        raise BadRequest(f"form has {len(images)} pictures; this route takes one. Send each in its own request.")
    return images[0]


def form_images() -> list[bytes]:
    """The encoded images of a multipart form's field `image`. Raises as `request_images`."""
    files = _form_files()
    limit: int = current_app.config["INKLING"].max_pictures
    if not files:
        given = ", ".join(sorted({*request.files, *request.form})) or "none"
        raise BadRequest(
            f"form has no file in field {IMAGE_FIELD!r} (fields: {given}); send the picture as field {IMAGE_FIELD!r}."
        )
    if len(files) > limit:
        raise BadRequest(f"form has {len(files)} pictures; the limit is {limit}. Send the rest in another request.")
    return [file.read() for file in files]


def raw_body() -> bytes:
    """The raw body.

    Raises Werkzeug's RequestEntityTooLarge at `max_upload_bytes`, before more is read, and UnknownFormat for a
    compressed body.
    """
    _refuse_compressed()
    content = request.get_data(cache=False)
    if request.content_length is None and len(content) >= current_app.config["MAX_CONTENT_LENGTH"]:
        request.stream.read(1)  # Werkzeug truncates a body without a length at the limit; this raises
    return content


def _form_files() -> list[FileStorage]:
    """The files of the form's field `image`.

    Werkzeug raises RequestEntityTooLarge for its other limits too: the bytes of a text field and the number of fields.
    Those become BadRequest.
    """
    _refuse_compressed()
    try:
        return request.files.getlist(IMAGE_FIELD)
    except RequestEntityTooLarge:
        length, limit = request.content_length, current_app.config["MAX_CONTENT_LENGTH"]
        too_long = length > limit if length is not None else request.stream.tell() >= limit
        if too_long:
            raise
    raise BadRequest(
        f"form has more than {request.max_form_parts} fields, or a text field larger than "
        f"{(request.max_form_memory_size or 0) / 1e6:g} MB; expected pictures as files. Send fewer at once, each as a "
        f"file in field {IMAGE_FIELD!r}."
    )


def _refuse_compressed() -> None:
    """Raises UnknownFormat for a body with a content encoding. It would be reported as a damaged image otherwise."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnknownFormat(
            f"request body has the content encoding {encoding!r}; expected one that is not compressed. Send the bytes "
            "as they are, without the header Content-Encoding."
        )
