"""Metrics of a run for Prometheus: on a port, or in a text file for the node exporter's collector."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Callable
from pathlib import Path

from inkling.batch.progress import Progress
from inkling.errors import BadRequest, CannotWrite

OUTCOMES = ("read", "unsure", "not_digit", "empty", "failed")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def prometheus_text(progress: Progress) -> str:
    """Prometheus's text format, version 0.0.4."""
    lines = [
        "# HELP inkling_archive_pictures_total Images that have a record.",
        "# TYPE inkling_archive_pictures_total counter",
    ]
    lines += [f'inkling_archive_pictures_total{{outcome="{name}"}} {progress.outcomes[name]}' for name in OUTCOMES]
    for name, kind, what, value in (
        ("planned", "gauge", "Images found in the source so far.", progress.planned),
        ("listing", "gauge", "1 while the source is still being listed.", int(progress.listing)),
        ("bytes_total", "counter", "Bytes of the images that were read.", progress.bytes),
        ("rate", "gauge", "Recent images per second.", round(progress.rate, 3)),
        ("seconds", "gauge", "Seconds since the start of this run.", round(progress.took_s, 3)),
        ("complete", "gauge", "1 if every image has a record.", int(progress.complete)),
    ):
        full = f"inkling_archive_{name}"
        lines += [f"# HELP {full} {what}", f"# TYPE {full} {kind}", f"{full} {value}"]
    return "\n".join(lines) + "\n"


class Exporter:
    """Publishes the metrics of a run on a port (`9400`, `0.0.0.0:9400`) or in a .prom file."""

    def __init__(self, where: str) -> None:
        """Raises BadRequest if the port cannot be used, CannotWrite if the file cannot be written."""
        self._progress = Progress()
        self._server: http.server.ThreadingHTTPServer | None = None
        self._path: Path | None = None
        host, _, port = where.rpartition(":")
        if port.isdigit():
            self._serve(host or "127.0.0.1", int(port))
        elif where.endswith(".prom"):
            self._path = Path(where)
            self.update(self._progress)
        else:
            raise BadRequest(
                f"--metrics is {where!r}; expected a port (9400, 0.0.0.0:9400) or a file that ends in .prom. Change it."
            )

    def update(self, progress: Progress) -> None:
        """Publish new values."""
        self._progress = progress
        if self._path is None:
            return
        partial = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            partial.write_text(prometheus_text(progress))
            partial.replace(self._path)
        except OSError as error:
            raise CannotWrite(
                f"{self._path} cannot be written ({error.strerror}); expected an existing folder. Change --metrics."
            ) from error

    def close(self) -> None:
        """Close the port. A file remains, with the last values."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def _serve(self, host: str, port: int) -> None:
        try:
            self._server = http.server.ThreadingHTTPServer(
                (host, port), _handler(lambda: prometheus_text(self._progress))
            )
        except (OSError, OverflowError) as error:
            raise BadRequest(
                f"--metrics cannot listen on {host}:{port} ({error}); expected a free port. Choose another."
            ) from error
        threading.Thread(target=self._server.serve_forever, name="inkling-metrics", daemon=True).start()


def _handler(text: Callable[[], str]) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = text().encode()
            found = self.path.partition("?")[0] == "/metrics"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(content) if found else 0))
            self.end_headers()
            if found:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Do not write to standard error."""

    return Handler
