"""Pages of other origins that may use /api, where the operator named them (WHATWG, Fetch Standard, "CORS protocol").

The lab is left out: it is steered by this service's own page only. Cookies play no part, so none are allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inkling.server.settings import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

Headers = list[tuple[str, str]]

EXPOSED = "X-Request-Id, Retry-After, ETag"
ALLOWED_HEADERS = "Authorization, Content-Type, X-API-Key, X-Request-Id, If-None-Match"
ALLOWED_METHODS = "GET, HEAD, POST"
DAY_S = "86400"


class Cors:
    """Which origins may."""

    def __init__(self, setting: str) -> None:
        self._origins = frozenset(origin.rstrip("/").lower() for origin in listed(setting))
        self.off = not self._origins

    def headers(self, environ: Mapping[str, Any]) -> Headers:
        """What an answer to this request says to the browser; [] outside /api or where nobody is allowed."""
        if self.off or not _is_open(environ["PATH_INFO"]):
            return []
        origin = environ.get("HTTP_ORIGIN", "")
        if "*" in self._origins:
            return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", EXPOSED)]
        if origin.lower() in self._origins:
            return [
                ("Access-Control-Allow-Origin", origin),
                ("Access-Control-Expose-Headers", EXPOSED),
                ("Vary", "Origin"),
            ]
        return [("Vary", "Origin")]

    def preflight(self, environ: Mapping[str, Any]) -> Headers | None:
        """What the answer to a browser that asks whether it may adds to `headers`; None when this is no such question,
        or not allowed.
        """
        asks = environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        if self.off or not asks or not environ.get("HTTP_ORIGIN"):
            return None
        if len(self.headers(environ)) < 2:
            return None
        return [
            ("Access-Control-Allow-Methods", ALLOWED_METHODS),
            ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
            ("Access-Control-Max-Age", DAY_S),
        ]


def _is_open(path: str) -> bool:
    return path == "/openapi.json" or (path.startswith("/api/") and not path.startswith("/api/v1/lab"))
