"""What becomes known about one request, for the log, the metrics and the client. It holds nothing of an upload.

A client is known by its address, which its rates, places and bodies are counted by: the peer's, or behind
`trusted_proxies` proxies what the outermost of them wrote into X-Forwarded-For (Werkzeug's ProxyFix). The server drops
X_Forwarded_For, which WSGI could not tell from it.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import time
from contextvars import ContextVar
from typing import Any

ENVIRON_KEY = "inkling.request_context"
current_client: ContextVar[str] = ContextVar("current_client", default="")  # of the request that is being answered
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


def client_name(address: str) -> str:
    """One name for all addresses of a client: without a port, and of IPv6 the /64 network, which is usually one's own.

    >>> client_name("192.0.2.7:51123"), client_name("[2001:db8::1]:443") == client_name("2001:db8::2")
    ('192.0.2.7', True)
    """
    host = address.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"  # nothing that a client wrote becomes a name of its own
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)
