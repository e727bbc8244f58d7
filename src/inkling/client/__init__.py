"""A small client for the API. It needs only the standard library, neither NumPy nor Flask.

    from inkling.client import Client

    with Client("http://127.0.0.1:8000") as inkling:
        print(inkling.read("photo.jpg").text)

This package may import only the standard library and `inkling.errors`.
"""

from __future__ import annotations

import json
import math
import os
import urllib.parse
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, Literal, TypeVar

from inkling.client.answers import (
    Answer,
    Digit,
    Model,
    Other,
    QualityWarning,
    answer_of,
    error_of,
    model_of,
    picture_error_of,
)
from inkling.client.transport import Transport
from inkling.errors import BadPicture, BadRequest, Unreachable

__all__ = ["Answer", "Client", "Digit", "Model", "Other", "QualityWarning"]

ImageInput = str | os.PathLike[str] | bytes | IO[bytes]
Mode = Literal["auto", "single"]
Explain = bool | Literal["tiles"]
T = TypeVar("T")

BINARY = "application/octet-stream"


class Client:
    """A client for the service at `url`, which is the part of the address before /api.

    `api_key`, if given, is sent with every request. `timeout_s` is the limit for each network operation. `retries` is
    the number of retries when the service answers 429 or 503 or the connection is refused. The client waits for the
    time in `Retry-After`, otherwise 0.2 s, doubled each time; it does not retry if `Retry-After` is more than 30 s. A
    call therefore takes at most about (1 + retries) * timeout_s + retries * 30 s.

    Connections are kept open and reused. Threads may share a client; each request uses its own connection. Proxies from
    environment variables are not used, and redirects are not followed.

    An error from the service is raised as the class in `inkling.errors` that its kind names, or as ServiceError if the
    kind is unknown.
    Raises Unreachable if the service cannot be reached, is too slow, or is not inkling, and BadRequest for an invalid
    `url`, an `api_key` that cannot be sent in a header, `timeout_s` of 0 or less, and `retries` below 0.

    >>> with Client(url, timeout_s=5) as inkling:
    ...     answer = inkling.read("seven.png")
    >>> answer.text, answer.outcome, answer.digits[0].digit
    ('7', 'read', 7)
    """

    def __init__(self, url: str, *, api_key: str | None = None, timeout_s: float = 10.0, retries: int = 2) -> None:
        headers = {"Accept": "application/json", "User-Agent": "inkling-client"}
        if api_key:
            headers["X-API-Key"] = _sendable(api_key)
        self._url = url
        self._transport = Transport(url, headers=headers, timeout_s=timeout_s, retries=retries)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections. The client can still be used; it then opens new connections."""
        self._transport.close()

    def read(
        self,
        picture: ImageInput,
        *,
        mode: Mode = "auto",
        model: str | None = None,
        explain: Explain = False,
        constraints: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read one picture: a path, its bytes, or a file opened in binary mode.

        `mode` "single" treats all ink as one digit. `model` is a name from `models`. `explain` True adds tiles and the
        explanation; "tiles" adds only the tiles. `constraints` may contain "length", "pattern", "check" and
        "among", with string values as in the API's query. Raises BadPicture, BadRequest, UnknownName, Overloaded,
        Unreachable, and OSError for a path that cannot be opened.

        >>> answer = inkling.read("seven.png", model="ann", explain="tiles")
        >>> answer.model.name, len(answer.digits[0].tile)
        ('ann', 28)
        >>> inkling.read("seven.png", constraints={"length": "1", "pattern": "[79]"}).constraint["satisfied"]
        True
        """
        found = self._json("POST", _read_path(mode, model, explain, constraints), _bytes_of(picture), BINARY)
        if "readings" in found:
            raise BadRequest("this is a document; expected one picture. Read it with read_many.")
        return self._typed(answer_of, found)

    def read_many(
        self,
        pictures: Iterable[ImageInput],
        *,
        mode: Mode = "auto",
        model: str | None = None,
        explain: Explain = False,
        constraints: Mapping[str, str] | None = None,
    ) -> list[Answer | BadPicture]:
        """Read pictures in one request. The entry of a picture that cannot be read is its error.

        A document (PDF or multi-page TIFF) has one entry per page, with the page number in `page`.

        Raises the same errors as `read`. BadPicture is raised only for the request as a whole: ImageTooLarge if
        all pictures together have too many bytes. Also raises BadRequest for more pictures than the service accepts.

        >>> good, bad = inkling.read_many(["seven.png", b"no picture"])
        >>> good.text, bad.kind
        ('7', 'UnknownFormat')
        """
        contents = [_bytes_of(picture) for picture in pictures]
        if not contents:
            return []
        body, content_type = _form(contents)
        try:
            found = self._json("POST", _read_path(mode, model, explain, constraints), body, content_type)
        except BadPicture as error:
            if len(contents) > 1:
                raise
            return [error]
        return self._typed(_entries, found)

    def models(self) -> list[Model]:
        """The available models, the default first.

        >>> [model.name for model in inkling.models() if model.default]
        ['cnn']
        """
        return self._typed(lambda found: [model_of(entry) for entry in found["models"]], self._json("GET", "/models"))

    def ready(self) -> bool:
        """Whether the service responds and its model is loaded. Sends one request, and raises no errors.

        >>> inkling.ready(), Client("http://127.0.0.1:9").ready()
        (True, False)
        """
        try:
            return self._transport.request("GET", "/readyz").status == 200
        except Unreachable:
            return False

    def _json(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Mapping[str, Any]:
        """The JSON object of the response. Raises the error in it, if any."""
        reply = self._transport.request_with_retries(method, f"/api/v1{path}", body, content_type)
        try:
            found = json.loads(reply.content)
        except ValueError:
            found = None
        if not isinstance(found, dict) or "ok" not in found:
            raise self._no_inkling(f"{reply.status} without inkling JSON")
        if found["ok"]:
            return found
        error = error_of(found, reply.status, math.ceil(reply.retry_after_s(default=1)))
        if request_id := reply.headers.get("X-Request-ID"):
            error.add_note(f"request {request_id}")
        raise error

    def _typed(self, kind: Callable[[Mapping[str, Any]], T], found: Mapping[str, Any]) -> T:
        try:
            return kind(found)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise self._no_inkling(f"unexpected JSON ({error!r})") from error

    def _no_inkling(self, what: str) -> Unreachable:
        return Unreachable(
            f"{self._url} answered {what}; expected version 1 of the inkling API. Correct the address, or check for a "
            "proxy in between."
        )


def _sendable(api_key: str) -> str:
    """The key. Raises BadRequest, without showing the key, if it cannot be sent in a header unchanged."""
    if not (api_key.isascii() and api_key.isprintable()):
        raise BadRequest(
            "api_key has a line break, a control character or a non-ASCII character; expected printable ASCII. Correct "
            "it; a key that was read from a file may need strip()."
        )
    return api_key


def _bytes_of(picture: ImageInput) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, str | os.PathLike):
        with open(picture, "rb") as file:
            return file.read()
    return picture.read()


def _read_path(mode: str, model: str | None, explain: Explain, constraints: Mapping[str, str] | None) -> str:
    level = explain if isinstance(explain, str) else str(int(explain))
    query = {"mode": mode, "model": model or "", "explain": level, **(constraints or {})}
    return "/read?" + urllib.parse.urlencode(query)


def _form(contents: list[bytes]) -> tuple[bytes, str]:
    """(body, content type) of a form with all pictures in the `image` field. Source: RFC 7578."""
    boundary = uuid.uuid4().hex
    body = bytearray()
    for n, content in enumerate(contents):
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{n}"\r\n'.encode()
        body += f"Content-Type: {BINARY}\r\n\r\n".encode() + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return bytes(body), f"multipart/form-data; boundary={boundary}"


def _entries(found: Mapping[str, Any]) -> list[Answer | BadPicture]:
    """The entries of a response. The service answers a form with one picture like a single picture."""
    shared = {"model": found["model"], "took_ms": found["took_ms"]}
    entries = found.get("readings", [found])
    return [answer_of({**shared, **entry}) if entry["ok"] else picture_error_of(entry) for entry in entries]
