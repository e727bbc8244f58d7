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
from contextlib import ExitStack

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from inkling.errors import BadKey, BadRequest, InklingError, Overloaded, TooManyRequests
from inkling.server.metrics.definitions import Metrics
from inkling.server.middleware.api_key import key_check
from inkling.server.middleware.bodies import Bodies, too_large
from inkling.server.middleware.deadlines import SEND_S, STREAM_S
from inkling.server.middleware.rates import rate_check
from inkling.server.middleware.request_log import log_request
from inkling.server.middleware.security_headers import HEADERS
from inkling.server.request_context import client_name, current_client, current_context
from inkling.server.rules import UPLOAD, Rule, rule_of
from inkling.server.service.fair_queue import FairQueue
from inkling.server.settings import Settings, listed

DRAINED_BYTES = 65_536  # an unread body below that gunicorn reads, and the connection goes on
REFUSED = {TooManyRequests: "rate", BadKey: "key", Overloaded: "overloaded"}  # all else: "body"
CORS = {
    "methods": ["GET", "HEAD", "POST"],
    "allow_headers": ["Authorization", "Content-Type", "X-API-Key", "X-Request-Id", "If-None-Match"],
    "expose_headers": ["X-Request-Id", "Retry-After", "ETag"],
    "max_age": 86_400,  # seconds: a day
    "send_wildcard": True,
}


def add_access(app: Flask, settings: Settings, metrics: Metrics, queue: FairQueue) -> None:
    """Check every request before its view."""
    check_rate, check_key = rate_check(settings), key_check(settings.api_key)
    bodies = Bodies(settings.max_upload_bytes)
    metrics.set("inkling_in_hand_limit", queue.limit)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]

    @app.before_request
    def before() -> None:
        """Raises BadRequest, TooManyRequests, BadKey, ImageTooLarge and Overloaded."""
        context = current_context(request.environ)
        context.route = request.url_rule.rule if request.url_rule else "(none)"
        current_client.set(client_name(request.remote_addr or ""))
        if "HTTP_HOST" not in request.environ and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise BadRequest("request names no host; HTTP/1.1 expects the header Host. Send it.")
        rule = rule_of(app, request.endpoint, request.method)
        if rule is None:
            if request.endpoint is not None:
                raise LookupError(f"endpoint {request.endpoint} has no rule")
            return  # 404 or 405
        try:
            check(rule, current_client.get())
        except InklingError as error:
            context.refused = REFUSED.get(type(error), "body")
            metrics.count("inkling_refused_total", context.refused)
            raise

    def check(rule: Rule, client: str) -> None:
        if rule.rate:
            check_rate(client)
        if rule.needs_key:
            check_key(request)
        max_bytes = settings.max_upload_bytes if rule.max_body_bytes == UPLOAD else rule.max_body_bytes
        if _has_body() and not max_bytes:
            raise BadRequest(f"request has a body, and {request.method} takes none here. Send it without.")
        if (request.content_length or 0) > max_bytes:
            raise too_large(max_bytes)
        held = g.held = ExitStack()
        if rule.places:
            queue.check(client, rule.places)
        if _has_body():
            current_context(request.environ).bytes_in = bodies.receive(request, client, max_bytes, held)
        if rule.places:
            queue.enter(client, rule.places)
            held.callback(queue.leave, client, rule.places)
            metrics.set("inkling_in_hand", queue.in_flight)

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        g.pop("held", ExitStack()).close()
        metrics.set("inkling_in_hand", queue.in_flight)


def add_record(app: Flask, settings: Settings, metrics: Metrics) -> None:
    """Give every answer its headers and a deadline, and count and log it."""
    origins = [origin.rstrip("/") for origin in listed(settings.cors_origins)]
    if origins:
        from flask_cors.core import get_cors_options, set_cors_headers

        cors = get_cors_options(app, {**CORS, "origins": origins})

    @app.after_request
    def after(response: Response) -> Response:
        context = current_context(request.environ)
        context.status = response.status_code
        rule = rule_of(app, request.endpoint, request.method)
        if origins and rule and rule.cross_origin:
            set_cors_headers(response, cors)
        own = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating gives pairs
        response.headers.extend([(name, value) for name, value in HEADERS.items() if name.lower() not in own])
        response.headers["X-Request-Id"] = context.request_id
        if response.mimetype == "application/json":
            response.headers.setdefault("Cache-Control", "no-store")
        method = context.method if rule else "other"  # a client may invent methods
        took_s = time.perf_counter() - context.started_s
        metrics.count("inkling_requests_total", method, context.route, str(context.status))
        metrics.observe("inkling_request_seconds", took_s, context.route)
        log_request(context, took_s)
        if connection := request.environ.get("gunicorn.socket"):
            is_stream = response.is_streamed and response.content_length is None
            connection.wait_at_most(STREAM_S if is_stream else SEND_S)
            if _has_body() and not context.bytes_in and not 0 < (request.content_length or 0) < DRAINED_BYTES:
                connection.close_after_answer()
        return response


def _has_body() -> bool:
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ
