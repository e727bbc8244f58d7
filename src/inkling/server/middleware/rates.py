"""The rate of each client, counted by limits, the library under Flask-Limiter.

In memory each worker counts alone. In Redis all workers of all machines count together. Flask-Limiter itself guards
views one by one; here one check before every view knows the rule of its endpoint.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from inkling.errors import BadRequest, Overloaded, TooManyRequests
from inkling.server.settings import Settings

CANNOT_COUNT = (
    "INKLING_RATE_STORAGE begins with {!r} and cannot be used; expected memory:// or redis://HOST with the library of "
    "'pip install redis'. Correct it."
)
SILENT = "INKLING_RATE_STORAGE does not answer; expected it to count requests. Try again in a moment."
TOO_MANY = "more than {} requests a minute came from this client; expected fewer. Try again in {} s."


def rate_check(settings: Settings) -> Callable[[str], None]:
    """A function that counts a request of a client. It raises TooManyRequests, or Overloaded where Redis is silent.

    The library, which takes a quarter of a second to load, is loaded where there is a rate. Raises BadRequest for a
    storage that cannot be used.
    """
    n = settings.rate_per_minute
    if not n:
        return lambda client: None
    from limits import RateLimitItemPerMinute
    from limits.errors import ConfigurationError, StorageError
    from limits.storage import storage_from_string
    from limits.strategies import SlidingWindowCounterRateLimiter

    try:
        limiter = SlidingWindowCounterRateLimiter(storage_from_string(settings.rate_storage, wrap_exceptions=True))
    except (ConfigurationError, ValueError):
        raise BadRequest(CANNOT_COUNT.format(settings.rate_storage.partition(":")[0])) from None  # it quotes a password
    limit = RateLimitItemPerMinute(n)

    def check(client: str) -> None:
        try:
            if limiter.hit(limit, client):
                return
            wait_s = max(1, math.ceil(limiter.get_window_stats(limit, client).reset_time - time.time()))
        except StorageError as error:
            raise Overloaded(SILENT) from error
        raise TooManyRequests(TOO_MANY.format(n, wait_s), retry_after_s=wait_s)

    return check
