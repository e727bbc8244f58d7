"""Who may use the lab and hands: this service's own pages and programs, but no other site's page in a browser.

Another site's page can make a browser send requests here (cross-site request forgery), and can point its own name at
this machine's address to pass for the same site (DNS rebinding). Sec-Fetch-Site and Origin protect against the first,
the list of the service's own host names against the second.
Sources: W3C, "Fetch Metadata Request Headers"; OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet".
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from flask import Request

from inkling.errors import ForeignRequest
from inkling.server.settings import Settings, listed


def check_caller(request: Request, settings: Settings) -> None:
    """Raises ForeignRequest when another site's page may have sent the request."""
    if not _is_own_host(request.host, settings):
        raise ForeignRequest(
            f"the request asks for {request.host!r}, a name that this service does not know as its own; expected "
            "localhost or an address. Name it in INKLING_LAB_HOSTS if it is yours."
        )
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin and origin.split("://")[-1] != request.host):
        raise ForeignRequest(
            f"the request comes from a page of {origin or 'another site'}; expected this service's own page. Open it "
            "and do it there."
        )


def _is_own_host(host_and_port: str, settings: Settings) -> bool:
    try:
        host = (urlsplit(f"//{host_and_port}").hostname or "").lower()
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        own = {"localhost", settings.host.lower(), socket.gethostname().lower(), *listed(settings.lab_hosts.lower())}
        return host in own or host.endswith(".localhost")
    return True  # DNS cannot rebind an address
