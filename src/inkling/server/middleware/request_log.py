"""The log: one line a request where the operator wants it, and errors with their traceback; all on stderr.

It has the route, not what the client wrote, and no part of a query or an upload.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.server.middleware.request_context import Note


def set_up(kind: str) -> None:
    """Gives inkling's own loggers the form `kind`: "json" or "text"; "off" leaves them as they are."""
    logger = logging.getLogger("inkling")
    for handler in [one for one in logger.handlers if isinstance(one, _Handler)]:
        logger.removeHandler(handler)
    if kind != "off":
        handler = _Handler()  # sys.stderr at the moment of writing
        handler.setFormatter(JsonFormatter() if kind == "json" else logging.Formatter("%(levelname)s %(message)s"))
        logger.addHandler(handler)


class _Handler(logging.Handler):
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

    def write(self, note: Note, took_s: float, bytes_in: int) -> None:
        """One line for an answered request."""
        took_ms = round(took_s * 1000, 2)
        now = timestamp(time.time())
        if not self._json:
            parts = (
                now,
                note.method,
                note.route,
                note.status,
                f"{took_ms}ms",
                f"{bytes_in}B",
                note.outcome,
                note.model,
            )
            _write(" ".join(str(part or "-") for part in (*parts, f"worker={self._worker}", note.id)))
            return
        line = {
            "time": now,
            "level": "info" if note.status < 500 else "warning" if note.status == 503 else "error",
            "message": "request",
            "request_id": note.id,
            "method": note.method,
            "route": note.route,
            "status": note.status,
            "took_ms": took_ms,
            "bytes_in": bytes_in,
            "worker": self._worker,
        }
        if note.outcome:
            line["outcome"] = note.outcome
        if note.model:
            line["model"] = note.model
        if note.refused:
            line["refused"] = note.refused
        _write(json.dumps(line))


def timestamp(time_s: float) -> str:
    """Seconds since 1970 -> 2026-01-31T12:00:00.123Z (RFC 3339)."""
    whole = int(time_s)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int((time_s - whole) * 1000):03}Z"


def _write(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")  # one call, so that lines of other threads do not mix
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # nobody listens any more; the service goes on
