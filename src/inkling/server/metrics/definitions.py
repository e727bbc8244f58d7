"""Every metric once: its type, its help and its labels; and how it is counted, by prometheus_client.

With several workers each counts in files of its own in PROMETHEUS_MULTIPROC_DIR, which `inkling serve` sets, and any of
them reports the sum. The files of dead workers stay, so counters never fall.
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

Key = tuple[str, ...]  # a metric's name and its labels' values


@dataclass(frozen=True)
class Metric:
    """A metric's declaration. `buckets`: a histogram's inclusive upper bounds, without infinity."""

    kind: str  # "counter", "gauge" or "histogram"
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    across: str = "livesum"  # how a gauge of all living workers comes from theirs


def _counter(help: str, *labels: str) -> Metric:
    return Metric("counter", help, labels)


def _gauge(help: str, *labels: str) -> Metric:
    return Metric("gauge", help, labels)


def _histogram(help: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric("histogram", help, labels, buckets)


METRICS = {
    "inkling_requests_total": _counter("Requests answered.", "method", "route", "status"),
    "inkling_request_seconds": _histogram(
        "Time from a request's head to its answer, body and waiting included.", SECONDS, "route"
    ),
    "inkling_refused_total": _counter("Requests refused before they were processed.", "reason"),
    "inkling_readings_total": _counter("Pictures that were read.", "model", "outcome"),
    "inkling_reading_seconds": _histogram("Time of reading one picture, without waiting.", SECONDS, "model"),
    "inkling_bad_pictures_total": _counter("Pictures that could not be opened.", "kind"),
    "inkling_digits_total": _counter("Digits that were read.", "model", "digit", "sure"),
    "inkling_refused_marks_total": _counter("Pieces of ink that are neither digit nor sign.", "model"),
    "inkling_confidence": _histogram(
        "Confidence of each text; pictures without a digit left out.", CONFIDENCES, "model"
    ),
    "inkling_digits_per_picture": _histogram("Digits in each picture.", COUNTS, "model"),
    "inkling_tiles_per_call": _histogram("Tiles that went through the network at once.", COUNTS, "model"),
    "inkling_ink_coverage": _histogram("Part of each picture that is ink.", COVERAGES),
    "inkling_ink_contrast": _histogram("Brightest less darkest in each picture, of what is possible.", SHARES),
    "inkling_glyph_height": _histogram("Height of the tallest digit, of its picture's.", SHARES),
    "inkling_stroke_width": _histogram("Width of the strokes in each picture's first tile, pixels of 28.", PIXELS),
    "inkling_lessons_total": _counter("Corrected or confirmed digits that were stored.", "digit", "misread"),
    "inkling_hand_versions_total": _counter("Versions of hands that were taught.", "kind", "promoted"),
    "inkling_in_hand": _gauge("Readings in flight, waiting and running."),
    "inkling_reading": _gauge("Readings at this moment."),
    "inkling_in_hand_limit": _gauge("How many readings the workers accept at once."),
    "inkling_worker_memory_bytes": _gauge("Resident memory.", "worker"),
    "inkling_worker_cpu_seconds_total": _counter("Processor time of the living worker.", "worker"),
    "inkling_workers": _gauge("Workers alive."),
    "inkling_workers_started_total": _counter("Workers started, those that replaced others included."),
    "inkling_build_info": Metric(
        "gauge", "1, with versions.", ("version", "python", "model", "model_version"), across="livemax"
    ),
}

# Read from the system when they are asked for.
OF_PROCESSES = ("inkling_worker_memory_bytes", "inkling_worker_cpu_seconds_total")


class Metrics:
    """The counters of this process. Safe to use from several threads."""

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
        """Many at once: counters to increase by one, and values for histograms."""
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
        """A series by its labels. They are looked up once: that takes longer than counting."""
        series = self._series.get(key)
        if series is None:
            metric = self._metrics[key[0]]
            series = self._series[key] = metric.labels(*key[1:]) if key[1:] else metric
        return series


class _Processes:
    """Memory and processor time of the living workers, as of now."""

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
    """The living workers: those with files of gauges, or this process alone."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return [os.getpid()]
    found = {int(match[1]) for name in os.listdir(folder) if (match := re.fullmatch(r"gauge_live\w+_(\d+)\.db", name))}
    return sorted(pid for pid in found if resource_usage(pid)[0])


def resource_usage(pid: int) -> tuple[float, float]:
    """(resident bytes, processor seconds) of a process. Without /proc only this process's own are known, else 0."""
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
