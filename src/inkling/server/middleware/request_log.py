"""The log: one line per request where the operator turns it on, and errors with their traceback; all on stderr.

python-json-logger writes JSON. The log names the route, never the path that the client sent, and no part of a query or
an upload.
"""

from __future__ import annotations

import logging
import os
import sys

from inkling.server.request_context import RequestContext

_REQUESTS = logging.getLogger("inkling.requests")
_FIELDS = ("request_id", "method", "route", "status", "took_ms", "bytes_in", "worker", "outcome", "model", "refused")
_RENAMED = {"levelname": "level", "name": "logger", "exc_info": "traceback"}


def configure(kind: str) -> None:
    """Let inkling's loggers write as "json" or "text"; "off" leaves logging as it is."""
    root = logging.getLogger("inkling")
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Handler)]
    if kind != "off":
        handler = _Handler()
        text = logging.Formatter("%(levelname)s %(message)s %(facts)s", defaults={"facts": ""})
        handler.setFormatter(_json_formatter() if kind == "json" else text)
        root.addHandler(handler)
        _REQUESTS.setLevel(logging.INFO)


def log_request(context: RequestContext, took_s: float) -> None:
    """Write the line of an answered request, where `configure` has turned it on."""
    if not _REQUESTS.isEnabledFor(logging.INFO):
        return
    facts = {**vars(context), "took_ms": round(took_s * 1000, 2), "worker": os.getpid()}
    told = {name: facts[name] for name in _FIELDS if facts[name] != ""}
    level = logging.INFO if context.status < 500 else logging.WARNING if context.status == 503 else logging.ERROR
    text = " ".join(f"{name}={value}" for name, value in told.items())
    _REQUESTS.log(level, "request", extra={**told, "facts": text})


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to whatever `sys.stderr` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _json_formatter() -> logging.Formatter:
    from pythonjsonlogger.core import RESERVED_ATTRS
    from pythonjsonlogger.json import JsonFormatter

    left_out = [*RESERVED_ATTRS, "facts"]
    known = "%(levelname)s %(message)s %(name)s"
    return JsonFormatter(known, rename_fields=_RENAMED, reserved_attrs=left_out, timestamp="time")
