"""Every metric once: its type, its help and its labels; and how it is counted.

Counting costs one addition in shared memory, some 0.3 microseconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from inkling.server.metrics.shared_memory import Key, WorkerCounters

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
COUNTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0)
CONFIDENCES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
COVERAGES = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4, 1.0)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PIXELS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True)
class Metric:
    """A metric's declaration. `buckets`: a histogram's inclusive upper bounds, without infinity."""

    kind: str  # "counter", "gauge" or "histogram"
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


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
    "inkling_in_hand": _gauge("Readings in flight, waiting and running.", "worker"),
    "inkling_reading": _gauge("Readings at this moment.", "worker"),
    "inkling_in_hand_limit": _gauge("How many readings a worker accepts at once.", "worker"),
    "inkling_worker_memory_bytes": _gauge("Resident memory.", "worker"),
    "inkling_worker_cpu_seconds_total": _counter("Processor time of the living worker.", "worker"),
    "inkling_workers": _gauge("Workers alive."),
    "inkling_workers_started_total": _counter("Workers started, those that replaced others included."),
    "inkling_build_info": _gauge("1, with versions.", "version", "python", "model", "model_version"),
}


class Metrics:
    """The counters of this process. Safe to use from several threads."""

    def __init__(self, counters: WorkerCounters) -> None:
        self.counters = counters
        self.worker = str(counters.number)

    def count(self, name: str, *labels: str) -> None:
        with self.counters.lock:
            self.counters.add((name, *labels), 1)

    def set(self, name: str, value: float, *labels: str) -> None:
        with self.counters.lock:
            self.counters.set((name, *labels), value)

    def observe(self, name: str, value: float, *labels: str) -> None:
        self.record([], [((name, *labels), value)])

    def record(self, counts: Iterable[Key], observations: Iterable[tuple[Key, float]]) -> None:
        """Many at once: counters to increase by one, and values for histograms."""
        with self.counters.lock:
            for key in counts:
                self.counters.add(key, 1)
            for key, value in observations:
                buckets = METRICS[key[0]].buckets
                size = len(buckets) + 2  # the buckets, that for infinity, and the sum of the values
                self.counters.add(key, 1, size=size, index=bisect_left(buckets, value))
                self.counters.add(key, value, size=size, index=size - 1)
