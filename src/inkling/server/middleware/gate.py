"""START HERE: what happens to a request before Flask sees it, and after. In this order:

1. it gets an id, its client's own or a new one;
2. a browser's question whether another origin may ask is answered (`cors.py`);
3. `/api`: too many from this client (`rate.py`) -> 429;
4. `/api` and `/metrics`: no key (`key.py`) -> 401;
5. a reading: no place (`admission.py`) -> 503, before its body is read;
6. its body comes in (`arrival.py`), which ends in bounded time (`hangup.py`);
7. Flask answers, or for a plain reading what stands before it (`plain.py`);
8. it is counted, and logged where that is on (`log.py`).

A refusal costs some 50 microseconds and waits for nothing, so that a service with too much to do can say so.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from inkling.errors import InklingError, Overloaded, TooManyRequests
from inkling.server.middleware import admission, request_context
from inkling.server.middleware.api_key import CHALLENGE, Keys
from inkling.server.middleware.cors import Cors
from inkling.server.middleware.lingering_close import length_of
from inkling.server.middleware.rate_limit import Rate, client_of
from inkling.server.middleware.request_context import Note
from inkling.server.middleware.request_log import RequestLog
from inkling.server.middleware.upload_buffer import Arrivals
from inkling.server.security_headers import secured

if TYPE_CHECKING:
    from inkling.server.metrics.definitions import Metrics
    from inkling.server.metrics.shared_memory import Memory
    from inkling.server.middleware.lingering_close import Lingering
    from inkling.server.settings import Settings

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]
Headers = list[tuple[str, str]]

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")  # any other is counted as "other": a client may invent methods


class Gate:
    """The layer around `app`. `routes` are those without a variable part, by which a refused request is counted."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        memory: Memory,
        metrics: Metrics,
        *,
        routes: Callable[[], frozenset[str]],
        lingering: Lingering,
    ) -> None:
        self._app = app
        self._memory = memory
        self._metrics = metrics
        self._routes = routes
        self._most_bytes = settings.max_upload_bytes
        self._proxies = settings.trusted_proxies
        self._rate = Rate(memory, settings.rate_per_minute)
        self._keys = Keys(settings.api_key)
        self._cors = Cors(settings.cors_origins)
        self._admission = admission.Admission(settings, memory, metrics)
        self._log = RequestLog(settings.log, metrics.worker)
        self._arrivals = Arrivals(settings, lingering.hangup)
        self._lingering = lingering

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        seen = environ[request_context.IN_ENVIRON] = Note(environ)
        extra = [("X-Request-Id", seen.id), *self._cors.headers(environ)]
        if self._memory.stopping:
            extra.append(("Connection", "close"))  # the client's next request goes to a server that stays
        preflight = self._cors.preflight(environ)
        if preflight is not None:
            return self._answer(seen, start_response, 204, [*extra, *preflight], b"")
        try:
            self._guard(environ, seen)
        except InklingError as error:
            return self._refuse(seen, start_response, error, extra)
        if not admission.is_reading(seen.method, seen.path) or length_of(environ) > self._most_bytes:
            return self._pass_on(seen, start_response, extra)
        try:
            self._admission.check()
            with self._arrivals.held(environ):
                return self._read(seen, start_response, extra)
        except InklingError as error:
            seen.refused = "overloaded" if isinstance(error, Overloaded) else "cut"
            return self._refuse(seen, start_response, error, extra)

    def _read(self, seen: Note, start_response: Any, extra: Headers) -> Iterable[bytes]:
        """Answers a reading whose body is there. Raises Overloaded."""
        self._admission.enter()
        if self._admission.is_crowded() and not self._memory.stopping:
            extra.append(("Connection", "close"))
        try:
            return self._pass_on(seen, start_response, extra)
        finally:
            self._admission.leave()

    def _guard(self, environ: Environ, seen: Note) -> None:
        """Raises TooManyRequests or BadKey."""
        guarded = seen.path.startswith("/api/") or seen.path == "/api" or admission.is_reading(seen.method, seen.path)
        if guarded and self._rate.per_minute:
            seen.refused = "rate"
            wait_s = self._rate.wait_s(client_of(environ, self._proxies))
            if wait_s:
                raise TooManyRequests(
                    f"more than {self._rate.per_minute} requests a minute came from this client; expected fewer. "
                    f"Try again in {math.ceil(wait_s)} s.",
                    retry_after_s=math.ceil(wait_s),
                )
        if guarded or seen.path == "/metrics":
            seen.refused = "key"
            self._keys.check(environ)
        seen.refused = ""

    def _pass_on(self, seen: Note, start_response: Any, extra: Headers) -> Iterable[bytes]:
        """The answer; one that has a length as a whole, so that the server sends it at once."""

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            seen.status = int(status[:3])
            seen.streams = not any(name == "Content-Length" for name, _ in headers) and seen.status == 200
            return start_response(status, secured(_merged(headers, extra)), exc_info)

        parts = self._app(seen.environ, start)
        if seen.streams:
            return _Streamed(parts, lambda: self._finish(seen))
        try:
            return [b"".join(parts)]
        finally:
            getattr(parts, "close", _nothing)()
            self._finish(seen)

    def _refuse(self, seen: Note, start_response: Any, error: InklingError, extra: Headers) -> list[bytes]:
        headers = [*extra, ("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        if error.status == 401:
            headers.append(("WWW-Authenticate", CHALLENGE))
        elif error.status != 400:
            headers.append(("Retry-After", str(getattr(error, "retry_after_s", 1))))
        self._metrics.count("inkling_refused_total", seen.refused)
        body = json.dumps({"ok": False, "kind": error.kind, "error": str(error)}).encode()
        return self._answer(seen, start_response, error.status, headers, body)

    def _answer(self, seen: Note, start_response: Any, status: int, headers: Headers, body: bytes) -> list[bytes]:
        """An answer without Flask. A large body is taken off the line first if that holds up nobody."""
        seen.status = status
        self._lingering.drain(seen.environ, self._most_bytes)
        if status != 204:
            headers = [*headers, ("Content-Length", str(len(body)))]
        start_response(f"{status} {HTTPStatus(status).phrase}", secured(headers))
        self._finish(seen)
        return [b"" if seen.method == "HEAD" else body]

    def _finish(self, seen: Note) -> None:
        took_s = time.perf_counter() - seen.began_s
        rule = getattr(seen.environ.get("werkzeug.request"), "url_rule", None)
        if rule is not None:
            seen.route = rule.rule
        else:
            seen.route = seen.path if seen.path in self._routes() else "(none)"
        method = seen.method if seen.method in METHODS else "other"
        seen.method = method
        self._metrics.record(
            [("inkling_requests_total", method, seen.route, str(seen.status))],
            [(("inkling_request_seconds", seen.route), took_s)],
        )
        if self._log.on:
            self._log.write(seen, took_s, length_of(seen.environ))


class _Streamed:
    """An answer in pieces, counted when it ends."""

    def __init__(self, parts: Iterable[bytes], finish: Callable[[], None]) -> None:
        self._parts = parts
        self._finish: Callable[[], None] | None = finish

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        finish, self._finish = self._finish, None
        try:
            getattr(self._parts, "close", _nothing)()
        finally:
            if finish:
                finish()


def _merged(headers: Headers, extra: Headers) -> Headers:
    """Both; two `Vary` become one."""
    if len(extra) == 1:
        return [*headers, *extra]
    vary = [value for name, value in (*headers, *extra) if name == "Vary"]
    rest = [(name, value) for name, value in (*headers, *extra) if name != "Vary"]
    return [*rest, ("Vary", ", ".join(vary))] if vary else rest


def _nothing() -> None:
    """For what has nothing to close."""
