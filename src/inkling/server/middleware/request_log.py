"""The log: one line per request where the operator turns it on, and errors with their traceback; all on stderr.

It names the route, never the path that the client sent, and no part of a query or an upload.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any

from inkling.server.middleware.request_context import RequestContext


def configure(kind: str) -> None:
    """Let inkling's own loggers write as "json" or "text"; "off" leaves logging as it is."""
    logger = logging.getLogger("inkling")
    for handler in [one for one in logger.handlers if isinstance(one, _Handler)]:
        logger.removeHandler(handler)
    if kind != "off":
        handler = _Handler()
        handler.setFormatter(JsonFormatter() if kind == "json" else logging.Formatter("%(levelname)s %(message)s"))
        logger.addHandler(handler)


class _Handler(logging.Handler):
    """Writes to whatever `sys.stderr` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        _write(self.format(record))


class JsonFormatter(logging.Formatter):
    """A record as one JSON object on one line, its traceback as a string."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": timestamp(record.created),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line)


class RequestLog:
    """Writes the line of each request."""

    def __init__(self, kind: str, worker: str) -> None:
        self.on = kind != "off"
        self._json = kind == "json"
        self._worker = worker

    def write(self, context: RequestContext, took_s: float, bytes_in: int) -> None:
        """Write one line for an answered request."""
        line: dict[str, Any] = {
            "time": timestamp(time.time()),
            "level": "info" if context.status < 500 else "warning" if context.status == 503 else "error",
            "message": "request",
            "request_id": context.request_id,
            "method": context.method,
            "route": context.route,
            "status": context.status,
            "took_ms": round(took_s * 1000, 2),
            "bytes_in": bytes_in,
            "worker": self._worker,
        }
        optional = {"outcome": context.outcome, "model": context.model, "refused": context.refused}
        if self._json:
            _write(json.dumps(line | {name: value for name, value in optional.items() if value}))
            return
        parts = [line["time"], context.method, context.route, context.status, f"{line['took_ms']}ms", f"{bytes_in}B"]
        parts += [context.outcome, context.model, f"worker={self._worker}", context.request_id]
        _write(" ".join(str(part or "-") for part in parts))


def timestamp(time_s: float) -> str:
    """Seconds since 1970 -> 2026-01-31T12:00:00.123Z (RFC 3339)."""
    whole = int(time_s)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int((time_s - whole) * 1000):03}Z"


def _write(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")  # one call, so that lines of other threads do not mix
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # stderr is closed; the service goes on
