"""Counters in shared memory, across the deaths of workers, and in the Prometheus text format."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.server.app import create_app
from inkling.server.metrics import shared_memory
from inkling.server.metrics.definitions import METRICS, Metrics
from inkling.server.metrics.prometheus_text import render
from inkling.server.settings import Settings

SAMPLE = re.compile(r'([a-z_:]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """The samples of a text in the format 0.0.4; fails where the text breaks its rules."""
    samples: Samples = {}
    types: dict[str, str] = {}
    closed: set[str] = set()
    current = ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("#"):
            mark, name, rest = line[2:].split(" ", 2)
            if mark == "HELP":
                assert name not in closed, "the lines of a metric stand together"
                closed.add(current)
                current = name
            else:
                assert (mark, name) == ("TYPE", current)
                types[name] = rest
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) if types[current] == "histogram" else name
        assert base == current, line
        key = (name, frozenset(LABEL.findall(labels or "")))
        assert key not in samples, "each series once"
        samples[key] = float(value)
    for name, kind in types.items():
        if kind == "histogram":
            check_histogram(samples, name)
    return samples


def check_histogram(samples: Samples, name: str) -> None:
    series: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = defaultdict(list)
    for (sample, labels), value in samples.items():
        if sample == f"{name}_bucket":
            bound = float(dict(labels)["le"])
            series[frozenset(pair for pair in labels if pair[0] != "le")].append((bound, value))
    assert series
    for labels, buckets in series.items():
        buckets.sort()
        counts = [n for _, n in buckets]
        assert counts == sorted(counts), "cumulative"
        assert buckets[-1] == (math.inf, samples[f"{name}_count", labels])
        assert (f"{name}_sum", labels) in samples


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_readings_fill_the_metrics(app: Flask, seven: bytes) -> None:
    client = create_app(Settings(model=app.config["INKLING"].model)).test_client()
    name = app.extensions["inkling"].default().name
    for _ in range(3):
        assert client.post("/api/v1/read", data=seven, content_type="image/png").status_code == 200
    client.post("/api/v1/read", data=b"text", content_type="image/png")
    response = client.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = parsed(response.text)
    assert value(samples, "inkling_readings_total", model=name, outcome="read") == 3
    assert value(samples, "inkling_digits_total", model=name, digit="7", sure="yes") == 3
    assert value(samples, "inkling_bad_pictures_total", kind="UnknownFormat") == 1
    assert value(samples, "inkling_requests_total", method="POST", route="/api/v1/read", status="200") == 3
    assert value(samples, "inkling_request_seconds_count", route="/api/v1/read") == 4
    for each in ("inkling_confidence", "inkling_digits_per_picture", "inkling_reading_seconds"):
        assert value(samples, f"{each}_count", model=name) == 3
    assert value(samples, "inkling_tiles_per_call_count", model=name) >= 3
    for each in ("ink_coverage", "ink_contrast", "glyph_height", "stroke_width"):
        assert value(samples, f"inkling_{each}_count") == 3
        assert value(samples, f"inkling_{each}_sum") > 0
    assert value(samples, "inkling_ink_contrast_sum") == pytest.approx(3, abs=0.5)
    assert value(samples, "inkling_workers") == 1
    assert value(samples, "inkling_worker_memory_bytes", worker="0") > 1e6
    assert value(samples, "inkling_worker_cpu_seconds_total", worker="0") > 0
    assert [labels for (each, labels) in samples if each == "inkling_build_info"]


def test_metric_names_and_buckets_follow_prometheus_rules() -> None:
    for name, metric in METRICS.items():
        assert re.fullmatch(r"inkling(_[a-z]+)+", name)
        assert metric.help.endswith(".")
        assert (metric.kind == "counter") == name.endswith("_total")
        assert bool(metric.buckets) == (metric.kind == "histogram")
        assert list(metric.buckets) == sorted(set(metric.buckets))


def test_a_label_is_escaped() -> None:
    metrics = Metrics(shared_memory.attach("").claim())
    metrics.count("inkling_bad_pictures_total", 'a"b\\c')
    assert r'kind="a\"b\\c"' in render(memory_of(metrics), [])


def memory_of(metrics: Metrics) -> shared_memory.SharedMemory:
    """Memory with the counters of one worker."""

    class One(shared_memory.SharedMemory):
        def __init__(self) -> None:
            pass

        def workers(self) -> list[shared_memory.WorkerCounters]:
            return [metrics.counters]

    return One()


@pytest.fixture
def shared() -> str:
    path = shared_memory.create(3)
    assert path, "this system has no memory to share"
    return path


WORKER = """
import os, sys
from inkling.server.metrics import shared_memory
from inkling.server.metrics.definitions import Metrics
metrics = Metrics(shared_memory.attach(sys.argv[1]).claim())
for _ in range(2):
    metrics.count("inkling_refused_total", "key")
    metrics.observe("inkling_ink_coverage", 0.03)
metrics.set("inkling_reading", 5, metrics.worker)
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def workers(path: str, n: int) -> Iterator[None]:
    """Processes that have counted two requests each, killed at the end."""
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", WORKER, path], **pipes) for _ in range(n)]
    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * n
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_counters_sum_over_all_workers_dead_ones_included(shared: str) -> None:
    memory = shared_memory.attach(shared)
    for generation in (1, 2):
        with workers(shared, 2):
            samples = parsed(render(memory, []))
            assert value(samples, "inkling_workers") == 2
            assert value(samples, "inkling_refused_total", reason="key") == 4 * generation
            assert value(samples, "inkling_ink_coverage_bucket", le="0.03") == 4 * generation
            assert value(samples, "inkling_reading", worker="0") == 5
    samples = parsed(render(memory, []))
    assert value(samples, "inkling_workers") == 0
    assert value(samples, "inkling_workers_started_total") == 4, "in two slots"
    assert len(memory.workers()) == 2
    assert value(samples, "inkling_refused_total", reason="key") == 8, "counters never fall"
    assert ("inkling_reading", frozenset({("worker", "0")})) not in samples, "a gauge is of the living"


def test_more_series_than_fit_break_nothing() -> None:
    metrics = Metrics(shared_memory.attach("").claim())
    for number in range(9_000):
        metrics.count("inkling_bad_pictures_total", f"kind {number}")
    metrics.count("inkling_bad_pictures_total", "kind 0")
    samples = parsed(render(memory_of(metrics), []))
    assert value(samples, "inkling_bad_pictures_total", kind="kind 0") == 2


def test_memory_that_cannot_be_opened_is_private(tmp_path: object) -> None:
    assert shared_memory.attach(f"{tmp_path}/nothing").claim().number == 0


def test_a_service_that_stops_says_so(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = create_app(Settings(model=app.config["INKLING"].model))
    stopping.extensions["inkling"].get()
    stopping.extensions["inkling-memory"].stop()
    response = stopping.test_client().get("/readyz")
    assert (response.status_code, response.json["kind"]) == (503, "Overloaded")
    assert response.headers["Connection"] == "close"
    assert "Retry-After" in response.headers
    assert stopping.test_client().get("/healthz").status_code == 200
