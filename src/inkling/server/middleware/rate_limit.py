"""At most so many requests a minute from each client, counted over all workers in the memory that they share.

A client's bucket holds a minute's worth and refills evenly. Instead of tokens only the time is kept at which it will
be full again (the generic cell rate algorithm of ITU-T I.371), 16 bytes a client. Memory is bounded: of the four that
share a place, the one with the fullest bucket makes room. Workers do not lock each other out, so under a race a
client may get one request more.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from typing import TYPE_CHECKING, Any

from inkling.server.metrics.shared_memory import RATE_SETS, RATE_WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inkling.server.metrics.shared_memory import Memory

MINUTE_S = 60.0


class Rate:
    """Who may send how much. `per_minute` 0 is no limit."""

    def __init__(self, memory: Memory, per_minute: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._memory = memory
        self._clock_s = clock_s
        self._lock = threading.Lock()

    def wait_s(self, client: str) -> float:
        """Takes one request of the client's; 0.0 if there was one, else the seconds until there is."""
        if not self.per_minute:
            return 0.0
        digest = hashlib.blake2b(client.encode(), digest_size=8, key=self._memory.secret).digest()
        name = int.from_bytes(digest, "little") or 1
        clients, full_s = self._memory.rate_clients, self._memory.rate_times_s
        first = name % RATE_SETS * RATE_WAYS
        each_s = MINUTE_S / self.per_minute
        now_s = self._clock_s()
        with self._lock:
            ways = range(first, first + RATE_WAYS)
            place = next((way for way in ways if clients[way] == name), None)
            if place is None:
                place = min(ways, key=lambda way: full_s[way])
                clients[place], full_s[place] = name, now_s
            full = max(full_s[place], now_s)
            too_soon_s = full - now_s - (MINUTE_S - each_s)
            if too_soon_s > 1e-9:
                return too_soon_s
            full_s[place] = full + each_s
        return 0.0


def client_of(environ: Mapping[str, Any], trusted_proxies: int) -> str:
    """The client's address: the peer's, or what the outermost trusted proxy wrote into X-Forwarded-For.

    Entries left of that one are the client's own words. An IPv6 client is its /64, of which it usually has all.
    """
    address = environ.get("REMOTE_ADDR", "")
    if trusted_proxies:
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            address = hops[-trusted_proxies]
    if ":" not in address:
        return str(address)
    try:
        found = ipaddress.IPv6Address(address.strip("[]"))
    except ValueError:
        return str(address)
    return str(found.ipv4_mapped or int(found) >> 64)
