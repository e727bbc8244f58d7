"""What becomes known about one request, for the log, the metrics and the client. It holds nothing of an upload."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

ENVIRON_KEY = "inkling.request_context"
_SAFE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)


class RequestContext:
    """One request. Routes add what they learn."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.started_s = time.perf_counter()
        self.request_id = request_id(environ.get("HTTP_X_REQUEST_ID"))
        self.method: str = environ["REQUEST_METHOD"]
        self.route = ""  # as declared, never what the client wrote
        self.status = 0
        self.bytes_in = 0  # of the body, received
        self.outcome = ""  # of a reading
        self.model = ""  # that read
        self.refused = ""  # why the request was refused: "rate", "key", "body" or "overloaded"


def request_id(given: str | None) -> str:
    """The client's own id if it is short and harmless, else 32 random hex digits."""
    return given if given and _SAFE_ID.fullmatch(given) else secrets.token_hex(16)


def current_context(environ: dict[str, Any]) -> RequestContext:
    """The context of a request, made when it is first asked for."""
    context: RequestContext = environ.get(ENVIRON_KEY) or environ.setdefault(ENVIRON_KEY, RequestContext(environ))
    return context
