"""Compression (Flask-Compress) and HTTP caching of files, pages and answers.

Small answers of the API, such as those while a pen moves, are not compressed; nor are a network's weights, of which
gzip saves a fifteenth in 10 ms, nor events, which are sent as they come.
"""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress

CACHED_ENDPOINTS = ("api-docs.openapi_json", "inkling.models")  # answers that rarely change
TYPES = ["text/html", "text/css", "text/plain", "text/javascript", "application/json", "image/svg+xml"]
MIN_BYTES = 1400  # of what is compressed: less fits into one packet


def add_delivery(app: Flask) -> None:
    """Compress answers where that pays, and let browsers ask whether their copy is still valid."""
    app.config.update(
        COMPRESS_ALGORITHM=["gzip"],  # every browser and proxy knows it
        COMPRESS_MIMETYPES=TYPES,
        COMPRESS_MIN_SIZE=MIN_BYTES,
        COMPRESS_REGISTER=False,
    )
    compress = Compress(app)

    @app.after_request
    def deliver(response: Response) -> Response:
        asked = request.method in ("GET", "HEAD") and response.status_code == 200
        if asked and (response.mimetype == "text/html" or request.endpoint in CACHED_ENDPOINTS):
            response.headers["Cache-Control"] = "no-cache"  # kept by the browser, and revalidated each time
            response.add_etag()
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"]:  # Flask-Compress compresses for "gzip;q=0" too, which refuses gzip
            response = compress.after_request(response)
        if asked and "ETag" in response.headers:
            response.make_conditional(request)
        return response
