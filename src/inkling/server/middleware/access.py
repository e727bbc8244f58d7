"""START HERE: the checks before every view, and the processing of every response.

Before the view, in this order, according to the rule of the matched endpoint (`inkling.server.rules`):

1. assign a request id, the client's own or a new one (`request_context.py`);
2. reject an HTTP/1.1 request without Host (RFC 9112, 3.2) with 400;
3. reject a client with too many requests (`keys_and_rates.py`) with 429;
4. reject a request without a valid key (`keys_and_rates.py`) with 401;
5. reject an unexpected body with 400;
6. let a page wait until the worker renders no other, and reject a reading with 503 if the worker, or the client's
   share of it, is full (`service/fair_queue.py`);
7. reject a body that is too large with 413, before reading it; receive any other body in bounded time and memory
   (`slow_clients.py`), and reserve a place for the reading.

A request that matches no route or method skips steps 3 to 7: it is answered with 404 or 405, and its body is not read.

After the view: CORS headers (Flask-CORS), security headers, metrics and the log line of the request.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from inkling.errors import BadKey, BadRequest, InklingError, Overloaded, TooManyRequests
from inkling.server.metrics.definitions import Metrics
from inkling.server.middleware.keys_and_rates import key_check, rate_check
from inkling.server.middleware.request_log import log_request
from inkling.server.middleware.slow_clients import SEND_S, STREAM_S, Bodies
from inkling.server.request_context import client_name, current_client, current_context
from inkling.server.rules import UPLOAD, Rule, rule_of
from inkling.server.service.fair_queue import FairQueue
from inkling.server.settings import Settings, listed

DRAINED_BYTES = 65_536  # gunicorn reads and discards a smaller unread body, and keeps the connection
REFUSED = {TooManyRequests: "rate", BadKey: "key", Overloaded: "overloaded"}  # any other error: "body"
CORS = {
    "methods": ["GET", "HEAD", "POST"],
    "allow_headers": ["Authorization", "Content-Type", "X-API-Key", "X-Request-Id", "If-None-Match"],
    "expose_headers": ["X-Request-Id", "Retry-After", "ETag"],
    "max_age": 86_400,  # seconds: a day
    "send_wildcard": True,
}


def add_access(app: Flask, settings: Settings, metrics: Metrics, queue: FairQueue) -> None:
    """Register the checks before every view."""
    check_rate, check_key = rate_check(settings), key_check(settings.api_key)
    bodies, rendering = Bodies(settings.max_upload_bytes), threading.Lock()
    metrics.set("inkling_in_hand_limit", queue.limit)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]

    @app.before_request
    def before() -> None:
        """Raises BadRequest, TooManyRequests, BadKey, ImageTooLarge and Overloaded."""
        context = current_context(request.environ)
        context.route = request.url_rule.rule if request.url_rule else "(none)"
        g.rule = rule_of(app, request.endpoint, request.method)
        current_client.set(client_name(request.remote_addr or ""))
        if "HTTP_HOST" not in request.environ and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise BadRequest("request has no Host header; expected one, as HTTP/1.1 requires. Send it.")
        try:
            if g.rule:  # otherwise 404 or 405
                check(g.rule, current_client.get())
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
            raise BadRequest(f"request has a body; expected none for {request.method} here. Send it without a body.")
        held = g.held = ExitStack()
        if rule.one_at_a_time:
            held.enter_context(rendering)
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
    """Add headers and a send deadline to every response, and record it in the metrics and the log."""
    origins = [origin.rstrip("/") for origin in listed(settings.cors_origins)]
    if origins:  # otherwise the library is not loaded
        from flask_cors.core import get_cors_options, set_cors_headers

        cors = get_cors_options(app, {**CORS, "origins": origins})

    @app.after_request
    def after(response: Response) -> Response:
        context = current_context(request.environ)
        context.status = response.status_code
        rule = g.get("rule")
        if origins and rule and rule.cross_origin:
            set_cors_headers(response, cors)
        response.headers["X-Request-Id"] = context.request_id
        took_s = time.perf_counter() - context.started_s
        # Without a rule, the method may be any word from the client.
        metrics.count("inkling_requests_total", context.method if rule else "other", context.route, str(context.status))
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
