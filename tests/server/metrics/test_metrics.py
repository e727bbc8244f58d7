"""Recorded metrics, also after workers die, and the Prometheus text format."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.multiprocess import mark_process_dead

from inkling.server.app import create_app
from inkling.server.metrics.definitions import FOLDER, METRICS
from inkling.server.settings import Settings
from inkling.server.stopping import stopping

SAMPLE = re.compile(r'([a-z_:]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """The samples in a text of format version 0.0.4. Fails if the text is invalid."""
    samples: Samples = {}
    types: dict[str, str] = {}
    closed: set[str] = set()
    current = ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("#"):
            mark, name, rest = line[2:].split(" ", 2)
            if mark == "HELP":
                assert name not in closed, "the lines of a metric are contiguous"
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
    assert value(samples, "inkling_worker_memory_bytes", worker=str(os.getpid())) > 1e6
    assert value(samples, "inkling_worker_cpu_seconds_total", worker=str(os.getpid())) > 0
    assert [labels for (each, labels) in samples if each == "inkling_build_info"]


def test_metric_names_and_buckets_follow_prometheus_rules() -> None:
    for name, metric in METRICS.items():
        assert re.fullmatch(r"inkling(_[a-z]+)+", name)
        assert metric.help.endswith(".")
        assert (metric.kind == "counter") == name.endswith("_total")
        assert bool(metric.buckets) == (metric.kind == "histogram")
        assert list(metric.buckets) == sorted(set(metric.buckets))


WORKER = """
import sys
from inkling.server.metrics.definitions import Metrics
metrics = Metrics()
for _ in range(2):
    metrics.count("inkling_refused_total", "key")
    metrics.observe("inkling_ink_coverage", 0.03)
metrics.set("inkling_reading", 5)
print("ready", flush=True)
sys.stdin.read()
"""
REPORT = "from inkling.server.metrics.definitions import Metrics; print(Metrics().text(), end='')"


@contextmanager
def workers(environ: dict[str, str], n: int) -> Iterator[list[int]]:
    """Processes that each count two requests and are then killed."""
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environ}
    processes = [subprocess.Popen([sys.executable, "-c", WORKER], **pipes) for _ in range(n)]
    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * n
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def reported(environ: dict[str, str]) -> Samples:
    done = subprocess.run([sys.executable, "-c", REPORT], env=environ, capture_output=True, text=True, check=True)
    return parsed(done.stdout)


def test_counters_sum_over_all_workers_dead_ones_included(tmp_path: Path) -> None:
    environ = {**os.environ, FOLDER: str(tmp_path)}
    for generation in (1, 2):
        with workers(environ, 2) as pids:
            samples = reported(environ)
            assert value(samples, "inkling_refused_total", reason="key") == 4 * generation
            assert value(samples, "inkling_ink_coverage_bucket", le="0.03") == 4 * generation
            assert value(samples, "inkling_reading") == 10
            for pid in pids:
                assert value(samples, "inkling_worker_memory_bytes", worker=str(pid)) > 1e6
        for pid in pids:  # as the supervisor does
            mark_process_dead(pid, str(tmp_path))
    samples = reported(environ)
    assert value(samples, "inkling_refused_total", reason="key") == 8, "counters never decrease"
    assert value(samples, "inkling_reading") == 0, "a gauge covers only living workers"


def test_a_service_that_stops_says_so(client: FlaskClient) -> None:
    stopping.set()
    try:
        response = client.get("/readyz")
        assert (response.status_code, response.json["kind"]) == (503, "Overloaded")
        assert "Retry-After" in response.headers
        assert client.get("/healthz").status_code == 200
    finally:
        stopping.clear()
