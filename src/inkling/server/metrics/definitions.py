"""Every metric once: its kind, its help, its labels; and how it is counted.

A metric costs one addition in shared memory, some 0.3 microseconds; there is no other bookkeeping.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from inkling.server.metrics.shared_memory import Key, Slot

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
COUNTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0)
CONFIDENCES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
COVERAGES = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4, 1.0)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PIXELS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True)
class Metric:
    """What is known of a metric. `buckets` are the upper bounds of a histogram's, inclusive, without infinity."""

    kind: str  # "counter", "gauge" or "histogram"
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Values of one series: a histogram has its buckets, that for infinity, and the sum of what was observed."""
        return len(self.buckets) + 2 if self.kind == "histogram" else 1


METRICS = {
    "inkling_requests_total": Metric("counter", "Requests answered.", ("method", "route", "status")),
    "inkling_request_seconds": Metric(
        "histogram", "Time from a request's head to its answer, body and waiting included.", ("route",), SECONDS
    ),
    "inkling_refused_total": Metric("counter", "Requests refused before they were looked at.", ("reason",)),
    "inkling_readings_total": Metric("counter", "Pictures that were read.", ("model", "outcome")),
    "inkling_reading_seconds": Metric(
        "histogram", "Time of reading one picture, without waiting for a turn.", ("model",), SECONDS
    ),
    "inkling_bad_pictures_total": Metric("counter", "Pictures that could not be opened.", ("kind",)),
    "inkling_digits_total": Metric("counter", "Digits that were read.", ("model", "digit", "sure")),
    "inkling_refused_marks_total": Metric("counter", "Pieces of ink that were taken for no digit.", ("model",)),
    "inkling_confidence": Metric(
        "histogram",
        "Confidence of each text; pictures without a digit left out.",
        ("model",),
        CONFIDENCES,
    ),
    "inkling_digits_per_picture": Metric("histogram", "Digits in each picture.", ("model",), COUNTS),
    "inkling_tiles_per_call": Metric("histogram", "Tiles that went through the network at once.", ("model",), COUNTS),
    "inkling_ink_coverage": Metric("histogram", "Part of each picture that is ink.", (), COVERAGES),
    "inkling_ink_contrast": Metric(
        "histogram", "Brightest less darkest in each picture, of what is possible.", (), SHARES
    ),
    "inkling_glyph_height": Metric("histogram", "Height of the tallest digit, of its picture's.", (), SHARES),
    "inkling_stroke_width": Metric(
        "histogram", "Width of the strokes in each picture's first tile, pixels of 28.", (), PIXELS
    ),
    "inkling_in_hand": Metric("gauge", "Requests for a reading in hand, waiting and reading.", ("worker",)),
    "inkling_reading": Metric("gauge", "Readings at this moment.", ("worker",)),
    "inkling_in_hand_limit": Metric("gauge", "How many a worker takes into hand at once.", ("worker",)),
    "inkling_worker_memory_bytes": Metric("gauge", "Resident memory.", ("worker",)),
    "inkling_worker_cpu_seconds_total": Metric("counter", "Processor time of the living worker.", ("worker",)),
    "inkling_workers": Metric("gauge", "Workers alive."),
    "inkling_workers_started_total": Metric("counter", "Workers started, those that replaced others included."),
    "inkling_build_info": Metric("gauge", "1, with versions.", ("version", "python", "model", "model_version")),
}


class Metrics:
    """The counters of this process. Safe to use from several threads."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.worker = str(slot.number)

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        with self.slot.lock:
            self.slot.add((name, *labels), by)

    def set(self, name: str, value: float, *labels: str) -> None:
        with self.slot.lock:
            self.slot.put((name, *labels), value)

    def observe(self, name: str, value: float, *labels: str) -> None:
        with self.slot.lock:
            self._observe((name, *labels), value)

    def record(self, counts: Iterable[Key], observations: Iterable[tuple[Key, float]]) -> None:
        """Many at once: counts by one, and values for histograms."""
        with self.slot.lock:
            for key in counts:
                self.slot.add(key, 1)
            for key, value in observations:
                self._observe(key, value)

    def _observe(self, key: Key, value: float) -> None:
        buckets = METRICS[key[0]].buckets
        size = len(buckets) + 2
        self.slot.add(key, 1, size=size, at=bisect_left(buckets, value))
        self.slot.add(key, value, size=size, at=size - 1)
