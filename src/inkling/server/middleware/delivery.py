"""Compression and HTTP caching of files, pages and answers.

Small answers of the API, such as those while a pen moves, are not compressed; nor are a network's weights, of which
gzip saves a fifteenth in 10 ms, nor events, which are sent as they come. Flask-Compress would bring 30 MB of codecs
for these few lines.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

CACHED_ENDPOINTS = ("api-docs.openapi_json", "inkling.models")  # answers that rarely change
TYPES = ("text/html", "text/css", "text/plain", "text/javascript", "application/json", "image/svg+xml")
MIN_BYTES = 1400  # fewer fit into one packet, so compressing them gains nothing


def add_delivery(app: Flask) -> None:
    """Compress answers where that pays, and let browsers ask whether their copy is still valid."""

    @app.after_request
    def deliver(response: Response) -> Response:
        asked = request.method in ("GET", "HEAD") and response.status_code == 200
        if asked and (response.mimetype == "text/html" or request.endpoint in CACHED_ENDPOINTS):
            response.headers["Cache-Control"] = "no-cache"  # kept by the browser, and revalidated each time
            response.add_etag()
        response.vary.add("Accept-Encoding")
        is_long = (response.content_length or 0) >= MIN_BYTES  # None for events, which have no end
        if is_long and response.status_code != 206 and response.mimetype in TYPES and request.accept_encodings["gzip"]:
            response.direct_passthrough = False  # a file is read here
            response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            if etag := response.get_etag()[0]:
                response.set_etag(f"{etag}:gzip")
        if asked and "ETag" in response.headers:
            response.make_conditional(request)
        return response
