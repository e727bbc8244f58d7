"""A rate limit per client, counted over all workers in shared memory.

Each client has a token bucket that holds a minute's worth and refills evenly. Only the time is stored at which it is
full again (the generic cell rate algorithm, ITU-T I.371), 16 bytes a client. Memory is bounded: a hash set has four
entries, and a new client replaces the one with the fullest bucket. Workers do not lock each other out, so in a race a
client may get one request more.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from inkling.server.metrics.shared_memory import RATE_BUCKETS, RATE_SETS, SharedMemory

MINUTE_S = 60.0


class RateLimiter:
    """Limits each client to `per_minute` requests. 0 is no limit."""

    def __init__(self, memory: SharedMemory, per_minute: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._memory = memory
        self._clock_s = clock_s
        self._lock = threading.Lock()

    def acquire(self, client: str) -> float:
        """Take one request of the client's allowance. Returns 0.0, or the seconds until there is one to take."""
        if not self.per_minute:
            return 0.0
        digest = hashlib.blake2b(client.encode(), digest_size=8, key=self._memory.secret).digest()
        name = int.from_bytes(digest, "little") or 1
        clients, full_at_s = self._memory.rate_clients, self._memory.rate_times_s
        first = name % RATE_SETS * RATE_BUCKETS
        interval_s = MINUTE_S / self.per_minute
        now_s = self._clock_s()
        with self._lock:
            buckets = range(first, first + RATE_BUCKETS)
            bucket = next((i for i in buckets if clients[i] == name), None)
            if bucket is None:
                bucket = min(buckets, key=lambda i: full_at_s[i])
                clients[bucket], full_at_s[bucket] = name, now_s
            full_s = max(full_at_s[bucket], now_s)
            wait_s = full_s - now_s - (MINUTE_S - interval_s)
            if wait_s > 1e-9:
                return wait_s
            full_at_s[bucket] = full_s + interval_s
        return 0.0


def client_address(environ: Mapping[str, Any], trusted_proxies: int) -> str:
    """The client's address: the peer's, or what the outermost trusted proxy wrote into X-Forwarded-For.

    Entries left of that one come from the client and prove nothing. An IPv6 client is its /64 network, because it
    usually owns all of it.
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
