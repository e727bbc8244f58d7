"""The log: one line per request where the operator turns it on, and errors with their traceback; all on stderr.

python-json-logger writes JSON. The log names the route, never the path that the client sent, and no part of a query or
an upload.
"""

from __future__ import annotations

import logging
import os
import sys
import time

from inkling.server.middleware.request_context import RequestContext

_REQUESTS = logging.getLogger("inkling.requests")
_FIELDS = ("request_id", "method", "route", "status", "took_ms", "bytes_in", "worker", "outcome", "model", "refused")


def configure(kind: str) -> None:
    """Let inkling's and the server's loggers write as "json" or "text"; "off" leaves logging as it is."""
    root = logging.getLogger("inkling")
    for handler in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(handler)
    _REQUESTS.setLevel(logging.WARNING if kind == "off" else logging.INFO)
    if kind == "off":
        return
    handler = _Handler()
    handler.setFormatter(_json_formatter() if kind == "json" else _TextFormatter())
    root.addHandler(handler)
    root.propagate = True
    if server := logging.getLogger("gunicorn.error").handlers:
        for one in server:
            one.setFormatter(handler.formatter)


class RequestLog:
    """Writes the line of each request."""

    def __init__(self, kind: str) -> None:
        self._on = kind != "off"

    def write(self, context: RequestContext, took_s: float) -> None:
        """Write one line for an answered request."""
        if not self._on:
            return
        facts = {**vars(context), "took_ms": round(took_s * 1000, 2), "worker": os.getpid()}
        level = logging.INFO if context.status < 500 else logging.WARNING if context.status == 503 else logging.ERROR
        _REQUESTS.log(level, "request", extra={name: facts[name] for name in _FIELDS if facts[name] != ""})


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to whatever `sys.stderr` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Stderr is closed; the service goes on."""


class _TextFormatter(logging.Formatter):
    """`LEVEL message`, with the facts of a request behind it."""

    def format(self, record: logging.LogRecord) -> str:
        facts = [f"{name}={value}" for name in _FIELDS if (value := getattr(record, name, "")) != ""]
        return " ".join([_timestamp(record), record.levelname, super().format(record), *facts])


def _json_formatter() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class Formatter(JsonFormatter):
        def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
            return _timestamp(record)

        def process_log_record(self, log_data: dict[str, object]) -> dict[str, object]:
            log_data["level"] = str(log_data["level"]).lower()
            return log_data

    names = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "traceback"}
    return Formatter("%(asctime)s %(levelname)s %(message)s %(name)s", rename_fields=names)


def _timestamp(record: logging.LogRecord) -> str:
    """2026-01-31T12:00:00.123Z (RFC 3339)."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03}Z"
