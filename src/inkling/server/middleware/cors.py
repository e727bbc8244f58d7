"""Pages of other origins that may use /api, where the operator named them (WHATWG, Fetch Standard, "CORS protocol").

The lab is excluded: only this service's own page steers it. No cookies are used, so no credentials are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkling.server.settings import listed

Headers = list[tuple[str, str]]

EXPOSE = ("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, ETag")
PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, POST"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-API-Key, X-Request-Id, If-None-Match"),
    ("Access-Control-Max-Age", "86400"),  # a day
]


class CorsPolicy:
    """The origins that may use the API."""

    def __init__(self, setting: str) -> None:
        self._origins = frozenset(origin.rstrip("/").lower() for origin in listed(setting))

    def headers(self, environ: Mapping[str, Any]) -> Headers:
        """The CORS headers of an answer to this request; [] outside /api and where no origin is allowed."""
        if not self._origins or not _is_open(environ["PATH_INFO"]):
            return []
        origin = environ.get("HTTP_ORIGIN", "")
        if "*" in self._origins:
            return [("Access-Control-Allow-Origin", "*"), EXPOSE]
        if origin.lower() in self._origins:
            return [("Access-Control-Allow-Origin", origin), EXPOSE, ("Vary", "Origin")]
        return [("Vary", "Origin")]

    def preflight(self, environ: Mapping[str, Any]) -> Headers | None:
        """What the answer to a preflight adds to `headers`; None for any other request and for a forbidden origin."""
        asks = environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        if asks and environ.get("HTTP_ORIGIN") and EXPOSE in self.headers(environ):
            return PREFLIGHT
        return None


def _is_open(path: str) -> bool:
    return path == "/openapi.json" or (path.startswith("/api/") and not path.startswith("/api/v1/lab"))
