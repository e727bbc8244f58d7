"""Definitions of all metrics (type, help, labels) and their recording with prometheus_client.

Each worker writes its own files in PROMETHEUS_MULTIPROC_DIR, which `inkling serve` sets. Any worker can report the
totals. Files of dead workers are kept, so counters never decrease.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the environment variable that prometheus_client reads when it is imported

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
COUNTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0)
CONFIDENCES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
COVERAGES = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4, 1.0)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PIXELS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)

Key = tuple[str, ...]  # metric name, then label values


@dataclass(frozen=True)
class Metric:
    """The definition of a metric. `buckets`: a histogram's inclusive upper bounds, without infinity."""

    kind: str  # "counter", "gauge" or "histogram"
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    across: str = "livesum"  # multiprocess mode: how a gauge is aggregated over the live workers


def _counter(help: str, *labels: str) -> Metric:
    return Metric("counter", help, labels)


def _gauge(help: str, *labels: str) -> Metric:
    return Metric("gauge", help, labels)


def _histogram(help: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric("histogram", help, labels, buckets)


METRICS = {
    "inkling_requests_total": _counter("Requests answered.", "method", "route", "status"),
    "inkling_request_seconds": _histogram(
        "Time from receiving a request's head to its response, including the body and waiting.", SECONDS, "route"
    ),
    "inkling_refused_total": _counter("Requests rejected before processing.", "reason"),
    "inkling_readings_total": _counter("Images read.", "model", "outcome"),
    "inkling_reading_seconds": _histogram("Time to read one image, without waiting.", SECONDS, "model"),
    "inkling_bad_pictures_total": _counter("Images that could not be opened.", "kind"),
    "inkling_digits_total": _counter("Digits read.", "model", "digit", "sure"),
    "inkling_refused_marks_total": _counter("Marks that are neither digits nor signs.", "model"),
    "inkling_confidence": _histogram(
        "Confidence of each text; images without a digit are left out.", CONFIDENCES, "model"
    ),
    "inkling_digits_per_picture": _histogram("Digits per image.", COUNTS, "model"),
    "inkling_tiles_per_call": _histogram("Tiles per call of the network (batch size).", COUNTS, "model"),
    "inkling_ink_coverage": _histogram("Share of each image that is ink.", COVERAGES),
    "inkling_ink_contrast": _histogram("Brightest minus darkest pixel of each image; 1 is the full range.", SHARES),
    "inkling_glyph_height": _histogram("Height of the tallest digit relative to its image.", SHARES),
    "inkling_stroke_width": _histogram("Stroke width in each image's first 28x28 tile, in pixels.", PIXELS),
    "inkling_lessons_total": _counter("Corrected or confirmed digits stored.", "digit", "misread"),
    "inkling_hand_versions_total": _counter("Versions of hands taught.", "kind", "promoted"),
    "inkling_in_hand": _gauge("Readings in progress, waiting or running."),
    "inkling_reading": _gauge("Readings running now."),
    "inkling_in_hand_limit": _gauge("Maximum number of readings in progress that the workers accept."),
    "inkling_worker_memory_bytes": _gauge("Resident memory.", "worker"),
    "inkling_worker_cpu_seconds_total": _counter("Processor time of the living worker.", "worker"),
    "inkling_workers": _gauge("Workers alive."),
    "inkling_workers_started_total": _counter("Workers started, including replacements."),
    "inkling_build_info": Metric(
        "gauge", "1; the labels are the versions.", ("version", "python", "model", "model_version"), across="livemax"
    ),
}

# Collected from the operating system at export.
OF_PROCESSES = ("inkling_worker_memory_bytes", "inkling_worker_cpu_seconds_total")


class Metrics:
    """The metrics of this process. Thread-safe."""

    def __init__(self) -> None:
        import prometheus_client as prometheus

        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = prometheus.CollectorRegistry()
        kinds = {"counter": prometheus.Counter, "histogram": prometheus.Histogram, "gauge": prometheus.Gauge}
        self._metrics: dict[str, Any] = {}
        for name, metric in METRICS.items():
            if name not in OF_PROCESSES:
                more: dict[str, Any] = {"buckets": metric.buckets} if metric.buckets else {}
                more |= {"multiprocess_mode": metric.across} if metric.kind == "gauge" else {}
                self._metrics[name] = kinds[metric.kind](
                    name, metric.help, metric.labels, registry=self._registry, **more
                )
        self._series: dict[Key, Any] = {}
        self.set("inkling_workers", 1)
        self.count("inkling_workers_started_total")

    def count(self, name: str, *labels: str) -> None:
        self._of((name, *labels)).inc()

    def set(self, name: str, value: float, *labels: str) -> None:
        self._of((name, *labels)).set(value)

    def observe(self, name: str, value: float, *labels: str) -> None:
        self._of((name, *labels)).observe(value)

    def record(self, counts: Iterable[Key], observations: Iterable[tuple[Key, float]]) -> None:
        """Record several metrics at once: counters to increment, and values for histograms."""
        for key in counts:
            self._of(key).inc()
        for key, value in observations:
            self._of(key).observe(value)

    def text(self) -> str:
        """The metrics of all workers in the Prometheus text format."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if os.environ.get(FOLDER):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return (generate_latest(registry) + generate_latest(_Processes())).decode()

    def _of(self, key: Key) -> Any:
        """A series by its labels, cached because the lookup takes longer than recording."""
        series = self._series.get(key)
        if series is None:
            metric = self._metrics[key[0]]
            series = self._series[key] = metric.labels(*key[1:]) if key[1:] else metric
        return series


class _Processes:
    """A collector of the memory and processor time of the live workers."""

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        memory, cpu = (METRICS[name] for name in OF_PROCESSES)
        memory_bytes = GaugeMetricFamily(OF_PROCESSES[0], memory.help, labels=memory.labels)
        cpu_seconds = CounterMetricFamily(OF_PROCESSES[1], cpu.help, labels=cpu.labels)
        for pid in worker_pids():
            resident, used_s = resource_usage(pid)
            memory_bytes.add_metric([str(pid)], resident)
            cpu_seconds.add_metric([str(pid)], used_s)
        yield memory_bytes
        yield cpu_seconds


def worker_pids() -> list[int]:
    """Process IDs of the live workers: those with gauge files, or this process alone."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return [os.getpid()]
    found = {int(match[1]) for name in os.listdir(folder) if (match := re.fullmatch(r"gauge_live\w+_(\d+)\.db", name))}
    return sorted(pid for pid in found if resource_usage(pid)[0])


def resource_usage(pid: int) -> tuple[float, float]:
    """(resident bytes, CPU seconds) of a process. Without /proc, the peak for this process, (0, 0) for others."""
    try:
        folder = Path(f"/proc/{pid}")
        pages = int(folder.joinpath("statm").read_bytes().split()[1])
        ticks = folder.joinpath("stat").read_bytes().rpartition(b")")[2].split()[11:13]
        return float(pages * os.sysconf("SC_PAGE_SIZE")), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        if sys.platform == "win32" or pid != os.getpid():
            return 0.0, 0.0
        import resource

        use = resource.getrusage(resource.RUSAGE_SELF)
        return use.ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0), use.ru_utime + use.ru_stime
