"""Bounded retry with exponential backoff for transient failures of bucket requests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from inkling.errors import InklingError, NoPermission, NotFound, Unreachable

RETRY_FOR_S = 180.0  # from the start of a request until it fails
PROBE_FOR_S = 10.0  # the limit for `storage.probe`, where a person waits
MIN_PAUSE_S, MAX_PAUSE_S = 0.1, 10.0  # a random pause, up to a limit that doubles from the first to the second

# Error codes of S3, Google and Azure for which a retry is useless. Messages also contain object names, so these are
# whole words that are unlikely in file names.
_REFUSED = re.compile(
    r"\b(ACCESS_DENIED|AccessDenied|PERMISSION_DENIED|UNAUTHENTICATED|AuthenticationFailed|AuthorizationFailure"
    r"|AuthorizationPermissionMismatch|INVALID_ACCESS_KEY_ID|InvalidAccessKeyId|SIGNATURE_DOES_NOT_MATCH"
    r"|SignatureDoesNotMatch|INVALID_CLIENT_TOKEN_ID|UNRECOGNIZED_CLIENT|MISSING_AUTHENTICATION_TOKEN|EXPIRED_TOKEN"
    r"|ExpiredToken|InvalidToken|NoAuthenticationInformation|HTTP status code 40[13]|HTTP response code 40[13])\b"
)
NO_BUCKET = "NO_SUCH_BUCKET"
_NO_BUCKET = re.compile(rf"\b({NO_BUCKET}|NoSuchBucket|ContainerNotFound)\b|bucket does not exist")

T = TypeVar("T")


def with_retries(act: Callable[[], T], location: str, *, retry_for_s: float | None = None) -> T:
    """Call `act()`, retrying transient failures for `retry_for_s` in total (None: RETRY_FOR_S).

    Raises NotFound or NoPermission immediately, and Unreachable when the time is up. The first two concern
    `location`; the third concerns the bucket, not one file.
    """
    from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_random_exponential

    def passes(error: BaseException) -> bool:
        return isinstance(error, OSError) and _permanent_error(location, error) is None

    attempts = Retrying(
        retry=retry_if_exception(passes),
        wait=wait_random_exponential(multiplier=MIN_PAUSE_S, max=MAX_PAUSE_S),  # random: workers do not retry in step
        stop=stop_before_delay(RETRY_FOR_S if retry_for_s is None else retry_for_s),
        reraise=True,
    )
    start = time.monotonic()
    try:
        return attempts(act)
    except OSError as error:
        raise _permanent_error(location, error) or Unreachable(
            f"{location} could not be reached for {time.monotonic() - start:.0f} s ({_brief(error)}); expected a "
            "bucket that answers. Check its name, the endpoint and the network, then continue."
        ) from error


def _permanent_error(location: str, error: OSError) -> InklingError | None:
    """The error to raise if a retry is useless; otherwise None."""
    message = str(error)
    if _NO_BUCKET.search(message):
        return NotFound(
            f"{location}: the bucket does not exist; expected an existing bucket. Check its name and the endpoint."
        )
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{location} does not exist; expected a file or folder of that name. Check the name.")
    if isinstance(error, PermissionError) or _REFUSED.search(message):
        return NoPermission(
            f"{location}: the bucket refuses these credentials ({_brief(error)}); expected credentials with access. "
            "Set them in the environment; see docs/archive.md."
        )
    if isinstance(error, NotADirectoryError | IsADirectoryError):
        return NotFound(f"{location} is a file instead of a folder, or the reverse ({_brief(error)}); check the name.")
    return None


def _brief(error: OSError) -> str:
    """A library's message, shortened."""
    message = " ".join(str(error).split())
    match = re.search(r"AWS Error (\w+)(?: during (\w+) operation)?(?:: (.*))?", message)
    if match:
        detail = f": {match[3]}" if match[3] and match[1] in ("NETWORK_CONNECTION", "UNKNOWN") else ""
        message = match[1] + detail
    return message[:160].rstrip(". ") or type(error).__name__
