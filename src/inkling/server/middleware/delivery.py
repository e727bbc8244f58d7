"""Security headers, compression and HTTP caching for every response.

The pages load nothing from other hosts and contain no inline scripts, so the content security policy is strict. The
networks run in the page as WebAssembly, which the policy must allow explicitly. Sources: OWASP Secure Headers Project;
Content Security Policy Level 3 (W3C).

Not compressed: small API responses, such as those during drawing; a network's weights, which gzip shrinks by only a
fifteenth in 10 ms; and events, which are streamed. Flask-Compress would add 30 MB of codecs to replace these few lines.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

CONTENT_POLICY = (  # also in the pages of a static site, as a meta element, which cannot contain frame-ancestors
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": f"{CONTENT_POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not support frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CACHED_ENDPOINTS = ("api-docs.openapi_json", "inkling.models", "stylesheets.joined")  # responses that rarely change
TYPES = ("text/html", "text/css", "text/plain", "text/javascript", "application/json", "image/svg+xml")
MAX_COMPRESSED = 32  # responses that each worker keeps, as they are and compressed: at most 400 KB each
MIN_BYTES = 1400  # a smaller response fits into one packet, so compression gains nothing


def add_delivery(app: Flask) -> None:
    """Secure all responses, compress large ones, and let browsers revalidate their cached copies."""

    @app.after_request
    def deliver(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        asked = request.method in ("GET", "HEAD") and response.status_code == 200
        if asked and (response.mimetype == "text/html" or request.endpoint in CACHED_ENDPOINTS):
            response.headers["Cache-Control"] = "no-cache"  # the browser keeps it and revalidates it each time
            response.add_etag()
        elif response.mimetype == "application/json":
            response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("Accept-Encoding")
        is_long = (response.content_length or 0) >= MIN_BYTES  # events have no content length
        if is_long and response.status_code != 206 and response.mimetype in TYPES and request.accept_encodings["gzip"]:
            response.direct_passthrough = False  # so that get_data() can read a file
            etag = response.get_etag()[0]  # only responses that many requests share have an ETag
            response.set_data((_compressed_once if etag else _compressed)(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
            if etag:
                response.set_etag(f"{etag}:gzip")
        if asked and "ETag" in response.headers:
            response.make_conditional(request)
        return response


def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


_compressed_once = lru_cache(MAX_COMPRESSED)(_compressed)
