"""How files and pages are sent: compressed, and only when they have changed.

A file is compressed once per process, as small as gzip can, because it is sent many times; a page quickly, each time.
gzip of the standard library serves every browser; Brotli would save a tenth more and cost two megabytes of
dependencies. Answers of the API that are small, as those to a moving pen are, go as they are; so do a network's
weights, of which gzip saves a fifteenth in 10 ms.
"""

from __future__ import annotations

import functools
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

from flask import request, url_for
from markupsafe import Markup

if TYPE_CHECKING:
    from flask import Flask, Response

STATIC = Path(__file__).parent / "static"
LASTING = ("/openapi.json", "/api/v1/models")  # answers that are the same for long
JSON = "application/json"
TEXTS = ("text/", JSON, "application/javascript", "image/svg+xml")
NUMBERS = "application/octet-stream"  # a file of them
LEAST_BYTES = 4096  # of a page or an answer: fewer fit into three packets anyway
PAGE_LEVEL, FILE_LEVEL = 3, 9

_files: dict[str, tuple[str | None, bytes]] = {}  # path -> entity tag and what is sent


def add_delivery(app: Flask) -> None:
    """Compresses what is worth it, and lets a browser ask whether its copy is still right."""
    app.jinja_env.globals["script"] = script

    @app.after_request
    def deliver(response: Response) -> Response:
        if request.method == "POST":
            if response.mimetype == JSON and not response.is_streamed and _takes_gzip(response):
                _compress(response, is_file=False)  # nobody keeps it, so there is nothing to vary
            return response
        if request.method not in ("GET", "HEAD") or response.status_code not in (200, 304):
            return response
        kind = response.mimetype or ""
        is_file = request.endpoint == "static"
        is_lasting = kind == "text/html" or request.path in LASTING
        if is_file or is_lasting:  # kept by the browser, and asked about each time
            response.headers["Cache-Control"] = "no-cache"
        elif response.is_streamed:
            return response  # events are sent as they come
        if is_lasting:
            response.add_etag()
        if kind.startswith(TEXTS) or (is_file and kind == NUMBERS):
            response.vary.add("Accept-Encoding")
            if response.status_code == 200 and _takes_gzip(response):
                _compress(response, is_file=is_file)
        if is_lasting:
            response.make_conditional(request)
        return response


def _takes_gzip(response: Response) -> bool:
    return bool(request.accept_encodings["gzip"]) and not response.content_encoding


def _compress(response: Response, *, is_file: bool) -> None:
    etag, _ = response.get_etag()
    if is_file:
        body = _compressed_file(response, etag)
    else:
        content = response.get_data()
        if len(content) < LEAST_BYTES:
            return
        body = gzip.compress(content, PAGE_LEVEL)
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        response.set_etag(etag, weak=True)  # the same text in other bytes (RFC 9110, 8.8.1)


def _compressed_file(response: Response, etag: str | None) -> bytes:
    known = _files.get(request.path)
    if known is None or known[0] != etag:
        response.direct_passthrough = False
        known = _files[request.path] = (etag, gzip.compress(response.get_data(), FILE_LEVEL, mtime=0))
    else:
        response.close()  # the file that Flask has opened
    response.direct_passthrough = False
    return known[1]


def script(page: str) -> Markup:
    """The script of a page, `js/PAGE/main.js`, and all that it imports, fetched at once instead of one by one."""
    first, *rest = [url_for("static", filename=name) for name in modules(f"js/{page}/main.js")]
    preloads = [f'<link rel="modulepreload" href="{url}">' for url in rest]
    return Markup("\n  ".join([*preloads, f'<script type="module" src="{first}"></script>']))  # noqa: S704


@functools.cache
def modules(name: str) -> tuple[str, ...]:
    """A script below static/ and every module that it imports, itself first, each once."""
    found = [name]
    for one in found:  # which grows meanwhile
        script = STATIC / one
        for other in re.findall(r'^(?:im|ex)port\b[^;"]*"(\.[\w./-]+)";', script.read_text("utf-8"), re.MULTILINE):
            path = (script.parent / other).resolve().relative_to(STATIC.resolve()).as_posix()
            if path not in found:
                found.append(path)
    return tuple(found)
