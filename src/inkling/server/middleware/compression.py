"""gzip compression and HTTP caching of files, pages and answers.

A file is compressed once per process at the highest level, because it is sent many times; a page quickly, each time.
gzip serves every browser. Brotli would save a tenth more and cost two megabytes of dependencies. Small answers of the
API, such as those while a pen moves, are not compressed; nor are a network's weights, of which gzip saves a fifteenth
in 10 ms.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

CACHEABLE_ANSWERS = ("/openapi.json", "/api/v1/models")  # they rarely change
JSON = "application/json"
TEXT_TYPES = ("text/", JSON, "application/javascript", "image/svg+xml")
BINARY = "application/octet-stream"
MIN_BYTES = 4096  # of a page or an answer: less fits into three packets
PAGE_LEVEL, FILE_LEVEL = 3, 9

_files: dict[str, tuple[str | None, bytes]] = {}  # path -> entity tag, compressed content


def add_compression(app: Flask) -> None:
    """Compress answers where that pays, and let browsers ask whether their copy is still valid."""

    @app.after_request
    def deliver(response: Response) -> Response:
        if request.method == "POST":
            if response.mimetype == JSON and not response.is_streamed and _accepts_gzip(response):
                _compress(response, is_file=False)  # not cached, so no Vary header
        elif request.method in ("GET", "HEAD") and response.status_code in (200, 304):
            _cache_and_compress(response)
        if response.mimetype == JSON:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _cache_and_compress(response: Response) -> None:
    kind = response.mimetype or ""
    is_file = request.endpoint == "static"
    is_cacheable = kind == "text/html" or request.path in CACHEABLE_ANSWERS
    if is_file or is_cacheable:
        response.headers["Cache-Control"] = "no-cache"  # kept by the browser, and revalidated each time
    elif response.is_streamed:
        return  # events are sent as they come
    if is_cacheable:
        response.add_etag()
    if kind.startswith(TEXT_TYPES) or (is_file and kind == BINARY):
        response.vary.add("Accept-Encoding")
        if response.status_code == 200 and _accepts_gzip(response):
            _compress(response, is_file=is_file)
    if is_cacheable:
        response.make_conditional(request)


def _accepts_gzip(response: Response) -> bool:
    return bool(request.accept_encodings["gzip"]) and not response.content_encoding


def _compress(response: Response, *, is_file: bool) -> None:
    etag, _ = response.get_etag()
    if is_file:
        body = _compressed_file(response, etag)
    else:
        content = response.get_data()
        if len(content) < MIN_BYTES:
            return
        body = gzip.compress(content, PAGE_LEVEL)
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        response.set_etag(etag, weak=True)  # the same content in other bytes (RFC 9110, 8.8.1)


def _compressed_file(response: Response, etag: str | None) -> bytes:
    cached = _files.get(request.path)
    if cached is None or cached[0] != etag:
        response.direct_passthrough = False
        cached = _files[request.path] = (etag, gzip.compress(response.get_data(), FILE_LEVEL, mtime=0))
    else:
        response.close()  # the file that Flask has opened
    response.direct_passthrough = False
    return cached[1]
