"""HTTP with persistent connections and a limited number of retries."""

from __future__ import annotations

import http.client
import logging
import re
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from inkling.errors import BadRequest, Unreachable

FIRST_RETRY_S = 0.2  # before the first retry; doubled for each further retry
MAX_RETRY_AFTER_S = 30.0  # no retry if the service asks for a longer wait
RETRY_STATUSES = (429, 503)  # the service rejected the request before processing it

_log = logging.getLogger("inkling.client")


@dataclass(frozen=True)
class Reply:
    """The response of a server."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    def retry_after_s(self, default: float) -> float:
        """The seconds in the Retry-After header; `default` if it is absent or not a number."""
        text = self.headers.get("Retry-After", "").strip()
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else default


class _Refused(Unreachable):
    """Nothing listens at the address. The request was not sent, so it can be repeated."""

    @property
    def kind(self) -> str:
        return "Unreachable"


class Transport:
    """Connections to one server. Each connection handles one request at a time."""

    def __init__(self, url: str, *, headers: Mapping[str, str], timeout_s: float, retries: int) -> None:
        try:
            parts = urllib.parse.urlsplit(url)
            self._port = parts.port
            (parts.hostname or "").encode("idna")  # as the resolver does
            parts.path.encode("ascii")
        except ValueError:  # an invalid port, or characters that cannot be sent
            parts = urllib.parse.urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest(f"url is {url!r}; expected an address such as http://127.0.0.1:8000. Correct it.")
        if timeout_s <= 0 or retries < 0:
            raise BadRequest(
                f"timeout_s is {timeout_s} and retries is {retries}; expected timeout_s > 0 and retries >= 0. Correct "
                "them."
            )
        self._connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._path, self._url = parts.hostname, parts.path.rstrip("/"), url
        self._headers, self._timeout_s, self._retries = dict(headers), timeout_s, retries
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def request_with_retries(self, method: str, path: str, body: bytes | None, content_type: str) -> Reply:
        """The response; a 429 or 503 only after the last retry. Raises Unreachable."""
        wait_s = FIRST_RETRY_S
        for left in range(self._retries, 0, -1):
            pause_s = wait_s
            try:
                reply = self.request(method, path, body, content_type)
            except _Refused:
                why = "refuses the connection"
            else:
                if reply.status not in RETRY_STATUSES:
                    return reply
                why = f"answers {reply.status}"
                pause_s = reply.retry_after_s(default=wait_s)
                if pause_s > MAX_RETRY_AFTER_S:
                    return reply
            _log.info("%s %s; next try in %.1f s, %d left", self._url, why, pause_s, left)
            time.sleep(pause_s)
            wait_s *= 2
        return self.request(method, path, body, content_type)

    def request(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Reply:
        """The response to a request that is sent once. Raises Unreachable."""
        headers = {**self._headers, "Content-Type": content_type} if content_type else self._headers
        try:
            return self._send(method, self._path + path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            what = str(error) or type(error).__name__
            if isinstance(error, TimeoutError):
                what = f"no answer within {self._timeout_s:g} s"
            kind = _Refused if isinstance(error, ConnectionRefusedError) else Unreachable
            raise kind(
                f"cannot reach {self._url} ({what}); expected an inkling service. Check the address, and that the "
                "service is running."
            ) from error

    def _send(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._exchange(kept, method, target, body, headers)
            except (ConnectionError, http.client.HTTPException):
                pass  # the server may have closed the idle connection; retry on a new one
        fresh = self._connection(self._host, self._port, timeout=self._timeout_s)
        return self._exchange(fresh, method, target, body, headers)

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
