"""START HERE: what happens to every request before its view, and to every answer after it.

Before the view, in this order, by the rule of the matched endpoint (`inkling.server.rules`). A request that matched
nothing, or a method that is not allowed, is answered 404 or 405 without any of it, and its body is not read.

1. give the request an id, the client's own or a new one (`request_context.py`);
2. refuse HTTP/1.1 without Host (RFC 9112, 3.2) with 400;
3. refuse a client with too many requests (`rates.py`) with 429;
4. refuse a request without a valid key (`api_key.py`) with 401;
5. refuse a body where the endpoint takes none with 400, a larger one than it takes with 413, before it is read;
6. a reading: refuse it with 503 while the worker, or this client's part of it, is full (`service/fair_queue.py`);
7. receive the body in bounded time and memory (`bodies.py`), and take a place for the reading.

After it: CORS headers (Flask-CORS), security headers, the count and the log line of the request.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from inkling.errors import BadRequest, InklingError, Overloaded
from inkling.server.middleware.api_key import ApiKeyCheck
from inkling.server.middleware.bodies import Bodies, declared_length, too_large
from inkling.server.middleware.deadlines import SEND_S, STREAM_S, close_after_answer, set_deadline
from inkling.server.middleware.rates import rate_check
from inkling.server.middleware.request_log import log_request
from inkling.server.middleware.security_headers import HEADERS
from inkling.server.request_context import RequestContext, client_name, current_client, current_context
from inkling.server.rules import UPLOAD, Rule, rule_of
from inkling.server.settings import Settings, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from inkling.server.metrics.definitions import Metrics
    from inkling.server.service.fair_queue import FairQueue

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")  # others count as "other", because a client may invent methods
CORS = {
    "methods": ["GET", "HEAD", "POST"],
    "allow_headers": ["Authorization", "Content-Type", "X-API-Key", "X-Request-Id", "If-None-Match"],
    "expose_headers": ["X-Request-Id", "Retry-After", "ETag"],
    "max_age": 86_400,  # seconds: a day
    "send_wildcard": True,
}


class Access:
    """The checks of one app."""

    def __init__(self, app: Flask, settings: Settings, metrics: Metrics, queue: FairQueue) -> None:
        self._app = app
        self._metrics = metrics
        self._queue = queue
        self._max_upload_bytes = settings.max_upload_bytes
        self._bodies = Bodies(settings.max_upload_bytes)
        self._api_key = ApiKeyCheck(settings.api_key)
        self._check_rate = rate_check(settings)
        self._set_cors = _cors(app, settings)
        metrics.set("inkling_in_hand_limit", queue.limit)
        if settings.trusted_proxies:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]
        app.before_request(self._before)
        app.after_request(self._after)
        app.teardown_request(self._teardown)

    def _before(self) -> None:
        """Raises BadRequest, TooManyRequests, BadKey, ImageTooLarge and Overloaded."""
        context = current_context(request.environ)
        client = client_name(request.remote_addr or "")
        current_client.set(client)
        if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1" and "HTTP_HOST" not in request.environ:
            raise BadRequest("request names no host; HTTP/1.1 expects the header Host. Send it.")
        rule = rule_of(self._app, request.endpoint, request.method)
        if rule is None:
            if request.endpoint is not None:
                raise LookupError(f"endpoint {request.endpoint} has no rule")
            return  # 404 or 405
        try:
            self._check(rule, context, client)
        except InklingError:
            if context.refused:
                self._metrics.count("inkling_refused_total", context.refused)
            raise

    def _check(self, rule: Rule, context: RequestContext, client: str) -> None:
        if rule.rate:
            context.refused = "rate"
            self._check_rate(client)
        if rule.needs_key:
            context.refused = "key"
            self._api_key.check(request.environ)
        context.refused = "body"
        max_bytes = self._max_upload_bytes if rule.max_body_bytes == UPLOAD else rule.max_body_bytes
        length = declared_length(request.environ)
        if length and not max_bytes:
            raise BadRequest(f"request has a body, and {request.method} takes none here. Send it without.")
        if length > max_bytes:
            raise too_large(max_bytes)
        try:
            if rule.places:
                self._queue.check(client, rule.places)
            context.bytes_in = self._bodies.receive(request.environ, client, max_bytes)
            g.body = client, context.bytes_in
            if rule.places:
                self._queue.enter(client, rule.places)
                g.places = client, rule.places
                self._metrics.set("inkling_in_hand", self._queue.in_flight)
        except Overloaded:
            context.refused = "overloaded"
            raise
        context.refused = ""

    def _after(self, response: Response) -> Response:
        context = current_context(request.environ)
        context.status = response.status_code
        if "body" not in g and declared_length(request.environ):
            close_after_answer()
        rule = rule_of(self._app, request.endpoint, request.method)
        if rule and rule.cross_origin:
            self._set_cors(response)
        response.headers["X-Request-Id"] = context.request_id
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "application/json":
            response.headers.setdefault("Cache-Control", "no-store")
        context.route = request.url_rule.rule if request.url_rule else "(none)"
        method = context.method if context.method in METHODS else "other"
        took_s = time.perf_counter() - context.started_s
        self._metrics.record(
            [("inkling_requests_total", method, context.route, str(context.status))],
            [(("inkling_request_seconds", context.route), took_s)],
        )
        log_request(context, took_s)
        events = response.is_streamed and response.content_length is None
        set_deadline(STREAM_S if events else SEND_S, sending=True)
        return response

    def _teardown(self, _: BaseException | None) -> None:
        if "body" in g:
            self._bodies.release(*g.pop("body"))
        if "places" in g:
            self._queue.leave(*g.pop("places"))
            self._metrics.set("inkling_in_hand", self._queue.in_flight)


def _cors(app: Flask, settings: Settings) -> Callable[[Response], Any]:
    """Sets the CORS headers of an answer (WHATWG, Fetch Standard, "CORS protocol") for the origins of the settings."""
    origins = [origin.rstrip("/") for origin in listed(settings.cors_origins)]
    if not origins:
        return lambda response: response
    from flask_cors.core import get_cors_options, set_cors_headers

    options = get_cors_options(app, {**CORS, "origins": origins})
    return lambda response: set_cors_headers(response, options)
