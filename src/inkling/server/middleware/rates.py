"""The rate of each client, counted by limits, the library under Flask-Limiter.

In memory each worker counts alone. In Redis all workers of all machines count together. Flask-Limiter itself guards
views one by one; here one check before every view knows the rule of its endpoint.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from inkling.errors import BadRequest, Overloaded, TooManyRequests
from inkling.server.settings import Settings, env_name


def rate_check(settings: Settings) -> Callable[[str], None]:
    """A function that counts a request of a client. It raises TooManyRequests, or Overloaded where Redis is silent.

    The library, which takes a quarter of a second to load, is loaded where there is a rate. Raises BadRequest for a
    storage that cannot be used.
    """
    if not settings.rate_per_minute:
        return lambda client: None
    from limits import RateLimitItemPerMinute
    from limits.errors import StorageError
    from limits.strategies import SlidingWindowCounterRateLimiter

    limiter = SlidingWindowCounterRateLimiter(rate_storage(settings))
    limit = RateLimitItemPerMinute(settings.rate_per_minute)

    def check(client: str) -> None:
        try:
            if limiter.hit(limit, client):
                return
            reset_s = limiter.get_window_stats(limit, client).reset_time
        except StorageError as error:
            raise Overloaded(
                f"requests cannot be counted, because {env_name('rate_storage')} does not answer; expected it to. Try "
                "again in a moment."
            ) from error
        wait_s = max(1, math.ceil(reset_s - time.time()))
        raise TooManyRequests(
            f"more than {settings.rate_per_minute} requests a minute came from this client; expected fewer. Try again "
            f"in {wait_s} s.",
            retry_after_s=wait_s,
        )

    return check


def rate_storage(settings: Settings) -> Any:
    """Where requests are counted. Raises BadRequest for what is no storage, or one whose library is missing."""
    from limits.errors import ConfigurationError
    from limits.storage import storage_from_string

    try:
        return storage_from_string(settings.rate_storage, wrap_exceptions=True)
    except (ConfigurationError, ValueError):
        scheme = settings.rate_storage.partition(":")[0]
        raise BadRequest(
            f"{env_name('rate_storage')} begins with {scheme!r} and cannot be used; expected memory:// or redis://HOST "
            "with the library of 'pip install redis'. Correct it."
        ) from None  # its message quotes the address, which may hold a password
