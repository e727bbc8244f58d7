"""START HERE: the WSGI layer around Flask. It does the following, in this order:

1. give the request an id, the client's own or a new one (`request_context.py`);
2. answer a browser's CORS preflight (`cors.py`);
3. `/api`: refuse a client with too many requests (`rate_limit.py`) with 429;
4. `/api` and `/metrics`: refuse a request without a valid key (`api_key.py`) with 401;
5. a reading: refuse it with 503 while the worker is full (`admission.py`), before its body is read;
6. a reading: buffer its body (`upload_buffer.py`), in bounded time (`slow_uploads.py`);
7. let Flask answer;
8. add security headers, count the request, and log it where the log is on (`request_log.py`).

A refusal costs some 50 microseconds and waits for nothing, so an overloaded service can still refuse.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from inkling.errors import InklingError, Overloaded, TooManyRequests
from inkling.server.metrics.definitions import Metrics
from inkling.server.metrics.shared_memory import SharedMemory
from inkling.server.middleware.admission import AdmissionControl, is_reading
from inkling.server.middleware.api_key import CHALLENGE, ApiKeyCheck
from inkling.server.middleware.cors import CorsPolicy, Headers
from inkling.server.middleware.error_handlers import error_json
from inkling.server.middleware.lingering_close import LingeringClose, content_length
from inkling.server.middleware.rate_limit import RateLimiter, client_address
from inkling.server.middleware.request_context import ENVIRON_KEY, RequestContext
from inkling.server.middleware.request_log import RequestLog
from inkling.server.middleware.security_headers import with_security_headers
from inkling.server.middleware.upload_buffer import UploadBuffer
from inkling.server.settings import Settings

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")  # others count as "other", because a client may invent methods


class Gate:
    """The layer around `app`. `routes` returns those without a variable part; refused requests are counted by them."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        memory: SharedMemory,
        metrics: Metrics,
        *,
        routes: Callable[[], frozenset[str]],
        lingering: LingeringClose,
    ) -> None:
        self._app = app
        self._memory = memory
        self._metrics = metrics
        self._routes = routes
        self._max_bytes = settings.max_upload_bytes
        self._proxies = settings.trusted_proxies
        self._rate_limiter = RateLimiter(memory, settings.rate_per_minute)
        self._api_key = ApiKeyCheck(settings.api_key)
        self._cors = CorsPolicy(settings.cors_origins)
        self._admission = AdmissionControl(settings, memory, metrics)
        self._log = RequestLog(settings.log, metrics.worker)
        self._uploads = UploadBuffer(settings, lingering.guard)
        self._lingering = lingering

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        context = environ[ENVIRON_KEY] = RequestContext(environ)
        extra = [("X-Request-Id", context.request_id), *self._cors.headers(environ)]
        if self._memory.stopping:
            extra.append(("Connection", "close"))  # the client's next request goes to a server that stays
        preflight = self._cors.preflight(environ)
        if preflight is not None:
            return self._answer(Response(status=204, headers=preflight), context, start_response, extra)
        try:
            self._check_access(environ, context)
        except InklingError as error:
            return self._refuse(context, start_response, error, extra)
        if not is_reading(context.method, context.path) or content_length(environ) > self._max_bytes:
            return self._forward(self._app, context, start_response, extra)
        try:
            self._admission.check()
            with self._uploads.buffered(environ), self._admission.slot():
                if self._admission.should_rebalance() and not self._memory.stopping:
                    extra.append(("Connection", "close"))
                return self._forward(self._app, context, start_response, extra)
        except InklingError as error:
            context.refused = "overloaded" if isinstance(error, Overloaded) else "cut"
            return self._refuse(context, start_response, error, extra)

    def _check_access(self, environ: Environ, context: RequestContext) -> None:
        """Raises TooManyRequests or BadKey."""
        path = context.path
        guarded = path.startswith("/api/") or path == "/api" or is_reading(context.method, path)
        if guarded and self._rate_limiter.per_minute:
            context.refused = "rate"
            wait_s = math.ceil(self._rate_limiter.acquire(client_address(environ, self._proxies)))
            if wait_s:
                raise TooManyRequests(
                    f"more than {self._rate_limiter.per_minute} requests a minute came from this client; expected "
                    f"fewer. Try again in {wait_s} s.",
                    retry_after_s=wait_s,
                )
        if guarded or path == "/metrics":
            context.refused = "key"
            self._api_key.check(environ)
        context.refused = ""

    def _forward(self, app: App, context: RequestContext, start_response: Any, extra: Headers) -> Iterable[bytes]:
        """The app's answer. One that has a length is returned whole, so that the server sends it at once."""

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            context.status = int(status[:3])
            context.streamed = not any(name == "Content-Length" for name, _ in headers) and context.status == 200
            return start_response(status, with_security_headers(_merged(headers, extra)), exc_info)

        parts = ClosingIterator(app(context.environ, start), lambda: self._finish(context))
        if context.streamed:
            return parts
        try:
            return [b"".join(parts)]
        finally:
            parts.close()

    def _refuse(
        self, context: RequestContext, start_response: Any, error: InklingError, extra: Headers
    ) -> Iterable[bytes]:
        self._metrics.count("inkling_refused_total", context.refused)
        headers = {"Cache-Control": "no-store"}
        if error.status == 401:
            headers["WWW-Authenticate"] = CHALLENGE
        elif error.status != 400:
            headers["Retry-After"] = str(getattr(error, "retry_after_s", 1))
        answer = Response(json.dumps(error_json(error)), error.status, headers, mimetype="application/json")
        return self._answer(answer, context, start_response, extra)

    def _answer(
        self, answer: Response, context: RequestContext, start_response: Any, extra: Headers
    ) -> Iterable[bytes]:
        """An answer without Flask. What is left of a large body is discarded first."""
        self._lingering.drain(context.environ, self._max_bytes)
        return self._forward(answer, context, start_response, extra)

    def _finish(self, context: RequestContext) -> None:
        took_s = time.perf_counter() - context.started_s
        rule = getattr(context.environ.get("werkzeug.request"), "url_rule", None)
        if rule is not None:
            context.route = rule.rule
        else:
            context.route = context.path if context.path in self._routes() else "(none)"
        if context.method not in METHODS:
            context.method = "other"
        self._metrics.record(
            [("inkling_requests_total", context.method, context.route, str(context.status))],
            [(("inkling_request_seconds", context.route), took_s)],
        )
        if self._log.on:
            self._log.write(context, took_s, content_length(context.environ))


def _merged(headers: Headers, extra: Headers) -> Headers:
    """Both lists, with all `Vary` headers joined into one."""
    if len(extra) == 1:
        return [*headers, *extra]
    vary = [value for name, value in (*headers, *extra) if name == "Vary"]
    rest = [(name, value) for name, value in (*headers, *extra) if name != "Vary"]
    return [*rest, ("Vary", ", ".join(vary))] if vary else rest
