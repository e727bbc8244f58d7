"""Compression (Flask-Compress) and HTTP caching of files, pages and answers.

Small answers of the API, such as those while a pen moves, are not compressed; nor are a network's weights, of which
gzip saves a fifteenth in 10 ms, nor events, which are sent as they come.
"""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress

CACHED_ENDPOINTS = ("api-docs.openapi_json", "inkling.models")  # answers that rarely change
TYPES = [
    *("text/html", "text/css", "text/plain", "text/javascript", "application/javascript"),
    *("application/json", "image/svg+xml", "application/octet-stream"),
]
MIN_BYTES = 4096  # of an answer: less fits into three packets
GZIP_LEVEL = 6


def add_delivery(app: Flask) -> None:
    """Compress answers where that pays, and let browsers ask whether their copy is still valid."""
    app.config.update(
        COMPRESS_ALGORITHM=["gzip"],  # every browser and proxy knows it
        COMPRESS_LEVEL=GZIP_LEVEL,
        COMPRESS_MIMETYPES=TYPES,
        COMPRESS_STREAMS=False,
        COMPRESS_REGISTER=False,
    )
    compress = Compress(app)

    @app.after_request
    def deliver(response: Response) -> Response:
        is_file = request.endpoint == "static"
        if response.status_code == 200 and (is_file or not response.is_streamed):
            response.direct_passthrough = False
            size = len(response.get_data())
            if request.method in ("GET", "HEAD") and (
                response.mimetype == "text/html" or request.endpoint in CACHED_ENDPOINTS
            ):
                response.headers["Cache-Control"] = "no-cache"  # kept by the browser, and revalidated each time
                response.add_etag()
            worthwhile = is_file or (size >= MIN_BYTES and response.mimetype != "application/octet-stream")
            if worthwhile and request.accept_encodings["gzip"]:  # the library takes q=0 for a yes
                response = compress.after_request(response)
            elif worthwhile:
                response.vary.add("Accept-Encoding")
        if response.get_etag()[0] and request.method in ("GET", "HEAD"):
            response.make_conditional(request)
        return response
