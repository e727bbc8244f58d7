"""Facts about one request for the log, the metrics and the client, without any uploaded content.

Rates, places and bodies are counted per client address. That is the peer's address or, behind `trusted_proxies`
proxies, the X-Forwarded-For entry that the outermost proxy added (Werkzeug's ProxyFix). The server drops the
X_Forwarded_For header, which WSGI cannot distinguish from X-Forwarded-For.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import time
from contextvars import ContextVar
from typing import Any

ENVIRON_KEY = "inkling.request_context"
current_client: ContextVar[str] = ContextVar("current_client", default="")  # client name of the current request
_SAFE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)


class RequestContext:
    """One request. Routes fill in the fields as they become known."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.started_s = time.perf_counter()
        self.request_id = request_id(environ.get("HTTP_X_REQUEST_ID"))
        self.method: str = environ["REQUEST_METHOD"]
        self.route = ""  # the declared route, never the path that the client sent
        self.status = 0
        self.bytes_in = 0  # received bytes of the body
        self.outcome = ""  # of a reading
        self.model = ""  # used for a reading
        self.refused = ""  # why the request was rejected: "rate", "key", "body" or "overloaded"


def request_id(given: str | None) -> str:
    """The client's own id if it is short and harmless, else 32 random hex digits."""
    return given if given and _SAFE_ID.fullmatch(given) else secrets.token_hex(16)


def current_context(environ: dict[str, Any]) -> RequestContext:
    """The context of a request, created on first use."""
    context: RequestContext = environ.get(ENVIRON_KEY) or environ.setdefault(ENVIRON_KEY, RequestContext(environ))
    return context


def client_name(address: str) -> str:
    """One name for all addresses of a client: the address without its port, or for IPv6 the /64 network.

    A /64 network usually belongs to one subscriber.

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
        return "unknown"  # so that clients cannot choose their own names
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)
