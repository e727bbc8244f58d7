"""The API key, where the operator set one: `Authorization: Bearer KEY` or `X-API-Key: KEY` (RFC 6750, 2.1)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from inkling.errors import BadKey
from inkling.server.settings import listed

CHALLENGE = 'Bearer realm="inkling"'
_HOW = "expected one in 'Authorization: Bearer KEY' or 'X-API-Key: KEY'. Ask its operator for one."


class ApiKeyCheck:
    """The keys that the service accepts. Without any, it is open to all."""

    def __init__(self, setting: str) -> None:
        self._keys = [key.encode() for key in listed(setting)]

    def check(self, environ: Mapping[str, Any]) -> None:
        """Raises BadKey unless the request has one of the keys. The comparison takes constant time."""
        if not self._keys:
            return
        scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            given = environ.get("HTTP_X_API_KEY", "")
        given = given.strip()
        if not given:
            raise BadKey(f"this service needs a key; {_HOW}")
        content = given.encode("latin-1", "replace")
        if sum(hmac.compare_digest(content, key) for key in self._keys) == 0:
            raise BadKey(f"this key is not valid here; {_HOW}")
