"""The log: one line per request where the operator turns it on, and errors with their traceback; all on stderr.

python-json-logger writes JSON. The log names the route, never the path that the client sent, and no part of a query or
an upload.
"""

from __future__ import annotations

import logging
import os

from inkling.server.request_context import RequestContext

_REQUESTS = logging.getLogger("inkling.requests")
_FIELDS = ("request_id", "method", "route", "status", "took_ms", "bytes_in", "worker", "outcome", "model", "refused")
_RENAMED = {"levelname": "level", "name": "logger", "exc_info": "traceback"}


def configure(kind: str) -> None:
    """Let inkling's loggers write as "json" or "text"; "off" leaves logging as it is."""
    root = logging.getLogger("inkling")
    root.handlers = [handler for handler in root.handlers if handler.name != "inkling"]
    if kind == "off":
        return
    handler = logging.StreamHandler()
    handler.name = "inkling"
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    if kind == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(
            JsonFormatter("%(levelname)s %(message)s %(name)s", rename_fields=_RENAMED, timestamp="time")
        )
    root.addHandler(handler)
    _REQUESTS.setLevel(logging.INFO)


def log_request(context: RequestContext, took_s: float) -> None:
    """Write the line of an answered request, where `configure` has turned it on."""
    if not _REQUESTS.isEnabledFor(logging.INFO):
        return
    facts = {**vars(context), "took_ms": round(took_s * 1000, 2), "worker": os.getpid()}
    told = {name: facts[name] for name in _FIELDS if facts[name] != ""}
    level = logging.INFO if context.status < 500 else logging.WARNING if context.status == 503 else logging.ERROR
    _REQUESTS.log(level, " ".join(f"{name}={value}" for name, value in told.items()), extra=told)
