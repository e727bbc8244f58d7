"""Extracts the pictures from a request, in all supported content types. Nothing is written to disk.

| content type | pictures |
| --- | --- |
| `image/*`, `application/pdf`, `application/octet-stream` or none | the body is the file |
| `multipart/form-data` | the fields `image` and `file`: files, or data URLs as text |
| `application/json` | `{"image": "data:image/png;base64,..."}`, or a list of such URLs in `image` |
| `text/plain` | the body is a data URL |
| `application/x-www-form-urlencoded` | the fields `image` and `file`: data URLs |

`middleware/slow_clients.py` has already received the body, within its limits.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping
from functools import cached_property
from typing import IO, Any, cast

from flask import Request, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from inkling.errors import BadRequest, EmptyPicture, UnknownFormat, UnknownName
from inkling.server.routes.openapi import BINARY, IMAGE_FIELD, JSON, MULTIPART, PDF, TEXT, URL_ENCODED
from inkling.server.schemas import CONSTRAINTS

IMAGE_FIELDS = (IMAGE_FIELD, "file")
JSON_EXAMPLE = '{"image": "data:image/png;base64,..."}'


class InMemoryRequest(Request):
    """A request whose files stay in memory; `max_upload_bytes` limits their size."""

    @cached_property
    def parsed_json(self) -> Any:
        """The body's JSON, parsed only once, because pictures are large; None if it is not JSON."""
        try:
            return json.loads(self.get_data() or b"{}")
        except (ValueError, RecursionError):
            return None

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


def request_images() -> list[bytes]:
    """The encoded images of the request, at least one.

    Raises UnknownFormat for any other content type, EmptyPicture for an empty body, and BadRequest for a form or JSON
    without images or with too many, and for text that is not a data URL.
    """
    kind = request.mimetype
    if kind == MULTIPART or (kind == URL_ENCODED and any(field in request.form for field in IMAGE_FIELDS)):
        return form_images()
    if kind == JSON:
        given = json_fields()
        texts = given[IMAGE_FIELD] if isinstance(given[IMAGE_FIELD], list) else [given[IMAGE_FIELD]]
        return _counted([from_data_url(text) for text in texts], "request")
    if kind and kind not in (BINARY, PDF, TEXT) and not kind.startswith("image/"):
        raise UnknownFormat(
            f"content type is {kind!r}; expected image/*, {BINARY}, {MULTIPART} or {JSON}. "
            "Send the picture's bytes with the header 'Content-Type: image/png'."
        )
    content = raw_body()
    if not content:
        raise EmptyPicture("request body is empty; expected the bytes of a picture. Send the content of the file.")
    return [from_data_url(content.decode("latin-1")) if kind == TEXT else content]


def request_fields() -> Mapping[str, Any]:
    """The fields of the request's form or JSON."""
    if request.mimetype == JSON:
        return json_fields()
    return request.form if request.mimetype in (MULTIPART, URL_ENCODED) else {}


def single_image() -> bytes:
    """The only encoded image of a request. Raises as `request_images` does, and BadRequest for several images."""
    images = request_images()
    if len(images) > 1:
        raise BadRequest(f"form has {len(images)} pictures; expected one. Send each in its own request.")
    return images[0]


def form_images() -> list[bytes]:
    """The encoded images in a form's `image` and `file` fields. Raises as `request_images` does."""
    _refuse_compressed()
    try:
        files = [file.read() for field in IMAGE_FIELDS for file in request.files.getlist(field)]
    except RequestEntityTooLarge:  # Werkzeug's error for too many fields; the body is within its limit
        raise BadRequest(
            f"form has more than {request.max_form_parts} fields; expected fewer. Send fewer pictures at once, each as "
            f"a file in field {IMAGE_FIELD!r}."
        ) from None
    images = files + [from_data_url(text) for field in IMAGE_FIELDS for text in request.form.getlist(field)]
    if not images:
        given = ", ".join(sorted({*request.files, *request.form})) or "none"
        raise BadRequest(
            f"form has no file in field {IMAGE_FIELD!r} (fields: {given}). Send the picture as field {IMAGE_FIELD!r}."
        )
    return _counted(images, "form")


def json_fields() -> dict[str, Any]:
    """The JSON object of the body, with `image`. Raises BadRequest, and UnknownFormat if it is compressed."""
    given = _parsed_json()
    if not isinstance(given, dict) or IMAGE_FIELD not in given:
        raise BadRequest(
            f"body is not a JSON object with {IMAGE_FIELD!r}; expected one, as in {JSON_EXAMPLE}. Correct it."
        )
    for name in given:
        if name not in (IMAGE_FIELD, *CONSTRAINTS):
            raise BadRequest(str(UnknownName("field", name, (IMAGE_FIELD, *CONSTRAINTS))))
    return given


def json_body() -> dict[str, Any]:
    """The JSON object of the body; {} for no body. Raises UnknownFormat and BadRequest."""
    if request.mimetype != "application/json" and (request.mimetype or request.content_length):
        raise UnknownFormat(
            f"content type is {request.mimetype or 'missing'!r}; expected application/json. Send a JSON object with "
            "the header 'Content-Type: application/json'."
        )
    given = _parsed_json()
    if not isinstance(given, dict):
        raise BadRequest("body is not a JSON object; expected one with the documented fields. See /docs.")
    return given


def _parsed_json() -> Any:
    """The body's JSON; None if it is not JSON. Raises UnknownFormat if it is compressed."""
    _refuse_compressed()
    return cast(InMemoryRequest, request).parsed_json


def raw_body() -> bytes:
    """The raw body. Raises UnknownFormat if it is compressed."""
    _refuse_compressed()
    return request.get_data()


def _counted(images: list[bytes], where: str) -> list[bytes]:
    limit: int = current_app.config["INKLING"].max_pictures
    if len(images) > limit:
        raise BadRequest(f"{where} has {len(images)} pictures; the limit is {limit}. Send the rest in another request.")
    if not images:
        raise BadRequest(f"{where} has no pictures; expected at least one, as in {JSON_EXAMPLE}. Add one.")
    return images


def from_data_url(text: Any) -> bytes:
    """The bytes of a base64 `data:` URL (RFC 2397), or of plain base64. Raises BadRequest."""
    if isinstance(text, str):
        head, comma, payload = text.strip().partition(",")
        if not comma and not head.startswith("data:"):
            head, payload = ";base64", head
        if head.endswith(";base64"):
            try:
                return base64.b64decode(payload, validate=True)
            except (binascii.Error, ValueError):
                pass
    raise BadRequest(
        f"{IMAGE_FIELD!r} is not a base64 data URL; expected one such as 'data:image/png;base64,iVBOR...', as from "
        "canvas.toDataURL(). Send that, or the picture's bytes."
    )


def _refuse_compressed() -> None:
    """Raises UnknownFormat for a body with a content encoding, which would otherwise look like a damaged image."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise UnknownFormat(
            f"request body has the content encoding {encoding!r}; expected an uncompressed body. Send the bytes as "
            "they are, without the header Content-Encoding."
        )
