"""Who a client is: the address that its rates and places are counted by.

It is the peer's, or behind `trusted_proxies` proxies what the outermost of them wrote into X-Forwarded-For (Werkzeug's
ProxyFix). The server drops X_Forwarded_For, which WSGI could not tell from it.
"""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar

current_client: ContextVar[str] = ContextVar("current_client", default="")  # of the request that is being answered


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
