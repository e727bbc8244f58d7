"""The API key, where the operator set one: `Authorization: Bearer KEY` or `X-API-Key: KEY` (RFC 6750, 2.1)."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from flask import Request

from inkling.errors import BadKey
from inkling.server.settings import listed

CHALLENGE = 'Bearer realm="inkling"'
_HOW = "expected one in 'Authorization: Bearer KEY' or 'X-API-Key: KEY'. Ask its operator for one."


def key_check(setting: str) -> Callable[[Request], None]:
    """A function that raises BadKey unless a request has one of the keys. Without any, the service is open to all."""
    keys = [key.encode() for key in listed(setting)]

    def check(request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        given = (given if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")).strip()
        if not given:
            raise BadKey(f"this service needs a key; {_HOW}")
        content = given.encode("latin-1", "replace")
        if sum(hmac.compare_digest(content, key) for key in keys) == 0:  # in constant time
            raise BadKey(f"this key is not valid here; {_HOW}")

    return check if keys else lambda request: None
