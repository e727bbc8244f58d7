"""HTTP with connections that are kept, and with patience that ends."""

from __future__ import annotations

import http.client
import logging
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from inkling.errors import BadRequest, Unreachable

WAIT_S = 0.2  # before the first retry; doubled for each one after it
MOST_WAIT_S = 30.0  # a service that asks for a longer wait is not waited for
REFUSALS = (429, 503)  # refused before any work was done

_log = logging.getLogger("inkling.client")


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes


class _Refused(Unreachable):
    """Nothing listens there: the request was not sent, and may be sent again."""

    @property
    def kind(self) -> str:
        return "Unreachable"


class Wire:
    """Connections to one server, taken by one request at a time."""

    def __init__(self, url: str, *, headers: Mapping[str, str], timeout_s: float, retries: int) -> None:
        try:
            parts = urllib.parse.urlsplit(url)
            self._port = parts.port
            (parts.hostname or "").encode("idna")  # as it is looked up
            parts.path.encode("ascii")
        except ValueError:  # a port that is no number or too large, or letters that cannot be sent
            parts = urllib.parse.urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest(f"url is {url!r}; expected an address such as http://127.0.0.1:8000. Correct it.")
        if timeout_s <= 0 or retries < 0:
            raise BadRequest(
                f"timeout_s is {timeout_s} and retries {retries}; expected more than 0 and at least 0. Correct them."
            )
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._path, self._url = parts.hostname, parts.path.rstrip("/"), url
        self._headers, self._timeout_s, self._retries = dict(headers), timeout_s, retries
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def patiently(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Reply:
        """The answer; a refusal only after the last retry. Raises Unreachable."""
        wait_s = WAIT_S
        for left in range(self._retries, 0, -1):
            pause_s = wait_s
            try:
                reply = self.once(method, path, body, content_type)
            except _Refused:
                why = "refuses the connection"
            else:
                if reply.status not in REFUSALS:
                    return reply
                why = f"answers {reply.status}"
                pause_s = _seconds(reply.headers.get("Retry-After"), default=wait_s)
                if pause_s > MOST_WAIT_S:
                    return reply
            _log.info("%s %s; asking again in %.1f s, %d times at most", self._url, why, pause_s, left)
            time.sleep(pause_s)
            wait_s *= 2
        return self.once(method, path, body, content_type)

    def once(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Reply:
        """The answer to a request that is sent once. Raises Unreachable."""
        headers = {**self._headers, "Content-Type": content_type} if content_type else self._headers
        try:
            return self._send(method, self._path + path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            what = str(error) or type(error).__name__
            if isinstance(error, TimeoutError):
                what = f"no answer within {self._timeout_s:g} s"
            kind = _Refused if isinstance(error, ConnectionRefusedError) else Unreachable
            raise kind(
                f"cannot reach {self._url} ({what}); expected an inkling service. Check the address and that the "
                "service runs."
            ) from error

    def _send(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._exchange(kept, method, target, body, headers)
            except (ConnectionError, http.client.HTTPException):
                pass  # the server closed it meanwhile, as it may; a new connection tells
        return self._exchange(
            self._kind(self._host, self._port, timeout=self._timeout_s), method, target, body, headers
        )

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Reply:
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return Reply(response.status, response.headers, content)


def _seconds(retry_after: str | None, *, default: float) -> float:
    """The header's seconds; `default` when it is absent or a date."""
    try:
        return max(0.0, float(retry_after or ""))
    except ValueError:
        return default
