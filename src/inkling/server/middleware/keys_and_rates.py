"""Checks on the sender of a request: the API key, the rate limit and the origin.

**Key.** If the operator set one, the client sends `Authorization: Bearer KEY` or `X-API-Key: KEY` (RFC 6750, 2.1).

**Rate.** The library `limits` counts requests per client. With in-memory storage each worker counts separately; with
Redis all workers on all machines count together. Flask-Limiter, which is built on `limits`, needs a decorator on each
view; here one check covers every endpoint.

**Origin.** The lab and hands are limited to this service's own pages and to programs. Another site's page can make a
browser send requests to this service (cross-site request forgery), and can point its own host name at this machine's
address to appear as the same site (DNS rebinding). Sec-Fetch-Site and Origin protect against the first, and the list of
the service's own host names protects against the second. Sources: W3C, "Fetch Metadata Request Headers"; OWASP,
"Cross-Site Request Forgery Prevention Cheat Sheet".
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inkling.errors import BadKey, BadRequest, ForeignRequest, Overloaded, TooManyRequests
from inkling.server.settings import Settings, listed

if TYPE_CHECKING:
    from flask import Request

_HOW = "expected one in 'Authorization: Bearer KEY' or 'X-API-Key: KEY'. Ask the operator for a key."
SILENT = "the storage in INKLING_RATE_STORAGE does not answer; expected it to count requests. Try again in a moment."
TOO_MANY = "this client sent more requests than the limit of {} per minute. Try again in {} s."


def key_check(setting: str) -> Callable[[Request], None]:
    """A function that raises BadKey unless a request has one of the keys. Without keys, it accepts every request."""
    keys = [key.encode() for key in listed(setting)]

    def check(request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        given = (given if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")).strip()
        if sum(hmac.compare_digest(given.encode("latin-1", "replace"), key) for key in keys) == 0:  # in constant time
            raise BadKey(f"{'this key is not valid' if given else 'this service needs a key'}; {_HOW}")

    return check if keys else lambda request: None


def rate_check(settings: Settings) -> Callable[[str], None]:
    """A function that counts a client's request. It raises TooManyRequests, or Overloaded if Redis does not answer.

    The library is imported only if a rate is set, because the import takes 250 ms. Raises BadRequest if the storage
    cannot be used.
    """
    if not settings.rate_per_minute:
        return lambda client: None
    import limits.strategies

    try:
        storage = limits.storage.storage_from_string(settings.rate_storage, wrap_exceptions=True)
    except (limits.errors.ConfigurationError, ValueError):
        # Without the cause, whose message may contain a password.
        raise BadRequest(
            f"INKLING_RATE_STORAGE begins with {settings.rate_storage.partition(':')[0]!r} and cannot be used; "
            "expected memory://, or redis://HOST after 'pip install redis'. Correct it."
        ) from None
    limiter = limits.strategies.SlidingWindowCounterRateLimiter(storage)
    limit = limits.RateLimitItemPerMinute(settings.rate_per_minute)

    def check(client: str) -> None:
        try:
            if limiter.hit(limit, client):
                return
            wait_s = max(1, math.ceil(limiter.get_window_stats(limit, client).reset_time - time.time()))
        except limits.errors.StorageError as error:
            raise Overloaded(SILENT) from error
        raise TooManyRequests(TOO_MANY.format(limit.amount, wait_s), retry_after_s=wait_s)

    return check


def check_caller(request: Request, settings: Settings) -> None:
    """Raises ForeignRequest if another site's page may have sent the request."""
    if not _is_own_host(request.host, settings):
        raise ForeignRequest(
            f"the request's host is {request.host!r}, which is not a known name of this service; expected localhost "
            "or an IP address. If the name is yours, add it to INKLING_LAB_HOSTS."
        )
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin and origin.split("://")[-1] != request.host):
        raise ForeignRequest(
            f"the request comes from a page of {origin or 'another site'}; expected this service's own page. Open "
            "that page and try again there."
        )


def _is_own_host(host: str, settings: Settings) -> bool:
    name = ""
    try:
        name = (urlsplit(f"//{host}").hostname or "").lower()
        return bool(ipaddress.ip_address(name))  # DNS rebinding needs a name
    except ValueError:
        own = {"localhost", settings.host.lower(), socket.gethostname().lower(), *listed(settings.lab_hosts.lower())}
        return name in own or name.endswith(".localhost")
