"""Bounded patience with what fails for a moment: a request in a hundred, or a bucket that is away for a minute."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

from inkling.errors import InklingError, NoPermission, NotFound, Unreachable

RETRY_FOR_S = 180.0  # from the first failure of one request until it is given up
PROBE_FOR_S = 10.0  # the same at the door, where a person waits: see `places.reach`
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0  # doubled each time, less up to half of it by chance

# What S3, Google and Azure say when trying again is of no use. Object names stand in the same messages, so these are
# whole words that hardly a file is named by.
_REFUSED = re.compile(
    r"\b(ACCESS_DENIED|AccessDenied|PERMISSION_DENIED|UNAUTHENTICATED|AuthenticationFailed|AuthorizationFailure"
    r"|AuthorizationPermissionMismatch|INVALID_ACCESS_KEY_ID|InvalidAccessKeyId|SIGNATURE_DOES_NOT_MATCH"
    r"|SignatureDoesNotMatch|INVALID_CLIENT_TOKEN_ID|UNRECOGNIZED_CLIENT|MISSING_AUTHENTICATION_TOKEN|EXPIRED_TOKEN"
    r"|ExpiredToken|InvalidToken|NoAuthenticationInformation|HTTP status code 40[13]|HTTP response code 40[13])\b"
)
NO_BUCKET = "NO_SUCH_BUCKET"
_NO_BUCKET = re.compile(rf"\b({NO_BUCKET}|NoSuchBucket|ContainerNotFound)\b|bucket does not exist")

T = TypeVar("T")


def with_retries(act: Callable[[], T], place: str, *, patience_s: float | None = None) -> T:
    """`act()`, again and again while a bucket's failures may pass, for `patience_s` from the first failure on.

    Raises NotFound or NoPermission at once, and Unreachable when patience ends: the first two are about `place`, the
    third about the bucket, so nothing follows from it for one picture.
    """
    patience_s = RETRY_FOR_S if patience_s is None else patience_s
    pause_s, failed_at = FIRST_PAUSE_S, 0.0
    while True:
        try:
            return act()
        except OSError as error:
            lasting = _lasting(place, error)
            if lasting is not None:
                raise lasting from error
            now = time.monotonic()
            failed_at = failed_at or now
            if now - failed_at + pause_s > patience_s:
                raise Unreachable(
                    f"{place} could not be reached for {now - failed_at:.0f} s ({_brief(error)}); expected a bucket "
                    "that answers. Check its name, the endpoint and the network, then go on."
                ) from error
        time.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - so that many workers do not come back at once
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _lasting(place: str, error: OSError) -> InklingError | None:
    """The sentence for what time does not mend; None for what may pass."""
    said = str(error)
    if _NO_BUCKET.search(said):
        return NotFound(f"{place}: there is no such bucket; expected one that exists. Check its name and the endpoint.")
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{place} is not there; expected a file or folder of that name. Check the name.")
    if isinstance(error, PermissionError) or _REFUSED.search(said):
        return NoPermission(
            f"{place}: the bucket refuses these credentials ({_brief(error)}); expected some with the right to it. "
            "Set them in the environment, as docs/archive.md says."
        )
    if isinstance(error, NotADirectoryError | IsADirectoryError):
        return NotFound(f"{place} is not what it should be ({_brief(error)}); check the name.")
    return None


def _brief(error: OSError) -> str:
    """What a library said, without the story around it."""
    said = " ".join(str(error).split())
    found = re.search(r"AWS Error (\w+)(?: during (\w+) operation)?(?:: (.*))?", said)
    if found:
        said = f"{found[1]}: {found[3]}" if found[3] and found[1] in ("NETWORK_CONNECTION", "UNKNOWN") else found[1]
    return said[:160].rstrip(". ") or type(error).__name__
