"""The log on stderr: one line per request if enabled, and errors with their tracebacks.

python-json-logger writes the JSON. The log contains the route, but never the path that the client sent, the query or
uploaded content.
"""

from __future__ import annotations

import logging
import os

from inkling.server.request_context import RequestContext

_REQUESTS = logging.getLogger("inkling.requests")
_FIELDS = ("request_id", "method", "route", "status", "took_ms", "bytes_in", "worker", "outcome", "model", "refused")
_RENAMED = {"levelname": "level", "name": "logger", "exc_info": "traceback"}


def configure(kind: str) -> None:
    """Configure inkling's loggers to write "json" or "text"; "off" adds no handler."""
    root = logging.getLogger("inkling")
    root.handlers = [handler for handler in root.handlers if handler.name != "inkling"]
    if kind == "off":
        return
    handler = logging.StreamHandler()
    handler.name = "inkling"
    formatter = logging.Formatter("%(levelname)s %(message)s")
    if kind == "json":
        from pythonjsonlogger.json import JsonFormatter

        formatter = JsonFormatter("%(levelname)s %(message)s %(name)s", rename_fields=_RENAMED, timestamp="time")
    handler.setFormatter(formatter)
    root.addHandler(handler)
    _REQUESTS.setLevel(logging.INFO)


def log_request(context: RequestContext, took_s: float) -> None:
    """Write the log line of an answered request, if `configure` enabled it."""
    if not _REQUESTS.isEnabledFor(logging.INFO):
        return
    facts = {**vars(context), "took_ms": round(took_s * 1000, 2), "worker": os.getpid()}
    told = {name: facts[name] for name in _FIELDS if facts[name] != ""}
    level = logging.INFO if context.status < 500 else logging.WARNING if context.status == 503 else logging.ERROR
    _REQUESTS.log(level, " ".join(f"{name}={value}" for name, value in told.items()), extra=told)
