"""Counts and times of one worker process, in the Prometheus text format.

Every series carries the worker's process id: successive scrapes may reach different workers, and each series must
only ever rise. Sum over `worker` for the whole service.
Source: Prometheus, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from flask import g, request

if TYPE_CHECKING:
    from flask import Flask, Response


METHODS = ("GET", "HEAD", "POST", "OPTIONS")  # any other is counted as "other": a client may invent methods


class Metrics:
    """Requests by method, route and status, and the seconds spent on each route."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.seconds: Counter[str] = Counter()

    def count(self, method: str, route: str, status: int, took_s: float) -> None:
        with self._lock:
            self.requests[method, route, status] += 1
            self.seconds[route] += took_s  # type: ignore[assignment]

    def snapshot(self) -> tuple[dict[tuple[str, str, int], int], dict[str, float]]:
        with self._lock:
            return dict(self.requests), dict(self.seconds)


def add_metrics(app: Flask) -> Metrics:
    """Counts every request of `app`."""
    metrics = Metrics()

    @app.before_request
    def start() -> None:
        g.start_s = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"  # never the path: a client chooses that
        took_s = time.perf_counter() - g.get("start_s", time.perf_counter())
        method = request.method if request.method in METHODS else "other"
        metrics.count(method, route, response.status_code, took_s)
        return response

    return metrics


def as_text(metrics: Metrics) -> str:
    """The Prometheus text format."""
    requests, seconds = metrics.snapshot()
    worker = os.getpid()
    lines = ["# HELP inkling_requests_total Requests answered.", "# TYPE inkling_requests_total counter"]
    for (method, route, status), n in sorted(requests.items()):
        labels = f'method="{method}",route="{route}",status="{status}",worker="{worker}"'
        lines.append(f"inkling_requests_total{{{labels}}} {n}")
    lines += [
        "# HELP inkling_request_seconds_total Seconds spent answering.",
        "# TYPE inkling_request_seconds_total counter",
    ]
    for route, total_s in sorted(seconds.items()):
        lines.append(f'inkling_request_seconds_total{{route="{route}",worker="{worker}"}} {total_s:.6f}')
    return "\n".join(lines) + "\n"
